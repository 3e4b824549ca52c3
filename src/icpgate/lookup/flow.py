"""
One load: the second level, then the registry, then the second level again. Pure; a driver performs it.

- What the second level holds is used while it is fresh, whoever put it there.
- Of several processes that want one key, one asks and the others look again; the lock between
  them is an economy. Who does not get it in time asks too.
- What nobody could say is never kept. An answer that takes a record back drops what was kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.answer import Found, NotRegistered, Unavailable, Why
from icpgate.lives import observed_of
from icpgate.lookup.believing import believed
from icpgate.lookup.cache.encoding import decode, stored
from icpgate.lookup.cache.entry import Entry, is_of_the_past
from icpgate.lookup.steps import Drop, GetMany, Lock, Now, PutMany, Sleep, Unlock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from icpgate.answer import Query
    from icpgate.lives import Lives
    from icpgate.lookup.cache.memory import Kept
    from icpgate.lookup.guard import Guard
    from icpgate.lookup.steps import Flow, Reply, StoredEntry

__all__ = ["TAKES_BACK", "Loaded", "Loading"]

TAKES_BACK: Final = frozenset({Why.NOT_LISTED, Why.NOT_COVERED, Why.WRONG_PROVINCE, Why.REGISTRIES_DISAGREE})
"""The registry answered, and what it answered is not what it said before: nothing older may stand in for it."""

_LOCKED: Final = 1.0
"""
Seconds for which one process keeps others from asking for the same. Less than the usual deadline of a gate,
so that one that dies with the lock leaves nobody undecided.
"""

_LOOK_AGAIN: Final = 0.05
"""Seconds between two looks of a process that waits for another's answer; drawn from half to one and a half."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load brought for one query: the answer, and what was known before, as far as it differs."""

    entry: Entry
    before: Entry | None = None


@dataclass(frozen=True, slots=True)
class Loading:
    """What loads need to know: the registry behind its guard, the lives of answers, the secret of the level."""

    guard: Guard
    lives: Lives
    has_level: bool = False
    secret: bytes | None = None

    def load(
        self,
        queries: Sequence[Query],
        keys: Sequence[str],
        own: Sequence[Kept | None],
        ends: float,
        may_keep: Callable[[int], bool],
    ) -> Flow[list[Loaded]]:
        """
        Load every query, in order; `keys` are their keys in the second level.

        `own` is what the process itself has. While that is fresh it goes on with it where the level
        is gone or has nothing newer, but not where an entry is missing, which may have been dropped.
        `may_keep` tells, at the end, of which positions nobody said meanwhile to forget them.
        """
        if not self.has_level:
            return (yield from self._ask(queries, ends))
        found = yield from self._look(queries, keys, own)
        reply = yield Now()
        known = [_if_fresh(kept, reply) for kept in own] if found is None else found
        missing = [i for i, entry in enumerate(known) if entry is None or not self._is_fresh(entry, reply.now)]
        loaded = {i: Loaded(entry) for i, entry in enumerate(known) if entry is not None and i not in set(missing)}
        if len(missing) == 1:
            position = missing[0]
            alone = yield from self._one(queries[position], keys[position], own[position], ends)
            loaded[position] = Loaded(alone.entry, alone.before or known[position])
        elif missing:
            asked = yield from self._ask([queries[i] for i in missing], ends)
            yield from self._keep([keys[i] for i in missing], asked)
            loaded.update({i: Loaded(new.entry, known[i]) for i, new in zip(missing, asked, strict=True)})
        for position in missing:
            if not may_keep(position):  # who forgets counts first and drops then: it sees ours, or we see its count
                yield Drop(key=keys[position])
        return [loaded[i] for i in range(len(queries))]

    def _ask(self, queries: Sequence[Query], ends: float) -> Flow[list[Loaded]]:
        """Ask the registry; every answer has been held against its promises."""
        reply = yield Now()
        asked_at = reply.now
        observations = yield from self.guard.ask(queries, ends)
        reply = yield Now()
        registry = self.guard.registry
        return [
            Loaded(Entry(believed(registry, query, observation, reply.now), asked_at))
            for query, observation in zip(queries, observations, strict=True)
        ]

    def _one(self, query: Query, key: str, own: Kept | None, ends: float) -> Flow[Loaded]:
        """Load one key that other processes may be loading too."""
        reply = yield Lock(key, _LOCKED)
        # For who has the lock and, if that one is lost, for one other; and so that there is time left to ask.
        patient_until = min(reply.elapsed + 2 * _LOCKED, (reply.elapsed + ends) / 2)
        before: Entry | None = None
        while reply.value is None and reply.elapsed < patient_until:
            draw = (yield Now(draw=True)).draw
            yield Sleep(_LOOK_AGAIN * (0.5 + draw))
            before = yield from self._look_once(query, key, own)
            reply = yield Now()
            if before is not None and self._is_fresh(before, reply.now):
                return Loaded(before)
            reply = yield Lock(key, _LOCKED)
        token = reply.value if isinstance(reply.value, str) else ""
        locked_until = reply.elapsed if reply.value is None else reply.elapsed + _LOCKED
        if token:
            # The one that had the lock may have answered between our look and our lock.
            before = yield from self._look_once(query, key, own)
            if before is not None and self._is_fresh(before, (yield Now()).now):
                yield Unlock(key, token)
                return Loaded(before)
        new = (yield from self._ask([query], ends))[0]
        yield from self._keep([key], [new])
        reply = yield Unlock(key, token) if token else Now()
        if reply.elapsed < locked_until:
            return Loaded(new.entry, before)
        return (yield from self._newer(query, key, own, Loaded(new.entry, before)))

    def _newer(self, query: Query, key: str, own: Kept | None, mine: Loaded) -> Flow[Loaded]:
        """After a lock that ran out, somebody else may have asked later than we did."""
        other = yield from self._look_once(query, key, own)
        is_newer = other is not None and observed_of(other.observation) > observed_of(mine.entry.observation)
        return Loaded(other, mine.before) if is_newer and other is not None else mine

    def _look_once(self, query: Query, key: str, own: Kept | None) -> Flow[Entry | None]:
        found = yield from self._look([query], [key], [own])
        return None if found is None else found[0]

    def _look(
        self, queries: Sequence[Query], keys: Sequence[str], own: Sequence[Kept | None]
    ) -> Flow[list[Entry | None] | None]:
        """
        What the second level has for each key; None while it is gone.

        What the process has is judged by its own clocks: the level knows the wall clock alone, and
        brings nothing back that the other one has ended.
        """
        reply = yield GetMany(tuple(keys))
        if not isinstance(reply.value, (tuple, list)) or len(reply.value) != len(keys):
            return None
        found: list[Entry | None] = [None] * len(keys)
        registry = self.guard.registry
        answered_by = getattr(registry, "answered_by", ())  # what several registries as one have
        for position, blob in enumerate(reply.value):
            if blob is not None:
                entry = decode(blob, queries[position], registry.id, secret=self.secret, answered_by=answered_by)
                if entry is not None and self._is_believed(entry, reply.now):
                    kept = own[position]
                    found[position] = entry if _is_newer(entry, kept) else _if_fresh(kept, reply)
        return found

    def _is_believed(self, entry: Entry, now: datetime) -> bool:
        """Whether an entry of another process may be used at all, today."""
        if not is_of_the_past(entry, now):
            return False
        query = entry.observation.query
        checked = believed(self.guard.registry, query, entry.observation, now)
        return checked is entry.observation and type(checked.answer) is not Unavailable

    def _is_fresh(self, entry: Entry, now: datetime) -> bool:
        # The whole jitter: what others kept is renewed a little sooner, never later.
        return now < self.lives.fresh_until(entry.observation, entry.asked_at, 1.0)

    def _keep(self, keys: Sequence[str], loaded: Sequence[Loaded]) -> Flow[None]:
        entries: list[StoredEntry] = []
        for key, new in zip(keys, loaded, strict=True):
            answer = new.entry.observation.answer
            if isinstance(answer, Found) and len(answer.records) > 1:
                continue  # a level finds an entry by one number, and would not find this one to forget it
            if isinstance(answer, (Found, NotRegistered)):
                asked, seconds = self.guard.registry.id, self._kept_for(new.entry)
                entries.append(stored(new.entry, key, seconds, self.secret, asked=asked))
            elif answer.why in TAKES_BACK:
                yield Drop(key=key)
        if entries:
            yield PutMany(tuple(entries))

    def _kept_for(self, entry: Entry) -> float:
        span = self.lives.span(entry.observation, entry.asked_at)
        return max(1.0, (span.usable - entry.asked_at).total_seconds())


_NOTHING: Final = timedelta(0)


def _if_fresh(kept: Kept | None, reply: Reply) -> Entry | None:
    return kept.entry if kept is not None and kept.is_within(_NOTHING, reply.now, reply.elapsed) else None


def _is_newer(entry: Entry, kept: Kept | None) -> bool:
    """Whether it was observed later than what the process has, or at the same moment and asked for later."""
    return kept is None or (observed_of(entry.observation), entry.asked_at) > (
        observed_of(kept.observation),
        kept.asked_at,
    )
