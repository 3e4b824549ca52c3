"""`icpgate demo`: the main job on the examples, without a network."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from icpgate.app import App
from icpgate.cli.output import lang_option, line, table
from icpgate.decision import Effect
from icpgate.decision.explanation import summary
from icpgate.errors import IcpGateError
from icpgate.gate import Gate
from icpgate.jsontext import loads
from icpgate.lookup.snapshotfile import import_records
from icpgate.policy import Policy
from icpgate.rules import Action
from icpgate.testing.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.decision import Decision

__all__ = ["command"]

EXAMPLE_DAY: Final = datetime.fromisoformat("2026-11-24T08:00:00+08:00")
"""The day on which the examples are judged: their observations are dated to it."""

SCOPE: Final = "provinces:京,沪,粤,蜀,黔"

_WORDS: Final = {
    "en": {
        "title": "{apps} checks against {records} registrations on {day}: "
        "{allowed} allowed, {denied} denied, {undecided} undecided",
        "header": ("action", "app", "number", "verdict", "reasons"),
        "copied": "examples/registry.jsonl holds public registrations, examples/registry-invented.jsonl invented ones.",
    },
    "zh-CN": {
        "title": "{day}，{apps} 个应用对照 {records} 条备案：允许 {allowed}，拒绝 {denied}，无法判定 {undecided}",
        "header": ("动作", "应用", "备案号", "结论", "原因"),
        "copied": "examples/registry.jsonl 为公开备案信息，examples/registry-invented.jsonl 为虚构数据。",
    },
}
_MARKS: Final = {Effect.DENIES: "", Effect.LIFTED: "~", Effect.GRANTS: "+", Effect.WARNS: "!"}


@click.command("demo")
@click.option("--examples", default="examples", type=click.Path(path_type=Path), help="The folder with the examples.")
@lang_option
def command(examples: Path, lang: str) -> int:
    """Build a registry from the examples, gate a small catalogue for the three actions, print a table."""
    if not (examples / "catalogue.jsonl").is_file():
        message = f"{examples}/catalogue.jsonl is missing"
        raise IcpGateError(message, hint="run it in a checkout, or give --examples", code="cli.open")
    with tempfile.TemporaryDirectory(prefix="icpgate-demo-") as folder:
        path = Path(folder) / "registry.icpdb"
        records = _registry(path, examples)
        decisions = _decisions(path, examples)
    counts = Counter("allowed" if d.allowed else "denied" if d.denied else "undecided" for d in decisions)
    words = _WORDS[lang]
    title = str(words["title"])
    numbers = {name: counts[name] for name in ("allowed", "denied", "undecided")}
    line(title.format(apps=len(decisions), records=records, day=EXAMPLE_DAY.date().isoformat(), **numbers))
    line(str(words["copied"]))
    line("")
    for row in table(words["header"], [_row(decision, lang) for decision in decisions]):
        line(row)
    return 0


def _registry(path: Path, examples: Path) -> int:
    count = 0
    for name in ("registry.jsonl", "registry-invented.jsonl"):
        source = examples / name
        import_records(path, source, authoritative=True, scope=SCOPE, observed_at=EXAMPLE_DAY, source=name)
        count += sum(1 for text in source.read_text(encoding="utf-8").splitlines() if text.strip())
    return count


def _decisions(path: Path, examples: Path) -> list[Decision]:
    clock = FixedClock(EXAMPLE_DAY)
    policy = Policy.load(examples / "policy.toml")
    gates = {action: Gate(action, f"snapshot:{path}", policy=policy, clock=clock) for action in Action}
    decisions = []
    for text in (examples / "catalogue.jsonl").read_text(encoding="utf-8").splitlines():
        row = loads(text)
        assert isinstance(row, dict)  # noqa: S101 -- our own file
        as_of = row.get("as_of")
        decisions.append(
            gates[Action(row["for"])].check(
                App.parse(row["app"]),  # type: ignore[arg-type]  # parse refuses what is no object
                occasion=str(row["occasion"]),
                as_of=None if as_of is None else datetime.fromisoformat(str(as_of)),
            )
        )
    for gate in gates.values():
        gate.close()
    return decisions


def _row(decision: Decision, lang: str) -> Sequence[str]:
    shown = [f"{_MARKS[r.effect]}{r.code}" for r in decision.raised if r.effect in _MARKS]
    number = decision.number.canonical if decision.number is not None else decision.app.registration_number or "—"
    return (
        decision.action.value,
        decision.app.name,
        number,
        summary(decision, lang),
        ", ".join(dict.fromkeys(shown)) or ", ".join(b.value for b in decision.bound_by),
    )
