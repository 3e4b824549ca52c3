"""
What a registry says about one registration.

In every optional field None means *absent in this source*: it cannot be checked there. An empty
text or tuple means that the source has the field and that it is empty. The two never stand for
each other: a registry without domains proves nothing about a domain, one with no domains does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.errors import Defect, InvalidNumber, InvalidRecord, nearest, quote
from icpgate.identifiers import domain_defect
from icpgate.number import RegistrationNumber, ServiceKind, parse
from icpgate.signing import Platform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "BEIJING",
    "Origin",
    "RegisteredPlatform",
    "RegistrationRecord",
    "RegistrationStatus",
    "read_time",
    "write_time",
]

_T = TypeVar("_T")

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRecord:
    """
    One registration as one source has it.

    `approved_at` is the day on which the bureau approved it or its last change. `observed_at` is
    when the source looked, not when the file was read. `document_number` may be personal.
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
    document_number: str | None = None
    platforms: tuple[RegisteredPlatform, ...] | None = None
    domains: tuple[str, ...] | None = None
    endpoints: tuple[str, ...] | None = None
    access_providers: tuple[str, ...] | None = None
    approved_at: datetime | None = None
    pre_approvals: tuple[str, ...] | None = None
    access_restricted: bool | None = None
    blacklisted: bool | None = None

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
        Read a record in the JSON names of `docs/protocol.md`.

        `observed_at` and `source` fill rows that do not state their own. Raises `InvalidRecord`
        with every defect. Whether the number was ever issued is not checked.
        """
        reader = _Reader(row)
        values = reader.values(observed_at, source)
        if reader.defects:
            raise InvalidRecord(reader.defects, what="record")
        return cls(**values)  # type: ignore[arg-type]  # each value was read by the reader of its field

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


def write_time(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_time(text: str, *, zone: timezone | None = None) -> datetime:
    """
    A moment from RFC 3339 text, in UTC.

    A text without an offset is refused with `ValueError`, unless `zone` says which one it means.
    A date alone is its midnight there.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        if zone is None:
            message = f"{quote(text)} has no time zone"
            raise ValueError(message)
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


class _Refused(Exception):
    """One field that cannot be read."""

    def __init__(self, message: str, expected: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = f"{type(value).__name__} given"
        raise _Refused(message, "text")
    if len(value) > MAX_TEXT:
        message = f"{len(value):,} characters"
        raise _Refused(message, f"at most {MAX_TEXT:,}")
    return value.strip()


MAX_TEXT: Final = 4_096
MAX_LISTED: Final = 10_000


def _number(value: object) -> RegistrationNumber:
    try:
        return parse(value)
    except InvalidNumber as error:
        raise _Refused(f"{quote(value)} is not a registration number: {error.message}", "a number as issued") from None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        message = f"{type(value).__name__} given"
        raise _Refused(message, "true or false")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, (list, tuple)):
        message = f"{type(value).__name__} given"
        raise _Refused(message, "a list")
    if len(value) > MAX_LISTED:
        message = f"{len(value):,} entries"
        raise _Refused(message, f"at most {MAX_LISTED:,}")
    return list(value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_text(item) for item in _list(value)))


def _domains(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_domain(item) for item in _list(value)))


def _domain(value: object) -> str:
    normal, problem = domain_defect(_text(value))
    if problem is not None:
        raise _Refused(problem.message, problem.expected)
    return normal


def _endpoints(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_endpoint(item) for item in _list(value)))


def _endpoint(value: object) -> str:
    try:
        return str(ip_address(_text(value)))
    except ValueError:
        raise _Refused(f"{quote(value)} is not an IP address", "an address such as 203.0.113.7") from None


def _time(value: object) -> datetime:
    text = _text(value)
    try:
        return read_time(text)
    except (ValueError, OverflowError):
        raise _Refused(f"{quote(text)} is not a time", "a time with its zone, such as 2026-11-24T08:00:00+08:00") from None


def _approved(value: object) -> datetime:
    """The registration system writes local time without a zone; it means Asia/Shanghai."""
    text = _text(value)
    try:
        return read_time(text, zone=BEIJING)
    except (ValueError, OverflowError):
        raise _Refused(f"{quote(text)} is not a date", "a date such as 2023-09-03") from None


_STATUS: Final = {status.value: status for status in RegistrationStatus}
_KIND: Final = {kind.value: kind for kind in ServiceKind}
_ORIGIN: Final = {origin.value: origin for origin in Origin}


def _status(value: object) -> RegistrationStatus:
    return _one_of(value, _STATUS)


def _kind(value: object) -> ServiceKind:
    return _one_of(value, _KIND)


def _origin(value: object) -> Origin:
    return _one_of(value, _ORIGIN)


def _one_of(value: object, known: Mapping[str, _T]) -> _T:
    found = known.get(value) if isinstance(value, str) else None
    if found is None:
        raise _Refused(f"{quote(value)} is not known", f"one of {', '.join(known)}")
    return found


def _platforms(value: object) -> tuple[RegisteredPlatform, ...]:
    return tuple(_platform(item) for item in _list(value))


_PLATFORM_FIELDS: Final = ("platform", "package", "signing_certificate", "public_key")


def _platform(value: object) -> RegisteredPlatform:
    if not isinstance(value, dict):
        message = f"{type(value).__name__} given"
        raise _Refused(message, "an object with platform, package, signing_certificate, public_key")
    unknown = [name for name in value if name not in _PLATFORM_FIELDS]
    if unknown:
        raise _Refused(f"unknown field {quote(unknown[0])}", f"one of {', '.join(_PLATFORM_FIELDS)}")
    texts = {name: _text(item) for name, item in value.items() if item is not None}
    named = texts.pop("platform", None)
    platform = None if named is None else Platform.read(named)
    if named is not None and platform is None:
        raise _Refused(f"{quote(named)} is not a platform", f"one of {', '.join(Platform)}")
    return RegisteredPlatform(platform=platform, **texts)


_FIELDS: Final["dict[str, Callable[[object], object]]"] = {
    "registration_number": _number,
    "status": _status,
    "observed_at": _time,
    "source": _text,
    "origin": _origin,
    "service_name": _text,
    "kind": _kind,
    "operator": _text,
    "operator_kind": _text,
    "document_type": _text,
    "document_number": _text,
    "platforms": _platforms,
    "domains": _domains,
    "endpoints": _endpoints,
    "access_providers": _texts,
    "approved_at": _approved,
    "pre_approvals": _texts,
    "access_restricted": _flag,
    "blacklisted": _flag,
}


class _Reader:
    """Reads one row and keeps every defect."""

    def __init__(self, row: Mapping[str, object]) -> None:
        self.row = row
        self.defects: list[Defect] = []

    def values(self, observed_at: datetime | None, source: str | None) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, given in self.row.items():
            if name == "entity_number":
                continue
            if given is not None:
                self._read(name, given, values)
        if observed_at is not None:
            values.setdefault("observed_at", observed_at)
        if source is not None:
            values.setdefault("source", source)
        self._complete(values)
        return values

    def _read(self, name: str, given: object, values: dict[str, object]) -> None:
        reader = _FIELDS.get(name)
        if reader is None:
            suggestion = nearest(str(name), _FIELDS)
            hint = f"did you mean {suggestion}?" if suggestion else "remove it"
            self._refuse("record.unknown_field", str(name), f"unknown field {quote(name)}", hint=hint)
            return
        try:
            values[name] = reader(given)
        except _Refused as refused:
            self._refuse("record.value", name, refused.message, expected=refused.expected)

    def _refuse(self, code: str, name: str, message: str, *, expected: str = "", hint: str = "") -> None:
        self.defects.append(Defect(code, f"/{name}", message, expected, hint))

    def _complete(self, values: dict[str, object]) -> None:
        refused = {defect.place for defect in self.defects}
        for name in ("registration_number", "status", "observed_at", "source"):
            if name not in values and f"/{name}" not in refused:
                self._refuse("record.missing", name, "missing", expected="a value")
        number = values.get("registration_number")
        if isinstance(number, RegistrationNumber):
            self._agree(number, values.get("kind"))

    def _agree(self, number: RegistrationNumber, kind: object) -> None:
        """A row whose own fields contradict each other belongs to nobody."""
        entity = self.row.get("entity_number")
        if entity is not None and _entity(entity) != number.entity_number:
            message = f"{quote(entity)} is not the entity of {number}"
            self._refuse("record.contradiction", "entity_number", message, expected=number.entity_number)
        if kind is not None and number.service_kind is not None and kind != number.service_kind:
            message = f"{kind} contradicts {number}"
            self._refuse("record.contradiction", "kind", message, expected=str(number.service_kind))


def _entity(value: object) -> str | None:
    try:
        return parse(value).canonical
    except InvalidNumber:
        return None
