"""
One bureau's door: the first call tries the password alone, and a bureau that sends us away is left alone.

- Until a call was answered, one is under way and the others wait: eight that come at once with a wrong
  password would be eight wrong passwords, and the interface locks out after a few.
- What speaks of all calls (credentials, maintenance, a rate) is the answer to all, for as long as it asks.
"""

from __future__ import annotations

import threading
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from icpgate.answer import Unavailable, Why
from icpgate.lookup.forks import remember

if TYPE_CHECKING:
    from icpgate.answer import Answer

__all__ = ["PATIENCE", "Door", "Turn"]

LONGEST: Final = 0.25
"""Seconds of one wait, so that nobody holds a thread for long; whoever is let in is told at once."""

PATIENCE: Final = 240
"""Waits. Whoever waits for longer has no time left anyway."""

_OF_ALL: Final = frozenset({Why.UNAUTHORISED, Why.MAINTENANCE, Why.RATE_LIMITED})
_AFTER_THE_PASSWORD: Final = frozenset({Why.NOT_LISTED, Why.NOT_COVERED})


class Turn(Enum):
    """What to do at the door."""

    CALL = auto()
    WAIT = auto()


class Door:
    """The door of one bureau, for all threads. Times are readings of one monotonic clock, in seconds."""

    def __init__(self) -> None:
        """Nobody has called yet."""
        self._changed = threading.Condition()
        self._is_known = False
        self._is_trying = False
        self._refusal: tuple[Unavailable, float] | None = None
        remember(self)

    def renew_after_fork(self) -> None:
        """The parent's first call is answered to the parent; see `ForkSafe`."""
        self._changed, self._is_trying = threading.Condition(), False

    def enter(self, elapsed: float) -> Turn | Unavailable:
        """Whether to call now; who is told to must `leave`. An answer is the answer of the bureau to all."""
        with self._changed:
            if self._refusal is not None:
                refusal, until = self._refusal
                if elapsed < until:
                    return Unavailable(refusal.why, refusal.detail, until - elapsed)
                self._refusal = None
            if self._is_known:
                return Turn.CALL
            if self._is_trying:
                return Turn.WAIT
            self._is_trying = True
            return Turn.CALL

    def wait(self) -> None:
        """Wait until nobody tries any more, but not for long. By the machine's own time: it is for a thread."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_trying, LONGEST)

    def leave(self, answer: Answer | None, elapsed: float) -> None:
        """What came of a call; None when whoever called has gone."""
        with self._changed:
            self._is_trying = False
            self._changed.notify_all()
            if type(answer) is not Unavailable:
                self._is_known = self._is_known or answer is not None
            elif answer.why in _OF_ALL:
                self._is_known = self._is_known and answer.why is not Why.UNAUTHORISED
                self._refusal = (answer, elapsed + answer.retry_after) if answer.retry_after else None
            elif answer.why in _AFTER_THE_PASSWORD:
                self._is_known = True
