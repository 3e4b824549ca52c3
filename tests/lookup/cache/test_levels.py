"""What every second level does: one suite for the file, for the server, and for the server through an event loop."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol, cast

import pytest

from icpgate.lookup.cache.encoding import MAX_BLOB
from icpgate.lookup.cache.level import Level
from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.steps import Count, Drop, GetMany, Lock, PutMany, StoredEntry, Take, Unlock
from tests.lookup.cache.servers import OnLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from icpgate.lookup.steps import LevelStep
    from tests.lookup.cache.servers import Valkey

PATIENT = 5.0
"""Seconds. What a level means is asked here, not how fast it is on a busy machine."""


class Used(Protocol):
    """A level, however it is used."""

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        ...

    def close(self) -> None:
        """See `Level.close`."""
        ...


KINDS = ("file", "server", "server on a loop")


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Used]]:
    """Opens a level at the same place as often as it is called."""
    levels: list[Used] = []

    def open_one() -> Used:
        level: Used
        if request.param == "file":
            level = SqliteLevel(tmp_path / "cache.db", timeout=PATIENT)
        else:
            server: Valkey = request.getfixturevalue("valkey")
            level = RedisLevel(server.url, timeout=PATIENT)
            level = OnLoop(level) if request.param == "server on a loop" else level
        levels.append(level)
        return level

    yield open_one
    for level in levels:
        level.close()


@pytest.fixture
def level(opened: Callable[[], Used]) -> Used:
    """One of them."""
    return opened()


def entry(key: str = "k", blob: bytes = b"blob", observed: int = 1_000, **other: object) -> StoredEntry:
    """An entry to be kept for a minute."""
    given: dict[str, object] = {"seconds": 60.0} | other
    return StoredEntry(key, blob, observed, **given)  # type: ignore[arg-type]  # by name


def put(level: Used, *entries: StoredEntry) -> None:
    """Hand entries to it."""
    assert level.perform(PutMany(entries)) is None


def get(level: Used, *keys: str) -> tuple[bytes | None, ...]:
    """What it has."""
    value = level.perform(GetMany(keys))
    assert isinstance(value, tuple)
    return value


def test_what_was_put_is_got(level: Used) -> None:
    """In the order of the keys, and None for those that are not there."""
    put(level, entry("a", b"1"), entry("b", b"2\n\n\x00\xff"))
    assert get(level, "b", "c", "a", "b") == (b"2\n\n\x00\xff", None, b"1", b"2\n\n\x00\xff")


def test_nothing_at_all(level: Used) -> None:
    """No keys and no entries are no mistake."""
    put(level)
    assert get(level) == ()


@pytest.mark.parametrize(
    "key",
    ["snapshot:a|1|n|蜀ICP备2021014694号-10A", "*", "k?[a]\\", "a b'c\"\x00", "𠮷\ud800", "k" * 2_000],
    ids=["number", "star", "pattern", "quotes", "half a character", "long"],
)
def test_any_key(level: Used, key: str) -> None:
    """A key is a text like any other, and no pattern."""
    put(level, entry(key), entry("other"))
    assert get(level, key) == (b"blob",)
    assert level.perform(Drop(key=key)) == 1
    assert get(level, key, "other") == (None, b"blob")


def test_many_keys_at_once(level: Used) -> None:
    """More than go into one exchange or statement."""
    put(level, *(entry(f"k{number}", b"%d" % number) for number in range(0, 1_234, 2)))
    found = get(level, *(f"k{number}" for number in range(1_234)))
    assert found == tuple(None if number % 2 else b"%d" % number for number in range(1_234))


def test_an_older_observation_never_replaces_a_newer(level: Used) -> None:
    """In whatever order they come; one of the same moment does, because it was asked for later."""
    put(level, entry(blob=b"new", observed=2_000))
    put(level, entry(blob=b"old", observed=1_999))
    assert get(level, "k") == (b"new",)
    put(level, entry(blob=b"same", observed=2_000))
    assert get(level, "k") == (b"same",)
    put(level, entry(blob=b"a", observed=3_000), entry(blob=b"b", observed=2_500))
    assert get(level, "k") == (b"a",)


def test_moments_are_compared_as_numbers(level: Used) -> None:
    """9 is before 10, and 1970 is before everything."""
    put(level, entry(blob=b"9", observed=9))
    put(level, entry(blob=b"10", observed=10))
    put(level, entry(blob=b"before 1970", observed=-5))
    assert get(level, "k") == (b"10",)


def test_an_observation_of_next_week_fences_nothing(level: Used) -> None:
    """A moment beyond every wrong clock would keep the truth out for as long as it is kept."""
    now = int(time.time() * 1_000_000)
    put(level, entry(blob=b"next week", observed=now + 7 * 86_400_000_000))
    put(level, entry(blob=b"now", observed=now))
    assert get(level, "k") == (b"now",)


def test_an_observation_of_a_clock_an_hour_ahead_does(level: Used) -> None:
    """Within a day, a clock that is wrong may be ours."""
    now = int(time.time() * 1_000_000)
    put(level, entry(blob=b"ahead", observed=now + 3_600_000_000))
    put(level, entry(blob=b"now", observed=now))
    assert get(level, "k") == (b"ahead",)


def test_what_was_kept_long_enough_is_gone(level: Used) -> None:
    """After its seconds; what is to be kept for none is not kept at all."""
    put(level, entry("short", seconds=0.05), entry("none", seconds=0.0), entry("long", seconds=1e12))
    time.sleep(0.1)
    assert get(level, "short", "none", "long") == (None, None, b"blob")
    assert level.perform(Count()) == 1


def test_the_largest_entry(level: Used) -> None:
    """And one byte more, which nobody would read."""
    largest = b"x" * MAX_BLOB
    put(level, entry("fits", largest), entry("does not", largest + b"x"))
    assert get(level, "fits", "does not") == (largest, None)


def test_a_lock_is_given_once(opened: Callable[[], Used]) -> None:
    """Whoever asks while it is held gets None; whoever asks after it was given back gets it."""
    mine, yours = opened(), opened()
    token = mine.perform(Lock("k", 5.0))
    assert token
    assert yours.perform(Lock("k", 5.0)) is None
    assert mine.perform(Lock("k", 5.0)) is None
    assert yours.perform(Lock("another", 5.0))
    mine.perform(Unlock("k", cast("str", token)))
    assert yours.perform(Lock("k", 5.0))


def test_a_lock_is_given_back_by_its_holder_only(opened: Callable[[], Used]) -> None:
    """A token of somebody else opens nothing."""
    mine, yours = opened(), opened()
    assert mine.perform(Lock("k", 5.0))
    yours.perform(Unlock("k", "0123456789abcdef"))
    assert yours.perform(Lock("k", 5.0)) is None


def test_a_lock_runs_out(opened: Callable[[], Used]) -> None:
    """And its holder, who comes late, does not take it from the next one."""
    mine, yours = opened(), opened()
    token = mine.perform(Lock("k", 0.05))
    time.sleep(0.1)
    assert yours.perform(Lock("k", 5.0))
    mine.perform(Unlock("k", cast("str", token)))
    assert mine.perform(Lock("k", 5.0)) is None


def test_a_late_holder_writes_in_vain(opened: Callable[[], Used]) -> None:
    """The lock is no guarantee: the moment of the observation is."""
    late, next_one = opened(), opened()
    assert late.perform(Lock("k", 0.05))
    time.sleep(0.1)
    assert next_one.perform(Lock("k", 5.0))
    put(next_one, entry(blob=b"revoked", observed=2_000))
    put(late, entry(blob=b"registered", observed=1_000))
    assert get(late, "k") == (b"revoked",)


def test_a_lock_is_no_entry(level: Used) -> None:
    """They do not get in one another's way."""
    put(level, entry("k"))
    assert level.perform(Lock("k", 5.0))
    assert get(level, "k") == (b"blob",)
    assert level.perform(Drop()) == 1
    assert level.perform(Lock("k", 5.0)) is None


def taken(level: Used, **changes: object) -> tuple[float, int]:
    """Take one of four a second, three at once, and ten a day."""
    given: dict[str, object] = {
        "name": "registry",
        "interval": 0.25,
        "burst": 3,
        "day": "2026-11-24",
        "per_day": 10,
        "resets": 3_600.0,
        "longest": 5.0,
    }
    value = level.perform(Take(**(given | changes)))  # type: ignore[arg-type]  # by name
    return cast("tuple[float, int]", value)


def test_a_rate_lets_a_burst_pass_and_spaces_the_rest(level: Used) -> None:
    """Three at once; the fourth waits a quarter of a second, the fifth a half."""
    waits = [taken(level)[0] for _ in range(5)]
    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 0.25
    assert waits[3] < waits[4] <= 0.5


def test_a_wait_that_is_too_long_takes_nothing(level: Used) -> None:
    """Neither of the rate nor of the day."""
    for _ in range(4):
        taken(level)
    wait, left = taken(level, longest=0.001)
    assert wait > 0.001
    assert left == 6
    again, left = taken(level, longest=0.001)
    assert again <= wait
    assert left == 6


def test_a_day_has_its_count(opened: Callable[[], Used]) -> None:
    """All who share it count together; when nothing is left, nothing is taken."""
    levels = opened(), opened()
    left = [taken(levels[number % 2], interval=0.0, per_day=3) for number in range(5)]
    assert left == [(0, 2), (0, 1), (0, 0), (-1, 0), (-1, 0)]


def test_the_next_day_begins_anew(level: Used) -> None:
    """And a late process still counts for the old one."""
    assert taken(level, interval=0.0, per_day=1) == (0, 0)
    assert taken(level, interval=0.0, per_day=1, day="2026-11-25") == (0, 0)
    assert taken(level, interval=0.0, per_day=1) == (-1, 0)


def test_a_count_that_was_lowered(level: Used) -> None:
    """More was taken than there is now: nothing is left, and not less than nothing."""
    for _ in range(3):
        taken(level, interval=0.0)
    assert taken(level, interval=0.0, per_day=2) == (-1, 0)


def test_limits_have_names(level: Used) -> None:
    """One registry's do not bind another."""
    assert taken(level, interval=0.0, per_day=1) == (0, 0)
    assert taken(level, interval=0.0, per_day=1, name="another") == (0, 0)


def test_a_rate_without_a_day(level: Used) -> None:
    """Nothing is counted, and -1 says so."""
    assert taken(level, per_day=0) == (0, -1)


def test_a_rate_catches_up(level: Used) -> None:
    """Time that passes unused gives a burst again, and no more than that."""
    for _ in range(3):
        taken(level, interval=0.02)
    time.sleep(0.2)
    waits = [taken(level, interval=10.0, burst=3)[0] for _ in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert waits[3] > 5


ALL = "a1 a2 a1-elsewhere b1 nobodys"


@pytest.mark.parametrize(
    ("step", "dropped"),
    [
        (Drop(number="A-1"), "a1 a1-elsewhere"),
        (Drop(entity="A"), "a1 a2 a1-elsewhere"),
        (Drop(before=2_000), "a1 b1 nobodys"),
        (Drop(entity="A", before=2_000), "a1"),
        (Drop(number="A-1", entity="B"), ""),
        (Drop(key="a1"), "a1"),
        (Drop(key="a2", before=2_000), ""),
        (Drop(key="a2", number="A-2"), "a2"),
        (Drop(number="A"), ""),
        (Drop(), ALL),
    ],
    ids=str,
)
def test_what_agrees_is_dropped(level: Used, step: Drop, dropped: str) -> None:
    """With everything that is given; and counted."""
    put(
        level,
        entry("a1", observed=1_000, number="A-1", entity="A"),
        entry("a2", observed=2_000, number="A-2", entity="A"),
        entry("a1-elsewhere", observed=3_000, number="A-1", entity="A"),
        entry("b1", observed=1_000, number="B-1", entity="B"),
        entry("nobodys", observed=1_000),
    )
    gone = dropped.split()
    assert level.perform(step) == len(gone)
    keys = ALL.split()
    assert [key for key, blob in zip(keys, get(level, *keys), strict=True) if blob is None] == [
        k for k in keys if k in gone
    ]


def test_dropping_much(level: Used) -> None:
    """More than fits into one look."""
    put(level, *(entry(f"k{number}", number="N", observed=number) for number in range(2_500)))
    assert level.perform(Count()) == 2_500
    assert level.perform(Drop(before=2_400)) == 2_400
    assert level.perform(Drop(number="N")) == 100
    assert level.perform(Drop()) == 0
    assert level.perform(Count()) == 0


def test_another_one_sees_the_same(opened: Callable[[], Used]) -> None:
    """What one puts, all get; what one drops, all have lost."""
    mine, yours = opened(), opened()
    put(mine, entry("k"))
    assert get(yours, "k") == (b"blob",)
    assert yours.perform(Drop(key="k")) == 1
    assert get(mine, "k") == (None,)


def test_thirty_two_threads(level: Used) -> None:
    """Each gets what belongs to its key; the newest observation wins; one of all gets each lock."""
    granted: list[object] = []
    wrong: list[object] = []

    def work(thread: int) -> None:
        for turn in range(10):
            put(level, entry(f"own {thread}", b"%d" % thread), entry("common", b"%d" % turn, observed=turn))
            own, _ = get(level, f"own {thread}", "common")
            if own != b"%d" % thread:
                wrong.append(own)
            token = level.perform(Lock(f"lock {turn}", 30.0))
            if token:
                granted.append(token)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert get(level, "common") == (b"9",)
    assert len(granted) == 10


ONE_OF_MANY = """
import sys, threading, time
from icpgate.lookup.cache.opening import open_level
from icpgate.lookup.steps import GetMany, Lock, PutMany, StoredEntry, Unlock

level = open_level(sys.argv[1])

def look_up():
    while level.perform(GetMany(("k",))) in (None, (None,)):
        token = level.perform(Lock("k", 20.0))
        if not token:
            time.sleep(0.01)
            continue
        if level.perform(GetMany(("k",))) in (None, (None,)):
            print("asked", flush=True)
            time.sleep(0.1)
            level.perform(PutMany((StoredEntry("k", b"answer", 1_000, 60.0),)))
        level.perform(Unlock("k", token))

print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=look_up) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
level.close()
"""


@pytest.mark.parametrize("kind", ["file", "server"])
def test_four_processes_ask_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Of four processes with eight threads each that want one key, one thread of one process asks for it."""
    url = f"sqlite:{tmp_path}/cache.db" if kind == "file" else request.getfixturevalue("valkey").url
    arguments = [sys.executable, "-c", ONE_OF_MANY, url]
    started = [subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert sorted(process.communicate()[0] for process in started) == ["", "", "", "asked\n"]


def test_closed(level: Used) -> None:
    """It may be closed twice; afterwards it is as if it were gone."""
    put(level, entry("k"))
    if isinstance(level, OnLoop):
        level.run(level.inner.close())
        level.run(level.inner.close())
    else:
        level.close()
        level.close()
    assert level.perform(GetMany(("k",))) is None
    assert level.perform(PutMany((entry("k"),))) is None
    assert level.perform(Lock("k", 1.0)) == ""
    assert level.perform(Unlock("k", "t")) is None
    assert level.perform(Drop()) is None
    assert level.perform(Count()) is None


def test_they_are_levels(opened: Callable[[], Used]) -> None:
    """As the protocol has it, with a name that says where and nothing else."""
    level = opened()
    inner = level._level if isinstance(level, OnLoop) else level
    assert isinstance(inner, Level)
    assert inner.name.startswith(("sqlite:cache.db", "redis:127.0.0.1:"))
    assert (inner.for_loop() is None) is isinstance(inner, SqliteLevel)
    assert "/tmp" not in inner.name  # noqa: S108 -- a folder that must not be in it
