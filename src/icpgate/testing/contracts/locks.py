"""What a second level does for several processes: it gives each lock once, and counts shared limits."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Final, cast

from icpgate.lookup.steps import Drop, Lock, Take, Unlock
from icpgate.testing.contracts.levelhooks import LevelHooks, Used, entry, get, put
from icpgate.testing.contracts.promises import promised

__all__ = ["LocksContract"]

_ONE_OF_MANY: Final = """
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
_BURST: Final = 3


class LocksContract(LevelHooks):
    """See `CacheLevelContract`."""

    def test_a_lock_is_given_once(self) -> None:
        """Whoever asks while it is held gets None; whoever asks after it was given back gets it."""
        with self._opened(2) as (mine, yours):
            token = mine.perform(Lock("k", 5.0))
            promised(token, "a free lock is not given")
            promised(yours.perform(Lock("k", 5.0)) is None, "a lock was given to a second one")
            promised(mine.perform(Lock("k", 5.0)) is None, "a lock was given to its own holder again")
            promised(yours.perform(Lock("another", 5.0)), "the lock of another key is not given")
            mine.perform(Unlock("k", cast("str", token)))
            promised(yours.perform(Lock("k", 5.0)), "a lock that was given back is not given")

    def test_a_lock_is_given_back_by_its_holder_only(self) -> None:
        """A token of somebody else opens nothing."""
        with self._opened(2) as (mine, yours):
            promised(mine.perform(Lock("k", 5.0)), "a free lock is not given")
            yours.perform(Unlock("k", "0123456789abcdef"))
            promised(yours.perform(Lock("k", 5.0)) is None, "a lock was taken from its holder with another token")

    def test_a_lock_runs_out(self) -> None:
        """And its holder, who comes late, does not take it from the next one."""
        with self._opened(2) as (mine, yours):
            token = mine.perform(Lock("k", 0.05))
            time.sleep(0.1)
            promised(yours.perform(Lock("k", 5.0)), "a lock does not run out")
            mine.perform(Unlock("k", cast("str", token)))
            promised(mine.perform(Lock("k", 5.0)) is None, "a late holder took the lock from the next one")

    def test_a_late_holder_writes_in_vain(self) -> None:
        """The lock is no guarantee: the moment of the observation is."""
        with self._opened(2) as (late, next_one):
            promised(late.perform(Lock("k", 0.05)), "a free lock is not given")
            time.sleep(0.1)
            promised(next_one.perform(Lock("k", 5.0)), "a lock does not run out")
            put(next_one, entry(blob=b"revoked", observed=2_000))
            put(late, entry(blob=b"registered", observed=1_000))
            promised(get(late, "k") == (b"revoked",), "a late holder replaced a newer observation")

    def test_a_lock_is_no_entry(self) -> None:
        """They do not get in one another's way."""
        with self._one() as level:
            put(level, entry("k"))
            promised(level.perform(Lock("k", 5.0)), "a free lock is not given where there is an entry")
            promised(get(level, "k") == (b"blob",), "a lock replaced an entry")
            promised(level.perform(Drop()) == 1, "a lock is counted as an entry")
            promised(level.perform(Lock("k", 5.0)) is None, "dropping entries gave a lock away")

    def test_a_rate_lets_a_burst_pass_and_spaces_the_rest(self) -> None:
        """Three at once; the fourth waits a quarter of a second, the fifth a half."""
        with self._one() as level:
            waits = [_taken(level)[0] for _ in range(5)]
        promised(waits[:_BURST] == [0, 0, 0], "a burst has to wait")
        fourth, fifth = waits[_BURST:]
        promised(0 < fourth <= 0.25 and fourth < fifth <= 0.5, "what comes after a burst is not spaced")  # noqa: PLR2004 -- one and two intervals

    def test_a_wait_that_is_too_long_takes_nothing(self) -> None:
        """Neither of the rate nor of the day."""
        with self._one() as level:
            for _ in range(4):
                _taken(level)
            (wait, left), (again, still) = _taken(level, longest=0.001), _taken(level, longest=0.001)
        promised(again <= wait and wait > 0.001, "a wait that is too long took something of the rate")  # noqa: PLR2004 -- the longest
        promised(left == still == 10 - 4, "a wait that is too long took something of the day")

    def test_a_day_has_its_count(self) -> None:
        """All who share it count together; when nothing is left, nothing is taken."""
        with self._opened(2) as levels:
            left = [_taken(levels[number % 2], interval=0.0, per_day=3) for number in range(5)]
        promised(left == [(0, 2), (0, 1), (0, 0), (-1, 0), (-1, 0)], f"a day of three gives {left}")

    def test_the_next_day_begins_anew(self) -> None:
        """And a late process still counts for the old one."""
        with self._one() as level:
            days = [_taken(level, interval=0.0, per_day=1, day=f"2026-11-{day}") for day in (24, 25, 24)]
        promised(days == [(0, 0), (0, 0), (-1, 0)], f"of two days of one, {days}")

    def test_a_count_that_was_lowered(self) -> None:
        """More was taken than there is now: nothing is left, and not less than nothing."""
        with self._one() as level:
            for _ in range(3):
                _taken(level, interval=0.0)
            promised(_taken(level, interval=0.0, per_day=2) == (-1, 0), "more than a day has was given")

    def test_limits_have_names(self) -> None:
        """One registry's do not bind another; without a day nothing is counted, and -1 says so."""
        with self._one() as level:
            for name in ("registry", "another"):
                promised(
                    _taken(level, interval=0.0, per_day=1, name=name) == (0, 0), "one registry's limit binds another"
                )
            promised(_taken(level, per_day=0, name="third") == (0, -1), "a day without a quota is counted")

    def test_a_rate_catches_up(self) -> None:
        """Time that passes unused gives a burst again, and no more than that."""
        with self._one() as level:
            for _ in range(_BURST):
                _taken(level, interval=0.02)
            time.sleep(0.2)
            waits = [_taken(level, interval=10.0, burst=_BURST)[0] for _ in range(4)]
        promised(waits[:_BURST] == [0, 0, 0], "time that passes gives no burst again")
        promised(waits[_BURST] > 5, "time that passes gives more than a burst")  # noqa: PLR2004 -- half an interval

    def test_four_processes_ask_once(self) -> None:
        """Of four processes with eight threads each that want one key, one thread of one process asks for it."""
        url = self.url()
        if not url or self.on_loop:
            return
        with self._one():  # empty
            arguments = [sys.executable, "-c", _ONE_OF_MANY, url]
            started = [
                subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- the program above
                for _ in range(4)
            ]
            ready = [process.stdout is not None and process.stdout.readline() for process in started]
            said = [process.communicate("\n")[0] for process in _begun(started)]
        promised(ready == ["ready\n"] * 4, "a process could not open the level by its URL")
        promised(sorted(said) == ["", "", "", "asked\n"], f"{''.join(said).count('asked')} of four processes asked")


def _begun(started: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """Let all begin at the same moment."""
    for process in started:
        if process.stdin is not None:
            process.stdin.write("\n")
            process.stdin.flush()
    return started


def _taken(level: Used, **changes: object) -> tuple[float, int]:
    """Take one of four a second, three at once, and ten a day."""
    given: dict[str, object] = {
        "name": "registry",
        "interval": 0.25,
        "burst": _BURST,
        "day": "2026-11-24",
        "per_day": 10,
        "resets": 3_600.0,
        "longest": 5.0,
    }
    return cast("tuple[float, int]", level.perform(Take(**(given | changes))))  # type: ignore[arg-type]  # by name
