"""
Reads tables of a policy file and keeps every defect with its dotted place.

Nothing is converted, nothing unknown is passed over: a misspelt key is a demand that silently
would not be made.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.errors import Defect, nearest, quote, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["Table", "TableReader"]

E = TypeVar("E", bound=StrEnum)

Table = dict[str, object]


class TableReader:
    """Collects defects while a file is read."""

    def __init__(self) -> None:
        """Begin without a defect."""
        self._defects: dict[Defect, None] = {}

    @property
    def defects(self) -> list[Defect]:
        """Every defect once, in the order in which it was found."""
        return list(self._defects)

    def refuse(
        self, place: str, message: str, *, expected: str = "", hint: str = "", code: str = "config.value"
    ) -> None:
        """Note one defect."""
        self._defects[Defect(code, place, message, expected, hint)] = None

    def unknown(self, place: str, names: Collection[str], known: Collection[str], *, what: str = "key") -> None:
        """Refuse every name that is not known, with the nearest that is."""
        for name in names:
            if name not in known:
                suggestion = nearest(name, list(known))
                hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(known) or 'none'}"
                self.refuse(_within(place, name), f"unknown {what} {quote(name)}", hint=hint, code="config.unknown")

    def table(self, parent: Mapping[str, object], name: str, place: str = "") -> Table:
        """A table, empty when absent."""
        value = parent.get(name, {})
        if not isinstance(value, dict):
            self.refuse(_within(place, name), f"{type(value).__name__} given", expected="a table")
            return {}
        return value

    def tables(self, parent: Mapping[str, object], name: str) -> list[Table]:
        """An array of tables, empty when absent."""
        value = parent.get(name, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.refuse(name, "not an array of tables", expected=f"[[{name}]]")
            return []
        return value

    def text(self, table: Table, name: str, place: str, *, required: bool = True) -> str:
        """A line that says something: it stands in reasons and in logs."""
        value = table.get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.refuse(_within(place, name), _given(value), expected="a text that is not empty")
            return ""
        if any(unicodedata.category(character) in _UNSEEN for character in value.strip()):
            self.refuse(_within(place, name), _given(value), expected="one line of visible characters")
        return value.strip()

    def choice(self, value: object, kind: type[E], place: str) -> E | None:
        """A word of a closed list."""
        if isinstance(value, str) and value in set(kind):
            return kind(value)
        suggestion = nearest(value, list(kind)) if isinstance(value, str) else None
        hint = f"did you mean {suggestion}?" if suggestion else ""
        self.refuse(place, _given(value), expected=f"one of {', '.join(kind)}", hint=hint)
        return None

    def moment(self, table: Table, name: str, place: str, *, required: bool = True) -> datetime | None:
        """A moment with its zone, in UTC."""
        value = table.get(name)
        where = _within(place, name)
        if value is None:
            if required:
                self.refuse(where, "missing", expected="a date and time with its zone", code="config.time")
            return None
        if isinstance(value, datetime) and value.tzinfo is not None:
            try:
                return value.astimezone(UTC)
            except OverflowError:
                wanted = "a moment of the years 1 to 9999 in UTC"
                self.refuse(where, f"{value.isoformat()} given", expected=wanted, code="config.time")
                return None
        problem = f"{value.isoformat()} has no zone" if isinstance(value, (date, time)) else _given(value)
        wanted = "a date and time with its zone, such as 2024-04-01T00:00:00+08:00"
        hint = "add the offset +08:00" if isinstance(value, datetime) else "write it without quotes, with its offset"
        self.refuse(where, problem, expected=wanted, hint=hint, code="config.time")
        return None

    def texts(self, table: Table, name: str, place: str) -> tuple[str, ...]:
        """A list of texts, empty when absent."""
        value = table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.refuse(_within(place, name), _given(value), expected="a list of texts")
            return ()
        if name in table and not value:
            self.refuse(_within(place, name), "an empty list selects nothing", hint="name what it covers, or remove it")
        return tuple(item.strip() for item in value)

    def choices(self, table: Table, name: str, kind: type[E], place: str) -> frozenset[E]:
        """A list of words of a closed list; all of them when absent."""
        if name not in table:
            return frozenset(kind)
        found = [self.choice(word, kind, _within(place, name)) for word in self.texts(table, name, place)]
        return frozenset(word for word in found if word is not None)

    def codes(self, table: Table, place: str, known: Collection[str]) -> frozenset[str]:
        """The codes that an entry covers: named one by one, never all at once."""
        codes = self.texts(table, "codes", place)
        if "codes" not in table:
            self.refuse(_within(place, "codes"), "missing", expected="the codes it covers, named one by one")
        self.unknown(_within(place, "codes"), codes, known, what="code")
        return frozenset(codes) & frozenset(known)


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that break a line, or that nobody sees."""


def _within(place: str, name: str) -> str:
    """The dotted place of a name, which cannot break the line."""
    return f"{place}.{shown(name)}" if place else shown(name)


def _given(value: object) -> str:
    return "missing" if value is None else f"{quote(value)} given"
