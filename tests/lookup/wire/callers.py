"""One face for the blocking and the asynchronous client, so that every test is run with both."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

from icpgate.lookup.http import AsyncHttp, BlockingHttp
from icpgate.lookup.steps import Request, Unanswered

if TYPE_CHECKING:
    from icpgate.lookup.steps import Response

__all__ = ["AsyncCaller", "BlockingCaller", "Caller", "get", "outcome"]


class BlockingCaller:
    """The blocking client."""

    def __init__(self, **limits: Any) -> None:
        """As `BlockingHttp`."""
        self.http = BlockingHttp(**limits)

    def send(self, request: Request, seconds: float = 2.0) -> Response:
        """As `BlockingHttp.send`."""
        return self.http.send(request, seconds)

    def places(self) -> tuple[int, int]:
        """How many connections there are, and how many of them are idle."""
        lanes = self.http._wire._home.pool._lanes.values()
        return sum(lane.open for lane in lanes), sum(len(lane.idle) for lane in lanes)

    def lanes(self) -> int:
        """How many origins are remembered."""
        return len(self.http._wire._home.pool._lanes)

    def close(self) -> None:
        """As `BlockingHttp.close`."""
        self.http.close()


class AsyncCaller:
    """The asynchronous client, on a loop that only runs while something is sent."""

    def __init__(self, **limits: Any) -> None:
        """As `AsyncHttp`."""
        self.runner = asyncio.Runner()
        self.http = AsyncHttp(**limits)

    def send(self, request: Request, seconds: float = 2.0) -> Response:
        """As `AsyncHttp.send`."""
        return self.runner.run(self.http.send(request, seconds))

    def places(self) -> tuple[int, int]:
        """See `BlockingCaller.places`."""
        homes = self.http._wire._homes.values()
        lanes = [lane for home in homes for lane in home.pool._lanes.values()]
        return sum(lane.open for lane in lanes), sum(len(lane.idle) for lane in lanes)

    def lanes(self) -> int:
        """See `BlockingCaller.lanes`."""
        return sum(len(home.pool._lanes) for home in self.http._wire._homes.values())

    def close(self) -> None:
        """As `AsyncHttp.close`; the loop ends as well."""
        self.runner.run(self.http.close())
        self.runner.close()


Caller: TypeAlias = "BlockingCaller | AsyncCaller"


def get(url: str) -> Request:
    """A request for what is there."""
    return Request("GET", url)


def outcome(caller: Caller, url: str, seconds: float = 2.0) -> Response | Unanswered:
    """What a request comes to."""
    try:
        return caller.send(get(url), seconds)
    except Unanswered as unanswered:
        return unanswered
