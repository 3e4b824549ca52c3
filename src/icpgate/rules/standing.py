"""Where the registration stands: registered, on its way, lost; and whether that was read freshly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, ClassVar, Final

from pydantic import Field

from icpgate.answer import ByNumber, Found, NotRegistered, Unavailable, Why
from icpgate.chinese import Likeness, compare
from icpgate.record import Origin, RegistrationStatus, write_time
from icpgate.rules.facts import (
    ACCESS_OPEN,
    NO_NUMBER,
    NO_RECORD,
    NOT_BLACKLISTED,
    NOT_STALE,
    REAL,
    RECORD,
    REGISTERED,
    YOUNG,
    settled_by,
)
from icpgate.rules.rule import Case, Demand, Finding, legible, listed

__all__ = [
    "AccessUnrestricted",
    "AnswererVerified",
    "NotBlacklisted",
    "NotCancelled",
    "NotCancelling",
    "NotChanging",
    "NotPending",
    "NotReturned",
    "NotShell",
    "NotStale",
    "RecordFresh",
    "RecordNotSimulated",
    "Registered",
    "RegistriesAgree",
    "RegistryAnswered",
    "max_age_of",
]

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far ahead of our clock a source's may be before its observations stop counting."""


@dataclass(frozen=True, slots=True)
class Registered(Demand):
    """The number is registered: an authoritative registry did not say *no* (notice, items 1 and 9)."""

    code: ClassVar[str] = "not_registered"

    @settled_by(passed=RECORD)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        observation = case.observation
        if observation is None:
            return self.not_applicable
        answer = observation.answer
        if type(answer) is NotRegistered:
            what = case.number if type(observation.query) is ByNumber else f"by {observation.query}"
            found = f"no registration {what} in {legible(observation.source)}"
            return self.failed("registry.no", found=found, expected=f"a registration {case.number}")
        return self.passed if type(answer) is Found else self.not_applicable


class _Status(Demand):
    """A record whose status is not this one."""

    __slots__ = ()

    status: ClassVar[RegistrationStatus]

    @settled_by(passed=REGISTERED, not_applicable=NO_RECORD)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if record.status is not self.status:
            return self.passed
        return self.failed(f"status.{self.status.value}", found=self.status.value, expected="registered")


class NotChanging(_Status):
    """No change is under review; a registration being changed is still one."""

    __slots__ = ()
    code: ClassVar[str] = "registration_changing"
    status: ClassVar[RegistrationStatus] = RegistrationStatus.CHANGING


class NotPending(_Status):
    """The bureau has decided: an application is not a registration."""

    __slots__ = ()
    code: ClassVar[str] = "registration_pending"
    status: ClassVar[RegistrationStatus] = RegistrationStatus.PENDING


class NotReturned(_Status):
    """The bureau or the platform has not sent the application back."""

    __slots__ = ()
    code: ClassVar[str] = "registration_returned"
    status: ClassVar[RegistrationStatus] = RegistrationStatus.RETURNED


class NotCancelling(_Status):
    """Nobody has applied to cancel it."""

    __slots__ = ()
    code: ClassVar[str] = "registration_cancelling"
    status: ClassVar[RegistrationStatus] = RegistrationStatus.CANCELLING


class NotCancelled(_Status):
    """It has not been cancelled."""

    __slots__ = ()
    code: ClassVar[str] = "registration_cancelled"
    status: ClassVar[RegistrationStatus] = RegistrationStatus.CANCELLED


class NotShell(_Status):
    """An access provider is left; a shell is cancelled in the bureau's next clean-up."""

    __slots__ = ()
    code: ClassVar[str] = "registration_shell"
    status: ClassVar[RegistrationStatus] = RegistrationStatus.SHELL


@dataclass(frozen=True, slots=True)
class NotBlacklisted(Demand):
    """The registry does not hold the app for illegal (违法违规)."""

    code: ClassVar[str] = "blacklisted"

    @settled_by(passed=NOT_BLACKLISTED, not_applicable=NO_RECORD)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if record.blacklisted is None:
            return self.not_checkable("record.blacklisted", expected="whether it is blacklisted")
        if record.blacklisted:
            return self.failed("record.blacklisted", found=f"{case.number} blacklisted", expected="not blacklisted")
        return self.passed


_SAME: Final = (Likeness.EXACT, Likeness.NORMALISED)


@dataclass(frozen=True, slots=True)
class AccessUnrestricted(Demand):
    """
    Access is not restricted, and, for an access provider, is registered with it.

    `access_provider` is the gatekeeper's own name as it stands in registrations, compared as the
    names of operators are; empty leaves that part out.
    """

    code: ClassVar[str] = "access_restricted"

    access_provider: Annotated[str, Field(pattern=r"^$|^\S")] = ""

    @settled_by(passed=ACCESS_OPEN, not_applicable=NO_RECORD, where=lambda rule: not rule.access_provider)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if record.access_restricted:
            return self.failed("record.access_restricted", found="access restricted", expected="no restriction")
        if self.access_provider:
            providers = record.access_providers
            if providers is None:
                return self.not_checkable("record.access_providers", expected="the registration's access providers")
            if not any(compare(name, self.access_provider) in _SAME for name in providers):
                found = listed(providers) or "no access provider"
                return self.failed("access.provider", found=found, expected=self.access_provider)
        if record.access_restricted is None:
            return self.not_checkable("record.access_restricted", expected="whether access is restricted")
        return self.passed


@dataclass(frozen=True, slots=True)
class RegistryAnswered(Demand):
    """Somebody could say: a registry that cannot answer has said neither yes nor no."""

    code: ClassVar[str] = "registry_unavailable"

    @settled_by(passed=RECORD, not_applicable=NO_NUMBER)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if case.number is None:
            return self.not_applicable
        observation = case.observation
        if observation is None:
            return self.failed("why.internal", found="no answer", expected="an answer of a registry")
        answer = observation.answer
        if type(answer) is Found:
            if case.record is not None:
                return self.passed
            several = len(answer.records) > 1
            found = f"{len(answer.records)} registrations" if several else "another registration"
            return self.failed("why.malformed", found=found, expected=str(case.number))
        if type(answer) is Unavailable:
            if answer.why is Why.REGISTRIES_DISAGREE:
                return self.not_applicable
            why = f"{answer.why.value}{f' ({legible(answer.detail)})' if answer.detail else ''}"
            found = f"{legible(observation.registry)}: {why}"
            return self.failed(f"why.{answer.why.value}", found=found, expected="an answer of a registry")
        return self.passed


@dataclass(frozen=True, slots=True)
class RegistriesAgree(Demand):
    """Where several registries were asked, no two said different things."""

    code: ClassVar[str] = "registries_disagree"

    @settled_by(passed=RECORD)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        observation = case.observation
        if observation is None:
            return self.not_applicable
        answer = observation.answer
        if type(answer) is Unavailable and answer.why is Why.REGISTRIES_DISAGREE:
            return self.failed("registries.disagree", found=legible(answer.detail), expected="one answer of all")
        return self.passed


@dataclass(frozen=True, slots=True)
class NotStale(Demand):
    """What the registry said is not used beyond its life, because it is being renewed or cannot be."""

    code: ClassVar[str] = "stale_used"

    @settled_by(passed=NOT_STALE)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        observation = case.observation or case.by_document
        if observation is None or not observation.stale:
            return self.passed
        found = f"observed {write_time(observation.observed_at)}, asked again: {legible(observation.stale)}"
        return self.failed(f"stale.{observation.stale}", found=found, expected="an answer asked for again")


@dataclass(frozen=True, slots=True)
class AnswererVerified(Demand):
    """Whoever answered showed a certificate that was verified: nobody on the way can have said it in its place."""

    code: ClassVar[str] = "insecure_tls"

    @settled_by(passed=NOT_STALE)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        asked = (case.observation, case.by_document, case.host)
        whom = {each.registry for each in asked if each is not None and each.insecure_tls}
        if not whom:
            return self.passed
        found = f"{', '.join(map(legible, sorted(whom)))}: not verified"
        return self.failed("registry.insecure_tls", found=found, expected="a verified certificate")


_NOW: Final = timedelta()


@lru_cache(maxsize=64)
def _days(days: float) -> timedelta:
    return timedelta(days=days)


@dataclass(frozen=True, slots=True)
class RecordFresh(Demand):
    """
    What the registry said was observed recently enough to be believed, a *no* included.

    `max_age_days` counts from when the source looked, to the limit itself. An observation from the
    future is not young: a source's clock may be ahead by five minutes at most.
    """

    code: ClassVar[str] = "record_stale"

    max_age_days: Annotated[float, Field(gt=0, le=366, allow_inf_nan=False)] = 30.0

    @settled_by(passed=YOUNG)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        observation = case.observation
        if observation is None or type(observation.answer) is Unavailable:
            return self.not_applicable
        age = case.now - case.seen
        if age > _days(self.max_age_days):
            found = f"observed {write_time(case.seen)}, {_whole(age)} ago"
            return self.failed("age", found=found, expected=f"at most {self.max_age_days:g} days old")
        if age < _NOW and -age > CLOCK_TOLERANCE:
            found = f"observed {write_time(case.seen)}, {_whole(-age)} from now"
            return self.failed("clock", found=found, expected="an observation of the past")
        return self.passed


def _whole(age: timedelta) -> timedelta:
    """Whole seconds, upwards: a person compares it with a limit in days."""
    return timedelta(seconds=-(-age // timedelta(seconds=1)))


def max_age_of(rules: tuple[object, ...]) -> timedelta:
    """The age at which the given rules stop believing an observation."""
    days = [rule.max_age_days for rule in rules if type(rule) is RecordFresh]
    return timedelta(days=min(days, default=30.0))


@dataclass(frozen=True, slots=True)
class RecordNotSimulated(Demand):
    """A bureau issued the number; a simulated registry's records are for development only."""

    code: ClassVar[str] = "record_simulated"

    @settled_by(passed=REAL, not_applicable=NO_RECORD)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if record.origin is not Origin.BUREAU and not case.allow_simulated:
            found = f"{case.number} SIMULATED by {legible(record.source)}"
            return self.failed("record.simulated", found=found, expected="a registration issued by a bureau")
        return self.passed
