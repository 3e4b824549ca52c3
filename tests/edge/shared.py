"""One HTTP client for several gates, so that what one left behind would be found by the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.lookup.http import AsyncHttp, BlockingHttp
from tests.awaited import _LOOP

if TYPE_CHECKING:
    from icpgate.lookup.steps import Request, Response

__all__ = ["SharedAsyncHttp", "SharedHttp"]


class SharedHttp:
    """A blocking client that gates do not close; `end` does."""

    def __init__(self) -> None:
        """Make the client."""
        self._http = BlockingHttp()

    def send(self, request: Request, seconds: float) -> Response:
        """See `BlockingHttp.send`."""
        return self._http.send(request, seconds)

    def close(self) -> None:
        """A gate has ended; others go on."""

    def end(self) -> None:
        """Let go of the connections."""
        self._http.close()


class SharedAsyncHttp:
    """The same for the event loop of the tests."""

    def __init__(self) -> None:
        """Make the client."""
        self._http = AsyncHttp()

    async def send(self, request: Request, seconds: float) -> Response:
        """See `AsyncHttp.send`."""
        return await self._http.send(request, seconds)

    async def close(self) -> None:
        """See `SharedHttp.close`."""

    def end(self) -> None:
        """See `SharedHttp.end`."""
        _LOOP.run(self._http.close())
