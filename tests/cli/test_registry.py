"""`icpgate registry`: a file made, filled, read and exported from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commandline import run

ROW = {
    "registration_number": "蜀ICP备2021014694号-10A",
    "status": "registered",
    "service_name": "挖煤姬",
    "operator": "示例科技（成都）有限公司",
}
WHEN = ("--observed-at", "2026-11-20T09:00:00+08:00", "--source", "test")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A file with one registration."""
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def registry(tmp_path: Path, rows: Path) -> str:
    """A registry with that registration."""
    path = str(tmp_path / "registry.icpdb")
    assert run("registry", "import", path, str(rows), *WHEN).code == 0
    return path


def test_import_says_what_it_did(tmp_path: Path, rows: Path) -> None:
    """Talk goes to standard error; standard output stays free for data."""
    ran = run("registry", "import", str(tmp_path / "r.icpdb"), str(rows), *WHEN)
    assert ran.code == 0
    assert ran.out == ""
    assert "1" in ran.err


def test_the_parts_of_an_export_come_together(tmp_path: Path, rows: Path) -> None:
    """Several files are one import: neither says no about what the other has."""
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(ROW | {"registration_number": "蜀ICP备2021014694号-11A"}), encoding="utf-8")
    path = str(tmp_path / "r.icpdb")
    assert run("registry", "import", path, str(rows), str(other), *WHEN, "--authoritative", "--scope", "all").code == 0
    assert run("registry", "stats", path, "--format", "json").json["records"] == 2


def test_show_writes_the_record(registry: str) -> None:
    """However the number is typed."""
    record = run("registry", "show", registry, "蜀ICP備2021014694號-10a").json
    assert record["service_name"] == "挖煤姬"
    assert record["observed_at"] == "2026-11-20T01:00:00Z"
    assert record["source"] == "test"


def test_show_of_what_is_not_there_is_undecided(registry: str) -> None:
    """A registry that does not have it has not said no."""
    ran = run("registry", "show", registry, "蜀ICP备2021014694号-11A")
    assert ran.code == 3
    assert "does not mean that it is not registered" in ran.err


def test_stats_in_both_forms(registry: str) -> None:
    """What it holds, how old it is, for what it may say no."""
    assert run("registry", "stats", registry, "--format", "json").json["records"] == 1
    assert "records: 1" in run("registry", "stats", registry).out


def test_export_reads_back(registry: str, tmp_path: Path) -> None:
    """What comes out goes in again, and is the same."""
    exported = tmp_path / "exported.jsonl"
    exported.write_text(run("registry", "export", registry).out, encoding="utf-8")
    again = str(tmp_path / "again.icpdb")
    assert run("registry", "import", again, str(exported)).code == 0
    assert run("registry", "export", again).out == exported.read_text(encoding="utf-8")
    assert run("registry", "export", registry, "--format", "csv").out.startswith("registration_number,")


def test_init_makes_an_empty_one_and_touches_no_other(tmp_path: Path) -> None:
    """An existing file is not overwritten."""
    path = str(tmp_path / "new.icpdb")
    assert "SIMULATED" in run("registry", "init", path, "--simulate").err
    ran = run("registry", "init", path)
    assert ran.code != 0
    assert "new.icpdb" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--observed-at", "2026-11-20", "--source", "x"], "a moment with its zone"),
        (["--observed-at", "yesterday", "--source", "x"], "a moment with its zone"),
        (["--source", "x"], "observed_at"),
        (["--observed-at", "2026-11-20T09:00:00+08:00"], "source"),
        ([*WHEN, "--scope", "provinces:港"], "港"),
        ([*WHEN, "--authoritative"], "state for which --scope"),
    ],
)
def test_what_is_missing_or_wrong_is_named(tmp_path: Path, rows: Path, arguments: list[str], words: str) -> None:
    """When and by whom it was observed is never made up."""
    target = tmp_path / "r.icpdb"
    ran = run("registry", "import", str(target), str(rows), *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert not target.exists()


def test_a_bad_row_changes_nothing(registry: str, tmp_path: Path) -> None:
    """All rows or none, with the place of the defect."""
    before = Path(registry).read_bytes()
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"registration_number": "x", "status": "registered"}\n', encoding="utf-8")
    ran = run("registry", "import", registry, str(bad), *WHEN)
    assert ran.code == 2
    assert "bad.jsonl:1" in ran.err
    assert Path(registry).read_bytes() == before


@pytest.mark.parametrize("command", ["show", "stats", "export"])
def test_a_file_that_is_no_registry_is_refused(command: str, tmp_path: Path) -> None:
    """With the place, and without a traceback."""
    other = tmp_path / "other.icpdb"
    other.write_bytes(b"something else" * 100)
    ran = run("registry", command, str(other), *(["蜀ICP备2021014694号-10A"] if command == "show" else []))
    assert ran.code == 2
    assert "other.icpdb" in ran.err
    assert ran.out == ""
