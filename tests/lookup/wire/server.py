"""
A server that does to its clients what it is told: real sockets, bytes as scripted, pauses, resets.

A behaviour is a function that is given one connection (`Peer`) and talks to it as it likes; the
connection ends with it. `plays` makes one of steps, `in_turn` gives each connection its own.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self, TypeAlias

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

__all__ = ["ALLOWING", "Behaviour", "FaultServer", "Peer", "answer", "in_turn", "plays", "unlistened"]

ALLOWING = b'{"status":"registered","number":"N"}'
"""What a broken envelope must never bring through."""


class Stopped(Exception):
    """The server is being closed."""


class Peer:
    """One client's connection. What it raises ends the connection."""

    def __init__(self, server: FaultServer, sock: socket.socket, position: int) -> None:
        """The connection number `position` of a server, counted from 0."""
        self.server = server
        self.sock = sock
        self.position = position
        self.asked = 0
        self._received = b""

    def request(self) -> bytes | None:
        """The next request, head and body; None at the end. It is kept in the server's `requests`."""
        while b"\r\n\r\n" not in self._received:
            if not self._receive():
                return None
        head, _, rest = self._received.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), 0)
        while len(rest) < length:
            if not self._receive():
                return None
            rest = self._received.partition(b"\r\n\r\n")[2]
        whole = head + b"\r\n\r\n" + rest[:length]
        self._received = rest[length:]
        self.asked += 1
        self.server.requests.append(whole)
        return whole

    def _receive(self) -> bool:
        data = self.sock.recv(65_536)
        self._received += data
        return bool(data)

    def send(self, data: bytes) -> None:
        """All of it, while the client takes it."""
        self.sock.sendall(data)

    def drip(self, data: bytes, every: float = 0.01) -> None:
        """A byte at a time."""
        for position in range(len(data)):
            self.send(data[position : position + 1])
            self.pause(every)

    def pause(self, seconds: float) -> None:
        """Do nothing; ends at once when the server is closed."""
        if self.server.stopping.wait(seconds):
            raise Stopped

    def silence(self) -> None:
        """Do nothing until the client goes or the server is closed."""
        while not select.select([self.sock], [], [], 0)[0]:
            self.pause(0.01)

    def close(self) -> None:
        """End the connection in an orderly way."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def goodbye(self) -> None:
        """End TLS with its closing notice."""
        self.sock.settimeout(0.5)
        with suppress(OSError):
            self.sock.unwrap()  # type: ignore[attr-defined]  # only asked for over TLS

    def reset(self) -> None:
        """Reset the connection."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Behaviour: TypeAlias = "Callable[[Peer], None]"
Step: TypeAlias = "bytes | float | Callable[[Peer], None]"


def plays(*steps: Step, again: bool = False) -> Behaviour:
    """
    After a request: send bytes, pause for seconds, or call a method of the peer, in turn; then close.

    With `again` every request of the connection is answered so, and it is the client that closes.
    """

    def behave(peer: Peer) -> None:
        while peer.request() is not None:
            for step in steps:
                if isinstance(step, bytes):
                    peer.send(step)
                elif isinstance(step, float):
                    peer.pause(step)
                else:
                    step(peer)
            if not again:
                return

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first connection behaves as the first, and so on; the last stands for all that follow."""

    def behave(peer: Peer) -> None:
        behaviours[min(peer.position, len(behaviours) - 1)](peer)

    return behave


def answer(body: bytes = ALLOWING, *headers: bytes, status: bytes = b"200 OK", length: bool = True) -> bytes:
    """A whole answer, with its length unless told otherwise."""
    lines = [b"HTTP/1.1 " + status, b"content-type: application/json", *headers]
    if length:
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class FaultServer:
    """Listens on a port of this machine, with a thread for each connection. Use it in a `with`."""

    def __init__(self, behaviour: Behaviour, *, ssl_context: ssl.SSLContext | None = None) -> None:
        """Behave so on every connection; over TLS when there is a context."""
        self.behaviour = behaviour
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._context = ssl_context
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listening.getsockname()[1]

    @property
    def url(self) -> str:
        """The address, without a path."""
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Start to listen."""
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        """End every connection, whatever is going on there, and wait for the threads."""
        self.stopping.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for sock in list(self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)

    def waits_for(self, reached: Callable[[], bool]) -> bool:
        """Whether something has come about on the server's side, within a second or so."""
        for _ in range(200):
            if reached():
                return True
            time.sleep(0.005)
        return reached()

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(sock)
            self.connections += 1
            self._run(self._serve, sock, self.connections - 1)

    def _serve(self, sock: socket.socket, position: int) -> None:
        used = sock
        try:
            if self._context is not None:
                used = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                self._open.add(used)
                used.do_handshake()
            peer = Peer(self, used, position)
            self.behaviour(peer)
            peer.close()
        except (OSError, ValueError, Stopped):
            pass
        finally:
            used.close()
            sock.close()
            self._open -= {used, sock}


def unlistened() -> tuple[socket.socket, int]:
    """A port that refuses connections for as long as its socket is open."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock, sock.getsockname()[1]
