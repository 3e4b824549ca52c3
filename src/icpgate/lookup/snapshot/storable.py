"""What cannot be stored, because it stands in no record that was read rightly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from icpgate.record import RegisteredPlatform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.record import RegistrationRecord

__all__ = ["unstorable"]

_UNSTORABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TEXTS: Final = ("service_name", "operator", "operator_kind", "document_type", "document_number", "source")
_LISTS: Final = ("domains", "pre_approvals", "endpoints", "access_providers")
_NOTHING: Final = RegisteredPlatform()


def unstorable(record: RegistrationRecord) -> tuple[str, str] | None:
    """
    A field that cannot be stored, and why; None for almost every record.

    Control characters and halves of characters stand in no name: a text that has one was read
    wrongly. A platform of which nothing is said cannot be told from none.
    """
    platforms = record.platforms or ()
    # Joined, because one search costs less than ten; an absent field is joined as None, which is harmless.
    texts = "".join(
        [
            f"{record.service_name}{record.operator}{record.document_type}{record.document_number}",
            f"{record.operator_kind}{record.source}",
            *(f"{p.package}{p.signing_certificate}{p.public_key}" for p in platforms),
            *(text for name in _LISTS for text in getattr(record, name) or ()),
        ]
    )
    if _UNSTORABLE.search(texts) is not None:
        first, *_ = [(name, match) for name, text in _all_texts(record) for match in _UNSTORABLE.finditer(text)]
        name, match = first
        return name, f"U+{ord(match[0]):04X} at character {match.start() + 1} is no part of a text"
    return ("platforms", "a platform of which nothing is said") if _NOTHING in platforms else None


def _all_texts(record: RegistrationRecord) -> Iterator[tuple[str, str]]:
    """Every text with its field; only wanted once something is wrong."""
    yield from ((name, getattr(record, name) or "") for name in _TEXTS)
    for platform in record.platforms or ():
        yield from (("platforms", text or "") for text in (platform.package, platform.signing_certificate))
        yield "platforms", platform.public_key or ""
    yield from ((name, text) for name in _LISTS for text in getattr(record, name) or ())
