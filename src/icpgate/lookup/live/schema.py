"""
The schema in numbered steps: plain SQL files, one text for both databases, and the number of the last one taken.

A database of an older release is brought up when it is opened; one of a newer release is refused.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from icpgate.errors import RegistryStoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.lookup.live.database import Connection, Database

__all__ = ["LATEST", "create_schema", "migrate"]

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "sqlite": {
        "blob": "BLOB",
        "identity": "INTEGER PRIMARY KEY AUTOINCREMENT",
        "strict": "STRICT",
        "bigint": "INTEGER",
    },
    "postgresql": {
        "blob": "BYTEA",
        "identity": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "strict": "",
        "bigint": "BIGINT",
    },
}


def _steps() -> tuple[tuple[int, str], ...]:
    folder = files("icpgate.lookup.live") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple((int(name[:4]), (folder / name).read_text(encoding="utf-8")) for name in names)


LATEST: Final = 2
"""The last step of this release; a test holds it to the files."""


def _statements(text: str, dialect: str) -> list[str]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
    plain = "\n".join(lines)
    for word, meant in _WORDS[dialect].items():
        plain = plain.replace(f"{{{word}}}", meant)
    return [statement.strip() for statement in plain.split(";") if statement.strip()]


def _version(connection: Connection) -> int | None:
    """The last step taken; None where there is no registry."""
    catalogue = (
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'icpgate_schema'"
        if connection.dialect == "sqlite"
        else "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema()"
        " AND table_name = 'icpgate_schema'"
    )
    if connection.row(catalogue) is None:
        return None
    row = connection.row("SELECT max(version) FROM icpgate_schema")
    return int(row[0]) if row is not None and row[0] is not None else None


def create_schema(database: Database, values: Mapping[str, str]) -> None:
    """Make every table, and write down what the registry says of itself; raises where there is a registry."""

    def work(connection: Connection) -> None:
        if _version(connection) is not None:
            message = f"{database.url_id}: a registry is there already"
            raise RegistryStoreError(message, hint="open it, or choose another place", code="store.exists")
        _take(connection, 0)
        for name, value in values.items():
            connection.execute("INSERT INTO meta (name, value) VALUES (?, ?)", name, value)

    database.write(work)


def migrate(database: Database) -> None:
    """Bring a database up to this release; raises where it is none of ours, or a newer release's."""
    version = database.read(_version)
    if version is None:
        message = f"{database.url_id}: no live registry is there"
        raise RegistryStoreError(message, hint="icpgate registry init URL makes one", code="store.none")
    if version > LATEST:
        message = f"{database.url_id}: schema {version}; this release knows {LATEST}"
        raise RegistryStoreError(message, hint="update icpgate", code="store.newer")
    if version < LATEST:
        database.write(lambda connection: _take(connection, _version(connection) or 0))


def _take(connection: Connection, version: int) -> None:
    if version == 0:
        connection.execute("CREATE TABLE icpgate_schema (version INTEGER PRIMARY KEY)")
    for number, text in _steps():
        if number > version:
            for statement in _statements(text, connection.dialect):
                connection.execute(statement)
            connection.execute("INSERT INTO icpgate_schema (version) VALUES (?)", number)
