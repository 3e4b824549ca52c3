"""Reads `[rules.…]`: for each rule its levels, what not checkable does, and its parameters."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from icpgate.errors import PolicyError, nearest, quote, shown
from icpgate.policy.model import FLOOR, BoundRule, Level, Unchecked
from icpgate.policy.reader import TableReader
from icpgate.rules import RULES, Action, Occasion
from icpgate.rules.reasons import reason_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

    from icpgate.policy.reader import E, Table
    from icpgate.rules import Rule

__all__ = ["read_rules", "rules_by_code"]

_KEYS: Final = ("list", "connect", "preinstall", "not_checkable", "parameters", "parameters_for")
_OWN_CODE: Final = re.compile(r"x_[a-z][a-z0-9_]{0,60}")


def rules_by_code(known: Sequence[type[Rule]]) -> dict[str, type[Rule]]:
    """
    The rules that a file may name; a code stands for one rule only.

    Raises `PolicyError` for what the caller passed as rules, whatever the file says.
    """
    reader = TableReader()
    by_code: dict[str, type[Rule]] = {}
    if not isinstance(known, (list, tuple)) or not known:
        hint = "pass rules=[*RULES, MyRule]"
        reader.refuse("rules", f"{quote(known)} given", expected="a list of classes", hint=hint,
                      code="rules.empty")  # fmt: skip
        known = ()
    for rule in known:
        code = getattr(rule, "code", None)
        if not isinstance(rule, type) or not isinstance(code, str) or not callable(getattr(rule, "check", None)):
            reader.refuse(
                "rules", f"{quote(rule)} is not a rule", expected="a class with code and check", code="rules.type"
            )
        elif code in by_code:
            reader.refuse(f"rules.{code}", "two rules have this code", hint="give one another code", code="rules.code")
        elif rule in RULES or _OWN_CODE.fullmatch(code):
            by_code[code] = rule
        else:
            told = "is icpgate's own code" if code in reason_texts() else "is not a published code"
            reader.refuse("rules", f"{quote(code)} {told}", expected="a code of your own begins with x_",
                          hint=f"call it x_{shown(code)}", code="rules.code")  # fmt: skip
    if reader.defects:
        raise PolicyError(reader.defects, what="rules")
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
    stated = [(code, rule, reader.table(table, code, "rules")) for code, rule in by_code.items() if code in table]
    return tuple(_rule(reader, code, own, rule) for code, rule, own in stated if own is table[code])


def _rule(reader: TableReader, code: str, table: Table, rule: type[Rule]) -> BoundRule:
    place = f"rules.{code}"
    reader.unknown(place, table, _KEYS)
    levels: dict[tuple[Action, Occasion], Level] = {}
    for action in Action:
        levels |= _per_occasion(
            reader, table.get(action.value), action, Level, f"{place}.{action.value}", Level.ENFORCE
        )
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
    """One word for every occasion, or a word for each; the fallback stands only beside a defect."""
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
    if not isinstance(value, dict):
        chosen = reader.choice(value, Unchecked, place) or Unchecked.DENY
        return {(action, occasion): chosen for action in Action for occasion in Occasion}
    reader.unknown(place, value, list(Action), what="action")
    found: dict[tuple[Action, Occasion], Unchecked] = {}
    for action in Action:
        given = value.get(action.value)
        found |= _per_occasion(reader, given, action, Unchecked, f"{place}.{action.value}", Unchecked.DENY)
    return found


def _bound(reader: TableReader, table: Table, rule: type[Rule], place: str) -> dict[Action, Rule]:
    """The rule with its parameters, for each action for which they can be read."""
    common = reader.table(table, "parameters", place)
    special = reader.table(table, "parameters_for", place)
    reader.unknown(f"{place}.parameters_for", special, list(Action), what="action")
    names: list[str] = [field.name for field in fields(rule) if field.init] if is_dataclass(rule) else []
    _refuse_unknown(reader, common, names, f"{place}.parameters")
    bound: dict[Action, Rule] = {}
    for action in Action:
        where = f"{place}.parameters_for.{action.value}"
        own = reader.table(special, action.value, f"{place}.parameters_for")
        _refuse_unknown(reader, own, names, where)
        places = dict.fromkeys(common, f"{place}.parameters") | dict.fromkeys(own, where)
        known = {name: value for name, value in (common | own).items() if name in names}
        instance = _instance(reader, rule, known, places, f"{place}.parameters")
        if instance is not None:
            bound[action] = instance
    return bound


def _refuse_unknown(reader: TableReader, parameters: Table, names: list[str], place: str) -> None:
    for name in parameters:
        if name not in names:
            suggestion = nearest(name, names)
            hint = f"did you mean {suggestion}?" if suggestion else f"it has {', '.join(names) or 'none'}"
            reader.refuse(f"{place}.{shown(name)}", "unknown parameter", hint=hint, code="config.unknown")


def _instance(
    reader: TableReader, rule: type[Rule], parameters: Table, places: Mapping[str, str], place: str
) -> Rule | None:
    """The rule with these parameters; `places` says where each stands."""
    try:
        if not is_dataclass(rule):
            return rule()
        # JSON, because only there strictness lets a list be a tuple and a word a member of an enum.
        return TypeAdapter(rule).validate_json(json.dumps(parameters, default=str), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=True):
            _refuse_value(reader, detail, places, place)
    except Exception as error:  # noqa: BLE001 -- whatever a rule's author wrote into its making
        reader.refuse(place, f"the rule cannot be made: {type(error).__name__}",
                      expected="a frozen dataclass whose fields are its parameters", code="rules.type")  # fmt: skip
    return None


def _refuse_value(reader: TableReader, detail: ErrorDetails, places: Mapping[str, str], place: str) -> None:
    parts = [str(part) for part in detail["loc"]]
    where = ".".join([places.get(parts[0], place) if parts else place, *parts])
    if detail["type"] == "missing":
        reader.refuse(where, "missing", expected="a value: the rule has no default")
        return
    given = detail["input"]
    wanted = re.findall(r"'([^']+)'", detail["msg"]) if detail["type"] == "enum" else []
    suggestion = nearest(given, wanted) if isinstance(given, str) else None
    hint = f"did you mean {suggestion}?" if suggestion else ""
    reader.refuse(where, f"{quote(given)} given", expected=detail["msg"], hint=hint)
