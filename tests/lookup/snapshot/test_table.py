"""Rows of CSV, and records as such rows."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.errors import Defect
from icpgate.lookup.snapshot.jsonl import MAX_LINE
from icpgate.lookup.snapshot.table import COLUMNS, csv_rows, write_csv
from icpgate.record import RegisteredPlatform, RegistrationRecord
from tests.cases import registered
from tests.lookup.snapshot.test_rows import records

NUMBER = "京ICP备2026999901号-1A"


def rows(text: str) -> list[tuple[int, dict[str, object] | Defect]]:
    """The rows of a text."""
    return list(csv_rows(io.StringIO(text, newline="")))


def one(header: str, cells: str) -> dict[str, object] | Defect:
    """The only row under a header that also has what every header needs."""
    [(_, row)] = rows(f"registration_number,status,{header}\n{NUMBER},registered,{cells}\n")
    return row


def defect(text: str) -> tuple[int, Defect]:
    """The last row of a text, which is none."""
    line, row = rows(text)[-1]
    assert isinstance(row, Defect)
    return line, row


def test_a_row_under_the_json_names() -> None:
    """Empty cells are fields that are absent."""
    assert one("operator,service_name", "示例,") == {
        "registration_number": NUMBER,
        "status": "registered",
        "operator": "示例",
    }


@pytest.mark.parametrize(
    ("header", "cells", "field", "value"),
    [
        ("operator", "-", "operator", ""),
        ("operator", r"\-", "operator", "-"),
        ("operator", r"\=1+1", "operator", "=1+1"),
        ("operator", r"\\x", "operator", r"\x"),
        ("operator", '"a,""b"""', "operator", 'a,"b"'),
        ("domains", "a.cn;b.cn", "domains", ["a.cn", "b.cn"]),
        ("domains", "-", "domains", []),
        ("pre_approvals", r"a\;b ; c\\d", "pre_approvals", ["a;b", r"c\d"]),
        ("blacklisted", "TRUE", "blacklisted", True),
        ("blacklisted", "false", "blacklisted", False),
        ("blacklisted", "0", "blacklisted", "0"),
        ("platform,package", "android,com.a", "platforms", [{"platform": "android", "package": "com.a"}]),
        (
            "platform,package",
            "android;ios,com.a;",
            "platforms",
            [{"platform": "android", "package": "com.a"}, {"platform": "ios"}],
        ),
        ("package", "-", "platforms", [{"package": ""}]),
        ("platform,package", "-,", "platforms", []),
    ],
)
def test_cells(header: str, cells: str, field: str, value: object) -> None:
    """Empty fields, escapes, lists, flags and platforms."""
    row = one(header, cells)
    assert isinstance(row, dict)
    assert row[field] == value


@pytest.mark.parametrize(
    ("header", "cells", "said"),
    [
        ("domains", "a.cn;;b.cn", "an empty entry"),
        ("domains", "a.cn;", "an empty entry"),
        ("domains", "a.cn\\", "a backslash at the end"),
        ("platform,package", "android;ios,com.a", "2 of platform and 1 of package"),
        ("operator", "a,b", "4 cells under 3 columns"),
        ("operator,domains", "a", "3 cells under 4 columns"),
    ],
)
def test_cells_that_cannot_be_read(header: str, cells: str, said: str) -> None:
    """Nothing is guessed about what was meant."""
    row = one(header, cells)
    assert isinstance(row, Defect)
    assert said in str(row)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("registration_number", "the column status is missing"),
        ("status,operator", "the column registration_number is missing"),
        ("registration_number,status,status", "the column 'status' stands twice"),
        ("registration_number,status,Operator", "did you mean operator?"),
        ("registration_number,status,platforms", "did you mean platform?"),
        ("registration_number,status,备案号", "columns are registration_number"),
        ("registration_number;status", "separate the columns by commas"),
        ("registration_number\tstatus", "separate the columns by commas"),
    ],
)
def test_headers_that_cannot_be_read(header: str, said: str) -> None:
    """Nothing below a wrong header is read."""
    read = rows(f"{header}\n{NUMBER},registered\n")
    assert all(isinstance(row, Defect) for _, row in read)
    assert any(said in str(row) for _, row in read)
    assert {line for line, _ in read} == {1}


def test_lines_are_where_rows_begin() -> None:
    """Also where cells have line ends, and where lines are blank; a mark and blanks around names do not count."""
    text = '\ufeff\n registration_number , status ,operator\n1,a,"x\ny"\n\n2,b,"z"\r\n3,c\n'
    read = rows(text)
    assert [line for line, _ in read] == [3, 6, 7]
    assert read[0][1] == {"registration_number": "1", "status": "a", "operator": "x\ny"}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('registration_number,status\n1,"a\n2,b\n', 2, "a quote is opened and not closed"),
        ('registration_number,status\n1,a\n2,"b"c\n', 3, "text behind a closing quote"),
        (f"registration_number,status\n1,{'x' * 140_000}\n", 2, "more than 131,072 characters"),
        (f"registration_number,status\n1,{'x' * MAX_LINE}\n", 2, "a line of more than"),
    ],
)
def test_broken_tables(text: str, line: int, said: str) -> None:
    """The place is where the broken row begins."""
    place, problem = defect(text)
    assert place == line
    assert said in str(problem)


def test_only_a_header_is_no_row() -> None:
    """The import says that there is none."""
    assert rows("registration_number,status\n") == []
    assert rows("\n\n") == []


@given(st.lists(records, max_size=3))
def test_records_come_back_as_they_were(written: list[RegistrationRecord]) -> None:
    """Through CSV and back: absent stays absent, empty empty; only blanks around a text are lost, as on any reading."""
    written = [RegistrationRecord.read(record.written()) for record in map(_readable, written)]
    stream = io.StringIO(newline="")
    write_csv(written, stream)
    read = []
    for _, row in rows(stream.getvalue()):
        assert isinstance(row, dict)
        read.append(RegistrationRecord.read(row))
    assert read == written


def _readable(record: RegistrationRecord) -> RegistrationRecord:
    """What a registry can hold: domains and addresses that are some, a kind that agrees, no entries of blanks."""
    values = record.written()
    values.pop("kind", None)
    for name, value in (("domains", "api.example.cn"), ("endpoints", "203.0.113.7")):
        if name in values:
            values[name] = [value] * bool(values[name])
    for name in ("pre_approvals", "access_providers"):
        if name in values:
            values[name] = [entry for entry in map(str.strip, values[name]) if entry]  # type: ignore[call-overload]  # a list
    values["source"] = str(values["source"]).strip() or "s"
    read = RegistrationRecord.read(values)
    platforms = tuple(p for p in read.platforms or () if p != RegisteredPlatform())
    return read if read.platforms is None else _with_platforms(read, platforms)


def _with_platforms(record: RegistrationRecord, platforms: tuple[RegisteredPlatform, ...]) -> RegistrationRecord:
    values = record.written()
    values["platforms"] = [
        {
            name: value
            for name, value in (
                ("platform", platform.platform),
                ("package", platform.package),
                ("signing_certificate", platform.signing_certificate),
                ("public_key", platform.public_key),
            )
            if value is not None
        }
        for platform in platforms
    ]
    return RegistrationRecord.read(values)


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "＝1", "=HYPERLINK(1)", "\\=1"])
def test_no_cell_is_computed(name: str) -> None:
    """A spreadsheet computes what begins with one of its marks; ours begin with a backslash."""
    record = RegistrationRecord.read(
        registered(service_name=name, pre_approvals=[name, name], platforms=[{"package": name}])
    )
    stream = io.StringIO(newline="")
    write_csv([record], stream)
    for cells in csv.reader(io.StringIO(stream.getvalue(), newline="")):
        assert all(cell[:1] not in set("=+@＝") for cell in cells)
        assert all(cell in {"", "-"} or cell[0] != "-" for cell in cells)
    [(_, row)] = rows(stream.getvalue())
    assert isinstance(row, dict)
    assert RegistrationRecord.read(row) == record


def test_every_field_of_a_record_has_its_column() -> None:
    """A field that a record gains must not be lost in an export."""
    full = RegistrationRecord.read(
        registered(operator_kind="企业", approved_at="2026-03-02", endpoints=["203.0.113.7"], origin="bureau")
    )
    assert set(full.written()) - {"platforms"} == set(COLUMNS) - {
        "platform",
        "package",
        "signing_certificate",
        "public_key",
    }
