"""`icpgate registry` with the URL of a live registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cases import NUMBER, registered
from tests.commandline import run
from tests.lookup.files import MISSING
from tests.lookup.live.made import RECORD, made

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def rows(tmp_path: Path) -> str:
    """A file with the usual row."""
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(registered(), ensure_ascii=False) + "\n", encoding="utf-8")
    return str(path)


def test_a_simulated_one_says_so_at_every_turn(live_url: str, rows: str) -> None:
    """Made, filled, looked into, written out."""
    assert "(SIMULATED)" in run("registry", "init", live_url, "--simulate").err
    assert "1 rows read: 1 added" in run("registry", "import", live_url, rows).err
    shown = run("registry", "show", live_url, NUMBER)
    assert shown.json["origin"] == "simulated"
    stats = run("registry", "stats", live_url, "--format", "json")
    assert (stats.json["records"], stats.json["simulated"]) == (1, True)
    exported = run("registry", "export", live_url)
    assert [(line["registration_number"], line["origin"]) for line in exported.jsonl] == [(NUMBER, "simulated")]
    assert all("SIMULATED" in ran.err for ran in (shown, stats, exported))


def test_an_ordinary_one_is_what_it_is_made_to_be(live_url: str) -> None:
    """The source of a province's numbers, or of none."""
    made_ = run("registry", "init", live_url, "--authoritative", "--scope", "provinces:川", "--source", "bureau")
    assert (made_.code, "SIMULATED" in made_.err) == (0, False)
    stats = run("registry", "stats", live_url, "--format", "json").json
    assert (stats["authoritative"], stats["scope"], stats["source"]) == (True, "provinces:蜀", "bureau")
    again = run("registry", "init", live_url)
    assert (again.code, "there already" in again.err) == (2, True)


def test_what_it_does_not_have(live_url: str) -> None:
    """Alone does not mean that it is not registered; no message repeats a URL."""
    made(live_url, RECORD)
    ran = run("registry", "show", live_url, MISSING)
    assert (ran.code, "does not mean that it is not registered" in ran.err) == (3, True)
    assert "///" not in ran.err
    assert "@" not in ran.err


def test_a_refused_import_changes_nothing(live_url: str, tmp_path: Path) -> None:
    """Each bad row has its place."""
    made(live_url)
    bad = tmp_path / "bad.jsonl"
    bad.write_text(json.dumps(registered()) + "\n{}\n", encoding="utf-8")
    ran = run("registry", "import", live_url, str(bad))
    assert (ran.code, "bad.jsonl:2" in ran.err) == (2, True)
    assert run("registry", "stats", live_url, "--format", "json").json["records"] == 0


@pytest.mark.parametrize("option", [["--replace"], ["--authoritative"], ["--scope", "all"]])
def test_what_only_a_file_is_told(live_url: str, rows: str, option: list[str]) -> None:
    """A live registry is made with it."""
    made(live_url)
    assert run("registry", "import", live_url, rows, *option).code == 2


@pytest.mark.parametrize("option", [["--source", "us"], ["--authoritative"], ["--scope", "provinces:京"]])
def test_what_only_a_live_one_is_told(tmp_path: Path, option: list[str]) -> None:
    """Imports say it to a file."""
    ran = run("registry", "init", str(tmp_path / "r.icpdb"), *option)
    assert (ran.code, "live registry" in ran.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_password_stands_in_no_message() -> None:
    """Whatever goes wrong."""
    url = "postgresql://user:secret@127.0.0.1:1/name"
    for arguments in (["init", url], ["stats", url], ["show", url, NUMBER], ["export", url], ["serve", url]):
        ran = run("registry", *arguments)
        assert ran.code == 2
        assert "secret" not in ran.err + ran.out
