"""Servers that tests of the cache share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lookup.cache.servers import Valkey, started

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Valkey]:
    """One server for all tests that leave it as it is."""
    with started() as server:
        yield server


@pytest.fixture
def valkey(shared_valkey: Valkey) -> Iterator[Valkey]:
    """That server, empty."""
    shared_valkey.say("FLUSHALL")
    yield shared_valkey
    shared_valkey.say("FLUSHALL")
