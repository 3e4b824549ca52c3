"""
The schema in numbered steps: plain SQL files, one text for both databases, and the number of the last one taken.

- A database of an older release is brought up when it is opened; one of a newer release is refused.
- In a file `;` stands between statements and nowhere else, and a comment is a line of its own.
- Words in braces mean what the database has for them: `{blob}`, `{bigint}`, `{identity}`, `{strict}`, and `{text}`,
  a text that is compared byte by byte.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from icpgate.errors import RegistryStoreError
from icpgate.lookup.live.about import describe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.lookup.live.about import About
    from icpgate.lookup.live.database import Connection, Database

__all__ = ["LATEST", "create_schema", "migrate", "refuse_newer", "version_of"]

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {
        "blob": "BLOB",
        "bigint": "INTEGER",
        "identity": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "strict": "STRICT",
        "text": "TEXT",
    },
    "postgresql": {
        "blob": "BYTEA",
        "bigint": "BIGINT",
        "identity": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "strict": "",
        "text": 'TEXT COLLATE "C"',
    },
}

LATEST: Final = 2
"""The last step of this release; a test holds it to the files."""


def _steps() -> tuple[tuple[int, str], ...]:
    folder = files("icpgate.lookup.live") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple((int(name[:4]), (folder / name).read_text(encoding="utf-8")) for name in names)


def _statements(text: str, dialect: str) -> list[str]:
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    for word, meant in _WORDS[dialect].items():
        plain = plain.replace(f"{{{word}}}", meant)
    return [statement.strip() for statement in plain.split(";") if statement.strip()]


_TABLES: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'icpgate_schema'",
    "postgresql": "SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('icpgate_schema')",
}


def version_of(connection: Connection) -> int | None:
    """The last step taken; None where there is no live registry."""
    if connection.row(_TABLES[connection.dialect]) is None:
        return None
    row = connection.row("SELECT max(version) FROM icpgate_schema")
    return None if row is None or row[0] is None else int(row[0])


def refuse_newer(connection: Connection, name: str) -> int | None:
    """The last step taken; raises `RegistryStoreError` for one that this release does not know."""
    version = version_of(connection)
    if version is not None and version > LATEST:
        message = f"{name}: schema {version}; this release knows {LATEST}"
        raise RegistryStoreError(message, hint="update icpgate", code="store.newer")
    return version


def create_schema(connection: Connection, name: str, about: About) -> None:
    """Make every table, and write down what the registry says of itself; raises where there is a registry."""
    if version_of(connection) is not None:
        message = f"{name}: a registry is there already"
        raise RegistryStoreError(message, hint="open it, or choose another place", code="store.exists")
    _take(connection, 0)
    describe(connection, about)


def migrate(database: Database) -> None:
    """Bring a database up to this release; raises where it is none of ours, or a newer release's."""
    name = database.url_id
    version = database.read(lambda connection: refuse_newer(connection, name))
    if version is None:
        message = f"{name}: no live registry is there"
        raise RegistryStoreError(message, hint="icpgate registry init URL makes one", code="store.none")
    if version < LATEST:
        # Looked at again, because another process may have been faster.
        database.write(lambda connection: _take(connection, refuse_newer(connection, name) or 0))


def _take(connection: Connection, version: int) -> None:
    if version == 0:
        connection.execute("CREATE TABLE icpgate_schema (version INTEGER PRIMARY KEY)")
    for number, text in _steps():
        if number > version:
            for statement in _statements(text, connection.dialect):
                connection.execute(statement)
            connection.execute("INSERT INTO icpgate_schema (version) VALUES (?)", number)
