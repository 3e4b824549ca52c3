"""Every second level keeps the contract of levels: the file, the server, and the server through an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.testing.contracts import CacheLevelContract

if TYPE_CHECKING:
    from pathlib import Path

    from icpgate.lookup.cache.level import Level
    from tests.lookup.cache.servers import Valkey

PATIENT = 5.0
"""Seconds. What a level means is asked here, not how fast it is on a busy machine."""


class TestFile(CacheLevelContract):
    """SQLite."""

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.path = tmp_path / "cache.db"
        self.nowhere = (str(tmp_path),)

    def level(self) -> Level:
        """See `LevelHooks.level`."""
        return SqliteLevel(self.path, timeout=PATIENT)

    def url(self) -> str:
        """See `LevelHooks.url`."""
        return f"sqlite:{self.path}"

    def test_it_needs_a_thread_of_its_own(self) -> None:
        """It has nothing for an event loop."""
        with self._one() as level:
            assert cast("Level", level).for_loop() is None
            assert cast("Level", level).name == "sqlite:cache.db"


class TestServer(CacheLevelContract):
    """Valkey."""

    @pytest.fixture(autouse=True)
    def _place(self, valkey: Valkey) -> None:
        self.server = valkey

    def level(self) -> Level:
        """See `LevelHooks.level`."""
        return RedisLevel(self.server.url, timeout=PATIENT)

    def url(self) -> str:
        """See `LevelHooks.url`."""
        return self.server.url

    def test_its_name(self) -> None:
        """Where it is."""
        level = self.level()
        assert level.name.startswith(f"redis:127.0.0.1:{self.server.port}")
        level.close()


class TestServerOnALoop(TestServer):
    """The same as an event loop uses it."""

    on_loop = True
