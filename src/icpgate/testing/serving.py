"""
A registry behind a real HTTP server on this machine, which a test holds in its hand.

It counts what it is asked, and holds back, refuses or delays answers on demand. Needs the extra
`server`.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from icpgate.answer import ByNumber

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from icpgate.answer import Observation, Query
    from icpgate.lookup.interface import Capabilities, Registry
    from icpgate.lookup.steps import Flow

__all__ = ["RegistryServer"]

_PATIENCE: Final = 10.0
"""Seconds for a thread of our own to begin or to end; more is a defect."""


class RegistryServer:
    """
    The registry protocol over a registry, on a free port of 127.0.0.1, in a thread of its own.

    Use it as a context manager, or call `start` and `stop`; a server that was started again has
    its old port. Every control may be called from any thread and at any time.
    """

    def __init__(self, registry: Registry, *, token: str | None = None, base: str = "") -> None:
        """Serve `registry` to whoever has the `token`; None is everybody. `base` begins every path."""
        self.requests = 0
        """HTTP requests that came, whatever was answered."""
        self.by_number: Counter[str] = Counter()
        """How often the registry was asked for a number, alone or in a batch."""
        self.port = 0
        """0 before the first start."""
        self._token, self._base = token, base.rstrip("/")
        self._changed = threading.Condition()
        self._is_paused = False
        self._seconds = 0.0
        self._failure: tuple[int, float | None] | None = None
        self._running: _Running | None = None
        self._app: ASGIApp
        self.swap(registry)

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def url(self) -> str:
        """Where it is, with its base."""
        return f"http://127.0.0.1:{self.port}{self._base}"

    def start(self) -> None:
        """Listen; returns when requests are answered. Does nothing when it is running."""
        if self._running is None:
            self._running = _Running(self._answer, self.port, is_paused=self._is_paused)
            self.port = self._running.port

    def stop(self) -> None:
        """Break every connection, answered or not, and stop listening; returns when nothing is left of it."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def swap(self, registry: Registry) -> None:
        """Answer from another registry; requests that are being answered keep the old one."""
        from icpgate.server.app import registry_app  # noqa: PLC0415 -- the extra may be missing

        self._app = registry_app(_Counted(registry, self.by_number), token=self._token, base=self._base)

    def pause(self) -> None:
        """Go on taking requests and asking the registry, but send no answer."""
        self._is_paused = True
        if self._running is not None:
            self._running.hold()

    def resume(self) -> None:
        """Send what was held back, and all that follows."""
        self._is_paused = False
        if self._running is not None:
            self._running.release()

    def delay(self, seconds: float) -> None:
        """Send every answer so much later; 0 for at once."""
        self._seconds = seconds

    def fail(self, status: int | None, *, retry_after: float | None = None) -> None:
        """Answer every request with this status without asking the registry; None ends it."""
        self._failure = None if status is None else (status, retry_after)

    def wait_for_requests(self, count: int, *, timeout: float = 10.0) -> None:
        """Return once so many requests came since the beginning; raises `TimeoutError`."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.requests >= count, timeout):
                message = f"{self.requests} of {count} requests came within {timeout:g} s"
                raise TimeoutError(message)

    async def _answer(self, running: _Running, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application: the protocol's own behind these controls."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._changed:
            self.requests += 1
            self._changed.notify_all()

        async def held(message: Message) -> None:
            if message["type"] == "http.response.start":
                await running.wait(self._seconds)
            await send(message)

        failure = self._failure
        if failure is None:
            await self._app(scope, receive, held)
        else:
            await _fail(*failure, held)


async def _fail(status: int, retry_after: float | None, send: Send) -> None:
    error = {"code": "server.failing", "message": f"told to answer {status}", "hint": ""}
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    if retry_after is not None:
        headers.append((b"retry-after", f"{retry_after:g}".encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Counted:
    """A registry that counts for which numbers it is asked; it is asked on the server's loop alone."""

    def __init__(self, registry: Registry, by_number: Counter[str]) -> None:
        self.id = registry.id
        self._registry = registry
        self._by_number = by_number

    @property
    def capabilities(self) -> Capabilities:
        return self._registry.capabilities

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        self._by_number.update(query.number.canonical for query in queries if type(query) is ByNumber)
        return self._registry.ask(queries)


class _Running:
    """One run of the server: its thread, its loop, and the gate at which answers are held."""

    def __init__(self, answer: Callable[..., Awaitable[None]], port: int, *, is_paused: bool) -> None:
        from icpgate.server.serving import Server, configured, listen  # noqa: PLC0415 -- the extra may be missing

        listener = listen("127.0.0.1", port)
        self.port: int = listener.getsockname()[1]
        self._is_listening = threading.Event()
        config = configured(partial(answer, self), grace=1)
        self._server = Server(config, listening=self._is_listening.set, ending=self._is_listening.clear)
        self._gate, self._over = asyncio.Event(), asyncio.Event()
        if not is_paused:
            self._gate.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(listener,), name="RegistryServer", daemon=True)
        self._thread.start()
        if not self._is_listening.wait(_PATIENCE):  # pragma: no cover -- a defect of ours or of uvicorn's
            message = "the server did not start"
            raise RuntimeError(message)

    def _run(self, listener: socket.socket) -> None:
        with listener, asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve(sockets=[listener]))

    def hold(self) -> None:
        self._loop.call_soon_threadsafe(self._gate.clear)

    def release(self) -> None:
        self._loop.call_soon_threadsafe(self._gate.set)

    async def wait(self, seconds: float) -> None:
        await self._gate.wait()
        if seconds:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join(_PATIENCE)

    def _end(self) -> None:
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        self._over.set()
        self._gate.set()
        self._server.end()
