"""The second level that a URL names. Each kind is imported when one is made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, nearest, quote

if TYPE_CHECKING:
    from icpgate.lookup.cache.level import Level

__all__ = ["anchored_cache", "file_of", "open_level"]

_SERVERS: Final = ("redis", "rediss", "valkey", "valkeys", "unix")


def open_level(url: str) -> Level:
    """
    The level that a URL names: `sqlite:PATH`, `redis://…`, `rediss://…`, `valkey://…`, `valkeys://…`, `unix://…`.

    `sqlite:///PATH` is the absolute path /PATH, as is `sqlite:/PATH`. Raises `ConfigurationError` for a scheme that is
    none, for what the level says about its place, and where an extra is missing. A URL may hold
    credentials: no message repeats it.
    """
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "sqlite":
        return _sqlite(rest)
    if colon and scheme in _SERVERS:
        from icpgate.lookup.cache.redis import RedisLevel  # noqa: PLC0415 -- only where one is used

        return RedisLevel(url)
    if not colon or not scheme.isascii() or not scheme.isalnum():
        raise _refused("a cache is named by a URL")
    suggestion = nearest(scheme, ["sqlite", *_SERVERS])
    raise _refused(f"{quote(scheme)} is not a kind of cache", f"did you mean {suggestion}:?" if suggestion else "")


def file_of(url: str) -> str | None:
    """The path of a cache that is a file; None for a server's URL, and for one that is none."""
    scheme, _, rest = url.partition(":")
    if scheme != "sqlite" or (rest.startswith("//") and not rest.startswith("///")):
        return None
    path = rest.lstrip("/")
    return f"/{path}" if rest.startswith("/") and path else path


def anchored_cache(url: str, folder: str) -> str:
    """The URL as it is found from here, when its path was written relative to a folder."""
    path = file_of(url)
    if not path or path.startswith(":"):
        return url
    return f"sqlite:{os.path.join(folder, path)}"  # noqa: PTH118 -- a path as typed stays as typed


def _sqlite(rest: str) -> Level:
    from icpgate.lookup.cache.sqlite import SqliteLevel  # noqa: PLC0415 -- only where one is used

    path = file_of(f"sqlite:{rest}")
    if path is None:
        raise _refused("a cache's file is on this machine", "sqlite:PATH or sqlite:///PATH")
    if path.startswith(":"):
        raise _refused("a cache's file is a file", "without a URL the cache is in the process alone")
    return SqliteLevel(path)


def _refused(message: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError(message, hint=hint or "sqlite:cache.db or redis://localhost:6379", code="config.cache")
