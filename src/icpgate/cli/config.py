"""`icpgate.toml`: what the command line takes when neither an argument nor a variable says otherwise."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, nearest, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_PATH", "Config"]

DEFAULT_PATH: Final = "icpgate.toml"

MAX_BYTES: Final = 1_048_576

_SETTINGS: Final[dict[str, tuple[type, ...]]] = {
    "action": (str,),
    "registry": (str,),
    "policy": (str,),
    "mode": (str,),
    "deadline": (int, float),
    "cache": (str,),
    "allow_simulated": (bool,),
}


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says: the defaults of the commands as click takes them, and the language."""

    defaults: dict[str, object]
    lang: str | None

    @classmethod
    def load(cls, path: str) -> Config:
        """
        Read a file with `lang` and a table `[gate]`, which has the settings of `GateSettings`.

        Raises `ConfigurationError` with the place of what is wrong in it.
        """
        table = _read(path)
        _known(table, ("lang", "gate"), path)
        lang = table.get("lang")
        if lang not in {None, "zh-CN", "en"}:
            message = f"{path}: lang is {quote(lang)}: zh-CN or en is expected"
            raise ConfigurationError(message)
        gate = _gate(table.get("gate", {}), path)
        policy = {"path": gate["policy"]} if "policy" in gate else {}
        cache = {"url": gate["cache"]} if "cache" in gate else {}
        defaults = {
            "check": gate,
            "policy": {"show": policy, "test": policy},
            "cache": {"stats": cache, "invalidate": cache},
        }
        return cls(defaults, None if lang is None else str(lang))


def _gate(gate: object, path: str) -> dict[str, object]:
    if not isinstance(gate, dict):
        message = f"{path}: gate is {quote(gate)}: a table is expected"
        raise ConfigurationError(message)
    _known(gate, tuple(_SETTINGS), f"{path}: gate")
    for name, value in gate.items():
        wanted = _SETTINGS[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            message = f"{path}: gate.{name} is {quote(value)}"
            raise ConfigurationError(message, hint="see docs/settings.md")
    return dict(gate)


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
