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
from typing import TYPE_CHECKING, ClassVar, Final

from icpgate.chinese import Likeness, compare
from icpgate.document import DocumentType, normal_form
from icpgate.rules.entries import entries
from icpgate.rules.persons import shown_document, shown_operator
from icpgate.rules.placeholders import is_masked, says_nothing
from icpgate.rules.rule import Case, Demand, Finding, legible, listed
from icpgate.rules.signature import certificate_binds

if TYPE_CHECKING:
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
]


class RequiredLikeness(StrEnum):
    """How alike two names must be. There is no way to ask for less than the normalised form."""

    EXACT = "exact"
    NORMALISED = "normalised"


@lru_cache(maxsize=4_096)
def _difference(given: str, registered: str, required: RequiredLikeness) -> Likeness | None:
    """
    How alike two names are that are not alike enough; None when they are.

    Kept, because the same two are compared by their rule and again for what binds.
    """
    likeness = compare(given, registered)
    enough = likeness is Likeness.EXACT or likeness.value == required.value
    return None if enough else likeness


@dataclass(frozen=True, slots=True)
class NameMatches(Demand):
    """The app's name is the registered service name (docs/sources.md, store practice)."""

    code: ClassVar[str] = "name_mismatch"

    level: RequiredLikeness = RequiredLikeness.NORMALISED

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
        return self.failed(f"name.{likeness.value}", found=legible(case.app.name), expected=expected)


@dataclass(frozen=True, slots=True)
class OperatorMatches(Demand):
    """
    The app's operator is the registered one.

    Whether two different names belong to one operator, after a change of name for example, is not
    looked at. Natural persons are not named.
    """

    code: ClassVar[str] = "operator_mismatch"

    level: RequiredLikeness = RequiredLikeness.NORMALISED

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
            f"operator.{likeness.value}",
            found=shown_operator(operator.name, operator.document_type, operator.document_number),
            expected=shown_operator(registered, registered_type, record.document_number, record.operator_kind),
        )


@dataclass(frozen=True, slots=True)
class DocumentNumberMatches(Demand):
    """The operator's document number is the registered one. Of no number more is shown than `mask` leaves."""

    code: ClassVar[str] = "document_number_mismatch"

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
            return self.not_checkable("app.document_number", expected="the operator's document number")
        if _same_document(case, record):
            return self.passed
        registered_type = None if record.document_type is None else DocumentType.read(record.document_type)
        return self.failed(
            "document.different",
            found=shown_document(operator.document_type, operator.document_number),
            expected=shown_document(registered_type, registered) if registered else "a document number: it is empty",
        )


_DIGIT: Final = re.compile("[1-9]")
_SHORTEST_NUMBER: Final = 5


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


def _same_document(case: Case, record: RegistrationRecord) -> bool:
    if case.same_document is None:
        case.same_document = _is_same_document(case, record)
    return case.same_document


def _is_same_document(case: Case, record: RegistrationRecord) -> bool:
    operator, registered = case.app.operator, record.document_number
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
        case.bound = _bindings(case)
    return case.bound


def _bindings(case: Case) -> tuple[Binding, ...]:
    record = case.record
    if record is None:
        return ()
    bound = []
    if _same_document(case, record):
        bound.append(Binding.DOCUMENT_NUMBER)
    if entries(case, record)[1]:
        bound.append(Binding.PACKAGE)
    if certificate_binds(case, record):
        bound.append(Binding.SIGNING_CERTIFICATE)
    if _names_bind(case, record):
        bound.append(Binding.OPERATOR_AND_NAME)
    return tuple(bound)


_SHORTEST_NAME: Final = 2


def _names_bind(case: Case, record: RegistrationRecord) -> bool:
    operator = case.app.operator
    if operator is None or not record.operator or not record.service_name:
        return False
    if len(record.operator) < _SHORTEST_NAME or is_masked(record.operator) or says_nothing(record.operator):
        return False
    required = RequiredLikeness.NORMALISED
    return (
        _difference(operator.name, record.operator, required) is None
        and _difference(case.app.name, record.service_name, required) is None
    )


@dataclass(frozen=True, slots=True)
class IdentityProven(Demand):
    """At least one binding comparison holds; the number alone proves nothing."""

    code: ClassVar[str] = "identity_unproven"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if case.record is None:
            return self.not_applicable
        if bindings(case):
            return self.passed
        expected = "operator and name, document number, package, or a verified signing certificate of the registration"
        return self.failed("identity.number_only", found="only the number agrees", expected=expected)
