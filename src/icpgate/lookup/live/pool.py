"""
The connections that one process has to a database.

- One is in use by one thread at a time; those that nobody uses wait for the next. Their number is bounded.
- A forked child never touches its parent's: not even closing them would be safe there.
- One that was lost meanwhile is noticed before anything was done in it, and another takes its place.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from icpgate.errors import RegistryStoreError
from icpgate.lookup.forks import remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Driver", "Pool"]

C = TypeVar("C")

TURN_SECONDS: Final = 30.0
"""How long a thread waits for others to give one back; transactions take milliseconds."""

_ABANDONED: Final[list[object]] = []
"""The parent's, in a child: kept, because their end would close them."""


class Driver(Protocol[C]):
    """What a pool does with connections."""

    def connect(self) -> C:
        """A new one."""
        ...

    def is_lost(self, connection: C) -> bool:
        """Whether it cannot be used any more, or is not as it was lent."""
        ...

    def disconnect(self, connection: C) -> None:
        """Close it; never raises."""
        ...


class Pool(Generic[C]):
    """Connections to one database."""

    def __init__(self, name: str, driver: Driver[C], *, at_once: int) -> None:
        """`name` stands in errors; so many connections are open at once at most."""
        self._name = name
        self._driver = driver
        self._at_once = at_once
        self._is_closed = False
        self._begin_anew()
        remember(self)

    def _begin_anew(self) -> None:
        self._turns = threading.Semaphore(self._at_once)
        self._guard = threading.Lock()
        self._idle: list[C] = []
        self._generation = 0

    def renew_after_fork(self) -> None:
        """See `ForkSafe`."""
        _ABANDONED.extend(self._idle)
        self._begin_anew()

    @contextmanager
    def lent(self, begin: Callable[[C], None]) -> Iterator[C]:
        """
        A connection in which `begin` was done.

        Raises what `begin` and connecting raise; `RegistryStoreError` when the pool is closed, or all are in use.
        """
        turns = self._turns
        if not turns.acquire(timeout=TURN_SECONDS):
            message = f"{self._name}: all {self._at_once} connections are in use"
            raise RegistryStoreError(message, hint="ask from fewer threads at once", code="store.busy")
        try:
            if self._is_closed:
                raise RegistryStoreError(f"{self._name}: it was closed", code="store.closed")
            taken_at = os.getpid(), self._generation
            connection = self._begun(begin)
            try:
                yield connection
            finally:
                self._take_back(connection, taken_at)
        finally:
            turns.release()

    def _begun(self, begin: Callable[[C], None]) -> C:
        while (idle := self._next_idle()) is not None:
            try:
                begin(idle)
            except Exception:
                was_lost = self._driver.is_lost(idle)
                self._driver.disconnect(idle)
                if not was_lost:
                    raise
            else:
                return idle
        connection = self._driver.connect()
        try:
            begin(connection)
        except BaseException:
            self._driver.disconnect(connection)
            raise
        return connection

    def _next_idle(self) -> C | None:
        with self._guard:
            return self._idle.pop() if self._idle else None

    def _take_back(self, connection: C, taken_at: tuple[int, int]) -> None:
        if taken_at[0] != os.getpid():
            _ABANDONED.append(connection)
            return
        is_lost = self._driver.is_lost(connection)
        with self._guard:
            keep = not is_lost and not self._is_closed and taken_at[1] == self._generation
            if keep:
                self._idle.append(connection)
        if not keep:
            self._driver.disconnect(connection)

    def forget(self) -> None:
        """Use none of the connections made so far for anything new."""
        with self._guard:
            self._generation += 1
            idle, self._idle = self._idle, []
        for connection in idle:
            self._driver.disconnect(connection)

    def close(self) -> None:
        """Close what nobody uses, the rest when it is given back; may be called twice."""
        self._is_closed = True
        self.forget()
