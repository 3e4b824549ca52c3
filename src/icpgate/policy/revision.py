"""
The digest of what a verdict depends on.

Two files that mean the same have the same revision, however they put it: comments, the order of
keys, defaults spelt out, another zone for the same moment. Names of the policy, its version, its
mode and the reasons given for an exception change no decision and are left out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpgate.lives import Lives
    from icpgate.policy.model import BoundRule, Exemption, FailOpen
    from icpgate.rules import Rule
    from icpgate.rules.transition import Transition

__all__ = ["revision"]

_SAID_ONLY: Final = frozenset({"reason", "ticket"})
"""Fields of an exception that stand in no decision."""


def revision(
    *,
    rules: Sequence[BoundRule],
    transition: Transition,
    recheck: Mapping[str, timedelta],
    exemptions: Sequence[Exemption],
    fail_open: Sequence[FailOpen],
    lives: Lives,
    **_: object,
) -> str:
    """Sixteen hexadecimal digits over the meaning of a policy and the data that its rules read."""
    meaning = {
        "rules": {rule.code: _rule(rule) for rule in rules},
        "transition": _fields(transition),
        "recheck": {name: period.total_seconds() for name, period in recheck.items()},
        "exemptions": [_fields(entry) for entry in exemptions],
        "fail_open": [_fields(entry) for entry in fail_open],
        "cache": _fields(lives),
        "data": _data_versions(),
    }
    text = json.dumps(meaning, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]


def _rule(rule: BoundRule) -> dict[str, object]:
    return {
        "checks": {action.value: _check(instance) for action, instance in rule.rules.items()},
        "levels": {f"{action}.{occasion}": level.value for (action, occasion), level in rule.levels.items()},
        "unchecked": {f"{action}.{occasion}": word.value for (action, occasion), word in rule.unchecked.items()},
    }


def _check(instance: Rule) -> dict[str, object]:
    kind = type(instance)
    return {"class": f"{kind.__module__}.{kind.__qualname__}", "parameters": _fields(instance)}


def _fields(value: object) -> dict[str, object]:
    """The fields of a dataclass as JSON has them; a rule that is none has no parameters."""
    if not is_dataclass(value):
        return {}
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value) if field.name not in _SAID_ONLY}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (frozenset, set)):
        return sorted(map(str, value))
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (bool, int, float, type(None))) else str(value)


@cache
def _data_versions() -> dict[str, str]:
    """A digest of every data file of the parts that decide; reading numbers and comparing names included."""
    return {
        f"{package}/{'/'.join(folder)}/{entry.name}": hashlib.sha256(entry.read_bytes()).hexdigest()
        for package in ("icpgate", "icpgate.number", "icpgate.rules")
        for folder in ((), ("data",))
        if (directory := files(package).joinpath(*folder)).is_dir()
        for entry in directory.iterdir()
        if entry.name.endswith(".toml")
    }
