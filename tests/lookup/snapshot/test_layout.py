"""How a whole registry file is told from any other file."""

from __future__ import annotations

import gzip
import os
import random
import sqlite3
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import RegistryFileError
from icpgate.lookup.snapshot import layout
from icpgate.lookup.snapshot.layout import closing_line, verified
from tests.lookup.files import imported, row

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A whole registry file with one record."""
    path = tmp_path / "registry.icpdb"
    imported(path, row())
    return path


def refusal(path: Path) -> RegistryFileError:
    """The error of a file that is none; it names the file."""
    with pytest.raises(RegistryFileError) as caught:
        verified(str(path))
    assert str(path) in str(caught.value)
    return caught.value


def test_a_whole_file_is_verified(registry: Path) -> None:
    """Its digest is that of its database."""
    seal = verified(str(registry))
    assert registry.read_bytes()[-112:] == closing_line(seal.digest, seal.identity.size - 112)


def test_every_prefix_is_refused(registry: Path, tmp_path: Path) -> None:
    """A file that was cut anywhere, from nothing to all but its last byte."""
    whole = registry.read_bytes()
    cut = tmp_path / "cut.icpdb"
    cut.write_bytes(whole)
    for length in range(len(whole) - 1, -1, -1):
        os.truncate(cut, length)
        assert refusal(cut).code in {"snapshot.truncated", "snapshot.format"}


def test_bytes_behind_the_end_are_refused(registry: Path) -> None:
    """A file is closed by its last line."""
    with registry.open("ab") as file:
        file.write(b"\n")
    assert refusal(registry).code == "snapshot.truncated"


def test_every_flipped_bit_is_refused(registry: Path) -> None:
    """Six hundred of them, over the whole file."""
    whole = registry.read_bytes()
    chosen = random.Random(6)  # noqa: S311 -- a repeatable choice
    for _ in range(600):
        damaged = bytearray(whole)
        damaged[chosen.randrange(len(whole))] ^= 1 << chosen.randrange(8)
        registry.write_bytes(damaged)
        refusal(registry)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"SQLite", "cut off after 6 bytes"),
        (random.Random(1).randbytes(5_000), "not a registry file"),  # noqa: S311 -- repeatable
        (b'{"registration_number": "x"}\n', "not a registry file, but JSON"),
        (gzip.compress(b"x", mtime=0), "not a registry file, but gzip"),
        (b"PK\x03\x04rest", "Excel workbook"),
    ],
)
def test_foreign_files_are_recognised(tmp_path: Path, content: bytes, said: str) -> None:
    """What the file is instead is named where it can be told."""
    path = tmp_path / "foreign.icpdb"
    path.write_bytes(content)
    assert said in str(refusal(path))


def test_another_programs_database(tmp_path: Path) -> None:
    """SQLite alone makes no registry."""
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE record (number TEXT)")
    connection.commit()
    connection.close()
    assert "another program's SQLite database" in str(refusal(path))


@pytest.mark.parametrize(("version", "code"), [(3, "snapshot.newer"), (0, "snapshot.format")])
def test_other_versions(registry: Path, version: int, code: str) -> None:
    """A newer format is named with what this release reads, before anything else of it is judged."""
    damaged = bytearray(registry.read_bytes())
    damaged[60:64] = version.to_bytes(4, "big")
    registry.write_bytes(damaged)
    error = refusal(registry)
    assert error.code == code
    if version == 3:
        assert "format 3; this release reads 1" in str(error)


def test_what_sqlite_changed_is_another_file(registry: Path) -> None:
    """Who edits a registry with SQLite has made a file that nobody closed."""
    connection = sqlite3.connect(registry)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    assert refusal(registry).code in {"snapshot.truncated", "snapshot.corrupt"}


def test_a_file_of_many_gigabytes_is_not_read(registry: Path) -> None:
    """Its size is judged before its bytes."""
    os.truncate(registry, 20 << 30)
    assert refusal(registry).code == "snapshot.too_large"


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "device"])
def test_what_is_no_file(tmp_path: Path, kind: str) -> None:
    """Nothing waits for a pipe, nothing reads a device to its end."""
    path = tmp_path / "thing.icpdb"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    assert refusal(path).code == "snapshot.open"


def test_a_path_that_is_none() -> None:
    """A NUL byte stands in no path."""
    with pytest.raises(RegistryFileError, match="not a path"):
        verified("a\0b")


def test_a_link_is_followed_for_reading(registry: Path, tmp_path: Path) -> None:
    """Volumes are often swapped by a link."""
    link = tmp_path / "link.icpdb"
    link.symlink_to(registry)
    assert verified(str(link)) == verified(str(registry))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_file_without_permission(registry: Path) -> None:
    """The cause is the system's own."""
    os.seteuid(65534)
    try:
        error = refusal(registry)
    finally:
        os.seteuid(0)
    assert error.code == "snapshot.open"
    assert "Permission denied" in error.message


def test_the_closing_line_has_one_length() -> None:
    """Readers find it by its length."""
    assert len(closing_line("0" * 64, 0)) == len(closing_line("f" * 64, layout.MAX_BYTES)) == 112
