"""
What each operation asks of the registration system: one function an operation, blocking, without HTTP.

The roles of an operation are checked before; whose application it is, and whether the step is legal, the
system checks itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.registration.application import Subject, Verification
from icpgate.registration.display import display_of
from icpgate.registration.form import form_schema
from icpgate.registration.states import Purpose
from icpgate.server.registration import bodies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.given import Given
    from icpgate.registration.application import Actor, Application
    from icpgate.registration.states import State
    from icpgate.registration.system import RegistrationSystem

__all__ = [
    "Call",
    "Page",
    "approve",
    "blacklist",
    "cancel",
    "change",
    "check",
    "confirm",
    "create",
    "detail",
    "display",
    "edit",
    "end_blacklisting",
    "history",
    "listed",
    "observe",
    "registration_history",
    "reject",
    "return_",
    "schema",
    "show",
    "submit",
    "summary",
    "verify",
    "withdraw",
]

B = TypeVar("B", bound="Given")

_NOT_IN_A_LIST: Final = frozenset({"form", "verifications"})
"""They may be long, and are one request away."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which applications are wanted: in which states, after which one, how many at most."""

    states: tuple[State, ...] = ()
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read: `key` is the id or number of its path."""

    system: RegistrationSystem
    actor: Actor
    key: str = ""
    body: Given | None = None
    page: Page = Page()

    def taken(self, kind: type[B]) -> B:
        """The body, which the operation's table says is of this class."""
        assert isinstance(self.body, kind)  # noqa: S101 -- read as this class
        return self.body


def check(call: Call) -> Mapping[str, object]:
    """Everything that is wrong with a form, and what bureaus often return."""
    examination = call.system.check(call.taken(bodies.FormBody).form)
    return {
        "complete": examination.complete,
        "defects": [defect.written() for defect in examination.defects],
        "warnings": [defect.written() for defect in examination.warnings],
    }


def schema(call: Call) -> Mapping[str, object]:  # noqa: ARG001 -- as every handler
    """The form's JSON schema."""
    return form_schema()


def create(call: Call) -> Mapping[str, object]:
    """A draft."""
    body = call.taken(bodies.NewBody)
    return call.system.new(body.form, actor=call.actor, operator_account=body.operator_account).written()


def listed(call: Call) -> Mapping[str, object]:
    """The applications that the actor may see, oldest first, and where the next page begins."""
    page = call.page
    applications = call.system.applications(actor=call.actor, states=page.states, after=page.after, limit=page.limit)
    is_full = len(applications) == page.limit
    return {"applications": [summary(each) for each in applications], "after": applications[-1].id if is_full else None}


def summary(application: Application) -> Mapping[str, object]:
    """An application without what may be long."""
    return {name: value for name, value in application.written().items() if name not in _NOT_IN_A_LIST}


def show(call: Call) -> Mapping[str, object]:
    """One application."""
    return call.system.application(call.key, actor=call.actor).written()


def edit(call: Call) -> Mapping[str, object]:
    """Another form."""
    body = call.taken(bodies.EditBody)
    return call.system.edit(call.key, body.form, actor=call.actor, revision=body.revision).written()


def submit(call: Call) -> Mapping[str, object]:
    """Hand it in, or submit it to the bureau."""
    return call.system.submit(call.key, actor=call.actor, revision=_revision(call)).written()


def verify(call: Call) -> Mapping[str, object]:
    """One verification."""
    body = call.taken(bodies.VerificationBody)
    verification = Verification(Subject(body.subject), body.method, body.passed, body.evidence, body.note or "")
    return call.system.verify(call.key, verification, actor=call.actor, revision=body.revision).written()


def return_(call: Call) -> Mapping[str, object]:
    """Back to the operator."""
    body = call.taken(bodies.NotesBody)
    return call.system.send_back(call.key, actor=call.actor, notes=body.notes, revision=body.revision).written()


def confirm(call: Call) -> Mapping[str, object]:
    """The operator's confirmation."""
    return call.system.confirm(call.key, actor=call.actor, revision=_revision(call)).written()


def approve(call: Call) -> Mapping[str, object]:
    """The bureau's yes."""
    body = call.taken(bodies.ApproveBody)
    return call.system.approve(
        call.key, actor=call.actor, number=body.number, evidence=body.evidence or "", revision=body.revision
    ).written()


def reject(call: Call) -> Mapping[str, object]:
    """The bureau's no."""
    body = call.taken(bodies.NotesBody)
    return call.system.reject(call.key, actor=call.actor, notes=body.notes, revision=body.revision).written()


def withdraw(call: Call) -> Mapping[str, object]:
    """The applicant's own end of it."""
    return call.system.withdraw(call.key, actor=call.actor, revision=_revision(call)).written()


def history(call: Call) -> Mapping[str, object]:
    """Every step of an application."""
    return {"entries": [entry.written() for entry in call.system.history(call.key, actor=call.actor)]}


def registration_history(call: Call) -> Mapping[str, object]:
    """Every step of a registration."""
    return history(call)


def detail(call: Call) -> Mapping[str, object]:
    """A registration as the system knows it."""
    return call.system.registration(call.key, actor=call.actor).written()


def display(call: Call) -> Mapping[str, object]:
    """What the app must show."""
    number = call.system.registration(call.key, actor=call.actor).record.registration_number
    texts = display_of(number)
    return {
        "number": texts.number,
        "link": texts.link,
        "placement": texts.placement,
        "placement_zh": texts.placement_zh,
    }


def change(call: Call) -> Mapping[str, object]:
    """A draft of a change."""
    body = call.taken(bodies.ChangeBody)
    return call.system.change(call.key, body.form, actor=call.actor, purpose=Purpose(body.purpose)).written()


def cancel(call: Call) -> Mapping[str, object]:
    """A draft of a cancellation."""
    body = call.taken(bodies.CancelBody)
    provider = body.access_provider or ""
    return call.system.cancel(
        call.key, actor=call.actor, purpose=Purpose(body.purpose), access_provider=provider, notes=body.notes
    ).written()


def blacklist(call: Call) -> Mapping[str, object]:
    """Held for illegal from now on."""
    return call.system.blacklist(call.key, actor=call.actor, reason=call.taken(bodies.ReasonBody).reason).written()


def end_blacklisting(call: Call) -> Mapping[str, object]:
    """Not any more."""
    reason = call.taken(bodies.ReasonBody).reason
    return call.system.end_blacklisting(call.key, actor=call.actor, reason=reason).written()


def observe(call: Call) -> Mapping[str, object]:
    """Looked at again."""
    return call.system.observe(call.key, actor=call.actor, evidence=call.taken(bodies.EvidenceBody).evidence).written()


def _revision(call: Call) -> int | None:
    return call.taken(bodies.StepBody).revision
