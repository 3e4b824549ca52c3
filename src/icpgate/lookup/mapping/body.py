"""
From a response's body to JSON, or why there is none; for every registry that is answered in JSON.

- HTML in place of JSON is a page for people: a captcha, a login, a firewall.
- A declared charset is the charset. Bytes that are good UTF-8 under a declared GBK are nobody's
  word for anything: they would read as other characters.
- A text that ends too early is *truncated* and may be asked for again; any other that is not JSON,
  or that two readers could read differently, is *malformed*.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.jsontext import InvalidJson, loads
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    from icpgate.jsontext import Json
    from icpgate.lookup.steps import Response

__all__ = ["CHARSETS", "MAX_BYTES", "decoded", "read_body", "read_text"]

MAX_BYTES: Final = 1_048_576
"""A thousand ordinary records."""

MAX_VALUES: Final = 20_000
"""
Values of one answer, counted by what stands before them. A record has thirty, a batch of a
hundred three thousand; a mebibyte of nothing but `{}` would keep an event loop busy for a fifth of a second.
"""

_GLANCE: Final = 16_384

CHARSETS: Final = (
    dict.fromkeys(("utf-8", "utf8"), "utf-8")
    | dict.fromkeys(("us-ascii", "ascii"), "ascii")
    | dict.fromkeys(("gbk", "gb2312", "gb18030", "cp936", "ms936", "x-gbk"), "gb18030")
)
"""The charsets that are read, each with its codec. GB 18030 has every character of the older two."""

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?'?([^\s\"';,]*)", re.IGNORECASE)


def read_body(
    response: Response, *, charset: str = "utf-8", json_as_html: bool = False, max_bytes: int = MAX_BYTES
) -> Json:
    """
    The JSON value of a body; raises `Unanswered` only.

    `charset` holds when the response declares none. `json_as_html`: JSON is read also where it is
    declared as HTML, as some frameworks do by themselves.
    """
    text = read_text(response, charset=charset, json_as_html=json_as_html, max_bytes=max_bytes)
    if len(text) > MAX_VALUES and text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise _crowded(text)
    try:
        return loads(text, max_characters=max_bytes)
    except InvalidJson as error:
        is_cut = error.code == "json.syntax" and _is_cut(text.removeprefix("\ufeff"))
        if is_cut:
            raise Unanswered(Why.TRUNCATED, error.code, retry_after=0.0) from None
        raise Unanswered(Why.MALFORMED, error.code) from None


def _crowded(text: str) -> Unanswered:
    """Too many values to be read; or, as a look at the first of them shows, no more than brackets."""
    try:
        loads(text[:_GLANCE])
    except InvalidJson as error:
        if error.code == "json.too_deep":
            return Unanswered(Why.MALFORMED, error.code)
    return Unanswered(Why.TOO_LARGE, f"more than {MAX_VALUES:,} values")


def read_text(response: Response, *, charset: str, json_as_html: bool, max_bytes: int) -> str:
    """The decoded text of a body that is no page for people; raises `Unanswered` only."""
    body = response.body
    if len(body) > max_bytes:
        raise Unanswered(Why.TOO_LARGE, f"more than {max_bytes:,} bytes")
    stripped = body.removeprefix(codecs.BOM_UTF8).strip()
    if not stripped:
        raise Unanswered(Why.TRUNCATED, "an empty body", retry_after=0.0)
    declared = response.headers.get("content-type", "")
    is_html = declared.partition(";")[0].strip().lower() in _HTML
    if stripped.startswith(b"<") or (is_html and not json_as_html):
        raise Unanswered(Why.BLOCKED, "a captcha or login page")
    return _decoded(body, declared, charset)


def _decoded(body: bytes, declared: str, charset: str) -> str:
    named = {name.lower() for name in _CHARSET.findall(declared)} or {charset}
    codec = CHARSETS.get(named.pop()) if len(named) == 1 else None
    if codec is None:
        raise Unanswered(Why.MALFORMED, "an unknown charset")
    return decoded(body, codec)


def decoded(body: bytes, codec: str) -> str:
    """The text of a body, none of it lost; raises `Unanswered` for other bytes, and for UTF-8 that is called GBK."""
    try:
        text = body.decode(codec)
    except UnicodeDecodeError:
        raise Unanswered(Why.MALFORMED, f"not {codec}") from None
    if codec == "gb18030" and not body.isascii() and _is_utf8(body):
        raise Unanswered(Why.MALFORMED, "declared as GBK, but UTF-8")
    return text


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_BEGUN: Final = re.compile(r"t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|-")
_ESCAPE_BEGUN: Final = re.compile(r"\\?u[0-9a-fA-F]{0,4}")
_NUMBER_BEGUN: Final = re.compile(r"(?:^|[\s\[:,])-?(?:0|[1-9][0-9]*)(?:\.|(?:\.[0-9]+)?[eE][+-]?)\Z")
"""What is left of a value that was cut: its beginning, or nothing; of a number, what it ends with."""

_EXPONENT: Final = 2
"""Characters that a number may end with and go on from: `.`, `e`, `e+`."""


def _is_cut(text: str) -> bool:
    """Whether a text that is not JSON could have become JSON had it gone on."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :]
        if error.msg.startswith("Unterminated string") or _BLANKS.fullmatch(rest):
            return True
        if error.msg.startswith("Invalid \\"):  # its place may be behind the backslash
            return _ESCAPE_BEGUN.fullmatch(rest) is not None
        if error.msg == "Expecting value":
            return _BEGUN.fullmatch(rest) is not None
        return len(rest) <= _EXPONENT and _NUMBER_BEGUN.search(text) is not None
    return False  # pragma: no cover -- what `loads` called a syntax error is one here as well
