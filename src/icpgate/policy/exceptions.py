"""Reads `[[exemption]]` and `[[fail_open]]`: the only ways past the floor, each with its price."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from icpgate.chinese import fold
from icpgate.errors import InvalidNumber, quote
from icpgate.number import ServiceKind, parse
from icpgate.policy.model import OPENABLE, Exemption, FailOpen
from icpgate.rules import Action, Occasion
from icpgate.signing import Platform

if TYPE_CHECKING:
    from collections.abc import Collection

    from icpgate.policy.reader import Table, TableReader

__all__ = ["read_exemptions", "read_fail_opens"]

_COMMON: Final = ("name", "approver", "reason", "since", "until", "codes", "actions", "occasions")
_SELECTORS: Final = ("packages", "numbers", "operators")
_EXEMPTION: Final = (*_COMMON, "ticket", *_SELECTORS, "kinds", "platforms")

LONGEST_FAIL_OPEN: Final = timedelta(days=31)
"""An outage that lasts longer is not an outage but a missing registry."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_PACKAGE: Final = re.compile(r"[A-Za-z0-9._-]+")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+\.\*")


def read_exemptions(reader: TableReader, data: Table, codes: Collection[str]) -> tuple[Exemption, ...]:
    """Every exemption; every defect goes to the reader."""
    tables = reader.tables(data, "exemption")
    _names_apart(reader, tables, "exemption")
    return tuple(_exemption(reader, table, f"exemption[{place}]", codes) for place, table in enumerate(tables))


def read_fail_opens(reader: TableReader, data: Table) -> tuple[FailOpen, ...]:
    """Every fail-open setting; every defect goes to the reader."""
    tables = reader.tables(data, "fail_open")
    _names_apart(reader, tables, "fail_open")
    return tuple(_fail_open(reader, table, f"fail_open[{place}]") for place, table in enumerate(tables))


def _names_apart(reader: TableReader, tables: list[Table], what: str) -> None:
    """A decision cites an entry by its name alone."""
    names = [table.get("name") for table in tables]
    for position, name in enumerate(names):
        if isinstance(name, str) and name in names[:position]:
            first = f"{what}[{names.index(name)}]"
            reader.refuse(f"{what}[{position}].name", f"{quote(name)} is the name of {first}", expected="another name",
                          code="config.conflict")  # fmt: skip


def _exemption(reader: TableReader, table: Table, place: str, codes: Collection[str]) -> Exemption:
    reader.unknown(place, table, _EXEMPTION)
    if not any(table.get(selector) for selector in _SELECTORS):
        hint = f"name at least one of {', '.join(_SELECTORS)}"
        reader.refuse(place, "selects every app", expected="a scope", hint=hint, code="config.exemption")
    since, until = _period(reader, table, place)
    return Exemption(
        name=reader.text(table, "name", place),
        approver=reader.text(table, "approver", place),
        reason=reader.text(table, "reason", place),
        ticket=reader.text(table, "ticket", place, required=False),
        since=since,
        until=until,
        codes=reader.codes(table, place, codes),
        actions=reader.choices(table, "actions", Action, place),
        occasions=reader.choices(table, "occasions", Occasion, place),
        packages=_packages(reader, table, place),
        numbers=_numbers(reader, table, place),
        operators=_operators(reader, table, place),
        kinds=_kinds(reader, table, place),
        platforms=_platforms(reader, table, place),
    )


def _fail_open(reader: TableReader, table: Table, place: str) -> FailOpen:
    reader.unknown(place, table, _COMMON)
    since, until = _period(reader, table, place)
    if since is None and "since" not in table:
        reader.refuse(f"{place}.since", "missing", expected="when it begins, with its zone", code="config.fail_open")
    elif since is not None and until - since > LONGEST_FAIL_OPEN:
        reader.refuse(f"{place}.until", f"lasts {until - since}", expected=f"at most {LONGEST_FAIL_OPEN.days} days",
                      code="config.fail_open")  # fmt: skip
    for name in ("actions", "occasions"):
        if name not in table:
            reader.refuse(f"{place}.{name}", "missing", expected=f"the {name} it covers", code="config.fail_open")
    return FailOpen(
        name=reader.text(table, "name", place),
        approver=reader.text(table, "approver", place),
        reason=reader.text(table, "reason", place),
        since=since,
        until=until,
        codes=reader.codes(table, place, sorted(OPENABLE)),
        actions=reader.choices(table, "actions", Action, place),
        occasions=reader.choices(table, "occasions", Occasion, place),
    )


def _period(reader: TableReader, table: Table, place: str) -> tuple[datetime | None, datetime]:
    since = reader.moment(table, "since", place, required=False)
    until = reader.moment(table, "until", place)
    if until is not None and since is not None and until <= since:
        reader.refuse(
            f"{place}.until", "ends before it begins", expected="a moment after since", code="config.conflict"
        )
    return since, until or _NEVER


def _packages(reader: TableReader, table: Table, place: str) -> tuple[str, ...]:
    packages = reader.texts(table, "packages", place)
    for package in packages:
        if "*" not in package and not _PACKAGE.fullmatch(package):
            reader.refuse(
                f"{place}.packages", f"{quote(package)} given", expected="a package, or a prefix that ends in .*"
            )
        elif "*" in package and not _PREFIX.fullmatch(package):
            expected = "a prefix of at least two parts, such as com.example.*"
            reader.refuse(f"{place}.packages", f"{quote(package)} covers too much, or nothing", expected=expected)
    return tuple(sorted(set(packages)))


def _numbers(reader: TableReader, table: Table, place: str) -> tuple[str, ...]:
    canonical = []
    for text in reader.texts(table, "numbers", place):
        try:
            canonical.append(parse(text).canonical)
        except InvalidNumber as error:
            reader.refuse(f"{place}.numbers", f"{quote(text)}: {error.message}", expected="a registration number")
    return tuple(sorted(set(canonical)))


def _operators(reader: TableReader, table: Table, place: str) -> tuple[str, ...]:
    names = reader.texts(table, "operators", place)
    for name in names:
        if not any(character.isalnum() for character in name):
            reader.refuse(f"{place}.operators", f"{quote(name)} names nobody", expected="an operator's name")
    return tuple(sorted({fold(name) for name in names}))


def _kinds(reader: TableReader, table: Table, place: str) -> tuple[str, ...]:
    chosen = reader.choices(table, "kinds", ServiceKind, place) if "kinds" in table else ()
    return tuple(sorted(kind.value for kind in chosen))


def _platforms(reader: TableReader, table: Table, place: str) -> tuple[str, ...]:
    chosen = reader.choices(table, "platforms", Platform, place) if "platforms" in table else ()
    return tuple(sorted(platform.value for platform in chosen))
