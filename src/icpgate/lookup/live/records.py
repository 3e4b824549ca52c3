"""
The records of a live registry: written in somebody's transaction, read by the registry.

A row carries a checksum over all of it, so that one that was changed by hand is no record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icpgate.errors import InvalidNumber, InvalidRecord, RegistryStoreError
from icpgate.lookup.snapshot.body import body_of, record_of
from icpgate.lookup.snapshot.layout import microseconds, moment_of
from icpgate.lookup.snapshot.rows import checksum_of, keys_of
from icpgate.number import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.lookup.live.database import Connection
    from icpgate.record import RegistrationRecord

__all__ = ["all_records", "has_services", "meta", "put_record", "record_by_number", "records_by_key", "set_meta"]

_COLUMNS = "record.number, record.observed_at, record.source, record.body, record.checksum"


def put_record(connection: Connection, record: RegistrationRecord) -> None:
    """Have the registry say this from now on, instead of what it said of the number before."""
    number, observed = record.registration_number.canonical, microseconds(record.observed_at)
    body = body_of(record)
    connection.execute(
        "INSERT INTO record (number, entity_number, observed_at, source, body, checksum) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (number) DO UPDATE SET observed_at = excluded.observed_at, source = excluded.source,"
        " body = excluded.body, checksum = excluded.checksum",
        number,
        record.entity_number,
        observed,
        record.source,
        body,
        checksum_of(number, observed, record.source, body),
    )
    connection.execute("DELETE FROM record_key WHERE number = ?", number)
    for key in sorted(keys_of(record)):
        connection.execute("INSERT INTO record_key (key, number) VALUES (?, ?)", key, number)


def _read(row: tuple[Any, ...], *, simulated: bool) -> RegistrationRecord:
    number, observed, source, body, checksum = row
    try:
        if checksum_of(number, observed, source, body) == checksum:
            return record_of(body, parse(number), moment_of(observed), source, simulated=simulated)
    except (ValueError, KeyError, IndexError, OverflowError, InvalidNumber, InvalidRecord):
        pass  # its checksum was made for what `body_of` never wrote
    raise RegistryStoreError("a row is not as it was written", hint="restore the database", code="store.corrupt")


def _is_simulated(connection: Connection) -> bool:
    """In a simulated registry every record is simulated, whatever its row says; unreadable is simulated too."""
    return meta(connection, "simulated") != "0"


def record_by_number(connection: Connection, number: str) -> RegistrationRecord | None:
    """The record of a canonical number; raises `RegistryStoreError` for a row that is not as it was written."""
    row = connection.row(f"SELECT {_COLUMNS} FROM record WHERE number = ?", number)  # noqa: S608 -- our own columns
    return None if row is None else _read(row, simulated=_is_simulated(connection))


def records_by_key(connection: Connection, key: int) -> tuple[RegistrationRecord, ...]:
    """The records with a key of `snapshot.rows`; others may share it: what is found must echo."""
    sql = (
        f"SELECT {_COLUMNS} FROM record_key JOIN record ON record.number = record_key.number"  # noqa: S608 -- our own columns
        " WHERE record_key.key = ? ORDER BY record.number"
    )
    simulated = _is_simulated(connection)
    return tuple(_read(row, simulated=simulated) for row in connection.rows(sql, key))


def has_services(connection: Connection, entity_number: str) -> bool:
    """Whether any service of the entity is recorded."""
    return connection.row("SELECT 1 FROM record WHERE entity_number = ? LIMIT 1", entity_number) is not None


def all_records(connection: Connection) -> Iterator[RegistrationRecord]:
    """Every record in the order of its number."""
    simulated = _is_simulated(connection)
    for row in connection.rows(f"SELECT {_COLUMNS} FROM record ORDER BY number"):  # noqa: S608 -- our own columns
        yield _read(row, simulated=simulated)


def meta(connection: Connection, name: str) -> str | None:
    """What the registry says of itself under a name."""
    row = connection.row("SELECT value FROM meta WHERE name = ?", name)
    return None if row is None else str(row[0])


def set_meta(connection: Connection, name: str, value: str) -> None:
    """Have it say something else."""
    connection.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )
