"""A gate's settings as plain values, so that another process can make the same gate."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from icpgate.errors import ConfigurationError
from icpgate.gate import Gate
from icpgate.options import deadline_of, word
from icpgate.policy import Mode
from icpgate.rules import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["GateSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """
    What a gate is made of, as plain values: frozen, picklable, readable from TOML.

    `gate()` makes the same gate in another process.
    """

    action: Action
    registry: str
    policy: str | None = None
    mode: Mode | None = None
    deadline: float = 2.0
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
        policy = table.get("policy")
        if policy is not None and not isinstance(policy, str):
            message = "the setting policy is not a path"
            raise ConfigurationError(message)
        simulated = table.get("allow_simulated", False)
        if not isinstance(simulated, bool):
            message = "the setting allow_simulated is neither true nor false"
            raise ConfigurationError(message)
        mode = table.get("mode")
        return cls(
            action=Action(word(table["action"], [a.value for a in Action], "action")),
            registry=str(table["registry"]),
            policy=policy,
            mode=None if mode is None else Mode(word(mode, [m.value for m in Mode], "mode")),
            deadline=deadline_of(table.get("deadline", 2.0)),  # type: ignore[arg-type]  # checked there
            allow_simulated=simulated,
        )

    def gate(self) -> Gate:
        """The gate of these settings."""
        return Gate(
            self.action,
            self.registry,
            policy=self.policy,
            mode=self.mode,
            deadline=self.deadline,
            allow_simulated=self.allow_simulated,
        )
