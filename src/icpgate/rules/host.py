"""What a mini program or quick app runs on: the host platform's own app must be registered, too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import AfterValidator, Field

from icpgate.answer import ByNumber, Found, NotRegistered, Unavailable
from icpgate.chinese import fold
from icpgate.errors import InvalidNumber
from icpgate.number import ServiceKind, parse
from icpgate.record import Origin, RegistrationStatus
from icpgate.rules.facts import NO_HOST, settled_by
from icpgate.rules.rule import Case, Demand, Finding, legible
from icpgate.rules.standing import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from icpgate.answer import Observation
    from icpgate.app import App
    from icpgate.number import RegistrationNumber
    from icpgate.record import RegistrationRecord

__all__ = ["Host", "HostPlatformRegistered"]

_HOSTED: Final = frozenset({ServiceKind.MINI_PROGRAM, ServiceKind.QUICK_APP})
_STANDING: Final = frozenset(
    {
        RegistrationStatus.REGISTERED,
        RegistrationStatus.CHANGING,
        RegistrationStatus.CANCELLING,
        RegistrationStatus.SHELL,
    }
)
"""The statuses in which there is a registration."""

_REGISTRATION: Final = "the host platform's registration"


def _of_an_app(number: str) -> str:
    try:
        read = parse(number)
    except InvalidNumber:
        read = None
    if read is None or read.service_kind is not ServiceKind.APP:
        message = "the number of an app is expected, which ends in A"
        raise ValueError(message)
    return read.canonical


@dataclass(frozen=True, slots=True)
class Host:
    """A host platform: what it is called, and the registration number of its own app."""

    names: Annotated[tuple[Annotated[str, Field(pattern=r"\S")], ...], Field(min_length=1)]
    number: Annotated[str, AfterValidator(_of_an_app)]

    def __str__(self) -> str:
        """As the policy's table shows it."""
        return f"{'/'.join(self.names)}: {self.number}"


@dataclass(frozen=True, slots=True)
class HostPlatformRegistered(Demand):
    """
    The host platform of a mini program or quick app is registered itself.

    `hosts` are the platforms that the gatekeeper knows; without any nothing is demanded. Which of them is
    the app's says `host_platform`, or else its `platform`, by name in any case and width. A number that an
    app states for its host is not looked at: anybody can state one that is registered. `max_age_days` as of
    `RecordFresh`.
    """

    code: ClassVar[str] = "host_platform_unregistered"

    hosts: tuple[Host, ...] = ()
    max_age_days: Annotated[float, Field(gt=0, le=366, allow_inf_nan=False)] = 30.0

    def __post_init__(self) -> None:
        """Refuse a name that stands for two platforms; raises `ValueError`."""
        names = [fold(name) for host in self.hosts for name in host.names]
        if len(set(names)) < len(names):
            message = "a name of a host platform stands there twice"
            raise ValueError(message)

    def number_of(self, app: App) -> RegistrationNumber | None:
        """The number of the app's host platform; None when it has none that is known."""
        if not self.hosts or app.kind not in _HOSTED:
            return None
        name = fold(app.host_platform or app.platform.value)
        return next((parse(host.number) for host in self.hosts if name in map(fold, host.names)), None)

    @settled_by(not_applicable=NO_HOST, idle=lambda rule: not rule.hosts)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if not self.hosts or case.app.kind not in _HOSTED:
            return self.not_applicable
        number = self.number_of(case.app)
        if number is None:
            return self.not_checkable("host.unknown", expected="a host platform of the policy")
        said = case.host
        if said is None or said.query != ByNumber(number):
            return self.not_checkable("host.not_asked", expected=_REGISTRATION)
        if not -CLOCK_TOLERANCE <= case.now - said.observed_at <= timedelta(days=self.max_age_days):
            return self.not_checkable("host.stale", expected=_REGISTRATION)
        return self._judged(case, number, said)

    def _judged(self, case: Case, number: RegistrationNumber, said: Observation) -> Finding:
        answer, expected = said.answer, f"a registration {number}"
        if type(answer) is NotRegistered:
            found = f"no registration {number} in {legible(said.source)}"
            return self.failed("host.no", found=found, expected=expected)
        if type(answer) is Unavailable:
            return self.not_checkable(f"host.{answer.why.value}", expected=_REGISTRATION)
        record = _record(said, number)
        if record is None or (record.origin is not Origin.BUREAU and not case.allow_simulated):
            return self.not_checkable("host.record", expected=_REGISTRATION)
        if record.status not in _STANDING:
            return self.failed(f"host.{record.status.value}", found=record.status.value, expected=expected)
        return self.passed


def _record(said: Observation, number: RegistrationNumber) -> RegistrationRecord | None:
    """The one record of this very number."""
    records = said.answer.records if type(said.answer) is Found else ()
    return records[0] if len(records) == 1 and records[0].registration_number == number else None
