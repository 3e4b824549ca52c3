"""
The registration procedure: from the form to the number, and what becomes of the number.

    form → examine → verify → submit → confirm → review → number → display → registry → gate

An operator hands a form in, a platform or access provider verifies it and submits it, the provincial bureau
decides. `RegistrationSystem` keeps that over a live registry, which a gate may ask at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from icpgate.registration.application import (
        Actor,
        Application,
        Deadline,
        HistoryEntry,
        Registration,
        Subject,
        Verification,
    )
    from icpgate.registration.display import display_of
    from icpgate.registration.form import Examination, examine
    from icpgate.registration.persons import Vault
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
    from icpgate.registration.states import IllegalStep, Purpose, Role, State, Step
    from icpgate.registration.system import RegistrationSystem

__all__ = [
    "Actor",
    "Application",
    "Deadline",
    "Examination",
    "HistoryEntry",
    "IllegalStep",
    "IncompleteForm",
    "NotAllowed",
    "NumberRefused",
    "OutOfDate",
    "PersonsRefused",
    "Purpose",
    "Registration",
    "RegistrationError",
    "RegistrationSystem",
    "Role",
    "State",
    "Step",
    "Subject",
    "UnknownApplication",
    "Unverified",
    "Vault",
    "Verification",
    "display_of",
    "examine",
]

_HOMES: Final = {
    "icpgate.registration.application": (
        "Actor",
        "Application",
        "Deadline",
        "HistoryEntry",
        "Registration",
        "Subject",
        "Verification",
    ),
    "icpgate.registration.display": ("display_of",),
    "icpgate.registration.form": ("Examination", "examine"),
    "icpgate.registration.persons": ("Vault",),
    "icpgate.registration.refusals": (
        "IncompleteForm",
        "NotAllowed",
        "NumberRefused",
        "OutOfDate",
        "PersonsRefused",
        "RegistrationError",
        "UnknownApplication",
        "Unverified",
    ),
    "icpgate.registration.states": ("IllegalStep", "Purpose", "Role", "State", "Step"),
    "icpgate.registration.system": ("RegistrationSystem",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: checking a form needs no database."""
    home = _HOME_OF.get(name)
    if home is None:
        message = f"module 'icpgate.registration' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(home), name)
