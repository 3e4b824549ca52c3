"""
Performs the steps of a lookup, blocking. The asynchronous driver performs the same steps.

- A step that fails does not end a flow: its error goes into the reply, and the flow decides.
- A flow that does not end is ended: more than `MAX_STEPS` steps are a defect, not patience.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from icpgate.lookup.steps import Now, ReadLocally, Reply

if TYPE_CHECKING:
    from icpgate.lookup.steps import Flow, Step

__all__ = ["MAX_STEPS", "Clock", "SystemClock", "run"]

T = TypeVar("T")

MAX_STEPS: Final = 100_000
"""A batch of thousands needs a few steps each; a flow with more than this goes round in circles."""


class Clock(Protocol):
    """The two clocks of a machine. They are passed in, so that a test can hold them."""

    def now(self) -> datetime:
        """The wall clock: an aware moment in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The clocks of this machine."""

    __slots__ = ()

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic()


def run(flow: Flow[T], clock: Clock) -> T:
    """
    Perform a flow's steps to its end, and return what it returns.

    Raises whatever the flow itself raises, `TypeError` for what is no step, and `RuntimeError`
    for a flow that does not end. Callers that promise not to raise catch it (`LookupClient`).
    """
    try:
        step = next(flow)
        for _ in range(MAX_STEPS):
            step = flow.send(_performed(step, clock))
    except StopIteration as end:
        result: T = end.value
        return result
    flow.close()
    message = f"a flow of more than {MAX_STEPS:,} steps"
    raise RuntimeError(message)


def _performed(step: Step, clock: Clock) -> Reply:
    value: object = None
    failure: Exception | None = None
    if type(step) is ReadLocally:
        try:
            value = step.work()
        except Exception as error:  # noqa: BLE001 -- the flow decides what a failed step means
            failure = error
    elif type(step) is not Now:
        message = f"{type(step).__name__} is not a step"
        raise TypeError(message)
    return Reply(clock.now(), clock.monotonic(), value, failure)
