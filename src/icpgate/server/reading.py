"""
Reads requests of the registry protocol into queries, strictly, and says of every bad one where and why.

- A number is read as everywhere in icpgate: safe repairs are made, no digit is guessed.
- A domain becomes lower-case A-labels; a document number stays as it was sent.
- An unknown key is an error: a word that was not understood must not be passed over.
- Nothing of what was received is repeated: it may be a person's document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument, ByDomain, ByNumber
from icpgate.errors import Defect, InvalidNumber
from icpgate.identifiers import domain_defect
from icpgate.jsontext import InvalidJson, loads
from icpgate.number import parse
from icpgate.server.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.answer import Query
    from icpgate.jsontext import Json

__all__ = ["MAX_QUERIES", "MAX_TEXT", "read_batch", "read_number"]

MAX_QUERIES: Final = 1_000
"""Queries of one batch: what a sweep sends at once, and a second's work at most."""

MAX_TEXT: Final = 512
"""Characters of a document number or a package: four times the longest of either."""

_KEYS: Final = "number, or document_number and package, or domain"


class _UnreadError(Exception):
    """One query that cannot be read."""

    def __init__(self, key: str, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.key = key
        self.code = code
        self.message = message
        self.hint = hint


def read_number(text: str) -> ByNumber:
    """The query of a path; raises `Refused`."""
    try:
        return _by_number(text)
    except _UnreadError as unread:
        raise Refused(400, unread.message, code=unread.code, hint=unread.hint) from None


def read_batch(body: bytes) -> list[Query]:
    """The queries of a batch, in order; raises `Refused` with the place of every one that is bad."""
    items = _items(body)
    queries: list[Query] = []
    defects: list[Defect] = []
    for position, item in enumerate(items):
        try:
            queries.append(_query(item))
        except _UnreadError as unread:
            place = f"/queries/{position}" + (f"/{unread.key}" if unread.key else "")
            defects.append(Defect(unread.code, place, unread.message, hint=unread.hint))
    if defects:
        message = f"{len(defects):,} of {len(items):,} queries cannot be read"
        hint = "none was asked: put right or leave out those in defects"
        raise Refused(400, message, code="request.query", hint=hint, defects=defects)
    return queries


def _items(body: bytes) -> list[Json]:
    try:
        batch = loads(body, max_characters=len(body))
    except InvalidJson as error:
        raise _no_json(error) from None
    items = batch.get("queries") if isinstance(batch, dict) and len(batch) == 1 else None
    if not isinstance(items, list):
        hint = '{"queries": [{"number": "蜀ICP备2021014694号-10A"}]}'
        raise Refused(400, 'an object with the one key "queries", a list', code="request.shape", hint=hint)
    if len(items) > MAX_QUERIES:
        message = f"{len(items):,} queries; at most {MAX_QUERIES:,} are answered at once"
        raise Refused(400, message, code="request.too_many", hint="send them in several batches")
    return items


def _no_json(error: InvalidJson) -> Refused:
    """The error without what it quotes; a place that counts is kept, one that names keys is not."""
    is_counted = error.place.startswith(("line ", "character ", "byte "))
    return Refused(
        400,
        "the body is not JSON, or two readers could read it differently",
        code=error.code,
        hint=f"look at {error.place}" if is_counted else "see docs/protocol.md",
    )


def _query(item: Json) -> Query:
    if not isinstance(item, dict):
        raise _UnreadError("", "request.query", "not an object", _KEYS)
    read = _READERS.get(frozenset(item))
    if read is None:
        raise _UnreadError("", "request.query", "other keys than a query has", _KEYS)
    return read(item)


def _text(item: dict[str, Json], key: str) -> str:
    text = item[key]
    if not isinstance(text, str) or not text.strip():
        raise _UnreadError(key, "request.query", "not text, or empty")
    if len(text) > MAX_TEXT:
        raise _UnreadError(key, "request.query", f"{len(text):,} characters; at most {MAX_TEXT} are read")
    return text


def _by_number(text: object) -> ByNumber:
    try:
        return ByNumber(parse(text))
    except InvalidNumber as error:
        start, end = error.span
        hint = f"characters {start + 1} to {end}; see docs/number.md" if end > start else "see docs/number.md"
        raise _UnreadError("number", error.code, "not a registration number", hint) from None


def _by_document(item: dict[str, Json]) -> ByDocument:
    return ByDocument(_text(item, "document_number"), _text(item, "package"))


def _by_domain(item: dict[str, Json]) -> ByDomain:
    domain, problem = domain_defect(_text(item, "domain"))
    if problem is not None:
        raise _UnreadError("domain", "request.domain", "not a domain name", problem.expected)
    return ByDomain(domain)


_READERS: Final[dict[frozenset[str], Callable[[dict[str, Json]], Query]]] = {
    frozenset({"number"}): lambda item: _by_number(item["number"]),
    frozenset({"document_number", "package"}): _by_document,
    frozenset({"domain"}): _by_domain,
}
