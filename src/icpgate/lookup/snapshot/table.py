r"""
Rows of a CSV file (RFC 4180) under the JSON names of a record, and records as such rows.

- `platforms` becomes four columns: `platform`, `package`, `signing_certificate`, `public_key`.
- An empty cell is a field that is *absent in this source*; a cell of one `-` is an *empty* field.
- The entries of a list are joined by `;`; `\;` and `\\` stand for `;` and a backslash themselves.
- A cell that begins with a backslash is the text behind it. So `\-` is a hyphen, and a text that a
  spreadsheet would take for a formula is written `\=…`, which it does not, and comes back as it was.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

from icpgate.errors import Defect, nearest, quote
from icpgate.lookup.snapshot.jsonl import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from icpgate.lookup.snapshot.jsonl import Row
    from icpgate.record import RegistrationRecord

__all__ = ["COLUMNS", "csv_rows", "write_csv"]

_PLATFORM: Final = ("platform", "package", "signing_certificate", "public_key")
COLUMNS: Final = (
    "registration_number",
    "entity_number",
    "service_name",
    "kind",
    "operator",
    "operator_kind",
    "document_type",
    "document_number",
    *_PLATFORM,
    "domains",
    "endpoints",
    "access_providers",
    "approved_at",
    "status",
    "pre_approvals",
    "access_restricted",
    "blacklisted",
    "observed_at",
    "source",
    "origin",
)
_NEEDED: Final = ("registration_number", "status")
_LISTS: Final = frozenset({"domains", "endpoints", "access_providers", "pre_approvals"})
_FLAGS: Final = frozenset({"access_restricted", "blacklisted"})
_EMPTY: Final = "-"


class _Refused(Exception):
    """A cell or line that cannot be read."""

    def __init__(self, defect: Defect) -> None:
        super().__init__(defect.message)
        self.defect = defect


def csv_rows(text: TextIO) -> Iterator[Row]:
    """Every row with the line on which it begins; a defect of the header is the only row of its file."""
    reader = csv.reader(_lines(text), strict=True)
    begins = 1
    header: list[str] | None = None
    try:
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not cells:
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                defects = list(_header_defects(header))
                yield from ((line, defect) for defect in defects)
                if defects:
                    return
            else:
                yield line, _row(header, cells)
    except csv.Error as error:
        yield begins, _syntax(str(error))
    except _Refused as refused:
        yield begins, refused.defect


def _lines(text: TextIO) -> Iterator[str]:
    """The lines of the file, each of a bounded length; GB18030's byte order mark is dropped here."""
    mark = "\ufeff"
    while line := text.readline(MAX_LINE + 2):
        if len(line) > MAX_LINE + 1:
            raise _Refused(Defect("import.too_long", "", f"a line of more than {MAX_LINE:,} characters"))
        yield line.removeprefix(mark)
        mark = ""


def _syntax(message: str) -> Defect:
    words = {
        "unexpected end of data": ("a quote is opened and not closed", 'close it with "'),
        "field larger than field limit": ("a cell of more than 131,072 characters", "check the quotes before it"),
        "expected after": ("text behind a closing quote", 'write a quote inside a cell as ""'),
        "new-line character": ("a line end inside an unquoted cell", "save the file with one kind of line ends"),
    }
    found = next((words[part] for part in words if part in message), (message, ""))
    return Defect("import.csv", "", found[0], hint=found[1])


def _header_defects(header: list[str]) -> Iterator[Defect]:
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        yield Defect("import.header", "", "one column", hint="separate the columns by commas")
        return
    seen: set[str] = set()
    for name in header:
        if name in seen:
            yield Defect("import.header", "", f"the column {quote(name)} stands twice", hint="keep one of the two")
        elif name not in COLUMNS:
            yield _unknown(name)
        seen.add(name)
    for name in _NEEDED:
        if name not in seen:
            yield Defect("import.header", "", f"the column {name} is missing")


def _unknown(name: str) -> Defect:
    suggestion = nearest(name.lower(), COLUMNS)
    hint = f"did you mean {suggestion}?" if suggestion else f"columns are {', '.join(COLUMNS)}"
    return Defect("import.header", "", f"unknown column {quote(name)}", hint=hint)


def _row(header: list[str], cells: list[str]) -> dict[str, object] | Defect:
    if len(cells) != len(header):
        message = f"{len(cells)} cells under {len(header)} columns"
        return Defect("import.row", "", message, hint="check for a comma or a quote too many or too few")
    row: dict[str, object] = {}
    platform: dict[str, list[str | None]] = {}
    try:
        for name, cell in zip(header, cells, strict=True):
            text = cell.strip()
            if not text:
                continue
            if name in _PLATFORM:
                platform[name] = _entries(text)
            else:
                row[name] = _value(name, text)
        if platform:
            row["platforms"] = _platforms(platform)
    except _Refused as refused:
        return refused.defect
    return row


def _value(name: str, text: str) -> object:
    if name in _LISTS:
        return [] if text == _EMPTY else _listed(name, text)
    if name in _FLAGS:
        flag = {"true": True, "false": False}.get(text.lower())
        return text if flag is None else flag
    return _text(text)


def _text(text: str) -> str:
    return "" if text == _EMPTY else text.removeprefix("\\")


def _listed(name: str, text: str) -> list[str]:
    entries = _entries(text)
    if None in entries:
        raise _Refused(Defect("import.value", name, "an empty entry", hint="entries are joined by one ;"))
    return [entry for entry in entries if entry is not None]


_ENTRY: Final = re.compile(r"((?:[^;\\]|\\.)*)(;|\Z)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def _entries(text: str) -> list[str | None]:
    """The entries of a list; None for one that is absent."""
    entries: list[str | None] = []
    position = 0
    while True:
        match = _ENTRY.match(text, position)
        if match is None:
            raise _Refused(Defect("import.value", "", "a backslash at the end of a cell", hint=r"write it as \\"))
        entry = match[1].strip()
        entries.append(None if not entry else "" if entry == _EMPTY else _ESCAPED.sub(r"\1", entry))
        if not match[2]:
            return entries
        position = match.end()


def _platforms(columns: dict[str, list[str | None]]) -> list[dict[str, str]]:
    """The four columns side by side; a `-` under `platform` alone says that there is no platform."""
    if columns == {"platform": [""]}:
        return []
    counts = {name: len(entries) for name, entries in columns.items()}
    if len(set(counts.values())) > 1:
        message = " and ".join(f"{count} of {name}" for name, count in counts.items())
        raise _Refused(Defect("import.value", "platforms", message, "as many in each column", "join them by ;"))
    return [
        {name: entry for name, entry in zip(columns, entries, strict=True) if entry is not None}
        for entries in zip(*columns.values(), strict=True)
    ]


def write_csv(records: Iterable[RegistrationRecord], stream: TextIO) -> None:
    """Write every record as a row that `csv_rows` reads back as it was, and that no spreadsheet computes."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for record in records:
        written = record.written()
        written |= _platform_cells(written.pop("platforms", None))
        writer.writerow([_cell(name, written.get(name)) for name in COLUMNS])


def _platform_cells(platforms: object) -> dict[str, object]:
    if not isinstance(platforms, list):
        return {}
    if not platforms:
        return {"platform": ""}
    columns = {name: [platform.get(name) for platform in platforms] for name in _PLATFORM}
    return {name: entries for name, entries in columns.items() if any(entry is not None for entry in entries)}


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(map(_entry, value)) or _EMPTY
    text = str(value)
    if name in _PLATFORM:
        return _entry(text)
    return (text and _guarded(text)) or _EMPTY


def _entry(value: str | None) -> str:
    r"""An entry of a list: `\\`, `;` and what a spreadsheet or we would read otherwise are escaped."""
    if value is None:
        return ""
    return _guarded(re.sub(r"([\\;])", r"\\\1", value), value) or _EMPTY


_COMPUTED: Final = "=+-@\t\r\n＝＋－＠"


def _guarded(text: str, original: str | None = None) -> str:
    """With a backslash before what would be computed, or taken for an empty field or an escape."""
    begins = (text if original is None else original)[:1]
    if begins and begins in _COMPUTED:
        return f"\\{text}"
    return f"\\{text}" if original is None and begins == "\\" else text
