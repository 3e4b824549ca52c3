"""What a load brings to those who wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icpgate.answer import Observation
    from icpgate.lookup.cache.memory import Kept

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, and an older one that may stand in for it when it is a failure."""

    observation: Observation
    fallback: Kept | None = None
