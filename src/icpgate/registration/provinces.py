"""
Regions of the mainland by their six digits (GB/T 2260), and the bureau that each one registers at.

The codes are data with source and date (`regions.toml`). Hong Kong, Macao and Taiwan have no bureau (docs/sources.md,
exemption-offshore), so their codes are no regions here.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROVINCE_OF_DIGITS", "RegionStanding", "province_of", "region_standing", "regions"]

PROVINCE_OF_DIGITS: Final[Mapping[str, str]] = {
    "11": "京", "12": "津", "13": "冀", "14": "晋", "15": "蒙",
    "21": "辽", "22": "吉", "23": "黑",
    "31": "沪", "32": "苏", "33": "浙", "34": "皖", "35": "闽", "36": "赣", "37": "鲁",
    "41": "豫", "42": "鄂", "43": "湘", "44": "粤", "45": "桂", "46": "琼",
    "50": "渝", "51": "蜀", "52": "黔", "53": "滇", "54": "藏",
    "61": "陕", "62": "陇", "63": "青", "64": "宁", "65": "新",
}  # fmt: skip
"""The abbreviation with which numbers begin, as the registration system writes it (docs/sources.md, number-grammar)."""

_CODE: Final = re.compile(r"[0-9]{6}")


class RegionStanding(StrEnum):
    """What is known of six digits: a place of today, one that has parts with codes of their own, one of former days."""

    CURRENT = "current"
    COARSE = "coarse"
    FORMER = "former"


def province_of(region: str) -> str | None:
    """
    The abbreviation of the bureau for a region's six digits, by the first two; None where there is none.

    That the other four digits were ever given to a place is not checked: `region_standing` does.

    >>> province_of("510107")
    '蜀'
    """
    is_code = isinstance(region, str) and _CODE.fullmatch(region)
    return PROVINCE_OF_DIGITS.get(region[:2]) if is_code else None


def region_standing(region: str) -> RegionStanding | None:
    """What the six digits stand for; None when they never were a region of the mainland."""
    current, former = regions()
    if region in former:
        return RegionStanding.FORMER
    if region not in current:
        return None
    return RegionStanding.COARSE if _has_parts(region) else RegionStanding.CURRENT


def _has_parts(region: str) -> bool:
    stem = region.removesuffix("00").removesuffix("00") if region.endswith("00") else region
    return stem != region and stem in _stems()


@cache
def regions() -> tuple[frozenset[str], frozenset[str]]:
    """Every code that is in force, and every one that once was."""
    data = tomllib.loads(files("icpgate.registration").joinpath("regions.toml").read_text(encoding="utf-8"))
    return _codes(data["current"]), _codes(data["former"])


def _codes(table: Mapping[str, str]) -> frozenset[str]:
    return frozenset(stem + end for stem, ends in table.items() for end in ends.split())


@cache
def _stems() -> frozenset[str]:
    """The first two and four digits of every code in force that has more than those."""
    current, _ = regions()
    cities = {code[:2] for code in current if not code.endswith("0000")}
    return frozenset(cities | {code[:4] for code in current if not code.endswith("00")})
