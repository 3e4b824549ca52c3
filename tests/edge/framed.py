"""F13 to F16: lengths and chunks that are none, or too many."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.edge.answers import HEAD
from tests.edge.fault import ALLOW, Fault, of, plays
from tests.edge.slow import CHUNKED, chunk, endless

if TYPE_CHECKING:
    from tests.edge.fault import Behaviour
    from tests.edge.talk import Talk

__all__ = ["FRAMED"]

END: Final = b"0\r\n\r\n"


def _body(talk: Talk) -> bytes:
    return talk.body


def _lengths(*lines: bytes) -> Behaviour:
    """These lines about the length; %d in one is the right length."""

    def head(talk: Talk) -> bytes:
        told = [line.replace(b"%d", str(len(talk.body)).encode()) for line in lines]
        return HEAD + b"".join(b"content-length: %b\r\n" % line for line in told) + b"\r\n"

    return plays(head, _body)


def _coded(*lines: bytes) -> Behaviour:
    """A right chunked body under these transfer codings."""
    head = HEAD + b"".join(b"transfer-encoding: %b\r\n" % line for line in lines) + b"\r\n"
    return plays(head, chunk, END)


def _sized(size: bytes, end: bytes = b"\r\n") -> Behaviour:
    """The body that allows as a chunk of a stated size; %x in it is the right one."""

    def told(talk: Talk) -> bytes:
        return CHUNKED + size.replace(b"%x", b"%x" % len(talk.body)) + b"\r\n" + talk.body + end + END

    return plays(told)


_LENGTHS: Final = of(
    "F13",
    "protocol",
    once=True,
    length_twice=_lengths(b"%d", b"5"),
    length_list=_lengths(b"%d, 5"),
    length_and_chunked=plays(
        lambda talk: HEAD + b"content-length: %d\r\ntransfer-encoding: chunked\r\n\r\n" % len(talk.body), chunk, END
    ),
    length_negative=_lengths(b"-1"),
    length_garbage=_lengths(b"many"),
    length_hex=_lengths(b"0x20"),
    length_plus=_lengths(b"+120"),
    length_space=_lengths(b"1 2"),
    length_full_width=_lengths("１２０".encode()),
    length_huge=_lengths(b"9223372036854775807"),
    length_endless=_lengths(b"9" * 5_000),
    length_empty=_lengths(b""),
)

_CHUNKS: Final = of(
    "F14",
    "protocol",
    once=True,
    chunk_garbage=_sized(b"zz"),
    chunk_negative=_sized(b"-%x"),
    chunk_huge=_sized(b"7fffffffffffffff"),
    chunk_underscore=_sized(b"1_0"),
    chunk_hex=_sized(b"0x%x"),
    chunk_plus=_sized(b"+%x"),
    chunk_no_crlf=_sized(b"%x", b""),
    chunk_no_size=_sized(b""),
    chunk_short_size=_sized(b"5"),
    chunk_space=_sized(b" %x"),
    te_unknown=_coded(b"gzip"),
    te_list=_coded(b"gzip, chunked"),
    te_twice=_coded(b"chunked", b"chunked"),
    te_identity=_coded(b"identity"),
    te_odd=_coded(b"xchunked"),
    te_http10=plays(CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0"), chunk, END),
    trailer_garbage=plays(CHUNKED, chunk, b"0\r\nno colon\r\n\r\n"),
)


async def _tiny(talk: Talk) -> bool:
    """Eight mebibytes of white space in chunks of one byte, then the body that allows."""
    await talk.send(CHUNKED)
    for _ in range(8 * 64):
        await talk.send(b"1\r\n \r\n" * (16 * 1024))
    await talk.send(chunk(talk) + END)
    return False


_FLOODS: Final = [
    replace(fault, bounded=True, floods=True)
    for fault in [
        *of(
            "F15",
            "too_large",
            once=True,
            chunk_ext_flood=plays(CHUNKED + b"5;" + b"x" * 4_194_304 + b"\r\nabcde\r\n" + END),
            chunk_ext_many=endless(b"1;" + b"x" * 900 + b"\r\n \r\n", CHUNKED),
            trailer_flood=endless(b"x-trailer: value\r\n" * 100, lambda talk: CHUNKED + chunk(talk) + b"0\r\n"),
            trailer_endless=endless(b"x" * 1_000, lambda talk: CHUNKED + chunk(talk) + b"0\r\nx:"),
        ),
        *of("F16", "too_large", once=True, chunk_tiny_flood=_tiny),
    ]
]

_RIGHT: Final = of(
    "F14",
    ALLOW,
    chunked=_coded(b"chunked"),
    chunked_capital=_coded(b"Chunked"),
    chunked_extension=plays(
        lambda talk: CHUNKED + b'%x ; a="b"\r\n' % len(talk.body) + talk.body + b"\r\n0\r\nx-a: b\r\n\r\n"
    ),
)

FRAMED: Final[list[Fault]] = [*_LENGTHS, *_CHUNKS, *_RIGHT, *_FLOODS]
