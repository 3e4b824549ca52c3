"""Performs the steps of a lookup on an event loop; the same steps as `drivers.py`, with the same promises."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from icpgate.answer import Why
from icpgate.lookup.drivers import JITTER, LONGEST_SEND, MAX_STEPS, allowed, nothing, read
from icpgate.lookup.steps import (
    Count,
    Drop,
    GetMany,
    Later,
    Lock,
    Now,
    PutMany,
    ReadLocally,
    Reply,
    Send,
    Sleep,
    Take,
    Together,
    Unanswered,
    Unlock,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from icpgate.lookup.cache.level import AsyncLevel, Level
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.steps import Flow, Request, Response, Step

__all__ = ["AsyncHttp", "LoopWorld", "perform"]

T = TypeVar("T")

AT_ONCE: Final = 64
"""How many flows of one `Together` an event loop runs at once."""


class AsyncHttp(Protocol):
    """What sends requests on one event loop."""

    async def send(self, request: Request, seconds: float) -> Response:
        """See `Http.send`."""
        ...

    async def close(self) -> None:
        """Let go of the connections; may be called twice."""
        ...


def _no_http() -> AsyncHttp:
    from icpgate.lookup.http import AsyncHttp as OurHttp  # noqa: PLC0415 -- a local registry loads no HTTP library

    return OurHttp()


class LoopWorld:
    """What an asynchronous driver acts on; of one event loop."""

    def __init__(self, clock: Clock, *, level: Level | None = None, http: Callable[[], AsyncHttp] = _no_http) -> None:
        """Take the parts; call it on the loop."""
        self.clock = clock
        self.level = level
        self.loop_level: AsyncLevel | None = None if level is None else level.for_loop()
        self.tasks: set[asyncio.Task[object]] = set()
        self._make_http = http
        self._http: AsyncHttp | None = None
        self._is_closed = False

    @property
    def http(self) -> AsyncHttp:
        """The HTTP client of the loop; raises `Unanswered` once the world is closed."""
        if self._is_closed:
            raise Unanswered(Why.CONFIGURATION, "the client is closed")
        if self._http is None:
            self._http = self._make_http()
        return self._http

    def start(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        """Run a coroutine that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)  # a loop holds its tasks weakly
        task.add_done_callback(self.tasks.discard)
        return task

    async def close(self) -> None:
        """End the loads under way, and let go of the connections."""
        self._is_closed = True
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        http, self._http = self._http, None
        if http is not None:
            await http.close()
        if self.loop_level is not None:
            await self.loop_level.close()


async def perform(flow: Flow[T], world: LoopWorld, ends: float | None = None) -> T:
    """Perform a flow's steps to its end, and return what it returns. See `run`."""
    clock = world.clock
    try:
        step = next(flow)
        for _ in range(MAX_STEPS):
            value: object = None
            failure: Exception | None = None
            draw = 0.0
            if type(step) is Now:
                draw = JITTER.random() if step.draw else 0.0
            elif type(step) is Send:
                value, failure = await _sent(step, world, ends)
            else:
                value, failure = await _performed(step, world, ends)
            step = flow.send(Reply(clock.now(), clock.monotonic(), value, failure, draw))
    except StopIteration as end:
        result: T = end.value
        return result
    flow.close()
    message = f"a flow of more than {MAX_STEPS:,} steps"
    raise RuntimeError(message)


async def _performed(step: Step, world: LoopWorld, ends: float | None) -> tuple[object, Exception | None]:
    if type(step) is ReadLocally:
        return await _read(step)
    if type(step) is Sleep:
        left = None if ends is None else ends - world.clock.monotonic()
        await _sleep(world.clock, max(0.0, step.seconds if left is None else min(step.seconds, left)))
        return None, None
    if type(step) is Together:
        return await _together(step, world, ends), None
    if type(step) is Later:
        world.start(_quietly(step.flow, world))
        return None, None
    return await _of_level(step, world)


async def _read(step: ReadLocally[object]) -> tuple[object, Exception | None]:
    return read(step) if step.quick else await asyncio.to_thread(read, step)


async def _sent(step: Send, world: LoopWorld, ends: float | None) -> tuple[object, Exception | None]:
    left = allowed(step, world.clock, ends)
    if left <= 0:
        return None, Unanswered(Why.TIMEOUT, "no time left")
    try:
        return await world.http.send(step.request, left), None
    except Unanswered as error:
        return None, error
    except Exception as error:  # noqa: BLE001 -- a client of the caller's own may raise anything
        return None, Unanswered(Why.INTERNAL, type(error).__name__)


async def _sleep(clock: Clock, seconds: float) -> None:
    simulated = getattr(clock, "sleep", None)
    if simulated is None:
        await asyncio.sleep(seconds)
    else:
        simulated(seconds)
        await asyncio.sleep(0)


async def _together(step: Together, world: LoopWorld, ends: float | None) -> tuple[object, ...]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(flow: Flow[object]) -> object:
        async with room:
            return await perform(flow, world, ends)

    return tuple(await asyncio.gather(*map(one, step.flows), return_exceptions=True))


async def _quietly(flow: Flow[object], world: LoopWorld) -> None:
    try:
        await perform(flow, world, world.clock.monotonic() + LONGEST_SEND)
    except Exception:  # noqa: BLE001 -- nobody waits for it, so nobody can be told
        flow.close()


async def _of_level(step: Step, world: LoopWorld) -> tuple[object, Exception | None]:
    if not isinstance(step, (GetMany, PutMany, Lock, Unlock, Take, Drop, Count)):
        message = f"{type(step).__name__} is not a step"
        raise TypeError(message)
    if world.level is None:
        return nothing(step), None
    try:
        if world.loop_level is not None:
            return await world.loop_level.perform(step), None
        return await asyncio.to_thread(partial(world.level.perform, step)), None
    except Exception:  # noqa: BLE001 -- a level that breaks its promise is one that is gone
        return nothing(step), None
