"""How a decision is reached: run the rules, guard the allow, apply the grounds, name the basis."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from icpgate.decision.grounds import Applied, apply
from icpgate.decision.model import Basis, Decision, Effect, Raised, Verdict
from icpgate.policy.model import Level, Mode, Unchecked
from icpgate.record import Origin, RegistrationStatus
from icpgate.rules import Case, Finding, Occasion, Outcome, bindings
from icpgate.rules.identity import IdentityProven
from icpgate.rules.number import NumberIsNoPlaceholder, NumberOfThisRegister, NumberPresent, NumberWellFormed
from icpgate.rules.reasons import Says, custom_reason, reason_texts
from icpgate.rules.standing import (
    NotBlacklisted,
    NotCancelled,
    NotPending,
    NotReturned,
    RecordFresh,
    RecordNotSimulated,
    Registered,
    RegistryAnswered,
)

if TYPE_CHECKING:
    from icpgate.policy.model import Plan, PlanEntry, Policy

__all__ = ["decide", "undecided"]

_LIVE: Final = frozenset(
    {
        RegistrationStatus.REGISTERED,
        RegistrationStatus.CHANGING,
        RegistrationStatus.CANCELLING,
        RegistrationStatus.SHELL,
    }
)
"""The statuses in which there is a registration at all; a policy decides among them."""

_GUARDS: Final = (
    NumberPresent(),
    NumberWellFormed(),
    NumberOfThisRegister(),
    NumberIsNoPlaceholder(),
    Registered(),
    NotPending(),
    NotReturned(),
    NotCancelled(),
    NotBlacklisted(),
    RecordNotSimulated(),
    IdentityProven(),
    RegistryAnswered(),
)
"""What no switch of a policy can do without: each is asked again before an allow."""


def decide(case: Case, policy: Policy, *, decision_id: str, mode: Mode | None = None) -> Decision:
    """
    Judge one case. Raises nothing for what an app, a registry or a rule did.

    A rule that raises, or returns what is not a finding, is recorded as not checkable and denies.
    """
    plan = policy.plans[case.action, case.occasion]
    findings, raised = _run(plan, case)
    if not _stands(case, plan):
        raised += _guarded(case, plan, raised)
    denials = [r for r in raised if r.effect is Effect.DENIES] if raised else raised
    if not denials:
        applied = Applied(basis=Basis.EVALUATED)
        verdict, basis = Verdict.ALLOW, Basis.EVALUATED
    else:
        applied = apply(case, policy, denials)
        verdict = Verdict.DENY if applied.denials else Verdict.ALLOW
        basis = _basis_of(applied.denials) if applied.denials else applied.basis
        raised = [*applied.denials, *applied.lifted, *applied.grants, *(r for r in raised if r.effect is not Effect.DENIES)]
    if len(raised) > 1:
        raised.sort(key=_position)
    if verdict is Verdict.ALLOW and case.record is not None:
        applied.ends.append(_seen(case) + plan.max_age)
    return _decision(case, policy, decision_id, mode, verdict, basis, findings, raised, applied)


def _run(plan: Plan, case: Case) -> tuple[list[Finding], list[Raised]]:
    """Every rule of the plan, and what its outcome raises."""
    findings: list[Finding] = []
    raised: list[Raised] = []
    passing, not_applicable = Outcome.PASS, Outcome.NOT_APPLICABLE
    for entry in plan.entries:
        try:
            finding = entry.check(case)
            outcome = finding.outcome
        except Exception as error:  # noqa: BLE001 -- a rule's failure is a finding, never a traceback
            finding = _broken(entry, type(error).__name__)
            outcome = finding.outcome
        findings.append(finding)
        if outcome is not passing and outcome is not not_applicable:
            raised.append(_raised(entry, finding, findings))
    return findings, raised


_RULE_FAILED: Final = "rule.failed."


def _broken(entry: PlanEntry, why: str) -> Finding:
    return Finding(entry.code, Outcome.NOT_CHECKABLE, _RULE_FAILED + why, "", "a finding of the rule")


def _raised(entry: PlanEntry, finding: Finding, findings: list[Finding]) -> Raised:
    if type(finding) is not Finding or finding.outcome not in set(Outcome):
        finding = findings[-1] = _broken(entry, type(finding).__name__)
    if finding.outcome is Outcome.NOT_CHECKABLE:
        denies = entry.unchecked is Unchecked.DENY and entry.level is Level.ENFORCE
        broken = finding.detail.startswith(_RULE_FAILED)
        effect = Effect.DENIES if denies or broken else Effect.NOTES
        return Raised(effect, "not_checkable", finding.detail, entry.code, finding.expected)
    failed = finding.outcome is Outcome.FAIL and entry.level is Level.ENFORCE
    effect = Effect.DENIES if failed else Effect.WARNS
    return Raised(effect, entry.code, finding.detail, finding.found, finding.expected)


def _stands(case: Case, plan: Plan) -> bool:
    """Whether an allow on the merits would stand: a found, fresh, live, bound, real record."""
    record = case.record
    return (
        record is not None
        and record.status in _LIVE
        and not record.blacklisted
        and (record.origin is Origin.BUREAU or case.allow_simulated)
        and case.now - _seen(case) <= plan.max_age
        and bool(bindings(case))
    )


def _guarded(case: Case, plan: Plan, raised: list[Raised]) -> list[Raised]:
    """The denials that a policy's switches would have hidden."""
    known = {r.code for r in raised if r.effect is Effect.DENIES}
    fresh = RecordFresh(max_age_days=plan.max_age / timedelta(days=1))
    findings = [guard.check(case) for guard in (*_GUARDS, fresh)]
    missed = [
        Raised(Effect.DENIES, f.code, f.detail, f.found, f.expected)
        for f in findings
        if f.outcome is Outcome.FAIL and f.code not in known
    ]
    if not missed and not known:
        missed.append(Raised(Effect.DENIES, "registry_unavailable", "why.internal", "no record", "a record of the number"))
    return missed


def _seen(case: Case) -> datetime:
    """When the older of the observation and its record was observed."""
    observation, record = case.observation, case.record
    if observation is None:
        return case.now
    seen = observation.observed_at
    return record.observed_at if record is not None and record.observed_at < seen else seen


_UNBELIEVABLE: Final = frozenset({"record_stale", "record_simulated"})


def _basis_of(denials: list[Raised]) -> Basis:
    """
    Evaluated when one denial is a *no* that stands by itself or on a believable record.

    What an old or simulated record says is neither yes nor no.
    """
    texts = reason_texts()
    believable = not any(r.code in _UNBELIEVABLE for r in denials)
    for denial in denials:
        text = texts.get(denial.code) or custom_reason(denial.code)
        if text.says is Says.NO and (believable or not text.rests_on_record):
            return Basis.EVALUATED
    return Basis.UNDECIDED


_EFFECTS: Final = {effect: position for position, effect in enumerate(Effect)}


def _position(raised: Raised) -> tuple[int, int, str, str]:
    text = reason_texts().get(raised.code)
    return _EFFECTS[raised.effect], text.bit if text is not None else 1 << 62, raised.code, raised.found


def _decision(  # noqa: PLR0913 -- the parts of one value, made in one place
    case: Case,
    policy: Policy,
    decision_id: str,
    mode: Mode | None,
    verdict: Verdict,
    basis: Basis,
    findings: list[Finding],
    raised: list[Raised],
    applied: Applied,
) -> Decision:
    chosen = mode or policy.mode
    waits = basis is Basis.UNDECIDED and case.occasion is Occasion.STANDING and verdict is Verdict.DENY
    expires_at = min(applied.ends, default=None) if verdict is Verdict.ALLOW else None
    observed = [o for o in (case.observation, case.by_document) if o is not None]
    return Decision(
        id=decision_id,
        decided_at=case.now,
        verdict=verdict,
        basis=basis,
        action=case.action,
        occasion=case.occasion,
        as_of=case.as_of,
        retrospective=case.as_of < case.now,
        mode=chosen,
        enforced=chosen is Mode.ENFORCE and not waits,
        app=case.app,
        number=case.number,
        raised=tuple(raised),
        findings=tuple(findings),
        observations=tuple(observed),
        bound_by=bindings(case),
        exemption=applied.exemption,
        expires_at=expires_at,
        recheck_at=_recheck(case, policy, verdict, basis, expires_at),
        policy_name=policy.name,
        policy_revision=policy.revision,
    )


def _recheck(case: Case, policy: Policy, verdict: Verdict, basis: Basis, expires_at: datetime | None) -> datetime:
    kind = "allowed" if verdict is Verdict.ALLOW else "undecided" if basis is Basis.UNDECIDED else "denied"
    moment = case.now + policy.recheck[kind]
    return moment if expires_at is None or moment < expires_at else expires_at


def undecided(decision: Decision, code: str, *, detail: str, found: str, expected: str) -> Decision:
    """The decision as it must be returned when something around it failed: neither yes nor no."""
    from dataclasses import replace  # noqa: PLC0415 -- only on the way out of a failure

    raised = Raised(Effect.DENIES, code, detail, found, expected)
    return replace(
        decision,
        verdict=Verdict.DENY,
        basis=decision.basis if decision.denied else Basis.UNDECIDED,
        enforced=decision.enforced if decision.denied else decision.mode is Mode.ENFORCE and decision.occasion is not Occasion.STANDING,
        raised=tuple(sorted([raised, *decision.raised], key=_position)),
        expires_at=None,
    )
