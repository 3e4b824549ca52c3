"""The document of an operator or a person. What is said of its number tells places in it, and no character of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from icpgate.document import DocumentType, document_defect, fits, is_personal
from icpgate.registration.form.texts import Said
from icpgate.registration.form.words import chosen

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.document import Problem
    from icpgate.registration.form.report import Report
    from icpgate.registration.form.shape import Part

__all__ = ["document_of"]


def document_of(
    part: Part, report: Report, allowed: Callable[[DocumentType], frozenset[DocumentType]]
) -> tuple[DocumentType | None, str | None]:
    """
    Type and number of a document; the number in its normal form, None when its document cannot bear it.

    `allowed` says which types may stand there, and reports one that may not. A number is not held against a type that
    is wrong itself when it would fit one that may.
    """
    kind = chosen(part, "document_type", report, DocumentType.read, DocumentType)
    number = part.text("document_number")
    types = frozenset() if kind is None else allowed(kind)
    if kind is None or number is None:
        return kind, None
    normal, problem = document_defect(kind, number)
    if problem is None:
        return kind, normal
    if kind not in types and any(fits(each, number) for each in types):
        return kind, None
    report.add("form.document_number", part.at("document_number"), found=_reason(problem), expected=_way(kind, problem))
    return kind, None


_REASONS: Final = (
    (re.compile(r"([0-9,]+) characters"), Said(r"it has \1 characters", r"共\1个字符")),
    (re.compile(r".* at character ([0-9]+)"), Said(r"the character at place \1 cannot stand there", r"第\1个字符有误")),
    (re.compile(r"the check .*"), Said("the check character does not fit the rest", "校验码与其余各位不符")),
    (re.compile(r"no such region .*"), Said("it does not begin with a province", "前两位不是省级区划代码")),
    (re.compile(r"no date of birth .*"), Said("no date of birth stands at place 7", "第7位起不是出生日期")),
    (re.compile(r"a placeholder|no letter.*"), Said("it is a placeholder", "为占位号码")),
    (re.compile(r".*", re.DOTALL), Said("it does not fit", "与证件类型不符")),
)
"""What `icpgate.document` says of a number, without the character that it quotes."""


def _reason(problem: Problem) -> Said:
    found = ((pattern.fullmatch(problem.message), said) for pattern, said in _REASONS)
    match, said = next((match, said) for match, said in found if match is not None)
    return Said(match.expand(said.en), match.expand(said.zh))


def _way(kind: DocumentType, problem: Problem) -> Said:
    """What is expected; of a company's number also the slip of the eye that would explain it."""
    hint = f" ({problem.hint})" if problem.hint and not is_personal(kind) else ""
    return Said(f"{problem.expected}{hint}", "")
