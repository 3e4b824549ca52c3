"""`find_all` in pages, screens and manifests, and on hostile texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.number import find_all, occurrences


def found(text: str) -> list[tuple[str, str]]:
    """Each number with the text it stands for."""
    return [(str(o.number), text[o.start : o.end]) for o in find_all(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("粤ICP备13003602号-2 合字B2-20170010", ["粤ICP备13003602号-2", "合字B2-20170010"]),
        ("备案号:京ICP备2021000001号-12A|粤B2-20090059-1626X", ["京ICP备2021000001号-12A", "粤B2-20090059-1626X"]),
        ("京ICP备13004658号 2024 版权所有", ["京ICP备13004658号"]),
        ("京ICP备13004658号 - 示例公司", ["京ICP备13004658号"]),
        ("粤 A2.B1.B2-20090001-3X", ["粤A2.B1.B2-20090001-3X"]),
        ("京ICP备13004658号-1B", []),
        ("京ICP备13004658号-1 A股", []),
        ("京ICP备13004658号-1234567", []),
        ("京ICP备12345678号", []),
        ("xB2-20090001", []),
        ("B2-2009000112", []),
        ("京公网安备11010802022657号", []),
        ("", []),
    ],
)
def test_numbers_in_text(text: str, expected: list[str]) -> None:
    """Whole numbers are found; a part of one, a template and another register's are not."""
    assert [number for number, _ in found(text)] == expected


@pytest.mark.parametrize(
    ("text", "number", "stands_for"),
    [
        ("x\\u8c6bICP\\u59072024051549\\u53f7-1A y", "豫ICP备2024051549号-1A", "\\u8c6bICP\\u59072024051549\\u53f7-1A"),
        ("<a>京ICP备&nbsp;2021000001号</a>-12A", "京ICP备2021000001号-12A", "京ICP备&nbsp;2021000001号</a>-12A"),
        ("&#20140;ICP备2021000001&#x53F7;", "京ICP备2021000001号", "&#20140;ICP备2021000001&#x53F7;"),
    ],
)
def test_markup_is_decoded_and_places_are_those_of_the_given_text(text: str, number: str, stands_for: str) -> None:
    """Tags, entities and escapes do not hide a number, and its place is where it was written."""
    assert found(text) == [(number, stands_for)]


def test_a_block_tag_separates() -> None:
    """Two list items are not one number."""
    assert found("<li>京ICP备13004658号-1</li><li>2A</li>") == [("京ICP备13004658号-1", "京ICP备13004658号-1")]


@given(st.text(max_size=200))
def test_any_text_is_searched_without_an_error(text: str) -> None:
    """Nothing is raised, and every place lies in the text."""
    for occurrence in find_all(text):
        assert 0 <= occurrence.start < occurrence.end <= len(text)


def test_no_pattern_repeats_without_a_bound() -> None:
    """Every repetition ends, so that time grows with the text and not faster."""
    patterns = [pattern for pattern in vars(occurrences).values() if isinstance(pattern, re.Pattern)]
    assert len(patterns) >= 4
    assert not [pattern.pattern for pattern in patterns if re.search(r"(?<!\\)[*+](?![^\[]*\])", pattern.pattern)]


@pytest.mark.parametrize("piece", ["京", "京ICP", "<", "<a ", "B2-", "A1.", "京ICP备 ", "\\u8c6b"])
def test_a_megabyte_of_anything_is_searched(piece: str) -> None:
    """A hostile text is only a long text."""
    assert find_all(piece * (1_000_000 // len(piece))) == []
