"""Entities, registrations, and the serials of numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from icpgate.lookup.snapshot.layout import microseconds, moment_of
from icpgate.record import RegistrationStatus
from icpgate.registration.storage.columns import as_written, blob, written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from icpgate.jsontext import Json
    from icpgate.lookup.live.database import Connection

__all__ = [
    "EntityRow",
    "RegistrationRow",
    "blacklisted_entity_of",
    "entity_of_document",
    "entity_row",
    "insert_entity",
    "insert_registration",
    "next_of",
    "next_sequence",
    "registration_row",
    "registrations_of",
    "save_entity",
    "save_registration",
]


@dataclass(frozen=True, slots=True)
class EntityRow:
    """An operator's entity. One that was cancelled stays, and so does its number."""

    entity_number: str
    document_type: str
    document_number: str = field(repr=False)
    province: str
    is_active: bool
    blacklisted: bool
    last_sequence: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RegistrationRow:
    """A registration with its number; `standing` is how it stands when no application is open."""

    number: str
    entity_number: str
    sequence: int
    standing: RegistrationStatus
    blacklisted: bool
    operator_account: str
    evidence: str
    form: Mapping[str, Json] = field(repr=False)
    persons: bytes | None = field(repr=False)
    persons_of: str
    persons_kept: tuple[str, ...]
    observed_at: datetime
    approved_at: datetime


_ENTITY: Final = (
    "entity_number, document_type, document_number, province, is_active, blacklisted, last_sequence, created_at"
)


@as_written
def _entity(row: tuple[Any, ...] | None) -> EntityRow | None:
    return (
        None
        if row is None
        else EntityRow(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]), row[6], moment_of(row[7]))
    )


def entity_row(connection: Connection, entity_number: str, *, lock: bool = False) -> EntityRow | None:
    """The entity with this number; with `lock` nobody else changes it until the transaction ends."""
    suffix = connection.for_update if lock else ""
    return _entity(connection.row(f"SELECT {_ENTITY} FROM entity WHERE entity_number = ?{suffix}", entity_number))  # noqa: S608 -- our own columns


def entity_of_document(connection: Connection, document_number: str) -> EntityRow | None:
    """The living entity of an operator, with its lock."""
    sql = f"SELECT {_ENTITY} FROM entity WHERE document_number = ? AND is_active = 1{connection.for_update}"  # noqa: S608 -- our own columns
    return _entity(connection.row(sql, document_number))


def blacklisted_entity_of(connection: Connection, document_number: str) -> str | None:
    """The number of an entity of this operator that is blacklisted, living or cancelled; None where there is none."""
    sql = "SELECT MIN(entity_number) FROM entity WHERE document_number = ? AND blacklisted = 1"
    row = connection.row(sql, document_number)
    return None if row is None or row[0] is None else str(row[0])


def insert_entity(connection: Connection, entity: EntityRow) -> None:
    """Write down a new entity."""
    connection.execute(
        f"INSERT INTO entity ({_ENTITY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- our own columns
        entity.entity_number,
        entity.document_type,
        entity.document_number,
        entity.province,
        int(entity.is_active),
        int(entity.blacklisted),
        entity.last_sequence,
        microseconds(entity.created_at),
    )


def save_entity(connection: Connection, entity: EntityRow) -> None:
    """Write down whether it lives and is blacklisted, and how far its sequence is."""
    connection.execute(
        "UPDATE entity SET is_active = ?, blacklisted = ?, last_sequence = ? WHERE entity_number = ?",
        int(entity.is_active),
        int(entity.blacklisted),
        entity.last_sequence,
        entity.entity_number,
    )


def next_sequence(connection: Connection, entity: EntityRow) -> int:
    """The next place of an entity's one sequence; taken back when the transaction is."""
    following = entity.last_sequence + 1
    save_entity(connection, replace(entity, last_sequence=following))
    return following


def next_of(connection: Connection, series: str) -> int:
    """The next serial of a series; two transactions never get the same."""
    row = connection.row(
        "INSERT INTO serial (series, last_serial) VALUES (?, 1) ON CONFLICT (series) DO UPDATE"
        " SET last_serial = serial.last_serial + 1 RETURNING last_serial",
        series,
    )
    assert row is not None  # noqa: S101 -- RETURNING gives the row
    return int(row[0])


_REGISTRATION: Final = (
    "number, entity_number, sequence, standing, blacklisted, operator_account, evidence, form, persons, persons_of,"
    " persons_kept, observed_at, approved_at"
)


@as_written
def _registration(row: tuple[Any, ...]) -> RegistrationRow:
    return RegistrationRow(
        number=row[0],
        entity_number=row[1],
        sequence=row[2],
        standing=RegistrationStatus(row[3]),
        blacklisted=bool(row[4]),
        operator_account=row[5],
        evidence=row[6],
        form=json.loads(row[7]),
        persons=blob(row[8]),
        persons_of=row[9],
        persons_kept=tuple(json.loads(row[10])),
        observed_at=moment_of(row[11]),
        approved_at=moment_of(row[12]),
    )


def registration_row(connection: Connection, number: str, *, lock: bool = False) -> RegistrationRow | None:
    """The registration; with `lock` nobody else changes it until the transaction ends."""
    suffix = connection.for_update if lock else ""
    row = connection.row(f"SELECT {_REGISTRATION} FROM registration WHERE number = ?{suffix}", number)  # noqa: S608 -- our own columns
    return None if row is None else _registration(row)


def registrations_of(connection: Connection, entity_number: str, *, lock: bool = False) -> list[RegistrationRow]:
    """Every registration of an entity, in the order of its sequence."""
    suffix = connection.for_update if lock else ""
    sql = f"SELECT {_REGISTRATION} FROM registration WHERE entity_number = ? ORDER BY sequence{suffix}"  # noqa: S608 -- our own columns
    return [_registration(row) for row in connection.rows(sql, entity_number)]


def _of_registration(row: RegistrationRow) -> tuple[object, ...]:
    return (
        row.entity_number,
        row.sequence,
        row.standing.value,
        int(row.blacklisted),
        row.operator_account,
        row.evidence,
        written(row.form),
        row.persons,
        row.persons_of,
        written(row.persons_kept),
        microseconds(row.observed_at),
        microseconds(row.approved_at),
    )


def insert_registration(connection: Connection, row: RegistrationRow) -> None:
    """Write down a new registration."""
    marks = ", ".join("?" * 13)
    sql = f"INSERT INTO registration ({_REGISTRATION}) VALUES ({marks})"  # noqa: S608 -- our own columns
    connection.execute(sql, row.number, *_of_registration(row))


def save_registration(connection: Connection, row: RegistrationRow) -> None:
    """Write down how a registration stands now."""
    columns = ", ".join(f"{name.strip()} = ?" for name in _REGISTRATION.split(",")[1:])
    connection.execute(f"UPDATE registration SET {columns} WHERE number = ?", *_of_registration(row), row.number)  # noqa: S608 -- our own columns
