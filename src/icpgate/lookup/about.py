"""What both clients say about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpgate.answer import Query
    from icpgate.lookup.asking import Asking, Status
    from icpgate.lookup.cache.cache import Cache

__all__ = ["Client"]


class Client:
    """What both clients say about themselves."""

    def __init__(self, asking: Asking) -> None:
        """Take what they have in common."""
        self._asking = asking

    @property
    def cache(self) -> Cache:
        """Where its answers are kept."""
        return self._asking.cache

    @property
    def status(self) -> Status:
        """How its registry fares."""
        return self._asking.status

    @property
    def is_quick(self) -> bool:
        """Whether the registry answers in place, so that asking about many at once gains nothing."""
        return self._asking.quick

    def can_ask(self, kind: type[Query]) -> bool:
        """Whether the registry can be asked by this kind of query."""
        return kind in self._asking.askable
