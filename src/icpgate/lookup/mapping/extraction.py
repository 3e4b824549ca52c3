"""
What a JSON answer says, as its mapping explains it. Pure.

- Checks come first, in order: under an error code nothing else is looked at.
- Only what repeats every key of the query is about it. In a list other rows are passed over; in
  place of one record something else is *malformed*.
- Of a list that has more rows than it gives, nobody can say what is not in it.
- Two rows that say different things about one number say nothing.

Why nobody could say is raised as `Unanswered`; its detail names places and the mapping's own
literals, never what was received.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from icpgate.answer import ByNumber, Found, Why, echoes
from icpgate.errors import InvalidRecord
from icpgate.lookup.mapping.keys import Keys, number_of
from icpgate.lookup.mapping.model import NOT_REGISTERED
from icpgate.lookup.mapping.negation import counted_no
from icpgate.lookup.mapping.pointer import MISSING
from icpgate.lookup.mapping.row import Row
from icpgate.lookup.steps import Unanswered
from icpgate.record import RegistrationRecord, RegistrationStatus

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.answer import Answer, Query
    from icpgate.jsontext import Json
    from icpgate.lookup.mapping.model import ApiMapping, Check, Records
    from icpgate.lookup.mapping.pointer import Missing

__all__ = ["Extraction", "pass_checks"]

MAX_ROWS: Final = 200
"""Rows of one answer that are looked at. The largest page of the services known has 100; a row may cost 0.1 ms."""

_Said: TypeAlias = "RegistrationRecord | None"
"""A record, or that there is none: the row says *not registered*."""


class Extraction:
    """One answer, being read."""

    def __init__(self, mapping: ApiMapping, query: Query, received: datetime, source: str) -> None:
        """`received` and `source` stand in records that have no moment of their own."""
        self._mapping = mapping
        self._query = query
        self._received = received
        self._source = source

    def answer(self, value: Json) -> Answer:
        """What the answer says; raises `Unanswered`."""
        pass_checks(self._mapping, value)
        records = self._mapping.records
        assert records is not None  # noqa: S101 -- the loader demands it
        echoed = Keys.of_echo(self._mapping.echo, Row(value, value, records.failures)).is_about(self._query)
        if echoed is False:
            raise Unanswered(Why.MALFORMED, "an answer to another query")
        found = records.at.resolve(value)
        if records.is_list and not (records.is_either and isinstance(found, dict)):
            return self._of_list(value, records, echoed=bool(echoed))
        row = Row(found, value, records.failures, str(records.at))
        keys = Keys.of_row(self._mapping, row, self._query)
        return self._counted([self._said(row, keys, echoed=bool(echoed))])

    def _of_list(self, value: Json, records: Records, *, echoed: bool) -> Answer:
        rows = records.at.resolve(value)
        if not isinstance(rows, list):
            raise Unanswered(Why.SCHEMA, f"no {'object or ' if records.is_either else ''}list at {records.at}")
        if len(rows) > MAX_ROWS:
            raise Unanswered(Why.TOO_LARGE, f"more than {MAX_ROWS} rows")
        is_cut = _is_cut(value, records, len(rows))
        said: list[_Said] = []
        unread: Unanswered | None = None
        for item in rows:
            row = Row(item, value, records.failures, f"a row of {records.at}")
            try:
                keys = Keys.of_row(self._mapping, row, self._query)
            except Unanswered as problem:
                unread = unread or problem
                continue
            if keys.is_about(self._query):
                said.append(self._said(row, keys, echoed=echoed))
        if not said and unread is not None:
            raise unread
        if is_cut and (not said or type(self._query) is not ByNumber):
            raise Unanswered(Why.TRUNCATED, "more rows than were given")
        return self._counted([_without_domains(each) for each in said] if is_cut else said)

    def _said(self, row: Row, keys: Keys, *, echoed: bool) -> _Said:
        """What one row says about the query; raises `Unanswered` for a row about something else."""
        about = keys.is_about(self._query)
        if about is False:
            raise Unanswered(Why.MALFORMED, f"another {keys.name}")
        status = self._status(row)
        if status == NOT_REGISTERED:
            if not about and not echoed:
                raise Unanswered(Why.MALFORMED, f"a no that does not repeat the {keys.name}")
            return None
        number = keys.number or number_of(row, self._mapping.fields["registration_number"])
        if number is None or not about:
            raise Unanswered(Why.SCHEMA, f"no {keys.name if not about else 'number'} in {row.place}")
        return self._record(row, keys, status)

    def _status(self, row: Row) -> str:
        word = str(row.read(self._mapping.fields["status"]))
        if word == NOT_REGISTERED or word in set(RegistrationStatus):
            return word
        raise Unanswered(Why(word), f"the status says {word}")

    def _record(self, row: Row, keys: Keys, status: str) -> RegistrationRecord:
        values = {name: row.read(field) for name, field in self._mapping.fields.items() if name != "status"}
        if self._mapping.platforms is not None:
            values["platforms"] = row.platforms(self._mapping.platforms)
        values |= {"status": status, **keys.assumed}
        try:
            record = RegistrationRecord.read(values, observed_at=self._received, source=self._source)
        except InvalidRecord as error:
            raise Unanswered(Why.SCHEMA, f"not a record: {error.defects[0].place}") from None
        if not echoes(self._query, record):
            raise Unanswered(Why.MALFORMED, f"another {keys.name}")
        return record

    def _counted(self, said: list[_Said]) -> Answer:
        """The answer that the rows make together."""
        records = [record for record in said if record is not None]
        if len(records) < len(said):
            if records:
                raise Unanswered(Why.MALFORMED, "ambiguous: registered and not")
            return counted_no(self._mapping, self._query, self._mapping.scope)
        if not records:
            raise Unanswered(Why.NOT_LISTED, "not in the list")
        distinct: dict[str, RegistrationRecord] = {}
        for record in records:
            number = record.registration_number.canonical
            known = distinct.get(number)
            distinct[number] = record if known is None else _joined(known, record)
        return Found(tuple(distinct.values()))


def _without_domains(said: _Said) -> _Said:
    """A record whose other domains may be among the rows that were not given."""
    return None if said is None else replace(said, domains=None)


def _joined(one: RegistrationRecord, other: RegistrationRecord) -> RegistrationRecord:
    """
    Two rows of one number as one record.

    A registration of several domains has a row for each; that is no contradiction, anything else is.
    """
    domains = (
        tuple(dict.fromkeys(one.domains + other.domains))
        if one.domains is not None and other.domains is not None
        else one.domains
    )
    joined = replace(one, domains=domains)
    if joined != replace(other, domains=domains) or (one.domains is None) != (other.domains is None):
        raise Unanswered(Why.MALFORMED, "ambiguous: several records")
    return joined


def pass_checks(mapping: ApiMapping, value: Json) -> None:
    """Go on past every check of a mapping, in order; raises `Unanswered` at the first that says why not."""
    for check in mapping.checks:
        _pass(check, value)


def _pass(check: Check, value: Json) -> None:
    """Go on, or raise why not."""
    found = check.at.resolve(value)
    if found in check.table:
        why, detail = check.table[found], f"{check.at} is {found!r}"  # a literal of the mapping itself
    elif (accusation := _accusation(check, found)) is not None:
        fragment, why = accusation
        detail = f"{check.at} has {fragment!r} in it"
    elif found is MISSING:
        why, detail = check.missing, f"nothing at {check.at}"
    elif found is None:
        why, detail = check.null, f"null at {check.at}"
    elif check.accuses:
        return
    elif check.table.is_of_its_kind(found):
        why, detail = check.other, f"another value at {check.at}"
    else:
        why, detail = Why.SCHEMA, f"another type at {check.at}"
    if why is not None:
        raise Unanswered(why, detail)


def _accusation(check: Check, found: Json | Missing) -> tuple[str, Why] | None:
    """The first fragment that a text has in it, and what that means."""
    if not check.fragments or not isinstance(found, str):
        return None
    return next((accusation for accusation in check.fragments if accusation[0] in found), None)


def _is_cut(value: Json, records: Records, given: int) -> bool:
    """Whether there are more rows than were given; a count that cannot be right is no count."""
    if records.total is None:
        return False
    total = records.total.resolve(value)
    if type(total) is not int or total < given:
        raise Unanswered(Why.SCHEMA, f"no count of the rows at {records.total}")
    return total > given
