"""
Which provincial bureau is asked.

- The interface is each bureau's own, for the access providers of its province.
- The unified social credit code of a business has the place of its register in it: where that province's bureau
  is configured, it is asked. Domains, packages, people's and others' documents name no province.
- Everything else is asked of the bureau that is configured as `home`, or as `all`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.answer import Query

__all__ = ["ALL", "BUREAUS", "Bureau", "bureau_name", "chosen", "province_named"]

ALL: Final = "all"
"""The place of an endpoint that answers for every province."""

BUREAUS: Final = "bureaus.toml"

_BUSINESS: Final = re.compile(r"9[1-3]([0-9]{2})[0-9]{4}[0-9A-Z]{10}")
"""A unified social credit code of the register of commerce. No identity card begins with 91 to 93."""


@dataclass(frozen=True, slots=True)
class Bureau:
    """One endpoint of the interface, and who we are there. `password` is the name of a secret."""

    place: str
    url: str
    isp_id: str
    user_name: str = field(repr=False)
    password: str


def chosen(bureaus: Mapping[str, Bureau], home: str, query: Query) -> Bureau | None:
    """The bureau that is asked a query; None where none is configured for it."""
    return bureaus.get(province_named(query)) or bureaus.get(home) or bureaus.get(ALL)


def province_named(query: Query) -> str:
    """The abbreviation of the province in a business's number; empty where nothing names one."""
    if not isinstance(query, ByDocument):
        return ""
    match = _BUSINESS.fullmatch(query.document_number)
    return "" if match is None else _by_code().get(match[1], "")


def bureau_name(place: str) -> str:
    """What a bureau is called in Chinese; `all` for an endpoint of all."""
    return _table().get(place, {}).get("zh", place)


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    bureaus: dict[str, dict[str, str]] = tomllib.loads(
        files(__package__).joinpath(BUREAUS).read_text(encoding="utf-8")
    )["bureaus"]
    return bureaus


@cache
def _by_code() -> Mapping[str, str]:
    return {row["code"]: place for place, row in _table().items()}
