"""
The tests' own broken upstream: one process that can do everything `FAULTS` names, on a thread of its own.

    with EdgeServer(FAULTS) as server:
        server.url("truncated")       # http://127.0.0.1:…/f/truncated;id=1

Beside it stands a sink at another port, which must never be asked for anything.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from tests.edge.talk import Received, Talk, received

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from typing import TypeVar

    from tests.edge.fault import Behaviour, Fault

    T = TypeVar("T")

__all__ = ["EdgeServer", "LoopThread"]


class LoopThread:
    """An event loop on a thread, for servers of the tests."""

    def __init__(self) -> None:
        """Begin to run."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Do something there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def close(self) -> None:
        """End everything that runs there."""
        self.run(self._cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    async def _cancel(self) -> None:
        mine = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not mine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # transports close in the turn after


class EdgeServer:
    """Serves every fault by its name. Use it in a `with`."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Know these; nothing is opened yet."""
        self.behaviours: dict[str, Behaviour] = {fault.name: fault.behave for fault in faults}
        self.requests: list[Received] = []
        self.turns: Counter[str] = Counter()
        self.sink: list[bytes] = []
        self.port = self.sink_port = 0
        self.open = 0
        self._ids = itertools.count(1)
        self._servers: list[asyncio.Server] = []

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread = LoopThread()
        self._thread.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        """End every connection, whatever is going on there."""
        self._thread.run(self._stop())
        self._thread.close()

    async def _start(self) -> None:
        for serve in (self._serve, self._swallow):
            self._servers.append(await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1_024))
        self.port, self.sink_port = [server.sockets[0].getsockname()[1] for server in self._servers]

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()

    def url(self, name: str, **options: object) -> str:
        """Where a behaviour is, for one test: its state begins there anew."""
        told = "".join(f";{option}={value}" for option, value in options.items())
        return f"http://127.0.0.1:{self.port}/f/{name}{told};id={next(self._ids)}"

    def asked(self, url: str) -> list[Received]:
        """The requests that came to an address."""
        mine = url.rpartition(";id=")[2]
        return [request for request in self.requests if request.id == mine]

    def waits_for(self, reached: Callable[[], bool]) -> bool:
        """Whether something has come about here, within two seconds or so."""
        for _ in range(400):
            if reached():
                return True
            time.sleep(0.005)
        return reached()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            for position in itertools.count():
                asked = await received(reader)
                if asked is None:
                    return
                self.requests.append(asked)
                turn = self.turns[asked.id]
                self.turns[asked.id] += 1
                talk = Talk(self, asked, turn, position, reader, writer)
                if not await self.behaviours[asked.name](talk):
                    return
        except (OSError, TimeoutError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:  # the server is being closed: it is no news to the loop
            writer.transport.abort()
        finally:
            self.open -= 1
            with suppress(OSError):
                writer.close()

    async def _swallow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The sink: it keeps what comes, were it a connection without a word."""
        self.sink.append(b"")
        with suppress(OSError):
            self.sink[-1] = await reader.read(4_096)
            writer.close()
