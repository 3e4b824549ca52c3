"""What users of icpgate test with: a fixed clock, a registry in memory, tables of decisions."""

from __future__ import annotations

from icpgate.testing.clock import FixedClock

__all__ = ["FixedClock"]
