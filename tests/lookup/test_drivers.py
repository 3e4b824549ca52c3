"""The two drivers: the same flows come to the same results."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from icpgate.answer import Why
from icpgate.lookup import asynchronous, drivers
from icpgate.lookup.asynchronous import LoopWorld, perform
from icpgate.lookup.clocks import SystemClock
from icpgate.lookup.drivers import World
from icpgate.lookup.loaders import Loaders
from icpgate.lookup.steps import (
    Drop,
    GetMany,
    Later,
    Lock,
    Now,
    PutMany,
    ReadLocally,
    Reply,
    Request,
    Response,
    Send,
    Sleep,
    Take,
    Together,
    Unanswered,
    Unlock,
)
from icpgate.testing import FixedClock
from tests.cases import NOW

if TYPE_CHECKING:
    from icpgate.lookup.cache.level import AsyncLevel
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.steps import Flow, LevelStep

T = TypeVar("T")

CLOCK = FixedClock(NOW)


def run(flow: Flow[T], clock: Clock) -> T:
    """Replaced by the fixture: each test runs with both drivers."""
    raise NotImplementedError


def _awaited(flow: Flow[T], clock: Clock) -> T:
    async def main() -> T:
        world = LoopWorld(clock)
        try:
            return await perform(flow, world)
        finally:
            await world.close()

    return asyncio.run(main())


@pytest.fixture(autouse=True, params=[drivers.run, _awaited], ids=["blocking", "asynchronous"])
def _both_drivers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "run", request.param)


def test_steps_are_performed_in_turn() -> None:
    """Each reply carries the result of its own step, and both clocks."""

    def flow() -> Flow[list[Reply]]:
        first = yield ReadLocally(lambda: "read")
        second = yield Now()
        return [first, second]

    assert run(flow(), CLOCK) == [Reply(NOW, 0.0, "read"), Reply(NOW, 0.0)]


def test_a_flow_without_steps() -> None:
    """What is known already needs nobody."""

    def flow() -> Flow[str]:
        return "known"
        yield Now()

    assert run(flow(), CLOCK) == "known"


def test_a_failed_step_is_told_to_the_flow() -> None:
    """The flow decides what a failure means."""

    def flow() -> Flow[str]:
        reply = yield ReadLocally(lambda: 1 // 0)
        return type(reply.error).__name__

    assert run(flow(), CLOCK) == "ZeroDivisionError"


def test_a_step_that_raises_stop_iteration_does_not_end_the_flow() -> None:
    """Only the flow itself says when it is done."""

    def flow() -> Flow[str]:
        reply = yield ReadLocally(lambda: next(iter(())))
        return type(reply.error).__name__

    assert run(flow(), CLOCK) == "StopIteration"


def test_what_a_flow_raises_comes_out() -> None:
    """The driver hides nothing; the client does."""

    def flow() -> Flow[str]:
        yield Now()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(flow(), CLOCK)


def test_what_is_no_step_is_refused() -> None:
    """A defect of a registry, named by its type."""

    def flow() -> Flow[str]:
        yield "ask"  # type: ignore[misc]  # the mistake in question
        return "never"

    with pytest.raises(TypeError, match="str is not a step"):
        run(flow(), CLOCK)


def test_a_flow_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever goes round in circles is stopped, and closed."""
    closed = []

    def flow() -> Flow[str]:
        try:
            while True:
                yield Now()
        finally:
            closed.append(True)

    monkeypatch.setattr(drivers, "MAX_STEPS", 100)
    monkeypatch.setattr(asynchronous, "MAX_STEPS", 100)
    with pytest.raises(RuntimeError, match="more than 100 steps"):
        run(flow(), CLOCK)
    assert closed == [True]


def test_the_clocks_of_this_machine() -> None:
    """The wall clock is aware and in UTC; the other never goes back."""
    clock = SystemClock()
    first = clock.monotonic()
    assert clock.now().tzinfo is UTC
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() >= first


@pytest.mark.parametrize("quick", [True, False])
def test_quick_work_is_done_in_place(quick: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """An event loop waits for nothing that is not quick; a blocking driver has nobody else to do it."""

    def flow() -> Flow[int]:
        reply = yield ReadLocally(threading.get_ident, quick=quick)
        assert isinstance(reply.value, int)
        return reply.value

    in_place = run(flow(), CLOCK) == threading.get_ident()
    assert in_place or not quick


def test_a_number_is_drawn_only_when_asked_for() -> None:
    """From nothing to below one; without asking it is nothing."""

    def flow() -> Flow[list[float]]:
        draws = []
        for _ in range(50):
            reply = yield Now(draw=True)
            draws.append(reply.draw)
        return [*draws, (yield Now()).draw]

    *drawn, plain = run(flow(), CLOCK)
    assert all(0 <= draw < 1 for draw in drawn)
    assert len(set(drawn)) > 40
    assert plain == 0.0


def test_sleeping_passes_simulated_time() -> None:
    """A clock that can sleep is asked to; nobody waits for real."""
    clock = FixedClock(NOW)

    def flow() -> Flow[float]:
        return (yield Sleep(3600.0)).elapsed

    assert run(flow(), clock) == 3600.0
    assert clock.now() == NOW + timedelta(hours=1)


def test_several_flows_together() -> None:
    """Each result stands in its flow's place; one that fails spoils none."""

    def flow(position: int) -> Flow[object]:
        reply = yield ReadLocally(lambda: 10 // position)
        if reply.error is not None:
            raise reply.error
        return reply.value

    def all_of_them() -> Flow[object]:
        reply = yield Together(tuple(map(flow, range(40))))
        return reply.value

    results = run(all_of_them(), CLOCK)
    assert isinstance(results, tuple)
    assert isinstance(results[0], ZeroDivisionError)
    assert list(results[1:]) == [10 // position for position in range(1, 40)]


def test_what_is_done_later_holds_up_nobody() -> None:
    """It is done, and what it raises is nobody's business."""
    done = threading.Event()

    def later() -> Flow[object]:
        yield Now()
        done.set()
        raise ZeroDivisionError

    def flow() -> Flow[bool]:
        yield Later(later())
        for _ in range(100):
            if done.is_set():
                return True
            yield ReadLocally(lambda: done.wait(0.05))
        return False

    assert run(flow(), CLOCK)


TAKE = Take("r", 0.1, 1, "2026-11-24", 0, 60.0, 1.0)


@pytest.mark.parametrize(
    ("step", "value"),
    [
        (GetMany(("k",)), None),
        (PutMany(()), None),
        (Lock("k", 1.0), ""),
        (Unlock("k", "t"), None),
        (TAKE, None),
        (Drop(), None),
    ],
    ids=lambda given: type(given).__name__,
)
def test_without_a_second_level_its_steps_say_so(step: GetMany, value: object) -> None:
    """A level that is not there answers as one that is gone."""

    def flow() -> Flow[object]:
        return (yield step).value

    assert run(flow(), CLOCK) == value


def test_a_request_without_time_is_not_sent() -> None:
    """What has no time left is a timeout, before anything is opened."""

    def flow() -> Flow[object]:
        return (yield Send(Request("GET", "http://127.0.0.1:9/"), seconds=0.0)).error

    error = run(flow(), CLOCK)
    assert isinstance(error, Unanswered)
    assert error.why is Why.TIMEOUT


class Line:
    """What sends requests, for either driver; what it raises is given."""

    def __init__(self, error: Exception | None = None) -> None:
        """Answer everything, or fail."""
        self._error = error
        self.seconds: list[float] = []
        self.closed = 0

    def respond(self, seconds: float) -> Response:
        """Answer, or fail."""
        self.seconds.append(seconds)
        if self._error is not None:
            raise self._error
        return Response(200, {}, b"{}")


class Blocking(Line):
    """For `drivers.py`."""

    def send(self, _request: Request, seconds: float) -> Response:
        """See `Http.send`."""
        return self.respond(seconds)

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class Awaited(Line):
    """For `asynchronous.py`."""

    async def send(self, _request: Request, seconds: float) -> Response:
        """See `AsyncHttp.send`."""
        return self.respond(seconds)

    async def close(self) -> None:
        """Count it."""
        self.closed += 1


ONE = Send(Request("GET", "http://127.0.0.1:9/"))


def sending(step: Send, times: int = 1) -> Flow[list[object]]:
    """What came of sending it so often: a status, or a why with its detail."""
    results: list[object] = []
    for _ in range(times):
        reply = yield step
        error = reply.error
        results.append((error.why, error.detail) if isinstance(error, Unanswered) else reply.value)
    return results


def sent(line: type[Line], error: Exception | None, flow: Flow[T], ends: float | None = None) -> tuple[T, list[float]]:
    """What came of a flow, by the driver of this kind of line; how many seconds each request had."""
    made = []

    def make() -> Any:
        made.append(line(error))
        return made[-1]

    if line is Blocking:
        world = World(CLOCK, http=make)
        result = drivers.run(flow, world, ends)
        world.close()
        world.close()
    else:

        async def main() -> T:
            loop_world = LoopWorld(CLOCK, http=make)
            try:
                return await perform(flow, loop_world, ends)
            finally:
                await loop_world.close()
                await loop_world.close()

        result = asyncio.run(main())
    assert [each.closed for each in made] == [1] * len(made)
    assert len(made) <= 1
    return result, made[0].seconds if made else []


@pytest.fixture(params=[Blocking, Awaited], ids=["blocking", "awaited"])
def line(request: pytest.FixtureRequest) -> type[Line]:
    """Each way of sending, though the fixture above runs each test twice as well."""
    kind: type[Line] = request.param
    return kind


def test_one_client_sends_everything(line: type[Line]) -> None:
    """It is made with the first request, and closed with the world."""
    answered = Response(200, {}, b"{}")
    assert sent(line, None, sending(ONE, 3)) == ([answered] * 3, [60.0] * 3)


@pytest.mark.parametrize(
    ("own", "ends", "seconds"),
    [(None, 4.0, 4.0), (2.0, 4.0, 2.0), (9.0, 4.0, 4.0), (9.0, None, 9.0), (90.0, None, 90.0)],
)
def test_a_request_has_the_least_time_that_is_left(
    line: type[Line], own: float | None, ends: float | None, seconds: float
) -> None:
    """Its own, the lookup's, and a minute where nobody says anything."""
    assert sent(line, None, sending(Send(ONE.request, own)), ends)[1] == [min(seconds, 60.0)]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unanswered(Why.BLOCKED, "captcha"), (Why.BLOCKED, "captcha")),
        (ValueError("a secret"), (Why.INTERNAL, "ValueError")),
    ],
)
def test_what_a_client_raises_is_told_to_the_flow(
    line: type[Line], error: Exception, expected: tuple[Why, str]
) -> None:
    """Its own kind as it is, any other by its name alone."""
    assert sent(line, error, sending(ONE)) == ([expected], [60.0])


def test_a_closed_world_sends_nothing(line: type[Line]) -> None:
    """Whoever still wants to is told so; nothing is made for it."""

    async def awaited() -> list[object]:
        world = LoopWorld(CLOCK, http=Awaited)
        await world.close()
        return await perform(sending(ONE), world)

    if line is Blocking:
        world = World(CLOCK, http=Blocking)
        world.close()
        said = drivers.run(sending(ONE), world)
    else:
        said = asyncio.run(awaited())
    assert said == [(Why.CONFIGURATION, "the client is closed")]


def test_many_threads_make_one_client() -> None:
    """However many send their first request at once."""
    made = []

    def make() -> Blocking:
        time.sleep(0.05)  # meanwhile the others want one too
        made.append(Blocking())
        return made[-1]

    world = World(CLOCK, http=make)
    drivers.run(_all_at_once(40), world)
    assert len(made) == 1
    assert len(made[0].seconds) == 40
    second = World(CLOCK, http=make)
    with second._making:
        second.renew_after_fork()
    assert second.http is made[-1]


def _all_at_once(count: int) -> Flow[object]:
    reply = yield Together(tuple(sending(ONE) for _ in range(count)))
    return reply.value


class _Level:
    """A second level that is told what to answer, or raises; with a level for event loops or without."""

    name = "level"

    def __init__(self, answer: object, *, for_loops: bool = False) -> None:
        """Answer everything alike."""
        self._answer = answer
        self._for_loops = for_loops
        self.on: list[int] = []
        self.closed = 0

    def perform(self, _step: LevelStep) -> object:
        """See `Level.perform`."""
        self.on.append(threading.get_ident())
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def for_loop(self) -> AsyncLevel | None:
        """See `Level.for_loop`."""
        return _LoopLevel(self) if self._for_loops else None

    def close(self) -> None:
        """Count it."""
        self.closed += 1


class _LoopLevel:
    """The same on an event loop."""

    def __init__(self, level: _Level) -> None:
        """Answer as it does."""
        self._level = level

    async def perform(self, step: LevelStep) -> object:
        """See `AsyncLevel.perform`."""
        return self._level.perform(step)

    async def close(self) -> None:
        """Count it."""
        self._level.closed += 1


def _asked_level(level: _Level, *, awaited: bool) -> object:
    def flow() -> Flow[object]:
        first = yield Lock("k", 1.0)
        second = yield GetMany(("k",))
        return first.value, second.value, first.error or second.error

    async def main() -> object:
        world = LoopWorld(CLOCK, level=level)
        try:
            return await perform(flow(), world)
        finally:
            await world.close()

    return asyncio.run(main()) if awaited else drivers.run(flow(), World(CLOCK, level=level))


@pytest.mark.parametrize(("awaited", "for_loops"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize(
    ("answer", "expected"), [("t", ("t", "t", None)), (OSError("gone"), ("", None, None))], ids=["there", "broken"]
)
def test_a_second_level_is_asked(
    answer: object, expected: tuple[object, ...], *, awaited: bool, for_loops: bool
) -> None:
    """One that breaks its promise is one that is gone. A loop has its own, or asks on a thread."""
    level = _Level(answer, for_loops=for_loops)
    assert _asked_level(level, awaited=awaited) == expected
    in_place = set(level.on) == {threading.get_ident()}
    assert in_place is (for_loops or not awaited)
    assert level.closed == for_loops


def use_up_threads(patch: pytest.MonkeyPatch, room: int) -> None:
    """There is room for so many more."""
    start, left = threading.Thread.start, iter(range(room))

    def starting(thread: threading.Thread) -> None:
        if next(left, None) is None:
            message = "can't start new thread"
            raise RuntimeError(message)
        start(thread)

    patch.setattr(threading.Thread, "start", starting)


@pytest.mark.parametrize("room", [0, 3])
def test_several_flows_where_threads_are_used_up(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """Those that there are do it all, in the end the caller's own."""
    line = Blocking()
    with monkeypatch.context() as patch:
        use_up_threads(patch, room)
        results = drivers.run(_all_at_once(40), World(CLOCK, http=lambda: line))
    assert results == ([Response(200, {}, b"{}")],) * 40


def test_what_is_for_later_where_threads_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up: the flow that asked for it goes on."""
    given_up = []

    def later() -> Flow[object]:
        try:
            yield Now()
        finally:
            given_up.append(True)
        return None

    begun = later()
    next(begun)

    def flow() -> Flow[str]:
        yield Later(begun)
        return "went on"

    with monkeypatch.context() as patch:
        use_up_threads(patch, 0)
        assert drivers.run(flow(), World(CLOCK, loaders=Loaders())) == "went on"
    assert given_up == [True]


def test_what_is_for_later_runs_on_a_loader() -> None:
    """Where there are loaders; the flow that asked for it does not wait."""
    done = threading.Event()
    thread: list[int] = []

    def later() -> Flow[object]:
        yield Now()
        thread.append(threading.get_ident())
        done.set()
        return None

    def flow() -> Flow[None]:
        yield Later(later())

    drivers.run(flow(), World(CLOCK, loaders=Loaders()))
    assert done.wait(10)
    assert thread != [threading.get_ident()]


def test_a_real_wait_on_a_loop() -> None:
    """A clock that cannot sleep leaves it to the loop, which does other things meanwhile."""

    def flow() -> Flow[None]:
        yield Sleep(0.05)

    async def main() -> list[str]:
        order = []

        async def other() -> None:
            order.append("other")

        task = asyncio.create_task(other())
        await perform(flow(), LoopWorld(SystemClock()))
        order.append("slept")
        await task
        return order

    assert asyncio.run(main()) == ["other", "slept"]


def test_nothing_waits_longer_than_the_lookup_has_left() -> None:
    """A wait is cut, not refused."""
    clock = FixedClock(NOW)

    def flow() -> Flow[float]:
        yield Sleep(3_600.0)
        return (yield Sleep(5.0)).elapsed

    assert drivers.run(flow(), World(clock), 10.0) == 10.0
