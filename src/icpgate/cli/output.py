"""What the commands share: the language, writing lines and tables, reading input bytes."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

import click
from rich.cells import cell_len, set_cell_size

from icpgate.errors import IcpGateError, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "cell",
    "format_option",
    "lang_option",
    "line",
    "lines_of",
    "moment_of",
    "read_bytes",
    "say",
    "secret_of",
    "table",
    "to_json",
]

F = TypeVar("F")


def _language() -> str:
    configured = getattr(click.get_current_context().find_root().obj, "lang", None)
    locale = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    for value in (os.environ.get("ICPGATE_LANG"), configured, *locale):
        if value:
            return "zh-CN" if value.lower().startswith("zh") else "en"
    return "en"


def lang_option(command: Callable[..., F]) -> Callable[..., F]:
    """`--lang`, else ICPGATE_LANG, else the settings file, else the locale."""
    return click.option(
        "--lang", type=click.Choice(["zh-CN", "en"]), default=_language, help="Language of messages; else ICPGATE_LANG."
    )(command)


def format_option(*formats: str) -> Callable[[Callable[..., F]], Callable[..., F]]:
    """`--format`, the first one being the default."""
    return click.option("--format", "form", type=click.Choice(formats), default=formats[0], help="Form of the output.")


def line(text: str) -> None:
    """One line of data, on standard output."""
    sys.stdout.write(f"{text}\n")


def say(text: str) -> None:
    """One line of talk, on standard error."""
    sys.stderr.write(f"{text}\n")


def to_json(value: object, *, indent: int | None = None) -> str:
    """JSON as people can read it; what cannot be written in UTF-8 comes out escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":"))
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def cell(value: object) -> str:
    """A cell of CSV that no spreadsheet takes for a formula."""
    text = to_json(value) if isinstance(value, list) else "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\0"} else text


def moment_of(option: str, text: object) -> datetime | None:
    """A moment with its zone, as an option has it; None where it is not given."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.UsageError(f"{option} {quote(text)}: a moment with its zone, such as 2024-03-31T23:59:59+08:00")
    return moment


def read_bytes(path: str) -> bytes:
    """A file's bytes, or standard input's for `-`; a file that cannot be read is an error with its cause."""
    if path == "-":
        if sys.stdin.isatty():
            say("icpgate: reading standard input; end it with Ctrl-D")
        return sys.stdin.buffer.read()
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- a path as typed, shown as typed in errors
            return file.read()
    except OSError as error:
        raise IcpGateError(f"{path} cannot be read: {error.strerror}", code="cli.open") from None


def secret_of(variable: str) -> str | None:
    """A secret of the environment, or of the file that the variable with _FILE names; None when there is none."""
    secret = os.environ.get(variable)
    path = os.environ.get(f"{variable}_FILE")
    if secret is None and path:
        secret = read_bytes(path).decode("utf-8", "replace").strip()
    return secret or None


def lines_of(path: str) -> Iterator[str]:
    """The lines of a file or of standard input, as text; bytes that are not UTF-8 come as lone surrogates."""
    raw = read_bytes(path).removeprefix(b"\xef\xbb\xbf")
    for part in raw.removesuffix(b"\n").split(b"\n") if raw else ():
        yield part.removesuffix(b"\r").decode("utf-8", "surrogateescape")


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, width: int = 100) -> Iterator[str]:
    """
    Rows as aligned lines of at most `width` columns; a Chinese character is two columns wide.

    What does not fit goes on in the lines below, broken at blanks where there are any: nothing is cut off.
    A row of a single cell is a heading across the columns.
    """
    body = [[cell.replace("\n", " ") for cell in row] for row in rows]
    widths = _widths([header, *(row for row in body if len(row) > 1)], width)
    for row in [list(header), ["─" * each for each in widths], *body]:
        if len(row) == 1:
            yield row[0]
            continue
        cells = [list(_wrapped(cell, size)) for cell, size in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = (cell[number] if number < len(cell) else "" for cell in cells)
            yield "  ".join(set_cell_size(part, size) for part, size in zip(parts, widths, strict=True)).rstrip()


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns' widths; what is too much is taken from the widest, and from within a word only at last."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    words = [max(cell_len(word) for cell in column for word in cell.split(" ")) for column in columns]
    for least in (words, [NARROWEST] * len(widths)):
        while sum(widths) + 2 * (len(widths) - 1) > width:
            spare = [(size, place) for place, size in enumerate(widths) if size > least[place]]
            if not spare:
                break
            widths[max(spare)[1]] -= 1
    return widths


NARROWEST: Final = 8


def _wrapped(cell: str, size: int) -> Iterator[str]:
    line_ = ""
    for word in cell.split(" "):
        rest = word
        if line_ and cell_len(f"{line_} {rest}") <= size:
            line_ = f"{line_} {rest}"
            continue
        if line_:
            yield line_
        while cell_len(rest) > size:
            piece = _head(rest, size)
            yield piece
            rest = rest[len(piece) :]
        line_ = rest
    yield line_


def _head(text: str, size: int) -> str:
    """As much of the text as fits, and at least a character."""
    end = 1
    while end < len(text) and cell_len(text[: end + 1]) <= size:
        end += 1
    return text[:end]
