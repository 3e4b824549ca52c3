"""
Ask a registry, through a cache.

    query → registry (a flow of steps, performed by a driver) → client → observation

A registry promises, the client guarantees: an answer echoes its query, *no* comes only from a
registry that may say it, and everything else is `Unavailable` with a why.
"""

from __future__ import annotations

from icpgate.lookup.client import LookupClient
from icpgate.lookup.drivers import Clock, SystemClock
from icpgate.lookup.interface import Capabilities, Registry
from icpgate.lookup.registry import registry_from_url
from icpgate.lookup.scope import Scope

__all__ = ["Capabilities", "Clock", "LookupClient", "Registry", "Scope", "SystemClock", "registry_from_url"]
