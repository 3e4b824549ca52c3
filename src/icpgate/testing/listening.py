"""What the local servers of `icpgate.testing` have in common: a port of this machine, and a thread that serves it."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler
    from types import TracebackType

__all__ = ["Listening"]


class _Server(ThreadingHTTPServer):
    """Waits for those whom it serves, and lets a crowd of them in at once."""

    daemon_threads = False
    request_queue_size = 128


class Listening:
    """A server from its construction on; use it as a context manager, or `stop` it."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        """Begin to serve at once, at a free port."""
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name=type(self).__name__
        )
        self._thread.start()

    def __enter__(self) -> Self:
        """It serves already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def url(self) -> str:
        """Where it is: scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop listening; returns when nobody is being served."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
