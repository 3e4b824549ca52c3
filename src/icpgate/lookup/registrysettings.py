"""
A registry as plain values: by its URL alone, mapped by configuration, or several as one.

    [gate.registry]
    url = "https://api.example.cn"      or  combined = "quorum"
    mapping = "uapis"                       members = ["snapshot:a.icpdb", { url = … }]

The one form for `GateSettings`, for `icpgate.toml` and for the members of several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

from icpgate.errors import ConfigurationError, nearest, quote
from icpgate.lookup.limits import Limits
from icpgate.lookup.mapping.credentials import anchored, anchored_secret
from icpgate.lookup.registry import WITH_PATH, registry_from_url, takes_token
from icpgate.lookup.transport import Transport

if TYPE_CHECKING:
    from icpgate.lookup.interface import Registry

__all__ = ["RegistrySettings"]

_USUAL: Final = Transport()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings:
    """
    What a registry is made of, as plain values: frozen, picklable; `repr` shows no secret.

    `url` is one of `registry_from_url`. With `mapping`, the name of one that ships or the path of one of yours, it
    is the address that the mapping is for. `secrets` are pairs of a name and a text, `env:NAME` or `file:PATH`.
    `combined` is a strategy over `members`, of which `quorum` must agree; `limits` count for a member only.
    """

    url: str | None = field(default=None, repr=False)
    mapping: str | None = None
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    id: str | None = None
    authoritative: bool | None = None
    scope: str | None = None
    transport: Transport = _USUAL
    combined: str | None = None
    quorum: int | None = None
    members: tuple[RegistrySettings, ...] = ()
    limits: Limits | None = None

    def __post_init__(self) -> None:
        """Raises `ConfigurationError` for what does not belong together."""
        if self.combined is None:
            if not self.url and self.mapping is None:
                raise _refused("url is missing")
            if self.members or self.quorum is not None:
                raise _refused("members and quorum without combined", 'combined = "in_turn", "confirm" or "quorum"')
        elif self.url is not None or self.mapping is not None or self.secrets or self.transport != _USUAL:
            raise _refused("combined beside what one registry has", "state it in the member that it is for")
        elif self.quorum is not None and self.combined != "quorum":
            raise _refused('quorum without combined = "quorum"', "leave it out")

    @classmethod
    def of(cls, given: str | RegistrySettings) -> RegistrySettings:
        """Settings, or those of a URL."""
        return given if isinstance(given, RegistrySettings) else cls(url=given)

    @classmethod
    def read(cls, given: object, folder: str = "") -> RegistrySettings:
        """
        Read a URL or a table; relative paths in it are relative to `folder`.

        Raises `ConfigurationError` for an unknown key and for a value that is none.
        """
        if isinstance(given, str):
            return cls(url=_anchored_url(given, folder))
        if not isinstance(given, Mapping):
            raise _refused(f"{type(given).__name__} given", "a URL or a table is expected")
        table = dict(given)
        for name in table:
            if name not in _KNOWN:
                suggestion = nearest(str(name), _KNOWN)
                hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(_KNOWN)}"
                raise ConfigurationError(f"unknown setting {quote(name)}", hint=hint, code="config.unknown")
        values: dict[str, object] = {name: _text(table, name) for name in ("id", "scope", "combined") if name in table}
        values |= {name: table[name] for name in ("authoritative", "quorum") if name in table}
        if "url" in table:
            values["url"] = _anchored_url(_text(table, "url"), folder)
        if "mapping" in table:
            mapping = _text(table, "mapping")
            values["mapping"] = anchored(mapping, folder) if _is_file(mapping) else mapping
        values["secrets"] = _secrets(table.get("secrets", {}), folder)
        values["transport"] = Transport.read(_anchored_transport(table, folder))
        values["members"] = tuple(cls.read(member, folder) for member in _members(table))
        if "limits" in table:
            values["limits"] = _limits(table["limits"])
        return cls(**values)  # type: ignore[arg-type]  # each was read above, or is checked where it is used

    def with_secret(self, name: str, value: str) -> RegistrySettings:
        """The same registry with one secret more, which goes before its own."""
        return replace(self, secrets=(*(pair for pair in self.secrets if pair[0] != name), (name, value)))

    @property
    def takes_token(self) -> bool:
        """Whether a token is sent to it as its bearer."""
        return self.combined is None and self.mapping in {None, "icpgate"} and takes_token(self.url or "")

    def registry(self) -> Registry:
        """The registry; raises `ConfigurationError`, and what the registry raises about its own place."""
        if self.combined is not None:
            return self._combined()
        if self.mapping is not None or (self.url or "").startswith(("https:", "http:")):
            return self._mapped()
        for name in ("id", "authoritative", "scope"):
            if getattr(self, name) is not None:
                raise _refused(f"{name} beside a registry that states its own", "leave it out")
        return registry_from_url(str(self.url), secrets=dict(self.secrets), transport=self.transport)

    def _mapped(self) -> Registry:
        from icpgate.lookup.mapping import load_file, load_ready  # noqa: PLC0415 -- only where one is used
        from icpgate.lookup.registries.json_api import JsonApi  # noqa: PLC0415 -- as above

        mapping = self.mapping or "icpgate"
        return JsonApi(
            load_file(mapping) if _is_file(mapping) else load_ready(mapping),
            url=self.url,
            secrets=dict(self.secrets),
            id=self.id,
            authoritative=self.authoritative,
            scope=self.scope,
            transport=self.transport,
        )

    def _combined(self) -> Registry:
        from icpgate.lookup.registries.combined import Combined  # noqa: PLC0415 -- as above

        quorum = {} if self.quorum is None else {"quorum": self.quorum}
        return Combined(
            [member.registry() for member in self.members],
            strategy=str(self.combined),
            limits=[member.limits for member in self.members],
            id=self.id,
            **quorum,
        )


_OWN: Final = (
    "url", "mapping", "secrets", "id", "authoritative", "scope", "combined", "quorum", "members", "limits",
)  # fmt: skip
_KNOWN: Final = (*_OWN, *Transport.names())


def _refused(message: str, hint: str = "see docs/settings.md") -> ConfigurationError:
    return ConfigurationError(message, hint=hint, code="config.registry")


def _text(table: Mapping[str, object], name: str) -> str:
    value = table[name]
    if not isinstance(value, str) or not value:
        raise _refused(f"{name} is {'nothing' if value == '' else type(value).__name__}: a text is expected")
    return value


def _is_file(mapping: str) -> bool:
    return mapping.endswith(".toml")


def _members(table: Mapping[str, object]) -> list[object]:
    members = table.get("members", [])
    if not isinstance(members, (list, tuple)):
        raise _refused("members is no list", 'members = ["snapshot:a.icpdb", { url = "https://…" }]')
    return list(members)


def _limits(given: object) -> Limits:
    if not isinstance(given, Mapping):
        raise _refused("limits is not a table")
    return Limits.read(cast("Mapping[str, object]", given))


def _secrets(given: object, folder: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, Mapping) or not all(isinstance(value, str) for value in given.values()):
        raise _refused("secrets is not a table of texts", 'secrets = { key = "env:NAME" }')
    return tuple((str(name), anchored_secret(value, folder)) for name, value in given.items())


def _anchored_transport(table: Mapping[str, object], folder: str) -> dict[str, object]:
    options = {name: table[name] for name in Transport.names() if name in table}
    for name, value in options.items():
        if isinstance(value, str) and value:
            is_path = name in {"ca_file", "client_certificate", "client_key"}
            options[name] = anchored(value, folder) if is_path else anchored_secret(value, folder)
    return options


def _anchored_url(url: str, folder: str) -> str:
    scheme, _, rest = url.partition(":")
    if scheme == "sqlite" and rest.startswith("///"):
        return f"sqlite:///{anchored(rest[3:], folder)}"
    if scheme not in WITH_PATH or not rest or (scheme == "gateway" and rest.startswith(("http://", "https://"))):
        return url
    return f"{scheme}:{anchored(rest, folder)}"
