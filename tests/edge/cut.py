"""F9 to F12: answers that end where they should not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.edge.answers import HEAD
from tests.edge.fault import ALLOW, Act, Fault, of, plays, says
from tests.edge.slow import CHUNKED, chunk, right, sized

if TYPE_CHECKING:
    from tests.edge.talk import Talk

__all__ = ["CUT"]

SHORT: Final = 12
"""Bytes that a cut body lacks."""


def _body(talk: Talk) -> bytes:
    return talk.body


def _short(talk: Talk) -> bytes:
    return talk.body[:-SHORT]


def _cut_chunk(talk: Talk) -> bytes:
    return b"%x\r\n%b" % (len(talk.body) + 20, talk.body)


_LOST: Final = says("connection")
_TRUNCATED: Final = says("truncated")

CUT: Final[list[Fault]] = [
    *of("F9", _LOST, close_at_once=plays(), close_mid_headers=plays(HEAD), close_mid_status=plays(b"HTTP/1.1 2")),
    *of(
        "F9",
        _TRUNCATED,
        truncated=plays(sized(20), _body),
        truncated_chunked=plays(CHUNKED, chunk),
        truncated_chunk=plays(CHUNKED, _cut_chunk),
        truncated_trailer=plays(CHUNKED, chunk, b"0\r\nx-a: b"),
    ),
    *of(
        "F10",
        _LOST,
        reset_before=plays(Act.RESET),
        reset_mid_headers=plays(HEAD, 0.03, Act.RESET),
    ),
    *of(
        "F10",
        _TRUNCATED,
        reset_mid_body=plays(sized(20), _body, 0.03, Act.RESET),
        reset_after_json=plays(HEAD + b"\r\n", _body, 0.03, Act.RESET),
        reset_mid_chunk=plays(CHUNKED, _cut_chunk, 0.03, Act.RESET),
    ),
    *of("F11", _TRUNCATED, truncated_no_length=plays(HEAD + b"\r\n", _short)),
    *of("F12", says(ALLOW), length_short=plays(right, b" trailing"), trailing_late=plays(right, 0.05, b" trailing")),
    *of("F12", _TRUNCATED, length_cuts_json=plays(sized(-SHORT), _body)),
]
