"""
The records of a live registry: written in somebody's transaction, read by the registry.

- A row carries a checksum over all of it, so that one that was changed by hand is no record.
- In a simulated registry every record is simulated, whatever was put in and whatever its row says.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from icpgate.errors import InvalidNumber, InvalidRecord, RegistryStoreError
from icpgate.lookup.live.about import about_of, meta, set_meta
from icpgate.lookup.snapshot.body import body_of, record_of
from icpgate.lookup.snapshot.layout import microseconds, moment_of
from icpgate.lookup.snapshot.rows import checksum_of, keys_of
from icpgate.lookup.snapshot.storable import unstorable
from icpgate.number import parse
from icpgate.record import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from icpgate.lookup.live.database import Connection
    from icpgate.record import RegistrationRecord

__all__ = [
    "LiveRow",
    "all_records",
    "has_services",
    "is_elsewhere",
    "meta",
    "put_record",
    "put_records",
    "read_row",
    "record_by_number",
    "records_of_entity",
    "rows_by_key",
    "rows_by_number",
    "set_meta",
]

_AT_ONCE: Final = 500
"""Values of one query, and records that are held in memory."""


class LiveRow(NamedTuple):
    """A row of the table `record`; nobody has looked yet whether it is as it was written."""

    number: str
    observed_at: int
    source: str
    body: str
    checksum: int


_COLUMNS: Final = ", ".join(f"record.{name}" for name in LiveRow._fields)


def put_record(connection: Connection, record: RegistrationRecord) -> None:
    """
    Have the registry say this from now on, instead of what it said of the number before, whichever is newer.

    Raises `RegistryStoreError` for a record that cannot be stored.
    """
    put_records(connection, (record,))


def put_records(connection: Connection, records: Iterable[RegistrationRecord]) -> int:
    """The same for many, one look at the registry for all; how many there were."""
    simulated = about_of(connection).simulated
    count = 0
    for count, record in enumerate(records, 1):  # noqa: B007 -- it is what is returned
        _put(connection, replace(record, origin=Origin.SIMULATED) if simulated else record)
    return count


def _put(connection: Connection, record: RegistrationRecord) -> None:
    problem = unstorable(record)
    if problem is not None:
        message = f"{record.registration_number}: {problem[0]}: {problem[1]}"
        raise RegistryStoreError(message, hint="it was read wrongly where it came from", code="store.text")
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


def read_row(row: LiveRow, *, simulated: bool) -> RegistrationRecord:
    """The record of a row; raises `RegistryStoreError` when it is not as it was written."""
    number, observed, source, body, checksum = row
    try:
        if checksum_of(number, observed, source, body) == checksum:
            return record_of(body, parse(number), moment_of(observed), source, simulated=simulated)
    except (ValueError, KeyError, IndexError, OverflowError, InvalidNumber, InvalidRecord):
        pass  # its checksum was made for what `body_of` never wrote
    raise RegistryStoreError("a row is not as it was written", hint="restore the database", code="store.corrupt")


def record_by_number(connection: Connection, number: str) -> RegistrationRecord | None:
    """The record of a canonical number; raises `RegistryStoreError` for a row that is not as it was written."""
    row = rows_by_number(connection, [number]).get(number)
    return None if row is None else read_row(row, simulated=about_of(connection).simulated)


def records_of_entity(connection: Connection, entity_number: str) -> tuple[RegistrationRecord, ...]:
    """The entity's own record and its services', in the order of their numbers; raises as `record_by_number`."""
    sql = f"SELECT {_COLUMNS} FROM record WHERE entity_number = ? ORDER BY number"  # noqa: S608 -- our own columns
    simulated = about_of(connection).simulated
    return tuple(read_row(LiveRow(*row), simulated=simulated) for row in connection.rows(sql, entity_number))


def rows_by_number(connection: Connection, numbers: Iterable[str]) -> dict[str, LiveRow]:
    """The rows of those canonical numbers that have one."""
    found: dict[str, LiveRow] = {}
    for part in _parts(numbers):
        sql = f"SELECT {_COLUMNS} FROM record WHERE number IN ({_marks(part)})"  # noqa: S608 -- our own columns
        found.update((row[0], LiveRow(*row)) for row in connection.rows(sql, *part))
    return found


def rows_by_key(connection: Connection, keys: Iterable[int]) -> Mapping[int, Sequence[LiveRow]]:
    """The rows with each key of `snapshot.rows`, by number; others may share it: what is found must echo."""
    found: defaultdict[int, list[LiveRow]] = defaultdict(list)
    for part in _parts(keys):
        sql = (
            f"SELECT record_key.key, {_COLUMNS} FROM record_key JOIN record ON record.number = record_key.number"  # noqa: S608 -- our own columns
            f" WHERE record_key.key IN ({_marks(part)}) ORDER BY record.number"
        )
        for key, *row in connection.rows(sql, *part):
            found[key].append(LiveRow(*row))
    return found


def has_services(connection: Connection, entity_number: str) -> bool:
    """Whether any record of the entity is there."""
    return connection.row("SELECT 1 FROM record WHERE entity_number = ? LIMIT 1", entity_number) is not None


def is_elsewhere(connection: Connection, number: str, entity_number: str) -> bool:
    """Whether a number that was not found is there all the same, under its entity: then an index is damaged."""
    sql = "SELECT 1 FROM record WHERE entity_number = ? AND number || '' = ?"  # an expression has no index
    return connection.row(sql, entity_number, number) is not None


def all_records(connection: Connection) -> Iterator[RegistrationRecord]:
    """Every record in the order of its number, a few in memory at a time; raises as `record_by_number`."""
    simulated = about_of(connection).simulated
    sql = f"SELECT {_COLUMNS} FROM record WHERE number > ? ORDER BY number LIMIT {_AT_ONCE}"  # noqa: S608 -- our own columns
    last = ""
    while rows := [LiveRow(*row) for row in connection.rows(sql, last)]:
        for row in rows:
            yield read_row(row, simulated=simulated)
        last = rows[-1].number


def _parts(values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    distinct = tuple(dict.fromkeys(values))
    return (distinct[start : start + _AT_ONCE] for start in range(0, len(distinct), _AT_ONCE))


def _marks(values: tuple[Any, ...]) -> str:
    return ", ".join("?" * len(values))
