"""
Reads a policy file: TOML in, a `Policy` or every defect with its place out.

Checked at load: unknown keys and rule names, an empty rule set, levels below the floor, dates
without a zone, parameters of the wrong type, exemptions without scope, approver or end, stages
later than the notice's own.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from icpgate.errors import PolicyError, quote
from icpgate.policy.exceptions import read_exemptions, read_fail_opens
from icpgate.policy.lifetimes import read_lives
from icpgate.policy.model import Mode, Policy
from icpgate.policy.reader import Table, TableReader
from icpgate.policy.revision import revision
from icpgate.policy.ruleset import read_rules, rules_by_code
from icpgate.policy.source import parsed, read_text
from icpgate.rules import RULES, Action, Occasion
from icpgate.rules.transition import Transition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from icpgate.rules import Rule

__all__ = ["default_text", "load_default", "load_file", "load_text"]

_TOP: Final = ("extends", "policy", "transition", "recheck", "cache", "rules", "exemption", "fail_open")
_MOMENTS: Final = ("new_apps_from", "existing_before", "existing_apps_end", "inspection_end")
_RECHECK: Final = ("allowed", "denied", "undecided")
_SHORTEST_RECHECK: Final = timedelta(seconds=1)
_LONGEST_RECHECK: Final = timedelta(days=366)


@cache
def default_text() -> str:
    """The shipped policy as it stands in the package."""
    return files("icpgate.policy").joinpath("default.toml").read_text(encoding="utf-8")


@cache
def _default() -> Policy:
    return load_text(default_text(), None)


def load_default(rules: Sequence[type[Rule]] | None) -> Policy:
    """The shipped policy; read once for icpgate's own rules."""
    return _default() if rules is None else load_text(default_text(), rules)


def load_file(path: str | Path, rules: Sequence[type[Rule]] | None) -> Policy:
    """See `Policy.load`."""
    return load_text(read_text(path), rules, name=str(path))


def load_text(text: str, rules: Sequence[type[Rule]] | None, *, name: str = "policy") -> Policy:
    """See `Policy.loads`; `name` stands in the error."""
    by_code = rules_by_code(RULES if rules is None else rules)
    data = parsed(text, name)
    reader = TableReader()
    reader.unknown("", data, _TOP)
    if "extends" in data:
        data = _extended(reader, data)
    values = _values(reader, data, by_code)
    if reader.defects:
        raise PolicyError(reader.defects, what=name)
    return Policy(**values, revision=revision(**values))


def _extended(reader: TableReader, data: Table) -> Table:
    """The default with the file's own statements laid over it, table by table."""
    if data["extends"] != "default":
        reader.refuse("extends", f"{quote(data['extends'])} given", expected='"default"')
    overlay = {name: value for name, value in data.items() if name != "extends"}
    return _laid_over(parsed(default_text(), "default"), overlay)


_SPREAD: Final[Mapping[str, tuple[str, ...]]] = {action.value: tuple(Occasion) for action in Action} | {
    "not_checkable": tuple(Action)
}
"""Where the default may have one word and the file a table: the word then stands for each of these."""


def _laid_over(base: Table, overlay: Table) -> Table:
    merged = dict(base)
    for name, value in overlay.items():
        below = merged.get(name)
        if isinstance(value, dict) and isinstance(below, str):
            below = dict.fromkeys(_SPREAD.get(name, ()), below)
        merged[name] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _values(reader: TableReader, data: Table, by_code: Mapping[str, type[Rule]]) -> dict[str, Any]:
    """What the file says, field by field; worth anything only when the reader has no defect."""
    head = reader.table(data, "policy")
    reader.unknown("policy", head, ("name", "version", "mode"))
    codes = sorted(by_code)
    return {
        "name": reader.text(head, "name", "policy"),
        "version": reader.text(head, "version", "policy"),
        "mode": reader.choice(head.get("mode", "enforce"), Mode, "policy.mode"),
        "rules": read_rules(reader, reader.table(data, "rules"), by_code),
        "transition": _transition(reader, reader.table(data, "transition"), codes),
        "exemptions": read_exemptions(reader, data, codes),
        "fail_open": read_fail_opens(reader, data),
        "recheck": _recheck(reader, reader.table(data, "recheck")),
        "lives": read_lives(reader, reader.table(data, "cache")),
    }


def _transition(reader: TableReader, table: Table, codes: Sequence[str]) -> Transition | None:
    reader.unknown("transition", table, (*_MOMENTS, "forgives"))
    moments = {name: reader.moment(table, name, "transition") for name in _MOMENTS}
    order = [moments[name] for name in ("new_apps_from", "existing_apps_end", "inspection_end")]
    stages = [moment for moment in order if moment is not None]
    if stages != sorted(stages):
        reader.refuse("transition", "the stages are not in order", hint="each ends after the one before",
                      code="config.conflict")  # fmt: skip
    _not_later(reader, moments)
    forgives = reader.texts(table, "forgives", "transition")
    reader.unknown("transition.forgives", forgives, codes, what="code")
    for code in sorted(set(forgives) & set(codes) - _FORGIVABLE):
        reader.refuse("transition.forgives", f"{code} is not the want of a registration",
                      expected=f"some of {', '.join(sorted(_FORGIVABLE))}", code="config.floor")  # fmt: skip
    known = {name: moment for name, moment in moments.items() if moment is not None}
    return Transition(**known, forgives=frozenset(forgives)) if len(known) == len(_MOMENTS) else None


def _not_later(reader: TableReader, moments: Mapping[str, datetime | None]) -> None:
    """A later stage would be a way past the floor for every app, with neither approver nor name."""
    for name, latest in _notice().items():
        moment = moments[name]
        if moment is not None and moment > latest:
            reader.refuse(f"transition.{name}", f"{moment.isoformat()} is later than the notice's date",
                          expected=f"at the latest {latest.isoformat()}",
                          hint="an exemption lets single apps pass", code="config.floor")  # fmt: skip


@cache
def _notice() -> dict[str, datetime]:
    """The notice's own dates, as the shipped policy has them."""
    reader = TableReader()
    table = reader.table(parsed(default_text(), "default"), "transition")
    moments = {name: reader.moment(table, name, "transition") for name in _MOMENTS}
    return {name: moment for name, moment in moments.items() if moment is not None}


_FORGIVABLE: Final = frozenset(
    {
        "number_missing",
        "not_registered",
        "registration_pending",
        "registration_returned",
        "display_missing",
        "display_mismatch",
        "display_link_missing",
        "pre_approval_missing",
        "entity_number_only",
    }
)
"""What the notice gave time for: to register and to show it. Nothing else can be lifted by a date."""


def _recheck(reader: TableReader, table: Table) -> dict[str, timedelta]:
    reader.unknown("recheck", table, _RECHECK)
    periods = {name: _period(table.get(name)) for name in _RECHECK}
    for name, period in periods.items():
        if period is None:
            given = f"{quote(table[name])} given" if name in table else "missing"
            reader.refuse(f"recheck.{name}", given, expected="hours, from a second to 366 days")
    return {name: period for name, period in periods.items() if period is not None}


def _period(hours: object) -> timedelta | None:
    """A time in hours; None when it is none, or so short or long that nobody can have meant it."""
    if isinstance(hours, bool) or not isinstance(hours, (int, float)):
        return None
    if not 0 < hours <= _LONGEST_RECHECK / timedelta(hours=1):
        return None
    period = timedelta(hours=hours)
    return period if period >= _SHORTEST_RECHECK else None
