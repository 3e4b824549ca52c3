"""
How long an answer lives: how long it is used without asking again, and how long when nobody can be asked.

- Age counts from when the source observed, through every level of a cache.
- A life for each kind of answer. What nobody could say has none: it is never kept.
- Beyond its life an answer is *stale*: used only while it is being renewed or cannot be, always
  marked, and to a hard end. An answer that denies may be used longer than one that could allow.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.answer import Found, NotRegistered
from icpgate.errors import ConfigurationError, quote
from icpgate.record import RegistrationStatus

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.answer import Answer, Observation
    from icpgate.record import RegistrationRecord

__all__ = ["LONGEST_LIFE", "Bound", "Lives", "Span", "denies", "observed_of", "same_apart_from_moments"]

LONGEST_LIFE: Final = timedelta(days=30)
"""The age at which the shipped policy believes nothing any more."""

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """The ends of one observation: asked again after `fresh`, waited for after `renewed`, not used after `usable`."""

    fresh: datetime
    renewed: datetime
    usable: datetime


@dataclass(frozen=True, slots=True)
class Bound:
    """The bound while the registry answers, and while it does not: the longer of the two is the bound."""

    answering: timedelta
    silent: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """
    The life of each kind of answer, from the policy's `[cache]`.

    `blacklisted` and `restricted` go before the status. `again` is the shortest time between two
    questions about an answer that its source observed longer ago than its life. `renewing` is how
    long beyond its life an answer is returned at once while it is renewed; `stale_allow` and
    `stale_deny` are how long when the registry cannot be asked. `jitter` shortens a life by up
    to that part, so that what came together does not end together.
    """

    registered: timedelta = 24 * _HOUR
    changing: timedelta = 6 * _HOUR
    pending: timedelta = _HOUR
    returned: timedelta = _HOUR
    cancelling: timedelta = _HOUR
    cancelled: timedelta = 24 * _HOUR
    shell: timedelta = 6 * _HOUR
    blacklisted: timedelta = 24 * _HOUR
    restricted: timedelta = 6 * _HOUR
    not_registered: timedelta = _HOUR
    again: timedelta = _HOUR / 12
    renewing: timedelta = _HOUR
    stale_allow: timedelta = 24 * _HOUR
    stale_deny: timedelta = 168 * _HOUR
    jitter: float = 0.1

    def __post_init__(self) -> None:
        """Refuse what would let a stale allow live longest, or anything for ever."""
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "jitter":
                valid = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 0.5  # noqa: PLR2004 -- said in the message
                expected = "a part from 0 to 0.5"
            else:
                valid = isinstance(value, timedelta) and timedelta(0) <= value <= LONGEST_LIFE
                expected = f"from nothing to {LONGEST_LIFE.days} days"
            if not valid:
                raise _refused(f"{each.name} is {quote(value)}: {expected}")
        if self.stale_allow > self.stale_deny:
            raise _refused("stale_allow is longer than stale_deny: what could allow must end first")
        if self.renewing > self.stale_allow:
            raise _refused("renewing is longer than stale_allow: it is a part of it")

    def of(self, answer: Answer) -> timedelta:
        """The life of an answer; of several records the shortest. Nothing for what nobody could say."""
        if type(answer) is Found:
            return min([self._of_record(record) for record in answer.records])
        return self.not_registered if type(answer) is NotRegistered else timedelta(0)

    def span(self, observation: Observation, asked_at: datetime, draw: float = 0.0) -> Span:
        """When an observation stops being fresh and when it stops being usable; `draw` is from 0 to below 1."""
        fresh = self.fresh_until(observation, asked_at, draw)
        stale = self.stale_deny if denies(observation.answer) else self.stale_allow
        return Span(fresh, fresh + self.renewing, fresh + stale)

    def fresh_until(self, observation: Observation, asked_at: datetime, draw: float = 0.0) -> datetime:
        """When an observation stops being fresh; see `span`."""
        life = self.of(observation.answer) * (1 - self.jitter * draw)
        observed = min(observed_of(observation), asked_at)
        return max(observed + life, asked_at + min(life, self.again))

    def bound(self, max_age: timedelta) -> Bound:
        """
        How long after a registry shows a revocation an allow may still rest on what it said before.

        `max_age` is the age at which a policy believes nothing any more (`record_stale`).
        """
        longest = max(self.registered, self.changing, self.cancelling, self.shell, self.restricted)
        return Bound(min(longest + self.renewing, max_age), min(longest + self.stale_allow, max_age))

    def _of_record(self, record: RegistrationRecord) -> timedelta:
        if record.blacklisted:
            return self.blacklisted
        if record.access_restricted:
            return self.restricted
        life: timedelta = getattr(self, record.status.value)
        return life


_COULD_ALLOW: Final = frozenset(
    {
        RegistrationStatus.REGISTERED,
        RegistrationStatus.CHANGING,
        RegistrationStatus.CANCELLING,
        RegistrationStatus.SHELL,
    }
)


def denies(answer: Answer) -> bool:
    """Whether no policy could allow on this answer; every other one counts as an allow."""
    if type(answer) is Found:
        return all(record.blacklisted or record.status not in _COULD_ALLOW for record in answer.records)
    return type(answer) is NotRegistered


def observed_of(observation: Observation) -> datetime:
    """When the oldest part of an observation was observed: the observation itself, or one of its records."""
    answer = observation.answer
    if type(answer) is not Found:
        return observation.observed_at
    return min([observation.observed_at, *[record.observed_at for record in answer.records]])


def same_apart_from_moments(one: Answer, other: Answer) -> bool:
    """Whether two answers say the same, whenever and by whom it was observed."""
    if type(one) is not Found or type(other) is not Found:
        return one == other
    return len(one.records) == len(other.records) and all(
        replace(record, observed_at=there.observed_at, source=there.source) == there
        for record, there in zip(one.records, other.records, strict=True)
    )


def _refused(message: str) -> ConfigurationError:
    return ConfigurationError(message, hint="see docs/settings.md, [cache]", code="config.cache")
