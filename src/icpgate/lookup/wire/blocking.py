"""
The exchange over blocking sockets. Threads may share it, and a fork may carry it over.

- Every wait is given what is left of the budget, no more: a free connection, the name, connecting,
  TLS, sending, each single read.
- A forked child starts with no connections. Of those it inherited it closes its own copies: not a
  byte goes to the peer, and its parent's work on.
"""

from __future__ import annotations

import weakref
from time import monotonic
from typing import TYPE_CHECKING

from icpgate.answer import Why
from icpgate.lookup.forks import remember
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.blockinglink import connect
from icpgate.lookup.wire.blockingpool import Pool
from icpgate.lookup.wire.budgets import CONNECTIONS, IDLE_SECONDS
from icpgate.lookup.wire.conversation import Conversation
from icpgate.lookup.wire.failures import late
from icpgate.lookup.wire.proxy import Proxies, absolute, let_through
from icpgate.lookup.wire.resolving import Resolver
from icpgate.lookup.wire.tls import checked, shared_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from icpgate.lookup.channel import Channel
    from icpgate.lookup.wire.blockinglink import Link
    from icpgate.lookup.wire.message import Incoming, Outgoing

__all__ = ["BlockingWire"]


class _Home:
    """What belongs to one process: its connections, and who resolves names for it."""

    __slots__ = ("pool", "resolver")

    def __init__(self, connections: int, idle_seconds: float) -> None:
        self.pool = Pool(connections, idle_seconds)
        self.resolver = Resolver()


class BlockingWire:
    """Exchanges messages, one at a time in each thread. `close` it; forgotten, it closes itself."""

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None = None,
        connections: int = CONNECTIONS,
        idle_seconds: float = IDLE_SECONDS,
        channel: Channel | None = None,
    ) -> None:
        """
        `connections` bounds those to one origin. A `channel` has contexts and proxies of its own.

        Raises `ConfigurationError` for a context that believes anybody.
        """
        given = checked(ssl_context) if ssl_context is not None else None
        usual: Callable[[], ssl.SSLContext] = shared_context if given is None else lambda: given
        self._context = usual if channel is None else channel.context
        self._proxies = Proxies() if channel is None else channel.proxies
        self._limits = (connections, idle_seconds)
        self._home = _Home(connections, idle_seconds)
        self._closing = weakref.finalize(self, self._home.pool.close)
        remember(self)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`."""
        self._closing.detach()
        self._home.pool.abandon()
        home = self._home = _Home(*self._limits)
        self._closing = weakref.finalize(self, home.pool.close)

    def exchange(self, message: Outgoing, seconds: float) -> Incoming:
        """
        Send a message and return its answer, of any status, within `seconds`.

        Raises `Unanswered`. A kept connection that turns out to be dead before a byte of the answer
        has come, or to bring what is none, is replaced by a new one, once.
        """
        deadline = monotonic() + late(seconds, "budget")
        proxy = self._proxies.of(message.origin)
        if proxy is None or message.origin.secure:
            return self._exchange(message, deadline)
        return let_through(self._exchange(absolute(message, proxy), deadline))

    def _exchange(self, message: Outgoing, deadline: float) -> Incoming:
        home = self._home
        conversation = Conversation(message)
        link = home.pool.take(message.origin, deadline)
        if link is None:
            return self._over_new(home, message, conversation, deadline)
        try:
            return _over(home.pool, link, conversation, deadline)
        except Unanswered as unanswered:
            if not (conversation.foreign or (not conversation.started and unanswered.why is Why.CONNECTION)):
                raise
        home.pool.reserve(message.origin, deadline)
        return self._over_new(home, message, Conversation(message), deadline)

    def _over_new(self, home: _Home, message: Outgoing, conversation: Conversation, deadline: float) -> Incoming:
        """On a new connection, for which the pool has reserved a place."""
        origin = message.origin
        try:
            context = self._context() if origin.secure else None
            link = connect(origin, context, home.resolver, deadline, self._proxies.of(origin))
        except BaseException:
            home.pool.release(origin)
            raise
        return _over(home.pool, link, conversation, deadline)

    def close(self) -> None:
        """Close every idle connection, and those in use when their exchange ends. May be called twice."""
        self._home.pool.close()


def _over(pool: Pool, link: Link, conversation: Conversation, deadline: float) -> Incoming:
    try:
        incoming = link.converse(conversation, deadline)
    except BaseException:
        pool.discard(link)
        raise
    if conversation.reusable:
        pool.give(link)
    else:
        pool.discard(link)
    return incoming
