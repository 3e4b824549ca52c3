"""
F63 to F71: ports at which a connection itself goes wrong, before there is a request.

    with Ports(folder) as ports:
        ports.port("tls-expired")
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from tests.edge.answers import answer, whole
from tests.edge.fault import ALLOW, says
from tests.edge.server import LoopThread
from tests.edge.talk import received
from tests.lookup.wire.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

__all__ = ["HANGING", "PORTS", "Ports"]

_RESET: Final = struct.pack("ii", 1, 0)
_ALERT: Final = b"\x15\x03\x03\x00\x02\x02\x28"
"""A fatal alert: the handshake failed."""

_HELLO_CUT: Final = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(20)
"""The beginning of a ServerHello."""

PORTS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "refused": ("F63", says("connection")),
    "backlog": ("F64", says("timeout")),
    "accept-close": ("F65", says("connection")),
    "accept-rst": ("F65", says("connection")),
    "accept-hang": ("F65", says("timeout")),
    "banner": ("F65", says("protocol")),
    "flap": ("F66", says("connection", ALLOW)),
    "tls-ok": ("F70", says(ALLOW)),
    "tls-expired": ("F70", says("protocol")),
    "tls-not-yet": ("F70", says("protocol")),
    "tls-wrong-host": ("F70", says("protocol")),
    "tls-self-signed": ("F70", says("protocol")),
    "tls-unknown-ca": ("F70", says("protocol")),
    "tls-old": ("F71", says("protocol", "connection")),
    "tls-garbage": ("F71", says("protocol")),
    "tls-alert": ("F71", says("protocol")),
    "tls-close": ("F71", says("connection")),
    "tls-rst": ("F71", says("connection")),
    "tls-hang": ("F71", says("timeout")),
    "tls-plain": ("F71", says("protocol", "connection")),
    "tls-cut-hello": ("F71", says("connection")),
    "tls-drip": ("F71", says("timeout")),
    "tls-no-notice": ("F71", says("truncated")),
}
"""Each port, with its row and what may come of it."""

HANGING: Final = frozenset(name for name, (_, words) in PORTS.items() if words == {"timeout"})


class Ports:
    """Opens them all. Use it in a `with`."""

    def __init__(self, folder: Path) -> None:
        """Keep certificates in a folder of the tests."""
        self.authority = Authority(folder)
        (folder / "other").mkdir()
        self._other = Authority(folder / "other")
        self._ports: dict[str, int] = {}
        self._sockets: list[socket.socket] = []
        self._servers: dict[str, asyncio.Server] = {}
        self.requests: list[str] = []

    def __enter__(self) -> Self:
        """Open what listens, and what does not."""
        self._thread = LoopThread()
        self._thread.run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._thread.run(self._close())
        self._thread.close()
        for sock in self._sockets:
            sock.close()

    def url(self, name: str) -> str:
        """The address of a port, over TLS where it is about that."""
        scheme = "https" if name.startswith("tls-") else "http"
        return f"{scheme}://127.0.0.1:{self._ports[name]}/f/{name}"

    def trusting(self) -> ssl.SSLContext:
        """A client's context that trusts the authority of the right certificates."""
        return self.authority.trusting()

    def flap(self, *, up: bool) -> None:
        """Have the port that comes and goes listen, or not."""
        self._thread.run(self._flap(up=up))

    async def _flap(self, *, up: bool) -> None:
        server = self._servers.pop("flap", None)
        if server is not None:
            server.close()
        if up:
            self._servers["flap"] = await asyncio.start_server(self._right_once, "127.0.0.1", self._ports["flap"])

    async def _open(self) -> None:
        for name, serve in {
            "accept-close": _closing,
            "accept-rst": _resetting,
            "accept-hang": _silent,
            "banner": _banner,
            "tls-garbage": _sends(b"\x00garbage\xff" * 100),
            "tls-alert": _sends(_ALERT),
            "tls-close": _hears_and_closes,
            "tls-rst": _resetting,
            "tls-hang": _silent,
            "tls-plain": _sends(answer(whole("x"))),
            "tls-cut-hello": _sends(_HELLO_CUT),
            "tls-drip": _dripping,
        }.items():
            await self._listen(name, serve)
        for name, context in self._contexts().items():
            await self._listen(name, self._right, context)
        await self._listen("tls-no-notice", self._cut, self.authority.serving())
        self._ports["refused"] = self._bound().getsockname()[1]
        flap = self._bound()
        self._ports["flap"] = flap.getsockname()[1]
        flap.close()
        self._fill()

    def _contexts(self) -> dict[str, ssl.SSLContext]:
        old = self.authority.serving()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        return {
            "tls-ok": self.authority.serving(),
            "tls-expired": self.authority.serving(ended=True),
            "tls-not-yet": self.authority.serving(later=True),
            "tls-wrong-host": self.authority.serving("other.example"),
            "tls-self-signed": self.authority.serving(by_itself=True),
            "tls-unknown-ca": self._other.serving(),
            "tls-old": old,
        }

    async def _listen(
        self,
        name: str,
        serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        context: ssl.SSLContext | None = None,
    ) -> None:
        server = await asyncio.start_server(_guarded(serve), "127.0.0.1", 0, ssl=context)
        self._servers[name] = server
        self._ports[name] = server.sockets[0].getsockname()[1]

    def _bound(self) -> socket.socket:
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        self._sockets.append(sock)
        return sock

    def _fill(self) -> None:
        """A port whose queue is full: the kernel drops whoever comes."""
        full = self._bound()
        full.listen(0)
        self._ports["backlog"] = full.getsockname()[1]
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)  # noqa: FBT003 -- the library's signature
            sock.connect_ex(("127.0.0.1", self._ports["backlog"]))
            self._sockets.append(sock)

    async def _right(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers as it should: active, whatever is asked."""
        with suppress(OSError):
            while (asked := await received(reader)) is not None:
                self.requests.append(asked.number)
                writer.write(answer(whole(asked.number)))
                await writer.drain()
            writer.close()

    async def _right_once(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request of a connection as it should."""
        asked = await received(reader)
        if asked is not None:
            writer.write(answer(whole(asked.number), b"connection: close"))
            await writer.drain()
        writer.close()

    async def _cut(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A body that ends with the connection, which ends without TLS's closing notice."""
        asked = await received(reader)
        if asked is not None:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + whole(asked.number))
            await writer.drain()
            await asyncio.sleep(0.03)
            writer.transport.abort()

    async def _close(self) -> None:
        for server in self._servers.values():
            server.close()


def _guarded(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """The same, ending its connection in any case."""

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
            await writer.drain()
        except OSError:
            pass
        except asyncio.CancelledError:  # the tests are over: it is no news to the loop
            writer.transport.abort()
        finally:
            writer.close()

    return serving


async def _closing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _resetting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def _silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    async with asyncio.timeout(60):
        while await reader.read(65_536):
            pass


async def _banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await _silent(reader, writer)


async def _hears_and_closes(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(65_536)


async def _dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65_536)
    for position in range(len(_HELLO_CUT)):
        writer.write(_HELLO_CUT[position : position + 1])
        await asyncio.sleep(0.05)


def _sends(data: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(data)

    return serve
