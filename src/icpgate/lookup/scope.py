"""
Which numbers a registry may say *no* about.

- `all`, or `provinces:京,沪` and `kinds:app,mini_program` joined by `;`: both must hold.
- Several of those joined by `|`: one of them must hold.
- A number without a province (a national licence) is covered by `all` only.
- An entity's number has no kind: a scope of kinds never covers it. A list of apps that lacks a
  company's own number says nothing about the company.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, nearest, quote
from icpgate.number import PROVINCES, ServiceKind, province_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpgate.number import RegistrationNumber

__all__ = ["Scope"]

_EXAMPLE: Final = "all, or provinces:京,沪 and kinds:app,mini_program joined by ;"
_PUNCTUATION: Final = str.maketrans("：；，、｜", ":;,,|")


@dataclass(frozen=True, slots=True)
class _Part:
    """One alternative; None leaves that side open."""

    provinces: frozenset[str] | None = None
    kinds: frozenset[ServiceKind] | None = None

    def covers(self, number: RegistrationNumber) -> bool:
        if self.provinces is not None and number.province not in self.provinces:
            return False
        return self.kinds is None or number.service_kind in self.kinds

    def __str__(self) -> str:
        written = []
        if self.provinces is not None:
            written.append("provinces:" + ",".join(p for p in PROVINCES if p in self.provinces))
        if self.kinds is not None:
            written.append("kinds:" + ",".join(kind.value for kind in ServiceKind if kind in self.kinds))
        return ";".join(written) or "all"


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of numbers, as a registry states it; make one with `parse`. Its text is canonical."""

    parts: tuple[_Part, ...]

    @classmethod
    def parse(cls, text: Scope | str) -> Scope:
        """
        Read a scope; raises `ConfigurationError` that names the wrong word and the nearest right one.

        >>> str(Scope.parse("kinds:app;provinces:川,京"))
        'provinces:京,蜀;kinds:app'
        """
        if isinstance(text, Scope):
            return text
        if not isinstance(text, str):
            message = f"a scope is text, not {type(text).__name__}"
            raise _refused(message)
        return _parsed(text)

    @classmethod
    def union(cls, scopes: Iterable[Scope]) -> Scope:
        """What at least one of them covers; of none, nothing."""
        parts = tuple(dict.fromkeys(part for scope in scopes for part in scope.parts))
        return cls((_Part(),)) if _Part() in parts else cls(parts)

    @property
    def is_all(self) -> bool:
        """Whether it covers every number."""
        return self.parts == (_Part(),)

    def covers(self, number: RegistrationNumber) -> bool:
        """Whether a registry of this scope may say *no* about the number."""
        return any(part.covers(number) for part in self.parts)

    def __str__(self) -> str:
        """The canonical text; a scope that covers nothing is written `none`, which `parse` refuses."""
        return "|".join(map(str, self.parts)) or "none"


def _refused(message: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError(message, hint=hint or _EXAMPLE, code="config.scope")


@lru_cache(maxsize=256)
def _parsed(text: str) -> Scope:
    alternatives = text.translate(_PUNCTUATION).split("|")
    return Scope.union(Scope((_part(alternative),)) for alternative in alternatives)


def _part(text: str) -> _Part:
    if text.strip() == "all":
        return _Part()
    sides: dict[str, frozenset[str]] = {}
    for clause in text.split(";"):
        name, colon, listed = clause.partition(":")
        name = name.strip()
        if not colon or name not in _READERS:
            raise _unknown(name, ["all", *_READERS], "a scope")
        if name in sides:
            message = f"{name} stands twice in one scope"
            raise _refused(message, "list everything behind one of them, or join two scopes by |")
        sides[name] = frozenset(_READERS[name](word.strip()) for word in listed.split(","))
    kinds = sides.get("kinds")
    return _Part(sides.get("provinces"), None if kinds is None else frozenset(map(ServiceKind, kinds)))


def _province(word: str) -> str:
    province = province_of(word)
    if province is None:
        names = {names["zh"] for names in PROVINCES.values()} | {names["en"] for names in PROVINCES.values()}
        raise _unknown(word, [*PROVINCES, *names], "a province")
    return province


def _kind(word: str) -> str:
    if word not in set(ServiceKind):
        raise _unknown(word, [kind.value for kind in ServiceKind], "a kind of service")
    return word


_READERS: Final = {"provinces": _province, "kinds": _kind}


def _unknown(word: str, known: list[str], what: str) -> ConfigurationError:
    suggestion = nearest(word, known)
    hint = f"did you mean {suggestion}?" if suggestion else ""
    return _refused(f"{quote(word)} is not {what}" if word else f"{what} is missing", hint)
