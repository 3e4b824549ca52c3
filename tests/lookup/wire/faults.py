"""
The faults of an upstream at the level of HTTP, each by its name and its row, and what they must come to.

A fault comes to a status (the response is served as it is, for the registry to judge), or to one of
several whys. The bodies of broken envelopes allow; no envelope may bring one through.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from tests.lookup.wire.server import ALLOWING, Peer, answer, plays

if TYPE_CHECKING:
    from tests.lookup.wire.server import Behaviour

__all__ = ["FAULTS", "Fault"]

BUDGET: Final = 0.15
"""Seconds for a fault that never ends."""

ENOUGH: Final = 2.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One behaviour, and what it must come to: whys, or a served status with this body."""

    row: str
    name: str
    behave: Behaviour
    whys: frozenset[Why] = frozenset()
    status: int = 0
    body: bytes = ALLOWING
    seconds: float = ENOUGH


HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKED: Final = HEAD + b"transfer-encoding: chunked\r\n\r\n"
CHUNK: Final = b"%x\r\n%s\r\n" % (len(ALLOWING), ALLOWING)
END: Final = b"0\r\n\r\n"
MEBIBYTE: Final = bytes(1024 * 1024)


def _coded(coding: bytes, data: bytes) -> bytes:
    return answer(data, b"content-encoding: " + coding)


def _endless(piece: bytes, before: bytes = b"") -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.request()
        peer.send(before)
        while True:
            peer.send(piece)

    return behave


def _slowly(piece: bytes, before: bytes = b"") -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.request()
        peer.send(before)
        while True:
            peer.send(piece)
            peer.pause(0.02)

    return behave


def _dripping(data: bytes, before: bytes = b"") -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.request()
        peer.send(before)
        peer.drip(data)

    return behave


def _bomb(wbits: int, mebibytes: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, wbits)
    data = b"".join(squeeze.compress(MEBIBYTE) for _ in range(mebibytes))
    return data + squeeze.flush()


def _of(row: str, whys: Why | set[Why], /, **behaviours: Behaviour) -> list[Fault]:
    expected = frozenset({whys} if isinstance(whys, Why) else whys)
    seconds = BUDGET if Why.TIMEOUT in expected else ENOUGH
    return [
        Fault(row, name.replace("_", "-"), behave, expected, seconds=seconds) for name, behave in behaviours.items()
    ]


def _served(row: str, name: str, *steps: bytes, status: int = 200, body: bytes = ALLOWING) -> Fault:
    return Fault(row, name, plays(*steps), status=status, body=body)


SHORT: Final = ALLOWING[:-8]
GZIPPED: Final = gzip.compress(ALLOWING)
PART: Final = HEAD + b"content-length: 500\r\n\r\n" + ALLOWING
CUT_CHUNK: Final = b"%x\r\n%s" % (len(ALLOWING) + 20, ALLOWING)
RESET: Final = Peer.reset

_TIMED: Final = [
    *_of(
        "F1",
        Why.TIMEOUT,
        slow_first_byte=plays(30.0, answer()),
    ),
    *_of("F2", Why.TIMEOUT, slow_headers=_dripping(answer())),
    *_of("F3", Why.TIMEOUT, slow_body=_dripping(ALLOWING, HEAD + b"content-length: %d\r\n\r\n" % len(ALLOWING))),
    *_of("F4", Why.TIMEOUT, slow_chunks=_slowly(b"1\r\n \r\n", CHUNKED)),
    *_of("F5", Why.TIMEOUT, trickle_1xx=_slowly(b"HTTP/1.1 102 Processing\r\n\r\n")),
    *_of(
        "F6",
        Why.PROTOCOL,
        flood_1xx=plays(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100_000 + answer()),
        flood_1xx_for_ever=_endless(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
    ),
    *_of("F7", Why.TIMEOUT, never=lambda peer: peer.pause(30)),
    *_of(
        "F8",
        Why.TIMEOUT,
        stall_mid_headers=plays(HEAD, 30.0),
        stall_mid_body=plays(PART, 30.0),
        stall_before_end=plays(CHUNKED + CHUNK, 30.0),
        stall_close_delimited=plays(HEAD + b"\r\n" + ALLOWING, 30.0),
    ),
]

_CUT: Final = [
    *_of("F9", Why.CONNECTION, close_at_once=lambda peer: peer.close(), close_mid_headers=plays(HEAD)),
    *_of(
        "F9",
        Why.TRUNCATED,
        truncated=plays(PART),
        truncated_chunked=plays(CHUNKED + CHUNK),
        truncated_chunk=plays(CHUNKED + CUT_CHUNK),
    ),
    *_of(
        "F10",
        Why.CONNECTION,
        reset_at_once=RESET,
        reset_before=plays(RESET),
        reset_mid_headers=plays(HEAD, 0.05, RESET),
    ),
    *_of(
        "F10",
        Why.TRUNCATED,
        reset_mid_body=plays(PART, 0.05, RESET),
        reset_after_json=plays(HEAD + b"\r\n" + ALLOWING, 0.05, RESET),
    ),
    _served("F11", "truncated-no-length", HEAD + b"\r\n" + SHORT, body=SHORT),
    _served("F12", "length-short", answer() + b" trailing"),
    _served("F12", "length-cuts-json", HEAD + b"content-length: %d\r\n\r\n" % len(SHORT) + ALLOWING, body=SHORT),
]


def _lengths(*lines: bytes) -> Behaviour:
    return plays(HEAD + b"\r\n".join(lines) + b"\r\n\r\n" + ALLOWING)


_FRAMED: Final = [
    *_of(
        "F13",
        Why.PROTOCOL,
        length_twice=_lengths(b"content-length: %d" % len(ALLOWING), b"content-length: 5"),
        length_list=_lengths(b"content-length: %d, 5" % len(ALLOWING)),
        length_and_chunked=plays(HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNK + END),
        length_negative=_lengths(b"content-length: -1"),
        length_garbage=_lengths(b"content-length: many"),
        length_plus=_lengths(b"content-length: +%d" % len(ALLOWING)),
        length_huge=_lengths(b"content-length: 9223372036854775807"),
        length_endless=_lengths(b"content-length: " + b"9" * 5_000),
    ),
    *_of(
        "F14",
        Why.PROTOCOL,
        chunk_garbage=plays(CHUNKED + b"zz\r\n" + ALLOWING),
        chunk_negative=plays(CHUNKED + b"-24\r\n" + ALLOWING),
        chunk_huge=plays(CHUNKED + b"7fffffffffffffff\r\n" + ALLOWING),
        chunk_underscore=plays(CHUNKED + b"2_4\r\n" + ALLOWING),
        chunk_no_crlf=plays(CHUNKED + b"%x\r\n%s" % (len(ALLOWING), ALLOWING) + END),
        chunk_no_size=plays(CHUNKED + b"\r\n" + ALLOWING),
        te_unknown=plays(HEAD + b"transfer-encoding: gzip\r\n\r\n" + ALLOWING),
        te_list=plays(HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n" + CHUNK + END),
        te_twice=plays(HEAD + b"transfer-encoding: chunked\r\n" + CHUNKED[len(HEAD) :] + CHUNK + END),
        trailer_garbage=plays(CHUNKED + CHUNK + b"0\r\nno colon\r\n\r\n"),
    ),
    *_of(
        "F15",
        Why.TOO_LARGE,
        chunk_ext_flood=plays(CHUNKED + b"5;" + b"x" * 4_194_304 + b"\r\nabcde\r\n" + END),
        trailer_flood=_endless(b"x-trailer: value\r\n", CHUNKED + CHUNK + b"0\r\n"),
        trailer_endless=_endless(b"x" * 1_000, CHUNKED + CHUNK + b"0\r\nx:"),
    ),
    *_of("F16", Why.TOO_LARGE, chunk_tiny_flood=plays(CHUNKED + b"1\r\nx\r\n" * 1_000_000 + END)),
    _served(
        "F14",
        "chunks",
        CHUNKED + b"5;a=b\r\n" + ALLOWING[:5] + b"\r\n%X \r\n" % (len(ALLOWING) - 5) + ALLOWING[5:] + b"\r\n" + END,
    ),
    _served("F15", "trailer", CHUNKED + CHUNK + b"0\r\nx-checksum: 1\r\n\r\n"),
]

_HEADS: Final = [
    *_of(
        "F17",
        Why.PROTOCOL,
        status_garbage=plays(b"HTTP/1.1 yes OK\r\n\r\n"),
        status_short=plays(b"HTTP/1.1 20 OK\r\n\r\n"),
        status_long=plays(b"HTTP/1.1 2000 OK\r\n\r\n"),
        status_999=plays(answer(status=b"999 Other")),
        status_099=plays(answer(status=b"099 Other")),
        http09=plays(ALLOWING),
        http2_frames=plays(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)),
        http2_line=plays(b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
        binary_noise=plays(bytes(range(256)) * 16),
        switching=plays(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n" + answer()),
        continue_only=plays(b"HTTP/1.1 100 Continue\r\n\r\n"),
        icy=plays(b"ICY 200 OK\r\n\r\n"),
    ),
    *_of(
        "F18",
        Why.PROTOCOL,
        header_no_colon=plays(answer(ALLOWING, b"no colon")),
        header_nul=plays(answer(ALLOWING, b"x-a: a\x00b")),
        header_space=plays(answer(ALLOWING, b"x-a : b")),
        header_empty_name=plays(answer(ALLOWING, b": b")),
        header_bare_cr=plays(answer(ALLOWING, b"x-a: b\rc")),
        bare_lf=plays(answer().replace(b"\r\n", b"\n")),
        one_bare_lf=plays(answer(ALLOWING, b"x-a: b\nx-c: d")),
    ),
    _served("F18", "header-folded", answer(ALLOWING, b"x-a: b\r\n c")),
    _served("F18", "header-utf8", answer(ALLOWING, "x-a: 京".encode())),
    _served("F18", "http10", answer().replace(b"HTTP/1.1", b"HTTP/1.0")),
    _served("F18", "status-no-reason", answer(status=b"200")),
    _served("F18", "type-none", b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(ALLOWING) + ALLOWING),
    _served("F18", "informational-first", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + answer()),
]

_LARGE: Final = [
    *_of(
        "F22",
        Why.TOO_LARGE,
        huge_body=_endless(bytes(65_536), HEAD + b"content-length: 268435456\r\n\r\n"),
        huge_chunked=_endless(b"10000\r\n" + bytes(65_536) + b"\r\n", CHUNKED),
        huge_chunk=_endless(bytes(65_536), CHUNKED + b"10000000\r\n"),
        endless_body=_endless(bytes(65_536), HEAD + b"\r\n"),
    ),
    *_of(
        "F23",
        Why.TOO_LARGE,
        gzip_bomb=plays(_coded(b"gzip", _bomb(31, 64))),
        deflate_bomb=plays(_coded(b"deflate", _bomb(15, 64))),
        gzip_endless=_endless(_bomb(31, 8)[:-100], HEAD + b"content-encoding: gzip\r\n\r\n"),
    ),
    *_of(
        "F24",
        Why.PROTOCOL,
        gzip_bomb_nested=plays(_coded(b"gzip, gzip", gzip.compress(_bomb(31, 8)))),
        coding_chain=plays(answer(ALLOWING, *[b"content-encoding: gzip"] * 64)),
        coding_unknown=plays(_coded(b"x-unknown", ALLOWING)),
        coding_br=plays(_coded(b"br", b"\x0b\x11\x80")),
    ),
    *_of(
        "F25",
        Why.PROTOCOL,
        gzip_lie=plays(_coded(b"gzip", ALLOWING)),
        gzip_corrupt=plays(_coded(b"gzip", GZIPPED[:-8] + bytes(8))),
        gzip_members=plays(_coded(b"gzip", GZIPPED + GZIPPED)),
        gzip_trailing=plays(_coded(b"gzip", GZIPPED + b"x")),
        deflate_lie=plays(_coded(b"deflate", GZIPPED)),
    ),
    *_of(
        "F25",
        Why.TRUNCATED,
        truncated_gzip=plays(_coded(b"gzip", GZIPPED[:-8])),
        gzip_half=plays(_coded(b"gzip", GZIPPED[:20])),
    ),
    _served("F25", "gzip-unsaid", answer(GZIPPED), body=GZIPPED),
    _served("F25", "gzip-right", _coded(b"GZIP", GZIPPED)),
    _served("F25", "deflate-right", _coded(b"deflate", zlib.compress(ALLOWING))),
    _served("F25", "identity", _coded(b"identity", ALLOWING)),
    _served("F25", "gzip-empty", _coded(b"gzip", b""), body=b""),
    *_of(
        "F26",
        Why.TOO_LARGE,
        huge_header=plays(answer(ALLOWING, b"x-a: " + b"b" * 4_194_304)),
        many_headers=plays(answer(ALLOWING, *[b"a:b"] * 50_000)),
        endless_headers=_endless(b"x-header: value\r\n", HEAD),
        endless_status=_endless(b"x" * 1_000, b"HTTP/1.1 200 "),
    ),
    _served("F27", "many-cookies", answer(ALLOWING, *[b"set-cookie: c%d=v; Path=/" % n for n in range(15)])),
]

_STATUSES: Final = [
    *[
        _served("F45", str(status), answer(status=b"%d Status" % status), status=status)
        for status in (202, 203, 206, 300, 400, 403, 404, 407, 408, 410, 425, 429, 500, 501, 502, 503, 504, 521)
    ],
    _served("F45", "204", b"HTTP/1.1 204 No Content\r\n\r\n", status=204, body=b""),
    _served("F45", "204-body", answer(status=b"204 No Content"), status=204, body=b""),
    _served("F45", "304", answer(status=b"304 Not Modified"), status=304, body=b""),
    *[
        _served(
            "F49", f"redirect-{name}", answer(ALLOWING, b"location: " + where, status=status), status=int(status[:3])
        )
        for name, status, where in (
            ("loop", b"302 Found", b"/"),
            ("308", b"308 Permanent Redirect", b"http://127.0.0.2/"),
            ("decimal-ip", b"307 Temporary Redirect", b"http://2130706433/"),
            ("ipv6-mapped", b"301 Moved", b"http://[::ffff:127.0.0.1]/"),
            ("userinfo", b"303 See Other", b"http://a:b@127.0.0.1/"),
            ("metadata", b"302 Found", b"http://169.254.169.254/latest"),
            ("file", b"302 Found", b"file:///etc/passwd"),
            ("bad", b"302 Found", b"http://[/"),
        )
    ],
    _served("F49", "redirect-none", answer(status=b"302 Found"), status=302),
    _served("F49", "redirect-refresh", answer(ALLOWING, b"refresh: 0; url=http://127.0.0.2/")),
]

FAULTS: Final = (*_TIMED, *_CUT, *_FRAMED, *_HEADS, *_LARGE, *_STATUSES)
