"""Right answers as they are stored: in a registry file, and as entries of a second level of the cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.errors import RegistryFileError
from icpgate.lookup import LookupClient
from icpgate.lookup.cache.encoding import decode, encode
from icpgate.lookup.cache.entry import Entry
from icpgate.lookup.registries.snapshot import SnapshotRegistry
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock
from tests.cases import DOCUMENT, NOW, NUMBER, registered
from tests.damage.verdict import Judge
from tests.lookup.files import by, close_anew, imported, row

if TYPE_CHECKING:
    from pathlib import Path

    from icpgate.answer import Answer, Query

__all__ = ["ENTRIES", "RegistryOnDisk", "StoredEntryCase"]

SECRET = b"a secret of thirty-two bytes ..."
CLOSING = 112
"""Bytes of the closing line of a registry file."""


class RegistryOnDisk:
    """A registry file, damaged; with its own digest, or with one that fits the damage."""

    def __init__(self, folder: Path) -> None:
        """Import the usual row."""
        self._there = folder / "registry.icpdb"
        self._damaged = folder / "damaged.icpdb"
        imported(self._there, row())
        self.content = self._there.read_bytes()
        self.database = self.content[:-CLOSING]

    def judge(self) -> Judge:
        """Who knows the right answer."""
        return Judge(self._asked(self._there), FixedClock(NOW), ("not_registered",))

    def observed(self, content: bytes) -> Observation:
        """What a file with other bytes says."""
        self._damaged.write_bytes(content)
        return self._asked(self._damaged)

    def closed_anew(self, database: bytes) -> Observation:
        """What a file says that was damaged by somebody who can compute a digest."""
        close_anew(self._damaged, database)
        return self._asked(self._damaged)

    def _asked(self, path: Path) -> Observation:
        query = by(NUMBER)
        try:
            registry = SnapshotRegistry(path)
        except RegistryFileError as error:
            return Observation(query, Unavailable(Why.MALFORMED, error.code), NOW, "file", "file")
        with LookupClient(registry, clock=FixedClock(NOW)) as client:
            return client.look_up(query)


@dataclass(frozen=True)
class StoredEntryCase:
    """An entry of a second level, with a secret or without one."""

    name: str
    query: Query
    answer: Answer
    secret: bytes | None

    @property
    def blob(self) -> bytes:
        """As it is stored."""
        return encode(Entry(self._right, NOW), self.secret)

    @property
    def _right(self) -> Observation:
        seen = self.answer.record.observed_at if isinstance(self.answer, Found) else NOW
        return Observation(self.query, self.answer, seen, "register", "register")

    def judge(self) -> Judge:
        """Who knows the right answer."""
        return Judge(self.observed(self.blob), FixedClock(NOW))

    def observed(self, blob: bytes) -> Observation:
        """What comes of other bytes: what is no entry is asked for again."""
        entry = decode(blob, self.query, "register", secret=self.secret)
        if entry is None:
            return Observation(self.query, Unavailable(Why.CONNECTION, "no entry"), NOW, "register", "register")
        return entry.observation


_FOUND = Found((RegistrationRecord.read(registered()),))
ENTRIES = [
    StoredEntryCase(f"{what}, {how}", query, answer, secret)
    for how, secret in (("sealed", SECRET), ("open", None))
    for what, query, answer in (
        ("number", by(NUMBER), _FOUND),
        ("document", ByDocument(DOCUMENT, "com.sig.wameiji"), _FOUND),
        ("domain", ByDomain("api.example.cn"), _FOUND),
        ("no", by(NUMBER), NotRegistered("all")),
    )
]
