"""What a live registry holds, for people and for other programs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from icpgate.errors import RegistryStoreError
from icpgate.lookup.live.about import about_of
from icpgate.lookup.live.database import create_database, open_database
from icpgate.lookup.live.records import all_records, record_by_number
from icpgate.lookup.live.schema import LATEST
from icpgate.lookup.snapshot.body import kind_named, status_named
from icpgate.lookup.snapshot.exporting import by_province, write_records
from icpgate.lookup.snapshot.layout import moment_of
from icpgate.record import write_time

if TYPE_CHECKING:
    from typing import TextIO

    from icpgate.lookup.live.database import Connection
    from icpgate.number import RegistrationNumber
    from icpgate.record import RegistrationRecord

__all__ = ["export_live", "init_live", "show_live", "stats_live"]


def init_live(url: str, *, simulated: bool, authoritative: bool, scope: str, source: str) -> str:
    """Make an empty live registry, and say what it is called; raises `RegistryStoreError`."""
    with closing(
        create_database(url, simulated=simulated, authoritative=authoritative or None, scope=scope, source=source)
    ) as database:
        return database.url_id


def show_live(url: str, number: RegistrationNumber) -> tuple[str, RegistrationRecord | None]:
    """The registry's name, and the record of exactly this number, or None; raises `RegistryStoreError`."""
    with closing(open_database(url)) as database:
        return database.url_id, database.read(lambda connection: record_by_number(connection, number.canonical))


def export_live(url: str, stream: TextIO, form: str) -> tuple[str, bool]:
    """
    Write every record in the order of its number, as `jsonl` or `csv`, all as of one moment.

    The registry's name, and whether it is simulated. Raises `RegistryStoreError`.
    """

    def work(connection: Connection) -> bool:
        write_records(all_records(connection), stream, form)
        return about_of(connection).simulated

    with closing(open_database(url)) as database:
        return database.url_id, database.read(work)


def stats_live(url: str) -> dict[str, object]:
    """What the registry holds, and for what it may say *no*; raises `RegistryStoreError`."""
    with closing(open_database(url)) as database:
        return database.read(lambda connection: {"registry": database.url_id, **_stats(connection)})


def _stats(connection: Connection) -> dict[str, object]:
    about = about_of(connection)
    ((records, oldest, newest),) = connection.rows("SELECT count(*), min(observed_at), max(observed_at) FROM record")
    try:
        by_status = {status_named(code): count for code, count in _counts(connection, "substr(body, 1, 1)").items()}
        times = {"oldest": write_time(moment_of(oldest)), "newest": write_time(moment_of(newest))} if records else None
    except (KeyError, OverflowError):
        message = "a row is not as it was written"
        raise RegistryStoreError(message, hint="restore the database", code="store.corrupt") from None
    return {
        "records": records,
        "simulated": about.simulated,
        "authoritative": about.authoritative,
        "scope": str(about.scope),
        "source": about.source,
        "by_status": by_status,
        "by_kind": {kind_named(code): n for code, n in _counts(connection, "lower(substr(body, 2, 1))").items()},
        "by_province": by_province(_counts(connection, "substr(number, 1, 1)")),
        "observed": times,
        "applications": _counts(connection, "state", "application"),
        "schema_version": LATEST,
    }


def _counts(connection: Connection, expression: str, table: str = "record") -> dict[str, int]:
    rows = connection.rows(f"SELECT {expression}, count(*) FROM {table} GROUP BY 1 ORDER BY 1")  # noqa: S608 -- ours
    return {str(name): int(count) for name, count in rows}
