"""
An entry as few bytes, for those that are seldom looked at: a third of what its objects take.

Only for this process: what comes from elsewhere goes through `encoding.py`. A packed entry unpacks
to an equal one.
"""

from __future__ import annotations

import marshal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation
from icpgate.lookup.cache.entry import Entry
from icpgate.number import RegistrationNumber, ServiceKind
from icpgate.record import Origin, RegisteredPlatform, RegistrationRecord, RegistrationStatus
from icpgate.signing import Platform

if TYPE_CHECKING:
    from icpgate.answer import Query

__all__ = ["pack", "unpack"]

_VERSION: Final = 0
"""Of marshal's format: the one that interns nothing, so that no text outlives its entry."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def pack(entry: Entry) -> bytes:
    """The bytes of an entry whose answer is *found* or *not registered*."""
    observation = entry.observation
    answer = observation.answer
    assert isinstance(answer, (Found, NotRegistered))  # noqa: S101 -- nothing else is ever kept
    said = tuple(map(_record, answer.records)) if isinstance(answer, Found) else answer.scope
    parts = (
        _query(observation.query), said, _moment(observation.observed_at), observation.source, observation.registry,
        _moment(entry.asked_at), observation.insecure_tls,
    )  # fmt: skip
    return marshal.dumps(parts, _VERSION)


def unpack(blob: bytes) -> Entry:
    """The entry of the bytes that `pack` made; of no others."""
    parts = marshal.loads(blob)  # noqa: S302 -- made by `pack` in this process
    query, said, observed_at, source, registry, asked_at, insecure_tls = parts
    answer = NotRegistered(said) if isinstance(said, str) else Found(tuple(map(_read_record, said)))
    observation = Observation(
        _read_query(query), answer, _read(observed_at), source, registry, insecure_tls=insecure_tls
    )
    return Entry(observation, _read(asked_at))


def _moment(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _read(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _number(number: RegistrationNumber) -> tuple[str, str | None, tuple[str, ...]]:
    return number.canonical, None if number.service_kind is None else number.service_kind.value, number.repairs


def _read_number(parts: tuple[str, str | None, tuple[str, ...]]) -> RegistrationNumber:
    canonical, kind, repairs = parts
    return RegistrationNumber(canonical, None if kind is None else ServiceKind(kind), repairs)


def _query(query: Query) -> tuple[Any, ...]:
    if isinstance(query, ByNumber):
        return _number(query.number)
    return (query.document_number, query.package) if isinstance(query, ByDocument) else (query.domain,)


def _read_query(parts: tuple[Any, ...]) -> Query:
    if len(parts) == 3:  # noqa: PLR2004 -- the parts of a number
        return ByNumber(_read_number(parts))
    return ByDocument(*parts) if len(parts) == 2 else ByDomain(*parts)  # noqa: PLR2004 -- a document and a package


def _platform(platform: RegisteredPlatform) -> tuple[str | None, ...]:
    kind = None if platform.platform is None else platform.platform.value
    return kind, platform.package, platform.signing_certificate, platform.public_key


def _read_platform(parts: tuple[str | None, str | None, str | None, str | None]) -> RegisteredPlatform:
    kind, package, certificate, key = parts
    return RegisteredPlatform(None if kind is None else Platform(kind), package, certificate, key)


def _record(record: RegistrationRecord) -> tuple[Any, ...]:
    return (
        _number(record.registration_number), record.status.value, _moment(record.observed_at), record.source,
        record.origin.value, record.service_name, None if record.kind is None else record.kind.value, record.operator,
        record.operator_kind, record.document_type, record.document_number,
        None if record.platforms is None else tuple(map(_platform, record.platforms)),
        record.domains, record.endpoints, record.access_providers,
        None if record.approved_at is None else _moment(record.approved_at),
        record.pre_approvals, record.access_restricted, record.blacklisted,
    )  # fmt: skip


def _read_record(parts: tuple[Any, ...]) -> RegistrationRecord:
    number, status, observed_at, source, origin, name, kind, operator, operator_kind, *more = parts
    document_type, document_number, platforms, domains, endpoints, providers, approved_at, *last = more
    pre_approvals, restricted, blacklisted = last
    return RegistrationRecord(
        registration_number=_read_number(number),
        status=RegistrationStatus(status),
        observed_at=_read(observed_at),
        source=source,
        origin=Origin(origin),
        service_name=name,
        kind=None if kind is None else ServiceKind(kind),
        operator=operator,
        operator_kind=operator_kind,
        document_type=document_type,
        document_number=document_number,
        platforms=None if platforms is None else tuple(map(_read_platform, platforms)),
        domains=domains,
        endpoints=endpoints,
        access_providers=providers,
        approved_at=None if approved_at is None else _read(approved_at),
        pre_approvals=pre_approvals,
        access_restricted=restricted,
        blacklisted=blacklisted,
    )
