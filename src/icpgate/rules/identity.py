"""
Whether the registration is this app's: anybody can copy a number.

An allow needs one *binding* comparison: operator and service name together, or the operator's
document number, or the package, or a verified signing certificate. Every comparison that can be
made is made, and each that differs is an objection of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar, Final

from icpgate.chinese import Likeness, compare
from icpgate.document import DocumentType, normal_form
from icpgate.rules.entries import entries
from icpgate.rules.facts import (
    BY_CERTIFICATE,
    BY_NAMES,
    DOCUMENT_NOT_GIVEN,
    NO_RECORD,
    NOTHING_BINDS,
    OTHER_NAME,
    OTHER_OPERATOR,
    OTHER_PACKAGE,
    SAME_DOCUMENT,
    SAME_NAME,
    SAME_OPERATOR,
    SAME_PACKAGE,
    settled_by,
)
from icpgate.rules.persons import shown_document, shown_operator
from icpgate.rules.placeholders import is_masked, says_nothing
from icpgate.rules.rule import Case, Demand, Finding, Outcome, legible, listed
from icpgate.rules.signature import of_signature

if TYPE_CHECKING:
    from icpgate.app import Operator
    from icpgate.record import RegisteredPlatform, RegistrationRecord

__all__ = [
    "Binding",
    "DocumentNumberMatches",
    "IdentityProven",
    "NameMatches",
    "OperatorMatches",
    "PackageMatches",
    "RequiredLikeness",
    "bindings",
    "bound_by",
    "ties",
]


class RequiredLikeness(StrEnum):
    """How alike two names must be. There is no way to ask for less than the normalised form."""

    EXACT = "exact"
    NORMALISED = "normalised"


_likeness: Final = lru_cache(maxsize=4_096)(compare)
"""Kept, because the same two names are compared for what binds, by their rule, and at the next check."""


def _difference(given: str, registered: str, required: RequiredLikeness) -> Likeness | None:
    """How alike two names are that are not alike enough; None when they are."""
    likeness = _likeness(given, registered)
    if likeness is Likeness.EXACT:
        return None
    return None if likeness is Likeness.NORMALISED and required is RequiredLikeness.NORMALISED else likeness


def _normalised(rule: NameMatches | OperatorMatches) -> bool:
    return rule.level is RequiredLikeness.NORMALISED


@dataclass(frozen=True, slots=True)
class NameMatches(Demand):
    """The app's name is the registered service name (docs/sources.md, store practice)."""

    code: ClassVar[str] = "name_mismatch"

    level: RequiredLikeness = RequiredLikeness.NORMALISED

    @settled_by(passed=SAME_NAME, not_applicable=NO_RECORD, unsaid=OTHER_NAME, where=_normalised)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        registered = record.service_name
        if registered is None:
            return self.not_checkable("record.service_name", expected="the registered name")
        likeness = _difference(case.app.name, registered, self.level)
        if likeness is None:
            return self.passed
        expected = legible(registered) if registered.strip() else "a registered name: it is empty"
        return self.failed(f"name.{likeness}", found=legible(case.app.name), expected=expected)


@dataclass(frozen=True, slots=True)
class OperatorMatches(Demand):
    """
    The app's operator is the registered one.

    Whether two different names belong to one operator, after a change of name for example, is not
    looked at. Natural persons are not named.
    """

    code: ClassVar[str] = "operator_mismatch"

    level: RequiredLikeness = RequiredLikeness.NORMALISED

    @settled_by(passed=SAME_OPERATOR, not_applicable=NO_RECORD, unsaid=OTHER_OPERATOR, where=_normalised)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        registered, operator = record.operator, case.app.operator
        if registered is None:
            return self.not_checkable("record.operator", expected="the registered operator")
        if operator is None:
            return self.not_checkable("app.operator", expected="the app's operator")
        likeness = _difference(operator.name, registered, self.level)
        if likeness is None:
            return self.passed
        registered_type = None if record.document_type is None else DocumentType.read(record.document_type)
        return self.failed(
            f"operator.{likeness}",
            found=shown_operator(operator.name, operator.document_type, operator.document_number),
            expected=shown_operator(registered, registered_type, record.document_number, record.operator_kind),
        )


@dataclass(frozen=True, slots=True)
class DocumentNumberMatches(Demand):
    """The operator's document number is the registered one. Of no number more is shown than `mask` leaves."""

    code: ClassVar[str] = "document_number_mismatch"
    not_given: ClassVar[Finding] = Finding(
        code, Outcome.NOT_CHECKABLE, "app.document_number", "", "the operator's document number"
    )

    @settled_by(passed=SAME_DOCUMENT, not_applicable=NO_RECORD, not_given=DOCUMENT_NOT_GIVEN)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        operator = case.app.operator
        registered = record.document_number
        if registered is None:
            return self.not_checkable("record.document_number", expected="the registered document number")
        if operator is None or operator.document_number is None:
            return self.not_given
        if _same_document(operator, record):
            return self.passed
        registered_type = None if record.document_type is None else DocumentType.read(record.document_type)
        return self.failed(
            "document.different",
            found=shown_document(operator.document_type, operator.document_number),
            expected=shown_document(registered_type, registered) if registered else "a document number: it is empty",
        )


_DIGIT: Final = re.compile("[1-9]")
_SHORTEST_NUMBER: Final = 5


@lru_cache(maxsize=4_096)
def _of_somebody(number: str) -> bool:
    """Not what two sides may share and be nobody's: 无, N/A, 0000, or what a mask has left of a number."""
    return (
        len(number) >= _SHORTEST_NUMBER
        and len(set(number)) > _TEMPLATE_CHARACTERS
        and number not in _ROW_OF_DIGITS
        and not is_masked(number)
        and _DIGIT.search(number) is not None
    )


_TEMPLATE_CHARACTERS: Final = 2
_ROW_OF_DIGITS: Final = "01234567890"


def _same_document(operator: Operator | None, record: RegistrationRecord) -> bool:
    registered = record.document_number
    if operator is None or not operator.document_number or not registered:
        return False
    given = operator.document_number
    if given != registered:
        known = DocumentType.read(record.document_type) if record.document_type is not None else None
        given = normal_form(operator.document_type or DocumentType.OTHER, given)
        if given != normal_form(known or DocumentType.OTHER, registered):
            return False
    return _of_somebody(given)


@dataclass(frozen=True, slots=True)
class PackageMatches(Demand):
    """
    The package is registered for this platform; its case counts.

    One number may carry several packages. `one_package_only` demands that it carries one for the
    platform, as some access providers register them.
    """

    code: ClassVar[str] = "package_mismatch"

    one_package_only: bool = False

    @settled_by(
        passed=SAME_PACKAGE,
        not_applicable=NO_RECORD,
        unsaid=OTHER_PACKAGE,
        where=lambda rule: not rule.one_package_only,
    )
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if record.platforms is None:
            return self.not_checkable("record.platforms", expected="the registered packages")
        own, same = entries(case, record)
        if not same:
            return self._other(case, record, own)
        if self.one_package_only:
            packages = {p.package for p in own if p.package}
            if len(packages) > 1:
                found = listed(sorted(packages))
                return self.failed("package.several", found=found, expected=f"{case.app.package} alone")
        return self.passed

    def _other(self, case: Case, record: RegistrationRecord, own: tuple[RegisteredPlatform, ...]) -> Finding:
        """What is registered in place of the app's package."""
        package = case.app.package
        packages = list(dict.fromkeys(p.package for p in own if p.package))
        if packages:
            return self.failed("package.different", found=package, expected=listed(packages, " or "))
        if any(p.package is None for p in own):
            return self.not_checkable("record.package", expected="the registered packages")
        if own:
            return self.failed("package.none", found=package, expected="a registered package: it is empty")
        named = {p.platform.value for p in record.platforms or () if p.platform is not None}
        return self.failed(
            "package.platform",
            found=f"{package} on {case.app.platform.value}",
            expected=f"a platform of the registration: {' and '.join(sorted(named)) or 'none is registered'}",
        )


class Binding(StrEnum):
    """What can tie an app to a registration."""

    DOCUMENT_NUMBER = "document_number"
    PACKAGE = "package"
    SIGNING_CERTIFICATE = "signing_certificate"
    OPERATOR_AND_NAME = "operator_and_name"


def bindings(case: Case) -> tuple[Binding, ...]:
    """
    What ties the app to the record of its number; empty when nothing does.

    Independent of every policy switch: a check that is off still binds nothing more and nothing
    less. Empty texts never bind.
    """
    if case.bound is None:
        case.bound = () if case.record is None else bound_by(ties(case, case.record))
    return case.bound


def bound_by(facts: int) -> tuple[Binding, ...]:
    """The bindings among these facts, in their order."""
    return _BOUND_BY[facts & _BINDING]


def ties(case: Case, record: RegistrationRecord) -> int:
    """The facts about what app and record have in common; what binds among them is kept with the case."""
    app = case.app
    own, same = entries(case, record)
    known = of_signature(app, own, same) + _USUAL
    if not same:
        known += (OTHER_PACKAGE if _other_packages(record, own) else 0) - SAME_PACKAGE
    name = record.service_name
    if name is None or _likeness(app.name, name) not in _ALIKE:
        known += (OTHER_NAME if name is not None else 0) - SAME_NAME - BY_NAMES
    known = _of_operator(app.operator, record, known)
    case.bound = _BOUND_BY[known & _BINDING]
    return known if case.bound else known | NOTHING_BINDS


def _of_operator(operator: Operator | None, record: RegistrationRecord, known: int) -> int:
    """What is known, without what the operator and its document take away from it."""
    registered, document = record.operator, record.document_number
    if operator is None or registered is None:
        known &= ~(SAME_OPERATOR | BY_NAMES)
    elif _likeness(operator.name, registered) not in _ALIKE:
        known = known & ~(SAME_OPERATOR | BY_NAMES) | OTHER_OPERATOR
    elif not _names_somebody(registered):
        known &= ~BY_NAMES
    if not _same_document(operator, record):
        known -= SAME_DOCUMENT
        if document is not None and (operator is None or operator.document_number is None):
            known |= DOCUMENT_NOT_GIVEN
    return known


def _other_packages(record: RegistrationRecord, own: tuple[RegisteredPlatform, ...]) -> bool:
    """Whether the source tells the packages, and this app's is none of them."""
    if record.platforms is None:
        return False
    packages = [entry.package for entry in own]
    return any(packages) or None not in packages


_USUAL: Final = SAME_PACKAGE | SAME_NAME | SAME_OPERATOR | BY_NAMES | SAME_DOCUMENT
_ALIKE: Final = (Likeness.EXACT, Likeness.NORMALISED)
_BINDING: Final = SAME_DOCUMENT | SAME_PACKAGE | BY_CERTIFICATE | BY_NAMES
_BINDINGS: Final = (
    (SAME_DOCUMENT, Binding.DOCUMENT_NUMBER),
    (SAME_PACKAGE, Binding.PACKAGE),
    (BY_CERTIFICATE, Binding.SIGNING_CERTIFICATE),
    (BY_NAMES, Binding.OPERATOR_AND_NAME),
)
_BOUND_BY: Final = {
    sum(fact for fact, _ in chosen): tuple(binding for _, binding in chosen)
    for count in range(len(_BINDINGS) + 1)
    for chosen in combinations(_BINDINGS, count)
}
"""The bindings of each combination of facts, in their order."""

_SHORTEST_NAME: Final = 2


@lru_cache(maxsize=4_096)
def _names_somebody(operator: str) -> bool:
    """Whether two sides that share this name of an operator share an operator."""
    return len(operator) >= _SHORTEST_NAME and not is_masked(operator) and not says_nothing(operator)


@dataclass(frozen=True, slots=True)
class IdentityProven(Demand):
    """At least one binding comparison holds; the number alone proves nothing."""

    code: ClassVar[str] = "identity_unproven"
    unbound: ClassVar[Finding] = Finding(
        code,
        Outcome.FAIL,
        "identity.number_only",
        "only the number agrees",
        "operator and name, document number, package, or a verified signing certificate of the registration",
    )

    @settled_by(passed=_BINDING, not_applicable=NO_RECORD, unbound=NOTHING_BINDS)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if case.record is None:
            return self.not_applicable
        return self.passed if bindings(case) else self.unbound
