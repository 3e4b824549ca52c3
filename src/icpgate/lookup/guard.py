"""
Asks a registry with care: its limits, its breaker, and retries of what is worth a retry.

- Every request that the registry's flow sends is counted against rate and quota first.
- Asked again is only what a second attempt may mend: a connection that broke, a cut answer, and
  what the registry itself says to ask again. Only inside the load's time and the retry budget.
- While the breaker is open nobody is asked: the answer is the last why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeGuard, cast

from icpgate.answer import ByNumber, Observation, Unavailable, Why
from icpgate.lookup.breaker import AT_ONCE, OF_THE_SERVICE, Breaker
from icpgate.lookup.limits import Limits, LocalLimiter, RetryBudget
from icpgate.lookup.steps import Later, Now, Reply, Send, Sleep, Together, Unanswered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Query
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.steps import Flow

__all__ = ["Guard", "guarded"]

_BASE: Final = 0.1
_LONGEST: Final = 2.0
"""Seconds. The n-th wait is drawn from nothing to 0.1 × 2ⁿ: full jitter."""

_MENDABLE: Final = frozenset({Why.CONNECTION, Why.TRUNCATED})


class Guard:
    """One registry behind its limits, its breaker and its retry budget; shared by all that ask it."""

    def __init__(
        self, registry: Registry, limits: Limits | None = None, *, is_member: bool = False, watches: bool = True
    ) -> None:
        """
        Take the registry; without limits the usual ones hold.

        A guard of one of several registries (`is_member`) holds each request to its own limit. One that does not
        watch only asks: for a registry whose members have guards of their own.
        """
        self.registry = registry
        self.limits = limits or Limits()
        self._is_member = is_member
        self._watches = watches
        self.breaker = Breaker()
        self.left_today: int | None = None
        """What was left of the day's quota after the last request; None before, or without one."""
        self._limiter = LocalLimiter()
        self._budget = RetryBudget()

    def ask(self, queries: Sequence[Query], ends: float) -> Flow[list[Observation]]:
        """Answer every query, in order, before `ends` on the monotonic clock; what is missing is unavailable."""
        if not self._watches:
            return (yield from self._asked(tuple(queries), ends, []))
        reply = yield Now(draw=True)
        if self.breaker.refuses(reply.elapsed) is not None:
            return [self._nobody(query, reply, Unavailable(self.breaker.why, "breaker open")) for query in queries]
        self._budget.earn()
        return (yield from self._tried(queries, reply.elapsed, ends))

    def _tried(self, queries: Sequence[Query], since: float, ends: float) -> Flow[list[Observation]]:
        """Ask, and ask again what that may mend; `since` is when the breaker let it through."""
        answers: dict[Query, Observation] = {}
        waiting = tuple(queries)
        held: list[str] = []
        try:
            for attempt in range(1, self.limits.attempts + 1):  # pragma: no branch -- the last has no delay: it breaks
                observations = yield from self._asked(waiting, ends, held)
                answers.update(zip(waiting, observations, strict=True))
                if not held and not any(map(_is_unavailable, observations)):
                    self.breaker.succeeded()
                    break  # that takes neither a clock nor a draw
                reply = yield Now(draw=True)
                self._tell([answers[query] for query in waiting], held, since, reply)
                waiting = tuple(query for query in waiting if _is_mendable(answers[query]))
                delay = self._delay([answers[query] for query in waiting], attempt, reply, ends)
                if held or delay is None or self.breaker.opens_in(reply.elapsed + delay) or not self._budget.spend():
                    break
                reply = yield Sleep(delay)
                if self.breaker.refuses(reply.elapsed) is not None:
                    break  # meanwhile others found out that it is no use, or one of them is the probe
                since = reply.elapsed
        except GeneratorExit:  # whoever performs it has left
            self.breaker.gave_up(since)
            raise
        return [answers[query] for query in queries]

    def _tell(self, observations: list[Observation], held: list[str], since: float, reply: Reply) -> None:
        """Tell the breaker what came; nothing where our own limits held it back."""
        if held:
            self.breaker.gave_up(since)
        else:
            self._note(observations, reply)

    def _asked(self, queries: tuple[Query, ...], ends: float, held: list[str]) -> Flow[list[Observation]]:
        """What the registry answers, one for each; a registry that fails leaves everybody unavailable."""
        try:
            observations = list((yield from self._counted(self.registry.ask(queries), ends, held)))
        except Exception as error:  # noqa: BLE001 -- whatever a registry raises, nobody could say
            problem = Unavailable(Why.INTERNAL, type(error).__name__)
        else:
            if len(observations) == len(queries):
                return observations
            problem = Unavailable(Why.MALFORMED, f"{len(observations)} answers to {len(queries)} queries")
        reply = yield Now()
        return [self._nobody(query, reply, problem) for query in queries]

    def _nobody(self, query: Query, reply: Reply, answer: Unavailable) -> Observation:
        return Observation(query, answer, reply.now, self.registry.id, self.registry.id)

    def _counted(self, flow: Flow[Sequence[Observation]], ends: float, held: list[str]) -> Flow[Sequence[Observation]]:
        """The same flow, each of its requests taken from the limits first; `held` gets what was not sent."""
        if self.limits.per_second is None and self.limits.per_day is None and not self._is_member:
            return (yield from flow)
        return cast("Sequence[Observation]", (yield from self._metered(cast("Flow[object]", flow), ends, held)))

    def _metered(self, flow: Flow[object], ends: float, held: list[str]) -> Flow[object]:
        try:
            step = next(flow)
            while True:
                if type(step) is Send:
                    reply = yield from self._taken(step, ends, held)
                elif type(step) is Together:
                    reply = yield Together(tuple(self._metered(each, ends, held) for each in step.flows))
                elif type(step) is Later:
                    reply = yield Later(self._metered(step.flow, ends, []))  # no part of what is answered
                else:
                    reply = yield step
                step = flow.send(reply)
        except StopIteration as end:
            return end.value

    def _taken(self, step: Send, ends: float, held: list[str]) -> Flow[Reply]:
        """Send a request once the limits let it go."""
        reply = yield Now()
        # Half of the time is for the answer: a request that waits for longer comes too late, and its timeout
        # would be taken for the registry's. While more is asked than may be, that would be every request.
        longest = max(0.0, ends - reply.elapsed) / 2
        take = self.limits.take(self.registry.id, reply.now, longest)
        if take is not None:
            shared = yield take
            value = shared.value if _is_taken(shared.value) else self._limiter.take(take, shared.elapsed)
            wait, left = cast("tuple[float, int]", value)
            self.left_today = left if take.per_day else None
            if wait < 0 or wait > take.longest:
                held.append(f"the day's {take.per_day:,} requests are used up" if wait < 0 else "our own rate limit")
                return Reply(shared.now, shared.elapsed, None, Unanswered(Why.RATE_LIMITED, held[-1]))
            if wait > 0:
                reply = yield Sleep(wait)
        if self._is_member:
            seconds = ends - reply.elapsed
            step = Send(step.request, seconds if step.seconds is None else min(seconds, step.seconds))
        return (yield step)

    def _note(self, observations: list[Observation], reply: Reply) -> None:
        """Tell the breaker: the registry failed when it failed for everybody."""
        failures = [o.answer for o in observations if type(o) is Observation and _is_failure(o.answer)]
        if not failures or len(failures) < len(observations):
            self.breaker.succeeded()
            return
        worst = max(failures, key=_gravity)
        # A document or a domain is a text of the app's: one app may be blocked for it, without closing it for all.
        of_texts = worst.why is Why.BLOCKED and not all(type(o.query) is ByNumber for o in observations)
        self.breaker.failed(worst, reply.elapsed, reply.draw, at_once=not of_texts)

    def _delay(self, observations: list[Observation], attempt: int, reply: Reply, ends: float) -> float | None:
        """How long to wait before the next attempt; None when there is to be none."""
        if not observations or attempt == self.limits.attempts:
            return None
        drawn = reply.draw * min(_LONGEST, _BASE * 2**attempt)
        asked = [o.answer.retry_after or 0.0 for o in observations if type(o.answer) is Unavailable]
        delay = max(drawn, *asked)
        return delay if reply.elapsed + delay < ends else None


def _is_unavailable(observation: object) -> bool:
    return type(observation) is Observation and type(observation.answer) is Unavailable


def _is_failure(answer: object) -> TypeGuard[Unavailable]:
    return type(answer) is Unavailable and type(answer.why) is Why and answer.why in OF_THE_SERVICE


def _gravity(answer: Unavailable) -> tuple[float, bool]:
    """What of a batch tells most about the registry: how long it asks to be left alone, then what opens at once."""
    return answer.retry_after or 0.0, answer.why in AT_ONCE


def _is_mendable(observation: object) -> bool:
    answer = observation.answer if type(observation) is Observation else None
    if type(answer) is not Unavailable or type(answer.why) is not Why:
        return False
    return answer.why in _MENDABLE or answer.retry_after is not None


def _is_taken(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, (int, float)) for part in value)  # noqa: PLR2004 -- a pair


def guarded(registry: Registry, limits: Limits | None = None, *, is_member: bool = False) -> Guard:
    """A guard for a registry, or the one that it brings."""
    own = getattr(registry, "guard", None)
    return own if isinstance(own, Guard) else Guard(registry, limits, is_member=is_member)
