"""How a decision is reached: run the rules, guard the allow, apply the grounds, name the basis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.decision.grounds import apply
from icpgate.decision.guards import objections, seen, stands
from icpgate.decision.model import Basis, Decision, Effect, Raised, Verdict
from icpgate.policy.contained import RULE_FAILED, broken
from icpgate.policy.model import Level, Mode, Unchecked
from icpgate.rules import Case, Finding, Outcome, bindings
from icpgate.rules.reasons import Says, reason_texts

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.answer import Observation
    from icpgate.decision.grounds import Applied
    from icpgate.policy.model import Plan, PlanEntry, Policy

__all__ = ["decide", "undecided"]


def decide(case: Case, policy: Policy, *, decision_id: str, mode: Mode | None = None) -> Decision:
    """
    Judge one case. Raises nothing for what an app, a registry or a rule did.

    A rule that raises, or returns what is not a finding, is recorded as not checkable and denies.
    """
    plan = policy.plans[case.action, case.occasion]
    findings = _findings(plan, case)
    raised = _raised(plan, findings)
    if not stands(case, plan.max_age):
        raised = objections(case, plan.max_age, raised)
    denials = [r for r in raised if r.effect is Effect.DENIES] if raised else raised
    verdict, basis, applied = Verdict.ALLOW, Basis.EVALUATED, None
    if denials:
        applied = apply(case, policy, denials)
        verdict, basis = _judged(applied)
        others = (r for r in raised if r.effect is not Effect.DENIES)
        raised = [*applied.denials, *applied.lifted, *applied.grants, *others]
    if len(raised) > 1:
        raised.sort(key=_position)
    expires_at = _end(case, plan, applied) if verdict is Verdict.ALLOW else None
    return Decision(
        id=decision_id,
        decided_at=case.now,
        verdict=verdict,
        basis=basis,
        action=case.action,
        occasion=case.occasion,
        as_of=case.as_of,
        mode=mode or policy.mode,
        app=case.app,
        number=case.number,
        raised=tuple(raised),
        findings=tuple(findings),
        observations=_observations(case),
        bound_by=bindings(case),
        exemption=None if applied is None else applied.exemption,
        expires_at=expires_at,
        recheck_at=_recheck(case, policy, verdict, basis, expires_at),
        policy_name=policy.name,
        policy_revision=policy.revision,
    )


def _findings(plan: Plan, case: Case) -> list[Finding]:
    """What each rule of the plan found. A rule that raised is asked once more, to find out which."""
    try:
        return [check(case) for check in plan.checks]
    except Exception:  # noqa: BLE001 -- a rule's failure is a finding, never a traceback
        return [_found(entry, case) for entry in plan.entries]


def _found(entry: PlanEntry, case: Case) -> Finding:
    try:
        return entry.check(case)
    except Exception as error:  # noqa: BLE001 -- as above
        return broken(entry.code, type(error).__name__)


def _raised(plan: Plan, findings: list[Finding]) -> list[Raised]:
    """What the findings that say something do to the verdict."""
    raised = []
    passing, not_applicable = Outcome.PASS, Outcome.NOT_APPLICABLE
    for position, finding in enumerate(findings):
        outcome = finding.outcome
        if outcome is not passing and outcome is not not_applicable:
            raised.append(_reason(plan.entries[position], finding))
    return raised


def _reason(entry: PlanEntry, finding: Finding) -> Raised:
    enforced = entry.level is Level.ENFORCE
    if finding.outcome is Outcome.NOT_CHECKABLE:
        denies = (enforced and entry.unchecked is Unchecked.DENY) or finding.detail.startswith(RULE_FAILED)
        effect = Effect.DENIES if denies else Effect.NOTES
        return Raised(effect, "not_checkable", finding.detail, entry.code, finding.expected)
    effect = Effect.DENIES if enforced and finding.outcome is Outcome.FAIL else Effect.WARNS
    return Raised(effect, entry.code, finding.detail, finding.found, finding.expected)


def _judged(applied: Applied) -> tuple[Verdict, Basis]:
    """The verdict of a case in which something denied, and what it rests on."""
    if not applied.denials:
        return Verdict.ALLOW, applied.basis
    believable = not any(r.code in _UNBELIEVABLE for r in (*applied.denials, *applied.lifted))
    evaluated = any(_says_no(r.code, believable=believable) for r in applied.denials)
    return Verdict.DENY, Basis.EVALUATED if evaluated else Basis.UNDECIDED


_UNBELIEVABLE: Final = frozenset({"record_stale", "record_simulated"})
"""What such a record says is neither yes nor no, also when an exemption lifts that objection."""


def _says_no(code: str, *, believable: bool) -> bool:
    """Whether a denial is a *no* by itself; a rule of the caller's own may have looked at the record."""
    text = reason_texts().get(code)
    if text is None:
        return believable
    return text.says is Says.NO and (believable or not text.rests_on_record)


_EFFECTS: Final = {effect: position for position, effect in enumerate(Effect)}


def _position(raised: Raised) -> tuple[int, int, str, str]:
    text = reason_texts().get(raised.code)
    return _EFFECTS[raised.effect], text.bit if text is not None else 1 << 62, raised.code, raised.found


def _observations(case: Case) -> tuple[Observation, ...]:
    by_number, by_document = case.observation, case.by_document
    if by_number is None:
        return () if by_document is None else (by_document,)
    return (by_number,) if by_document is None else (by_number, by_document)


def _end(case: Case, plan: Plan, applied: Applied | None) -> datetime | None:
    """When an allow ends: with its grounds, its approvals, and the age of a record that is still believed."""
    ends = [] if applied is None else list(applied.ends)
    if case.record is not None:
        too_old = seen(case) + plan.max_age
        if too_old >= case.now:
            ends.append(too_old)
    if case.app.pre_approvals:
        ends += [end for end in (of(case) for of in plan.ends) if end is not None and end > case.now]
    return min(ends, default=None)


def _recheck(case: Case, policy: Policy, verdict: Verdict, basis: Basis, expires_at: datetime | None) -> datetime:
    """When to look again: when the allow ends, at the latest. One that ended in the past looks back."""
    kind = "allowed" if verdict is Verdict.ALLOW else "undecided" if basis is Basis.UNDECIDED else "denied"
    moment = case.now + policy.recheck[kind]
    return expires_at if expires_at is not None and case.now <= expires_at < moment else moment


def undecided(decision: Decision, policy: Policy, code: str, *, detail: str, found: str, expected: str) -> Decision:
    """The decision as it must be returned when something around it failed: neither yes nor no."""
    from dataclasses import replace  # noqa: PLC0415 -- only on the way out of a failure

    raised = Raised(Effect.DENIES, code, detail, found, expected)
    return replace(
        decision,
        verdict=Verdict.DENY,
        basis=decision.basis if decision.denied else Basis.UNDECIDED,
        raised=tuple(sorted([raised, *decision.raised], key=_position)),
        expires_at=None,
        recheck_at=decision.recheck_at if decision.denied else decision.decided_at + policy.recheck["undecided"],
    )
