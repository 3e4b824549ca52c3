"""
Where a Redis or Valkey is, read from its URL, how redis-py is to reach it, and what its failures are called.

- redis-py retries nothing, says nothing besides what it must to connect, and speaks RESP2: one reply
  to one request, and nothing that comes unasked.
- No credentials in a name, a `repr` or a message; nothing of what a server said in a log.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from icpgate.errors import ConfigurationError, nearest, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Target", "cause_of", "refusal"]

_SCHEMES: Final = {"redis": "redis", "valkey": "redis", "rediss": "rediss", "valkeys": "rediss", "unix": "unix"}
_PLACE: Final = frozenset({"host", "port", "path", "db", "username", "password"})
_OPTIONS: Final = (
    "db",
    "ssl_ca_certs",
    "ssl_ca_path",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
    "ssl_password",
)
"""What a URL may set besides the address. Time limits and retries are what a level promises."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server and one of its databases. The address may hold credentials: `repr` leaves it out."""

    name: str
    scheme: str
    address: Mapping[str, object] = field(repr=False)

    @classmethod
    def read(cls, url: str) -> Target:
        """The target of a URL; raises `ConfigurationError`, also when redis-py is missing."""
        try:
            from redis.connection import parse_url  # noqa: PLC0415 -- the extra may be missing
        except ImportError:
            message = "a cache in Redis or Valkey needs redis-py"
            raise ConfigurationError(message, hint="pip install 'icpgate[redis]'", code="config.extra") from None
        given, colon, rest = url.partition("://")
        scheme = _SCHEMES.get(given) if colon else None
        if scheme is None:
            raise _refused(f"a cache's address begins with one of {', '.join(_SCHEMES)}")
        plain = f"{scheme}://{rest}"
        try:
            address = dict(parse_url(plain))  # type: ignore[no-untyped-call]  # redis-py has no types there
            path = urlsplit(plain).path
        except ValueError:
            raise _refused("the address of a cache cannot be read") from None
        address.pop("connection_class", None)
        _check(scheme, path, address)
        if scheme == "rediss":
            # Older releases of redis-py take any host's certificate unless they are told.
            address.setdefault("ssl_check_hostname", address.get("ssl_cert_reqs") != "none")
        return cls(_name(scheme, address), scheme, address)

    def arguments(self) -> dict[str, object]:
        """What every connection of redis-py is made with, besides its time limits and its way to retry."""
        from redis.connection import AbstractConnection  # noqa: PLC0415 -- the extra may be missing

        is_recent = "driver_info" in inspect.signature(AbstractConnection.__init__).parameters
        unnamed = {"driver_info": None} if is_recent else {"lib_name": None, "lib_version": None}
        return {**self.address, **unnamed, "health_check_interval": 0, "protocol": 2}


def _refused(message: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError(message, hint=hint or "such as redis://localhost:6379/0", code="config.cache")


def _check(scheme: str, path: str, address: Mapping[str, object]) -> None:
    if scheme == "unix" and not address.get("path"):
        raise _refused("the address of a cache has no path", "such as unix:///run/valkey.sock")
    if scheme != "unix" and not re.fullmatch("/?[0-9]*", path):
        raise _refused("the database of a cache is a number")
    for name in address.keys() - _PLACE:
        if name not in _OPTIONS:
            suggestion = nearest(name, list(_OPTIONS))
            hint = f"did you mean {suggestion}?" if suggestion else f"known are {', '.join(_OPTIONS)}"
            raise _refused(f"{quote(name)} cannot be set in the address of a cache", hint)


def _name(scheme: str, address: Mapping[str, object]) -> str:
    database = address.get("db") or 0
    if scheme == "unix":
        return f"redis:{str(address['path']).rpartition('/')[2]}/{database}"
    host = str(address.get("host", "localhost"))
    shown = f"[{host}]" if ":" in host else host
    return f"redis:{shown}:{address.get('port', 6379)}/{database}"


_BY_CLASS: Final = {
    "AskError": "ASK",
    "AuthenticationError": "NOAUTH",
    "BusyLoadingError": "LOADING",
    "ClusterCrossSlotError": "CROSSSLOT",
    "ClusterDownError": "CLUSTERDOWN",
    "MasterDownError": "MASTERDOWN",
    "MovedError": "MOVED",
    "NoPermissionError": "NOPERM",
    "OutOfMemoryError": "OOM",
    "ReadOnlyError": "READONLY",
    "TryAgainError": "TRYAGAIN",
}
"""redis-py takes the code of these out of the message, and makes it the type."""

_CODES: Final = frozenset({*_BY_CLASS.values(), "BUSY", "MISCONF", "NOREPLICAS", "WRONGPASS", "WRONGTYPE"})


def refusal(error: Exception) -> str:
    """The code of an error that a server replied; `ERR` for one that we do not know."""
    known = _BY_CLASS.get(type(error).__name__)
    if known is not None:
        return known
    word = str(error).partition(" ")[0]
    return word if word in _CODES else "ERR"


def cause_of(error: Exception) -> str:
    """What an exchange failed of, in a word of ours."""
    name = type(error).__name__
    if name in _BY_CLASS:
        return _BY_CLASS[name]
    return name.removesuffix("Error").lower() if name in {"TimeoutError", "ConnectionError"} else "protocol"
