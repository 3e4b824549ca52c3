"""
JSON from outside, read strictly: what two readers could understand differently is refused.

Refused: duplicate keys, NaN and infinities, text after the value, nesting deeper than 64,
numbers longer than 40 digits, more than the stated size, bytes that are not UTF-8.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn, TypeAlias

from icpgate.errors import IcpGateError, quote

__all__ = ["MAX_DEPTH", "InvalidJson", "Json", "loads"]

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

MAX_DEPTH: Final = 64
"""Deep enough for every shape of `docs/sources.md`, far from the interpreter's own limit."""

MAX_NUMBER: Final = 40
"""No field needs more digits; a conversion of a hundred thousand digits costs seconds."""


class InvalidJson(IcpGateError):
    """A text that is not JSON, or not only JSON; `code` says why, `place` where."""

    code = "json.syntax"

    def __init__(self, message: str, *, code: str, place: str, hint: str = "") -> None:
        """Keep the place apart from the message."""
        super().__init__(message, code=code, hint=hint)
        self.place = place


def loads(text: str | bytes, *, max_characters: int = 1_048_576) -> Json:
    """
    Read one JSON value.

    `max_characters` bounds the text before anything is parsed. Raises `InvalidJson` only.
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
        place = f"line {error.lineno}, column {error.colno}"
        message = f"not JSON: {error.msg}"
        raise InvalidJson(message, code="json.syntax", place=place, hint="check quotes and commas there") from None
    return value


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        hint = "save it as UTF-8, or name its encoding"
        raise InvalidJson(message, code="json.encoding", place=f"byte {error.start}", hint=hint) from None


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


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                message = f"the key {quote(key)} stands twice in one object"
                raise InvalidJson(message, code="json.duplicate_key", place=f"/{key}", hint="keep one of the two")
            seen.add(key)
    return members


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
