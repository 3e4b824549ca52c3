"""
What can stand in for a registration: the transition, a proven declaration, an exemption, fail-open.

A ground lifts the denials it covers, by name; the denials stay in the decision as lifted. No rule
is a ground, so that adding a rule can never turn a denial into an allow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from icpgate.app import Declaration
from icpgate.decision.model import Basis, Effect, Raised
from icpgate.policy.model import OPENABLE
from icpgate.record import local_time
from icpgate.rules.declaration import contradictions, gaps
from icpgate.rules.display import unstated_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from icpgate.policy.model import Exemption, FailOpen, Policy
    from icpgate.rules import Case

__all__ = ["Applied", "apply", "may_apply"]

_DECLARED_AWAY: Final = frozenset({"number_missing", "display_missing", "display_link_missing"})
"""An exempt app needs no number and shows none. A number that it does state must still be right."""


@dataclass(slots=True)
class Applied:
    """What is left of the denials, what lifted the others, and when that ends."""

    denials: list[Raised]
    basis: Basis = Basis.EXEMPTED
    stays: frozenset[str] = frozenset()
    lifted: list[Raised] = field(default_factory=list)
    grants: list[Raised] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    def exemption(self) -> str | None:
        """The names of what people approved, as far as it was used."""
        return ", ".join(self.names) or None

    def lift(self, codes: Collection[str], grant: Raised, *, end: datetime | None = None) -> bool:
        """Lift the denials of these codes; False when there was none."""
        covered = [d for d in self.denials if _code(d) in codes and d.code not in self.stays]
        if not covered:
            return False
        self.denials = [d for d in self.denials if d not in covered]
        self.lifted += [d._replace(effect=Effect.LIFTED) for d in covered]
        self.grants.append(grant)
        if end is not None:
            self.ends.append(end)
        return True


_HIDDEN_NUMBER: Final = frozenset({"number_missing"})
"""Not lifted for an app that shows a number: it has one, and what the register says of it must be asked."""


def _code(denial: Raised) -> str:
    """The rule behind a denial: for *not checkable* its own code, so that it is lifted by name too."""
    return denial.found if denial.code == "not_checkable" else denial.code


def may_apply(case: Case, policy: Policy) -> bool:
    """Whether a ground may lift anything; where none may, `apply` leaves every denial as it is."""
    if case.app.declaration is not None or policy.transition.covers(case.app, case.as_of):
        return True
    entries: tuple[Exemption | FailOpen, ...] = (*policy.exemptions, *policy.fail_open)
    return bool(entries) and any(entry.covers(case) for entry in entries)


def apply(case: Case, policy: Policy, denials: Sequence[Raised]) -> Applied:
    """Apply every ground in turn: law first, then what people approved, then fail-open."""
    applied = Applied([*denials], stays=_HIDDEN_NUMBER if unstated_numbers(case.app) else frozenset())
    _transition(case, policy, applied)
    _declaration(case, applied)
    _exemptions(case, policy, applied)
    _fail_open(case, policy, applied)
    return applied


def _grant(code: str, detail: str, found: str, expected: str = "") -> Raised:
    return Raised(Effect.GRANTS, code, detail, found, expected)


def _transition(case: Case, policy: Policy, applied: Applied) -> None:
    transition = policy.transition
    if not transition.covers(case.app, case.as_of):
        return
    end = transition.end(case.app, case.as_of)
    phase = transition.phase(case.as_of).value
    first = case.app.first_listed_on
    found = f"first listed on {first.isoformat()}" if first is not None else "new"
    grant = _grant("transition_period", f"phase.{phase}", found, f"registered by {local_time(end)}")
    applied.lift(transition.forgives, grant, end=end)


def _declaration(case: Case, applied: Applied) -> None:
    statement = case.app.declaration
    if statement is None or gaps(statement) or contradictions(case.app, statement, case.action):
        return
    if statement.kind is Declaration.STANDALONE:
        found = f"commitment letter {statement.commitment_letter}"
        grant = _grant("exempt_standalone", "declaration.standalone", found)
    else:
        found = f"operator in {statement.operator_region}, servers in {', '.join(statement.server_regions or ())}"
        grant = _grant("exempt_offshore", "declaration.offshore", found)
    applied.lift(_DECLARED_AWAY, grant)


def _exemptions(case: Case, policy: Policy, applied: Applied) -> None:
    for exemption in policy.exemptions:
        if applied.denials and exemption.covers(case):
            found = f"{exemption.name}, approved by {exemption.approver}"
            grant = _grant("exempted", "exemption", found, f"until {local_time(exemption.until)}")
            if applied.lift(exemption.codes, grant, end=exemption.until):
                applied.names.append(exemption.name)


def _fail_open(case: Case, policy: Policy, applied: Applied) -> None:
    for setting in policy.fail_open:
        remaining = {d.code for d in applied.denials}
        if remaining and remaining <= setting.codes & OPENABLE and setting.covers(case):
            found = f"{setting.name}, approved by {setting.approver}"
            grant = _grant("fail_open_used", "fail_open", found, f"until {local_time(setting.until)}")
            applied.lift(remaining, grant, end=setting.until)
            applied.names.append(setting.name)
            applied.basis = Basis.UNDECIDED
