"""One writer at a time, and all or nothing on the disk."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError, OutputError, RegistryFileError
from icpgate.lookup.snapshot.layout import verified
from icpgate.lookup.snapshot.storage import Workspace, exclusive, storage_errors
from icpgate.lookup.snapshotfile import import_records, init_registry
from tests.cases import NOW
from tests.lookup.files import CLOCK, YESTERDAY, imported, row, rows_at

if TYPE_CHECKING:
    from pathlib import Path


def around(path: Path) -> list[str]:
    """What stands in the folder besides the files to import."""
    return sorted(other.name for other in path.parent.iterdir() if other.suffix != ".jsonl")


def test_nothing_is_left_beside_the_registry(tmp_path: Path) -> None:
    """Neither drafts nor the lock."""
    path = tmp_path / "registry.icpdb"
    init_registry(path)
    imported(path, row())
    assert around(path) == ["registry.icpdb"]


def test_permissions_are_those_of_new_files_and_then_stay(tmp_path: Path) -> None:
    """The umask decides on a new registry; a changed mode survives the next import."""
    path = tmp_path / "registry.icpdb"
    before = os.umask(0o027)
    try:
        init_registry(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o600)
        imported(path, row())
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder"])
def test_targets_that_are_no_file(tmp_path: Path, kind: str) -> None:
    """A link would be replaced by a file, and whoever follows it would not see it."""
    path = tmp_path / "registry.icpdb"
    if kind == "link":
        (tmp_path / "real.icpdb").touch()
        path.symlink_to("real.icpdb")
    elif kind == "dangling":
        path.symlink_to("nowhere")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(RegistryFileError, match="not a file"):
        imported(path, row())
    with pytest.raises(RegistryFileError, match="not a file"):
        init_registry(path)


@pytest.mark.parametrize("path", ["", ".", "/"])
def test_paths_that_name_no_file(path: str) -> None:
    """A registry needs a name."""
    with pytest.raises((ConfigurationError, RegistryFileError)):
        init_registry(path)


@pytest.mark.parametrize("path", ["a\0b", "missing/registry.icpdb", "file/registry.icpdb"])
def test_folders_that_are_none(tmp_path: Path, path: str) -> None:
    """The error says that nothing could be written, and where."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as caught:
        init_registry(tmp_path / path)
    assert caught.value.code == "registry.write"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    """The cause is the system's own."""
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if stat.S_IMODE(folder.stat().st_mode) == 0o700:
            folder.chmod(0o711)
    os.seteuid(65534)
    try:
        with pytest.raises(OutputError, match="Permission denied"):
            init_registry(tmp_path / "registry.icpdb")
    finally:
        os.seteuid(0)


def test_a_second_writer_is_told(tmp_path: Path) -> None:
    """At once, and the first one goes on undisturbed."""
    path = tmp_path / "registry.icpdb"
    with exclusive(path), pytest.raises(OutputError) as caught, exclusive(path):
        pass  # pragma: no cover -- the second one never gets here
    assert caught.value.code == "registry.locked"
    imported(path, row())


def test_another_process_is_told_too(tmp_path: Path) -> None:
    """The lock is the machine's, not the process's."""
    path = tmp_path / "registry.icpdb"
    script = f"from icpgate.lookup.snapshotfile import init_registry; init_registry({str(path)!r})"
    with exclusive(path):
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "another import is at work" in ran.stderr
    assert not path.exists()


def test_many_writers_make_one_registry(tmp_path: Path) -> None:
    """Each is done whole or told; what stands there afterwards is one of theirs."""
    path = tmp_path / "registry.icpdb"
    sources = [rows_at(tmp_path / f"{n}.jsonl", row(f"京ICP备2026{n:06d}号-1A")) for n in range(1, 9)]
    outcomes: list[str] = []

    def work(source: Path) -> None:
        try:
            for _ in range(5):
                import_records(path, source, observed_at=YESTERDAY, source="t", replace=True, clock=CLOCK)
        except OutputError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=work, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {"done", "registry.locked"}
    verified(str(path))
    assert around(path) == ["registry.icpdb"]


def test_the_lock_of_a_writer_that_is_gone_guards_nothing(tmp_path: Path) -> None:
    """A file that was left behind is only a file."""
    path = tmp_path / "registry.icpdb"
    (tmp_path / ".registry.icpdb.lock").touch()
    imported(path, row())
    assert around(path) == ["registry.icpdb"]


def test_a_lock_that_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems have none."""

    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(OutputError, match="No locks available"):
        init_registry(tmp_path / "registry.icpdb")


@pytest.mark.parametrize("gone", [True, False])
def test_a_lock_file_that_was_removed_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """Its last user removed it while we were waiting: what we hold guards nothing, and is taken anew."""
    path = tmp_path / "registry.icpdb"
    lock = tmp_path / ".registry.icpdb.lock"
    really = fcntl.flock
    calls = []

    def flock(descriptor: int, operation: int) -> None:
        calls.append(descriptor)
        if len(calls) == 1:
            lock.unlink()
            if not gone:
                lock.touch()
        really(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", flock)
    init_registry(path)
    assert len(calls) == 2
    assert around(path) == ["registry.icpdb"]


def test_leftovers_of_a_writer_that_died_are_removed(tmp_path: Path) -> None:
    """And nothing else that stands beside the registry."""
    path = tmp_path / "registry.icpdb"
    (tmp_path / ".registry.icpdb.0123456789abcdef.tmp").touch()
    (tmp_path / ".other.icpdb.0123456789abcdef.tmp").touch()
    imported(path, row())
    assert around(path) == [".other.icpdb.0123456789abcdef.tmp", "registry.icpdb"]


def test_a_writer_that_is_killed_leaves_the_old_registry(tmp_path: Path) -> None:
    """Killed at any moment: the registry is the old or the new one, whole."""
    path = tmp_path / "registry.icpdb"
    imported(path, row())
    source = rows_at(tmp_path / "many.jsonl", *(row(f"京ICP备2026{n:06d}号-1A") for n in range(1, 400)))
    script = (
        "import sys\nfrom datetime import datetime, UTC\nfrom icpgate.lookup.snapshotfile import import_records\n"
        "print('ready', flush=True)\n"
        "while True: import_records(sys.argv[1], sys.argv[2], observed_at=datetime(2020, 1, 1, tzinfo=UTC),"
        " source='t', replace=True)"
    )
    for wait in (0.0, 0.01, 0.03, 0.05):
        writer = subprocess.Popen([sys.executable, "-c", script, path, source], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        threading.Event().wait(wait)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        verified(str(path))
    imported(path, row(), replace=True)
    assert around(path) == ["registry.icpdb"]


def test_a_full_disk_leaves_the_old_registry(tmp_path: Path) -> None:
    """A limit on the size of files fails the write in the middle, as a full disk does."""
    path = tmp_path / "registry.icpdb"
    imported(path, row())
    before = path.read_bytes()
    source = rows_at(tmp_path / "many.jsonl", *(row(f"京ICP备2026{n:06d}号-1A") for n in range(1, 2_000)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutputError) as caught:
            import_records(path, source, observed_at=NOW, source="t", clock=CLOCK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "registry.write"
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert around(path) == ["registry.icpdb"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """On a file system of 200 KiB; afterwards there is room again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        path = disk / "registry.icpdb"
        imported(path, row())
        source = rows_at(tmp_path / "many.jsonl", *(row(f"京ICP备2026{n:06d}号-1A") for n in range(1, 2_000)))
        with pytest.raises(OutputError):
            import_records(path, source, observed_at=NOW, source="t", clock=CLOCK)
        verified(str(path))
        assert around(path) == ["registry.icpdb"]
        assert imported(path, row()).unchanged == 1
    finally:
        subprocess.run(["umount", str(disk)], check=True)  # noqa: S607 -- ours


def test_the_system_s_errors_name_the_registry(tmp_path: Path) -> None:
    """An error without a text of its own is named by its type."""
    with pytest.raises(OutputError, match="OSError"), storage_errors(tmp_path / "registry.icpdb"):
        raise OSError


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this Python is linked to is named."""
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 34, 1))
    with pytest.raises(ConfigurationError, match=r"3\.37 or later"):
        init_registry(tmp_path / "registry.icpdb")


def test_a_workspace_removes_what_has_not_taken_its_place(tmp_path: Path) -> None:
    """Also when the work fails."""
    with (
        pytest.raises(ZeroDivisionError),
        Workspace(tmp_path / "registry.icpdb") as work,
        closing(work.new_registry()),
    ):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
