"""
One connection, with an end to every wait on its client: for a request's head, and for a response to be taken.

uvicorn bounds how large a head may be and how long a connection may idle after a response, but
neither how long a head may take to arrive nor how long a client may let its response lie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

__all__ = ["HEAD_SECONDS", "TAKE_SECONDS", "Connection"]

HEAD_SECONDS: Final = 10.0
"""For a request's head, counted from the connection's beginning or from the head's first byte."""

TAKE_SECONDS: Final = 60.0
"""For a response to leave whole; who has not taken it by then is gone, or means to stay for ever."""


class _Timer:
    """Breaks a connection when it is not stopped in time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._handle: asyncio.TimerHandle | None = None

    def run(self, connection: Connection) -> None:
        """Begin, unless it runs already."""
        if self._handle is None:
            self._handle = connection.loop.call_later(self._seconds, connection.transport.abort)

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


class Connection(H11Protocol):
    """uvicorn's connection with two timers of ours."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in its base
        """See `asyncio.Protocol`."""
        self._head, self._taking = _Timer(HEAD_SECONDS), _Timer(TAKE_SECONDS)
        super().connection_made(transport)
        self._head.run(self)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`. The timer runs while, and only while, a head is awaited."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._head.run(self)
        else:
            self._head.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._head.stop()
        self._taking.stop()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        super().pause_writing()
        self._taking.run(self)

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self._taking.stop()
        super().resume_writing()
