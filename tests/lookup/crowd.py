"""Many callers of one cold key, of whom some are cancelled and some leave: for the short tests and the big counts."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from icpgate.answer import Found, Observation, Unavailable, Why
from icpgate.lookup import AsyncLookupClient, Cache, LookupClient
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.steps import Now
from icpgate.lookup.wire.budgets import SPARE
from icpgate.record import RegistrationRecord
from tests.cases import registered
from tests.lookup.files import by

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from icpgate.answer import ByNumber, Query
    from icpgate.lookup.steps import Flow
    from icpgate.testing.serving import RegistryServer

__all__ = ["Crowd", "Everything", "Pair", "numbered", "pair_of", "settled"]

RECORD = RegistrationRecord.read(registered(observed_at=(datetime.now(UTC) - timedelta(hours=1)).isoformat()))

PATIENCE = 60.0
"""Seconds that a caller waits who is to get the answer; a busy machine may take some of them."""


def numbered(position: int) -> ByNumber:
    """A query for the number with this position: below nine million, no two alike."""
    return by(f"京ICP备{2026_000001 + position // 9}号-{position % 9 + 1}A")


class Everything:
    """A registry that has a record of every number."""

    id = "everything"
    capabilities = Capabilities(authoritative=True, quick=True)

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Whatever is asked for is registered."""
        yield Now()
        return [self._observed(query) for query in queries]

    def _observed(self, query: Query) -> Observation:
        record = replace(RECORD, registration_number=query.number)  # type: ignore[union-attr]  # it is asked by number
        return Observation(query, Found((record,)), record.observed_at, "everything", self.id)


class Pair:
    """A blocking and an asynchronous client with one cache, of one registry."""

    def __init__(self, url: str, cache: Cache) -> None:
        """Make them; `close` belongs to the loop on which they were used."""
        self.cache = cache
        self.blocking = LookupClient(url, cache=cache)
        self.awaiting = AsyncLookupClient(url, cache=cache)

    def held(self) -> dict[str, int]:
        """What is under way, by what it is."""
        worlds = list(self.awaiting._worlds.values())
        return {
            "flights": len(self.cache.flights),
            "loads": self.blocking.status.loading + self.awaiting.status.loading,
            "tasks": sum(len(world.tasks) for world in worlds) + len(asyncio.all_tasks()) - 1,
        }


@asynccontextmanager
async def pair_of(server: RegistryServer) -> AsyncIterator[Pair]:
    """Two clients of a server; by the end they must have given back what they held."""
    pair = Pair(server.url, Cache())
    try:
        yield pair
        assert 1 <= _connections(server) <= 2 * SPARE  # of either client; so few as none is used again at once
    finally:
        pair.blocking.close()
        await pair.awaiting.close()
    await _until(lambda: not _connections(server))
    assert _connections(server) == 0


def _connections(server: RegistryServer) -> int:
    assert server._running is not None
    return len(server._running._server.server_state.connections)


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for it, but not for ever."""
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0.005)


async def settled(pair: Pair) -> None:
    """Return once nothing is under way any more; what has not been given back in a while never will be."""
    await _until(lambda: not any(pair.held().values()))
    assert pair.held() == dict.fromkeys(pair.held(), 0)


@dataclass
class Crowd:
    """So many tasks and threads, and a seed for all that is left to chance."""

    tasks: int
    threads: int
    seed: int

    async def round(self, pair: Pair, server: RegistryServer, query: ByNumber) -> None:
        """
        Have them all ask at once, and hold the answer back until they do; then see what each got.

        A third of the tasks is cancelled: before they begin, while they wait, or as the answer comes.
        Every fifth round it is all of them. A third of the threads leaves early.
        """
        drawn = random.Random(self.seed)  # noqa: S311 -- a simulation's
        before = server.requests
        server.pause()
        threads = _Threads(pair, query, self.threads, drawn)
        threads_first = drawn.random() < 0.5
        if threads_first:
            threads.start()
        tasks = [asyncio.create_task(pair.awaiting.look_up(query, deadline=PATIENCE)) for _ in range(self.tasks)]
        doomed = set(tasks if self.seed % 5 == 4 else drawn.sample(tasks, self.tasks // 3))
        waiting = [task for task in tasks if task in doomed and not (drawn.random() < 0.2 and task.cancel())]
        await asyncio.sleep(0)
        if not threads_first:
            threads.start()
        await asyncio.to_thread(server.wait_for_requests, before + 1)
        loop = asyncio.get_running_loop()
        for task in waiting:
            loop.call_later(drawn.uniform(0, 0.06), task.cancel)
        loop.call_later(drawn.uniform(0, 0.06), server.resume)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(threads.join)
        await settled(pair)
        self._judge(query, [result for task, result in zip(tasks, results, strict=True) if task not in doomed], results)
        threads.judge()
        assert server.requests - before == 1

    def _judge(self, query: ByNumber, patient: Sequence[object], results: Sequence[object]) -> None:
        for result in patient:
            assert isinstance(result, Observation)
        for result in results:
            if isinstance(result, Observation):
                assert isinstance(result.answer, Found)
                assert result.query == query
                assert result.answer.record.registration_number == query.number
            else:
                assert isinstance(result, asyncio.CancelledError)


class _Threads:
    """Threads that ask, some with no patience."""

    def __init__(self, pair: Pair, query: ByNumber, count: int, drawn: random.Random) -> None:
        self._pair = pair
        self._query = query
        deadlines = [drawn.choice((PATIENCE, PATIENCE, drawn.uniform(0, 0.08))) for _ in range(count)]
        self._answers: list[tuple[float, Observation]] = []
        self._threads = [
            threading.Thread(target=self._ask, args=(deadline, drawn.choice((0.0, drawn.uniform(0, 0.08)))))
            for deadline in deadlines
        ]

    def _ask(self, deadline: float, late: float) -> None:
        time.sleep(late)
        self._answers.append((deadline, self._pair.blocking.look_up(self._query, deadline=deadline)))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def judge(self) -> None:
        """Whoever has patience gets the answer; whoever leaves has a timeout, or was lucky."""
        assert len(self._answers) == len(self._threads)
        for deadline, observation in self._answers:
            answer = observation.answer
            if deadline < PATIENCE and isinstance(answer, Unavailable):
                assert answer.why is Why.TIMEOUT
            else:
                assert isinstance(answer, Found)
                assert answer.record.registration_number == self._query.number
