"""The connections of one process, by origin: at most so many, the one used last first."""

from __future__ import annotations

from collections import deque
from threading import Condition, Lock
from time import monotonic
from typing import TYPE_CHECKING

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.budgets import QUIET_SECONDS, SPARE
from icpgate.lookup.wire.failures import CLOSED, timed_out

if TYPE_CHECKING:
    from icpgate.lookup.wire.blockinglink import Link
    from icpgate.lookup.wire.message import Origin

__all__ = ["Pool"]


class _Lane:
    """The connections to one origin. `open` counts the idle ones, those in use and those being made."""

    __slots__ = ("changed", "idle", "open", "waiting")

    def __init__(self, lock: Lock) -> None:
        self.idle: deque[Link] = deque()
        self.open = 0
        self.waiting = 0
        self.changed = Condition(lock)


def _next(lane: _Lane, most: int) -> Link | None:
    """The idle connection to use: the one used last, unless that was just now and there is a better one, or room."""
    if not lane.idle:
        return None
    quiet = monotonic() - QUIET_SECONDS
    if lane.idle[-1].since <= quiet:
        return lane.idle.pop()
    if lane.idle[0].since <= quiet:
        return lane.idle.popleft()
    return None if lane.open < min(SPARE, most) else lane.idle.pop()


class Pool:
    """Gives connections out and takes them back, each in constant time. Threads may share it."""

    def __init__(self, connections: int, idle_seconds: float) -> None:
        """At most so many `connections` to an origin; an unused one is kept for `idle_seconds`."""
        self._most = connections
        self._idle_seconds = idle_seconds
        self._lock = Lock()
        self._lanes: dict[Origin, _Lane] = {}
        self._closed = False

    def take(self, origin: Origin, deadline: float) -> Link | None:
        """
        An idle connection on which nothing has come, or None: a place for a new one is reserved.

        Waits until the deadline while all places are taken, then raises `Unanswered`.
        """
        with self._lock:
            lane = self._lane(origin)
            while True:
                while (link := _next(lane, self._most)) is not None:
                    if link.quiet() and monotonic() - link.since < self._idle_seconds:
                        return link
                    self._drop(lane, link)
                if self._reserved(lane, deadline):
                    return None

    def reserve(self, origin: Origin, deadline: float) -> None:
        """A place for a new connection, were it in place of an idle one; waits as `take` does."""
        with self._lock:
            lane = self._lane(origin)
            while True:
                if lane.open >= self._most and lane.idle:
                    self._drop(lane, lane.idle.popleft())
                if self._reserved(lane, deadline):
                    return

    def _reserved(self, lane: _Lane, deadline: float) -> bool:
        """Reserve a place; False after a wait in which something changed."""
        if self._closed:
            raise Unanswered(Why.CONFIGURATION, CLOSED)
        if lane.open < self._most:
            lane.open += 1
            return True
        lane.waiting += 1
        try:
            left = deadline - monotonic()
            if left <= 0 or not lane.changed.wait(left):
                raise timed_out("no free connection")
        finally:
            lane.waiting -= 1
        return False

    def give(self, link: Link) -> None:
        """Take a connection back that may be used again."""
        now = link.since = monotonic()
        with self._lock:
            lane = self._lane(link.origin)
            if self._closed:
                self._drop(lane, link)
                return
            lane.idle.append(link)
            while now - lane.idle[0].since > self._idle_seconds:
                self._drop(lane, lane.idle.popleft())
            lane.changed.notify()

    def discard(self, link: Link) -> None:
        """Take a connection back that may not be used again."""
        with self._lock:
            self._drop(self._lane(link.origin), link)
            self._tidy(link.origin)

    def release(self, origin: Origin) -> None:
        """Give a place back for which no connection came about."""
        with self._lock:
            lane = self._lane(origin)
            lane.open -= 1
            lane.changed.notify()
            self._tidy(origin)

    def close(self) -> None:
        """Close what is idle; what is in use will be closed when it comes back."""
        with self._lock:
            self._closed = True
            for lane in self._lanes.values():
                while lane.idle:
                    self._drop(lane, lane.idle.pop())
                lane.changed.notify_all()

    def abandon(self) -> None:
        """In a forked child: let go of what the parent had idle. The parent's lock may be locked for ever."""
        for lane in list(self._lanes.values()):
            for link in list(lane.idle):
                link.close()

    def _lane(self, origin: Origin) -> _Lane:
        lane = self._lanes.get(origin)
        if lane is None:
            lane = self._lanes[origin] = _Lane(self._lock)
        return lane

    def _drop(self, lane: _Lane, link: Link) -> None:
        link.close()
        lane.open -= 1
        lane.changed.notify()

    def _tidy(self, origin: Origin) -> None:
        """Forget an origin to which nothing leads any more: clients come by many in a life."""
        lane = self._lanes[origin]
        if not (lane.open or lane.waiting):
            del self._lanes[origin]
