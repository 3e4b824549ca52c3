"""Asks one registry through a cache, on event loops. The same promises as `client.py`; only the waiting differs."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Self, cast

from icpgate.answer import Observation, Why
from icpgate.lookup.about import Client
from icpgate.lookup.asking import Asking
from icpgate.lookup.asynchronous import LoopWorld, perform
from icpgate.lookup.believing import problem_of
from icpgate.lookup.client import opened
from icpgate.lookup.interface import shut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from types import TracebackType

    from icpgate.answer import Query
    from icpgate.lives import Lives
    from icpgate.lookup.asynchronous import AsyncHttp
    from icpgate.lookup.cache.cache import Cache
    from icpgate.lookup.cache.outcome import Outcome
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.limits import Limits
    from icpgate.lookup.singleflight import Flight
    from icpgate.lookup.wanted import Wanted

__all__ = ["AsyncLookupClient"]


class AsyncLookupClient(Client):
    """
    A registry as an asynchronous gate asks it. Public in its own right, also without a gate.

    It may be shared by the tasks of several event loops, each in its thread: they have connections
    of their own, and the cache and the loads under way in common.
    """

    def __init__(
        self,
        registry: Registry | str,
        *,
        cache: Cache | str | None = None,
        lives: Lives | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
        http: Callable[[], AsyncHttp] | None = None,
    ) -> None:
        """Take a registry, or the URL of one; see `LookupClient`."""
        super().__init__(Asking(opened(registry), cache, lives, limits, clock))
        self._made = {} if http is None else {"http": http}
        self._worlds: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopWorld] = weakref.WeakKeyDictionary()
        self._loads: dict[asyncio.Task[object], list[Wanted]] = {}
        self._own_cache = None if cache is not None and not isinstance(cache, str) else self._asking.cache

    async def __aenter__(self) -> Self:
        """Nothing to open: it works from its construction on."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the registry."""
        await self.close()

    async def close(self) -> None:
        """Let go of this loop's connections, the registry's files, and a cache of its own; may be called twice."""
        world = self._worlds.get(asyncio.get_running_loop())
        if world is not None:
            await world.close()
        shut(self._asking.registry)
        if self._own_cache is not None:
            self._own_cache.close()

    async def invalidate(
        self, *, number: str | None = None, entity: str | None = None, before: datetime | None = None
    ) -> int:
        """Forget what is kept; see `Cache.invalidate`."""
        forget = self._asking.cache.invalidate
        return await asyncio.to_thread(forget, number=number, entity=entity, before=before)

    async def look_up(self, query: Query, *, deadline: float | None = None) -> Observation:
        """See `LookupClient.look_up`."""
        asking = self._asking
        if type(query) not in asking.askable:
            return asking.unasked(query)
        if asking.quick:
            return await self._in_place(query)
        answer = asking.hit(query)
        if type(answer) is Observation:
            return answer
        want = cast("Wanted", answer)  # the other of the two
        until, patience = self._begin([want], deadline)
        return asking.at_once(want) or await self._landed(want, until, patience)

    async def look_up_many(self, queries: Sequence[Query], *, deadline: float | None = None) -> tuple[Observation, ...]:
        """See `LookupClient.look_up_many`."""
        asking = self._asking
        if asking.quick:
            return tuple([await self.look_up(query) for query in queries])
        answers, wanted = asking.sorted_out(queries)
        if wanted:
            until, patience = self._begin(list(wanted.values()), deadline)
            for query, want in wanted.items():
                answers[query] = asking.at_once(want) or await self._landed(want, until, patience)
        return tuple(answers[query] for query in queries)

    def _world(self) -> LoopWorld:
        loop = asyncio.get_running_loop()
        world = self._worlds.get(loop)
        if world is None:
            self._let_go_of_closed_loops()
            level = self._asking.cache.level
            world = self._worlds[loop] = LoopWorld(self._asking.clock, level=level, **self._made)
        return world

    async def _in_place(self, query: Query) -> Observation:
        """Ask a quick registry; what is not quick about it is done on a thread."""
        asking = self._asking
        try:
            observations = await perform(asking.registry.ask((query,)), self._world())
            if len(observations) != 1:
                return asking.nobody(query, Why.MALFORMED, f"{len(observations)} answers to 1 query")
            problem = problem_of(asking.registry, query, observations[0])
        except Exception as error:  # noqa: BLE001 -- whatever a registry raises, nobody could say
            return asking.nobody(query, Why.INTERNAL, type(error).__name__)
        return observations[0] if problem is None else asking.nobody(query, *problem)

    def _begin(self, wanted: list[Wanted], deadline: float | None) -> tuple[float, float]:
        """Begin or join the loads; until when the caller waits by the loop's clock, and how long that is."""
        asking = self._asking
        patience = self._patience(deadline)
        until = asyncio.get_running_loop().time() + patience
        world = self._world()
        ours, ends = asking.begin(wanted)
        if ours:
            load = world.start(self._load(ours, ends, world))
            self._loads[load] = ours
            load.add_done_callback(self._ended)
        return until, patience

    async def _landed(self, want: Wanted, until: float, patience: float) -> Observation:
        if want.flight is not None and not want.flight.landed:
            await _lands(want.flight, until, self._asking.clock)
        return self._asking.result(want, patience)

    async def _load(self, ours: list[Wanted], ends: float, world: LoopWorld) -> None:
        """Perform a load, as a task of its own; whatever happens, everybody is told."""
        asking = self._asking
        try:
            await perform(asking.load(ours, ends), world, ends)
        except Exception as error:  # noqa: BLE001 -- a load that fails leaves everybody undecided
            asking.end(ours, detail=type(error).__name__)
        else:
            asking.end(ours)

    def _ended(self, load: asyncio.Task[object]) -> None:
        """A load that was cancelled tells nobody anything by itself: it may not even have begun."""
        ours = self._loads.pop(load, None)
        if ours is not None and (load.cancelled() or not load.done()):
            self._asking.end(ours, detail="the loop that loaded it ended")

    def _let_go_of_closed_loops(self) -> None:
        """What a loop left open that was closed: its world holds it, and so would never go by itself."""
        for loop in [reference() for reference in self._worlds.keyrefs()]:
            if loop is not None and loop.is_closed():
                self._worlds.pop(loop, None)
        for load in list(self._loads):
            if load.get_loop().is_closed():
                self._ended(load)


async def _lands(flight: Flight[Outcome], until: float, clock: Clock) -> None:
    """
    Wait until a load lands, wherever it runs, but not beyond `until`, by the loop's clock, nor for nothing.

    Cancelling harms no other.
    """
    loop = asyncio.get_running_loop()
    while not flight.landed and flight.resumes - clock.monotonic() < (left := until - loop.time()) and left > 0:
        landing: asyncio.Future[None] = loop.create_future()
        if flight.call(partial(_wake, landing, loop), flight.told):
            timer = loop.call_at(until, _resolve, landing)
            try:
                await landing
            finally:
                timer.cancel()


def _wake(landing: asyncio.Future[None], loop: asyncio.AbstractEventLoop) -> None:
    if _running_loop() is loop:
        _resolve(landing)
        return
    with suppress(RuntimeError):  # the loop that waited is closed
        loop.call_soon_threadsafe(_resolve, landing)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _resolve(landing: asyncio.Future[None]) -> None:
    if not landing.done():
        landing.set_result(None)
