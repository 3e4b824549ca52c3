"""What both clients say about themselves."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from icpgate.errors import ConfigurationError, quote

if TYPE_CHECKING:
    from icpgate.answer import Query
    from icpgate.lookup.asking import Asking
    from icpgate.lookup.cache.cache import Cache
    from icpgate.lookup.wanted import Status

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

    def ahead(self, seconds: float) -> int:
        """
        How many queries are worth asking at once by who waits so many seconds for all of them.

        Many where the registry takes them in one request; otherwise as many as are under way side by side,
        and no more than its rate allows.
        """
        return self._asking.ahead(seconds)

    def _patience(self, deadline: float | None) -> float:
        """For how many seconds a caller waits; raises `ConfigurationError` for what is no number of seconds."""
        if deadline is None:
            return self._asking.limits.seconds
        if not isinstance(deadline, (int, float)) or isinstance(deadline, bool) or isnan(deadline):
            message = f"deadline is {quote(deadline)}: a number of seconds is expected"
            raise ConfigurationError(message, code="config.deadline")
        return deadline

    def can_ask(self, kind: type[Query]) -> bool:
        """Whether the registry can be asked by this kind of query."""
        return kind in self._asking.askable
