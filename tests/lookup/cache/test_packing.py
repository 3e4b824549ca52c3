"""Entries as few bytes, and back."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Query, Unavailable, Why
from icpgate.lives import Lives
from icpgate.lookup.cache import memory as module
from icpgate.lookup.cache.entry import Entry
from icpgate.lookup.cache.memory import Kept, Memory, Packed, fresh_until
from icpgate.lookup.cache.packing import pack, unpack
from icpgate.number import parse
from tests.cases import NOW, NUMBER, found, registered
from tests.strategies import records

if TYPE_CHECKING:
    from icpgate.record import RegistrationRecord

LIVES = Lives()
QUERIES: list[Query] = [ByNumber(parse(NUMBER)), ByDocument("91510108MA6632C60R", "com.sig.wameiji"), ByDomain("a.cn")]


def kept(position: int, **changes: object) -> tuple[str, Kept]:
    """An entry of its own number, asked for a little later than the one before."""
    number = f"蜀ICP备2021014694号-{position}A"
    observation = found(registered(registration_number=number, **changes))
    entry = Entry(observation, NOW + timedelta(milliseconds=position))
    fresh = fresh_until(number, entry, LIVES)
    return number, Kept(entry, LIVES, fresh, 1_000.0 + position, float("inf"))


@given(records(NUMBER), st.sampled_from(QUERIES), st.datetimes(timezones=st.just(NOW.tzinfo)))
def test_an_entry_unpacks_to_an_equal_one(record: RegistrationRecord, query: Query, asked_at: object) -> None:
    """Of every record, whatever it has and lacks, and of every kind of query."""
    observation = Observation(query, Found((record, record)), record.observed_at, "source", "registry")
    entry = Entry(observation, asked_at)  # type: ignore[arg-type]  # hypothesis has no type for it
    unpacked = unpack(pack(entry))
    assert unpacked == entry
    assert isinstance(unpacked.observation.answer, Found)
    again = unpacked.observation.answer.record
    assert [getattr(again, field.name) for field in fields(record)] == [getattr(record, f.name) for f in fields(record)]
    assert again.registration_number.repairs == record.registration_number.repairs
    assert again.registration_number.service_kind is record.registration_number.service_kind


def test_a_no_unpacks_too() -> None:
    """With its scope."""
    no = Entry(Observation(QUERIES[0], NotRegistered("provinces:京"), NOW, "s", "r"), NOW)
    assert unpack(pack(no)) == no


def test_what_nobody_could_say_is_not_packed() -> None:
    """It is never kept, so it can never come to it."""
    with pytest.raises(AssertionError):
        pack(Entry(Observation(QUERIES[0], Unavailable(Why.TIMEOUT), NOW, "s", "r"), NOW))


def test_what_is_packed_ends_when_it_would_have_ended() -> None:
    """By both clocks, and by the same lives."""
    key, entry = kept(7)
    again = Packed(entry).unpacked(key)
    for name in ("observation", "asked_at", "fresh", "fresh_at", "shared_until", "lives"):
        assert getattr(again, name) == getattr(entry, name)
    # Not to the byte: Python keeps a text's UTF-8 beside it once somebody has asked for that.
    assert again.weight == pytest.approx(entry.weight, rel=0.1)


@pytest.fixture
def few_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only three entries stay as they are."""
    monkeypatch.setattr(module, "WARM", 3)


@pytest.mark.usefixtures("few_warm")
def test_entries_are_found_packed_or_not() -> None:
    """Whoever looks gets an equal entry, and makes it one of those that were looked at last."""
    memory = Memory(100, 1 << 20)
    entries = dict(kept(position) for position in range(1, 11))
    for key, entry in entries.items():
        memory.put(key, entry, 0)
    assert len(memory) == 10
    for _ in range(3):
        for key, entry in entries.items():
            again = memory.get(key)
            assert again is not None
            assert again.entry == entry.entry
            assert memory.get(key) is again
    assert len(memory) == 10
    assert memory.counts.evictions == 0


@pytest.mark.usefixtures("few_warm")
def test_an_older_observation_does_not_replace_a_packed_one() -> None:
    """What is packed still fences."""
    memory = Memory(100, 1 << 20)
    key, newer = kept(1)
    memory.put(key, newer, 0)
    for position in range(2, 9):
        memory.put(*kept(position), 0)
    _, older = kept(1, observed_at=(NOW - timedelta(days=2)).isoformat())
    assert memory.put(key, older, 0).entry == newer.entry
    assert memory.counts.refused == 1


@pytest.mark.usefixtures("few_warm")
def test_packed_entries_are_forgotten_as_the_others() -> None:
    """By number, by entity, by age, and one by one."""
    memory = Memory(100, 1 << 20)
    for position in range(1, 11):
        memory.put(*kept(position), 0)
    assert memory.drop(number="蜀ICP备2021014694号-1A") == 1
    memory.forget("蜀ICP备2021014694号-2A")
    memory.forget("nobody's")
    assert len(memory) == 8
    assert memory.drop(before=NOW - timedelta(days=3)) == 0
    assert memory.drop(entity="蜀ICP备2021014694号") == 8
    assert (len(memory), memory.bytes) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from(["put", "get", "forget"]), st.integers(1, 30)), max_size=120))
def test_the_bounds_hold_at_every_moment(steps: list[tuple[str, int]]) -> None:
    """Count and bytes are what is there, and never more than allowed; what was looked at last is still there."""
    memory = Memory(12, 14_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "WARM", 4)
        for what, position in steps:
            key, entry = kept(position)
            if what == "put":
                memory.put(key, entry, 0)
                assert memory.get(key) is not None
            elif what == "get":
                memory.get(key)
            else:
                memory.forget(key)
                assert memory.get(key) is None
            assert len(memory) <= 12
            assert memory.bytes <= 14_000
            held = [each.weight for each in memory._warm.values()] + [each.weight for each in memory._packed.values()]
            assert memory.bytes == sum(held)
            assert len(memory._warm) <= 4


def test_an_entry_that_is_heavier_than_all_is_not_kept() -> None:
    """And takes nobody's place."""
    memory = Memory(12, 3_000)
    memory.put(*kept(1), 0)
    key, heavy = kept(2, service_name="应" * 2_000)
    assert memory.put(key, heavy, 0) is heavy
    assert memory.get(key) is None
    assert len(memory) == 1
