"""
The live registry: `sqlite:///registry.db`, `postgresql://…`. What was just written is what the next call reads.

- Nothing of it is cached: a cancellation holds from the moment at which it was committed.
- One that is authoritative is the source itself: its records are as of now, and within its scope what it lacks is
  not registered. Any other only keeps what somebody saw: its records are as old as they are.
- A database that cannot be read, or a row that is not as it was written, is neither yes nor no.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from icpgate.answer import ByDocument, ByNumber, Found, Observation, Unavailable, Why, echoes
from icpgate.errors import RegistryStoreError
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import has_services, meta, record_by_number, records_by_key
from icpgate.lookup.scope import Scope
from icpgate.lookup.snapshot.rows import document_key, domain_key
from icpgate.lookup.statement import Statement, absence
from icpgate.lookup.steps import Now, ReadLocally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpgate.answer import Answer, Query
    from icpgate.lookup.live.database import Connection, Database
    from icpgate.lookup.steps import Flow
    from icpgate.record import RegistrationRecord

__all__ = ["LiveRegistry"]

_Read: TypeAlias = "tuple[RegistrationRecord, ...] | Unavailable | None"
"""Records, of which none may have been found; why nobody can say; None: an entity without a record, with services."""


class LiveRegistry:
    """A live registry. It may be shared by threads and used after a fork."""

    def __init__(self, database: Database) -> None:
        """Over an open database, which it closes with itself; raises `RegistryStoreError`."""
        self._database = database
        about = database.read(lambda connection: {name: meta(connection, name) or "" for name in _ABOUT})
        self.id = database.url_id
        self.simulated = about["simulated"] != "0"
        self._is_source = about["authoritative"] == "1"
        self._scope = Scope.parse(about["scope"] or "all")
        self._source = about["source"] or ("simulated registry" if self.simulated else self.id)
        self.capabilities = Capabilities(
            by_document=True,
            by_domain=True,
            authoritative=self._is_source,
            scope=self._scope,
            cacheable=False,
            quick=database.quick,
            batches=True,
        )

    @classmethod
    def open(cls, url: str) -> LiveRegistry:
        """The registry at the URL; raises `RegistryStoreError`."""
        database = open_database(url)
        try:
            return cls(database)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Let go of the database; may be called twice. Whoever asks afterwards is told that nobody can say."""
        self._database.close()

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        before = (yield Now()).now
        reply = yield ReadLocally(partial(self._read, queries), quick=self._database.quick)
        if reply.error is not None:
            raise reply.error
        found = cast("list[_Read]", reply.value)  # what `_read` returned
        return [self._observation(query, each, before) for query, each in zip(queries, found, strict=True)]

    def _read(self, queries: Sequence[Query]) -> list[_Read]:
        try:
            return self._database.read(lambda connection: [_found(connection, query) for query in queries])
        except RegistryStoreError as error:
            return [Unavailable(_WHYS.get(error.code, Why.MALFORMED), error.code)] * len(queries)

    def _observation(self, query: Query, found: _Read, now: datetime) -> Observation:
        if isinstance(found, Unavailable):
            return Observation(query, found, now, self.id, self.id)
        if not found:
            return Observation(query, self._absent(query, now, has_services=found is None), now, self._source, self.id)
        records = tuple(replace(record, observed_at=now) for record in found) if self._is_source else found
        seen = min(record.observed_at for record in records)
        return Observation(query, Found(records), seen, records[0].source, self.id)

    def _absent(self, query: Query, now: datetime, *, has_services: bool) -> Answer:
        if not isinstance(query, ByNumber):
            return Unavailable(Why.NOT_LISTED, f"nothing found {type(query).__name__}")
        statement = Statement(self._scope, self._is_source, now, self._source)
        answer, _ = absence(query.number, (statement,), has_services=has_services)
        return answer


_ABOUT: Final = ("simulated", "authoritative", "scope", "source")
_WHYS: Final = {
    "store.closed": Why.CONFIGURATION,
    "store.connection": Why.CONNECTION,
    "store.open": Why.CONNECTION,
    "store.sqlite": Why.MALFORMED,
    "store.postgresql": Why.UPSTREAM_ERROR,
}


def _found(connection: Connection, query: Query) -> _Read:
    """A row that is not as it was written spoils its own query, and no other of the batch."""
    try:
        records = _records(connection, query)
    except RegistryStoreError as error:
        return Unavailable(Why.MALFORMED, error.code)
    is_entity = isinstance(query, ByNumber) and query.number.is_entity
    if not records and is_entity and has_services(connection, str(query.number)):  # type: ignore[union-attr]  # it is by number
        return None
    return records


def _records(connection: Connection, query: Query) -> tuple[RegistrationRecord, ...]:
    if isinstance(query, ByNumber):
        record = record_by_number(connection, query.number.canonical)
        return () if record is None else (record,)
    if isinstance(query, ByDocument):
        key = document_key(query.document_number, query.package)
    else:
        key = domain_key(query.domain)
    return tuple(record for record in records_by_key(connection, key) if echoes(query, record))
