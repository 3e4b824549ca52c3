"""The two clocks of a machine. They are passed in, so that a test can hold them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final, Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """
    The two clocks of a machine.

    A clock that also has `sleep(seconds)` is asked to wait instead of the machine: simulated time.
    """

    def now(self) -> datetime:
        """The wall clock: an aware moment in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back, and goes on while the machine sleeps."""
        ...


_BOOT_TIME: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)
"""Linux's clock that goes on while the machine sleeps; `time.monotonic` stands still there."""


class SystemClock:
    """The clocks of this machine."""

    __slots__ = ()

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic() if _BOOT_TIME is None else time.clock_gettime(_BOOT_TIME)
