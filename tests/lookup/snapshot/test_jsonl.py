"""Rows with one JSON object a line."""

from __future__ import annotations

import io

import pytest

from icpgate.errors import Defect
from icpgate.lookup.snapshot.jsonl import MAX_LINE, jsonl_rows


def rows(text: str) -> list[tuple[int, dict[str, object] | Defect]]:
    """The rows of a text."""
    return list(jsonl_rows(io.StringIO(text, newline="")))


def test_blank_lines_are_no_rows() -> None:
    """Lines are counted all the same; a byte order mark and CRLF are no part of a row."""
    assert rows('\ufeff{"a": 1}\r\n\n  \n{"a": 2}') == [(1, {"a": 1}), (4, {"a": 2})]


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ('{"a": 1', "json.syntax", "at column 8"),
        ('{"a": 1} {"a": 2}', "json.syntax", "at column 10"),
        ('{"a": 1, "a": 1}', "json.duplicate_key", "stands twice"),
        ('{"a": NaN}', "json.constant", "NaN"),
        ("[" * 70, "json.too_deep", "nested deeper"),
        ('[{"a": 1}]', "import.row", "one object a line"),
        ("3", "import.row", "int given"),
    ],
)
def test_lines_that_are_no_row(line: str, code: str, said: str) -> None:
    """The defect says what is wrong; the rows after it are read."""
    read = rows(f'{line}\n{{"a": 1}}\n')
    assert read[1] == (2, {"a": 1})
    defect = read[0][1]
    assert isinstance(defect, Defect)
    assert defect.code == code
    assert said in str(defect)


def test_a_line_without_an_end() -> None:
    """A file of one endless line is not read into memory."""
    read = rows("x" * (MAX_LINE + 10))
    assert len(read) == 1
    assert isinstance(read[0][1], Defect)
    assert read[0][1].code == "import.too_long"
