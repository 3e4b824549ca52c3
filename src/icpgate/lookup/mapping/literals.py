"""Closed tables of literals, matched by value and type: 0 is neither "0" nor false nor 0.0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Literal", "LiteralTable"]

T = TypeVar("T")

Literal: TypeAlias = bool | int | str
"""What a table can list. No fractions: two that look the same may not be equal."""


@dataclass(frozen=True, slots=True)
class LiteralTable(Generic[T]):
    """What each literal means; a literal is kept with its type."""

    meanings: Mapping[tuple[type, Literal], T]

    def __contains__(self, value: object) -> bool:
        """Whether it lists this very value."""
        return isinstance(value, (bool, int, str)) and (type(value), value) in self.meanings

    def __getitem__(self, value: object) -> T:
        """What the value means; raises `KeyError` for what is not listed."""
        if isinstance(value, (bool, int, str)):
            return self.meanings[type(value), value]
        raise KeyError

    def is_of_its_kind(self, value: object) -> bool:
        """Whether some literal of the table has the value's type."""
        return any(kind is type(value) for kind, _ in self.meanings)
