"""One request of a client, and what can be done to the client for it."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from tests.edge.answers import whole
from tests.edge.fault import Act

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.edge.fault import Step
    from tests.edge.server import EdgeServer

__all__ = ["Received", "Talk", "received"]

LONGEST: Final = 60.0
"""Seconds after which even a behaviour without an end has one."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came: `/f/NAME;option=value;id=ID/NUMBER`."""

    target: str
    head: bytes = field(repr=False)

    @property
    def parts(self) -> tuple[str, ...]:
        """The path, decoded."""
        return tuple(unquote(part) for part in urlsplit(self.target).path.split("/")[1:])

    @property
    def name(self) -> str:
        """Whose behaviour is asked for."""
        return self.parts[1].partition(";")[0]

    @property
    def options(self) -> Mapping[str, str]:
        """What stands behind the name."""
        pairs = [option.partition("=") for option in self.parts[1].split(";")[1:]]
        return {name: value for name, _, value in pairs}

    @property
    def id(self) -> str:
        """Which test asks."""
        return self.options.get("id", "")

    @property
    def number(self) -> str:
        """The number that is asked."""
        return self.parts[2]


async def received(reader: asyncio.StreamReader) -> Received | None:
    """The next request; None at the end of the connection. Requests of these tests have no body."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    return Received(head.split(b" ", 2)[1].decode("ascii"), head)


@dataclass(slots=True)
class Talk:
    """
    One request being answered.

    `turn` counts the requests of the same test before it, `position` those of the same connection.
    """

    server: EdgeServer
    asked: Received
    turn: int
    position: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def number(self) -> str:
        """The number that is asked."""
        return self.asked.number

    @property
    def body(self) -> bytes:
        """The body that allows it."""
        return whole(self.number)

    def option(self, name: str, default: int) -> int:
        """A number that the address states."""
        return int(self.asked.options.get(name, default))

    async def perform(self, step: Step) -> None:
        """Do one step; what it raises ends the connection."""
        if isinstance(step, bytes):
            await self.send(step)
        elif isinstance(step, float):
            await self.pause(step)
        elif step is Act.SILENCE:
            await self.silence()
        elif step is Act.RESET:
            self.reset()
        else:
            await self.send(step(self))

    async def send(self, data: bytes) -> None:
        """All of it, while the client takes it."""
        self.writer.write(data)
        await self.writer.drain()

    async def drip(self, data: bytes, every: float = 0.02) -> None:
        """A byte at a time."""
        for position in range(len(data)):
            await self.send(data[position : position + 1])
            await asyncio.sleep(every)

    async def pause(self, seconds: float) -> None:
        """Nothing for a while, or until the client goes where that is long."""
        if seconds < 1:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.silence()

    async def silence(self) -> None:
        """Nothing, until the client goes."""
        async with asyncio.timeout(LONGEST):
            while await self.reader.read(65_536):
                pass
        raise ConnectionResetError

    def reset(self) -> None:
        """Reset the connection; nothing is sent any more."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise ConnectionResetError
