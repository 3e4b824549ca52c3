"""Asks a registry through the two clients, the blocking one and the one of an event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from icpgate.lookup.asyncclient import AsyncLookupClient
from icpgate.lookup.client import LookupClient
from icpgate.lookup.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpgate.answer import Observation, Query
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.interface import Registry

__all__ = ["both_ways"]

_PATIENT: Final = Limits(seconds=60.0)
"""What a registry answers is asked here, not how fast."""


def both_ways(
    make: Callable[[], Registry], queries: Sequence[Query], clock: Callable[[], Clock]
) -> dict[str, list[Observation]]:
    """
    What a new registry answers through each client, under `blocking` and `asynchronous`.

    Registries and clients are closed again. Not to be called on a running event loop.
    """
    with LookupClient(make(), clock=clock(), limits=_PATIENT) as client:
        blocking = list(client.look_up_many(queries))
    return {"blocking": blocking, "asynchronous": asyncio.run(_awaited(make(), queries, clock()))}


async def _awaited(registry: Registry, queries: Sequence[Query], clock: Clock) -> list[Observation]:
    async with AsyncLookupClient(registry, clock=clock, limits=_PATIENT) as client:
        return list(await client.look_up_many(queries))
