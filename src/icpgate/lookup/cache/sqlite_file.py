"""
The file of a cache on one machine: made, opened, and made anew when it is spoiled.

- Nobody but the user who made it may read it, from the moment it is made.
- A file that is ours and spoiled, or of another format, is removed: it was a cache. One that may be
  somebody's is moved aside, never over another. Another program's database is left where it is.
- A file that was replaced or removed while it was open is noticed before it is used again.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CacheFile", "is_spoiled"]

APPLICATION_ID: Final = 0x49435063
"""`ICPc`; a registry's file has `ICPg`."""

FORMAT: Final = 1

_SCHEMA: Final = (
    (
        "CREATE TABLE entry (key BLOB PRIMARY KEY, observed INTEGER NOT NULL, expires INTEGER NOT NULL,"
        " number TEXT NOT NULL, entity TEXT NOT NULL, blob BLOB NOT NULL)"
    ),
    "CREATE INDEX entry_expires ON entry (expires)",
    "CREATE INDEX entry_number ON entry (number) WHERE number <> ''",
    "CREATE INDEX entry_entity ON entry (entity) WHERE entity <> ''",
    "CREATE TABLE lock (key BLOB PRIMARY KEY, token TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE rate (name BLOB PRIMARY KEY, due INTEGER NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE quota (name BLOB NOT NULL, day TEXT NOT NULL, used INTEGER NOT NULL, expires INTEGER NOT NULL,"
        " PRIMARY KEY (name, day)) WITHOUT ROWID"
    ),
    f"PRAGMA application_id={APPLICATION_ID}",
    f"PRAGMA user_version={FORMAT}",
)

_PAGE: Final = 4_096
_LOG_BYTES: Final = 4 << 20
"""What the write-ahead log is cut to when it has been written out."""

ASIDE: Final = 5
"""Files that were moved aside at most; then nothing is moved any more."""


class _ForeignError(Exception):
    """Another program's database."""


class _OtherFormatError(Exception):
    """Ours, of another release."""


_SPOILED: Final = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_ERROR,
    }
)
"""`ERROR` is a table or column that is not there, `CONSTRAINT` one that nobody made: our own statements are right."""


def is_spoiled(error: sqlite3.DatabaseError) -> bool:
    """Whether an error speaks of what is in the file, and not of the disk, of others or of us."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF in _SPOILED


class CacheFile:
    """
    The open file. Not for several threads at once.

    Whatever SQLite or the disk refuses is raised as it comes: `sqlite3.Error` or `OSError`.
    """

    def __init__(self, path: Path, *, max_bytes: int, seconds: float) -> None:
        """`seconds` is how long to wait for another process at most."""
        self._path = path
        self.max_pages = max_bytes // _PAGE
        """How large it may become."""
        self._seconds = seconds
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._was_ours = False

    def connection(self) -> sqlite3.Connection:
        """The database of the file that stands at the path now, opened or made if need be."""
        connection = self._connection
        if connection is not None:
            if self._there() == self._identity:
                return connection
            self.close()
        return self._open()

    def check(self) -> None:
        """Open it; raises `ConfigurationError` when it is another program's database, and nothing else."""
        try:
            self.connection()
        except _ForeignError:
            message = f"{self._path.name} is another program's database, not a cache"
            raise ConfigurationError(message, hint="give the cache a file of its own", code="config.cache") from None
        except (sqlite3.Error, OSError, _OtherFormatError):
            self.close()

    def close(self) -> None:
        """Close it; may be called twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def abandon(self) -> None:
        """Forget it without closing it, in a child: it is the parent's, with locks that are the parent's."""
        if self._connection is not None:
            _ABANDONED.append(self._connection)
            self._connection = None

    def make_anew(self) -> None:
        """Put what stands at the path away, whatever it is, unless it is not the file that was open."""
        ours = self._was_ours
        same = self._identity is None or self._there() == self._identity
        self.close()
        if same:
            _put_away(self._path, ours=ours)
            self._was_ours = False

    def _there(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _open(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except _OtherFormatError:
            self._was_ours = True
        except sqlite3.DatabaseError as error:
            if not is_spoiled(error):
                raise
        self.make_anew()
        return self._opened()

    def _opened(self) -> sqlite3.Connection:
        _make(self._path)
        self._identity = self._there()
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",
            uri=True,
            timeout=self._seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _prepare(connection, self.max_pages)
        except BaseException:
            connection.close()
            raise
        self._was_ours = True
        self._connection = connection
        return connection


_ABANDONED: Final[list[sqlite3.Connection]] = []


def _create(path: Path) -> bool:
    """Make an empty file that only we may read; False when one is there."""
    # A file that was there is not even opened: closing it again would end every lock that this process has on it.
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600))
    except FileExistsError:
        return False
    return True


def _make(path: Path) -> None:
    """See that a file is there."""
    _create(path)
    if not stat.S_ISREG(path.stat().st_mode):
        message = f"{path.name} is no file"
        raise OSError(message)


def _prepare(connection: sqlite3.Connection, max_pages: int) -> None:
    connection.text_factory = bytes  # whatever stands in the file, reading it raises nothing
    _set(connection, "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "temp_store=MEMORY")
    identity = _identity_of(connection)
    if identity == (0, 0):
        _set(connection, f"page_size={_PAGE}", "synchronous=OFF")
        identity = _initialised(connection)
    if identity[0] != APPLICATION_ID:
        raise _ForeignError
    if identity[1] != FORMAT:
        raise _OtherFormatError
    # Losing the last entries with the machine's power is nothing to a cache; a torn file would be.
    _set(connection, "synchronous=NORMAL")
    with suppress(sqlite3.OperationalError):  # while another process is just opening it; it works without, too
        _set(connection, "journal_mode=WAL")
    _set(connection, f"journal_size_limit={_LOG_BYTES}", f"max_page_count={max_pages}")


def _set(connection: sqlite3.Connection, *settings: str) -> None:
    for setting in settings:
        connection.execute(f"PRAGMA {setting}").fetchall()


def _identity_of(connection: sqlite3.Connection) -> tuple[int, int]:
    [application], [version] = (
        connection.execute(f"PRAGMA {x}").fetchone() for x in ("application_id", "user_version")
    )
    return application, version


def _initialised(connection: sqlite3.Connection) -> tuple[int, int]:
    """Make the tables, unless another process is faster; the identity afterwards. Closing rolls back."""
    connection.execute("BEGIN IMMEDIATE")
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    for statement in () if tables else _SCHEMA:
        connection.execute(statement)
    connection.execute("COMMIT")
    return _identity_of(connection)


def _put_away(path: Path, *, ours: bool) -> None:
    """Make room at the path. What another process has open goes on without a name."""
    for side in ("-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + side).unlink()
    if ours:
        path.unlink(missing_ok=True)
        return
    for number in range(1, ASIDE + 1):
        aside = path.with_name(f"{path.name}.damaged-{number}")
        if _create(aside):
            path.replace(aside)
            return
    message = f"{ASIDE} files have been moved aside"
    raise OSError(message)
