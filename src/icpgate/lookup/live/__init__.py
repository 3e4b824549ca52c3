"""
The live registry's database: SQLite or PostgreSQL behind one small interface.

    url → database → one transaction → rows
"""

from __future__ import annotations

__all__: list[str] = []
