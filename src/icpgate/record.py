"""
What a registry says about one registration.

In every optional field None means *absent in this source*: it cannot be checked there. An empty
text or tuple means that the source has the field and that it is empty. The two never stand for
each other: a registry without domains proves nothing about a domain, one with no domains does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from icpgate.errors import Defect, InvalidRecord, quote
from icpgate.number import RegistrationNumber, ServiceKind
from icpgate.signing import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = [
    "BEIJING",
    "Origin",
    "RegisteredPlatform",
    "RegistrationRecord",
    "RegistrationStatus",
    "local_time",
    "read_time",
    "write_time",
]

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had one zone and no summer time since 1992, before any registration."""


class RegistrationStatus(StrEnum):
    """Where a registration stands. Any other word of a source is a defect, never REGISTERED."""

    REGISTERED = "registered"
    CHANGING = "changing"
    PENDING = "pending"
    RETURNED = "returned"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    SHELL = "shell"


class Origin(StrEnum):
    """Whether a provincial bureau issued the number, or a simulated registry did."""

    BUREAU = "bureau"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class RegisteredPlatform:
    """One platform of a registered app; the notations are the registration form's."""

    platform: Platform | None = None
    package: str | None = None
    signing_certificate: str | None = None
    public_key: str | None = None

    def __post_init__(self) -> None:
        """See `RegistrationRecord.__post_init__`."""
        if self.platform is not None and type(self.platform) is not Platform:
            raise _wrong("platforms", self.platform)
        for value in (self.package, self.signing_certificate, self.public_key):
            if value is not None and type(value) is not str:
                raise _wrong("platforms", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRecord:
    """
    One registration as one source has it.

    `approved_at` is the day on which the bureau approved it or its last change. `observed_at` is
    when the source looked, not when the file was read. `document_number` may be personal; `repr`
    leaves it out. `endpoints` are addresses or networks. Made by `read`, which alone checks it.
    """

    registration_number: RegistrationNumber
    status: RegistrationStatus
    observed_at: datetime
    source: str
    origin: Origin = Origin.BUREAU
    service_name: str | None = None
    kind: ServiceKind | None = None
    operator: str | None = None
    operator_kind: str | None = None
    document_type: str | None = None
    document_number: str | None = field(default=None, repr=False)
    platforms: tuple[RegisteredPlatform, ...] | None = None
    domains: tuple[str, ...] | None = None
    endpoints: tuple[str, ...] | None = None
    access_providers: tuple[str, ...] | None = None
    approved_at: datetime | None = None
    pre_approvals: tuple[str, ...] | None = None
    access_restricted: bool | None = None
    blacklisted: bool | None = None

    def __post_init__(self) -> None:
        """
        Refuse values of another type, which rules would misread: a text for a state is no state.

        Raises `InvalidRecord`. What the values say is checked by `read` alone.
        """
        for name, kind in _TYPES:
            value = getattr(self, name)
            if type(value) is not kind and (value is not None or name in _NEEDED):
                raise _wrong(name, value)
        for name, kind in _LISTED:
            for entry in getattr(self, name) or ():
                if type(entry) is not kind:
                    raise _wrong(name, entry)
        if self.observed_at.tzinfo is None or (self.approved_at is not None and self.approved_at.tzinfo is None):
            raise _wrong("observed_at", "a time without a zone")

    @property
    def entity_number(self) -> str:
        """The number of the operator's entity, without the service part."""
        return self.registration_number.entity_number

    @classmethod
    def read(
        cls,
        row: Mapping[str, object],
        *,
        observed_at: datetime | None = None,
        source: str | None = None,
    ) -> RegistrationRecord:
        """
        Read a record in the JSON names of `docs/registry.md`.

        `observed_at` and `source` fill rows that do not state their own. Raises `InvalidRecord`
        with every defect, and nothing else. Whether the number was ever issued is not checked.

        >>> RegistrationRecord.read({"registration_number": "蜀ICP备2021014694号-10A", "status": "filed"})
        Traceback (most recent call last):
            ...
        icpgate.errors.InvalidRecord: record: 3 defects
          /status: 'filed' is not known; expected one of registered, changing, pending, returned, \
cancelling, cancelled, shell
          /observed_at: missing; expected a value
          /source: missing; expected a value
        """
        from icpgate.recordreading import read_record  # noqa: PLC0415 -- the reader needs this class

        return read_record(row, observed_at, source)

    def written(self) -> dict[str, object]:
        """The record in its JSON names; what is absent in this source is left out."""
        values: dict[str, object] = {
            "registration_number": self.registration_number.canonical,
            "entity_number": self.entity_number,
            "service_name": self.service_name,
            "kind": self.kind,
            "operator": self.operator,
            "operator_kind": self.operator_kind,
            "document_type": self.document_type,
            "document_number": self.document_number,
            "platforms": None if self.platforms is None else [_written_platform(p) for p in self.platforms],
            "domains": _listed(self.domains),
            "endpoints": _listed(self.endpoints),
            "access_providers": _listed(self.access_providers),
            "approved_at": None if self.approved_at is None else write_time(self.approved_at),
            "status": self.status,
            "pre_approvals": _listed(self.pre_approvals),
            "access_restricted": self.access_restricted,
            "blacklisted": self.blacklisted,
            "observed_at": write_time(self.observed_at),
            "source": self.source,
            "origin": self.origin,
        }
        return {
            name: value.value if isinstance(value, StrEnum) else value
            for name, value in values.items()
            if value is not None
        }


def _listed(values: tuple[str, ...] | None) -> list[str] | None:
    return None if values is None else list(values)


def _written_platform(platform: RegisteredPlatform) -> dict[str, str]:
    values = {
        "platform": platform.platform.value if platform.platform is not None else None,
        "package": platform.package,
        "signing_certificate": platform.signing_certificate,
        "public_key": platform.public_key,
    }
    return {name: value for name, value in values.items() if value is not None}


def local_time(moment: datetime) -> str:
    """A moment for people, who all go by Asia/Shanghai."""
    return moment.astimezone(BEIJING).isoformat()


def write_time(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_time(text: str, *, zone: timezone | None = None) -> datetime:
    """
    A moment from RFC 3339 text, in UTC; raises `ValueError`.

    A text without an offset is refused, unless `zone` says which one it means. A date alone is its
    midnight there.

    >>> write_time(read_time("2023-09-03", zone=BEIJING))
    '2023-09-02T16:00:00Z'
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        if zone is None:
            message = f"{quote(text)} has no time zone"
            raise ValueError(message)
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        message = f"{quote(text)} is beyond the calendar"
        raise ValueError(message) from None


_NEEDED: Final = frozenset({"registration_number", "status", "observed_at", "source", "origin"})
_TYPES: Final[tuple[tuple[str, type], ...]] = (
    ("registration_number", RegistrationNumber),
    ("status", RegistrationStatus),
    ("observed_at", datetime),
    ("source", str),
    ("origin", Origin),
    ("service_name", str),
    ("kind", ServiceKind),
    ("operator", str),
    ("operator_kind", str),
    ("document_type", str),
    ("document_number", str),
    ("platforms", tuple),
    ("domains", tuple),
    ("endpoints", tuple),
    ("access_providers", tuple),
    ("approved_at", datetime),
    ("pre_approvals", tuple),
    ("access_restricted", bool),
    ("blacklisted", bool),
)
_LISTED: Final[tuple[tuple[str, type], ...]] = (
    ("platforms", RegisteredPlatform),
    ("domains", str),
    ("endpoints", str),
    ("access_providers", str),
    ("pre_approvals", str),
)


def _wrong(name: str, value: object) -> InvalidRecord:
    return InvalidRecord([Defect("record.type", f"/{name}", f"{type(value).__name__} given")], what="record")
