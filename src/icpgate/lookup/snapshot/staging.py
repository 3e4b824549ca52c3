"""
Rows on their way into a registry file: read, checked, and laid down in the order of their file.

Every defect is kept with its place: the first twenty in full, the rest as a count.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.errors import Defect, InvalidRecord, RegistryImportError
from icpgate.lookup.snapshot.body import Shape, body_of, shape_of
from icpgate.lookup.snapshot.layout import microseconds
from icpgate.lookup.snapshot.rows import checksum_of, keys_of, packed
from icpgate.lookup.snapshot.storable import unstorable
from icpgate.record import Origin, RegistrationRecord, write_time

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from icpgate.lookup.snapshot.jsonl import Row

__all__ = ["CLOCK_TOLERANCE", "Defects", "Stage"]

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far ahead of our clock a source's may be; a gate has the same tolerance."""

_LISTED: Final = 20
_AT_ONCE: Final = 2_000


class Defects:
    """Everything wrong with the files of one import."""

    def __init__(self, what: str) -> None:
        """`what` is named by the error."""
        self._what = what
        self._first: list[Defect] = []
        self._count = 0

    def add(self, defect: Defect) -> None:
        """Keep it, or count it."""
        self._count += 1
        if self._count <= _LISTED:
            self._first.append(defect)

    def refuse(self) -> None:
        """Raise `RegistryImportError` when there is any."""
        if self._count:
            more = self._count > len(self._first)
            shown = f" (the first {_LISTED} of {self._count:,})" if more else ""
            raise RegistryImportError(self._first, what=f"{self._what}{shown}")


def _checked(
    given: dict[str, object] | Defect, observed_at: datetime | None, source: str | None, now: datetime, *,
    simulated: bool,
) -> RegistrationRecord | tuple[Defect, ...]:  # fmt: skip
    """The record of a row that may be stored, or everything wrong with it, with the field as its place."""
    if isinstance(given, Defect):
        return (given,)
    try:
        record = RegistrationRecord.read(given, observed_at=observed_at, source=source)
    except InvalidRecord as error:
        return error.defects
    if record.observed_at > now + CLOCK_TOLERANCE:
        message = f"{write_time(record.observed_at)} has not come yet"
        return (Defect("import.future", "/observed_at", message, "a moment that is past"),)
    found = unstorable(record)
    if found is not None:
        return (Defect("record.value", f"/{found[0]}", found[1]),)
    is_marked = not simulated or record.origin is Origin.SIMULATED
    return record if is_marked else replace(record, origin=Origin.SIMULATED)


def _placed(defect: Defect, place: str) -> Defect:
    """The defect of a row, at its place in the file; the field goes into the message."""
    name = defect.place.lstrip("/")
    message = f"{name}: {defect.message}" if name else defect.message
    return Defect(defect.code, place, message, defect.expected, defect.hint or _HINTS.get(defect.place, ""))


@dataclass(slots=True)
class Stage:
    """The rows of one import, in a table of their own. Numbers may still repeat here."""

    connection: sqlite3.Connection
    defects: Defects
    observed_at: datetime | None
    source: str | None
    now: datetime
    simulated: bool
    sources: dict[str, int]
    files: list[str] = field(default_factory=list)
    rows: int = 0
    shapes: set[Shape] = field(default_factory=set)
    _rows: list[tuple[object, ...]] = field(default_factory=list)
    _keys: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the tables."""
        self.connection.execute(
            "CREATE TABLE staged (number TEXT NOT NULL, observed_at INTEGER NOT NULL, source INTEGER NOT NULL,"
            " body TEXT NOT NULL, checksum INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL)"
        )
        self.connection.execute("CREATE TABLE staged_finder (key INTEGER NOT NULL, number TEXT NOT NULL)")

    def take(self, row: Row) -> None:
        """Read one row of the file named last."""
        line, given = row
        self.rows += 1
        found = _checked(given, self.observed_at, self.source, self.now, simulated=self.simulated)
        if isinstance(found, RegistrationRecord):
            self._lay_down(line, found)
            return
        for defect in found:
            self.defects.add(_placed(defect, f"{self.files[-1]}:{line}"))

    def _lay_down(self, line: int, record: RegistrationRecord) -> None:
        number = packed(record.registration_number.canonical)
        observed_at = microseconds(record.observed_at)
        source = self.sources.setdefault(record.source, len(self.sources))
        body = body_of(record)
        checksum = checksum_of(number, observed_at, record.source, body)
        self.shapes.add(shape_of(body))
        self._rows.append((number, observed_at, source, body, checksum, len(self.files) - 1, line))
        self._keys.extend((key, number) for key in keys_of(record))
        if len(self._rows) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        self.connection.executemany("INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?, ?)", self._rows)
        self.connection.executemany("INSERT INTO staged_finder VALUES (?, ?)", self._keys)
        self._rows.clear()
        self._keys.clear()

    def place(self, file: int, line: int) -> str:
        """Where a row stands."""
        return f"{self.files[file]}:{line}"


_HINTS: Final = {
    "/observed_at": "state it in every row, or with --observed-at for the whole file",
    "/source": "state it in every row, or with --source for the whole file",
}
