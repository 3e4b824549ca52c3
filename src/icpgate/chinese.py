"""
Compares names of apps and operators as people who read Chinese do.

- EXACT: the same characters. NORMALISED: the same after `fold`. Only these two may let anything pass.
- NEAR: what a person would take for a variant, such as a store title with a suffix. For texts of reasons only.
- `fold` unifies what writing leaves open: width, case, blanks, the shape of a mark, traditional characters.
- `fold` deletes nothing but blanks. Zero-width and bidi characters stay, so a text with them is another text.
- Look-alike letters of two scripts, and two digits or letters, are never the same.
- A text without a visible letter or digit names nothing: it is like no text, not even itself.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

__all__ = ["Likeness", "compare", "fold"]

MAX_CHARACTERS: Final = 256
"""As long as an app's texts may be. A text that is longer, before or after folding, is like its exact copy only."""

MAX_EDITED: Final = 64
"""The longest name whose edit distance is worth its quadratic time."""

LETTERS_PER_EDIT: Final = 5
"""One edit in five letters is a slip; one in four makes 工商银行 of 招商银行."""

SHORTEST_STEM: Final = 2
"""A single letter is contained in too many names."""

_CACHED: Final = 4_096
_INVISIBLE_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Hangul fillers: Unicode calls them letters, and nobody sees them."""

_DASHES: Final = re.compile(r"-{2,}")
_GROUP: Final = re.compile(r"\([^()]*\)")
_SUFFIX: Final = re.compile(r"[-:|·~_,].*", re.DOTALL)


class Likeness(StrEnum):
    """How alike two names are, from the same text down."""

    EXACT = "exact"
    NORMALISED = "normalised"
    NEAR = "near"
    DIFFERENT = "different"


def compare(given: str, registered: str) -> Likeness:
    """
    How alike two names are; symmetric, and never raises.

    Whether two different names belong to one brand or company is not looked at.

    >>> compare("騰訊視頻（極速版）", "腾讯视频(极速版)")
    <Likeness.NORMALISED: 'normalised'>
    >>> compare("抖音", "抖音极速版")
    <Likeness.NEAR: 'near'>
    """
    if given == registered:
        return Likeness.EXACT if _names_something(given) else Likeness.DIFFERENT
    one, other = fold(given), fold(registered)
    if one == other:
        return Likeness.NORMALISED if _names_something(one) else Likeness.DIFFERENT
    return Likeness.NEAR if _is_near(one, other) else Likeness.DIFFERENT


def fold(text: str) -> str:
    """
    The form in which two ways of writing one name are the same text.

    NFKC, case folding, no blanks, one shape for each mark, traditional characters as simplified
    ones. Idempotent. Not for showing to people. A text that is, or grows, longer than
    `MAX_CHARACTERS` comes back as it is.

    >>> fold("ＱＱ 音樂【HD】")
    'qq音乐(hd)'
    """
    return _folded(text) if len(text) <= MAX_CHARACTERS else text


@lru_cache(maxsize=_CACHED)
def _folded(text: str) -> str:
    # Twice, because the loss of a blank can bring a letter to a mark that NFKC composes with it.
    # That makes no further blank or mark, so a third time would change nothing.
    folded = _folded_once(_folded_once(text))
    return folded if len(folded) <= MAX_CHARACTERS else text


def _folded_once(text: str) -> str:
    unified = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _DASHES.sub("-", unified.translate(_table()))


@cache
def _table() -> dict[int, str | None]:
    """What becomes of a single character: another one, or nothing if it is a blank."""
    marks = _data("punctuation.toml")
    table: dict[int, str | None] = dict.fromkeys(map(ord, marks["blanks"]))
    for mark in marks["marks"]:
        table.update(dict.fromkeys(map(ord, mark["of"]), mark["as"]))
    for traditional, simplified in _data("traditional.toml")["pairs"].split():
        table[ord(traditional)] = simplified
    return table


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads(files("icpgate").joinpath("data", name).read_text(encoding="utf-8"))


def _names_something(text: str) -> bool:
    return any(map(_is_visible_letter, text))


def _is_visible_letter(character: str) -> bool:
    return character.isalnum() and character not in _INVISIBLE_LETTERS


def _is_near(one: str, other: str) -> bool:
    """Of two folded texts that differ: whether a person would take one for the other."""
    if max(len(one), len(other)) > MAX_CHARACTERS:
        return False
    shorter, longer = sorted((_letters(one), _letters(other)), key=len)
    if not shorter:
        return False
    if shorter == longer or (len(shorter) >= SHORTEST_STEM and shorter in longer):
        return True
    stem = _stem(one)
    return (len(stem) >= SHORTEST_STEM and stem == _stem(other)) or _slips(shorter, longer)


def _letters(text: str) -> str:
    return "".join(filter(_is_visible_letter, text))


def _stem(folded: str) -> str:
    """The name without what a store's title adds: words in brackets, and all after a dash or colon."""
    return _letters(_SUFFIX.sub("", _GROUP.sub("", folded)))


def _slips(shorter: str, longer: str) -> bool:
    """Whether few letters were typed wrong, left out or added, for names of this length."""
    allowed = len(longer) // LETTERS_PER_EDIT
    if len(longer) > MAX_EDITED or len(longer) - len(shorter) > allowed:
        return False
    return _edits(shorter, longer) <= allowed


def _edits(one: str, other: str) -> int:
    """The Levenshtein distance."""
    previous = list(range(len(other) + 1))
    for row, mine in enumerate(one, start=1):
        current = [row]
        for column, theirs in enumerate(other):
            current.append(min(previous[column] + (mine != theirs), previous[column + 1] + 1, current[column] + 1))
        previous = current
    return previous[-1]
