"""The words of the form: natures of operators with their documents, kinds of app, and how a word is looked up."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.document import DocumentType, is_personal
from icpgate.errors import nearest, quote
from icpgate.number import ServiceKind
from icpgate.registration.form.report import NOTHING, Report, same
from icpgate.registration.form.texts import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from icpgate.registration.form.shape import Part

__all__ = ["KIND_WORDS", "NATURES", "Nature", "NatureFacts", "chosen", "did_you_mean", "kind_of", "nature_of"]

_T = TypeVar("_T")


class Nature(StrEnum):
    """
    The operator's nature (单位性质), as the registration system's natureName has it.

    Individual businesses (个体工商户) are enterprises here, as they have a business licence.
    """

    ENTERPRISE = "enterprise"
    NATURAL_PERSON = "natural_person"
    INSTITUTION = "institution"
    GOVERNMENT = "government"
    SOCIAL_ORGANISATION = "social_organisation"
    PRIVATE_NON_ENTERPRISE = "private_non_enterprise"
    FOUNDATION = "foundation"
    LAW_FIRM = "law_firm"
    MILITARY = "military"


@dataclass(frozen=True, slots=True)
class NatureFacts:
    """What a nature is called in the public record, its other words, its documents, its first characters in a code."""

    zh: str
    words: tuple[str, ...]
    documents: frozenset[DocumentType]
    codes: frozenset[str] = frozenset()


_CODE: Final = DocumentType.USCC
_OLD_CODE: Final = DocumentType.ORGANISATION_CODE
_OTHER: Final = DocumentType.OTHER
_SOCIAL: Final = frozenset({_CODE, _OLD_CODE, DocumentType.SOCIAL_ORGANISATION_CERTIFICATE, _OTHER})

NATURES: Final = {
    Nature.ENTERPRISE: NatureFacts(
        "企业", ("企业", "公司", "个体工商户", "company"),
        frozenset({_CODE, _OLD_CODE, DocumentType.BUSINESS_LICENCE, _OTHER}), frozenset({"91", "92", "93"}),
    ),
    Nature.NATURAL_PERSON: NatureFacts(
        "个人", ("个人", "自然人", "individual", "person"), frozenset(filter(is_personal, DocumentType)),
    ),
    Nature.INSTITUTION: NatureFacts(
        "事业单位", ("事业单位",),
        frozenset({_CODE, _OLD_CODE, DocumentType.INSTITUTION_CERTIFICATE, _OTHER}), frozenset({"12"}),
    ),
    Nature.GOVERNMENT: NatureFacts(
        "政府机关", ("政府机关", "机关", "government agency"), frozenset({_CODE, _OLD_CODE, _OTHER}), frozenset({"11"}),
    ),
    Nature.SOCIAL_ORGANISATION: NatureFacts(
        "社会团体", ("社会团体", "群众性团体组织", "social organization"), _SOCIAL, frozenset({"13", "51"}),
    ),
    Nature.PRIVATE_NON_ENTERPRISE: NatureFacts(
        "民办非企业单位", ("民办非企业单位", "社会服务机构"), _SOCIAL, frozenset({"52"}),
    ),
    Nature.FOUNDATION: NatureFacts("基金会", ("基金会",), _SOCIAL, frozenset({"53"})),
    Nature.LAW_FIRM: NatureFacts(
        "律师执业机构", ("律师执业机构", "律师事务所"), frozenset({_CODE, _OTHER}), frozenset({"31"}),
    ),
    Nature.MILITARY: NatureFacts(
        "军队", ("军队", "army"), frozenset({_CODE, DocumentType.MILITARY_CODE, _OTHER}),
    ),
}  # fmt: skip
"""
Natures with their documents (docs/sources.md, notice-material, as providers' field lists have them).

The first two characters of a credit code are those of GB 32100-2015: who registered it, and as what.
"""

KIND_WORDS: Final = {
    ServiceKind.APP: ("app", "应用"),
    ServiceKind.MINI_PROGRAM: ("mini_program", "小程序"),
    ServiceKind.QUICK_APP: ("quick_app", "快应用", "元服务", "atomic_service"),
}


def _key(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(character for character in folded if not character.isspace() and character not in "-_")


_KINDS: Final = {_key(word): kind for kind, words in KIND_WORDS.items() for word in words}
_NATURES: Final = {_key(word): nature for nature, facts in NATURES.items() for word in (nature, *facts.words)}


def kind_of(word: str) -> ServiceKind | None:
    """The kind of app that a word of either language names."""
    return _KINDS.get(_key(word))


def nature_of(word: str) -> Nature | None:
    """The nature that a word of either language names."""
    return _NATURES.get(_key(word))


def chosen(part: Part, name: str, report: Report, read: Callable[[str], _T | None], words: Iterable[str]) -> _T | None:
    """What a word of the form means; reported when it is none of the words, with the one that is close."""
    text = part.text(name)
    if text is None:
        return None
    value = read(text)
    if value is None:
        listed = tuple(map(str, words))
        found = NOTHING if part.private else Said(f", {quote(text)}", f"：{quote(text)}")
        hint = did_you_mean(nearest(text.casefold(), listed))
        report.add("form.choice", part.at(name), found=found, expected=same(", ".join(listed)), hint=hint)
    return value


def did_you_mean(word: str | None) -> Said:
    """The hint at a word that is close, or nothing."""
    return NOTHING if word is None else Said(f" (did you mean {word}?)", f"（是否应为{word}？）")
