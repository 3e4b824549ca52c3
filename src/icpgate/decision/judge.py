"""How a decision is reached: run the rules, guard the allow, apply the grounds, name the basis."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from icpgate.decision.draft import Draft, frozen
from icpgate.decision.grounds import apply, may_apply
from icpgate.decision.guards import objections, settled_objections, stands
from icpgate.decision.model import Basis, Decision, Effect, Raised, Verdict
from icpgate.decision.unsaid import Unsaid
from icpgate.policy.contained import broken
from icpgate.policy.plan import Heard, in_order
from icpgate.rules import bindings
from icpgate.rules.glance import facts_of
from icpgate.rules.reasons import Says, reason_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpgate.answer import Observation
    from icpgate.decision.grounds import Applied
    from icpgate.policy.model import Mode, Policy
    from icpgate.policy.plan import Plan, PlanEntry, Settled
    from icpgate.rules import Case, Finding

__all__ = ["decide", "undecided"]

# A name of the module is found quicker than a member of an enum.
_ALLOW: Final = Verdict.ALLOW
_EVALUATED: Final = Basis.EVALUATED
_DENIES: Final = Effect.DENIES


def decide(case: Case, policy: Policy, *, decision_id: str, mode: Mode | None = None) -> Decision:
    """
    Judge one case. Raises nothing for what an app, a registry or a rule did.

    A rule that raises, or returns what is not a finding, is recorded as not checkable and denies.
    """
    plan = policy.plans[case.action, case.occasion]
    draft = Draft()
    draft.id = decision_id
    draft.mode = mode or policy.mode
    heard = _heard(plan, case)
    stood = stands(case, plan.max_age)
    if heard.denials or not stood:
        raised = _weigh(draft, case, policy, heard, stood=stood)
    else:
        raised = heard.others
        draft.verdict = _ALLOW
        draft.basis = _EVALUATED
        draft.exemption = None
        draft.expires_at = _end(case, plan, None)
    if heard.unsaid or not stood:  # what the guards add may have no words yet either
        draft.unsaid = Unsaid(case, heard.findings, raised)
    else:
        draft.findings = tuple(heard.findings)
        draft.raised = in_order(raised) if len(raised) > 1 else tuple(raised)
    _state(draft, case, policy)
    return frozen(draft)


def _heard(plan: Plan, case: Case) -> Heard:
    """
    What each rule of the plan found.

    Only those are asked that the facts do not settle. Where anything raises, each is asked by itself,
    once more or for the first time, to find out which.
    """
    try:
        case.facts = facts_of(case, plan.max_age)
        settled = plan.settled(case.facts)
        return settled.heard or _asked(settled, case)
    except Exception:  # noqa: BLE001 -- a rule's failure is a finding, never a traceback
        case.facts = 0
        return _each_asked(plan, case)


def _asked(settled: Settled, case: Case) -> Heard:
    denials: list[Raised] = []
    others: list[Raised] = []
    findings = list(settled.findings)
    for place, entry, reason in settled.rest:
        said = reason
        if said is None:
            findings[place] = finding = entry.check(case)
            said = entry.raised(finding)
        if said is not None:
            (denials if said.effect is _DENIES else others).append(said)
    return Heard(findings, denials, others, settled.unsaid)


def _each_asked(plan: Plan, case: Case) -> Heard:
    findings = [_found(entry, case) for entry in plan.entries]
    reasons = [entry.raised(finding) for entry, finding in zip(plan.entries, findings, strict=True)]
    raised = [reason for reason in reasons if reason is not None]
    denials = [reason for reason in raised if reason.effect is _DENIES]
    return Heard(findings, denials, [reason for reason in raised if reason.effect is not _DENIES])


def _found(entry: PlanEntry, case: Case) -> Finding:
    try:
        return entry.check(case)
    except Exception as error:  # noqa: BLE001 -- as above
        return broken(entry.code, type(error).__name__)


def _weigh(draft: Draft, case: Case, policy: Policy, heard: Heard, *, stood: bool) -> Sequence[Raised]:
    """The verdict where something denies or an allow would not stand, and all that is raised."""
    refusal = None if not heard.facts or may_apply(case, policy) else _refusal(heard, stood=stood)
    if refusal is not None:
        draft.verdict, draft.exemption, draft.expires_at = Verdict.DENY, None, None
        draft.basis, raised = refusal
        return raised
    plan = policy.plans[case.action, case.occasion]
    denials, others = heard.denials, heard.others
    if not stood:
        denials, others = objections(case, plan.max_age, denials, others)
    applied = apply(case, policy, denials)
    draft.verdict, draft.basis = _judged(applied)
    draft.exemption = applied.exemption
    draft.expires_at = _end(case, plan, applied) if draft.verdict is _ALLOW else None
    return [*applied.denials, *applied.lifted, *applied.grants, *others]


@lru_cache(maxsize=1_024)
def _refusal(heard: Heard, *, stood: bool) -> tuple[Basis, tuple[Raised, ...]] | None:
    """
    What the denial rests on, and all that is raised, of every case with the same facts that no ground lifts.

    None where a guard must be asked.
    """
    denials, others = heard.denials, heard.others
    if not stood:
        settled = settled_objections(heard.facts, denials, others)
        if settled is None:
            return None
        denials, others = settled
    return _basis(denials, ()), in_order([*denials, *others])


def _state(draft: Draft, case: Case, policy: Policy) -> None:
    """What was judged, by what, and when to look again."""
    draft.decided_at = case.now
    draft.action = case.action
    draft.occasion = case.occasion
    draft.as_of = case.as_of
    draft.app = case.app
    draft.number = case.number
    draft.observations = _observations(case)
    draft.bound_by = bindings(case)
    draft.policy_name = policy.name
    draft.policy_revision = policy.revision
    draft.recheck_at = _recheck(draft, policy)


def _judged(applied: Applied) -> tuple[Verdict, Basis]:
    """The verdict of a case in which something denied, and what it rests on."""
    if not applied.denials:
        return _ALLOW, applied.basis
    return Verdict.DENY, _basis(applied.denials, applied.lifted)


def _basis(denials: Sequence[Raised], lifted: Sequence[Raised]) -> Basis:
    """What a denial rests on: a *no*, or nobody's knowledge."""
    codes = {denial.code for denial in denials}
    believable = _UNBELIEVABLE.isdisjoint(codes) and _UNBELIEVABLE.isdisjoint([r.code for r in lifted])
    says_no = not codes <= _without_no() if believable else not codes.isdisjoint(_with_no_of_their_own())
    return _EVALUATED if says_no else Basis.UNDECIDED


_UNBELIEVABLE: Final = frozenset({"record_stale", "record_simulated"})
"""What such a record says is neither yes nor no, also when an exemption lifts that objection."""


@cache
def _without_no() -> frozenset[str]:
    """The published codes that are no *no*; a rule of the caller's own says one, having looked at who knows what."""
    return frozenset(code for code, text in reason_texts().items() if text.says is not Says.NO)


@cache
def _with_no_of_their_own() -> frozenset[str]:
    """The published codes that are a *no* whatever the record is worth."""
    return frozenset(code for code, text in reason_texts().items() if text.says is Says.NO and not text.rests_on_record)


def _observations(case: Case) -> tuple[Observation, ...]:
    """What was asked, in the order of number, document, host."""
    of_app = _of_app(case)
    return of_app if case.host is None else (*of_app, case.host)


def _of_app(case: Case) -> tuple[Observation, ...]:
    by_number, by_document = case.observation, case.by_document
    if by_number is None:
        return () if by_document is None else (by_document,)
    return (by_number,) if by_document is None else (by_number, by_document)


def _end(case: Case, plan: Plan, applied: Applied | None) -> datetime | None:
    """When an allow ends: with its grounds, its approvals, and the age of a record that is still believed."""
    now = case.now
    end = min(applied.ends, default=None) if applied is not None else None
    if case.record is not None:
        too_old = case.seen + plan.max_age
        if too_old >= now and (end is None or too_old < end):
            end = too_old
    if case.app.pre_approvals:
        for of in plan.ends:
            last = of(case)
            if last is not None and last > now and (end is None or last < end):
                end = last
    return end


def _recheck(draft: Draft, policy: Policy) -> datetime:
    """
    When to look again: when the allow ends, at the latest. One that ended in the past looks back.

    What rests on an answer beyond its life is looked at again as soon as what nobody could decide.
    """
    now, end = draft.decided_at, draft.expires_at
    kind = "allowed" if draft.verdict is _ALLOW else "undecided" if draft.basis is Basis.UNDECIDED else "denied"
    for observation in draft.observations:
        if observation.stale:
            kind = "undecided"
    moment = now + policy.recheck[kind]
    return end if end is not None and now <= end < moment else moment


def undecided(decision: Decision, policy: Policy, code: str, *, detail: str, found: str, expected: str) -> Decision:
    """The decision as it must be returned when something around it failed: neither yes nor no."""
    from dataclasses import replace  # noqa: PLC0415 -- only on the way out of a failure

    raised = Raised(Effect.DENIES, code, detail, found, expected)
    return replace(
        decision,
        verdict=Verdict.DENY,
        basis=decision.basis if decision.denied else Basis.UNDECIDED,
        raised=in_order([raised, *decision.raised]),
        expires_at=None,
        recheck_at=decision.recheck_at if decision.denied else decision.decided_at + policy.recheck["undecided"],
    )
