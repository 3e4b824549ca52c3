"""What a registry file holds, for people and other programs."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError, RegistryFileError
from icpgate.lookup.snapshotfile import export_records, import_records, init_registry, show, stats
from icpgate.number import parse
from tests.cases import NUMBER
from tests.lookup.files import CLOCK, MISSING, OTHER, YESTERDAY, imported, row

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    row(),
    row(OTHER, operator="", domains=[], platforms=[], pre_approvals=None, document_number=None, origin="simulated"),
    row("粤B2-20090059-5", kind=None, operator="=1+1", operator_kind="企业", approved_at="2022-09-06 15:51:52"),
    row("粤B2-20090059", kind=None, status="shell"),
    row("合字B2-20090007-3X", kind="mini_program", status="cancelled", observed_at="2026-11-02T00:00:00.000001+08:00"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A registry of five records of all kinds."""
    path = tmp_path / "registry.icpdb"
    imported(path, *ROWS, scope="provinces:京,川")
    return path


def exported(path: Path, form: str) -> str:
    """Everything in the registry, as text."""
    stream = io.StringIO(newline="")
    export_records(path, stream, form)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_is_imported_as_it_was(path: Path, tmp_path: Path, form: str) -> None:
    """Every record, with its own moment and source; and exported again it is the same text."""
    text = exported(path, form)
    source = tmp_path / f"export.{form}"
    source.write_text(text, encoding="utf-8", newline="")
    report = import_records(tmp_path / "again.icpdb", source, clock=CLOCK)
    assert report.records == len(ROWS)
    assert exported(tmp_path / "again.icpdb", "jsonl") == exported(path, "jsonl")
    assert exported(tmp_path / "again.icpdb", form) == text


def test_records_come_in_the_order_of_their_numbers(path: Path) -> None:
    """Two exports can be compared line by line."""
    numbers = [json.loads(line)["registration_number"] for line in exported(path, "jsonl").splitlines()]
    assert numbers == ["京ICP备2026999901号-1A", "合字B2-20090007-3X", "粤B2-20090059", "粤B2-20090059-5", NUMBER]


def test_an_empty_registry_has_an_empty_export(tmp_path: Path) -> None:
    """No line, or only the header."""
    init_registry(tmp_path / "registry.icpdb")
    assert exported(tmp_path / "registry.icpdb", "jsonl") == ""
    assert exported(tmp_path / "registry.icpdb", "csv").count("\n") == 1


def test_a_form_that_is_none(path: Path) -> None:
    """Nothing is written."""
    with pytest.raises(ConfigurationError, match="'xml' is not a form"):
        exported(path, "xml")


def test_show(path: Path) -> None:
    """Exactly the number that was asked."""
    record = show(path, parse("粤B2-20090059"))
    assert record is not None
    assert record.registration_number.is_entity
    assert show(path, parse(MISSING)) is None


def test_stats(path: Path) -> None:
    """Counts, ages, and for what it may say no; all of it can be written as JSON."""
    values = stats(path)
    assert json.loads(json.dumps(values)) == values
    assert values["records"] == 5
    assert values["by_status"] == {"registered": 3, "shell": 1, "cancelled": 1}
    assert values["by_kind"] == {"app": 2, "website": 1, "entity": 1, "mini_program": 1}
    assert values["by_province"] == {"京": 1, "粤": 2, "蜀": 1, "national": 1}
    assert values["observed"] == {"oldest": "2026-11-01T16:00:00.000001Z", "newest": "2026-11-23T00:00:00Z"}
    assert values["imports"] == [
        {
            "imported_at": "2026-11-24T00:00:00Z",
            "observed_at": "2026-11-23T00:00:00Z",
            "source": "test export",
            "authoritative": True,
            "scope": "provinces:京,蜀",
            "rows": 5,
        }
    ]
    assert values["simulated"] is False
    assert values["bytes"] == path.stat().st_size
    assert str(values["digest"]).startswith("sha256:")
    assert values["schema_version"] == 1
    assert "approved_at" in values["contains"]  # type: ignore[operator]  # a list of names


def test_stats_of_an_empty_registry(tmp_path: Path) -> None:
    """Nothing was ever observed, by nobody."""
    init_registry(tmp_path / "registry.icpdb", simulated=True, clock=CLOCK)
    values = stats(tmp_path / "registry.icpdb")
    assert (values["records"], values["observed"], values["imports"]) == (0, None, [])
    assert values["simulated"] is True
    assert values["created"] == "2026-11-24T00:00:00Z"


def test_an_import_that_states_nothing(tmp_path: Path) -> None:
    """Rows that say everything themselves."""
    said = row(observed_at=YESTERDAY.isoformat(), source="row")
    imported(tmp_path / "registry.icpdb", said, observed_at=None, source=None, authoritative=False)
    imports = stats(tmp_path / "registry.icpdb")["imports"]
    assert isinstance(imports, list)
    assert (imports[0]["observed_at"], imports[0]["source"], imports[0]["authoritative"]) == (None, None, False)


def test_files_that_are_no_registry(tmp_path: Path) -> None:
    """Whatever is to be read says so, with the place."""
    path = tmp_path / "registry.icpdb"
    path.write_bytes(b"{}")
    for read in (stats, lambda p: show(p, parse(NUMBER)), lambda p: exported(p, "csv")):
        with pytest.raises(RegistryFileError, match=r"registry\.icpdb: not a registry file"):
            read(path)
