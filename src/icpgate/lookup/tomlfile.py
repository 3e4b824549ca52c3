"""The tables of a TOML file that a person wrote, or why it cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from icpgate.lookup.mapping.tables import parsed
from icpgate.lookup.textfile import text_of

if TYPE_CHECKING:
    import os

    from icpgate.lookup.mapping.tables import Table

__all__ = ["tables_of"]


def tables_of(path: str | os.PathLike[str]) -> Table:
    """The tables of a file; raises `ConfigurationError` with what is wrong and where."""
    return parsed(text_of(path), Path(path).name)
