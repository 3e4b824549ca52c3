"""
Asks one registry, and guarantees what registries only promise.

- `look_up` never raises for what a registry did: that is `Unavailable`, with a why.
- *Found* counts only when every record echoes the query, *not registered* only from an
  authoritative registry inside its scope, any answer only with a moment that can be believed.
- No detail of an `Unavailable` repeats what a registry sent.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable, Why, echoes
from icpgate.errors import ConfigurationError
from icpgate.lookup.drivers import SystemClock, run
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.scope import Scope
from icpgate.record import RegistrationRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from icpgate.answer import Query
    from icpgate.lookup.drivers import Clock
    from icpgate.lookup.interface import Registry

__all__ = ["LookupClient"]

_YEARS: Final = range(2000, 2100)
"""The register began in 2005: an observation from another century is a mistake of its reader."""


class LookupClient:
    """
    A registry as a gate asks it. Public in its own right, also without a gate.

    It may be shared by threads and used after a fork, as far as its registry may.
    """

    def __init__(self, registry: Registry, *, clock: Clock | None = None) -> None:
        """Take a registry; raises `ConfigurationError` when it is none."""
        self._registry = registry
        self._clock = clock if clock is not None else SystemClock()
        self._id, self._askable = _introduced(registry)

    def __enter__(self) -> Self:
        """Nothing to open: it works from its construction on."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the registry."""
        self.close()

    def close(self) -> None:
        """Let the registry go of its files and connections; may be called twice."""
        with suppress(Exception):  # what a registry fails to close cannot be helped here
            close = getattr(self._registry, "close", None)
            if close is not None:
                close()

    def can_ask(self, kind: type[Query]) -> bool:
        """Whether the registry can be asked by this kind of query."""
        return kind in self._askable

    def look_up(self, query: Query) -> Observation:
        """What the registry says about one query; raises nothing for what it did."""
        if type(query) not in self._askable:
            return self._unasked(query)
        try:
            observations = run(self._registry.ask((query,)), self._clock)
            if len(observations) != 1:
                return self._nobody(query, Why.MALFORMED, f"{len(observations)} answers to 1 query")
            observation = observations[0]
            problem = self._problem(query, observation)
        except Exception as error:  # noqa: BLE001 -- whatever a registry raises, nobody could say
            return self._nobody(query, Why.INTERNAL, type(error).__name__)
        return observation if problem is None else self._nobody(query, *problem)

    def look_up_many(self, queries: Sequence[Query]) -> tuple[Observation, ...]:
        """What the registry says about each, in order, asked as one batch."""
        asked = [query for query in queries if type(query) in self._askable]
        try:
            observations = list(run(self._registry.ask(tuple(asked)), self._clock)) if asked else []
        except Exception as error:  # noqa: BLE001 -- as above
            return tuple(self._nobody(query, Why.INTERNAL, type(error).__name__) for query in queries)
        if len(observations) != len(asked):
            detail = f"{len(observations)} answers to {len(asked)} queries"
            return tuple(self._nobody(query, Why.MALFORMED, detail) for query in queries)
        answers = iter(observations)
        return tuple(
            self._held(query, next(answers)) if type(query) in self._askable else self._unasked(query)
            for query in queries
        )

    def _held(self, query: Query, observation: Observation) -> Observation:
        try:
            problem = self._problem(query, observation)
        except Exception as error:  # noqa: BLE001 -- an answer whose parts raise when they are looked at
            return self._nobody(query, Why.INTERNAL, type(error).__name__)
        return observation if problem is None else self._nobody(query, *problem)

    def _unasked(self, query: Query) -> Observation:
        """A query that the registry cannot answer; what is no query is the caller's mistake."""
        if type(query) not in _ALL_QUERIES:
            message = f"{type(query).__name__} is not a query"
            raise ConfigurationError(message, hint="ByNumber(parse(text)) makes one", code="query.type")
        return self._nobody(query, Why.CONFIGURATION, f"the registry cannot be asked {type(query).__name__}")

    def _nobody(self, query: Query, why: Why, detail: str) -> Observation:
        return Observation(query, Unavailable(why, detail), self._clock.now(), self._id, self._id)

    def _problem(self, query: Query, observation: Observation) -> tuple[Why, str] | None:
        """What is wrong with an answer; None when it may be believed."""
        if type(observation) is not Observation:
            return Why.INTERNAL, f"{type(observation).__name__} for an observation"
        if observation.query is not query and observation.query != query:
            return Why.MALFORMED, "an answer to another query"
        if not _is_moment(observation.observed_at):
            return Why.MALFORMED, "no moment that can be believed"
        if type(observation.source) is not str or type(observation.registry) is not str:
            return Why.MALFORMED, "no source"
        answer = observation.answer
        if type(answer) is Found:
            return _found_problem(query, answer)
        if type(answer) is NotRegistered:
            return self._no_problem(query, answer)
        if type(answer) is not Unavailable or type(answer.why) is not Why or type(answer.detail) is not str:
            return Why.INTERNAL, f"{type(answer).__name__} for an answer"
        return None

    def _no_problem(self, query: Query, answer: NotRegistered) -> tuple[Why, str] | None:
        """A *no* counts from a registry that may say it, about what it may say it of."""
        capabilities = self._registry.capabilities
        if not capabilities.authoritative:
            return Why.MALFORMED, "a no from a registry that may not say no"
        scopes = (capabilities.scope, Scope.parse(answer.scope))
        covered = (
            all(scope.covers(query.number) for scope in scopes)
            if type(query) is ByNumber
            else all(scope.is_all for scope in scopes)
        )
        return None if covered else (Why.NOT_COVERED, "a no outside the registry's scope")


def _found_problem(query: Query, answer: Found) -> tuple[Why, str] | None:
    records = answer.records
    if type(records) is not tuple or not records:
        return Why.MALFORMED, "found without a record"
    if len(records) > 1 and type(query) is ByNumber:
        return Why.MALFORMED, f"{len(records)} records of one number"
    for record in records:
        if type(record) is not RegistrationRecord:
            return Why.INTERNAL, f"{type(record).__name__} for a record"
        if not _is_moment(record.observed_at):
            return Why.MALFORMED, "a record without a moment that can be believed"
        same = type(query) is ByNumber and record.registration_number is query.number
        if not same and not echoes(query, record):
            return Why.MALFORMED, "a record that does not echo the query"
    return None


def _is_moment(moment: object) -> bool:
    """An aware moment of a believable year; whether it is young enough is for the rules."""
    if type(moment) is datetime and moment.tzinfo is UTC:
        return moment.year in _YEARS
    return isinstance(moment, datetime) and moment.utcoffset() is not None and moment.year in _YEARS


_ALL_QUERIES: Final = frozenset(Capabilities(by_document=True, by_domain=True).queries)


def _introduced(registry: Registry) -> tuple[str, frozenset[type[Query]]]:
    """The registry's id, and what it can be asked by."""
    name = capabilities = None
    with suppress(Exception):  # a property that raises is as good as none
        name, capabilities = getattr(registry, "id", None), getattr(registry, "capabilities", None)
    if not isinstance(name, str) or not name or not isinstance(capabilities, Capabilities):
        message = f"{type(registry).__name__} is not a registry: it needs id, capabilities and ask"
        raise ConfigurationError(message, hint="see docs/extending.md", code="config.registry")
    return name, frozenset(capabilities.queries)
