"""
What an answer must be to be believed, whatever a registry promises.

- *Found* counts only when every record echoes the query, *not registered* only from an
  authoritative registry inside its scope, any answer only with a moment that can be believed.
- No detail of an `Unavailable` repeats what a registry sent.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable, Why, echoes
from icpgate.errors import ConfigurationError
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.scope import Scope
from icpgate.record import RegistrationRecord

if TYPE_CHECKING:
    from icpgate.answer import Query
    from icpgate.lookup.interface import Registry

__all__ = ["ALL_QUERIES", "believed", "introduced", "is_believed", "problem_of"]

_YEARS: Final = range(2000, 2100)
"""The register began in 2005: an observation from another century is a mistake of its reader."""

ALL_QUERIES: Final = frozenset(Capabilities(by_document=True, by_domain=True).queries)


def introduced(registry: Registry) -> tuple[str, Capabilities]:
    """The registry's id and what it can do; raises `ConfigurationError` for what is no registry."""
    name = capabilities = None
    with suppress(Exception):  # a property that raises is as good as none
        name, capabilities = getattr(registry, "id", None), getattr(registry, "capabilities", None)
    if not isinstance(name, str) or not name or not isinstance(capabilities, Capabilities):
        message = f"{type(registry).__name__} is not a registry: it needs id, capabilities and ask"
        raise ConfigurationError(message, hint="see docs/extending.md", code="config.registry")
    return name, capabilities


def believed(registry: Registry, query: Query, observation: Observation, now: datetime) -> Observation:
    """The observation if it may be believed; otherwise that nobody could say, and why."""
    try:
        problem = problem_of(registry, query, observation)
    except Exception as error:  # noqa: BLE001 -- an answer whose parts raise when they are looked at
        problem = Why.INTERNAL, type(error).__name__
    if problem is None:
        return observation
    return Observation(query, Unavailable(*problem), now, registry.id, registry.id)


def is_believed(registry: Registry, observation: Observation) -> bool:
    """
    Whether what was believed when it came counts for this registry as well.

    Of clients that share a cache another one may have brought it, whose registry has the same id: a record counts
    all the same, a *no* only if this registry may say it.
    """
    if type(observation.answer) is Found:
        return True
    return believed(registry, observation.query, observation, observation.observed_at) is observation


def problem_of(registry: Registry, query: Query, observation: Observation) -> tuple[Why, str] | None:
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
        return _no_problem(registry.capabilities, query, answer)
    if type(answer) is not Unavailable or type(answer.why) is not Why or type(answer.detail) is not str:
        return Why.INTERNAL, f"{type(answer).__name__} for an answer"
    return None


def _no_problem(capabilities: Capabilities, query: Query, answer: NotRegistered) -> tuple[Why, str] | None:
    """A *no* counts from a registry that may say it, about what it may say it of."""
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
