"""The asynchronous gate and client with the methods of the blocking ones, so that the same tests run with both."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from icpgate.gate import AsyncGate, Gate
from icpgate.lookup import AsyncLookupClient, LookupClient

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from icpgate.gate import Checked

__all__ = ["CLIENTS", "GATES", "AwaitedClient", "AwaitedGate"]

T = TypeVar("T")


class _Loop:
    """One event loop on a thread of its own, for all tests of a process."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None or self._process != os.getpid():  # a forked child has no thread that runs it
            self._process = os.getpid()
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, daemon=True).start()
            atexit.register(self._end)
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def _end(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)


_LOOP = _Loop()


class AwaitedGate(Gate):
    """An `AsyncGate` that is called like a `Gate`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Make the asynchronous gate; it alone is used."""
        lookup = options.get("lookup")
        if isinstance(lookup, LookupClient):
            options["lookup"] = getattr(lookup, "awaited", lookup)
        self._gate = AsyncGate(*args, **options)
        self._gating = self._gate._gating
        self._lookup = self._gate.lookup  # type: ignore[assignment]  # only looked at

    def check(self, *args: Any, **options: Any) -> Any:
        """See `Gate.check`."""
        return _LOOP.run(self._gate.check(*args, **options))

    def check_many(self, *args: Any, **options: Any) -> Iterator[Checked]:
        """See `Gate.check_many`; one item at a time, so that laziness shows."""
        items = self._gate.check_many(*args, **options)
        while True:
            try:
                yield _LOOP.run(_next(items))
            except StopAsyncIteration:
                return

    def close(self) -> None:
        """See `Gate.close`."""
        _LOOP.run(self._gate.close())


async def _next(items: Any) -> Any:
    return await anext(items)


class AwaitedClient(LookupClient):
    """An `AsyncLookupClient` that is called like a `LookupClient`."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Make the asynchronous client; it alone is used."""
        self.awaited = AsyncLookupClient(*args, **options)
        self._asking = self.awaited._asking

    def look_up(self, *args: Any, **options: Any) -> Any:
        """See `LookupClient.look_up`."""
        return _LOOP.run(self.awaited.look_up(*args, **options))

    def look_up_many(self, *args: Any, **options: Any) -> Any:
        """See `LookupClient.look_up_many`."""
        return _LOOP.run(self.awaited.look_up_many(*args, **options))

    def invalidate(self, **options: Any) -> Any:
        """See `LookupClient.invalidate`."""
        return _LOOP.run(self.awaited.invalidate(**options))

    def close(self) -> None:
        """See `LookupClient.close`."""
        _LOOP.run(self.awaited.close())


GATES: list[type[Gate]] = [Gate, AwaitedGate]
CLIENTS: list[type[LookupClient]] = [LookupClient, AwaitedClient]
