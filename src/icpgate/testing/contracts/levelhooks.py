"""What a contract needs to know about the second level under test, and how it uses one."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, cast

from icpgate.lookup.steps import GetMany, PutMany, StoredEntry
from icpgate.testing.contracts.promises import promised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.lookup.cache.level import AsyncLevel, Level
    from icpgate.lookup.steps import LevelStep

__all__ = ["LevelHooks", "OnLoop", "Used", "entry", "get", "put"]

_PATIENCE: Final = 60.0
"""Seconds for one step on a loop; more is a defect."""


class Used(Protocol):
    """A level, however it is used."""

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        ...

    def close(self) -> None:
        """See `Level.close`."""
        ...


class OnLoop:
    """A level as an event loop uses it, for callers that have none: the loop runs on a thread."""

    def __init__(self, level: Level) -> None:
        """Begin the loop; raises `AssertionError` for a level that has nothing for loops."""
        self.level = level
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        made: Future[AsyncLevel | None] = Future()
        self.loop.call_soon_threadsafe(lambda: made.set_result(level.for_loop()))
        inner = made.result(_PATIENCE)
        promised(inner is not None, f"{level.name} has nothing for an event loop")
        self.inner = cast("AsyncLevel", inner)

    def perform(self, step: LevelStep) -> object:
        """See `AsyncLevel.perform`."""
        return asyncio.run_coroutine_threadsafe(self.inner.perform(step), self.loop).result(_PATIENCE)

    def let_go(self) -> None:
        """Close what the loop has of the level, but go on with the loop."""
        asyncio.run_coroutine_threadsafe(self.inner.close(), self.loop).result(_PATIENCE)

    def close(self) -> None:
        """End both; may be called twice."""
        if not self.loop.is_closed():
            self.let_go()
            self.level.close()
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()


class LevelHooks:
    """What a subclass says about its level. `level` must be said."""

    on_loop: ClassVar[bool] = False
    """Whether it is used as an event loop does, through `for_loop`."""

    nowhere: tuple[str, ...] = ()
    """Texts that its name may not have in it: a folder, a password."""

    def level(self) -> Level:
        """A level, empty at the first call of a test; each further one is at the same place."""
        raise NotImplementedError

    def url(self) -> str:
        """Its URL, by which other processes open it; empty for a level that has none."""
        return ""

    @contextmanager
    def _opened(self, count: int = 1) -> Iterator[list[Used]]:
        """So many levels at the same place."""
        with ExitStack() as stack:
            levels: list[Used] = []
            for _ in range(count):
                level = self.level()
                levels.append(OnLoop(level) if self.on_loop else level)
                stack.callback(levels[-1].close)
            yield levels

    @contextmanager
    def _one(self) -> Iterator[Used]:
        with self._opened() as levels:
            yield levels[0]


def entry(key: str = "k", blob: bytes = b"blob", observed: int = 1_000, **other: object) -> StoredEntry:
    """An entry to be kept for a minute, or as the other fields of `StoredEntry` say."""
    given: dict[str, object] = {"seconds": 60.0} | other
    return StoredEntry(key, blob, observed, **given)  # type: ignore[arg-type]  # by name


def put(level: Used, *entries: StoredEntry) -> None:
    """Hand entries to it; it has nothing to say to that."""
    promised(level.perform(PutMany(entries)) is None, "PutMany has no value")


def get(level: Used, *keys: str) -> tuple[bytes | None, ...]:
    """What it has."""
    value = level.perform(GetMany(keys))
    promised(isinstance(value, tuple), f"GetMany brings {type(value).__name__}: a tuple is expected")
    return cast("tuple[bytes | None, ...]", value)
