"""Reads `[rules.…]`: for each rule its levels, what not checkable does, and its parameters."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from icpgate.errors import nearest, quote
from icpgate.policy.model import FLOOR, BoundRule, Level, Unchecked
from icpgate.rules import Action, Occasion
from icpgate.rules.reasons import reason_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.policy.reader import E, Table, TableReader
    from icpgate.rules import Rule

__all__ = ["read_rules", "rules_by_code"]

_KEYS: Final = ("list", "connect", "preinstall", "not_checkable", "parameters", "parameters_for")
_OWN_CODE: Final = re.compile(r"x_[a-z][a-z0-9_]{0,60}")


def rules_by_code(reader: TableReader, known: tuple[type[Rule], ...]) -> dict[str, type[Rule]]:
    """The rules that a file may name; a code stands for one rule only."""
    by_code: dict[str, type[Rule]] = {}
    if not known:
        reader.refuse("rules", "no rule given", hint="pass rules=[*RULES, MyRule]", code="rules.empty")
    for rule in known:
        code = getattr(rule, "code", None)
        if not isinstance(code, str) or not callable(getattr(rule, "check", None)):
            reader.refuse("rules", f"{quote(rule)} is not a rule", expected="a class with code and check", code="rules.type")
        elif code in by_code:
            reader.refuse(f"rules.{code}", "two rules have this code", hint="give one another code", code="rules.code")
        elif code not in reason_texts() and not _OWN_CODE.fullmatch(code):
            hint = f"call it x_{code}"
            reader.refuse(f"rules.{code}", "not a published code", expected="a code of your own begins with x_", hint=hint,
                          code="rules.code")  # fmt: skip
        else:
            by_code[code] = rule
    return by_code


def read_rules(reader: TableReader, table: Table, by_code: Mapping[str, type[Rule]]) -> tuple[BoundRule, ...]:
    """The rules of the file, in the order in which they are reported."""
    if not table:
        reader.refuse("rules", "no rule", hint='state them all, or begin with extends = "default"', code="rules.empty")
    reader.unknown("rules", table, list(by_code), what="rule")
    for code in sorted(FLOOR - set(table)):
        reader.refuse(f"rules.{code}", "missing", expected="enforce: it belongs to the floor", code="config.floor")
    own = [code for code in by_code if code not in table and code not in reason_texts()]
    for code in own:
        reader.refuse(f"rules.{code}", "missing", hint="say what it does for list, connect and preinstall")
    return tuple(_rule(reader, code, reader.table(table, code, "rules"), by_code[code]) for code in by_code if code in table)


def _rule(reader: TableReader, code: str, table: Table, rule: type[Rule]) -> BoundRule:
    place = f"rules.{code}"
    reader.unknown(place, table, _KEYS)
    levels: dict[tuple[Action, Occasion], Level] = {}
    for action in Action:
        levels |= _per_occasion(reader, table.get(action.value), action, Level, f"{place}.{action.value}", Level.ENFORCE)
    if code in FLOOR:
        for (action, occasion), level in levels.items():
            if level is not Level.ENFORCE:
                reader.refuse(f"{place}.{action.value}", f"{level.value} for {occasion.value}", expected="enforce",
                              hint="it belongs to the floor; an exemption or [[fail_open]] goes past it",
                              code="config.floor")  # fmt: skip
    return BoundRule(code, _bound(reader, table, rule, place), levels, _unchecked(reader, table, place))


def _per_occasion(
    reader: TableReader, value: object, action: Action, kind: type[E], place: str, fallback: E
) -> dict[tuple[Action, Occasion], E]:
    """One word for every occasion, or a word for each."""
    if isinstance(value, dict):
        reader.unknown(place, value, list(Occasion), what="occasion")
        return {
            (action, occasion): reader.choice(value.get(occasion.value), kind, f"{place}.{occasion.value}") or fallback
            for occasion in Occasion
        }
    chosen = reader.choice(value, kind, place) or fallback
    return {(action, occasion): chosen for occasion in Occasion}


def _unchecked(reader: TableReader, table: Table, place: str) -> dict[tuple[Action, Occasion], Unchecked]:
    """What not checkable does; a rule that does not say denies, because a note is a decision."""
    value = table.get("not_checkable", "deny")
    place = f"{place}.not_checkable"
    per_action = value if isinstance(value, dict) else {action.value: value for action in Action}
    reader.unknown(place, per_action, list(Action), what="action")
    found: dict[tuple[Action, Occasion], Unchecked] = {}
    for action in Action:
        given = per_action.get(action.value)
        found |= _per_occasion(reader, given, action, Unchecked, f"{place}.{action.value}", Unchecked.DENY)
    return found


def _bound(reader: TableReader, table: Table, rule: type[Rule], place: str) -> dict[Action, Rule]:
    common = reader.table(table, "parameters", place)
    special = reader.table(table, "parameters_for", place)
    reader.unknown(f"{place}.parameters_for", special, list(Action), what="action")
    bound: dict[Action, Rule] = {}
    for action in Action:
        own = reader.table(special, action.value, f"{place}.parameters_for")
        where = f"{place}.parameters_for.{action.value}" if own else f"{place}.parameters"
        instance = _instance(reader, rule, common | own, where)
        if instance is not None:
            bound[action] = instance
    return bound


def _instance(reader: TableReader, rule: type[Rule], parameters: Table, place: str) -> Rule | None:
    names = list(getattr(rule, "__dataclass_fields__", {}))
    for name in parameters:
        if name not in names:
            suggestion = nearest(name, names)
            hint = f"did you mean {suggestion}?" if suggestion else f"it has {', '.join(names) or 'none'}"
            reader.refuse(f"{place}.{name}", "unknown parameter", hint=hint, code="config.unknown")
    known = {name: value for name, value in parameters.items() if name in names}
    try:
        if not names:
            return rule()
        # JSON, because only there strictness lets a list be a tuple and a word a member of an enum.
        return TypeAdapter(rule).validate_json(json.dumps(known, default=str), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            where = ".".join([place, *map(str, detail["loc"])])
            reader.refuse(where, f"{quote(detail['input'])} given", expected=detail["msg"])
        return None

