"""
The exchange for an event loop.

- One timer for each exchange; it is the peer's business that takes time, not ours.
- Whoever is cancelled leaves nothing behind: its connection is closed, its place is free.
- The connections belong to the loop and end with it, as they do when nobody holds the wire any more.
- A forked child touches nothing that its parent's loop still watches.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from icpgate.answer import Why
from icpgate.lookup.forks import remember
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.asyncpool import Pool
from icpgate.lookup.wire.budgets import CONNECTIONS, IDLE_SECONDS
from icpgate.lookup.wire.conversation import Conversation
from icpgate.lookup.wire.failures import CLOSED, late
from icpgate.lookup.wire.proxy import Proxies, absolute, let_through
from icpgate.lookup.wire.tls import checked, shared_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Callable

    from icpgate.lookup.channel import Channel
    from icpgate.lookup.wire.asynclink import Link, Outcome
    from icpgate.lookup.wire.message import Incoming, Outgoing

__all__ = ["AsyncWire"]


class _Home:
    """
    What belongs to one loop.

    The guard is an asynchronous generator that is never resumed: asyncio closes it when the loop
    shuts down, and when nobody holds it any more; then it closes the connections. The pool does
    not know it.
    """

    __slots__ = ("guard", "pool")

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.guard = _guard(pool)


async def _guard(pool: Pool) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        pool.close()
        await asyncio.sleep(0)  # the loop closes a socket in its next turn


class AsyncWire:
    """Exchanges messages, as many at once as there are connections. `close` it."""

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None = None,
        connections: int = CONNECTIONS,
        idle_seconds: float = IDLE_SECONDS,
        channel: Channel | None = None,
    ) -> None:
        """See `BlockingWire`."""
        given = checked(ssl_context) if ssl_context is not None else None
        usual: Callable[[], ssl.SSLContext] = shared_context if given is None else lambda: given
        self._context = usual if channel is None else channel.context
        self._proxies = Proxies() if channel is None else channel.proxies
        self._limits = (connections, idle_seconds)
        self._closed = False
        self._homes: dict[asyncio.AbstractEventLoop, _Home] = {}
        self._inherited: list[dict[asyncio.AbstractEventLoop, _Home]] = []
        remember(self)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`."""
        self._inherited.append(self._homes)
        self._homes = {}

    async def exchange(self, message: Outgoing, seconds: float) -> Incoming:
        """
        Send a message and return its answer, of any status, within `seconds`.

        Raises `Unanswered`. A kept connection that turns out to be dead before a byte of the answer
        has come, or to bring what is none, is replaced by a new one, once.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + late(seconds, "budget")
        proxy = self._proxies.of(message.origin)
        if proxy is None or message.origin.secure:
            return await self._exchange(message, loop, deadline)
        return let_through(await self._exchange(absolute(message, proxy), loop, deadline))

    async def _exchange(self, message: Outgoing, loop: asyncio.AbstractEventLoop, deadline: float) -> Incoming:
        home = self._homes.get(loop) or await self._settled(loop)
        pool = home.pool
        conversation = Conversation(message)
        link = pool.take(message.origin) or await pool.obtain(message.origin, deadline)
        kept = link.since > 0
        try:
            return await _over(pool, link, conversation, deadline)
        except Unanswered as unanswered:
            dead = not conversation.started and unanswered.why is Why.CONNECTION
            if not (kept and (dead or conversation.foreign)):
                raise
        link = await pool.obtain(message.origin, deadline)
        return await _over(pool, link, Conversation(message), deadline)

    async def _settled(self, loop: asyncio.AbstractEventLoop) -> _Home:
        """The place of a loop, which has connections of its own; those of loops that are closed have gone."""
        if self._closed:
            raise Unanswered(Why.CONFIGURATION, CLOSED)
        for other in list(self._homes):
            if other.is_closed():
                self._homes.pop(other, None)
        home = self._homes[loop] = _Home(Pool(self._context, *self._limits, proxies=self._proxies))
        await anext(home.guard)
        return home

    async def close(self) -> None:
        """Close every idle connection, and those in use when their exchange ends. May be called twice."""
        self._closed = True
        home = self._homes.pop(asyncio.get_running_loop(), None)
        self._homes.clear()  # other loops close theirs, now that nobody holds them
        if home is not None:
            await home.guard.aclose()


async def _over(pool: Pool, link: Link, conversation: Conversation, deadline: float) -> Incoming:
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[Outcome] = loop.create_future()
    timer = loop.call_at(deadline, link.expire)
    try:
        link.begin(conversation, waiter)
        outcome = await waiter
    except BaseException:
        pool.discard(link)
        raise
    finally:
        timer.cancel()
    if conversation.reusable:
        pool.give(link)
    else:
        pool.discard(link)
    if isinstance(outcome, Unanswered):
        raise outcome
    return outcome
