"""The level in a file while everything about it fails: the file, the disk, other processes, our own."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest

from icpgate.errors import ConfigurationError
from icpgate.lookup.cache.encoding import MAX_BLOB, decode, encode
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.cache.sqlite_file import _ABANDONED
from icpgate.lookup.steps import Count, Drop, GetMany, Lock, PutMany, StoredEntry, Take
from tests.lookup.cache.test_encoding import QUERY, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOON = 5.0
"""Seconds. A tenth is promised; what is asserted is that nothing hangs on a busy machine."""

PATIENT = 5.0
TAKE = Take("registry", 1.0, 1, "2026-11-24", 10, 3_600.0, 5.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cache is; with everything in its name that a URL could stumble over."""
    return tmp_path / "a cache 100%?#.db"


@pytest.fixture
def level(path: Path) -> Iterator[SqliteLevel]:
    """A level that waits for nobody for long and tries again soon."""
    level = SqliteLevel(path, pause=0.05)
    yield level
    level.close()


def kept(key: str = "k", blob: bytes = b"blob", observed: int = 1_000, **other: str) -> StoredEntry:
    """An entry to be kept for a minute."""
    return StoredEntry(key, blob, observed, 60.0, **other)


def put(level: SqliteLevel, *entries: StoredEntry) -> None:
    """Hand entries to it, by default one."""
    assert level.perform(PutMany(entries or (kept(),))) is None


def get(level: SqliteLevel, key: str = "k") -> object:
    """What it has; "gone" while it is gone."""
    value = level.perform(GetMany((key,)))
    return value[0] if isinstance(value, tuple) else "gone"


def works(level: SqliteLevel) -> bool:
    """Whether it keeps what it is given."""
    put(level)
    return get(level) == b"blob"


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true within a few seconds."""
    end = time.monotonic() + 10
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def change(path: Path, *statements: str) -> None:
    """Change the file as somebody else would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for statement in statements:
            other.execute(statement)


def beside(path: Path) -> set[str]:
    """The files that belong to it, by their endings."""
    return {file.name.removeprefix(path.name) for file in path.parent.iterdir()}


def test_only_its_owner_may_read_it(level: SqliteLevel, path: Path) -> None:
    """The file and those beside it, whatever the process lets others do with new files."""
    put(level)
    assert beside(path) == {"", "-wal", "-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_it_stays_when_it_is_closed(path: Path) -> None:
    """The next process finds what this one kept, in one file."""
    first = SqliteLevel(path)
    put(first)
    first.close()
    assert beside(path) == {""}
    second = SqliteLevel(path)
    assert get(second) == b"blob"
    second.close()


SPOILED: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("notes\n" * 1_000),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "short": lambda path: path.write_bytes(path.read_bytes()[:50]),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "header": lambda path: path.write_bytes(b"\x00" * 100 + path.read_bytes()[100:]),
    "schema": lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * 3_996 + path.read_bytes()[4_096:]),
    "pages": lambda path: path.write_bytes(path.read_bytes()[:4_096] + b"\xa5" * (path.stat().st_size - 4_096)),
    "another format": lambda path: change(path, "PRAGMA user_version=99"),
    "no table": lambda path: change(path, "DROP TABLE entry"),
    "another table": lambda path: change(path, "DROP TABLE entry", "CREATE TABLE entry (key, blob)"),
    "a table that is full": lambda path: change(
        path, "DROP TABLE lock", "CREATE TABLE lock (key, token, expires, x NOT NULL)"
    ),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_file_is_made_anew(path: Path, spoil: Callable[[Path], object]) -> None:
    """Nothing in it is believed, nobody is told by an exception, and it works at once."""
    first = SqliteLevel(path)
    put(first, *(kept(f"k{number}", b"x" * 500) for number in range(100)))
    first.close()
    spoil(path)
    level = SqliteLevel(path, timeout=PATIENT, pause=0.01)
    assert get(level) in {None, "gone"}
    assert eventually(lambda: works(level) and bool(level.perform(Lock("k", 5.0))) and level.perform(TAKE) is not None)
    level.close()


SPOILED_WHILE_OPEN: dict[str, Callable[[Path], object]] = SPOILED | {
    "removed": lambda path: path.unlink(),
    "removed with all that is beside it": lambda path: [file.unlink() for file in path.parent.iterdir()],
    "replaced": lambda path: (path.with_name("new").write_text("notes"), path.with_name("new").replace(path)),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("spoil", SPOILED_WHILE_OPEN.values(), ids=SPOILED_WHILE_OPEN)
def test_a_file_that_is_spoiled_while_it_is_open(
    level: SqliteLevel, path: Path, spoil: Callable[[Path], object]
) -> None:
    """Whatever is got is what was put, or nothing; and soon it works again."""
    put(level, *(kept(f"k{number}", b"x" * 500) for number in range(100)))
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(path)
    assert {get(level, f"k{number}") for number in range(100)} <= {b"x" * 500, None, "gone"}
    put(level)
    if path.is_dir():
        path.rmdir()
    assert eventually(lambda: works(level))


def test_what_may_be_somebodys_is_moved_aside(path: Path) -> None:
    """And never over another one; when there are too many, nothing is moved and the level is without effect."""
    for number in range(1, 6):
        path.write_text(f"notes {number}")
        SqliteLevel(path).close()
        assert path.with_name(f"{path.name}.damaged-{number}").read_text() == f"notes {number}"
        path.unlink()
    path.write_text("notes 6")
    level = SqliteLevel(path)
    assert get(level) == "gone"
    level.close()
    assert path.read_text() == "notes 6"


def test_what_was_ours_is_not_kept(level: SqliteLevel, path: Path) -> None:
    """A cache that was spoiled while it was open leaves nothing behind."""
    put(level)
    change(path, "DROP TABLE entry")
    assert works(level)
    assert beside(path) == {"", "-wal", "-shm"}


def test_another_programs_database_is_left_alone(path: Path) -> None:
    """Whoever names it is told; nothing in it is touched."""
    change(path, "CREATE TABLE customers (name)", "INSERT INTO customers VALUES ('x')")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="is another program's database"):
        SqliteLevel(path)
    assert path.read_bytes() == before
    assert beside(path) == {""}


def test_another_programs_database_in_our_place(level: SqliteLevel, path: Path) -> None:
    """Nor when it comes later: the level is without effect."""
    other = path.with_name("other")
    change(other, "CREATE TABLE customers (name)", "PRAGMA application_id=7")
    before = other.read_bytes()
    other.replace(path)
    assert get(level) == "gone"
    assert get(level) == "gone"
    assert path.read_bytes() == before


def test_two_levels_that_find_it_spoiled(path: Path) -> None:
    """They end up with the same file."""
    one, two = SqliteLevel(path, pause=0.01), SqliteLevel(path, pause=0.01)
    put(one)
    assert get(two) == b"blob"
    change(path, "DROP TABLE entry")
    assert eventually(lambda: works(one))
    assert eventually(lambda: works(two))
    put(one, kept("again"))
    assert get(two, "again") == b"blob"
    one.close()
    two.close()


@pytest.mark.parametrize(
    "place", ["", ".", "missing/cache.db", "a\x00b", "x" * 300], ids=["nothing", "folder", "no folder", "NUL", "long"]
)
def test_paths_that_are_none(tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is told, without the path."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="needs a path"):
        SqliteLevel(place)


@pytest.mark.parametrize("path", [3, None, b"cache.db"])
def test_paths_of_another_type(path: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are none, bytes included."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="needs a path"):
        SqliteLevel(path)  # type: ignore[arg-type]  # the mistake


def test_too_small() -> None:
    """Less than a megabyte is no cache."""
    with pytest.raises(ConfigurationError, match="at least 1,048,576"):
        SqliteLevel("cache.db", max_bytes=1_000)


def test_a_link_leads_to_the_file(path: Path, tmp_path: Path) -> None:
    """What is made anew is the file, not the link."""
    link = tmp_path / "link.db"
    link.symlink_to(path)
    path.write_text("notes")
    level = SqliteLevel(link)
    assert works(level)
    level.close()
    assert link.is_symlink()
    assert path.with_name(f"{path.name}.damaged-1").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="a folder in which not even root can make a file")
def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    """The level is without effect, and waits for nothing."""
    link = tmp_path / "cache.db"
    link.symlink_to("/proc/cache.db")
    level = SqliteLevel(link, pause=30)
    assert [get(level) for _ in range(3)] == ["gone"] * 3
    put(level)
    assert level.perform(Lock("k", 1.0)) == ""
    assert level.failures == 1
    level.close()


def test_a_pipe_is_no_file(path: Path) -> None:
    """Opening it would wait for somebody to write into it."""
    os.mkfifo(path)
    level = SqliteLevel(path)
    assert get(level) == "gone"
    level.close()


def test_somebody_else_writes_for_long(level: SqliteLevel, path: Path) -> None:
    """What is there is still got; what cannot be put is waited for once."""
    put(level)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert get(level) == b"blob"
        begin = time.monotonic()
        put(level, kept("another"))
        assert level.perform(Lock("k", 1.0)) == ""
        assert time.monotonic() - begin < SOON
        assert level.failures == 1
        other.execute("COMMIT")
    assert eventually(lambda: works(level))
    assert get(level, "another") is None


def test_somebody_else_has_it_for_himself(path: Path) -> None:
    """Nothing can be read; everybody leaves after a moment, and then at once."""
    SqliteLevel(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        begin = time.monotonic()
        level = SqliteLevel(path, pause=0.05)
        assert get(level) == "gone"
        assert time.monotonic() - begin < SOON
        begin = time.monotonic()
        threads = [threading.Thread(target=get, args=(level,)) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert time.monotonic() - begin < SOON
    assert eventually(lambda: works(level))
    level.close()


def test_threads_wait_for_one_another_so_long_and_no_longer(level: SqliteLevel) -> None:
    """It is no failure of the file."""
    put(level)
    with level._lock:
        assert get(level) == "gone"
    assert get(level) == b"blob"
    assert level.failures == 0


def test_who_waited_for_one_that_failed_leaves(path: Path) -> None:
    """Nobody waits a second time for the same."""
    level = SqliteLevel(path, timeout=PATIENT, pause=30)
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.append(get(level)))
    with level._lock:
        waiting.start()
        time.sleep(0.05)
        level._all.failed(level._all.admits(), "test")
    waiting.join()
    assert found == ["gone"]
    level.close()


FULL = """
import resource, sys, time
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.steps import GetMany, Lock, PutMany, StoredEntry
level = SqliteLevel(sys.argv[1], pause=0.05)
entries = [StoredEntry(f"k{n}", b"x" * 4_000, 1_000, 60.0) for n in range(300)]
level.perform(PutMany(tuple(entries[:10])))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
for entry in entries[:100]:
    level.perform(PutMany((entry,)))
    found = level.perform(GetMany(("k1",)))
    assert found in (None, (None,), (b"x" * 4_000,)), found
    time.sleep(0.001)
assert level.failures > 0
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
until = time.monotonic() + 20
while level.perform(GetMany(("k1",))) != (b"x" * 4_000,) and time.monotonic() < until:
    level.perform(PutMany(tuple(entries[:10])))
    time.sleep(0.01)
print(level.perform(GetMany(("k1",))) == (b"x" * 4_000,))
level.close()
"""


def test_a_full_disk(path: Path) -> None:
    """Nobody is told by an exception, nothing wrong is read, and afterwards it works again."""
    ran = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False, timeout=60)
    assert (ran.stdout, ran.stderr) == ("True\n", "")


def test_it_stays_as_small_as_it_was_told(path: Path) -> None:
    """What is soonest of no use leaves; what was put last is there."""
    level = SqliteLevel(path, max_bytes=1 << 20, timeout=PATIENT)
    for number in range(3_000):
        put(level, StoredEntry(f"k{number}", b"x" * 1_000, 1_000, 60.0 + number))
    assert path.stat().st_size <= 1 << 20
    assert get(level, "k2999") == b"x" * 1_000
    assert get(level, "k0") is None
    assert level.failures == 0
    level.close()


def test_more_at_once_than_it_may_hold(path: Path) -> None:
    """Room is made, and the next entries are kept."""
    level = SqliteLevel(path, max_bytes=1 << 20, timeout=PATIENT)
    put(level, *(kept(f"k{number}", b"x" * MAX_BLOB) for number in range(40)))
    assert works(level)
    put(level, *(kept(f"k{number}", b"x" * MAX_BLOB) for number in range(10)))
    put(level, *(kept(f"l{number}", b"x" * MAX_BLOB) for number in range(10)))
    assert works(level)
    assert path.stat().st_size <= 1 << 20
    assert level.failures == 0
    level.close()


def test_a_disk_that_is_full_is_still_read_from(level: SqliteLevel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing ends for a while, reading goes on."""
    put(level)
    monkeypatch.setattr(level, "_made_room", lambda: False)
    database = level._file.connection()
    database.execute("PRAGMA max_page_count=1").fetchall()
    database.execute("PRAGMA cache_size=0")
    put(level, *(kept(f"k{number}", b"x" * MAX_BLOB) for number in range(200)))
    assert level.failures == 1
    assert get(level) == b"blob"
    assert level.perform(Lock("k", 1.0)) == ""
    level._file.close()
    assert eventually(lambda: bool(level.perform(Lock("k", 1.0))))


def test_room_that_cannot_be_made(level: SqliteLevel, path: Path) -> None:
    """Then it is the disk."""
    put(level)
    level._file.close()
    path.unlink()
    path.mkdir()
    assert not level._made_room()
    path.rmdir()


def test_what_has_expired_leaves_by_and_by(level: SqliteLevel, path: Path) -> None:
    """Entries, locks and counts that nobody can use any more."""
    put(level, *(StoredEntry(f"k{number}", b"x", 1, 0.01) for number in range(100)))
    level.perform(Lock("k", 0.01))
    change(path, "INSERT INTO quota VALUES (x'61', '2020-01-01', 5, 1)")
    time.sleep(0.02)
    for number in range(10):
        put(level, kept(f"new{number}"))
    level.perform(TAKE)
    with closing(sqlite3.connect(path)) as other:
        counts = [other.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("entry", "lock", "quota")]  # noqa: S608 -- our own names
    assert counts == [10, 0, 1]


TAMPERED = {
    "text": "UPDATE entry SET blob = 'text'",
    "half a text": "UPDATE entry SET blob = CAST(x'ff00ff' AS TEXT)",
    "a number": "UPDATE entry SET blob = 7",
    "much": "UPDATE entry SET blob = zeroblob(655360)",
    "expired long ago": "UPDATE entry SET expires = -1",
    "expires never": "UPDATE entry SET expires = 'never', blob = 7",
    "observed in words": "UPDATE entry SET observed = 'yesterday', blob = 7",
    "observed next year": "UPDATE entry SET observed = 9000000000000000000, blob = 7",
    "keys in words": "UPDATE entry SET key = 'k'",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED)
def test_rows_that_somebody_changed(level: SqliteLevel, path: Path, statement: str) -> None:
    """They are misses, and the next entry takes their place."""
    put(level)
    change(path, statement)
    assert get(level) is None
    assert works(level)
    assert level.failures == 0


def test_limits_and_locks_that_somebody_changed(level: SqliteLevel, path: Path) -> None:
    """What is no number is none; what a clock made that was set back since is begun anew."""
    change(
        path,
        "INSERT INTO rate VALUES (CAST('registry' AS BLOB), 'soon')",
        "INSERT INTO quota VALUES (CAST('registry' AS BLOB), '2026-11-24', 'many', 9e18)",
        "INSERT INTO lock VALUES (CAST('k' AS BLOB), 'token', 9000000000000000000)",
    )
    assert level.perform(TAKE) == (0, 9)
    change(path, "UPDATE rate SET due = 9000000000000000000")
    assert level.perform(TAKE) == (0, 8)
    assert level.perform(Lock("k", 5.0))


def test_a_child_has_a_file_of_its_own(path: Path) -> None:
    """After a fork, also one in the middle of what another thread does."""
    level = SqliteLevel(path, timeout=PATIENT)
    put(level)
    with level._lock:
        child = os.fork()
        if not child:  # pragma: no cover -- what a child does is not measured
            put(level, kept("from the child"))
            os._exit(0 if get(level) == b"blob" and level.failures == 0 else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert get(level, "from the child") == b"blob"
    assert works(level)
    level.close()


def test_what_is_made_anew_in_a_child(level: SqliteLevel) -> None:
    """The lock, and the connection, which is left open: it is the parent's."""
    put(level)
    theirs = level._file.connection()
    level._lock.acquire()
    level.renew_after_fork()
    level.renew_after_fork()
    assert get(level) == b"blob"
    assert theirs.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    _ABANDONED.remove(theirs)
    theirs.close()


def test_somebody_else_is_just_opening_it(path: Path) -> None:
    """Then the file is used as it is, until it is opened the next time."""
    SqliteLevel(path).close()
    change(path, "PRAGMA journal_mode=DELETE")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM entry").fetchall()
        level = SqliteLevel(path, pause=0.01)
        assert get(level) is None
        other.execute("COMMIT")
    assert eventually(lambda: works(level))
    level.close()


WRITER = """
import sys
from tests.lookup.cache.test_encoding import entry
from icpgate.lookup.cache.encoding import stored
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.steps import Count, Drop, PutMany
level = SqliteLevel(sys.argv[1])
kept = entry()
print("begun", flush=True)
for turn in range(10**9):
    level.perform(PutMany(tuple(stored(kept, f"k{turn % 50}-{n}", 60.0, None) for n in range(20))))
    if turn % 7 == 0:
        level.perform(Drop(before=1))
"""


def test_killed_while_it_writes(path: Path) -> None:
    """Whatever is read afterwards is what was written, or nothing."""
    level = SqliteLevel(path, timeout=PATIENT)
    mine = entry()
    found = 0
    for turn in range(4):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"begun\n"
            time.sleep(0.02 + turn * 0.013)
            writer.send_signal(signal.SIGKILL)
        blobs = level.perform(GetMany(tuple(f"k{turn}-{n}" for turn in range(50) for n in range(20))))
        for blob in cast("tuple[bytes | None, ...]", blobs):
            if blob is not None:
                assert decode(blob, QUERY, "r", secret=None) == mine
                found += 1
    assert found
    assert works(level)
    assert level.failures == 0
    level.close()


def test_a_copy_of_the_file(level: SqliteLevel, path: Path, tmp_path: Path) -> None:
    """A backup in the place of the original is used from the next step on."""
    blob = encode(entry(), None)
    put(level, kept(blob=blob))
    change(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "copy"
    shutil.copy(path, copy)
    put(level, kept("later"))
    for file in ("-wal", "-shm"):
        path.with_name(path.name + file).unlink()
    copy.replace(path)
    assert get(level, "later") is None
    assert get(level) == blob
    assert level.failures == 0


def test_dropping_while_it_is_gone(level: SqliteLevel, path: Path) -> None:
    """None says that nobody knows."""
    put(level, *(kept(f"k{number}") for number in range(10)))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert level.perform(Drop()) is None
        assert level.perform(Drop(key="k")) is None
        assert level.perform(Drop()) is None
        assert level.perform(Count()) is None
