"""
One load for one key, however many callers.

- A load belongs to nobody: each caller waits for it to its own deadline and leaves; the load goes on.
- While it has to wait itself it tells what it knows: who cannot wait so long leaves at once, with that.
- Only the load's own failure is shared.
- A load that does not end by its own limit no longer counts: the next caller starts another.
- Threads and the tasks of any event loop wait for the same load.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from icpgate.lookup.forks import remember

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Flight", "Flights"]

T = TypeVar("T")


class Flight(Generic[T]):
    """One load under way, and who is to be woken when it lands."""

    __slots__ = ("_lock", "_wakers", "ends", "landed", "resumes", "so_far", "told", "value")

    def __init__(self, ends: float) -> None:
        """Begin; `ends` is the reading of the monotonic clock after which nobody waits for it."""
        self.ends = ends
        self.landed = False
        self.value: T | None = None
        self.so_far: T | None = None
        """What it last told before it landed."""
        self.resumes = float("-inf")
        """The reading of the monotonic clock until when it only waits, by what it last told."""
        self.told = 0
        """How often it told something."""
        self._lock = threading.Lock()
        self._wakers: list[Callable[[], object]] = []

    def land(self, value: T) -> None:
        """Give the result to everybody who waits; only the first result counts."""
        with self._lock:
            if self.landed:
                return
            self.value, self.landed = value, True
            wakers, self._wakers = self._wakers, []
        for wake in wakers:
            wake()

    def tell(self, so_far: T, resumes: float) -> None:
        """Say what is known so far, and when it goes on by the monotonic clock; everybody who waits is woken."""
        with self._lock:
            if self.landed:
                return
            self.so_far, self.resumes, self.told = so_far, resumes, self.told + 1
            wakers, self._wakers = self._wakers, []
        for wake in wakers:
            wake()

    def call(self, wake: Callable[[], object], told: int = 0) -> bool:
        """
        Have `wake` called when it lands or tells something, on the thread that does.

        False when it has landed, or has told something since it had told so often.
        """
        with self._lock:
            if self.landed or self.told != told:
                return False
            self._wakers.append(wake)
            return True

    def wait(self, seconds: float, told: int = 0) -> bool:
        """Wait, as a thread, for at most so many seconds; whether it has landed, or told something since."""
        waiting = threading.Lock()
        waiting.acquire()
        seconds = min(max(0.0, seconds), threading.TIMEOUT_MAX)
        return not self.call(waiting.release, told) or waiting.acquire(timeout=seconds) or self.landed


class Flights(Generic[T]):
    """The loads under way, by key."""

    def __init__(self) -> None:
        """Begin with none."""
        self._flights: dict[str, Flight[T]] = {}
        self._lock = threading.Lock()
        remember(self)

    def renew_after_fork(self) -> None:
        """The parent's loads are under way there, not here; see `ForkSafe`."""
        self._flights, self._lock = {}, threading.Lock()

    def __len__(self) -> int:
        """How many are under way."""
        return len(self._flights)

    def join(self, key: str, *, now: float, ends: float) -> tuple[Flight[T], bool]:
        """The flight of a key, and whether it is the caller's to load: it was made just now."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and not flight.landed and now < flight.ends:
                return flight, False
            flight = self._flights[key] = Flight(ends)
            return flight, True

    def land(self, key: str, flight: Flight[T], value: T) -> None:
        """End a flight: whoever comes from now on starts another."""
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
        flight.land(value)

    def is_last(self, key: str, flight: Flight[T]) -> bool:
        """Whether it has not landed, and no other began after it."""
        return self._flights.get(key) is flight

    def under_way(self, key: str, now: float) -> bool:
        """Whether somebody is loading it."""
        flight = self._flights.get(key)
        return flight is not None and not flight.landed and now < flight.ends
