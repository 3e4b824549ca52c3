"""
How much a registry is asked: at once, in a second, in a day; how long, and how often again.

- A rate is GCRA: one number per registry says when the next request is due. A burst may come at once.
- A day's quota ends at midnight in Asia/Shanghai, where every registry of this field lives.
- Rate and quota are shared through the second level where there is one. Without it, or while it is
  gone, each process keeps to them by itself.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, quote
from icpgate.lookup.forks import remember
from icpgate.lookup.steps import Take
from icpgate.record import BEIJING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Limits", "LocalLimiter", "RetryBudget", "day_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    The limits of one registry.

    `seconds` is for one load with all its retries, whoever waits for it. `attempts` counts the
    first. `at_once` is how many loads may be under way; one more is refused as `overloaded`.
    `per_second` and `per_day` are None for no such limit; `burst` requests may come at once.
    """

    seconds: float = 10.0
    attempts: int = 3
    at_once: int = 100
    per_second: float | None = None
    burst: int = 1
    per_day: int | None = None

    def __post_init__(self) -> None:
        """Raises `ConfigurationError` for a limit that is none."""
        for each in fields(self):
            value, (least, most, whole) = getattr(self, each.name), _BOUNDS[each.name]
            if value is None and each.name in _OPTIONAL:
                continue
            number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
            if not number or not least <= value <= most:
                message = f"{each.name} is {quote(value)}: from {least:g} to {most:g} is expected"
                raise ConfigurationError(message, hint="see docs/settings.md", code="config.limits")

    @classmethod
    def read(cls, table: Mapping[str, object]) -> Limits:
        """Limits from a mapping; an unknown name is an error."""
        known = {each.name for each in fields(cls)}
        for name in table:
            if name not in known:
                message = f"unknown limit {quote(name)}"
                raise ConfigurationError(message, hint=f"known: {', '.join(sorted(known))}", code="config.unknown")
        return cls(**table)  # type: ignore[arg-type]  # checked by __post_init__

    @property
    def are_of_requests(self) -> bool:
        """Whether anything is stated about single requests, and not only about loads."""
        return (self.attempts, self.per_second, self.burst, self.per_day) != _UNLIMITED

    def take(self, name: str, now: datetime, longest: float) -> Take | None:
        """The step that takes one request from the shared limits; None when there are none."""
        if self.per_second is None and self.per_day is None:
            return None
        interval = 0.0 if self.per_second is None else 1 / self.per_second
        day, resets = day_of(now)
        return Take(name, interval, self.burst, day, self.per_day or 0, resets, longest)


_UNLIMITED: Final = (3, None, 1, None)
"""Attempts, rate, burst and quota where nothing is stated."""

_OPTIONAL: Final = frozenset({"per_second", "per_day"})
_BOUNDS: Final[dict[str, tuple[float, float, bool]]] = {
    "seconds": (0.01, 600, False),
    "attempts": (1, 10, True),
    "at_once": (1, 10_000, True),
    "per_second": (0.001, 100_000, False),
    "burst": (1, 100_000, True),
    "per_day": (1, 10**9, True),
}


def day_of(now: datetime) -> tuple[str, float]:
    """The day in Asia/Shanghai, and in how many seconds it ends."""
    local = now.astimezone(BEIJING)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return local.date().isoformat(), (midnight - local).total_seconds()


_DAY: Final = 86_400.0


class LocalLimiter:
    """Keeps one process to a registry's limits; `take` as the step `Take` promises."""

    def __init__(self) -> None:
        """Begin with nothing taken."""
        self._lock = threading.Lock()
        self._due = float("-inf")  # a clock may begin at nothing: a burst may come at once there too
        self._day = ""
        self._began = 0.0
        self._taken = 0
        remember(self)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`."""
        self._lock = threading.Lock()

    def take(self, step: Take, elapsed: float) -> tuple[float, int]:
        """Take one request at this reading of the monotonic clock."""
        with self._lock:
            # A clock that is set back gives no second quota; one that was far ahead is waited for a day, not longer.
            if step.day > self._day or (step.day < self._day and elapsed - self._began >= _DAY):
                self._day, self._began, self._taken = step.day, elapsed, 0
            if step.per_day and self._taken >= step.per_day:
                return -1.0, 0
            due = max(self._due, elapsed - step.interval * (step.burst - 1)) if step.interval else elapsed
            wait = max(0.0, due - elapsed)
            if wait <= step.longest:
                self._due = due + step.interval
                self._taken += 1
            return wait, step.per_day - self._taken if step.per_day else -1


PART: Final = 0.1
"""Retries may add a tenth to the requests: more of them would finish a registry that is struggling."""

SAVED: Final = 5.0
"""How many retries may be saved up from quiet times."""


class RetryBudget:
    """What a registry's retries may cost; each first request earns a part of one."""

    def __init__(self) -> None:
        """Begin with a few."""
        self._lock = threading.Lock()
        self._left = SAVED
        remember(self)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`."""
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A first request was made."""
        with self._lock:
            self._left = min(SAVED, self._left + PART)

    def spend(self) -> bool:
        """Whether one more retry may be made."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True
