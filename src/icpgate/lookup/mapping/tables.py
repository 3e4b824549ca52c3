"""
Reads the tables of a mapping and keeps every defect with its dotted place.

Nothing unknown is passed over: a misspelt key is a check that silently would not be made. What a
template, a header or a secret says is never repeated in a defect.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.errors import Defect, MappingError, nearest, quote, shown
from icpgate.lookup.mapping.literals import LiteralTable
from icpgate.lookup.mapping.pointer import Pointer
from icpgate.lookup.mapping.template import Template

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import TypeVar

    from icpgate.lookup.mapping.literals import Literal

    T = TypeVar("T")

__all__ = ["WHYS", "Table", "TableReader", "parsed", "within"]

Table = dict[str, object]

MAX_CHARACTERS: Final = 262_144
"""A mapping is written by a person; the longest that ships has three thousand characters."""

MAX_DEPTH: Final = 32
_OURS: Final = frozenset({Why.INTERNAL, Why.REGISTRIES_DISAGREE})
"""What only we ourselves can say."""


def within(place: str, name: str) -> str:
    """The dotted place of a name, which cannot break the line."""
    return f"{place}.{shown(name)}" if place else shown(name)


def parsed(text: str, name: str) -> Table:
    """The tables of a TOML text; raises `MappingError` with line and column."""
    if len(text) > MAX_CHARACTERS:
        raise _refused([Defect("config.too_large", name, f"{len(text):,} characters", f"at most {MAX_CHARACTERS:,}")])
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))
    except ValueError as error:  # also a number of more digits than Python converts
        message = f"not TOML: {shown(error, at_most=200)}"
        raise _refused([Defect("config.syntax", name, message)]) from None
    except RecursionError:
        raise _refused([Defect("config.syntax", name, f"nested deeper than {MAX_DEPTH} levels")]) from None
    return data


def _refused(defects: Collection[Defect], name: str = "mapping") -> MappingError:
    return MappingError(list(defects), what=name)


class TableReader:
    """Collects defects while a mapping is read."""

    def __init__(self) -> None:
        """Begin without a defect."""
        self._defects: dict[Defect, None] = {}

    def settle(self, name: str) -> None:
        """Raise `MappingError` with every defect, each once, if there is any."""
        if self._defects:
            raise _refused(self._defects, name)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was wrong so far."""
        return not self._defects

    def refuse(self, place: str, message: str, *, expected: str = "", hint: str = "") -> None:
        """Note one defect."""
        self._defects[Defect("config.mapping", place, message, expected, hint)] = None

    def unknown(self, place: str, names: Collection[str], known: Collection[str], *, what: str = "key") -> None:
        """Refuse every name that is not known, with the nearest that is."""
        for name in names:
            if name not in known:
                suggestion = nearest(name, list(known))
                hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(known)}"
                self.refuse(within(place, name), f"unknown {what}", hint=hint)

    def table(self, parent: Table, name: str, place: str = "") -> Table:
        """A table, empty when absent."""
        value = parent.get(name, {})
        if isinstance(value, dict):
            return value
        self.refuse(within(place, name), f"{type(value).__name__} given", expected="a table")
        return {}

    def tables(self, parent: Table, name: str, place: str = "") -> list[Table]:
        """An array of tables, empty when absent."""
        value = parent.get(name, [])
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            return value
        self.refuse(within(place, name), "not an array of tables", expected=f"[[{within(place, name)}]]")
        return []

    def text(self, table: Table, name: str, place: str = "", default: str = "") -> str:
        """A text that says something on one line; the default when absent."""
        value = table.get(name)
        if value is None:
            return default
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value.strip()
        self.refuse(within(place, name), "not a line of visible text", expected="a text")
        return default

    def flag(self, table: Table, name: str, place: str = "", *, default: bool = False) -> bool:
        """True or false; the default when absent."""
        value = table.get(name, default)
        if isinstance(value, bool):
            return value
        self.refuse(within(place, name), f"{type(value).__name__} given", expected="true or false")
        return default

    def texts(self, table: Table, name: str, place: str) -> frozenset[str]:
        """A list of texts, which may be empty ones; nothing when absent."""
        value = table.get(name, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return frozenset(value)
        self.refuse(within(place, name), "not a list of texts", expected='such as ["查询失败"]')
        return frozenset()

    def pointer(self, value: object, place: str) -> Pointer | None:
        """A JSON pointer; None when it is none."""
        if not isinstance(value, str):
            self.refuse(place, f"{type(value).__name__} given", expected="a JSON pointer such as /data/number")
            return None
        try:
            return Pointer.parse(value)
        except ValueError as error:
            self.refuse(place, f"{quote(value)}: {error}", expected="a JSON pointer such as /data/number")
            return None

    def template(self, value: object, place: str, known: Collection[str]) -> Template | None:
        """A text with places to fill in; None when it is none."""
        if not isinstance(value, str):
            self.refuse(place, f"{type(value).__name__} given", expected="a text such as {number}")
            return None
        try:
            return Template.parse(value, known)
        except ValueError as error:
            self.refuse(place, str(error))
            return None

    def word(self, value: object, place: str, known: Mapping[str, T]) -> T | None:
        """What a word of a closed list stands for; None when it is not on it."""
        if isinstance(value, str) and value in known:
            return known[value]
        suggestion = nearest(value, list(known)) if isinstance(value, str) else None
        hint = f"did you mean {suggestion}?" if suggestion else ""
        self.refuse(place, f"{quote(value)} is not known", expected=f"one of {', '.join(known)}", hint=hint)
        return None

    def literals(
        self, table: Table, place: str, meant: Callable[[object, str], T], *, name: str = "table"
    ) -> LiteralTable[T]:
        """A closed table of literals; `meant` reads what one means, or refuses it."""
        meanings: dict[tuple[type, Literal], T] = {}
        entries = self.tables(table, name, place)
        if not entries and name in table:
            self.refuse(within(place, name), "empty", expected='such as [{ is = 200, means = "ok" }]')
        for position, entry in enumerate(entries):
            where = f"{within(place, name)}[{position}]"
            self.unknown(where, entry, ("is", "means"))
            literal = entry.get("is")
            meaning = meant(entry.get("means"), within(where, "means"))
            if not isinstance(literal, (bool, int, str)):
                self.refuse(
                    within(where, "is"), f"{quote(literal)} given", expected="a text, an integer, true or false"
                )
            elif (type(literal), literal) in meanings:
                self.refuse(within(where, "is"), f"{quote(literal)} stands twice in one table")
            else:
                meanings[type(literal), literal] = meaning
        return LiteralTable(meanings)


WHYS: Final = {why.value: why for why in Why if why not in _OURS}
"""The whys that a mapping may name."""
