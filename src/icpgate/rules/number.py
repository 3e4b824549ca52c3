"""What the stated number must be: present, well-formed, of this register, of this kind of app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from icpgate.answer import Found
from icpgate.errors import quote
from icpgate.number import ServiceKind
from icpgate.rules.facts import KIND_AGREES, NO_NUMBER, READ, STATED, settled_by
from icpgate.rules.rule import Case, Demand, Finding, listed

__all__ = [
    "KindAgrees",
    "NumberIsNoPlaceholder",
    "NumberNamesService",
    "NumberOfThisRegister",
    "NumberPresent",
    "NumberWellFormed",
]

_SUFFIX = {
    ServiceKind.APP: "an app's number, ending in A",
    ServiceKind.MINI_PROGRAM: "a mini program's number, ending in X",
    ServiceKind.QUICK_APP: "a quick app's number, ending in K",
    ServiceKind.WEBSITE: "a website's number, without a letter",
}


def _stated(case: Case) -> str | None:
    text = case.app.registration_number
    return text if text is not None and text.strip() else None


@dataclass(frozen=True, slots=True)
class NumberPresent(Demand):
    """The app states a registration number (notice, item 1 and the display clause)."""

    code: ClassVar[str] = "number_missing"

    @settled_by(passed=STATED)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if _stated(case) is not None:
            return self.passed
        known = case.by_document
        expected = "a registration number"
        if known is not None and type(known.answer) is Found:
            expected = listed([record.registration_number.canonical for record in known.answer.records], " or ")
        return self.failed("number.empty", found="no number", expected=expected)


class _Spelling(Demand):
    """A number whose text was refused for one reason."""

    __slots__ = ()

    @settled_by(passed=READ)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        problem = case.number_problem
        if problem is None:
            return self.passed if case.number is not None else self.not_applicable
        if problem.reason != self.code or _stated(case) is None:
            return self.not_applicable
        expected = problem.hint or "a number such as 蜀ICP备2021014694号-10A"
        return self.failed(problem.code, found=quote(case.app.registration_number), expected=expected)


class NumberWellFormed(_Spelling):
    """The stated text is a registration number (docs/sources.md, number grammar)."""

    __slots__ = ()
    code: ClassVar[str] = "number_malformed"


class NumberOfThisRegister(_Spelling):
    """The stated number is the ministry's, not the police's, an algorithm's or a licence's."""

    __slots__ = ()
    code: ClassVar[str] = "number_of_other_register"


class NumberIsNoPlaceholder(_Spelling):
    """The stated number is not a template that cannot have been issued."""

    __slots__ = ()
    code: ClassVar[str] = "number_placeholder"


@dataclass(frozen=True, slots=True)
class KindAgrees(Demand):
    """
    The number, and its record, are of the app's kind: A, X, K (docs/sources.md, entity and service).

    A record without a kind says nothing against its own number.
    """

    code: ClassVar[str] = "service_kind_mismatch"

    @settled_by(passed=KIND_AGREES, not_applicable=NO_NUMBER)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        number = case.number
        if number is None:
            return self.not_applicable
        expected, stated = case.app.kind, number.service_kind
        if stated is not None and stated is not expected:
            found = f"{number} ({stated.value})"
            return self.failed(f"number.kind.{stated.value}", found=found, expected=_SUFFIX[expected])
        record = case.record
        registered = record.kind if record is not None else None
        if registered is not None and registered is not expected:
            return self.failed("record.kind", found=registered.value, expected=expected.value)
        return self.not_applicable if stated is None and registered is None else self.passed


@dataclass(frozen=True, slots=True)
class NumberNamesService(Demand):
    """The number names this app, not only the operator's entity."""

    code: ClassVar[str] = "entity_number_only"

    @settled_by(passed=KIND_AGREES, not_applicable=NO_NUMBER)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        number = case.number
        if number is None:
            return self.not_applicable
        if number.service_kind is None:
            return self.failed("number.entity", found=str(number), expected=_SUFFIX[case.app.kind])
        return self.passed
