"""
Where a body ends: after a length, with the last chunk, or with the connection.

h11 reads heads; bodies are taken apart here, because it cuts them into an event for every chunk,
does not say how long a chunk claims to be, and lets extensions pass unmeasured. What this module
accepts is held against h11 in a test.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.budgets import MAX_CHUNK_LINE, MAX_CHUNKS, MAX_HEAD, MAX_HEADER_LINES, MAX_WIRE

if TYPE_CHECKING:
    from icpgate.lookup.wire.coding import Body

__all__ = ["Chunked", "Framing", "Sized", "UntilClosed"]

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
"""More than eight digits are no size of a chunk: four gigabytes have nine."""

_TRAILER: Final = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+:[^\x00\r\n]*")

_END_OF_LINE: Final = b"\r\n"


class Framing(Protocol):
    """Finds the end of one body."""

    ends_with_connection: bool
    """Whether an orderly end of the connection is the end of the body; else it is a cut."""

    def feed(self, data: bytes, body: Body) -> bytes | None:
        """Put what belongs to the body into it. Returns what follows its end, or None before the end."""
        ...


class Sized:
    """A body of a stated length."""

    __slots__ = ("_left",)

    ends_with_connection = False

    def __init__(self, length: int) -> None:
        """`length` is in bytes and within the budgets."""
        self._left = length

    def feed(self, data: bytes, body: Body) -> bytes | None:
        """See `Framing.feed`."""
        left = self._left
        if len(data) < left:
            body.add(data)
            self._left = left - len(data)
            return None
        body.add(data[:left])
        self._left = 0
        return data[left:]


class UntilClosed:
    """A body without a length."""

    __slots__ = ()

    ends_with_connection = True

    def feed(self, data: bytes, body: Body) -> bytes | None:
        """See `Framing.feed`."""
        body.add(data)
        return None


class Chunked:
    """
    A body in chunks, each a line with its size, its bytes and an end of line.

    Trailers are checked for their form and dropped.
    """

    __slots__ = ("_chunks", "_lead", "_left", "_rest", "_trailers")

    ends_with_connection = False

    def __init__(self) -> None:
        """Start before the first chunk."""
        self._rest = b""
        self._left = 0
        self._lead = b""
        self._chunks = 0
        self._trailers = 0

    def feed(self, data: bytes, body: Body) -> bytes | None:
        """See `Framing.feed`."""
        data = self._rest + data
        self._rest = b""
        at = 0
        while not self._trailers:
            if self._left:
                piece = data[at : at + self._left]
                body.add(piece)
                at += len(piece)
                self._left -= len(piece)
                if self._left:
                    return None
                self._lead = _END_OF_LINE
            line, at = self._line(data, at)
            if line is None:
                return None
            self._begin(line)
        return self._after_trailers(data, at)

    def _line(self, data: bytes, at: int) -> tuple[bytes | None, int]:
        """The next line and where it ends; None keeps what there is of it for later."""
        lead = self._lead
        if data[at : at + len(lead)] != lead[: len(data) - at]:
            raise Unanswered(Why.PROTOCOL, "chunks")
        begin = at + len(lead)
        end = data.find(_END_OF_LINE, begin)
        if (end if end >= 0 else len(data)) - begin > MAX_CHUNK_LINE:
            raise Unanswered(Why.TOO_LARGE, "chunk line")
        if end < 0:
            self._rest = data[at:]
            return None, at
        self._lead = b""
        return data[begin:end], end + len(_END_OF_LINE)

    def _begin(self, line: bytes) -> None:
        found = _SIZE.fullmatch(line)
        if found is None:
            raise Unanswered(Why.PROTOCOL, "chunks")
        self._left = int(found[1], 16)
        self._chunks += 1
        if self._left > MAX_WIRE or self._chunks > MAX_CHUNKS:
            raise Unanswered(Why.TOO_LARGE, "chunks")
        self._trailers = 0 if self._left else 1

    def _after_trailers(self, data: bytes, at: int) -> bytes | None:
        while True:
            end = data.find(_END_OF_LINE, at)
            if end < 0:
                self._rest = data[at:]
                if len(self._rest) > MAX_HEAD:
                    raise Unanswered(Why.TOO_LARGE, "trailers")
                return None
            if end == at:
                return data[end + len(_END_OF_LINE) :]
            self._trailers += 1
            if self._trailers > MAX_HEADER_LINES:
                raise Unanswered(Why.TOO_LARGE, "trailers")
            if _TRAILER.fullmatch(data, at, end) is None:
                raise Unanswered(Why.PROTOCOL, "trailers")
            at = end + len(_END_OF_LINE)
