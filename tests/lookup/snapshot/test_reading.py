"""A verified registry file, open for look-ups."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import RegistryFileError
from icpgate.lookup.snapshot.reading import RegistryFile
from icpgate.number import parse
from tests.cases import DOCUMENT, NUMBER
from tests.lookup.files import MISSING, OTHER, YESTERDAY, close_anew, imported, row

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A registry of two records."""
    path = tmp_path / "a registry 100%?#.icpdb"
    imported(path, row(), row(OTHER, domains=[]))
    return path


def forged(path: Path, *statements: str) -> None:
    """Change the file with SQLite, and close it anew as an attacker would, who can compute a digest."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 112)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    close_anew(path, path.read_bytes())


def test_it_says_what_it_is(path: Path) -> None:
    """Records, fields, imports and sources, by a path with all kinds of characters."""
    with closing(RegistryFile(str(path))) as file:
        assert (file.about.records, file.about.generation, file.about.simulated) == (2, 1, False)
        assert {"operator", "domains"} <= file.about.contains
        assert file.sources == ("test export",)
        [only] = file.imports
        assert (only.observed_at, only.source, only.authoritative, only.rows) == (YESTERDAY, "test export", True, 2)
        assert file.span() == (YESTERDAY, YESTERDAY)


def test_look_ups(path: Path) -> None:
    """By number exactly; by the other keys what may have them."""
    with closing(RegistryFile(str(path))) as file:
        record = file.find(parse(NUMBER))
        assert record is not None
        assert file.find(parse(MISSING)) is None
        assert file.by_document(DOCUMENT, "com.sig.wameiji") == tuple(file.records())
        assert file.by_domain("api.example.cn") == (record,)
        assert file.has_services(parse("蜀ICP备2021014694号"))
        assert not file.has_services(parse("蜀ICP备2021014695号"))
        assert [r.registration_number.canonical for r in file.records()] == [OTHER, NUMBER]


def test_a_record_does_not_carry_what_somebody_typed(path: Path) -> None:
    """Asked with a repaired number, the record has its own."""
    with closing(RegistryFile(str(path))) as file:
        record = file.find(parse("川ICP备 2021014694号－10a"))
    assert record is not None
    assert record.registration_number.canonical == NUMBER
    assert record.registration_number.repairs == ()


def test_a_longer_entity_is_no_service(tmp_path: Path) -> None:
    """The services of an entity begin with its number and a dash, not with its digits."""
    path = tmp_path / "registry.icpdb"
    imported(path, row("粤B2-200900591-5", kind=None))
    with closing(RegistryFile(str(path))) as file:
        assert not file.has_services(parse("粤B2-20090059"))
        assert file.has_services(parse("粤B2-200900591"))


@pytest.mark.parametrize(
    ("statements", "code", "said"),
    [
        (["CREATE VIEW mine AS SELECT 1"], "snapshot.corrupt", "its tables"),
        (
            ["CREATE TRIGGER t AFTER INSERT ON about BEGIN DELETE FROM record; END"],
            "snapshot.corrupt",
            "its tables",
        ),
        (
            ["ALTER TABLE record RENAME TO r", "CREATE VIEW record AS SELECT * FROM r"],
            "snapshot.corrupt",
            "its tables",
        ),
        (["DROP TABLE finder"], "snapshot.corrupt", "its tables"),
        (["DELETE FROM record WHERE number LIKE '京%'"], "snapshot.count", "states 2 records and has 1"),
        (["UPDATE about SET value = '1' WHERE name = 'records'"], "snapshot.count", "states 1 records and has 2"),
        (["DELETE FROM about WHERE name = 'simulated'"], "snapshot.corrupt", "what it says of itself"),
        (["UPDATE about SET value = 'no' WHERE name = 'simulated'"], "snapshot.corrupt", "what it says of itself"),
        (["UPDATE about SET value = '99999' || value WHERE name = 'created'"], "snapshot.corrupt", "what it says"),
        (["UPDATE source SET id = 7"], "snapshot.corrupt", "what it says of itself"),
        (["UPDATE import SET scope = 'everything'"], "snapshot.corrupt", "what it says of itself"),
    ],
)
def test_a_forged_file_is_refused(path: Path, statements: list[str], code: str, said: str) -> None:
    """A right digest over wrong content: other tables, other counts, a description that cannot be read."""
    forged(path, *statements)
    with pytest.raises(RegistryFileError) as caught:
        RegistryFile(str(path))
    assert caught.value.code == code
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET body = replace(body, 'xa', 'ra')",
        "UPDATE record SET observed_at = observed_at + 86400000000",
        "UPDATE source SET name = 'the ministry'",
        "UPDATE record SET number = '京2026999999-1A' WHERE number = '蜀2021014694-10A'",
    ],
)
def test_a_forged_row_is_refused(tmp_path: Path, statement: str) -> None:
    """No status, moment, source or number is read that its row was not written with."""
    path = tmp_path / "registry.icpdb"
    imported(path, row(status="cancelled"))
    forged(path, statement)
    with closing(RegistryFile(str(path))) as file, pytest.raises(RegistryFileError, match="not as it was written"):
        list(file.records())


def test_a_page_that_is_no_page(path: Path) -> None:
    """What SQLite says about a broken file becomes our error, with the file's name."""
    damaged = bytearray(path.read_bytes()[:-112])
    for page in range(1, len(damaged) // 4096):
        damaged[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    close_anew(path, bytes(damaged))
    with pytest.raises(RegistryFileError, match="cannot be read") as caught:
        RegistryFile(str(path))
    assert caught.value.code == "snapshot.corrupt"


def test_files_that_sqlite_keeps_beside_a_database_are_not_read(path: Path) -> None:
    """A journal or WAL of somebody else changes nothing in an immutable file."""
    for suffix in ("-wal", "-journal", "-shm"):
        path.with_name(path.name + suffix).write_bytes(os.urandom(4_096))
    with closing(RegistryFile(str(path))) as file:
        assert file.find(parse(NUMBER)) is not None


def test_nothing_can_be_written(path: Path) -> None:
    """Not even by ourselves."""
    with closing(RegistryFile(str(path))) as file, pytest.raises(RegistryFileError, match="SQLITE_READONLY"):
        file._rows("DELETE FROM record")


def test_the_folder_may_change(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative path means the folder in which the registry was opened."""
    monkeypatch.chdir(tmp_path)
    with closing(RegistryFile(path.name)) as file:
        file._pool.idle.get().close()
        monkeypatch.chdir("/")
        assert file.find(parse(NUMBER)) is not None


def test_after_a_replacement_open_connections_serve_on(path: Path) -> None:
    """A new one is not opened to another file."""
    file = RegistryFile(str(path))
    imported(path, row(status="cancelled"), replace=True)
    record = file.find(parse(NUMBER))
    assert record is not None
    assert record.status.value == "registered"
    borrowed = file._pool.idle.get()
    file._pool.opened = 0
    with pytest.raises(RegistryFileError, match="has been replaced") as caught:
        file.find(parse(NUMBER))
    assert caught.value.code == "snapshot.open"
    file._pool.idle.put(borrowed)
    file.close()


def test_closing_closes_what_is_given_back_later(path: Path) -> None:
    """A look-up under way ends; nothing stays open behind it."""
    file = RegistryFile(str(path))
    connection = file._take()
    file.close()
    file.close()
    file._pool.idle.put(connection)
    file.find(parse(NUMBER))
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
    with pytest.raises(RegistryFileError):
        file.find(parse(NUMBER))


def test_another_process_has_its_own_connections(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent's are neither used nor closed."""
    file = RegistryFile(str(path))
    parents = file._pool
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert file.find(parse(NUMBER)) is not None
    assert file._pool is not parents
    file.close()
    assert file._inherited == [parents]
    parents.idle.get_nowait().close()


def test_a_file_that_vanishes_while_it_is_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verified and gone: nobody can say, and nothing stays open."""
    monkeypatch.setattr(RegistryFile, "identity_there", lambda _: None)
    with pytest.raises(RegistryFileError, match="has been replaced"):
        RegistryFile(str(path))


def test_a_path_that_sqlite_cannot_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a free descriptor there is no new connection."""

    def fail(*_: object, **__: object) -> sqlite3.Connection:
        message = "unable to open database file"
        raise sqlite3.OperationalError(message)

    with closing(RegistryFile(str(path))) as file:
        monkeypatch.setattr(sqlite3, "connect", fail)
        assert file._another() is None
        assert file.find(parse(NUMBER)) is not None
