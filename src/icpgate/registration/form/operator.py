"""The operator of a form: nature, document, domicile, licence. No message repeats any of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from icpgate.chinese import Likeness, compare
from icpgate.document import DocumentType
from icpgate.errors import InvalidNumber
from icpgate.number import Family, parse
from icpgate.registration.form.documents import document_of
from icpgate.registration.form.report import Report, same
from icpgate.registration.form.texts import Said
from icpgate.registration.form.values import FormOperator
from icpgate.registration.form.words import NATURES, Nature, chosen, nature_of
from icpgate.registration.provinces import RegionStanding, region_standing

if TYPE_CHECKING:
    from icpgate.number import RegistrationNumber
    from icpgate.registration.form.shape import Part

__all__ = ["operator_of", "readable_name"]

_NUMBERED: Final = re.compile(r"\d|[零〇一二三四五六七八九十百]+(?:号|室|栋|幢|座|楼|层|单元|组)")


def operator_of(part: Part | None, report: Report) -> FormOperator:
    """The operator, with every defect of it reported."""
    if part is None:
        return FormOperator()
    nature = chosen(part, "nature", report, nature_of, Nature)
    document_type, document_number = document_of(part, report, lambda kind: _fits(part, report, nature, kind))
    if nature is not None and document_type is DocumentType.USCC and document_number is not None:
        _class(part, report, nature, document_number)
    return FormOperator(
        nature=nature,
        name=readable_name(part, report),
        document_type=document_type,
        document_number=document_number,
        region=_region(part, report),
        address=_address(part, report),
        licence_number=_licence(part, report, nature),
    )


def readable_name(part: Part, report: Report) -> str | None:
    """A name that people can read, as the gate demands it too."""
    name = part.text("name")
    if name is not None and compare(name, name) is not Likeness.EXACT:
        report.add("form.name", part.at("name"))
        return None
    return name


def _fits(part: Part, report: Report, nature: Nature | None, document_type: DocumentType) -> frozenset[DocumentType]:
    """The documents of a nature; the one that is stated is reported when it is none of them."""
    if nature is None:
        return frozenset(DocumentType)
    facts = NATURES[nature]
    if document_type not in facts.documents:
        listed = ", ".join(kind for kind in DocumentType if kind in facts.documents)
        found = Said(nature.value, facts.zh)
        report.add("form.document_of_nature", part.at("document_type"), found=found, expected=same(listed))
    return facts.documents


def _class(part: Part, report: Report, nature: Nature, code: str) -> None:
    """The first two characters of a credit code tell who registered it, and as what (GB 32100-2015)."""
    other = next((each for each, facts in NATURES.items() if code[:2] in facts.codes), None)
    if other is None or other is nature or nature in {Nature.NATURAL_PERSON, Nature.MILITARY}:
        return
    report.add("form.credit_code_class", part.at("document_number"), found=Said(other.value, NATURES[other].zh))


def _region(part: Part, report: Report) -> str | None:
    region = part.text("region")
    if region is None:
        return None
    standing = region_standing(region)
    if standing is None:
        report.add("form.region", part.at("region"))
        return None
    if standing is RegionStanding.COARSE:
        report.add("form.region_coarse", part.at("region"))
    if standing is RegionStanding.FORMER:
        report.add("form.region_former", part.at("region"))
    return region


def _address(part: Part, report: Report) -> str | None:
    address = part.text("address")
    if address is not None and _NUMBERED.search(address) is None:
        report.add("form.address_vague", part.at("address"))
    return address


def _licence(part: Part, report: Report, nature: Nature | None) -> RegistrationNumber | None:
    """The licence whose number its holder's registrations carry (docs/sources.md, number-grammar)."""
    text, pointer = part.text("licence_number"), part.at("licence_number")
    if text is None:
        return None
    try:
        number = parse(text)
    except InvalidNumber:
        number = None
    if number is None or not number.is_entity or number.family is Family.FILING:
        report.add("form.licence_number", pointer)
        return None
    if nature is Nature.NATURAL_PERSON:
        report.add("form.licence_of_person", pointer)
        return None
    return number
