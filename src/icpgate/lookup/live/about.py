"""
What a live registry says of itself: whether it is simulated, for what it may say no, who keeps it.

It is sealed by a checksum: one bit decides whether made-up numbers are real ones.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, RegistryStoreError
from icpgate.lookup.scope import Scope

if TYPE_CHECKING:
    from icpgate.lookup.live.database import Connection

__all__ = ["About", "about_of", "describe", "meta", "set_meta"]

_SEAL: Final = "seal"
_NAMES: Final = ("authoritative", "scope", "simulated", "source")


@dataclass(frozen=True, slots=True)
class About:
    """A registry in its own words."""

    simulated: bool
    authoritative: bool
    scope: Scope
    source: str = ""


def describe(connection: Connection, about: About) -> None:
    """Write it down."""
    _write(connection, "authoritative", _flag(given=about.authoritative))
    _write(connection, "scope", str(about.scope))
    _write(connection, "simulated", _flag(given=about.simulated))
    _write(connection, "source", about.source)
    _seal(connection)


def about_of(connection: Connection) -> About:
    """Read it; raises `RegistryStoreError` when it is not as it was written."""
    stored = _stored(connection)
    if stored.get(_SEAL) == _sealed(stored):
        try:
            simulated, authoritative = _is_set(stored["simulated"]), _is_set(stored["authoritative"])
            return About(simulated, authoritative, Scope.parse(stored["scope"]), stored["source"])
        except (KeyError, ConfigurationError):
            pass  # its seal was made for what `describe` never wrote
    message = "what the registry says of itself is not as it was written"
    raise RegistryStoreError(message, hint="restore the database", code="store.corrupt")


def meta(connection: Connection, name: str) -> str | None:
    """What stands under a name, sealed or not; nobody has looked whether it is as it was written."""
    row = connection.row("SELECT value FROM meta WHERE name = ?", name)
    return None if row is None else str(row[0])


def set_meta(connection: Connection, name: str, value: str) -> None:
    """Have something else stand there."""
    _write(connection, name, value)
    if name in _NAMES:
        _seal(connection)


def _write(connection: Connection, name: str, value: str) -> None:
    connection.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )


def _seal(connection: Connection) -> None:
    _write(connection, _SEAL, _sealed(_stored(connection)))


def _stored(connection: Connection) -> dict[str, str]:
    return {str(name): str(value) for name, value in connection.rows("SELECT name, value FROM meta")}


def _sealed(stored: dict[str, str]) -> str:
    said = "\x1f".join(stored.get(name, "") for name in _NAMES)
    return f"{zlib.crc32(said.encode()):08x}"


def _flag(*, given: bool) -> str:
    return "1" if given else "0"


def _is_set(stored: str) -> bool:
    return {"0": False, "1": True}[stored]
