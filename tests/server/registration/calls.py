"""One call of every operation that must succeed: who calls it, at which address, with which body."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from icpgate.registration.states import State
from icpgate.server.registration.operations import OPERATIONS
from tests.server.registration.scenes import BUREAU, OPERATOR, PLATFORM, PROVIDER, brought_to, form, named

if TYPE_CHECKING:
    from icpgate.registration.application import Actor
    from icpgate.registration.system import RegistrationSystem
    from icpgate.server.registration.operations import Operation


class Right(NamedTuple):
    """A call that succeeds: as whom, with which body, and how far the application at its address has come."""

    actor: Actor
    body: object = None
    state: State | None = None


OPERATION = {operation.id: operation for operation in OPERATIONS}
NOTES = {"notes": ["请更正地址"]}
VERIFICATION = {"subject": "app", "method": "package", "passed": True, "evidence": "reader.apk"}
REASON = {"reason": "违法违规"}
RIGHT = {
    "checkForm": Right(OPERATOR, {"form": form()}),
    "formSchema": Right(OPERATOR),
    "createApplication": Right(OPERATOR, {"form": form()}),
    "listApplications": Right(OPERATOR),
    "showApplication": Right(OPERATOR, None, State.DRAFT),
    "editApplication": Right(OPERATOR, {"form": named("示例听书")}, State.DRAFT),
    "submitApplication": Right(OPERATOR, None, State.DRAFT),
    "verifyApplication": Right(PLATFORM, VERIFICATION, State.SUBMITTED),
    "returnApplication": Right(BUREAU, NOTES, State.UNDER_REVIEW),
    "confirmApplication": Right(OPERATOR, {}, State.AWAITING_SMS),
    "approveApplication": Right(BUREAU, {}, State.UNDER_REVIEW),
    "rejectApplication": Right(BUREAU, NOTES, State.UNDER_REVIEW),
    "withdrawApplication": Right(OPERATOR, {}, State.DRAFT),
    "applicationHistory": Right(OPERATOR, None, State.DRAFT),
    "registrationHistory": Right(OPERATOR, None, State.APPROVED),
    "registrationDetail": Right(OPERATOR, None, State.APPROVED),
    "registrationDisplay": Right(OPERATOR, None, State.APPROVED),
    "changeRegistration": Right(OPERATOR, {"form": named("示例听书")}, State.APPROVED),
    "cancelRegistration": Right(OPERATOR, {}, State.APPROVED),
    "blacklistRegistration": Right(BUREAU, REASON, State.APPROVED),
    "endBlacklisting": Right(BUREAU, REASON, State.APPROVED),
    "observeRegistration": Right(BUREAU, {"evidence": "公示页面"}, State.APPROVED),
    "askNumber": Right(PLATFORM, None, State.APPROVED),
    "lookUp": Right(PROVIDER, {"queries": [{"domain": "api.example.cn"}]}),
    "capabilities": Right(PLATFORM),
    "openapi": Right(OPERATOR),
    "live": Right(OPERATOR),
    "ready": Right(OPERATOR),
}


def address(system: RegistrationSystem, operation: Operation) -> str:
    """The address of the operation's right call, about an application of its own."""
    state = RIGHT[operation.id].state
    if state is None:
        return operation.path
    application = brought_to(system, state)
    if operation.id == "endBlacklisting":
        system.blacklist(application.number or "", actor=BUREAU, reason="违法违规")
    return operation.path.format(id=application.id, number=application.number)
