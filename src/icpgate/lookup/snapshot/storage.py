"""
One writer at a time, and a new file in the old one's place at once.

- Whatever is written is written beside the target, closed with its digest, made durable, and then
  takes the target's place. Until then the old file is as it was; a reader sees the old or the new.
- A writer that died leaves a hidden file; the next writer removes it.
- The target is a file or nothing: links, pipes, devices and folders are refused.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from icpgate.errors import ConfigurationError, OutputError
from icpgate.lookup.snapshot.layout import APPLICATION_ID, SCHEMA, SCHEMA_VERSION, closing_line, digest_of, refused

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Workspace", "connect", "exclusive", "storage_errors", "sync_folder"]

_LEFTOVER: Final = "[0-9a-f]{16}\\.tmp(?:-journal|-wal|-shm)?"


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Whatever the disk or SQLite refuses while writing becomes an `OutputError` that names the registry."""
    try:
        yield
    except sqlite3.Error as error:
        cause = getattr(error, "sqlite_errorname", type(error).__name__)
        message = f"{path} could not be written: {error} ({cause})"
        raise OutputError(message, hint=_HINT, code="registry.write") from None
    except OSError as error:
        message = f"{path} could not be written: {error.strerror or type(error).__name__}"
        raise OutputError(message, hint=_HINT, code="registry.write") from None


_HINT: Final = "the registry is as it was; check the disk's space and permissions"


def _target(path: str | os.PathLike[str]) -> Path:
    """The path of the registry to write, after a look at what stands there."""
    target = Path(path)
    if not target.name:
        message = f"{path} is not the path of a file"
        raise ConfigurationError(message, code="registry.path")
    try:
        status = target.lstat()
    except FileNotFoundError:
        return target
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not a path"
        message = f"{path} cannot be looked at: {cause}"
        raise OutputError(message, code="registry.write") from None
    if not stat.S_ISREG(status.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "a folder, pipe or device"
        raise refused(str(path), f"{what}, not a file", code="snapshot.open", hint="give the path of the file itself")
    return target


@contextmanager
def exclusive(path: str | os.PathLike[str]) -> Iterator[Path]:
    """
    The only writer of the registry at `path` on this machine, until the block ends.

    Raises `OutputError` at once when another is at work: two imports of the same moment have no
    order, so waiting would only hide that. Windows has no such lock; there the last one wins whole.
    """
    target = _target(path)
    with storage_errors(target):
        lock = _lock(target)
    try:
        _remove_leftovers(target)
        yield target
    finally:
        _unlock(lock, target)


def _lock_path(target: Path) -> Path:
    return target.with_name(f".{target.name}.lock")


def _lock(target: Path) -> int | None:
    if sys.platform == "win32":  # pragma: no cover -- tests run elsewhere
        return None
    while True:
        descriptor = os.open(_lock_path(target), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_current(descriptor, _lock_path(target)):
                return descriptor
        except OSError as error:
            os.close(descriptor)
            if not isinstance(error, BlockingIOError):
                raise
            message = f"{target}: another import is at work on it"
            raise OutputError(message, hint="wait until it is done", code="registry.locked") from None
        # The holder before us removed the file between our open and our lock: this one guards nothing.
        os.close(descriptor)


def _is_current(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    ours = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _unlock(descriptor: int | None, target: Path) -> None:
    if descriptor is not None:  # pragma: no branch -- as in `_lock`
        with suppress(OSError):  # a lock file that stays is only a file
            _lock_path(target).unlink()
        os.close(descriptor)


def _remove_leftovers(target: Path) -> None:
    """Under the lock nobody else has a file of this pattern."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.{_LEFTOVER}")
    with suppress(OSError):
        for other in target.parent.iterdir():
            if pattern.fullmatch(other.name):
                other.unlink()


def connect(path: Path) -> sqlite3.Connection:
    """A database that nobody else sees and that need not survive a crash: no journal, no waiting for the disk."""
    # As a URI, because the old registry is attached as one.
    connection = sqlite3.connect(path.absolute().as_uri(), uri=True, isolation_level=None)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-65536"):
        connection.execute(f"PRAGMA {setting}")
    return connection


class Workspace:
    """The files of one writer beside the target: the new registry, and room to sort in."""

    def __init__(self, target: Path) -> None:
        """Nothing is made yet."""
        self.target = target
        self._files: list[Path] = []

    def __enter__(self) -> Self:
        """Nothing to do: files are made when they are asked for."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove whatever has not taken its place."""
        for file in self._files:
            with suppress(OSError):
                file.unlink()

    def new_file(self) -> Path:
        """An empty file that only we have, with the permissions that new files have here."""
        file = self.target.with_name(f".{self.target.name}.{secrets.token_hex(8)}.tmp")
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_CLOEXEC", 0), 0o666))
        self._files.append(file)
        return file

    def new_registry(self) -> sqlite3.Connection:
        """A draft of a registry, open for writing: the tables, and room for others that are dropped again."""
        if sqlite3.sqlite_version_info < (3, 37):
            message = f"SQLite {sqlite3.sqlite_version}; 3.37 or later is needed"
            raise ConfigurationError(message, hint="use a Python that is linked to it", code="registry.sqlite")
        connection = connect(self.new_file())
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        for statement in SCHEMA:
            connection.execute(statement)
        return connection

    def put_in_place(self, draft: sqlite3.Connection) -> str:
        """Write the draft out with full pages, close it with its digest, and let it take the target's place."""
        file = self.new_file()
        draft.execute("VACUUM INTO ?", (str(file),))
        with file.open("r+b") as opened:
            size = opened.seek(0, os.SEEK_END)
            digest = digest_of(opened, size)
            opened.seek(size)
            opened.write(closing_line(digest, size))
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileNotFoundError):
            file.chmod(stat.S_IMODE(self.target.stat().st_mode))
        file.replace(self.target)
        sync_folder(self.target.parent)
        return digest


def sync_folder(folder: Path) -> None:
    """A rename survives a power loss only once its folder is on the disk; not every system can do that."""
    if sys.platform != "win32":  # pragma: no branch -- tests run elsewhere
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
