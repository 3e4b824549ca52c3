"""
What an import does to the records that are already there.

- A newer observation takes the place of an older one, never the other way round.
- Two different records of one number and one moment contradict each other: refused, with places.
- An authoritative file speaks about every number inside its scope, as of its own moment: *yes*
  about those that it has, however old their rows are, and *no* about all others. The newest word
  counts: a record that is older than a new *no* is removed, and a row that is older than a *no*
  already in the registry is not taken. Two words of one moment contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpgate.errors import Defect
from icpgate.lookup.snapshot.layout import microseconds
from icpgate.lookup.snapshot.rows import number_of, unpacked
from icpgate.lookup.statement import newest_no

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from icpgate.lookup.snapshot.staging import Stage
    from icpgate.lookup.statement import Statement
    from icpgate.number import RegistrationNumber

__all__ = ["Merged", "merge", "once"]


@dataclass(slots=True)
class Merged:
    """What became of the rows and of the records that were there."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    older: int = 0
    removed: int = 0


def merge(stage: Stage, statement: Statement, old: Sequence[Statement] | None) -> Merged:
    """
    Write the new registry's records out of the staged rows and, unless `old` is None, the old ones.

    `statement` is that of the import, `old` those of the registry that is attached as `old`.
    Contradictions go into the stage's defects.
    """
    db = stage.connection
    once(stage)
    db.execute("CREATE TABLE skipped (number TEXT PRIMARY KEY) WITHOUT ROWID")
    db.execute("CREATE TABLE dropped (number TEXT PRIMARY KEY) WITHOUT ROWID")
    merged = Merged()
    if old is not None:
        _weigh_common(stage, merged)
        _weigh_new(stage, merged, statement, old)
        if statement.authoritative:
            _weigh_missing(stage, merged, statement, old)
    stage.defects.refuse()
    _write(db, with_old=old is not None)
    ((rows,),) = db.execute("SELECT count(*) FROM staged").fetchall()
    merged.added = rows - merged.replaced - merged.unchanged - merged.older
    for table in ("staged", "staged_finder", "skipped", "dropped"):
        db.execute(f"DROP TABLE {table}")
    return merged


def once(stage: Stage) -> None:
    """Each number once in what was staged: equal rows are one, different ones a contradiction, kept as defects."""
    db = stage.connection
    db.execute("CREATE INDEX staged_by_number ON staged (number)")
    several = db.execute("SELECT number FROM staged GROUP BY number HAVING count(*) > 1").fetchall()
    for (number,) in several:
        rows = db.execute(
            "SELECT rowid, file, line, observed_at, source, body FROM staged WHERE number = ? ORDER BY rowid",
            (number,),
        ).fetchall()
        first = rows[0]
        for other in rows[1:]:
            if other[3:] != first[3:]:
                message = f"{unpacked(number)} stands at {stage.place(first[1], first[2])} with other content"
                place = stage.place(other[1], other[2])
                stage.defects.add(Defect("import.duplicate", place, message, hint="keep the right one"))
            db.execute("DELETE FROM staged WHERE rowid = ?", (other[0],))


_COMMON = "FROM staged AS new JOIN old.record AS old ON old.number = new.number"


def _weigh_common(stage: Stage, merged: Merged) -> None:
    db = stage.connection
    ((merged.older, merged.unchanged, merged.replaced),) = db.execute(
        "SELECT coalesce(sum(new.observed_at < old.observed_at), 0),"
        " coalesce(sum(new.observed_at >= old.observed_at AND new.body = old.body), 0),"
        f" coalesce(sum(new.observed_at > old.observed_at AND new.body <> old.body), 0) {_COMMON}"
    ).fetchall()
    db.execute(
        f"INSERT INTO skipped SELECT new.number {_COMMON}"
        " WHERE new.observed_at < old.observed_at OR new.observed_at = old.observed_at AND new.body = old.body"
    )
    db.execute(f"INSERT INTO dropped SELECT new.number {_COMMON} WHERE new.observed_at > old.observed_at")
    conflicts = db.execute(
        f"SELECT new.number, new.file, new.line {_COMMON}"
        " WHERE new.observed_at = old.observed_at AND new.body <> old.body ORDER BY new.rowid"
    )
    for number, file, line in conflicts:
        message = f"{unpacked(number)} is in the registry with other content of the same moment"
        stage.defects.add(Defect("import.conflict", stage.place(file, line), message, hint=_LATER))


_LATER = "state the later moment with --observed-at, or begin anew with --replace"


def _weigh_new(stage: Stage, merged: Merged, statement: Statement, old: Sequence[Statement]) -> None:
    """Rows of numbers that the registry lacks, and about which it may already say a newer *no*."""
    if not any(each.authoritative for each in old):
        return
    db = stage.connection
    new = db.execute(
        "SELECT number, observed_at, file, line FROM staged"
        " WHERE number NOT IN (SELECT number FROM old.record) ORDER BY rowid"
    )
    for text, observed_at, file, line in new:
        number = number_of(text)
        said_no = _said(number, old)
        says_yes = max(observed_at, _said(number, [statement]))
        if says_yes < said_no:
            db.execute("INSERT INTO skipped VALUES (?)", (text,))
            merged.older += 1
        elif says_yes == said_no:
            message = f"an authoritative file of the same moment has no {number}"
            stage.defects.add(Defect("import.conflict", stage.place(file, line), message, hint=_TOGETHER))


def _weigh_missing(stage: Stage, merged: Merged, statement: Statement, old: Sequence[Statement]) -> None:
    """Records that an authoritative import lacks."""
    db = stage.connection
    missing = db.execute(
        "SELECT number, observed_at FROM old.record AS record"
        " WHERE NOT EXISTS (SELECT 1 FROM staged WHERE staged.number = record.number) ORDER BY number"
    )
    for text, observed_at in missing:
        number = number_of(text)
        says_no = _said(number, [statement])
        said_yes = max(observed_at, _said(number, old))
        if said_yes < says_no:
            db.execute("INSERT INTO dropped VALUES (?)", (text,))
            merged.removed += 1
        elif said_yes == says_no:
            message = f"lacks {number}, which the registry has of the same moment"
            stage.defects.add(Defect("import.conflict", stage.files[0], message, hint=_TOGETHER))


_TOGETHER = "import all parts of one export together, or state the later moment of one of the two"
_NEVER = -(1 << 62)


def _said(number: RegistrationNumber, statements: Sequence[Statement]) -> int:
    """
    The newest moment of a complete file that is about this number, or long ago.

    The file says *yes* as of that moment when it has the number, however old its row, else *no*.
    """
    newest = newest_no(number, statements)
    return _NEVER if newest is None or newest.observed_at is None else microseconds(newest.observed_at)


def _write(db: sqlite3.Connection, *, with_old: bool) -> None:
    """In the order of the keys, so that every page of the new file is full."""
    records, finder = _NEW_RECORDS, _NEW_FINDER
    if with_old:
        records, finder = f"{_OLD_RECORDS} UNION ALL {records}", f"{_OLD_FINDER} UNION ALL {finder}"
    db.execute(f"INSERT INTO record {records} ORDER BY 1")
    db.execute(f"INSERT OR IGNORE INTO finder {finder} ORDER BY 1, 2")


_COLUMNS = "SELECT number, observed_at, source, body, checksum FROM"
_TAKEN = "WHERE number NOT IN (SELECT number FROM skipped)"
_KEPT = "WHERE number NOT IN (SELECT number FROM dropped)"
_NEW_RECORDS = f"{_COLUMNS} staged {_TAKEN}"
_OLD_RECORDS = f"{_COLUMNS} old.record {_KEPT}"
_NEW_FINDER = f"SELECT key, number FROM staged_finder {_TAKEN}"  # noqa: S608 -- constants
_OLD_FINDER = f"SELECT key, number FROM old.finder {_KEPT}"  # noqa: S608 -- constants
