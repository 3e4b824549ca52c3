"""A policy as a table for people, and what in it is allowed but should be looked at."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from icpgate.policy.model import FLOOR, Level
from icpgate.rules import RULES, Action, Occasion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from icpgate.policy.model import BoundRule, Exemption, Policy

__all__ = ["markdown", "warnings"]

_GUARDED: Final = frozenset(
    {
        "number_of_other_register",
        "number_placeholder",
        "service_kind_mismatch",
        "entity_number_only",
        "registration_pending",
        "registration_returned",
        "record_simulated",
        "registries_disagree",
    }
)
"""Codes outside the floor that an allow on the merits needs all the same."""

_LONG_EXEMPTION: Final = timedelta(days=366)


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
    return _worded({occasion: rule.levels[action, occasion].value for occasion in Occasion})


def _worded(words: dict[Occasion, str]) -> str:
    """One word where all occasions agree, else each with its word."""
    if len(set(words.values())) == 1:
        return words[Occasion.FIRST]
    return ", ".join(f"{occasion.value} {word}" for occasion, word in words.items())


def _unchecked(rule: BoundRule) -> str:
    words = {action: _worded({o: rule.unchecked[action, o].value for o in Occasion}) for action in Action}
    if len(set(words.values())) == 1:
        return words[Action.LIST]
    return ", ".join(f"{action.value} {word}" for action, word in words.items())


def _parameters(rule: BoundRule) -> str:
    texts = {action: _written(instance) for action, instance in rule.rules.items()}
    if len(set(texts.values())) == 1:
        return texts[Action.LIST]
    return "; ".join(f"{action.value}: {text}" for action, text in texts.items())


def _written(instance: object) -> str:
    pairs = (
        [(field.name, getattr(instance, field.name)) for field in fields(instance)] if is_dataclass(instance) else []
    )
    return ", ".join(f"{name} = {_plain(value)}" for name, value in pairs)


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    text = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|") or '""'


def warnings(policy: Policy, now: datetime | None = None) -> Iterator[str]:
    """What loads but should be looked at; `now` tells which exceptions have run out."""
    stated = {rule.code for rule in policy.rules}
    yield from (f"rules.{rule.code} is not stated, and so is off" for rule in RULES if rule.code not in stated)
    for rule in policy.rules:
        lowered = sorted({level.value for level in rule.levels.values() if level is not Level.ENFORCE})
        if rule.code in _GUARDED and lowered:
            words = " and ".join(lowered)
            yield f"rules.{rule.code} is {words}, which lets nothing through: an allow needs it all the same"
    yield from filter(None, map(_unlimited, policy.exemptions))
    for entry in policy.expired(now) if now is not None else ():
        yield f"{entry.name} ended {entry.until.astimezone(UTC).isoformat()}: remove it"


def _unlimited(exemption: Exemption) -> str | None:
    if exemption.since is None:
        return f"exemption {exemption.name} does not say since when"
    if exemption.until - exemption.since > _LONG_EXEMPTION:
        return f"exemption {exemption.name} lasts longer than a year"
    return None
