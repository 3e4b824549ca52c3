"""
A second level in a SQLite file, for the processes of one machine.

- A file that is spoiled is made anew, once; what is wrong with the disk, or with another process, is
  waited for a tenth of a second, once. Then nobody waits until it is right again.
- A disk that takes no more is still read from.
- The file is bounded: what is soonest of no use leaves first.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.errors import ConfigurationError
from icpgate.lookup.cache import sqlite_steps as steps
from icpgate.lookup.cache.outage import FIRST_PAUSE, Outage, nothing
from icpgate.lookup.cache.sqlite_file import CacheFile, is_spoiled
from icpgate.lookup.forks import remember
from icpgate.lookup.steps import Drop, GetMany, Lock, PutMany, Take, Unlock

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.lookup.steps import LevelStep

__all__ = ["SqliteLevel"]

T = TypeVar("T")

MAX_BYTES: Final = 256 << 20
LEAST_BYTES: Final = 1 << 20

TIMEOUT: Final = 0.1
"""Seconds that a step waits at most: half for other threads of the process, half for other processes."""

ROWS_AT_ONCE: Final = 2_000
"""That a look through all entries keeps others waiting for."""

_NO_WRITING: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY})
"""A file that cannot be written may still be read."""


class SqliteLevel:
    """
    See `Level`. Event loops use it on threads.

    The file is made if need be, in a folder that is there, and nobody else may read it. Raises
    `ConfigurationError` for a path that is none, and for another program's database; whatever else
    is wrong with the file or the disk leaves the level without effect until it is right. How long
    a disk takes to answer is not bounded.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_bytes: int = MAX_BYTES,
        timeout: float = TIMEOUT,
        pause: float = FIRST_PAUSE,
    ) -> None:
        """`timeout` bounds the waiting of a step, `pause` the first pause after a failure; both in seconds."""
        if max_bytes < LEAST_BYTES:
            message = f"max_bytes is {max_bytes:,}: at least {LEAST_BYTES:,} are expected"
            raise ConfigurationError(message, code="config.cache")
        target = _target(path)
        self._name = f"sqlite:{target.name}"
        self._file = CacheFile(target, max_bytes=max_bytes, seconds=timeout / 2)
        self._patience = timeout / 2
        self._lock = threading.Lock()
        self._is_closed = False
        self._all = Outage(self._name, "all", pause=pause)
        self._writing = Outage(self._name, "writing", pause=pause)
        self._file.check()
        remember(self)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`. The child opens the file anew."""
        self._lock = threading.Lock()
        self._file.abandon()

    @property
    def name(self) -> str:
        """See `Level.name`."""
        return self._name

    @property
    def failures(self) -> int:
        """How many steps were in vain since it was made."""
        return self._all.failures + self._writing.failures

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        now = int(time.time() * 1_000)
        pages = self._file.max_pages
        match step:
            case GetMany():
                return self._do(lambda file: steps.get(file, step, now), None, writes=False)
            case PutMany():
                return self._do(lambda file: steps.put(file, step, now, pages), None)
            case Lock():
                return self._do(lambda file: steps.lock(file, step, now), nothing(step))
            case Unlock():
                return self._do(lambda file: steps.unlock(file, step), None)
            case Take():
                return self._do(lambda file: steps.take(file, step, now), None)
            case Drop():
                return self._drop(step)
            case _:
                return self._do(lambda file: steps.count(file, now), None, writes=False)

    def _drop(self, step: Drop) -> int | None:
        if step.key or step.number or step.entity:
            return self._do(lambda file: steps.drop_named(file, step), None)
        last = self._do(steps.last_row, None, writes=False)
        if last is None:
            return None
        dropped = 0
        for after in range(0, last, ROWS_AT_ONCE):
            some = self._do(partial(steps.drop_range, step=step, after=after, until=after + ROWS_AT_ONCE), None)
            if some is None:
                return None
            dropped += some
        return dropped

    def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T | None, *, writes: bool = True) -> T | None:
        """What the work brings, and otherwise what a level that is gone answers."""
        if self._is_closed or self._all.lasts or (writes and self._writing.lasts):
            return otherwise
        ticket = self._all.admits()
        if not ticket or not self._lock.acquire(timeout=self._patience):
            return otherwise
        try:
            if self._is_closed or not self._all.is_current(ticket):  # somebody who had the lock before us failed
                return otherwise
            value = self._tried(work)
        except Exception as error:  # noqa: BLE001 -- a level never fails, whatever SQLite, the disk or the file does
            self._failed(ticket, error)
            return otherwise
        else:
            self._all.ended(ticket)
            if writes:
                self._writing.ended(self._writing.admits())
            return value
        finally:
            self._lock.release()

    def _tried(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._file.connection())
        except sqlite3.DatabaseError as error:
            if not is_spoiled(error):
                raise
        self._file.make_anew()
        return work(self._file.connection())

    def _failed(self, ticket: int, error: Exception) -> None:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        cause = getattr(error, "sqlite_errorname", type(error).__name__)
        if code in _NO_WRITING:
            if code != sqlite3.SQLITE_FULL or not self._made_room():
                self._writing.failed(self._writing.admits(), cause)
            return
        self._file.close()
        self._all.failed(ticket, cause)

    def _made_room(self) -> bool:
        """Whether it was only as full as it may become."""
        try:
            steps.make_room(self._file.connection(), 256)
        except Exception:  # noqa: BLE001 -- then it is the disk
            return False
        return True

    def for_loop(self) -> None:
        """See `Level.for_loop`."""
        return

    def close(self) -> None:
        """See `Level.close`. Afterwards it is as if it were gone."""
        self._is_closed = True
        with self._lock:
            self._file.close()


def _target(path: str | os.PathLike[str]) -> Path:
    """The file itself, whatever links lead to it."""
    try:
        given = os.fspath(path)
        target = Path(given).resolve()
        is_in_a_folder = bool(given) and target.parent.is_dir() and not target.is_dir()
    except (OSError, ValueError, TypeError, RuntimeError):
        is_in_a_folder = False
    if not is_in_a_folder:
        message = "a cache's file needs a path in a folder that is there"
        raise ConfigurationError(message, hint="such as sqlite:cache.db", code="config.cache")
    return target
