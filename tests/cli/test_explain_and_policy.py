"""`icpgate explain` and `icpgate policy`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from icpgate.rules.reasons import reason_texts
from tests.commandline import run


@pytest.mark.parametrize("code", reason_texts())
def test_every_code_is_explained(code: str) -> None:
    """In both languages: title, texts, basis, fix."""
    english, chinese = (run("explain", code, "--lang", lang, "--format", "json").json for lang in ("en", "zh-CN"))
    assert english["code"] == chinese["code"] == code
    assert english["fix"] != chinese["fix"]
    assert english["basis"] == chinese["basis"] != []
    assert f"code: {code}" in run("explain", code).out


def test_all_codes_are_listed() -> None:
    """Without a code, every one in its order."""
    assert [row["code"] for row in run("explain", "--format", "json").json] == list(reason_texts())
    listed = run("explain").out
    assert all(code in listed for code in reason_texts())


def test_policy_show_in_three_forms() -> None:
    """As a table, as markdown, as data."""
    assert "miit-2023-105" in run("policy", "show").out
    assert run("policy", "show", "--format", "markdown").out.startswith("| rule |")
    shown = run("policy", "show", "--format", "json").json
    assert shown["rules"]["not_registered"]["list"]["first"] == "enforce"


def test_policy_show_names_what_goes_past_the_floor() -> None:
    """Each exemption with its codes and its end."""
    example = Path(__file__).parents[2] / "examples" / "policy.toml"
    shown = run("policy", "show", "--policy", str(example)).out
    assert "exemption settings-of-the-system: display_link_missing, display_missing, number_missing until" in shown


def test_policy_lint_finds_every_defect_at_once(tmp_path: Path) -> None:
    """With place and nearest word; a sound file is said to be sound."""
    path = tmp_path / "policy.toml"
    path.write_text(
        'extends = "default"\n[rules.number_mising]\nlist = "enforce"\n[rules.blacklisted]\nlist = "warn"\n'
    )
    ran = run("policy", "lint", str(path))
    assert ran.code == 2
    assert "did you mean number_missing?" in ran.err
    assert "rules.blacklisted.list" in ran.err
    path.write_text('extends = "default"\n[policy]\nname = "ours"\nversion = "1"\n')
    assert run("policy", "lint", str(path)).code == 0


def test_policy_test_runs_the_shipped_table() -> None:
    """Every row comes out as expected."""
    ran = run("policy", "test")
    assert ran.code == 0
    assert ran.out.endswith(" passed, 0 failed\n")
    assert int(ran.out.split()[0]) >= 60


def test_policy_test_notices_a_changed_policy(tmp_path: Path) -> None:
    """A policy that decides otherwise fails, and says in which row."""
    path = tmp_path / "policy.toml"
    path.write_text('extends = "default"\n[rules.display_missing]\nlist = "off"\nconnect = "off"\npreinstall = "off"\n')
    ran = run("policy", "test", "--policy", str(path))
    assert ran.code == 1
    assert "✗" in ran.out


def test_policy_test_runs_a_table_of_ones_own(tmp_path: Path) -> None:
    """A row a line; an empty or unreadable table is refused."""
    app = {"name": "挖煤姬", "kind": "app", "platform": "android", "package": "com.sig.wameiji"}
    table = tmp_path / "table.jsonl"
    row = {"name": "no number", "app": app, "expect": {"verdict": "deny", "codes": ["number_missing"]}}
    table.write_text(json.dumps(row), encoding="utf-8")
    assert run("policy", "test", "--table", str(table), "--format", "jsonl").jsonl == [
        {"name": "no number", "differences": []}
    ]
    table.write_text("", encoding="utf-8")
    assert run("policy", "test", "--table", str(table)).code == 2
    table.write_text(json.dumps(row | {"expected": {}}), encoding="utf-8")
    ran = run("policy", "test", "--table", str(table))
    assert ran.code == 2
    assert "table.jsonl:1" in ran.err
