"""Files into a registry, all rows or none."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError, RegistryFileError, RegistryImportError
from icpgate.lookup.snapshot.sourcefile import SourceFile
from icpgate.lookup.snapshotfile import export_records, import_records, init_registry, show, stats
from icpgate.number import parse
from icpgate.record import Origin
from tests.cases import NOW, NUMBER
from tests.lookup.files import CLOCK, OTHER, YESTERDAY, day, imported, row, rows_at

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a registry may be made."""
    return tmp_path / "registry.icpdb"


def refusal(path: Path, *rows: dict[str, object], **options: object) -> str:
    """What is said of rows that cannot be imported; the registry is as it was."""
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(RegistryImportError) as caught:
        imported(path, *rows, **options)
    assert (path.read_bytes() if path.exists() else None) == before
    return str(caught.value)


def test_a_registry_is_made_when_missing(path: Path) -> None:
    """The report says in one line what became of the rows."""
    report = imported(path, row(), row(OTHER))
    assert (report.rows, report.added, report.records) == (2, 2, 2)
    assert str(report) == (
        f"{path}: 2 rows read: 2 added, 0 replaced, 0 unchanged, 0 older not taken, 0 removed; 2 records"
    )
    assert len(report.digest) == 64


def test_rows_take_what_is_stated_for_the_file(path: Path) -> None:
    """A row's own moment and source win."""
    imported(path, row(), row(OTHER, observed_at="2026-11-02T00:00:00+08:00", source="row"))
    first, second = show(path, parse(NUMBER)), show(path, parse(OTHER))
    assert first is not None
    assert second is not None
    assert (first.observed_at, first.source) == (YESTERDAY, "test export")
    assert (second.observed_at, second.source) == (datetime.fromisoformat("2026-11-02T00:00:00+08:00"), "row")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("stated", [True, False])
def test_csv_in_its_encodings(path: Path, encoding: str, stated: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """UTF-8 with and without a mark, and GB18030."""
    source = path.with_name("rows.csv")
    source.write_text(f"registration_number,status,operator\r\n{NUMBER},registered,示例科技\r\n", encoding=encoding)
    named = encoding.removesuffix("-sig") if stated else None
    import_records(path, source, encoding=named, observed_at=YESTERDAY, source="t", clock=CLOCK)
    record = show(path, parse(NUMBER))
    assert record is not None
    assert record.operator == "示例科技"


def test_several_files_are_one_import(path: Path) -> None:
    """The parts of one export are complete together."""
    parts = [rows_at(path.with_name("a.jsonl"), row()), rows_at(path.with_name("b.jsonl"), row(OTHER))]
    report = import_records(path, parts, observed_at=YESTERDAY, source="t", authoritative=True, clock=CLOCK)
    assert report.records == 2
    with pytest.raises(ConfigurationError, match="no file"):
        import_records(path, [], clock=CLOCK)


def test_every_defect_has_its_place(path: Path) -> None:
    """File, line and field, with the nearest right word; and not one row is taken."""
    said = refusal(
        path, row(), row("京ICP备12345678号-1A", kind=None), row(OTHER, stauts="x", kind="ap", domains=["a b"])
    )
    place = path.with_name("rows.jsonl")
    assert f"{place}:2: registration_number: " in said
    assert f"{place}:3: stauts: unknown field 'stauts' (did you mean status?)" in said
    assert f"{place}:3: kind: 'ap' is not known" in said
    assert f"{place}:3: domains/0: " in said
    assert "4 defects" in said
    assert not path.exists()


def test_a_line_that_is_no_row(path: Path) -> None:
    """Its line and column, beside the defects of other rows; also in a second file."""
    first = rows_at(path.with_name("a.jsonl"), row())
    second = path.with_name("b.csv")
    second.write_text(f"registration_number,status\n{OTHER},registered,x\n{OTHER},unknown\n", encoding="utf-8")
    first.write_text('{"registration_number": "x"\n', encoding="utf-8")
    with pytest.raises(RegistryImportError) as caught:
        import_records(path, [first, second], observed_at=YESTERDAY, source="t", clock=CLOCK)
    assert f"{first}:1: not JSON" in str(caught.value)
    assert f"{second}:2: 3 cells under 2 columns" in str(caught.value)
    assert f"{second}:3: status: 'unknown' is not known" in str(caught.value)


def test_more_rows_than_are_written_at_once(path: Path) -> None:
    """Thousands of them, in no order."""
    rows = [row(f"京ICP备2026{number:06d}号-1A", domains=[f"{number}.cn"]) for number in range(5_000, 1, -1)]
    assert imported(path, *rows).records == 4_999
    assert show(path, parse("京ICP备2026004999号-1A")) is not None


def test_a_file_that_changes_while_it_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was text a moment ago."""
    source = path.with_name("rows.jsonl")

    def change(place: Path, *_: object) -> SourceFile:
        source.write_bytes(b"\xff\n")
        return SourceFile(str(place), "jsonl", "utf-8", was_stated=True)

    monkeypatch.setattr("icpgate.lookup.snapshot.importing.identified", change)
    with pytest.raises(RegistryImportError, match="changed while it was read"):
        imported(path, row())


def test_of_many_defects_the_first_are_listed(path: Path) -> None:
    """Twenty of them, and how many there are."""
    said = refusal(path, *[row(status="unknown")] * 1_000)
    assert "(the first 20 of 1,000)" in said
    assert said.count("\n") == 20
    assert "rows.jsonl:20: " in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"observed_at": None}, "observed_at: missing; expected a value (state it in every row, or with --observed-at"),
        ({"source": None}, "source: missing; expected a value (state it in every row, or with --source"),
    ],
)
def test_a_row_needs_its_moment_and_source(path: Path, options: dict[str, object], said: str) -> None:
    """An observation without them cannot be judged by anybody."""
    assert said in refusal(path, row(), authoritative=False, **options)


@pytest.mark.parametrize(("ahead", "taken"), [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)])
def test_a_row_of_the_future(path: Path, ahead: timedelta, taken: bool) -> None:  # noqa: FBT001 -- as above
    """A clock may be ahead by five minutes."""
    late = row(observed_at=(NOW + ahead).isoformat())
    if taken:
        assert imported(path, late).added == 1
    else:
        assert "observed_at: 2026-11-24T00:05:01Z has not come yet" in refusal(path, late)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"observed_at": NOW + timedelta(minutes=6)}, "has not come yet"),
        ({"observed_at": datetime(2026, 11, 1)}, "needs a date and time with a zone"),  # noqa: DTZ001 -- the mistake in question
        ({"observed_at": "2026-11-01"}, "needs a date and time with a zone"),
        ({"source": "  "}, "source is empty"),
        ({"observed_at": None}, "an authoritative file needs its moment and its source"),
        ({"source": None}, "an authoritative file needs its moment and its source"),
        ({"scope": "province:京"}, "did you mean provinces"),
        ({"format": "xml"}, "'xml' is not a form"),
        ({"encoding": "utf-7"}, "is not an encoding that is read"),
    ],
)
def test_wrong_options(path: Path, options: dict[str, object], said: str) -> None:
    """What the caller did wrong is said before anything is read."""
    with pytest.raises(ConfigurationError) as caught:
        imported(path, row(), **options)
    assert said in str(caught.value)
    assert not path.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": " "}, "source: empty"),
        ({"operator": "示\x1f例"}, "operator: U+001F"),
        ({"platforms": [{}]}, "platforms: a platform of which nothing is said"),
        ({"entity_number": "京ICP备2026999901号"}, "entity_number: "),
    ],
)
def test_rows_that_cannot_be_kept(path: Path, changes: dict[str, object], said: str) -> None:
    """Refused with their field, like those that cannot be read."""
    assert f"rows.jsonl:1: {said}" in refusal(path, row() | changes)


@pytest.mark.parametrize(
    ("name", "content"), [("a.jsonl", "\n \n"), ("a.csv", "registration_number,status\n"), ("a.csv", "\n\n")]
)
def test_a_file_without_a_row(path: Path, name: str, content: str) -> None:
    """An empty export, imported as complete, would say no to everybody."""
    source = path.with_name(name)
    source.write_text(content, encoding="utf-8")
    with pytest.raises(RegistryImportError, match="no row") as caught:
        import_records(path, source, observed_at=YESTERDAY, source="t", authoritative=True, clock=CLOCK)
    assert caught.value.code == "import.empty"


def test_one_number_twice(path: Path) -> None:
    """With other content it is refused with both places; the same twice is once."""
    said = refusal(path, row(), row(OTHER), row(status="cancelled"), row(operator="another"))
    place = path.with_name("rows.jsonl")
    assert f"{place}:3: {NUMBER} stands at {place}:1 with other content" in said
    assert f"{place}:4: {NUMBER} stands at {place}:1 with other content" in said
    assert imported(path, row(), row(OTHER), row(), row()).records == 2


@pytest.mark.parametrize(
    "second",
    [
        {"observed_at": "2026-11-02T00:00:00+08:00"},
        {"source": "another"},
        {"registration_number": "川ICP备2021014694号-10A", "status": "pending"},
    ],
)
def test_one_number_twice_in_any_way(path: Path, second: dict[str, object]) -> None:
    """Another moment, another source, another spelling: never last wins."""
    assert "with other content" in refusal(path, row(), row() | second)


def test_document_numbers_are_kept_in_normal_form(path: Path) -> None:
    """So that a query in normal form echoes."""
    imported(path, row(document_number="91510108ma6632c60r "), row(OTHER, document_type=None, document_number="ａb-1"))
    first, second = show(path, parse(NUMBER)), show(path, parse(OTHER))
    assert first is not None
    assert second is not None
    assert (first.document_number, second.document_number) == ("91510108MA6632C60R", "AB-1")


def test_in_a_simulated_registry_everything_is_simulated(path: Path) -> None:
    """Whatever its rows say, also after it was filled anew."""
    init_registry(path, simulated=True)
    imported(path, row(origin="bureau"))
    imported(path, row(OTHER), replace=True)
    assert stats(path)["simulated"] is True
    exported = io.StringIO()
    export_records(path, exported, "jsonl")
    assert [json.loads(line)["origin"] for line in exported.getvalue().splitlines()] == ["simulated"]


def test_a_simulated_row_stays_simulated(path: Path) -> None:
    """Importing it into a bureau's registry makes it no bureau's."""
    imported(path, row(origin="simulated"), row(OTHER))
    first, second = show(path, parse(NUMBER)), show(path, parse(OTHER))
    assert first is not None
    assert second is not None
    assert (first.origin, second.origin) == (Origin.SIMULATED, Origin.BUREAU)


def test_init_touches_nothing_that_is_there(path: Path) -> None:
    """A registry is not emptied by making it."""
    imported(path, row())
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="exists"):
        init_registry(path)
    assert path.read_bytes() == before


def test_what_is_no_registry_is_not_overwritten(path: Path) -> None:
    """A mistyped path costs nothing, with --replace neither."""
    path.write_text("my only copy", encoding="utf-8")
    for replace in (False, True):
        with pytest.raises(RegistryFileError, match="not a registry file"):
            imported(path, row(), replace=replace)
    assert path.read_text(encoding="utf-8") == "my only copy"


def test_the_same_rows_make_the_same_records(path: Path) -> None:
    """Imported again they are confirmed; a later moment is taken."""
    imported(path, row())
    again = imported(path, row())
    later = imported(path, row(), observed_at=NOW)
    assert (again.unchanged, again.added, later.unchanged, later.replaced) == (1, 0, 1, 0)
    record = show(path, parse(NUMBER))
    assert record is not None
    assert record.observed_at == NOW


def test_a_registry_without_a_clock_of_ours(path: Path) -> None:
    """By default this machine's clock judges what has not come yet."""
    source = rows_at(path.with_name("rows.jsonl"), row())
    with pytest.raises(ConfigurationError, match="has not come yet"):
        import_records(path, source, observed_at=datetime.fromisoformat("9000-01-01T00:00:00+08:00"), source="t")
    import_records(path, source, observed_at=day(1) - timedelta(days=9_000), source="t")
