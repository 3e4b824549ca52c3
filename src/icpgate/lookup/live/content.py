"""What a live registry holds, for people and for other programs; and records into it from a file."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from icpgate.errors import ConfigurationError, Defect
from icpgate.lookup.clocks import SystemClock
from icpgate.lookup.live.database import create_database, open_database
from icpgate.lookup.live.records import all_records, meta, put_record, record_by_number
from icpgate.lookup.snapshot.exporting import write_records
from icpgate.lookup.snapshot.importing import READERS
from icpgate.lookup.snapshot.sourcefile import identified
from icpgate.lookup.snapshot.staging import Defects, checked, placed
from icpgate.record import RegistrationRecord, write_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import TextIO

    from icpgate.lookup.live.database import Connection
    from icpgate.number import RegistrationNumber

__all__ = ["LiveImport", "export_live", "import_live", "init_live", "show_live", "stats_live"]


class LiveImport(NamedTuple):
    """What an import came to."""

    registry: str
    rows: int
    taken: int
    older: int

    def __str__(self) -> str:
        """One line."""
        return f"{self.registry}: {self.rows:,} rows read: {self.taken:,} taken, {self.older:,} older not taken"


def init_live(url: str, *, simulated: bool, authoritative: bool, scope: str, source: str) -> str:
    """Make an empty live registry, and say what it is called; raises `RegistryStoreError`."""
    with closing(
        create_database(url, simulated=simulated, authoritative=authoritative or None, scope=scope, source=source)
    ) as database:
        return database.url_id


def show_live(url: str, number: RegistrationNumber) -> RegistrationRecord | None:
    """The record of exactly this number, or None; raises `RegistryStoreError`."""
    with closing(open_database(url)) as database:
        return database.read(lambda connection: record_by_number(connection, number.canonical))


def export_live(url: str, stream: TextIO, form: str) -> None:
    """Write every record in the order of its number, as `jsonl` or `csv`; raises `RegistryStoreError`."""
    with closing(open_database(url)) as database:
        database.read(lambda connection: write_records(all_records(connection), stream, form))


def stats_live(url: str) -> dict[str, object]:
    """What the registry holds, and for what it may say *no*; raises `RegistryStoreError`."""
    with closing(open_database(url)) as database:
        return database.read(lambda connection: {"registry": database.url_id, **_stats(connection)})


def _stats(connection: Connection) -> dict[str, object]:
    records = list(all_records(connection))
    times = [record.observed_at for record in records]
    return {
        "records": len(records),
        "simulated": meta(connection, "simulated") != "0",
        "authoritative": meta(connection, "authoritative") == "1",
        "scope": meta(connection, "scope"),
        "source": meta(connection, "source"),
        "by_status": dict(Counter(record.status.value for record in records)),
        "by_kind": dict(Counter("" if record.kind is None else record.kind.value for record in records)),
        "observed": None if not times else {"oldest": write_time(min(times)), "newest": write_time(max(times))},
        "applications": dict(_counts(connection, "SELECT state, count(*) FROM application GROUP BY state")),
    }


def _counts(connection: Connection, sql: str) -> Iterator[tuple[str, int]]:
    return ((str(name), int(count)) for name, count in sorted(connection.rows(sql)))


def import_live(
    url: str,
    files: Sequence[str],
    *,
    form: str | None = None,
    encoding: str | None = None,
    observed_at: datetime | None = None,
    source: str | None = None,
) -> LiveImport:
    """
    Take the records of files into a live registry, all of them or none.

    An older observation does not replace a newer one. A number that the registration procedure keeps is refused: its
    record follows from its registration. What the files lack says nothing here. Raises `RegistryImportError` with the
    places of everything wrong, and `RegistryStoreError`.
    """
    if observed_at is not None and observed_at.tzinfo is None:
        raise ConfigurationError("observed_at needs a zone", code="import.observed_at")
    with closing(open_database(url)) as database:
        simulated = database.read(lambda connection: meta(connection, "simulated")) != "0"
        defects = Defects(", ".join(files))
        rows = list(_rows(files, (form, encoding), (observed_at, source), defects, simulated=simulated))

        def work(connection: Connection) -> int:
            older = 0
            for place, record in rows:
                number = record.registration_number.canonical
                if connection.row("SELECT 1 FROM registration WHERE number = ?", number) is not None:
                    hint = "icpgate registration observe says that it was looked at again"
                    message = f"{number} is kept by the registration procedure"
                    defects.add(Defect("import.registration", place, message, hint=hint))
                    continue
                known = record_by_number(connection, number)
                if known is not None and known.observed_at > record.observed_at:
                    older += 1
                else:
                    put_record(connection, record)
            defects.refuse()
            return older

        defects.refuse()
        older = database.write(work)
        return LiveImport(database.url_id, len(rows), len(rows) - older, older)


def _rows(
    files: Sequence[str],
    how: tuple[str | None, str | None],
    stated: tuple[datetime | None, str | None],
    defects: Defects,
    *,
    simulated: bool,
) -> Iterator[tuple[str, RegistrationRecord]]:
    now = SystemClock().now()
    for name in files:
        file = identified(name, *how)
        with file.text() as text:
            for line, given in READERS[file.form](text):
                place = f"{file.path}:{line}"
                found = checked(given, *stated, now, simulated=simulated)
                if isinstance(found, RegistrationRecord):
                    yield place, found
                else:
                    for defect in found:
                        defects.add(placed(defect, place))
