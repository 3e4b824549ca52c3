"""
Ask a registry, through a cache.

    query → cache → registry (a flow of steps, performed by a driver) → client → observation

A registry promises, the client guarantees: an answer echoes its query, *no* comes only from a
registry that may say it, and everything else is `Unavailable` with a why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.lookup.cache import Cache
from icpgate.lookup.client import LookupClient
from icpgate.lookup.clocks import Clock, SystemClock
from icpgate.lookup.interface import Capabilities, Registry
from icpgate.lookup.limits import Limits
from icpgate.lookup.registry import registry_from_url
from icpgate.lookup.scope import Scope

if TYPE_CHECKING:
    from icpgate.lookup.asyncclient import AsyncLookupClient
    from icpgate.lookup.registries.combined import Combined
    from icpgate.lookup.registries.json_api import JsonApi
    from icpgate.lookup.registrysettings import RegistrySettings
    from icpgate.lookup.simple import SimpleRegistry
    from icpgate.lookup.transport import Transport

__all__ = [
    "AsyncLookupClient",
    "Cache",
    "Capabilities",
    "Clock",
    "Combined",
    "JsonApi",
    "Limits",
    "LookupClient",
    "Registry",
    "RegistrySettings",
    "Scope",
    "SimpleRegistry",
    "SystemClock",
    "Transport",
    "registry_from_url",
]

_HOME_OF: Final = {
    "AsyncLookupClient": "icpgate.lookup.asyncclient",
    "Combined": "icpgate.lookup.registries.combined",
    "JsonApi": "icpgate.lookup.registries.json_api",
    "RegistrySettings": "icpgate.lookup.registrysettings",
    "SimpleRegistry": "icpgate.lookup.simple",
    "Transport": "icpgate.lookup.transport",
}


def __getattr__(name: str) -> object:
    """Import what only some need when it is first used."""
    from importlib import import_module  # noqa: PLC0415 -- as said

    home = _HOME_OF.get(name)
    if home is None:
        message = f"module 'icpgate.lookup' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(home), name)
