"""httpx or what stands in its place: the option of the suite, and who may know of it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def test_the_library_of_the_option_is_the_one_in_use(pytestconfig: pytest.Config) -> None:
    """With `--http-library=httpx2` no part of httpx itself is loaded."""
    chosen = pytestconfig.getoption("--http-library")
    http = import_module("icpgate.lookup.http")
    assert http.httpx.__name__ == chosen
    assert sys.modules["httpx"].__name__ == chosen
    assert "httpcore" not in sys.modules or chosen == "httpx"
