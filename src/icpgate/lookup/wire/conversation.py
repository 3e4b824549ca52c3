"""
One request and its answer, without I/O: bytes in, bytes out, and never more than the budgets.

- Heads of the usual form are written and read at one go (`heads`), all others by h11; it is handed
  whole heads only.
- What h11 lets pass is refused here: two framings, a bare line feed, HTTP/2.0, status 999.
- Whether the connection may be used again is known at the end: only when the answer says when it
  ends, nobody asked to close, and not one byte has come behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h11

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire import heads
from icpgate.lookup.wire.budgets import (
    MAX_BODY,
    MAX_HEAD,
    MAX_HEADER_LINES,
    MAX_INFORMATIONAL,
    MAX_LENGTH_DIGITS,
    MAX_WIRE,
)
from icpgate.lookup.wire.coding import Plain, body_of
from icpgate.lookup.wire.framing import Chunked, Sized, UntilClosed
from icpgate.lookup.wire.message import Incoming

if TYPE_CHECKING:
    from icpgate.lookup.wire.coding import Body
    from icpgate.lookup.wire.framing import Framing
    from icpgate.lookup.wire.message import Headers, Outgoing

__all__ = ["Conversation"]

_BLANK: Final = b"\r\n\r\n"
_BEGINNING: Final = b"HTTP/"
_LAST_STATUS: Final = 599
_WITHOUT_BODY: Final = frozenset({204, 304})
_OF_THE_WIRE: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class Conversation:
    """
    One exchange. Send `outgoing`, then feed what comes until the answer is whole.

    `started` says that a byte of an answer has come; `reusable` that the connection may be used again; `foreign`
    that what came first is no beginning of an answer: on a kept connection, what the one before left behind.
    """

    __slots__ = (
        "_body",
        "_close",
        "_coded",
        "_framing",
        "_head",
        "_headers",
        "_in_body",
        "_informational",
        "_message",
        "_parser",
        "_received",
        "_status",
        "foreign",
        "outgoing",
        "reusable",
    )

    def __init__(self, message: Outgoing) -> None:
        """Write the request; raises `Unanswered` (`configuration`) for one that HTTP cannot carry."""
        self._message = message
        self._parser: h11.Connection | None = None
        self.outgoing = (heads.written(message) or self._told()[1]) + message.body
        self.reusable = self.foreign = False
        self._close = _asks_to_close(message.headers)
        self._received = 0
        self._head = b""
        self._informational = 0
        self._coded = self._in_body = False
        self._framing: Framing
        self._body: Body

    def _told(self) -> tuple[h11.Connection, bytes]:
        """h11, told of the request, and the head that it writes; raises `Unanswered`."""
        message = self._message
        parser = self._parser = h11.Connection(h11.CLIENT, MAX_HEAD)
        try:
            head = parser.send(h11.Request(method=message.method, target=message.target, headers=message.headers))
        except h11.LocalProtocolError:
            raise Unanswered(Why.CONFIGURATION, "request") from None
        return parser, head

    @property
    def started(self) -> bool:
        """Whether a byte of an answer has come."""
        return self._received > 0

    def receive(self, data: bytes) -> Incoming | None:
        """
        Take what the connection brought, at least a byte; returns the answer once it is whole.

        Raises `Unanswered` for what is no answer, or too much of it; the connection is to be closed.
        """
        self._received += len(data)
        if self._received > MAX_WIRE:
            raise Unanswered(Why.TOO_LARGE, "wire")
        rest: bytes | None = data
        if not self._in_body:
            rest = self._after_heads(data)
        if rest is not None:
            rest = self._framing.feed(rest, self._body)
        if rest is None:
            return None
        incoming = self._whole()
        self.reusable = not (rest or self._close)
        return incoming

    def ended(self) -> Incoming:
        """The answer that ends with the connection, in an orderly way; raises `Unanswered` when it does not."""
        if not (self._in_body and self._framing.ends_with_connection):
            raise self.cut()
        return self._whole()

    def cut(self) -> Unanswered:
        """What it means that the connection is gone: reset, or TLS without its closing notice."""
        if self._in_body:
            return Unanswered(Why.TRUNCATED, "body", retry_after=0.0)
        if self._informational and not self._head:
            return Unanswered(Why.PROTOCOL, "no final answer")
        return Unanswered(Why.CONNECTION, "closed in the headers" if self.started else "closed without an answer")

    def _after_heads(self, data: bytes) -> bytes | None:
        """What follows the final answer's head; None while that has not come whole."""
        data = self._head + data
        while data:
            if not data.startswith(_BEGINNING[: len(data)]):
                self.foreign = not self._informational
                raise Unanswered(Why.PROTOCOL, "no HTTP")
            end = data.find(_BLANK)
            head = data if end < 0 else data[: end + len(_BLANK)]
            _measure(head)
            if end < 0:
                break
            data = data[len(head) :]
            if self._final(head):
                return data
        self._head = data
        return None

    def _final(self, head: bytes) -> bool:
        """Read a head; False for an informational one."""
        plain = heads.read(head) if self._parser is None else None  # h11 goes on with what it has begun
        if plain is not None:
            self._begin(*plain, b"1.1")
            return True
        parser = self._parser or self._told()[0]
        try:
            parser.receive_data(head)
            event = parser.next_event()
        except h11.RemoteProtocolError:
            raise Unanswered(Why.PROTOCOL, "headers") from None
        if type(event) is h11.Response:
            self._begin(event.status_code, list(event.headers), event.http_version)
            return True
        self._informational += 1
        if type(event) is not h11.InformationalResponse or self._informational > MAX_INFORMATIONAL:
            raise Unanswered(Why.PROTOCOL, "informational answers")
        return False

    def _begin(self, status: int, headers: Headers, version: bytes) -> None:
        if status > _LAST_STATUS or version not in {b"1.1", b"1.0"}:
            raise Unanswered(Why.PROTOCOL, "status line")
        self._status, self._headers = status, headers
        named = dict(headers)
        if b"content-encoding" in named:
            self._body = body_of([value for name, value in headers if name == b"content-encoding"])
        else:
            self._body = Plain()
        self._coded = type(self._body) is not Plain
        self._framing = self._framed(named, version)
        self._in_body = True
        self._close = self._close or version == b"1.0" or _asks_to_close(headers)

    def _framed(self, named: dict[bytes, bytes], version: bytes) -> Framing:
        length = named.get(b"content-length")
        if self._message.method == b"HEAD" or self._status in _WITHOUT_BODY:
            return Sized(0)
        if b"transfer-encoding" in named:  # h11 or `heads` has seen to it that it is "chunked", once
            if length is not None or version == b"1.0":
                raise Unanswered(Why.PROTOCOL, "two lengths")
            return Chunked()
        if length is None:
            return UntilClosed()
        if len(length) > MAX_LENGTH_DIGITS:
            raise Unanswered(Why.PROTOCOL, "length")
        size = int(length)
        if size > (MAX_WIRE if self._coded else MAX_BODY):
            raise Unanswered(Why.TOO_LARGE, "body")
        return Sized(size)

    def _whole(self) -> Incoming:
        headers = self._headers
        if self._coded:
            headers = [(name, value) for name, value in headers if name not in _OF_THE_WIRE]
        return Incoming(self._status, headers, self._body.whole())


def _measure(head: bytes) -> None:
    """Refuse a head, whole or in part, that is too long, or whose lines end in other ways than ours do."""
    if len(head) > MAX_HEAD:
        raise Unanswered(Why.TOO_LARGE, "headers")
    lines = head.count(b"\n")
    if lines > MAX_HEADER_LINES:
        raise Unanswered(Why.TOO_LARGE, "headers")
    if lines != head.count(b"\r\n"):
        raise Unanswered(Why.PROTOCOL, "line ends")


def _asks_to_close(headers: Headers) -> bool:
    return b"close" in b",".join([value for name, value in headers if name == b"connection"]).lower()
