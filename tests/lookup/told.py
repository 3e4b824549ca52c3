"""A registry that says what a test tells it to say, and holds its answers back on demand."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from icpgate.answer import ByNumber, Found, Observation, Unavailable, Why
from icpgate.lives import Lives
from icpgate.lookup import Capabilities
from icpgate.lookup.steps import Now, ReadLocally
from icpgate.record import RegistrationRecord
from tests.cases import NUMBER, registered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Answer, Query
    from icpgate.lookup import Cache, LookupClient
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.steps import Flow

__all__ = ["DOWN", "EXACT", "HOUR", "START", "Told", "ago", "read", "settle"]

START = datetime(2026, 9, 1, tzinfo=UTC)
"""Before any day on which the tests run: a second level reads the true clock of this machine besides."""

HOUR = 3600.0
EXACT = Lives(jitter=0)
DOWN = Unavailable(Why.UPSTREAM_ERROR, "down")

_PATIENCE = 30.0


class Told:
    """Says of everything the same: a record with some changes, another answer, or it raises."""

    def __init__(self, clock: Clock, *, id: str = "told", **capabilities: Any) -> None:  # noqa: A002 -- the word of the protocol
        """By default everything is registered, and observed when it is asked for."""
        able: dict[str, Any] = {"by_document": True, "by_domain": True, "authoritative": True, "batches": True}
        self.id = id
        self.capabilities = Capabilities(**(able | capabilities))
        self.clock = clock
        self.says: Answer | dict[str, object] | Exception = {}
        self.seen: datetime | None = None
        """When it observed; None is when it is asked."""
        self.asked: list[tuple[Query, ...]] = []
        self.closed = 0
        self._open = threading.Event()
        self._open.set()
        self._is_asked = threading.Semaphore(0)

    def hold(self) -> None:
        """Take questions, and answer none."""
        self._open.clear()

    def release(self) -> None:
        """Answer what was held back, and all that follows."""
        self._open.set()

    def wait(self, count: int = 1) -> None:
        """Return once so many more questions came."""
        for _ in range(count):
            assert self._is_asked.acquire(timeout=_PATIENCE)

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Answer every query with what it was told when it was asked."""
        says, seen = self.says, self.seen
        self.asked.append(tuple(queries))
        self._is_asked.release()
        if not self._open.is_set():
            yield ReadLocally(lambda: self._open.wait(_PATIENCE))
        if isinstance(says, Exception):
            raise says
        moment = seen or (yield Now()).now
        return [Observation(query, _answer(query, says, moment), moment, "test", self.id) for query in queries]

    def close(self) -> None:
        """Count it."""
        self.closed += 1


def _answer(query: Query, says: Answer | dict[str, object], moment: datetime) -> Answer:
    if not isinstance(says, dict):
        return says
    number = query.number.canonical if isinstance(query, ByNumber) else NUMBER
    row = registered(registration_number=number) | {"observed_at": moment.isoformat()} | says
    return Found((RegistrationRecord.read(row),))


def read(observation: Observation) -> str:
    """What it says in a word: a status, a why, or no; and how it is marked."""
    answer = observation.answer
    if isinstance(answer, Found):
        word = answer.record.status.value
    else:
        word = answer.why.value if isinstance(answer, Unavailable) else "no"
    return f"{word}, {observation.stale}" if observation.stale else word


def settle(client: LookupClient) -> None:
    """Wait until nothing is under way behind anybody's back."""
    until = time.monotonic() + _PATIENCE
    cache: Cache = client.cache
    while len(cache.flights) or client.status.loading:
        assert time.monotonic() < until
        time.sleep(0.0005)


def ago(clock: Clock, seconds: float) -> datetime:
    """A moment before now."""
    return clock.now() - timedelta(seconds=seconds)
