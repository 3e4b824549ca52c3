"""
Texts with places to fill in: `{number}`, `{secret:key}`; `{{` and `}}` are the braces themselves.

How a value is written depends on where it stands, and is the business of whoever fills it in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from icpgate.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

__all__ = ["Place", "Template"]

_TOKENS: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_NAME: Final = re.compile(r"[a-z_]+|secret:[A-Za-z][A-Za-z0-9_-]{0,63}\??")


@dataclass(frozen=True, slots=True)
class Place:
    """A place to fill in. What stands around an optional one is left out where there is nothing for it."""

    name: str
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A text with places; made by `parse`. Its fixed parts may hold a credential: `repr` leaves them out."""

    parts: tuple[str | Place, ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str, known: Collection[str]) -> Template:
        """
        Read a template; `known` are the names beside secrets.

        Raises `ValueError` with what is wrong, and nothing of the text but the name of a place.
        """
        parts: list[str | Place] = []
        for token in _TOKENS.finditer(text):
            found, name = token.group(), token.group(1)
            if name is not None:
                parts.append(_place(name, known))
            elif found in {"{", "}"}:
                message = f"a single {found} at character {token.start() + 1}: the brace itself is written {found * 2}"
                raise ValueError(message)
            else:
                parts.append(found[0] if found in {"{{", "}}"} else found)
        return cls(tuple(parts))

    @property
    def places(self) -> tuple[Place, ...]:
        """What it has to be filled with."""
        return tuple(part for part in self.parts if isinstance(part, Place))

    @property
    def names(self) -> frozenset[str]:
        """The names of its places."""
        return frozenset(place.name for place in self.places)

    @property
    def secrets(self) -> Mapping[str, bool]:
        """The secrets it needs, and whether it can do without."""
        return {p.name.removeprefix("secret:"): p.is_optional for p in self.places if p.name.startswith("secret:")}

    def filled(self, values: Mapping[str, str], written: Callable[[str], str] = str) -> str | None:
        """The text with every value `written` into its place; None where an optional value is missing."""
        parts = []
        for part in self.parts:
            if isinstance(part, str):
                parts.append(part)
            elif part.is_optional and part.name not in values:
                return None
            else:
                parts.append(written(values[part.name]))
        return "".join(parts)


def _place(name: str, known: Collection[str]) -> Place:
    if not _NAME.fullmatch(name):
        message = f"a place has one of the names {_listed(known)}"
        raise ValueError(message)
    if name.startswith("secret:"):
        return Place(name.removesuffix("?"), is_optional=name.endswith("?"))
    if name not in known:
        suggestion = nearest(name, list(known))
        hint = f"did you mean {{{suggestion}}}?" if suggestion else f"known: {_listed(known)}"
        message = f"{{{name}}} is not known here; {hint}"
        raise ValueError(message)
    return Place(name)


def _listed(known: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in (*known, "secret:NAME"))
