"""Rows of the procedure as the values that callers get, for the actors who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.errors import InvalidNumber
from icpgate.number import parse
from icpgate.registration import storage
from icpgate.registration.application import Application, Registration
from icpgate.registration.effects import record_as_published
from icpgate.registration.refusals import UnknownApplication
from icpgate.registration.states import Role, State
from icpgate.registration.taking import REVIEW_DAYS
from icpgate.registration.workdays import deadline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.lookup.live.database import Connection
    from icpgate.registration.application import Actor, Verification
    from icpgate.registration.storage import Kept, RegistrationRow

__all__ = ["application_of", "canonical", "seen_registration", "seen_row"]


def application_of(kept: Kept, verifications: Sequence[Verification], *, simulated: bool) -> Application:
    """The application, with its deadline by the Chinese calendar."""
    return Application(
        id=kept.id,
        purpose=kept.purpose,
        state=kept.state,
        form=kept.form,
        form_digest=kept.form_digest,
        operator_account=kept.operator_account,
        taken_in_by=kept.taken_in_by,
        province=kept.province,
        revision=kept.revision,
        created_at=kept.created_at,
        updated_at=kept.updated_at,
        number=kept.number or kept.entity_number,
        sms_until=kept.sms_until,
        review_until=None if kept.review_from is None else deadline(kept.review_from, REVIEW_DAYS),
        notes=kept.notes,
        verifications=tuple(verifications),
        persons_kept=kept.persons_kept,
        access_provider=kept.access_provider,
        simulated=simulated,
    )


def canonical(number: str) -> str:
    """The canonical text of a number; what is none names no registration."""
    try:
        return parse(number).canonical
    except InvalidNumber:
        return ""


def seen_row(connection: Connection, number: str, actor: Actor, *, lock: bool = False) -> RegistrationRow:
    """
    A registration's row; raises `UnknownApplication` where there is none that this actor may see.

    An operator sees its own, a bureau with a province that province's; platforms and access providers see all,
    because anybody may look a number up.
    """
    row = storage.registration_row(connection, canonical(number), lock=lock)
    hidden = row is None or (actor.role is Role.OPERATOR and row.operator_account != actor.name)
    if row is None or hidden or not _is_of(connection, row, actor):
        message = "no registration with that number, or none that this account may see"
        raise UnknownApplication(message, hint="icpgate registry show looks a number up")
    return row


def _is_of(connection: Connection, row: RegistrationRow, actor: Actor) -> bool:
    if actor.role is not Role.BUREAU or not actor.province:
        return True
    entity = storage.entity_row(connection, row.entity_number)
    return entity is not None and entity.province == actor.province


def seen_registration(connection: Connection, number: str, actor: Actor, *, simulated: bool) -> Registration:
    """As `seen_row`, with what the registry says, the application that is open, and the form for those it concerns."""
    row = seen_row(connection, number, actor)
    open_ones = storage.open_applications(connection, row.number, row.entity_number)
    return Registration(
        record=record_as_published(connection, row.number, simulated=simulated),
        operator_account=row.operator_account,
        open_application=open_ones[0].id if open_ones else None,
        evidence=row.evidence,
        form=row.form if _may_read_form(connection, row, actor) else {},
    )


def _may_read_form(connection: Connection, row: RegistrationRow, actor: Actor) -> bool:
    """
    The operator and the bureau may; a platform or access provider, when it took in what was approved.

    A draft about somebody's number, which any of them may begin, opens nothing.
    """
    if actor.role in {Role.OPERATOR, Role.BUREAU}:
        return True
    about = storage.applications_about(connection, row.number)
    return any(kept.taken_in_by == actor.name and kept.state is State.APPROVED for kept in about)
