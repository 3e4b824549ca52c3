"""
By which condition the interface is asked: 0 for a domain, 1 to 11 for a document, 102 for a document and a package.

Condition 102 was *observed, not specified*: seen from outside in the answers that one store's console passes on
(docs/enterprise.md). Nothing about it is in the specification that was found.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.document import DocumentType, normal_form
from icpgate.lookup.steps import Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["APP", "DOMAIN", "condition_of"]

DOMAIN: Final = 0
APP: Final = 102
"""A document number and a package, both as base64. Observed, not specified."""


def condition_of(
    document_type: DocumentType | None, number: str, configured: Mapping[DocumentType, int] | None = None
) -> int:
    """
    The condition that asks by such a document; raises `Unanswered` where that would be a guess.

    What is `configured` goes before the table that ships.
    """
    if document_type is None:
        raise Unanswered(Why.CONFIGURATION, "the document's type is not stated")
    known = (configured or {}).get(document_type) or _table()["conditions"].get(document_type.value)
    if known is None and document_type is DocumentType.USCC:
        known = _table()["uscc"].get(normal_form(DocumentType.USCC, number)[:2])
    if known is None:
        raise Unanswered(Why.CONFIGURATION, f"no condition is known for a document of type {document_type.value}")
    return known


@cache
def _table() -> Mapping[str, Mapping[str, int]]:
    text = files(__package__).joinpath("conditions.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, int]] = tomllib.loads(text)
    return table
