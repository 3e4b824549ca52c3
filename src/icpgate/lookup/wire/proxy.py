"""
Proxies: which one an origin is reached through, and how to speak to it. Without I/O.

- To https:// a tunnel leads (CONNECT): the proxy sees the host's name and nothing else. A request to
  http:// is handed to it with its whole address.
- What it answers to CONNECT is read within the budget of one head, and no byte may come behind it:
  that would be the proxy speaking as the peer.
- No text repeats a proxy's address: it may have a password in it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from icpgate.answer import Why
from icpgate.errors import ConfigurationError
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.budgets import MAX_HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpgate.lookup.wire.message import Incoming, Origin, Outgoing

__all__ = ["Proxies", "Proxy", "Tunnel", "absolute", "is_loopback", "let_through"]

_EXAMPLE: Final = "http://proxy.example.cn:3128"
_UNAUTHORISED: Final = 407


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that speaks HTTP in the clear. `credentials` is the value of a header, or nothing."""

    host: str
    port: int
    credentials: bytes = field(default=b"", repr=False)

    @classmethod
    def parse(cls, url: str, place: str) -> Proxy:
        """Read a proxy's address; raises `ConfigurationError` that names its place, and nothing of it."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
            given = ":".join(unquote(part or "", errors="strict") for part in (parts.username, parts.password))
            credentials = given.encode("utf-8")
        except (ValueError, UnicodeError):
            raise _refused(place, "not an address") from None
        if parts.scheme != "http":
            raise _refused(place, "a proxy is spoken to by http://; what goes through it to https:// stays sealed")
        if not host or port == 0 or not url.isprintable() or parts.path not in {"", "/"} or "?" in url or "#" in url:
            raise _refused(place, "not an address")
        has_credentials = "@" in parts.netloc
        return cls(host, port or 80, b"Basic " + base64.b64encode(credentials) if has_credentials else b"")


def _refused(place: str, message: str) -> ConfigurationError:
    return ConfigurationError(f"{place}: {message}", hint=f"such as {_EXAMPLE}", code="config.proxy")


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of one registry: to https://, to http://, and which hosts are reached without."""

    secure: Proxy | None = None
    clear: Proxy | None = None
    without: tuple[str, ...] = ()
    is_environment: bool = False

    @classmethod
    def stated(cls, url: str) -> Proxies:
        """One proxy for everything; raises `ConfigurationError`."""
        proxy = Proxy.parse(url, "proxy")
        return cls(proxy, proxy)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Proxies:
        """
        What HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say, in either case, the lower before the upper.

        Under CGI (REQUEST_METHOD) HTTP_PROXY is a header of whoever asks: only http_proxy counts there.
        This machine itself is never reached through any of them. Raises `ConfigurationError`.
        """
        every = _named(environment, "all_proxy")
        is_cgi = "REQUEST_METHOD" in environment
        clear = ("http_proxy", environment.get("http_proxy", "")) if is_cgi else _named(environment, "http_proxy")
        return cls(
            _proxy_of(_named(environment, "https_proxy"), every),
            _proxy_of(clear, every),
            tuple(part.lower() for part in re.split(r"[\s,]+", _named(environment, "no_proxy")[1]) if part),
            is_environment=True,
        )

    def of(self, origin: Origin) -> Proxy | None:
        """
        The proxy through which an origin is reached; None is the direct way.

        What goes to this machine in the clear is handed to no proxy on another: it was only let go in the
        clear because it does not leave the machine.
        """
        proxy = self.secure if origin.secure else self.clear
        if proxy is None or (self.is_environment and _is_spared(origin, self.without)):
            return None
        if not origin.secure and is_loopback(origin.host) and not is_loopback(proxy.host):
            return None
        return proxy


def _named(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """A variable's name as it is written there, and its value."""
    for written in (name, name.upper()):
        if written in environment:
            return written, environment[written].strip()
    return name, ""


def _proxy_of(*stated: tuple[str, str]) -> Proxy | None:
    """The first that names a proxy; without a scheme http:// is meant."""
    for name, url in stated:
        if url:
            return Proxy.parse(url if "://" in url else f"http://{url}", name)
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or its address."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_spared(origin: Origin, without: Sequence[str]) -> bool:
    """Whether an origin is this machine, or named by NO_PROXY: a host, a domain with all below it, a network, `*`."""
    host = origin.host.lower().rstrip(".")
    if is_loopback(host):
        return True
    address = _address(host)
    for entry in without:
        if entry == "*":
            return True
        if address is not None and "/" in entry:
            try:
                if address in ip_network(entry, strict=False):
                    return True
            except ValueError:
                pass
            continue
        name, port = _split(entry)
        is_same = host == name or (address is None and host.endswith(f".{name}"))
        if name and is_same and port in {None, origin.port}:
            return True
    return False


_WITH_PORT: Final = re.compile(r"(\[[^\]]+\]|[^:]+):([0-9]{1,5})")


def _split(entry: str) -> tuple[str, int | None]:
    found = _WITH_PORT.fullmatch(entry)
    name, port = (entry, None) if found is None else (found[1], int(found[2]))
    return name.strip("[]").removeprefix("*").strip("."), port


def absolute(message: Outgoing, proxy: Proxy) -> Outgoing:
    """A request to http:// as a proxy takes it: with the whole address, and our credentials for the proxy."""
    host = next(value for name, value in message.headers if name == b"host")
    headers = message.headers
    if proxy.credentials:
        # Behind the host: the usual head ends with its length.
        headers = [headers[0], (b"proxy-authorization", proxy.credentials), *headers[1:]]
    return replace(message, target=b"http://" + host + message.target, headers=headers)


def let_through(incoming: Incoming) -> Incoming:
    """What a proxy passed on; raises `Unanswered` when it wants to know first who we are."""
    if incoming.status == _UNAUTHORISED:
        raise _turned_away(_UNAUTHORISED)
    return incoming


_BLANK: Final = b"\r\n\r\n"
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?")
_BEGINNING: Final = b"HTTP/1."
_SUCCESS: Final = range(200, 300)
_INFORMATIONAL: Final = range(100, 200)

_WHYS: Final = {
    403: Why.REFUSED,
    407: Why.UNAUTHORISED,
    429: Why.RATE_LIMITED,
    502: Why.CONNECTION,
    503: Why.CONNECTION,
    504: Why.TIMEOUT,
}
"""What a proxy says instead of a tunnel: mostly that it did not get through either."""


class Tunnel:
    """Asks a proxy for a tunnel: send `outgoing`, then feed what comes until `receive` says that it stands."""

    __slots__ = ("_head", "_received", "outgoing")

    def __init__(self, origin: Origin, proxy: Proxy) -> None:
        """To an origin, of which the proxy learns host and port."""
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        authority = f"{host}:{origin.port}".encode("ascii")
        lines = [b"CONNECT %b HTTP/1.1" % authority, b"host: " + authority, b"user-agent: icpgate"]
        if proxy.credentials:
            lines.append(b"proxy-authorization: " + proxy.credentials)
        self.outgoing = b"\r\n".join(lines) + _BLANK
        self._head = b""
        self._received = 0

    def receive(self, data: bytes) -> bool:
        """Take what came, which is nothing at the end; whether the tunnel stands. Raises `Unanswered`."""
        if not data:
            raise Unanswered(Why.CONNECTION, "proxy")
        self._received += len(data)
        if self._received > MAX_HEAD:
            raise Unanswered(Why.TOO_LARGE, "proxy")
        self._head += data
        while _BLANK in self._head:
            head, _, self._head = self._head.partition(_BLANK)
            if _is_final(head):
                if self._head:
                    raise Unanswered(Why.PROTOCOL, "proxy")
                return True
        if not self._head.startswith(_BEGINNING[: len(self._head)]):
            raise Unanswered(Why.PROTOCOL, "proxy")
        return False


def _is_final(head: bytes) -> bool:
    """Whether a proxy's head says that the tunnel stands; False for an informational one. Raises `Unanswered`."""
    found = _STATUS.fullmatch(head.partition(b"\r\n")[0])
    if found is None:
        raise Unanswered(Why.PROTOCOL, "proxy")
    status = int(found[1])
    if status in _INFORMATIONAL:
        return False
    if status not in _SUCCESS:
        raise _turned_away(status)
    return True


def _turned_away(status: int) -> Unanswered:
    return Unanswered(_WHYS.get(status, Why.PROTOCOL), "proxy")
