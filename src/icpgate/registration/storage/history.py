"""The steps that were taken. They are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpgate.lookup.snapshot.layout import microseconds, moment_of
from icpgate.registration.application import HistoryEntry
from icpgate.registration.states import Step
from icpgate.registration.storage.columns import as_written

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.lookup.live.database import Connection

__all__ = ["History", "add_history", "history_of"]


@dataclass(frozen=True, slots=True)
class History:
    """A step to be written down."""

    at: datetime
    role: str
    name: str
    step: Step
    before: str = ""
    after: str = ""
    application: str = ""
    number: str = ""
    note: str = ""


def add_history(connection: Connection, step: History) -> None:
    """Write down a step that was taken."""
    connection.execute(
        "INSERT INTO history (at, role, name, step, before_state, after_state, application, number, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        microseconds(step.at),
        step.role,
        step.name,
        step.step.value,
        step.before,
        step.after,
        step.application,
        step.number,
        step.note,
    )


@as_written
def history_of(connection: Connection, *, application: str = "", number: str = "") -> tuple[HistoryEntry, ...]:
    """Every step of an application, or of all that happened to a number, in their order."""
    column, value = ("application", application) if application else ("number", number)
    rows = connection.rows(
        f"SELECT id, at, role, name, step, before_state, after_state, application, number, note FROM history"  # noqa: S608 -- one of two columns
        f" WHERE {column} = ? ORDER BY id",
        value,
    )
    return tuple(
        HistoryEntry(row[0], moment_of(row[1]), row[2], row[3], Step(row[4]), row[5], row[6], row[7], row[8], row[9])
        for row in rows
    )
