"""The second level that a URL names."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError
from icpgate.lookup.cache import Cache
from icpgate.lookup.cache.opening import anchored_cache, file_of, open_level
from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.cache.sqlite import SqliteLevel

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "url", ["sqlite:cache.db", "sqlite:{}/cache.db", "sqlite://{}/cache.db", "sqlite:///{}/cache.db"]
)
def test_files(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a path from here, or by a whole one, which stays whole."""
    monkeypatch.chdir(tmp_path)
    level = open_level(url.format(tmp_path))
    assert isinstance(level, SqliteLevel)
    assert (tmp_path / "cache.db").exists()
    level.close()


@pytest.mark.parametrize("scheme", ["redis", "rediss", "valkey", "valkeys", "unix"])
def test_servers(scheme: str) -> None:
    """Nothing is connected yet."""
    level = open_level(f"{scheme}://localhost/" if scheme != "unix" else "unix:///run/valkey.sock")
    assert isinstance(level, RedisLevel)
    level.close()


NONE = {
    "": "named by a URL",
    "cache.db": "named by a URL",
    "C:\\cache.db": "'C' is not a kind of cache",
    "京:x": "named by a URL",
    "valky://secret@localhost": "did you mean valkey:",
    "sqllite:cache.db": "did you mean sqlite:",
    "memcached://secret@localhost": "sqlite:cache.db or redis://localhost:6379",
    "sqlite://host/cache.db": "is on this machine",
    "sqlite::memory:": "is a file",
    "sqlite:": "needs a path",
    "sqlite:///": "needs a path",
    "redis:localhost": "begins with one of",
}


@pytest.mark.parametrize("url", NONE)
def test_what_is_none(url: str) -> None:
    """The caller is told what was meant, without the credentials in it."""
    with pytest.raises(ConfigurationError) as caught:
        open_level(url)
    assert NONE[url] in str(caught.value)
    assert "secret" not in str(caught.value)


def test_where_a_file_is() -> None:
    """From here or from the root; from another folder, when it was written there."""
    urls = ("sqlite:a.db", "sqlite:/a.db", "sqlite:///a.db", "sqlite:////a.db")
    assert [file_of(url) for url in urls] == ["a.db", "/a.db", "/a.db", "/a.db"]
    assert [file_of(url) for url in ("redis://a", "sqlite://host/a.db", "sqlite:")] == [None, None, ""]
    assert anchored_cache("sqlite:a.db", "of") == "sqlite:of/a.db"
    for url in ("sqlite:/a.db", "redis://host", "sqlite::memory:", "sqlite:", "sqlite://host/a.db"):
        assert anchored_cache(url, "of") == url


def test_a_cache_opens_its_level(tmp_path: Path) -> None:
    """By its URL."""
    with Cache(level=f"sqlite:{tmp_path}/cache.db") as cache:
        assert cache.statistics.level == "sqlite:cache.db"


def test_nothing_is_loaded_that_is_not_used() -> None:
    """A level in a file loads neither redis-py nor asyncio; one for threads no asyncio of ours."""
    code = (
        "import sys\nfrom icpgate.lookup.cache.opening import open_level\n"
        "print('sqlite3' in sys.modules, 'redis' in sys.modules)\n"
        "import icpgate.lookup.cache.sqlite\nprint('redis' in sys.modules, 'asyncio' in sys.modules)\n"
        "import icpgate.lookup.cache.redis\nprint('redis' in sys.modules, 'asyncio' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split("\n")[1:3] == ["False False", "False False"]
