"""The rules of a policy file: levels, the floor, what not checkable does, parameters, rules of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest

from icpgate.errors import Defect, PolicyError
from icpgate.policy import FLOOR, Level, Policy, Unchecked
from icpgate.policy.load import default_text
from icpgate.rules import RULES, Action, Demand, Finding, Occasion
from icpgate.rules.approval import PreApprovalPresent, SectorList
from icpgate.rules.identity import NameMatches, RequiredLikeness
from icpgate.rules.standing import AccessUnrestricted, RecordFresh

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from icpgate.policy.model import BoundRule
    from icpgate.rules import Case

EXTENDS = 'extends = "default"\n'
EVERYWHERE = 'list = "enforce"\nconnect = "enforce"\npreinstall = "enforce"\n'
FLOOR_HINT = "it belongs to the floor; an exemption or [[fail_open]] goes past it"
LEVELS = "one of enforce, warn, off"


def _defects(text: str, rules: Sequence[object] | None = None) -> tuple[Defect, ...]:
    with pytest.raises(PolicyError) as caught:
        Policy.loads(EXTENDS + text, rules=rules)  # type: ignore[arg-type]  # some of them are mistakes
    return caught.value.defects


def _rule(policy: Policy, code: str) -> BoundRule:
    return next(rule for rule in policy.rules if rule.code == code)


def _levels(policy: Policy, code: str, action: Action) -> list[str]:
    return [_rule(policy, code).levels[action, occasion].value for occasion in Occasion]


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        ("[rules.name_mismtach]", Defect("config.unknown", "rules.name_mismtach", "unknown rule 'name_mismtach'", "",
                                         "did you mean name_mismatch?")),
        ("[rules]\nname_mismatch = 'off'", Defect("config.value", "rules.name_mismatch", "str given", "a table")),
        ("[rules.name_mismatch]\nlists = 'off'", Defect("config.unknown", "rules.name_mismatch.lists",
                                                        "unknown key 'lists'", "", "did you mean list?")),
        ("[rules.name_mismatch]\nupdate = 'off'",
         Defect("config.unknown", "rules.name_mismatch.update", "unknown key 'update'", "",
                "known: list, connect, preinstall, not_checkable, parameters, parameters_for")),
        ("[rules.name_mismatch]\nlist = 'Off'", Defect("config.value", "rules.name_mismatch.list", "'Off' given",
                                                       LEVELS, "did you mean off?")),
        ("[rules.name_mismatch]\nlist = false",
         Defect("config.value", "rules.name_mismatch.list", "'False' given", LEVELS)),
        ("[rules.name_mismatch]\nlist = ['off']",
         Defect("config.value", "rules.name_mismatch.list", "'['off']' given", LEVELS)),
        ("[rules.name_mismatch]\nlist = { standin = 'off' }",
         Defect("config.unknown", "rules.name_mismatch.list.standin", "unknown occasion 'standin'", "",
                "did you mean standing?")),
        ("[rules.name_mismatch]\nlist = { standing = 'of' }",
         Defect("config.value", "rules.name_mismatch.list.standing", "'of' given", LEVELS, "did you mean off?")),
        ("[rules.name_mismatch]\nnot_checkable = 'warn'",
         Defect("config.value", "rules.name_mismatch.not_checkable", "'warn' given", "one of note, deny")),
        ("[rules.name_mismatch]\nnot_checkable = { listing = 'deny' }",
         Defect("config.unknown", "rules.name_mismatch.not_checkable.listing", "unknown action 'listing'", "",
                "did you mean list?")),
        ("[rules.name_mismatch]\nnot_checkable = { list = 'not' }",
         Defect("config.value", "rules.name_mismatch.not_checkable.list", "'not' given", "one of note, deny",
                "did you mean note?")),
        ("[rules.name_mismatch]\nnot_checkable = { list = { frist = 'note' } }",
         Defect("config.unknown", "rules.name_mismatch.not_checkable.list.frist", "unknown occasion 'frist'", "",
                "did you mean first?")),
        ("[rules.name_mismatch]\nparameters = 'exact'",
         Defect("config.value", "rules.name_mismatch.parameters", "str given", "a table")),
        ("[rules.name_mismatch]\nparameters_for = 'exact'",
         Defect("config.value", "rules.name_mismatch.parameters_for", "str given", "a table")),
        ("[rules.name_mismatch.parameters_for]\nlist = 'exact'",
         Defect("config.value", "rules.name_mismatch.parameters_for.list", "str given", "a table")),
        ("[rules.name_mismatch.parameters_for.lst]",
         Defect("config.unknown", "rules.name_mismatch.parameters_for.lst", "unknown action 'lst'", "",
                "did you mean list?")),
        ("[rules.name_mismatch.parameters]\nlevl = 'exact'",
         Defect("config.unknown", "rules.name_mismatch.parameters.levl", "unknown parameter", "",
                "did you mean level?")),
        ("[rules.name_mismatch.parameters]\ncode = 'exact'",
         Defect("config.unknown", "rules.name_mismatch.parameters.code", "unknown parameter", "", "it has level")),
        ("[rules.number_missing.parameters]\nlevel = 'exact'",
         Defect("config.unknown", "rules.number_missing.parameters.level", "unknown parameter", "", "it has none")),
        ("[rules.name_mismatch.parameters_for.connect]\n\"a\\nb\" = 'exact'",
         Defect("config.unknown", "rules.name_mismatch.parameters_for.connect.a\\nb", "unknown parameter", "",
                "it has level")),
        ("[rules.name_mismatch.parameters]\nlevel = 'normalized'",
         Defect("config.value", "rules.name_mismatch.parameters.level", "'normalized' given",
                "Input should be 'exact' or 'normalised'", "did you mean normalised?")),
        ("[rules.name_mismatch.parameters]\nlevel = 'near'",
         Defect("config.value", "rules.name_mismatch.parameters.level", "'near' given",
                "Input should be 'exact' or 'normalised'")),
        ("[rules.record_stale.parameters]\nmax_age_days = true",
         Defect("config.value", "rules.record_stale.parameters.max_age_days", "'True' given",
                "Input should be a valid number")),
        ("[rules.record_stale.parameters]\nmax_age_days = '30'",
         Defect("config.value", "rules.record_stale.parameters.max_age_days", "'30' given",
                "Input should be a valid number")),
        ("[rules.record_stale.parameters]\nmax_age_days = 0",
         Defect("config.value", "rules.record_stale.parameters.max_age_days", "'0' given",
                "Input should be greater than 0")),
        ("[rules.record_stale.parameters]\nmax_age_days = 366.5",
         Defect("config.value", "rules.record_stale.parameters.max_age_days", "'366.5' given",
                "Input should be less than or equal to 366")),
        ("[rules.record_stale.parameters]\nmax_age_days = nan",
         Defect("config.value", "rules.record_stale.parameters.max_age_days", "'nan' given",
                "Input should be a finite number")),
        ("[rules.record_stale.parameters]\nmax_age_days = inf",
         Defect("config.value", "rules.record_stale.parameters.max_age_days", "'inf' given",
                "Input should be a finite number")),
        ("[rules.record_stale.parameters_for.list]\nmax_age_days = 367",
         Defect("config.value", "rules.record_stale.parameters_for.list.max_age_days", "'367' given",
                "Input should be less than or equal to 366")),
        ("[rules.domain_not_covered.parameters]\nsubdomains = 1",
         Defect("config.value", "rules.domain_not_covered.parameters.subdomains", "'1' given",
                "Input should be a valid boolean")),
        ("[rules.pre_approval_missing.parameters]\nlists = ['notice', 'wide']",
         Defect("config.value", "rules.pre_approval_missing.parameters.lists.1", "'wide' given",
                "Input should be 'notice' or 'wider'", "did you mean wider?")),
    ],
)  # fmt: skip
def test_a_defect_of_a_rule(text: str, defect: Defect) -> None:
    """It comes once, with its place and the nearest right word."""
    assert _defects(text) == (defect,)


def test_a_list_that_would_demand_nothing() -> None:
    """Approvals cannot be switched off by an empty list."""
    (defect,) = _defects("[rules.pre_approval_missing.parameters]\nlists = []")
    assert defect.place == "rules.pre_approval_missing.parameters.lists"
    assert defect.message == "'[]' given"


def test_a_level_that_is_not_stated() -> None:
    """Without the default behind it a rule says what it does for every action."""
    text = default_text().replace('[rules.number_placeholder]\nlist = "enforce"\n', "[rules.number_placeholder]\n")
    with pytest.raises(PolicyError) as caught:
        Policy.loads(text)
    assert caught.value.defects == (Defect("config.value", "rules.number_placeholder.list", "missing", LEVELS),)


@pytest.mark.parametrize("code", sorted(FLOOR))
@pytest.mark.parametrize("level", ["warn", "off"])
@pytest.mark.parametrize("action", list(Action))
def test_the_floor_cannot_be_lowered(code: str, level: str, action: Action) -> None:
    """Neither for one action nor for all occasions."""
    defects = _defects(f'[rules.{code}]\n{action} = "{level}"')
    assert defects == tuple(
        Defect("config.floor", f"rules.{code}.{action}", f"{level} for {occasion}", "enforce", FLOOR_HINT)
        for occasion in Occasion
    )


@pytest.mark.parametrize("occasion", list(Occasion))
def test_the_floor_cannot_be_lowered_for_one_occasion(occasion: Occasion) -> None:
    """A table of occasions is no way round it."""
    expected = Defect("config.floor", "rules.blacklisted.connect", f"off for {occasion}", "enforce", FLOOR_HINT)
    assert _defects(f'[rules.blacklisted]\nconnect = {{ {occasion} = "off" }}') == (expected,)


@pytest.mark.parametrize("code", sorted(FLOOR))
def test_the_floor_cannot_be_left_out(code: str) -> None:
    """A file that stands alone names every code of the floor."""
    text = default_text().replace(f"[rules.{code}]", "[rules.x_gone]")
    with pytest.raises(PolicyError) as caught:
        Policy.loads(text)
    expected = Defect("config.floor", f"rules.{code}", "missing", "enforce: it belongs to the floor")
    assert expected in caught.value.defects


def test_a_word_stands_for_every_occasion() -> None:
    """A table says it for each; what the file leaves out is as the default has it."""
    word = Policy.loads(EXTENDS + '[rules.name_mismatch]\nlist = "warn"')
    table = Policy.loads(EXTENDS + '[rules.name_mismatch]\nlist = { standing = "off", update = "warn" }')
    assert _levels(word, "name_mismatch", Action.LIST) == ["warn", "warn", "warn"]
    assert _levels(word, "name_mismatch", Action.CONNECT) == ["enforce", "enforce", "enforce"]
    assert _levels(table, "name_mismatch", Action.LIST) == ["enforce", "warn", "off"]


def test_a_word_replaces_a_table() -> None:
    """What the default says for each occasion a file may say with one word."""
    policy = Policy.loads(EXTENDS + '[rules.registration_shell]\nlist = "enforce"')
    assert _levels(policy, "registration_shell", Action.LIST) == ["enforce", "enforce", "enforce"]
    assert _levels(Policy.default(), "registration_shell", Action.LIST) == ["enforce", "enforce", "warn"]


def test_not_checkable_per_action_and_occasion() -> None:
    """A word, a table of actions, or tables of occasions within it."""
    text = '[rules.name_mismatch]\nnot_checkable = { connect = { first = "deny" }, preinstall = "deny" }'
    unchecked = _rule(Policy.loads(EXTENDS + text), "name_mismatch").unchecked
    denied = {key for key, word in unchecked.items() if word is Unchecked.DENY}
    assert denied == {(Action.CONNECT, Occasion.FIRST)} | {(Action.PREINSTALL, occasion) for occasion in Occasion}
    assert len(unchecked) == 9


def test_what_does_not_say_denies() -> None:
    """A rule without `not_checkable` denies what it cannot check: a note is a decision."""
    assert set(_rule(Policy.default(), "display_mismatch").unchecked.values()) == {Unchecked.DENY}
    word = Policy.loads(EXTENDS + '[rules.display_mismatch]\nnot_checkable = "note"')
    assert set(_rule(word, "display_mismatch").unchecked.values()) == {Unchecked.NOTE}


def test_parameters_of_one_action_stay_there() -> None:
    """`parameters_for` changes one action, over what `parameters` says for all."""
    text = "[rules.record_stale]\nparameters = { max_age_days = 10 }\nparameters_for.connect = { max_age_days = 366 }"
    policy = Policy.loads(EXTENDS + text)
    ages = {action: rule.max_age_days for action, rule in _rule(policy, "record_stale").rules.items()}  # type: ignore[attr-defined]  # it is RecordFresh
    assert ages == {Action.LIST: 10, Action.CONNECT: 366, Action.PREINSTALL: 30}
    for (action, _), plan in policy.plans.items():
        assert plan.max_age.days == ages[action]


def test_preinstalling_keeps_its_own_age() -> None:
    """A policy that allows a store older answers does not allow them to an image by the way."""
    policy = Policy.loads(EXTENDS + "[rules.record_stale.parameters]\nmax_age_days = 90")
    assert policy.plans[Action.PREINSTALL, Occasion.FIRST].max_age.days == 30
    assert policy.plans[Action.LIST, Occasion.FIRST].max_age.days == 90
    assert Policy.default().plans[Action.PREINSTALL, Occasion.FIRST].max_age.days == 30


def test_parameters_have_their_types() -> None:
    """Words become members, lists tuples, numbers floats."""
    text = """
    [rules.name_mismatch.parameters]
    level = "exact"
    [rules.pre_approval_missing.parameters]
    lists = ["notice", "wider"]
    [rules.access_restricted.parameters]
    access_provider = "示例云"
    [rules.record_stale.parameters]
    max_age_days = 7
    """
    policy = Policy.loads(EXTENDS + text)
    made = [_rule(policy, code).rules[Action.LIST] for code in (
        "name_mismatch", "pre_approval_missing", "access_restricted", "record_stale")]  # fmt: skip
    expected: list[object] = [
        NameMatches(RequiredLikeness.EXACT),
        PreApprovalPresent((SectorList.NOTICE, SectorList.WIDER)),
        AccessUnrestricted("示例云"),
        RecordFresh(7.0),
    ]
    assert list(made) == expected


# --- rules of one's own -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Short(Demand):
    """A rule with parameters, one of them without a default."""

    code: ClassVar[str] = "x_short"

    at_most: int
    unit: str = "characters"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        return self.passed if len(case.app.name) <= self.at_most else self.failed("x", found="", expected="")


class Plain:
    """A rule that is no dataclass and has no parameter."""

    code: ClassVar[str] = "x_plain"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        return Finding(self.code, case.action is Action.LIST)  # type: ignore[arg-type]  # never called here


class Needing(Plain):
    """A rule that cannot be made without an argument."""

    code: ClassVar[str] = "x_needing"

    def __init__(self, word: str) -> None:
        """Need a word."""
        self.word = word


class Lock:
    """What no file can fill."""


@dataclass(frozen=True)
class Odd(Plain):
    """A rule with a parameter that no file can fill."""

    code: ClassVar[str] = "x_odd"

    lock: Lock | None = None


@dataclass(frozen=True)
class Sworn(Plain):
    """A rule that refuses a parameter by itself, and makes one on its own."""

    code: ClassVar[str] = "x_sworn"

    word: str = "yes"

    def __post_init__(self) -> None:
        """Refuse one word."""
        if self.word == "no":
            message = "not that word"
            raise ValueError(message)


def test_a_rule_of_one_s_own() -> None:
    """It stands in the file like any other, after icpgate's own."""
    text = f"[rules.x_short]\n{EVERYWHERE}parameters = {{ at_most = 5 }}\n[rules.x_plain]\n{EVERYWHERE}"
    policy = Policy.loads(EXTENDS + text, rules=[*RULES, Short, Plain])
    assert [rule.code for rule in policy.rules[-2:]] == ["x_short", "x_plain"]
    assert policy.rules[-2].rules[Action.LIST] == Short(5)
    assert isinstance(policy.rules[-1].rules[Action.CONNECT], Plain)
    assert set(policy.rules[-1].levels.values()) == {Level.ENFORCE}


def test_a_rule_of_one_s_own_in_a_file(tmp_path: Path) -> None:
    """A file is loaded with the rules that were passed, like a text."""
    path = tmp_path / "p.toml"
    path.write_text(f"{EXTENDS}[rules.x_plain]\n{EVERYWHERE}", encoding="utf-8")
    assert Policy.load(path, rules=[*RULES, Plain]).rules[-1].code == "x_plain"


def test_a_rule_of_one_s_own_must_be_stated() -> None:
    """A rule that was passed and is not in the file would silently not be asked."""
    hint = "say what it does for list, connect and preinstall"
    assert _defects("", [*RULES, Plain]) == (Defect("config.value", "rules.x_plain", "missing", "", hint),)


def test_a_rule_that_was_not_passed() -> None:
    """The file may name only the rules it is loaded with."""
    (defect,) = _defects(f"[rules.x_plain]\n{EVERYWHERE}")
    assert (defect.code, defect.place) == ("config.unknown", "rules.x_plain")


@pytest.mark.parametrize(
    ("rule", "parameters", "defect"),
    [
        (Short, "", Defect("config.value", "rules.x_short.parameters.at_most", "missing",
                           "a value: the rule has no default")),
        (Short, "at_most = 5\nunti = 'x'", Defect("config.unknown", "rules.x_short.parameters.unti",
                                                  "unknown parameter", "", "did you mean unit?")),
        (Short, "at_most = 5.0", Defect("config.value", "rules.x_short.parameters.at_most", "'5.0' given",
                                        "Input should be a valid integer")),
        (Plain, "at_most = 5", Defect("config.unknown", "rules.x_plain.parameters.at_most", "unknown parameter", "",
                                      "it has none")),
        (Needing, "", Defect("rules.type", "rules.x_needing.parameters", "the rule cannot be made: TypeError",
                             "a frozen dataclass whose fields are its parameters")),
        (Odd, "", Defect("rules.type", "rules.x_odd.parameters",
                         "the rule cannot be made: PydanticSchemaGenerationError",
                         "a frozen dataclass whose fields are its parameters")),
    ],
)  # fmt: skip
def test_a_rule_of_one_s_own_with_wrong_parameters(rule: type, parameters: str, defect: Defect) -> None:
    """What its author wrote is checked like icpgate's own; whatever it raises is a defect."""
    text = f"[rules.{rule.code}]\n{EVERYWHERE}[rules.{rule.code}.parameters]\n{parameters}"  # type: ignore[attr-defined]  # every rule has one
    assert _defects(text, [*RULES, rule]) == (defect,)


def test_a_rule_that_refuses_its_parameters() -> None:
    """A ValueError of its making is a defect of the file."""
    (defect,) = _defects(f"[rules.x_sworn]\n{EVERYWHERE}parameters = {{ word = 'no' }}", [*RULES, Sworn])
    assert (defect.code, defect.place) == ("config.value", "rules.x_sworn.parameters")
    assert defect.expected == "Value error, not that word"


@pytest.mark.parametrize(
    ("rules", "defect"),
    [
        ([], Defect("rules.empty", "rules", "'[]' given", "a list of classes", "pass rules=[*RULES, MyRule]")),
        (Plain, Defect("rules.empty", "rules", "'<Plain>' given",
                       "a list of classes", "pass rules=[*RULES, MyRule]")),
        ([*RULES, Plain()], Defect("rules.type", "rules", "'<Plain>' is not a rule", "a class with code and check")),
        ([*RULES, int], Defect("rules.type", "rules", "'<int>' is not a rule", "a class with code and check")),
        ([*RULES, type("NoCheck", (), {"code": "x_no"})],
         Defect("rules.type", "rules", "'<NoCheck>' is not a rule", "a class with code and check")),
        ([*RULES, type("NoCode", (Plain,), {"code": 7})],
         Defect("rules.type", "rules", "'<NoCode>' is not a rule", "a class with code and check")),
        ([*RULES, RULES[0]], Defect("rules.code", "rules.number_missing", "two rules have this code", "",
                                    "give one another code")),
        ([*RULES, type("Bare", (Plain,), {"code": "short"})],
         Defect("rules.code", "rules", "'short' is not a published code", "a code of your own begins with x_",
                "call it x_short")),
        ([*RULES, type("Shout", (Plain,), {"code": "x_SHORT"})],
         Defect("rules.code", "rules", "'x_SHORT' is not a published code", "a code of your own begins with x_",
                "call it x_x_SHORT")),
        ([type("Fake", (Plain,), {"code": "record_stale"})],
         Defect("rules.code", "rules", "'record_stale' is icpgate's own code", "a code of your own begins with x_",
                "call it x_record_stale")),
    ],
)  # fmt: skip
def test_what_is_no_list_of_rules(rules: Sequence[object], defect: Defect) -> None:
    """What the caller passes as rules is checked before the file; nobody takes a code of icpgate's own."""
    assert _defects("this is not TOML", rules) == (defect,)
    with pytest.raises(PolicyError, match=r"^rules: 1 defect\n"):
        Policy.default(rules)  # type: ignore[arg-type]  # as above


def test_a_code_of_one_s_own_has_a_length() -> None:
    """Sixty-three characters are a name; more is a text."""
    longest = type("Longest", (Plain,), {"code": "x_" + "a" * 61})
    too_long = type("TooLong", (Plain,), {"code": "x_" + "a" * 62})
    Policy.loads(f"{EXTENDS}[rules.{longest.code}]\n{EVERYWHERE}", rules=[*RULES, longest])  # type: ignore[attr-defined]  # it has one
    assert _defects("", [*RULES, too_long])[0].code == "rules.code"
