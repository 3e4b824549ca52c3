"""A new connection for an event loop."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.asynclink import Link
from icpgate.lookup.wire.budgets import READ
from icpgate.lookup.wire.failures import (
    late,
    lost_while_connecting,
    no_address,
    no_socket,
    timed_out,
    unresolved,
    unresolved_in_time,
)
from icpgate.lookup.wire.proxy import Tunnel
from icpgate.lookup.wire.resolving import literal
from icpgate.lookup.wire.tls import nameable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Future

    from icpgate.lookup.wire.message import Origin
    from icpgate.lookup.wire.proxy import Proxy
    from icpgate.lookup.wire.resolving import Addresses, Resolver

__all__ = ["connect"]

T = TypeVar("T")


async def connect(
    origin: Origin,
    context: ssl.SSLContext | None,
    resolver: Resolver,
    left: Callable[[Link], None],
    deadline: float,
    proxy: Proxy | None = None,
) -> Link:
    """
    A new connection, over TLS when there is a context, by way of a proxy when there is one. Raises `Unanswered`.

    `deadline` is by the loop's clock; `left` is told when the connection is of no use any more.
    """
    if context is not None:
        nameable(origin.host)
    host, port = (origin.host, origin.port) if proxy is None else (proxy.host, proxy.port)
    addresses = literal(host, port) or await _resolved(host, port, resolver, deadline)
    sock = await _connected(addresses, deadline)
    if proxy is not None and context is not None:
        await _tunnelled(sock, Tunnel(origin, proxy), deadline)
    link = Link(origin, left)
    made = asyncio.get_running_loop().create_connection(
        lambda: link, sock=sock, ssl=context, server_hostname=None if context is None else origin.host
    )
    try:
        await _until(deadline, "tls", made)
    except BaseException as error:
        link.abort()
        if isinstance(error, OSError):
            raise lost_while_connecting(error) from None
        raise
    link.placed = True
    return link


async def _until(deadline: float, doing: str, work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout_at(deadline):
            return await work
    except TimeoutError:
        raise timed_out(doing) from None


async def _resolved(host: str, port: int, resolver: Resolver, deadline: float) -> Addresses:
    """The addresses of a name. Others may wait for the same: who is cancelled leaves them waiting."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[None] = loop.create_future()

    def settle() -> None:
        if not found.done():
            found.set_result(None)

    def tell(_: Future[Addresses]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is there to be told
            loop.call_soon_threadsafe(settle)

    resolving = resolver.resolve(host, port)
    resolving.add_done_callback(tell)
    try:
        async with asyncio.timeout_at(deadline):
            await found
    except TimeoutError:
        raise unresolved_in_time(resolving) from None
    error = resolving.exception()
    if error is not None:
        raise unresolved(error)
    return resolving.result()


async def _tunnelled(sock: socket.socket, tunnel: Tunnel, deadline: float) -> None:
    """Have the proxy lead a tunnel to the origin; raises `Unanswered`, and closes the socket then."""
    try:
        await _until(deadline, "proxy", _asked(sock, tunnel))
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError):
            raise Unanswered(Why.CONNECTION, "proxy") from None
        raise


async def _asked(sock: socket.socket, tunnel: Tunnel) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, tunnel.outgoing)
    while not tunnel.receive(await loop.sock_recv(sock, READ)):
        pass


async def _connected(addresses: Addresses, deadline: float) -> socket.socket:
    """A socket to the first address that takes it; each has its share of the time that is left."""
    loop = asyncio.get_running_loop()
    for position, (family, address) in enumerate(addresses):
        left = late(deadline - loop.time(), "connection")
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            exhausted = no_socket(error)
            if exhausted is not None:
                raise exhausted from None
            continue
        try:
            sock.settimeout(0)
            async with asyncio.timeout(left / (len(addresses) - position)):
                await loop.sock_connect(sock, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    late(deadline - loop.time(), "connection")
    raise no_address(addresses)
