"""What is particular to the level on an event loop: nobody blocks it, and nobody takes another's reply away."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING

import pytest

from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.cache.redis_async import Patience
from icpgate.lookup.steps import GetMany, Lock, PutMany, StoredEntry
from tests.lookup.cache.servers import Impostor, Valkey, started

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from icpgate.lookup.cache.level import AsyncLevel

PATIENT = 5.0


def on_loop(url: str, work: Callable[[AsyncLevel], Awaitable[None]], **options: float) -> RedisLevel:
    """Use a level on a loop of its own, and close both; the level is returned to be looked at."""
    level = RedisLevel(url, **options)  # type: ignore[arg-type]  # by name

    async def run() -> None:
        on_this = level.for_loop()
        try:
            await work(on_this)
        finally:
            await on_this.close()
            await on_this.close()

    asyncio.run(run())
    level.close()
    return level


def entries(count: int) -> tuple[StoredEntry, ...]:
    """As many, each with its own number."""
    return tuple(StoredEntry(f"k{number}", b"%d" % number, 1_000, 60.0) for number in range(count))


async def number_of(level: AsyncLevel, number: int) -> bytes | None:
    """What the level has under a key."""
    found = await level.perform(GetMany((f"k{number}",)))
    return found[0] if isinstance(found, tuple) else None


def test_a_thousand_at_once_need_a_few_connections(valkey: Valkey) -> None:
    """What gathers is sent together, and everybody gets what belongs to him."""

    async def work(level: AsyncLevel) -> None:
        await level.perform(PutMany(entries(1_000)))
        found = await asyncio.gather(*(number_of(level, number) for number in range(1_000)))
        assert found == [b"%d" % number for number in range(1_000)]
        locks = await asyncio.gather(*(level.perform(Lock("k", 30.0)) for _ in range(1_000)))
        assert sum(map(bool, locks)) == 1

    before = valkey.say("INFO", "stats")["total_connections_received"]
    assert on_loop(valkey.url, work, timeout=PATIENT).failures == 0
    assert valkey.say("INFO", "stats")["total_connections_received"] - before <= 6


def test_cancelled_in_flight(valkey: Valkey) -> None:
    """Whoever leaves early, at whatever moment, changes nothing for the others (F80)."""
    chance = random.Random(20_261_124)  # noqa: S311 -- the same every time

    async def work(level: AsyncLevel) -> None:
        await level.perform(PutMany(entries(100)))
        for _ in range(20):
            tasks = {number: asyncio.create_task(number_of(level, number)) for number in range(100)}
            for number in chance.sample(range(100), 50):
                for _ in range(chance.randrange(3)):
                    await asyncio.sleep(0)
                tasks[number].cancel()
            results = await asyncio.gather(*tasks.values(), return_exceptions=True)
            for number, result in zip(tasks, results, strict=True):
                assert result == b"%d" % number or isinstance(result, asyncio.CancelledError)

    assert on_loop(valkey.url, work, timeout=PATIENT).failures == 0


def test_cancelled_while_the_server_is_frozen() -> None:
    """The next one gets its own reply, when there are replies again (F80)."""
    with started() as server:

        async def work(level: AsyncLevel) -> None:
            await level.perform(PutMany(entries(2)))
            with server.frozen():
                task = asyncio.create_task(number_of(level, 0))
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert await number_of(level, 1) == b"1"

        on_loop(server.url, work, timeout=PATIENT)


def test_all_are_cancelled_before_anything_is_sent(valkey: Valkey) -> None:
    """Then nothing is."""

    async def work(level: AsyncLevel) -> None:
        tasks = [asyncio.create_task(number_of(level, 0)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
        assert await number_of(level, 0) is None

    assert on_loop(valkey.url, work, timeout=PATIENT).failures == 0


def test_a_frozen_server_blocks_no_loop() -> None:
    """Everything else goes on meanwhile (F75)."""
    with started() as server:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0.001)
                turns += 1

        async def work(level: AsyncLevel) -> None:
            await number_of(level, 0)
            counting = asyncio.create_task(count())
            with server.frozen():
                found = await asyncio.gather(*(number_of(level, number) for number in range(500)))
            counting.cancel()
            assert found == [None] * 500

        on_loop(server.url, work)
        assert turns > 5


def test_one_tries_after_the_pause() -> None:
    """The others are told at once that it is still gone."""
    with started() as server:

        async def work(level: AsyncLevel) -> None:
            with server.frozen():
                await number_of(level, 0)
                await asyncio.sleep(0.06)
                keys = tuple(f"k{number}" for number in range(100))
                found = await asyncio.gather(*(level.perform(GetMany(keys)) for _ in range(9)))
            assert found == [None] * 9

        assert on_loop(server.url, work, pause=0.05).failures == 2


def test_a_loop_that_was_busy_has_not_waited() -> None:
    """A reply that arrived while something else kept the loop for long is read, and is no failure."""

    def answer(_: list[bytes]) -> bytes:
        time.sleep(0.02)
        return b"$-1\r\n"

    async def work(level: AsyncLevel) -> None:
        for _ in range(3):
            task = asyncio.create_task(level.perform(GetMany(("k",))))
            while not server.commands:  # noqa: ASYNC110 -- a thread sets it
                await asyncio.sleep(0)
            time.sleep(0.4)  # noqa: ASYNC251 -- the misbehaviour in question
            assert await task == (None,)
            server.commands.clear()

    with Impostor(answer) as server:
        assert on_loop(server.url, work).failures == 0


def test_patience_has_an_end() -> None:
    """Also when the loop is always busy."""

    async def be_busy() -> None:
        async with Patience(0.02):
            while True:
                time.sleep(0.02)  # noqa: ASYNC251 -- the misbehaviour in question
                await asyncio.sleep(0)

    async def work() -> None:
        begin = time.monotonic()
        with pytest.raises(TimeoutError):
            await be_busy()
        assert time.monotonic() - begin < 2

    asyncio.run(work())


def test_closed_in_the_middle() -> None:
    """Who still waits gets nothing, and nothing is left open."""
    with started() as server:

        async def work(level: AsyncLevel) -> None:
            await level.perform(PutMany(entries(1)))
            with server.frozen():
                tasks = [asyncio.create_task(number_of(level, 0)) for _ in range(1_500)]
                await asyncio.sleep(0.02)
                await level.close()
                assert await asyncio.gather(*tasks) == [None] * 1_500

        on_loop(server.url, work, timeout=PATIENT)


def test_a_loop_that_ends_in_the_middle() -> None:
    """Its workers end with it."""
    with started() as server:
        level = RedisLevel(server.url, timeout=PATIENT)

        async def run() -> None:
            on_this = level.for_loop()
            task = asyncio.create_task(on_this.perform(GetMany(("k",))))
            await asyncio.sleep(0.01)
            with server.frozen():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await on_this.close()

        asyncio.run(run())
        level.close()


def test_one_level_on_two_loops_and_in_a_thread(valkey: Valkey) -> None:
    """Each has connections of its own; they share what there is, and what is known of its outages."""
    level = RedisLevel(valkey.url, timeout=PATIENT)

    async def put_and_get(number: int) -> None:
        on_this = level.for_loop()
        await on_this.perform(PutMany(entries(3)[number:]))
        assert await number_of(on_this, number) == b"%d" % number
        await on_this.close()

    asyncio.run(put_and_get(1))
    asyncio.run(put_and_get(2))
    assert level.perform(GetMany(("k1", "k2"))) == (b"1", b"2")
    level.close()


def test_an_outage_is_known_to_all() -> None:
    """What a thread has found out, no loop finds out again."""
    level = RedisLevel("redis://127.0.0.1:1", pause=30)
    assert level.perform(GetMany(("k",))) is None

    async def run() -> None:
        on_this = level.for_loop()
        assert await on_this.perform(GetMany(("k",))) is None
        await on_this.close()

    asyncio.run(run())
    assert level.failures == 1
    level.close()
