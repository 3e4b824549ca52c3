"""The entries of a registration that are about this app: those for its platform, and for its package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpgate.record import RegisteredPlatform, RegistrationRecord
    from icpgate.rules.rule import Case

__all__ = ["entries", "stated"]


def entries(
    case: Case, record: RegistrationRecord
) -> tuple[tuple[RegisteredPlatform, ...], tuple[RegisteredPlatform, ...]]:
    """
    The registered entries for the app's platform, and those of them for its package.

    An entry without a platform is for any.
    """
    if case.entries is None:
        platform, package = case.app.platform, case.app.package
        listed = record.platforms or ()
        # Mostly there is one entry, and it is this app's: then there is nothing to pick out.
        if len(listed) == 1 and listed[0].platform is platform and listed[0].package == package:
            case.entries = listed, listed
        else:
            own = [p for p in listed if p.platform is platform or p.platform is None]
            case.entries = tuple(own), tuple([p for p in own if p.package == package])
    return case.entries


def stated(texts: list[str | None]) -> list[str] | None:
    """
    The texts of one field of several entries that say something.

    None when the source does not have the field; an empty list when it has it and it is empty.
    """
    if any(texts):
        return [text for text in texts if text and not text.isspace()]
    return [] if "" in texts else None
