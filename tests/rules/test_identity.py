"""Whether a registration is this app's: names, document, package, and what binds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from icpgate.answer import ByNumber, Found, Observation
from icpgate.record import RegistrationRecord
from icpgate.rules import Binding, Rule, bindings
from icpgate.rules.identity import (
    DocumentNumberMatches,
    IdentityProven,
    NameMatches,
    OperatorMatches,
    PackageMatches,
    RequiredLikeness,
)
from tests.cases import (
    DOCUMENT,
    MD5,
    NOW,
    case_of,
    described,
    failed,
    not_applicable,
    not_checkable,
    passed,
    registered,
)

RULES = (NameMatches, OperatorMatches, DocumentNumberMatches, PackageMatches, IdentityProven)
PACKAGE = "com.sig.wameiji"
OTHER = "91110000600037341L"
CARD = "11010519491231002X"
ANDROID = {"platform": "android", "package": PACKAGE}


def operator(**changes: object) -> dict[str, object]:
    """The operator of the right app, with changes."""
    fields = {"name": "示例科技（成都）有限公司", "document_type": "uscc", "document_number": DOCUMENT}
    return {name: value for name, value in (fields | changes).items() if value is not None}


@pytest.mark.parametrize("rule", RULES)
def test_the_right_app_meets_every_demand(rule: type[Rule]) -> None:
    """Nothing is said about an app that is the registered one."""
    assert rule().check(case_of()) == passed(rule)  # type: ignore[arg-type]  # all of them are demands


@pytest.mark.parametrize("rule", RULES)
def test_without_a_record_nothing_is_compared(rule: type[Rule]) -> None:
    """No record, no comparison: another demand objects to that."""
    assert rule().check(case_of(asked=False)) == not_applicable(rule)  # type: ignore[arg-type]  # as above
    assert bindings(case_of(asked=False)) == ()


@pytest.mark.parametrize(
    ("name", "detail"), [("挖煤姬极速版", "name.near"), ("挖煤", "name.near"), ("招商银行", "name.different")]
)
def test_another_name(name: str, detail: str) -> None:
    """A name that is near is another name, and is told apart from one that is far."""
    finding = NameMatches().check(case_of(described(name=name)))
    assert finding == failed(NameMatches, detail, name, "挖煤姬")


@pytest.mark.parametrize("name", ["挖煤姬", "挖 煤 姬", "挖煤姬 "])
def test_the_same_name_written_in_another_way(name: str) -> None:
    """Blanks make no other name."""
    assert NameMatches().check(case_of(described(name=name))) == passed(NameMatches)


def test_a_policy_may_demand_the_very_same_characters() -> None:
    """With the level *exact* a blank is a difference."""
    case = case_of(described(name="挖 煤姬"))
    strict = NameMatches(level=RequiredLikeness.EXACT)
    assert strict.check(case) == failed(NameMatches, "name.normalised", "挖 煤姬", "挖煤姬")
    assert strict.check(case_of()) == passed(NameMatches)


@pytest.mark.parametrize("empty", ["", "\u3164", "——"])
def test_an_empty_registered_name_is_nobodys(empty: str) -> None:
    """A registry whose name is empty or shows nothing has another name."""
    finding = NameMatches().check(case_of(record=registered(service_name=empty)))
    expected = empty or "a registered name: it is empty"
    assert finding == failed(NameMatches, "name.different", "挖煤姬", expected)


def test_an_absent_name_cannot_be_compared() -> None:
    """A source without names says nothing about this one."""
    finding = NameMatches().check(case_of(record=registered(service_name=None)))
    assert finding == not_checkable(NameMatches, "record.service_name", "the registered name")


def test_an_endless_registered_name_is_cut() -> None:
    """A finding is read by people, whatever a registry sent."""
    finding = NameMatches().check(case_of(record=registered(service_name="长" * 4_000)))
    assert finding.expected == "长" * 100 + "…"


def test_the_operator_in_another_writing() -> None:
    """Brackets of either width are the same brackets, unless the policy says otherwise."""
    assert OperatorMatches().check(case_of()) == passed(OperatorMatches)
    strict = OperatorMatches(level=RequiredLikeness.EXACT).check(case_of())
    expected = failed(OperatorMatches, "operator.normalised", "示例科技（成都）有限公司", "示例科技(成都)有限公司")
    assert strict == expected


def test_another_operator() -> None:
    """Both sides are named where both are companies."""
    finding = OperatorMatches().check(case_of(described(operator=operator(name="冒名科技有限公司"))))
    assert finding == failed(OperatorMatches, "operator.different", "冒名科技有限公司", "示例科技(成都)有限公司")


@pytest.mark.parametrize(
    ("changes", "record", "detail", "expected"),
    [
        ({"operator": None}, {}, "app.operator", "the app's operator"),
        ({}, {"operator": None}, "record.operator", "the registered operator"),
        ({"operator": None}, {"operator": None}, "record.operator", "the registered operator"),
    ],
)
def test_an_absent_operator_cannot_be_compared(
    changes: dict[str, object], record: dict[str, object], detail: str, expected: str
) -> None:
    """It takes two to compare."""
    finding = OperatorMatches().check(case_of(described(**changes), registered(**record)))
    assert finding == not_checkable(OperatorMatches, detail, expected)


def test_an_empty_registered_operator_is_nobody() -> None:
    """A registry that has operators and none here has another one."""
    finding = OperatorMatches().check(case_of(record=registered(operator="")))
    assert finding == failed(
        OperatorMatches, "operator.different", "示例科技（成都）有限公司", "no operator: it is empty"
    )


def test_natural_persons_are_not_named() -> None:
    """Neither side's name or number stands in a finding, whichever side tells that it is a person's."""
    app = described(operator=operator(name="甲某某", document_type="id_card", document_number=CARD))
    record = registered(operator="乙某某", document_type="身份证", document_number="11010119900307109X")
    case = case_of(app, record)
    texts = [rule().check(case) for rule in (OperatorMatches, DocumentNumberMatches)]
    assert [finding.detail for finding in texts] == ["operator.different", "document.different"]
    assert {text for f in texts for text in (f.found, f.expected)} == {"a natural person (name withheld)", "***X"}


def test_a_registered_person_is_not_named_to_a_company() -> None:
    """Who copies a person's number does not learn the person's name from the gate."""
    record = registered(operator="乙某某", document_type=None, document_number=None, operator_kind="个人")
    finding = OperatorMatches().check(case_of(record=record))
    assert (finding.found, finding.expected) == ("示例科技（成都）有限公司", "a natural person (name withheld)")


def test_another_document() -> None:
    """Of both numbers a little is shown."""
    finding = DocumentNumberMatches().check(case_of(described(operator=operator(document_number=OTHER))))
    assert finding == failed(DocumentNumberMatches, "document.different", "9111***341L", "9151***C60R")


@pytest.mark.parametrize(
    ("given", "registered_number"),
    [("9151 0108 ma6632c60r", DOCUMENT), (DOCUMENT, "9151-0108-MA6632C60R"), (DOCUMENT, "９１５１０１０８MA6632C60R")],
)
def test_the_same_document_in_another_writing(given: str, registered_number: str) -> None:
    """Blanks, dashes, case and width make no other number."""
    case = case_of(described(operator=operator(document_number=given)), registered(document_number=registered_number))
    assert DocumentNumberMatches().check(case) == passed(DocumentNumberMatches)
    assert Binding.DOCUMENT_NUMBER in bindings(case)


def test_a_document_without_a_type_is_compared_all_the_same() -> None:
    """The number is what is compared; of an untyped one nothing is shown."""
    case = case_of(described(operator=operator(document_type=None)), registered(document_type=None))
    assert DocumentNumberMatches().check(case) == passed(DocumentNumberMatches)
    blanks = described(operator=operator(document_type=None, document_number="9151 0108 ma6632c60r"))
    assert DocumentNumberMatches().check(case_of(blanks)) == passed(DocumentNumberMatches)
    other = case_of(
        described(operator=operator(document_type=None, document_number=OTHER)), registered(document_type="x")
    )
    assert DocumentNumberMatches().check(other) == failed(DocumentNumberMatches, "document.different", "***", "***")


@pytest.mark.parametrize(
    "nothing", ["无", "N/A", "-", "0000000000", "****************", "91510***", "1234", "NONENONE"]
)
def test_two_placeholders_are_no_document(nothing: str) -> None:
    """What two forms may both have in place of a number is nobody's number."""
    app = described(operator=operator(document_type=None, document_number=nothing))
    case = case_of(app, registered(document_type=None, document_number=nothing))
    assert DocumentNumberMatches().check(case).detail == "document.different"
    assert Binding.DOCUMENT_NUMBER not in bindings(case)


def test_the_shortest_number_that_is_somebodys() -> None:
    """Five characters with a digit are a number."""
    app = described(operator=operator(document_type="other", document_number="A0001"))
    assert DocumentNumberMatches().check(case_of(app, registered(document_number="A0001"))) == passed(
        DocumentNumberMatches
    )


@pytest.mark.parametrize(
    ("changes", "record", "detail", "expected"),
    [
        ({"operator": None}, {}, "app.document_number", "the operator's document number"),
        ({"operator": {"name": "示例"}}, {}, "app.document_number", "the operator's document number"),
        ({}, {"document_number": None}, "record.document_number", "the registered document number"),
    ],
)
def test_an_absent_document_cannot_be_compared(
    changes: dict[str, object], record: dict[str, object], detail: str, expected: str
) -> None:
    """It takes two to compare."""
    finding = DocumentNumberMatches().check(case_of(described(**changes), registered(**record)))
    assert finding == not_checkable(DocumentNumberMatches, detail, expected)


def test_an_empty_registered_document_is_nobodys() -> None:
    """A registry that has documents and none here has another one."""
    finding = DocumentNumberMatches().check(case_of(record=registered(document_number="")))
    expected = "a document number: it is empty"
    assert finding == failed(DocumentNumberMatches, "document.different", "9151***C60R", expected)


@pytest.mark.parametrize(
    ("platforms", "detail", "found_text", "expected"),
    [
        ([ANDROID | {"package": "com.sig.Wameiji"}], "package.different", PACKAGE, "com.sig.Wameiji"),
        ([ANDROID | {"package": "a.b"}, ANDROID | {"package": "c.d"}, {"package": "a.b"}], "package.different",
         PACKAGE, "a.b or c.d"),
        ([ANDROID | {"package": "a.b"}, {"platform": "android"}], "package.different", PACKAGE, "a.b"),
        ([ANDROID | {"package": ""}], "package.none", PACKAGE, "a registered package: it is empty"),
        ([ANDROID | {"platform": "ios"}, ANDROID | {"platform": "harmonyos"}], "package.platform",
         f"{PACKAGE} on android", "a platform of the registration: harmonyos and ios"),
        ([], "package.platform", f"{PACKAGE} on android", "a platform of the registration: none is registered"),
    ],
)  # fmt: skip
def test_another_package(platforms: object, detail: str, found_text: str, expected: str) -> None:
    """Case counts, and the same package on another platform is another app."""
    case = case_of(record=registered(platforms=platforms))
    assert PackageMatches().check(case) == failed(PackageMatches, detail, found_text, expected)
    assert Binding.PACKAGE not in bindings(case)


@pytest.mark.parametrize(
    "platforms",
    [
        [{"package": PACKAGE}],
        [{"platform": "ios", "package": "a.b"}, ANDROID],
        [ANDROID | {"package": "a.b"}, ANDROID],
        [{"platform": "android"}, ANDROID],
    ],
)
def test_one_of_several_packages_will_do(platforms: object) -> None:
    """An entry without a platform is for any."""
    case = case_of(record=registered(platforms=platforms))
    assert PackageMatches().check(case) == passed(PackageMatches)
    assert Binding.PACKAGE in bindings(case)


@pytest.mark.parametrize(
    ("platforms", "detail"),
    [(None, "record.platforms"), ([{"platform": "android"}], "record.package"), ([{}], "record.package"),
     ([{"platform": "android"}, {"platform": "android", "package": ""}], "record.package")],
)  # fmt: skip
def test_absent_packages_cannot_be_compared(platforms: object, detail: str) -> None:
    """The public register has no packages at all."""
    finding = PackageMatches().check(case_of(record=registered(platforms=platforms)))
    assert finding == not_checkable(PackageMatches, detail, "the registered packages")


def test_one_package_for_each_number() -> None:
    """Some access providers register one package for a number and platform; a policy may demand it."""
    several = registered(platforms=[ANDROID, {"package": "a.b"}, {"platform": "ios", "package": "c.d"}])
    one = registered(platforms=[ANDROID, ANDROID | {"signing_certificate": MD5}, {"platform": "ios", "package": "c.d"}])
    rule = PackageMatches(one_package_only=True)
    expected = failed(PackageMatches, "package.several", f"a.b, {PACKAGE}", f"{PACKAGE} alone")
    assert rule.check(case_of(record=several)) == expected
    assert rule.check(case_of(record=one)) == passed(PackageMatches)
    assert PackageMatches().check(case_of(record=several)) == passed(PackageMatches)


def test_everything_right_binds_four_times() -> None:
    """Each binding is named, in one order."""
    assert bindings(case_of()) == tuple(Binding)


@pytest.mark.parametrize("field", ["operator", "service_name"])
@pytest.mark.parametrize("value", [None, "", "别的"])
def test_operator_and_name_bind_together_only(field: str, value: str | None) -> None:
    """Either of the two may be copied or common."""
    case = case_of(record=registered(**{field: value}))
    assert Binding.OPERATOR_AND_NAME not in bindings(case)


def test_without_an_operator_names_bind_nothing() -> None:
    """The name alone is on every poster."""
    assert Binding.OPERATOR_AND_NAME not in bindings(case_of(described(operator=None)))
    assert Binding.DOCUMENT_NUMBER not in bindings(case_of(described(operator=None)))


@pytest.mark.parametrize("nobody", ["无", "张**", "某某科技", "李", "N/A"])
def test_an_operator_that_is_nobody_binds_nothing(nobody: str) -> None:
    """Two sides that share a word for nothing, or what a mask has left, share no operator."""
    case = case_of(described(operator={"name": nobody}), registered(operator=nobody))
    assert OperatorMatches().check(case) == passed(OperatorMatches)
    assert Binding.OPERATOR_AND_NAME not in bindings(case)


def test_no_policy_can_make_names_bind_less_alike() -> None:
    """What binds is compared in the normalised form, whatever the rules' levels."""
    assert Binding.OPERATOR_AND_NAME in bindings(case_of(described(name="挖 煤 姬")))
    assert Binding.OPERATOR_AND_NAME not in bindings(case_of(described(name="挖煤姬2")))


def test_only_the_number_agrees() -> None:
    """A number anybody can copy proves nothing."""
    app = described(name="别的", operator=None, package="a.b.c", signing_certificates=None)
    expected = "operator and name, document number, package, or a verified signing certificate of the registration"
    assert IdentityProven().check(case_of(app)) == failed(
        IdentityProven, "identity.number_only", "only the number agrees", expected
    )


def test_bindings_are_found_once() -> None:
    """What binds is kept with the case, because rule and judge ask for it."""
    case = case_of()
    assert bindings(case) is bindings(case)


def test_the_registered_platform_of_another_host_is_not_the_apps() -> None:
    """A mini program's AppID on one host is nobody's on another."""
    record = registered(kind="mini_program", registration_number="蜀ICP备2021014694号-10X",
                        platforms=[{"platform": "alipay", "package": "wx0123456789abcdef"}])  # fmt: skip
    app = described(kind="mini_program", platform="wechat", package="wx0123456789abcdef",
                    registration_number="蜀ICP备2021014694号-10X")  # fmt: skip
    finding = PackageMatches().check(case_of(app, record))
    assert finding.detail == "package.platform"
    assert finding.expected == "a platform of the registration: alipay"


@pytest.mark.parametrize(
    ("document_type", "number", "given_type", "given"),
    [
        ("uscc", "9151-0108-MA6632C60R", "uscc", DOCUMENT),
        ("统一社会信用代码", "９１５１０１０８ma6632c60r", None, DOCUMENT),
        (None, "9151 0108 MA6632C60R", "uscc", DOCUMENT),
        ("passport", "e 1234 5678", "passport", "E12345678"),
    ],
)
def test_a_record_made_by_hand_is_compared_in_normal_form(
    document_type: str | None, number: str, given_type: str | None, given: str
) -> None:
    """A registry of somebody's own need not know the normal form of a number."""
    record = replace(RegistrationRecord.read(registered()), document_type=document_type, document_number=number)
    observation = Observation(ByNumber(record.registration_number), Found((record,)), NOW, "test", "memory")
    app = described(operator=operator(document_type=given_type, document_number=given))
    case = case_of(app, observation=observation)
    assert DocumentNumberMatches().check(case) == passed(DocumentNumberMatches)
    assert Binding.DOCUMENT_NUMBER in bindings(case)


def test_dashes_of_an_unknown_document_are_part_of_it() -> None:
    """Only where a document has a fixed length are dashes writing."""
    record = replace(RegistrationRecord.read(registered()), document_type="x", document_number="9151-0108-MA6632C60R")
    observation = Observation(ByNumber(record.registration_number), Found((record,)), NOW, "test", "memory")
    assert DocumentNumberMatches().check(case_of(observation=observation)).detail == "document.different"


PASSPORT = {"document_type": "passport", "document_number": "E12345678"}
SOLE_TRADER = {"document_type": None, "document_number": CARD}


@pytest.mark.parametrize(
    ("app_side", "record_side"), [(PASSPORT, {}), (SOLE_TRADER, {}), ({}, PASSPORT), ({}, SOLE_TRADER)]
)
def test_each_side_tells_of_itself(app_side: dict[str, object], record_side: dict[str, object]) -> None:
    """A personal type or number on one side hides that side's name, and only that one's."""
    app = described(operator=operator(name="冒名科技有限公司", **app_side))
    finding = OperatorMatches().check(case_of(app, registered(**record_side)))
    person = "a natural person (name withheld)"
    assert finding.found == (person if app_side else "冒名科技有限公司")
    assert finding.expected == (person if record_side else "示例科技(成都)有限公司")


def test_a_registered_type_tells_of_an_organisation() -> None:
    """A short name of a company is shown where its document tells that it is one."""
    finding = OperatorMatches().check(case_of(record=registered(operator="示例")))
    assert finding.expected == "示例"
    untold = OperatorMatches().check(case_of(record=registered(operator="示例", document_type=None)))
    assert untold.expected == "a name that may be a person's (withheld)"
