"""
A policy: which rule denies, warns or is off for which action and occasion, and since when.

- The floor cannot be lowered: `FLOOR` codes are enforced everywhere, or the policy does not load.
- The only ways past it are an exemption and `[[fail_open]]`: named, scoped, approved, expiring.
- What a verdict depends on is in `revision`, never in which extras are installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from icpgate.chinese import fold
from icpgate.lives import Lives
from icpgate.policy.contained import ContainedRule
from icpgate.policy.plan import Level, Plan, PlanEntry, Unchecked
from icpgate.rules import RULES, Action, Occasion
from icpgate.rules.approval import PreApprovalValid
from icpgate.rules.facts import settling
from icpgate.rules.reasons import ReasonText, custom_reason, reason_texts
from icpgate.rules.rule import UNSAID
from icpgate.rules.standing import max_age_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from icpgate.app import App
    from icpgate.lives import Bound
    from icpgate.number import RegistrationNumber
    from icpgate.rules import Case, Rule
    from icpgate.rules.transition import Transition

__all__ = [
    "FLOOR",
    "OPENABLE",
    "BoundRule",
    "Exemption",
    "FailOpen",
    "Level",
    "Mode",
    "Plan",
    "PlanEntry",
    "Policy",
    "Unchecked",
]

FLOOR: Final = frozenset(
    {
        "number_missing",
        "number_malformed",
        "not_registered",
        "registration_cancelled",
        "blacklisted",
        "registry_unavailable",
        "record_stale",
        "identity_unproven",
    }
)
"""Codes that cannot be warn or off (design, policy)."""

OPENABLE: Final = frozenset({"registry_unavailable", "record_stale"})
"""Codes that `[[fail_open]]` may let through: those that say that nobody could say."""


class Mode(StrEnum):
    """Whether a gatekeeper acts on the verdict. It never changes the verdict."""

    ENFORCE = "enforce"
    WARN = "warn"
    DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True)
class BoundRule:
    """One rule with its parameters per action, and what its outcomes do per action and occasion."""

    code: str
    rules: Mapping[Action, Rule]
    levels: Mapping[tuple[Action, Occasion], Level]
    unchecked: Mapping[tuple[Action, Occasion], Unchecked]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """
    A named, approved, expiring exception to some codes for some apps.

    Every selector that is not empty must agree. A package that ends in `.*` stands for everything
    below it, all else is compared whole. It covers the moments from `since` to before `until`.
    """

    name: str
    approver: str
    reason: str
    until: datetime
    codes: frozenset[str]
    since: datetime | None = None
    ticket: str = ""
    actions: frozenset[Action] = frozenset(Action)
    occasions: frozenset[Occasion] = frozenset(Occasion)
    packages: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()

    def covers(self, case: Case) -> bool:
        """Whether it applies to this case now."""
        in_force = (self.since is None or self.since <= case.now) and case.now < self.until
        return (
            in_force
            and case.action in self.actions
            and case.occasion in self.occasions
            and self._selects(case.app, case.number)
        )

    def _selects(self, app: App, number: RegistrationNumber | None) -> bool:
        operator = fold(app.operator.name) if app.operator is not None else None
        return (
            (not self.packages or any(_is_below(app.package, pattern) for pattern in self.packages))
            and (not self.numbers or (number is not None and number.canonical in self.numbers))
            and (not self.operators or (operator is not None and operator in self.operators))
            and (not self.kinds or app.kind.value in self.kinds)
            and (not self.platforms or app.platform.value in self.platforms)
        )


def _is_below(package: str, pattern: str) -> bool:
    return package == pattern or (pattern.endswith(".*") and package.startswith(pattern[:-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOpen:
    """
    A named, approved, expiring setting that lets apps through while nobody can say.

    It lifts only codes of `OPENABLE`, and only when nothing else denies.
    """

    name: str
    approver: str
    reason: str
    until: datetime
    codes: frozenset[str]
    since: datetime | None = None
    actions: frozenset[Action] = frozenset()
    occasions: frozenset[Occasion] = frozenset()

    def covers(self, case: Case) -> bool:
        """Whether it applies to this case now."""
        in_force = (self.since is None or self.since <= case.now) and case.now < self.until
        return in_force and case.action in self.actions and case.occasion in self.occasions


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    A loaded policy. Make one with `Policy.default()` or `Policy.load(path)`.

    `revision` is a digest over everything a verdict depends on: rules, parameters, levels, dates,
    exemptions, and the versions of the data files. Names, reasons, comments, the mode and the way
    in which the file puts it are not part of it. `recheck` has a time for each of allowed, denied
    and undecided. `lives` say how long an answer of a registry is used without asking again.
    """

    name: str
    version: str
    mode: Mode
    rules: tuple[BoundRule, ...]
    transition: Transition
    recheck: Mapping[str, timedelta]
    exemptions: tuple[Exemption, ...] = ()
    fail_open: tuple[FailOpen, ...] = ()
    lives: Lives = field(default_factory=Lives)
    revision: str = ""
    plans: Mapping[tuple[Action, Occasion], Plan] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Bind every plan once; a check then only runs them."""
        plans = {(action, occasion): self._plan(action, occasion) for action in Action for occasion in Occasion}
        object.__setattr__(self, "plans", plans)

    def _plan(self, action: Action, occasion: Occasion) -> Plan:
        chosen = [rule for rule in self.rules if rule.levels[action, occasion] is not Level.OFF]
        entries = tuple(
            _entry(rule.rules[action], rule.code, rule.levels[action, occasion], rule.unchecked[action, occasion])
            for rule in chosen
        )
        own = tuple(rule.rules[action] for rule in chosen)
        ends = tuple(rule.ends for rule in own if type(rule) is PreApprovalValid)
        return Plan(entries, max_age_of(own), ends)

    @staticmethod
    def default(rules: Sequence[type[Rule]] | None = None) -> Policy:
        """The policy that icpgate ships: `default.toml`, the notice as dated data."""
        from icpgate.policy.load import load_default  # noqa: PLC0415 -- the loader needs the model

        return load_default(rules)

    @staticmethod
    def load(path: str | Path, *, rules: Sequence[type[Rule]] | None = None) -> Policy:
        """
        Read a policy file; raises `PolicyError` with the place and fix of every defect.

        `rules` are the rules the file may name: icpgate's own unless given. A file that says
        `extends = "default"` states only what it changes.
        """
        from icpgate.policy.load import load_file  # noqa: PLC0415 -- the loader needs the model

        return load_file(path, rules)

    @staticmethod
    def loads(text: str, *, rules: Sequence[type[Rule]] | None = None) -> Policy:
        """As `load`, from TOML text."""
        from icpgate.policy.load import load_text  # noqa: PLC0415 -- the loader needs the model

        return load_text(text, rules)

    def reason_text(self, code: str) -> ReasonText:
        """The texts of a code, published or of one of the caller's own rules."""
        return reason_texts().get(code) or custom_reason(code)

    def revocation_bound(self, action: Action) -> Bound:
        """How long a revocation can take to become visible after the registry shows it; see `Lives.bound`."""
        return self.lives.bound(self.plans[action, Occasion.FIRST].max_age)

    def expired(self, now: datetime) -> tuple[Exemption | FailOpen, ...]:
        """The exemptions and fail-open settings that no longer apply, to be cleaned up."""
        moment = now.astimezone(UTC)
        entries: tuple[Exemption | FailOpen, ...] = (*self.exemptions, *self.fail_open)
        return tuple(entry for entry in entries if entry.until <= moment)


def _entry(rule: Rule, code: str, level: Level, unchecked: Unchecked) -> PlanEntry:
    """The rule as a plan runs it; a foreign one only behind guarantees, and nothing but itself settles it."""
    kind = type(rule)
    if kind not in RULES:
        return PlanEntry(ContainedRule(rule, rule.code).check, code, level, unchecked)
    settles = settling(rule)
    # Words are found later by the rule of the code as it is without parameters.
    if code != kind.code or (is_dataclass(rule) and rule != kind()):
        settles = tuple((facts, finding) for facts, finding in settles if finding.detail != UNSAID)
    return PlanEntry(rule.check, code, level, unchecked, settles)
