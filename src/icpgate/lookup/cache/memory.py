"""
The level of the cache in the process: bounded by count and by bytes, the least recently used leaves first.

- Two clocks judge an entry: the wall clock, and one that goes on while the machine sleeps and that
  nobody can set. It counts only while both agree that it is young.
- An older observation never replaces a newer one.
- After a fork the child has the same entries, and a lock of its own.
"""

from __future__ import annotations

import sys
import threading
import time
import zlib
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from cachetools import Cache as PlainCache
from cachetools import LRUCache

from icpgate.answer import ByNumber, Found
from icpgate.lives import denies, observed_of
from icpgate.lookup.cache.entry import CLOCK_TOLERANCE, Entry
from icpgate.lookup.cache.packing import pack, unpack
from icpgate.lookup.forks import remember

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from icpgate.answer import Observation
    from icpgate.lives import Lives
    from icpgate.record import RegistrationRecord

__all__ = ["Counts", "Kept", "Memory", "Packed", "fresh_until", "weight"]

AT_ONCE: Final = 256
"""How many entries are looked through before others may have the lock: at most some milliseconds of it."""

WARM: Final = 4_096
"""How many entries are kept as they are: what a store of a million apps looks at in some minutes."""


class Kept:
    """
    An entry in the process.

    `fresh` is by the wall clock, `fresh_at` by the other one. `shared_until` is when the second
    level is looked at again, because another process may know better. `lives` is what its ends were
    reckoned by: who goes by others reckons anew.
    """

    __slots__ = ("asked_at", "fresh", "fresh_at", "lives", "observation", "shared_until", "weight")

    def __init__(self, entry: Entry, lives: Lives, fresh: datetime, fresh_at: float, shared_until: float) -> None:
        """Keep an entry; its weight is in bytes."""
        self.lives = lives
        self.observation = entry.observation
        self.asked_at = entry.asked_at
        self.fresh = fresh
        self.fresh_at = fresh_at
        self.shared_until = shared_until
        self.weight = weight(entry.observation)

    @property
    def entry(self) -> Entry:
        """The entry by itself."""
        return Entry(self.observation, self.asked_at)

    def is_within(self, beyond: timedelta, now: datetime, elapsed: float) -> bool:
        """Whether by both clocks no more than this has passed beyond its freshness, and none runs behind it."""
        return (
            now < self.fresh + beyond
            and elapsed < self.fresh_at + beyond.total_seconds()
            and max(self.asked_at, self.observation.observed_at) <= now + CLOCK_TOLERANCE
        )

    def is_usable(self, lives: Lives, now: datetime, elapsed: float) -> bool:
        """Whether it may stand in while its registry cannot be asked."""
        window = lives.stale_deny if denies(self.observation.answer) else lives.stale_allow
        return self.is_within(window, now, elapsed)


@dataclass(slots=True)
class Counts:
    """What a cache did since it was made. `stale` answers are those that were used beyond their life."""

    hits: int = 0
    misses: int = 0
    stale: int = 0
    evictions: int = 0
    refused: int = 0


class Packed:
    """An entry as bytes, with what cannot be reckoned again from it."""

    __slots__ = ("blob", "fresh_at", "lives", "shared_until")

    def __init__(self, kept: Kept) -> None:
        """Pack an entry."""
        self.blob = pack(kept.entry)
        self.fresh_at = kept.fresh_at
        self.lives = kept.lives
        self.shared_until = kept.shared_until

    def unpacked(self, key: str) -> Kept:
        """The entry as it was."""
        entry = unpack(self.blob)
        return Kept(entry, self.lives, fresh_until(key, entry, self.lives), self.fresh_at, self.shared_until)

    @property
    def weight(self) -> int:
        """In bytes, its share of the tables included."""
        return len(self.blob) + _PACKED


class Memory:
    """
    Entries by key. All methods may be called by any thread.

    Those that were looked at last are kept as they are, the others packed; the bounds hold for both together.
    """

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        """Make an empty one with its two bounds."""
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._warm: LRUCache[str, Kept] = LRUCache(max_entries)
        self._packed: LRUCache[str, Packed] = LRUCache(max_entries)
        self.bytes = 0
        self.epoch = 0
        """Counts what was dropped by hand: a load that began before keeps nothing."""
        self.counts = Counts()
        self._lock = threading.Lock()
        remember(self)

    def __len__(self) -> int:
        """How many entries it has."""
        return len(self._warm) + len(self._packed)

    def get(self, key: str) -> Kept | None:
        """The entry of a key, however old."""
        with self._lock:
            kept = self._warm.get(key)
            if kept is None and key in self._packed:
                kept = self._taken(key)
                assert kept is not None  # noqa: S101 -- it was there
                self._keep(key, kept)
            return kept

    def put(self, key: str, kept: Kept, epoch: int) -> Kept:
        """Keep an entry, unless what is there was observed later; returns what is there then."""
        with self._lock:
            if epoch != self.epoch:
                return kept
            there = self._taken(key)
            if there is not None and observed_of(there.observation) > observed_of(kept.observation):
                self.counts.refused += 1
                kept = there
            self._keep(key, kept)
            return kept

    def _taken(self, key: str) -> Kept | None:
        """Take the entry of a key out, unpacked."""
        kept = self._warm.pop(key, None)
        if kept is not None:
            self.bytes -= kept.weight
            return kept
        packed = self._packed.pop(key, None)
        if packed is None:
            return None
        self.bytes -= packed.weight
        return packed.unpacked(key)

    def _keep(self, key: str, kept: Kept) -> None:
        """Put an entry in that is not there, as the one that was looked at last."""
        if kept.weight > self._max_bytes:
            return
        self._make_room(1, kept.weight)
        self._warm[key] = kept
        self.bytes += kept.weight
        while len(self._warm) > WARM:
            self._pack(*self._warm.popitem())
            self._make_room(0, 0)  # a long Chinese text takes more room packed than unpacked

    def _pack(self, key: str, leaving: Kept) -> None:
        self.bytes -= leaving.weight
        try:
            packed = Packed(leaving)
        except Exception:  # noqa: BLE001 -- a text of a type of its own cannot be packed, and nobody else may suffer for it
            self.counts.evictions += 1
            return
        self._packed[key] = packed
        self.bytes += packed.weight

    def _make_room(self, entries: int, size: int) -> None:
        """Let the least recently used leave, until there is room for so many more of this size."""
        while len(self) + entries > self._max_entries or (self.bytes + size > self._max_bytes and len(self)):
            self.bytes -= (self._packed or self._warm).popitem()[1].weight
            self.counts.evictions += 1

    def _dropped(self, key: str) -> bool:
        """Let go of a key, and tell whether it was there."""
        there = self._warm.pop(key, None) or self._packed.pop(key, None)
        self.bytes -= there.weight if there is not None else 0
        return there is not None

    def forget(self, key: str) -> None:
        """Drop one key, because its registry takes back what it said."""
        with self._lock:
            self._dropped(key)

    def drop(self, *, number: str = "", entity: str = "", before: datetime | None = None) -> int:
        """Drop what agrees with everything that is given; how many. Nobody waits until all is looked through."""
        with self._lock:
            self.epoch += 1
            keys = [*self._warm, *self._packed]
        dropped = 0
        for begin in range(0, len(keys), AT_ONCE):
            with self._lock:
                some = keys[begin : begin + AT_ONCE]
                dropped += sum(self._agrees(key, number, entity, before) and self._dropped(key) for key in some)
            time.sleep(0)  # to whoever waits for the lock
        return dropped

    def _agrees(self, key: str, number: str, entity: str, before: datetime | None) -> bool:
        """Whether an entry agrees. A look is no use of it, and only what may agree is unpacked."""
        if not number and not entity and before is None:
            return True
        if key in self._warm:
            return _agrees(PlainCache.__getitem__(self._warm, key).observation, number, entity, before)
        if key not in self._packed:
            return False  # it has left meanwhile
        blob = PlainCache.__getitem__(self._packed, key).blob
        if number.encode() not in blob or entity.encode() not in blob:
            return False
        return _agrees(unpack(blob).observation, number, entity, before)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`."""
        self._lock = threading.Lock()


def fresh_until(key: str, entry: Entry, lives: Lives) -> datetime:
    """The end of an entry's life by the wall clock; the same for the same entry, so that it need not be kept."""
    draw = zlib.crc32(f"{key}|{entry.asked_at.microsecond}".encode("utf-8", "surrogatepass")) / 2**32
    return lives.fresh_until(entry.observation, entry.asked_at, draw)


def _agrees(observation: Observation, number: str, entity: str, before: datetime | None) -> bool:
    if before is not None and observed_of(observation) >= before:
        return False
    numbers = {record.registration_number.canonical for record in _records(observation)}
    entities = {record.entity_number for record in _records(observation)}
    if type(observation.query) is ByNumber:
        numbers.add(observation.query.number.canonical)
        entities.add(observation.query.number.entity_number)
    return (not number or number in numbers) and (not entity or entity in entities)


def _records(observation: Observation) -> tuple[RegistrationRecord, ...]:
    return observation.answer.records if type(observation.answer) is Found else ()


_PACKED: Final = 500
"""Bytes of a packed entry besides its blob: its key, and its share of the tables."""

_ENTRY: Final = 900
"""Bytes of an entry without its record and its source: the objects, and what the tables that find it need."""

_RECORD: Final = 330
"""Of a record without its texts and lists."""

_PLATFORM: Final = 100
_ROUNDING: Final = 8
"""What the allocator adds to a text on average."""

_texts_of: Final = attrgetter("source", "service_name", "operator", "operator_kind", "document_type", "document_number")
_lists_of: Final = attrgetter("domains", "endpoints", "access_providers", "pre_approvals")


def weight(observation: Observation) -> int:
    """
    About how many bytes an entry takes, its share of the tables included.

    As if nothing in it were anything else's as well, which holds for what was read from a network.
    """
    size = _ENTRY + 2 * len(observation.registry)
    parts: list[object] = [observation.source]
    for record in _records(observation):
        size += _RECORD
        parts += _texts_of(record)
        for listed in _lists_of(record):
            if listed is not None:
                parts += (listed, *listed)
        for platform in record.platforms or ():
            size += _PLATFORM
            parts += (platform.package, platform.signing_certificate, platform.public_key)
    there = [part for part in parts if part is not None]
    return size + sum(map(sys.getsizeof, there)) + _ROUNDING * len(there)
