"""
Listens, and serves an application with uvicorn until a signal ends it.

- Every wait and every size is bounded: heads, bodies, connections, responses, the end itself.
- The first signal ends what is under way in order; the second one ends it at once.
- No request that was read goes without its answer: after SIGTERM new ones are still answered for
  a moment, each as its connection's last, while `/readyz` says that this server is ending.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import signal
import socket
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypedDict

import uvicorn

from icpgate.errors import ConfigurationError, quote
from icpgate.server.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from starlette.applications import Starlette
    from starlette.types import ASGIApp

__all__ = ["Server", "Tls", "certified", "configured", "is_loopback", "listen", "serve"]

MAX_CONNECTIONS: Final = 1_000
"""Open at once; the next one is told 503. Below the 1,024 files that a process may have by default."""

MAX_HEAD: Final = 16_384
"""Bytes of a request's head."""

KEEP_ALIVE_SECONDS: Final = 30
"""How long a connection may idle between two requests."""

GRACE_SECONDS: Final = 20
"""How long answers under way are waited for; an orchestrator kills after thirty."""

DRAIN_SECONDS: Final = 0.5
"""How long requests are still taken after SIGTERM, until everybody knows of the end."""

BACKLOG: Final = 512


class Tls(TypedDict, total=False):
    """A certificate with its chain, and its key, as paths of PEM files."""

    ssl_certfile: str
    ssl_keyfile: str


class Server(uvicorn.Server):
    """uvicorn's server; it ends in two steps, and does not raise a signal again that it has obeyed."""

    def __init__(self, config: uvicorn.Config, *, listening: Callable[[], None], ending: Callable[[], None]) -> None:
        """`listening` is called when requests are answered from now on, `ending` when the first signal came."""
        super().__init__(config)
        self._listening = listening
        self._ending = ending
        self._ends_at: float | None = None
        self._wake: asyncio.Event | None = None
        self.signal: int | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 -- as uvicorn calls it
        """See `uvicorn.Server`: a signal came."""
        if self.signal is None:
            self.signal = sig
            self._ending()
            self._ends_at = time.monotonic() + (DRAIN_SECONDS if sig == signal.SIGTERM else 0.0)
        else:  # pragma: no cover -- it ends the process that would count it
            # A registry that hangs would hold up any other way of ending at once.
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        await super().startup(sockets)
        self._wake = asyncio.Event()
        self._listening()

    async def main_loop(self) -> None:
        """See `uvicorn.Server`; it looks ten times a second, and at once when it is woken."""
        assert self._wake is not None  # noqa: S101 -- it has started
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`; what has been accepted becomes a connection first, so that it is ended in order."""
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # a proactor accepts in another way
            for listener in sockets or ():
                loop.remove_reader(listener)
        for _ in range(3):  # asyncio: a task for each, which schedules the protocol's beginning
            await asyncio.sleep(0)
        await super().shutdown(sockets)

    def end(self) -> None:
        """End now, without a signal; call it on the loop."""
        self.should_exit = True
        if self._wake is not None:
            self._wake.set()

    async def on_tick(self, counter: int) -> bool:
        """See `uvicorn.Server`."""
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            self.should_exit = True
        return await super().on_tick(counter)


def configured(app: ASGIApp, *, grace: int = GRACE_SECONDS, tls: Tls | None = None) -> uvicorn.Config:
    """How uvicorn serves an application of ours."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=Connection,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace,
        h11_max_incomplete_event_size=MAX_HEAD,
        **(tls or {}),
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. Raises `ConfigurationError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        message = f"{quote(host)} is not an address"
        raise ConfigurationError(message, hint="127.0.0.1, or 0.0.0.0 for all", code="serve.address") from None
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        message = f"cannot listen at {host} port {port}: {error.strerror}"
        raise ConfigurationError(message, hint="choose another --port or --host", code="serve.address") from None
    return listener


def is_loopback(listener: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def certified(certificate: str, key: str | None) -> Tls:
    """The two files, tried out; raises `ConfigurationError`. A key with a passphrase is refused."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, lambda: "")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        message = f"the certificate {quote(certificate)} and its key cannot be used: {reason}"
        raise ConfigurationError(message, hint="PEM files, the key without a passphrase", code="serve.tls") from None
    return Tls(ssl_certfile=certificate) if key is None else Tls(ssl_certfile=certificate, ssl_keyfile=key)


def serve(app: Starlette, listener: socket.socket, *, tls: Tls | None, listening: Callable[[], None]) -> int | None:
    """Serve until a signal comes, and return which; the listener is closed in the end."""

    def ending() -> None:
        app.state.is_ending = True

    for name in ("uvicorn.error", "uvicorn.asgi"):  # they tell of every client's mistake
        logging.getLogger(name).setLevel(logging.CRITICAL)
    server = Server(configured(app, tls=tls), listening=listening, ending=ending)
    with listener, suppress(KeyboardInterrupt):
        asyncio.run(server.serve(sockets=[listener]))
    return server.signal
