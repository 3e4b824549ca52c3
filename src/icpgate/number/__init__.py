"""
The registration number (备案号): what it says, and how to read one.

    蜀ICP备2021014694号-10A
    │  │  │          │ └─ kind of service: A app, X mini program, K quick app, nothing a website
    │  │  │          └─ sequence of the service within the entity, 1 to 99999
    │  │  └─ year and serial of the entity's first registration: 8 digits (YY) or 10 (YYYY)
    │  └─ 备: the system's own; 证: the entity carries its ICP licence's number instead
    └─ the issuing bureau's abbreviation; not where a server stands

- Without `-10A` it is the entity's number: it names a company, not an app.
- An entity with a telecom licence carries that: 粤B2-20090059-1626X, without 备 and without 号.
- `parse` repairs what is safe, lists what it repaired, and refuses the rest. It guesses no digit.
- `find_all` finds numbers in any text and decodes markup; `parse` refuses markup.
- That a number is well formed says nothing about whether it was issued, or to whom.
"""

from __future__ import annotations

from icpgate.number.data import PROVINCES
from icpgate.number.model import Family, RegistrationNumber, ServiceKind
from icpgate.number.occurrences import Occurrence, find_all
from icpgate.number.reading import compact, format, is_valid, parse, province_of, validate  # noqa: A004 -- stdnum's verb

__all__ = [
    "PROVINCES",
    "Family",
    "Occurrence",
    "RegistrationNumber",
    "ServiceKind",
    "compact",
    "find_all",
    "format",
    "is_valid",
    "parse",
    "province_of",
    "validate",
]
