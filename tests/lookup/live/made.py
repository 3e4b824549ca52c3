"""Live registries, made and asked as the tests of them need it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from icpgate.lookup import LookupClient
from icpgate.lookup.live.database import create_database, open_database
from icpgate.lookup.live.records import put_records
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock
from tests.cases import NOW, registered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Observation, Query
    from icpgate.lookup.interface import Registry

__all__ = ["RECORD", "asked", "done", "made"]

RECORD = RegistrationRecord.read(registered())


def made(url: str, *records: RegistrationRecord, **about: Any) -> str:
    """A live registry with these records, by default of no claim to be the source; its URL."""
    with closing(create_database(url, **{"simulated": False} | about)) as database:
        database.write(lambda connection: put_records(connection, records))
    return url


def asked(registry: Registry, *queries: Query) -> Sequence[Observation]:
    """What it answers on the usual day; then it is closed."""
    with LookupClient(registry, clock=FixedClock(NOW)) as client:
        return client.look_up_many(queries)


def done(url: str, sql: str, *values: object) -> None:
    """Do this to the database by hand."""
    with closing(open_database(url)) as database:
        database.write(lambda connection: connection.execute(sql, *values))
