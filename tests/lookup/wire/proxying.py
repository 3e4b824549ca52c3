"""A real forward proxy on this machine: CONNECT and absolute addresses, with or without credentials."""

from __future__ import annotations

import asyncio
import base64
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ForwardProxy"]


class ForwardProxy:
    """
    Passes on what it is handed, on an event loop in a thread of its own. Use it in a `with`.

    `hosts` are names that it knows, with the ports of this machine behind them; any other name and every
    address are taken as they stand. `heads` has what it was asked, as bytes.
    """

    def __init__(self, *, hosts: Mapping[str, int] | None = None, user: str = "") -> None:
        """Listen; `user`, as `name:password`, is demanded where it is given."""
        self.hosts = dict(hosts or {})
        self.heads: list[bytes] = []
        self._wanted = f"basic {base64.b64encode(user.encode()).decode()}".lower() if user else ""
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, and close every connection."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if self._wanted and self._wanted not in head.decode("latin-1").lower():
                writer.write(b"HTTP/1.1 407 Who are you\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
                return
            await self._pass_on(head, reader, writer)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.transport.abort()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].split(b" ")
        is_tunnel = method == b"CONNECT"
        authority, slash, path = target.removeprefix(b"http://").partition(b"/")
        host, _, port = authority.decode().rpartition(":") if b":" in authority else (authority.decode(), "", "80")
        try:
            there = ("127.0.0.1", self.hosts[host]) if host in self.hosts else (host.strip("[]"), int(port))
            far_reader, far_writer = await asyncio.open_connection(*there)
        except OSError:
            writer.write(b"HTTP/1.1 502 No way\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
            return
        if is_tunnel:
            writer.write(b"HTTP/1.0 200 Connection established\r\nproxy-agent: a test\r\n\r\n")
        else:
            far_writer.write(head.replace(target, slash + path, 1))
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
