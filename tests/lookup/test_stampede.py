"""
However many ask for one key at once, the registry is asked once; and nobody harms another by leaving.

The big counts (2,000 tasks and 200 threads, 100 rounds) run with `make soak`.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Found
from icpgate.lookup import Cache, Limits, LookupClient
from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.steps import GetMany
from icpgate.testing import FixedClock
from icpgate.testing.serving import RegistryServer
from tests.awaited import CLIENTS
from tests.cases import NUMBER, memory, registered
from tests.lookup.cache.servers import Valkey, started
from tests.lookup.crowd import Crowd, Everything, numbered, pair_of
from tests.lookup.crowd_process import A_BUSY_MACHINE, Process
from tests.lookup.files import by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.lookup.steps import LevelStep

ROUNDS = 5
PROCESSES = 4
EARLIER = datetime.now(UTC) - timedelta(hours=2)
LATER = EARLIER + timedelta(hours=1)


def test_one_request_however_many_ask_and_leave() -> None:
    """300 tasks and 50 threads, of whom a third is cancelled or leaves: one request, and nothing is left behind."""

    async def rounds() -> None:
        with RegistryServer(Everything()) as server:
            async with pair_of(server) as pair:
                for position in range(ROUNDS):
                    await Crowd(300, 50, position).round(pair, server, numbered(position))

    asyncio.run(rounds())


def test_a_load_that_lands_between_a_look_and_a_join(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that found nothing, and then nobody who was loading it, looks once more before it asks."""
    with RegistryServer(Everything()) as server:
        cache = Cache()
        with LookupClient(server.url, cache=cache) as one, LookupClient(server.url, cache=cache) as other:
            join = cache.flights.join

            def late(key: str, *, now: float, ends: float) -> object:
                monkeypatch.setattr(cache.flights, "join", join)
                other.look_up(numbered(0))
                return join(key, now=now, ends=ends)

            monkeypatch.setattr(cache.flights, "join", late)
            assert one.look_up(numbered(0)) is other.look_up(numbered(0))
            assert server.requests == 1
            assert len(cache.flights) == one.status.loading == 0


class Held:
    """A second level that keeps nothing, and in which somebody who is dead has every lock."""

    name = "held"

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        return (None,) * len(step.keys) if isinstance(step, GetMany) else None

    def for_loop(self) -> None:
        """See `Level.for_loop`."""

    def close(self) -> None:
        """See `Level.close`."""


@pytest.mark.parametrize("kind", CLIENTS, ids=["blocking", "asynchronous"])
@pytest.mark.parametrize("seconds", [0.5, 4.0, 60.0])
def test_a_lock_that_is_never_given_back_leaves_time_to_ask(kind: type[LookupClient], seconds: float) -> None:
    """A caller waits for others half of its time at most, and never for more than two of them; then it asks."""
    clock = FixedClock(datetime.now(UTC))
    registry = Everything()
    registry.capabilities = replace(registry.capabilities, quick=False)
    with kind(registry, cache=Cache(level=Held()), limits=Limits(seconds=seconds), clock=clock) as client:
        assert isinstance(client.look_up(numbered(0)).answer, Found)
    assert clock.monotonic() <= min(seconds / 2, 6.0) + 0.1


@pytest.mark.parametrize("steps", range(12))
def test_whoever_is_cancelled_at_any_moment_harms_nobody(steps: int) -> None:
    """The first caller, who began the load, is cancelled after so many turns of the loop; the second is answered."""

    async def cancelled() -> None:
        with RegistryServer(Everything()) as server:
            async with pair_of(server) as pair:
                first = asyncio.create_task(pair.awaiting.look_up(numbered(0)))
                for _ in range(steps):
                    await asyncio.sleep(0)
                second = asyncio.create_task(pair.awaiting.look_up(numbered(0)))
                await asyncio.sleep(0)
                first.cancel()
                await asyncio.gather(first, return_exceptions=True)
                assert "registered" in str((await second).answer)
                assert server.requests == 1

    asyncio.run(cancelled())


@dataclass
class Place:
    """Several processes, the registry they ask, and the cache they share."""

    server: RegistryServer
    valkey: Valkey
    processes: list[Process]


@pytest.fixture(scope="module")
def shared() -> Iterator[Place]:
    """Four of them; each test takes what it wants of the server, and empties the cache."""
    with ExitStack() as stack:
        server = stack.enter_context(RegistryServer(Everything()))
        valkey = stack.enter_context(started())
        processes = [Process(server.url, valkey.url) for _ in range(PROCESSES)]
        for process in processes:
            stack.enter_context(process)
        yield Place(server, valkey, processes)


def test_processes_ask_once_together(shared: Place) -> None:
    """Four processes with ten tasks and ten threads each want one key: one request, and all have its answer."""
    server = shared.server
    server.swap(memory(registered(observed_at=EARLIER.isoformat())))
    server.delay(0.05)
    before = server.requests
    for process in shared.processes:
        process.ask(NUMBER, tasks=10, threads=10)
    answers = [process.answers() for process in shared.processes]
    assert answers == [{f"registered {EARLIER.isoformat()}": 20}] * PROCESSES
    assert server.requests - before == 1


@pytest.mark.parametrize("callers", [{"threads": 3}, {"tasks": 3}], ids=["blocking", "asynchronous"])
def test_the_holder_of_the_lock_is_stopped_past_its_end(shared: Place, callers: dict[str, int]) -> None:
    """The others ask once more. What the one that was stopped brings at last is older, and nobody gets it."""
    server, [first, *others] = shared.server, shared.processes
    number = "蜀ICP备2021014694号-11A" if "tasks" in callers else "蜀ICP备2021014694号-12A"
    server.swap(memory(registered(registration_number=number, observed_at=EARLIER.isoformat())))
    server.delay(0.1)
    server.pause()
    before = server.requests
    first.ask(number, locked=2.0, **callers)
    server.wait_for_requests(before + 1)
    with first.stopped():
        cancelled = registered(registration_number=number, status="cancelled", observed_at=LATER.isoformat())
        server.swap(memory(cancelled))
        server.resume()
        for process in others:
            process.ask(number, locked=2.0, **callers)
        newer = {f"cancelled {LATER.isoformat()}": 3}
        assert [process.answers() for process in others] == [newer] * len(others)
        assert server.requests - before == 2
    assert first.answers() == newer
    for process in shared.processes:
        process.ask(number, **callers)
        assert process.answers() == newer
    with LookupClient(server.url, cache=Cache(level=RedisLevel(shared.valkey.url, timeout=A_BUSY_MACHINE))) as client:
        assert "cancelled" in str(client.look_up(by(number)).answer).lower()
    assert server.requests - before == 2
