"""
What a check runs: the rules of one action and occasion, and what each finding does to the verdict.

Everything that is the same for every app is done here once: the rules with their parameters are
bound, and for each combination of facts it is kept which rules it settles, and with what reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from icpgate.policy.contained import RULE_FAILED, broken
from icpgate.rules import Outcome
from icpgate.rules.reasons import reason_texts
from icpgate.rules.rule import UNSAID

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime, timedelta

    from icpgate.rules import Case, Finding

__all__ = ["Effect", "Heard", "Level", "Plan", "PlanEntry", "Raised", "Settled", "Unchecked", "in_order"]


class Level(StrEnum):
    """What a failed demand does."""

    ENFORCE = "enforce"
    WARN = "warn"
    OFF = "off"


class Unchecked(StrEnum):
    """What a demand does that could not be checked."""

    NOTE = "note"
    DENY = "deny"


class Effect(StrEnum):
    """What a reason did to the verdict, in the order in which reasons are listed."""

    DENIES = "denies"
    LIFTED = "lifted"
    GRANTS = "grants"
    WARNS = "warns"
    NOTES = "notes"


class Raised(NamedTuple):
    """A reason as the judge raised it; its texts are added when somebody asks."""

    effect: Effect
    code: str
    detail: str
    found: str
    expected: str


_EFFECTS: Final = {effect: position << 64 for position, effect in enumerate(Effect)}
_OWN_CODES: Final = 1 << 62
"""Behind all published codes, before the next effect."""


def in_order(raised: Collection[Raised]) -> tuple[Raised, ...]:
    """As a decision lists them: what denies first, each by its bit, codes of one's own last."""
    return tuple(sorted(raised, key=_position))


def _position(raised: Raised) -> tuple[int, str, str]:
    effect, code, _, found, _ = raised
    return _rank(effect, code), code, found


@lru_cache(maxsize=1_024)
def _rank(effect: Effect, code: str) -> int:
    text = reason_texts().get(code)
    return _EFFECTS[effect] + (text.bit if text is not None else _OWN_CODES)


# A name of the module is found quicker than a member of an enum, and a tuple is made quicker by its
# own constructor than by that of a named one.
_new: Final = tuple.__new__
_FAIL: Final = Outcome.FAIL
_ENFORCE: Final = Level.ENFORCE
_DENIES: Final = Effect.DENIES
_WARNS: Final = Effect.WARNS


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One rule as a check runs it; `settles` has the facts that spare it, and the findings they lead to."""

    check: Callable[[Case], Finding]
    code: str
    level: Level
    unchecked: Unchecked
    settles: tuple[tuple[int, Finding], ...] = ()

    def raised(self, finding: Finding) -> Raised | None:
        """What a finding of this rule does to the verdict, if it says something."""
        outcome = finding.outcome
        if outcome is _FAIL:
            effect = _DENIES if self.level is _ENFORCE else _WARNS
            return _new(Raised, (effect, self.code, finding.detail, finding.found, finding.expected))
        if outcome is Outcome.PASS or outcome is Outcome.NOT_APPLICABLE:
            return None
        if outcome is Outcome.WARN:
            return Raised(_WARNS, self.code, finding.detail, finding.found, finding.expected)
        denies = self.level is _ENFORCE and self.unchecked is Unchecked.DENY
        effect = _DENIES if denies or finding.detail.startswith(RULE_FAILED) else Effect.NOTES
        return Raised(effect, "not_checkable", finding.detail, self.code, finding.expected)

    def settled(self, facts: int) -> Finding | None:
        """The finding to which these facts lead; None when the rule must be asked."""
        for some, finding in self.settles:
            if facts & some:
                return finding
        return None


class Heard:
    """
    What all rules of a plan found, and what of that denies or is raised besides.

    `unsaid` has the places of the findings without words. `facts` are those that settled every rule;
    0 where one was asked.
    """

    __slots__ = ("denials", "facts", "findings", "others", "unsaid")

    def __init__(
        self,
        findings: Sequence[Finding],
        denials: Sequence[Raised],
        others: Sequence[Raised],
        unsaid: tuple[int, ...] = (),
        facts: int = 0,
    ) -> None:
        """Keep the parts; two are equal when they are one."""
        self.findings = findings
        self.denials = denials
        self.others = others
        self.unsaid = unsaid
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Settled:
    """
    What some facts settle.

    `findings` has one for each rule, in order; where a rule must be asked, one that says it was not.
    `rest` has, in order, each rule that must be asked with its place, and what each other one raises.
    `unsaid` as in `Heard`; `heard` is None where a rule must be asked.
    """

    findings: tuple[Finding, ...]
    rest: tuple[tuple[int, PlanEntry, Raised | None], ...]
    unsaid: tuple[int, ...]
    heard: Heard | None


MOST_SETTLED: Final = 256
"""How many combinations of facts a plan keeps; the apps of a gatekeeper have a few dozen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    The rules of one action and occasion, bound once when the policy is loaded.

    `ends` tell when something runs out that a rule passed on, so that an allow ends with it.
    """

    entries: tuple[PlanEntry, ...]
    max_age: timedelta
    ends: tuple[Callable[[Case], datetime | None], ...] = ()
    _kept: dict[int, Settled] = field(default_factory=dict, init=False, repr=False, compare=False)

    def settled(self, facts: int) -> Settled:
        """What these facts settle, whatever app has them; found once for each combination."""
        settled = self._kept.get(facts)
        if settled is None:
            if len(self._kept) >= MOST_SETTLED:
                self._kept.clear()
            settled = self._kept[facts] = _settled(self.entries, facts)
        return settled


def _settled(entries: tuple[PlanEntry, ...], facts: int) -> Settled:
    findings, rest = [], []
    for place, entry in enumerate(entries):
        finding = entry.settled(facts)
        raised = None if finding is None else entry.raised(finding)
        findings.append(broken(entry.code, "not asked") if finding is None else finding)
        if finding is None or raised is not None:
            rest.append((place, entry, raised))
    said = [raised for _, _, raised in rest if raised is not None]
    unsaid = tuple(place for place, finding in enumerate(findings) if finding.detail == UNSAID)
    heard = None
    if len(said) == len(rest):
        denials = tuple(raised for raised in said if raised.effect is _DENIES)
        others = tuple(raised for raised in said if raised.effect is not _DENIES)
        heard = Heard(tuple(findings), denials, others, unsaid, facts)
    return Settled(tuple(findings), tuple(rest), unsaid, heard)
