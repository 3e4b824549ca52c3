"""Reads `[request.*]` and `[batch]` of a mapping: what is sent, and what must be filled in for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument, ByDomain, ByNumber
from icpgate.errors import ConfigurationError
from icpgate.lookup.mapping.address import encoded_path
from icpgate.lookup.mapping.asking import ENTITY
from icpgate.lookup.mapping.model import Ask, Batch
from icpgate.lookup.mapping.tables import within
from icpgate.lookup.mapping.template import Template
from icpgate.number import ServiceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from icpgate.answer import Query
    from icpgate.lookup.mapping.literals import Literal
    from icpgate.lookup.mapping.tables import Table, TableReader

__all__ = ["needed_secrets", "read_batch", "read_requests"]

_KEYS: Final = ("method", "path", "query", "headers", "json", "form", "kinds")
_NAMES: Final[Mapping[str, tuple[type[Query], tuple[str, ...]]]] = {
    "number": (ByNumber, ("number", "entity_number")),
    "document": (ByDocument, ("document_number", "package")),
    "domain": (ByDomain, ("domain",)),
}
_METHODS: Final = {"GET": "GET", "POST": "POST"}
_KINDS: Final = (*(kind.value for kind in ServiceKind), ENTITY)
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_RESERVED: Final = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect"}
)
"""What the sender of a request decides."""

_DEEPEST: Final = 16
_MOST: Final = 1_000


def read_requests(reader: TableReader, data: Table) -> dict[type[Query], Ask]:
    """The requests of a mapping, by the kind of query that they ask."""
    tables = reader.table(data, "request")
    reader.unknown("request", tables, _NAMES, what="kind of query")
    asks: dict[type[Query], Ask] = {}
    for name in _NAMES:
        if name in tables:
            query, known = _NAMES[name]
            asks[query] = _read_ask(reader, reader.table(tables, name, "request"), f"request.{name}", known)
    return asks


def read_batch(reader: TableReader, data: Table) -> Batch | None:
    """The address of a batch; None without one."""
    if "batch" not in data:
        return None
    table = reader.table(data, "batch")
    reader.unknown("batch", table, ("path", "headers", "at_most"))
    at_most = table.get("at_most", 100)
    if type(at_most) is not int or not 1 <= at_most <= _MOST:
        reader.refuse("batch.at_most", "not a number of queries", expected=f"1 to {_MOST:,}")
        at_most = 1
    path, headers = _path(reader, table, "batch", ()), _templates(reader, table, "headers", "batch", ())
    return Batch(Ask(method="POST", path=path, headers=headers), at_most)


def _read_ask(reader: TableReader, table: Table, place: str, known: tuple[str, ...]) -> Ask:
    reader.unknown(place, table, _KEYS)
    kinds = _kinds(reader, table, place)
    names = (*known, "kind") if kinds else known
    has_body = "json" in table or "form" in table
    method = reader.word(table.get("method", "POST" if has_body else "GET"), within(place, "method"), _METHODS)
    if has_body and method == "GET":
        reader.refuse(within(place, "method"), "a GET has no body", hint="POST, or put it into query")
    if "json" in table and "form" in table:
        reader.refuse(within(place, "form"), "a request has one body: json or form")
    ask = Ask(
        method=method or "GET",
        path=_path(reader, table, place, names),
        query=_templates(reader, table, "query", place, names),
        headers=_templates(reader, table, "headers", place, names),
        json=_json(reader, table["json"], within(place, "json"), names) if "json" in table else None,
        form=_templates(reader, table, "form", place, names),
        kinds=kinds,
    )
    used = frozenset(name for template in _all_templates(ask) for name in template.names)
    if reader.is_clean and not used & frozenset(known):
        said = " or ".join(f"{{{name}}}" for name in known)
        reader.refuse(place, "a request that does not say what is asked", hint=f"put {said} where it belongs")
    return ask


def _path(reader: TableReader, table: Table, place: str, known: tuple[str, ...]) -> Template:
    where = within(place, "path")
    text = table.get("path", "")
    if not isinstance(text, str) or (text and not text.startswith("/")):
        reader.refuse(where, "not a path", expected="such as /v1/registrations/{number}")
        return Template(())
    if any(mark in text for mark in "?#") or not text.isprintable():
        reader.refuse(where, "more than a path", hint="put what stands behind ? into query")
    template = reader.template(text, where, known)
    if template is None:
        return Template(())
    try:
        encoded_path("".join(part if isinstance(part, str) else "x" for part in template.parts))
    except ConfigurationError as error:
        reader.refuse(where, error.message.removeprefix("url: "))
    return template


def _templates(
    reader: TableReader, table: Table, name: str, place: str, known: tuple[str, ...]
) -> tuple[tuple[str, Template], ...]:
    where = within(place, name)
    read = []
    for key, value in reader.table(table, name, place).items():
        if name == "headers":
            _check_header(reader, within(where, key), key, value)
        template = reader.template(value, within(where, key), known)
        if template is not None:
            read.append((key.lower() if name == "headers" else key, template))
    return tuple(read)


def _check_header(reader: TableReader, place: str, name: str, value: object) -> None:
    if not _TOKEN.fullmatch(name):
        reader.refuse(place, "not the name of a header")
    elif name.lower() in _RESERVED:
        reader.refuse(place, "this header is the sender's business", hint="remove it")
    if isinstance(value, str) and not (value.isascii() and value.isprintable()):
        reader.refuse(place, "not visible ASCII")


def _kinds(reader: TableReader, table: Table, place: str) -> dict[str, Literal]:
    where = within(place, "kinds")
    kinds = reader.table(table, "kinds", place)
    reader.unknown(where, kinds, _KINDS, what="kind of service")
    for name, value in kinds.items():
        if not isinstance(value, (int, str)):
            reader.refuse(within(where, name), "not what an API calls a kind", expected="a text or an integer")
    return {name: value for name, value in kinds.items() if isinstance(value, (int, str))}


def _json(reader: TableReader, value: object, place: str, known: tuple[str, ...], depth: int = 1) -> object:
    """A JSON value in which every text is a template."""
    if depth > _DEEPEST:
        reader.refuse(place, f"nested deeper than {_DEEPEST} levels")
    elif isinstance(value, str):
        return reader.template(value, place, known)
    elif isinstance(value, dict):
        return {name: _json(reader, member, within(place, name), known, depth + 1) for name, member in value.items()}
    elif isinstance(value, list):
        return [_json(reader, item, f"{place}[{i}]", known, depth + 1) for i, item in enumerate(value)]
    elif isinstance(value, (bool, int)):
        return value
    else:
        reader.refuse(
            place, f"{type(value).__name__} given", expected="a text, an integer, true, false, a table or list"
        )
    return None


def _all_templates(ask: Ask) -> Iterator[Template]:
    yield ask.path
    for members in (ask.query, ask.headers, ask.form):
        yield from (template for _, template in members)
    waiting = [ask.json]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Template):
            yield value
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def needed_secrets(asks: list[Ask]) -> dict[str, bool]:
    """The secrets that some request has a place for, and whether all can do without."""
    needed: dict[str, bool] = {}
    for ask in asks:
        for template in _all_templates(ask):
            for name, is_optional in template.secrets.items():
                needed[name] = is_optional and needed.get(name, True)
    return needed
