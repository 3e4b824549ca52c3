"""
From a TOML file to an `ApiMapping`, or every defect with its dotted place.

Checked here, once: unknown keys, pointers, tables of literals, placeholders, what belongs together.
A *no* is only taken from a mapping that says that its source is complete, and for what.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument, ByDomain, ByNumber
from icpgate.errors import ConfigurationError, nearest, quote, shown
from icpgate.lookup.mapping.body import CHARSETS
from icpgate.lookup.mapping.credentials import anchored_secret, folder_of, secret_defect
from icpgate.lookup.mapping.fieldreading import read_checks, read_echo, read_record, read_records
from icpgate.lookup.mapping.model import ApiMapping, Body, Form
from icpgate.lookup.mapping.requestreading import needed_secrets, read_batch, read_requests
from icpgate.lookup.mapping.tables import TableReader, parsed
from icpgate.lookup.scope import Scope
from icpgate.lookup.textfile import text_of

if TYPE_CHECKING:
    import os

    from icpgate.lookup.mapping.tables import Table

__all__ = ["load_file", "load_ready", "load_text", "ready_shapes"]

_BOTH: Final = (
    "form",
    "id",
    "url",
    "source",
    "insecure_http",
    "authoritative",
    "scope",
    "cacheable",
    "secrets",
    "request",
    "body",
)
_MAPPED: Final = (*_BOTH, "check", "records", "echo", "record")
_ICPGATE: Final = (*_BOTH, "batch")
_FORMS: Final = {form.value: form for form in Form}
_MAX_BYTES: Final = 1_048_576


def load_file(path: str | os.PathLike[str]) -> ApiMapping:
    """Read a mapping's file, to whose folder `file:PATH` of its secrets is relative; raises `ConfigurationError`."""
    mapping, folder = load_text(text_of(path), name=Path(path).name), folder_of(path)
    return replace(mapping, secrets={name: anchored_secret(each, folder) for name, each in mapping.secrets.items()})


def ready_shapes() -> tuple[str, ...]:
    """The names of the mappings that ship."""
    folder = files("icpgate.lookup.mapping").joinpath("ready")
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def load_ready(shape: str) -> ApiMapping:
    """A mapping that ships, such as `uapis`; raises `ConfigurationError` for a name that is none."""
    known = ready_shapes()
    if shape not in known:
        suggestion = nearest(shape, known) if isinstance(shape, str) else None
        hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(known)}"
        raise ConfigurationError(f"no ready mapping is called {quote(shape)}", hint=hint, code="config.mapping")
    return _ready(shape)


@cache
def _ready(shape: str) -> ApiMapping:
    text = files("icpgate.lookup.mapping").joinpath("ready", f"{shape}.toml").read_text(encoding="utf-8")
    return load_text(text, name=f"{shape}.toml")


def load_text(text: str, *, name: str = "mapping") -> ApiMapping:
    """Read a mapping; `name` stands in the error. Raises `ConfigurationError` with every defect."""
    data = parsed(text, name)
    reader = TableReader()
    form = reader.word(data.get("form", Form.MAPPED.value), "form", _FORMS) or Form.MAPPED
    reader.unknown("", data, _ICPGATE if form is Form.ICPGATE else _MAPPED)
    mapping = _own(reader, data, name) if form is Form.ICPGATE else _mapped(reader, data, name)
    reader.settle(name)
    return mapping


def _own(reader: TableReader, data: Table, name: str) -> ApiMapping:
    asks, batch = read_requests(reader, data), read_batch(reader, data)
    if set(asks) - {ByNumber}:
        reader.refuse("request", "the protocol asks by document and by domain in a batch", hint="use [batch]")
    if not asks and batch is None:
        reader.refuse("request", "nothing can be asked", hint="add [request.number] or [batch]")
    sent = [*asks.values(), *([batch.ask] if batch is not None else [])]
    common = _common(reader, data, name, needed_secrets(sent))
    return replace(common, form=Form.ICPGATE, asks=asks, batch=batch)


def _mapped(reader: TableReader, data: Table, name: str) -> ApiMapping:
    asks = read_requests(reader, data)
    if not asks:
        reader.refuse("request", "nothing can be asked", hint="add [request.number]")
    fields, platforms = read_record(reader, data)
    mapping = replace(
        _common(reader, data, name, needed_secrets(list(asks.values()))),
        asks=asks,
        checks=read_checks(reader, data),
        records=read_records(reader, data),
        echo=read_echo(reader, data),
        fields=fields,
        platforms=platforms,
    )
    if mapping.says_no and not mapping.authoritative:
        hint = 'means = "not_listed", or authoritative = true and a scope where that is so'
        reader.refuse("record.status", "a no from a source that is not complete", hint=hint)
    _check_keys(reader, mapping)
    return mapping


def _check_keys(reader: TableReader, mapping: ApiMapping) -> None:
    """A record that cannot repeat what was asked would never be believed."""
    platforms = {field.name for field in mapping.platforms.fields} if mapping.platforms is not None else set()
    if ByDomain in mapping.asks and "domains" not in mapping.fields:
        hint = 'domains = "/domain"; { at = "/domain", unechoed = "asked" } where the answer does not say it'
        reader.refuse("record.domains", "needed where domains are asked", hint=hint)
    domains = mapping.fields.get("domains")
    if domains is not None and domains.unechoed and mapping.records is not None and mapping.records.is_list:
        reader.refuse("record.domains.unechoed", "a list in which every row would be about what was asked")
    if ByDocument in mapping.asks and ("document_number" not in mapping.fields or "package" not in platforms):
        hint = "record.document_number and record.platforms.package"
        reader.refuse("record", "document number and package are needed where they are asked", hint=hint)


def _common(reader: TableReader, data: Table, name: str, needs: dict[str, bool]) -> ApiMapping:
    authoritative = reader.flag(data, "authoritative")
    if authoritative and "scope" not in data:
        reader.refuse("scope", "missing", expected="what the source is complete for", hint='scope = "all"')
    return ApiMapping(
        name=name,
        id=reader.text(data, "id"),
        url=reader.text(data, "url"),
        source=reader.text(data, "source"),
        insecure_http=reader.flag(data, "insecure_http"),
        authoritative=authoritative,
        scope=_scope(reader, reader.text(data, "scope", default="all")),
        cacheable=reader.flag(data, "cacheable", default=True),
        secrets=_secrets(reader, data, needs),
        needs=needs,
        body=_body(reader, data),
    )


def _scope(reader: TableReader, text: str) -> Scope:
    try:
        return Scope.parse(text)
    except ConfigurationError as error:
        reader.refuse("scope", error.message, hint=error.hint)
        return Scope.parse("all")


def _secrets(reader: TableReader, data: Table, needs: dict[str, bool]) -> dict[str, str]:
    table = reader.table(data, "secrets")
    reader.unknown("secrets", table, tuple(needs), what="secret: nothing in [request] has a place for it")
    for name, value in table.items():
        defect = secret_defect(value)
        if defect is not None:
            reader.refuse(f"secrets.{shown(name)}", defect)
    return {name: value for name, value in table.items() if isinstance(value, str)}


def _body(reader: TableReader, data: Table) -> Body:
    table = reader.table(data, "body")
    reader.unknown("body", table, ("charset", "json_as_html"))
    charset = reader.text(table, "charset", "body", "utf-8").lower()
    if charset not in CHARSETS:
        reader.refuse("body.charset", f"{quote(charset)} is not known", expected=f"one of {', '.join(CHARSETS)}")
    return Body(charset, reader.flag(table, "json_as_html", "body"))
