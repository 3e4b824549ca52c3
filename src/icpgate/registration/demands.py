"""What a step demands besides its place in the procedure. Whatever is lacking is said at once, and nothing changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from icpgate.registration import storage
from icpgate.registration.application import Subject, Verification
from icpgate.registration.changing import refuse_other_purpose
from icpgate.registration.keeping import digest_of, text_of
from icpgate.registration.reading import application_of
from icpgate.registration.refusals import IncompleteForm, NumberRefused, RegistrationError, Unverified
from icpgate.registration.states import Purpose

if TYPE_CHECKING:
    from icpgate.lookup.live.database import Connection
    from icpgate.registration.effects import Approval
    from icpgate.registration.form import Examination
    from icpgate.registration.storage import Kept

__all__ = ["approval_given", "demand_complete", "demand_verified", "verification_given"]


def demand_complete(connection: Connection, kept: Kept, examination: Examination) -> None:
    """Raises `IncompleteForm` with every defect, and `RegistrationError` for a change that is another purpose's."""
    if not examination.complete:
        count = len(examination.defects)
        message = f"the form of {kept.id} has {count} defect{'s' if count > 1 else ''}"
        raise IncompleteForm(message, examination=examination, hint="icpgate registration check lists them")
    row = None if kept.purpose is Purpose.NEW else storage.registration_row(connection, kept.number or "")
    if row is not None:
        refuse_other_purpose(kept.purpose, row.form, kept.form)


def demand_verified(connection: Connection, kept: Kept) -> None:
    """Raises `Unverified` unless each subject has a passed verification of the form as it is now."""
    verifications = storage.verifications_of(connection, kept.id)
    is_untouched = kept.form_digest == digest_of(kept.form, kept.persons)
    missing = application_of(kept, verifications, simulated=False).unverified if is_untouched else tuple(Subject)
    if missing:
        message = f"{kept.id} is not verified: {', '.join(subject.value for subject in missing)}"
        raise Unverified(message, missing=missing, hint="each needs a passed verification of the form as it is now")


def approval_given(kept: Kept, approval: Approval) -> Approval:
    """The approval with its texts read; raises `NumberRefused` when a number is lacking, or one too many."""
    evidence = text_of(approval.evidence, "the evidence", 500, empty=approval.simulated)
    gives_number = kept.purpose in {Purpose.NEW, Purpose.CHANGE_OPERATOR}
    if approval.simulated and approval.number is not None:
        raise NumberRefused("a simulated registry mints its numbers", hint="leave the number out")
    if not approval.simulated and gives_number and approval.number is None:
        raise NumberRefused("only a bureau issues numbers", hint="state the number of its notice, and the evidence")
    return replace(approval, evidence=evidence or "simulated approval")


def verification_given(given: Verification) -> Verification:
    """A verification with its texts read; raises `RegistrationError`."""
    if not isinstance(given, Verification) or not isinstance(given.subject, Subject) or type(given.passed) is not bool:
        message = "a verification has a subject, a method, a result and its evidence"
        raise RegistrationError(message, hint="see docs/verification.md", code="registration.verification")
    return replace(
        given,
        method=text_of(given.method, "the method", 200),
        evidence=text_of(given.evidence, "the evidence", 2_000),
        note=text_of(given.note, "the note", 2_000, empty=True),
    )
