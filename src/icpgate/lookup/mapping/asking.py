"""
From a query to a request: templates filled in, every value written as its place demands.

- In a path and a query all but letters, digits and -._~ is percent-encoded, so that no value ends
  its place. A value that is a step of its own in a path, `.` or `..`, cannot be asked.
- In JSON a value is a JSON text; in a header it must be visible ASCII.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from icpgate.answer import ByDocument, ByNumber, Why
from icpgate.lookup.mapping.address import encoded_path
from icpgate.lookup.mapping.template import Template
from icpgate.lookup.steps import Request, Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.answer import Query
    from icpgate.lookup.mapping.address import Address
    from icpgate.lookup.mapping.credentials import Credentials
    from icpgate.lookup.mapping.literals import Literal
    from icpgate.lookup.mapping.model import Ask

__all__ = ["ENTITY", "built", "keys_of", "requested"]

ENTITY: Final = "entity"
"""What `kinds` calls a number without a service."""

_QUOTED: Final = tuple(quote(bytes([byte]), safe="") for byte in range(256))


def _encoded(value: str) -> str:
    """A value with all but letters, digits and -._~ percent-encoded."""
    return "".join([_QUOTED[byte] for byte in value.encode("utf-8")])


def keys_of(query: Query) -> dict[str, str]:
    """The values that a query brings, by the names of their places."""
    if type(query) is ByNumber:
        return {"number": query.number.canonical, "entity_number": query.number.entity_number}
    if type(query) is ByDocument:
        return {"document_number": query.document_number, "package": query.package}
    return {"domain": query.domain}  # type: ignore[union-attr]  # there are three kinds of query


def requested(ask: Ask, address: Address, query: Query, secrets: Credentials) -> Request:
    """The request that asks a query; raises `Unanswered` for one that cannot be asked."""
    values = keys_of(query)
    for value in values.values():
        if not value.strip() or not _is_text(value):
            raise Unanswered(Why.CONFIGURATION, "a query with nothing to ask by")
    kind = _kind(ask, query)
    if kind is not None:
        values["kind"] = str(kind)
    for name in secrets:
        values[f"secret:{name}"] = secrets[name]
    return built(ask, address, values, _json(ask.json, values, kind))


def _is_text(value: str) -> bool:
    """Whether it can be sent at all: half a character cannot."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _kind(ask: Ask, query: Query) -> Literal | None:
    """What the API calls the kind of the number that is asked."""
    if type(query) is not ByNumber or not ask.kinds:
        return None
    kind = query.number.service_kind
    word = ENTITY if kind is None else kind.value
    if word not in ask.kinds:
        raise Unanswered(Why.NOT_COVERED, f"the registry cannot be asked for a number of this kind: {word}")
    return ask.kinds[word]


def built(ask: Ask, address: Address, values: Mapping[str, str], body: object) -> Request:
    """A request of these values; `body` is its JSON, unless it has a form or none."""
    path = ask.path.filled(values, _encoded) or ""
    if "." in path and any(step in {".", ".."} for step in path.split("/")):
        raise Unanswered(Why.CONFIGURATION, "a query that cannot stand in a path")
    query = _pairs(ask.query, values)
    headers = [("accept", "application/json"), *_pairs(ask.headers, values)]
    for _, value in headers:
        if not (value.isascii() and value.isprintable()):
            raise Unanswered(Why.CONFIGURATION, "a value that cannot stand in a header")
    sent = b""
    if ask.form:
        headers.append(("content-type", "application/x-www-form-urlencoded"))
        sent = _joined(_pairs(ask.form, values)).encode("ascii")
    elif body is not None:
        headers.append(("content-type", "application/json"))
        sent = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    url = f"{address.text}{encoded_path(path)}" + (f"?{_joined(query)}" if query else "")
    return Request(ask.method, url, tuple(headers), sent)


def _pairs(members: tuple[tuple[str, Template], ...], values: Mapping[str, str]) -> list[tuple[str, str]]:
    filled = [(name, template.filled(values)) for name, template in members]
    return [(name, value) for name, value in filled if value is not None]


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _json(value: object, values: Mapping[str, str], kind: Literal | None) -> object:
    """The JSON with its templates filled in; one that is nothing but `{kind}` keeps the type of the kind."""
    if isinstance(value, Template):
        return kind if value.parts == value.places and value.names == {"kind"} else value.filled(values)
    if isinstance(value, dict):
        members = ((name, _json(member, values, kind)) for name, member in value.items())
        return {name: member for name, member in members if member is not None}
    if isinstance(value, list):
        return [filled for item in value if (filled := _json(item, values, kind)) is not None]
    return value
