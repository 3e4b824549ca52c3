"""`icpgate.toml`: what the command line takes when neither an argument nor a variable says otherwise."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, nearest, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_PATH", "Config", "config_of"]

DEFAULT_PATH: Final = "icpgate.toml"

MAX_BYTES: Final = 1_048_576

_OPTIONS: Final = ("action", "registry", "policy", "mode", "deadline", "cache", "allow_simulated")
"""The settings that are options of `check` too."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says: the defaults of the commands as click takes them, the language, and the settings of a gate."""

    defaults: dict[str, object] = field(default_factory=dict)
    lang: str | None = None
    gate: dict[str, object] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str) -> Config:
        """
        Read a file with `lang` and a table `[gate]`, which has the settings of `GateSettings`.

        Relative paths in it are relative to its folder. Raises `ConfigurationError` with the place of
        what is wrong in it.
        """
        table = _read(path)
        _known(table, ("lang", "gate"), path)
        lang = table.get("lang")
        if lang not in {None, "zh-CN", "en"}:
            message = f"{path}: lang is {quote(lang)}: zh-CN or en is expected"
            raise ConfigurationError(message)
        gate = _gate(table["gate"], path) if "gate" in table else {}
        policy = {"path": gate["policy"]} if "policy" in gate else {}
        cache = {"url": gate["cache"]} if "cache" in gate else {}
        defaults = {
            "check": {name: getattr(gate[name], "value", gate[name]) for name in _OPTIONS if name in gate},
            "policy": {"show": policy, "test": policy},
            "cache": {"stats": cache, "invalidate": cache},
        }
        return cls(defaults, None if lang is None else str(lang), gate)


def config_of(given: object) -> Config:
    """What the settings file said, from click's context; nothing where there is none."""
    return given if isinstance(given, Config) else Config()


def _gate(table: object, path: str) -> dict[str, object]:
    from icpgate.lookup.mapping.credentials import folder_of  # noqa: PLC0415 -- only where a file states a gate
    from icpgate.settings import read_gate  # noqa: PLC0415 -- as above

    try:
        return read_gate(table, folder=folder_of(path))
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error.message}", hint=error.hint, code=error.code) from None


def _read(path: str) -> dict[str, object]:
    try:
        raw = Path(path).read_bytes()
        if len(raw) > MAX_BYTES:
            message = f"{path} is larger than {MAX_BYTES:,} bytes"
            raise ConfigurationError(message, code="config.too_large")
        return tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise ConfigurationError(message, code="config.open") from None
    except (ValueError, RecursionError) as error:
        message = f"{path}: {error}"
        raise ConfigurationError(message, code="config.syntax") from None


def _known(table: Mapping[str, object], known: tuple[str, ...], place: str) -> None:
    for name in table:
        if name not in known:
            suggestion = nearest(name, known)
            hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(known)}"
            message = f"{place}: unknown setting {quote(name)}"
            raise ConfigurationError(message, hint=hint, code="config.unknown")
