"""A gate's settings as plain values, so that another process can make the same gate."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack, cast

from icpgate.errors import ConfigurationError, quote
from icpgate.gate import AsyncGate, Gate
from icpgate.lookup.cache import Cache
from icpgate.lookup.cache.opening import anchored_cache
from icpgate.lookup.limits import Limits
from icpgate.lookup.mapping.credentials import anchored, folder_of
from icpgate.lookup.registrysettings import RegistrySettings
from icpgate.options import deadline_of, flag, word
from icpgate.policy import Mode
from icpgate.rules import Action

if TYPE_CHECKING:
    from icpgate.lookup.registry import Registry
    from icpgate.options import AsyncGateOptions, CommonOptions, GateOptions

__all__ = ["GateSettings", "read_gate"]

MAX_BYTES: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """
    What a gate is made of, as plain values: frozen, picklable, readable from TOML.

    `gate()` and `async_gate()` make the same gate in another process. `registry` is a URL or
    `RegistrySettings`. `token_file` and `cache_secret_file` are paths of files with the registry's token and
    the cache's secret, so that no secret stands among the settings; `cache_entries` and `cache_bytes` bound
    the cache of the process.
    """

    action: Action
    registry: str | RegistrySettings
    policy: str | None = None
    mode: Mode | None = None
    deadline: float = 2.0
    cache: str | None = None
    cache_secret_file: str | None = None
    cache_entries: int | None = None
    cache_bytes: int | None = None
    limits: Limits | None = None
    token_file: str | None = None
    allow_simulated: bool = False

    @classmethod
    def load(cls, path: str | Path) -> GateSettings:
        """
        Read the `[gate]` table of a TOML file; relative paths in it are relative to its folder.

        Raises `ConfigurationError` with the file's path and the setting's name.
        """
        try:
            with Path(path).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
            if len(raw) > MAX_BYTES:
                message = f"{path} is larger than {MAX_BYTES:,} bytes"
                raise ConfigurationError(message, code="config.too_large")
            table = tomllib.loads(raw.decode("utf-8")).get("gate", {})
        except (OSError, ValueError, RecursionError) as error:
            message = f"{path}: {error}"
            raise ConfigurationError(message, code="config.syntax") from None
        try:
            return cls.read(table, folder=folder_of(path))
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}: {error.message}", hint=error.hint, code=error.code) from None

    @classmethod
    def read(cls, table: Mapping[str, object], *, folder: str = "") -> GateSettings:
        """Read settings from a mapping; relative paths in it are relative to `folder`. An unknown one is an error."""
        values = read_gate(table, folder=folder)
        for name in ("action", "registry"):
            if name not in values:
                message = f"gate.{name} is missing"
                raise ConfigurationError(message, hint="see docs/settings.md")
        return cls(**values)  # type: ignore[arg-type]  # each was read by its reader

    def gate(self) -> Gate:
        """The gate of these settings; it closes its cache with itself."""
        registry, cache = self._parts()
        return _OwningGate(self.action, registry, **self._options(cache))

    def async_gate(self) -> AsyncGate:
        """The asynchronous gate of these settings; it closes its cache with itself."""
        registry, cache = self._parts()
        return _OwningAsyncGate(self.action, registry, **self._options(cache))

    def _parts(self) -> tuple[Registry, Cache]:
        """The registry and its cache; a cache that cannot be had leaves no registry open."""
        secret = None if self.cache_secret_file is None else _secret(self.cache_secret_file, "secret")
        bounds = {"max_entries": self.cache_entries, "max_bytes": self.cache_bytes}
        stated = {name: bound for name, bound in bounds.items() if bound is not None}
        settings = RegistrySettings.of(self.registry)
        if self.token_file is not None:
            settings = settings.with_secret("token", _secret(self.token_file, "token"))
        return settings.registry(), Cache(level=self.cache, secret=secret, **stated)

    def _options(self, cache: Cache) -> CommonOptions:
        return {
            "policy": self.policy,
            "mode": self.mode,
            "cache": cache,
            "limits": self.limits,
            "deadline": self.deadline,
            "allow_simulated": self.allow_simulated,
        }


class _OwningGate(Gate):
    """A gate that nobody else has the cache of."""

    def __init__(self, action: Action, registry: Registry, **options: Unpack[GateOptions]) -> None:
        super().__init__(action, registry, **options)
        self._own = cast("Cache", options["cache"])  # `GateSettings` has made one

    def close(self) -> None:
        """See `Gate.close`."""
        super().close()
        self._own.close()


class _OwningAsyncGate(AsyncGate):
    """As `_OwningGate`, for event loops."""

    def __init__(self, action: Action, registry: Registry, **options: Unpack[AsyncGateOptions]) -> None:
        super().__init__(action, registry, **options)
        self._own = cast("Cache", options["cache"])  # as above

    async def close(self) -> None:
        """See `AsyncGate.close`."""
        await super().close()
        self._own.close()


def read_gate(table: object, *, folder: str = "") -> dict[str, object]:
    """
    The settings of a `[gate]` table that are there, by their names and of their types.

    Relative paths are relative to `folder`. Raises `ConfigurationError` that names the setting.
    """
    if not isinstance(table, Mapping):
        message = f"gate is {quote(table)}: a table is expected"
        raise ConfigurationError(message, hint="see docs/settings.md")
    values: dict[str, object] = {}
    for name, value in table.items():
        word(name, [field.name for field in fields(GateSettings)], "setting")
        try:
            values[name] = _READERS[name](value, folder)
        except ConfigurationError as error:
            joint = "" if error.message.startswith(f"{name} ") else f"{name}: "
            raise ConfigurationError(f"gate.{joint}{error.message}", hint=error.hint, code=error.code) from None
    return values


def _text(value: object, _folder: str, *, name: str, expected: str) -> str:
    if not isinstance(value, str) or not value:
        message = f"{name} is not {expected}"
        raise ConfigurationError(message)
    return value


def _path(value: object, folder: str, *, name: str) -> str:
    return anchored(_text(value, folder, name=name, expected="a path"), folder)


def _cache(value: object, folder: str) -> str:
    return anchored_cache(_text(value, folder, name="cache", expected="the URL of a second level"), folder)


def _bound(value: object, _folder: str, *, name: str) -> int:
    if type(value) is not int or value < 1:
        message = f"{name} is {quote(value)}: a number of at least 1 is expected"
        raise ConfigurationError(message)
    return value


def _limits(value: object, _folder: str) -> Limits:
    if isinstance(value, Limits):
        return value
    if not isinstance(value, Mapping):
        message = "limits is not a table"
        raise ConfigurationError(message)
    return Limits.read(cast("Mapping[str, object]", value))


def _registry(value: object, folder: str) -> str | RegistrySettings:
    if isinstance(value, RegistrySettings):
        return value
    settings = RegistrySettings.read(value, folder)
    return settings.url if isinstance(value, str) and settings.url is not None else settings


_READERS: Final[dict[str, Callable[[object, str], object]]] = {
    "action": lambda value, _: Action(word(value, [each.value for each in Action], "action")),
    "registry": _registry,
    "policy": partial(_path, name="policy"),
    "mode": lambda value, _: Mode(word(value, [each.value for each in Mode], "mode")),
    "deadline": lambda value, _: deadline_of(cast("float", value)),  # what is no number is refused there
    "cache": _cache,
    "cache_secret_file": partial(_path, name="cache_secret_file"),
    "cache_entries": partial(_bound, name="cache_entries"),
    "cache_bytes": partial(_bound, name="cache_bytes"),
    "limits": _limits,
    "token_file": partial(_path, name="token_file"),
    "allow_simulated": lambda value, _: flag(cast("bool", value), "allow_simulated"),  # as above
}


def _secret(path: str, what: str) -> str:
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        message = f"{path}: the {what} cannot be read: {type(error).__name__}"
        raise ConfigurationError(message, code="config.open") from None
    if not secret:
        message = f"{path}: there is no {what}"
        raise ConfigurationError(message)
    return secret
