"""What registries and second levels of a cache promise, as test classes to subclass; they need no pytest."""

from __future__ import annotations

from icpgate.testing.contracts.level import CacheLevelContract
from icpgate.testing.contracts.registry import RegistryContract

__all__ = ["CacheLevelContract", "RegistryContract"]
