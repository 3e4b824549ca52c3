"""
A live registry in SQLite: `sqlite:///registry.db`.

- Readers never wait (WAL), writers wait for each other, and a commit is on the disk before it returns.
- The two files `-wal` and `-shm` beside it belong to it. Nobody but the user who made it may read them.
- Before every transaction it is looked whether another file has taken its place, which costs a microsecond.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from icpgate.errors import RegistryStoreError
from icpgate.lookup.live.pool import Pool
from icpgate.lookup.live.schema import refuse_newer
from icpgate.lookup.live.values import checked
from icpgate.lookup.snapshot.layout import APPLICATION_ID as SNAPSHOT_ID
from icpgate.lookup.snapshot.layout import LIVE_ID
from icpgate.lookup.snapshot.storage import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from icpgate.lookup.live.database import Connection

__all__ = ["SqliteDatabase", "make_file"]

T = TypeVar("T")

WRITE_SECONDS: Final = 30.0
"""How long a writer waits for another one, which takes milliseconds; then something hangs."""

READ_SECONDS: Final = 1.0
"""A reader waits only while another process recovers the file after a crash."""

AT_ONCE: Final = 64

_PRAGMAS: Final = (
    "trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "foreign_keys = ON", "synchronous = FULL",
    "fullfsync = ON", "journal_size_limit = 16777216",
)  # fmt: skip


class _Connection:
    """See `Connection`."""

    dialect = "sqlite"
    for_update = ""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._raw.execute(sql, checked(values)).fetchall()

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def execute(self, sql: str, *values: object) -> int:
        return self._raw.execute(sql, checked(values)).rowcount


class SqliteDatabase:
    """See `Database`."""

    quick = True
    insecure = False

    def __init__(self, path: str) -> None:
        """Open the file; raises `RegistryStoreError` when it is none of ours."""
        self._path = Path(os.path.abspath(path))  # noqa: PTH100 -- a caller may change the folder later
        self.url_id = f"sqlite:{self._path.name}"
        self._pool: Pool[sqlite3.Connection] = Pool(self.url_id, self, at_once=AT_ONCE)
        self._identity = self._there()
        try:
            self.read(lambda connection: connection.rows("SELECT 1"))
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Connection], T]) -> T:
        """See `Database.read`."""
        return self._within("BEGIN", READ_SECONDS, work, query_only=1)

    def write(self, work: Callable[[Connection], T]) -> T:
        """See `Database.write`."""
        return self._within("BEGIN IMMEDIATE", WRITE_SECONDS, work, query_only=0)

    def _within(self, begin: str, seconds: float, work: Callable[[Connection], T], *, query_only: int) -> T:
        there = self._there()
        if there != self._identity:
            self._pool.forget()  # first: another thread must not take an old one in between
            self._identity = there

        def begun(raw: sqlite3.Connection) -> None:
            raw.execute(f"PRAGMA busy_timeout = {seconds * 1_000:.0f}").fetchall()
            raw.execute(f"PRAGMA query_only = {query_only}")
            raw.execute(begin)

        with _telling(self.url_id), self._pool.lent(begun) as raw:
            try:
                result = work(_Connection(raw))
                raw.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    raw.execute("ROLLBACK")
                raise
            return result

    def _there(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except (OSError, ValueError) as error:
            cause = error.strerror if isinstance(error, OSError) else "not a path"
            hint = "icpgate registry init sqlite:///PATH makes one"
            raise RegistryStoreError(f"{self.url_id}: {cause}", hint=hint, code="store.open") from None
        if not stat.S_ISREG(status.st_mode):
            message = f"{self.url_id}: not a file, but a folder, pipe or device"
            raise RegistryStoreError(message, code="store.open")
        return status.st_dev, status.st_ino

    def connect(self) -> sqlite3.Connection:
        """See `Driver.connect`."""
        connection = _opened(self._path)
        try:
            self._look(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _look(self, connection: sqlite3.Connection) -> None:
        ((identity,),) = connection.execute("PRAGMA application_id").fetchall()
        if identity != LIVE_ID:
            is_snapshot = identity == SNAPSHOT_ID
            hint = "use snapshot:PATH" if is_snapshot else "icpgate registry init sqlite:///PATH makes one"
            what = "a registry file that never changes" if is_snapshot else "another program's database"
            raise RegistryStoreError(f"{self.url_id}: {what}, not a live registry", hint=hint, code="store.format")
        refuse_newer(_Connection(connection), self.url_id)

    def is_lost(self, connection: sqlite3.Connection) -> bool:
        """See `Driver.is_lost`."""
        return connection.in_transaction

    def disconnect(self, connection: sqlite3.Connection) -> None:
        """See `Driver.disconnect`."""
        with suppress(sqlite3.Error):
            connection.close()

    def close(self) -> None:
        """See `Database.close`."""
        self._pool.close()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def make_file(path: str, fill: Callable[[Connection, str], None]) -> None:
    """
    Make the file of a live registry, whole or not at all: `fill` makes its tables, and is told its name.

    Raises `RegistryStoreError` where a file is already, or none can be.
    """
    target = Path(os.path.abspath(path))  # noqa: PTH100 -- as `SqliteDatabase`
    name = f"sqlite:{target.name}"
    if sqlite3.sqlite_version_info < (3, 37):
        message = f"SQLite {sqlite3.sqlite_version}; 3.37 or later is needed"
        raise RegistryStoreError(message, hint="use a Python that is linked to it", code="store.sqlite")
    _claim(target, name)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        _claim(draft, name)
        with _telling(name), closing(_opened(draft)) as connection:
            connection.execute(f"PRAGMA application_id = {LIVE_ID}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            fill(_Connection(connection), name)
            connection.execute("COMMIT")
        draft.replace(target)
        sync_folder(target.parent)
    except BaseException:
        for each in (target, draft):
            each.unlink(missing_ok=True)
        raise


def _claim(path: Path, name: str) -> None:
    """Have an empty file there that nobody else may read."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o600))
    except FileExistsError:
        message = f"{name}: a file is there already"
        raise RegistryStoreError(message, hint="open it, or choose another place", code="store.exists") from None
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not a path"
        hint = "does its folder exist, and may you write there?"
        raise RegistryStoreError(f"{name}: cannot be made: {cause}", hint=hint, code="store.open") from None


_SAID: Final = {
    sqlite3.SQLITE_BUSY: ("store.busy", "another process has been at work on it for too long", "is one hanging?"),
    sqlite3.SQLITE_LOCKED: ("store.busy", "a transaction within a transaction", ""),
    sqlite3.SQLITE_READONLY: (
        "store.read_only",
        "it cannot be written",
        "may this user write the file and its folder?",
    ),
    sqlite3.SQLITE_CANTOPEN: ("store.open", "it cannot be opened", "may this user write the file and its folder?"),
    sqlite3.SQLITE_FULL: ("store.full", "the disk is full", "make room"),
    sqlite3.SQLITE_CORRUPT: ("store.corrupt", "it is damaged", "restore it from a backup"),
    sqlite3.SQLITE_NOTADB: ("store.format", "not a database", "icpgate registry init sqlite:///PATH makes one"),
}


@contextmanager
def _telling(name: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        # A damaged schema stands in SQLite's own message, which Python then cannot decode.
        is_text = isinstance(error, UnicodeDecodeError)
        number = sqlite3.SQLITE_CORRUPT if is_text else getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        code, message, hint = _SAID.get(number & 0xFF, ("store.sqlite", str(error), ""))
        raise RegistryStoreError(f"{name}: {message}", hint=hint, code=code) from None
