"""
Whether what was found is held for illegal: the blacklist queries of a gateway.

- Websites are asked for by domain, everything else by its registered name; there is no other key.
- Level 2 means that nothing is known against it; every other level means that something is. An empty list means
  nothing at all.
- A row counts when it repeats what was asked and names no other registration or operator. A row with a
  bad level that does not say what it is about is an answer that cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeGuard

from icpgate.answer import Why
from icpgate.errors import InvalidNumber
from icpgate.identifiers import domain_defect
from icpgate.lookup.gateway.pages import MOST_ROWS
from icpgate.lookup.steps import Unanswered
from icpgate.number import ServiceKind, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.jsontext import Json
    from icpgate.record import RegistrationRecord

__all__ = ["MOST_DOMAINS", "Search", "agreed", "found_in", "searches"]

MOST_DOMAINS: Final = 10
"""How many domains of one website are asked about; each takes the gateway a query of its own."""

CLEAR: Final = "2"

_KINDS: Final = {
    ServiceKind.WEBSITE: "bweb",
    ServiceKind.APP: "bapp",
    ServiceKind.MINI_PROGRAM: "bmapp",
    ServiceKind.QUICK_APP: "bkapp",
}


@dataclass(frozen=True, slots=True)
class Search:
    """One blacklist query: the gateway's word for its kind, and what is searched."""

    kind: str
    text: str


def searches(record: RegistrationRecord) -> tuple[Search, ...]:
    """What is asked about a record; nothing where the record does not have what the blacklist goes by."""
    kind = _KINDS[record.registration_number.service_kind or ServiceKind.WEBSITE]
    if kind == "bweb":
        return tuple(Search(kind, domain) for domain in (record.domains or ())[:MOST_DOMAINS])
    return (Search(kind, record.service_name),) if record.service_name else ()


def agreed(record: RegistrationRecord, levels: Sequence[bool | None]) -> bool | None:
    """What the answers to all searches say together; None when one of them, or a domain, was left open."""
    if any(levels):
        return True
    is_open = not levels or None in levels or len(record.domains or ()) > MOST_DOMAINS
    return None if is_open else False


def found_in(value: Json, search: Search, record: RegistrationRecord) -> bool | None:
    """
    Whether the list of a checked answer holds the record for illegal; None when it says nothing about it.

    Raises `Unanswered` for a list that cannot be read.
    """
    rows = value.get("params") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise Unanswered(Why.SCHEMA, "no list at /params")
    if len(rows) > MOST_ROWS:
        raise Unanswered(Why.TOO_LARGE, f"more than {MOST_ROWS} rows")
    known: list[bool] = []
    for row in rows:
        if not isinstance(row, dict):
            raise Unanswered(Why.SCHEMA, "no object in /params")
        about = _is_about(row, search, record)
        if about is False:
            continue
        is_listed = _is_listed(row.get("blackListLevel"))
        if about is None and is_listed:
            raise Unanswered(Why.SCHEMA, "a blacklisted row that does not say what it is about")
        if about:
            known.append(is_listed)
    return any(known) if known else None


def _is_about(row: dict[str, Json], search: Search, record: RegistrationRecord) -> bool | None:
    """Whether a row is about the record; None when it does not say."""
    if search.kind == "bweb":
        names = [domain_defect(name)[0] for name in (row.get("domain"), row.get("domainName")) if _is_text(name)]
    else:
        names = [name.strip() for name in (row.get("serviceName"),) if _is_text(name)]
    if names and search.text.strip() not in names:
        return False
    if _is_of_another(row, record):
        return False
    return True if names else None


def _is_of_another(row: dict[str, Json], record: RegistrationRecord) -> bool:
    """Whether the row names another registration, or another operator."""
    operator, number = row.get("unitName"), row.get(_NUMBER)
    if _is_text(number):
        try:
            return parse(number) != record.registration_number
        except InvalidNumber:
            raise Unanswered(Why.MALFORMED, f"no registration number at /params/{_NUMBER}") from None
    return _is_text(operator) and record.operator is not None and operator.strip() != record.operator


_NUMBER: Final = "serviceLicence"


def _is_listed(level: Json) -> bool:
    if type(level) is int or (isinstance(level, str) and level.isascii() and level.isdigit()):
        return str(level) != CLEAR
    raise Unanswered(Why.SCHEMA, "no level at blackListLevel")


def _is_text(value: Json) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip())
