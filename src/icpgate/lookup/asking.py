"""
What the blocking and the asynchronous client have in common: everything but waiting.

- A hit is a plain call: no load, no thread, no task.
- Beyond its life an answer is returned at once for a while, and renewed behind the caller.
- When a registry fails, an answer that is not too old stands in for it, marked with the why.
- An answer that takes a record back is no failure: nothing older stands in for it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.answer import Found, NotRegistered, Observation, Unavailable, Why
from icpgate.errors import ConfigurationError, quote
from icpgate.lives import Lives, denies, observed_of, same_apart_from_moments
from icpgate.lookup.believing import ALL_QUERIES, believed, introduced, is_believed
from icpgate.lookup.cache.cache import SHARE_EVERY, Cache
from icpgate.lookup.cache.entry import CLOCK_TOLERANCE, Entry, is_of_the_past, key_of
from icpgate.lookup.cache.memory import Kept, fresh_until
from icpgate.lookup.cache.outcome import Outcome
from icpgate.lookup.clocks import SystemClock
from icpgate.lookup.flow import SIDE_BY_SIDE, TAKES_BACK, Loaded, Loading
from icpgate.lookup.forks import remember
from icpgate.lookup.guard import guarded
from icpgate.lookup.limits import Limits
from icpgate.lookup.wanted import Wanted, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from icpgate.answer import Query
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.steps import Flow
    from icpgate.lookup.wanted import Status

__all__ = ["Asking"]

T = TypeVar("T")

_UNINTELLIGIBLE: Final = frozenset({Why.MALFORMED, Why.SCHEMA})
RENEWING: Final = "renewing"
TOGETHER: Final = 100
"""How many queries are asked at once of a registry that takes many in one request."""
_NOTHING: Final = timedelta(0)


class Asking:
    """The state of a client, and everything that it does without waiting."""

    def __init__(
        self,
        registry: Registry,
        cache: Cache | str | None,
        lives: Lives | None,
        limits: Limits | None,
        clock: Clock | None,
    ) -> None:
        """See `LookupClient`."""
        self.registry = registry
        self.id, capabilities = introduced(registry)
        self.askable = frozenset(capabilities.queries)
        self.quick = capabilities.quick
        self.batches = capabilities.batches
        self.cacheable = capabilities.cacheable and not capabilities.quick
        self.clock = clock if clock is not None else SystemClock()
        self.lives = _one_of(_typed(lives, Lives, "lives"))
        self.limits = _typed(limits, Limits, "limits")
        self.cache = Cache.of(cache)
        self.guard = guarded(registry, self.limits, health=self.cache.health_of(self.id))
        level = self.cache.level if self.cacheable else None
        self.loading = Loading(self.guard, self.lives, level is not None, self.cache.secret)
        self.share_every = SHARE_EVERY if level is not None else float("inf")
        self._under_way = 0
        self._lock = threading.Lock()
        remember(self)

    def renew_after_fork(self) -> None:
        """See `ForkSafe`."""
        self._under_way, self._lock = 0, threading.Lock()

    @property
    def status(self) -> Status:
        """How the registry fares."""
        return replace(status_of(self.guard, self.clock.monotonic()), loading=self._under_way)

    def ahead(self, seconds: float) -> int:
        """How many queries are worth asking at once by who waits so many seconds for all of them."""
        if self.quick:
            return 1
        if self.batches:
            return TOGETHER
        rate = self.limits.per_second
        return SIDE_BY_SIDE if rate is None else max(1, min(SIDE_BY_SIDE, int(rate * seconds / 2)))

    def unasked(self, query: Query) -> Observation:
        """A query that the registry cannot answer; what is no query is the caller's mistake."""
        if type(query) not in ALL_QUERIES:
            raise _no_query(query)
        return self.nobody(query, Why.CONFIGURATION, f"the registry cannot be asked {type(query).__name__}")

    def nobody(self, query: Query, why: Why, detail: str) -> Observation:
        """Nobody could say."""
        return Observation(query, Unavailable(why, detail), self.clock.now(), self.id, self.id)

    def hit(self, query: Query) -> Observation | Wanted:
        """The answer if this process has a fresh one; otherwise what is wanted."""
        try:
            key = key_of(self.id, query, self.cache.key_secret)
        except AttributeError:  # a text where a number belongs
            raise _no_query(query) from None
        memory = self.cache.memory
        kept = memory.get(key) if self.cacheable else None
        if kept is not None:
            if kept.lives is not self.lives:  # another client of the same cache, with another policy
                kept = self._reckoned(key, kept)
            elapsed = self.clock.monotonic()
            now = self.clock.now()
            if (
                now < kept.fresh
                and elapsed < kept.fresh_at
                and elapsed < kept.shared_until
                and max(kept.asked_at, kept.observation.observed_at) <= now + CLOCK_TOLERANCE
                and (type(kept.observation.answer) is Found or is_believed(self.registry, kept.observation))
            ):
                memory.counts.hits += 1
                return kept.observation
        memory.counts.misses += 1
        return Wanted(query, key, kept)

    def sorted_out(self, queries: Sequence[Query]) -> tuple[dict[Query, Observation], dict[Query, Wanted]]:
        """What can be answered now and what is wanted; each query once."""
        answers: dict[Query, Observation] = {}
        wanted: dict[Query, Wanted] = {}
        for query in queries:
            if type(query) not in self.askable:
                answers[query] = self.unasked(query)
            elif query not in answers and query not in wanted:
                answer = self.hit(query)
                if isinstance(answer, Wanted):
                    wanted[query] = answer
                else:
                    answers[query] = answer
        return answers, wanted

    def begin(self, wanted: Sequence[Wanted]) -> tuple[list[Wanted], float]:
        """Join the loads under way; returns those that the caller must load, and when that load ends."""
        elapsed = self.clock.monotonic()
        ends = elapsed + self.limits.seconds
        flights, epoch = self.cache.flights, self.cache.memory.epoch
        ours: list[Wanted] = []
        room = self._take_place()
        for want in wanted:
            if not room and not flights.under_way(want.key, elapsed):
                continue
            want.epoch = epoch
            want.flight, is_ours = flights.join(want.key, now=elapsed, ends=ends)
            if is_ours and not self._came_since(want):
                ours.append(want)
        if ours and not room:  # what was under way when it was looked at has landed: one load more than may be
            self._take_place(anyway=True)
        elif room and not ours:
            self._give_place()
        return ours, ends

    def _came_since(self, want: Wanted) -> bool:
        """Whether another load landed after the caller looked and before it joined: then nothing is to be loaded."""
        kept = self._there(want.key)
        if kept is None or (want.kept is not None and kept.asked_at == want.kept.asked_at):
            return False
        if not kept.is_within(_NOTHING, self.clock.now(), self.clock.monotonic()):
            return False
        want.kept = kept
        self._land(want, Outcome(kept.observation))
        return True

    def _take_place(self, *, anyway: bool = False) -> bool:
        with self._lock:
            if self._under_way >= self.limits.at_once and not anyway:
                return False
            self._under_way += 1
            return True

    def _give_place(self) -> None:
        with self._lock:
            self._under_way -= 1

    def at_once(self, want: Wanted) -> Observation | None:
        """The answer that is returned now although it is being renewed."""
        kept = want.kept
        if kept is None or want.flight is None:
            return None
        now, elapsed = self.clock.now(), self.clock.monotonic()
        if not kept.is_within(self.lives.renewing, now, elapsed) or not is_believed(self.registry, kept.observation):
            return None
        if now < kept.fresh and elapsed < kept.fresh_at:
            return None  # fresh, but the second level has not been looked at for a while
        self.cache.memory.counts.stale += 1
        return replace(kept.observation, stale=RENEWING)

    def load(self, ours: Sequence[Wanted], ends: float) -> Flow[None]:
        """The load of what `begin` returned; a driver performs it, and `end` must follow."""
        queries, keys = [want.query for want in ours], [want.key for want in ours]
        return self.loading.load(queries, keys, [want.kept for want in ours], ends, _Landing(self, ours))

    def loaded(self, want: Wanted, new: Loaded) -> None:
        """Keep what was loaded, and give it to everybody who waits."""
        try:
            outcome = self._outcome(want, new)
        except Exception as error:  # noqa: BLE001 -- a registry's own record may be anything; nobody is left waiting
            outcome = Outcome(self.nobody(want.query, Why.INTERNAL, type(error).__name__))
        self._land(want, outcome)

    def end(self, ours: Sequence[Wanted], why: Why = Why.INTERNAL, detail: str = "the load ended") -> None:
        """A load is over; everybody who still waits is told that it failed."""
        for want in ours:
            if want.flight is not None and not want.flight.landed:
                self._land(want, Outcome(self.nobody(want.query, why, detail)))
        self._give_place()

    def _land(self, want: Wanted, outcome: Outcome) -> None:
        assert want.flight is not None  # noqa: S101 -- `begin` gave it one
        self.cache.flights.land(want.key, want.flight, outcome)

    def _outcome(self, want: Wanted, new: Loaded) -> Outcome:
        observation = new.entry.observation
        answer = observation.answer
        if isinstance(answer, (Found, NotRegistered)):
            return self._known(want, new.entry) if self.may_keep(want) else Outcome(observation)
        if answer.why in TAKES_BACK:
            self.cache.memory.forget(want.key)
            return Outcome(observation)
        if new.before is None:
            return Outcome(observation)
        # Kept as well: from now on our own clocks judge it, whatever becomes of the wall clock.
        before = self.cache.memory.put(want.key, self._kept(want.key, new.before), want.epoch)
        return Outcome(observation, self._reckoned(want.key, before))

    def may_keep(self, want: Wanted) -> bool:
        """Not what was asked before somebody said to forget, nor what a later load of the same overtook."""
        assert want.flight is not None  # noqa: S101 -- `begin` gave it one
        is_last = self.cache.flights.is_last(want.key, want.flight)
        return self.cacheable and is_last and want.epoch == self.cache.memory.epoch

    def _known(self, want: Wanted, entry: Entry) -> Outcome:
        """Keep what came, unless what is there was observed later."""
        memory, now = self.cache.memory, self.clock.now()
        if not is_of_the_past(entry, now) and not _warns(entry, now):
            memory.forget(want.key)  # it may take back what is there, so that must not be told any more
            return Outcome(entry.observation)  # the rules will not believe it, and it must not fence what comes
        there = memory.get(want.key)
        if there is not None and there.observation.observed_at > now + CLOCK_TOLERANCE and _adds_nothing(there, entry):
            memory.forget(want.key)  # our clock and its source's were ahead when it came
            there = None
        if there is not None and there.asked_at == entry.asked_at and there.observation == entry.observation:
            there.shared_until = self.clock.monotonic() + self.share_every
            return Outcome(there.observation)
        kept = self._kept(want.key, entry)
        there = memory.put(want.key, kept, want.epoch)
        if there is kept or observed_of(there.observation) <= observed_of(entry.observation):
            return Outcome(entry.observation)
        return self._known_better(want, self._reckoned(want.key, there), entry)

    def _known_better(self, want: Wanted, there: Kept, older: Entry) -> Outcome:
        """
        What is told when the registry comes with something older than what is there.

        If it says the same, or what is there denies, that is good for another while. An older answer
        never lengthens the life of a newer one that could allow more than it.
        """
        elapsed = self.clock.monotonic()
        answer = there.observation.answer
        if there.is_within(_NOTHING, self.clock.now(), elapsed):
            return Outcome(there.observation)
        if not denies(answer) and not same_apart_from_moments(answer, older.observation.answer):
            return Outcome(self.nobody(want.query, Why.STALE, "older than what was known"), there)
        entry = Entry(there.observation, older.asked_at)
        again = min(self.lives.of(answer), self.lives.again).total_seconds()
        fresh, fresh_at = fresh_until(want.key, entry, self.lives), max(there.fresh_at, elapsed + again)
        kept = Kept(entry, self.lives, fresh, fresh_at, elapsed + self.share_every)
        return Outcome(self.cache.memory.put(want.key, kept, want.epoch).observation)

    def _there(self, key: str) -> Kept | None:
        """What the process has under a key, with its ends by our own lives."""
        kept = self.cache.memory.get(key) if self.cacheable else None
        return None if kept is None else self._reckoned(key, kept)

    def _reckoned(self, key: str, kept: Kept) -> Kept:
        """The same entry with its ends by our own lives. The clocks that were read when it came still count."""
        if kept.lives is self.lives:
            return kept
        fresh = fresh_until(key, kept.entry, self.lives)
        fresh_at = kept.fresh_at + (fresh - kept.fresh).total_seconds()
        return Kept(kept.entry, self.lives, fresh, fresh_at, kept.shared_until)

    def _kept(self, key: str, entry: Entry) -> Kept:
        now, elapsed = self.clock.now(), self.clock.monotonic()
        fresh = fresh_until(key, entry, self.lives)
        return Kept(entry, self.lives, fresh, elapsed + (fresh - now).total_seconds(), elapsed + self.share_every)

    def result(self, want: Wanted, waited: float) -> Observation:
        """What the caller gets: what the load brought, or else what it told before it had to wait."""
        flight = want.flight
        outcome = None if flight is None else flight.value if flight.landed else flight.so_far
        if flight is None:
            observation = self.nobody(want.query, Why.OVERLOADED, f"{self.limits.at_once} loads under way")
        elif outcome is None:
            observation = self.nobody(want.query, Why.TIMEOUT, f"no answer within {waited:g} s")
        else:
            observation = believed(self.registry, want.query, outcome.observation, self.clock.now())
        answer = observation.answer
        if type(answer) is not Unavailable or answer.why in TAKES_BACK:
            return observation
        return self._instead(want, outcome, observation, answer.why) or observation

    def _instead(self, want: Wanted, outcome: Outcome | None, failure: Observation, why: Why) -> Observation | None:
        """
        An older answer that may stand in for a failure.

        Of several registries only for a failure of the one that gave it. A registry that answers, but
        nothing that can be understood, may have said no: then nothing stands in that could allow.
        """
        now, elapsed = self.clock.now(), self.clock.monotonic()
        candidates: Iterable[Kept | None] = (self._there(want.key), None if outcome is None else outcome.fallback)
        newest = max((kept for kept in candidates if kept is not None), key=_observed, default=None)
        if newest is None or not newest.is_usable(self.lives, now, elapsed):
            return None
        of_ours = failure.registry in {self.id, newest.observation.registry}
        if not of_ours or not is_believed(self.registry, newest.observation):
            return None
        if why in _UNINTELLIGIBLE and not denies(newest.observation.answer):
            return None
        self.cache.memory.counts.stale += 1
        return replace(newest.observation, stale=why.value)


@dataclass(frozen=True, slots=True)
class _Landing:
    """Who waits for the queries of one load; see `Landing`."""

    asking: Asking
    ours: Sequence[Wanted]

    def land(self, position: int, loaded: Loaded) -> None:
        self.asking.loaded(self.ours[position], loaded)

    def waits(self, position: int, so_far: Observation, resumes: float) -> None:
        flight = self.ours[position].flight
        if flight is not None:
            flight.tell(Outcome(so_far), resumes)

    def may_keep(self, position: int) -> bool:
        return self.asking.may_keep(self.ours[position])


_ANY_WRONG_CLOCK: Final = timedelta(days=1)
"""Further ahead of our clock is nonsense."""


def _warns(entry: Entry, now: datetime) -> bool:
    """Whether a denial comes from the future: our own clock may be late, so nothing older may come after it."""
    return denies(entry.observation.answer) and observed_of(entry.observation) <= now + _ANY_WRONG_CLOCK


def _adds_nothing(there: Kept, entry: Entry) -> bool:
    """Whether nothing that could allow is gained by what came in place of what is there."""
    answer = entry.observation.answer
    return denies(answer) or same_apart_from_moments(there.observation.answer, answer)


def _observed(kept: Kept) -> datetime:
    return observed_of(kept.observation)


def _no_query(query: object) -> ConfigurationError:
    message = f"{type(query).__name__} is not a query, or not made of what it asks by"
    return ConfigurationError(message, hint="ByNumber(parse(text)) makes one", code="query.type")


@lru_cache(maxsize=256)
def _one_of(lives: Lives) -> Lives:
    """The same object for equal lives, so that a hit can tell them apart by identity."""
    return lives


def _typed(given: T | None, kind: type[T], name: str) -> T:
    if given is None:
        return kind()
    if not isinstance(given, kind):
        message = f"{name} is {quote(given)}: {kind.__name__} is expected"
        raise ConfigurationError(message, code="config.type")
    return given
