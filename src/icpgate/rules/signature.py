"""What the app is signed with against what is registered: certificates and public keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from icpgate.errors import InvalidPublicKey
from icpgate.rules.entries import entries, stated
from icpgate.rules.rule import Case, Demand, Finding, listed
from icpgate.signing import (
    REGISTERED_NOTATION,
    CertificateComparison,
    DigestAlgorithm,
    MatchResult,
    Platform,
    Provenance,
    PublicKey,
    SigningCertificate,
    compare_certificates,
    same_key,
)

if TYPE_CHECKING:
    from icpgate.record import RegistrationRecord

__all__ = ["PublicKeyMatches", "SigningCertificateMatches", "certificate_binds"]


def _certificates(case: Case, record: RegistrationRecord) -> list[str] | None:
    """What is registered for the app's package, or else for its platform."""
    own, same = entries(case, record)
    return stated([entry.signing_certificate for entry in same or own])


def _without_certificates(case: Case) -> bool:
    """Whether the registration form has neither certificate nor key for the app's platform."""
    return not REGISTERED_NOTATION[case.app.platform]


@dataclass(frozen=True, slots=True)
class SigningCertificateMatches(Demand):
    """
    The signing certificate is the registered one, in the notation of the platform.

    Where several packages are registered, it is the one of the app's package. `verified_only` lets
    a certificate that was only claimed pass nothing. A match that rests on MD5 where the form asks
    for something better is a warning.
    """

    code: ClassVar[str] = "signing_certificate_mismatch"

    verified_only: bool = False

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        if not self.verified_only and _plainly_equal(case, record, case.app.signing_certificates):
            return self.passed
        registered = _certificates(case, record)
        if not registered and _without_certificates(case):
            return self.not_applicable
        if registered is None:
            return self.not_checkable("record.signing_certificate", expected="the registered certificate")
        held, expected = case.app.signing_certificates, "the app's signing certificate"
        if self.verified_only:
            held, expected = _verified(held), "a verified signing certificate of the app"
        if not held:
            return self.not_checkable("app.signing_certificates", expected=expected)
        return self._compared(held, registered, case.app.platform)

    def _compared(self, held: tuple[SigningCertificate, ...], registered: list[str], platform: Platform) -> Finding:
        best = _best(held, registered, platform)
        if best.result is MatchResult.MATCH:
            if not best.weak:
                return self.passed
            return self.warned("certificate.weak", found="equal in MD5 only", expected=_notation(platform))
        if best.result is MatchResult.NOT_COMPARABLE and registered:
            return self.not_checkable("certificate.algorithm", expected="a digest of the registered algorithm")
        found = listed([f"{c.algorithm.value} {c.digest}" for c in held], " and ")
        if not registered:
            return self.failed("certificate.none", found=found, expected="a registered certificate: it is empty")
        return self.failed("certificate.different", found=found, expected=listed(registered, " or "))


def _verified(held: tuple[SigningCertificate, ...]) -> tuple[SigningCertificate, ...]:
    return tuple([c for c in held if c.provenance is Provenance.VERIFIED])


def _plainly_equal(case: Case, record: RegistrationRecord, held: tuple[SigningCertificate, ...]) -> bool:
    """Whether a strong match stands there as it is: then nothing need be read, and this is the usual case."""
    for entry in entries(case, record)[1]:
        for certificate in held:
            if certificate.digest == entry.signing_certificate:
                return case.app.platform in _BY_MD5 or certificate.algorithm is not DigestAlgorithm.MD5
    return False


_BY_MD5: Final = frozenset(p for p, notation in REGISTERED_NOTATION.items() if DigestAlgorithm.MD5 in notation)
_UNKNOWN: Final = CertificateComparison(MatchResult.NOT_COMPARABLE)
_STRENGTH: Final = (MatchResult.NOT_COMPARABLE, MatchResult.DIFFERENT, MatchResult.MATCH)


def _best(held: tuple[SigningCertificate, ...], registered: list[str], platform: Platform) -> CertificateComparison:
    """The best of all comparisons."""
    comparisons = [compare_certificates(held, text, platform) for text in registered]
    return max(comparisons, key=lambda c: (_STRENGTH.index(c.result), not c.weak), default=_UNKNOWN)


def _notation(platform: Platform) -> str:
    """The digest that the registration form usually takes; where it takes none, any that is not weak."""
    notation = REGISTERED_NOTATION[platform]
    return f"a digest in {notation[0].value}" if notation else "a SHA-1 or SHA-256 digest"


@dataclass(frozen=True, slots=True)
class PublicKeyMatches(Demand):
    """
    The public key is the registered one; keys are compared, not their texts.

    Where several packages are registered, it is the one of the app's package.
    """

    code: ClassVar[str] = "public_key_mismatch"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        own, same = entries(case, record)
        registered = stated([entry.public_key for entry in same or own])
        if not registered and _without_certificates(case):
            return self.not_applicable
        if registered is None:
            return self.not_checkable("record.public_key", expected="the registered public key")
        held = case.app.public_key
        if held is None:
            return self.not_checkable("app.public_key", expected="the app's public key")
        if not registered:
            return self.failed("public_key.none", found=held.short, expected="a registered public key: it is empty")
        keys = [key for key in map(_key, registered) if key is not None]
        if any(same_key(held, key) for key in keys):
            return self.passed
        if not keys:
            return self.not_checkable("record.public_key.unreadable", expected="a readable registered key")
        return self.failed(
            "public_key.different", found=held.short, expected=listed([key.short for key in keys], " or ")
        )


def _key(text: str) -> PublicKey | None:
    try:
        return PublicKey.parse(text)
    except InvalidPublicKey:
        return None


def certificate_binds(case: Case, record: RegistrationRecord) -> bool:
    """Whether a verified certificate of the app is a registered one. A claimed one binds nothing."""
    held = _verified(case.app.signing_certificates)
    if _plainly_equal(case, record, held):
        return True
    registered = _certificates(case, record)
    return bool(registered and held and _best(held, registered, case.app.platform).result is MatchResult.MATCH)
