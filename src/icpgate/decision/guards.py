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

from typing import TYPE_CHECKING, Final

from icpgate.answer import ByNumber, Found, Observation
from icpgate.decision.model import Effect, Raised
from icpgate.record import Origin, RegistrationStatus
from icpgate.rules import Binding, Case, Outcome, bindings
from icpgate.rules.identity import DocumentNumberMatches, IdentityProven, NameMatches, OperatorMatches, PackageMatches
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
    RegistryAnswered,
)

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from icpgate.record import RegistrationRecord
    from icpgate.rules import Finding

__all__ = ["objections", "seen", "stands"]

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
)

_OPERATOR: Final = (OperatorMatches(), DocumentNumberMatches())
_APP: Final = (NameMatches(), PackageMatches())


def seen(case: Case) -> datetime:
    """When the older of the observation and its record was observed; now when nobody was asked."""
    observation, record = case.observation, case.record
    if observation is None:
        return case.now
    moment = observation.observed_at
    return record.observed_at if record is not None and record.observed_at < moment else moment


def stands(case: Case, max_age: timedelta) -> bool:
    """Whether an allow on the merits would stand."""
    record, number = case.record, case.number
    return (
        record is not None
        and number is not None
        and number.service_kind is case.app.kind
        and (record.kind is None or record.kind is case.app.kind)
        and record.status in _LIVE
        and not record.blacklisted
        and (record.origin is Origin.BUREAU or case.allow_simulated)
        and -CLOCK_TOLERANCE <= case.now - seen(case) <= max_age
        and bool(bindings(case))
        and not _foreign(case)
    )


def objections(case: Case, max_age: timedelta, raised: list[Raised]) -> list[Raised]:
    """
    What was raised, and what would not let an allow stand besides.

    A warning whose code now denies is left out. There is at least one denial of a guard.
    """
    known = {r.code for r in raised if r.effect is Effect.DENIES}
    fresh = RecordFresh(max_age_days=max_age.total_seconds() / _DAY)
    findings = [*(guard.check(case) for guard in (*_GUARDS, fresh)), *_foreign(case), *_withheld(case, fresh)]
    failed = {finding.code: finding for finding in findings if finding.outcome is Outcome.FAIL}
    missed = [
        Raised(Effect.DENIES, f.code, f.detail, f.found, f.expected) for f in failed.values() if f.code not in known
    ]
    if not failed:
        found, expected = "no record", "a record of the number"
        missed.append(Raised(Effect.DENIES, "registry_unavailable", "why.internal", found, expected))
    return [r for r in raised if r.effect is Effect.DENIES or r.code not in failed] + missed


_DAY: Final = 86_400


def _foreign(case: Case) -> list[Finding]:
    """
    What shows that a record is not this app's, although something ties the two.

    Packages, names and numbers can be copied. The record is another operator's when the operator
    differs and neither its name nor its document agrees; only a verified certificate outweighs
    that. It is another app's when both name and package differ; nothing outweighs that, because an
    operator signs all its apps alike.
    """
    bound = bindings(case)
    if Binding.OPERATOR_AND_NAME in bound or (Binding.PACKAGE in bound and Binding.DOCUMENT_NUMBER in bound):
        return []
    of_operator = [rule.check(case) for rule in _OPERATOR]
    if Binding.SIGNING_CERTIFICATE in bound or any(finding.outcome is Outcome.PASS for finding in of_operator):
        of_operator = []
    of_app = [rule.check(case) for rule in _APP]
    if any(finding.outcome is not Outcome.FAIL for finding in of_app):
        of_app = []
    return [finding for finding in (*of_operator, *of_app) if finding.outcome is Outcome.FAIL]


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
