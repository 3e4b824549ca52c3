r"""
Finds registration numbers in any text: a page, a screen's text, a manifest.

Markup is decoded first: tags, entities, `\uXXXX`. Time is linear in the text; every repetition in
a pattern is bounded.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from icpgate.number.data import ALIASES, DASHES, PROVINCES, TRADITIONAL
from icpgate.number.reading import attempt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.number.model import RegistrationNumber

__all__ = ["Occurrence", "find_all", "has_markup"]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A number and where it stands: `text[start:end]` of the text as given."""

    number: RegistrationNumber
    start: int
    end: int


_MARKUP: Final = re.compile(
    r"<[A-Za-z/!][^<>]{0,4096}>|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|\\u[0-9A-Fa-f]{4}"
)

_INLINE: Final = re.compile(
    r"</?(?:a|abbr|b|bdi|em|font|i|mark|s|small|span|strong|sub|sup|u|wbr|!--)[\s/>-]", re.IGNORECASE
)

_BLANK: Final = r"[ \t\u00a0\u2000-\u200a\u3000]{0,8}"
_DIGIT: Final = r"[0-9\uff10-\uff19]"
_DASH: Final = rf"[-{DASHES}]"


def _written(characters: str) -> str:
    """A class of these characters in every form that is repaired: traditional, either case, full width."""
    forms = characters + "".join(other for other, plain in TRADITIONAL.items() if plain in characters)
    forms += "".join(c.lower() for c in characters if c.isascii())
    forms += "".join(chr(ord(c) + 0xFEE0) for c in forms if c.isascii() and c.isalnum())
    return f"[{forms}]"


_PROVINCE: Final = _written("".join(PROVINCES) + "".join(ALIASES))
_SUFFIX: Final = _written("AXK")
_SERVICE: Final = (
    rf"(?:{_BLANK}{_DASH}{_BLANK}{_DIGIT}{{1,6}}{_SUFFIX}?(?![A-Za-z0-9]|{_BLANK}{_SUFFIX})"
    rf"|(?!(?:{_BLANK}{_DASH}{{1,3}}{_BLANK})?(?:{_DIGIT}|{_SUFFIX}(?![A-Za-z]))))"
)
_FILED: Final = re.compile(
    rf"{_PROVINCE}{_BLANK}{_written('I')}{_BLANK}{_written('C')}{_BLANK}{_written('P')}{_BLANK}{_written('备证')}"
    rf"{_BLANK}{_DIGIT}{{6,10}}{_BLANK}{_written('号')}{_SERVICE}"
)
_LICENSED: Final = re.compile(rf"{_written('B')}[12]{_DASH}{_DIGIT}{{8,9}}(?!{_DIGIT}){_SERVICE}")
_BEFORE_LICENCE: Final = re.compile(
    rf"(?:(?:合字|{_PROVINCE}){_BLANK}|(?<![A-Za-z0-9.]))(?:{_written('AB')}[12]\.){{0,3}}\Z"
)
_LONGEST_BEFORE: Final = 24


def _matches(text: str) -> Iterator[tuple[int, int]]:
    """Where a number may stand; whether it is one is for the reader to say."""
    for match in _FILED.finditer(text):
        yield match.span()
    for match in _LICENSED.finditer(text):
        start = max(0, match.start() - _LONGEST_BEFORE)
        before = _BEFORE_LICENCE.search(text[start : match.start()])
        if before is not None:
            yield start + before.start(), match.end()


def find_all(text: str) -> list[Occurrence]:
    """
    Every registration number in the text, in order, each with its place in the text as given.

    What `parse` would refuse is passed over, and so is a number whose service part cannot be read:
    a part of a number is another number. Raises nothing for any text.

    >>> [str(found.number) for found in find_all("粤ICP备13003602号-2 &nbsp; 合字B2-20170010")]
    ['粤ICP备13003602号-2', '合字B2-20170010']
    """
    decoded, starts = _decoded(text)
    found = [
        Occurrence(number, _place(starts, start), _end(text, starts, end))
        for start, end in _matches(decoded)
        if (number := attempt(decoded[start:end])) is not None
    ]
    return sorted(found, key=lambda occurrence: occurrence.start)


def has_markup(text: str) -> bool:
    """Whether there is a tag, an entity or an escape in the text."""
    return _MARKUP.search(text) is not None


_Starts = tuple[list[int], list[int]]


def _decoded(text: str) -> tuple[str, _Starts | None]:
    """The text without markup, and for each of its pieces where it begins in both; None when there was none."""
    pieces: list[str] = []
    here: list[int] = []
    there: list[int] = []
    length = position = 0
    for match in _MARKUP.finditer(text):
        for piece, start in ((text[position : match.start()], position), (_meant(match.group()), match.start())):
            if piece:
                pieces.append(piece)
                here.append(length)
                there.append(start)
                length += len(piece)
        position = match.end()
    if not position:
        return text, None
    pieces.append(text[position:])
    here.append(length)
    there.append(position)
    return "".join(pieces), (here, there)


def _meant(markup: str) -> str:
    """What a piece of markup stands for: an inline tag for nothing, another for a new line, else a character."""
    if markup[0] == "<":
        return "" if _INLINE.match(markup) else "\n"
    return _character(markup[2:]) if markup[0] == "\\" else html.unescape(markup)


def _character(digits: str) -> str:
    return chr(int(digits, 16))


def _place(starts: _Starts | None, position: int) -> int:
    if starts is None:
        return position
    here, there = starts
    piece = bisect_right(here, position) - 1
    return there[piece] + position - here[piece]


def _end(text: str, starts: _Starts | None, end: int) -> int:
    """The end in the text as given: behind the last character, or behind the markup that stands for it."""
    if starts is None:
        return end
    last = _place(starts, end - 1)
    match = _MARKUP.match(text, last)
    return match.end() if match is not None else last + 1
