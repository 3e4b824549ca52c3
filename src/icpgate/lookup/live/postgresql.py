"""
A live registry in PostgreSQL: `postgresql://user@host/name`. Needs the extra `postgres`.

- Writers wait for each other, as in SQLite: none sees half of what another does, and none is undone for another.
- A connection that was lost while nobody used it is made anew; one that breaks at a commit leaves open whether it
  was kept, and the error says so.
- Beyond this machine the server is verified, unless the URL says otherwise; then every decision says so.
- Its messages are not repeated once we are connected: they may hold what was written.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from icpgate.errors import RegistryStoreError, shown
from icpgate.lookup.live.pool import Pool
from icpgate.lookup.live.schema import refuse_newer
from icpgate.lookup.live.values import checked

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    import psycopg

    from icpgate.lookup.live.database import Connection

__all__ = ["PostgresqlDatabase"]

T = TypeVar("T")

AT_ONCE: Final = 10
"""Connections of one process: a server has a hundred for all."""

ATTEMPTS: Final = 10
"""How often work is tried that transactions of other programs were in the way of."""

_WRITER: Final = 0x4943506C
"""Who has this lock writes. `ICPl`, as in the SQLite file."""

_READ: Final = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '10s'"
_WRITE: Final = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '30s';"
    " SET LOCAL idle_in_transaction_session_timeout = '60s';"
    f" SELECT pg_advisory_xact_lock({_WRITER})"
).encode()
_DURABLE: Final = (
    b"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
_USUAL: Final = {
    "application_name": "icpgate",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""So that nobody waits for a server that is not there any more; what the URL states goes before it."""

_VERIFIED: Final = "verify-full"
"""The `sslmode` that is usual beyond this machine, and the only one with which nobody else can answer."""


class _Connection:
    """See `Connection`."""

    dialect = "postgresql"
    for_update = " FOR UPDATE"

    def __init__(self, raw: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._raw = raw

    def _cursor(self, sql: str, values: tuple[object, ...]) -> psycopg.Cursor[tuple[Any, ...]]:
        return self._raw.execute(sql.replace("%", "%%").replace("?", "%s").encode(), checked(values))

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
        self._psycopg = _library()
        self._parameters = _parameters(self._psycopg, url)
        self.url_id = _named(self._parameters)
        self.insecure = self._parameters["sslmode"] != _VERIFIED and not _is_near(self._parameters)
        self._pool: Pool[psycopg.Connection[tuple[Any, ...]]] = Pool(self.url_id, self, at_once=AT_ONCE)
        try:
            self.read(lambda connection: connection.row("SELECT 1"))
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Connection], T]) -> T:
        """See `Database.read`."""
        return self._within(_READ, work)

    def write(self, work: Callable[[Connection], T]) -> T:
        """See `Database.write`."""
        return self._within(_WRITE, work)

    def _within(self, begin: bytes, work: Callable[[Connection], T]) -> T:
        errors = self._psycopg.errors
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(begin, work)
            except (errors.SerializationFailure, errors.DeadlockDetected) as error:
                if attempt == ATTEMPTS:
                    raise self._told(error) from None
                time.sleep(0.005 * attempt)
            except self._psycopg.Error as error:
                raise self._told(error) from None
        raise AssertionError  # pragma: no cover -- the last attempt returns or raises

    def _once(self, begin: bytes, work: Callable[[Connection], T]) -> T:
        def begun(raw: psycopg.Connection[tuple[Any, ...]]) -> None:
            raw.execute(begin)

        with self._pool.lent(begun) as raw:
            try:
                result = work(_Connection(raw))
            except BaseException:
                with suppress(self._psycopg.Error):
                    raw.execute(b"ROLLBACK")
                raise
            self._commit(raw)
            return result

    def _commit(self, raw: psycopg.Connection[tuple[Any, ...]]) -> None:
        try:
            raw.execute(b"COMMIT")
        except self._psycopg.OperationalError:
            if not raw.closed:
                raise
            message = f"{self.url_id}: the connection broke at the commit: it may be kept or not"
            raise RegistryStoreError(message, hint="look before doing it again", code="store.unknown") from None

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """See `Driver.connect`."""
        try:
            raw: psycopg.Connection[tuple[Any, ...]] = self._psycopg.connect(
                **self._parameters, autocommit=True, client_encoding="UTF8", prepare_threshold=None
            )
        except self._psycopg.Error as error:
            raise self._unreached(error) from None
        try:
            raw.execute(_DURABLE)
            refuse_newer(_Connection(raw), self.url_id)
        except BaseException:
            self.disconnect(raw)
            raise
        return raw

    def _unreached(self, error: psycopg.Error) -> RegistryStoreError:
        """Before we are connected nothing was said that its message could repeat, but a password."""
        text = " ".join(str(error).split())
        password = self._parameters.get("password")
        if password and password in text:
            text = "no connection"
        message = f"{self.url_id}: {shown(text, at_most=300)}"
        return RegistryStoreError(message, hint="is it running, and is this user let in?", code="store.connection")

    def _told(self, error: psycopg.Error) -> RegistryStoreError:
        state = error.sqlstate or ""
        code, message, hint = next((_SAID[s] for s in (state, state[:2]) if s in _SAID), ("store.postgresql", "", ""))
        if not state and isinstance(error, self._psycopg.OperationalError):
            code, message, hint = _SAID["08"]
        said = f"{message or 'PostgreSQL refused'} ({state or type(error).__name__})"
        return RegistryStoreError(f"{self.url_id}: {said}", hint=hint, code=code)

    def is_lost(self, connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
        """See `Driver.is_lost`."""
        idle = self._psycopg.pq.TransactionStatus.IDLE
        return bool(connection.closed) or connection.info.transaction_status is not idle

    def disconnect(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        """See `Driver.disconnect`."""
        with suppress(self._psycopg.Error):
            connection.close()

    def close(self) -> None:
        """See `Database.close`."""
        self._pool.close()


_SAID: Final = {
    "08": ("store.connection", "the connection is lost", "is the server running?"),
    "25006": ("store.read_only", "it cannot be written", "is this a standby?"),
    "42501": ("store.read_only", "this user may not do that", "give it the right"),
    "42P07": ("store.exists", "another program's tables are there", "give it a database or schema of its own"),
    "53100": ("store.full", "the disk is full", "make room"),
    "55P03": ("store.busy", "another one has been writing for too long", "is a process hanging in a transaction?"),
    "57": ("store.connection", "the server ended the connection", "is it restarting?"),
    "57014": ("store.busy", "it took too long", "is the server overloaded?"),
    "XX": ("store.corrupt", "it is damaged", "restore it from a backup"),
}
"""By PostgreSQL's codes and classes of codes."""


def _library() -> ModuleType:
    try:
        import psycopg  # noqa: PLC0415 -- the extra may be missing
    except ImportError:
        message = "a registry in PostgreSQL needs psycopg"
        raise RegistryStoreError(message, hint="pip install 'icpgate[postgres]'", code="store.extra") from None
    return psycopg


def _parameters(library: ModuleType, url: str) -> dict[str, str]:
    try:
        stated = library.conninfo.conninfo_to_dict(url)
    except library.Error:
        message = "that is not a URL of PostgreSQL"
        raise RegistryStoreError(message, hint="postgresql://user@host/name", code="store.url") from None
    parameters = {**_USUAL, **{name: str(value) for name, value in stated.items()}}
    return {"sslmode": "prefer" if _is_near(parameters) else _VERIFIED, **parameters}


def _is_near(parameters: dict[str, str]) -> bool:
    """Whether every server stated is this machine; one that only a variable or service names may be anywhere."""
    hosts = (parameters.get("hostaddr") or parameters.get("host") or "?").split(",")
    return all(host.startswith(("/", "@", "127.")) or host in {"localhost", "::1"} for host in hosts)


def _named(parameters: dict[str, str]) -> str:
    host = parameters.get("host", "")
    place = "local" if not host or host.startswith("/") else host
    port = parameters.get("port", "5432")
    return f"postgresql:{place}{'' if port == '5432' else f':{port}'}/{parameters.get('dbname', '')}"
