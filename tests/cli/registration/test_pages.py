"""The commands of the pages are what a reader can type, and do what the pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.console import commands_of, perform

ROOT = Path(__file__).parent.parent.parent.parent
PAGES = ("docs/registration.md", "README.md", "README.zh-CN.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each as it is printed, one after another, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("ICPGATE_REGISTRY", "ICPGATE_ROLE", "ICPGATE_NAME", "ICPGATE_PERSONS_KEY_FILE", "ICPGATE_PROVINCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ICPGATE_LANG", "en")
    Path("examples").mkdir()
    form = "examples/registration-form.json"
    Path(form).write_bytes((ROOT / form).read_bytes())
    commands = commands_of(ROOT / page)
    assert len(commands) >= 5
    for command in commands:
        perform(command, monkeypatch)


def test_every_refusal_is_explained() -> None:
    """Each code with which the registration system refuses has its row."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/icpgate/registration").rglob("*.py"))
    given = set(re.findall(r'code(?:: \w+)? ?= ?"(registration\.\w+)"', source))
    page = (ROOT / "docs/registration.md").read_text(encoding="utf-8")
    assert given - set(re.findall(r"`(registration\.\w+)`", page)) == {"registration.refused"}
