"""
Connections to Redis or Valkey that end when they must, for threads.

- An exchange has one end in time and in bytes, however the server sends them; redis-py knows
  only how long one read may take.
- Names are resolved and connections made on a thread that nobody waits for longer than that.
- Only a connection whose last exchange was whole is used again, and only while nothing is waiting in it.
"""

from __future__ import annotations

import functools
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from icpgate.lookup.cache.encoding import MAX_BLOB
from icpgate.lookup.cache.redis_steps import Refused
from icpgate.lookup.cache.redis_target import refusal
from icpgate.lookup.forks import remember

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from icpgate.lookup.cache.redis_steps import Command
    from icpgate.lookup.cache.redis_target import Target

__all__ = ["Bounded", "Link", "Links", "link_to"]

AT_ONCE: Final = 32
"""Connections of one process; more threads than that wait for one another."""

GRACE: Final = 0.05
"""Seconds. What has arrived in time is read, also when this process was slow to look."""

_SHORTEST: Final = 0.001

_REPLY: Final = MAX_BLOB + 8_192
"""Bytes of one reply at most."""


class _Connection(Protocol):
    """What we use of a connection of redis-py, and what `_Bounding` adds."""

    wire: Bounded

    def connect(self) -> None: ...
    def can_read(self, timeout: float) -> bool: ...
    def pack_commands(self, commands: Sequence[Command]) -> list[bytes]: ...
    def send_packed_command(self, command: list[bytes], *, check_health: bool) -> None: ...
    def read_response(self, *, disable_decoding: bool) -> object: ...
    def disconnect(self) -> None: ...


class Bounded:
    """A socket whose current exchange ends at a moment, and after so many bytes."""

    def __init__(self, opened: socket.socket, seconds: float) -> None:
        """Begin the first exchange, which is the greeting."""
        self._socket = opened
        self._own: float | None = None
        self.begin(seconds, _REPLY)

    def begin(self, seconds: float, most: int) -> None:
        """Begin an exchange."""
        self._until = time.monotonic() + seconds
        self._left = most

    def settimeout(self, seconds: float | None) -> None:
        """As a socket's. What is longer than the exchange is cut to it."""
        self._own = seconds

    def recv(self, size: int) -> bytes:
        """As a socket's."""
        self._limit()
        received = self._socket.recv(size)
        self._left -= len(received)
        return received

    def recv_into(self, buffer: bytearray, *rest: int) -> int:
        """As a socket's; what hiredis reads with."""
        self._limit()
        received = self._socket.recv_into(buffer, *rest)
        self._left -= received
        return received

    def sendall(self, content: bytes) -> None:
        """As a socket's."""
        self._limit()
        self._socket.sendall(content)

    def _limit(self) -> None:
        if self._own == 0:
            self._socket.settimeout(0)
            return
        left = self._until - time.monotonic()
        if left < -GRACE or self._left <= 0:
            raise TimeoutError
        self._socket.settimeout(max(left, _SHORTEST))

    def __getattr__(self, name: str) -> object:
        """Everything else is the socket's own."""
        return getattr(self._socket, name)


class _Bounding:
    """Makes a connection of redis-py one over a `Bounded` socket."""

    wire: Bounded
    socket_connect_timeout: float

    def _connect(self) -> Bounded:
        opened = super()._connect()  # type: ignore[misc]  # of the connection that this is mixed into
        self.wire = Bounded(opened, self.socket_connect_timeout)
        return self.wire


@functools.cache
def _kind(scheme: str) -> Callable[..., _Connection]:
    from redis import connection  # noqa: PLC0415 -- the extra may be missing

    kinds = {
        "redis": connection.Connection,
        "rediss": connection.SSLConnection,
        "unix": connection.UnixDomainSocketConnection,
    }
    made: Callable[..., _Connection] = type("BoundedConnection", (_Bounding, kinds[scheme]), {})
    return made


def link_to(target: Target, seconds: float) -> Link:
    """A connection that is not connected yet; raises what redis-py says about the address."""
    from redis.backoff import NoBackoff  # noqa: PLC0415 -- the extra may be missing
    from redis.retry import Retry  # noqa: PLC0415 -- as above

    return Link(
        _kind(target.scheme)(
            **target.arguments(),
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
        )
    )


class Link:
    """One connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: _Connection) -> None:
        """Take a connection of redis-py."""
        self._connection = connection

    @property
    def is_clean(self) -> bool:
        """Whether nothing has arrived since the last exchange, and the server has not hung up."""
        try:
            return not self._connection.can_read(0)
        except Exception:  # noqa: BLE001 -- then it is not
            return False

    def connect(self) -> None:
        """Connect; raises whatever redis-py does."""
        self._connection.connect()

    def exchange(self, commands: Sequence[Command], seconds: float) -> list[object]:
        """Every command's reply, an error as `Refused`; raises when they did not all come in time."""
        from redis.exceptions import ResponseError  # noqa: PLC0415 -- the extra may be missing

        connection = self._connection
        connection.wire.begin(seconds, _REPLY * len(commands))
        connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        replies: list[object] = []
        for _ in commands:
            try:
                replies.append(connection.read_response(disable_decoding=True))
            except ResponseError as error:
                replies.append(Refused(refusal(error)))
        return replies

    def drop(self) -> None:
        """End it; what goes wrong with that is over with it."""
        with suppress(Exception):
            self._connection.disconnect()


class _Arrival:
    """A link that is being made on another thread; who waits for it may leave before it is there."""

    def __init__(self, make: Callable[[], Link]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._is_awaited = True
        self._result: Link | Exception | None = None

    def run(self) -> None:
        """Make it; where nobody waits any more, end it."""
        link: Link | None = None
        result: Link | Exception
        try:
            link = self._make()
            link.connect()
            result = link
        except Exception as error:  # noqa: BLE001 -- raised again where somebody waits
            result = error
        with self._lock:
            self._result = result
            is_awaited = self._is_awaited
        self._done.set()
        if link is not None and (link is not result or not is_awaited):
            link.drop()

    def within(self, seconds: float) -> Link:
        """The link, connected; raises what connecting raised, or `TimeoutError`."""
        threading.Thread(target=self.run, name="icpgate-cache-connect", daemon=True).start()
        self._done.wait(seconds)
        with self._lock:
            self._is_awaited = False
            result = self._result
        if result is None:
            raise TimeoutError
        if isinstance(result, Exception):
            raise result
        return result


class Links:
    """The links of one process."""

    def __init__(self, make: Callable[[], Link]) -> None:
        """Links are made when they are needed."""
        self._make = make
        self._begin()
        remember(self)

    def _begin(self) -> None:
        self._idle: list[Link] = []
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._is_closed = False

    def renew_after_fork(self) -> None:
        """See `ForkSafe`. The links are the parent's: only our ends of them are closed."""
        is_closed, links = self._is_closed, self._idle
        self._begin()
        self._is_closed = is_closed
        for link in links:
            link.drop()

    def exchange(
        self, commands: Sequence[Command], seconds: float, fits: Callable[[list[object]], bool]
    ) -> list[object] | None:
        """
        The replies to the commands; None when all links are in use for so long, or the level is closed.

        Raises what went wrong with the link. Replies that do not fit end it.
        """
        until = time.monotonic() + seconds
        room = self._room
        if self._is_closed or not room.acquire(timeout=seconds):
            return None
        link: Link | None = None
        try:
            left = until - time.monotonic()
            if left <= 0:
                return None
            link = self._clean() or _Arrival(self._make).within(left)
            replies = link.exchange(commands, max(_SHORTEST, until - time.monotonic()))
            if fits(replies):
                self._idle.append(link)
                link = None
            return replies
        finally:
            if link is not None:
                link.drop()
            if self._is_closed:
                self.close()
            room.release()

    def _clean(self) -> Link | None:
        while self._idle:
            try:
                link = self._idle.pop()
            except IndexError:  # pragma: no cover -- another thread was faster
                return None
            if link.is_clean:
                return link
            link.drop()
        return None

    def close(self) -> None:
        """End all links; may be called twice."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().drop()
