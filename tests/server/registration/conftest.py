"""What the tests of the registration system over HTTP share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def only_in_test_all(request: pytest.FixtureRequest) -> None:
    """Skip where a skip is no failure: `make test` has no browser and no fuzzer, `make test-all` has both."""
    if not request.config.getoption("--no-skips"):
        pytest.skip("runs in make test-all, or with --no-skips")
