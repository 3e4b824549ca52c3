"""
Asks a registry with care: its limits, its breaker, and retries of what is worth a retry.

- Every request that the registry's flow sends is counted against rate and quota first.
- Asked again is only what a second attempt may mend: a connection that broke, and what the registry or the
  reader of its answer says may be asked again, such as a cut answer. Only inside the load's time and the retry budget.
- While the breaker is open nobody is asked: the answer is the last why.
- Whoever waits is told why, as soon as the guard itself has to wait.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeGuard, cast

from icpgate.answer import ByNumber, Observation, Unavailable, Why
from icpgate.errors import ConfigurationError
from icpgate.log import logger
from icpgate.lookup.breaker import AT_ONCE, OF_THE_SERVICE, Breaker
from icpgate.lookup.limits import Limits, LocalLimiter, RetryBudget
from icpgate.lookup.steps import Later, Now, Reply, Send, Sleep, Together, Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.steps import Flow

__all__ = ["Guard", "Health", "Waits", "guarded"]

_LOG = logging.getLogger("icpgate.lookup")

_BASE: Final = 0.1
_LONGEST: Final = 2.0
"""Seconds. The n-th wait is drawn from nothing to 0.1 × 2ⁿ: full jitter."""


class Waits(Protocol):
    """What is told that a query has to wait."""

    def __call__(self, query: Query, so_far: Observation, resumes: float) -> None:
        """Nothing will change before `resumes` on the monotonic clock; until then this is all that is known."""
        ...


def _nobody_waits(query: Query, so_far: Observation, resumes: float) -> None:
    """Nobody is told."""


@dataclass(slots=True)
class Health:
    """How a registry fares, and what was asked of it: the same for everybody who asks it."""

    breaker: Breaker = field(default_factory=Breaker)
    limiter: LocalLimiter = field(default_factory=LocalLimiter)
    budget: RetryBudget = field(default_factory=RetryBudget)
    left_today: int | None = None
    """What was left of the day's quota after the last request; None before, or without one."""


class Guard:
    """One registry behind its limits, its breaker and its retry budget; shared by all that ask it."""

    def __init__(
        self,
        registry: Registry,
        limits: Limits | None = None,
        *,
        health: Health | None = None,
        is_member: bool = False,
        watches: bool = True,
    ) -> None:
        """
        Take the registry; without limits the usual ones hold, without its health it begins well.

        A guard of one of several registries (`is_member`) holds each request to its own limit. One that does not
        watch only asks: for a registry whose members have guards of their own.
        """
        self.registry = registry
        self.limits = limits or Limits()
        self._is_member = is_member
        self._is_metered = is_member or self.limits.per_second is not None or self.limits.per_day is not None
        self._watches = watches
        self.health = health or Health()
        self.breaker = self.health.breaker

    def ask(self, queries: Sequence[Query], ends: float, waits: Waits = _nobody_waits) -> Flow[list[Observation]]:
        """Answer every query, in order, before `ends` on the monotonic clock; what is missing is unavailable."""
        if not self._watches:
            return (yield from self._asked(tuple(queries), _Meter(ends)))
        reply = yield Now(draw=True)
        if self.breaker.refuses(reply.elapsed) is not None:
            return [self._nobody(query, reply, Unavailable(self.breaker.why, "breaker open")) for query in queries]
        self.health.budget.earn()
        return (yield from self._tried(queries, reply.elapsed, ends, waits))

    def _tried(self, queries: Sequence[Query], since: float, ends: float, waits: Waits) -> Flow[list[Observation]]:
        """Ask, and ask again what that may mend; `since` is when the breaker let it through."""
        answers: dict[Query, Observation] = {}
        waiting = tuple(queries)
        held: list[str] = []
        try:
            for attempt in range(1, self.limits.attempts + 1):  # pragma: no branch -- the last has no delay: it breaks
                observations = yield from self._asked(waiting, _Meter(ends, held, waiting, waits, answers))
                answers.update(zip(waiting, observations, strict=True))
                if not held and self._went_well(observations):
                    break  # to know that takes neither a clock nor a draw
                reply = yield Now(draw=True)
                self._note_all([answers[query] for query in waiting], held, since, reply)
                waiting = tuple(query for query in waiting if _is_mendable(answers[query]))
                delay = self._delay([answers[query] for query in waiting], attempt, reply, ends)
                if held or delay is None or not self._may_retry(reply.elapsed + delay):
                    break
                _tell(waits, waiting, answers, reply.elapsed + delay)
                reply = yield Sleep(delay)
                if self.breaker.refuses(reply.elapsed) is not None:
                    break  # meanwhile others found out that it is no use, or one of them is the probe
                since = reply.elapsed
        except GeneratorExit:  # whoever performs it has left
            self.breaker.gave_up(since)
            raise
        return [answers[query] for query in queries]

    def _may_retry(self, at: float) -> bool:
        """Whether the breaker lets somebody through by then, and the budget has something left."""
        return not self.breaker.opens_in(at) and self.health.budget.spend()

    def _note_all(self, observations: list[Observation], held: list[str], since: float, reply: Reply) -> None:
        """Tell the breaker what came; nothing where our own limits held it back, or our own side failed."""
        if held or all(_is_ours(observation) for observation in observations):
            self.breaker.gave_up(since)
        else:
            self._note(observations, reply)

    def _asked(self, queries: tuple[Query, ...], meter: _Meter) -> Flow[list[Observation]]:
        """What the registry answers, one for each; a registry that fails leaves everybody unavailable."""
        try:
            flow = self.registry.ask(queries)
            if self._is_metered:
                flow = cast("Flow[Sequence[Observation]]", self._metered(cast("Flow[object]", flow), meter))
            observations = list((yield from flow))
        except Exception as error:  # noqa: BLE001 -- whatever a registry raises, nobody could say
            problem = Unavailable(Why.INTERNAL, type(error).__name__)
        else:
            if meter.held and meter.before:  # our own limits held a retry back: what came before says more
                return [meter.before[query] for query in queries]
            if len(observations) == len(queries):
                return observations
            problem = Unavailable(Why.MALFORMED, f"{len(observations)} answers to {len(queries)} queries")
        reply = yield Now()
        return [self._nobody(query, reply, problem) for query in queries]

    def _nobody(self, query: Query, reply: Reply, answer: Unavailable) -> Observation:
        return Observation(query, answer, reply.now, self.registry.id, self.registry.id)

    def _metered(self, flow: Flow[object], meter: _Meter) -> Flow[object]:
        """The same flow, each of its requests taken from the limits first."""
        try:
            step = next(flow)
            while True:
                if type(step) is Send:
                    reply = yield from self._taken(step, meter)
                elif type(step) is Together:
                    reply = yield Together(tuple(self._metered(each, meter) for each in step.flows))
                elif type(step) is Later:
                    reply = yield Later(self._metered(step.flow, _Meter(meter.ends)))  # no part of what is answered
                else:
                    reply = yield step
                step = flow.send(reply)
        except StopIteration as end:
            return end.value

    def _taken(self, step: Send, meter: _Meter) -> Flow[Reply]:
        """Send a request once the limits let it go."""
        reply = yield Now()
        # Half of the time is for the answer: a request that waits for longer comes too late, and its timeout
        # would be taken for the registry's. While more is asked than may be, that would be every request.
        longest = max(0.0, meter.ends - reply.elapsed) / 2
        take = self.limits.take(self.registry.id, reply.now, longest)
        if take is not None:
            shared = yield take
            value = shared.value if _is_taken(shared.value) else self.health.limiter.take(take, shared.elapsed)
            wait, left = cast("tuple[float, int]", value)
            self.health.left_today = left if take.per_day else None
            if wait < 0 or wait > take.longest:
                meter.held.append(f"the day's {take.per_day:,} requests are used up" if wait < 0 else _OWN_RATE)
                return Reply(shared.now, shared.elapsed, None, Unanswered(Why.RATE_LIMITED, meter.held[-1]))
            if wait > 0:
                for query in meter.queries:
                    held_back = self._nobody(query, shared, Unavailable(Why.RATE_LIMITED, _OWN_RATE))
                    meter.waits(query, meter.before.get(query, held_back), shared.elapsed + wait)
                reply = yield Sleep(wait)
        if self._is_member:
            seconds = meter.ends - reply.elapsed
            step = Send(step.request, seconds if step.seconds is None else min(seconds, step.seconds))
        return (yield step)

    def _went_well(self, observations: list[Observation]) -> bool:
        """Whether everybody was told something, and the breaker that."""
        if any(map(_is_unavailable, observations)):
            return False
        self._succeeded()
        return True

    def _succeeded(self) -> None:
        if self.breaker.succeeded() and _LOG.isEnabledFor(logging.INFO):
            logger(_LOG.name).info("breaker_closed", registry=self.registry.id)

    def _note(self, observations: list[Observation], reply: Reply) -> None:
        """Tell the breaker: the registry failed when it failed for everybody."""
        failures = [o.answer for o in observations if type(o) is Observation and _is_failure(o.answer)]
        if not failures or len(failures) < len(observations):
            self._succeeded()
            return
        worst = max(failures, key=_gravity)
        # A document or a domain is a text of the app's: one app may be blocked for it, without closing it for all.
        of_texts = worst.why is Why.BLOCKED and not all(type(o.query) is ByNumber for o in observations)
        pause = self.breaker.failed(worst, reply.elapsed, reply.draw, at_once=not of_texts)
        if pause is not None and _LOG.isEnabledFor(logging.WARNING):
            logger(_LOG.name).warning(
                "breaker_opened", registry=self.registry.id, why=worst.why.value, seconds=round(pause, 1)
            )

    def _delay(self, observations: list[Observation], attempt: int, reply: Reply, ends: float) -> float | None:
        """How long to wait before the next attempt; None when there is to be none."""
        if not observations or attempt == self.limits.attempts:
            return None
        drawn = reply.draw * min(_LONGEST, _BASE * 2**attempt)
        asked = [o.answer.retry_after or 0.0 for o in observations if type(o.answer) is Unavailable]
        delay = max(drawn, *asked)
        return delay if reply.elapsed + delay < ends else None


_OWN_RATE: Final = "our own rate limit"


@dataclass(frozen=True, slots=True)
class _Meter:
    """
    What the requests of one flow have in common.

    Until when they may take, what our own limits held back, and who is told that they have to wait: what was
    learned about their queries before, or that it is our own rate.
    """

    ends: float
    held: list[str] = field(default_factory=list)
    queries: tuple[Query, ...] = ()
    waits: Waits = _nobody_waits
    before: Mapping[Query, Observation] = field(default_factory=dict)


def _tell(waits: Waits, queries: Sequence[Query], answers: Mapping[Query, Observation], resumes: float) -> None:
    for query in queries:
        waits(query, answers[query], resumes)


def _is_unavailable(observation: object) -> bool:
    return type(observation) is Observation and type(observation.answer) is Unavailable


def _is_failure(answer: object) -> TypeGuard[Unavailable]:
    return type(answer) is Unavailable and type(answer.why) is Why and answer.why in OF_THE_SERVICE


_OF_OUR_SIDE: Final = frozenset({Why.INTERNAL, Why.CONFIGURATION, Why.OVERLOADED})


def _is_ours(observation: object) -> bool:
    answer = observation.answer if type(observation) is Observation else None
    return type(answer) is Unavailable and type(answer.why) is Why and answer.why in _OF_OUR_SIDE


def _gravity(answer: Unavailable) -> tuple[float, bool]:
    """What of a batch tells most about the registry: how long it asks to be left alone, then what opens at once."""
    return answer.retry_after or 0.0, answer.why in AT_ONCE


def _is_mendable(observation: object) -> bool:
    answer = observation.answer if type(observation) is Observation else None
    if type(answer) is not Unavailable or type(answer.why) is not Why:
        return False
    return answer.why is Why.CONNECTION or answer.retry_after is not None


def _is_taken(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, (int, float)) for part in value)  # noqa: PLR2004 -- a pair


def guarded(
    registry: Registry, limits: Limits | None = None, *, health: Health | None = None, is_member: bool = False
) -> Guard:
    """
    A guard for a registry, or the one that it brings.

    Raises `ConfigurationError` for limits to the requests of one that brings its own: they would hold for none.
    """
    own = getattr(registry, "guard", None)
    if not isinstance(own, Guard):
        return Guard(registry, limits, health=health, is_member=is_member)
    if limits is not None and limits.are_of_requests:
        message = "limits to the requests of a combined registry: its members have their own"
        raise ConfigurationError(message, hint="Combined(…, limits=[…]) has one for each", code="config.limits")
    return own
