"""One connection over a blocking socket."""

from __future__ import annotations

import socket
import ssl
from time import monotonic
from typing import TYPE_CHECKING

from icpgate.answer import Why
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.budgets import READ
from icpgate.lookup.wire.failures import (
    late,
    lost,
    lost_while_connecting,
    no_address,
    no_socket,
    readable,
    timed_out,
    unresolved,
    unresolved_in_time,
)
from icpgate.lookup.wire.proxy import Tunnel
from icpgate.lookup.wire.resolving import literal
from icpgate.lookup.wire.tls import nameable

if TYPE_CHECKING:
    from icpgate.lookup.wire.conversation import Conversation
    from icpgate.lookup.wire.message import Incoming, Origin
    from icpgate.lookup.wire.proxy import Proxy
    from icpgate.lookup.wire.resolving import Addresses, Resolver

__all__ = ["Link", "connect"]


class Link:
    """A connection that is used by one thread at a time. `since` is when it was last used."""

    __slots__ = ("_sock", "origin", "since")

    def __init__(self, origin: Origin, sock: socket.socket) -> None:
        """Take a connected socket over."""
        self.origin = origin
        self.since = 0.0
        self._sock = sock

    def quiet(self) -> bool:
        """Whether nothing has come: neither an end, nor a byte that nobody asked for."""
        sock = self._sock
        return not (readable(sock) or (isinstance(sock, ssl.SSLSocket) and sock.pending()))

    def converse(self, conversation: Conversation, deadline: float) -> Incoming:
        """Have a conversation. Raises `Unanswered`; then the connection is good for nothing any more."""
        try:
            _send(self._sock, conversation.outgoing, deadline)
            return self._answer(conversation, deadline)
        except TimeoutError:
            raise timed_out("answer") from None
        except OSError as error:
            raise lost(error, conversation) from None

    def _answer(self, conversation: Conversation, deadline: float) -> Incoming:
        sock = self._sock
        while True:
            sock.settimeout(late(deadline - monotonic(), "answer"))
            data = sock.recv(READ)
            incoming = conversation.receive(data) if data else conversation.ended()
            if incoming is not None:
                return incoming

    def close(self) -> None:
        """Close the socket, without a word to the peer."""
        self._sock.close()


def _send(sock: socket.socket, data: bytes, deadline: float) -> None:
    """As `sendall`, which over TLS begins its timeout anew with every piece."""
    view = memoryview(data)
    while view:
        sock.settimeout(late(deadline - monotonic(), "request"))
        view = view[sock.send(view) :]


def connect(
    origin: Origin, context: ssl.SSLContext | None, resolver: Resolver, deadline: float, proxy: Proxy | None = None
) -> Link:
    """A new connection, over TLS when there is a context, by way of a proxy when there is one. Raises `Unanswered`."""
    if context is not None:
        nameable(origin.host)
    host, port = (origin.host, origin.port) if proxy is None else (proxy.host, proxy.port)
    addresses = literal(host, port)
    if not addresses:
        resolving = resolver.resolve(host, port)
        try:
            addresses = resolving.result(late(deadline - monotonic(), "name"))
        except TimeoutError:
            raise unresolved_in_time(resolving) from None
        except Exception as error:  # noqa: BLE001 -- whatever the resolver made of the name
            raise unresolved(error) from None
    sock = _connected(addresses, deadline)
    try:
        if context is not None:
            if proxy is not None:
                _tunnelled(sock, Tunnel(origin, proxy), deadline)
            sock = _secured(sock, origin.host, context, deadline)
        return Link(origin, sock)
    except BaseException:
        sock.close()
        raise


def _connected(addresses: Addresses, deadline: float) -> socket.socket:
    """A socket to the first address that takes it; each has its share of the time that is left."""
    for position, (family, address) in enumerate(addresses):
        left = late(deadline - monotonic(), "connection")
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            exhausted = no_socket(error)
            if exhausted is not None:
                raise exhausted from None
            continue
        try:
            sock.settimeout(left / (len(addresses) - position))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            sock.close()
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    late(deadline - monotonic(), "connection")
    raise no_address(addresses)


def _tunnelled(sock: socket.socket, tunnel: Tunnel, deadline: float) -> None:
    """Have the proxy lead a tunnel to the origin; raises `Unanswered`."""
    try:
        _send(sock, tunnel.outgoing, deadline)
        stands = False
        while not stands:
            sock.settimeout(late(deadline - monotonic(), "proxy"))
            stands = tunnel.receive(sock.recv(READ))
    except TimeoutError:
        raise timed_out("proxy") from None
    except OSError:
        raise Unanswered(Why.CONNECTION, "proxy") from None


def _secured(sock: socket.socket, host: str, context: ssl.SSLContext, deadline: float) -> socket.socket:
    """TLS over a socket. An end without the closing notice is an error: it might be a cut."""
    try:
        secured = context.wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
    except OSError as error:
        raise lost_while_connecting(error) from None
    done = False
    try:
        secured.settimeout(late(deadline - monotonic(), "tls"))
        secured.do_handshake()
        done = True
    except TimeoutError:
        raise timed_out("tls") from None
    except OSError as error:
        raise lost_while_connecting(error) from None
    finally:
        if not done:
            secured.close()
    return secured
