"""
The last line: what an allow on the merits needs, whatever a policy switched off.

- A registry answered, and a record was found, of the very number, and read recently enough.
- It is a registration that stands: neither pending, returned nor cancelled, not blacklisted, issued
  by a bureau.
- It is the registration of a service of the app's kind. An entity's or a website's is another.
- Something ties it to this app, and nothing shows that it is somebody else's or another app's.

Each is asked again by the rule that demands it, so that what a switch hid is reported by its code.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByNumber, Found, Observation
from icpgate.decision.model import Effect, Raised
from icpgate.policy.plan import Level, Plan, PlanEntry, Unchecked
from icpgate.record import Origin, RegistrationStatus
from icpgate.rules import Binding, Case, Outcome, bindings
from icpgate.rules.facts import YOUNG, settling
from icpgate.rules.identity import (
    DocumentNumberMatches,
    IdentityProven,
    NameMatches,
    OperatorMatches,
    PackageMatches,
    bound_by,
)
from icpgate.rules.number import (
    KindAgrees,
    NumberIsNoPlaceholder,
    NumberNamesService,
    NumberOfThisRegister,
    NumberPresent,
    NumberWellFormed,
)
from icpgate.rules.standing import (
    CLOCK_TOLERANCE,
    NotBlacklisted,
    NotCancelled,
    NotPending,
    NotReturned,
    RecordFresh,
    RecordNotSimulated,
    Registered,
    RegistriesAgree,
    RegistryAnswered,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.record import RegistrationRecord
    from icpgate.rules import Finding

__all__ = ["objections", "settled_objections", "stands"]

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
    KindAgrees(),
    NumberNamesService(),
    Registered(),
    NotPending(),
    NotReturned(),
    NotCancelled(),
    NotBlacklisted(),
    RecordNotSimulated(),
    IdentityProven(),
    RegistryAnswered(),
    RegistriesAgree(),
)

_OF_WHOM: Final = (OperatorMatches(), DocumentNumberMatches(), NameMatches(), PackageMatches())
"""Whose record it is: what these find counts only together."""

_LAST_LINE: Final = Plan(
    tuple(
        PlanEntry(rule.check, rule.code, Level.ENFORCE, Unchecked.NOTE, settling(rule))
        for rule in (*_GUARDS, *_OF_WHOM)
    ),
    max_age=timedelta(0),
)
"""The guards as a plan, because the facts of a case settle most of them; its age is not used."""


def stands(case: Case, max_age: timedelta) -> bool:
    """Whether an allow on the merits would stand."""
    record, number, kind = case.record, case.number, case.app.kind
    if (
        record is None
        or number is None
        or number.service_kind is not kind
        or (record.kind is not None and record.kind is not kind)
        or record.status not in _LIVE
        or record.blacklisted
        or (record.origin is not _BUREAU and not case.allow_simulated)
        or not _EARLIEST <= case.now - case.seen <= max_age
    ):
        return False
    bound = bindings(case)
    return bool(bound) and (_is_tied(bound) or not _foreign(bound, *[rule.check(case) for rule in _OF_WHOM]))


# A name of the module is found quicker than a member of an enum.
_BUREAU: Final = Origin.BUREAU
_OPERATOR_AND_NAME: Final = Binding.OPERATOR_AND_NAME
_EARLIEST: Final = -CLOCK_TOLERANCE
_PASS: Final = Outcome.PASS
_FAIL: Final = Outcome.FAIL
_DENIES: Final = Effect.DENIES


def objections(
    case: Case, max_age: timedelta, denials: Sequence[Raised], others: Sequence[Raised]
) -> tuple[Sequence[Raised], Sequence[Raised]]:
    """
    What denies and what is raised besides, with what would not let an allow stand.

    A warning whose code now denies is left out. There is at least one denial of a guard.
    """
    settled = _LAST_LINE.settled(case.facts)
    findings = list(settled.findings)
    for place, guard, reason in settled.rest:
        if reason is None:
            findings[place] = guard.check(case)
    found, fresh = _against(bindings(case), findings), _fresh(max_age)
    found += [fresh.check(case), *_withheld(case, fresh)]
    return _with([finding for finding in found if finding.outcome is _FAIL], denials, others)


def settled_objections(
    facts: int, denials: Sequence[Raised], others: Sequence[Raised]
) -> tuple[Sequence[Raised], Sequence[Raised]] | None:
    """As `objections`, for all cases with these facts; None where a guard must be asked."""
    heard = _LAST_LINE.settled(facts).heard
    if heard is None or not facts & YOUNG:
        return None
    return _with(_against(bound_by(facts), heard.findings), denials, others)


def _with(
    found: Sequence[Finding], denials: Sequence[Raised], others: Sequence[Raised]
) -> tuple[Sequence[Raised], Sequence[Raised]]:
    """What denies and what is raised besides, with what the guards found to be failed."""
    failed = {finding.code: finding for finding in found}
    known = {denial.code for denial in denials}
    missed = [Raised(_DENIES, f.code, f.detail, f.found, f.expected) for f in failed.values() if f.code not in known]
    if not failed:
        nothing, expected = "no record", "a record of the number"
        missed.append(Raised(_DENIES, "registry_unavailable", "why.internal", nothing, expected))
    return [*denials, *missed], [reason for reason in others if reason.code not in failed]


@lru_cache(maxsize=64)
def _fresh(max_age: timedelta) -> RecordFresh:
    return RecordFresh(max_age_days=max_age.total_seconds() / _DAY)


_DAY: Final = 86_400


def _against(bound: tuple[Binding, ...], findings: Sequence[Finding]) -> list[Finding]:
    """Which findings of the last line are objections."""
    guards, of_whom = findings[: len(_GUARDS)], findings[len(_GUARDS) :]
    failed = [finding for finding in guards if finding.outcome is _FAIL]
    return failed if _is_tied(bound) else failed + _foreign(bound, *of_whom)


def _is_tied(bound: tuple[Binding, ...]) -> bool:
    """Whether operator and app are both tied to the record, so that nothing shows it to be another's."""
    return _OPERATOR_AND_NAME in bound or (Binding.PACKAGE in bound and Binding.DOCUMENT_NUMBER in bound)


def _foreign(
    bound: tuple[Binding, ...], operator: Finding, document: Finding, name: Finding, package: Finding
) -> list[Finding]:
    """
    What shows that a record is not this app's, although something ties the two.

    Packages, names and numbers can be copied. The record is another operator's when the operator
    differs and neither its name nor its document agrees; only a verified certificate outweighs
    that. It is another app's when both name and package differ; nothing outweighs that, because an
    operator signs all its apps alike.
    """
    against = []
    if Binding.SIGNING_CERTIFICATE not in bound and _PASS not in {operator.outcome, document.outcome}:
        against = [finding for finding in (operator, document) if finding.outcome is _FAIL]
    if name.outcome is _FAIL and package.outcome is _FAIL:
        against += [name, package]
    return against


def _withheld(case: Case, fresh: RecordFresh) -> list[Finding]:
    """
    What stands against the registration that an app without a number has all the same.

    Leaving the number out would hide it, and an exemption for apps without one would let it pass.
    A cancelled registration counts where there is no other.
    """
    known = case.by_document
    if case.number is not None or known is None or type(known.answer) is not Found:
        return []
    stated = [_as_if_stated(case, known, record) for record in known.answer.records]
    believed = [c for c in stated if RecordNotSimulated().check(c).outcome is Outcome.PASS]
    ended = [NotCancelled().check(c) for c in believed]
    if any(finding.outcome is not Outcome.FAIL for finding in ended):
        ended = []
    against = [f for f in (*(NotBlacklisted().check(c) for c in believed), *ended) if f.outcome is Outcome.FAIL]
    return [*against, *(fresh.check(c) for c in believed)] if against else []


def _as_if_stated(case: Case, known: Observation, record: RegistrationRecord) -> Case:
    """The case of the same app, had it stated the number of this record."""
    number = record.registration_number
    found = Observation(ByNumber(number), Found((record,)), known.observed_at, known.source, known.registry)
    return Case(
        app=case.app,
        number=number,
        number_problem=None,
        observation=found,
        action=case.action,
        occasion=case.occasion,
        as_of=case.as_of,
        now=case.now,
        allow_simulated=case.allow_simulated,
    )
