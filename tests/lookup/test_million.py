"""
However many different numbers come, the cache in the process stays within its two bounds, and its memory with it.

The million runs with `make soak`. Each run is a process of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lookup.million import Figures, run

NUMBERS = 50_000
MANY = 10**9
NO_GROWTH = 20_000_000
"""Bytes that a process may grow by once its cache is full: an allocator keeps it. Kept entries would be twice that."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux")


def grows_with_its_bound_alone(figures: Figures) -> None:
    """What the process took while the cache filled is what the cache says, and it takes no more afterwards."""
    taken = figures.full - figures.before
    assert figures.end - figures.full < NO_GROWTH
    assert taken < figures.most_bytes * 1.2 + NO_GROWTH


def test_a_cache_bounded_by_count() -> None:
    """As many entries as it may have, and every other one counted as gone."""
    figures = run(numbers=NUMBERS, max_entries=10_000, max_bytes=MANY, shape="whole", traced=False)
    assert figures.entries == figures.most_entries == 10_000
    assert figures.evictions == NUMBERS - 10_000
    grows_with_its_bound_alone(figures)


def test_a_cache_bounded_by_bytes() -> None:
    """As many bytes as it may take, all but the room for one entry more."""
    bound = 20_000_000
    figures = run(numbers=NUMBERS, max_entries=MANY, max_bytes=bound, shape="whole", traced=False)
    assert bound - 10_000 < figures.most_bytes <= bound
    assert figures.evictions == NUMBERS - figures.entries
    grows_with_its_bound_alone(figures)


@pytest.mark.parametrize(
    ("shape", "numbers", "most"),
    [
        ("whole", 4_000, 2_700),
        ("few", 4_000, 1_800),
        ("many", 4_000, 5_200),
        ("no", 4_000, 1_300),
        ("whole", 12_000, 1_800),
    ],
)
def test_an_entry_weighs_what_it_takes(shape: str, numbers: int, most: int) -> None:
    """The estimate that the bound in bytes rests on is not a fifth below what Python counts, nor much above it."""
    figures = run(numbers=numbers, max_entries=MANY, max_bytes=MANY, shape=shape, traced=True)
    assert figures.an_entry * 0.8 < figures.a_weight < figures.an_entry * 1.4
    assert figures.an_entry < most
