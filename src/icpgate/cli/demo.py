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
from icpgate.lookup.snapshotfile import import_records, stats
from icpgate.policy import Policy
from icpgate.rules import Action, Occasion
from icpgate.testing.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.decision import Decision

__all__ = ["command"]

EXAMPLE_DAY: Final = datetime.fromisoformat("2026-11-24T08:00:00+08:00")
"""The day on which the examples are judged: their observations are dated to it."""

OBSERVED: Final = datetime.fromisoformat("2026-11-20T09:00:00+08:00")
SCOPE: Final = "provinces:京"

_WORDS: Final = {
    "en": {
        "title": "{apps} checks against {records} registrations on {day}: "
        "{allowed} allowed, {denied} denied, {undecided} undecided",
        "header": ("app", "number", "verdict", "reasons, or what bound it"),
        "list": "to list",
        "connect": "to connect",
        "preinstall": "to pre-install",
        "marks": "A reason without a mark denies; ~ was lifted, + grants, ! warns.",
        "copied": "examples/registry.jsonl holds public registrations, examples/registry-invented.jsonl invented ones.",
    },
    "zh-CN": {
        "title": "{day}，{apps} 个应用对照 {records} 条备案：允许 {allowed}，拒绝 {denied}，无法判定 {undecided}",
        "header": ("应用", "备案号", "结论", "原因，或对应依据"),
        "list": "分发",
        "connect": "接入",
        "preinstall": "预置",
        "marks": "无标记的原因导致拒绝；~ 已豁免，+ 放行依据，! 警告。",
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
    rows: list[Sequence[str]] = []
    for action in Action:
        rows.append([str(words[action.value])])
        rows += [_row(decision, lang) for decision in decisions if decision.action is action]
    for row in table(words["header"], rows):
        line(row)
    line("")
    line(str(words["marks"]))
    return 0


def _registry(path: Path, examples: Path) -> int:
    """Invented registrations that are complete for one province, and real ones that are not complete."""
    clock = FixedClock(EXAMPLE_DAY)
    invented, real = examples / "registry-invented.jsonl", examples / "registry.jsonl"
    import_records(
        path, invented, authoritative=True, scope=SCOPE, observed_at=OBSERVED, source=invented.name, clock=clock
    )
    import_records(path, real, observed_at=OBSERVED, source=real.name, clock=clock)
    count = stats(path)["records"]
    assert isinstance(count, int)  # noqa: S101 -- our own figure
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
            gates[Action(str(row["for"]))].check(
                App.parse(row["app"]),  # type: ignore[arg-type]  # parse refuses what is no object
                occasion=str(row["occasion"]),
                as_of=None if as_of is None else datetime.fromisoformat(str(as_of)),
            )
        )
    for gate in gates.values():
        gate.close()
    return decisions


def _row(decision: Decision, lang: str) -> Sequence[str]:
    marked = dict.fromkeys(f"{_MARKS[r.effect]}{r.code}" for r in decision.raised if r.effect in _MARKS)
    typed = decision.app.registration_number or "—"
    number = decision.number.canonical if decision.number is not None else typed
    what = ", ".join(marked) or ", ".join(binding.value for binding in decision.bound_by)
    return f"{decision.app.name}{_when(decision)}", number, summary(decision, lang), what


def _when(decision: Decision) -> str:
    """What sets a check apart from the admission of a new app today."""
    occasion = "" if decision.occasion is Occasion.FIRST else f" {decision.occasion.value}"
    day = f" {decision.as_of.astimezone(EXAMPLE_DAY.tzinfo).date()}" if decision.retrospective else ""
    return f"{occasion}{day}"
