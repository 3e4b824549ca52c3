"""What the tests of the exchange share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lookup.wire.certificates import Authority
from tests.lookup.wire.server import unlistened

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


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
