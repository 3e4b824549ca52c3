"""Flows that are performed, kept, and run again from the script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from icpgate.lookup.drivers import World
from icpgate.lookup.steps import Later, Now, ReadLocally, Sleep, Together
from icpgate.testing import FixedClock
from icpgate.testing.contracts.performing import abandoned, performed, replayed
from tests.cases import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.lookup.steps import Flow


def inner(value: int) -> Flow[int]:
    """A flow inside another."""
    yield Now()
    return value


def usual(value: int = 1, *, quick: bool = True) -> Flow[Any]:
    """A flow with something of everything."""
    reply = yield ReadLocally(lambda: value, quick=quick)
    together = yield Together((inner(1), inner(2)))
    yield Later(inner(3))
    yield Sleep(0.5)
    return [reply.value, *together.value]  # type: ignore[misc]  # a tuple of what the flows returned


def raising(error: Exception) -> Flow[Any]:
    """A flow that ends badly."""
    yield Now()
    raise error


def two() -> Flow[Any]:
    """A flow of two steps."""
    yield Now()
    yield Now()


def done(flow: Flow[Any]) -> Any:
    """The script of a flow."""
    return performed(flow, World(FixedClock(NOW)))


def test_what_was_performed_is_kept() -> None:
    """Steps and replies, those of the flows inside too, and the result."""
    script = done(usual())
    assert [type(step).__name__ for step in script.steps] == ["ReadLocally", "Together", "Later", "Sleep"]
    assert [type(step).__name__ for step in script.all_steps()][4:] == ["Now", "Now"]
    assert (script.result, script.error) == ([1, 1, 2], None)
    replayed(usual(), script)


def test_a_flow_that_raises_raises_again() -> None:
    """The same, and nothing else."""
    script = done(raising(LookupError("x")))
    assert type(script.error) is LookupError
    replayed(raising(LookupError("y")), script)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (usual, lambda: usual(quick=False), "step 0 is another one"),
        (usual, two, "step 0 is another one"),
        (lambda: inner(1), lambda: inner(2), "says another thing"),
        (lambda: inner(1), two, "goes on"),
        (two, lambda: inner(1), "says another thing"),
        (lambda: inner(1), lambda: raising(LookupError()), "raises LookupError"),
        (lambda: raising(LookupError()), lambda: raising(OSError()), "raises OSError"),
        (lambda: raising(LookupError()), lambda: inner(1), "says another thing"),
    ],
)
def test_another_way_is_seen(first: Callable[[], Flow[Any]], second: Callable[[], Flow[Any]], said: str) -> None:
    """Wherever it parts."""
    script = done(first())
    with pytest.raises(AssertionError, match=said):
        replayed(second(), script)


def test_leaving() -> None:
    """After no step, after some, after all."""
    script = done(two())
    for after in range(3):
        abandoned(two(), script, after)
