"""F17, F18, F26, F27: status lines and headers that are odd, old, wrong or without an end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.edge.answers import HEAD, answer
from tests.edge.fault import ALLOW, Fault, of, plays, says
from tests.edge.slow import endless, right

if TYPE_CHECKING:
    from tests.edge.fault import Behaviour
    from tests.edge.talk import Talk

__all__ = ["HEADS", "beside", "status"]


def status(line: bytes) -> Behaviour:
    """The right answer under another status."""
    return plays(lambda talk: answer(talk.body, status=line))


def beside(*headers: bytes, kind: bytes = b"application/json") -> Behaviour:
    """The right answer with these headers as well."""
    return plays(lambda talk: answer(talk.body, *headers, kind=kind))


def _changed(old: bytes, new: bytes) -> Behaviour:
    return plays(lambda talk: right(talk).replace(old, new))


def _bom(talk: Talk) -> bytes:
    return answer(b"\xef\xbb\xbf" + talk.body)


FRAMES: Final = b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)
SWITCH: Final = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"

_STATUS: Final = of(
    "F17",
    "protocol",
    once=True,
    status_garbage=status(b"yes OK"),
    status_short=status(b"20 OK"),
    status_long=status(b"2000 OK"),
    status_999=status(b"999 Other"),
    status_099=status(b"099 Other"),
    status_negative=status(b"-200 OK"),
    status_full_width=status("２００ OK".encode()),
    http09=plays(lambda talk: talk.body),
    http2_frames=plays(FRAMES),
    http3_line=_changed(b"HTTP/1.1", b"HTTP/3"),
    binary_noise=plays(bytes(range(256)) * 16),
    switching=plays(SWITCH, right),
    continue_only=plays(b"HTTP/1.1 100 Continue\r\n\r\n"),
    icy=_changed(b"HTTP/1.1", b"ICY"),
    rtsp=_changed(b"HTTP/1.1", b"RTSP/1.0"),
    blank_first=plays(b"\r\n" * 4, right),
)

_ODD: Final = of(
    "F18",
    "protocol",
    once=True,
    header_no_colon=beside(b"no colon"),
    header_nul=beside(b"x-a: a\x00b"),
    header_space_colon=beside(b"x-a : b"),
    header_space_first=_changed(b"content-type", b" x-a: b\r\ncontent-type"),
    header_empty_name=beside(b": b"),
    header_bare_cr=beside(b"x-a: b\rc"),
    header_name_utf8=beside("京: b".encode()),
    http2_line=_changed(b"HTTP/1.1", b"HTTP/2.0"),
    bare_lf=_changed(b"\r\n", b"\n"),
    one_bare_lf=beside(b"x-a: b\nx-c: d"),
)

_OLD: Final = of(
    "F18",
    says(ALLOW),
    header_folded=beside(b"x-a: b\r\n c"),
    header_utf8=beside("x-a: 京".encode()),
    header_tabs=beside(b"x-a:\tb\t"),
    header_ansi=beside(b"server: \x1b[31mred"),
    http10=_changed(b"HTTP/1.1", b"HTTP/1.0"),
    status_no_reason=status(b"200"),
    status_reason_utf8=status("200 好".encode()),
    type_none=beside(kind=b""),
    type_text=beside(kind=b"text/plain"),
    type_odd=beside(kind=b"application/vnd.x+json; v=1"),
    type_garbage=beside(kind=b";;,"),
    charset_bom=plays(_bom),
    hints_first=plays(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 3, right),
    continue_first=plays(b"HTTP/1.1 100 Continue\r\n\r\n", right),
)
_MANY: Final = [
    replace(fault, bounded=True, floods=True)
    for fault in of(
        "F26",
        "too_large",
        once=True,
        huge_header=beside(b"x-a: " + b"b" * 4_194_304),
        many_headers=beside(*[b"a:b"] * 50_000),
        endless_headers=endless(b"x-header: value\r\n" * 100, HEAD),
        endless_status=endless(b"x" * 1_000, b"HTTP/1.1 200 "),
        endless_blank=endless(b" " * 1_000, HEAD + b"x:"),
    )
]

_COOKIES: Final = of(
    "F27",
    says(ALLOW),
    many_cookies=plays(
        lambda talk: answer(talk.body, *[b"set-cookie: c%d=v; Path=/" % n for n in range(15)]), keep=True
    ),
)

HEADS: Final[list[Fault]] = [
    *_STATUS,
    *_ODD,
    *_OLD,
    *_MANY,
    *_COOKIES,
]
