"""Every row has a behaviour, or a test that makes the fault; and every behaviour has its row."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.edge.catalogue import EVERYTHING
from tests.edge.ports import PORTS
from tests.edge.rows import ROWS
from tests.edge.soap import SOAP_FAULTS

ROOT = Path(__file__).parents[2]
BEHAVIOURS = {(fault.row, fault.name) for fault in EVERYTHING} | {(fault.row, fault.name) for fault in SOAP_FAULTS}


@cache
def functions_of(path: str) -> frozenset[str]:
    """The tests that a file has."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_no_row_is_left_out() -> None:
    """F1 to F88, each once, each with something to show."""
    assert list(ROWS) == [f"F{n}" for n in range(1, 89)]
    assert [name for name, row in ROWS.items() if not (row.fs or row.port or row.tests)] == []


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str) -> None:
    """What it names is there."""
    row = ROWS[name]
    assert {(name, behaviour) for behaviour in row.fs} - BEHAVIOURS == set()
    assert {(port, name) for port in row.port} - {(port, place) for port, (place, _) in PORTS.items()} == set()
    for test in row.tests:
        path, _, function = test.partition("::")
        assert function in functions_of(path), test


def test_every_behaviour_has_its_row() -> None:
    """Those beyond the list stand beside what is most like them."""
    assert {row for row, _ in BEHAVIOURS} | {row for row, _ in PORTS.values()} <= set(ROWS)
    assert len(BEHAVIOURS) + len(PORTS) > 400
