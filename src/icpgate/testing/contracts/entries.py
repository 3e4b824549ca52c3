"""What a second level does with entries: it keeps them, fences them by their moment, and drops them."""

from __future__ import annotations

import time
from typing import Final, cast

from icpgate.lookup.cache.encoding import MAX_BLOB
from icpgate.lookup.cache.level import Level
from icpgate.lookup.steps import Count, Drop, GetMany, Lock, PutMany, Unlock
from icpgate.testing.contracts.levelhooks import LevelHooks, OnLoop, entry, get, put
from icpgate.testing.contracts.promises import in_threads, promised

__all__ = ["EntriesContract"]

_KEYS: Final = (
    "snapshot:a|1|n|蜀ICP备2021014694号-10A", "*", "k?[a]\\", "a b'c\"\x00", "𠮷\ud800", "k" * 2_000
)  # fmt: skip
_ALL: Final = ("a1", "a2", "a1-elsewhere", "b1", "nobodys")
_DROPS: Final[tuple[tuple[Drop, set[str]], ...]] = (
    (Drop(number="A-1"), {"a1", "a1-elsewhere"}),
    (Drop(entity="A"), {"a1", "a2", "a1-elsewhere"}),
    (Drop(before=2_000), {"a1", "b1", "nobodys"}),
    (Drop(entity="A", before=2_000), {"a1"}),
    (Drop(number="A-1", entity="B"), set()),
    (Drop(key="a1"), {"a1"}),
    (Drop(key="a2", before=2_000), set()),
    (Drop(key="a2", number="A-2"), {"a2"}),
    (Drop(number="A"), set()),
    (Drop(), set(_ALL)),
)
_THREADS: Final = 32


class EntriesContract(LevelHooks):
    """See `CacheLevelContract`."""

    def test_it_is_a_level(self) -> None:
        """As the protocol has it, with a name that says where and nothing else."""
        with self._one() as used:
            level = used.level if isinstance(used, OnLoop) else used
            promised(isinstance(level, Level), f"{type(level).__name__} lacks name, perform, for_loop or close")
            name = cast("Level", level).name  # as was just looked at
            promised(
                name and not [text for text in self.nowhere if text in name], f"{name!r} tells too much, or nothing"
            )

    def test_what_was_put_is_got(self) -> None:
        """In the order of the keys, and None for those that are not there."""
        with self._one() as level:
            put(level, entry("a", b"1"), entry("b", b"2\n\n\x00\xff"))
            there = get(level, "b", "c", "a", "b")
            promised(there == (b"2\n\n\x00\xff", None, b"1", b"2\n\n\x00\xff"), "other bytes, or in another order")

    def test_nothing_at_all(self) -> None:
        """No keys and no entries are no mistake."""
        with self._one() as level:
            put(level)
            promised(get(level) == (), "something for no key")

    def test_any_key(self) -> None:
        """A key is a text like any other, and no pattern."""
        with self._one() as level:
            for number, key in enumerate(_KEYS):
                put(level, entry(key), entry("other"))
                promised(get(level, key) == (b"blob",), f"key {number} of the odd ones is not found")
                promised(
                    level.perform(Drop(key=key)) == 1, f"key {number} of the odd ones drops another number than one"
                )
                promised(get(level, key, "other") == (None, b"blob"), f"key {number} of the odd ones is a pattern")

    def test_many_keys_at_once(self) -> None:
        """More than go into one exchange or statement."""
        with self._one() as level:
            put(level, *(entry(f"k{number}", b"%d" % number) for number in range(0, 1_234, 2)))
            found = get(level, *(f"k{number}" for number in range(1_234)))
            right = tuple(None if number % 2 else b"%d" % number for number in range(1_234))
            promised(found == right, "of very many keys some have what belongs to others, or nothing")

    def test_an_older_observation_never_replaces_a_newer(self) -> None:
        """In whatever order they come; one of the same moment does, because it was asked for later."""
        with self._one() as level:
            put(level, entry(blob=b"new", observed=2_000))
            put(level, entry(blob=b"old", observed=1_999))
            promised(get(level, "k") == (b"new",), "an older observation replaced a newer one")
            put(level, entry(blob=b"same", observed=2_000))
            promised(get(level, "k") == (b"same",), "one of the same moment was not taken")
            put(level, entry(blob=b"a", observed=3_000), entry(blob=b"b", observed=2_500))
            promised(get(level, "k") == (b"a",), "an older one of the same step replaced a newer one")

    def test_moments_are_compared_as_numbers(self) -> None:
        """9 is before 10, and 1970 is before everything."""
        with self._one() as level:
            put(level, entry(blob=b"9", observed=9))
            put(level, entry(blob=b"10", observed=10))
            put(level, entry(blob=b"before 1970", observed=-5))
            promised(get(level, "k") == (b"10",), "moments are compared as texts")

    def test_an_observation_of_next_week_fences_nothing(self) -> None:
        """A moment beyond every wrong clock would keep the truth out for as long as it is kept."""
        now = int(time.time() * 1_000_000)
        with self._one() as level:
            put(level, entry(blob=b"next week", observed=now + 7 * 86_400_000_000))
            put(level, entry(blob=b"now", observed=now))
            promised(get(level, "k") == (b"now",), "an observation of next week keeps those of today out")

    def test_an_observation_of_a_clock_an_hour_ahead_does(self) -> None:
        """Within a day, a clock that is wrong may be ours."""
        now = int(time.time() * 1_000_000)
        with self._one() as level:
            put(level, entry(blob=b"ahead", observed=now + 3_600_000_000))
            put(level, entry(blob=b"now", observed=now))
            promised(get(level, "k") == (b"ahead",), "an observation of an hour ahead was replaced by an older one")

    def test_what_was_kept_long_enough_is_gone(self) -> None:
        """After its seconds; what is to be kept for none is not kept at all."""
        with self._one() as level:
            put(level, entry("short", seconds=0.05), entry("none", seconds=0.0), entry("long", seconds=1e12))
            time.sleep(0.1)
            promised(get(level, "short", "none", "long") == (None, None, b"blob"), "kept for longer, or not as long")
            promised(level.perform(Count()) == 1, "what is gone is counted")

    def test_the_largest_entry(self) -> None:
        """And one byte more, which nobody would read."""
        largest = b"x" * MAX_BLOB
        with self._one() as level:
            put(level, entry("fits", largest), entry("does not", largest + b"x"))
            promised(get(level, "fits", "does not") == (largest, None), "the largest entry is another one")

    def test_what_agrees_is_dropped(self) -> None:
        """With everything that is given; and counted."""
        with self._one() as level:
            for step, dropped in _DROPS:
                level.perform(Drop())
                put(
                    level,
                    entry("a1", observed=1_000, number="A-1", entity="A"),
                    entry("a2", observed=2_000, number="A-2", entity="A"),
                    entry("a1-elsewhere", observed=3_000, number="A-1", entity="A"),
                    entry("b1", observed=1_000, number="B-1", entity="B"),
                    entry("nobodys", observed=1_000),
                )
                promised(level.perform(step) == len(dropped), f"{step} counts another number than {len(dropped)}")
                gone = {key for key, blob in zip(_ALL, get(level, *_ALL), strict=True) if blob is None}
                promised(gone == dropped, f"{step} drops {sorted(gone)}, not {sorted(dropped)}")

    def test_dropping_much(self) -> None:
        """More than fits into one look."""
        with self._one() as level:
            put(level, *(entry(f"k{number}", number="N", observed=number) for number in range(2_500)))
            for step, count in (
                (Count(), 2_500),
                (Drop(before=2_400), 2_400),
                (Drop(number="N"), 100),
                (Drop(), 0),
                (Count(), 0),
            ):
                promised(level.perform(step) == count, f"{step} is not {count}")

    def test_another_one_sees_the_same(self) -> None:
        """What one puts, all get; what one drops, all have lost."""
        with self._opened(2) as (mine, yours):
            put(mine, entry("k"))
            promised(get(yours, "k") == (b"blob",), "what one has put the other does not get")
            promised(yours.perform(Drop(key="k")) == 1, "what one has put the other does not drop")
            promised(get(mine, "k") == (None,), "what the other has dropped is still there")

    def test_very_many_threads(self) -> None:
        """Each gets what belongs to its key; the newest observation wins; one of all gets each lock."""
        granted: list[object] = []
        wrong: list[object] = []
        with self._one() as level:

            def work(thread: int) -> None:
                for turn in range(10):
                    put(level, entry(f"own {thread}", b"%d" % thread), entry("common", b"%d" % turn, observed=turn))
                    own, _ = get(level, f"own {thread}", "common")
                    if own != b"%d" % thread:
                        wrong.append(own)
                    token = level.perform(Lock(f"lock {turn}", 30.0))
                    if token:
                        granted.append(token)

            in_threads(_THREADS, work)
            promised(wrong == [], "a thread got what belongs to another one, or nothing")
            promised(get(level, "common") == (b"9",), "of many writers the newest observation did not win")
            promised(len(set(granted)) == len(granted) == 10, "a lock was given to several, or to nobody")  # noqa: PLR2004 -- the turns

    def test_it_may_be_closed_twice(self) -> None:
        """Afterwards it is as if it were gone."""
        with self._one() as level:
            put(level, entry("k"))
            close = level.let_go if isinstance(level, OnLoop) else level.close
            close()
            close()
            values = [
                level.perform(step)
                for step in (GetMany(("k",)), PutMany((entry("k"),)), Lock("k", 1.0), Unlock("k", "t"), Drop(), Count())
            ]
            promised(values == [None, None, "", None, None, None], "a closed level says something")
