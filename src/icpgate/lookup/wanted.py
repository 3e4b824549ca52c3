"""What a client asks for, and how its registry fares: the values that both clients pass on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpgate.answer import Query
    from icpgate.lookup.cache.memory import Kept
    from icpgate.lookup.cache.outcome import Outcome
    from icpgate.lookup.guard import Guard
    from icpgate.lookup.singleflight import Flight

__all__ = ["Status", "Wanted", "status_of"]


@dataclass(slots=True)
class Wanted:
    """One query that the process could not answer by itself. Without a flight it was refused."""

    query: Query
    key: str
    kept: Kept | None
    flight: Flight[Outcome] | None = None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """
    How a registry fares: its breaker, what is left of the day, and how many loads are under way.

    `left_today` is None without a quota, and before the first request. Of several registries as one each
    of the `members` has its own.
    """

    registry: str
    breaker: str
    left_today: int | None
    loading: int
    members: tuple[Status, ...] = ()


def status_of(guard: Guard, elapsed: float) -> Status:
    """How the registry behind a guard fares, and its members."""
    members = tuple(status_of(each, elapsed) for each in getattr(guard.registry, "guards", ()))
    return Status(guard.registry.id, guard.breaker.state(elapsed), guard.health.left_today, 0, members)
