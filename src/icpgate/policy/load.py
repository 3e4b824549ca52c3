"""
Reads a policy file: TOML in, a `Policy` or every defect with its place out.

Checked at load: unknown keys and rule names, an empty rule set, levels below the floor, dates
without a zone, parameters of the wrong type, exemptions without scope, approver or end.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import Defect, PolicyError
from icpgate.policy.exceptions import read_exemption, read_fail_open
from icpgate.policy.model import Mode, Policy
from icpgate.policy.reader import Table, TableReader
from icpgate.policy.ruleset import read_rules, rules_by_code
from icpgate.rules import RULES
from icpgate.rules.approval import sectors_version
from icpgate.rules.transition import Transition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpgate.policy.model import BoundRule
    from icpgate.rules import Rule

__all__ = ["default_text", "load_default", "load_file", "load_text"]

MAX_BYTES: Final = 1_048_576
"""A policy is read by people; a megabyte of it is something else."""

_TOP: Final = ("extends", "policy", "transition", "recheck", "rules", "exemption", "fail_open")
_MOMENTS: Final = ("new_apps_from", "existing_before", "existing_apps_end", "inspection_end")
_RECHECK: Final = ("allowed", "denied", "undecided")


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
    where = Path(path)
    try:
        if where.stat().st_size > MAX_BYTES:
            raise _unreadable(str(path), f"larger than {MAX_BYTES:,} bytes", "config.too_large")
        text = where.read_bytes().decode("utf-8")
    except OSError as error:
        raise _unreadable(str(path), f"cannot be read: {error.strerror}", "config.open") from None
    except UnicodeDecodeError as error:
        raise _unreadable(str(path), f"byte {error.start} is not UTF-8", "config.syntax") from None
    return load_text(text, rules, name=str(path))


def _unreadable(place: str, message: str, code: str) -> PolicyError:
    return PolicyError([Defect(code, place, message, "a TOML file in UTF-8")], what="policy")


def load_text(text: str, rules: Sequence[type[Rule]] | None, *, name: str = "policy") -> Policy:
    """See `Policy.loads`; `name` stands in the error."""
    known = RULES if rules is None else tuple(rules)
    data = _parsed(text, name)
    reader = TableReader()
    reader.unknown("", data, _TOP)
    if "extends" in data:
        data = _extended(reader, data)
    policy = _policy(reader, data, known)
    if reader.defects:
        raise PolicyError(reader.defects, what=name)
    return policy


def _parsed(text: str, name: str) -> Table:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        message = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise PolicyError([Defect("config.syntax", name, message, "TOML")], what="policy") from None


def _extended(reader: TableReader, data: Table) -> Table:
    """The default with the file's own statements laid over it, table by table."""
    if data["extends"] != "default":
        reader.refuse("extends", f"{data['extends']!r} given", expected='"default"')
    overlay = {name: value for name, value in data.items() if name != "extends"}
    return _laid_over(tomllib.loads(default_text()), overlay)


def _laid_over(base: Table, overlay: Table) -> Table:
    merged = dict(base)
    for name, value in overlay.items():
        below = merged.get(name)
        merged[name] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _policy(reader: TableReader, data: Table, known: tuple[type[Rule], ...]) -> Policy:
    head = reader.table(data, "policy")
    reader.unknown("policy", head, ("name", "version", "mode"))
    by_code = rules_by_code(reader, known)
    rules = read_rules(reader, reader.table(data, "rules"), by_code)
    codes = sorted(by_code)
    exemptions = tuple(
        read_exemption(reader, table, f"exemption[{position}]", codes)
        for position, table in enumerate(reader.tables(data, "exemption"))
    )
    fail_open = tuple(
        read_fail_open(reader, table, f"fail_open[{position}]")
        for position, table in enumerate(reader.tables(data, "fail_open"))
    )
    return Policy(
        name=reader.text(head, "name", "policy"),
        version=reader.text(head, "version", "policy"),
        mode=reader.choice(head.get("mode", "enforce"), Mode, "policy.mode") or Mode.ENFORCE,
        rules=rules,
        transition=_transition(reader, reader.table(data, "transition"), codes),
        exemptions=exemptions,
        fail_open=fail_open,
        recheck=_recheck(reader, reader.table(data, "recheck")),
        revision=_revision(data, rules),
    )


def _transition(reader: TableReader, table: Table, codes: Sequence[str]) -> Transition:
    reader.unknown("transition", table, (*_MOMENTS, "forgives"))
    moments = {name: reader.moment(table, name, "transition") for name in _MOMENTS}
    known = [moment for moment in moments.values() if moment is not None]
    order = [moments[name] for name in ("new_apps_from", "existing_apps_end", "inspection_end")]
    stages = [moment for moment in order if moment is not None]
    if stages != sorted(stages):
        reader.refuse("transition", "the stages are not in order", hint="each ends after the one before",
                      code="config.conflict")  # fmt: skip
    forgives = reader.texts(table, "forgives", "transition")
    reader.unknown("transition.forgives", forgives, codes, what="code")
    for code in sorted(set(forgives) & set(codes) - _FORGIVABLE):
        reader.refuse("transition.forgives", f"{code} is not the want of a registration",
                      expected=f"some of {', '.join(sorted(_FORGIVABLE))}", code="config.floor")  # fmt: skip
    fallback: datetime | None = known[0] if known else None
    return Transition(**{name: moment or fallback for name, moment in moments.items()}, forgives=frozenset(forgives))  # type: ignore[arg-type]  # a missing moment is a defect already


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
    hours: dict[str, timedelta] = {}
    for name in _RECHECK:
        value = table.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 24 * 366:  # noqa: PLR2004 -- a year
            reader.refuse(f"recheck.{name}", f"{value!r} given", expected="hours, above 0 and at most a year")
            continue
        hours[name] = timedelta(hours=value)
    return hours


def _revision(data: Table, rules: tuple[BoundRule, ...]) -> str:
    """A digest over the file's meaning, the rules' own names, and the data they read."""
    classes = {rule.code: sorted({type(r).__module__ + "." + type(r).__qualname__ for r in rule.rules.values()}) for rule in rules}
    meaning = {"policy": data, "rules": classes, "data": _data_versions()}
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


@cache
def _data_versions() -> dict[str, str]:
    digests = {
        f"{package}/{entry.name}": hashlib.sha256(entry.read_bytes()).hexdigest()[:16]
        for package in ("icpgate.number", "icpgate.rules", "icpgate")
        for directory in (files(package), files(package).joinpath("data"))
        if directory.is_dir()
        for entry in directory.iterdir()
        if entry.name.endswith(".toml")
    }
    return digests | {"sectors": sectors_version()}
