"""Why the registration system does not take a step. Nothing was changed when one of these is raised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.errors import IcpGateError

if TYPE_CHECKING:
    from icpgate.registration.application import Subject
    from icpgate.registration.form import Examination

__all__ = [
    "IncompleteForm",
    "NotAllowed",
    "NumberRefused",
    "OutOfDate",
    "PersonsRefused",
    "RegistrationError",
    "UnknownApplication",
    "Unverified",
]


class RegistrationError(IcpGateError):
    """The base of what the registration system refuses."""

    code = "registration.refused"


class NotAllowed(RegistrationError):
    """The role, or the account, may not do that."""

    code = "registration.not_allowed"


class UnknownApplication(RegistrationError):
    """
    No application or registration goes by that name, or none that this account may see.

    The two are not told apart: whose applications exist is nobody else's business.
    """

    code = "registration.unknown"


class IncompleteForm(RegistrationError):
    """The form has defects; `examination` lists every one of them."""

    code = "registration.incomplete"

    def __init__(self, message: str, *, examination: Examination, hint: str = "") -> None:
        """Keep the whole examination."""
        super().__init__(message, hint=hint)
        self.examination = examination


class Unverified(RegistrationError):
    """A verification is missing, failed, or about an older form; `missing` names the subjects."""

    code = "registration.unverified"

    def __init__(self, message: str, *, missing: tuple[Subject, ...], hint: str = "") -> None:
        """Keep what is missing."""
        super().__init__(message, hint=hint)
        self.missing = missing


class OutOfDate(RegistrationError):
    """Somebody took a step in between: look again before deciding."""

    code = "registration.out_of_date"


class NumberRefused(RegistrationError):
    """A number that cannot be this registration's, or that another one has."""

    code = "registration.number"


class PersonsRefused(RegistrationError):
    """The persons responsible cannot be kept, or cannot be read back."""

    code = "registration.persons"
