"""
Several registries as one: in turn, a primary with its confirmation, or a quorum.

- Each member has its own guard: breaker, limits and retries are never shared.
- Two members that both answered and say different things about the same registration *disagree*:
  nobody can say until a person has settled it. An older answer never outvotes a newer by itself.
- A member that could not say has said nothing. It neither confirms nor contradicts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, cast

from icpgate.answer import Found, NotRegistered, Observation, Unavailable, Why
from icpgate.chinese import fold
from icpgate.errors import ConfigurationError, nearest, quote
from icpgate.lookup.believing import believed, introduced
from icpgate.lookup.channel import marked
from icpgate.lookup.guard import Guard, guarded
from icpgate.lookup.interface import Capabilities, shut
from icpgate.lookup.limits import Limits
from icpgate.lookup.scope import Scope
from icpgate.lookup.steps import Now, Together
from icpgate.record import RegistrationStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpgate.answer import Answer, Query
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.steps import Flow

__all__ = ["Combined", "Strategy"]


class Strategy(StrEnum):
    """
    How the members' answers become one.

    `in_turn` asks the first, and the next only about what nobody before could say. `confirm` asks
    all, and takes the first's answer when at least one other says the same. `quorum` asks all, and
    takes the answer that at least `quorum` of them give.
    """

    IN_TURN = "in_turn"
    CONFIRM = "confirm"
    QUORUM = "quorum"


_FEWEST: Final = 2

_SECONDS: Final = 1.0
"""For one member, where no limits are given: two of them in turn fit into a gate's usual deadline."""


class Combined:
    """
    Several registries, asked as one.

    Found in two registries is the same answer when number, status, blacklisting, restriction and
    origin agree, and operator, service name and document number where both have them. Names are compared
    as the rules compare them: width, case, blanks and traditional characters make no difference.
    """

    def __init__(
        self,
        registries: Sequence[Registry],
        *,
        strategy: Strategy | str = Strategy.IN_TURN,
        quorum: int = _FEWEST,
        limits: Sequence[Limits | None] | None = None,
        id: str | None = None,  # noqa: A002 -- the word of the protocol
    ) -> None:
        """
        Take at least two registries, the most trusted first; `limits` has one for each,
        by default a second and no rate.

        Raises `ConfigurationError` for fewer, for the same one twice, and for a quorum that cannot
        be reached or that two different answers could reach.
        """
        self._members = tuple(registries)
        self.strategy = Strategy(_strategy(strategy))
        self.quorum = _quorum(quorum, len(self._members), self.strategy)
        introductions = [introduced(member) for member in self._members]
        names = [name for name, _ in introductions]
        leaves = [name for member in self._members for name in getattr(member, "answered_by", (member.id,))]
        if len(self._members) < _FEWEST or len(set(leaves)) < len(leaves):
            message = (
                f"{len(self._members)} registries to combine" if len(set(leaves)) == len(leaves) else "a registry twice"
            )
            raise ConfigurationError(message, hint="give at least two different ones", code="config.registry")
        places = [place for member in self._members if (place := getattr(member, "place", ""))]
        if self.strategy is not Strategy.IN_TURN and len(set(places)) < len(places):
            message = "two registries at one address: it would confirm itself"
            raise ConfigurationError(message, hint="give registries of different services", code="config.registry")
        each = [None] * len(self._members) if limits is None else list(limits)
        if len(each) != len(self._members):
            message = f"{len(each)} limits for {len(self._members)} registries"
            raise ConfigurationError(message, hint="one for each, or None", code="config.limits")
        self.guards: tuple[Guard, ...] = tuple(
            guarded(member, own or Limits(seconds=_SECONDS), is_member=True)
            for member, own in zip(self._members, each, strict=True)
        )
        self.guard = Guard(self, watches=False)
        """Its own only asks: the members are guarded one by one."""
        needed = f" {self.quorum}" if self.strategy is Strategy.QUORUM else ""
        self.id = id or f"{self.strategy.value}{needed} ({' | '.join(names)})"
        """Says how many must agree: answers that fewer gave are another registry's."""

    @property
    def capabilities(self) -> Capabilities:
        """What at least one member can do; not quick, unless all are."""
        able = [member.capabilities for member in self._members]
        saying_no = [each for each in able if each.authoritative]
        return Capabilities(
            by_number=any(each.by_number for each in able),
            by_document=any(each.by_document for each in able),
            by_domain=any(each.by_domain for each in able),
            authoritative=bool(saying_no),
            scope=Scope.union(each.scope for each in saying_no or able),
            cacheable=all(each.cacheable for each in able),
            quick=all(each.quick for each in able),
            batches=all(each.batches or each.quick for each in able),
        )

    @property
    def answered_by(self) -> tuple[str, ...]:
        """The ids of its members, which its answers bear; those of members of members too."""
        return tuple(name for each in self._members for name in (each.id, *getattr(each, "answered_by", ())))

    def close(self) -> None:
        """Close every member; may be called twice."""
        for member in self._members:
            shut(member)

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        if self.strategy is Strategy.IN_TURN:
            return (yield from self._in_turn(queries))
        flows = tuple(cast("Flow[object]", self._of(guard, queries)) for guard in self.guards)
        reply = yield Together(flows)
        parts = cast("tuple[object, ...]", reply.value)
        said = [
            part if isinstance(part, list) else _broken(guard.registry.id, queries, part, reply.now)
            for guard, part in zip(self.guards, parts, strict=True)
        ]
        return [self._of_all(query, [part[i] for part in said]) for i, query in enumerate(queries)]

    def _in_turn(self, queries: Sequence[Query]) -> Flow[list[Observation]]:
        answers: dict[Query, Observation] = {}
        waiting = tuple(dict.fromkeys(queries))
        for guard in self.guards:
            observations = yield from self._of(guard, waiting)
            for query, observation in zip(waiting, observations, strict=True):
                before = answers.get(query)
                # The first that could not say for want of an answer says more than *not listed* of the next.
                if before is None or not isinstance(observation.answer, Unavailable) or _tells_little(before):
                    answers[query] = observation
            waiting = tuple(query for query in waiting if _is_open(answers[query].answer))
            if not waiting:
                break
        return [answers[query] for query in queries]

    def _of(self, guard: Guard, queries: Sequence[Query]) -> Flow[list[Observation]]:
        """One member's answers, held against its promises."""
        member = guard.registry
        able = member.capabilities.queries
        asked = [query for query in queries if type(query) in able]
        reply = yield Now()
        answers: dict[Query, Observation] = {
            query: Observation(query, Unavailable(Why.CONFIGURATION, "not askable"), reply.now, member.id, member.id)
            for query in queries
        }
        if asked:
            observations = yield from guard.ask(asked, reply.elapsed + guard.limits.seconds)
            for query, observation in zip(asked, observations, strict=True):
                answers[query] = believed(member, query, observation, reply.now)
        return [answers[query] for query in queries]

    def _of_all(self, query: Query, observations: Sequence[Observation]) -> Observation:
        """One answer of all; whom nobody verified had a part in it, whoever's words it has."""
        settled = self._settled(query, observations)
        return marked(settled) if any(each.insecure_tls for each in observations) else settled

    def _settled(self, query: Query, observations: Sequence[Observation]) -> Observation:
        """One answer of all; the first member's where they agree."""
        said = [o for o in observations if not isinstance(o.answer, Unavailable)]
        if len({_gist(o.answer) for o in said}) > 1 or _contradict(said):
            return self._nobody(query, observations, Why.REGISTRIES_DISAGREE, _in_words(said))
        needed = self.quorum if self.strategy is Strategy.QUORUM else _FEWEST
        lacks_first = self.strategy is Strategy.CONFIRM and bool(said) and said[0] is not observations[0]
        if len(said) >= needed and not lacks_first:
            return min(said, key=lambda o: o.observed_at) if isinstance(said[0].answer, NotRegistered) else said[0]
        if not all(_is_good(o.answer) for o in said):
            # Too few to say no. But nothing that they all said before may stand in for it either.
            return self._nobody(query, observations, Why.REGISTRIES_DISAGREE, _in_words(observations))
        taken_back = [o for o in observations if isinstance(o.answer, Unavailable) and o.answer.why in _TAKEN_BACK]
        if taken_back or lacks_first or not said:
            return taken_back[0] if taken_back else observations[0]
        why = next(o.answer.why for o in observations if isinstance(o.answer, Unavailable))
        return self._nobody(query, observations, why, f"{len(said)} of {needed} registries say {_word(said[0].answer)}")

    def _nobody(self, query: Query, observations: Sequence[Observation], why: Why, detail: str) -> Observation:
        now = max(o.observed_at for o in observations)
        return Observation(query, Unavailable(why, detail), now, self.id, self.id)


def _broken(member: str, queries: Sequence[Query], error: object, now: datetime) -> list[Observation]:
    """What a member says whose flow ended with something else than answers: it keeps its place among the others."""
    nothing = Unavailable(Why.INTERNAL, type(error).__name__)
    return [Observation(query, nothing, now, member, member) for query in queries]


_TAKEN_BACK: Final = frozenset({Why.NOT_LISTED, Why.WRONG_PROVINCE, Why.REGISTRIES_DISAGREE})
"""What a member says that no longer has what it may have had. That it does not cover a number was so before."""

_GOOD: Final = frozenset({RegistrationStatus.REGISTERED, RegistrationStatus.CHANGING})


def _is_good(answer: Answer) -> bool:
    """Whether nothing in an answer speaks against the registration."""
    return isinstance(answer, Found) and all(
        record.status in _GOOD and not record.blacklisted and not record.access_restricted for record in answer.records
    )


def _is_open(answer: Answer) -> bool:
    """Whether the next member may be asked: what two members contradict each other about is for a person to settle."""
    return isinstance(answer, Unavailable) and answer.why is not Why.REGISTRIES_DISAGREE


def _in_words(observations: Sequence[Observation]) -> str:
    return "; ".join(f"{o.registry} says {_word(o.answer)}" for o in observations)


def _tells_little(observation: Observation) -> bool:
    answer = observation.answer
    return isinstance(answer, Unavailable) and answer.why in {Why.NOT_LISTED, Why.NOT_COVERED, Why.CONFIGURATION}


def _gist(answer: Answer) -> object:
    """What must agree for two answers to be the same."""
    if not isinstance(answer, Found):
        return "no"
    return frozenset(
        (r.registration_number.canonical, r.status, bool(r.blacklisted), bool(r.access_restricted), r.origin)
        for r in answer.records
    )


_NAMED: Final = ("operator", "service_name", "document_number")


def _contradict(said: Sequence[Observation]) -> bool:
    """Whether two members tell of different people or services; a masked value tells nothing."""
    records = [record for o in said if isinstance(o.answer, Found) for record in o.answer.records]
    numbers = {record.registration_number.canonical for record in records}
    for name in _NAMED if len(records) > 1 else ():
        for number in numbers:
            values = [getattr(r, name) for r in records if r.registration_number.canonical == number]
            if len({fold(value) for value in values if value is not None and "*" not in value}) > 1:
                return True
    return False


def _word(answer: Answer) -> str:
    if isinstance(answer, Unavailable):
        return answer.why.value
    if not isinstance(answer, Found):
        return "not_registered"
    words = {
        "blacklisted" if r.blacklisted else "restricted" if r.access_restricted else r.status.value
        for r in answer.records
    }
    return ", ".join(sorted(words))


def _strategy(given: Strategy | str) -> str:
    known = [strategy.value for strategy in Strategy]
    if given in known:
        return str(given)
    suggestion = nearest(str(given), known)
    message = f"{quote(given)} is no strategy: one of {', '.join(known)}"
    raise ConfigurationError(message, hint=f"did you mean {suggestion}?" if suggestion else "", code="config.registry")


def _quorum(given: int, members: int, strategy: Strategy) -> int:
    if strategy is not Strategy.QUORUM:
        return _FEWEST
    if not isinstance(given, int) or isinstance(given, bool) or not _FEWEST <= given <= members:
        message = f"quorum is {quote(given)}: from {_FEWEST} to the {members} registries"
        raise ConfigurationError(message, code="config.registry")
    return given
