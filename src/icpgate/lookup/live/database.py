"""
One database of a live registry, whichever it is: SQL is written once, and work is handed in as a function.

- `read` sees one moment; `write` is all or nothing, and on the disk when it returns.
- A connection is in use by one thread of one process at a time. Others get their own.
- Nothing of a driver leaves: every error is a `RegistryStoreError`, and none of them has a password in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from icpgate.errors import RegistryStoreError, quote
from icpgate.lookup.live.about import About
from icpgate.lookup.live.schema import create_schema, migrate
from icpgate.lookup.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Connection", "Database", "create_database", "open_database"]

T = TypeVar("T")


class Connection(Protocol):
    """One transaction of a database. SQL has `?` for its values."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    @property
    def for_update(self) -> str:
        """What a query ends with to lock its rows; nothing where the whole database is locked."""
        ...

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        ...

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one."""
        ...

    def execute(self, sql: str, *values: object) -> int:
        """How many rows a statement changed."""
        ...


class Database(Protocol):
    """A database; it may be shared by threads, and used after a fork."""

    @property
    def url_id(self) -> str:
        """Its name in evidence: no folder, no password."""
        ...

    @property
    def quick(self) -> bool:
        """Whether it answers from this machine in microseconds."""
        ...

    @property
    def insecure(self) -> bool:
        """Whether it is reached over a network on which somebody else could answer in its place."""
        ...

    def read(self, work: Callable[[Connection], T]) -> T:
        """What the work returns, which sees the database as it is at one moment."""
        ...

    def write(self, work: Callable[[Connection], T]) -> T:
        """
        What the work returns, once what it did is on the disk; what it raises undoes it.

        Writers wait for each other, in every process. The work may run twice, and must not write within itself.
        """
        ...

    def close(self) -> None:
        """Let go of every connection; may be called twice."""
        ...


_HINT: Final = "sqlite:///registry.db, sqlite:////var/lib/registry.db or postgresql://user@host/name"


def open_database(url: str) -> Database:
    """
    The live registry at the URL, brought up to this release's schema.

    Raises `RegistryStoreError`: none there, another program's, a newer release's, or not to be reached.
    """
    path = _path_of(url)
    if path is not None:
        from icpgate.lookup.live.sqlite import SqliteDatabase  # noqa: PLC0415 -- only where one is used

        return _ready(SqliteDatabase(path), migrate)
    from icpgate.lookup.live.postgresql import PostgresqlDatabase  # noqa: PLC0415 -- the extra may be missing

    return _ready(PostgresqlDatabase(url), migrate)


def create_database(
    url: str, *, simulated: bool, authoritative: bool | None = None, scope: str = "all", source: str = ""
) -> Database:
    """
    An empty live registry at the URL; raises `RegistryStoreError` where one is already.

    A simulated one is authoritative for everything, because it is the only one that knows its numbers; another is
    only when it is told. `source` says who keeps it.
    """
    about = _about(simulated=simulated, authoritative=authoritative, scope=scope, source=source)
    path = _path_of(url)
    if path is not None:
        from icpgate.lookup.live.sqlite import make_file  # noqa: PLC0415 -- as above

        make_file(path, lambda connection, name: create_schema(connection, name, about))
        return open_database(url)
    from icpgate.lookup.live.postgresql import PostgresqlDatabase  # noqa: PLC0415 -- as above

    return _ready(
        PostgresqlDatabase(url),
        lambda database: database.write(lambda connection: create_schema(connection, database.url_id, about)),
    )


def _about(*, simulated: bool, authoritative: bool | None, scope: str, source: str) -> About:
    if simulated and (authoritative is False or scope != "all"):
        message = "a simulated registry is authoritative for all"
        raise RegistryStoreError(message, hint="leave authoritative and scope out", code="store.scope")
    return About(simulated, simulated or bool(authoritative), Scope.parse(scope), source.strip())


def _path_of(url: str) -> str | None:
    """The path of a SQLite file, as it was typed; None for PostgreSQL."""
    scheme, colon, rest = url.partition(":")
    if scheme == "postgresql" and rest.startswith("//") and rest != "//":
        return None
    if scheme == "sqlite" and rest.startswith("///") and rest != "///":
        return rest[3:]
    what = "that" if scheme in {"sqlite", "postgresql"} or not colon else quote(scheme)
    meant = f"did you mean sqlite:///{rest.removeprefix('//')}?" if scheme == "sqlite" and rest.strip("/") else ""
    raise RegistryStoreError(f"{what} is not the URL of a live registry", hint=meant or _HINT, code="store.url")


def _ready(database: Database, prepare: Callable[[Database], None]) -> Database:
    try:
        prepare(database)
    except BaseException:
        database.close()
        raise
    return database
