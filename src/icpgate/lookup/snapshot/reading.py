"""
A verified registry file, open for look-ups by any number of threads.

- It is opened read-only and immutable: no lock, no journal and no other file is looked at.
- A connection is used by one thread at a time. A new one is opened only while the verified file
  still stands at its path; once it has been replaced, those that are open serve on.
- A forked child opens its own: SQLite must not be carried over a fork.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote as percent_encoded

from icpgate.errors import ConfigurationError
from icpgate.lookup.scope import Scope
from icpgate.lookup.snapshot.layout import SCHEMA, identity_of, moment_of, refused, verified
from icpgate.lookup.snapshot.rows import StoredRow, document_key, domain_key, packed, read_row
from icpgate.lookup.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from icpgate.errors import RegistryFileError
    from icpgate.lookup.snapshot.layout import Identity
    from icpgate.number import RegistrationNumber
    from icpgate.record import RegistrationRecord

__all__ = ["About", "Import", "RegistryFile", "uri_of"]

_PATIENCE: Final = 1.0
"""Seconds to wait for a connection to a file that has been replaced: half of a gate's usual deadline."""


_UNREADABLE: Final = (sqlite3.Error, UnicodeError)
"""SQLite's own errors, and what Python makes of their texts when a damaged schema is quoted in them."""


def uri_of(path: str) -> str:
    """How SQLite is told to open an immutable file."""
    return f"file:{percent_encoded(os.fsencode(path))}?mode=ro&immutable=1"


@dataclass(frozen=True, slots=True)
class Import:
    """One file that was imported, and what it stated about itself."""

    imported_at: datetime
    observed_at: datetime | None
    source: str | None
    authoritative: bool
    scope: Scope
    rows: int

    @property
    def statement(self) -> Statement:
        """What the look-up of a missing number rests on."""
        return Statement(self.scope, self.authoritative, self.observed_at, self.source or "")


@dataclass(frozen=True, slots=True)
class About:
    """What a registry file says of itself. `generation` counts its writings; `contains` names fields."""

    created: datetime
    generation: int
    records: int
    simulated: bool
    contains: frozenset[str]


class _Connection(sqlite3.Connection):
    """Closes itself when nobody has it any more: a forgotten gate has nothing to lose."""

    def __del__(self) -> None:
        self.close()


class _Pool:
    """The idle connections of one process."""

    __slots__ = ("idle", "opened", "process")

    def __init__(self) -> None:
        self.process = os.getpid()
        self.idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self.opened = 0


class RegistryFile:
    """A whole, verified registry file. Threads may share it; `close` it."""

    def __init__(self, path: str) -> None:
        """Verify the file and read what it says of itself; raises `RegistryFileError` with the place."""
        self.path = path
        self._absolute = os.path.abspath(path)  # noqa: PTH100 -- a caller may change the folder later
        seal = verified(path)
        self.identity: Identity = seal.identity
        self.digest = seal.digest
        self._closed = False
        self._inherited: list[_Pool] = []
        self._pool = _Pool()
        try:
            self._read_description()
        except BaseException:
            self.close()
            raise

    def _read_description(self) -> None:
        structure = self._rows("SELECT sql FROM sqlite_schema ORDER BY rowid")
        if tuple(sql for (sql,) in structure) != SCHEMA:
            raise self._corrupt("its tables are not those of a registry")
        try:
            self.about = _about(dict(self._rows("SELECT name, value FROM about")))
            self.sources = _listed(self._rows("SELECT id, name FROM source ORDER BY id"))
            self.imports = tuple(
                _import(*row)
                for row in self._rows(
                    "SELECT imported_at, observed_at, source, authoritative, scope, rows FROM import ORDER BY id"
                )
            )
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError, ConfigurationError):
            raise self._corrupt("what it says of itself cannot be read") from None
        self.statements = _newest(self.imports)
        ((count,),) = self._rows("SELECT count(*) FROM record")
        if count != self.about.records:
            message = f"states {self.about.records:,} records and has {count:,}"
            raise refused(self.path, message, code="snapshot.count", hint="copy it again, or remove it and import anew")

    def _corrupt(self, message: str) -> RegistryFileError:
        return refused(self.path, message, code="snapshot.corrupt", hint="copy it again, or remove it and import anew")

    def close(self) -> None:
        """Close what is idle now, and the rest as it is given back; may be called twice."""
        self._closed = True
        self._drain()

    def _ours(self) -> _Pool:
        """The pool of this process. The parent's is kept, because its connections are not ours to close."""
        pool = self._pool
        if pool.process != os.getpid():
            self._inherited.append(pool)
            pool = self._pool = _Pool()
        return pool

    def _drain(self) -> None:
        idle = self._ours().idle
        with suppress(Empty):
            while True:
                idle.get_nowait().close()

    def _take(self) -> sqlite3.Connection:
        pool = self._ours()
        try:
            return pool.idle.get_nowait()
        except Empty:
            connection = None if self._closed else self._another()
        if connection is not None:
            pool.opened += 1
            return connection
        try:
            return pool.idle.get(timeout=_PATIENCE if pool.opened and not self._closed else 0)
        except Empty:
            message = "it has been replaced, and its open connections are in use"
            raise refused(self.path, message, code="snapshot.open") from None

    def _another(self) -> sqlite3.Connection | None:
        """A new connection to the verified file; None when another file stands at its path."""
        try:
            connection = sqlite3.connect(
                uri_of(self._absolute), uri=True, isolation_level=None, check_same_thread=False, factory=_Connection
            )
        except sqlite3.Error:
            return None
        try:
            for setting in ("trusted_schema=OFF", "query_only=ON", "cache_size=-8192"):
                connection.execute(f"PRAGMA {setting}")
        except _UNREADABLE as error:
            connection.close()
            raise self._unreadable(error) from None
        if self.identity_there() != self.identity:
            connection.close()
            return None
        return connection

    def _unreadable(self, error: Exception) -> RegistryFileError:
        return self._corrupt(f"cannot be read ({getattr(error, 'sqlite_errorname', type(error).__name__)})")

    def identity_there(self) -> Identity | None:
        """Which file stands at the path now; None when there is none."""
        try:
            return identity_of(os.stat(self._absolute))  # noqa: PTH116 -- on the path of look-ups, twice as fast
        except OSError:
            return None

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        connection = self._take()
        try:
            return connection.execute(sql, parameters).fetchall()
        except _UNREADABLE as error:
            raise self._unreadable(error) from None
        finally:
            self._pool.idle.put(connection)
            if self._closed:
                self._drain()

    def _record(self, row: tuple[Any, ...]) -> RegistrationRecord:
        return read_row(StoredRow._make(row), self.sources, simulated=self.about.simulated)

    def find(self, number: RegistrationNumber) -> RegistrationRecord | None:
        """The record of exactly this number. Raises `RegistryFileError` when it was damaged since."""
        rows = self._rows(_BY_NUMBER, (packed(number.canonical),))
        if not rows:
            return None
        # The number that was asked is the row's; one that was repaired carries what somebody typed.
        same = None if number.repairs else number
        return read_row(StoredRow._make(rows[0]), self.sources, simulated=self.about.simulated, number=same)

    def by_document(self, document_number: str, package: str) -> tuple[RegistrationRecord, ...]:
        """The records that may have this document and package; their keys are equal."""
        return self._by_key(document_key(document_number, package))

    def by_domain(self, domain: str) -> tuple[RegistrationRecord, ...]:
        """The records that may have this domain; their keys are equal."""
        return self._by_key(domain_key(domain))

    def _by_key(self, key: int) -> tuple[RegistrationRecord, ...]:
        return tuple(map(self._record, self._rows(_FIND, (key,))))

    def has_services(self, number: RegistrationNumber) -> bool:
        """Whether services of this entity are recorded."""
        first = f"{packed(number.canonical)}-"
        sql = "SELECT 1 FROM record WHERE number >= ? AND number < ? LIMIT 1"
        return bool(self._rows(sql, (first, f"{first[:-1]}.")))

    def records(self) -> Iterator[RegistrationRecord]:
        """Every record in the order of its number, a thousand at a time."""
        last = ""
        while rows := self._rows(f"{_SELECT} WHERE number > ? ORDER BY number LIMIT 1000", (last,)):
            yield from map(self._record, rows)
            last = rows[-1][0]

    def counts(self, column: str) -> dict[str, int]:
        """How many records there are of each value of an SQL expression over `record`; for statistics."""
        return dict(self._rows(f"SELECT {column}, count(*) FROM record GROUP BY 1 ORDER BY 1"))  # noqa: S608 -- ours

    def span(self) -> tuple[datetime, datetime] | None:
        """The oldest and the newest moment at which a record was observed; None when there is none."""
        ((oldest, newest),) = self._rows("SELECT min(observed_at), max(observed_at) FROM record")
        return None if oldest is None else (moment_of(oldest), moment_of(newest))


_SELECT: Final = "SELECT number, observed_at, source, body, checksum FROM record"
_BY_NUMBER: Final = f"{_SELECT} WHERE number = ?"
_FIND: Final = _SELECT + " WHERE number IN (SELECT number FROM finder WHERE key = ?) ORDER BY number"  # noqa: S608 -- constants


def _about(values: dict[str, str]) -> About:
    return About(
        created=moment_of(int(values["created"])),
        generation=int(values["generation"]),
        records=int(values["records"]),
        simulated={"0": False, "1": True}[values["simulated"]],
        contains=frozenset(values["contains"].split()),
    )


def _listed(rows: list[tuple[int, str]]) -> tuple[str, ...]:
    """Sources are numbered from 0 without a gap."""
    if [position for position, _ in rows] != list(range(len(rows))):
        raise ValueError
    return tuple(name for _, name in rows)


def _import(
    imported_at: int, observed_at: int | None, source: str | None, authoritative: int, scope: str, rows: int
) -> Import:
    return Import(
        moment_of(imported_at),
        None if observed_at is None else moment_of(observed_at),
        source,
        bool(authoritative),
        Scope.parse(scope),
        rows,
    )


def _newest(imports: tuple[Import, ...]) -> tuple[Statement, ...]:
    """Of each scope only the newest statement counts, so that years of imports cost nothing."""
    newest: dict[tuple[Scope, bool], Statement] = {}
    for statement in (each.statement for each in imports):
        key = (statement.scope, statement.authoritative)
        known = newest.get(key)
        if (
            known is None
            or known.observed_at is None
            or (statement.observed_at or known.observed_at) > known.observed_at
        ):
            newest[key] = statement
    return tuple(newest.values())
