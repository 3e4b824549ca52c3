"""
The live registry's database: SQLite or PostgreSQL behind one small interface.

    url → database → one transaction → rows
"""

from __future__ import annotations

__all__ = ["is_live"]


def is_live(url: str) -> bool:
    """Whether a URL is that of a live registry, by its beginning."""
    return url.startswith(("sqlite:", "postgresql:"))
