"""
The connections of one event loop, by origin: at most so many, the one used last first.

Every place is somebody's: an idle connection's, one's in use, or one's that is being made. Whoever
is cancelled gives it back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, TypeAlias

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.asyncconnecting import connect
from icpgate.lookup.wire.budgets import QUIET_SECONDS, SPARE
from icpgate.lookup.wire.failures import CLOSED, timed_out
from icpgate.lookup.wire.proxy import Proxies
from icpgate.lookup.wire.resolving import Resolver

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from icpgate.lookup.wire.asynclink import Link
    from icpgate.lookup.wire.message import Origin

__all__ = ["Pool"]

Turn: TypeAlias = "Link | Unanswered | None"
"""What the wait for a connection comes to; None is a place for a new one."""


class _Lane:
    """The connections to one origin. `open` counts the places that are taken."""

    __slots__ = ("idle", "open", "waiting")

    def __init__(self) -> None:
        self.idle: OrderedDict[Link, None] = OrderedDict()
        self.open = 0
        self.waiting: OrderedDict[asyncio.Future[Turn], None] = OrderedDict()

    def next(self) -> asyncio.Future[Turn] | None:
        """Who has waited longest, and waits still."""
        while self.waiting:
            waiter, _ = self.waiting.popitem(last=False)
            if not waiter.done():
                return waiter
        return None


class Pool:
    """Gives connections out and takes them back, each in constant time."""

    def __init__(
        self,
        context: Callable[[], ssl.SSLContext],
        connections: int,
        idle_seconds: float,
        proxies: Proxies = Proxies(),  # noqa: B008 -- frozen, and without a proxy
    ) -> None:
        """At most so many `connections` to an origin; an unused one is kept for `idle_seconds`."""
        self._context = context
        self._proxies = proxies
        self._most = connections
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._resolver = Resolver()
        self._lanes: dict[Origin, _Lane] = {}
        self._closed = False
        self._sweeping: asyncio.TimerHandle | None = None

    def take(self, origin: Origin) -> Link | None:
        """An idle connection on which nothing has come, if there is one."""
        lane = self._lanes.get(origin)
        while lane is not None and (link := self._next(lane)) is not None:
            if link.quiet() and self._loop.time() - link.since < self._idle_seconds:
                return link
            self.discard(link)
        return None

    def _next(self, lane: _Lane) -> Link | None:
        """The idle connection to use: the one used last, unless that was just now and there is another, or room."""
        if not lane.idle:
            return None
        quiet = self._loop.time() - QUIET_SECONDS
        newest = next(reversed(lane.idle))
        if newest.since <= quiet:
            return lane.idle.popitem()[0]
        if next(iter(lane.idle)).since <= quiet:
            return lane.idle.popitem(last=False)[0]
        return None if lane.open < min(SPARE, self._most) else lane.idle.popitem()[0]

    async def obtain(self, origin: Origin, deadline: float) -> Link:
        """
        A new connection, or one that comes free while no place for a new one does.

        Raises `Unanswered`, at the deadline at the latest.
        """
        if self._closed:
            raise Unanswered(Why.CONFIGURATION, CLOSED)
        lane = self._lanes.setdefault(origin, _Lane())
        if lane.open < self._most or lane.idle:
            lane.open += 1
            if lane.open > self._most:
                self.discard(next(iter(lane.idle)))
        else:
            link = await self._turn(origin, lane, deadline)
            if link is not None:
                return link
        try:
            context = self._context() if origin.secure else None
            return await connect(origin, context, self._resolver, self.discard, deadline, self._proxies.of(origin))
        except BaseException:
            self._release(origin)
            raise

    async def _turn(self, origin: Origin, lane: _Lane, deadline: float) -> Link | None:
        """Wait for a connection; None is a place for a new one."""
        waiter: asyncio.Future[Turn] = self._loop.create_future()
        lane.waiting[waiter] = None
        timer = self._loop.call_at(deadline, _expire, waiter)
        try:
            turn = await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():
                self._return(origin, waiter.result())
            raise
        finally:
            timer.cancel()
            lane.waiting.pop(waiter, None)
        if isinstance(turn, Unanswered):
            raise turn
        return turn

    def _return(self, origin: Origin, turn: Turn) -> None:
        """Give back what came just when its receiver was cancelled."""
        if turn is None:
            self._release(origin)
        elif not isinstance(turn, Unanswered):
            self.give(turn)

    def give(self, link: Link) -> None:
        """Take a connection back that may be used again."""
        if self._closed or not link.done():
            self.discard(link)
            return
        link.since = self._loop.time()
        lane = self._lanes[link.origin]
        waiter = lane.next()
        if waiter is not None:
            waiter.set_result(link)
            return
        lane.idle[link] = None
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(self._idle_seconds, self._sweep)

    def discard(self, link: Link) -> None:
        """Take a connection back that may not be used again, or that is gone; may be called twice."""
        if not link.placed:
            return
        link.placed = False
        link.abort()
        self._lanes[link.origin].idle.pop(link, None)
        self._release(link.origin)

    def close(self) -> None:
        """Close what is idle; what is in use will be closed when it comes back."""
        self._closed = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        for lane in list(self._lanes.values()):
            while (waiter := lane.next()) is not None:
                waiter.set_result(Unanswered(Why.CONFIGURATION, CLOSED))
            for link in list(lane.idle):
                self.discard(link)

    def _release(self, origin: Origin) -> None:
        """Give a place to whoever waits for one."""
        lane = self._lanes[origin]
        waiter = lane.next()
        if waiter is not None:
            waiter.set_result(None)
            return
        lane.open -= 1
        if not lane.open:
            del self._lanes[origin]

    def _sweep(self) -> None:
        """Close what has been idle for too long."""
        now = self._loop.time()
        self._sweeping = None
        for lane in list(self._lanes.values()):
            for link in list(lane.idle):
                if now - link.since < self._idle_seconds:
                    break
                self.discard(link)
        if any(lane.idle for lane in self._lanes.values()):
            self._sweeping = self._loop.call_later(self._idle_seconds, self._sweep)


def _expire(waiter: asyncio.Future[Turn]) -> None:
    if not waiter.done():
        waiter.set_result(timed_out("no free connection"))
