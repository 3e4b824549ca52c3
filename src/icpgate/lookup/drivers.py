"""
Performs the steps of a lookup, blocking. `asynchronous.py` performs the same steps for an event loop.

- A step that fails does not end a flow: its error goes into the reply, and the flow decides.
- Nothing that waits, waits longer than the lookup has left.
- A flow that does not end is ended: more than `MAX_STEPS` steps are a defect, not patience.
"""

from __future__ import annotations

import random
import threading
import time
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from icpgate.answer import Why
from icpgate.lookup.clocks import Clock, SystemClock
from icpgate.lookup.forks import remember
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
    from collections.abc import Callable

    from icpgate.lookup.cache.level import Level
    from icpgate.lookup.loaders import Loaders
    from icpgate.lookup.steps import Flow, LevelStep, Request, Response, Step

__all__ = ["JITTER", "MAX_STEPS", "Clock", "Http", "SystemClock", "World", "allowed", "nothing", "read", "run"]

T = TypeVar("T")

JITTER: Final = random.SystemRandom()
"""Nobody's seed, and no fork, may have all processes retry at the same moments."""

MAX_STEPS: Final = 100_000
"""A batch of thousands needs a few steps each; a flow with more than this goes round in circles."""

AT_ONCE: Final = 16
"""How many flows of one `Together` a blocking driver runs at once, each on a thread."""


class Http(Protocol):
    """What sends requests, blocking."""

    def send(self, request: Request, seconds: float) -> Response:
        """The whole response within so many seconds; raises `Unanswered` and nothing else."""
        ...

    def close(self) -> None:
        """Let go of the connections; may be called twice."""
        ...


def _no_http() -> Http:
    from icpgate.lookup.http import BlockingHttp  # noqa: PLC0415 -- a local registry never loads an HTTP library

    return BlockingHttp()


class World:
    """What a blocking driver acts on: clocks, connections, the second level, threads for later."""

    def __init__(
        self,
        clock: Clock,
        *,
        level: Level | None = None,
        loaders: Loaders | None = None,
        http: Callable[[], Http] = _no_http,
    ) -> None:
        """Take the parts; the HTTP client is made when the first request is sent."""
        self.clock = clock
        self.level = level
        self.loaders = loaders
        self.sleep: Callable[[float], None] = getattr(clock, "sleep", time.sleep)
        self._make_http = http
        self._http: Http | None = None
        self._is_closed = False
        self._making = threading.Lock()
        remember(self)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`."""
        self._making = threading.Lock()

    @property
    def http(self) -> Http:
        """The HTTP client, one for all threads; raises `Unanswered` once the world is closed."""
        if self._is_closed:
            raise Unanswered(Why.CONFIGURATION, "the client is closed")
        if self._http is None:
            with self._making:
                if self._http is None:
                    self._http = self._make_http()
        return self._http

    def close(self) -> None:
        """Let go of the connections; the level belongs to the cache."""
        self._is_closed = True
        http, self._http = self._http, None
        if http is not None:
            http.close()


def run(flow: Flow[T], world: World | Clock, ends: float | None = None) -> T:
    """
    Perform a flow's steps to its end, and return what it returns.

    `ends` is the reading of the monotonic clock at which nothing is begun any more. Raises
    whatever the flow itself raises, `TypeError` for what is no step, and `RuntimeError` for a flow
    that does not end. Callers that promise not to raise catch it (`LookupClient`).
    """
    place = world if isinstance(world, World) else World(world)
    clock = place.clock
    try:
        step = next(flow)
        for _ in range(MAX_STEPS):
            value: object = None
            failure: Exception | None = None
            draw = 0.0
            if type(step) is ReadLocally:
                value, failure = read(step)
            elif type(step) is Now:
                draw = JITTER.random() if step.draw else 0.0
            else:
                value, failure = _performed(step, place, ends)
            step = flow.send(Reply(clock.now(), clock.monotonic(), value, failure, draw))
    except StopIteration as end:
        result: T = end.value
        return result
    flow.close()
    message = f"a flow of more than {MAX_STEPS:,} steps"
    raise RuntimeError(message)


def read(step: ReadLocally[object]) -> tuple[object, Exception | None]:
    """Do the work of a step; its result, or what it raised."""
    try:
        return step.work(), None
    except Exception as error:  # noqa: BLE001 -- the flow decides what a failed step means
        return None, error


def _performed(step: Step, world: World, ends: float | None) -> tuple[object, Exception | None]:
    if type(step) is Send:
        return _sent(step, world, ends)
    if type(step) is Sleep:
        left = None if ends is None else ends - world.clock.monotonic()
        world.sleep(max(0.0, step.seconds if left is None else min(step.seconds, left)))
        return None, None
    if type(step) is Together:
        return _together(step, world, ends), None
    if type(step) is Later:
        _later(step, world)
        return None, None
    return _of_level(step, world.level)


LONGEST_SEND: Final = 60.0
"""For a request in a lookup without a limit of its own."""


def allowed(step: Send, clock: Clock, ends: float | None) -> float:
    """For how many seconds a request may take: none are left when it is nothing or less."""
    left = LONGEST_SEND if ends is None else ends - clock.monotonic()
    return min(left, LONGEST_SEND if step.seconds is None else step.seconds)


def _sent(step: Send, world: World, ends: float | None) -> tuple[object, Exception | None]:
    left = allowed(step, world.clock, ends)
    if left <= 0:
        return None, Unanswered(Why.TIMEOUT, "no time left")
    try:
        return world.http.send(step.request, left), None
    except Unanswered as error:
        return None, error
    except Exception as error:  # noqa: BLE001 -- a client of the caller's own may raise anything
        return None, Unanswered(Why.INTERNAL, type(error).__name__)


def _of_level(step: Step, level: Level | None) -> tuple[object, Exception | None]:
    if not isinstance(step, (GetMany, PutMany, Lock, Unlock, Take, Drop, Count)):
        message = f"{type(step).__name__} is not a step"
        raise TypeError(message)
    if level is None:
        return nothing(step), None
    try:
        return level.perform(step), None
    except Exception:  # noqa: BLE001 -- a level that breaks its promise is one that is gone
        return nothing(step), None


def nothing(step: LevelStep) -> object:
    """What a level that is gone has to say."""
    return "" if type(step) is Lock else None


def _together(step: Together, world: World, ends: float | None) -> tuple[object, ...]:
    """Each flow's result in its place. The caller's thread takes its part."""
    results: list[object] = [None] * len(step.flows)
    waiting = iter(enumerate(step.flows))
    taking = threading.Lock()

    def work() -> None:
        while True:
            with taking:
                position, flow = next(waiting, (-1, None))
            if flow is None:
                return
            try:
                results[position] = run(flow, world, ends)
            except Exception as error:  # noqa: BLE001 -- a flow's failure is its result
                results[position] = error

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(len(results), AT_ONCE) - 1)]
    started = list(takewhile(_starts, threads))
    work()
    for thread in started:
        thread.join()
    return tuple(results)


def _starts(thread: threading.Thread) -> bool:
    """Whether there was room for one thread more; those that there are do it all."""
    try:
        thread.start()
    except RuntimeError:
        return False
    return True


def _later(step: Later, world: World) -> None:
    work = partial(_quietly, step.flow, world)
    if world.loaders is None:
        work()
        return
    try:
        world.loaders.start(work)
    except RuntimeError:  # no thread can be had: nobody waits for it
        step.flow.close()


def _quietly(flow: Flow[object], world: World) -> None:
    try:
        run(flow, world, world.clock.monotonic() + LONGEST_SEND)
    except Exception:  # noqa: BLE001 -- nobody waits for it, so nobody can be told
        flow.close()
