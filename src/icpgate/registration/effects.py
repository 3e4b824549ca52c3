"""
What an approval does to registrations, and what the registry then says of them.

`publish` is the one place that writes a record for the registry: it is called, in the same transaction, after
whatever may have changed what the record says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from icpgate.errors import InvalidNumber
from icpgate.lookup.live.records import put_record
from icpgate.number import parse
from icpgate.record import Origin, RegistrationStatus
from icpgate.registration import storage
from icpgate.registration.form.examining import read_form
from icpgate.registration.numbers import applicant_of, minted, recorded
from icpgate.registration.recording import record_of
from icpgate.registration.refusals import NumberRefused, RegistrationError
from icpgate.registration.states import Purpose, State, Step, status_of
from icpgate.registration.storage import History, RegistrationRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from icpgate.jsontext import Json
    from icpgate.lookup.live.database import Connection
    from icpgate.record import RegistrationRecord
    from icpgate.registration.application import Actor
    from icpgate.registration.storage import Kept

__all__ = ["Approval", "close_open", "effect_of", "must_have_access", "publish", "record_as_published"]


@dataclass(frozen=True, slots=True)
class Approval:
    """A bureau's approval: by whom, when, on which evidence, and with which number where one was given."""

    actor: Actor
    at: datetime
    simulated: bool
    number: str | None
    evidence: str


def publish(connection: Connection, number: str, *, simulated: bool) -> None:
    """Have the registry say what is so now."""
    put_record(connection, record_as_published(connection, number, simulated=simulated, lock=True))


def record_as_published(
    connection: Connection, number: str, *, simulated: bool, lock: bool = False
) -> RegistrationRecord:
    """
    The record that follows from a registration, its entity and its open application.

    `lock`: it is going to be written; the registration's lock comes first, so that who writes last has seen the most.
    """
    row = storage.registration_row(connection, number, lock=lock)
    assert row is not None  # noqa: S101 -- it has just been written, or was locked
    entity = storage.entity_row(connection, row.entity_number)
    assert entity is not None  # noqa: S101 -- a registration has one
    status = row.standing
    for kept in storage.open_applications(connection, row.number, row.entity_number):
        asked = status_of(row.standing, kept.purpose, kept.state)
        status = status if asked in {None, row.standing} else asked
    record = record_of(
        row.form,
        parse(row.number),
        status=status,
        observed_at=row.observed_at,
        source="simulated registry" if simulated else f"registration procedure: {row.evidence}",
        origin=Origin.SIMULATED if simulated else Origin.BUREAU,
        approved_at=row.approved_at,
    )
    return replace(record, blacklisted=row.blacklisted or entity.blacklisted)


def effect_of(connection: Connection, kept: Kept, approval: Approval) -> str:
    """
    Do what an approved application asked for; the number that it is about from now on.

    Raises `NumberRefused` when the bureau's word is about another number than the application.
    """
    if approval.number is not None and kept.purpose not in _GIVE_NUMBERS:
        _refuse_another(kept, approval.number)
    return _EFFECTS[kept.purpose](connection, kept, approval)


_GIVE_NUMBERS: Final = frozenset({Purpose.NEW, Purpose.CHANGE_OPERATOR})


def _refuse_another(kept: Kept, text: str) -> None:
    number = kept.number or kept.entity_number or ""
    try:
        is_same = parse(text).canonical == number
    except InvalidNumber:
        is_same = False
    if not is_same:
        hint = "leave the number out, or look at the bureau's notice again; a change of operator is change_operator"
        raise NumberRefused(f"{kept.id} is about {number}, and keeps its number", hint=hint)


def _registered(connection: Connection, kept: Kept, approval: Approval) -> str:
    """A new registration, with its number."""
    applicant = applicant_of(kept.form, kept.province)
    if approval.simulated:
        number = minted(connection, applicant, approval.at)
    else:
        number = recorded(connection, approval.number or "", applicant, approval.at)
    storage.insert_registration(
        connection,
        RegistrationRow(
            number=number.canonical,
            entity_number=number.entity_number,
            sequence=number.sequence or 0,
            standing=RegistrationStatus.REGISTERED,
            blacklisted=False,
            operator_account=kept.next_account or kept.operator_account,
            evidence=approval.evidence,
            form=kept.form,
            persons=kept.persons,
            persons_of=kept.persons_of,
            persons_kept=kept.persons_kept,
            observed_at=approval.at,
            approved_at=approval.at,
        ),
    )
    publish(connection, number.canonical, simulated=approval.simulated)
    return number.canonical


def _about(connection: Connection, kept: Kept) -> RegistrationRow:
    row = storage.registration_row(connection, kept.number or "", lock=True)
    if row is None or row.standing is RegistrationStatus.CANCELLED:
        raise RegistrationError(f"{kept.number} is cancelled", code="registration.ended")
    return row


def _changed(connection: Connection, kept: Kept, approval: Approval) -> str:
    """The registration with the application's form; the number is kept."""
    row = _about(connection, kept)
    is_connected = bool(_providers(kept.form))
    opens = row.standing is RegistrationStatus.SHELL and is_connected
    changed = replace(
        row,
        form=kept.form,
        standing=RegistrationStatus.REGISTERED if opens else row.standing,
        evidence=approval.evidence,
        persons=kept.persons,
        persons_of=kept.persons_of,
        persons_kept=kept.persons_kept,
        observed_at=approval.at,
        approved_at=approval.at,
    )
    storage.save_registration(connection, changed)
    publish(connection, row.number, simulated=approval.simulated)
    return row.number


def _handed_over(connection: Connection, kept: Kept, approval: Approval) -> str:
    """A registration of the new operator with a number of its own; the former operator's ends."""
    row = _about(connection, kept)
    entity = storage.entity_row(connection, row.entity_number, lock=True)
    if row.blacklisted or entity is None or entity.blacklisted:
        message = f"{row.number} is blacklisted: it goes to no other operator"
        raise RegistrationError(message, hint="end the blacklisting first", code="registration.blacklisted")
    number = _registered(connection, kept, approval)
    close_open(connection, row, approval, but=kept)
    _cancelled(connection, row, approval, f"the operator changed: {number} follows")
    return number


def _cancelled(connection: Connection, row: RegistrationRow, approval: Approval, note: str) -> None:
    ended = replace(row, standing=RegistrationStatus.CANCELLED, evidence=approval.evidence, observed_at=approval.at)
    storage.save_registration(connection, ended)
    publish(connection, row.number, simulated=approval.simulated)
    before, after = row.standing.value, ended.standing.value
    name, role = approval.actor.name, approval.actor.role.value
    storage.add_history(
        connection, History(approval.at, role, name, Step.APPROVE, before, after, number=row.number, note=note)
    )


def _service_cancelled(connection: Connection, kept: Kept, approval: Approval) -> str:
    row = _about(connection, kept)
    close_open(connection, row, approval, but=kept)
    _cancelled(connection, row, approval, "the service was cancelled")
    return row.number


def _entity_cancelled(connection: Connection, kept: Kept, approval: Approval) -> str:
    """Every service of the entity ends, and the entity; its number is not given again."""
    entity = storage.entity_row(connection, kept.entity_number or "", lock=True)
    assert entity is not None  # noqa: S101 -- the application was made for it
    storage.save_entity(connection, replace(entity, is_active=False))
    for row in storage.registrations_of(connection, entity.entity_number, lock=True):
        if row.standing is not RegistrationStatus.CANCELLED:
            close_open(connection, row, approval, but=kept)
            _cancelled(connection, row, approval, "the entity was cancelled")
    return entity.entity_number


def _access_ended(connection: Connection, kept: Kept, approval: Approval) -> str:
    """One access provider less; a registration that has none left is a shell. What is open about it is closed."""
    row = _about(connection, kept)
    close_open(connection, row, approval, but=kept)
    left = [provider for provider in _providers(row.form) if provider != kept.access_provider]
    app = {**cast("Mapping[str, Json]", row.form["app"]), "access_providers": cast("Json", left)}
    standing = row.standing if left else RegistrationStatus.SHELL
    ended = replace(
        row, form={**row.form, "app": app}, standing=standing, evidence=approval.evidence, observed_at=approval.at
    )
    storage.save_registration(connection, ended)
    publish(connection, row.number, simulated=approval.simulated)
    return row.number


def _providers(form: Mapping[str, Json]) -> tuple[str, ...]:
    return read_form(form).app.access_providers


def close_open(connection: Connection, row: RegistrationRow, approval: Approval, *, but: Kept) -> None:
    """Whatever is under way about a registration that ends has nothing left to be about, or would undo it."""
    is_entity = but.purpose is Purpose.CANCEL_ENTITY
    for kept in storage.open_applications(connection, row.number, row.entity_number, lock=True):
        if kept.id == but.id or (kept.purpose is Purpose.CANCEL_ENTITY and not is_entity):
            continue  # of a whole entity more is left to end than one service
        if but.purpose is kept.purpose is Purpose.CANCEL_ACCESS and kept.access_provider != but.access_provider:
            continue  # another provider's end of its own access is not undone, and undoes nothing
        closed = replace(kept, state=State.WITHDRAWN, revision=kept.revision + 1, updated_at=approval.at)
        storage.save_application(connection, closed)
        storage.add_history(
            connection,
            History(
                approval.at, "", "", Step.CLOSE, kept.state.value, closed.state.value, kept.id, row.number,
                "overtaken by a cancellation",
            ),
        )  # fmt: skip


def must_have_access(row: RegistrationRow, access_provider: str) -> None:
    """Raises `RegistrationError` unless this provider connects the app."""
    providers = _providers(row.form)
    if access_provider not in providers:
        message = f"{row.number} is not connected by that access provider"
        hint = f"one of {', '.join(providers)}" if providers else "it has none"
        raise RegistrationError(message, hint=hint, code="registration.access_provider")


_EFFECTS: Final[dict[Purpose, Callable[[Connection, Kept, Approval], str]]] = {
    Purpose.NEW: _registered,
    Purpose.CHANGE: _changed,
    Purpose.ADD_PLATFORM: _changed,
    Purpose.CHANGE_OPERATOR: _handed_over,
    Purpose.CANCEL_SERVICE: _service_cancelled,
    Purpose.CANCEL_ENTITY: _entity_cancelled,
    Purpose.CANCEL_ACCESS: _access_ended,
}
