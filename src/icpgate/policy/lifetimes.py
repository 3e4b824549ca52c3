"""Reads a policy's `[cache]`: how long an answer is used without asking again, in hours."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, quote
from icpgate.lives import LONGEST_LIFE, Lives

if TYPE_CHECKING:
    from icpgate.policy.reader import Table, TableReader

__all__ = ["read_lives"]

_HOURS: Final = tuple(field.name for field in fields(Lives) if field.name != "jitter")
_MOST: Final = LONGEST_LIFE / timedelta(hours=1)
_MOST_JITTER: Final = 0.5


def read_lives(reader: TableReader, table: Table) -> Lives:
    """The lives of a policy; what it does not state is as `Lives` has it."""
    reader.unknown("cache", table, (*_HOURS, "jitter"))
    given: dict[str, timedelta] = {}
    for name in _HOURS:
        if name in table:
            hours = _number(table[name], _MOST)
            if hours is None:
                reader.refuse(f"cache.{name}", f"{quote(table[name])} given", expected=f"hours, from 0 to {_MOST:g}")
            else:
                given[name] = timedelta(hours=hours)
    jitter = _number(table.get("jitter", Lives().jitter), _MOST_JITTER)
    if jitter is None:
        reader.refuse("cache.jitter", f"{quote(table['jitter'])} given", expected=f"a part from 0 to {_MOST_JITTER}")
        jitter = 0.0
    try:
        return Lives(**given, jitter=jitter)
    except ConfigurationError as error:
        reader.refuse("cache", error.message, hint=error.hint, code="config.conflict")
        return Lives()


def _number(value: object, most: float) -> float | None:
    valid = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most
    return float(value) if valid else None  # type: ignore[arg-type]  # a number, as was just asked
