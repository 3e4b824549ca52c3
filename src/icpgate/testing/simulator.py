"""
A registry for tests: in memory, changed while it is asked, and made to fail as real ones do.

- It stands for the registration system itself: every answer is observed when it is asked for, unless
  it was told to be stale.
- It is asked as any other registry: by a gate, by a client, or over HTTP behind `RegistryServer`.
- Whatever it is told to do, a client still answers; what a client makes of it is what is tested.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable, Why, echoes
from icpgate.errors import ConfigurationError, quote
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.scope import Scope
from icpgate.lookup.statement import Statement, absence
from icpgate.lookup.steps import Now, ReadLocally, Sleep
from icpgate.number import parse
from icpgate.record import RegistrationRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from icpgate.answer import Answer, Query
    from icpgate.lookup.steps import Flow

__all__ = ["RegistrySimulator", "Wrong"]

_PATIENCE: Final = 30.0
"""Seconds for which an answer is held back; a test that waits for longer has forgotten it."""

_BEFORE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in rows that state no moment; no answer ever bears it."""


class Wrong(StrEnum):
    """What a registry can do that none may do. A client believes none of it."""

    RAISES = "raises"
    """It raises in place of answering."""

    TOO_FEW = "too_few"
    """It leaves the last query of a batch without an answer."""

    ANOTHER_QUERY = "another_query"
    """It answers, but to another query than was asked."""

    ANOTHER_RECORD = "another_record"
    """It finds a record that is about something else than was asked."""

    NO_WITHOUT_RIGHT = "no_without_right"
    """It says no about a number outside what it may say it of."""

    NO_ANSWER = "no_answer"
    """It returns something that is no answer at all."""


class RegistrySimulator:
    """
    Records that a test puts, changes and removes, and outages that it begins and ends.

    It may be shared by threads. Every control may be called at any time; questions that are being
    answered keep what they began with.
    """

    def __init__(
        self,
        records: Iterable[RegistrationRecord | Mapping[str, object]] = (),
        *,
        id: str = "simulator",  # noqa: A002 -- the word of the protocol
        authoritative: bool = True,
        scope: Scope | str = "all",
        cacheable: bool = True,
    ) -> None:
        """
        Begin with these records, given as to `put`; raises as `put`.

        `authoritative`: it is complete for its `scope`, so that a number it lacks there is *not
        registered*.
        """
        self.id = id
        self.capabilities = Capabilities(
            by_document=True,
            by_domain=True,
            authoritative=authoritative,
            scope=Scope.parse(scope),
            cacheable=cacheable,
        )
        self.asked: list[tuple[Query, ...]] = []
        """The batches that it was asked, whatever came of them."""
        self._records: dict[str, RegistrationRecord] = {}
        self._failure: Unavailable | None = None
        self._wrong: Wrong | None = None
        self._seconds = self._age = 0.0
        self._is_open = threading.Event()
        self._is_open.set()
        for record in records:
            self.put(record)

    def __repr__(self) -> str:
        """Its id alone: its records may have documents of people."""
        return f"RegistrySimulator({self.id!r})"

    def put(self, record: RegistrationRecord | Mapping[str, object]) -> RegistrationRecord:
        """
        Add a record, or replace the one of its number, and return it.

        A mapping is read as a row of `docs/registry.md`; raises `InvalidRecord`. What record or row state
        as their moment is not used: an answer bears the moment at which it is asked for.
        """
        if not isinstance(record, RegistrationRecord):
            record = RegistrationRecord.read(record, observed_at=_BEFORE, source=self.id)
        self._records = self._records | {record.registration_number.canonical: record}
        return record

    def change(self, number: str, **fields: object) -> RegistrationRecord:
        """
        Change fields of a record, by the names of `docs/registry.md`; None removes one.

        Returns the new record. Raises `InvalidRecord`, and `ConfigurationError` for a number without a record.
        """
        written = self._kept(number).written() | fields
        return self.put({name: value for name, value in written.items() if value is not None})

    def remove(self, number: str) -> None:
        """Take a record out; raises `ConfigurationError` when there is none."""
        gone = self._kept(number)
        self._records = {key: record for key, record in self._records.items() if record is not gone}

    def down(
        self, why: Why = Why.CONNECTION, detail: str = "simulated outage", *, retry_after: float | None = None
    ) -> None:
        """Answer nothing but *unavailable*, with this why, until `honest`; `retry_after` is in seconds."""
        self._failure = Unavailable(why, detail, retry_after)

    def slow(self, seconds: float) -> None:
        """Take so many seconds for every batch; a `FixedClock` lets them pass at once."""
        self._seconds = seconds

    def stale(self, seconds: float) -> None:
        """Give every answer as of so many seconds ago; a negative number is a clock that is ahead."""
        self._age = seconds

    def wrong(self, how: Wrong) -> None:
        """Break one promise of registries, until `honest`."""
        self._wrong = Wrong(how)

    def hold(self) -> None:
        """Take questions and answer none, until `release`; nobody is held back for longer than 30 seconds."""
        self._is_open.clear()

    def release(self) -> None:
        """Answer what was held back, and all that follows."""
        self._is_open.set()

    def honest(self) -> Self:
        """End everything that it was told: it answers at once, rightly and as of now; returns itself."""
        self._failure = self._wrong = None
        self._seconds = self._age = 0.0
        self.release()
        return self

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        self.asked.append(tuple(queries))
        records, failure, wrong, age = self._records, self._failure, self._wrong, self._age
        if not self._is_open.is_set():
            yield ReadLocally(lambda: self._is_open.wait(_PATIENCE))
        if self._seconds:
            yield Sleep(self._seconds)
        now = (yield Now()).now
        seen = now - timedelta(seconds=age)
        observations = [
            Observation(query, answer, now if isinstance(answer, Unavailable) else seen, self.id, self.id)
            for query in queries
            for answer in [failure or self._answer(query, records, seen)]
        ]
        return observations if wrong is None else _broken(wrong, observations, list(records.values()))

    def _kept(self, number: str) -> RegistrationRecord:
        record = self._records.get(parse(number).canonical)
        if record is None:
            message = f"{quote(number)} has no record here"
            raise ConfigurationError(message, hint="put(row) adds one", code="config.records")
        return record

    def _answer(self, query: Query, records: Mapping[str, RegistrationRecord], seen: datetime) -> Answer:
        found = tuple(
            replace(record, observed_at=seen, source=self.id) for record in records.values() if echoes(query, record)
        )
        if found:
            return Found(found)
        if not isinstance(query, ByNumber):
            return Unavailable(Why.NOT_LISTED, f"nothing found {type(query).__name__}")
        statement = Statement(self.capabilities.scope, self.capabilities.authoritative, seen, self.id)
        entities = {record.entity_number for record in records.values()}
        has_services = query.number.is_entity and query.number.canonical in entities
        return absence(query.number, (statement,), has_services=has_services)[0]


def _broken(how: Wrong, observations: list[Observation], records: list[RegistrationRecord]) -> list[Observation]:
    """The same answers with one promise broken; raises where that is it."""
    if how is Wrong.RAISES:
        message = "told to raise"
        raise RuntimeError(message)
    if how is Wrong.TOO_FEW:
        return observations[:-1]
    if how is Wrong.NO_ANSWER:
        return [replace(each, answer=None) for each in observations]  # type: ignore[arg-type]  # what it is told to do
    return [_misled(how, each, records) for each in observations]


_NOBODYS: Final = (ByNumber(parse("京ICP备2026999999号-9A")), ByNumber(parse("京ICP备2026999998号-9A")))


def _misled(how: Wrong, observation: Observation, records: list[RegistrationRecord]) -> Observation:
    if how is Wrong.NO_WITHOUT_RIGHT:
        return replace(observation, answer=NotRegistered("provinces:藏"))
    another = next(query for query in _NOBODYS if query != observation.query)
    if how is Wrong.ANOTHER_QUERY:
        return replace(observation, query=another)
    invented = {"registration_number": another.number.canonical, "status": "registered"}
    seen = observation.observed_at
    others = [replace(record, observed_at=seen) for record in records if not echoes(observation.query, record)]
    return replace(
        observation, answer=Found((*others, RegistrationRecord.read(invented, observed_at=seen, source="x"))[:1])
    )
