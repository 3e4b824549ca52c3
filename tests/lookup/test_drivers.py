"""The two drivers: the same flows come to the same results."""

from __future__ import annotations

import asyncio
import sys
import threading
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from icpgate.answer import Why
from icpgate.lookup import asynchronous, drivers
from icpgate.lookup.asynchronous import LoopWorld, perform
from icpgate.lookup.clocks import SystemClock
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
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.steps import Flow

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
