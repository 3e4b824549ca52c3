"""A policy as a table for people, and what in it is allowed but should be looked at."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from icpgate.policy.model import FLOOR, Level
from icpgate.rules import Action, Occasion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from icpgate.policy.model import BoundRule, Policy

__all__ = ["markdown", "warnings"]

_GUARDED = frozenset({"registration_pending", "registration_returned", "record_simulated", "number_of_other_register", "number_placeholder"})
"""Codes outside the floor that an allow on the merits needs all the same."""


def markdown(policy: Policy, lang: str) -> Iterator[str]:
    """The policy table as `docs/policy.md` has it: every rule in the order of a check."""
    yield "| rule | title | list | connect | preinstall | not checkable | parameters | basis |"
    yield "|---|---|---|---|---|---|---|---|"
    for rule in policy.rules:
        text = policy.reason_text(rule.code)
        cells = [
            f"`{rule.code}`" + (" (floor)" if rule.code in FLOOR else ""),
            text.in_language(lang).title,
            *(_levels(rule, action) for action in Action),
            _unchecked(rule),
            _parameters(rule),
            ", ".join(text.basis),
        ]
        yield f"| {' | '.join(cells)} |"


def _levels(rule: BoundRule, action: Action) -> str:
    words = {occasion: rule.levels[action, occasion].value for occasion in Occasion}
    if len(set(words.values())) == 1:
        return words[Occasion.FIRST]
    return ", ".join(f"{occasion.value} {word}" for occasion, word in words.items())


def _unchecked(rule: BoundRule) -> str:
    words = {action: rule.unchecked[action, Occasion.FIRST].value for action in Action}
    if len(set(words.values())) == 1:
        return words[Action.LIST]
    return ", ".join(f"{action.value} {word}" for action, word in words.items())


def _parameters(rule: BoundRule) -> str:
    instance = rule.rules[Action.LIST]
    names = getattr(type(instance), "__dataclass_fields__", {})
    return ", ".join(f"{name} = {_plain(getattr(instance, name))}" for name in names)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def warnings(policy: Policy, now: datetime | None = None) -> Iterator[str]:
    """What loads but should be looked at; `now` tells which exceptions have run out."""
    for rule in policy.rules:
        lowered = sorted({level.value for level in rule.levels.values() if level is not Level.ENFORCE})
        if rule.code in _GUARDED and lowered:
            yield f"rules.{rule.code} is {' and '.join(lowered)}, which lets nothing through: an allow needs it all the same"
    for entry in policy.expired(now) if now is not None else ():
        yield f"{entry.name} ended {entry.until.astimezone(UTC).isoformat()}: remove it"
