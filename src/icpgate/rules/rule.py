"""
What a rule is: one demand, checked on one case, with one finding.

- A rule can only object. Nothing a rule returns allows an app.
- A rule knows no clock and asks nobody: everything it may look at is in its case.
- A rule that cannot know says *not checkable*; it never passes for want of a fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, runtime_checkable

from icpgate.answer import Found
from icpgate.errors import shown

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from icpgate.answer import Observation
    from icpgate.app import App
    from icpgate.errors import InvalidNumber
    from icpgate.number import RegistrationNumber
    from icpgate.record import RegisteredPlatform, RegistrationRecord
    from icpgate.rules.identity import Binding

__all__ = ["UNSAID", "Action", "Case", "Demand", "Finding", "Occasion", "Outcome", "Rule", "legible", "listed"]


class Action(StrEnum):
    """What a gatekeeper is about to do: 分发, 接入, 预置."""

    LIST = "list"
    CONNECT = "connect"
    PREINSTALL = "preinstall"


class Occasion(StrEnum):
    """
    When it is asked: at admission, at an update, or about what already runs.

    They differ in what *don't know* means: admission waits, what runs goes on until somebody knows.
    """

    FIRST = "first"
    UPDATE = "update"
    STANDING = "standing"


class Outcome(StrEnum):
    """What a rule found. Only FAIL can deny; NOT_CHECKABLE does where the policy says so."""

    PASS = "pass"  # noqa: S105 -- an outcome, not a password
    FAIL = "fail"
    WARN = "warn"
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKABLE = "not_checkable"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What one rule found: its code, the outcome, and the two sides of the comparison.

    `detail` is a finer code, such as `name.near`. `found` and `expected` are shown to people; they
    hold no number of a personal document.
    """

    code: str
    outcome: Outcome
    detail: str = ""
    found: str = ""
    expected: str = ""


class _Draft:
    """
    The slots of a finding before it is frozen.

    A frozen dataclass sets every field through a call; here they are set as they stand, and then the
    class is changed to `Finding`. A denial makes several, each in less than half the time.
    """

    __slots__ = ("code", "detail", "expected", "found", "outcome")

    code: str
    outcome: Outcome
    detail: str
    found: str
    expected: str


_FAIL: Final = Outcome.FAIL

UNSAID: Final = "rule.unsaid"
"""Stands for the detail of a finding of icpgate's own rules whose words nobody has asked for yet."""

LONGEST_SHOWN: Final = 100
MOST_LISTED: Final = 10
"""How much of a text and of a list a finding repeats: a registry's texts have no end of their own."""


def legible(text: str) -> str:
    """A text of a registry or an app as a finding may show it: bounded, nothing invisible."""
    return text if len(text) <= LONGEST_SHOWN and text.isprintable() else shown(text, at_most=LONGEST_SHOWN)


def listed(texts: Collection[str], joined_by: str = ", ") -> str:
    """Several texts as a finding may show them: the first ten, and how many more there are."""
    if len(texts) == 1:
        return legible(next(iter(texts)))
    first = [legible(text) for text in islice(texts, MOST_LISTED)]
    more = len(texts) - len(first)
    return joined_by.join([*first, f"{more:,} more"] if more else first)


class Case:
    """
    Everything a rule may look at. Made once for a check; nothing in it changes.

    `number` is None when the text is missing or is none; `number_problem` then says why.
    `observation` is what the registry said about the number, `by_document` what it said about the
    operator's document and the package when the app states no number; `host` is what it said about the number
    of the host platform that the policy knows. `record` is the one record
    of the stated number; of several that are told apart by nothing, none is it. `seen` is when the
    older of observation and record was observed; now when nobody was asked. `as_of` chooses the
    policy's phase; `now` is what ages are judged by.
    """

    __slots__ = (
        "action",
        "allow_simulated",
        "app",
        "as_of",
        "bound",
        "by_document",
        "entries",
        "facts",
        "host",
        "now",
        "number",
        "number_problem",
        "observation",
        "occasion",
        "record",
        "seen",
    )

    def __init__(  # noqa: PLR0913 -- the parts of one value, all by name
        self,
        *,
        app: App,
        number: RegistrationNumber | None,
        number_problem: InvalidNumber | None,
        observation: Observation | None,
        action: Action,
        occasion: Occasion,
        as_of: datetime,
        now: datetime,
        by_document: Observation | None = None,
        host: Observation | None = None,
        allow_simulated: bool = False,
    ) -> None:
        """Find the record once: it counts only when it is the only one, and of the stated number."""
        self.app = app
        self.number = number
        self.number_problem = number_problem
        self.observation = observation
        self.by_document = by_document
        self.host = host
        self.action = action
        self.occasion = occasion
        self.as_of = as_of
        self.now = now
        self.allow_simulated = allow_simulated
        # What is found once and kept, because several rules and the judge ask for the same. No
        # facts are known before somebody has looked.
        self.facts = 0
        self.bound: tuple[Binding, ...] | None = None
        self.entries: tuple[tuple[RegisteredPlatform, ...], tuple[RegisteredPlatform, ...]] | None = None
        self.record: RegistrationRecord | None = None
        self.seen = now
        if observation is not None:
            self.seen = observation.observed_at
            if number is not None and type(observation.answer) is Found:
                self._find(observation.answer.records, number)

    def _find(self, records: tuple[RegistrationRecord, ...], number: RegistrationNumber) -> None:
        record = records[0]
        stated = record.registration_number
        # Mostly one object, because `parse` keeps what it has read.
        if len(records) == 1 and (stated is number or stated == number):
            self.record = record
            self.seen = min(self.seen, record.observed_at)


@runtime_checkable
class Rule(Protocol):
    """
    One demand of the regulation or of a gatekeeper.

    A rule is a frozen dataclass: its fields are its parameters, which the policy fills and which
    are validated when the policy is loaded. `code` is its reason code.
    """

    code: ClassVar[str]

    def check(self, case: Case) -> Finding:
        """Judge the case. Must not change it; what it raises is recorded as not checkable."""
        ...


class Demand:
    """
    A convenience for writing rules: the findings of a code, made once.

    Own rules may inherit from it or only follow the `Rule` protocol. A class without a `code` is
    a base for others.
    """

    __slots__ = ()

    code: ClassVar[str]
    passed: ClassVar[Finding]
    not_applicable: ClassVar[Finding]
    unsaid: ClassVar[Finding]

    def __init_subclass__(cls) -> None:
        """Make the two findings that need no words, and the one of a failed demand whose words are found later."""
        code = getattr(cls, "code", None)
        if code is not None:
            cls.passed = Finding(code, Outcome.PASS)
            cls.not_applicable = Finding(code, Outcome.NOT_APPLICABLE)
            cls.unsaid = Finding(code, Outcome.FAIL, UNSAID)

    def failed(self, detail: str, *, found: str, expected: str) -> Finding:
        """The demand is not met."""
        draft = _Draft()
        draft.code = self.code
        draft.outcome = _FAIL
        draft.detail = detail
        draft.found = found
        draft.expected = expected
        draft.__class__ = Finding  # type: ignore[assignment]  # Python allows it between classes of the same slots
        return draft  # type: ignore[return-value]  # it is one now

    def warned(self, detail: str, *, found: str, expected: str) -> Finding:
        """The demand is met, with something that a person should see."""
        return Finding(self.code, Outcome.WARN, detail, found, expected)

    def not_checkable(self, detail: str, *, expected: str) -> Finding:
        """The source or the app does not have what is needed."""
        return _unknown(self.code, detail, expected)


@lru_cache(maxsize=1_024)
def _unknown(code: str, detail: str, expected: str) -> Finding:
    """The same few in almost every case: making a frozen value costs more than the check."""
    return Finding(code, Outcome.NOT_CHECKABLE, detail, "", expected)
