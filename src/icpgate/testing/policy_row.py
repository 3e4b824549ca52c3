"""Reads one row of a table of expected decisions, and keeps every defect with its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from icpgate.answer import NotRegistered, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.decision import Basis, Verdict
from icpgate.errors import Defect, InvalidApp, InvalidRecord, nearest, quote
from icpgate.lookup.registry import Capabilities
from icpgate.record import RegistrationRecord, read_time
from icpgate.rules import Action, Binding, Occasion
from icpgate.rules.reasons import reason_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.registry import Registry
    from icpgate.lookup.steps import Flow

__all__ = ["PolicyRow", "RowReader", "Stale", "Telling"]

E = TypeVar("E", bound=StrEnum)

_FIELDS: Final = (
    "name",
    "action",
    "occasion",
    "as_of",
    "now",
    "app",
    "records",
    "answer",
    "stale",
    "insecure_tls",
    "observed_at",
    "authoritative",
    "allow_simulated",
    "expect",
)
_STALE: Final = ("", "renewing", *Why)
_CODES: Final = ("codes", "lifted", "grants", "warns", "notes")
_EXPECT: Final = ("verdict", "basis", *_CODES, "bound_by")
_ZONED: Final = "a time with its zone, such as 2026-11-24T08:00:00+08:00"

NOW: Final = datetime.fromisoformat("2026-11-24T08:00:00+08:00")
"""When a row that does not say is decided."""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """
    One row of a table. `answer` stands in for `records`, `stale` and `insecure_tls` are as in `Observation`;
    `expected` is compared.
    """

    name: str
    action: Action
    occasion: Occasion
    as_of: datetime | None
    now: datetime
    app: App
    records: tuple[RegistrationRecord, ...]
    answer: NotRegistered | Unavailable | None
    stale: str
    insecure_tls: bool
    observed_at: datetime
    authoritative: bool
    allow_simulated: bool
    expected: Mapping[str, str | list[str]]


class Telling:
    """A registry that says the same to every question."""

    id = "table"
    capabilities = Capabilities(authoritative=True, quick=True)

    def __init__(self, answer: NotRegistered | Unavailable, observed_at: datetime) -> None:
        """Take the answer, and when it was observed."""
        self._answer = answer
        self._observed_at = observed_at

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        yield from ()
        return [Observation(query, self._answer, self._observed_at, "table", self.id) for query in queries]


class Stale:
    """A registry whose every answer is one that could not be renewed."""

    id = "table"

    def __init__(self, registry: Registry, stale: str, *, insecure_tls: bool = False) -> None:
        """Take the registry, what came of the attempt, and whether nobody verified who answered."""
        self._registry = registry
        self._stale = stale
        self._insecure_tls = insecure_tls
        self.capabilities = registry.capabilities

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        observations = yield from self._registry.ask(queries)
        return [replace(each, stale=self._stale, insecure_tls=self._insecure_tls) for each in observations]


class RowReader:
    """Collects defects while a table is read."""

    def __init__(self) -> None:
        """Begin without a defect, and without a row."""
        self.defects: list[Defect] = []
        self._names: set[str] = set()

    def refuse(
        self, place: str, message: str, *, expected: str = "", hint: str = "", code: str = "config.value"
    ) -> None:
        """Note one defect."""
        self.defects.append(Defect(code, place, message, expected, hint))

    def row(self, value: object, place: str) -> PolicyRow | None:
        """One row; None when it cannot be read."""
        if not isinstance(value, dict):
            self.refuse(place, f"{type(value).__name__} given", expected="an object")
            return None
        before = len(self.defects)
        self._unknown(value, _FIELDS, place)
        now = self._time(value, "now", place, NOW)
        observed_at = self._time(value, "observed_at", place, now)
        app = self._app(value, place)
        fields = {
            "name": self._name(value, place),
            "action": self._word(value, "action", place, Action, Action.LIST),
            "occasion": self._word(value, "occasion", place, Occasion, Occasion.FIRST),
            "as_of": self._time(value, "as_of", place, now) if "as_of" in value else None,
            "now": now,
            "app": app,
            "records": self._records(value, place, observed_at),
            "answer": self._answer(value, place),
            "stale": self._stale(value, place),
            "insecure_tls": self._flag(value, "insecure_tls", place, default=False),
            "observed_at": observed_at,
            "authoritative": self._flag(value, "authoritative", place, default=True),
            "allow_simulated": self._flag(value, "allow_simulated", place, default=False),
            "expected": self._expected(value, place),
        }
        if len(self.defects) > before:
            return None
        return PolicyRow(**fields)  # type: ignore[arg-type]  # each field was read by its reader

    def _unknown(self, names: Collection[str], known: Sequence[str], place: str) -> None:
        for name in names:
            if name not in known:
                suggestion = nearest(name, known)
                hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(known)}"
                self.refuse(place, f"unknown field {quote(name)}", hint=hint, code="config.unknown")

    def _name(self, row: Mapping[str, object], place: str) -> str:
        name = row.get("name", place)
        if not isinstance(name, str) or not name.strip():
            self.refuse(f"{place}: name", _given(name), expected="a text that is not empty")
            return place
        if name in self._names:
            self.refuse(f"{place}: name", f"{quote(name)} is another row's name", code="config.conflict")
        self._names.add(name)
        return name

    def _word(self, row: Mapping[str, object], name: str, place: str, kind: type[E], default: E) -> E:
        value = row.get(name, default)
        if isinstance(value, str) and value in set(kind):
            return kind(value)
        suggestion = nearest(value, list(kind)) if isinstance(value, str) else None
        hint = f"did you mean {suggestion}?" if suggestion else ""
        self.refuse(f"{place}: {name}", _given(value), expected=f"one of {', '.join(kind)}", hint=hint)
        return default

    def _time(self, row: Mapping[str, object], name: str, place: str, default: datetime) -> datetime:
        if name not in row:
            return default
        value = row[name]
        try:
            return read_time(value if isinstance(value, str) else "")
        except (ValueError, OverflowError):
            self.refuse(f"{place}: {name}", _given(value), expected=_ZONED, code="config.time")
            return default

    def _flag(self, row: Mapping[str, object], name: str, place: str, *, default: bool) -> bool:
        value = row.get(name, default)
        if not isinstance(value, bool):
            self.refuse(f"{place}: {name}", _given(value), expected="true or false")
            return default
        return value

    def _app(self, row: Mapping[str, object], place: str) -> App | None:
        value = row.get("app")
        if not isinstance(value, dict):
            self.refuse(f"{place}: app", _given(value), expected="an object with the fields of an app")
            return None
        try:
            return App.parse(value)
        except InvalidApp as error:
            self._within(f"{place}: app", error.defects)
            return None

    def _records(self, row: Mapping[str, object], place: str, observed_at: datetime) -> tuple[RegistrationRecord, ...]:
        values = row.get("records", [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.refuse(f"{place}: records", _given(values), expected="a list of records")
            return ()
        records: dict[str, RegistrationRecord] = {}
        for position, value in enumerate(values):
            where = f"{place}: records[{position}]"
            try:
                record = RegistrationRecord.read(value, observed_at=observed_at, source="table")
            except InvalidRecord as error:
                self._within(where, error.defects)
            else:
                if records.setdefault(str(record.registration_number), record) is not record:
                    self.refuse(where, f"a second record of {record.registration_number}", code="config.conflict")
        return tuple(records.values())

    def _within(self, place: str, defects: Sequence[Defect]) -> None:
        """The defects of a part of the row, each with the row's place in front of its own."""
        self.defects += [replace(found, place=f"{place}{found.place}") for found in defects]

    def _answer(self, row: Mapping[str, object], place: str) -> NotRegistered | Unavailable | None:
        if "answer" not in row:
            return None
        value = row["answer"]
        if "records" in row:
            self.refuse(f"{place}: answer", "stands beside records", expected="one of the two", code="config.conflict")
        if value == "not_registered":
            return NotRegistered("all")
        what, _, why = value.partition(":") if isinstance(value, str) else ("", "", "")
        if what == "unavailable" and why in set(Why):
            return Unavailable(Why(why))
        suggestion = nearest(why, list(Why))
        hint = f"did you mean unavailable:{suggestion}?" if suggestion else f"whys: {', '.join(Why)}"
        self.refuse(f"{place}: answer", _given(value), expected="not_registered, or unavailable: and a why", hint=hint)
        return None

    def _stale(self, row: Mapping[str, object], place: str) -> str:
        value = row.get("stale", "")
        if isinstance(value, str) and value in _STALE:
            return value
        self.refuse(
            f"{place}: stale", _given(value), expected="renewing, or the why of the attempt to renew the answer"
        )
        return ""

    def _expected(self, row: Mapping[str, object], place: str) -> dict[str, str | list[str]]:
        expect = row.get("expect")
        where = f"{place}: expect"
        if not isinstance(expect, dict) or "verdict" not in expect:
            self.refuse(where, _given(expect), expected="an object with verdict, basis and codes")
            return {}
        self._unknown(expect, _EXPECT, where)
        expected: dict[str, str | list[str]] = {
            "verdict": self._word(expect, "verdict", where, Verdict, Verdict.DENY).value,
            "basis": self._word(expect, "basis", where, Basis, Basis.EVALUATED).value,
            "codes": self._listed(expect, "codes", where, reason_texts()),
        }
        known: dict[str, Collection[str]] = dict.fromkeys(_CODES[1:], reason_texts()) | {"bound_by": list(Binding)}
        for name, words in known.items():
            if name in expect:
                expected[name] = self._listed(expect, name, where, words)
        if expected["verdict"] == Verdict.DENY and not expected["codes"]:
            self.refuse(where, "a denial without a code", expected="the codes that deny")
        return expected

    def _listed(self, expect: Mapping[str, object], name: str, place: str, known: Collection[str]) -> list[str]:
        """Words of a closed list, sorted; a code of the user's own begins with x_."""
        values = expect.get(name, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self.refuse(f"{place}.{name}", _given(values), expected="a list of texts")
            return []
        for value in values:
            if value not in known and not value.startswith("x_"):
                suggestion = nearest(value, list(known))
                hint = f"did you mean {suggestion}?" if suggestion else ""
                self.refuse(f"{place}.{name}", f"unknown word {quote(value)}", hint=hint, code="config.unknown")
        return sorted(values)


def _given(value: object) -> str:
    return "missing" if value is None else f"{quote(value)} given"
