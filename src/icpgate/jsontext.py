"""
JSON from outside, read strictly: what two readers could understand differently is refused.

Refused: duplicate keys, NaN and infinities, text after the value, nesting deeper than 64,
numbers longer than 40 digits, more than the stated size, bytes that are not UTF-8, halves of
characters.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from icpgate.errors import IcpGateError, quote, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DEPTH", "InvalidJson", "Json", "loads"]

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MAX_DEPTH: Final = 64
"""Deep enough for every shape of `docs/sources.md`, far from the interpreter's own limit."""

MAX_NUMBER: Final = 40
"""No field needs more digits; a conversion of a hundred thousand digits costs seconds."""


class InvalidJson(IcpGateError):
    """
    A text that is not JSON, or not only JSON; `code` says why, `place` where.

    The place is a line and column, a character or byte, or for duplicate keys a JSON pointer.
    """

    code = "json.syntax"

    def __init__(self, message: str, *, code: str, place: str, hint: str = "") -> None:
        """Keep the place apart from the message."""
        super().__init__(message, code=code, hint=hint)
        self.place = place


def loads(text: str | bytes, *, max_characters: int = 1_048_576) -> Json:
    """
    Read one JSON value.

    `max_characters` bounds the text before anything is parsed; of bytes it counts the bytes.
    Raises `InvalidJson` only.

    >>> loads('{"name": "x", "name": "y"}')
    Traceback (most recent call last):
        ...
    icpgate.jsontext.InvalidJson: the key 'name' stands twice in one object (keep one of the two)
    """
    if len(text) > max_characters:
        message = f"{len(text):,} characters; at most {max_characters:,} are read"
        raise InvalidJson(message, code="json.too_large", place="line 1")
    decoded = _decoded(text) if isinstance(text, bytes) else text
    decoded = decoded.removeprefix("\ufeff")
    _refuse_depth(decoded)
    try:
        value: Json = _DECODER.decode(decoded)
    except json.JSONDecodeError as error:
        raise _syntax(error) from None
    except _TwiceError:
        raise _duplicate(decoded) from None
    if _may_have_halves(decoded):
        _refuse_halves(value)
    return value


def _syntax(error: json.JSONDecodeError) -> InvalidJson:
    place = f"line {error.lineno}, column {error.colno}"
    return InvalidJson(f"not JSON: {error.msg}", code="json.syntax", place=place, hint="check quotes and commas there")


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        hint = "save it as UTF-8, or name its encoding"
        raise InvalidJson(message, code="json.encoding", place=f"byte {error.start}", hint=hint) from None


_ESCAPED_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")


def _may_have_halves(text: str) -> bool:
    """Whether a half stands in the text, escaped or as it is; a look at each character costs as much as reading."""
    if "\\" in text and _ESCAPED_HALF.search(text) is not None:
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _refuse_halves(value: Json) -> None:
    """A half of a surrogate pair is no character, and no text with it can be written again."""
    written = json.dumps(value, ensure_ascii=False)
    try:
        written.encode("utf-8")
    except UnicodeEncodeError as error:
        half = f"U+{ord(written[error.start]):04X}"
        hint = "write the whole character"
        raise InvalidJson(f"{half} is half a character", code="json.unicode", place=half, hint=hint) from None


_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def _refuse_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = match.group()[0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                message = f"nested deeper than {MAX_DEPTH} levels"
                raise InvalidJson(message, code="json.too_deep", place=f"character {match.start()}")
        elif mark in "]}":
            depth -= 1


class _TwiceError(Exception):
    """Some object has a key twice; which one is looked for only then."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _TwiceError
    return members


class _Pairs(list[tuple[str, object]]):
    """An object with every pair that its text has."""


def _duplicate(text: str) -> InvalidJson:
    """The error of the first key that stands twice, or of what is no JSON after it."""
    try:
        value = json.loads(text, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        return _syntax(error)
    place, key = next(_duplicates(value, ""))
    message = f"the key {quote(key)} stands twice in one object"
    return InvalidJson(message, code="json.duplicate_key", place=place, hint="keep one of the two")


def _duplicates(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, member in value:
            here = f"{place}/{shown(key).replace('~', '~0').replace('/', '~1')}"
            if key in seen:
                yield here, key
            seen.add(key)
            yield from _duplicates(member, here)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _duplicates(item, f"{place}/{position}")


def _constant(name: str) -> NoReturn:
    message = f"{name} is not a JSON value"
    raise InvalidJson(message, code="json.constant", place=name)


def _integer(digits: str) -> int:
    if len(digits) > MAX_NUMBER:
        message = f"a number of {len(digits):,} digits; at most {MAX_NUMBER} are read"
        raise InvalidJson(message, code="json.number", place=quote(digits))
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if value in {float("inf"), float("-inf")}:
        message = "a number beyond every range"
        raise InvalidJson(message, code="json.number", place=quote(digits))
    return value


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_fraction
)
