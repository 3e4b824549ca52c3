"""
Fixtures of pytest for what is tested with icpgate.

    pytest_plugins = ["icpgate.testing.fixtures"]  # in the conftest.py at the root

Needs pytest; `registry_server` needs the extra `server`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from icpgate.testing.clock import FixedClock
from icpgate.testing.simulator import RegistrySimulator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.testing.serving import RegistryServer

__all__ = ["fixed_clock", "registry_server", "registry_simulator"]


@pytest.fixture
def fixed_clock() -> FixedClock:
    """
    A clock that stands at the second in which the test began, until it is moved.

    Not at a day of long ago: a server that answers in the test goes by the machine's own clock.
    """
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def registry_simulator() -> RegistrySimulator:
    """A registry without records, authoritative for everything, that a test fills and makes to fail."""
    return RegistrySimulator()


@pytest.fixture
def registry_server(registry_simulator: RegistrySimulator) -> Iterator[RegistryServer]:
    """That registry behind a real HTTP server on this machine; its `url` is a registry for gate and client."""
    from icpgate.testing.serving import RegistryServer  # noqa: PLC0415 -- the extra may be missing

    with RegistryServer(registry_simulator) as server:
        yield server
