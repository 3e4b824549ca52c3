"""
What a registry can be asked, and what it can answer: three answers that never stand for each other.

- `Found`: a record was read, and it echoes every key of its query.
- `NotRegistered`: a registry that may say so said so, about a number inside its scope.
- `Unavailable`: everything else, with a why from a closed list. It is neither yes nor no.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, assert_never

from icpgate.errors import Defect, InvalidRecord

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.document import DocumentType
    from icpgate.number import RegistrationNumber
    from icpgate.record import RegistrationRecord

__all__ = [
    "Answer",
    "ByDocument",
    "ByDomain",
    "ByNumber",
    "Found",
    "NotRegistered",
    "Observation",
    "Query",
    "Unavailable",
    "Why",
    "echoes",
]


class Why(StrEnum):
    """Why nobody could say. Closed: another word is a defect of the registry's reader."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    REFUSED = "refused"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    UNAUTHORISED = "unauthorised"
    PROTOCOL = "protocol"
    MALFORMED = "malformed"
    SCHEMA = "schema"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    UPSTREAM_ERROR = "upstream_error"
    MAINTENANCE = "maintenance"
    WRONG_PROVINCE = "wrong_province"
    OVERLOADED = "overloaded"
    STALE = "stale"
    NOT_LISTED = "not_listed"
    NOT_COVERED = "not_covered"
    CONFIGURATION = "configuration"
    INTERNAL = "internal"
    REGISTRIES_DISAGREE = "registries_disagree"


@dataclass(frozen=True, slots=True)
class ByNumber:
    """Ask for the registration with this number."""

    number: RegistrationNumber

    def __str__(self) -> str:
        """As a message names it."""
        return f"number {self.number.canonical}"


@dataclass(frozen=True, slots=True)
class ByDocument:
    """
    Ask for what the holder of this document registered for this package.

    Without a package it asks whether the holder's entity is registered at all, which few registries tell.
    The document number is in its normal form, and may be personal; `repr` leaves it out. Its type helps a
    registry that asks by it; the same number with another is the same query.
    """

    document_number: str = field(repr=False)
    package: str = ""
    document_type: DocumentType | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """As a message names it: the document number may be personal and is left out."""
        return f"document and package {self.package}" if self.package else "document"


@dataclass(frozen=True, slots=True)
class ByDomain:
    """Ask for what is registered with this domain, as lower-case A-labels."""

    domain: str

    def __str__(self) -> str:
        """As a message names it."""
        return f"domain {self.domain}"


Query: TypeAlias = ByNumber | ByDocument | ByDomain


@dataclass(frozen=True, slots=True)
class Found:
    """At least one record that echoes the query; by number there is exactly one."""

    records: tuple[RegistrationRecord, ...]

    def __post_init__(self) -> None:
        """Nothing found is not a way of being found."""
        if not self.records:
            nothing = Defect(
                "answer.empty", "/records", "no record", "at least one", "answer NotRegistered or Unavailable"
            )
            raise InvalidRecord([nothing], what="Found")

    @property
    def record(self) -> RegistrationRecord:
        """The first record; the only one when the query was a number."""
        return self.records[0]


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """An explicit *no* of an authoritative registry inside its `scope`."""

    scope: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """
    Nobody could say. `detail` is for the gatekeeper; it holds no payload.

    `retry_after` is for how many seconds the source asks to be left alone, when it says so.
    """

    why: Why
    detail: str = ""
    retry_after: float | None = field(default=None, compare=False, repr=False)


Answer: TypeAlias = Found | NotRegistered | Unavailable


@dataclass(frozen=True, slots=True)
class Observation:
    """
    An answer with its circumstances: what a cache may hold and a decision cites.

    `observed_at` is when the source looked, in UTC. For `Unavailable` it is when we asked. `stale` is
    empty, or why an answer was used that should have been asked again: `renewing`, or the why of
    the attempt to renew it. `insecure_tls` says that nobody verified who answered.
    """

    query: Query
    answer: Answer
    observed_at: datetime
    source: str
    registry: str
    stale: str = ""
    insecure_tls: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 over the answer in canonical JSON, as a decision's evidence cites it."""
        text = json.dumps(_written(self.answer), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _written(answer: Answer) -> dict[str, object]:
    match answer:
        case Found(records):
            return {"found": [record.written() for record in records]}
        case NotRegistered(scope):
            return {"not_registered": scope}
        case Unavailable(why=why, detail=detail):
            return {"unavailable": why.value, "detail": detail}
        case _:
            assert_never(answer)


def echoes(query: Query, record: RegistrationRecord) -> bool:
    """Whether the record is about the very thing that was asked: every key, byte for byte."""
    match query:
        case ByNumber(number):
            return record.registration_number == number
        case ByDocument(document_number, ""):
            return record.document_number == document_number and record.registration_number.is_entity
        case ByDocument(document_number, package):
            return record.document_number == document_number and any(
                platform.package == package for platform in record.platforms or ()
            )
        case ByDomain(domain):
            return domain in (record.domains or ())
        case _:
            assert_never(query)
