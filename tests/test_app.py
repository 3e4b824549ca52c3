"""What a gatekeeper holds about an app: its parts, its values, every defect at once."""

from __future__ import annotations

import json
import pickle
from datetime import date

import pytest

from icpgate.app import App, Declaration, DeclarationStatement, Display, Operator, PackageFacts, PreApproval
from icpgate.document import DocumentType
from icpgate.errors import Defect, InvalidApp
from icpgate.number import ServiceKind
from icpgate.signing import DigestAlgorithm, Platform, Provenance, PublicKey, SigningCertificate
from tests.cases import DOCUMENT, MD5, NUMBER, described, only, refused

KEY = "c" * 255 + "1"
FULL = described(
    version="1.0",
    public_key=KEY,
    domains=["例子.中国", "api.example.cn"],
    endpoints=["203.0.113.7"],
    host_platform="微信",
    sectors=["news"],
    pre_approvals=[{"sector": "news", "valid_from": "2020-01-01", "valid_until": "2030-01-01"}],
    declaration={"kind": "offshore", "operator_region": "sg", "server_regions": ["SG", "hk"]},
    first_listed_on="2020-02-29",
)


def test_everything_that_an_app_has() -> None:
    """Each field is read into its value."""
    app = App.parse(FULL)
    assert (app.name, app.kind, app.platform) == ("挖煤姬", ServiceKind.APP, Platform.ANDROID)
    assert (app.package, app.registration_number, app.version) == ("com.sig.wameiji", NUMBER, "1.0")
    assert app.operator == Operator(
        name="示例科技（成都）有限公司", document_type=DocumentType.USCC, document_number=DOCUMENT
    )
    assert app.signing_certificates == (SigningCertificate(MD5, DigestAlgorithm.MD5, Provenance.VERIFIED),)
    assert app.public_key == PublicKey.parse(KEY)
    assert app.domains == ("xn--fsqu00a.xn--fiqs8s", "api.example.cn")
    assert (app.endpoints, app.host_platform, app.sectors) == (("203.0.113.7",), "微信", ("news",))
    assert app.pre_approvals[0].valid_until == date(2030, 1, 1)
    assert app.declaration == DeclarationStatement(
        kind="offshore",
        operator_region="SG",
        server_regions=("SG", "HK"),
    )
    assert app.first_listed_on == date(2020, 2, 29)
    assert app.display == Display(number=NUMBER, link="https://beian.miit.gov.cn/")


def test_only_four_fields_are_demanded() -> None:
    """What a gatekeeper does not hold it leaves out."""
    app = App(name="示例", kind="app", platform="ios", package="com.example.app")
    assert (app.registration_number, app.operator, app.display, app.declaration) == (None, None, None, None)
    assert (app.domains, app.endpoints, app.sectors, app.signing_certificates, app.pre_approvals) == (
        (),
        (),
        (),
        (),
        (),
    )


def test_every_defect_at_once() -> None:
    """Nobody corrects a form field by field; package and document are judged beside everything else."""
    defects = refused(
        name="", kind="ap", package="com..x", operator={"name": 7, "document_type": "uscc", "document_number": "1"},
        domains=["http://example.cn/", 7], first_listed_on=12.0, versoin="1", display={"lnk": "x"},
    )  # fmt: skip
    assert [(d.code, d.place) for d in defects] == [
        ("app.name", "/name"),
        ("app.value", "/kind"),
        ("app.package", "/package"),
        ("app.type", "/operator/name"),
        ("app.document_number", "/operator/document_number"),
        ("app.domain", "/domains/0"),
        ("app.type", "/domains/1"),
        ("app.type", "/first_listed_on"),
        ("app.unknown_field", "/display/lnk"),
        ("app.unknown_field", "/versoin"),
    ]


def test_everything_missing_at_once() -> None:
    """An empty form misses four fields."""
    with pytest.raises(InvalidApp) as caught:
        App.parse({})
    names = ("name", "kind", "platform", "package")
    assert caught.value.defects == tuple(
        Defect("app.missing", f"/{n}", "missing", "a value", f"add {n}") for n in names
    )
    assert str(caught.value).startswith("App: 4 defects\n  /name: missing; expected a value (add name)\n")


@pytest.mark.parametrize(
    ("platform", "package", "code", "message"),
    [
        ("android", "com..x", "app.package", "part 2 of 'com..x' is empty, at character 5"),
        ("android", "\u0441\u043em.x", "app.package", "U+0441 at character 1 of '\u0441\u043em.x'"),
        ("android", "a." * 150, "app.package", "300 characters; 255 are the most"),
        ("ios", "com.a_b", "app.bundle", "U+005F at character 6 of 'com.a_b'"),
        ("ios", "com.*", "app.bundle", "U+002A at character 5 of 'com.*'"),
        ("harmonyos", "a", "app.package", "'a' has no dot"),
    ],
)
def test_a_package_has_the_form_of_its_platform(platform: str, package: str, code: str, message: str) -> None:
    """The form is the platform's, and the place of the fault is named."""
    defect = only(platform=platform, package=package)
    assert (defect.code, defect.place, defect.message) == (code, "/package", message)
    assert defect.expected


@pytest.mark.parametrize(
    ("package", "message"),
    [("", "empty"), ("a" * 1_025, "1,025 characters"), ("com.\u200bx", "U+200B at character 5")],
)
def test_a_package_is_a_visible_text_whatever_the_platform(package: str, message: str) -> None:
    """Without a known platform only that is judged."""
    platform, own = refused(platform="x", package=package)
    assert platform.place == "/platform"
    assert (own.code, own.place, own.message) == ("app.package", "/package", message)
    assert [d.place for d in refused(platform="x", package="?")] == ["/platform"]


def test_a_number_stays_as_it_was_typed() -> None:
    """Whether it is one is a question for the rules: a bad number is a denial, not an unreadable form."""
    for text in ("", "  x ", "蜀ICP备\u202e2021014694号", "\ud800", "长" * 4_096):
        assert App.parse(described() | {"registration_number": text}).registration_number == text


def test_a_number_of_ten_megabytes_was_not_typed() -> None:
    """It would be kept with every decision."""
    defect = only(registration_number="1" * 10_000_000)
    expected = Defect("app.registration_number", "/registration_number", "10,000,000 characters", "at most 4,096")
    assert defect == expected


def test_what_was_seen_stays_as_it_was_seen() -> None:
    """The text of a screen and of a link are judged by the rules; their length is bounded."""
    app = App.parse(described(display={"number": " 备案号\n", "link": ""}))
    assert app.display == Display(number=" 备案号\n", link="")
    assert App.parse(described(display={})).display == Display(number=None, link=None)
    defect = only(display={"number": "x" * 2_049})
    assert (defect.code, defect.place, defect.expected) == ("app.display", "/display/number", "at most 2,048")


def test_values_may_be_handed_in_as_they_are() -> None:
    """What a reader of package files made need not be written as text again."""
    certificate = SigningCertificate(MD5, DigestAlgorithm.MD5, Provenance.VERIFIED)
    app = App(
        name="示例", kind=ServiceKind.APP, platform=Platform.ANDROID, package="a.b",
        signing_certificates=(certificate,), public_key=PublicKey.parse(KEY), first_listed_on=date(2024, 1, 1),
        operator=Operator(name="示例"), declaration=DeclarationStatement(kind=Declaration.OFFSHORE),
        pre_approvals=(PreApproval(sector="news"),), display=Display(),
    )  # fmt: skip
    assert app.signing_certificates == (certificate,)
    assert app.public_key == PublicKey.parse(KEY)
    assert App.parse({"name": "示例", "kind": "app", "platform": "android", "package": "a.b"}).name == app.name


def test_an_approval_ends_after_it_begins() -> None:
    """The same day will do."""
    days = {"valid_from": "2024-02-01", "valid_until": "2024-02-01"}
    assert App.parse(described(pre_approvals=[{"sector": "news"} | days])).pre_approvals[0].valid_from == date(
        2024, 2, 1
    )
    defect = only(pre_approvals=[{"sector": "news"} | days | {"valid_until": "2024-01-31"}])
    message, expected = "2024-01-31 is before 2024-02-01", "the last day of the approval"
    assert defect == Defect("app.value", "/pre_approvals/0/valid_until", message, expected)


def test_a_document_number_is_kept_in_normal_form() -> None:
    """With a type it is checked; without one it is kept as it is."""
    typed = Operator(name="示例", document_type="uscc", document_number="9151 0108 ma6632c60r")
    assert typed.document_number == DOCUMENT
    assert Operator(name="示例", document_number="9151 0108").document_number == "9151 0108"


@pytest.mark.parametrize("number", ["110105194912310021", "9151\u202e0108MA6632C60R", "1" * 300])
def test_no_message_repeats_a_document_number(number: str) -> None:
    """It may be a person's."""
    defects = refused(operator={"name": "甲\u202e某某", "document_type": "id_card", "document_number": number})
    assert {d.code for d in defects} == {"app.operator", "app.document_number"}
    for text in map(str, defects):
        assert number[:8] not in text
        assert "某" not in text
    assert DOCUMENT not in repr(App.parse(described()))


def test_an_app_is_a_value() -> None:
    """Equal by what it says, hashable, and picklable."""
    one, other = App.parse(FULL), App.parse(dict(FULL))
    assert one == other
    assert len({one, other, App.parse(described())}) == 2
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 -- our own bytes


@pytest.mark.parametrize("fields", [FULL, described()])
def test_an_app_survives_json(fields: dict[str, object]) -> None:
    """What is written is read again as the same app."""
    app = App.parse(fields)
    assert App.parse(json.loads(json.dumps(app.model_dump(mode="json")))) == app
    assert App.parse(json.loads(app.model_dump_json())) == app
    assert App.model_validate_json(app.model_dump_json()) == app


def test_an_app_from_its_package_file() -> None:
    """The file says what it is; the gatekeeper knows the rest, and knows better."""
    certificate = SigningCertificate(MD5, DigestAlgorithm.MD5, Provenance.VERIFIED)
    facts = PackageFacts(
        platform=Platform.ANDROID, package="a.b", name="示例", labels={"en": "Sample"}, version="1",
        signing_certificates=(certificate,), public_key=PublicKey.parse(KEY),
    )  # fmt: skip
    app = App.from_facts(facts, registration_number=NUMBER, name="别名")
    assert (app.name, app.kind, app.platform, app.package) == ("别名", ServiceKind.APP, Platform.ANDROID, "a.b")
    assert (app.version, app.signing_certificates, app.public_key) == ("1", (certificate,), PublicKey.parse(KEY))
    assert app.registration_number == NUMBER


def test_a_package_file_may_say_too_little() -> None:
    """Then what is missing is missing."""
    with pytest.raises(InvalidApp) as caught:
        App.from_facts(PackageFacts(platform=Platform.IOS, package="a.b"))
    assert [d.place for d in caught.value.defects] == ["/name"]


@pytest.mark.parametrize(
    ("file", "declared", "uses"),
    [
        (True, False, True),
        (True, None, True),
        (False, None, False),
        (False, True, True),
        (None, False, False),
        (None, None, None),
    ],
)
def test_a_package_that_asks_for_the_network_does_so(
    file: bool | None,  # noqa: FBT001 -- a column of a table
    declared: bool | None,  # noqa: FBT001 -- as above
    uses: bool | None,  # noqa: FBT001 -- columns of a table
) -> None:
    """No declaration overrules the file; where it says nothing the declaration stands."""
    facts = PackageFacts(platform=Platform.ANDROID, package="a.b", name="示例", uses_network=file)
    app = App.from_facts(facts, declaration={"kind": "standalone", "uses_network": declared})
    assert app.declaration == DeclarationStatement(kind=Declaration.STANDALONE, uses_network=uses)
    assert App.from_facts(facts).declaration is None
