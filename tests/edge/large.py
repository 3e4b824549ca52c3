"""F22 to F25: bodies without an end, and content codings that lie or explode."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from tests.edge.answers import HEAD, answer
from tests.edge.fault import ALLOW, Fault, of, plays, says
from tests.edge.slow import CHUNKED, endless, right

if TYPE_CHECKING:
    from tests.edge.fault import Behaviour, Makes
    from tests.edge.talk import Talk

__all__ = ["LARGE"]

PIECE: Final = b" " * 65_536
GZIP, ZLIB, RAW = 31, 15, -15


@cache
def _bomb(window: int, mebibytes: int = 64) -> bytes:
    """White space in front of nothing."""
    squeeze = zlib.compressobj(6, zlib.DEFLATED, window)
    space = b" " * (1024 * 1024)
    return b"".join(squeeze.compress(space) for _ in range(mebibytes)) + squeeze.flush()


def _coded(coding: bytes, makes: Makes) -> Behaviour:
    """A body under a content coding, whatever it really is in."""
    return plays(lambda talk: answer(makes(talk), b"content-encoding: " + coding))


def _gzipped(talk: Talk) -> bytes:
    return gzip.compress(talk.body)


def _deflated(talk: Talk, window: int = ZLIB) -> bytes:
    squeeze = zlib.compressobj(6, zlib.DEFLATED, window)
    return squeeze.compress(talk.body) + squeeze.flush()


async def _endless_gzip(talk: Talk) -> bool:
    """A stream that goes on and on: each piece of it is small, and large."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, GZIP)
    await talk.send(HEAD + b"content-encoding: gzip\r\n\r\n")
    while True:
        await talk.send(squeeze.compress(PIECE * 16) + squeeze.flush(zlib.Z_SYNC_FLUSH))


async def _white_space(talk: Talk) -> bool:
    """The body that allows, behind 256 mebibytes of white space, with the right length."""
    size = 256 * 1024 * 1024
    await talk.send(HEAD + b"content-length: %d\r\n\r\n" % (size + len(talk.body)))
    for _ in range(size // len(PIECE)):
        await talk.send(PIECE)
    await talk.send(talk.body)
    return False


async def _huge_chunked(talk: Talk) -> bool:
    """The same in chunks of 64 KiB."""
    await talk.send(CHUNKED)
    for _ in range(4_096):
        await talk.send(b"10000\r\n" + PIECE + b"\r\n")
    await talk.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(talk.body), talk.body))
    return False


_HUGE: Final = of(
    "F22",
    "too_large",
    once=True,
    huge_body=_white_space,
    huge_chunked=_huge_chunked,
    huge_chunk=endless(PIECE, CHUNKED + b"10000000\r\n"),
    endless_body=endless(PIECE, HEAD + b"\r\n"),
)

_BOMBS: Final = of(
    "F23",
    "too_large",
    once=True,
    gzip_bomb=_coded(b"gzip", lambda _: _bomb(GZIP)),
    deflate_bomb=_coded(b"deflate", lambda _: _bomb(ZLIB)),
    gzip_endless=_endless_gzip,
)

_NESTED: Final = of(
    "F23",
    "protocol",
    once=True,
    gzip_bomb_nested=_coded(b"gzip, gzip", lambda _: gzip.compress(_bomb(GZIP))),
)

_CODINGS: Final = of(
    "F24",
    "protocol",
    once=True,
    coding_chain=plays(lambda talk: answer(talk.body, *[b"content-encoding: gzip"] * 64)),
    coding_list=_coded(b"gzip, deflate", _gzipped),
    coding_unknown=_coded(b"x-unknown", lambda talk: talk.body),
    coding_br=_coded(b"br", lambda talk: b"\x0b\x11\x80" + talk.body),
    coding_zstd=_coded(b"zstd", lambda talk: b"\x28\xb5\x2f\xfd" + talk.body),
)

_LIES: Final = [
    *of(
        "F25",
        "protocol",
        once=True,
        gzip_lie=_coded(b"gzip", lambda talk: talk.body),
        gzip_corrupt=_coded(b"gzip", lambda talk: _gzipped(talk)[:-8] + bytes(8)),
        gzip_members=_coded(b"gzip", lambda talk: _gzipped(talk) * 2),
        gzip_trailing=_coded(b"gzip", lambda talk: _gzipped(talk) + b"x"),
        deflate_lie=_coded(b"deflate", _gzipped),
        deflate_raw=_coded(b"deflate", lambda talk: _deflated(talk, RAW)),
    ),
    *of(
        "F25",
        "truncated",
        truncated_gzip=_coded(b"gzip", lambda talk: _gzipped(talk)[:-8]),
        gzip_half=_coded(b"gzip", lambda talk: _gzipped(talk)[:30]),
        gzip_empty=_coded(b"gzip", lambda talk: talk.body[:0]),
    ),
    *of("F25", "malformed", once=True, gzip_unsaid=plays(lambda talk: answer(_gzipped(talk)))),
    *of(
        "F25",
        says(ALLOW),
        gzip_right=_coded(b"GZIP", _gzipped),
        gzip_chunked=plays(
            lambda talk: (
                CHUNKED.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n")
                + b"%x\r\n%b\r\n0\r\n\r\n" % (len(_gzipped(talk)), _gzipped(talk))
            )
        ),
        deflate_right=_coded(b"deflate", _deflated),
        identity=_coded(b"identity", lambda talk: talk.body),
        ok=plays(right, keep=True),
    ),
]

LARGE: Final[list[Fault]] = [
    *[replace(fault, bounded=True, floods=True) for fault in [*_HUGE, *_BOMBS, *_NESTED]],
    *_CODINGS,
    *_LIES,
]
