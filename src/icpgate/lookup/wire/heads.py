"""
Heads of the form that nearly all have, written and read at one go.

h11 takes a head apart line by line, at a fourth of what a look-up costs. What is read or written here
comes out as h11 would have it, which a test holds; a head of any other form is left to h11: folded
lines, other versions, bytes beyond ASCII, two lengths, and whatever is wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from icpgate.lookup.wire.message import Headers, Outgoing

__all__ = ["read", "written"]

_TOKEN: Final = rb"[-!#$%&'*+.^_`|~0-9A-Za-z]++"

_SENT: Final = re.compile(
    rb"[A-Z]++ [!-~]++ HTTP/1\.1\r\n"
    rb"host: [!-~]++\r\n"
    rb"(?:(?!host:|content-length:|transfer-encoding:)"
    rb"%b: (?:[!-~]++(?:[ \t]++[!-~]++)*+)?\r\n)*+"
    rb"(?:content-length: [0-9]{1,15}\r\n)?"
    rb"\r\n" % _TOKEN.replace(b"A-Z", b"")
)
"""The names in lower case, `host` the first of them, a length the last, and none of the three twice."""

_CAME: Final = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2})(?: [\t -~]*+)?\r\n(?:%b:[\t -~]*+\r\n)*+\r\n" % _TOKEN)

_DIGITS: Final = 15


def written(message: Outgoing) -> bytes | None:
    """The head of a request; None for one that h11 is to judge."""
    headers = message.headers
    lines = b"".join([b"%s: %s\r\n" % header for header in headers])
    head = b"%s %s HTTP/1.1\r\n%s\r\n" % (message.method, message.target, lines)
    # One line and one name for each: else something that was given holds more than itself.
    if head.count(b"\n") != len(headers) + 2 or b":" in b"".join([name for name, _ in headers]):
        return None
    return head if _SENT.fullmatch(head) else None


def read(head: bytes) -> tuple[int, Headers] | None:
    """The status and the headers of a final answer; None for a head that h11 is to judge."""
    found = _CAME.fullmatch(head)
    if found is None:
        return None
    headers = [
        (name.lower(), value.strip(b" \t"))
        for name, _, value in [line.partition(b":") for line in head.split(b"\r\n")[1:-2]]
    ]
    lengths = [value for name, value in headers if name == b"content-length"]
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    if lengths and not (len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) <= _DIGITS):
        return None
    if codings and codings != [b"chunked"]:
        return None
    return int(found[1]), headers
