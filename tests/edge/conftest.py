"""The broken upstream, once for all tests of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from icpgate.lookup.wire import asyncpool, blockingpool
from tests.edge.asking import WAYS, Way
from tests.edge.catalogue import EVERYTHING
from tests.edge.server import EdgeServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def edge() -> Iterator[EdgeServer]:
    """It serves every behaviour, and is never asked for anything elsewhere."""
    with EdgeServer(EVERYTHING) as server:
        yield server
        assert server.sink == []


@pytest.fixture
def used_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under load, when no connection can be left to rest."""
    for pool in (asyncpool, blockingpool):
        monkeypatch.setattr(pool, "SPARE", 0)


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Way:
    """Blocking and asynchronous, one after the other."""
    chosen: Way = request.param
    return chosen
