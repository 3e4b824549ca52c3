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
from icpgate.lookup.channel import marked
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.live.about import about_of
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import has_services, is_elsewhere, read_row, rows_by_key, rows_by_number
from icpgate.lookup.snapshot.rows import document_key, domain_key
from icpgate.lookup.statement import Statement, absence
from icpgate.lookup.steps import Now, ReadLocally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from icpgate.answer import Answer, Query
    from icpgate.lookup.live.about import About
    from icpgate.lookup.live.database import Connection, Database
    from icpgate.lookup.live.records import LiveRow
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
        self._about = database.read(about_of)
        self.id = database.url_id

    @classmethod
    def open(cls, url: str) -> LiveRegistry:
        """The registry at the URL; raises `RegistryStoreError`."""
        database = open_database(url)
        try:
            return cls(database)
        except BaseException:
            database.close()
            raise

    @property
    def simulated(self) -> bool:
        """Whether its numbers are made up."""
        return self._about.simulated

    @property
    def capabilities(self) -> Capabilities:
        """See `Registry.capabilities`; as the registry said when it was asked last."""
        about = self._about
        return Capabilities(
            by_document=True,
            by_domain=True,
            authoritative=about.authoritative,
            scope=about.scope,
            cacheable=False,
            quick=self._database.quick,
            batches=True,
        )

    def close(self) -> None:
        """Let go of the database; may be called twice. Whoever asks afterwards is told that nobody can say."""
        self._database.close()

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        before = (yield Now()).now
        reply = yield ReadLocally(partial(self._read, queries), quick=self._database.quick)
        if reply.error is not None:
            raise reply.error
        about, found = cast("tuple[About, list[_Read]]", reply.value)  # what `_read` returned
        observations = [self._observed(about, query, each, before) for query, each in zip(queries, found, strict=True)]
        return list(map(marked, observations)) if self._database.insecure else observations

    def _read(self, queries: Sequence[Query]) -> tuple[About, list[_Read]]:
        def work(connection: Connection) -> tuple[About, list[_Read]]:
            about = about_of(connection)
            return about, _found(connection, queries, simulated=about.simulated)

        try:
            self._about, found = self._database.read(work)
        except RegistryStoreError as error:
            return self._about, [Unavailable(_WHYS.get(error.code, Why.MALFORMED), error.code)] * len(queries)
        return self._about, found

    def _observed(self, about: About, query: Query, found: _Read, now: datetime) -> Observation:
        if isinstance(found, Unavailable):
            return Observation(query, found, now, self.id, self.id)
        source = about.source or ("simulated registry" if about.simulated else self.id)
        if not found:
            statement = Statement(about.scope, about.authoritative, now, source)
            answer = _absent(query, statement, has_services=found is None)
            return Observation(query, answer, now, source, self.id)
        records = tuple(replace(record, observed_at=now) for record in found) if about.authoritative else found
        seen = min(record.observed_at for record in records)
        return Observation(query, Found(records), seen, records[0].source, self.id)


_WHYS: Final = {
    "store.busy": Why.OVERLOADED,
    "store.closed": Why.CONFIGURATION,
    "store.connection": Why.CONNECTION,
    "store.newer": Why.CONFIGURATION,
    "store.open": Why.CONNECTION,
    "store.postgresql": Why.UPSTREAM_ERROR,
    "store.read_only": Why.UNAUTHORISED,
}


def _absent(query: Query, statement: Statement, *, has_services: bool) -> Answer:
    if not isinstance(query, ByNumber):
        return Unavailable(Why.NOT_LISTED, f"nothing found {type(query).__name__}")
    answer, _ = absence(query.number, (statement,), has_services=has_services)
    return answer


def _found(connection: Connection, queries: Sequence[Query], *, simulated: bool) -> list[_Read]:
    """A few queries to the database for all; a row that is not as it was written spoils no other's answer."""
    by_number = rows_by_number(connection, (q.number.canonical for q in queries if isinstance(q, ByNumber)))
    by_key = rows_by_key(connection, (_key_of(q) for q in queries if not isinstance(q, ByNumber)))

    def found(query: Query) -> _Read:
        if not isinstance(query, ByNumber):
            return _records(query, by_key.get(_key_of(query), ()), simulated=simulated)
        row = by_number.get(query.number.canonical)
        return _missing(connection, query) if row is None else _records(query, (row,), simulated=simulated)

    return [found(query) for query in queries]


def _key_of(query: Query) -> int:
    if isinstance(query, ByDocument):
        return document_key(query.document_number, query.package)
    assert not isinstance(query, ByNumber)  # noqa: S101 -- a number is its own key
    return domain_key(query.domain)


def _records(query: Query, rows: Iterable[LiveRow], *, simulated: bool) -> _Read:
    try:
        records = [read_row(row, simulated=simulated) for row in rows]
    except RegistryStoreError as error:
        return Unavailable(Why.MALFORMED, error.code)
    return tuple(record for record in records if echoes(query, record))


def _missing(connection: Connection, query: ByNumber) -> _Read:
    number = query.number
    if is_elsewhere(connection, number.canonical, number.entity_number):
        return Unavailable(Why.MALFORMED, "store.corrupt")
    return None if number.is_entity and has_services(connection, number.entity_number) else ()
