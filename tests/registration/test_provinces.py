"""Regions and their bureaus, held against python-stdnum's table of the same standard."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from icpgate.number.data import PROVINCES
from icpgate.registration.provinces import (
    PROVINCE_OF_DIGITS,
    RegionStanding,
    province_of,
    region_standing,
    regions,
)

OUTSIDE = frozenset({"71", "81", "82", "83"})
IN_ONE_COLLECTION_ONLY = frozenset({"332801", "332802", "332827"})
"""Of python-stdnum's codes these stand in no other collection: 丽水 had 3325 in the years that are stated."""


def _oracle() -> dict[str, str]:
    """The codes of python-stdnum with the names and years that it has for each."""
    codes: dict[str, str] = {}
    province = ""
    for line in files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"(\d\d) province", line):
            province = match[1]
        elif match := re.match(r'\s+(\d{4}) county="(.*)"', line):
            codes[province + match[1]] = match[2]
    return {code: name for code, name in codes.items() if code[:2] not in OUTSIDE}


def _is_current(names: str) -> bool:
    return not all(re.match(r"\[\d*-\d{4}\]", name) for name in names.split(","))


def test_every_region_of_the_oracle_is_one() -> None:
    """None is missing but those that stand nowhere else."""
    oracle = set(_oracle())
    current, former = regions()
    assert len(oracle) > 6_800
    assert oracle - current - former == IN_ONE_COLLECTION_ONLY


def test_a_region_that_the_oracle_lacks_is_known_by_name() -> None:
    """The oracle has few of the codes before 1983 and of cities directly under a province, and seven of today less."""
    oracle = set(_oracle())
    current, former = regions()
    assert current - oracle == {"330113", "330114", "460321", "460322", "460323", "620201", "632857"}
    assert len(former - oracle) < 250


def test_the_oracle_agrees_on_which_are_in_force() -> None:
    """But for 01 after a city's digits, its districts together, which is no place of today here."""
    oracle = _oracle()
    current, former = regions()
    assert [code for code in current if code in oracle and not _is_current(oracle[code])] == []
    dissolved = [code for code in former if code in oracle and _is_current(oracle[code]) and code[4:] != "01"]
    assert dissolved == ["422921"]  # its years are missing in the oracle


def test_each_province_has_its_bureau() -> None:
    """The thirty-one abbreviations with which numbers begin, and no other."""
    assert sorted(PROVINCE_OF_DIGITS.values()) == sorted(PROVINCES)
    current, former = regions()
    assert {code[:2] for code in current | former} == set(PROVINCE_OF_DIGITS)


@pytest.mark.parametrize(
    ("region", "province"),
    [("510107", "蜀"), ("110000", "京"), ("620102", "陇"), ("810000", None), ("51010", None), ("５10107", None)],
)
def test_a_region_has_its_province_s_bureau(region: str, province: str | None) -> None:
    """By the first two of six digits; what lies outside the mainland has none."""
    assert province_of(region) == province


@pytest.mark.parametrize(
    ("region", "standing"),
    [
        ("510107", RegionStanding.CURRENT),
        ("510100", RegionStanding.COARSE),
        ("510000", RegionStanding.COARSE),
        ("441900", RegionStanding.CURRENT),
        ("110103", RegionStanding.FORMER),
        ("500157", RegionStanding.CURRENT),
        ("519999", None),
        ("130171", None),
        ("", None),
    ],
)
def test_a_region_stands_as_the_standard_has_it(region: str, standing: RegionStanding | None) -> None:
    """A city without districts is a place; one with districts is coarse; one that was dissolved is former."""
    assert region_standing(region) is standing


def test_what_is_no_text_has_no_province() -> None:
    """A draft may hold anything in the place of a region."""
    assert province_of(510107) is None  # type: ignore[arg-type]  # what a draft may hold
