"""A policy as people read it, and what in it should be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest

from icpgate.policy import FLOOR, Policy
from icpgate.policy.load import default_text
from icpgate.policy.table import markdown, warnings
from icpgate.rules import RULES, Demand, Finding
from tests.cases import NOW

if TYPE_CHECKING:
    from icpgate.rules import Case

EXTENDS = 'extends = "default"\n'
EXEMPTION = """
[[exemption]]
name = "settings"
approver = "b"
reason = "c"
since = 2026-11-01T00:00:00Z
until = 2027-11-02T00:00:00Z
codes = ["number_missing"]
packages = ["cn.example.a"]
"""
FAIL_OPEN = """
[[fail_open]]
name = "outage"
approver = "b"
reason = "c"
since = 2026-11-20T00:00:00Z
until = 2026-11-24T00:00:00Z
codes = ["registry_unavailable"]
actions = ["list"]
occasions = ["first"]
"""


def _row(policy: Policy, code: str, lang: str = "en") -> list[str]:
    (line,) = [line for line in markdown(policy, lang) if line.startswith(f"| `{code}`")]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_table_has_every_rule() -> None:
    """A head of two lines, then the rules in the order of a check."""
    head, rule, *rows = markdown(Policy.default(), "en")
    assert head == "| rule | title | list | connect | preinstall | not checkable | parameters | basis |"
    assert rule == "|---|---|---|---|---|---|---|---|"
    assert [row.split("`")[1] for row in rows] == [r.code for r in RULES]
    assert [row.split("`")[1] for row in rows if "(floor)" in row] == [r.code for r in RULES if r.code in FLOOR]


@pytest.mark.parametrize(
    ("code", "cells"),
    [
        ("number_malformed", ["`number_malformed` (floor)", "Number cannot be read", "enforce", "enforce", "enforce",
                              "deny", "", "number-grammar, notice-9"]),
        ("registration_changing", ["`registration_changing`", "Change under review", "warn", "warn", "warn", "deny", "",
                                   "notice-change, order33-14"]),
        ("registration_shell", ["`registration_shell`", "No access provider left",
                                "first enforce, update enforce, standing warn", "enforce", "enforce", "deny", "",
                                "registration-states, order33-18"]),
        ("access_restricted", ["`access_restricted`", "Access restricted", "enforce", "enforce", "enforce", "note",
                               'access_provider = ""', "order33-18, registry-answers, network-resources"]),
        ("domain_not_covered", ["`domain_not_covered`", "Domain or address not registered", "warn", "enforce", "warn",
                                "list note, connect deny, preinstall note", "subdomains = false",
                                "notice-network-resources, network-resources"]),
        ("pre_approval_missing", ["`pre_approval_missing`", "Approval of the sector missing", "enforce", "enforce",
                                  "enforce", "deny", "lists = [notice]",
                                  "notice-pre-approval, measures-5, pre-approval-lists"]),
        ("record_stale", ["`record_stale` (floor)", "What is known is too old", "enforce", "enforce", "enforce",
                          "deny", "max_age_days = 30", "own-demands, notice-9"]),
    ],
)  # fmt: skip
def test_a_row(code: str, cells: list[str]) -> None:
    """Levels, what not checkable does, and parameters, shortest where all agree."""
    assert _row(Policy.default(), code) == cells


def test_a_row_in_chinese() -> None:
    """Titles are in the language asked for."""
    assert _row(Policy.default(), "blacklisted", "zh-CN")[1] != _row(Policy.default(), "blacklisted")[1]


def test_a_row_hides_no_difference() -> None:
    """What differs for one action or occasion is shown for each."""
    text = """
    [rules.name_mismatch]
    not_checkable = { list = { standing = "deny" } }
    parameters_for.connect = { level = "exact" }
    [rules.access_restricted.parameters]
    access_provider = "a|b"
    """
    policy = Policy.loads(EXTENDS + text)
    cells = _row(policy, "name_mismatch")
    assert cells[5] == "list first note, update note, standing deny, connect note, preinstall note"
    assert cells[6] == "list: level = normalised; connect: level = exact; preinstall: level = normalised"
    assert _row(policy, "access_restricted")[6] == r"access_provider = a\|b"


class Bare:
    """A rule of one's own without parameters."""

    code: ClassVar[str] = "x_bare"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        return Many().check(case)


@dataclass(frozen=True, slots=True)
class Many(Demand):
    """A rule of one's own with parameters of several types."""

    code: ClassVar[str] = "x_many"
    flag: bool = True
    share: float = 0.5
    count: int = 3
    words: tuple[str, ...] = ("a", "b")

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        return self.passed if case.app.domains else self.not_applicable


def test_rules_of_one_s_own_stand_below() -> None:
    """With their code for a title, and their parameters as TOML has them."""
    stated = "".join(
        f'[rules.{code}]\nlist = "enforce"\nconnect = "off"\npreinstall = "warn"\n' for code in ("x_bare", "x_many")
    )
    policy = Policy.loads(EXTENDS + stated, rules=[*RULES, Bare, Many])
    assert _row(policy, "x_bare") == ["`x_bare`", "x_bare", "enforce", "off", "warn", "deny", "", ""]
    assert _row(policy, "x_many")[6] == "flag = true, share = 0.5, count = 3, words = [a, b]"


def test_nothing_to_look_at() -> None:
    """The shipped policy has no warning, nor has an exemption of a year."""
    assert list(warnings(Policy.default(), NOW)) == []
    assert list(warnings(Policy.loads(EXTENDS + EXEMPTION))) == []


@pytest.mark.parametrize(
    "code",
    [
        "number_of_other_register",
        "number_placeholder",
        "service_kind_mismatch",
        "entity_number_only",
        "registration_pending",
        "registration_returned",
        "record_simulated",
    ],
)
def test_a_switch_without_effect(code: str) -> None:
    """Lowering what an allow needs all the same lets nothing through, and the warning says so."""
    text = f'[rules.{code}]\nlist = "off"\nconnect = "warn"'
    (warning,) = warnings(Policy.loads(EXTENDS + text))
    assert warning == f"rules.{code} is off and warn, which lets nothing through: an allow needs it all the same"


def test_a_switch_with_effect() -> None:
    """Other rules may be lowered without a warning."""
    assert list(warnings(Policy.loads(EXTENDS + '[rules.name_mismatch]\nlist = "off"'))) == []


def test_a_rule_that_is_not_stated() -> None:
    """A file that stands alone and leaves a rule out has switched it off."""
    text = default_text()
    at = text.index("[rules.name_mismatch]")
    policy = Policy.loads(text[:at] + text[text.index("[rules.operator_mismatch]") :])
    assert list(warnings(policy)) == ["rules.name_mismatch is not stated, and so is off"]


def test_exemptions_without_limits() -> None:
    """One that has always held, and one that holds for more than a year."""
    longer = EXEMPTION.replace("2027-11-02T00:00:00Z", "2027-11-02T00:00:01Z")
    assert list(warnings(Policy.loads(EXTENDS + longer))) == ["exemption settings lasts longer than a year"]
    always = EXEMPTION.replace("since = 2026-11-01T00:00:00Z\n", "")
    assert list(warnings(Policy.loads(EXTENDS + always))) == ["exemption settings does not say since when"]


def test_exceptions_that_have_run_out() -> None:
    """Only when the moment is told."""
    policy = Policy.loads(EXTENDS + EXEMPTION + FAIL_OPEN)
    assert list(warnings(policy)) == []
    assert list(warnings(policy, NOW - timedelta(seconds=1))) == []
    assert list(warnings(policy, NOW)) == ["outage ended 2026-11-24T00:00:00+00:00: remove it"]
