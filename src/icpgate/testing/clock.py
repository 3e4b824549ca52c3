"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["FixedClock"]


class FixedClock:
    """Both clocks of a machine, moved by hand."""

    def __init__(self, now: datetime) -> None:
        """Start at `now`, which needs a zone."""
        if now.tzinfo is None:
            message = "a clock needs a zone"
            raise ValueError(message)
        self._now = now.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds of the monotonic clock."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds

    def sleep(self, seconds: float) -> None:
        """Wait: nobody does, but the time has passed."""
        self.advance(seconds)

    def jump(self, seconds: float) -> None:
        """Set the wall clock alone, as an administrator would."""
        self._now += timedelta(seconds=seconds)
