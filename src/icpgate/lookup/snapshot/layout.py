"""
What a registry file is made of, and how a whole one is told from any other.

- It is a SQLite database, followed by one closing line with its size and SHA-256. Whatever
  changes a byte, also with SQLite, makes it another file than the one that was closed.
- The header is read without SQLite: a foreign, newer, cut or damaged file is refused before
  anything in it is believed, with its place.
- Times are microseconds since 1970 in UTC.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from icpgate.errors import RegistryFileError

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = [
    "APPLICATION_ID",
    "LIVE_ID",
    "SCHEMA",
    "SCHEMA_VERSION",
    "Identity",
    "Seal",
    "closing_line",
    "digest_of",
    "identity_of",
    "microseconds",
    "moment_of",
    "refused",
    "verified",
]

APPLICATION_ID: Final = 0x49435067
"""`ICPg`, at byte 68 of the file, where SQLite keeps it."""

LIVE_ID: Final = 0x4943506C
"""`ICPl`, at the same place: a live registry in SQLite, which changes."""

SCHEMA_VERSION: Final = 1
"""At byte 60. A later one is a later release's file."""

SCHEMA: Final = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    (
        "CREATE TABLE import (id INTEGER PRIMARY KEY, imported_at INTEGER NOT NULL, observed_at INTEGER, source TEXT,"
        " authoritative INTEGER NOT NULL, scope TEXT NOT NULL, rows INTEGER NOT NULL) STRICT"
    ),
    (
        "CREATE TABLE record (number TEXT PRIMARY KEY, observed_at INTEGER NOT NULL, source INTEGER NOT NULL,"
        " body TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT, WITHOUT ROWID"
    ),
    "CREATE TABLE finder (key INTEGER NOT NULL, number TEXT NOT NULL, PRIMARY KEY (key, number)) STRICT, WITHOUT ROWID",
)
"""`finder` leads from a document and package, or from a domain, to the numbers that have them."""

MAX_BYTES: Final = 8 << 30
"""Forty million records; a larger file is no registry, and reading it to its end takes minutes."""

_MAGIC: Final = b"SQLite format 3\0"
_HEADER: Final = 100
_CHUNK: Final = 1 << 20
_CLOSING: Final = re.compile(rb"icpgate registry ([0-9]{3}) bytes ([0-9]{12}) sha256 ([0-9a-f]{64})\n")
_CLOSING_LENGTH: Final = 112
_KNOWN: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip archive or Excel workbook"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"\xef\xbb\xbf", "text"),
)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Identity(NamedTuple):
    """Which file stands at a path, as far as the file system tells."""

    device: int
    inode: int
    size: int
    modified: int

    def is_same_file(self, other: Identity) -> bool:
        """Whether it is the same file, changed in place or not."""
        return (self.device, self.inode) == (other.device, other.inode)


@dataclass(frozen=True, slots=True)
class Seal:
    """A file whose closing line was checked against its bytes."""

    identity: Identity
    digest: str


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 in UTC, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(value: int) -> datetime:
    """The moment of `microseconds`."""
    return _EPOCH + timedelta(microseconds=value)


def identity_of(status: os.stat_result) -> Identity:
    """The identity in what `os.stat` or `os.fstat` says."""
    return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def refused(path: str, message: str, *, code: str, hint: str = "") -> RegistryFileError:
    """The error of a file that cannot be used, with its place."""
    return RegistryFileError(f"{path}: {message}", code=code, hint=hint)


def closing_line(digest: str, size: int) -> bytes:
    """The last line of a file whose database has this SHA-256 and size in bytes."""
    return f"icpgate registry {SCHEMA_VERSION:03d} bytes {size:012d} sha256 {digest}\n".encode()


def digest_of(file: BinaryIO, size: int) -> str:
    """SHA-256 of the first `size` bytes of an open file."""
    file.seek(0)
    digest = hashlib.sha256()
    while size > 0 and (chunk := file.read(min(_CHUNK, size))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest()


def verified(path: str) -> Seal:
    """
    Read the file at `path` to its end, and check that it is a whole registry file.

    Takes about 0.7 s for each GiB. Raises `RegistryFileError` that says what the file is instead.
    """
    try:
        with open(path, "rb", opener=_opener) as file:
            return _sealed(path, file)
    except FileNotFoundError:
        hint = "icpgate registry init PATH makes one"
        raise refused(path, "no such file", code="snapshot.open", hint=hint) from None
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not a path"
        raise refused(path, f"cannot be read: {cause}", code="snapshot.open") from None


def _opener(path: str, flags: int) -> int:
    """Without O_NONBLOCK, opening a FIFO would wait for somebody to write into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _sealed(path: str, file: BinaryIO) -> Seal:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise refused(path, "not a file, but a folder, pipe or device", code="snapshot.open")
    identity = identity_of(status)
    _check_header(path, file.read(_HEADER), identity.size)
    size = identity.size - _CLOSING_LENGTH
    file.seek(max(size, 0))
    match = _CLOSING.fullmatch(file.read(_CLOSING_LENGTH + 1))
    if match is None or int(match[2]) != size:
        message = f"cut off, or changed by another program: no closing line at byte {max(size, 0):,}"
        raise refused(path, message, code="snapshot.truncated", hint=_ANEW)
    digest = digest_of(file, size)
    if digest != match[3].decode():
        raise refused(path, "damaged: its bytes are not those it was closed with", code="snapshot.corrupt", hint=_ANEW)
    return Seal(identity, digest)


_ANEW: Final = "copy it again, or remove it and import anew"


def _check_header(path: str, header: bytes, size: int) -> None:
    if not size:
        raise refused(path, "empty", code="snapshot.format", hint=_ANEW)
    if size > MAX_BYTES + _CLOSING_LENGTH:
        raise refused(path, f"{size:,} bytes; at most {MAX_BYTES:,} are read", code="snapshot.too_large")
    if header[:16] != _MAGIC[: len(header)]:
        looks = next((f", but {name}" for magic, name in _KNOWN if header.startswith(magic)), "")
        hint = "icpgate registry import PATH FILE reads JSONL and CSV"
        raise refused(path, f"not a registry file{looks}", code="snapshot.format", hint=hint)
    if len(header) < _HEADER:
        raise refused(path, f"cut off after {size} bytes", code="snapshot.truncated", hint=_ANEW)
    _check_identity(path, int.from_bytes(header[68:72], "big"))
    version = int.from_bytes(header[60:64], "big")
    if version > SCHEMA_VERSION:
        message = f"format {version}; this release reads {SCHEMA_VERSION}"
        raise refused(path, message, code="snapshot.newer", hint="update icpgate")
    if version < 1:
        raise refused(path, f"format {version}, which never was one", code="snapshot.format")


def _check_identity(path: str, identity: int) -> None:
    if identity == LIVE_ID:
        raise refused(path, "a live registry, which changes", code="snapshot.format", hint="use sqlite:///PATH")
    if identity != APPLICATION_ID:
        raise refused(path, "another program's SQLite database", code="snapshot.format")
