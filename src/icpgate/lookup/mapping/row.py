"""One row of an answer: its fields, read as a mapping says."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.lookup.mapping.fieldreading import LISTS
from icpgate.lookup.mapping.model import Epoch
from icpgate.lookup.mapping.pointer import MISSING
from icpgate.lookup.steps import Unanswered
from icpgate.record import read_time, write_time

if TYPE_CHECKING:
    from icpgate.jsontext import Json
    from icpgate.lookup.mapping.model import Field, Platforms
    from icpgate.lookup.mapping.pointer import Missing

__all__ = ["Row"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS: Final = re.compile(r"[1-9][0-9]{0,14}")


class Row:
    """A row within its answer. Everything raises `Unanswered` for what is not as the mapping says."""

    def __init__(self, value: Json | Missing, answer: Json, failures: frozenset[str], place: str = "") -> None:
        """`failures` are texts that no field has unless the look-up failed; `place` names the row in details."""
        if place and not isinstance(value, dict):
            raise Unanswered(Why.SCHEMA, f"no object at {place}")
        self._row = None if value is MISSING else value
        self._answer = answer
        self._failures = failures
        self.place = place

    def read(self, field: Field) -> object:
        """What the field says: None when this row does not have it."""
        if field.at is None:
            return field.constant
        value = field.at.resolve(self._answer if field.of_answer else self._row)
        if value is MISSING or value is None:
            if field.required:
                raise Unanswered(Why.SCHEMA, f"nothing at {field.at}")
            return None
        if isinstance(value, str) and value in self._failures and value not in field.absent:
            raise Unanswered(Why.UPSTREAM_ERROR, f"a look-up that failed: {field.at} says so")
        return _meant(_decoded(value, field) if field.is_base64 else value, field)

    def platforms(self, platforms: Platforms) -> list[dict[str, object]] | None:
        """The platforms of the row; None when it has none of them."""
        if platforms.rows is None:
            values = {field.name: self.read(field) for field in platforms.fields}
            return None if all(value is None for value in values.values()) else [values]
        rows = platforms.rows.resolve(self._row)
        if rows is MISSING or rows is None:
            return None
        if not isinstance(rows, list):
            raise Unanswered(Why.SCHEMA, f"no list at {platforms.rows}")
        items = [Row(item, self._answer, self._failures, f"an item of {platforms.rows}") for item in rows]
        return [{field.name: item.read(field) for field in platforms.fields} for item in items]


def _meant(value: Json, field: Field) -> object:
    """What a value says in this field."""
    if field.table is not None:
        if value not in field.table:
            raise Unanswered(field.other, f"an unknown word at {field.at}")
        value = field.table[value]
    if field.time is not None:
        return _moment(value, field)
    return _listed(value, field) if field.name in LISTS else value


def _decoded(value: Json, field: Field) -> str:
    try:
        if isinstance(value, str):
            return base64.b64decode(value.encode("ascii"), validate=True).decode("utf-8")
    except (UnicodeError, binascii.Error):
        pass
    raise Unanswered(Why.SCHEMA, f"no base64 at {field.at}")


def _listed(value: object, field: Field) -> object:
    """A list; a text alone is a list of one, or of what stands between the separators."""
    if not isinstance(value, str):
        return value
    entries = value.split(field.split) if field.split else [value]
    return [entry.strip() for entry in entries if entry.strip()]


def _moment(value: object, field: Field) -> str:
    try:
        if isinstance(field.time, timezone) and isinstance(value, str):
            return write_time(read_time(value, zone=field.time))
        if isinstance(field.time, Epoch) and _is_count(value):
            unit = 1_000 if field.time is Epoch.MILLISECONDS else 1
            return write_time(_EPOCH + timedelta(seconds=int(str(value)) / unit))
    except (ValueError, OverflowError):
        pass
    raise Unanswered(Why.SCHEMA, f"no moment at {field.at}")


def _is_count(value: object) -> bool:
    """A positive whole number, as such or as digits."""
    return not isinstance(value, bool) and isinstance(value, (int, str)) and bool(_DIGITS.fullmatch(str(value)))
