"""
How a registry is reached over HTTP, as plain values: TLS, a proxy, how many connections.

- Who answers is verified, by the system's authorities or by those of `ca_file`. Only `insecure_tls`
  switches that off, and then every decision says so.
- The environment is not looked at, neither for a proxy nor for authorities, unless `trust_env`.
- Secrets are named (`env:NAME`, `file:PATH`) and read when a registry is made; `repr` shows none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, nearest, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Transport"]

_MOST: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """
    The options of how a registry is reached. Frozen and picklable; `open_channel` makes use of it.

    `ca_file` has the authorities to believe in place of the system's, `client_certificate` and
    `client_key` say who we are: paths of PEM files; the key may stand in the certificate's file.
    `client_key_password` and `proxy` (`http://user:password@host:port`) may be `env:NAME` or
    `file:PATH`. `insecure_tls` believes anybody. `insecure_http` lets http:// leave this machine.
    `trust_env` obeys HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.
    `connections` is how many there may be to one address.
    """

    ca_file: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    client_key_password: str | None = field(default=None, repr=False)
    insecure_tls: bool = False
    insecure_http: bool = False
    proxy: str | None = field(default=None, repr=False)
    trust_env: bool = False
    connections: int = 100

    def __post_init__(self) -> None:
        """Raises `ConfigurationError` for an option that is none, or that contradicts another."""
        for name in _PATHS:
            value = getattr(self, name)
            if isinstance(value, os.PathLike):
                object.__setattr__(self, name, os.fspath(value))
        for name in _TEXTS:
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or not value.strip()):
                given = "nothing" if value == "" else type(value).__name__  # never the value: it may be a secret
                raise _refused(f"{name} is {given}: a text is expected")
        for name in _FLAGS:
            if type(getattr(self, name)) is not bool:
                raise _refused(f"{name} is {quote(getattr(self, name))}: true or false is expected")
        if type(self.connections) is not int or not 1 <= self.connections <= _MOST:
            raise _refused(f"connections is {quote(self.connections)}: from 1 to {_MOST:,} is expected")
        self._agree()

    def _agree(self) -> None:
        if self.insecure_tls and self.ca_file is not None:
            raise _refused("ca_file beside insecure_tls: nobody would be verified", "leave one of the two out")
        if self.client_certificate is None and (self.client_key or self.client_key_password):
            raise _refused("client_key without client_certificate", "give both, as paths of PEM files")

    @property
    def is_usual(self) -> bool:
        """Whether nothing about it differs from what holds without it, but perhaps `insecure_http`."""
        return self in (_USUAL, _USUAL_IN_CLEAR)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the options, as a TOML table has them."""
        return tuple(each.name for each in fields(cls))

    @classmethod
    def read(cls, table: Mapping[str, object]) -> Transport:
        """Options from a mapping; raises `ConfigurationError` for an unknown one."""
        for name in table:
            if name not in cls.names():
                suggestion = nearest(name, cls.names())
                hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(cls.names())}"
                message = f"unknown option {quote(name)}"
                raise ConfigurationError(message, hint=hint, code="config.unknown")
        return cls(**table)  # type: ignore[arg-type]  # checked by __post_init__


_PATHS: Final = ("ca_file", "client_certificate", "client_key")
_TEXTS: Final = (*_PATHS, "client_key_password", "proxy")
_FLAGS: Final = ("insecure_tls", "insecure_http", "trust_env")
_USUAL: Final = Transport()
_USUAL_IN_CLEAR: Final = Transport(insecure_http=True)


def _refused(message: str, hint: str = "see docs/settings.md") -> ConfigurationError:
    return ConfigurationError(message, hint=hint, code="config.transport")
