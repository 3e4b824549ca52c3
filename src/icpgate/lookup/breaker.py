"""
Stops asking a registry that does not answer, and finds out when it does again.

- After some failures in a row it is open: nobody is asked, and nobody waits.
- After a pause exactly one caller probes. If that fails too, the next pause is longer.
- Where the registry says when to come back, that is the pause; it has an end in any case.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.lookup.forks import remember

if TYPE_CHECKING:
    from icpgate.answer import Unavailable

__all__ = ["Breaker"]

FAILURES: Final = 5
"""In a row, before it opens; what other proxies use as well."""

PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 300.0
LONGEST_ASKED_FOR: Final = 3_600.0
"""Seconds. No `Retry-After` can stop us for ever."""

PROBE_SECONDS: Final = 60.0
"""After which a probe that never came back no longer keeps others from probing."""

OF_THE_SERVICE: Final = frozenset(
    {
        Why.TIMEOUT,
        Why.CONNECTION,
        Why.REFUSED,
        Why.BLOCKED,
        Why.RATE_LIMITED,
        Why.UNAUTHORISED,
        Why.PROTOCOL,
        Why.UPSTREAM_ERROR,
        Why.MAINTENANCE,
    }
)
"""Whys that speak of the registry as a whole; the others of one answer."""

AT_ONCE: Final = frozenset({Why.BLOCKED, Why.RATE_LIMITED, Why.UNAUTHORISED})
"""Asking again makes these worse."""


class Breaker:
    """The breaker of one registry. All times are readings of one monotonic clock, in seconds."""

    def __init__(self, *, failures: int = FAILURES, pause: float = PAUSE) -> None:
        """Begin closed."""
        self._needed = failures
        self._pause = pause
        self._lock = threading.Lock()
        self._failed = 0
        self._opened = 0
        self._closed_until: float | None = None
        self._probe_since: float | None = None
        self.why = Why.CONNECTION
        """The why of the last failure."""
        remember(self)

    def renew_after_fork(self) -> None:
        """The parent's probe reports to the parent; see `ForkSafe`."""
        self._lock, self._probe_since = threading.Lock(), None

    def refuses(self, now: float) -> float | None:
        """
        None when the registry may be asked; otherwise in how many seconds it may be.

        Once the pause is over, the caller that gets None is the probe: it must report what came.
        """
        if self._closed_until is None:
            return None
        with self._lock:
            if self._closed_until is None:
                return None
            if now < self._closed_until:
                return self._closed_until - now
            if self._probe_since is not None and now - self._probe_since < PROBE_SECONDS:
                return PROBE_SECONDS - (now - self._probe_since)
            self._probe_since = now
            return None

    def opens_in(self, now: float) -> float:
        """In how many seconds somebody may probe; 0 while it is closed."""
        until = self._closed_until
        return 0.0 if until is None else max(0.0, until - now)

    def gave_up(self, since: float) -> None:
        """The caller that was let through at `since` did not ask after all: if it was the probe, let another be it."""
        with self._lock:
            if self._probe_since == since:
                self._probe_since = None

    def succeeded(self) -> bool:
        """The registry answered; whether that closed it."""
        if not self._failed and self._closed_until is None:
            return False
        with self._lock:
            was_open = self._closed_until is not None
            self._failed = self._opened = 0
            self._closed_until = self._probe_since = None
            return was_open

    def failed(self, answer: Unavailable, now: float, draw: float, *, at_once: bool = True) -> float | None:
        """
        The registry did not answer; `draw` spreads the pauses of many processes.

        Returns the seconds for which nobody is asked now, when that is what opened it. Not `at_once`:
        what was asked may itself have been the cause, so it counts as any other failure.
        """
        with self._lock:
            self.why = answer.why
            self._failed += 1
            probing = self._probe_since is not None
            asked = answer.retry_after or 0.0
            if not (probing or asked >= 1 or self._failed >= self._needed or (at_once and answer.why in AT_ONCE)):
                return None
            until = now if self._closed_until is None else self._closed_until
            opens = until <= now  # what fails while it is open was sent before: no further pause
            if opens:
                self._opened += 1
            pause = min(self._pause * self._opened, LONGEST_PAUSE) * (1 + 0.2 * draw)
            if asked >= 1:
                pause = min(asked, LONGEST_ASKED_FOR)
            self._closed_until = max(until, now + pause)
            self._probe_since = None
            return self._closed_until - now if opens else None

    def state(self, now: float) -> str:
        """`closed`, `open` or `half_open`, for people."""
        until = self._closed_until
        if until is None:
            return "closed"
        return "open" if now < until else "half_open"
