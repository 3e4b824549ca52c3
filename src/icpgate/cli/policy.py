"""`icpgate policy`: show a policy as a table, check a file, run a table of expected decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from icpgate.cli.output import format_option, lang_option, line, read_bytes, table, to_json
from icpgate.policy import Level, Policy
from icpgate.policy.table import markdown, warnings
from icpgate.record import local_time
from icpgate.rules import Action, Occasion
from icpgate.testing.policy_table import read_table, run, shipped_rows

if TYPE_CHECKING:
    from icpgate.policy.model import BoundRule

__all__ = ["command"]


@click.group("policy")
def command() -> None:
    """Show, check and test a policy."""


def _policy(path: str | None) -> Policy:
    return Policy.default() if path is None else Policy.load(path)


@command.command("show")
@click.option("--policy", "path", envvar="ICPGATE_POLICY", help="A policy file instead of the shipped one.")
@click.option("--revocation-bound", "bound", is_flag=True, help="How long a revocation can take to become visible.")
@format_option("text", "markdown", "json")
@lang_option
def show(path: str | None, bound: bool, form: str, lang: str) -> int:  # noqa: FBT001 -- click's flag
    """Show which rule denies, warns or is off for which action and occasion, or what it says of revocations."""
    policy = _policy(path)
    if bound:
        return _bound(policy, form)
    if form == "markdown":
        for row in markdown(policy, lang):
            line(row)
    elif form == "json":
        line(to_json(_written(policy), indent=2))
    else:
        line(f"{policy.name} {policy.version}  mode {policy.mode.value}  revision {policy.revision}")
        header = ("rule", *(action.value for action in Action), "not checkable")
        for row in table(header, [_row(rule) for rule in policy.rules]):
            line(row)
        for exemption in policy.exemptions:
            line(
                f"exemption {exemption.name}: {', '.join(sorted(exemption.codes))} until {local_time(exemption.until)}"
            )
        for setting in policy.fail_open:
            line(f"fail_open {setting.name}: {', '.join(sorted(setting.codes))} until {local_time(setting.until)}")
    return 0


def _bound(policy: Policy, form: str) -> int:
    """After the registry itself shows it; an allow that rests on an exemption ends with the exemption."""
    bounds = {action: policy.revocation_bound(action) for action in Action}
    if form == "json":
        seconds = {
            action.value: {"answering": each.answering.total_seconds(), "silent": each.silent.total_seconds()}
            for action, each in bounds.items()
        }
        line(to_json(seconds, indent=2))
        return 0
    header = ("action", "while the registry answers", "while it cannot be asked", "at most")
    rows = [
        (action.value, _hours(each.answering), _hours(each.silent), _hours(max(each.answering, each.silent)))
        for action, each in bounds.items()
    ]
    for row in table(header, rows):
        line(row)
    return 0


def _hours(period: timedelta) -> str:
    return f"{period / timedelta(hours=1):g} h"


def _row(rule: BoundRule) -> list[str]:
    levels = [_levels({o: rule.levels[action, o].value for o in Occasion}) for action in Action]
    unchecked = {action: rule.unchecked[action, Occasion.FIRST].value for action in Action}
    words = set(unchecked.values())
    noted = words.pop() if len(words) == 1 else " ".join(f"{a.value}={w}" for a, w in unchecked.items() if w == "deny")
    return [rule.code, *levels, noted]


def _levels(words: dict[Occasion, str]) -> str:
    return words[Occasion.FIRST] if len(set(words.values())) == 1 else "/".join(words.values())


def _written(policy: Policy) -> dict[str, object]:
    return {
        "name": policy.name,
        "version": policy.version,
        "mode": policy.mode.value,
        "revision": policy.revision,
        "rules": {
            rule.code: {
                action.value: {occasion.value: rule.levels[action, occasion].value for occasion in Occasion}
                for action in Action
            }
            for rule in policy.rules
        },
    }


@command.command("lint")
@click.argument("file")
@lang_option
def lint(file: str, lang: str) -> int:  # noqa: ARG001 -- the option is common to all commands
    """Check FILE; say every defect with its place, and what is allowed but has no effect."""
    policy = Policy.load(file)
    for warning in warnings(policy, datetime.now(UTC)):
        line(f"warning: {warning}")
    off = sum(level is Level.OFF for rule in policy.rules for level in rule.levels.values())
    line(f"{file}: {len(policy.rules)} rules, {off} switched off, revision {policy.revision}")
    return 0


@command.command("test")
@click.option("--policy", "path", envvar="ICPGATE_POLICY", help="A policy file instead of the shipped one.")
@click.option(
    "--table", "rows_path", type=click.Path(path_type=Path), help="A table of apps and expected decisions, JSON Lines."
)
@format_option("text", "jsonl")
@lang_option
def test(path: str | None, rows_path: Path | None, form: str, lang: str) -> int:  # noqa: ARG001 -- as above
    """Run a table of apps and expected decisions; exits with 1 when one comes out otherwise."""
    policy = _policy(path)
    rows = shipped_rows() if rows_path is None else read_table(read_bytes(str(rows_path)), str(rows_path))
    results = run(policy, rows)
    failed = [result for result in results if result.differences]
    for result in results:
        if form == "jsonl":
            line(to_json({"name": result.name, "differences": list(result.differences)}))
        elif result.differences:
            line(f"✗ {result.name}: {'; '.join(result.differences)}")
    if form == "text":
        line(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0
