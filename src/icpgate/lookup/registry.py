"""The registry that a URL names. Each kind is imported when one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, nearest, quote
from icpgate.lookup.interface import Capabilities, Registry

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Capabilities", "Registry", "registry_from_url"]


def registry_from_url(url: str) -> Registry:
    """
    The registry that a URL names, such as `snapshot:registry.icpdb`.

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
    make = _MAKERS.get(scheme)
    if make is None:
        suggestion = nearest(scheme, [*_MAKERS, *_LATER])
        message = f"{quote(scheme)} is not a kind of registry"
        raise _refused(message, f"did you mean {suggestion}:?" if suggestion else "")
    return make(rest)


def _refused(message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(message, hint=hint or "snapshot:registry.icpdb", code="config.registry")


def _snapshot(path: str) -> Registry:
    from icpgate.lookup.registries.snapshot import SnapshotRegistry  # noqa: PLC0415 -- only where one is used

    if not path:
        message = "snapshot: without the path of a file"
        raise _refused(message, "")
    return SnapshotRegistry(path)


_MAKERS: Final[dict[str, Callable[[str], Registry]]] = {"snapshot": _snapshot}
_LATER: Final = ("sqlite", "postgresql", "https", "http")
