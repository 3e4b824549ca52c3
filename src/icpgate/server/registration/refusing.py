"""What an error of the registration system becomes over HTTP: its status, and the one shape of every error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.errors import IcpGateError, InvalidApp, InvalidNumber, InvalidRecord, RegistryStoreError
from icpgate.registration.refusals import (
    IncompleteForm,
    NotAllowed,
    NumberRefused,
    OutOfDate,
    PersonsRefused,
    RegistrationError,
    UnknownApplication,
    Unverified,
)
from icpgate.registration.states import IllegalStep
from icpgate.server.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.errors import Defect
    from icpgate.registration.form import FormDefect

__all__ = ["form_defect", "refused"]

_STATUS: Final[tuple[tuple[type[IcpGateError], int], ...]] = (
    (NotAllowed, 403),
    (UnknownApplication, 404),
    (IllegalStep, 409),
    (OutOfDate, 409),
    (Unverified, 409),
    (IncompleteForm, 422),
    (NumberRefused, 422),
    (PersonsRefused, 422),
    (RegistrationError, 409),
    (InvalidApp, 422),
    (InvalidNumber, 422),
    (InvalidRecord, 422),
    (RegistryStoreError, 503),
)
"""The first class that fits. What is not here is our own mistake."""

_OF_WHAT_WAS_SENT: Final = frozenset(
    {"access_provider", "account", "change", "form", "notes", "purpose", "value", "verification"}
)
"""The codes below `registration.` that are about the body, not about where the application stands."""

_UNAVAILABLE: Final = 503


def refused(error: IcpGateError) -> Refused:
    """The response to an error; raises the error itself when the caller could not have caused it."""
    if isinstance(error, Refused):
        return error
    status = _status(error)
    if status is None:
        raise error
    headers = [("Retry-After", "1")] if status == _UNAVAILABLE else ()
    if isinstance(error, InvalidApp | InvalidRecord):
        message, hint = "the body cannot be taken as it is", "put right what defects lists"
        details = {"defects": [_defect(defect) for defect in error.defects]}
        return Refused(status, message, code="request.body", hint=hint, details=details)
    return Refused(status, error.message, code=error.code, hint=error.hint, details=_details(error), headers=headers)


def _status(error: IcpGateError) -> int | None:
    if error.code.removeprefix("registration.") in _OF_WHAT_WAS_SENT:
        return 422
    return next((status for kind, status in _STATUS if isinstance(error, kind)), None)


def _defect(defect: Defect) -> dict[str, str]:
    expected = f"; expected {defect.expected}" if defect.expected else ""
    return {
        "place": defect.place,
        "code": defect.code,
        "message": f"{defect.message}{expected}",
        "hint": defect.hint,
    }


def form_defect(defect: FormDefect) -> dict[str, str]:
    """One defect of a form in the shape of an error's defects, in both languages."""
    return {
        "place": defect.pointer,
        "code": defect.code,
        "message": defect.message,
        "hint": defect.fix,
        "message_zh": defect.message_zh,
        "hint_zh": defect.fix_zh,
    }


def _details(error: IcpGateError) -> Mapping[str, object]:
    """What a program needs of an error beyond its words."""
    if isinstance(error, IllegalStep):
        return {"legal": [{"step": row.step.value, "roles": sorted(map(str, row.roles))} for row in error.legal]}
    if isinstance(error, Unverified):
        return {"missing": [subject.value for subject in error.missing]}
    if isinstance(error, IncompleteForm):
        return {"defects": [form_defect(defect) for defect in error.examination.defects]}
    return {}
