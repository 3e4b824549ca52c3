"""
A live registry in SQLite: `sqlite:///registry.db`.

Readers never wait (WAL), writers wait for each other, and a commit is on the disk before it returns. The two
files `-wal` and `-shm` beside it belong to it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote as url_quoted

from icpgate.errors import RegistryStoreError
from icpgate.lookup.snapshot.layout import APPLICATION_ID as SNAPSHOT_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from icpgate.lookup.live.database import Connection

__all__ = ["APPLICATION_ID", "SqliteDatabase"]

T = TypeVar("T")

APPLICATION_ID: Final = 0x4943506C
"""`ICPl`, at byte 68 of the file, where SQLite keeps it."""

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for another one, which takes milliseconds; then something hangs."""

_MAGIC: Final = b"SQLite format 3\0"


class _Connection:
    """See `Connection`."""

    dialect = "sqlite"
    for_update = ""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self.raw.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        found = self.raw.execute(sql, values).fetchall()
        return found[0] if found else None

    def execute(self, sql: str, *values: object) -> int:
        return self.raw.execute(sql, values).rowcount


class SqliteDatabase:
    """See `Database`."""

    quick = True

    def __init__(self, path: str, *, anew: bool) -> None:
        """Look at the file; `anew` makes one that is missing. Raises `RegistryStoreError`."""
        self._path = os.path.abspath(path)  # noqa: PTH100 -- a caller may change the folder later
        self.url_id = f"sqlite:{os.path.basename(self._path)}"  # noqa: PTH119 -- folders may be private
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._process = os.getpid()
        self._is_closed = False
        if anew:
            self._make()
        else:
            self._look()

    def _make(self) -> None:
        file = Path(self._path)
        if file.exists():
            message = f"{self.url_id}: a file is there already"
            raise RegistryStoreError(message, hint="open it, or choose another place", code="store.exists")
        if not file.parent.is_dir():
            raise RegistryStoreError(f"{self.url_id}: its folder does not exist", code="store.open")
        with self._telling():
            connection = sqlite3.connect(self._path, isolation_level=None)
            try:
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()

    def _look(self) -> None:
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123 -- a path as given
                head = file.read(100)
        except OSError as error:
            hint = "icpgate registry init sqlite:///PATH makes one"
            message = f"{self.url_id}: cannot be read: {error.strerror}"
            raise RegistryStoreError(message, hint=hint, code="store.open") from None
        identity = int.from_bytes(head[68:72], "big")
        if head[:16] != _MAGIC or identity != APPLICATION_ID:
            hint = "use snapshot:PATH" if identity == SNAPSHOT_ID else "icpgate registry init sqlite:///PATH makes one"
            raise RegistryStoreError(f"{self.url_id}: not a live registry", hint=hint, code="store.format")

    def read(self, work: Callable[[Connection], T]) -> T:
        """See `Database.read`."""
        return self._within("BEGIN", work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """See `Database.write`."""
        return self._within("BEGIN IMMEDIATE", work)

    def _within(self, begin: str, work: Callable[[Connection], T]) -> T:
        with self._telling():
            connection = self._connection()
            connection.execute(begin)
            try:
                result = work(_Connection(connection))
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            return result

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, sqlite3.Warning) as error:
            code = getattr(error, "sqlite_errorname", type(error).__name__)
            message = f"{self.url_id}: {error} ({code})"
            hint = "is another program writing to it, the disk full, or the file damaged?"
            raise RegistryStoreError(message, hint=hint, code="store.sqlite") from None

    def _connection(self) -> sqlite3.Connection:
        if self._is_closed:
            raise RegistryStoreError(f"{self.url_id}: it was closed", code="store.closed")
        if self._process != os.getpid():
            # After a fork the parent's connections are the parent's: not even closing them is safe here.
            self._own, self._opened, self._process = threading.local(), [], os.getpid()
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._connected()
            self._own.connection = connection
            self._opened.append(connection)
        return connection

    def _connected(self) -> sqlite3.Connection:
        uri = f"file:{url_quoted(self._path)}?mode=rw"
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False, cached_statements=256
        )
        for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def close(self) -> None:
        """See `Database.close`."""
        self._is_closed = True
        opened, self._opened = self._opened, []
        if self._process == os.getpid():
            for connection in opened:
                with suppress(sqlite3.Error):
                    connection.close()
