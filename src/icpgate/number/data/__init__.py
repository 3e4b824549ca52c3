"""The data of the number grammar: provinces, look-alikes, placeholders and other registers, each with its date."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ALIASES",
    "DASHES",
    "LOOKALIKES",
    "MARKS",
    "PLACEHOLDERS",
    "PROVINCES",
    "REGISTERS",
    "TRADITIONAL",
    "Placeholders",
    "Register",
    "Years",
]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Years:
    """The years that a number may carry without a warning."""

    first: int
    last_of_two_digits: int
    first_of_four_digits: int
    latest: int


@dataclass(frozen=True, slots=True)
class Placeholders:
    """Digits and marks of templates."""

    digits: frozenset[str]
    letters: str
    suspicious_serials: frozenset[str]
    years: Years


@dataclass(frozen=True, slots=True)
class Register:
    """Another register's numbers: how they are recognised, and what they are called."""

    id: str
    code: str
    zh: str
    en: str
    pattern: re.Pattern[str]


_PROVINCES: Final = _read("provinces")
_LOOKALIKES: Final = _read("lookalikes")
_PLACEHOLDERS: Final = _read("placeholders")

PROVINCES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(_PROVINCES["provinces"])
"""The bureaus' abbreviations, each with its name in `zh` and `en`."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType(_PROVINCES["aliases"])
"""Abbreviations that people write, with those that are issued."""

TRADITIONAL: Final[Mapping[str, str]] = MappingProxyType(_PROVINCES["traditional"])
"""Traditional characters of a number, with the simplified ones."""

LOOKALIKES: Final[Mapping[str, str]] = MappingProxyType(
    {other: letter for letter, others in _LOOKALIKES["letters"].items() for other in others}
)
"""Letters of other scripts, with the Latin letter each is taken for."""

MARKS: Final[Mapping[str, str]] = MappingProxyType(
    {other: mark for table in ("marks", "digits") for mark, others in _LOOKALIKES[table].items() for other in others}
)
"""Characters that are taken for a dash or a digit, with that one."""

DASHES: Final[str] = _LOOKALIKES["dashes"]["repaired"]
"""Dashes that people type for `-`."""

PLACEHOLDERS: Final = Placeholders(
    digits=frozenset(_PLACEHOLDERS["digits"]),
    letters=_PLACEHOLDERS["letters"],
    suspicious_serials=frozenset(_PLACEHOLDERS["suspicious"]["serials"]),
    years=Years(**_PLACEHOLDERS["years"]),
)

REGISTERS: Final[tuple[Register, ...]] = tuple(
    Register(row["id"], row["code"], row["zh"], row["en"], re.compile(row["pattern"]))
    for row in _read("registers")["register"]
)
"""Other registers, in the order in which they are looked for."""
