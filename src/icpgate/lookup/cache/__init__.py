"""How observations are kept: in the process, and in a second level that processes share."""

from __future__ import annotations

from icpgate.lookup.cache.cache import Cache, CacheStatistics
from icpgate.lookup.cache.level import AsyncLevel, Level

__all__ = ["AsyncLevel", "Cache", "CacheStatistics", "Level"]
