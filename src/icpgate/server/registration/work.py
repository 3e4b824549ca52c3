"""Performs the blocking work of a registration system off the event loop, with a bound on how much is under way."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from icpgate.server.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Work"]

T = TypeVar("T")

MAX_UNDER_WAY: Final = 64
"""Steps at once, most of which wait for the store's one writer."""

THREADS: Final = 8
"""One writes at a time; the others read, or examine forms."""


class Work:
    """Threads of its own, begun when the first work comes."""

    def __init__(self) -> None:
        """Nothing is under way yet."""
        self._under_way = 0
        self._threads: ThreadPoolExecutor | None = None

    async def done(self, work: Callable[[], T]) -> T:
        """
        What the work returns or raises; raises `Refused` when too much is under way.

        Work that has begun is done, whoever waits for it: a step is never half taken.
        """
        if self._under_way >= MAX_UNDER_WAY:
            headers = [("Retry-After", "1")]
            message = "too many steps are under way"
            raise Refused(503, message, code="server.overloaded", hint="ask again later", headers=headers)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="registration")
        self._under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._count_down)
        return await asyncio.shield(future)

    def _count_down(self, future: asyncio.Future[Any]) -> None:
        self._under_way -= 1
        if not future.cancelled():
            future.exception()  # nobody may be waiting any more

    async def close(self) -> None:
        """Return when nothing is under way any more."""
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown)
