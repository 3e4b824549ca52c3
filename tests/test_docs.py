"""The pages are complete, fresh, and true."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from icpgate.cli.root import COMMANDS
from icpgate.lives import Lives
from icpgate.lookup import Limits
from icpgate.options import AsyncGateOptions, GateOptions
from icpgate.rules.reasons import reason_texts
from icpgate.settings import GateSettings

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
READMES = ("README.md", "README.zh-CN.md")


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_generated_pages_are_fresh() -> None:
    """What follows from the code was generated from this code: `make docs`."""
    stale = [page.name for page, text in _generator().pages().items() if page.read_text(encoding="utf-8") != text]
    assert stale == []


def test_every_reason_code_has_its_heading() -> None:
    """And no heading is left of a code that does not exist."""
    assert re.findall(r"^## (\w+)$", _page("reasons.md"), re.MULTILINE) == list(reason_texts())


def test_every_command_has_its_heading() -> None:
    """The page of commands lists each."""
    headings = re.findall(r"^## icpgate (\w+)$", _page("commands.md"), re.MULTILINE)
    assert headings == list(COMMANDS)


def test_every_setting_has_its_row() -> None:
    """Each option of a gate and each field of its settings stands in the table."""
    documented = set(re.findall(r"^\| `(\w+)` \|", _page("settings.md"), re.MULTILINE))
    options = {"action", "registry", *GateOptions.__annotations__, *AsyncGateOptions.__annotations__}
    limits = {field.name for field in fields(Limits)}
    assert {field.name for field in fields(GateSettings)} | options | limits <= documented


def test_every_life_has_its_row() -> None:
    """Each name of a policy's `[cache]` stands in the page of the cache."""
    documented = set(re.findall(r"^\| `(\w+)` \|", _page("cache.md"), re.MULTILINE))
    assert {field.name for field in fields(Lives)} <= documented


def test_every_environment_variable_has_its_row() -> None:
    """Each `ICPGATE_…` that the source reads stands in the table."""
    read = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"ICPGATE_[A-Z_]+", path.read_text(encoding="utf-8"))
    }
    assert read == set(re.findall(r"^\| `(ICPGATE_\w+)`", _page("settings.md"), re.MULTILINE))


def test_every_detail_of_a_number_has_its_row() -> None:
    """Each `number.…` code that the reader can give is explained."""
    source = "".join(
        p.read_text(encoding="utf-8")
        for p in (ROOT / "src/icpgate/number").rglob("*.*")
        if p.suffix in {".py", ".toml"}
    )
    given = set(re.findall(r'"(number\.[a-z_]+)"', source))
    assert given == set(re.findall(r"`(number\.[a-z_]+)`", _page("number.md")))


@pytest.mark.parametrize("page", [*READMES, *sorted(str(p.relative_to(ROOT)) for p in DOCS.rglob("*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of a page is a file or folder of the repository."""
    path = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("readme", READMES)
def test_each_user_s_first_lines_are_ten_at_most(readme: str) -> None:
    """Three users, each with a program that fits on a card."""
    programs = re.findall(r"```python\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)
    assert len(programs) == 3
    assert all(len([line for line in program.splitlines() if line.strip()]) <= 10 for program in programs)


@pytest.mark.parametrize("heading", ["A registry", "A rule"])
def test_extending_takes_forty_lines_at_most(heading: str) -> None:
    """A registry and a rule of one's own are short."""
    section = _page("extending.md").split(f"## {heading}\n")[1].split("\n## ")[0]
    [program] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(program.splitlines()) <= 40


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("store_fastapi", ["'listed'", "'refused'", "registration_number", "'hits': 51"]),
        ("store_django", ["'listed'", "'refused'", "registration_number", "50 of 50 listed"]),
        (
            "isp_worker",
            ["A1: connect", "A2: refuse: domain_not_covered", "A3: return to", "A4: ask again", "left today: 4999"],
        ),
    ],
)
def test_the_examples_over_http_run(program: str, words: list[str]) -> None:
    """Each with a registry server of its own on this machine, and nothing left open."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"examples.{program}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert ran.stderr == ""
    assert ran.returncode == 0
    assert [word for word in words if word not in ran.stdout] == []


@pytest.mark.parametrize(
    ("program", "code", "words"),
    [
        ("store_backend.py", 0, ["listed", "operator_mismatch", "registration_number"]),
        (
            "access_provider.py",
            0,
            ["order 0: connect", "order 1: refuse: domain_not_covered", "order 2: return to sender"],
        ),
        ("device_maker.py", 1, ["ALLOW (exempted)", "registration_cancelled"]),
    ],
)
def test_the_examples_run(program: str, code: int, words: list[str]) -> None:
    """Each program does what its text says, on any day."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / program)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={"PYTHONIOENCODING": "utf-8"},
    )
    assert ran.stderr == ""
    assert ran.returncode == code
    assert [word for word in words if word not in ran.stdout] == []
