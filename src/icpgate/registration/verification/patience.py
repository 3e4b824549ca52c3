"""
A question to somebody else, with an end to the waiting.

What is asked cannot be interrupted: it runs on a daemon thread, and is left behind when the time is over. A process has
at most eight such threads; who finds all of them busy waits within its own time.
"""

from __future__ import annotations

import math
from concurrent.futures import Future
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.errors import ConfigurationError
from icpgate.lookup.forks import remember

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_THREADS", "seconds_of", "within"]

_T = TypeVar("_T")

MAX_THREADS: Final = 8


class _Hands:
    """The threads that may ask at once."""

    def __init__(self) -> None:
        self.renew_after_fork()
        remember(self)

    def renew_after_fork(self) -> None:
        """A fork carries no threads over."""
        self.free = BoundedSemaphore(MAX_THREADS)


_HANDS: Final = _Hands()


def within(seconds: float, ask: Callable[[], _T]) -> _T:
    """What `ask` returns or raises; `TimeoutError` when it does neither in time, or no thread was free."""
    end, free = monotonic() + seconds, _HANDS.free
    if seconds <= 0 or not free.acquire(timeout=seconds):
        raise TimeoutError
    future: Future[_T] = Future()
    try:
        Thread(target=_run, args=(future, ask, free), name="icpgate-check", daemon=True).start()
    except RuntimeError:
        free.release()
        raise TimeoutError from None
    return future.result(timeout=max(0.0, end - monotonic()))


def _run(future: Future[_T], ask: Callable[[], _T], free: BoundedSemaphore) -> None:
    try:
        result = ask()
    except Exception as error:  # noqa: BLE001 -- it is told to whoever waits
        future.set_exception(error)
    except BaseException as error:  # noqa: BLE001 -- an exit of this thread is not one of the process
        future.set_exception(RuntimeError(type(error).__name__))
    else:
        future.set_result(result)
    finally:
        free.release()


def seconds_of(value: float, what: str) -> float:
    """A positive number of seconds; raises `ConfigurationError`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise ConfigurationError(f"{what}: not a number of seconds", hint="more than 0")
    return float(value)
