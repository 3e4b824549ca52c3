"""Responses as the bytes of a connection, read by the real conversation of the wire, without a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.lookup.http import BlockingHttp
from icpgate.lookup.wire.conversation import Conversation

if TYPE_CHECKING:
    from icpgate.lookup.steps import Request, Response
    from icpgate.lookup.wire import Incoming, Outgoing

__all__ = ["Scripted", "chunked", "closed", "sized"]

_HEAD = b"HTTP/1.1 200 OK\r\nserver: nginx\r\ndate: Mon, 23 Nov 2026 12:00:00 GMT\r\ncontent-type: "


def sized(body: bytes, content_type: bytes = b"application/json; charset=utf-8") -> bytes:
    """A response that says how long its body is."""
    return _HEAD + content_type + b"\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes, content_type: bytes = b"application/json") -> bytes:
    """The same in chunks."""
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    return _HEAD + content_type + b"\r\ntransfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def closed(body: bytes, content_type: bytes = b"application/json") -> bytes:
    """The same, as long as the connection: only the body itself can tell that it was cut."""
    return _HEAD + content_type + b"\r\nconnection: close\r\n\r\n" + body


class _Fed:
    """In place of a wire: an exchange of which the answer is known, and then the connection ends."""

    def __init__(self) -> None:
        self.answer = b""

    def exchange(self, message: Outgoing, _seconds: float) -> Incoming:
        talk = Conversation(message)
        incoming = talk.receive(self.answer) if self.answer else None
        return talk.ended() if incoming is None else incoming

    def close(self) -> None:
        pass


class Scripted:
    """Answers the n-th request of a flow with the n-th of some raw responses."""

    def __init__(self, answers: list[bytes]) -> None:
        """Take the right ones; `answers` may be changed before each flow, and `sent` is then to be 0."""
        self.answers = answers
        self.sent = 0
        self._http = BlockingHttp()
        self._http._wire = self._fed = _Fed()  # type: ignore[assignment]  # all that is used of it is `exchange`

    def send(self, request: Request, seconds: float) -> Response:
        """See `Http.send`."""
        self._fed.answer = self.answers[min(self.sent, len(self.answers) - 1)]
        self.sent += 1
        return self._http.send(request, seconds)

    def close(self) -> None:
        """There is nothing to close."""
