"""The code of README and docs/ runs as a user would run it: in a folder with a registry and a policy."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from icpgate.lookup.snapshotfile import import_records

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from tests.servers import Postgresql

ROOT = Path(__file__).parent
EXAMPLES = ROOT / "examples"

settings.register_profile("default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("all", parent=settings.get_profile("default"), max_examples=2_000)
settings.register_profile(
    "soak",
    parent=settings.get_profile("default"),
    derandomize=False,
    max_examples=int(os.environ.get("SOAK_EXAMPLES", "10000")),
)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    """
    `--no-skips`: what could not be run counts as failed; for `make test-all`.

    `--http-library=httpx2`: the suite runs with httpx2 where icpgate imports httpx.
    """
    parser.addoption("--no-skips", action="store_true", help="a skipped test is a failure")
    parser.addoption("--http-library", choices=["httpx", "httpx2"], default="httpx", help="what stands for httpx")


def pytest_configure(config: pytest.Config) -> None:
    """See `pytest_addoption`; programs that tests start inherit the path."""
    if config.getoption("--http-library") == "httpx2":
        stand_in = str(ROOT / "tests" / "stand_in")
        sys.path.insert(0, stand_in)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [stand_in, os.environ.get("PYTHONPATH", "")]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """See `pytest_addoption`."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL server of this worker's own."""
    from tests.servers import NoPostgresql, postgresql_server  # noqa: PLC0415 -- only tests of live registries need it

    try:
        with postgresql_server() as server:
            yield server
    except NoPostgresql as error:
        pytest.skip(f"no PostgreSQL: {error}")


@pytest.fixture(params=["sqlite", "postgresql"])
def live_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a live registry can be made, once in each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'live.db'}"
    server: Postgresql = request.getfixturevalue("postgresql")
    return server.url()


def _registry(folder: Path) -> None:
    """The invented registrations of the examples, observed yesterday, whatever day it is."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    rows = [json.loads(line) for line in (EXAMPLES / "registry-invented.jsonl").read_text("utf-8").splitlines()]
    fresh = [row | {"observed_at": yesterday.isoformat()} for row in rows]
    source = folder / "rows.jsonl"
    source.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in fresh), encoding="utf-8")
    import_records(
        folder / "registry.icpdb",
        source,
        observed_at=yesterday,
        source="docs",
        authoritative=True,
        scope="provinces:京",
    )


def _enter(namespace: MutableMapping[str, object]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="icpgate-docs-"))
    _registry(folder)
    shutil.copy(EXAMPLES / "policy.toml", folder / "policy.toml")
    namespace["_came_from"] = os.getcwd()  # noqa: PTH109 -- given back to chdir
    os.chdir(folder)


def _leave(namespace: MutableMapping[str, object]) -> None:
    folder = Path.cwd()
    os.chdir(str(namespace["_came_from"]))
    shutil.rmtree(folder)


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README*.md", "docs/*.md"],
    setup=_enter,
    teardown=_leave,
).pytest()
