"""Where the registration stands: registered, on its way, lost; and whether that was read freshly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from icpgate.answer import Found, NotRegistered, Unavailable
from icpgate.record import Origin, RegistrationStatus
from icpgate.rules.rule import Case, Demand, Finding

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "AccessUnrestricted",
    "NotBlacklisted",
    "NotCancelled",
    "NotCancelling",
    "NotChanging",
    "NotPending",
    "NotReturned",
    "NotShell",
    "RecordFresh",
    "RecordNotSimulated",
    "Registered",
    "RegistryAnswered",
    "max_age_of",
]

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of our clock a source's may be before its observations stop counting."""


@dataclass(frozen=True, slots=True)
class Registered(Demand):
    """The number is registered: an authoritative registry did not say *no* (notice, items 1 and 9)."""

    code: ClassVar[str] = "not_registered"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        observation = case.observation
        if observation is None:
            return self.not_applicable
        answer = observation.answer
        if type(answer) is NotRegistered:
            found = f"no registration {case.number} in {observation.source}"
            return self.failed("registry.no", found=found, expected=f"a registration {case.number}")
        return self.passed if type(answer) is Found else self.not_applicable


class _Status(Demand):
    """A record whose status is not this one."""

    __slots__ = ()

    code: ClassVar[str] = "registration_pending"
    status: ClassVar[RegistrationStatus] = RegistrationStatus.PENDING

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


@dataclass(frozen=True, slots=True)
class AccessUnrestricted(Demand):
    """
    Access is not restricted, and, for an access provider, is registered with it.

    `access_provider` is the gatekeeper's own name as it stands in registrations; empty leaves
    that part out.
    """

    code: ClassVar[str] = "access_restricted"

    access_provider: str = ""

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
            if self.access_provider not in providers:
                found = ", ".join(providers) or "no access provider"
                return self.failed("access.provider", found=found, expected=self.access_provider)
        if record.access_restricted is None:
            return self.not_checkable("record.access_restricted", expected="whether access is restricted")
        return self.passed


@dataclass(frozen=True, slots=True)
class RegistryAnswered(Demand):
    """Somebody could say: a registry that cannot answer has said neither yes nor no."""

    code: ClassVar[str] = "registry_unavailable"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if case.number is None:
            return self.not_applicable
        observation = case.observation
        if observation is None:
            return self.failed("why.internal", found="no answer", expected="an answer of a registry")
        answer = observation.answer
        if type(answer) is Unavailable:
            found = f"{observation.registry}: {answer.why.value}{f' ({answer.detail})' if answer.detail else ''}"
            return self.failed(f"why.{answer.why.value}", found=found, expected="an answer of a registry")
        if type(answer) is Found and case.record is None:
            return self.failed("why.malformed", found="another registration", expected=str(case.number))
        return self.passed


@dataclass(frozen=True, slots=True)
class RecordFresh(Demand):
    """
    What the registry said was observed recently enough to be believed.

    `max_age_days` counts from when the source looked. An observation from the future is not young.
    """

    code: ClassVar[str] = "record_stale"

    max_age_days: Annotated[float, Field(gt=0, le=366, allow_inf_nan=False)] = 30.0

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        observation = case.observation
        if observation is None or type(observation.answer) is Unavailable:
            return self.not_applicable
        seen = observation.observed_at
        record = case.record
        if record is not None and record.observed_at < seen:
            seen = record.observed_at
        age = case.now - seen
        if age > timedelta(days=self.max_age_days):
            return self.failed("age", found=_observed(seen, age), expected=f"at most {self.max_age_days:g} days old")
        if -age > CLOCK_TOLERANCE:
            return self.failed("clock", found=_observed(seen, age), expected="an observation of the past")
        return self.passed


def _observed(seen: datetime, age: timedelta) -> str:
    return f"observed {seen.date().isoformat()}, {age / timedelta(days=1):.1f} days ago"


def max_age_of(rules: tuple[object, ...]) -> timedelta:
    """The age at which the given rules stop believing an observation."""
    days = [rule.max_age_days for rule in rules if isinstance(rule, RecordFresh)]
    return timedelta(days=min(days, default=30.0))


@dataclass(frozen=True, slots=True)
class RecordNotSimulated(Demand):
    """A bureau issued the number; a simulated registry's records are for development only."""

    code: ClassVar[str] = "record_simulated"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if record.origin is not Origin.BUREAU and not case.allow_simulated:
            found = f"{case.number} SIMULATED by {record.source}"
            return self.failed("record.simulated", found=found, expected="a registration issued by a bureau")
        return self.passed
