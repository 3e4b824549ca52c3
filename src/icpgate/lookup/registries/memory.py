"""A registry of records in memory: for tests, examples, and a catalogue that is already loaded."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from icpgate.answer import ByDocument, ByNumber, Found, Observation, Unavailable, Why
from icpgate.errors import ConfigurationError, quote
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.scope import Scope
from icpgate.lookup.statement import Statement, absence
from icpgate.lookup.steps import Now
from icpgate.record import RegistrationRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.steps import Flow

__all__ = ["MemoryRegistry"]


class MemoryRegistry:
    """
    Records that were handed over, found by number, by document and package, and by domain.

    Nothing is normalised: a document number is found as the record has it. The records are copied
    once; a later change of the caller's list changes nothing here.
    """

    def __init__(
        self,
        records: Iterable[RegistrationRecord],
        *,
        id: str,  # noqa: A002 -- the word of the protocol
        authoritative: bool,
        observed_at: datetime,
        source: str,
        scope: Scope | str = "all",
    ) -> None:
        """
        Take the records. `observed_at` and `source` say when and by whom the whole was made.

        `authoritative`: they are complete for `scope`, so that a missing number is *not
        registered*. Raises `ConfigurationError` for two different records of one number.
        """
        if not isinstance(observed_at, datetime) or observed_at.tzinfo is None:
            message = f"observed_at is {quote(observed_at)}: it needs a date and time with a zone"
            raise ConfigurationError(message, code="config.time")
        self.id = id
        self._statement = Statement(Scope.parse(scope), authoritative, observed_at, source)
        self._found: dict[str | tuple[str, str], Found] = {}
        self._domains: dict[str, Found] = {}
        self._entities: set[str] = set()
        for record in _distinct(records).values():
            self._add(record)
        self.capabilities = Capabilities(
            by_document=True,
            by_domain=True,
            quick=True,
            authoritative=authoritative,
            scope=self._statement.scope,
            contains=frozenset(name for found in self._found.values() for name in found.record.written()),
        )

    def _add(self, record: RegistrationRecord) -> None:
        number = record.registration_number
        self._found[number.canonical] = Found((record,))
        if not number.is_entity:
            self._entities.add(number.entity_number)
        if record.document_number:
            for package in dict.fromkeys(p.package for p in record.platforms or () if p.package):
                key = (record.document_number, package)
                self._found[key] = Found((*_records(self._found.get(key)), record))
        for domain in dict.fromkeys(record.domains or ()):
            self._domains[domain] = Found((*_records(self._domains.get(domain)), record))

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        observations = []
        now: datetime | None = None
        for query in queries:
            observation = self._known(query)
            if observation is None:
                now = now or (yield Now()).now
                observation = self._missing(query, now)
            observations.append(observation)
        return observations

    def _known(self, query: Query) -> Observation | None:
        if isinstance(query, ByNumber):
            found = self._found.get(query.number.canonical)
        elif isinstance(query, ByDocument):
            found = self._found.get((query.document_number, query.package))
        else:
            found = self._domains.get(query.domain)
        if found is None:
            return None
        records = found.records
        seen = records[0].observed_at if len(records) == 1 else min(record.observed_at for record in records)
        return Observation(query, found, seen, records[0].source, self.id)

    def _missing(self, query: Query, now: datetime) -> Observation:
        if type(query) is not ByNumber:
            nothing = Unavailable(Why.NOT_LISTED, f"nothing found {type(query).__name__}")
            return Observation(query, nothing, now, self._statement.source, self.id)
        has_services = query.number.canonical in self._entities
        answer, no = absence(query.number, (self._statement,), has_services=has_services)
        seen = self._statement.observed_at if no is not None else now
        assert seen is not None  # noqa: S101 -- the constructor demands it
        return Observation(query, answer, seen, self._statement.source, self.id)


def _records(found: Found | None) -> tuple[RegistrationRecord, ...]:
    return () if found is None else found.records


def _distinct(records: Iterable[RegistrationRecord]) -> dict[str, RegistrationRecord]:
    distinct: dict[str, RegistrationRecord] = {}
    for record in records:
        if not isinstance(record, RegistrationRecord):
            message = f"{type(record).__name__} is not a record"
            raise ConfigurationError(message, hint="RegistrationRecord.read(row) makes one", code="config.records")
        known = distinct.setdefault(record.registration_number.canonical, record)
        if known != record:
            message = f"two different records of {record.registration_number}"
            raise ConfigurationError(message, hint="keep the right one", code="config.records")
    return distinct
