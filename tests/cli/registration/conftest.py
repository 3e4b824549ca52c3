"""A registration system in a folder, and no variable of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.registration.desk import PERSONS, Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VARIABLES = ("REGISTRY", "ROLE", "NAME", "PROVINCE", "PERSONS_KEY", "PERSONS_KEY_FILE", "CONFIG")


@pytest.fixture(autouse=True)
def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no settings file speaks; messages are English."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ICPGATE_LANG", "en")
    for name in VARIABLES:
        monkeypatch.delenv(f"ICPGATE_{name}", raising=False)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A simulated system; whatever the test did, nothing about the persons was written."""
    made = Desk(tmp_path)
    yield made
    assert [person for person in PERSONS for text in made.written if person in text] == []


@pytest.fixture
def bureau_s(tmp_path: Path) -> Desk:
    """A system that records what a bureau did."""
    return Desk(tmp_path, simulated=False)
