"""Registry files, and files to import, for the tests of the lookup."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from icpgate.answer import ByNumber
from icpgate.lookup.snapshot.layout import closing_line
from icpgate.lookup.snapshotfile import ImportReport, import_records
from icpgate.number import parse
from icpgate.testing import FixedClock
from tests.cases import NOW, registered

if TYPE_CHECKING:
    from pathlib import Path

YESTERDAY = NOW - timedelta(days=1)
CLOCK = FixedClock(NOW)
OTHER = "京ICP备2026999901号-1A"
MISSING = "京ICP备2026999999号-9A"


def row(number: str | None = None, **changes: object) -> dict[str, object]:
    """A row without a moment or source of its own; a change to None leaves a field out."""
    changes = {"observed_at": None, "source": None} | changes
    return registered(**changes) if number is None else registered(registration_number=number, **changes)


def rows_at(path: Path, *rows: dict[str, object]) -> Path:
    """A JSONL file of these rows."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path


def imported(path: Path, *rows: dict[str, object], **options: object) -> ImportReport:
    """Import these rows, by default as an authoritative list of yesterday, out of a file beside the registry."""
    stated: dict[str, object] = {
        "observed_at": YESTERDAY,
        "source": "test export",
        "authoritative": True,
        "clock": CLOCK,
    }
    source = rows_at(path.with_name("rows.jsonl"), *rows)
    return import_records(path, source, **(stated | options))  # type: ignore[arg-type]  # options by name


def close_anew(path: Path, database: bytes) -> None:
    """A registry file of these bytes with a right digest, as somebody makes it who can compute one."""
    path.write_bytes(database + closing_line(hashlib.sha256(database).hexdigest(), len(database)))


def day(number: int) -> datetime:
    """A day of November 2026, in the past of every test."""
    return datetime(2026, 11, number, tzinfo=UTC)


def by(number: str) -> ByNumber:
    """The query for a number."""
    return ByNumber(parse(number))
