"""
The registry protocol's answers, read so that they come out as the served registry gave them.

- An answer repeats the keys of its query, says its status, and has its own moment and source. One
  without is *malformed* or of another *schema*.
- Its status is the record's, or `registered` before a record that says its own: then that counts.
- A *no* says that it is authoritative, and for which scope, and has no record beside it.
- In a batch one bad answer spoils itself alone; a wrong count spoils all.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument, ByNumber, Found, Observation, Unavailable, Why, echoes
from icpgate.errors import ConfigurationError, InvalidRecord, shown
from icpgate.lookup.mapping.model import NOT_REGISTERED
from icpgate.lookup.mapping.negation import counted_no
from icpgate.lookup.scope import Scope
from icpgate.lookup.steps import Unanswered
from icpgate.record import RegistrationRecord, RegistrationStatus, read_time
from icpgate.recordreading import read_record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from icpgate.answer import Answer, Query
    from icpgate.jsontext import Json
    from icpgate.lookup.mapping.model import ApiMapping

__all__ = ["ProtocolReader", "written_query"]

LONGEST_DETAIL: Final = 200
LONGEST_SOURCE: Final = 4_096
_UNAVAILABLE: Final = "unavailable"
_WHYS: Final = {why.value: why for why in Why}
_STATUSES: Final = frozenset(RegistrationStatus)
_FIELDS: Final = frozenset({field.name for field in fields(RegistrationRecord)} | {"entity_number"})


def written_query(query: Query) -> dict[str, str]:
    """A query as the protocol writes it."""
    if type(query) is ByNumber:
        return {"number": query.number.canonical}
    if type(query) is ByDocument:
        return {"document_number": query.document_number, "package": query.package}
    return {"domain": query.domain}  # type: ignore[union-attr]  # there are three kinds of query


class ProtocolReader:
    """Reads the answers of one registry that speaks the protocol."""

    def __init__(self, mapping: ApiMapping, registry: str) -> None:
        """`registry` is the id under which the observations go."""
        self._mapping = mapping
        self._registry = registry

    def batch(self, queries: tuple[Query, ...], value: Json, now: datetime) -> list[Observation]:
        """The observations of a batch, in order; raises `Unanswered` when they cannot be told apart."""
        answers = value.get("answers") if isinstance(value, dict) else None
        if not isinstance(answers, list):
            raise Unanswered(Why.SCHEMA, "no list at /answers")
        if len(answers) != len(queries):
            raise Unanswered(Why.MALFORMED, f"{len(answers)} answers to {len(queries)} queries")
        return [self._held(query, answer, now) for query, answer in zip(queries, answers, strict=True)]

    def _held(self, query: Query, value: Json, now: datetime) -> Observation:
        try:
            return self.observation(query, value, now)
        except Unanswered as error:
            return self._observed(query, Unavailable(error.why, error.detail), now, "")

    def observation(self, query: Query, value: Json, now: datetime) -> Observation:
        """One observation; raises `Unanswered` for what is no answer to the query."""
        if not isinstance(value, dict):
            raise Unanswered(Why.SCHEMA, "no object for an answer")
        observation = self._read(query, value, now)
        # Whoever passes on what nobody verified says so, and anything but a plain false is taken for it.
        return observation if value.get("insecure_tls", False) is False else replace(observation, insecure_tls=True)

    def _read(self, query: Query, value: Mapping[str, Json], now: datetime) -> Observation:
        for key, text in written_query(query).items():
            if value.get(key) != text:
                raise Unanswered(Why.MALFORMED, "an answer to another query")
        status = value.get("status")
        if status == _UNAVAILABLE:
            # Of what nobody could say the moment is when we asked.
            return self._observed(query, _unavailable(value), now, _source_or_none(value.get("source")))
        seen, source = _moment(value.get("observed_at")), _source(value.get("source"))
        if status != NOT_REGISTERED:
            records = _records(query, value)
            return self._observed(query, Found(records), min([seen, *[r.observed_at for r in records]]), source)
        answer = self._no(query, value)
        return self._observed(query, answer, now if type(answer) is Unavailable else seen, source)

    def _observed(self, query: Query, answer: Answer, seen: datetime, source: str) -> Observation:
        return Observation(query, answer, seen, source or self._registry, self._registry)

    def _no(self, query: Query, value: Mapping[str, Json]) -> Answer:
        stated = value.get("scope")
        if value.get("authoritative") is not True or not isinstance(stated, str):
            raise Unanswered(Why.SCHEMA, "a no without its authority and scope")
        if value.get("record") or value.get("records"):
            raise Unanswered(Why.MALFORMED, "a no with a record")
        try:
            scope = Scope.parse(stated)
        except ConfigurationError:
            raise Unanswered(Why.SCHEMA, "a no of an unknown scope") from None
        return counted_no(self._mapping, query, scope)


def _unavailable(value: Mapping[str, Json]) -> Unavailable:
    why, detail = value.get("why"), value.get("detail", "")
    if not isinstance(why, str) or why not in _WHYS or not isinstance(detail, str):
        raise Unanswered(Why.SCHEMA, "unavailable without a known why")
    return Unavailable(_WHYS[why], shown(detail, at_most=LONGEST_DETAIL))


def _records(query: Query, value: Mapping[str, Json]) -> tuple[RegistrationRecord, ...]:
    """The records of an answer: under `record` by number, else under `records`."""
    status = value.get("status")
    if not isinstance(status, str) or status not in _STATUSES:
        raise Unanswered(Why.SCHEMA, "an unknown status")
    rows = [value.get("record")] if type(query) is ByNumber else value.get("records")
    if not isinstance(rows, list) or not rows:
        raise Unanswered(Why.SCHEMA, "a status without a record")
    records = tuple([_record(row) for row in rows])
    if len(records) > 1:
        records = tuple(dict.fromkeys(records))
    for record in records:
        if not echoes(query, record):
            raise Unanswered(Why.MALFORMED, "a record that does not echo the query")
    if len(records) > 1 and len({record.registration_number for record in records}) < len(records):
        raise Unanswered(Why.MALFORMED, "ambiguous: several records of one number")
    if status != RegistrationStatus.REGISTERED and any(record.status != status for record in records):
        raise Unanswered(Why.MALFORMED, "a status that its record contradicts")
    return records


def _record(row: Json) -> RegistrationRecord:
    if not isinstance(row, dict):
        raise Unanswered(Why.SCHEMA, "no object for a record")
    try:
        return read_record(row, None, None)
    except InvalidRecord as error:
        # A place names a member of the row, which is told only where it is one of ours.
        name = error.defects[0].place.split("/")[1]
        where = f"/{name}" if name in _FIELDS else "an unknown field"
        raise Unanswered(Why.SCHEMA, f"not a record: {where}") from None


def _moment(value: Json) -> datetime:
    try:
        if isinstance(value, str):
            return read_time(value)
    except ValueError:
        pass
    raise Unanswered(Why.SCHEMA, "no moment at /observed_at")


def _source(value: Json) -> str:
    source = _source_or_none(value)
    if not source:
        raise Unanswered(Why.SCHEMA, "no source at /source")
    return source


def _source_or_none(value: Json) -> str:
    return value if isinstance(value, str) and value.strip() and len(value) <= LONGEST_SOURCE else ""
