"""Rows of a file with one JSON object a line, in the names of `docs/registry.md`, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from icpgate.errors import Defect
from icpgate.jsontext import InvalidJson, loads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

__all__ = ["MAX_LINE", "Row", "jsonl_rows"]

Row: TypeAlias = "tuple[int, dict[str, object] | Defect]"
"""The line on which a row begins, and the row, or why it is none; the defect's place is the field."""

MAX_LINE: Final = 1 << 20
"""Characters of a line: a record with ten thousand domains stays below."""


def jsonl_rows(text: TextIO) -> Iterator[Row]:
    """Every row with its line; blank lines are no rows."""
    number = 0
    while line := text.readline(MAX_LINE + 2):
        number += 1
        if number == 1:
            line = line.removeprefix("\ufeff")
        if len(line) > MAX_LINE and not line.endswith("\n"):
            yield number, Defect("import.too_long", "", f"a line of more than {MAX_LINE:,} characters",
                                 hint="one record a line")  # fmt: skip
            return
        if not line.isspace():
            yield number, _row(line.rstrip("\r\n"))


def _row(line: str) -> dict[str, object] | Defect:
    try:
        value = loads(line)
    except InvalidJson as error:
        place = error.place.removeprefix("line 1, ")
        return Defect(error.code, "", f"{error.message}, at {place}", hint=error.hint)
    if not isinstance(value, dict):
        hint = "one object a line, without [ ] and commas around" if isinstance(value, list) else ""
        return Defect("import.row", "", f"{type(value).__name__} given", "an object", hint)
    return dict(value)
