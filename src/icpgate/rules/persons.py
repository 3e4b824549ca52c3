"""
How an operator and its document are shown in a finding: natural persons are neither named nor numbered.

- What tells a person: the type of the document, the registry's kind of operator, a number that is an ID card's.
- Where nothing tells, a name is shown only if it reads as an organisation's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from icpgate.document import DocumentType, fits, is_personal, mask
from icpgate.rules.rule import legible

__all__ = ["shown_document", "shown_operator"]

_PERSON: Final = re.compile(r"个人|自然人|\b(?:natural[ _]person|person|personal|individual)\b", re.IGNORECASE)
_ORGANISATION: Final = re.compile(
    r"公司|集团|中心|工作室|事务所|协会|学会|联合会|基金会|商会|委员会|合作社|研究[院所]|大学|学院|学校|中学|小学|幼儿园"
    r"|医院|银行|报社|出版社|电视台|广播|政府|.{4}[厂店局厅部处]|\b(?:inc|ltd|limited|llc|gmbh|corp|corporation|company)\b",
    re.IGNORECASE,
)
"""What names of organisations have in them; the single characters only behind more than a person's name has."""


@lru_cache(maxsize=4_096)
def shown_operator(
    name: str, document_type: DocumentType | None, document_number: str | None, kind: str | None = None
) -> str:
    """The name of an operator as people may see it."""
    if not name.strip():
        return "no operator: it is empty"
    if _is_person(document_type, document_number, kind):
        return "a natural person (name withheld)"
    told = kind or document_type not in {None, DocumentType.OTHER}
    if not told and not _ORGANISATION.search(name):
        return "a name that may be a person's (withheld)"
    return legible(name)


def _is_person(document_type: DocumentType | None, document_number: str | None, kind: str | None) -> bool:
    return (
        (document_type is not None and is_personal(document_type))
        or (kind is not None and _PERSON.search(kind) is not None)
        or (document_number is not None and _is_card(document_number))
    )


@lru_cache(maxsize=4_096)
def _is_card(number: str) -> bool:
    return fits(DocumentType.ID_CARD, number)


def shown_document(document_type: DocumentType | None, number: str) -> str:
    """As much of a document's number as its type lets show; of one without a known type, nothing."""
    if document_type is None:
        return "***"
    return mask(DocumentType.ID_CARD if _is_card(number) else document_type, number)
