"""
The address at which an API begins: `https://host:port/prefix`.

- http or https, a host, perhaps a port and a prefix; no credentials, no query, no fragment.
- http:// beyond this machine only where it was asked for by name.
- What is wrong is told without the address: it may have a password in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import quote, urlsplit

from icpgate.errors import ConfigurationError

__all__ = ["Address", "encoded_path"]

_HOST: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
_MAX_HOST: Final = 253
_UNRESERVED: Final = "/:@!$&'()*+,;=-._~"
_EXAMPLE: Final = "https://registry.example.cn/prefix"
_PLAIN_PATH: Final = re.compile(r"(?:[A-Za-z0-9/:@!$&'()*+,;=_~-]++|%(?!2[Ee])[0-9A-Fa-f]{2})*+")
"""Without a dot, and encoded already."""

_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Address:
    """A base address, ASCII and without a slash at its end; also the id of a registry without one."""

    text: str

    @classmethod
    def parse(cls, url: object, *, insecure_http: bool = False) -> Address:
        """
        Read an address; raises `ConfigurationError`.

        `insecure_http` lets http:// leave this machine.

        >>> Address.parse("https://Registry.example.cn:443/v2/").text
        'https://registry.example.cn/v2'
        """
        if not isinstance(url, str) or not url.isprintable() or any(mark in url for mark in " \\<>\"'`{}|^"):
            raise _refused("not an address")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:  # a port or an IPv6 address that is none
            raise _refused("not an address") from None
        scheme = parts.scheme
        if scheme not in {"http", "https"}:
            raise _refused("neither http:// nor https://")
        if "@" in parts.netloc:
            raise _refused("credentials in the address", "put them into [secrets], and {secret:NAME} where they belong")
        if "?" in url or "#" in url:
            raise _refused("a query or fragment in the address", "put what is always sent into the mapping")
        if port == 0:
            raise _refused("a port of 0")
        host = _host(parts.hostname or "")
        if scheme == "http" and not insecure_http and not _is_loopback(host):
            hint = "use https://, or insecure_http = true where everything on the way can be trusted"
            raise _refused("http:// beyond this machine: anybody on the way can read and change it", hint)
        where = "" if port in {None, {"http": 80, "https": 443}[scheme]} else f":{port}"
        return cls(f"{scheme}://{host}{where}{encoded_path(parts.path.rstrip('/'))}")


def _refused(message: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError(f"url: {message}", hint=hint or f"such as {_EXAMPLE}", code="config.url")


def _host(name: str) -> str:
    """The host as it goes into an address: an IP address, or lower-case A-labels."""
    try:
        address = ip_address(name)
    except ValueError:
        pass
    else:
        return f"[{address.compressed}]" if isinstance(address, IPv6Address) else str(address)
    try:
        host = name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise _refused("a host that is none") from None
    is_number = host.rstrip(".").rpartition(".")[2].isdigit()  # an IP address in a notation that hides it
    if len(host) > _MAX_HOST or is_number or not _HOST.fullmatch(host):
        raise _refused("a host that is none")
    return host


def _is_loopback(host: str) -> bool:
    if host in {"localhost", "localhost."}:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def encoded_path(path: str) -> str:
    """
    A path that a person wrote, in ASCII; what is encoded already stays as it is.

    Raises `ConfigurationError` for a path that leads elsewhere than it says.
    """
    if _PLAIN_PATH.fullmatch(path):
        return path
    if any(step in {".", ".."} for step in path.replace("%2e", ".").replace("%2E", ".").split("/")):
        raise _refused("a path with . or .. in it")
    if _ESCAPE.search(path):
        raise _refused("a % that encodes nothing", "a percent sign itself is %25")
    return quote(path, safe=_UNRESERVED + "%")
