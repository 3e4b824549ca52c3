"""
Tables of apps and expected decisions: how a policy is tested before it decides on real apps.

A row says what the gatekeeper holds (`app`), what the registry says (`records`, or `answer`), for
which `action`, `occasion` and `as_of`, and what must come out: `verdict`, `basis`, `codes`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from icpgate.app import App
from icpgate.errors import ConfigurationError, nearest
from icpgate.gate import Gate
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.record import RegistrationRecord
from icpgate.rules import Action, Occasion
from icpgate.testing.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.policy import Policy

__all__ = ["PolicyRow", "RowResult", "read_rows", "run", "shipped_rows"]

_FIELDS: Final = ("name", "action", "occasion", "as_of", "now", "app", "records", "observed_at", "authoritative", "allow_simulated", "expect")
_EXPECT: Final = ("verdict", "basis", "codes")


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One row of a table."""

    name: str
    action: Action
    occasion: Occasion
    as_of: datetime | None
    now: datetime
    app: App
    records: tuple[RegistrationRecord, ...]
    observed_at: datetime
    authoritative: bool
    allow_simulated: bool
    verdict: str
    basis: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row; no difference means that it came out as expected."""

    name: str
    differences: tuple[str, ...]


def shipped_rows() -> list[PolicyRow]:
    """The table shipped with the default policy."""
    text = files("icpgate.policy").joinpath("default_decisions.jsonl").read_text(encoding="utf-8")
    return read_rows([json.loads(line) for line in text.splitlines() if line.strip()], "default_decisions.jsonl")


def read_rows(values: Sequence[object], place: str) -> list[PolicyRow]:
    """Read a table; raises `IcpGateError` that names the row."""
    if not values:
        message = f"{place}: no row: a table without expectations tests nothing"
        raise ConfigurationError(message)
    return [_row(value, f"{place}:{position}") for position, value in enumerate(values, 1)]


def _row(value: object, place: str) -> PolicyRow:
    if not isinstance(value, dict):
        message = f"{place}: not an object"
        raise ConfigurationError(message)
    _refuse_unknown(value, _FIELDS, place)
    expect = value.get("expect")
    if not isinstance(expect, dict) or "verdict" not in expect:
        message = f"{place}: expect is missing, with verdict, basis and codes"
        raise ConfigurationError(message)
    _refuse_unknown(expect, _EXPECT, f"{place}: expect")
    now = datetime.fromisoformat(str(value.get("now", "2026-11-24T08:00:00+08:00")))
    observed_at = datetime.fromisoformat(str(value.get("observed_at", now.isoformat())))
    as_of = value.get("as_of")
    return PolicyRow(
        name=str(value.get("name", place)),
        action=Action(value.get("action", "list")),
        occasion=Occasion(value.get("occasion", "first")),
        as_of=None if as_of is None else datetime.fromisoformat(str(as_of)),
        now=now,
        app=App.parse(value.get("app", {})),
        records=tuple(
            RegistrationRecord.read(record, observed_at=observed_at, source="table") for record in value.get("records", [])
        ),
        observed_at=observed_at,
        authoritative=value.get("authoritative", True) is True,
        allow_simulated=value.get("allow_simulated", False) is True,
        verdict=str(expect["verdict"]),
        basis=str(expect.get("basis", "evaluated")),
        codes=tuple(expect.get("codes", ())),
    )


def _refuse_unknown(value: dict[str, object], known: tuple[str, ...], place: str) -> None:
    for name in value:
        if name not in known:
            message = f"{place}: unknown field {name}"
            raise ConfigurationError(message, hint=f"did you mean {nearest(name, list(known))}?", code="config.unknown")


def run(policy: Policy, rows: Sequence[PolicyRow]) -> list[RowResult]:
    """Decide every row with this policy, and compare."""
    return [_result(policy, row) for row in rows]


def _result(policy: Policy, row: PolicyRow) -> RowResult:
    registry = MemoryRegistry(
        row.records, id="table", authoritative=row.authoritative, observed_at=row.observed_at, source="table"
    )
    gate = Gate(row.action, registry, policy=policy, clock=FixedClock(row.now), allow_simulated=row.allow_simulated)
    decision = gate.check(row.app, occasion=row.occasion, as_of=row.as_of)
    pairs = (
        ("verdict", decision.verdict.value, row.verdict),
        ("basis", decision.basis.value, row.basis),
        ("codes", sorted(decision.codes), sorted(row.codes)),
    )
    return RowResult(row.name, tuple(f"{what} {came} instead of {wanted}" for what, came, wanted in pairs if came != wanted))
