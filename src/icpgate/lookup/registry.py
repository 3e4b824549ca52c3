"""The registry that a URL names. Each kind is imported when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, nearest, quote
from icpgate.lookup.interface import Capabilities, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Capabilities", "Registry", "registry_from_url"]


def registry_from_url(url: str, *, token: str | None = None, insecure_http: bool = False) -> Registry:
    """
    The registry that a URL names.

    `snapshot:PATH` is a registry file, `https://…` a registry that speaks icpgate's protocol, and
    `json_api:PATH` one that a mapping describes. `token` is sent to the second as a bearer; `insecure_http`
    lets it be asked in clear beyond this machine.

    Raises `ConfigurationError` for a scheme that is none, and what the registry raises about its
    own place, such as `RegistryFileError` for a damaged file.
    """
    scheme, colon, rest = url.partition(":")
    if not colon or not scheme.isascii():
        message = f"{quote(url)} is not the URL of a registry"
        raise _refused(message, f"did you mean snapshot:{url}?" if url and not colon else "")
    if scheme in _LATER:
        message = f"registries at {scheme}: URLs come with a later release"
        raise _refused(message, "import their records into a file, and use snapshot:PATH")
    if scheme in {"https", "http"}:
        return _protocol(url, token, insecure_http)
    make = _MAKERS.get(scheme)
    if make is None:
        suggestion = nearest(scheme, [*_MAKERS, "https", "http", *_LATER])
        message = f"{quote(scheme)} is not a kind of registry"
        raise _refused(message, f"did you mean {suggestion}:?" if suggestion else "")
    return make(rest)


def _refused(message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(message, hint=hint or "snapshot:registry.icpdb or https://…", code="config.registry")


def _snapshot(path: str) -> Registry:
    from icpgate.lookup.registries.snapshot import SnapshotRegistry  # noqa: PLC0415 -- only where one is used

    if not path:
        message = "snapshot: without the path of a file"
        raise _refused(message, "")
    return SnapshotRegistry(path)


def _json_api(path: str) -> Registry:
    from icpgate.lookup.registries.json_api import from_file  # noqa: PLC0415 -- as above

    if not path:
        message = "json_api: without the path of a mapping"
        raise _refused(message, "json_api:mapping.toml")
    return from_file(path)


def _protocol(url: str, token: str | None, insecure_http: bool) -> Registry:  # noqa: FBT001 -- by position within this module alone
    from icpgate.lookup.registries.json_api import from_url  # noqa: PLC0415 -- as above

    return from_url(url, secrets=None if token is None else {"token": token}, insecure_http=insecure_http)


_MAKERS: Final[dict[str, Callable[[str], Registry]]] = {"snapshot": _snapshot, "json_api": _json_api}
_LATER: Final = ("sqlite", "postgresql")
