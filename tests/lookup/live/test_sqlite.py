"""A live registry in a SQLite file: which files are one, and what happens to them."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from contextlib import closing
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from icpgate import Gate
from icpgate.answer import Found, Unavailable, Why
from icpgate.errors import RegistryFileError, RegistryStoreError
from icpgate.lookup import LookupClient, registry_from_url
from icpgate.lookup.live import sqlite
from icpgate.lookup.live.database import create_database, open_database
from icpgate.lookup.live.records import all_records
from icpgate.lookup.live.sqlite import SqliteDatabase
from icpgate.lookup.snapshotfile import init_registry
from icpgate.testing import FixedClock
from tests.cases import NOW, NUMBER
from tests.lookup.files import by
from tests.lookup.live.made import RECORD, asked, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.lookup.live.database import Connection


def records(connection: Connection) -> int:
    """How many there are."""
    return len(list(all_records(connection)))


def test_files_that_are_no_live_registry(tmp_path: Path) -> None:
    """Missing, a folder, empty, text, another program's, a registry file: each with what to do, without its folder."""
    empty, text, other, snapshot = (tmp_path / name for name in ("empty", "text", "other", "registry.icpdb"))
    empty.touch()
    text.write_text("a text that is long enough to be looked at" * 20)
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (a)")
    init_registry(snapshot)
    places = [(tmp_path / "none", "init"), (empty, "init"), (text, "init"), (other, "init"), (snapshot, "snapshot:")]
    for path, hint in places:
        with pytest.raises(RegistryStoreError) as caught:
            Gate.for_listing(f"sqlite:///{path}")
        assert hint in caught.value.hint
        assert str(tmp_path) not in str(caught.value)
    with pytest.raises(RegistryStoreError, match="not a file"):
        open_database(f"sqlite:///{tmp_path}")
    with pytest.raises(RegistryStoreError, match="not a path"):
        open_database("sqlite:///a\0b")


def test_a_live_registry_is_no_registry_file(tmp_path: Path) -> None:
    """The other way round there is a hint, too."""
    made(f"sqlite:///{tmp_path / 'r.db'}")
    with pytest.raises(RegistryFileError, match="live registry") as caught:
        registry_from_url(f"snapshot:{tmp_path / 'r.db'}")
    assert "sqlite:///PATH" in caught.value.hint


def test_places_where_none_can_be_made(tmp_path: Path) -> None:
    """No folder is made, no file is overwritten, and nothing is left behind."""
    (tmp_path / "there").write_text("somebody's")
    for name, code in (("no/folder.db", "store.open"), ("there", "store.exists"), ("a\0b", "store.open")):
        with pytest.raises(RegistryStoreError) as caught:
            create_database(f"sqlite:///{tmp_path}/{name}", simulated=True)
        assert caught.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_text() == "somebody's"


def test_one_that_could_not_be_made_whole_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a half one nor the room that it was made in."""

    def fill(connection: Connection, name: str) -> None:
        connection.execute("CREATE TABLE t (a)")
        raise LookupError(name)

    with pytest.raises(LookupError, match=r"sqlite:r\.db"):
        sqlite.make_file(str(tmp_path / "r.db"), fill)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(RegistryStoreError, match=r"3\.37 or later is needed"):
        sqlite.make_file(str(tmp_path / "r.db"), fill)


@pytest.mark.skipif(os.name != "posix", reason="permissions are others there")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """Neither the file nor what belongs to it; people's documents are in them."""
    path = tmp_path / "r.db"
    made(f"sqlite:///{path}")
    with closing(open_database(f"sqlite:///{path}")) as database:
        database.write(lambda connection: connection.execute("DELETE FROM record"))
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("r.db", "r.db-wal", "r.db-shm"), 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["r.db"]  # once it is closed


def test_a_commit_is_on_the_disk(tmp_path: Path) -> None:
    """A log, and waiting for the disk at every commit."""
    made(f"sqlite:///{tmp_path / 'r.db'}")
    with closing(open_database(f"sqlite:///{tmp_path / 'r.db'}")) as database:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert database.read(methodcaller("row", f"PRAGMA {pragma}")) == (value,)


def test_a_file_that_takes_its_place_is_used_at_once(tmp_path: Path) -> None:
    """Also by whoever has the old one open; a missing or foreign one is neither yes nor no."""
    path = tmp_path / "r.db"
    made(f"sqlite:///{path}")
    made(f"sqlite:///{tmp_path / 'other.db'}", RECORD)
    with LookupClient(registry_from_url(f"sqlite:///{path}"), clock=FixedClock(NOW)) as client:
        said = [client.look_up(by(NUMBER)).answer]
        (tmp_path / "other.db").replace(path)
        said.append(client.look_up(by(NUMBER)).answer)
        path.unlink()
        said.append(client.look_up(by(NUMBER)).answer)
        init_registry(path)
        said.append(client.look_up(by(NUMBER)).answer)
    whys = [answer.why if isinstance(answer, Unavailable) else type(answer) for answer in said]
    assert whys == [Why.NOT_LISTED, Found, Why.CONNECTION, Why.MALFORMED]


def test_a_newer_file_that_takes_its_place_is_refused(tmp_path: Path) -> None:
    """As it is when it is opened."""
    path, newer = tmp_path / "r.db", tmp_path / "newer.db"
    made(f"sqlite:///{path}", RECORD)
    made(f"sqlite:///{newer}", RECORD)
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("INSERT INTO icpgate_schema VALUES (99)")
        connection.commit()
    with LookupClient(registry_from_url(f"sqlite:///{path}"), clock=FixedClock(NOW)) as client:
        newer.replace(path)
        answer = client.look_up(by(NUMBER)).answer
        assert isinstance(answer, Unavailable)
        assert answer.why is Why.CONFIGURATION


def test_a_connection_of_the_old_file_is_closed_when_it_comes_back(tmp_path: Path) -> None:
    """Its transaction ends on the file that it began on."""
    path = tmp_path / "r.db"
    made(f"sqlite:///{path}", RECORD)
    made(f"sqlite:///{tmp_path / 'other.db'}")
    with closing(SqliteDatabase(str(path))) as database:

        def work(connection: Connection) -> tuple[int, int]:
            before = records(connection)
            (tmp_path / "other.db").replace(path)
            return before, database.read(records)

        assert database.read(work) == (1, 0)
        assert len(database._pool._idle) == 1
        assert database.read(records) == 0


def test_a_writer_that_hangs_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads worse for it."""
    path = tmp_path / "r.db"
    made(f"sqlite:///{path}", RECORD)
    monkeypatch.setattr(sqlite, "WRITE_SECONDS", 0.05)
    with closing(open_database(f"sqlite:///{path}")) as database, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RegistryStoreError) as caught:
            database.write(records)
        assert caught.value.code == "store.busy"
        assert database.read(records) == 1


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    """It is said that it is full."""
    path = tmp_path / "r.db"
    made(f"sqlite:///{path}", RECORD)

    def work(connection: Connection) -> None:
        connection.rows("PRAGMA max_page_count = 1")
        connection.execute("INSERT INTO meta VALUES ('large', ?)", "x" * 1_000_000)

    with closing(open_database(f"sqlite:///{path}")) as database:
        with pytest.raises(RegistryStoreError) as caught:
            database.write(work)
        assert caught.value.code == "store.full"
        assert database.read(records) == 1


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder of ours, in which we are nobody for a while."""
    if os.name != "posix":
        pytest.skip("permissions are others here")
    folder = Path(tempfile.mkdtemp(prefix="icpgate-live-"))
    made(f"sqlite:///{folder / 'r.db'}", RECORD)
    folder.chmod(0o755)
    user = os.geteuid()
    if user == 0:
        os.chown(folder / "r.db", 65534, -1)
    (folder / "r.db").chmod(0o400)
    try:
        if user == 0:
            os.seteuid(65534)
        else:
            folder.chmod(0o555)
        yield folder
    finally:
        if user == 0:
            os.seteuid(0)
        folder.chmod(0o755)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def test_a_file_that_may_not_be_written(nobody: Path) -> None:
    """Its error says whose fault it is, and nothing is left where nobody may clean up."""
    with pytest.raises(RegistryStoreError) as caught:
        open_database(f"sqlite:///{nobody / 'r.db'}")
    assert caught.value.code in {"store.open", "store.read_only"}
    assert "may this user write" in caught.value.hint
    with pytest.raises(RegistryStoreError, match="cannot be made"):
        create_database(f"sqlite:///{nobody / 'new.db'}", simulated=True)


def test_a_damaged_page_is_said_to_be_damaged(tmp_path: Path) -> None:
    """There is nothing to be told from it."""
    path = tmp_path / "r.db"
    made(f"sqlite:///{path}", RECORD)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(len(content) - 4096))
    with pytest.raises(RegistryStoreError) as caught:
        open_database(f"sqlite:///{path}")
    assert caught.value.code == "store.corrupt"
    assert "backup" in caught.value.hint


def test_a_damaged_schema_is_said_to_be_damaged(tmp_path: Path) -> None:
    """Also where SQLite repeats it in a message that is no text."""
    path = tmp_path / "r.db"
    made(f"sqlite:///{path}", RECORD)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"CREATE TABLE record (", b"CREATE TABLE \xee\xeecord ("))
    with pytest.raises(RegistryStoreError) as caught:
        open_database(f"sqlite:///{path}")
    assert caught.value.code == "store.corrupt"


def test_the_usual_record_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a relative path, with any character in it, from wherever the program goes later."""
    monkeypatch.chdir(tmp_path)
    made("sqlite:///备案 %20?#.db", RECORD)
    registry = registry_from_url("sqlite:///备案 %20?#.db")
    monkeypatch.chdir("/")
    assert registry.id == "sqlite:备案 %20?#.db"
    assert isinstance(asked(registry, by(NUMBER))[0].answer, Found)
