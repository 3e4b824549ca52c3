"""
The procedure as a table: which step leads from which state to which, and who may take it.

An *application* is what an operator hands in: for a new registration, a change, or a cancellation. Its states
follow each other as the rows of `TRANSITIONS` say, and in no other way. What a registry says about the
*registration* meanwhile is in `status_of` and nowhere else.

    draft → submitted → verifying → awaiting_sms → under_review → approved | rejected
              └──── returned ────┘       └ lapsed        └ returned
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from icpgate.record import RegistrationStatus
from icpgate.registration.refusals import RegistrationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "CANCELLATIONS",
    "CHANGES",
    "TRANSITIONS",
    "IllegalStep",
    "Purpose",
    "Role",
    "State",
    "Step",
    "Transition",
    "legal_steps",
    "may_ever",
    "status_of",
    "transition",
]


class Role(StrEnum):
    """Who takes a step (notice, route): the operator, who takes its material in and verifies it, who decides."""

    OPERATOR = "operator"
    PLATFORM = "platform"
    ACCESS_PROVIDER = "access_provider"
    BUREAU = "bureau"


class Purpose(StrEnum):
    """What an application is for."""

    NEW = "new"
    CHANGE = "change"
    ADD_PLATFORM = "add_platform"
    CHANGE_OPERATOR = "change_operator"
    CANCEL_SERVICE = "cancel_service"
    CANCEL_ENTITY = "cancel_entity"
    CANCEL_ACCESS = "cancel_access"


CHANGES: Final = frozenset({Purpose.CHANGE, Purpose.ADD_PLATFORM, Purpose.CHANGE_OPERATOR})
CANCELLATIONS: Final = frozenset({Purpose.CANCEL_SERVICE, Purpose.CANCEL_ENTITY, Purpose.CANCEL_ACCESS})


class State(StrEnum):
    """
    Where an application stands.

    `SUBMITTED`: the operator handed it in. `VERIFYING`: somebody took it in and has begun to verify it.
    `AWAITING_SMS`: submitted to the bureau's system, which waits up to 24 hours for the operator's
    confirmation. `LAPSED`: it waited in vain. `APPROVED`, `REJECTED` and `WITHDRAWN` are final.
    """

    DRAFT = "draft"
    SUBMITTED = "submitted"
    VERIFYING = "verifying"
    RETURNED = "returned"
    AWAITING_SMS = "awaiting_sms"
    LAPSED = "lapsed"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return self in _FINAL


_FINAL: Final = frozenset({State.APPROVED, State.REJECTED, State.WITHDRAWN})


class Step(StrEnum):
    """
    What is done with an application, or, the last four, with a registration.

    `SUBMIT` out of a draft hands the form in; out of `VERIFYING` it submits it to the bureau's system. `LAPSE`
    and `CLOSE` are nobody's steps: time takes the one, and a bureau's cancellation of the registration the
    other. `OBSERVE`: somebody looked at the bureau's record again. `READ_PERSONS`: somebody read who is
    responsible.
    """

    CREATE = "create"
    EDIT = "edit"
    SUBMIT = "submit"
    VERIFY = "verify"
    RETURN = "return"
    CONFIRM = "confirm"
    LAPSE = "lapse"
    CLOSE = "close"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    BLACKLIST = "blacklist"
    END_BLACKLISTING = "end_blacklisting"
    OBSERVE = "observe"
    READ_PERSONS = "read_persons"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the procedure: in `before`, one of `roles` may take `step`, which leads to `after`."""

    before: State
    step: Step
    roles: frozenset[Role]
    after: State
    purposes: frozenset[Purpose] = frozenset(Purpose)


_O: Final = Role.OPERATOR
_TAKERS: Final = frozenset({Role.PLATFORM, Role.ACCESS_PROVIDER})
_APPLICANTS: Final = _TAKERS | {_O}
_BUREAU: Final = frozenset({Role.BUREAU})
_WITH_FORM: Final = frozenset(Purpose) - CANCELLATIONS


def _cancelling(before: State) -> tuple[Transition, ...]:
    """A cancellation waits for the operator's confirmation; an access provider ends its own access without one."""
    of_access = frozenset({Purpose.CANCEL_ACCESS})
    ends_access = frozenset({Role.ACCESS_PROVIDER})
    return (
        Transition(before, Step.SUBMIT, _APPLICANTS, State.AWAITING_SMS, CANCELLATIONS - of_access),
        Transition(before, Step.SUBMIT, _APPLICANTS - ends_access, State.AWAITING_SMS, of_access),
        Transition(before, Step.SUBMIT, ends_access, State.UNDER_REVIEW, of_access),
    )


TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition(State.DRAFT, Step.EDIT, _APPLICANTS, State.DRAFT, _WITH_FORM),
    Transition(State.DRAFT, Step.SUBMIT, _APPLICANTS, State.SUBMITTED, _WITH_FORM),
    *_cancelling(State.DRAFT),
    Transition(State.DRAFT, Step.APPROVE, _BUREAU, State.APPROVED, CANCELLATIONS),
    Transition(State.DRAFT, Step.WITHDRAW, _APPLICANTS, State.WITHDRAWN),
    Transition(State.SUBMITTED, Step.VERIFY, _TAKERS, State.VERIFYING),
    Transition(State.SUBMITTED, Step.RETURN, _TAKERS, State.RETURNED),
    Transition(State.SUBMITTED, Step.WITHDRAW, frozenset({_O}), State.WITHDRAWN),
    Transition(State.VERIFYING, Step.VERIFY, _TAKERS, State.VERIFYING),
    Transition(State.VERIFYING, Step.SUBMIT, _TAKERS, State.AWAITING_SMS),
    Transition(State.VERIFYING, Step.RETURN, _TAKERS, State.RETURNED),
    Transition(State.VERIFYING, Step.WITHDRAW, frozenset({_O}), State.WITHDRAWN),
    Transition(State.RETURNED, Step.EDIT, _APPLICANTS, State.RETURNED, _WITH_FORM),
    Transition(State.RETURNED, Step.SUBMIT, _APPLICANTS, State.SUBMITTED, _WITH_FORM),
    *_cancelling(State.RETURNED),
    Transition(State.RETURNED, Step.WITHDRAW, _APPLICANTS, State.WITHDRAWN),
    Transition(State.AWAITING_SMS, Step.CONFIRM, frozenset({_O}), State.UNDER_REVIEW),
    Transition(State.AWAITING_SMS, Step.LAPSE, frozenset(), State.LAPSED),
    Transition(State.AWAITING_SMS, Step.WITHDRAW, frozenset({_O}), State.WITHDRAWN),
    Transition(State.LAPSED, Step.EDIT, _APPLICANTS, State.RETURNED, _WITH_FORM),
    Transition(State.LAPSED, Step.SUBMIT, _APPLICANTS, State.SUBMITTED, _WITH_FORM),
    *_cancelling(State.LAPSED),
    Transition(State.LAPSED, Step.WITHDRAW, _APPLICANTS, State.WITHDRAWN),
    Transition(State.UNDER_REVIEW, Step.APPROVE, _BUREAU, State.APPROVED),
    Transition(State.UNDER_REVIEW, Step.RETURN, _BUREAU, State.RETURNED),
    Transition(State.UNDER_REVIEW, Step.REJECT, _BUREAU, State.REJECTED),
    *(Transition(state, Step.CLOSE, frozenset(), State.WITHDRAWN) for state in State if not state.is_final),
)
"""The whole procedure (docs/sources.md, notice-route). What is not here is illegal."""


class IllegalStep(RegistrationError):
    """
    A step that the procedure does not have in this state, or not for this role.

    `legal` are the rows that the state has, so that whoever is refused sees what can be done, and by whom.
    """

    code = "registration.illegal_step"

    def __init__(self, message: str, *, legal: tuple[Transition, ...] = ()) -> None:
        """Keep the legal steps, and list them in the hint."""
        super().__init__(message, hint=_listed(legal))
        self.legal = legal


def _listed(legal: tuple[Transition, ...]) -> str:
    if not legal:
        return "nothing can follow"
    steps: dict[str, set[str]] = {}
    for row in legal:
        steps.setdefault(row.step.value, set()).update(role.value for role in row.roles)
    return "legal: " + "; ".join(f"{step} by {' or '.join(sorted(roles))}" for step, roles in steps.items())


def _rows(state: State, purpose: Purpose) -> Iterator[Transition]:
    return (row for row in TRANSITIONS if row.before is state and purpose in row.purposes)


def legal_steps(state: State, purpose: Purpose, role: Role | None = None) -> tuple[Transition, ...]:
    """The rows of a state that somebody may take, or, with a role, that this role may take."""
    return tuple(row for row in _rows(state, purpose) if (row.roles if role is None else role in row.roles))


def may_ever(step: Step, role: Role) -> bool:
    """Whether the procedure has the step for the role in any state."""
    return any(row.step is step and role in row.roles for row in TRANSITIONS)


def transition(state: State, purpose: Purpose, step: Step, role: Role | None) -> Transition:
    """The row of a step; None is the role of time. Raises `IllegalStep` with the legal ones."""
    for row in _rows(state, purpose):
        if row.step is step and (role in row.roles if role is not None else not row.roles):
            return row
    who = role.value if role is not None else "time"
    message = f"{step.value} by {who} is no step of an application that is {state.value}"
    raise IllegalStep(message, legal=legal_steps(state, purpose))


_WITH_THE_BUREAU: Final = frozenset({State.SUBMITTED, State.VERIFYING, State.AWAITING_SMS, State.UNDER_REVIEW})


def status_of(standing: RegistrationStatus | None, purpose: Purpose, state: State) -> RegistrationStatus | None:
    """
    What a registry says of a registration with such an application; the one place that says so.

    `standing` is how the registration stood before it: None for one that is new. None as an answer is *no
    registration*. A registration that is a shell or cancelled stays so until the approval: a change that is
    only asked for opens nothing.
    """
    if standing is None:
        return _OF_NEW[state] if purpose in {Purpose.NEW, Purpose.CHANGE_OPERATOR} else None
    if standing is not RegistrationStatus.REGISTERED:
        return standing
    if purpose in CHANGES:
        return RegistrationStatus.CHANGING if state in _WITH_THE_BUREAU else standing
    is_asked = purpose in CANCELLATIONS - {Purpose.CANCEL_ACCESS} and state is State.UNDER_REVIEW
    return RegistrationStatus.CANCELLING if is_asked else standing


_OF_NEW: Final = {
    State.DRAFT: None,
    State.SUBMITTED: RegistrationStatus.PENDING,
    State.VERIFYING: RegistrationStatus.PENDING,
    State.RETURNED: RegistrationStatus.RETURNED,
    State.AWAITING_SMS: RegistrationStatus.PENDING,
    State.LAPSED: RegistrationStatus.RETURNED,
    State.UNDER_REVIEW: RegistrationStatus.PENDING,
    State.APPROVED: RegistrationStatus.REGISTERED,
    State.REJECTED: None,
    State.WITHDRAWN: None,
}
