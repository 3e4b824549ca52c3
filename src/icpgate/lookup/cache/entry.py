"""What a cache keeps: an observation and when it was asked for; and the key it is kept by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument, ByDomain, ByNumber

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.answer import Observation, Query

__all__ = ["CLOCK_TOLERANCE", "SCHEMA", "Entry", "is_of_the_past", "key_of"]

SCHEMA: Final = 1
"""The version of what a second level keeps; another version is nothing that we know how to read."""

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far ahead of our clock a source's, or another machine's, may be."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    An observation, and the moment at which its registry was asked for it.

    How long it is used is judged by whoever reads it, from these two moments alone.
    """

    observation: Observation
    asked_at: datetime


def is_of_the_past(entry: Entry, now: datetime) -> bool:
    """Whether an entry was observed and asked for before now, give or take what clocks differ by."""
    return max(entry.asked_at, entry.observation.observed_at) <= now + CLOCK_TOLERANCE


def key_of(registry: str, query: Query, secret: bytes) -> str:
    """
    The key of a query to a registry: two spellings of one number have the same.

    A document number may be a person's: it stands in the key as a hash keyed by `secret`, so that
    only those who share the secret share such entries.
    """
    if type(query) is ByNumber:
        return f"{registry}|{SCHEMA}|n|{query.number.canonical}"
    if isinstance(query, ByDocument):
        document = query.document_number.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(document, key=secret[:64], digest_size=16)
        return f"{registry}|{SCHEMA}|d|{digest.hexdigest()}|{query.package}"
    assert isinstance(query, ByDomain)  # noqa: S101 -- the third kind
    return f"{registry}|{SCHEMA}|m|{query.domain}"
