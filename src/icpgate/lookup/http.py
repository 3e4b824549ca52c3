"""
The only file that knows the HTTP library: httpx, or httpx2 in its place.

The exchange itself is ours (`wire`), behind httpx's transport interface: the transports here can be
given to `httpx.Client(transport=…)` as well. `BlockingHttp` and `AsyncHttp` call them directly,
because a client around a transport costs more than the exchange. So there are no redirects, no
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

    from icpgate.lookup.steps import Request
    from icpgate.lookup.wire import Incoming

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

    def exchange(self, request: httpx.Request, seconds: float) -> httpx.Response:
        """The response, whole and decoded, within `seconds`; raises `Unanswered`."""
        body = _at_hand(request)
        message = _outgoing(request, request.read() if body is None else body)
        return _response(self._wire.exchange(message, seconds))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx. The longest of the client's timeouts is the limit to the whole exchange."""
        try:
            return self.exchange(request, _seconds(request))
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

    async def exchange(self, request: httpx.Request, seconds: float) -> httpx.Response:
        """The response, whole and decoded, within `seconds`; raises `Unanswered`."""
        body = _at_hand(request)
        message = _outgoing(request, await request.aread() if body is None else body)
        return _response(await self._wire.exchange(message, seconds))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """See `BlockingTransport.handle_request`."""
        try:
            return await self.exchange(request, _seconds(request))
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

        Raises `ConfigurationError` for a TLS context that verifies nobody or allows TLS before 1.2.
        """
        self._transport = BlockingTransport(
            BlockingWire(ssl_context=ssl_context, connections=connections, idle_seconds=idle_seconds)
        )

    def send(self, request: Request, seconds: float) -> Response:
        """
        The whole response, of any status, within `seconds` from now to the end of its body.

        Raises `Unanswered`, and nothing else.
        """
        try:
            return _read(self._transport.exchange(_request(request), seconds))
        except Unanswered:
            raise
        except Exception:  # noqa: BLE001 -- a defect of ours is no answer either
            raise Unanswered(Why.INTERNAL, "http") from None

    def close(self) -> None:
        """Let go of the connections; may be called twice."""
        self._transport.close()


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
        self._transport = AsyncTransport(
            AsyncWire(ssl_context=ssl_context, connections=connections, idle_seconds=idle_seconds)
        )

    async def send(self, request: Request, seconds: float) -> Response:
        """See `BlockingHttp.send`. Whoever is cancelled leaves neither a connection nor a task."""
        try:
            return _read(await self._transport.exchange(_request(request), seconds))
        except Unanswered:
            raise
        except Exception:  # noqa: BLE001 -- a defect of ours is no answer either
            raise Unanswered(Why.INTERNAL, "http") from None

    async def close(self) -> None:
        """Let go of the connections; may be called twice."""
        await self._transport.aclose()


_ADDRESS: Final = re.compile(r"(https?://[^/?#@\\\s]+)((?:[/?][^#]*)?)(?:#.*)?", re.IGNORECASE | re.DOTALL)
"""An origin, and the rest up to the fragment. Names and passwords have no place in an address of ours."""

_OURS: Final = ((b"accept-encoding", b"identity"), (b"user-agent", b"icpgate"))
"""What is sent when a request does not say otherwise. Records are small: a coding would only cost."""

_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})


def _request(request: Request) -> httpx.Request:
    """
    Ours as httpx's.

    Reading a URL costs as much as a fourth of an exchange, and hardly any comes twice: only that of
    the origin is read, and kept, and the rest goes as it stands into the request line.
    """
    found = _ADDRESS.fullmatch(request.url)
    if found is None:
        raise Unanswered(Why.CONFIGURATION, "address")
    target = found[2]
    try:
        url, host = _origin_url(found[1])
        headers = [(b"host", host)]
        headers += [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in request.headers]
        line = target.encode("ascii") if target.startswith("/") else b"/" + target.encode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        raise Unanswered(Why.CONFIGURATION, "address") from None
    names = dict(headers)
    headers += [(name, value) for name, value in _OURS if name not in names]
    if request.body or request.method in _WITH_BODY:
        headers.append((b"content-length", b"%d" % len(request.body)))
    stream = httpx.ByteStream(request.body)
    return httpx.Request(request.method, url, headers=headers, stream=stream, extensions={"target": line})


def _at_hand(message: httpx.Request | httpx.Response) -> bytes | None:
    """The body of a message that holds it already; None when it is still to be read."""
    stream = message.stream
    return b"".join(stream) if isinstance(stream, httpx.ByteStream) else None


@lru_cache(maxsize=256)
def _origin_url(text: str) -> tuple[httpx.URL, bytes]:
    url = httpx.URL(text)
    return url, url.netloc


def _outgoing(request: httpx.Request, body: bytes) -> Outgoing:
    """What httpx wants sent. A body is sent with its length, however it was given."""
    url = request.url
    usual = _PORTS.get(url.raw_scheme, 0)
    port = usual if url.port is None else url.port
    if not usual or not url.raw_host or port not in _POSSIBLE:
        raise Unanswered(Why.CONFIGURATION, "address")
    headers = [(name.lower(), value) for name, value in request.headers.raw]
    kept = [(name, value) for name, value in headers if name != b"transfer-encoding"]
    if len(kept) < len(headers):
        headers = [*kept, (b"content-length", b"%d" % len(body))]
    target = request.extensions.get("target", url.raw_path)
    origin = Origin(url.raw_scheme == b"https", url.raw_host.decode("ascii"), port)
    return Outgoing(origin, request.method.encode("ascii"), target, headers, body)


def _response(incoming: Incoming) -> httpx.Response:
    return httpx.Response(incoming.status, headers=incoming.headers, stream=httpx.ByteStream(incoming.body))


def _read(response: httpx.Response) -> Response:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    body = _at_hand(response)
    return Response(response.status_code, headers, response.read() if body is None else body)


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
