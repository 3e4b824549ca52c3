"""The text of a file that a person wrote, or why it cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, shown

if TYPE_CHECKING:
    import os

__all__ = ["text_of"]

_MOST_BYTES: Final = 1_048_576


def text_of(path: str | os.PathLike[str]) -> str:
    """The text of a file; raises `ConfigurationError`."""
    try:
        with Path(path).open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8")
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from None
    except (TypeError, ValueError):  # no path, or no UTF-8
        raise _unreadable(path, "not a file of UTF-8") from None


def _unreadable(path: object, message: str) -> ConfigurationError:
    return ConfigurationError(f"{shown(str(path), at_most=4_096)}: {message}", code="config.open")
