"""
A live registry in PostgreSQL: `postgresql://user@host/name`. Needs the extra `postgres`.

A transaction that lost against another one is tried again; a connection that broke is made anew for the next.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from icpgate.errors import RegistryStoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from icpgate.lookup.live.database import Connection

__all__ = ["PostgresqlDatabase"]

T = TypeVar("T")

ATTEMPTS: Final = 20
"""How often a transaction is tried that others were in the way of."""

CONNECT_SECONDS: Final = 5


class _Connection:
    """See `Connection`."""

    dialect = "postgresql"
    for_update = " FOR UPDATE"

    def __init__(self, raw: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.raw = raw

    def _cursor(self, sql: str, values: tuple[object, ...]) -> psycopg.Cursor[tuple[Any, ...]]:
        return self.raw.execute(sql.replace("%", "%%").replace("?", "%s").encode(), values)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._cursor(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        return self._cursor(sql, values).fetchone()

    def execute(self, sql: str, *values: object) -> int:
        return self._cursor(sql, values).rowcount


class PostgresqlDatabase:
    """See `Database`."""

    quick = False

    def __init__(self, url: str) -> None:
        """Connect once; raises `RegistryStoreError` when nobody answers, or when the extra is missing."""
        try:
            import psycopg  # noqa: PLC0415 -- the extra may be missing
        except ImportError:
            message = "a registry in PostgreSQL needs psycopg"
            raise RegistryStoreError(message, hint="pip install 'icpgate[postgres]'", code="store.extra") from None
        self._psycopg = psycopg
        self._url = url
        self.url_id = _named(psycopg, url)
        self._own = threading.local()
        self._opened: list[psycopg.Connection[tuple[Any, ...]]] = []
        self._process = os.getpid()
        self._is_closed = False
        try:
            self._connection()
        except psycopg.Error as error:
            raise self._told(error) from None

    def read(self, work: Callable[[Connection], T]) -> T:
        """See `Database.read`."""
        return self._within("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """See `Database.write`."""
        return self._within("BEGIN", work)

    def _within(self, begin: str, work: Callable[[Connection], T]) -> T:
        errors = self._psycopg.errors
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(begin, work)
            except (errors.SerializationFailure, errors.DeadlockDetected) as error:
                if attempt == ATTEMPTS:
                    raise self._told(error) from None
            except self._psycopg.Error as error:
                raise self._told(error) from None
        raise AssertionError  # pragma: no cover -- the last attempt returns or raises

    def _once(self, begin: str, work: Callable[[Connection], T]) -> T:
        connection = self._connection()
        connection.execute(begin.encode())
        try:
            result = work(_Connection(connection))
            connection.execute(b"COMMIT")
        except BaseException:
            with suppress(self._psycopg.Error):
                connection.execute(b"ROLLBACK")
            raise
        return result

    def _told(self, error: psycopg.Error) -> RegistryStoreError:
        """What happened, by PostgreSQL's own code; its message may repeat what was written."""
        state = error.sqlstate or type(error).__name__
        is_gone = error.sqlstate is None or error.sqlstate.startswith(("08", "57"))
        hint = "is the server running, and the user allowed in?" if is_gone else ""
        code = "store.connection" if is_gone else "store.postgresql"
        return RegistryStoreError(f"{self.url_id}: PostgreSQL says {state}", hint=hint, code=code)

    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._is_closed:
            raise RegistryStoreError(f"{self.url_id}: it was closed", code="store.closed")
        if self._process != os.getpid():
            # After a fork the parent's connections are the parent's: not even closing them is safe here.
            self._own, self._opened, self._process = threading.local(), [], os.getpid()
        connection: psycopg.Connection[tuple[Any, ...]] | None = getattr(self._own, "connection", None)
        if connection is None or connection.closed:
            connection = self._psycopg.connect(self._url, autocommit=True, connect_timeout=CONNECT_SECONDS)
            self._own.connection = connection
            self._opened = [each for each in self._opened if not each.closed] + [connection]
        return connection

    def close(self) -> None:
        """See `Database.close`."""
        self._is_closed = True
        opened, self._opened = self._opened, []
        if self._process == os.getpid():
            for connection in opened:
                with suppress(self._psycopg.Error):
                    connection.close()


def _named(library: Any, url: str) -> str:  # noqa: ANN401 -- the module, imported late
    try:
        parts = library.conninfo.conninfo_to_dict(url)
    except library.Error:
        message = "that is not a URL of PostgreSQL"
        raise RegistryStoreError(message, hint="postgresql://user@host/name", code="store.url") from None
    host = str(parts.get("host", "local"))
    return f"postgresql:{'local' if host.startswith('/') else host}/{parts.get('dbname', '')}"
