"""The blocking driver."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.lookup import drivers
from icpgate.lookup.drivers import SystemClock, run
from icpgate.lookup.steps import Now, ReadLocally, Reply
from icpgate.testing import FixedClock
from tests.cases import NOW

if TYPE_CHECKING:
    from icpgate.lookup.steps import Flow

CLOCK = FixedClock(NOW)


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
