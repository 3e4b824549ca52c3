"""Records out of files into a live registry, all of them or none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from icpgate.errors import Defect
from icpgate.lookup.clocks import SystemClock
from icpgate.lookup.live.about import about_of
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import put_records, read_row, rows_by_number
from icpgate.lookup.scope import Scope
from icpgate.lookup.snapshot.importing import staged, stated
from icpgate.lookup.snapshot.merging import once
from icpgate.lookup.snapshot.rows import StoredRow
from icpgate.lookup.snapshot.rows import read_row as read_stored
from icpgate.lookup.snapshot.sourcefile import identified
from icpgate.lookup.snapshot.staging import Defects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.live.database import Connection
    from icpgate.lookup.snapshot.staging import Stage
    from icpgate.record import RegistrationRecord

__all__ = ["LiveImport", "import_live"]

_AT_ONCE: Final = 500


@dataclass(slots=True)
class LiveImport:
    """What an import did; `unchanged` records were confirmed, `older` rows not taken: something newer is known."""

    registry: str
    rows: int
    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    older: int = 0

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.registry}: {self.rows:,} rows read: {self.added:,} added, {self.replaced:,} replaced, "
            f"{self.unchanged:,} unchanged, {self.older:,} older not taken"
        )


def import_live(  # noqa: PLR0913 -- the options of one call, all by name
    url: str,
    files: Sequence[str],
    *,
    form: str | None = None,
    encoding: str | None = None,
    observed_at: datetime | None = None,
    source: str | None = None,
    clock: Clock | None = None,
) -> LiveImport:
    """
    Take the records of files into a live registry, in one transaction.

    `observed_at` and `source` stand for rows that state none. An older observation does not replace a newer one. A
    number that the registration procedure keeps is refused: its record follows from its registration. What the files
    lack says nothing here. Raises `RegistryImportError` with the places of everything wrong, and `RegistryStoreError`.
    """
    now = (clock or SystemClock()).now()
    statement = stated(observed_at, source, Scope.parse("all"), now, authoritative=False)
    read = [identified(each, form, encoding) for each in files]
    # A database without a name: its file, if it needs one, is nobody else's and goes with it.
    with closing(open_database(url)) as database, closing(sqlite3.connect("", isolation_level=None)) as room:
        room.execute("BEGIN")
        simulated = database.read(about_of).simulated
        stage = staged(room, None, read, statement, now, simulated=simulated)
        once(stage)
        stage.defects.refuse()
        return database.write(lambda connection: _taken(connection, stage, LiveImport(database.url_id, stage.rows)))


def _taken(connection: Connection, stage: Stage, report: LiveImport) -> LiveImport:
    report = replace(report)  # this may run twice
    defects = Defects(", ".join(stage.files))
    sources = list(stage.sources)
    for part in _parts(stage):
        rows = {
            record.registration_number.canonical: (record, place) for record, place in _placed(stage, part, sources)
        }
        _refuse_kept(connection, rows, defects)
        put_records(connection, _weighed(connection, rows, report, defects, simulated=stage.simulated))
    defects.refuse()
    return report


def _parts(stage: Stage) -> Iterator[list[tuple[object, ...]]]:
    found = stage.connection.execute(
        "SELECT number, observed_at, source, body, checksum, file, line FROM staged ORDER BY rowid"
    )
    while part := found.fetchmany(_AT_ONCE):
        yield part


def _placed(
    stage: Stage, part: list[tuple[object, ...]], sources: Sequence[str]
) -> Iterator[tuple[RegistrationRecord, str]]:
    for *row, file, line in part:
        stored = StoredRow(*row)  # type: ignore[arg-type]  # as the stage laid it down
        yield read_stored(stored, sources, simulated=stage.simulated), stage.place(int(str(file)), int(str(line)))


_Rows = dict[str, tuple["RegistrationRecord", str]]


def _refuse_kept(connection: Connection, rows: _Rows, defects: Defects) -> None:
    marks = ", ".join("?" * len(rows))
    sql = f"SELECT number FROM registration WHERE number IN ({marks}) ORDER BY number"  # noqa: S608 -- marks alone
    for (number,) in connection.rows(sql, *rows):
        hint = "icpgate registration observe says that it was looked at again"
        message = f"{number} is kept by the registration procedure"
        defects.add(Defect("import.registration", rows[number][1], message, hint=hint))


def _weighed(
    connection: Connection, rows: _Rows, report: LiveImport, defects: Defects, *, simulated: bool
) -> Iterator[RegistrationRecord]:
    """Those that say something newer."""
    there = rows_by_number(connection, rows)
    for number, (record, place) in rows.items():
        row = there.get(number)
        if row is None:
            report.added += 1
            yield record
            continue
        known = read_row(row, simulated=simulated)
        is_same = replace(known, observed_at=record.observed_at, source=record.source) == record
        if record.observed_at < known.observed_at:
            report.older += 1
        elif is_same:
            report.unchanged += 1
            yield record
        elif record.observed_at == known.observed_at:
            message = f"{number} is in the registry with other content of the same moment"
            hint = "state the later moment with --observed-at"
            defects.add(Defect("import.conflict", place, message, hint=hint))
        else:
            report.replaced += 1
            yield record
