"""The fixtures that users load, and the programs of the page about testing, each in a pytest of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"

CONFTEST = 'pytest_plugins = ["icpgate.testing.fixtures"]\n'
USED = """
from datetime import UTC, datetime

from icpgate.answer import ByNumber, Found
from icpgate.lookup import LookupClient
from icpgate.number import parse

NUMBER = "京ICP备2026999901号-1A"


def test_in_place(registry_simulator, fixed_clock):
    registry_simulator.put({"registration_number": NUMBER, "status": "registered"})
    assert abs((fixed_clock.now() - datetime.now(UTC)).total_seconds()) < 60
    with LookupClient(registry_simulator, clock=fixed_clock) as client:
        assert isinstance(client.look_up(ByNumber(parse(NUMBER))).answer, Found)


def test_over_http(registry_simulator, registry_server):
    registry_simulator.put({"registration_number": NUMBER, "status": "registered"})
    with LookupClient(registry_server.url) as client:
        assert isinstance(client.look_up(ByNumber(parse(NUMBER))).answer, Found)
    assert registry_server.requests == 1
"""


def ran(folder: Path, *programs: str) -> subprocess.CompletedProcess[str]:
    """Runs pytest on these programs, as a user who has nothing of ours but the package."""
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    for number, program in enumerate(programs):
        (folder / f"test_program{number}.py").write_text(program, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        str(folder),
    ]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=folder)


def test_the_fixtures(tmp_path: Path) -> None:
    """A simulator, its clock, and its server."""
    done = ran(tmp_path, USED)
    assert "2 passed" in done.stdout, done.stdout


def test_the_page(tmp_path: Path) -> None:
    """Its programs are tests that pass."""
    programs = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(programs) == 4
    done = ran(tmp_path, *programs)
    assert re.search(r"\d\d passed", done.stdout), done.stdout
    assert "failed" not in done.stdout
