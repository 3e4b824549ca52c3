"""`icpgate number`: a text per argument or line, in every form of output."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.commandline import run

CORPUS = (Path(__file__).parents[1] / "data/numbers.jsonl").read_text("utf-8").splitlines()
FIELDS = [
    "input", "valid", "canonical", "family", "service_kind", "is_entity", "entity_number",
    "repairs", "reason", "detail", "message", "hint", "span",
]  # fmt: skip


def test_every_real_string_comes_out_as_expected() -> None:
    """The command equals what is expected of each string met in the wild."""
    rows = [json.loads(line) for line in CORPUS]
    ran = run("number", "--format", "jsonl", "-", stdin="\n".join(row["raw"] for row in rows).encode())
    assert len(ran.jsonl) == len(rows)
    for row, came in zip(rows, ran.jsonl, strict=True):
        expected = dict(row["expect"])
        assert came["input"] == row["raw"]
        assert came["valid"] is expected.pop("accepted")
        expected.pop("note", None)
        reason = expected.pop("reason", None)
        assert reason in {None, came["reason"]}
        assert {name: came[name] for name in expected} == expected


def test_each_line_has_the_same_fields() -> None:
    """Read or refused, in the documented order."""
    ran = run("number", "--format", "jsonl", "京ICP備13004658號-1A", "京ICP备1号")
    assert [list(row) for row in ran.jsonl] == [FIELDS, FIELDS]
    read, refused = ran.jsonl
    assert read["repairs"] == ["traditional"]
    assert read["entity_number"] == "京ICP备13004658号"
    assert refused["detail"] == "number.digits"
    assert refused["span"] == [5, 6]
    assert ran.code == 1


def test_a_suspicious_number_is_read_with_its_warning() -> None:
    """A warning stands where a refusal would say why, and changes no validity."""
    [row] = run("number", "--format", "jsonl", "京ICP备2031004658号", "--lang", "en").jsonl
    assert row["valid"] is True
    assert row["reason"] is None
    assert row["detail"] == "number.year"
    assert "year" in row["message"]


@pytest.mark.parametrize(("lang", "words"), [("en", "7 digits; 8 or 10 are used"), ("zh-CN", "共 7 位数字")])
def test_messages_in_both_languages(lang: str, words: str) -> None:
    """The language is asked for by option or by variable."""
    assert words in run("number", "京ICP备1234567号", "--lang", lang).out


def test_text_form_names_the_verdict_of_each() -> None:
    """A tick or a cross, the number, and the hint."""
    ran = run("number", "京ICP備13004658號", "青ICP备20000750", "--lang", "en")
    first, second = ran.out.splitlines()
    assert first == "✓ 京ICP备13004658号  filing  entity  (traditional)"
    assert second.startswith("✗ '青ICP备20000750'  number_malformed (number.format)")
    assert second.endswith("did you mean 青ICP备20000750号?")


def test_csv_and_json_forms() -> None:
    """The same fields as columns, and as one array."""
    texts = ("京ICP备13004658号-1A", "=京ICP备1号")
    rows = list(csv.DictReader(io.StringIO(run("number", "--format", "csv", *texts).out)))
    assert [row["valid"] for row in rows] == ["True", "False"]
    assert rows[1]["input"] == "'=京ICP备1号"
    assert [row["input"] for row in run("number", "--format", "json", *texts).json] == list(texts)


def test_lines_from_standard_input() -> None:
    """Windows line ends, a byte order mark, an empty line and bytes that are no UTF-8 are lines like others."""
    ran = run("number", "--format", "jsonl", "-", stdin=b"\xef\xbb\xbf\xe4\xba\xacICP\r\n\n\xff\n")
    assert [row["detail"] for row in ran.jsonl] == ["number.format", "number.empty", "number.unicode"]


@pytest.mark.parametrize("arguments", [("--", "-1A"), ("",)])
def test_awkward_arguments_are_texts(arguments: tuple[str, ...]) -> None:
    """A leading dash and an empty argument are read like any text."""
    ran = run("number", "--format", "jsonl", *arguments)
    assert ran.code == 1
    assert ran.jsonl[0]["input"] == arguments[-1]


def test_all_valid_exits_with_zero() -> None:
    """Nothing to object to."""
    assert run("number", "京ICP备13004658号").code == 0
