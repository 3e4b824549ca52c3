"""
A file that is to be imported: what it is, how its text is encoded, and where its lines are.

- Its form is stated or told by its name. What is neither JSONL nor CSV is recognised and named.
- Its encoding is stated, or UTF-8 when every byte is, else GB18030 when every byte is. The whole
  file is decoded before the first row is read: half a file is never guessed.
"""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TextIO

from icpgate.errors import ConfigurationError, Defect, RegistryImportError, nearest, quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["FORMS", "SourceFile", "identified"]

FORMS: Final = ("jsonl", "csv")
_SUFFIXES: Final = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}
_ENCODINGS: Final = {
    "utf8": "utf-8",
    "utf8sig": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
}
_FOREIGN: Final = (
    (b"\xff\xfe", "UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16", "save it as UTF-8"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it first"),
    (b"PK\x03\x04", "a zip archive or Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first"),
    (b"\xfd7zXZ\x00", "compressed with xz", "unpack it first"),
    (b"BZh", "compressed with bzip2", "unpack it first"),
    (b"PAR1", "Parquet", "write it as CSV or JSONL"),
    (b"SQLite format 3\x00", "a SQLite database", "icpgate registry export PATH writes a registry as JSONL"),
    (b"%PDF", "PDF", "save the table as CSV"),
)
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file whose every byte can be decoded."""

    path: str
    form: str
    encoding: str
    was_stated: bool

    def text(self) -> TextIO:
        """The file as text, its line ends as they are, without a byte order mark."""
        # utf-8-sig drops the mark; GB18030 has one as well, which the first reader of a line drops.
        encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        return open(self.path, encoding=encoding, errors="strict", newline="")  # noqa: PTH123 -- the caller closes it

    def __str__(self) -> str:
        """As the heading of an error names it."""
        guessed = "" if self.was_stated or self.encoding == "utf-8" else f" (read as {self.encoding})"
        return f"{self.path}{guessed}"


def identified(path: str | os.PathLike[str], form: str | None, encoding: str | None) -> SourceFile:
    """
    What the file at `path` is.

    Raises `ConfigurationError` for a form or encoding that is none, `RegistryImportError` for a
    file that cannot be read as one.
    """
    place = os.fspath(path)
    chosen = _form(place, form)
    stated = None if encoding is None else _encoding(encoding)
    try:
        with open(place, "rb", opener=_opener) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _unreadable(place, "not a file, but a folder, pipe or device", "save it as a file first")
            _refuse_foreign(place, file.read(16))
            return SourceFile(place, chosen, _decodable(place, file, stated), stated is not None)
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not a path"
        raise _unreadable(place, f"cannot be read: {cause}") from None


def _opener(path: str, flags: int) -> int:
    """Without O_NONBLOCK, opening a FIFO would wait for somebody to write into it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unreadable(place: str, message: str, hint: str = "", code: str = "import.file") -> RegistryImportError:
    return RegistryImportError([Defect(code, place, message, hint=hint)], what="import")


def _form(path: str, form: str | None) -> str:
    chosen = form if form is not None else _SUFFIXES.get(os.path.splitext(path)[1].lower())  # noqa: PTH122 -- as above
    if chosen in FORMS:
        return chosen
    if form is None:
        message = f"{path}: its name does not say whether it is JSONL or CSV"
        raise ConfigurationError(message, hint="--input-format jsonl or csv", code="import.format")
    message = f"{quote(form)} is not a form of a file: jsonl or csv"
    raise ConfigurationError(message, code="import.format")


def _encoding(encoding: str) -> str:
    known = _ENCODINGS.get(encoding.lower().replace("-", "").replace("_", ""))
    if known is None:
        suggestion = nearest(encoding.lower(), ["utf-8", "gb18030", "gbk"])
        hint = f"did you mean {suggestion}?" if suggestion else "convert it to UTF-8 first"
        message = f"{quote(encoding)} is not an encoding that is read: utf-8 or gb18030"
        raise ConfigurationError(message, hint=hint, code="import.encoding")
    return known


def _refuse_foreign(place: str, head: bytes) -> None:
    if not head:
        raise _unreadable(place, "empty", "a registry needs at least one row", "import.empty")
    for magic, what, hint in _FOREIGN:
        if head.startswith(magic):
            raise _unreadable(place, f"{what}, not JSONL or CSV", hint, "import.foreign")


def _decodable(place: str, file: BinaryIO, stated: str | None) -> str:
    """The encoding that the whole file has."""
    problem = _problem(file, stated or "utf-8")
    if problem is not None and problem.code == "import.encoding" and stated is None:
        second = _problem(file, "gb18030")
        if second is None:
            return "gb18030"
    if problem is None:
        return stated or "utf-8"
    hint = "name its encoding with --encoding" if stated is None else f"it is not {stated}"
    message = problem.message if stated is not None else f"{problem.message}, and the file is not GB18030 either"
    if problem.code != "import.encoding":
        message, hint = problem.message, problem.hint
    raise _unreadable(f"{place}:{problem.place}", message, hint, problem.code)


def _problem(file: BinaryIO, encoding: str) -> Defect | None:
    """Where the file stops being text of this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    for chunk, is_last in _chunks(file):
        if b"\0" in chunk:
            line += chunk[: chunk.index(b"\0")].count(b"\n")
            return Defect("import.nul", str(line), "a NUL byte, which stands in no text", hint="save it as UTF-8 text")
        try:
            decoder.decode(chunk, is_last)
        except UnicodeDecodeError as error:
            # `error.object` is what was left over from before and this chunk; both hold its own lines.
            line += error.object[: error.start].count(b"\n")
            return Defect("import.encoding", str(line), f"byte 0x{error.object[error.start]:02X} is not {encoding}")
        line += chunk.count(b"\n")
    return None


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    file.seek(0)
    chunk = file.read(_CHUNK)
    while chunk:
        following = file.read(_CHUNK)
        yield chunk, not following
        chunk = following
