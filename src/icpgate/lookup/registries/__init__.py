"""The kinds of registry, one file each. They do not know each other."""

from __future__ import annotations

__all__: list[str] = []
