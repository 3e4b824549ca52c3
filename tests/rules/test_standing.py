"""Where a registration stands, and whether that may be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter, ValidationError

from icpgate.answer import NotRegistered, Unavailable, Why
from icpgate.record import RegistrationStatus
from icpgate.rules import Outcome, Rule
from icpgate.rules.standing import (
    AccessUnrestricted,
    NotBlacklisted,
    NotCancelled,
    NotCancelling,
    NotChanging,
    NotPending,
    NotReturned,
    NotShell,
    RecordFresh,
    RecordNotSimulated,
    Registered,
    RegistryAnswered,
    max_age_of,
)
from tests.cases import (
    NOW,
    NUMBER,
    case_of,
    described,
    failed,
    found,
    not_applicable,
    not_checkable,
    passed,
    registered,
    said,
)

if TYPE_CHECKING:
    from icpgate.answer import Observation

NO = said(NotRegistered("all"))
SILENCE = said(Unavailable(Why.TIMEOUT, "2 s"))
STATUSES = {
    RegistrationStatus.CHANGING: NotChanging,
    RegistrationStatus.PENDING: NotPending,
    RegistrationStatus.RETURNED: NotReturned,
    RegistrationStatus.CANCELLING: NotCancelling,
    RegistrationStatus.CANCELLED: NotCancelled,
    RegistrationStatus.SHELL: NotShell,
}
OF_A_RECORD = (*STATUSES.values(), NotBlacklisted, AccessUnrestricted, RecordNotSimulated)
ALL = (Registered, RegistryAnswered, RecordFresh, *OF_A_RECORD)


@pytest.mark.parametrize("rule", ALL)
def test_a_right_record_meets_every_demand(rule: type[Rule]) -> None:
    """Nothing is said about a record that is right."""
    assert rule().check(case_of()) == passed(rule)  # type: ignore[arg-type]  # all of them are demands


@pytest.mark.parametrize("rule", OF_A_RECORD)
@pytest.mark.parametrize(
    "observation", [None, NO, SILENCE, found(registered(registration_number="京ICP备2024000001号-1A"))]
)
def test_without_the_record_of_the_number_nothing_is_said(rule: type[Rule], observation: Observation | None) -> None:
    """No answer, a no, a silence and the record of another number are no record of this one."""
    case = case_of(observation=observation, asked=False)
    assert rule().check(case) == not_applicable(rule)  # type: ignore[arg-type]  # all of them are demands


def test_an_explicit_no() -> None:
    """An authoritative registry said that the number is not registered."""
    expected = failed(Registered, "registry.no", f"no registration {NUMBER} in test", f"a registration {NUMBER}")
    assert Registered().check(case_of(observation=NO)) == expected
    assert RegistryAnswered().check(case_of(observation=NO)) == passed(RegistryAnswered)


@pytest.mark.parametrize("observation", [None, SILENCE])
def test_no_answer_is_no_no(observation: Observation | None) -> None:
    """Who was not asked, or did not answer, has not said *no*."""
    assert Registered().check(case_of(observation=observation, asked=False)) == not_applicable(Registered)


@pytest.mark.parametrize("status", RegistrationStatus)
def test_each_status_fails_its_own_demand(status: RegistrationStatus) -> None:
    """Exactly one demand objects to a status, and none to a registered app."""
    case = case_of(record=registered(status=status.value))
    for other, rule in STATUSES.items():
        expected = (
            failed(rule, f"status.{status.value}", status.value, "registered") if other is status else passed(rule)
        )
        assert rule().check(case) == expected


@pytest.mark.parametrize(
    ("blacklisted", "finding"),
    [
        (True, failed(NotBlacklisted, "record.blacklisted", f"{NUMBER} blacklisted", "not blacklisted")),
        (None, not_checkable(NotBlacklisted, "record.blacklisted", "whether it is blacklisted")),
        (False, passed(NotBlacklisted)),
    ],
)
def test_blacklist(blacklisted: bool | None, finding: object) -> None:  # noqa: FBT001 -- a column of a table
    """A source without a blacklist proves nothing."""
    assert NotBlacklisted().check(case_of(record=registered(blacklisted=blacklisted))) == finding


@pytest.mark.parametrize(
    ("restricted", "finding"),
    [
        (True, failed(AccessUnrestricted, "record.access_restricted", "access restricted", "no restriction")),
        (None, not_checkable(AccessUnrestricted, "record.access_restricted", "whether access is restricted")),
    ],
)
def test_restriction(restricted: bool | None, finding: object) -> None:  # noqa: FBT001 -- a column of a table
    """A source that does not know of restrictions proves nothing."""
    assert AccessUnrestricted().check(case_of(record=registered(access_restricted=restricted))) == finding


@pytest.mark.parametrize("provider", ["示例云", "示例雲", " 示例 云"])
def test_the_gatekeepers_own_name_is_compared_as_a_name(provider: str) -> None:
    """An access provider is found under its name however it is written."""
    assert AccessUnrestricted(access_provider=provider.strip()).check(case_of()) == passed(AccessUnrestricted)


@pytest.mark.parametrize(
    ("providers", "finding"),
    [
        (["别家云"], failed(AccessUnrestricted, "access.provider", "别家云", "示例云")),
        (["甲云", "示例云计算"], failed(AccessUnrestricted, "access.provider", "甲云, 示例云计算", "示例云")),
        ([], failed(AccessUnrestricted, "access.provider", "no access provider", "示例云")),
        (None, not_checkable(AccessUnrestricted, "record.access_providers", "the registration's access providers")),
    ],
)
def test_an_access_provider_must_stand_in_the_registration(providers: object, finding: object) -> None:
    """Another provider, none and an unknown one are three things; a name that is near is another."""
    case = case_of(record=registered(access_providers=providers))
    assert AccessUnrestricted(access_provider="示例云").check(case) == finding


def test_a_restriction_comes_before_the_provider() -> None:
    """What is restricted is restricted for everybody."""
    case = case_of(record=registered(access_restricted=True, access_providers=[]))
    assert AccessUnrestricted(access_provider="示例云").check(case).detail == "record.access_restricted"


@pytest.mark.parametrize("name", [" ", " 示例云", "\t"])
def test_a_blank_provider_is_refused_by_the_policy(name: str) -> None:
    """A gatekeeper's name that is blank would switch the check off in silence."""
    with pytest.raises(ValidationError):
        TypeAdapter(AccessUnrestricted).validate_python({"access_provider": name})


def test_silence() -> None:
    """The why and its detail are named; it is neither yes nor no."""
    expected = failed(RegistryAnswered, "why.timeout", "memory: timeout (2 s)", "an answer of a registry")
    assert RegistryAnswered().check(case_of(observation=SILENCE)) == expected
    bare = RegistryAnswered().check(case_of(observation=said(Unavailable(Why.BLOCKED))))
    assert (bare.detail, bare.found) == ("why.blocked", "memory: blocked")


def test_nobody_was_asked() -> None:
    """A number nobody was asked about has no answer; without a number there is nothing to ask."""
    expected = failed(RegistryAnswered, "why.internal", "no answer", "an answer of a registry")
    assert RegistryAnswered().check(case_of(asked=False)) == expected
    assert RegistryAnswered().check(case_of(described(registration_number=None), asked=False)) == not_applicable(
        RegistryAnswered
    )


def test_the_record_of_another_number_is_no_answer() -> None:
    """A registry that answers another question has not answered."""
    other = found(registered(registration_number="京ICP备2024000001号-1A"))
    expected = failed(RegistryAnswered, "why.malformed", "another registration", NUMBER)
    assert RegistryAnswered().check(case_of(observation=other)) == expected


def test_several_records_of_one_number_are_none() -> None:
    """Which of two records counts is not for us to guess."""
    case = case_of(observation=found(registered(), registered(status="cancelled")))
    assert case.record is None
    assert RegistryAnswered().check(case) == failed(RegistryAnswered, "why.malformed", "2 registrations", NUMBER)


DAY = timedelta(days=1)


@pytest.mark.parametrize("age", [timedelta(), DAY, 30 * DAY])
def test_young_enough(age: timedelta) -> None:
    """The limit itself is young enough."""
    assert RecordFresh().check(case_of(record=registered(observed_at=(NOW - age).isoformat()))) == passed(RecordFresh)


def test_too_old() -> None:
    """A microsecond more than the limit is too old, and the age is shown to the last of it."""
    case = case_of(record=registered(observed_at=(NOW - 30 * DAY - timedelta(microseconds=1)).isoformat()))
    found_text = "observed 2026-10-24T23:59:59.999999Z, 30 days, 0:00:01 ago"
    assert RecordFresh().check(case) == failed(RecordFresh, "age", found_text, "at most 30 days old")


@pytest.mark.parametrize(("days", "expected"), [(0.5, "at most 0.5 days old"), (1.0, "at most 1 days old")])
def test_the_limit_is_the_policys(days: float, expected: str) -> None:
    """Half a day is a limit as any other."""
    limit = timedelta(days=days)
    young = case_of(record=registered(observed_at=(NOW - limit).isoformat()))
    old = case_of(record=registered(observed_at=(NOW - limit - timedelta(seconds=1)).isoformat()))
    assert RecordFresh(max_age_days=days).check(young) == passed(RecordFresh)
    assert RecordFresh(max_age_days=days).check(old).expected == expected


@pytest.mark.parametrize(("record_age", "answer_age"), [(31 * DAY, DAY), (DAY, 31 * DAY)])
def test_the_older_of_record_and_answer_counts(record_age: timedelta, answer_age: timedelta) -> None:
    """A registry that reads an old record today has not looked today."""
    record = registered(observed_at=(NOW - record_age).isoformat())
    finding = RecordFresh().check(case_of(observation=found(record, seen=NOW - answer_age)))
    assert (finding.outcome, finding.detail) == (Outcome.FAIL, "age")


def test_an_old_no_is_stale_too() -> None:
    """A registration that did not exist last year may exist today."""
    case = case_of(observation=said(NotRegistered("all"), seen=NOW - 31 * DAY))
    assert RecordFresh().check(case).detail == "age"


@pytest.mark.parametrize("observation", [None, said(Unavailable(Why.TIMEOUT), seen=NOW - 31 * DAY)])
def test_silence_has_no_age(observation: Observation | None) -> None:
    """Who said nothing said nothing old."""
    assert RecordFresh().check(case_of(observation=observation, asked=False)) == not_applicable(RecordFresh)


def test_a_clock_may_be_a_little_ahead() -> None:
    """Five minutes are forgiven."""
    case = case_of(observation=found(registered(observed_at=(NOW + timedelta(minutes=5)).isoformat())))
    assert RecordFresh().check(case) == passed(RecordFresh)


def test_an_observation_of_the_future() -> None:
    """What has not been seen yet is not young."""
    case = case_of(observation=found(registered(observed_at=(NOW + timedelta(minutes=5, seconds=1)).isoformat())))
    found_text = "observed 2026-11-24T00:05:01Z, 0:05:01 from now"
    assert RecordFresh().check(case) == failed(RecordFresh, "clock", found_text, "an observation of the past")


def test_ages_know_no_zones() -> None:
    """An age is the same wherever its two moments are written."""
    tokyo = timezone(timedelta(hours=9))
    case = case_of(now=NOW.astimezone(tokyo), record=registered(observed_at=(NOW - 30 * DAY).isoformat()))
    assert RecordFresh().check(case) == passed(RecordFresh)


def test_as_of_makes_nothing_younger() -> None:
    """The moment of the policy's phase is not the moment by which ages are judged."""
    record = registered(observed_at=datetime(2025, 1, 1, tzinfo=UTC).isoformat())
    assert RecordFresh().check(case_of(record=record, as_of=datetime(2025, 1, 2, tzinfo=UTC))).detail == "age"


@pytest.mark.parametrize("days", [0, -1, 367, float("nan"), float("inf")])
def test_limits_that_are_none(days: float) -> None:
    """No policy can believe for ever."""
    with pytest.raises(ValidationError):
        TypeAdapter(RecordFresh).validate_python({"max_age_days": days})


def test_the_strictest_limit_of_several_counts() -> None:
    """A policy without the demand has the usual limit."""
    assert max_age_of(()) == 30 * DAY
    assert max_age_of((RecordFresh(max_age_days=7), RecordFresh(max_age_days=3), object())) == 3 * DAY
    assert max_age_of((RecordFresh(max_age_days=90),)) == 90 * DAY


def test_a_simulated_record() -> None:
    """It is refused and named, unless the gate was made for such records."""
    record = registered(origin="simulated")
    expected = failed(
        RecordNotSimulated, "record.simulated", f"{NUMBER} SIMULATED by test", "a registration issued by a bureau"
    )
    assert RecordNotSimulated().check(case_of(record=record)) == expected
    assert RecordNotSimulated().check(case_of(record=record, allow_simulated=True)) == passed(RecordNotSimulated)


def test_texts_of_a_registry_are_made_legible() -> None:
    """Whatever a registry calls itself, a finding stays one short line."""
    bad = "x\n\u202e" + "y" * 500
    case = case_of(record=registered(origin="simulated", source=bad))
    assert RecordNotSimulated().check(case).found == f"{NUMBER} SIMULATED by x\\n\\u202e{'y' * 97}…"
    silence = RegistryAnswered().check(case_of(observation=said(Unavailable(Why.TIMEOUT, bad))))
    assert silence.found == f"memory: timeout (x\\n\\u202e{'y' * 97}…)"
