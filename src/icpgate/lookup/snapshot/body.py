"""
The body of a stored row: everything of a record but its number, moment and source, as one text.

- Fields are joined by control characters, which no stored text may contain.
- A field that is absent in the source and one that is empty are two things, here as in a record.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from icpgate.lookup.snapshot.layout import microseconds, moment_of
from icpgate.number import ServiceKind
from icpgate.record import Origin, RegisteredPlatform, RegistrationRecord, RegistrationStatus
from icpgate.signing import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from icpgate.number import RegistrationNumber

__all__ = ["Shape", "body_of", "contained", "kind_named", "record_of", "shape_of", "status_named"]

T = TypeVar("T")

_FIELD: Final = "\x1f"
_ITEM: Final = "\x1e"
_PART: Final = "\x1d"
_EMPTY: Final = "\x02"

_STATUS: Final = {
    RegistrationStatus.REGISTERED: "r",
    RegistrationStatus.CHANGING: "c",
    RegistrationStatus.PENDING: "p",
    RegistrationStatus.RETURNED: "b",
    RegistrationStatus.CANCELLING: "l",
    RegistrationStatus.CANCELLED: "x",
    RegistrationStatus.SHELL: "s",
}
_KIND: Final = {
    ServiceKind.WEBSITE: "w",
    ServiceKind.APP: "a",
    ServiceKind.MINI_PROGRAM: "m",
    ServiceKind.QUICK_APP: "q",
}
_ORIGIN: Final = {Origin.BUREAU: "b", Origin.SIMULATED: "s"}
_FLAG: Final = {None: "-", False: "0", True: "1"}
_PLATFORM: Final = {
    None: "",
    Platform.ANDROID: "a",
    Platform.IOS: "i",
    Platform.HARMONYOS: "h",
    Platform.QUICK_APP: "k",
    Platform.WECHAT: "w",
    Platform.QQ: "q",
    Platform.ALIPAY: "p",
    Platform.BAIDU: "b",
    Platform.DOUYIN: "d",
    Platform.KUAISHOU: "s",
}


def _reverse(codes: Mapping[T, str]) -> dict[str, T]:
    return {code: value for value, code in codes.items()}


_STATUS_OF: Final = _reverse(_STATUS)
_NO_KIND: Final = "-"
# A capital letter is what the number says when the record does not: for statistics, and read as absent.
_KIND_OF: Final[dict[str, ServiceKind | None]] = (
    _reverse(_KIND) | dict.fromkeys("".join(_KIND.values()).upper()) | {_NO_KIND: None}
)
_ORIGIN_OF: Final = _reverse(_ORIGIN)
_FLAG_OF: Final = _reverse(_FLAG)
_PLATFORM_OF: Final = _reverse(_PLATFORM)
_FIELDS: Final = (
    "",
    "service_name",
    "operator",
    "document_type",
    "document_number",
    "platforms",
    "approved_at",
    "operator_kind",
    "domains",
    "pre_approvals",
    "endpoints",
    "access_providers",
)
"""The order in the body, after the five codes; what is often absent comes last and takes no room."""


def body_of(record: RegistrationRecord) -> str:
    """Everything of a record but its number, moment and source. The record is storable."""
    codes = (
        _STATUS[record.status]
        + _kind(record)
        + _ORIGIN[record.origin]
        + _FLAG[record.access_restricted]
        + _FLAG[record.blacklisted]
    )
    approved = record.approved_at
    fields = (
        codes,
        _text(record.service_name),
        _text(record.operator),
        _text(record.document_type),
        _text(record.document_number),
        _platforms(record.platforms),
        "" if approved is None else str(microseconds(approved)).removesuffix("000000") + _unit(approved),
        _text(record.operator_kind),
        _texts(record.domains),
        _texts(record.pre_approvals),
        _texts(record.endpoints),
        _texts(record.access_providers),
    )
    return _FIELD.join(fields).rstrip(_FIELD)


def _kind(record: RegistrationRecord) -> str:
    if record.kind is not None:
        return _KIND[record.kind]
    said = record.registration_number.service_kind
    return _NO_KIND if said is None else _KIND[said].upper()


def kind_named(code: str) -> str:
    """What the code of a kind stands for, whoever said it."""
    kind = _KIND_OF.get(code.lower())
    return "entity" if kind is None else kind.value


def status_named(code: str) -> str:
    """What the code of a status stands for."""
    return _STATUS_OF[code].value


def _unit(moment: datetime) -> str:
    return "u" if moment.microsecond else ""


def _text(text: str | None) -> str:
    return "" if text is None else text or _EMPTY


def _texts(texts: tuple[str, ...] | None) -> str:
    return "" if texts is None else _ITEM.join(texts) or _EMPTY


def _platforms(platforms: tuple[RegisteredPlatform, ...] | None) -> str:
    return "" if platforms is None else _ITEM.join(map(_platform, platforms)) or _EMPTY


def _platform(platform: RegisteredPlatform) -> str:
    parts = (
        _PLATFORM[platform.platform],
        _text(platform.package),
        _text(platform.signing_certificate),
        _text(platform.public_key),
    )
    return _PART.join(parts).rstrip(_PART)


def record_of(
    body: str, number: RegistrationNumber, observed_at: datetime, source: str, *, simulated: bool
) -> RegistrationRecord:
    """The record of a body; raises `ValueError` or `KeyError` for what `body_of` never wrote."""
    fields = body.split(_FIELD)
    fields += [""] * (len(_FIELDS) - len(fields))
    status, kind, origin, restricted, blacklisted = tuple(fields[0])
    return RegistrationRecord(
        registration_number=number,
        status=_STATUS_OF[status],
        observed_at=observed_at,
        source=source,
        origin=Origin.SIMULATED if simulated else _ORIGIN_OF[origin],
        service_name=_read_text(fields[1]),
        kind=_KIND_OF[kind],
        operator=_read_text(fields[2]),
        operator_kind=_read_text(fields[7]),
        document_type=_read_text(fields[3]),
        document_number=_read_text(fields[4]),
        platforms=_read_platforms(fields[5]),
        domains=_read_texts(fields[8]),
        endpoints=_read_texts(fields[10]),
        access_providers=_read_texts(fields[11]),
        approved_at=_read_moment(fields[6]),
        pre_approvals=_read_texts(fields[9]),
        access_restricted=_FLAG_OF[restricted],
        blacklisted=_FLAG_OF[blacklisted],
    )


def _read_text(text: str) -> str | None:
    if not text:
        return None
    return "" if text == _EMPTY else text


def _read_texts(text: str) -> tuple[str, ...] | None:
    if not text:
        return None
    return () if text == _EMPTY else tuple(text.split(_ITEM))


def _read_moment(text: str) -> datetime | None:
    if not text:
        return None
    return moment_of(int(text[:-1]) if text.endswith("u") else int(text) * 1_000_000)


def _read_platforms(text: str) -> tuple[RegisteredPlatform, ...] | None:
    if not text:
        return None
    return () if text == _EMPTY else tuple(_read_platform(item) for item in text.split(_ITEM))


def _read_platform(text: str) -> RegisteredPlatform:
    platform, package, certificate, key = (*text.split(_PART), "", "", "")[:4]
    return RegisteredPlatform(
        platform=_PLATFORM_OF[platform],
        package=_read_text(package),
        signing_certificate=_read_text(certificate),
        public_key=_read_text(key),
    )


_FILLED: Final = re.compile(r"[^\x1f]+")
Shape: TypeAlias = tuple[str, str]


def shape_of(body: str) -> Shape:
    """Which fields a body has, whatever stands in them."""
    return body[1:5], _FILLED.sub("+", body)


def contained(shapes: Iterable[Shape]) -> frozenset[str]:
    """The names of the fields that records of these shapes have."""
    names = {"registration_number", "entity_number", "status", "observed_at", "source", "origin"}
    for codes, filled in shapes:
        coded = zip(("kind", "origin", "access_restricted", "blacklisted"), codes, strict=True)
        names.update(name for name, code in coded if code != _NO_KIND and not code.isupper())
        names.update(name for name, mark in zip(_FIELDS, filled.split(_FIELD), strict=False) if mark and name)
    return frozenset(names)
