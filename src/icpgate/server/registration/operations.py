"""
The one table of the JSON interface: every operation with its address, who may call it, and what it takes and gives.

Routes and the OpenAPI document are both made from it; a test holds them together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from icpgate.registration.states import Role
from icpgate.server.registration import bodies, handlers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from icpgate.given import Given
    from icpgate.server.registration.handlers import Call

__all__ = ["OPERATIONS", "Operation"]


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One operation.

    `roles` may call it, None is everybody without a token. `handler` is what it does, None where an endpoint of
    its own answers. `gives` names the schema of its answer. `refusals` are its error statuses, beside those that
    `statuses` adds.
    """

    id: str
    method: str
    path: str
    summary: str
    gives: str
    roles: frozenset[Role] | None = frozenset(Role)
    handler: Callable[[Call], Mapping[str, object]] | None = None
    takes: type[Given] | None = None
    status: int = 200
    refusals: frozenset[int] = field(default_factory=frozenset)

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status it may answer with, in order."""
        found = {self.status, *self.refusals}
        if self.roles is not None:
            found |= {401, 403, 503}
        if self.takes is not None:
            found |= {400, 408, 413, 415, 422}
        if "{id}" in self.path:
            found |= {404}
        if "{number}" in self.path:
            found |= {400, 404} if self.handler is not None else {400}
        return tuple(sorted(found))

    @property
    def needs_body(self) -> bool:
        """Whether it cannot do without one."""
        return self.takes is not None and any(each.is_required() for each in self.takes.model_fields.values())


_TAKERS: Final = frozenset({Role.PLATFORM, Role.ACCESS_PROVIDER})
_APPLICANTS: Final = _TAKERS | {Role.OPERATOR}
_BUREAU: Final = frozenset({Role.BUREAU})
_GATEKEEPERS: Final = _TAKERS | _BUREAU
"""Who asks about registrations of others: the answers have documents of people in them."""

_STEP: Final = frozenset({409})
_FORMS: Final = (
    Operation(
        "checkForm", "POST", "/v1/forms/check", "Everything that is missing or wrong in a form; nothing is stored.",
        "Examination", handler=handlers.check, takes=bodies.FormBody,
    ),
    Operation(
        "formSchema", "GET", "/v1/forms/schema", "The JSON schema of the form.",
        "JsonSchema", handler=handlers.schema,
    ),
)  # fmt: skip
_APPLICATIONS: Final = (
    Operation(
        "createApplication", "POST", "/v1/applications", "A draft; its form may be incomplete.",
        "Application", _APPLICANTS, handlers.create, bodies.NewBody, 201,
    ),
    Operation(
        "listApplications", "GET", "/v1/applications", "The applications that are one's own business, oldest first.",
        "ApplicationPage", handler=handlers.listed, refusals=frozenset({400}),
    ),
    Operation(
        "showApplication", "GET", "/v1/applications/{id}", "One application.",
        "Application", handler=handlers.show,
    ),
    Operation(
        "editApplication", "PUT", "/v1/applications/{id}", "Another form in the draft's place.",
        "Application", _APPLICANTS, handlers.edit, bodies.EditBody, refusals=_STEP,
    ),
    Operation(
        "submitApplication", "POST", "/v1/applications/{id}/submit",
        "Hand the form in; once it is verified, submit it to the bureau.",
        "Application", _APPLICANTS, handlers.submit, bodies.StepBody, refusals=_STEP,
    ),
    Operation(
        "verifyApplication", "POST", "/v1/applications/{id}/verifications", "Write down a verification.",
        "Application", _TAKERS, handlers.verify, bodies.VerificationBody, refusals=_STEP,
    ),
    Operation(
        "returnApplication", "POST", "/v1/applications/{id}/return", "Back to the operator, with what to put right.",
        "Application", _GATEKEEPERS, handlers.return_, bodies.NotesBody, refusals=_STEP,
    ),
    Operation(
        "confirmApplication", "POST", "/v1/applications/{id}/confirm", "The operator's confirmation within 24 hours.",
        "Application", frozenset({Role.OPERATOR}), handlers.confirm, bodies.StepBody, refusals=_STEP,
    ),
    Operation(
        "approveApplication", "POST", "/v1/applications/{id}/approve",
        "The bureau's approval; a simulated registry mints the number, any other is told it.",
        "Application", _BUREAU, handlers.approve, bodies.ApproveBody, refusals=_STEP,
    ),
    Operation(
        "rejectApplication", "POST", "/v1/applications/{id}/reject", "The bureau's rejection; it is final.",
        "Application", _BUREAU, handlers.reject, bodies.NotesBody, refusals=_STEP,
    ),
    Operation(
        "withdrawApplication", "POST", "/v1/applications/{id}/withdraw", "End it without a decision.",
        "Application", _APPLICANTS, handlers.withdraw, bodies.StepBody, refusals=_STEP,
    ),
    Operation(
        "applicationHistory", "GET", "/v1/applications/{id}/history", "Every step that was taken.",
        "History", handler=handlers.history,
    ),
)  # fmt: skip
_REGISTRATIONS: Final = (
    Operation(
        "registrationHistory", "GET", "/v1/registrations/{number}/history", "All that happened to a registration.",
        "History", handler=handlers.registration_history,
    ),
    Operation(
        "registrationDetail", "GET", "/v1/registrations/{number}/detail", "A registration as the system knows it.",
        "Registration", handler=handlers.detail,
    ),
    Operation(
        "registrationDisplay", "GET", "/v1/registrations/{number}/display", "What the app must show, and where.",
        "Display", handler=handlers.display,
    ),
    Operation(
        "changeRegistration", "POST", "/v1/registrations/{number}/change",
        "A draft of a change, of an added platform, or of a change of operator.",
        "Application", _APPLICANTS, handlers.change, bodies.ChangeBody, 201, _STEP,
    ),
    Operation(
        "cancelRegistration", "POST", "/v1/registrations/{number}/cancel",
        "A draft of a cancellation; a bureau's own takes effect at once.",
        "Application", frozenset(Role), handlers.cancel, bodies.CancelBody, 201, _STEP,
    ),
    Operation(
        "blacklistRegistration", "POST", "/v1/registrations/{number}/blacklist",
        "Blacklist a service, or an entity with all its services.",
        "Registration", _BUREAU, handlers.blacklist, bodies.ReasonBody, refusals=_STEP,
    ),
    Operation(
        "endBlacklisting", "POST", "/v1/registrations/{number}/end-blacklisting", "End a blacklisting.",
        "Registration", _BUREAU, handlers.end_blacklisting, bodies.ReasonBody, refusals=_STEP,
    ),
    Operation(
        "observeRegistration", "POST", "/v1/registrations/{number}/observe",
        "Somebody looked at the bureau's record again and found it so.",
        "Registration", _GATEKEEPERS, handlers.observe, bodies.EvidenceBody, refusals=_STEP,
    ),
)  # fmt: skip
_REGISTRY: Final = (
    Operation(
        "askNumber", "GET", "/v1/registrations/{number}", "The registry protocol's answer about one number.",
        "Answer", _GATEKEEPERS,
    ),
    Operation(
        "lookUp", "POST", "/v1/lookup", "The registry protocol's answers to a batch.",
        "Answers", _GATEKEEPERS, refusals=frozenset({400, 408, 413, 415}),
    ),
    Operation(
        "capabilities", "GET", "/v1/capabilities", "What the registry can be asked.",
        "Capabilities", _GATEKEEPERS,
    ),
    Operation("openapi", "GET", "/v1/openapi.json", "This document.", "JsonSchema", None),
    Operation("live", "GET", "/healthz", "The process runs.", "Health", None),
    Operation("ready", "GET", "/readyz", "The registry answers.", "Health", None, refusals=frozenset({503})),
)  # fmt: skip

OPERATIONS: Final = (*_FORMS, *_APPLICATIONS, *_REGISTRATIONS, *_REGISTRY)
"""In the order in which addresses are compared: a number's own address takes whatever the others left."""
