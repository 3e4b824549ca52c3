"""
Reads a registry's row into a record, with every defect of the row named at once.

- A row whose parts contradict each other is refused as a whole: it belongs to nobody.
- A word that is not on its list is a defect, never the nearest one.
- null is *absent in this source*, as if the field were left out; an empty text or list is empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.document import DocumentType, normal_form
from icpgate.errors import Defect, InvalidNumber, InvalidRecord, nearest, quote, shown
from icpgate.identifiers import domain_defect, network_defect
from icpgate.number import RegistrationNumber, ServiceKind, parse
from icpgate.record import BEIJING, Origin, RegisteredPlatform, RegistrationRecord, RegistrationStatus, read_time
from icpgate.signing import Platform

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.identifiers import IdentifierDefect

__all__ = ["read_record"]

_T = TypeVar("_T")

MAX_TEXT: Final = 4_096
"""A public key of 16,384 bits in hex; every other text is far shorter."""

MAX_LISTED: Final = 10_000
"""More domains or addresses than one registration has."""


def read_record(row: Mapping[str, object], observed_at: datetime | None, source: str | None) -> RegistrationRecord:
    """See `RegistrationRecord.read`."""
    try:
        fields = dict(row) if type(row) is dict or isinstance(row, Mapping) else None
    except Exception as error:  # noqa: BLE001 -- a mapping may raise anything when it is read
        raise _unreadable(f"{type(row).__name__} that raises {type(error).__name__}") from None
    if fields is None:
        raise _unreadable(f"{type(row).__name__} given")
    reader = _Reader(fields)
    values = reader.values(observed_at, source)
    if reader.defects:
        raise InvalidRecord(reader.defects, what="record")
    return RegistrationRecord(**values)  # type: ignore[arg-type]  # each value was read by the reader of its field


def _unreadable(message: str) -> InvalidRecord:
    return InvalidRecord([Defect("record.type", "", message, "an object with named fields")], what="record")


class _RefusedError(Exception):
    """One field that cannot be read."""

    def __init__(self, message: str, expected: str = "", hint: str = "", at: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.hint = hint
        self.at = at


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _RefusedError(f"{type(value).__name__} given", "text")
    text = str.__str__(value)
    if len(text) > MAX_TEXT:
        raise _RefusedError(f"{len(text):,} characters", f"at most {MAX_TEXT:,}")
    return text.strip()


def _source(value: object) -> str:
    text = _text(value)
    if not text:
        raise _RefusedError("empty", "who says so")
    return text


def _number(value: object) -> RegistrationNumber:
    try:
        return parse(value)
    except InvalidNumber as error:
        message = f"{quote(value)} is not a registration number: {error.message}"
        raise _RefusedError(message, "a number as issued", error.hint) from None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _RefusedError(f"{type(value).__name__} given", "true or false")
    return value


def _each(value: object, read: Callable[[object], _T]) -> tuple[_T, ...]:
    """The items of a list, each of them once."""
    if not isinstance(value, (list, tuple)):
        raise _RefusedError(f"{type(value).__name__} given", "a list")
    if len(value) > MAX_LISTED:
        raise _RefusedError(f"{len(value):,} entries", f"at most {MAX_LISTED:,}")
    items: list[_T] = []
    for position, item in enumerate(value):
        try:
            items.append(read(item))
        except _RefusedError as refused:
            at = f"/{position}{refused.at}"
            raise _RefusedError(refused.message, refused.expected, refused.hint, at) from None
    return tuple(items) if len(items) < 2 else tuple(dict.fromkeys(items))  # noqa: PLR2004 -- one is there once


def _texts(value: object) -> tuple[str, ...]:
    """A list of words; an entry that is empty says nothing."""
    return tuple(filter(None, _each(value, _text)))


def _identifier(value: object, read: Callable[[str], tuple[str, IdentifierDefect | None]]) -> str:
    normal, problem = read(_text(value))
    if problem is not None:
        raise _RefusedError(problem.message, problem.expected, problem.hint)
    return normal


def _domains(value: object) -> tuple[str, ...]:
    return _each(value, _domain)


def _domain(value: object) -> str:
    return _identifier(value, domain_defect)


_PLAIN_ADDRESS: Final = re.compile(
    r"(?:[1-9]|[1-9][0-9]|1[01][0-9]|12[0-689]|1[3-9][0-9]|2[01][0-9]|22[0-3])"
    r"(?:\.(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])){3}"
)
"""IPv4 in its shortest form, of a network that has servers: neither this one, nor loopback, nor multicast."""


def _endpoints(value: object) -> tuple[str, ...]:
    return _each(value, _endpoint)


def _endpoint(value: object) -> str:
    text = _text(value)
    return text if _PLAIN_ADDRESS.fullmatch(text) else _identifier(text, network_defect)


def _time(value: object) -> datetime:
    """A moment: RFC 3339 text, or a datetime that knows its zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    text = value.isoformat() if isinstance(value, datetime) else _text(value)
    try:
        return read_time(text)
    except ValueError:
        expected = "a time with its zone, such as 2026-11-24T08:00:00+08:00"
        raise _RefusedError(f"{quote(text)} is not a time", expected) from None


def _approved(value: object) -> datetime:
    """The registration system writes local time without a zone; it means Asia/Shanghai."""
    text = _text(value)
    try:
        return read_time(text, zone=BEIJING)
    except ValueError:
        raise _RefusedError(f"{quote(text)} is not a date", "a date such as 2023-09-03") from None


def _one_of(value: object, known: Mapping[str, _T]) -> _T:
    found = known.get(str.__str__(value)) if isinstance(value, str) else None
    if found is None:
        raise _RefusedError(f"{quote(value)} is not known", f"one of {', '.join(known)}")
    return found


_STATUS: Final = {status.value: status for status in RegistrationStatus}
_KIND: Final = {kind.value: kind for kind in ServiceKind}
_ORIGIN: Final = {origin.value: origin for origin in Origin}


def _status(value: object) -> RegistrationStatus:
    return _one_of(value, _STATUS)


def _kind(value: object) -> ServiceKind:
    return _one_of(value, _KIND)


def _origin(value: object) -> Origin:
    return _one_of(value, _ORIGIN)


_PLATFORM: Final = {platform.value: platform for platform in Platform}
_PLATFORM_FIELDS: Final = ("platform", "package", "signing_certificate", "public_key")


def _platforms(value: object) -> tuple[RegisteredPlatform, ...]:
    return _each(value, _platform)


def _platform(value: object) -> RegisteredPlatform:
    if not isinstance(value, dict):
        raise _RefusedError(f"{type(value).__name__} given", f"an object with {', '.join(_PLATFORM_FIELDS)}")
    texts: dict[str, str] = {}
    for name, item in value.items():
        if name not in _PLATFORM_FIELDS:
            suggestion = nearest(str(name), _PLATFORM_FIELDS)
            hint = f"did you mean {suggestion}?" if suggestion else "remove it"
            raise _RefusedError("unknown field", f"one of {', '.join(_PLATFORM_FIELDS)}", hint, f"/{shown(name)}")
        if item is not None:
            texts[name] = _text(item)
    named = texts.pop("platform", None)
    platform = None if named is None else _PLATFORM.get(named) or Platform.read(named)
    if named is not None and platform is None:
        raise _RefusedError(f"{quote(named)} is not a platform", f"one of {', '.join(Platform)}", at="/platform")
    return RegisteredPlatform(platform=platform, **texts)


_FIELDS: Final[dict[str, Callable[[object], object]]] = {
    "registration_number": _number,
    "status": _status,
    "observed_at": _time,
    "source": _source,
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
_DEMANDED: Final = ("registration_number", "status", "observed_at", "source")
_NAMES: Final = (*_FIELDS, "entity_number")


class _Reader:
    """Reads one row and keeps every defect."""

    def __init__(self, row: dict[str, object]) -> None:
        self.row = row
        self.defects: list[Defect] = []

    def values(self, observed_at: datetime | None, source: str | None) -> dict[str, object]:
        """What could be read."""
        for name, usual in (("observed_at", observed_at), ("source", source)):
            if usual is not None and self.row.get(name) is None:
                self.row.pop(name, None)  # its defects are told last
                self.row[name] = usual
        values: dict[str, object] = {}
        for name, given in self.row.items():
            if given is not None:
                reader = _FIELDS.get(name)
                if reader is None:
                    self._unknown(name)
                    continue
                try:
                    values[name] = reader(given)
                except Exception as error:  # noqa: BLE001 -- an object of the caller's may raise anything when it is read
                    self._unread(name, given, error)
        self._complete(values)
        return values

    def _unread(self, name: str, given: object, error: Exception) -> None:
        if isinstance(error, _RefusedError):
            place = f"{name}{error.at}"
            self._refuse("record.value", place, error.message, expected=error.expected, hint=error.hint)
        else:
            self._refuse("record.value", name, f"{type(given).__name__} that raises {type(error).__name__}")

    def _unknown(self, name: str) -> None:
        if name == "entity_number":  # held against the number, once everything was read
            return
        suggestion = nearest(str(name), _NAMES)
        hint = f"did you mean {suggestion}?" if suggestion else "remove it"
        self._refuse("record.unknown_field", shown(name), f"unknown field {quote(name)}", hint=hint)

    def _refuse(self, code: str, name: str, message: str, *, expected: str = "", hint: str = "") -> None:
        self.defects.append(Defect(code, f"/{name}", message, expected, hint))

    def _complete(self, values: dict[str, object]) -> None:
        missing = [name for name in _DEMANDED if name not in values]
        if missing:
            refused = {defect.place for defect in self.defects}
            for name in missing:
                if f"/{name}" not in refused:
                    self._refuse("record.missing", name, "missing", expected="a value")
        number = values.get("registration_number")
        if isinstance(number, RegistrationNumber):
            self._agree(number, values.get("kind"))
        document = values.get("document_number")
        if document:
            values["document_number"] = _normal_document(values.get("document_type"), str(document))

    def _agree(self, number: RegistrationNumber, kind: object) -> None:
        """A row whose own fields contradict each other belongs to nobody."""
        entity = self.row.get("entity_number")
        if entity is not None and _entity(entity) != number.entity_number:
            message = f"{quote(entity)} is not the entity of {number}"
            self._refuse("record.contradiction", "entity_number", message, expected=number.entity_number)
        if kind is not None and number.service_kind is not None and kind != number.service_kind:
            message = f"{kind} contradicts {number}"
            self._refuse("record.contradiction", "kind", message, expected=str(number.service_kind))


def _normal_document(document_type: object, number: str) -> str:
    """The form in which a document's number is compared; what is wrong with it is not asked."""
    if number.isascii() and number.isalnum() and number == number.upper():
        return number
    known = DocumentType.read(document_type) if isinstance(document_type, str) else None
    return normal_form(known or DocumentType.OTHER, number)


def _entity(value: object) -> str | None:
    try:
        return parse(value).canonical
    except InvalidNumber:
        return None
