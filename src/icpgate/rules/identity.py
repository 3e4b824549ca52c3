"""
Whether the registration is this app's: anybody can copy a number.

An allow needs one *binding* comparison: operator and service name together, or the operator's
document number, or the package, or a verified signing certificate. Every comparison that can be
made is made, and each that differs is an objection of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from icpgate.chinese import Likeness, compare
from icpgate.document import DocumentType, document_defect, is_personal, mask
from icpgate.errors import InvalidPublicKey
from icpgate.rules.rule import Case, Demand, Finding
from icpgate.signing import REGISTERED_NOTATION, MatchResult, Platform, Provenance, PublicKey, compare_certificates, same_key

if TYPE_CHECKING:
    from icpgate.record import RegisteredPlatform, RegistrationRecord

__all__ = [
    "Binding",
    "DocumentNumberMatches",
    "IdentityProven",
    "NameMatches",
    "OperatorMatches",
    "PackageMatches",
    "PublicKeyMatches",
    "RequiredLikeness",
    "SigningCertificateMatches",
    "bindings",
]


class RequiredLikeness(StrEnum):
    """How alike two names must be. There is no way to ask for less than the normalised form."""

    EXACT = "exact"
    NORMALISED = "normalised"


def _alike(given: str, registered: str, required: RequiredLikeness) -> tuple[bool, Likeness]:
    if given == registered:
        return True, Likeness.EXACT
    likeness = compare(given, registered)
    return likeness is Likeness.NORMALISED and required is RequiredLikeness.NORMALISED, likeness


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
        alike, likeness = _alike(case.app.name, registered, self.level)
        if alike:
            return self.passed
        return self.failed(f"name.{likeness.value}", found=case.app.name, expected=registered or "a registered name")


@dataclass(frozen=True, slots=True)
class OperatorMatches(Demand):
    """The app's operator is the registered one."""

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
        alike, likeness = _alike(operator.name, registered, self.level)
        if alike:
            return self.passed
        return self.failed(
            f"operator.{likeness.value}", found=_person(case, operator.name), expected=_person(case, registered)
        )


def _person(case: Case, name: str) -> str:
    """An operator's name as people may see it: natural persons are not named."""
    operator, record = case.app.operator, case.record
    types = [operator.document_type] if operator is not None else []
    if record is not None and record.document_type is not None:
        types.append(DocumentType.read(record.document_type))
    if any(document_type is not None and is_personal(document_type) for document_type in types):
        return "a natural person (name withheld)"
    return name or "no operator"


def _document(document_type: str | None, number: str) -> str:
    known = DocumentType.read(document_type) if document_type is not None else None
    return document_defect(known or DocumentType.OTHER, number)[0]


def _shown_document(document_type: str | None, number: str) -> str:
    known = DocumentType.read(document_type) if document_type is not None else None
    return mask(known, number) if known is not None else "***"


@dataclass(frozen=True, slots=True)
class DocumentNumberMatches(Demand):
    """The operator's document number is the registered one."""

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
        return self.failed(
            "document.different",
            found=_shown_document(operator.document_type, operator.document_number),
            expected=_shown_document(record.document_type, registered) if registered else "a document number",
        )


def _same_document(case: Case, record: RegistrationRecord) -> bool:
    operator, registered = case.app.operator, record.document_number
    if operator is None or not operator.document_number or not registered:
        return False
    given = operator.document_number
    return given == registered or _document(operator.document_type, given) == _document(record.document_type, registered)


def _of_platform(case: Case, record: RegistrationRecord) -> tuple[RegisteredPlatform, ...]:
    """The registered platforms that are the app's; one without a name is any."""
    platform = case.app.platform
    return tuple(p for p in record.platforms or () if p.platform is None or p.platform is platform)


@dataclass(frozen=True, slots=True)
class PackageMatches(Demand):
    """The package is registered for this platform; its case counts."""

    code: ClassVar[str] = "package_mismatch"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if record.platforms is None:
            return self.not_checkable("record.platforms", expected="the registered packages")
        of_platform = _of_platform(case, record)
        packages = [p.package for p in of_platform if p.package is not None]
        package = case.app.package
        if package in packages:
            return self.passed
        if of_platform and not packages:
            return self.not_checkable("record.package", expected="the registered packages")
        if of_platform:
            return self.failed("package.different", found=package, expected=" or ".join(packages))
        platforms = " and ".join(sorted({p.platform.value for p in record.platforms if p.platform is not None}))
        return self.failed(
            "package.platform",
            found=f"{package} on {case.app.platform.value}",
            expected=f"a platform of the registration: {platforms or 'none is registered'}",
        )


@dataclass(frozen=True, slots=True)
class SigningCertificateMatches(Demand):
    """
    The signing certificate is the registered one, in the notation of the platform.

    `verified_only` lets a certificate that was only claimed pass nothing.
    """

    code: ClassVar[str] = "signing_certificate_mismatch"

    verified_only: bool = False

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if record.platforms is None or not (registered := _registered_certificates(case, record)):
            return self.not_checkable("record.signing_certificate", expected="the registered certificate")
        held = case.app.signing_certificates
        if self.verified_only:
            held = tuple(c for c in held if c.provenance is Provenance.VERIFIED)
        if not held:
            return self.not_checkable("app.signing_certificates", expected="the app's signing certificate")
        matches = [compare_certificates(held, text, case.app.platform) for text in registered]
        match = next((m for m in matches if m.result is MatchResult.MATCH), None)
        if match is not None and not match.weak:
            return self.passed
        if match is not None:
            return self.warned("certificate.weak", found="equal in MD5 only", expected=_notation(case.app.platform))
        if all(m.result is MatchResult.NOT_COMPARABLE for m in matches):
            return self.not_checkable("certificate.algorithm", expected="a digest of the registered algorithm")
        found = " and ".join(f"{c.algorithm.value} {c.digest}" for c in held)
        return self.failed("certificate.different", found=found, expected=" or ".join(registered))


def _notation(platform: Platform) -> str:
    """The digests that the registration form takes for the platform; for hosts it takes none, so any that is not weak."""
    named = [algorithm.value for algorithm in REGISTERED_NOTATION.get(platform, ())]
    return f"a digest in {' or '.join(named)}" if named else "a SHA-1 or SHA-256 digest"


def _registered_certificates(case: Case, record: RegistrationRecord) -> list[str]:
    return [p.signing_certificate for p in _of_platform(case, record) if p.signing_certificate]


@dataclass(frozen=True, slots=True)
class PublicKeyMatches(Demand):
    """The public key is the registered one; keys are compared, not their texts."""

    code: ClassVar[str] = "public_key_mismatch"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        texts = [p.public_key for p in _of_platform(case, record) if p.public_key]
        if not texts:
            return self.not_checkable("record.public_key", expected="the registered public key")
        held = case.app.public_key
        if held is None:
            return self.not_checkable("app.public_key", expected="the app's public key")
        keys = [key for key in map(_key, texts) if key is not None]
        if any(same_key(held, key) for key in keys):
            return self.passed
        if not keys:
            return self.not_checkable("record.public_key.unreadable", expected="a readable registered key")
        return self.failed("public_key.different", found=held.short, expected=" or ".join(key.short for key in keys))


def _key(text: str) -> PublicKey | None:
    try:
        return PublicKey.parse(text)
    except InvalidPublicKey:
        return None


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
    if any(p.package == case.app.package for p in _of_platform(case, record)):
        bound.append(Binding.PACKAGE)
    if _certificate_binds(case, record):
        bound.append(Binding.SIGNING_CERTIFICATE)
    if _names_bind(case, record):
        bound.append(Binding.OPERATOR_AND_NAME)
    return tuple(bound)


def _certificate_binds(case: Case, record: RegistrationRecord) -> bool:
    verified = tuple(c for c in case.app.signing_certificates if c.provenance is Provenance.VERIFIED)
    return bool(verified) and any(
        compare_certificates(verified, text, case.app.platform).result is MatchResult.MATCH
        for text in _registered_certificates(case, record)
    )


def _names_bind(case: Case, record: RegistrationRecord) -> bool:
    operator = case.app.operator
    if operator is None or not record.operator or not record.service_name:
        return False
    required = RequiredLikeness.NORMALISED
    return _alike(operator.name, record.operator, required)[0] and _alike(case.app.name, record.service_name, required)[0]


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
