"""
Records that the registry has without the procedure: what was imported, and whose it is.

An approval gives no number of theirs to anybody else, and overwrites no record of another operator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.chinese import Likeness, compare
from icpgate.lookup.live.records import record_by_number
from icpgate.registration.refusals import NumberRefused

if TYPE_CHECKING:
    from icpgate.lookup.live.database import Connection
    from icpgate.number import RegistrationNumber

__all__ = ["refuse_another_operators"]

_SAME: Final = frozenset({Likeness.EXACT, Likeness.NORMALISED})


def refuse_another_operators(
    connection: Connection, number: RegistrationNumber, document_number: str, operator: str
) -> None:
    """
    Raises `NumberRefused` when the number, or its entity, is on record of somebody else.

    Operators are told apart by the document number, and by the name where the record has none.
    """
    rows = connection.rows(
        "SELECT number FROM record WHERE entity_number = ? AND NOT EXISTS"
        " (SELECT 1 FROM registration WHERE registration.number = record.number) ORDER BY number",
        number.entity_number,
    )
    for (imported,) in rows:
        record = record_by_number(connection, imported)
        if record is None or (record.document_number is None and record.operator is None):
            continue
        if record.document_number is not None:
            is_same = record.document_number == document_number
        else:
            is_same = compare(operator, record.operator or "") in _SAME
        if not is_same:
            message = f"{imported} is on record, of another operator"
            raise NumberRefused(message, hint="look at the bureau's notice again, or at what was imported")
