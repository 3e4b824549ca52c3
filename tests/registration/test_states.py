"""The procedure as a table: every row, everything that is no row, and what a registry says meanwhile."""

from __future__ import annotations

import itertools

import pytest

from icpgate.record import RegistrationStatus
from icpgate.registration.states import (
    CANCELLATIONS,
    CHANGES,
    TRANSITIONS,
    IllegalStep,
    Purpose,
    Role,
    State,
    Step,
    legal_steps,
    may_ever,
    status_of,
    transition,
)

REGISTERED = RegistrationStatus.REGISTERED


def test_a_step_has_one_row_at_most() -> None:
    """No role can take one step from one state to two others."""
    seen = set()
    for row in TRANSITIONS:
        for key in itertools.product([row.before], row.purposes, [row.step], row.roles or {None}):
            assert key not in seen, key
            seen.add(key)


def test_whatever_is_no_row_is_refused_with_the_legal_steps() -> None:
    """Every state, purpose, step and role: a row leads where it says, anything else says what is legal."""
    legal = 0
    for state, purpose, step, role in itertools.product(State, Purpose, Step, Role):
        rows = [
            row
            for row in TRANSITIONS
            if row.before is state and purpose in row.purposes and row.step is step and role in row.roles
        ]
        if rows:
            legal += 1
            assert transition(state, purpose, step, role) is rows[0]
            assert rows[0] in legal_steps(state, purpose, role)
            continue
        with pytest.raises(IllegalStep) as refused:
            transition(state, purpose, step, role)
        assert refused.value.legal == legal_steps(state, purpose)
        assert refused.value.code == "registration.illegal_step"
        assert refused.value.hint == "nothing can follow" if state.is_final else "legal: " in refused.value.hint
    assert legal == sum(len(row.purposes) * len(row.roles) for row in TRANSITIONS)


def test_nothing_follows_what_is_final() -> None:
    """An approved, rejected or withdrawn application stays so."""
    assert {state for state in State if state.is_final} == {State.APPROVED, State.REJECTED, State.WITHDRAWN}
    assert not [row for row in TRANSITIONS if row.before.is_final]


def test_only_the_bureau_decides_and_only_the_operator_confirms() -> None:
    """Who may do what, where a wrong answer would be a wrong number."""
    for row in TRANSITIONS:
        if row.step in {Step.APPROVE, Step.REJECT}:
            assert row.roles == {Role.BUREAU}
        if row.step is Step.CONFIRM:
            assert row.roles == {Role.OPERATOR}
        if row.step is Step.VERIFY:
            assert row.roles == {Role.PLATFORM, Role.ACCESS_PROVIDER}
        if row.after is State.APPROVED and not row.purposes <= CANCELLATIONS:
            assert row.before is State.UNDER_REVIEW


def test_nothing_new_is_reviewed_without_verification_and_confirmation() -> None:
    """Every way of an application with a form leads through all of them."""
    for purpose in set(Purpose) - CANCELLATIONS:
        ways = {row.before for row in TRANSITIONS if row.after is State.UNDER_REVIEW and purpose in row.purposes}
        assert ways == {State.AWAITING_SMS}
        before = {row.before for row in TRANSITIONS if row.after is State.AWAITING_SMS and purpose in row.purposes}
        assert before == {State.VERIFYING}


@pytest.mark.parametrize(
    ("step", "role", "may"),
    [
        (Step.APPROVE, Role.BUREAU, True),
        (Step.APPROVE, Role.PLATFORM, False),
        (Step.VERIFY, Role.OPERATOR, False),
        (Step.LAPSE, Role.BUREAU, False),
    ],
)
def test_whether_a_role_ever_may(step: Step, role: Role, *, may: bool) -> None:
    """Whatever the state is."""
    assert may_ever(step, role) is may


def test_a_refusal_says_who_may_do_what() -> None:
    """Readable by whoever is refused."""
    with pytest.raises(
        IllegalStep, match="approve by operator is no step of an application that is awaiting_sms"
    ) as no:
        transition(State.AWAITING_SMS, Purpose.NEW, Step.APPROVE, Role.OPERATOR)
    assert no.value.hint == "legal: confirm by operator; withdraw by operator"


def test_a_change_that_is_only_asked_for_opens_nothing() -> None:
    """A shell or cancelled registration stays what it is in every state of every application."""
    for standing, purpose, state in itertools.product(
        (RegistrationStatus.SHELL, RegistrationStatus.CANCELLED), Purpose, State
    ):
        assert status_of(standing, purpose, state) is standing


def test_a_change_is_still_registered() -> None:
    """Changing while somebody has it, registered otherwise; never anything worse."""
    for purpose, state in itertools.product(CHANGES, State):
        assert status_of(REGISTERED, purpose, state) in {REGISTERED, RegistrationStatus.CHANGING}
    assert status_of(REGISTERED, Purpose.CHANGE, State.UNDER_REVIEW) is RegistrationStatus.CHANGING
    assert status_of(REGISTERED, Purpose.CHANGE, State.DRAFT) is REGISTERED
    assert status_of(REGISTERED, Purpose.CHANGE, State.RETURNED) is REGISTERED


def test_a_cancellation_shows_once_the_bureau_has_it() -> None:
    """Before the operator confirmed it, nobody can take an app down by asking for its cancellation."""
    for purpose in (Purpose.CANCEL_SERVICE, Purpose.CANCEL_ENTITY):
        for state in State:
            expected = RegistrationStatus.CANCELLING if state is State.UNDER_REVIEW else REGISTERED
            assert status_of(REGISTERED, purpose, state) is expected
    for state in State:
        assert status_of(REGISTERED, Purpose.CANCEL_ACCESS, state) is REGISTERED


def test_what_is_new_is_registered_by_its_approval_alone() -> None:
    """And what was rejected or withdrawn is no registration."""
    registered = [state for state in State if status_of(None, Purpose.NEW, state) is REGISTERED]
    assert registered == [State.APPROVED]
    for state in (State.DRAFT, State.REJECTED, State.WITHDRAWN):
        assert status_of(None, Purpose.NEW, state) is None
    for purpose in CANCELLATIONS | {Purpose.CHANGE, Purpose.ADD_PLATFORM}:
        assert status_of(None, purpose, State.APPROVED) is None
