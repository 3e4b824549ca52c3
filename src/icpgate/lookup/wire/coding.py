"""
The content coding of a body: none, gzip or deflate, undone within a budget.

A coded body is whole: one stream, with its end and its checksum, and nothing behind it.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.budgets import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Body", "Coded", "Plain", "body_of"]

_FORMATS: Final = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}
"""The window bits that make zlib demand exactly this format."""


class Body(Protocol):
    """Takes a body piece by piece."""

    def add(self, piece: bytes) -> None:
        """Take the next piece; raises `Unanswered` as soon as the budget is exceeded."""
        ...

    def whole(self) -> bytes:
        """The body, now that everything has come; raises `Unanswered` when the coding says otherwise."""
        ...


def body_of(codings: Iterable[bytes]) -> Body:
    """A body with these values of `Content-Encoding`; raises `Unanswered` for one that is unknown, or two."""
    names = [
        name for name in b",".join(codings).lower().replace(b" ", b"").split(b",") if name not in {b"", b"identity"}
    ]
    if not names:
        return Plain()
    if len(names) > 1 or names[0] not in _FORMATS:
        raise Unanswered(Why.PROTOCOL, "content coding")
    return Coded(_FORMATS[names[0]])


class Plain:
    """A body as it comes."""

    __slots__ = ("_pieces", "_size")

    def __init__(self) -> None:
        """Start empty."""
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        """See `Body.add`."""
        self._size += len(piece)
        if self._size > MAX_BODY:
            raise Unanswered(Why.TOO_LARGE, "body")
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """See `Body.whole`."""
        return b"".join(self._pieces)


class Coded:
    """A body in one coding. It is inflated as it comes, and never beyond the budget."""

    __slots__ = ("_begun", "_plain", "_room", "_stream")

    def __init__(self, window: int) -> None:
        """`window` names the format to zlib."""
        self._stream = zlib.decompressobj(window)
        self._plain = Plain()
        self._room = MAX_BODY + 1
        self._begun = False

    def add(self, piece: bytes) -> None:
        """See `Body.add`."""
        if not piece:
            return
        self._begun = True
        try:
            inflated = self._stream.decompress(piece, self._room)
        except zlib.error:
            raise Unanswered(Why.PROTOCOL, "content coding") from None
        self._room -= len(inflated)
        self._plain.add(inflated)
        if self._stream.unused_data:
            raise Unanswered(Why.PROTOCOL, "content coding")

    def whole(self) -> bytes:
        """See `Body.whole`. An empty body of any coding is empty."""
        if self._begun and not self._stream.eof:
            raise Unanswered(Why.TRUNCATED, "content coding", retry_after=0.0)
        return self._plain.whole()
