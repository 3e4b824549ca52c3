"""`icpgate demo`: the main job on the examples, as golden files in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from icpgate.rules.reasons import reason_texts
from tests.commandline import run

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
UNREACHABLE = {
    "not_checkable",  # a note, and the table shows none
    "audit_unavailable",  # needs a recorder that fails
    "fail_open_used",  # needs an outage
    "operator_mismatch",
    "registries_disagree",
    "stale_used",  # needs an outage after an answer
    "record_ambiguous",
    "host_platform_unregistered",
    "insecure_tls",
}


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_table_is_as_it_was(lang: str) -> None:
    """Summary first, then every check; a change of any verdict shows here."""
    ran = run("demo", "--lang", lang, "--examples", str(ROOT / "examples"))
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out == (GOLDEN / f"demo.{lang}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_table_fits_a_terminal(lang: str) -> None:
    """At most a hundred columns, with Chinese characters two columns wide."""
    assert max(map(cell_len, (GOLDEN / f"demo.{lang}.txt").read_text(encoding="utf-8").splitlines())) <= 100


def test_every_group_of_reasons_has_a_row() -> None:
    """All codes that a small catalogue can show are there."""
    shown = (GOLDEN / "demo.en.txt").read_text(encoding="utf-8")
    assert {code for code in reason_texts() if code not in shown} <= UNREACHABLE | {"public_key_mismatch"}


def test_without_the_examples_it_says_where_to_run_it(tmp_path: Path) -> None:
    """Outside a checkout there is nothing to show."""
    ran = run("demo", "--examples", str(tmp_path))
    assert ran.code == 2
    assert "catalogue.jsonl is missing" in ran.err
