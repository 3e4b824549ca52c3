"""
What a lookup may ask of the world, as data.

A registry is a generator that yields steps and is sent replies; a driver performs them, blocking
or asynchronous. So the logic of a lookup is written once and knows neither clock nor socket.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Flow", "Now", "ReadLocally", "Reply", "Step"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadLocally(Generic[T]):
    """Do blocking work of this machine, such as reading a file; its result is the reply's value."""

    work: Callable[[], T]


@dataclass(frozen=True, slots=True)
class Now:
    """Only tell what time it is."""


Step: TypeAlias = "ReadLocally[object] | Now"


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What came of a step.

    `now` is the wall clock in UTC, `elapsed` the seconds of the monotonic clock since an
    arbitrary start. `value` is the step's result; `error` is what the work raised instead.
    """

    now: datetime
    elapsed: float
    value: object = None
    error: Exception | None = None


Flow: TypeAlias = Generator[Step, Reply, T]
