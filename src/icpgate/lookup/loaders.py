"""
Threads that do what nobody may have to wait for: loads, and what is done later.

- They are daemons: a load that hangs holds up neither a caller nor the end of the program.
- An idle thread is used again; after a while without work it ends.
- After a fork the child begins with none.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Loaders"]

IDLE_SECONDS: Final = 10.0


class _Worker:
    """One thread: does what it was given, then waits a while for more."""

    def __init__(self, pool: Loaders, work: Callable[[], None]) -> None:
        self._pool = pool
        self._work: Callable[[], None] | None = work
        self._wake = threading.Lock()
        self._wake.acquire()
        threading.Thread(target=self._run, name="icpgate-loader", daemon=True).start()

    def give(self, work: Callable[[], None] | None) -> None:
        self._work = work
        self._wake.release()

    def _run(self) -> None:
        while self._work is not None:
            work, self._work = self._work, None
            work()
            del work  # an idle thread keeps nothing alive
            self._pool.rest(self)
            if not self._wake.acquire(timeout=IDLE_SECONDS) and not self._pool.dismiss(self):
                self._wake.acquire()  # it was given work at the last moment


class Loaders:
    """A growing and shrinking set of threads. How many may run at once is for its user to bound."""

    def __init__(self) -> None:
        """Begin with no thread."""
        self._renew()

    def _renew(self) -> None:
        self._process = os.getpid()
        self._idle: deque[_Worker] = deque()
        self._lock = threading.Lock()

    def start(self, work: Callable[[], None]) -> None:
        """Do the work on a thread. It must raise nothing. Raises `RuntimeError` when no thread can be had."""
        if self._process != os.getpid():
            self._renew()
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker is None:
            _Worker(self, work)
        else:
            worker.give(work)

    def close(self) -> None:
        """Let the idle threads end now; may be called twice. Who is at work ends later, as any that is idle."""
        if self._process != os.getpid():
            return  # they are the parent's
        with self._lock:
            idle, self._idle = self._idle, deque()
        for worker in idle:
            worker.give(None)

    def rest(self, worker: _Worker) -> None:
        """A worker has nothing to do."""
        with self._lock:
            self._idle.append(worker)

    def dismiss(self, worker: _Worker) -> bool:
        """Let an idle worker end; False when it has just been given work."""
        with self._lock:
            try:
                self._idle.remove(worker)
            except ValueError:
                return False
            return True
