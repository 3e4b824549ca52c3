"""The registry that a URL names. Each kind is imported when one is made."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from icpgate.errors import ConfigurationError, nearest, quote
from icpgate.lookup.interface import Capabilities, Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from icpgate.lookup.transport import Transport

__all__ = ["WITH_PATH", "Capabilities", "Registry", "registry_from_url", "schemes", "takes_token"]


class _Stated(NamedTuple):
    """What goes with a URL."""

    secrets: Mapping[str, str]
    insecure_http: bool
    transport: Transport | None

    @property
    def in_clear(self) -> Transport | None:
        """The transport, which says too whether http:// may leave this machine."""
        if not self.insecure_http or (self.transport is not None and self.transport.insecure_http):
            return self.transport
        from icpgate.lookup.transport import Transport  # noqa: PLC0415 -- only for a few

        return replace(self.transport or Transport(), insecure_http=True)


def registry_from_url(
    url: str,
    *,
    token: str | None = None,
    insecure_http: bool = False,
    transport: Transport | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Registry:
    """
    The registry that a URL names.

    `snapshot:PATH` is a registry file, `https://…` a registry that speaks icpgate's protocol, `json_api:PATH`
    one that a mapping describes, `gateway:PATH` or `gateway:https://…` a self-hosted gateway, `enterprise:PATH`
    the enterprise interface of bureaus, `platform:PATH` the platforms of mini programs, `sqlite:///PATH` and
    `postgresql://…` a live registry. `token` is sent to the address of the second, and of a gateway, as a
    bearer; `secrets` are texts, `env:NAME` or `file:PATH`.
    `insecure_http` lets a registry be asked in clear beyond this machine; `transport` is how it is reached.

    Raises `ConfigurationError` for a scheme that is none, and what the registry raises about its
    own place, such as `RegistryFileError` for a damaged file and `RegistryStoreError` for a database.
    """
    scheme, colon, rest = url.partition(":")
    if not colon or not scheme.isascii():
        message = f"{quote(url)} is not the URL of a registry"
        raise _refused(message, f"did you mean snapshot:{url}?" if url and not colon else "")
    in_clear = insecure_http or (transport is not None and transport.insecure_http)
    given = {"token": token} if token is not None and takes_token(url) else {}
    stated = _Stated({**given, **(secrets or {})}, in_clear, transport)
    if scheme in {"https", "http"}:
        return _protocol(url, stated)
    make = _MAKERS.get(scheme) or _LIVE.get(scheme)
    if make is None:
        suggestion = nearest(scheme, schemes())
        raise _refused(
            f"{quote(scheme)} is not a kind of registry", f"did you mean {suggestion}:?" if suggestion else ""
        )
    if not rest:
        raise _refused(f"{scheme}: without {_LACKING.get(scheme, 'the path of its settings')}", _example(scheme))
    return make(rest, stated)


def takes_token(url: str) -> bool:
    """Whether a token is sent to the registry of a URL, as its bearer."""
    return url.removeprefix("gateway:").startswith(("https:", "http:"))


def schemes() -> tuple[str, ...]:
    """The beginnings of registries' URLs."""
    return (*_MAKERS, *_LIVE, "https", "http")


def _refused(message: str, hint: str = "") -> ConfigurationError:
    known = ", ".join(map(_example, _EXAMPLES))
    return ConfigurationError(message, hint=hint or f"{known} or https://…", code="config.registry")


def _example(scheme: str) -> str:
    return f"{scheme}:{_EXAMPLES[scheme]}"


def _snapshot(path: str, stated: _Stated) -> Registry:
    from icpgate.lookup.registries.snapshot import SnapshotRegistry  # noqa: PLC0415 -- only where one is used

    _no_secrets("snapshot", stated)
    if stated.transport is not None and not stated.transport.is_usual:
        message = "snapshot: with the options of a connection: a file is not reached over one"
        raise ConfigurationError(message, hint="leave them out", code="config.registry")
    return SnapshotRegistry(path)


def _json_api(path: str, stated: _Stated) -> Registry:
    from icpgate.lookup.registries.json_api import JsonApi  # noqa: PLC0415 -- as above

    return JsonApi.load(path, secrets=stated.secrets, insecure_http=stated.insecure_http, transport=stated.transport)


def _protocol(url: str, stated: _Stated) -> Registry:
    from icpgate.lookup.registries.json_api import from_url  # noqa: PLC0415 -- as above

    return from_url(url, secrets=stated.secrets, insecure_http=stated.insecure_http, transport=stated.transport)


def _gateway(rest: str, stated: _Stated) -> Registry:
    from icpgate.lookup.registries import gateway  # noqa: PLC0415 -- as above

    if rest.startswith(("http://", "https://")):
        return gateway.from_url(
            rest, secrets=stated.secrets, insecure_http=stated.insecure_http, transport=stated.transport
        )
    _no_secrets("gateway", stated)
    return gateway.from_file(rest, transport=stated.in_clear)


def _enterprise(path: str, stated: _Stated) -> Registry:
    from icpgate.lookup.channel import open_channel  # noqa: PLC0415 -- as above
    from icpgate.lookup.registries import enterprise  # noqa: PLC0415 -- as above

    _no_secrets("enterprise", stated)
    registry = enterprise.from_file(path)
    registry.channel = open_channel(stated.transport, registry.id)
    return registry


def _platform(path: str, stated: _Stated) -> Registry:
    from icpgate.lookup.registries import platform  # noqa: PLC0415 -- as above

    _no_secrets("platform", stated)
    return platform.from_file(path, transport=stated.in_clear)


def _live(scheme: str, rest: str, stated: _Stated) -> Registry:
    from icpgate.lookup.registries.live import LiveRegistry  # noqa: PLC0415 -- as above

    _no_secrets(scheme, stated)
    if stated.transport is not None and not stated.transport.is_usual:
        message = f"{scheme}: with the options of a connection: its URL says how it is reached"
        raise ConfigurationError(message, hint="leave them out", code="config.registry")
    return LiveRegistry.open(f"{scheme}:{rest}")


def _no_secrets(scheme: str, stated: _Stated) -> None:
    if stated.secrets:
        message = f"{scheme}: with secrets beside its file: nothing has a place for them"
        raise ConfigurationError(message, hint="state them in the file that the URL names", code="config.secret")


_MAKERS: Final[dict[str, Callable[[str, _Stated], Registry]]] = {
    "snapshot": _snapshot,
    "json_api": _json_api,
    "gateway": _gateway,
    "enterprise": _enterprise,
    "platform": _platform,
}
_LIVE: Final[dict[str, Callable[[str, _Stated], Registry]]] = {
    "sqlite": partial(_live, "sqlite"),
    "postgresql": partial(_live, "postgresql"),
}
_EXAMPLES: Final = {
    "snapshot": "registry.icpdb",
    "json_api": "mapping.toml",
    "gateway": "http://127.0.0.1:16181",
    "enterprise": "enterprise.toml",
    "platform": "platform.toml",
    "sqlite": "///registry.db",
    "postgresql": "//user@host/name",
}
_LACKING: Final = {
    "snapshot": "the path of a file",
    "json_api": "the path of a mapping",
    "gateway": "an address",
    "sqlite": "the path of a file",
    "postgresql": "the name of a database",
}
WITH_PATH: Final = frozenset(_MAKERS)
"""The schemes whose rest is a path, or, of a gateway, may be one."""
