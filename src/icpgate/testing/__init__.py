"""
What users of icpgate test with.

A clock that stands still, a registry that is changed and made to fail, and contracts that a registry or
a second level of one's own is held to. `icpgate.testing.serving` serves registries over HTTP,
`icpgate.testing.fixtures` has the fixtures of pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.testing.clock import FixedClock
from icpgate.testing.simulator import RegistrySimulator, Wrong

if TYPE_CHECKING:
    from icpgate.testing.contracts import CacheLevelContract, RegistryContract

__all__ = ["CacheLevelContract", "FixedClock", "RegistryContract", "RegistrySimulator", "Wrong"]

_OF_CONTRACTS: Final = frozenset({"CacheLevelContract", "RegistryContract"})


def __getattr__(name: str) -> object:
    """Import the contracts when they are first used: they need an event loop's library."""
    if name not in _OF_CONTRACTS:
        message = f"module 'icpgate.testing' has no attribute {name!r}"
        raise AttributeError(message)
    from icpgate.testing import contracts  # noqa: PLC0415 -- as said

    return getattr(contracts, name)
