"""How long an answer lives: for each kind, at its ends, and what may not be stated at all."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import Found, NotRegistered, Observation, Unavailable, Why
from icpgate.errors import ConfigurationError
from icpgate.lives import LONGEST_LIFE, Bound, Lives, Span, denies, observed_of, same_apart_from_moments
from icpgate.record import RegistrationRecord, RegistrationStatus
from tests.cases import NOW, NUMBER, found, registered, said
from tests.lookup.files import OTHER, by

if TYPE_CHECKING:
    from icpgate.answer import Answer

HOUR = timedelta(hours=1)
HOURS = [field.name for field in fields(Lives) if field.name != "jitter"]
EACH: dict[str, Any] = {name: (position + 1) * HOUR for position, name in enumerate(HOURS)}
LIVES = Lives(**EACH)  # every life another one
STATES: dict[str, dict[str, Any]] = {
    **{status.value: {"status": status.value} for status in RegistrationStatus},
    "blacklisted": {"blacklisted": True},
    "restricted": {"access_restricted": True},
}


def having(*changes: dict[str, Any]) -> Found:
    """The answer with these records."""
    return Found(tuple(RegistrationRecord.read(registered(**each)) for each in changes))


def seen(answer: Answer, at: datetime) -> Observation:
    """An observation at a moment, with its records of the same moment."""
    if isinstance(answer, Found):
        answer = Found(tuple(replace(record, observed_at=at) for record in answer.records))
    return Observation(by(NUMBER), answer, at, "test", "memory")


@pytest.mark.parametrize("kind", STATES)
def test_a_life_for_each_kind_of_record(kind: str) -> None:
    """Each state of a registration and each flag has its own."""
    assert LIVES.of(having(STATES[kind])) == getattr(LIVES, kind)


@pytest.mark.parametrize("status", RegistrationStatus)
def test_flags_go_before_the_status(status: RegistrationStatus) -> None:
    """And the blacklist before a restriction."""
    flags: dict[str, Any] = {"status": status.value, "access_restricted": True}
    assert LIVES.of(having(flags)) == LIVES.restricted
    assert LIVES.of(having(flags | {"blacklisted": True})) == LIVES.blacklisted


@pytest.mark.parametrize("absent", [None, False])
def test_a_flag_that_is_not_there_is_not_set(absent: bool | None) -> None:  # noqa: FBT001 -- a value of the record
    """A source without flags has lives by status."""
    assert LIVES.of(having({"blacklisted": absent, "access_restricted": absent})) == LIVES.registered


def test_a_no_has_a_life_and_a_failure_has_none() -> None:
    """What nobody could say is never kept."""
    assert LIVES.of(NotRegistered("all")) == LIVES.not_registered
    assert all(LIVES.of(Unavailable(why)) == timedelta(0) for why in Why)


def test_of_several_records_the_shortest_life() -> None:
    """In whatever order they come."""
    changes = [{}, {"status": "changing", "registration_number": OTHER}]
    assert Lives().of(having(*changes)) == Lives().of(having(*reversed(changes))) == 6 * HOUR


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(kind, kind in {"pending", "returned", "cancelled", "blacklisted"}) for kind in STATES],
)
def test_what_denies(kind: str, *, expected: bool) -> None:
    """Only what no policy could allow; a restriction may be off."""
    assert denies(having(STATES[kind])) is expected


def test_one_record_that_could_allow_is_enough() -> None:
    """Several records deny together or not at all; a no denies, a failure does not."""
    cancelled = {"status": "cancelled", "registration_number": OTHER}
    assert not denies(having({}, cancelled))
    assert denies(having({"blacklisted": True}, cancelled))
    assert denies(NotRegistered("all"))
    assert not denies(Unavailable(Why.TIMEOUT))


def test_an_observation_is_as_old_as_its_oldest_part() -> None:
    """A record inside it may be older than it says of itself."""
    old, new = ((NOW - hours * HOUR).isoformat() for hours in (9, 2))
    records = registered(observed_at=new), registered(observed_at=old, registration_number=OTHER)
    assert observed_of(found(*records, seen=NOW)) == NOW - 9 * HOUR
    assert observed_of(found(records[0], seen=NOW - 12 * HOUR)) == NOW - 12 * HOUR
    assert observed_of(said(NotRegistered("all"))) == NOW


@pytest.mark.parametrize("answer", [having({}, {"registration_number": OTHER}), NotRegistered("all")])
def test_the_same_said_at_another_time(answer: Answer) -> None:
    """When it was observed and where it came from make no difference, for any of the records."""
    later = answer
    if isinstance(answer, Found):
        later = Found(tuple(replace(record, observed_at=NOW, source="other") for record in answer.records))
    assert same_apart_from_moments(answer, later)
    assert same_apart_from_moments(later, answer)


@pytest.mark.parametrize(
    "other",
    [
        having({}, {"registration_number": OTHER}),
        *(having(STATES[kind]) for kind in STATES if kind != "registered"),
        having({"service_name": "冒名阅读"}),
        having({"origin": "simulated"}),
        NotRegistered("all"),
        Unavailable(Why.TIMEOUT),
    ],
)
def test_anything_else_is_another_answer(other: Answer) -> None:
    """One more record, another state, flag, name or origin, another kind of answer."""
    assert not same_apart_from_moments(having({}), other)
    assert not same_apart_from_moments(other, having({}))


def test_another_scope_is_another_no() -> None:
    """A no is about its scope."""
    assert not same_apart_from_moments(NotRegistered("all"), NotRegistered("province=11"))


def test_the_ends_of_what_could_allow() -> None:
    """Fresh for its life, returned at once a while longer, and used no longer than `stale_allow`."""
    span = Lives().span(seen(having({}), NOW), NOW)
    assert span == Span(NOW + 24 * HOUR, NOW + 25 * HOUR, NOW + 48 * HOUR)


@pytest.mark.parametrize("answer", [NotRegistered("all"), having({"status": "pending"})])
def test_the_ends_of_what_denies(answer: Answer) -> None:
    """It may be used longer."""
    assert Lives().span(seen(answer, NOW), NOW) == Span(NOW + HOUR, NOW + 2 * HOUR, NOW + 169 * HOUR)


def test_age_counts_from_when_the_source_looked() -> None:
    """Not from when it was asked."""
    assert Lives().span(seen(having({}), NOW - 20 * HOUR), NOW).fresh == NOW + 4 * HOUR


@pytest.mark.parametrize("age", [24, 25, 10_000])
def test_what_comes_older_than_its_life_is_asked_again_after_a_while(age: int) -> None:
    """At most every `again`, however old it is; its other ends count from there."""
    span = Lives().span(seen(having({}), NOW - age * HOUR), NOW)
    again = Lives().again
    assert span == Span(NOW + again, NOW + again + HOUR, NOW + again + 24 * HOUR)


def test_again_never_lengthens_a_life() -> None:
    """A life that is shorter than `again` is the shortest time between two questions."""
    lives = replace(Lives(), registered=timedelta(seconds=5))
    assert lives.span(seen(having({}), NOW - HOUR), NOW).fresh == NOW + timedelta(seconds=5)
    assert replace(lives, registered=timedelta(0)).span(seen(having({}), NOW), NOW).fresh == NOW


def test_a_source_of_the_future_gains_nothing() -> None:
    """What was observed after it was asked for counts from when it was asked for."""
    assert Lives().span(seen(having({}), NOW + 24 * HOUR), NOW).fresh == NOW + 24 * HOUR


@given(
    answer=st.sampled_from(
        [*(having(each) for each in STATES.values()), NotRegistered("all"), Unavailable(Why.TIMEOUT)]
    ),
    age=st.timedeltas(-HOUR, 100 * HOUR),
    jitter=st.floats(0, 0.5),
    draw=st.floats(0, 1, exclude_max=True),
)
def test_jitter_only_shortens(answer: Answer, age: timedelta, jitter: float, draw: float) -> None:
    """By no more than its part of the life, and never below `again`; the ends keep their order."""
    lives, observation = replace(Lives(), jitter=jitter), seen(answer, NOW - age)
    full, drawn = lives.span(observation, NOW), lives.span(observation, NOW, draw)
    life = lives.of(answer)
    assert full.fresh - jitter * life - timedelta(microseconds=1) <= drawn.fresh <= full.fresh
    assert drawn.fresh >= NOW
    assert drawn.fresh <= drawn.renewed <= drawn.usable
    stale = lives.stale_deny if denies(answer) else lives.stale_allow
    assert (drawn.renewed - drawn.fresh, drawn.usable - drawn.fresh) == (lives.renewing, stale)


@pytest.mark.parametrize("name", HOURS)
@pytest.mark.parametrize("value", [timedelta(-1), LONGEST_LIFE + timedelta(microseconds=1), 24, 1.5, "24", None, True])
def test_a_life_that_is_none_is_refused(name: str, value: object) -> None:
    """Nothing negative, nothing for ever, and only a `timedelta`."""
    with pytest.raises(ConfigurationError, match=f"^{name} is .*: from nothing to 30 days") as caught:
        Lives(**{name: value})  # type: ignore[arg-type]  # mistakes are the point
    assert (caught.value.code, caught.value.hint) == ("config.cache", "see docs/settings.md, [cache]")


@pytest.mark.parametrize("value", [-0.01, 0.51, float("nan"), "0.1", None, True, HOUR])
def test_a_jitter_that_is_none_is_refused(value: object) -> None:
    """It is a part of a life, at most half of it."""
    with pytest.raises(ConfigurationError, match=r"^jitter is .*: a part from 0 to 0\.5"):
        Lives(jitter=value)  # type: ignore[arg-type]  # mistakes are the point


def test_the_ends_of_what_may_be_stated() -> None:
    """Nothing at all, and the longest of everything."""
    nothing = Lives(**dict.fromkeys(HOURS, timedelta(0)), jitter=0)
    assert nothing.span(seen(having({}), NOW), NOW) == Span(NOW, NOW, NOW)
    assert Lives(**dict.fromkeys(HOURS, LONGEST_LIFE), jitter=0.5).stale_deny == LONGEST_LIFE


def test_what_could_allow_must_end_first() -> None:
    """A stale allow never lives longer than a stale denial; renewing is a part of being stale."""
    with pytest.raises(ConfigurationError, match="stale_allow is longer than stale_deny"):
        Lives(stale_allow=2 * HOUR, stale_deny=2 * HOUR - timedelta(microseconds=1))
    with pytest.raises(ConfigurationError, match="renewing is longer than stale_allow"):
        Lives(renewing=2 * HOUR + timedelta(microseconds=1), stale_allow=2 * HOUR)
    assert Lives(renewing=HOUR, stale_allow=HOUR, stale_deny=HOUR).renewing == HOUR


@pytest.mark.parametrize("kind", ["registered", "changing", "cancelling", "shell", "restricted"])
def test_the_bound_is_the_longest_life_of_what_could_allow(kind: str) -> None:
    """And how long beyond it an answer is used, while the registry answers and while it does not."""
    changed: dict[str, Any] = {kind: 48 * HOUR}
    lives = replace(Lives(), **changed)
    assert lives.bound(LONGEST_LIFE) == Bound(answering=49 * HOUR, silent=72 * HOUR)


@pytest.mark.parametrize("kind", ["pending", "returned", "cancelled", "blacklisted", "not_registered", "stale_deny"])
def test_what_denies_is_no_part_of_the_bound(kind: str) -> None:
    """Its life is no allow's."""
    changed: dict[str, Any] = {kind: 400 * HOUR}
    assert replace(Lives(), **changed).bound(LONGEST_LIFE) == Bound(25 * HOUR, 48 * HOUR)


def test_a_policy_that_believes_less_has_a_shorter_bound() -> None:
    """Nothing is believed beyond its `record_stale`."""
    assert Lives().bound(30 * HOUR) == Bound(25 * HOUR, 30 * HOUR)
    assert Lives().bound(HOUR) == Bound(HOUR, HOUR)
