"""
From bytes to tables: the text of a policy file, read strictly and within bounds.

Every defect has its place as `file:line:column`. What loads is no deeper than `MAX_DEPTH` and has no
integer beyond the 64 bits that TOML promises, so that nothing after this can fail on its size.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import Defect, PolicyError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.policy.reader import Table

__all__ = ["MAX_BYTES", "parsed", "read_text"]

MAX_BYTES: Final = 1_048_576
"""A policy is read by people; a megabyte of it is something else."""

MAX_DEPTH: Final = 16
"""The deepest key of a policy is at 5: rules, a rule, parameters_for, an action, a parameter."""

_LONGEST_PATH: Final = 4_096
_INTEGERS: Final = range(-(2**63), 2**63)
_TOML: Final = "TOML"


def read_text(path: str | Path) -> str:
    """The text of the file; raises `PolicyError` for what cannot be read as such."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror or type(error).__name__}", "config.open") from None
    except (TypeError, ValueError) as error:  # a path that is none, or has a NUL in it
        raise _unreadable(path, f"is not a path: {error}", "config.open") from None
    if len(raw) > MAX_BYTES:
        raise _unreadable(path, f"larger than {MAX_BYTES:,} bytes", "config.too_large")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"byte {error.start} is not UTF-8", "config.syntax") from None


def _unreadable(path: object, message: str, code: str) -> PolicyError:
    return _refused(code, shown(str(path), at_most=_LONGEST_PATH), message, "a TOML file in UTF-8")


def _refused(code: str, place: str, message: str, expected: str) -> PolicyError:
    return PolicyError([Defect(code, place, message, expected)], what="policy")


def parsed(text: str, name: str) -> Table:
    """The tables of a TOML text; `name` stands in the error. A byte order mark is passed over."""
    if not isinstance(text, str):
        raise _refused("config.syntax", name, f"{type(text).__name__} given", "a text")
    if len(text) > MAX_BYTES:
        raise _refused("config.too_large", name, f"{len(text):,} characters", f"at most {MAX_BYTES:,}")
    text = text.removeprefix("\ufeff")
    deep = _too_deep(text)
    if deep is not None:
        raise _refused("config.syntax", _place(name, text, deep), f"nested deeper than {MAX_DEPTH} levels", _TOML)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(name, text, str(error)) from None
    except ValueError:  # more digits than Python converts
        longest = max(_DIGITS.finditer(text), key=lambda match: len(match.group()))
        message = f"a number of {len(longest.group()):,} digits"
        raise _refused("config.syntax", _place(name, text, longest.start()), message, _INTEGER) from None
    defects = list(_beyond(data))
    if defects:
        raise PolicyError(defects, what=name)
    return data


_INTEGER: Final = "an integer of 64 bits"
_DIGITS: Final = re.compile(r"[0-9_]+")
_AT: Final = re.compile(r" \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)$")
_TOKENS: Final = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\.|[^"\\\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+"
    r"|[\[{]"
    r"|[\]}]",
    re.DOTALL,
)


def _too_deep(text: str) -> int | None:
    """Where brackets are nested too deeply, if anywhere; the parser itself would exhaust the stack."""
    depth = 0
    for match in _TOKENS.finditer(text):
        mark = match.group()[0]
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return match.start()
        elif mark in "]}":
            depth -= 1
    return None


def _syntax(name: str, text: str, message: str) -> PolicyError:
    """The parser's complaint with its place in front; what it says of dates is about time."""
    at = _AT.search(message)
    if at is None or at.group(1) is None:
        place = _place(name, text, len(text))
    else:
        place = f"{name}:{at.group(1)}:{at.group(2)}"
    said = message[: at.start()] if at is not None else message
    if said == "Invalid date or datetime":
        return _refused("config.time", place, "not a date of the calendar", "a date and time with its zone")
    return _refused("config.syntax", place, said, _TOML)


def _place(name: str, text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"{name}:{line}:{position - text.rfind(chr(10), 0, position)}"


def _beyond(data: Table) -> Iterator[Defect]:
    """Values that are too deep or too large to be meant; without recursion, which is what they would break."""
    waiting: list[tuple[str, int, object]] = [("", 0, data)]
    while waiting:
        place, depth, value = waiting.pop()
        if depth > MAX_DEPTH:
            yield Defect("config.syntax", place, f"nested deeper than {MAX_DEPTH} levels", _TOML)
        elif isinstance(value, dict):
            waiting += [(f"{place}.{shown(key)}".lstrip("."), depth + 1, child) for key, child in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}[{position}]", depth + 1, child) for position, child in enumerate(value)]
        elif type(value) is int and value not in _INTEGERS:
            yield Defect("config.syntax", place, f"a number of {value.bit_length()} bits", _INTEGER)
