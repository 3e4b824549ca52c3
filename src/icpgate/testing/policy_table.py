"""
Tables of apps and expected decisions: how a policy is tested before it decides on real apps.

A row is an object. `name` says what it shows. `app` is what the gatekeeper holds. What the registry
says stands in `records`, or in `answer`: `"not_registered"`, or `"unavailable:timeout"` with any why.
`action`, `occasion`, `as_of` and `now` say what is asked, and when; `observed_at` when the registry
looked; `authoritative` whether a missing number is a *no*; `allow_simulated` whether simulated
records are believed.

`expect` says what must come out: `verdict`, `basis` (evaluated unless stated) and `codes`, those that
deny. `lifted`, `grants`, `warns`, `notes` and `bound_by` are compared where they are stated.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from icpgate.decision import Effect
from icpgate.errors import PolicyError
from icpgate.gate import Gate
from icpgate.jsontext import InvalidJson, loads
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.testing.clock import FixedClock
from icpgate.testing.policy_row import PolicyRow, RowReader, Stale, Telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpgate.decision import Decision
    from icpgate.lookup.registry import Registry
    from icpgate.policy import Policy

__all__ = ["PolicyRow", "RowResult", "read_rows", "read_table", "run", "shipped_rows"]

SHIPPED: Final = "default_decisions.jsonl"


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of a row; no difference means that it came out as expected."""

    name: str
    differences: tuple[str, ...]


def shipped_rows() -> list[PolicyRow]:
    """The table shipped with the default policy."""
    return read_table(files("icpgate.policy").joinpath(SHIPPED).read_bytes(), SHIPPED)


def read_table(text: str | bytes, place: str) -> list[PolicyRow]:
    """
    Read a table in JSON Lines; raises `PolicyError` with every defect and its line.

    Blank lines are passed over. A row's place is `file:line`.
    """
    reader = RowReader()
    rows: list[tuple[str, object]] = []
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    for position, line in enumerate(raw.split(b"\n"), 1):
        if line.strip():
            where = f"{place}:{position}"
            try:
                rows.append((where, loads(line)))
            except InvalidJson as error:
                reader.refuse(where, f"{error.message} ({error.place})", expected="an object in JSON", code=error.code)
    return _read(reader, rows, place)


def read_rows(values: Sequence[object], place: str) -> list[PolicyRow]:
    """Read a table of decoded rows; raises `PolicyError` with every defect and the number of its row."""
    return _read(RowReader(), [(f"{place}:{position}", value) for position, value in enumerate(values, 1)], place)


def _read(reader: RowReader, values: Sequence[tuple[str, object]], place: str) -> list[PolicyRow]:
    rows = [reader.row(value, where) for where, value in values]
    if not rows and not reader.defects:
        reader.refuse(place, "no row", expected="at least one: a table without expectations tests nothing")
    if reader.defects:
        raise PolicyError(reader.defects, what="table")
    return [row for row in rows if row is not None]


def run(policy: Policy, rows: Iterable[PolicyRow]) -> list[RowResult]:
    """Decide every row with this policy, and compare."""
    return [RowResult(row.name, _differences(row, _decide(policy, row))) for row in rows]


def _decide(policy: Policy, row: PolicyRow) -> Decision:
    registry: Registry = (
        Telling(row.answer, row.observed_at)
        if row.answer is not None
        else MemoryRegistry(
            row.records, id="table", authoritative=row.authoritative, observed_at=row.observed_at, source="table"
        )
    )
    if row.stale or row.insecure_tls:
        registry = Stale(registry, row.stale, insecure_tls=row.insecure_tls)
    gate = Gate(row.action, registry, policy=policy, clock=FixedClock(row.now), allow_simulated=row.allow_simulated)
    return gate.check(row.app, occasion=row.occasion, as_of=row.as_of)


def _differences(row: PolicyRow, decision: Decision) -> tuple[str, ...]:
    came = {
        "verdict": decision.verdict.value,
        "basis": decision.basis.value,
        "codes": sorted(decision.codes),
        "bound_by": sorted(decision.bound_by),
    }
    for effect in (Effect.LIFTED, Effect.GRANTS, Effect.WARNS, Effect.NOTES):
        came[effect.value] = sorted({reason.code for reason in decision.reasons if reason.effect is effect})
    return tuple(
        f"{what} {_shown(came[what])} instead of {_shown(wanted)}"
        for what, wanted in row.expected.items()
        if came[what] != wanted
    )


def _shown(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value) or "none"
