"""What a second level of the cache is: a place that several processes share, and that may vanish at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from icpgate.lookup.steps import LevelStep

__all__ = ["AsyncLevel", "Level"]


class AsyncLevel(Protocol):
    """A level as one event loop uses it."""

    async def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        ...

    async def close(self) -> None:
        """Let go of the loop's connections; may be called twice."""
        ...


@runtime_checkable
class Level(Protocol):
    """
    A second level. It never decides anything and never fails: what it cannot do it leaves undone.

    It may be shared by threads and used after a fork.
    """

    @property
    def name(self) -> str:
        """Its name in logs and statistics; no credentials, no folders."""
        ...

    def perform(self, step: LevelStep) -> object:
        """
        Do what the step says, and return the value that its docstring promises.

        Raises nothing. While the level is gone, slow, full or damaged it answers as if it were
        empty, at the cost of at most 100 ms once, and nothing while its breaker is open.
        """
        ...

    def for_loop(self) -> AsyncLevel | None:
        """The level for the running event loop; None when `perform` is to be called on a thread."""
        ...

    def close(self) -> None:
        """Let go of files and connections; may be called twice."""
        ...
