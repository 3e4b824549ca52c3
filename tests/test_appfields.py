"""The fields of an app: words, names, digests, keys, domains, regions."""

from __future__ import annotations

import pytest

from icpgate.app import App, Declaration, DeclarationStatement, Operator
from icpgate.document import DocumentType
from icpgate.errors import Defect
from icpgate.number import ServiceKind
from icpgate.signing import DigestAlgorithm, Platform, Provenance, SigningCertificate
from tests.cases import MD5, described, only

PLATFORMS = "android, ios, harmonyos, quick_app, wechat, qq, alipay, baidu, douyin, kuaishou"


@pytest.mark.parametrize("word", ["android", "Android ", " ANDROID", "安卓", "ａｎｄｒｏｉｄ"])
def test_a_platform_has_names(word: str) -> None:
    """Case, width and blanks around do not matter."""
    assert App.parse(described(platform=word)).platform is Platform.ANDROID


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("mini_program", ServiceKind.MINI_PROGRAM),
        ("Mini-Program", ServiceKind.MINI_PROGRAM),
        ("MiniProgram", ServiceKind.MINI_PROGRAM),
        ("小程序", ServiceKind.MINI_PROGRAM),
        ("quick app", ServiceKind.QUICK_APP),
        ("快应用", ServiceKind.QUICK_APP),
        ("atomic_service", ServiceKind.QUICK_APP),
        ("元服务", ServiceKind.QUICK_APP),
        ("ＡＰＰ", ServiceKind.APP),
        ("应用", ServiceKind.APP),
        (ServiceKind.APP, ServiceKind.APP),
    ],
)
def test_a_kind_has_names(word: str, kind: ServiceKind) -> None:
    """Chinese and English words, however they are written."""
    platform = {"app": "android", "mini_program": "wechat", "quick_app": "quick_app"}[kind.value]
    assert App.parse(described(kind=word, platform=platform)).kind is kind


@pytest.mark.parametrize(
    ("changes", "message", "expected", "hint"),
    [
        ({"platform": "andriod"}, "'andriod' is not a platform", PLATFORMS, "did you mean android?"),
        ({"platform": "symbian"}, "'symbian' is not a platform", PLATFORMS, ""),
        ({"platform": "安卓 12"}, "'安卓 12' is not a platform", PLATFORMS, ""),
        ({"kind": "website"}, "'website' is not a kind of app", "app, mini_program, quick_app", ""),
        ({"kind": "Quick-aps"}, "'Quick-aps' is not a kind of app", "app, mini_program, quick_app",
         "did you mean quick_app?"),
        ({"kind": "app" + " " * 64}, f"'app{' ' * 57}…' is not a kind of app", "app, mini_program, quick_app",
         "did you mean app?"),
        ({"kind": "x" * 100}, f"'{'x' * 60}…' is not a kind of app", "app, mini_program, quick_app", ""),
    ],
)  # fmt: skip
def test_a_word_that_is_not_known(changes: dict[str, object], message: str, expected: str, hint: str) -> None:
    """Every word there is, and the one that was meant; nothing is taken for another."""
    (place,) = changes
    assert only(**changes) == Defect("app.value", f"/{place}", message, f"one of {expected}", hint)


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        ("", "empty", "1 to 256 characters"),
        (" \n\u3000", "empty", "1 to 256 characters"),
        ("长" * 5_000, "5,000 characters", "at most 256"),
        ("👍👍", "no letter and no digit", "a name that people can read"),
        ("—（）", "no letter and no digit", "a name that people can read"),
        ("\u3164\u3164", "no letter and no digit", "a name that people can read"),
        ("挖\u202e煤", "U+202E at character 2", "visible characters only"),
        ("挖\u200b煤", "U+200B at character 2", "visible characters only"),
        ("挖煤\x00姬", "U+0000 at character 3", "visible characters only"),
        ("a\nb", "U+000A at character 2", "visible characters only"),
        ("a\u2028b", "U+2028 at character 2", "visible characters only"),
        ("a\ue000", "U+E000 at character 2", "visible characters only"),
        ("\ud800a", "U+D800 at character 1", "visible characters only"),
    ],
)
def test_a_name_must_name_something(name: str, message: str, expected: str) -> None:
    """Empty, endless, invisible or without a letter: the place is named, the name itself is not repeated."""
    hint = "remove that character" if message.startswith("U+") else ""
    assert only(name=name) == Defect("app.name", "/name", message, expected, hint)


@pytest.mark.parametrize("name", ["挖煤姬", "A", "12306", "👍好", "长" * 256, "Ünï\u3000ñ", "ℹ️ 新闻", "\U0001faf8 app"])
def test_a_name_may_be_anything_readable(name: str) -> None:
    """Emoji beside letters, other scripts, wide blanks."""
    assert App.parse(described(name=f" {name}\n")).name == name


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("", "empty"),
        ("1.0\x00", "U+0000 at character 4"),
        ("1" * 10_240, "10,240 characters"),
        ("1" * 129, "129 characters"),
    ],
)
def test_a_version(version: str, message: str) -> None:
    """A version is a short visible text."""
    defect = only(version=version)
    assert (defect.code, defect.message) == ("app.version", message)


@pytest.mark.parametrize(
    ("given_digest", "digest", "algorithm"),
    [
        (":".join(MD5[i : i + 2] for i in range(0, 32, 2)).upper(), MD5, DigestAlgorithm.MD5),
        ("AB" * 20, "ab" * 20, DigestAlgorithm.SHA1),
        ("ab" * 32, "ab" * 32, DigestAlgorithm.SHA256),
        ("EjRWeBI0VngSNFZ4EjRWeA==", "12345678" * 4, DigestAlgorithm.MD5),
    ],
)
def test_digests_have_one_form(given_digest: str, digest: str, algorithm: DigestAlgorithm) -> None:
    """Colons, case and base64 are notations of the same digest."""
    for notation in (
        given_digest,
        {"digest": given_digest},
        {"digest": given_digest, "algorithm": algorithm.value},
        {"digest": given_digest, "algorithm": None},
    ):
        (certificate,) = App.parse(described(signing_certificates=[notation])).signing_certificates
        assert certificate == SigningCertificate(digest, algorithm, Provenance.CLAIMED)


@pytest.mark.parametrize(
    ("notation", "place", "code", "message"),
    [
        ("f" * 39, "/digest", "app.digest", "39 hex digits; 32, 40 or 64 are used"),
        ({"digest": "f" * 39}, "/digest", "app.digest", "39 hex digits; 32, 40 or 64 are used"),
        ({"digest": "0" * 32}, "/digest", "app.digest", "only zeros, which is a placeholder"),
        ({"digest": MD5, "algorithm": "SHA-1"}, "/digest", "app.digest", "32 hex digits; sha1 has 40"),
        ({"digest": MD5, "algorithm": "sha512"}, "/algorithm", "app.value", "'sha512' is not an algorithm of digests"),
        ({"digest": MD5, "provenance": "verify"}, "/provenance", "app.value", "'verify' is not a provenance"),
        ({"digest": "x" * 2_000}, "/digest", "app.digest", "2,000 characters"),
        ({}, "/digest", "app.missing", "missing"),
    ],
)
def test_bad_digests(notation: object, place: str, code: str, message: str) -> None:
    """The place is the field of the certificate."""
    defect = only(signing_certificates=[MD5, notation])
    assert (defect.code, defect.place, defect.message) == (code, f"/signing_certificates/1{place}", message)


def test_a_certificate_made_by_hand_is_read_again() -> None:
    """An object of the right class may still hold anything."""
    forged = SigningCertificate("zz", DigestAlgorithm.MD5)
    assert only(signing_certificates=[forged]).place == "/signing_certificates/0/digest"


def test_a_bad_public_key() -> None:
    """It is refused without being repeated."""
    defect = only(public_key="见附件")
    assert (defect.code, defect.place, defect.message) == (
        "app.public_key",
        "/public_key",
        "a text that is not a public key",
    )
    assert defect.hint.startswith("state an RSA modulus")
    assert "见附件" not in str(defect)


@pytest.mark.parametrize(
    ("domain", "hint"),
    [
        ("http://example.cn/", "did you mean example.cn?"),
        ("127.0.0.1", "an IP address belongs into endpoints"),
        ("*.example.cn", "name each domain that is used"),
    ],
)
def test_bad_domains(domain: str, hint: str) -> None:
    """The place is the entry's."""
    defect = only(domains=["example.cn", domain])
    assert (defect.code, defect.place, defect.hint) == ("app.domain", "/domains/1", hint)
    assert defect.message.startswith(f"'{domain}' is a")
    assert defect.expected == "a domain name such as example.cn"


def test_bad_endpoints() -> None:
    """A host name is no address."""
    message, expected = "'example.cn' is not an IP address", "an address such as 203.0.113.7"
    defect = only(endpoints=["203.0.113.7", "example.cn"])
    assert defect == Defect("app.endpoint", "/endpoints/1", message, expected, "put host names into domains")


@pytest.mark.parametrize(("field", "code"), [("domains", "app.domain"), ("endpoints", "app.endpoint")])
@pytest.mark.parametrize(
    ("text", "message"), [("a\u200b.cn", "U+200B at character 2"), ("", "empty"), ("x" * 2_049, "2,049 characters")]
)
def test_names_and_addresses_are_visible_texts(field: str, code: str, text: str, message: str) -> None:
    """What cannot be seen, or has no end, is refused before it is read."""
    defect = only(**{field: [text]})
    assert (defect.code, defect.place, defect.message) == (code, f"/{field}/0", message)
    long = only(**{field: ["x" * 2_048]})
    assert long.message != "2,048 characters"


def test_types_of_documents() -> None:
    """Null is no type; a word that is none is refused with the one that was meant."""
    assert App.parse(described(operator={"name": "示例", "document_type": None})).operator == Operator(name="示例")
    defect = only(operator={"name": "示例", "document_type": "id_crd"})
    place, message = "/operator/document_type", "'id_crd' is not a type of document"
    expected = f"one of {', '.join(DocumentType)}"
    assert defect == Defect("app.value", place, message, expected, "did you mean id_card?")


@pytest.mark.parametrize(
    ("region", "hint"), [("UK", "write GB for the United Kingdom"), ("XX", ""), ("CHN", ""), ("中国", ""), ("", "")]
)
def test_a_region_is_one_that_exists(region: str, hint: str) -> None:
    """Two letters that mean nothing prove nothing."""
    defect = only(declaration={"kind": "offshore", "operator_region": region})
    expected = "two letters of ISO 3166-1, such as SG"
    place = "/declaration/operator_region"
    assert defect == Defect("app.value", place, f"'{region}' is not a region", expected, hint)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("standalone", Declaration.STANDALONE),
        ("Stand-Alone", Declaration.STANDALONE),
        ("单机", Declaration.STANDALONE),
        ("offshore", Declaration.OFFSHORE),
        ("境外", Declaration.OFFSHORE),
    ],
)
def test_a_declaration_may_be_one_word(word: str, kind: Declaration) -> None:
    """Then it comes without evidence."""
    assert App.parse(described(declaration=word)).declaration == DeclarationStatement(kind=kind)


def test_an_unknown_declaration() -> None:
    """Its place is the kind, also when it was one word."""
    defect = only(declaration="offshor")
    message, hint = "'offshor' is not a declaration", "did you mean offshore?"
    assert defect == Defect("app.value", "/declaration/kind", message, "one of standalone, offshore", hint)


@pytest.mark.parametrize(
    ("kind", "platform", "expected"),
    [
        ("app", "wechat", "android, ios, harmonyos"),
        ("app", "quick_app", "android, ios, harmonyos"),
        ("mini_program", "android", "wechat, qq, alipay, baidu, douyin, kuaishou"),
        ("quick_app", "android", "quick_app, harmonyos"),
    ],
)
def test_a_kind_runs_where_it_can(kind: str, platform: str, expected: str) -> None:
    """A mini program that is called an app would be asked for the wrong number."""
    message = f"{kind} does not run on {platform}"
    expectation = f"one of {expected}, or another kind"
    assert only(kind=kind, platform=platform) == Defect("app.value", "/platform", message, expectation)


def test_atomic_services_run_on_harmonyos() -> None:
    """They are registered as quick apps."""
    app = App.parse(described(kind="元服务", platform="harmonyos", package="com.atomicservice.123"))
    assert (app.kind, app.platform) == (ServiceKind.QUICK_APP, Platform.HARMONYOS)


@pytest.mark.parametrize(
    ("changes", "place", "given_type", "expected"),
    [
        ({"display": {"number": True}}, "/display/number", "bool", "text"),
        ({"declaration": {"kind": "standalone", "uses_network": "true"}}, "/declaration/uses_network", "str",
         "true or false"),
        ({"declaration": {"kind": "standalone", "uses_network": 0}}, "/declaration/uses_network", "int",
         "true or false"),
        ({"declaration": {"kind": 1}}, "/declaration/kind", "int", "one of standalone, offshore"),
        ({"declaration": {"kind": "offshore", "server_regions": [86]}}, "/declaration/server_regions/0", "int", "text"),
        ({"operator": {"name": "x", "document_type": 1}}, "/operator/document_type", "int",
         f"one of {', '.join(DocumentType)}"),
        ({"signing_certificates": [7]}, "/signing_certificates/0", "int", "an object with named fields"),
        ({"signing_certificates": [{"digest": 7}]}, "/signing_certificates/0/digest", "int", "text"),
        ({"signing_certificates": [{"digest": MD5, "provenance": True}]}, "/signing_certificates/0/provenance", "bool",
         "one of claimed, verified"),
        ({"signing_certificates": [{"digest": MD5, "algorithm": 5}]}, "/signing_certificates/0/algorithm", "int",
         "one of md5, sha1, sha256"),
        ({"pre_approvals": ["news"]}, "/pre_approvals/0", "str", "an object with named fields"),
    ],
)  # fmt: skip
def test_nothing_is_converted_inside(changes: dict[str, object], place: str, given_type: str, expected: str) -> None:
    """Nor in the parts of an app."""
    assert only(**changes) == Defect("app.type", place, f"{given_type} given", expected)
