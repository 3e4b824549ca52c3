"""The second level that a URL names. Each kind is imported when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, nearest, quote

if TYPE_CHECKING:
    from icpgate.lookup.cache.level import Level

__all__ = ["open_level"]

_SERVERS: Final = ("redis", "rediss", "valkey", "valkeys", "unix")


def open_level(url: str) -> Level:
    """
    The level that a URL names: `sqlite:PATH`, `redis://…`, `rediss://…`, `valkey://…`, `valkeys://…`, `unix://…`.

    `sqlite:///PATH` is the same as `sqlite:PATH`. Raises `ConfigurationError` for a scheme that is
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


def _sqlite(rest: str) -> Level:
    from icpgate.lookup.cache.sqlite import SqliteLevel  # noqa: PLC0415 -- only where one is used

    path = rest.removeprefix("///") if rest.startswith("///") else rest
    if path.startswith("//"):
        raise _refused("a cache's file is on this machine", "sqlite:PATH or sqlite:///PATH")
    if path.startswith(":"):
        raise _refused("a cache's file is a file", "without a URL the cache is in the process alone")
    return SqliteLevel(path)


def _refused(message: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError(message, hint=hint or "sqlite:cache.db or redis://localhost:6379", code="config.cache")
