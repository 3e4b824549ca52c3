"""What the tests of the exchange share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from icpgate.lookup.wire import asyncpool, blockingpool
from tests.lookup.wire.certificates import Authority
from tests.lookup.wire.server import unlistened

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _used_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is spared: what these tests are about is what happens on one that is used again."""
    for pool in (asyncpool, blockingpool):
        monkeypatch.setattr(pool, "SPARE", 0)


@pytest.fixture
def refusing() -> Iterator[int]:
    """A port at which nobody listens."""
    sock, port = unlistened()
    yield port
    sock.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of the tests."""
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def trusting(authority: Authority) -> ssl.SSLContext:
    """A client's context that trusts them."""
    return authority.trusting()


@pytest.fixture(scope="session")
def serving(authority: Authority) -> ssl.SSLContext:
    """The context of a server that is who it should be."""
    return authority.serving()
