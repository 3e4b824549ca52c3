"""The level in the process: its bounds, its order, what it packs, and what it refuses."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Observation
from icpgate.lives import Lives
from icpgate.lookup.cache import memory as module
from icpgate.lookup.cache.entry import Entry
from icpgate.lookup.cache.memory import Kept, Memory, Packed, fresh_until, weight
from icpgate.record import RegistrationRecord
from tests.cases import DOCUMENT, NOW, NUMBER, registered
from tests.lookup.files import OTHER, by

if TYPE_CHECKING:
    from icpgate.answer import Answer, Query

LIVES = Lives(jitter=0)
MINUTE = timedelta(minutes=1)
FOUND = Found((RegistrationRecord.read(registered()),))


def kept(age: float = 0.0, answer: Answer = FOUND, query: Query | None = None, **changes: object) -> Kept:
    """An entry that was observed and asked for so many minutes ago."""
    moment = NOW - age * MINUTE
    if isinstance(answer, Found):
        answer = Found(tuple(replace(r, observed_at=moment, **changes) for r in answer.records))  # type: ignore[arg-type]  # by name
    observation = Observation(query or by(NUMBER), answer, moment, "source", "registry")
    entry = Entry(observation, moment)
    return Kept(entry, LIVES, fresh_until("key", entry, LIVES), 86_400.0, 60.0)


def small(entries: int = 1_000, size: int = 1 << 20) -> Memory:
    """A memory with these bounds."""
    return Memory(entries, size)


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only two entries are kept as they are."""
    monkeypatch.setattr(module, "WARM", 2)


def total(memory: Memory) -> int:
    """What all its entries weigh."""
    return sum(each.weight for each in memory._warm.values()) + sum(each.weight for each in memory._packed.values())


def keys(memory: Memory) -> set[str]:
    """What it has."""
    return {*memory._warm, *memory._packed}


def test_what_was_put_is_got() -> None:
    """The very same; and nothing for another key."""
    memory, entry = small(), kept()
    assert memory.put("key", entry, 0) is entry
    assert memory.get("key") is entry
    assert memory.get("other") is None
    assert (len(memory), memory.bytes) == (1, entry.weight)


@pytest.mark.parametrize("first", [0.0, 5.0])
def test_the_newer_of_two_stays(first: float) -> None:
    """In whichever order they come; what is returned is what is there."""
    memory = small()
    entries = {age: kept(age) for age in (0.0, 5.0)}
    memory.put("key", entries[first], 0)
    assert memory.put("key", entries[5.0 - first], 0) is entries[0.0]
    assert memory.get("key") is entries[0.0]
    assert memory.counts.refused == (first == 0.0)
    assert memory.bytes == total(memory)


def test_of_the_same_moment_the_later_asked_stays() -> None:
    """It was confirmed just now."""
    memory, one, other = small(), kept(), kept()
    memory.put("key", one, 0)
    assert memory.put("key", other, 0) is other
    assert memory.counts.refused == 0


def test_the_oldest_record_counts() -> None:
    """An observation is as old as its oldest record."""
    memory, entry = small(), kept()
    older = Observation(by(NUMBER), replace(FOUND), NOW, "source", "registry")
    memory.put("key", entry, 0)
    memory.put("key", Kept(Entry(older, NOW), LIVES, NOW, 0.0, 0.0), 0)
    assert memory.get("key") is entry


@given(st.lists(st.floats(0, 10_000), min_size=1))
def test_the_newest_of_many_stays(ages: list[float]) -> None:
    """Whatever the order."""
    memory = small()
    for age in ages:
        memory.put("key", kept(age), 0)
    there = memory.get("key")
    assert there is not None
    assert there.observation.observed_at == kept(min(ages)).observation.observed_at
    assert memory.bytes == there.weight


def test_the_least_recently_used_leaves_first() -> None:
    """By count."""
    memory = small(entries=3)
    for key in "abc":
        memory.put(key, kept(), 0)
    memory.get("a")
    memory.put("d", kept(), 0)
    assert keys(memory) == {"a", "c", "d"}
    assert memory.counts.evictions == 1


def test_bytes_are_a_bound_too() -> None:
    """Also when one entry takes the room of several."""
    entry = kept()
    memory = small(size=3 * entry.weight)
    for key in "abc":
        memory.put(key, kept(), 0)
    assert len(memory) == 3
    memory.put("d", kept(domains=tuple(f"{n}.example.cn" for n in range(15))), 0)
    assert memory.bytes == total(memory) <= 3 * entry.weight
    assert "d" in keys(memory)
    assert memory.counts.evictions >= 2


def test_what_is_larger_than_everything_is_not_kept() -> None:
    """And takes nothing else's place; an older one of its key is gone all the same."""
    entry = kept()
    memory = small(size=entry.weight + 10)
    huge = kept(domains=tuple(f"{n}.example.cn" for n in range(50)))
    memory.put("key", entry, 0)
    assert memory.put("other", huge, 0) is huge
    assert keys(memory) == {"key"}
    memory.put("key", huge, 0)
    assert (keys(memory), memory.bytes) == (set(), 0)


@pytest.mark.usefixtures("cold")
def test_what_is_seldom_looked_at_is_packed() -> None:
    """It weighs less, and is the same when it is looked at again."""
    memory, entry = small(), kept()
    memory.put("a", entry, 0)
    for key in "bc":
        memory.put(key, kept(), 0)
    assert set(memory._packed) == {"a"}
    assert memory.bytes == total(memory) < 3 * entry.weight
    again = memory.get("a")
    assert again is not None
    assert again is not entry
    assert (again.entry, again.lives, again.fresh_at, again.shared_until) == (entry.entry, LIVES, 86_400.0, 60.0)
    assert set(memory._packed) == {"b"}
    assert memory.bytes == total(memory)


@pytest.mark.usefixtures("cold")
def test_what_takes_more_room_packed_than_unpacked() -> None:
    """A long Chinese text does: the bound in bytes holds all the same."""
    long: dict[str, Any] = {"domains": ("名" * 4_000,)}
    unit = kept(**long).weight
    memory = small(size=3 * unit)
    for key in "abc":
        memory.put(key, kept(**long), 0)
    assert Packed(kept(**long)).weight > unit
    assert keys(memory) == set("bc")
    assert memory.bytes == total(memory) == 2 * unit


@pytest.mark.usefixtures("cold")
def test_packed_ones_leave_first() -> None:
    """They are the least recently used."""
    memory = small(entries=4)
    for key in "abcdef":
        memory.put(key, kept(), 0)
    assert keys(memory) == {"c", "d", "e", "f"}


@pytest.mark.usefixtures("cold")
def test_a_packed_one_is_refused_and_replaced_like_any_other() -> None:
    """An older one changes nothing but that it was looked at; a newer one takes its place."""
    memory = small()
    for key in "abcd":
        memory.put(key, kept(5), 0)
    there = memory.put("a", kept(9), 0)
    assert there.observation.observed_at == NOW - 5 * MINUTE
    assert memory.counts.refused == 1
    newer = kept()
    assert memory.put("b", newer, 0) is newer
    assert memory.bytes == total(memory)
    memory.forget("c")
    memory.forget("nothing")
    assert keys(memory) == {"a", "b", "d"}
    assert memory.bytes == total(memory)


def test_packing_keeps_an_end_by_jitter() -> None:
    """It is reckoned again from the entry and its key, and comes to the same."""
    entry = kept().entry
    lives = Lives()
    fresh = fresh_until("some key", entry, lives)
    again = Packed(Kept(entry, lives, fresh, 1.0, 2.0)).unpacked("some key")
    assert again.fresh == fresh
    assert timedelta(hours=21.6) < fresh - NOW <= timedelta(hours=24)


def test_any_text_is_a_key() -> None:
    """Also one that is no Unicode."""
    assert fresh_until("\ud800", kept().entry, Lives()) > NOW


@given(st.data())
def test_the_bounds_hold_whatever_happens(data: st.DataObject) -> None:
    """After any steps: as many as may be, as heavy as may be, and reckoned rightly."""
    unit = kept().weight
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WARM", data.draw(st.integers(1, 4)))
        entries, size = data.draw(st.integers(1, 8)), data.draw(st.integers(unit // 2, 8 * unit))
        memory = small(entries, size)
        steps = st.tuples(st.sampled_from(["put", "get", "forget", "drop"]), st.sampled_from("abcdefghij"))
        for what, key in data.draw(st.lists(steps, max_size=40)):
            if what == "put":
                domains = (data.draw(st.sampled_from("x名")) * data.draw(st.integers(0, 2_000)),)
                memory.put(key, kept(data.draw(st.integers(0, 9)), domains=domains), memory.epoch)
            elif what == "drop":
                memory.drop(before=NOW - data.draw(st.integers(0, 9)) * MINUTE)
            else:
                getattr(memory, what)(key)
            assert len(memory) <= entries
            assert memory.bytes == total(memory) <= size
            assert len(memory._warm) <= module.WARM
            assert not set(memory._warm) & set(memory._packed)


def test_a_load_that_began_before_something_was_dropped_keeps_nothing() -> None:
    """Although what it brings has nothing to do with it: that is not known."""
    memory = small()
    epoch = memory.epoch
    assert memory.drop(number="something else") == 0
    entry = kept()
    assert memory.put("key", entry, epoch) is entry
    assert memory.get("key") is None
    memory.put("key", entry, memory.epoch)
    assert memory.get("key") is entry


@pytest.mark.usefixtures("cold")
@pytest.mark.parametrize(
    ("what", "left"),
    [
        ({}, ""),
        ({"number": NUMBER}, "bd"),
        ({"number": OTHER}, "acd"),
        ({"entity": "蜀ICP备2021014694号"}, "bd"),
        ({"before": NOW - 5 * MINUTE}, "abcd"),
        ({"before": NOW}, "ab"),
        ({"before": NOW, "number": NUMBER}, "abd"),
        ({"entity": "蜀ICP备2021014694号", "number": OTHER}, "abcd"),
    ],
)
def test_what_agrees_with_everything_is_dropped(what: dict[str, str], left: str) -> None:
    """By what it was asked by and by what was found, packed or not."""
    memory = small()
    memory.put("a", kept(), 0)
    memory.put("b", kept(0, NotRegistered("all"), by(OTHER)), 0)
    memory.put("c", kept(5, query=ByDocument(DOCUMENT, "com.sig.wameiji")), 0)
    memory.put("d", kept(5, NotRegistered("all"), ByDomain("example.cn")), 0)
    assert memory.drop(**what) == 4 - len(left)  # type: ignore[arg-type]  # by name
    assert keys(memory) == set(left)
    assert memory.bytes == total(memory)


@pytest.mark.usefixtures("cold")
def test_what_is_looked_through_is_not_used() -> None:
    """Whoever says what to forget leaves the rest in its order."""
    memory = small(entries=4)
    for key in "abcd":
        memory.put(key, kept(), 0)
    for key in "ca":
        memory.get(key)
    assert memory.drop(number=OTHER) == memory.drop(before=NOW) == memory.drop(entity="京ICP备2026999901号") == 0
    for key in "efgh":
        memory.put(key, kept(), memory.epoch)
        assert len(memory) == 4
        if key == "f":
            assert keys(memory) == set("acef")
        if key == "g":
            assert keys(memory) == set("aefg")


@pytest.mark.usefixtures("cold")
@pytest.mark.parametrize(("what", "count"), [({}, 4), ({"number": NUMBER}, 4), ({"before": NOW + MINUTE}, 4)])
def test_others_go_on_while_something_is_dropped(
    monkeypatch: pytest.MonkeyPatch, what: dict[str, Any], count: int
) -> None:
    """Between the parts that are looked through; what leaves meanwhile is not counted, what comes meanwhile stays."""
    memory = small()
    for key in "abcde":
        memory.put(key, kept(), 0)

    def meanwhile(_: float) -> None:
        memory.forget("a")
        memory.put("later", kept(), memory.epoch)

    monkeypatch.setattr(module, "AT_ONCE", 2)
    monkeypatch.setattr(time, "sleep", meanwhile)
    assert memory.drop(**what) == count
    assert keys(memory) == {"later"}
    assert memory.bytes == total(memory)


class Branded(str):
    """A text of a type of its own, as frameworks have them."""

    __slots__ = ()


@pytest.mark.usefixtures("cold")
def test_what_cannot_be_packed_leaves() -> None:
    """Instead of being packed, and without harm to whoever comes next."""
    memory = small()
    memory.put("branded", kept(0, NotRegistered("all"), ByDomain(Branded("example.cn"))), 0)
    for key in "ab":
        assert memory.get("branded") is not None
        memory.put(key, kept(), 0)
    memory.put("c", kept(), 0)
    assert keys(memory) == set("abc")
    assert memory.counts.evictions == 1
    assert memory.bytes == total(memory)


@pytest.mark.parametrize(
    ("answer", "hours"), [(FOUND, 24), (NotRegistered("all"), 168)], ids=["what could allow", "what denies"]
)
def test_how_long_it_may_stand_in(answer: Answer, hours: int) -> None:
    """To the microsecond, by both clocks, and never from the future."""
    entry = kept(answer=answer)
    end, window = entry.fresh, timedelta(hours=hours)
    assert entry.is_usable(LIVES, end + window - timedelta.resolution, 86_400.0 + hours * 3_600 - 1e-3)
    assert not entry.is_usable(LIVES, end + window, 86_400.0)
    assert not entry.is_usable(LIVES, end, 86_400.0 + hours * 3_600)
    assert entry.is_usable(LIVES, NOW - 5 * MINUTE, 0.0)
    assert not entry.is_usable(LIVES, NOW - 5 * MINUTE - timedelta.resolution, 0.0)


def test_what_weighs_more() -> None:
    """Every text and every entry of a list counts."""
    bare: dict[str, Any] = dict.fromkeys(("platforms", "domains", "endpoints", "access_providers", "pre_approvals"))
    least = weight(kept(0, NotRegistered("all")).observation)
    record = weight(kept(**bare).observation)
    assert least < record < weight(kept(**(bare | {"domains": ()})).observation) < weight(kept().observation)
    long = weight(kept(service_name="名" * 1_000).observation) - weight(kept().observation)
    assert 1_900 < long < 2_200


def test_many_threads() -> None:
    """Nothing is lost or counted twice."""
    memory = small(entries=50)

    def work(seed: int) -> None:
        for step in range(200):
            key = str((seed * 7 + step) % 80)
            memory.put(key, kept(step % 5), memory.epoch)
            memory.get(key)
            if step % 50 == 0:
                memory.drop(number=OTHER)
                memory.forget(key)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(memory) <= 50
    assert memory.bytes == total(memory)


def test_after_a_fork_the_lock_is_free() -> None:
    """Although another thread of the parent held it at that moment."""
    memory = small()
    memory.put("key", kept(), 0)
    memory._lock.acquire()
    memory.renew_after_fork()
    assert memory.get("key") is not None
