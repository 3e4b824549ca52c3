"""A gate's settings as plain values, so that another process can make the same gate."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from icpgate.errors import ConfigurationError
from icpgate.gate import AsyncGate, Gate
from icpgate.lookup.limits import Limits
from icpgate.lookup.registry import registry_from_url
from icpgate.options import deadline_of, word
from icpgate.policy import Mode
from icpgate.rules import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.lookup.registry import Registry
    from icpgate.options import CommonOptions

__all__ = ["GateSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """
    What a gate is made of, as plain values: frozen, picklable, readable from TOML.

    `gate()` and `async_gate()` make the same gate in another process. `token_file` is the path of a
    file with the registry's token, so that no secret stands among the settings.
    """

    action: Action
    registry: str
    policy: str | None = None
    mode: Mode | None = None
    deadline: float = 2.0
    cache: str | None = None
    limits: Limits | None = None
    token_file: str | None = None
    allow_simulated: bool = False

    @classmethod
    def load(cls, path: str | Path) -> GateSettings:
        """Read the `[gate]` table of a TOML file; raises `ConfigurationError`."""
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("gate", {})
        except (OSError, ValueError, RecursionError) as error:
            message = f"{path}: {error}"
            raise ConfigurationError(message, code="config.syntax") from None
        return cls.read(table)

    @classmethod
    def read(cls, table: Mapping[str, object]) -> GateSettings:
        """Read settings from a mapping; an unknown or missing one is an error."""
        known = [field.name for field in fields(cls)]
        for name in table:
            word(name, known, "setting")
        for name in ("action", "registry"):
            if not isinstance(table.get(name), str):
                message = f"the setting {name} is missing or not a text"
                raise ConfigurationError(message)
        simulated = table.get("allow_simulated", False)
        if not isinstance(simulated, bool):
            message = "the setting allow_simulated is neither true nor false"
            raise ConfigurationError(message)
        mode, limits = table.get("mode"), table.get("limits")
        if limits is not None and not isinstance(limits, (Limits, dict)):
            message = "the setting limits is not a table"
            raise ConfigurationError(message)
        return cls(
            action=Action(word(table["action"], [a.value for a in Action], "action")),
            registry=str(table["registry"]),
            policy=_text(table, "policy", "a path"),
            mode=None if mode is None else Mode(word(mode, [m.value for m in Mode], "mode")),
            deadline=deadline_of(table.get("deadline", 2.0)),  # type: ignore[arg-type]  # checked there
            cache=_text(table, "cache", "the URL of a second level"),
            limits=Limits.read(limits) if isinstance(limits, dict) else limits,
            token_file=_text(table, "token_file", "a path"),
            allow_simulated=simulated,
        )

    def gate(self) -> Gate:
        """The gate of these settings."""
        return Gate(self.action, self._registry(), **self._options())

    def async_gate(self) -> AsyncGate:
        """The asynchronous gate of these settings."""
        return AsyncGate(self.action, self._registry(), **self._options())

    def _registry(self) -> Registry:
        token = None if self.token_file is None else _token(self.token_file)
        return registry_from_url(self.registry, token=token)

    def _options(self) -> CommonOptions:
        return {
            "policy": self.policy,
            "mode": self.mode,
            "cache": self.cache,
            "limits": self.limits,
            "deadline": self.deadline,
            "allow_simulated": self.allow_simulated,
        }


def _text(table: Mapping[str, object], name: str, expected: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        message = f"the setting {name} is not {expected}"
        raise ConfigurationError(message)
    return value


def _token(path: str) -> str:
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        message = f"{path}: the token cannot be read: {type(error).__name__}"
        raise ConfigurationError(message, code="config.open") from None
    if not token:
        message = f"{path}: there is no token"
        raise ConfigurationError(message)
    return token
