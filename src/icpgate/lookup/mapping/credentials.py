"""
What an API wants to know before it answers: resolved once, kept out of every text.

A value is a text, `env:NAME` for an environment variable or `file:PATH` for the first line of a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Credentials", "anchored", "anchored_secret", "folder_of", "secret_defect"]

MAX_BYTES: Final = 16_384
"""The longest tokens in use are a few kilobytes."""


class Credentials:
    """Secrets by name. Neither `repr` nor pickling shows one."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        """Resolve each value; raises `ConfigurationError` that names where it should be, never what it is."""
        self._values = {name: _resolved(name, value) for name, value in values.items()}

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._values)

    def __getitem__(self, name: str) -> str:
        """The secret itself."""
        return self._values[name]

    def __repr__(self) -> str:
        """Only the names."""
        return f"Credentials({', '.join(sorted(self._values))})"

    def __reduce__(self) -> str:
        """Refuse to be written down."""
        message = "credentials are not pickled"
        raise TypeError(message)


def secret_defect(value: object) -> str | None:
    """What is wrong with how a secret is given; nothing of the value is told."""
    if not isinstance(value, str):
        return f"{type(value).__name__} given; a text, env:NAME or file:PATH is expected"
    if not value.strip() or value.strip() in {"env:", "file:"}:
        return "empty; a text, env:NAME or file:PATH is expected"
    return None


def folder_of(path: str | os.PathLike[str]) -> str:
    """The folder of a file, to which what stands in it is relative; empty for one that is here."""
    return os.path.dirname(os.fspath(path))  # noqa: PTH120 -- pathlib says . for a folder that is not named


def anchored(path: str, folder: str) -> str:
    """A path as it is found from here, when it was written relative to a folder."""
    return os.path.join(folder, path)  # noqa: PTH118 -- a path as typed stays as typed


def anchored_secret(value: str, folder: str) -> str:
    """The same for a secret that may stand in a file."""
    kind, colon, path = value.partition(":")
    return f"file:{anchored(path, folder)}" if kind == "file" and colon and path else value


def _resolved(name: str, value: object) -> str:
    defect = secret_defect(value)
    if defect is not None or not isinstance(value, str):
        raise _refused(name, str(defect))
    kind, colon, place = value.partition(":")
    secret = value
    if colon and kind == "env":
        secret = os.environ.get(place, "")
        if not secret:
            raise _refused(name, f"the environment variable {shown(place)} is not set")
    elif colon and kind == "file":
        secret = _first_line(name, place)
    if not secret.isprintable():
        raise _refused(name, "it has characters that cannot be seen")
    return secret


def _first_line(name: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise _refused(name, f"its file has more than {MAX_BYTES:,} bytes")
        line = raw.decode("utf-8").strip().partition("\n")[0].strip()
    except OSError as error:
        raise _refused(name, f"its file cannot be read: {error.strerror or type(error).__name__}") from None
    except ValueError:
        raise _refused(name, "its file is not UTF-8, or its path is none") from None
    if not line:
        raise _refused(name, "its file is empty")
    return line


def _refused(name: str, message: str) -> ConfigurationError:
    return ConfigurationError(f"secrets.{shown(name)}: {message}", code="config.secret")
