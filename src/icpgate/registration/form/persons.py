"""The two persons responsible. What is said here repeats nothing of what was stated about them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from icpgate.document import DocumentType, is_personal
from icpgate.identifiers import domain_defect
from icpgate.registration.form.documents import document_of
from icpgate.registration.form.operator import readable_name
from icpgate.registration.form.report import Report, same
from icpgate.registration.form.shape import day_of
from icpgate.registration.form.values import Person
from icpgate.registration.form.words import NATURES, Nature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.registration.form.shape import Part
    from icpgate.registration.form.values import FormOperator

__all__ = ["PERSONS", "SOON_DAYS", "compare_persons", "persons_of", "soon"]

PERSONS: Final = ("entity", "app")

SOON_DAYS: Final = 92
"""Three months: a review of twenty working days, a return and a second one fit into this."""

_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE: Final = re.compile(r"0[1-9][0-9]{1,2}-?[1-9][0-9]{6,7}")
_LOCAL: Final = re.compile(r"(?!\.)(?!.*\.\.)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?<!\.)")
_WITHOUT_END: Final = frozenset({"长期", "长期有效", "long_term", "long-term"})


def persons_of(part: Part | None, report: Report, today: date) -> dict[str, Person]:
    """The persons that are stated, with every defect reported."""
    stated = {} if part is None else {name: part.part(name) for name in PERSONS}
    return {name: _person(each, report, today) for name, each in stated.items() if each is not None}


def soon(today: date) -> date:
    """The last day of the next three months."""
    return today + timedelta(days=min(SOON_DAYS, (date.max - today).days))


def _person(part: Part, report: Report, today: date) -> Person:
    document_type, document_number = document_of(part, report, lambda kind: _personal(part, report, kind))
    mobile = _mobile(part, report)
    return Person(
        name=readable_name(part, report),
        document_type=document_type,
        document_number=document_number,
        valid_until=_valid_until(part, report, today),
        mobile=mobile,
        emergency_phone=_emergency(part, report, mobile),
        email=_email(part, report),
    )


def _personal(part: Part, report: Report, document_type: DocumentType) -> frozenset[DocumentType]:
    """The documents of natural persons; the one that is stated is reported when it is none of them."""
    if document_type not in NATURES[Nature.NATURAL_PERSON].documents:
        personal = ", ".join(kind for kind in DocumentType if is_personal(kind))
        report.add("form.document_not_personal", part.at("document_type"), expected=same(personal))
    return NATURES[Nature.NATURAL_PERSON].documents


def _valid_until(part: Part, report: Report, today: date) -> date | None:
    text, pointer = part.text("valid_until"), part.at("valid_until")
    if text is None or text in _WITHOUT_END:
        return None
    day = day_of(text)
    if day is None:
        report.add("form.date", pointer, expected=same("2036-01-01 / 长期"))
    elif day < today:
        report.add("form.document_past", pointer)
    elif day <= soon(today):
        report.add("form.document_expiring", pointer)
    return day


def _mobile(part: Part, report: Report) -> str | None:
    text = part.text("mobile")
    if text is None or _MOBILE.fullmatch(text):
        return text
    report.add("form.mobile", part.at("mobile"))
    return None


def _emergency(part: Part, report: Report, mobile: str | None) -> str | None:
    text, pointer = part.text("emergency_phone"), part.at("emergency_phone")
    if text is None:
        return None
    if not (_MOBILE.fullmatch(text) or _LANDLINE.fullmatch(text)):
        report.add("form.emergency_phone", pointer)
        return None
    if text == mobile:
        report.add("form.emergency_same", pointer)
    return text.replace("-", "")


def _email(part: Part, report: Report) -> str | None:
    text = part.text("email")
    if text is None:
        return None
    local, _, domain = text.rpartition("@")
    if _LOCAL.fullmatch(local) and domain_defect(domain)[1] is None:
        return text
    report.add("form.email", part.at("email"))
    return None


def compare_persons(persons: Mapping[str, Person], operator: FormOperator, report: Report) -> None:
    """Warn of what does not go together: two persons, and the operator who is one of them."""
    entity, app = (persons.get(name) for name in PERSONS)
    if entity is not None and operator.nature is Nature.NATURAL_PERSON:
        stated = (operator.document_number, entity.document_number)
        if None not in stated and stated[0] != stated[1]:
            report.add("form.person_not_operator", "/persons/entity/document_number")
    if entity is None or app is None or None in {entity.document_number, app.document_number}:
        return
    if entity.document_number == app.document_number:
        _contradictions(entity, app, report)
    else:
        _shared_phones(entity, app, report)


def _contradictions(entity: Person, app: Person, report: Report) -> None:
    """One person has one name, one document and one mobile; several mail addresses are nobody's business."""
    for name in ("name", "valid_until", "mobile"):
        one, other = getattr(entity, name), getattr(app, name)
        if None not in {one, other} and one != other:
            report.add("form.persons_contradict", f"/persons/app/{name}")


def _shared_phones(entity: Person, app: Person, report: Report) -> None:
    if entity.emergency_phone is not None and entity.emergency_phone == app.mobile:
        report.add("form.emergency_shared", "/persons/entity/emergency_phone")
    if app.emergency_phone is not None and app.emergency_phone in {entity.mobile, entity.emergency_phone}:
        report.add("form.emergency_shared", "/persons/app/emergency_phone")
