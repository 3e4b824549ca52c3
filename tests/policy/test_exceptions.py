"""`[[exemption]]` and `[[fail_open]]`: what each must say, and what is too much for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from icpgate.errors import Defect, PolicyError
from icpgate.policy import Exemption, FailOpen, Policy
from icpgate.policy.load import default_text
from icpgate.rules import RULES, Action, Occasion

EXTENDS = 'extends = "default"\n'
EXEMPTION = {
    "name": '"settings"',
    "approver": '"compliance office"',
    "reason": '"part of the system"',
    "until": "2027-05-01T00:00:00+08:00",
    "codes": '["number_missing"]',
    "packages": '["cn.example.system.settings"]',
}
FAIL_OPEN = {
    "name": '"outage"',
    "approver": '"compliance office"',
    "reason": '"the registry is down"',
    "since": "2026-11-20T00:00:00+08:00",
    "until": "2026-11-30T00:00:00+08:00",
    "codes": '["registry_unavailable"]',
    "actions": '["list"]',
    "occasions": '["first"]',
}
ZONED = "a date and time with its zone, such as 2024-04-01T00:00:00+08:00"
TOO_WIDE = "a prefix of at least two parts, such as com.example.*"


def _written(kind: str, base: dict[str, str], changes: dict[str, str | None]) -> str:
    fields = {name: value for name, value in (base | changes).items() if value is not None}
    return f"[[{kind}]]\n" + "\n".join(f"{name} = {value}" for name, value in fields.items())


def _exemption(**changes: str | None) -> Exemption:
    (exemption,) = Policy.loads(EXTENDS + _written("exemption", EXEMPTION, changes)).exemptions
    return exemption


def _fail_open(**changes: str | None) -> FailOpen:
    (setting,) = Policy.loads(EXTENDS + _written("fail_open", FAIL_OPEN, changes)).fail_open
    return setting


def _defects(text: str) -> tuple[Defect, ...]:
    with pytest.raises(PolicyError) as caught:
        Policy.loads(EXTENDS + text)
    return caught.value.defects


def test_an_exemption() -> None:
    """What is not said covers everything, but the scope is always said."""
    assert _exemption() == Exemption(
        name="settings",
        approver="compliance office",
        reason="part of the system",
        until=datetime(2027, 4, 30, 16, tzinfo=UTC),
        codes=frozenset({"number_missing"}),
        since=None,
        ticket="",
        actions=frozenset(Action),
        occasions=frozenset(Occasion),
        packages=("cn.example.system.settings",),
    )


def test_an_exemption_with_everything() -> None:
    """Selectors come out sorted, numbers canonical, operators folded, words as their values."""
    exemption = _exemption(
        since="2026-11-01T00:00:00+08:00",
        ticket='"EX-37"',
        codes='["number_missing", "x_own", "number_missing"]'.replace(', "x_own"', ', "display_missing"'),
        actions='["preinstall", "list"]',
        occasions='["standing"]',
        packages='["b.c.*", "a.b", "a.b"]',
        numbers='["蜀 ICP 备2021014694号－10a", "京ICP备13004658号-1A"]',
        operators='["示例科技（成都）有限公司", "ＡＢＣ公司"]',
        kinds='["quick_app", "app"]',
        platforms='["wechat", "android"]',
    )
    assert exemption.since == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert exemption.ticket == "EX-37"
    assert exemption.codes == {"number_missing", "display_missing"}
    assert exemption.actions == {Action.PREINSTALL, Action.LIST}
    assert exemption.occasions == {Occasion.STANDING}
    assert exemption.packages == ("a.b", "b.c.*")
    assert exemption.numbers == ("京ICP备13004658号-1A", "蜀ICP备2021014694号-10A")
    assert exemption.operators == ("abc公司", "示例科技(成都)有限公司")
    assert exemption.kinds == ("app", "quick_app")
    assert exemption.platforms == ("android", "wechat")


@pytest.mark.parametrize("selector", ["numbers", "operators"])
def test_one_selector_is_a_scope(selector: str) -> None:
    """A package, a number or an operator suffices; kind and platform alone do not."""
    value = {"numbers": '["京ICP备13004658号-1A"]', "operators": '["示例公司"]'}[selector]
    assert getattr(_exemption(packages=None, **{selector: value}), selector)


@pytest.mark.parametrize("changes", [{}, {"kinds": '["app"]', "platforms": '["android"]', "actions": '["list"]'}])
def test_an_exemption_without_a_scope(changes: dict[str, str | None]) -> None:
    """What selects every app is refused."""
    text = _written("exemption", EXEMPTION, changes | {"packages": None})
    hint = "name at least one of packages, numbers, operators"
    assert _defects(text) == (Defect("config.exemption", "exemption[0]", "selects every app", "a scope", hint),)


def test_an_empty_exemption() -> None:
    """Everything it owes is named at once."""
    missing = "a text that is not empty"
    assert _defects("[[exemption]]") == (
        Defect("config.exemption", "exemption[0]", "selects every app", "a scope",
               "name at least one of packages, numbers, operators"),
        Defect("config.time", "exemption[0].until", "missing", "a date and time with its zone"),
        Defect("config.value", "exemption[0].name", "missing", missing),
        Defect("config.value", "exemption[0].approver", "missing", missing),
        Defect("config.value", "exemption[0].reason", "missing", missing),
        Defect("config.value", "exemption[0].codes", "missing", "the codes it covers, named one by one"),
    )  # fmt: skip


def test_an_empty_fail_open() -> None:
    """Nothing in it has a silent default."""
    missing = "a text that is not empty"
    assert _defects("[[fail_open]]") == (
        Defect("config.time", "fail_open[0].until", "missing", "a date and time with its zone"),
        Defect("config.fail_open", "fail_open[0].since", "missing", "when it begins, with its zone"),
        Defect("config.fail_open", "fail_open[0].actions", "missing", "the actions it covers"),
        Defect("config.fail_open", "fail_open[0].occasions", "missing", "the occasions it covers"),
        Defect("config.value", "fail_open[0].name", "missing", missing),
        Defect("config.value", "fail_open[0].approver", "missing", missing),
        Defect("config.value", "fail_open[0].reason", "missing", missing),
        Defect("config.value", "fail_open[0].codes", "missing", "the codes it covers, named one by one"),
    )


@pytest.mark.parametrize(
    ("changes", "defect"),
    [
        ({"aprover": '"x"'}, Defect("config.unknown", "exemption[0].aprover", "unknown key 'aprover'", "",
                                    "did you mean approver?")),
        ({"name": '" "'}, Defect("config.value", "exemption[0].name", "' ' given", "a text that is not empty")),
        ({"approver": "7"}, Defect("config.value", "exemption[0].approver", "'7' given", "a text that is not empty")),
        ({"name": '"a\\u001bb"'}, Defect("config.value", "exemption[0].name", "'a\\x1bb' given",
                                         "one line of visible characters")),
        ({"ticket": "7"}, Defect("config.value", "exemption[0].ticket", "'7' given", "a text that is not empty")),
        ({"until": '"2027"'}, Defect("config.time", "exemption[0].until", "'2027' given", ZONED,
                                     "write it without quotes, with its offset")),
        ({"since": "2027-04-01"}, Defect("config.time", "exemption[0].since", "2027-04-01 has no zone", ZONED,
                                         "write it without quotes, with its offset")),
        ({"since": "2027-05-01T00:00:00+08:00"}, Defect("config.conflict", "exemption[0].until",
                                                        "ends before it begins", "a moment after since")),
        ({"codes": '["number_mising"]'}, Defect("config.unknown", "exemption[0].codes.number_mising",
                                                "unknown code 'number_mising'", "", "did you mean number_missing?")),
        ({"codes": '["number_missing", "x_other"]'},
         Defect("config.unknown", "exemption[0].codes.x_other", "unknown code 'x_other'", "",
                f"known: {', '.join(sorted(rule.code for rule in RULES))}")),
        ({"codes": "[]"}, Defect("config.value", "exemption[0].codes", "an empty list selects nothing", "",
                                 "name what it covers, or remove it")),
        ({"codes": '"number_missing"'}, Defect("config.value", "exemption[0].codes", "'number_missing' given",
                                               "a list of texts")),
        ({"actions": '["listing"]'}, Defect("config.value", "exemption[0].actions", "'listing' given",
                                            "one of list, connect, preinstall", "did you mean list?")),
        ({"occasions": '["updates"]'}, Defect("config.value", "exemption[0].occasions", "'updates' given",
                                              "one of first, update, standing", "did you mean update?")),
        ({"kinds": '["apps"]'}, Defect("config.value", "exemption[0].kinds", "'apps' given",
                                       "one of website, app, mini_program, quick_app", "did you mean app?")),
        ({"platforms": '["andriod"]'},
         Defect("config.value", "exemption[0].platforms", "'andriod' given",
                "one of android, ios, harmonyos, quick_app, wechat, qq, alipay, baidu, douyin, kuaishou",
                "did you mean android?")),
        ({"packages": '["com.a", ""]'}, Defect("config.value", "exemption[0].packages", "'['com.a', '']' given",
                                               "a list of texts")),
        ({"packages": '["com.exam?le"]'}, Defect("config.value", "exemption[0].packages", "'com.exam?le' given",
                                                 "a package, or a prefix that ends in .*")),
        ({"packages": '["com.example app"]'}, Defect("config.value", "exemption[0].packages",
                                                     "'com.example app' given",
                                                     "a package, or a prefix that ends in .*")),
        ({"numbers": "7"}, Defect("config.value", "exemption[0].numbers", "'7' given", "a list of texts")),
        ({"operators": "7"}, Defect("config.value", "exemption[0].operators", "'7' given", "a list of texts")),
        ({"operators": '["（）"]'}, Defect("config.value", "exemption[0].operators", "'（）' names nobody",
                                         "an operator's name")),
    ],
)  # fmt: skip
def test_a_defect_of_an_exemption(changes: dict[str, str | None], defect: Defect) -> None:
    """It comes once, with its place and the nearest right word."""
    assert _defects(_written("exemption", EXEMPTION, changes)) == (defect,)


@pytest.mark.parametrize(
    "package",
    ["*", ".*", "com.*", "com*", "com.example*", "com.exa*ple.app", "com.example.**", "..*", "com..*", ".a.*", "*.a.b"],
)
def test_a_wildcard_that_is_too_wide(package: str) -> None:
    """A prefix has two parts at least and ends after a dot."""
    message = f"'{package}' covers too much, or nothing"
    expected = Defect("config.value", "exemption[0].packages", message, TOO_WIDE)
    assert _defects(_written("exemption", EXEMPTION, {"packages": f'["{package}"]'})) == (expected,)


@pytest.mark.parametrize("package", ["com.example.*", "a-b.c_d.E9.*", "wx0123456789abcdef", "com.example"])
def test_a_package_that_loads(package: str) -> None:
    """A whole package, an AppID, or a prefix of two parts and more."""
    assert _exemption(packages=f'["{package}"]').packages == (package,)


def test_a_number_that_is_none() -> None:
    """It is diagnosed as an app's would be."""
    (defect,) = _defects(_written("exemption", EXEMPTION, {"numbers": '["京ICP备13004658号-1A", "京ICP备1号"]'}))
    assert (defect.code, defect.place, defect.expected) == (
        "config.value",
        "exemption[0].numbers",
        "a registration number",
    )
    assert defect.message.startswith("'京ICP备1号': ")


def test_fail_open() -> None:
    """Every part of it was stated."""
    assert _fail_open() == FailOpen(
        name="outage",
        approver="compliance office",
        reason="the registry is down",
        since=datetime(2026, 11, 19, 16, tzinfo=UTC),
        until=datetime(2026, 11, 29, 16, tzinfo=UTC),
        codes=frozenset({"registry_unavailable"}),
        actions=frozenset({Action.LIST}),
        occasions=frozenset({Occasion.FIRST}),
    )


@pytest.mark.parametrize(
    ("changes", "defect"),
    [
        ({"packages": '["a.b"]'}, Defect("config.unknown", "fail_open[0].packages", "unknown key 'packages'", "",
                                         "known: name, approver, reason, since, until, codes, actions, occasions")),
        ({"codes": '["not_registered"]'}, Defect("config.unknown", "fail_open[0].codes.not_registered",
                                                 "unknown code 'not_registered'", "",
                                                 "known: record_stale, registry_unavailable")),
        ({"until": "2026-12-21T00:00:01+08:00"}, Defect("config.fail_open", "fail_open[0].until",
                                                        "lasts 31 days, 0:00:01", "at most 31 days")),
        ({"until": "2026-11-20T00:00:00+08:00"}, Defect("config.conflict", "fail_open[0].until",
                                                        "ends before it begins", "a moment after since")),
        ({"since": "2026-11-20T00:00:00"}, Defect("config.time", "fail_open[0].since",
                                                  "2026-11-20T00:00:00 has no zone", ZONED, "add the offset +08:00")),
        ({"occasions": '["frist"]'}, Defect("config.value", "fail_open[0].occasions", "'frist' given",
                                            "one of first, update, standing", "did you mean first?")),
        ({"actions": "[]"}, Defect("config.value", "fail_open[0].actions", "an empty list selects nothing", "",
                                   "name what it covers, or remove it")),
    ],
)  # fmt: skip
def test_a_defect_of_fail_open(changes: dict[str, str | None], defect: Defect) -> None:
    """It comes once, with its place."""
    assert _defects(_written("fail_open", FAIL_OPEN, changes)) == (defect,)


def test_the_longest_fail_open() -> None:
    """Thirty-one days to the second."""
    setting = _fail_open(until="2026-12-21T00:00:00+08:00", codes='["record_stale", "registry_unavailable"]')
    assert setting.since is not None
    assert setting.until - setting.since == timedelta(days=31)
    assert setting.codes == {"record_stale", "registry_unavailable"}


@pytest.mark.parametrize(("kind", "base"), [("exemption", EXEMPTION), ("fail_open", FAIL_OPEN)])
def test_two_of_one_name(kind: str, base: dict[str, str]) -> None:
    """A decision cites an entry by its name: each needs its own."""
    other = _written(kind, base, {"name": '"other"'})
    text = "\n".join([other, _written(kind, base, {}), _written(kind, base, {})])
    message = f"{base['name'].replace(chr(34), chr(39))} is the name of {kind}[1]"
    assert _defects(text) == (Defect("config.conflict", f"{kind}[2].name", message, "another name"),)


def test_the_shipped_policy_lets_nobody_past() -> None:
    """An exception is the gatekeeper's own, never shipped; system components have no other way."""
    assert "[[exemption]]\n" not in default_text()
    assert "[[fail_open]]\n" not in default_text()
