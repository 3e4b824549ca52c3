"""Reads `[[check]]`, `[records]`, `[echo]` and `[record]` of a mapping: what an answer means."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Final

from icpgate.answer import Why
from icpgate.lookup.mapping.model import NOT_REGISTERED, Check, Echo, Epoch, Field, Platforms, Records
from icpgate.lookup.mapping.tables import WHYS, within
from icpgate.number import ServiceKind
from icpgate.record import BEIJING, Origin, RegistrationStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.lookup.mapping.literals import Literal
    from icpgate.lookup.mapping.tables import Table, TableReader

__all__ = ["FLAGS", "LISTS", "MOMENTS", "read_checks", "read_echo", "read_record", "read_records"]

OK: Final = "ok"
_OUTCOMES: Final[Mapping[str, Why | None]] = {OK: None, **WHYS}

FLAGS: Final = frozenset({"access_restricted", "blacklisted"})
LISTS: Final = frozenset({"domains", "endpoints", "access_providers", "pre_approvals"})
MOMENTS: Final = frozenset({"observed_at", "approved_at"})
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": (*(status.value for status in RegistrationStatus), NOT_REGISTERED, *WHYS),
    "kind": tuple(kind.value for kind in ServiceKind),
    "origin": tuple(origin.value for origin in Origin),
}
_TEXTS: Final = (
    "registration_number",
    "entity_number",
    "service_name",
    "operator",
    "operator_kind",
    "document_type",
    "document_number",
)
_FIELDS: Final = (*_TEXTS, *_WORDS, *sorted(LISTS | MOMENTS | FLAGS))
_PLATFORM: Final = ("platform", "package", "signing_certificate", "public_key")
_DEMANDED: Final = frozenset({"status", "observed_at", *FLAGS})
"""What a broken answer must not lose unnoticed: without it the record would say something better."""

_KEYS: Final = (
    "at",
    "of",
    "constant",
    "table",
    "other",
    "decode",
    "split",
    "time",
    "zone",
    "required",
    "absent",
    "unechoed",
)
_FAILURES: Final = frozenset({"查询失败"})
"""What some services write into every field when a look-up failed, under a code of success."""


def read_checks(reader: TableReader, data: Table) -> tuple[Check, ...]:
    """The checks, in the order of the file."""
    return tuple(
        check
        for position, table in enumerate(reader.tables(data, "check"))
        if (check := _read_check(reader, table, f"check[{position}]")) is not None
    )


def _read_check(reader: TableReader, table: Table, place: str) -> Check | None:
    reader.unknown(place, table, ("at", "table", "fragments", "other", "null", "missing"))
    at = reader.pointer(table.get("at"), within(place, "at"))
    meanings = reader.literals(table, place, lambda value, where: reader.word(value, where, _OUTCOMES))
    fragments = _fragments(reader, table, place)
    if "table" not in table and not ("fragments" in table and table.get("other") == OK):
        reader.refuse(within(place, "table"), "missing", expected='such as [{ is = 200, means = "ok" }]')
    outcomes = {
        name: reader.word(table.get(name, default), within(place, name), _OUTCOMES)
        for name, default in (("other", "upstream_error"), ("null", "schema"), ("missing", "schema"))
    }
    accuses = table.get("other") == OK
    if accuses:
        outcomes = {name: why if name in table else None for name, why in outcomes.items()}
    if at is None:
        return None
    other = outcomes["other"] or Why.UPSTREAM_ERROR
    return Check(at, meanings, other, accuses, outcomes["null"], outcomes["missing"], fragments)


def _fragments(reader: TableReader, table: Table, place: str) -> tuple[tuple[str, Why], ...]:
    """What accuses wherever in a text it stands; a fragment can never mean that all is well."""
    read: list[tuple[str, Why]] = []
    for position, entry in enumerate(reader.tables(table, "fragments", place)):
        where = f"{within(place, 'fragments')}[{position}]"
        reader.unknown(where, entry, ("has", "means"))
        fragment = reader.text(entry, "has", where)
        if "has" not in entry:
            reader.refuse(within(where, "has"), "missing", expected="a text such as 频次")
        why = reader.word(entry.get("means"), within(where, "means"), WHYS)
        if fragment and why is not None:
            read.append((fragment, why))
    return tuple(read)


def read_records(reader: TableReader, data: Table) -> Records | None:
    """Where the records are; refused when that is not said."""
    table = reader.table(data, "records")
    reader.unknown("records", table, ("object", "list", "either", "total", "failures"))
    shapes = [name for name in ("object", "list", "either") if name in table]
    if len(shapes) != 1:
        hint = 'object = "/data" for one record, list = "/data/rows" for a list of them, either = "/data" for both'
        reader.refuse("records", "object, list or either is needed, one of the three", hint=hint)
        return None
    at = reader.pointer(table[shapes[0]], f"records.{shapes[0]}")
    total = reader.pointer(table["total"], "records.total") if "total" in table else None
    if total is not None and shapes == ["object"]:
        reader.refuse("records.total", "only a list can be incomplete", hint="remove it")
    failures = reader.texts(table, "failures", "records") if "failures" in table else _FAILURES
    return None if at is None else Records(at, shapes != ["object"], total, failures, shapes == ["either"])


def read_echo(reader: TableReader, data: Table) -> Echo:
    """Where an answer repeats what was asked."""
    table = reader.table(data, "echo")
    names = ("number", "document_number", "package", "domain")
    reader.unknown("echo", table, names)
    fields = {name: _read_field(reader, name, table[name], "echo") for name in names if name in table}
    for name, field in fields.items():
        if field is not None and field.at is None:
            reader.refuse(f"echo.{name}", "a constant echoes nothing", expected="a JSON pointer")
    return Echo(**fields)


def read_record(reader: TableReader, data: Table) -> tuple[dict[str, Field], Platforms | None]:
    """The fields of a record, and its platforms."""
    table = reader.table(data, "record")
    reader.unknown("record", table, (*_FIELDS, "platforms"), what="field")
    read = {name: _read_field(reader, name, table[name], "record") for name in _FIELDS if name in table}
    for name in ("registration_number", "status"):
        if name not in table:
            reader.refuse(f"record.{name}", "missing", expected="a JSON pointer or a constant")
    status = read.get("status")
    if status is not None and status.table is None and status.constant is None:
        hint = 'status = { at = "/state", table = [{ is = 1, means = "registered" }] }'
        reader.refuse("record.status", "neither a table nor a constant", hint=hint)
    if status is not None and status.constant and status.constant not in set(RegistrationStatus):
        reader.refuse("record.status", "a constant that is no status", expected="a table that says which literal is")
    number = read.get("registration_number")
    if number is not None and number.at is None:
        reader.refuse("record.registration_number", "a constant number", expected="a JSON pointer")
    return {name: field for name, field in read.items() if field is not None}, _read_platforms(reader, table)


def _read_platforms(reader: TableReader, record: Table) -> Platforms | None:
    if "platforms" not in record:
        return None
    table = reader.table(record, "platforms", "record")
    reader.unknown("record.platforms", table, ("list", *_PLATFORM), what="field")
    rows = reader.pointer(table["list"], "record.platforms.list") if "list" in table else None
    read = [_read_field(reader, name, table[name], "record.platforms") for name in _PLATFORM if name in table]
    if not read:
        reader.refuse("record.platforms", "empty", expected=f"some of {', '.join(_PLATFORM)}")
    return Platforms(tuple(field for field in read if field is not None), rows)


def _read_field(reader: TableReader, name: str, value: object, parent: str) -> Field | None:
    place = within(parent, name)
    table: Table = {"at": value} if isinstance(value, str) else value if isinstance(value, dict) else {}
    if not isinstance(value, (str, dict)):
        reader.refuse(place, f"{type(value).__name__} given", expected="a JSON pointer, or a table with `at`")
        return None
    reader.unknown(place, table, _KEYS)
    if ("at" in table) == ("constant" in table):
        reader.refuse(place, "at or constant is needed, one of the two")
    if "constant" in table:
        _only(reader, table, place, ("constant",), "beside a constant")
        constant = _meant(reader, name, table["constant"], within(place, "constant"))
        return Field(name=name, constant=constant)
    _check_options(reader, name, table, place)
    meanings = reader.literals(table, place, lambda given, where: _meant(reader, name, given, where))
    at = reader.pointer(table["at"], within(place, "at")) if "at" in table else None
    if at is None:
        return None
    return Field(
        name=name,
        at=at,
        of_answer=reader.word(table.get("of", "row"), within(place, "of"), {"row": False, "answer": True}) or False,
        table=meanings if "table" in table else None,
        other=reader.word(table.get("other", "schema"), within(place, "other"), WHYS) or Why.SCHEMA,
        is_base64=reader.word(table.get("decode", ""), within(place, "decode"), {"": False, "base64": True}) or False,
        split=_split(reader, table, place),
        time=_time(reader, table, place),
        required=reader.flag(table, "required", place, default=name in _DEMANDED),
        absent=reader.texts(table, "absent", place),
        unechoed="unechoed" in table,
    )


def _split(reader: TableReader, table: Table, place: str) -> str:
    """What stands between the entries of a list; it may be a blank."""
    value = table.get("split", "")
    if not isinstance(value, str) or ("split" in table and not value):
        reader.refuse(within(place, "split"), "not a separator", expected="such as 、 or ;")
        return ""
    return value


def _check_options(reader: TableReader, name: str, table: Table, place: str) -> None:
    """Options that mean nothing for this field would be overlooked."""
    fitting = (
        ("split", name in LISTS, "a list such as domains"),
        ("time", name in MOMENTS, "observed_at or approved_at"),
        ("zone", name in MOMENTS, "observed_at or approved_at"),
        ("absent", name == "registration_number", "registration_number"),
        ("unechoed", name == "domains", "domains"),
    )
    for option, fits, expected in fitting:
        if option in table and not fits:
            reader.refuse(within(place, option), f"not for {name}", expected=expected)
    if "unechoed" in table and table["unechoed"] != "asked":
        reader.refuse(within(place, "unechoed"), "not known", expected='"asked"')
    if "other" in table and "table" not in table:
        reader.refuse(within(place, "other"), "without a table")
    if "required" in table and name in {"registration_number", "status"}:
        reader.refuse(within(place, "required"), "a record without it is none in any case", hint="remove it")


def _only(reader: TableReader, table: Table, place: str, known: tuple[str, ...], why: str) -> None:
    for option in table:
        if option not in known and option in _KEYS:
            reader.refuse(within(place, option), f"without effect {why}", hint="remove it")


def _meant(reader: TableReader, name: str, value: object, place: str) -> Literal:
    """What a literal means, or a constant is, in this field."""
    if name in FLAGS:
        if isinstance(value, bool):
            return value
        reader.refuse(place, "not for a flag", expected="true or false")
        return False
    if name in _WORDS:
        return reader.word(value, place, {word: word for word in _WORDS[name]}) or ""
    if name in MOMENTS or not isinstance(value, str):
        reader.refuse(place, f"not for {name}", expected="a text" if name not in MOMENTS else "a JSON pointer")
        return ""
    return value


_ZONE: Final = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
_EPOCHS: Final = {epoch.value: epoch for epoch in Epoch}


def _time(reader: TableReader, table: Table, place: str) -> timezone | Epoch | None:
    if "time" in table:
        if "zone" in table:
            reader.refuse(within(place, "zone"), "without effect beside time", hint="remove it")
        return reader.word(table["time"], within(place, "time"), _EPOCHS)
    value = table.get("zone")
    if value is None:
        return None
    if value == "Asia/Shanghai":
        return BEIJING
    match = _ZONE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        reader.refuse(within(place, "zone"), "not a zone", expected="Asia/Shanghai, or an offset such as +08:00")
        return None
    sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)
