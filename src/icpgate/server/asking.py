"""
Asks the served registry, with a bound on how many lookups are under way.

- This is the one place that knows how a flow is performed: by an `AsyncLookupClient`, which asks a
  quick registry in place and does everything else off the event loop.
- Nothing is cached: who asks a served registry has a cache of its own, and of two caches the
  second would hide how old an answer is.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByNumber, Unavailable, Why
from icpgate.lookup.asyncclient import AsyncLookupClient
from icpgate.lookup.believing import introduced
from icpgate.lookup.limits import Limits
from icpgate.number import parse
from icpgate.server.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Observation, Query
    from icpgate.lookup.interface import Capabilities, Registry
    from icpgate.lookup.steps import Flow

__all__ = ["Asking"]

PROBE: Final = ByNumber(parse("京ICP备00000001号-99999A"))
"""A number that can be asked but was hardly ever issued: whether a registry answers at all."""

READY_SECONDS: Final = 1.0
"""How long what the probe found is told again: health checks need no token and shall cost nothing."""

IN_PLACE: Final = 50
"""Queries that a quick registry is asked before others have their turn: about a millisecond."""


class Asking:
    """A registry as the server asks it."""

    def __init__(self, registry: Registry, *, max_inflight: int, deadline: float) -> None:
        """`deadline` is in seconds a lookup; raises `ConfigurationError` when it is no registry."""
        self.id, capabilities = introduced(registry)
        self.registry = registry
        limits = Limits(seconds=deadline, at_once=max_inflight, attempts=1)  # whoever asks us asks again
        self._client = AsyncLookupClient(_Uncached(registry), limits=limits)
        self._is_quick = capabilities.quick
        self._probed: tuple[float, str] | None = None
        self._max_inflight = max_inflight
        self._under_way = 0

    async def close(self) -> None:
        """Let go of this loop's connections; the registry is its caller's."""
        await self._client.close()

    async def observations(self, queries: Sequence[Query]) -> Sequence[Observation]:
        """What the registry says about each, in order; raises `Refused` when too many lookups are under way."""
        if self._under_way >= self._max_inflight:
            message = "too many lookups are under way"
            headers = [("Retry-After", "1")]
            raise Refused(503, message, code="server.overloaded", hint="ask again later", headers=headers)
        self._under_way += 1
        try:
            if not self._is_quick or len(queries) <= IN_PLACE:
                return await self._client.look_up_many(queries)
            observations: list[Observation] = []
            for start in range(0, len(queries), IN_PLACE):
                observations += await self._client.look_up_many(queries[start : start + IN_PLACE])
                await asyncio.sleep(0)
            return observations
        finally:
            self._under_way -= 1

    async def problem(self) -> str:
        """
        Why the registry does not answer; empty when it does.

        A registry that is not quick may count what it is asked: it is probed until it has answered
        once, and again only after its breaker opened.
        """
        if not self._client.can_ask(ByNumber):
            return ""
        now = asyncio.get_running_loop().time()
        if self._probed is not None:
            at, problem = self._probed
            fares_well = not self._is_quick and not problem and self._client.status.breaker == "closed"
            if fares_well or now - at < READY_SECONDS:
                return problem
        answer = (await self._client.look_up(PROBE)).answer
        silent = answer.why if isinstance(answer, Unavailable) and answer.why not in _ANSWERED else ""
        self._probed = now, str(silent)
        return self._probed[1]


_ANSWERED: Final = frozenset({Why.NOT_LISTED, Why.NOT_COVERED})
"""It looked, and has nothing to say about the number."""


class _Uncached:
    """The registry, of which nothing may be kept, and which nobody closes."""

    def __init__(self, registry: Registry) -> None:
        self.id = registry.id
        self._registry = registry

    @property
    def capabilities(self) -> Capabilities:
        return replace(self._registry.capabilities, cacheable=False)

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        return self._registry.ask(queries)
