"""A real HTTP server on this machine, and registries asked through a driver over real sockets."""

from __future__ import annotations

import http.client
import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from icpgate.answer import Found, Unavailable, Why
from icpgate.lookup.drivers import World, run
from icpgate.lookup.steps import Response, Unanswered
from icpgate.testing import FixedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from icpgate.answer import Answer, Observation, Query
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.steps import Request

JSON = "application/json"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass(frozen=True)
class Received:
    """A request as the server got it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """What stands behind the question mark."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True, strict_parsing=True))

    @property
    def json(self) -> object:
        """The body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Sent:
    """A response."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": JSON})


def sent(value: object, status: int = 200, **headers: str) -> Sent:
    """A response of JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Sent(body, status, {"content-type": JSON} | {name.replace("_", "-"): text for name, text in headers.items()})


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # many come at once: those for whom there is no room wait for a second


class LocalServer:
    """Answers as a function says, and keeps what it was asked."""

    def __init__(self, answer: Callable[[Received], Sent]) -> None:
        """Begin to serve."""
        self.received: list[Received] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Received(self.command, self.path, headers, self.rfile.read(length))
                outer.received.append(request)
                response = answer(request)
                self.send_response_only(response.status, "Said")
                for name, value in {**response.headers, "content-length": str(len(response.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(response.body)

            do_POST = do_GET  # noqa: N815 -- the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """It serves already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and wait until nobody is being served."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class PlainHttp:
    """Sends a request as it stands, over a connection of its own."""

    def send(self, request: Request, seconds: float) -> Response:
        """See `Http.send`."""
        parts = urlsplit(request.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=min(seconds, 10))
        try:
            target = request.url.partition(parts.netloc)[2] or "/"
            connection.request(request.method, target, request.body or None, dict(request.headers))
            answered = connection.getresponse()
            headers = {name.lower(): value for name, value in answered.getheaders()}
            return Response(answered.status, headers, answered.read())
        except OSError as error:
            raise Unanswered(Why.CONNECTION, type(error).__name__) from None
        finally:
            connection.close()

    def close(self) -> None:
        """There is nothing to close."""


def asked(registry: Registry, *queries: Query) -> list[Observation]:
    """What a registry answers over real sockets, at `NOW`."""
    world = World(FixedClock(NOW), http=PlainHttp)
    return list(run(registry.ask(queries), world))


def outcome(answer: Answer) -> str:
    """The answer in a word: found, not registered, or why nobody could say."""
    if isinstance(answer, Unavailable):
        return answer.why.value
    return "found" if isinstance(answer, Found) else "not_registered"
