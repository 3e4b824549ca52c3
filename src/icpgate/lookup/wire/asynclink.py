"""
One connection of an event loop.

The loop reads when something has come, a piece at a time, and every other task has its turn before
it reads again: so no peer can keep it busy, however fast it sends.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, TypeAlias

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.budgets import READ
from icpgate.lookup.wire.failures import lost, readable, timed_out

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from icpgate.lookup.wire.conversation import Conversation
    from icpgate.lookup.wire.message import Incoming, Origin

__all__ = ["Link", "Outcome"]

Outcome: TypeAlias = "Incoming | Unanswered"
"""What a conversation comes to. A failure is a value: an exception that nobody collects would be logged."""


class Link(asyncio.BufferedProtocol):
    """
    A connection that has at most one conversation at a time.

    `since` is when it was last used, by the loop's clock; `placed` whether it has a place in the
    pool. Whatever comes outside a conversation makes it useless; `left` is called then, and when the
    peer goes.
    """

    __slots__ = (
        "_conversation",
        "_given",
        "_gone",
        "_room",
        "_sock",
        "_transport",
        "_waiter",
        "left",
        "origin",
        "placed",
        "since",
    )

    def __init__(self, origin: Origin, left: Callable[[Link], None]) -> None:
        """Of no connection yet."""
        self.origin = origin
        self.left = left
        self.since = 0.0
        self.placed = False
        self._room = self._given = memoryview(bytearray(READ))
        self._transport: asyncio.Transport | None = None
        self._sock: socket.socket | None = None
        self._conversation: Conversation | None = None
        self._waiter: asyncio.Future[Outcome] | None = None
        self._gone = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self._transport = transport  # type: ignore[assignment]  # of a stream: of nothing else is this a protocol
        self._sock = transport.get_extra_info("socket")
        self._gone = False

    def get_buffer(self, sizehint: int) -> memoryview:
        """
        See `asyncio.BufferedProtocol`.

        TLS says how much it has taken in, and gets room for all of it: what does not fit it would
        drop when the peer closes right behind its answer.
        """
        self._given = self._room if sizehint <= READ else memoryview(bytearray(sizehint))
        return self._given

    def buffer_updated(self, nbytes: int) -> None:
        """See `asyncio.BufferedProtocol`."""
        conversation = self._conversation
        if conversation is None:
            self._end()
            return
        try:
            incoming = conversation.receive(bytes(self._given[:nbytes]))
        except Unanswered as unanswered:
            self._settle(unanswered)
        except Exception:  # noqa: BLE001 -- a defect of ours is told to the one who asked, not to the loop
            self._settle(Unanswered(Why.INTERNAL, "answer"))
        else:
            if incoming is not None:
                self._settle(incoming)

    def eof_received(self) -> bool:
        """See `asyncio.Protocol`. TLS calls it with and without the peer's closing notice."""
        conversation = self._conversation
        if conversation is not None:
            try:
                self._settle(conversation.ended() if self._orderly() else conversation.cut())
            except Unanswered as unanswered:
                self._settle(unanswered)
        self._end()
        return False

    def _orderly(self) -> bool:
        transport = self._transport
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object") if transport is not None else None
        if secured is None:
            return True
        try:
            return secured.read(1) == b""
        except ssl.SSLError:
            return False

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        if self._conversation is not None:
            self._settle(lost(exc, self._conversation))
        self._end()

    def quiet(self) -> bool:
        """Whether nothing has come since it was used: not even what the loop has not seen yet."""
        return not self._gone and self._sock is not None and not readable(self._sock)

    def done(self) -> bool:
        """Whether all that was to be sent is sent, and the peer is there."""
        return not self._gone and self._transport is not None and not self._transport.get_write_buffer_size()

    def begin(self, conversation: Conversation, waiter: asyncio.Future[Outcome]) -> None:
        """Send the request of a conversation; the waiter is told when the answer is there."""
        self._conversation = conversation
        self._waiter = waiter
        if self._gone or self._transport is None:
            self._settle(conversation.cut())
        else:
            self._transport.write(conversation.outgoing)

    def expire(self) -> None:
        """The budget of the conversation is used up."""
        self._settle(timed_out("answer"))

    def abort(self) -> None:
        """Drop the connection at once, without a word to the peer."""
        self._gone = True
        self._conversation = self._waiter = None
        if self._transport is not None:
            self._transport.abort()

    def _settle(self, outcome: Outcome) -> None:
        """End the conversation: what comes from now on is no part of it."""
        waiter = self._waiter
        self._conversation = self._waiter = None
        if waiter is not None and not waiter.done():
            waiter.set_result(outcome)

    def _end(self) -> None:
        self._gone = True
        self.left(self)
