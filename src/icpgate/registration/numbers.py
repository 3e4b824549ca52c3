"""
The numbers that registrations get: a bureau's number is checked and recorded, a simulated one is minted.

Minted as bureaus do (docs/sources.md, number grammar): the bureau of the operator's domicile, the year, a serial of
six digits; one sequence for all services of an entity; the kind's letter last. A holder of a licence carries the
licence's number instead. A number is never given twice, whatever becomes of its registration.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from icpgate.errors import InvalidNumber
from icpgate.lookup.live.records import has_services, rows_by_number
from icpgate.number import Family, ServiceKind, parse
from icpgate.record import BEIJING
from icpgate.registration import storage
from icpgate.registration.form.examining import read_form
from icpgate.registration.imported import refuse_another_operators
from icpgate.registration.refusals import NumberRefused, RegistrationError
from icpgate.registration.storage import EntityRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from icpgate.lookup.live.database import Connection
    from icpgate.number import RegistrationNumber

__all__ = ["LETTERS", "Applicant", "applicant_of", "minted", "recorded"]

LETTERS: Final = {
    ServiceKind.WEBSITE: "",
    ServiceKind.APP: "A",
    ServiceKind.MINI_PROGRAM: "X",
    ServiceKind.QUICK_APP: "K",
}


class Applicant(NamedTuple):
    """What of a complete form decides on its number; the document number is in its normal form."""

    document_type: str
    document_number: str
    licence: str
    province: str
    kind: ServiceKind
    operator: str


def applicant_of(form: Mapping[str, object], province: str) -> Applicant:
    """The applicant of a form that was found complete."""
    read = read_form(form)
    document_type, number, kind = read.operator.document_type, read.operator.document_number, read.app.kind
    if document_type is None or number is None or kind is None or not province:  # a row that was changed by hand
        raise NumberRefused("the form does not say who applies, and for what", hint="return it to the operator")
    licence = read.operator.licence_number
    licence_number, name = "" if licence is None else licence.canonical, read.operator.name or ""
    return Applicant(document_type.value, number, licence_number, province, kind, name)


def minted(connection: Connection, applicant: Applicant, now: datetime) -> RegistrationNumber:
    """The next number of the applicant's entity, in a simulated registry; a new entity gets its number first."""
    _, document_number, licence, province, kind, _ = applicant
    entity = storage.entity_of_document(connection, document_number)
    if entity is None:
        entity_number = licence or _serial(connection, province, now)
        refuse_another_operators(connection, parse(entity_number), document_number, applicant.operator)
        entity = storage.entity_of_document(connection, document_number)  # another step may have waited for the serial
        if entity is None:
            entity = _new_entity(connection, entity_number, applicant, now)
    _refuse_blacklisted(connection, document_number)
    if entity.province != province:
        message = f"{entity.entity_number} is of another province than the operator's domicile, {province}"
        raise NumberRefused(message, hint="cancel the entity, and register in the new province")
    sequence = storage.next_sequence(connection, entity)
    while _is_imported(connection, f"{entity.entity_number}-{sequence}"):
        sequence = storage.next_sequence(connection, replace(entity, last_sequence=sequence))
    return parse(f"{entity.entity_number}-{sequence}{LETTERS[kind]}")


def _is_imported(connection: Connection, place: str) -> bool:
    """Whether an import put a service at this place of the sequence into the registry, of whatever kind."""
    return bool(rows_by_number(connection, [f"{place}{letter}" for letter in LETTERS.values()]))


def _serial(connection: Connection, province: str, now: datetime) -> str:
    """The next entity number of a province and year, passing over what nobody would take for issued, and imports."""
    year = now.astimezone(BEIJING).year
    while True:
        serial = storage.next_of(connection, f"{province}{year}")
        number = f"{province}ICP备{year}{serial:06d}号"
        with suppress(InvalidNumber):
            canonical = parse(number).canonical
            if not has_services(connection, canonical):
                return canonical


def recorded(connection: Connection, text: str, applicant: Applicant, now: datetime) -> RegistrationNumber:
    """
    The number that a bureau gave, once it is shown that it can be this applicant's.

    Raises `NumberRefused`: no number, an entity's, another kind's, another province's, another operator's, of another
    licence than the form's, or one that is recorded already. That the bureau gave it is what the evidence shows, and
    is not checked.
    """
    _, document_number, licence, province, kind, _ = applicant
    number = _read(text, kind)
    year = now.astimezone(BEIJING).year
    if number.family is Family.FILING and len(number.digits) > _SHORT and int(number.digits[:4]) > year:
        raise NumberRefused(f"{number} is of the year {number.digits[:4]}, which has not come", hint=_AGAIN)
    if licence and number.family is not Family.FILING and number.entity_number != licence:
        raise NumberRefused(f"{number} is of another licence than the form's, {licence}", hint=_AGAIN)
    if number.family is Family.FILING and number.province != province:
        message = f"{number} is of another province than the operator's domicile, {province}"
        raise NumberRefused(message, hint="look at the bureau's notice again, or at the region in the form")
    if storage.registration_row(connection, number.canonical) is not None:
        raise NumberRefused(f"{number} is recorded for another registration", hint="numbers are never given twice")
    refuse_another_operators(connection, number, document_number, applicant.operator)
    living = storage.entity_of_document(connection, document_number)
    if living is not None and living.entity_number != number.entity_number:
        message = f"this operator's entity is {living.entity_number}, and {number} is not of it"
        raise NumberRefused(message, hint=_AGAIN)
    entity = living or _new_entity(connection, number.entity_number, applicant, now)
    _refuse_blacklisted(connection, document_number)
    storage.save_entity(connection, replace(entity, last_sequence=max(entity.last_sequence, number.sequence or 0)))
    return number


_SHORT: Final = 8
"""Digits of a number with two of the year; those issued since 2020 have ten, with four."""

_AGAIN: Final = "look at the bureau's notice, or at the licence number in the form, again"


def _read(text: str, kind: ServiceKind) -> RegistrationNumber:
    try:
        number = parse(text)
    except InvalidNumber as error:
        raise NumberRefused(error.message, hint=error.hint or _AGAIN) from None
    if number.is_entity:
        raise NumberRefused(f"{number} is an entity's number", hint="a service's number ends in -1A, -2X or the like")
    if number.service_kind is not kind:
        message = f"{number} is the number of a {number.service_kind}, and this is a {kind}"
        raise NumberRefused(message, hint=f"it would end in {LETTERS[kind] or 'a digit'}")
    return number


def _new_entity(connection: Connection, entity_number: str, applicant: Applicant, now: datetime) -> EntityRow:
    """An operator's entity. Of a licence that was registered before, by the same operator, the old one lives on."""
    document_type, document_number, _, province, _, _ = applicant
    former = storage.entity_row(connection, entity_number, lock=True)
    if former is None:
        entity = EntityRow(
            entity_number, document_type, document_number, province,
            is_active=True, blacklisted=False, last_sequence=0, created_at=now,
        )  # fmt: skip
        storage.insert_entity(connection, entity)
        return entity
    if former.document_number != document_number or parse(entity_number).family is Family.FILING:
        message = f"{entity_number} is the number of another operator's entity, or of one that was cancelled"
        raise NumberRefused(message, hint=_AGAIN)
    entity = replace(former, is_active=True)
    storage.save_entity(connection, entity)
    return entity


def _refuse_blacklisted(connection: Connection, document_number: str) -> None:
    """Also for an entity that was cancelled meanwhile: a new number is no way out."""
    entity_number = storage.blacklisted_entity_of(connection, document_number)
    if entity_number is not None:
        message = f"{entity_number} is blacklisted: nothing of this operator is registered"
        raise RegistrationError(message, hint="end the blacklisting first", code="registration.blacklisted")
