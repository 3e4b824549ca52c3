"""
One load: the second level, then the registry, then the second level again. Pure; a driver performs it.

- What the second level holds is used while it is fresh, whoever put it there.
- Of several processes that want one key, one asks and the others look again; the lock between
  them is an economy. Who does not get it in time asks too.
- Each answer is told as soon as it is there: a slow one holds up no other.
- What nobody could say is never kept. An answer that takes a record back drops what was kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from icpgate.answer import Found, Unavailable, Why
from icpgate.lives import denies, observed_of, same_apart_from_moments
from icpgate.lookup.believing import believed
from icpgate.lookup.cache.encoding import MAX_BLOB, decode, stored
from icpgate.lookup.cache.entry import Entry, is_of_the_past
from icpgate.lookup.steps import Drop, GetMany, Lock, Now, PutMany, Sleep, Together, Unlock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from icpgate.answer import Answer, Observation, Query
    from icpgate.lives import Lives
    from icpgate.lookup.cache.memory import Kept
    from icpgate.lookup.guard import Guard
    from icpgate.lookup.steps import Flow, Reply, StoredEntry

__all__ = ["SIDE_BY_SIDE", "TAKES_BACK", "Landing", "Load", "Loaded", "Loading"]

SIDE_BY_SIDE: Final = 8
"""How many queries of one load are under way at once where each is a request of its own."""

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


class Landing(Protocol):
    """Who is told what becomes of the queries of a load, by their positions in it."""

    def land(self, position: int, loaded: Loaded) -> None:
        """It is known, while others may still be under way."""
        ...

    def waits(self, position: int, so_far: Observation, resumes: float) -> None:
        """Nothing will change before `resumes` on the monotonic clock; until then this is all that is known."""
        ...

    def may_keep(self, position: int) -> bool:
        """Whether nobody said meanwhile to forget it."""
        ...


@dataclass(frozen=True, slots=True)
class Loading:
    """What loads need to know: the registry behind its guard, the lives of answers, the secret of the level."""

    guard: Guard
    lives: Lives
    has_level: bool = False
    secret: bytes | None = None

    def load(
        self, queries: Sequence[Query], keys: Sequence[str], own: Sequence[Kept | None], ends: float, landing: Landing
    ) -> Flow[None]:
        """
        Load every query; `keys` are their keys in the second level.

        `own` is what the process itself has. While that is fresh it goes on with it where the level
        is gone or has nothing newer, but not where an entry is missing, which may have been dropped.
        """
        return Load(self, queries, keys, own, ends, landing).flow()

    def is_fresh(self, entry: Entry, now: datetime) -> bool:
        """Whether another process's entry is used. The whole jitter: it is renewed a little sooner, never later."""
        return now < self.lives.fresh_until(entry.observation, entry.asked_at, 1.0)

    def kept_for(self, entry: Entry) -> float:
        """For how many seconds the level may keep it."""
        span = self.lives.span(entry.observation, entry.asked_at)
        return max(1.0, (span.usable - entry.asked_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Load:
    """One load of some queries."""

    by: Loading
    queries: Sequence[Query]
    keys: Sequence[str]
    own: Sequence[Kept | None]
    ends: float
    landing: Landing
    ahead: dict[int, Entry] = field(default_factory=dict)
    """What the second level has from the future, by position: a clock was set back since, and it fences what comes."""

    def flow(self) -> Flow[None]:
        """Tell of every query what is known, each as soon as it is."""
        positions: Sequence[int] = range(len(self.queries))
        known: Sequence[Entry | None] = [None] * len(self.queries)
        if self.by.has_level:
            known = yield from self._known()
            now = (yield Now()).now
            for position, entry in enumerate(known):
                if entry is not None and self.by.is_fresh(entry, now):
                    self.landing.land(position, Loaded(entry))
            positions = [i for i, entry in enumerate(known) if entry is None or not self.by.is_fresh(entry, now)]
        if len(positions) == 1:
            yield from self._one(positions[0], known[positions[0]])
        elif positions and self.by.guard.registry.capabilities.batches:
            yield from self._together(positions, known)
        elif positions:
            waiting = iter(positions)
            lanes = min(SIDE_BY_SIDE, len(positions))
            yield Together(tuple(self._in_turn(waiting, known) for _ in range(lanes)))

    def _known(self) -> Flow[Sequence[Entry | None]]:
        """What the second level has, or what the process has while that is gone."""
        found = yield from self._look(range(len(self.queries)))
        reply = yield Now()
        return [_if_fresh(kept, reply) for kept in self.own] if found is None else found

    def _in_turn(self, waiting: Iterator[int], known: Sequence[Entry | None]) -> Flow[None]:
        """One of several that share what is waiting: a slow answer holds up nothing but its own lane."""
        for position in waiting:
            yield from self._one(position, known[position])

    def _one(self, position: int, before: Entry | None) -> Flow[None]:
        if not self.by.has_level:
            (loaded,) = yield from self._ask((position,))
            self.landing.land(position, loaded)
            return
        alone = yield from self._alone(position)
        yield from self._end(position, Loaded(alone.entry, alone.before or before))

    def _together(self, positions: Sequence[int], known: Sequence[Entry | None]) -> Flow[None]:
        """Ask about all in one go."""
        asked = yield from self._ask(positions)
        if self.by.has_level:
            yield from self._keep(positions, asked)
        for position, new in zip(positions, asked, strict=True):
            yield from self._end(position, Loaded(new.entry, known[position]))

    def _end(self, position: int, loaded: Loaded) -> Flow[None]:
        """Who forgets counts first and drops then: it sees what was kept, or its count is seen here."""
        if self.by.has_level and not self.landing.may_keep(position):
            yield Drop(key=self.keys[position])
        self.landing.land(position, loaded)

    def _ask(self, positions: Sequence[int]) -> Flow[list[Loaded]]:
        """Ask the registry; every answer has been held against its promises."""
        queries = [self.queries[position] for position in positions]
        guard = self.by.guard
        reply = yield Now()
        asked_at = reply.now

        def waits(query: Query, so_far: Observation, resumes: float) -> None:
            said = believed(guard.registry, query, so_far, asked_at)
            self.landing.waits(positions[queries.index(query)], said, resumes)

        observations = yield from guard.ask(queries, self.ends, waits)
        reply = yield Now()
        return [
            Loaded(Entry(believed(guard.registry, query, observation, reply.now), asked_at))
            for query, observation in zip(queries, observations, strict=True)
        ]

    def _alone(self, position: int) -> Flow[Loaded]:
        """Load one key that other processes may be loading too."""
        key = self.keys[position]
        reply = yield Lock(key, _LOCKED)
        # For who has the lock and, if that one is lost, for one other; and so that there is time left to ask.
        patient_until = min(reply.elapsed + 2 * _LOCKED, (reply.elapsed + self.ends) / 2)
        before: Entry | None = None
        while reply.value is None and reply.elapsed < patient_until:
            draw = (yield Now(draw=True)).draw
            yield Sleep(_LOOK_AGAIN * (0.5 + draw))
            before = yield from self._look_once(position)
            reply = yield Now()
            if before is not None and self.by.is_fresh(before, reply.now):
                return Loaded(before)
            reply = yield Lock(key, _LOCKED)
        token = reply.value if isinstance(reply.value, str) else ""
        locked_until = reply.elapsed if reply.value is None else reply.elapsed + _LOCKED
        if token:
            # The one that had the lock may have answered between our look and our lock.
            before = yield from self._look_once(position)
            if before is not None and self.by.is_fresh(before, (yield Now()).now):
                yield Unlock(key, token)
                return Loaded(before)
        new = (yield from self._ask((position,)))[0]
        yield from self._keep((position,), [new])
        reply = yield Unlock(key, token) if token else Now()
        if reply.elapsed < locked_until:
            return Loaded(new.entry, before)
        return (yield from self._newer(position, Loaded(new.entry, before)))

    def _newer(self, position: int, mine: Loaded) -> Flow[Loaded]:
        """After a lock that ran out, somebody else may have asked later than we did."""
        other = yield from self._look_once(position)
        is_newer = other is not None and observed_of(other.observation) > observed_of(mine.entry.observation)
        return Loaded(other, mine.before) if is_newer and other is not None else mine

    def _look_once(self, position: int) -> Flow[Entry | None]:
        found = yield from self._look((position,))
        return None if found is None else found[0]

    def _look(self, positions: Sequence[int]) -> Flow[list[Entry | None] | None]:
        """
        What the second level has for each; None while it is gone.

        What the process has is judged by its own clocks: the level knows the wall clock alone, and
        brings nothing back that the other one has ended.
        """
        reply = yield GetMany(tuple(self.keys[position] for position in positions))
        if not isinstance(reply.value, (tuple, list)) or len(reply.value) != len(positions):
            return None
        found: list[Entry | None] = [None] * len(positions)
        registry, secret = self.by.guard.registry, self.by.secret
        answered_by = getattr(registry, "answered_by", ())  # what several registries as one have
        for place, (position, blob) in enumerate(zip(positions, reply.value, strict=True)):
            if blob is not None:
                entry = decode(blob, self.queries[position], registry.id, secret=secret, answered_by=answered_by)
                if entry is not None and not is_of_the_past(entry, reply.now):
                    self.ahead[position] = entry
                if entry is not None and self._is_believed(entry, reply.now):
                    kept = self.own[position]
                    found[place] = entry if _is_newer(entry, kept) else _if_fresh(kept, reply)
        return found

    def _is_believed(self, entry: Entry, now: datetime) -> bool:
        """Whether an entry of another process may be used at all, today."""
        if not is_of_the_past(entry, now):
            return False
        query = entry.observation.query
        checked = believed(self.by.guard.registry, query, entry.observation, now)
        return checked is entry.observation and type(checked.answer) is not Unavailable

    def _keep(self, positions: Sequence[int], loaded: Sequence[Loaded]) -> Flow[None]:
        entries: list[StoredEntry] = []
        for position, new in zip(positions, loaded, strict=True):
            entry = self._stored(self.keys[position], new.entry)
            if self._clears(position, new.entry.observation.answer, is_stored=entry is not None):
                yield Drop(key=self.keys[position])
            if entry is not None:
                entries.append(entry)
        if entries:
            yield PutMany(tuple(entries))

    def _stored(self, key: str, entry: Entry) -> StoredEntry | None:
        """What the level is to keep; None for what nobody could say, and for what it does not take."""
        answer = entry.observation.answer
        if isinstance(answer, Unavailable) or (isinstance(answer, Found) and len(answer.records) > 1):
            return None  # a level finds an entry by one number, and would not find that of several to forget it
        made = stored(entry, key, self.by.kept_for(entry), self.by.secret, asked=self.by.guard.registry.id)
        return made if len(made.blob) <= MAX_BLOB else None

    def _clears(self, position: int, answer: Answer, *, is_stored: bool) -> bool:
        """
        Whether what the level has must go: it is taken back, or what came in its place is not kept there.

        One from the future would fence what comes, and be young again when its moment has come. It goes
        when nothing that could allow is gained by that.
        """
        if isinstance(answer, Unavailable):
            return answer.why in TAKES_BACK
        ahead = self.ahead.get(position)
        if ahead is None or not is_stored:
            return not is_stored
        return denies(answer) or same_apart_from_moments(ahead.observation.answer, answer)


_NOTHING: Final = timedelta(0)


def _if_fresh(kept: Kept | None, reply: Reply) -> Entry | None:
    return kept.entry if kept is not None and kept.is_within(_NOTHING, reply.now, reply.elapsed) else None


def _is_newer(entry: Entry, kept: Kept | None) -> bool:
    """Whether it was observed later than what the process has, or at the same moment and asked for later."""
    return kept is None or (observed_of(entry.observation), entry.asked_at) > (
        observed_of(kept.observation),
        kept.asked_at,
    )
