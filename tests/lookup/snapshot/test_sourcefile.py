"""What a file to import is, and how its text is encoded."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError, RegistryImportError
from icpgate.lookup.snapshot import sourcefile
from icpgate.lookup.snapshot.sourcefile import identified

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '{"operator": "示例科技"}\n'


def refusal(path: Path, encoding: str | None = None) -> str:
    """What is said about a file that cannot be imported; its place is part of it."""
    with pytest.raises(RegistryImportError) as caught:
        identified(path, "jsonl", encoding)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "form"), [("a.jsonl", "jsonl"), ("a.ndjson", "jsonl"), ("a.csv", "csv"), ("A.CSV", "csv")]
)
def test_the_form_by_the_name(tmp_path: Path, name: str, form: str) -> None:
    """A name that says it is enough."""
    path = tmp_path / name
    path.write_text(TEXT, encoding="utf-8")
    assert identified(path, None, None).form == form


def test_a_stated_form_wins(tmp_path: Path) -> None:
    """The caller knows better than the name."""
    path = tmp_path / "a.csv"
    path.write_text(TEXT, encoding="utf-8")
    assert identified(path, "jsonl", None).form == "jsonl"


@pytest.mark.parametrize(("form", "said"), [(None, "its name does not say"), ("xml", "'xml' is not a form")])
def test_a_form_that_is_none(tmp_path: Path, form: str | None, said: str) -> None:
    """A name without a suffix, a word that is no form."""
    with pytest.raises(ConfigurationError, match=said):
        identified(tmp_path / "export.txt", form, None)


@pytest.mark.parametrize(
    ("written", "stated", "read"),
    [
        ("utf-8", None, "utf-8"),
        ("utf-8-sig", None, "utf-8"),
        ("gb18030", None, "gb18030"),
        ("gb18030", "GBK", "gb18030"),
        ("utf-8", "UTF_8", "utf-8"),
    ],
)
def test_encodings(tmp_path: Path, written: str, stated: str | None, read: str) -> None:
    """UTF-8 with and without a mark, and GB18030, stated or found out."""
    path = tmp_path / "a.jsonl"
    path.write_text(TEXT, encoding=written)
    source = identified(path, None, stated)
    assert source.encoding == read
    with source.text() as text:
        assert text.read() == TEXT


def test_a_found_out_encoding_is_named_in_errors(tmp_path: Path) -> None:
    """A guess is said to be one."""
    path = tmp_path / "a.jsonl"
    path.write_text(TEXT, encoding="gb18030")
    assert str(identified(path, None, None)) == f"{path} (read as gb18030)"
    assert str(identified(path, None, "gb18030")) == str(path)


@pytest.mark.parametrize(("encoding", "said"), [("utf8x", "did you mean utf-8"), ("latin1", "convert it to UTF-8")])
def test_encodings_that_are_not_read(tmp_path: Path, encoding: str, said: str) -> None:
    """The nearest right one is named."""
    path = tmp_path / "a.jsonl"
    path.write_text(TEXT, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        identified(path, None, encoding)


@pytest.mark.parametrize(
    ("encoding", "said"), [(None, "is not utf-8, and the file is not GB18030 either"), ("utf-8", "0xFF is not utf-8")]
)
def test_bytes_that_are_no_text(tmp_path: Path, encoding: str | None, said: str) -> None:
    """The line of the first of them is the place, also far into the file."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(TEXT.encode() * 70_000 + b'{"operator": "\xff\xff"}\n')
    assert f"{path}:70001: " in refusal(path, encoding)
    assert said in refusal(path, encoding)


def test_half_a_character_at_the_end(tmp_path: Path) -> None:
    """A file that was cut in the middle of a character is cut."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(TEXT.encode() + "示".encode()[:2])
    assert ":2: byte 0xE7 is not utf-8" in refusal(path, "utf-8")


def test_a_character_over_a_chunk_s_edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are no lines and no characters."""
    monkeypatch.setattr(sourcefile, "_CHUNK", 7)
    path = tmp_path / "a.jsonl"
    path.write_text(TEXT * 3, encoding="utf-8")
    assert identified(path, None, None).encoding == "utf-8"
    path.write_bytes(TEXT.encode() * 3 + b"\n\n\xff")
    assert f"{path}:6: byte 0xFF" in refusal(path)


@pytest.mark.parametrize("encoding", [None, "utf-8", "gb18030"])
def test_a_nul_byte(tmp_path: Path, encoding: str | None) -> None:
    """Named with its line, whatever the encoding."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n{}\n\0\n")
    assert f"{path}:3: a NUL byte" in refusal(path, encoding)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (TEXT.encode("utf-16"), "UTF-16"),
        ("\ufeff{}".encode("utf-16-be"), "UTF-16"),
        (gzip.compress(TEXT.encode(), mtime=0), "compressed with gzip"),
        (b"PK\x03\x04", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"PAR1", "Parquet"),
        (b"SQLite format 3\0", "a SQLite database"),
    ],
)
def test_foreign_files_are_recognised(tmp_path: Path, content: bytes, said: str) -> None:
    """What the file is, and what to do with it."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    assert said in refusal(path)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file(tmp_path: Path, kind: str) -> None:
    """Nothing waits for a pipe."""
    path = tmp_path / "a.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    assert "not a file" in refusal(path) if kind == "pipe" else "cannot be read" in refusal(path)


def test_a_path_that_is_none() -> None:
    """A NUL byte stands in no path."""
    with pytest.raises(RegistryImportError, match="not a path"):
        identified("a\0.jsonl", None, None)
