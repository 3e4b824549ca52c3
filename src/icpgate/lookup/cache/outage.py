"""
When a second level that failed is tried again, and what it answers until then.

- One failure is enough: nobody waits for it a second time.
- After a pause one caller tries; the pause doubles while that fails, up to half a minute.
- One warning a minute goes into the log, with a cause from a closed list and nothing that was received.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from icpgate.log import logger
from icpgate.lookup.forks import remember
from icpgate.lookup.steps import Lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.lookup.steps import LevelStep

__all__ = ["Outage", "nothing"]

_LOG: Final = logging.getLogger(__name__)

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
WARNED_EVERY: Final = 60.0
"""Seconds."""


def nothing(step: LevelStep) -> object:
    """What a level that is gone answers."""
    return "" if type(step) is Lock else None


class Outage:
    """
    Whether a level, or a part of what it does, may be tried.

    A caller that is admitted gets a ticket, and hands it back with what came: so of many that
    fail together only one counts, and one that was admitted before the failure ends nothing.
    """

    def __init__(
        self, level: str, part: str, *, pause: float = FIRST_PAUSE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin without one; `level` and `part` are for the log, `pause` is the first, in seconds."""
        self.failures = 0
        """How often it was tried in vain since it was made."""
        # What it takes to log is loaded now: the first failure must cost no more than it has to.
        self._log = logger(_LOG.name)
        self._level = level
        self._part = part
        self._first = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._ticket = 1
        self._pause = 0.0
        self._until = 0.0
        self._warned: float | None = None
        remember(self)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`. The child begins anew: the parent's connections are not its own."""
        self._lock = threading.Lock()
        self._until = self._pause = 0.0
        self._ticket += 1

    def admits(self) -> int:
        """A ticket to try with, or 0: not now."""
        if not self._pause:
            return self._ticket
        with self._lock:
            now = self._clock()
            if now < self._until:
                return 0
            self._until = now + self._pause  # until this caller is back, or was lost for so long
            return self._ticket

    def is_current(self, ticket: int) -> bool:
        """Whether nothing has come since the ticket was given that makes it worthless."""
        return ticket == self._ticket

    @property
    def lasts(self) -> bool:
        """Whether nobody would be admitted now; asks for nothing."""
        return bool(self._pause) and self._clock() < self._until

    def ended(self, ticket: int) -> None:
        """It worked."""
        if self._pause:
            with self._lock:
                if ticket == self._ticket:
                    self._pause = self._until = 0.0
                    self._ticket += 1

    def failed(self, ticket: int, cause: str) -> None:
        """It did not work; `cause` is a word of our own."""
        with self._lock:
            self.failures += 1
            if ticket != self._ticket:
                return
            self._ticket += 1
            now = self._clock()
            self._pause = min(self._pause * 2, LONGEST_PAUSE) if self._pause else self._first
            self._until = now + self._pause
            if self._warned is not None and now - self._warned < WARNED_EVERY:
                return
            self._warned = now
        if _LOG.isEnabledFor(logging.WARNING):
            self._log.warning("cache_level_off", cache=self._level, part=self._part, cause=cause)
