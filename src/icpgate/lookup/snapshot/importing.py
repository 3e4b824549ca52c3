"""
`import_records`: files into a registry file, all rows or none.

    identify the files → stage every row → merge with what is there → close → take its place
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, Defect, RegistryImportError, quote
from icpgate.lookup.drivers import SystemClock
from icpgate.lookup.scope import Scope
from icpgate.lookup.snapshot.body import contained
from icpgate.lookup.snapshot.jsonl import jsonl_rows
from icpgate.lookup.snapshot.layout import microseconds
from icpgate.lookup.snapshot.merging import Merged, merge
from icpgate.lookup.snapshot.reading import RegistryFile, uri_of
from icpgate.lookup.snapshot.sourcefile import SourceFile, identified
from icpgate.lookup.snapshot.staging import CLOCK_TOLERANCE, Defects, Stage
from icpgate.lookup.snapshot.storage import Workspace, exclusive, storage_errors
from icpgate.lookup.snapshot.table import csv_rows
from icpgate.lookup.statement import Statement
from icpgate.record import write_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TypeAlias

    from icpgate.lookup.drivers import Clock

    AnyPath: TypeAlias = "str | os.PathLike[str]"

__all__ = ["ImportReport", "import_records", "init_registry", "staged", "stated"]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """
    What an import did.

    `unchanged` records were confirmed, with a newer moment or not; `older` rows were not taken
    because something newer is known; `removed` records were older than the *no* of an authoritative
    file that lacks them.
    """

    path: str
    rows: int
    added: int
    replaced: int
    unchanged: int
    older: int
    removed: int
    records: int
    digest: str

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.path}: {self.rows:,} rows read: {self.added:,} added, {self.replaced:,} replaced, "
            f"{self.unchanged:,} unchanged, {self.older:,} older not taken, {self.removed:,} removed; "
            f"{self.records:,} records"
        )


def init_registry(path: AnyPath, *, simulated: bool = False, clock: Clock | None = None) -> None:
    """
    Make an empty registry; whatever stands at `path` stays, and is an error.

    `simulated`: for development; every record in it is of simulated origin.
    """
    now = (clock or SystemClock()).now()
    with exclusive(path) as target, storage_errors(target), Workspace(target) as work:
        if target.exists():
            message = f"{path} exists"
            raise ConfigurationError(message, hint="give another path, or remove it", code="registry.exists")
        with closing(work.new_registry()) as connection:
            _describe(connection, now, generation=1, simulated=simulated, contains=frozenset())
            work.put_in_place(connection)


def import_records(  # noqa: PLR0913 -- the options of one call, all by name
    path: AnyPath,
    file: AnyPath | Sequence[AnyPath],
    *,
    format: str | None = None,  # noqa: A002 -- the word of the command's option
    encoding: str | None = None,
    observed_at: datetime | None = None,
    source: str | None = None,
    authoritative: bool = False,
    scope: Scope | str = "all",
    replace: bool = False,
    clock: Clock | None = None,
) -> ImportReport:
    """
    Import one file, or the parts of one export, into the registry at `path`, which is made when missing.

    `observed_at` and `source` stand for rows that state none. `authoritative`: together the files
    are complete for `scope` as of `observed_at`, so that a number they lack is *not registered*;
    older records of such numbers are removed. `replace` forgets the records and statements that
    were there. Raises `RegistryImportError` with the places of everything wrong, `RegistryFileError`
    for a registry that cannot be read, `OutputError` when it cannot be written; then it is as it was.
    """
    now = (clock or SystemClock()).now()
    statement = stated(observed_at, source, Scope.parse(scope), now, authoritative=authoritative)
    paths = [file] if isinstance(file, (str, os.PathLike)) else list(file)
    files = [identified(each, format, encoding) for each in paths]
    if not files:
        message = "no file to import"
        raise ConfigurationError(message, code="import.file")
    with exclusive(path) as target:
        old = RegistryFile(str(path)) if target.exists() else None
        try:
            with storage_errors(target), Workspace(target) as work:
                return _imported(work, old, files, statement, now, replace=replace)
        finally:
            if old is not None:
                old.close()


def stated(
    observed_at: datetime | None, source: str | None, scope: Scope, now: datetime, *, authoritative: bool
) -> Statement:
    """What an import states about itself; raises `ConfigurationError` for what cannot be stated."""
    if observed_at is not None and (not isinstance(observed_at, datetime) or observed_at.tzinfo is None):
        message = f"observed_at is {quote(observed_at)}: it needs a date and time with a zone"
        raise ConfigurationError(message, hint="2026-11-24T08:00:00+08:00", code="import.observed_at")
    if observed_at is not None and observed_at > now + CLOCK_TOLERANCE:
        message = f"observed_at is {write_time(observed_at)}, which has not come yet"
        raise ConfigurationError(message, hint="say when the source looked", code="import.observed_at")
    if source is not None and not source.strip():
        message = "source is empty: it says who looked"
        raise ConfigurationError(message, code="import.source")
    if authoritative and (observed_at is None or source is None):
        message = "an authoritative file needs its moment and its source: a no must say as of when, and by whom"
        raise ConfigurationError(message, hint="--observed-at and --source", code="import.authoritative")
    return Statement(scope, authoritative, observed_at, "" if source is None else source.strip())


def _imported(
    work: Workspace, old: RegistryFile | None, files: list[SourceFile], statement: Statement, now: datetime, *,
    replace: bool,
) -> ImportReport:  # fmt: skip
    kept = None if replace else old
    with closing(work.new_registry()) as connection:
        if kept is not None:
            connection.execute("ATTACH ? AS old", (uri_of(os.path.abspath(kept.path)),))  # noqa: PTH100 -- as the reader
        connection.execute("BEGIN")
        stage = staged(connection, kept, files, statement, now, simulated=old is not None and old.about.simulated)
        merged = merge(stage, statement, None if kept is None else kept.statements)
        _note(connection, stage, statement, now, kept)
        contains = contained(stage.shapes) | (frozenset() if kept is None else kept.about.contains)
        generation = 1 if old is None else old.about.generation + 1
        records = _describe(connection, now, generation=generation, simulated=stage.simulated, contains=contains)
        connection.execute("COMMIT")
        digest = work.put_in_place(connection)
    return _report(work.target, stage.rows, merged, records, digest)


def _report(target: Path, rows: int, merged: Merged, records: int, digest: str) -> ImportReport:
    return ImportReport(
        path=str(target),
        rows=rows,
        added=merged.added,
        replaced=merged.replaced,
        unchanged=merged.unchanged,
        older=merged.older,
        removed=merged.removed,
        records=records,
        digest=digest,
    )


_READERS: Final = {"jsonl": jsonl_rows, "csv": csv_rows}


def staged(
    connection: sqlite3.Connection, kept: RegistryFile | None, files: list[SourceFile], statement: Statement,
    now: datetime, *, simulated: bool,
) -> Stage:  # fmt: skip
    """Every row of the files, laid down in the database; what is wrong with them is kept in the stage's defects."""
    stage = Stage(
        connection=connection,
        defects=Defects(", ".join(map(str, files))),
        observed_at=statement.observed_at,
        source=statement.source or None,
        now=now,
        simulated=simulated,
        sources={} if kept is None else {name: position for position, name in enumerate(kept.sources)},
    )
    for file in files:
        stage.files.append(file.path)
        before = stage.rows
        try:
            with file.text() as text:
                for row in _READERS[file.form](text):
                    stage.take(row)
        except (OSError, UnicodeDecodeError):
            defect = Defect("import.file", file.path, "changed while it was read", hint="import it again")
            raise RegistryImportError([defect], what="import") from None
        if stage.rows == before:
            hint = "a registry needs at least one row"
            raise RegistryImportError([Defect("import.empty", file.path, "no row", hint=hint)], what="import")
    stage.flush()
    return stage


def _note(
    connection: sqlite3.Connection, stage: Stage, statement: Statement, now: datetime, kept: RegistryFile | None
) -> None:
    """Write the sources and the imports, those of before first."""
    connection.executemany("INSERT INTO source VALUES (?, ?)", [(n, name) for name, n in stage.sources.items()])
    if kept is not None:
        connection.execute("INSERT INTO import SELECT * FROM old.import ORDER BY id")
    moment = statement.observed_at
    connection.execute(
        "INSERT INTO import (imported_at, observed_at, source, authoritative, scope, rows) VALUES (?, ?, ?, ?, ?, ?)",
        (
            microseconds(now),
            None if moment is None else microseconds(moment),
            statement.source or None,
            int(statement.authoritative),
            str(statement.scope),
            stage.rows,
        ),
    )


def _describe(
    connection: sqlite3.Connection, now: datetime, *, generation: int, simulated: bool, contains: frozenset[str]
) -> int:
    ((records,),) = connection.execute("SELECT count(*) FROM record").fetchall()
    about = {
        "created": microseconds(now),
        "generation": generation,
        "records": records,
        "simulated": int(simulated),
        "contains": " ".join(sorted(contains)),
    }
    connection.executemany("INSERT INTO about VALUES (?, ?)", [(name, str(value)) for name, value in about.items()])
    return int(records)
