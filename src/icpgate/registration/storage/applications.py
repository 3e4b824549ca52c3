"""Applications and their verifications."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from icpgate.lookup.snapshot.layout import moment_of
from icpgate.registration.application import Subject, Verification
from icpgate.registration.states import Purpose, State
from icpgate.registration.storage.columns import as_written, blob, micro, moment, written

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from icpgate.jsontext import Json
    from icpgate.lookup.live.database import Connection

__all__ = [
    "Kept",
    "add_verification",
    "application_row",
    "application_rows",
    "applications_about",
    "insert_application",
    "open_applications",
    "save_application",
    "verifications_of",
]


@dataclass(frozen=True, slots=True)
class Kept:
    """An application's row. `persons` are sealed, for the application `persons_of`."""

    id: str
    purpose: Purpose
    state: State
    form: Mapping[str, Json] = field(repr=False)
    form_digest: str
    operator_account: str
    created_at: datetime
    updated_at: datetime
    taken_in_by: str = ""
    province: str = ""
    number: str | None = None
    entity_number: str | None = None
    access_provider: str = ""
    next_account: str = ""
    sms_until: datetime | None = None
    review_from: datetime | None = None
    notes: tuple[str, ...] = ()
    persons: bytes | None = field(default=None, repr=False)
    persons_of: str = ""
    persons_kept: tuple[str, ...] = ()
    revision: int = 1


_APPLICATION: Final = (
    "id, purpose, state, form, form_digest, persons, persons_of, persons_kept, operator_account, taken_in_by,"
    " province, number, entity_number, access_provider, next_account, sms_until, review_from, notes, revision,"
    " created_at, updated_at"
)


@as_written
def _kept(row: tuple[Any, ...]) -> Kept:
    return Kept(
        id=row[0],
        purpose=Purpose(row[1]),
        state=State(row[2]),
        form=json.loads(row[3]),
        form_digest=row[4],
        persons=blob(row[5]),
        persons_of=row[6],
        persons_kept=tuple(json.loads(row[7])),
        operator_account=row[8],
        taken_in_by=row[9],
        province=row[10],
        number=row[11],
        entity_number=row[12],
        access_provider=row[13],
        next_account=row[14],
        sms_until=moment(row[15]),
        review_from=moment(row[16]),
        notes=tuple(json.loads(row[17])),
        revision=row[18],
        created_at=moment_of(row[19]),
        updated_at=moment_of(row[20]),
    )


def _of_kept(kept: Kept) -> tuple[object, ...]:
    return (
        kept.purpose.value,
        kept.state.value,
        written(kept.form),
        kept.form_digest,
        kept.persons,
        kept.persons_of,
        written(kept.persons_kept),
        kept.operator_account,
        kept.taken_in_by,
        kept.province,
        kept.number,
        kept.entity_number,
        kept.access_provider,
        kept.next_account,
        micro(kept.sms_until),
        micro(kept.review_from),
        written(kept.notes),
        kept.revision,
        micro(kept.created_at),
        micro(kept.updated_at),
    )


def insert_application(connection: Connection, kept: Kept) -> None:
    """Write down a new application."""
    marks = ", ".join("?" * 21)
    connection.execute(f"INSERT INTO application ({_APPLICATION}) VALUES ({marks})", kept.id, *_of_kept(kept))  # noqa: S608 -- our own columns


def save_application(connection: Connection, kept: Kept) -> None:
    """Write down how an application stands now."""
    columns = ", ".join(f"{name.strip()} = ?" for name in _APPLICATION.split(",")[1:])
    connection.execute(f"UPDATE application SET {columns} WHERE id = ?", *_of_kept(kept), kept.id)  # noqa: S608 -- our own columns


def application_row(connection: Connection, id: str, *, lock: bool = False) -> Kept | None:  # noqa: A002 -- the word of the field
    """The application; with `lock` nobody else changes it until the transaction ends."""
    suffix = connection.for_update if lock else ""
    row = connection.row(f"SELECT {_APPLICATION} FROM application WHERE id = ?{suffix}", id)  # noqa: S608 -- our own columns
    return None if row is None else _kept(row)


def application_rows(
    connection: Connection, states: Collection[State], after: str, limit: int, *, where: Sequence[tuple[str, str]] = ()
) -> list[Kept]:
    """Applications in these states with an id beyond `after`, oldest first; `where` are columns and their values."""
    marks = ", ".join("?" * len(states))
    more = "".join(f" AND {column}" for column, _ in where)
    found = f"SELECT {_APPLICATION} FROM application WHERE state IN ({marks}) AND id > ?{more}"  # noqa: S608 -- our own columns
    sql = f"{found} ORDER BY id LIMIT {int(limit)}"
    values = [value for _, value in where]
    return [_kept(row) for row in connection.rows(sql, *(state.value for state in states), after, *values)]


def applications_about(connection: Connection, number: str) -> list[Kept]:
    """Every application that is, or was, about a registration, oldest first."""
    sql = f"SELECT {_APPLICATION} FROM application WHERE number = ? ORDER BY id"  # noqa: S608 -- our own columns
    return [_kept(row) for row in connection.rows(sql, number)]


def open_applications(connection: Connection, number: str, entity_number: str, *, lock: bool = False) -> list[Kept]:
    """The applications under way about a registration, or about its whole entity."""
    suffix = connection.for_update if lock else ""
    final = ", ".join(f"'{state.value}'" for state in State if state.is_final)
    sql = (
        f"SELECT {_APPLICATION} FROM application WHERE (number = ? OR (entity_number = ? AND purpose = ?))"  # noqa: S608 -- our own words
        f" AND state NOT IN ({final}) ORDER BY id{suffix}"
    )
    return [_kept(row) for row in connection.rows(sql, number, entity_number, Purpose.CANCEL_ENTITY.value)]


def add_verification(connection: Connection, application: str, verification: Verification) -> None:
    """Write down a verification."""
    connection.execute(
        "INSERT INTO verification (application, subject, method, passed, evidence, note, form_digest, verified_by,"
        " verified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        application,
        verification.subject.value,
        verification.method,
        int(verification.passed),
        verification.evidence,
        verification.note,
        verification.form_digest,
        verification.by,
        micro(verification.at),
    )


@as_written
def verifications_of(connection: Connection, application: str) -> tuple[Verification, ...]:
    """All of them, in their order."""
    rows = connection.rows(
        "SELECT subject, method, passed, evidence, note, form_digest, verified_by, verified_at FROM verification"
        " WHERE application = ? ORDER BY id",
        application,
    )
    return tuple(
        Verification(Subject(row[0]), row[1], bool(row[2]), row[3], row[4], row[5], row[6], moment_of(row[7]))
        for row in rows
    )
