"""
The only file that knows the HTTP library: httpx, or httpx2 in its place.

The exchange itself is ours (`wire`). The transports here bring it to `httpx.Client(transport=…)`.
`BlockingHttp` and `AsyncHttp` need of httpx only how it reads an origin: a client around a transport
costs more than the exchange, and its messages a fourth of it. So there are no redirects, no
cookies, no proxies from the environment, and nothing that undoes a content coding without a limit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import httpx

from icpgate.answer import Why
from icpgate.lookup.steps import Response, Unanswered
from icpgate.lookup.wire import AsyncWire, BlockingWire, Origin, Outgoing
from icpgate.lookup.wire.budgets import CONNECTIONS, IDLE_SECONDS

if TYPE_CHECKING:
    import ssl

    from icpgate.lookup.channel import Channel
    from icpgate.lookup.steps import Request
    from icpgate.lookup.wire import Incoming
    from icpgate.lookup.wire.message import Headers

__all__ = ["AsyncHttp", "AsyncTransport", "BlockingHttp", "BlockingTransport"]

_PORTS: Final = {b"http": 80, b"https": 443}
_POSSIBLE: Final = range(1, 65_536)
_LONGEST: Final = 60.0
"""Seconds for a request of a client of httpx's that was told to wait for ever."""


class BlockingTransport(httpx.BaseTransport):
    """A transport of httpx's with a limit to the whole exchange, to all sizes, and with a pool of its own."""

    def __init__(self, wire: BlockingWire) -> None:
        """Take over what does the exchange."""
        self._wire = wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx. The longest of the client's timeouts is the limit to the whole exchange."""
        body = request.read()
        try:
            return _brought(self._wire.exchange(_taken(request, body), _seconds(request)))
        except Unanswered as unanswered:
            raise _translated(unanswered, request) from None

    def close(self) -> None:
        """Let go of the connections; may be called twice."""
        self._wire.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """As `BlockingTransport`, for an event loop."""

    def __init__(self, wire: AsyncWire) -> None:
        """Take over what does the exchange."""
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See `BlockingTransport.handle_request`."""
        body = await request.aread()
        try:
            return _brought(await self._wire.exchange(_taken(request, body), _seconds(request)))
        except Unanswered as unanswered:
            raise _translated(unanswered, request) from None

    async def aclose(self) -> None:
        """Let go of the connections; may be called twice."""
        await self._wire.close()


class BlockingHttp:
    """Sends requests, blocking. Threads may share it, and a fork may carry it over."""

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None = None,
        connections: int = CONNECTIONS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """
        At most so many `connections` to one origin, each kept unused for `idle_seconds`.

        A request with a channel of its own goes over connections of its own, by that channel's options.

        Raises `ConfigurationError` for a TLS context that verifies nobody or allows TLS before 1.2.
        """
        self._wire = BlockingWire(ssl_context=ssl_context, connections=connections, idle_seconds=idle_seconds)
        self._idle_seconds = idle_seconds
        self._wires: dict[Channel, BlockingWire] = {}
        self._closed = False

    def send(self, request: Request, seconds: float) -> Response:
        """
        The whole response, of any status, within `seconds` from now to the end of its body.

        Raises `Unanswered`, and nothing else.
        """
        try:
            wire = self._wire if request.channel is None else self._through(request.channel)
            return _response(wire.exchange(_outgoing(request), seconds))
        except Unanswered:
            raise
        except Exception:  # noqa: BLE001 -- a defect of ours is no answer either
            raise Unanswered(Why.INTERNAL, "http") from None

    def _through(self, channel: Channel) -> BlockingWire:
        """The connections of a channel, which no other shares; none any more once this is closed."""
        wire = self._wires.get(channel)
        if wire is None:
            if self._closed:
                return self._wire
            made = BlockingWire(connections=channel.connections, idle_seconds=self._idle_seconds, channel=channel)
            wire = self._wires.setdefault(channel, made)
        return wire

    def close(self) -> None:
        """Let go of the connections; may be called twice."""
        self._closed = True
        for wire in (self._wire, *self._wires.values()):
            wire.close()


class AsyncHttp:
    """Sends requests on an event loop. `close` it there; with its loop it ends by itself."""

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None = None,
        connections: int = CONNECTIONS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """See `BlockingHttp`."""
        self._wire = AsyncWire(ssl_context=ssl_context, connections=connections, idle_seconds=idle_seconds)
        self._idle_seconds = idle_seconds
        self._wires: dict[Channel, AsyncWire] = {}
        self._closed = False

    async def send(self, request: Request, seconds: float) -> Response:
        """See `BlockingHttp.send`. Whoever is cancelled leaves neither a connection nor a task."""
        try:
            wire = self._wire if request.channel is None else self._through(request.channel)
            return _response(await wire.exchange(_outgoing(request), seconds))
        except Unanswered:
            raise
        except Exception:  # noqa: BLE001 -- a defect of ours is no answer either
            raise Unanswered(Why.INTERNAL, "http") from None

    def _through(self, channel: Channel) -> AsyncWire:
        """See `BlockingHttp._through`."""
        wire = self._wires.get(channel)
        if wire is None:
            if self._closed:
                return self._wire
            made = AsyncWire(connections=channel.connections, idle_seconds=self._idle_seconds, channel=channel)
            wire = self._wires.setdefault(channel, made)
        return wire

    async def close(self) -> None:
        """Let go of the connections; may be called twice."""
        self._closed = True
        for wire in (self._wire, *self._wires.values()):
            await wire.close()


_ADDRESS: Final = re.compile(r"(https?://[^/?#@\\\s]+)((?:[/?][^#]*)?)(?:#.*)?", re.IGNORECASE | re.DOTALL)
"""An origin, and the rest up to the fragment. Names and passwords have no place in an address of ours."""

_OURS: Final = ((b"accept-encoding", b"identity"), (b"user-agent", b"icpgate"))
"""What is sent when a request does not say otherwise. Records are small: a coding would only cost."""

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


def _outgoing(request: Request) -> Outgoing:
    """
    What a request of ours sends.

    Reading a URL costs as much as a fourth of an exchange, and hardly any comes twice: only that of
    the origin is read, and kept, and the rest goes as it stands into the request line.
    """
    found = _ADDRESS.fullmatch(request.url)
    if found is None:
        raise Unanswered(Why.CONFIGURATION, "address")
    target = found[2]
    try:
        origin, host = _origin(found[1])
        headers = [(b"host", host)]
        headers += [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in request.headers]
        line = target.encode("ascii") if target.startswith("/") else b"/" + target.encode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        raise Unanswered(Why.CONFIGURATION, "address") from None
    names = dict(headers)
    headers += [(name, value) for name, value in _OURS if name not in names]
    if request.body or request.method in _WITH_BODY:
        headers.append((b"content-length", b"%d" % len(request.body)))
    method = request.method.upper().encode("ascii")
    return Outgoing(origin, method, line, _with_length(headers, request.body), request.body)


@lru_cache(maxsize=256)
def _origin(text: str) -> tuple[Origin, bytes]:
    """The origin of an address, and how its `Host` is written; raises `Unanswered` and what httpx raises."""
    url = httpx.URL(text)
    return _origin_of(url), url.netloc


def _origin_of(url: httpx.URL) -> Origin:
    usual = _PORTS.get(url.raw_scheme, 0)
    port = usual if url.port is None else url.port
    if not usual or not url.raw_host or port not in _POSSIBLE:
        raise Unanswered(Why.CONFIGURATION, "address")
    return Origin(url.raw_scheme == b"https", url.raw_host.decode("ascii"), port)


def _with_length(headers: Headers, body: bytes) -> Headers:
    """A body is sent with its length, however it was given."""
    kept = [(name, value) for name, value in headers if name != b"transfer-encoding"]
    return headers if len(kept) == len(headers) else [*kept, (b"content-length", b"%d" % len(body))]


def _response(incoming: Incoming) -> Response:
    headers: dict[str, str] = {}
    for raw_name, raw_value in incoming.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Response(incoming.status, headers, incoming.body)


def _taken(request: httpx.Request, body: bytes) -> Outgoing:
    """What httpx wants sent."""
    url = request.url
    headers = _with_length([(name.lower(), value) for name, value in request.headers.raw], body)
    target = request.extensions.get("target", url.raw_path)
    return Outgoing(_origin_of(url), request.method.encode("ascii"), target, headers, body)


def _brought(incoming: Incoming) -> httpx.Response:
    return httpx.Response(incoming.status, headers=incoming.headers, stream=httpx.ByteStream(incoming.body))


def _seconds(request: httpx.Request) -> float:
    given = [seconds for seconds in request.extensions.get("timeout", {}).values() if seconds is not None]
    return max(given, default=_LONGEST)


_ERRORS: Final[dict[Why, type[httpx.TransportError]]] = {
    Why.TIMEOUT: httpx.ReadTimeout,
    Why.CONNECTION: httpx.ConnectError,
    Why.CONFIGURATION: httpx.UnsupportedProtocol,
}


def _translated(unanswered: Unanswered, request: httpx.Request) -> httpx.TransportError:
    error = _ERRORS.get(unanswered.why, httpx.RemoteProtocolError)
    return error(f"{unanswered.why}: {unanswered.detail}", request=request)
