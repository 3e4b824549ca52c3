"""
The documents that operators are registered under: their types, and the numbers on them.

- A number has one normal form: NFKC, upper case, no blanks; no dashes where the document has a fixed length.
- A number is refused when its document cannot bear it. Nothing is corrected; a likely slip goes into the hint.
- No message repeats a number, because it may be a person's. `mask` is the only way to show one.
- That a number is well formed says nothing about whether it was issued, or to whom.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from icpgate.errors import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["DocumentType", "Problem", "document_defect", "fits", "is_mainland", "is_personal", "mask", "normal_form"]

MAX_CHARACTERS: Final = 256
"""How much of a number is looked at; a longer text is refused as it is."""

MAX_NUMBER: Final = 64
"""The longest number that any gatekeeper's form takes (docs/sources.md, store practice)."""


class DocumentType(StrEnum):
    """
    The type of an operator's document, as the registration form and the stores' forms have it.

    `BUSINESS_LICENCE` bears a unified social credit code, or the older registration number of 15
    digits. `SOCIAL_ORGANISATION_CERTIFICATE` is that of an association, foundation or private
    non-enterprise unit. `FOREIGN_REGISTRATION` is whatever a register outside the mainland issued.
    """

    USCC = "uscc"
    BUSINESS_LICENCE = "business_licence"
    ORGANISATION_CODE = "organisation_code"
    INSTITUTION_CERTIFICATE = "institution_certificate"
    SOCIAL_ORGANISATION_CERTIFICATE = "social_organisation_certificate"
    MILITARY_CODE = "military_code"
    ID_CARD = "id_card"
    OFFICER_CARD = "officer_card"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk_macao_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    HMT_RESIDENCE_PERMIT = "hmt_residence_permit"
    PERMANENT_RESIDENT_CARD = "permanent_resident_card"
    FOREIGN_REGISTRATION = "foreign_registration"
    OTHER = "other"

    @classmethod
    def read(cls, text: str) -> DocumentType | None:
        """
        The type that a text names, in Chinese or English, or None.

        Case, width, blanks, - and _ do not matter. A word with two meanings is no name: 港澳通行证
        is the permit of either side, 身份證 in traditional characters may be Hong Kong's. Nor are
        the registration system's codes read, because they differ by year and method.
        """
        return _type_named(text) if len(text) <= MAX_NUMBER else None


@lru_cache(maxsize=256)
def _type_named(text: str) -> DocumentType | None:
    """Kept, because every record of a source names one of a few types."""
    return _BY_NAME.get(_key(text))


def _key(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(dict.fromkeys(map(ord, " -_")))


_NAMES: Final[Mapping[DocumentType, tuple[str, ...]]] = {
    DocumentType.USCC: ("统一社会信用代码", "统一社会信用代码证", "统一社会信用代码证书", "社会信用代码",
                        "unified social credit code"),
    DocumentType.BUSINESS_LICENCE: ("营业执照", "工商营业执照", "企业营业执照", "企业法人营业执照", "工商注册号",
                                    "营业执照(个人或企业)", "营业执照注册号", "business license"),
    DocumentType.ORGANISATION_CODE: ("组织机构代码", "组织机构代码证", "组织机构代码证书", "organization code"),
    DocumentType.INSTITUTION_CERTIFICATE: ("事业单位法人证书", "事业单位法人证", "事业法人证"),
    DocumentType.SOCIAL_ORGANISATION_CERTIFICATE: (
        "社会团体法人登记证书", "社会团体法人证书", "社团法人证书", "基金会法人登记证书",
        "民办非企业单位登记证书", "民办非企业登记证书", "social organization certificate"),
    DocumentType.MILITARY_CODE: ("军队代号", "部队代号"),
    DocumentType.ID_CARD: ("身份证", "居民身份证", "中华人民共和国居民身份证", "二代身份证", "身份证号", "身份证号码",
                           "公民身份号码", "identity card", "resident identity card"),
    DocumentType.OFFICER_CARD: ("军官证", "military officer card"),
    DocumentType.PASSPORT: ("护照", "護照"),
    DocumentType.HK_MACAO_PERMIT: ("港澳居民来往内地通行证", "回乡证", "回鄉證"),
    DocumentType.TAIWAN_PERMIT: ("台湾居民来往大陆通行证", "台胞证", "台胞證"),
    DocumentType.HMT_RESIDENCE_PERMIT: ("港澳台居民居住证", "港澳居民居住证", "台湾居民居住证"),
    DocumentType.PERMANENT_RESIDENT_CARD: ("外国人永久居留身份证", "外国人永久居留证"),
    DocumentType.FOREIGN_REGISTRATION: ("境外注册证书", "境外企业注册证书", "境外公司注册证书"),
    DocumentType.OTHER: ("其他", "其它"),
}  # fmt: skip
_BY_NAME: Final = {_key(word): kind for kind, words in _NAMES.items() for word in (kind.value, *words)}

_PERSONAL: Final = frozenset({
    DocumentType.ID_CARD, DocumentType.OFFICER_CARD, DocumentType.PASSPORT, DocumentType.HK_MACAO_PERMIT,
    DocumentType.TAIWAN_PERMIT, DocumentType.HMT_RESIDENCE_PERMIT, DocumentType.PERMANENT_RESIDENT_CARD,
})  # fmt: skip
_MAINLAND: Final = frozenset({
    DocumentType.USCC, DocumentType.BUSINESS_LICENCE, DocumentType.ORGANISATION_CODE,
    DocumentType.INSTITUTION_CERTIFICATE, DocumentType.SOCIAL_ORGANISATION_CERTIFICATE,
    DocumentType.MILITARY_CODE, DocumentType.ID_CARD, DocumentType.OFFICER_CARD,
})  # fmt: skip


def is_personal(document_type: DocumentType) -> bool:
    """Whether the document is a natural person's. `OTHER` says nothing, and is not."""
    return document_type in _PERSONAL


def is_mainland(document_type: DocumentType) -> bool:
    """Whether only an operator of the mainland has such a document. A passport says nothing, and is not."""
    return document_type in _MAINLAND


HIDDEN: Final = "***"
SHOWN_OF_A_COMPANY: Final = 4
SHORTEST_SHOWN_OF_A_PERSON: Final = 8


def mask(document_type: DocumentType, number: str) -> str:
    """
    A little of a number, never all of it, and not how long it is.

    Of a company's the first and last four characters, but never more than half. Of a person's,
    and of a number of type `OTHER`, the last one: on an ID card the one before it tells the sex,
    and those further left the day of birth. A text without letter or digit is no number.

    >>> mask(DocumentType.USCC, "91110000600037341L"), mask(DocumentType.ID_CARD, "11010519491231002X")
    ('9111***341L', '***X')
    """
    normal = normal_form(document_type, number)
    if "*" in normal or not normal.isprintable() or len(normal) > MAX_NUMBER:
        return HIDDEN
    if document_type in _PERSONAL or document_type is DocumentType.OTHER:
        return HIDDEN + normal[-1:] if len(normal) >= SHORTEST_SHOWN_OF_A_PERSON else HIDDEN
    shown = min(SHOWN_OF_A_COMPANY, len(normal) // 4)
    return normal[:shown] + HIDDEN + normal[len(normal) - shown :]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a number cannot stand on a document of its type; no part holds the number."""

    message: str
    expected: str
    hint: str = ""
    code: str = "app.document_number"


def document_defect(document_type: DocumentType, number: str) -> tuple[str, Problem | None]:
    """
    The number in its normal form, and what is wrong with it, if anything. Never raises.

    Check characters are verified where a standard has them: GB 32100-2015 (unified social credit
    code), GB 11643-1999 (ID card), GB 11714-1997 (organisation code), and ISO 7064 MOD 11,10 for
    registration numbers of 15 digits. The organisation code inside a credit code is not verified,
    nor is whether a region exists. Of other types only characters and length are looked at.

    >>> document_defect(DocumentType.USCC, "9111 0000 6000 3734 1l")
    ('91110000600037341L', None)
    >>> document_defect(DocumentType.USCC, "9111OOOO600037341L")[1].hint
    'did you mean 0 for O at character 5, 0 for O at character 6, 0 for O at character 7, 0 for O at character 8?'
    """
    normal = normal_form(document_type, number)
    if len(normal) > MAX_NUMBER:
        return normal, Problem(f"{len(normal):,} characters", f"at most {MAX_NUMBER}")
    fault = _FAULTS.get(document_type)
    problem = _free_fault(normal) if fault is None else fault(normal)
    if fault is None or problem is None:
        return normal, problem
    hint = _of_another_type(document_type, normal) or _did_you_mean(fault, normal) or problem.hint
    return normal, replace(problem, hint=hint)


def fits(document_type: DocumentType, number: str) -> bool:
    """Whether a number can stand on a document of the type: `document_defect` without its words."""
    normal = normal_form(document_type, number)
    if len(normal) > MAX_NUMBER:
        return False
    fault = _FAULTS.get(document_type)
    return (_free_fault(normal) if fault is None else fault(normal)) is None


_UPPER: Final = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}
"""Only ASCII: the upper case of an ı or ß would be a letter that a document can bear."""

_BLANKS: Final = {ord(" "): None}
_DASHES: Final = tuple(map(ord, "-\u2010\u2012\u2013\u2014\u2015\u2212"))
"""Those that NFKC leaves."""

_FREE_SHAPE: Final = _UPPER | _BLANKS | dict.fromkeys(_DASHES, "-")
_FIXED_SHAPE: Final = _UPPER | _BLANKS | dict.fromkeys(_DASHES)


def normal_form(document_type: DocumentType, number: str) -> str:
    """The number as two of them are compared, whether it is right or not."""
    if len(number) > MAX_CHARACTERS:
        return number
    shape = _FIXED_SHAPE if document_type in _FAULTS else _FREE_SHAPE
    normal = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", number).translate(shape))
    # Two texts of nothing but blanks and dashes must not become the same number.
    return normal or number


_DIGITS: Final = "0123456789"
_CAPITALS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CREDIT: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of GB 32100-2015 in the order of their values; I, O, S, V and Z are not used."""

_CREDIT_PLACES: Final = (*[_CREDIT] * 2, *[_DIGITS] * 6, *[_CREDIT] * 10)
_CARD_PLACES: Final = (*[_DIGITS] * 17, _DIGITS + "X")
_OLD_PLACES: Final = (*[_DIGITS] * 15,)
_ORGANISATION_PLACES: Final = (*[_DIGITS + _CAPITALS] * 8, _DIGITS + "X")

_CREDIT_EXPECTED: Final = "18 characters of 0-9 and A-Z without I, O, S, V and Z; the third to the eighth are digits"
_COPY: Final = "copy it from the document"
_NO_REGION: Final = "000000"
_MADE_UP: Final = Problem("a placeholder", "a number as issued", _COPY)
"""Zeros fit most check rules; a placeholder that two sides share must not bind them."""


def _misplaced(number: str, places: tuple[str, ...], expected: str) -> Problem | None:
    """The first thing about length or characters that is wrong."""
    if len(number) != len(places):
        return Problem(f"{len(number)} characters", expected, _COPY)
    for position, (character, allowed) in enumerate(zip(number, places, strict=True), start=1):
        if character not in allowed:
            return Problem(f"{_named(character)} at character {position}", expected, _COPY)
    return None


def _named(character: str) -> str:
    """With its code point where it may look like another one, or like nothing."""
    return quote(character) if character.isascii() else f"U+{ord(character):04X} {quote(character)}"


def _credit_fault(number: str) -> Problem | None:
    problem = _misplaced(number, _CREDIT_PLACES, _CREDIT_EXPECTED)
    if problem is not None:
        return problem
    total = sum(_CREDIT.index(character) * pow(3, place, 31) for place, character in enumerate(number[:17]))
    if number[17] != _CREDIT[-total % 31]:
        return Problem("the check character does not fit the rest", "a code as issued (GB 32100-2015)", _COPY)
    return _MADE_UP if number.startswith("0") or number[2:8] == _NO_REGION else None


def _licence_fault(number: str) -> Problem | None:
    """A credit code, or the registration number of licences before October 2015."""
    if len(number) != len(_OLD_PLACES):
        problem = _credit_fault(number)
        return problem and replace(problem, expected=f"{problem.expected}, or 15 digits on an older licence")
    problem = _misplaced(number, _OLD_PLACES, "15 digits, or a credit code of 18 characters")
    if problem is not None:
        return problem
    product = 10
    for digit in number[:14]:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    if (product + int(number[14])) % 10 != 1:
        return Problem("the check digit does not fit the rest", "a number as issued (ISO 7064 MOD 11,10)", _COPY)
    return _MADE_UP if number.startswith(_NO_REGION) else None


def _organisation_fault(number: str) -> Problem | None:
    problem = _misplaced(number, _ORGANISATION_PLACES, "9 characters: 8 of 0-9 and A-Z, then 0-9 or X")
    if problem is not None:
        return problem
    values = [int(character, 36) for character in number[:8]]
    total = sum(value * weight for value, weight in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    if number[8] != "0123456789X"[-total % 11]:
        return Problem("the check character does not fit the rest", "a code as issued (GB 11714-1997)", _COPY)
    return None if any(values) else _MADE_UP


_CARD_EXPECTED: Final = "18 characters: 17 digits, then 0-9 or X; or the 15 digits of an older card"
_PERMIT_EXPECTED: Final = "18 characters: 17 digits beginning with 81, 82 or 83, then 0-9 or X"
_PROVINCES: Final = frozenset(map(str, (
    *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66),
)))  # fmt: skip
"""GB/T 2260, the provinces of the mainland."""

_OUTSIDE: Final = frozenset({"81", "82", "83"})
"""Hong Kong, Macao and Taiwan on the residence permits that are issued since 2018-09-01."""

_YEARS: Final = range(1900, 2100)
"""Of birth. There is no clock here, so a date after today is not noticed."""


def _card_fault(number: str) -> Problem | None:
    if len(number) != len(_OLD_PLACES):
        return _person_fault(number, _PROVINCES, _CARD_EXPECTED)
    problem = _misplaced(number, _OLD_PLACES, _CARD_EXPECTED)
    return problem or _origin_fault(number[:2], "19" + number[6:12], _PROVINCES)


def _permit_fault(number: str) -> Problem | None:
    return _person_fault(number, _OUTSIDE, _PERMIT_EXPECTED)


def _person_fault(number: str, areas: frozenset[str], expected: str) -> Problem | None:
    problem = _misplaced(number, _CARD_PLACES, expected) or _origin_fault(number[:2], number[6:14], areas)
    if problem is not None:
        return problem
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    if number[17] != "0123456789X"[(1 - total) % 11]:
        return Problem("the check character does not fit the rest", "a number as issued (GB 11643-1999)", _COPY)
    return None


def _origin_fault(area: str, birthday: str, areas: frozenset[str]) -> Problem | None:
    if area not in areas:
        return Problem("no such region in characters 1 and 2", "the number on the card", _COPY)
    year, month, day = int(birthday[:4]), int(birthday[4:6]), int(birthday[6:])
    try:
        born = date(year, month, day)
    except ValueError:
        born = None
    if born is None or born.year not in _YEARS:
        return Problem("no date of birth from character 7 on", "the number on the card", _COPY)
    return None


_FAULTS: Final[Mapping[DocumentType, Callable[[str], Problem | None]]] = {
    DocumentType.USCC: _credit_fault,
    DocumentType.BUSINESS_LICENCE: _licence_fault,
    DocumentType.ORGANISATION_CODE: _organisation_fault,
    DocumentType.ID_CARD: _card_fault,
    DocumentType.HMT_RESIDENCE_PERMIT: _permit_fault,
}
"""What is wrong with a number in its normal form, for the documents whose numbers have a rule."""

_FREE_MARKS: Final = frozenset("()[]〔〕【】-./\\_:#·&,")
_FILLERS: Final = frozenset("\u115f\u1160")


def _free_fault(number: str) -> Problem | None:
    for position, character in enumerate(number, start=1):
        if character in _FILLERS or not (character.isalnum() or character in _FREE_MARKS):
            return Problem(f"{_named(character)} at character {position}", "letters, digits and ()-./ only", _COPY)
    if not any(character.isalnum() and character != "0" for character in number):
        return Problem("no letter, and no digit but 0", "the number on the document", _COPY)
    return None


def _of_another_type(document_type: DocumentType, number: str) -> str:
    others = [kind.value for kind, fault in _FAULTS.items() if kind is not document_type and fault(number) is None]
    return f"it would do for {' or '.join(others)}: check the type" if others else ""


_NEVER: Final = {"O": "0", "I": "1", "S": "5", "Z": "2", "×": "X"}
"""Characters that no code uses, and what they are read for; the stores warn of 0/O, 1/I and 5/S."""

_CONFUSED: Final = {**_NEVER, "D": "0", "Q": "0", "0": "DQ", "L": "1", "1": "L", "B": "8", "8": "B", "V": "UY"}


def _did_you_mean(fault: Callable[[str], Problem | None], number: str) -> str:
    """The slips of the eye that would each explain the fault, or nothing."""
    everywhere = "".join(_NEVER.get(character, character) for character in number)
    if fault(everywhere) is None:
        return f"did you mean {_slips(number, everywhere)}?"
    meant = [other for other in _with_one_slip(number) if fault(other) is None]
    return f"did you mean {' or '.join(_slips(number, other) for other in meant)}?" if meant else ""


def _with_one_slip(number: str) -> Iterator[str]:
    for place, character in enumerate(number):
        for other in _CONFUSED.get(character, ""):
            yield number[:place] + other + number[place + 1 :]


def _slips(number: str, meant: str) -> str:
    return ", ".join(
        f"{right} for {wrong} at character {position}"
        for position, (wrong, right) in enumerate(zip(number, meant, strict=True), start=1)
        if wrong != right
    )
