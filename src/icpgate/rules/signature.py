"""What the app is signed with against what is registered: certificates and public keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

from icpgate.errors import InvalidPublicKey
from icpgate.rules.entries import entries, stated
from icpgate.rules.facts import (
    BY_CERTIFICATE,
    FORM_WITHOUT_KEY,
    KEY_NOT_IN_SOURCE,
    NO_RECORD,
    OTHER_CERTIFICATE,
    SAME_CERTIFICATE,
    settled_by,
)
from icpgate.rules.rule import Case, Demand, Finding, Outcome, listed
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
    from icpgate.app import App
    from icpgate.record import RegisteredPlatform

__all__ = ["PublicKeyMatches", "SigningCertificateMatches", "of_signature"]


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

    @settled_by(
        passed=SAME_CERTIFICATE,
        not_applicable=NO_RECORD,
        unsaid=OTHER_CERTIFICATE,
        where=lambda rule: not rule.verified_only,
    )
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        record = case.record
        if record is None:
            return self.not_applicable
        own, same = entries(case, record)
        held, platform = case.app.signing_certificates, case.app.platform
        if not self.verified_only and _plainly_equal(held, same, platform) is not None:
            return self.passed
        registered = stated([entry.signing_certificate for entry in same or own])
        if not registered and _without_certificates(case):
            return self.not_applicable
        if registered is None:
            return self.not_checkable("record.signing_certificate", expected="the registered certificate")
        expected = "the app's signing certificate"
        if self.verified_only:
            held, expected = _verified(held), "a verified signing certificate of the app"
        if not held:
            return self.not_checkable("app.signing_certificates", expected=expected)
        return self._compared(held, registered, platform)

    def _compared(self, held: tuple[SigningCertificate, ...], registered: list[str], platform: Platform) -> Finding:
        best = _best(held, registered, platform)
        if best.result is MatchResult.MATCH:
            if not best.weak:
                return self.passed
            return self.warned("certificate.weak", found="equal in MD5 only", expected=_notation(platform))
        if best.result is MatchResult.NOT_COMPARABLE and registered:
            return self.not_checkable("certificate.algorithm", expected="a digest of the registered algorithm")
        found = listed([f"{c.algorithm} {c.digest}" for c in held], " and ")
        if not registered:
            return self.failed("certificate.none", found=found, expected="a registered certificate: it is empty")
        return self.failed("certificate.different", found=found, expected=listed(registered, " or "))


def _verified(held: tuple[SigningCertificate, ...]) -> tuple[SigningCertificate, ...]:
    return tuple([c for c in held if c.provenance is Provenance.VERIFIED])


def _plainly_equal(
    held: tuple[SigningCertificate, ...], same: tuple[RegisteredPlatform, ...], platform: Platform
) -> SigningCertificate | None:
    """The certificate that stands there as it is, in a strong match: mostly there is one, and nothing need be read."""
    for entry in same:
        for certificate in held:
            if certificate.digest == entry.signing_certificate:
                strong = platform in _BY_MD5 or certificate.algorithm is not DigestAlgorithm.MD5
                return certificate if strong else None
    return None


_BY_MD5: Final = frozenset(p for p, notation in REGISTERED_NOTATION.items() if DigestAlgorithm.MD5 in notation)
_UNKNOWN: Final = CertificateComparison(MatchResult.NOT_COMPARABLE)
_STRENGTH: Final = (MatchResult.NOT_COMPARABLE, MatchResult.DIFFERENT, MatchResult.MATCH)


def _best(held: tuple[SigningCertificate, ...], registered: list[str], platform: Platform) -> CertificateComparison:
    """The best of all comparisons."""
    comparisons = [compare_certificates(held, text, platform) for text in registered]
    if len(comparisons) == 1:
        return comparisons[0]
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
    not_in_source: ClassVar[Finding] = Finding(
        code, Outcome.NOT_CHECKABLE, "record.public_key", "", "the registered public key"
    )

    @settled_by(not_applicable=NO_RECORD | FORM_WITHOUT_KEY, not_in_source=KEY_NOT_IN_SOURCE)
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
            return self.not_in_source
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


@lru_cache(maxsize=1_024)
def _key(text: str) -> PublicKey | None:
    try:
        return PublicKey.parse(text)
    except InvalidPublicKey:
        return None


def of_signature(app: App, own: tuple[RegisteredPlatform, ...], same: tuple[RegisteredPlatform, ...]) -> int:
    """The facts about certificates and keys, from the registered entries for the app's platform and package."""
    held, platform, known = app.signing_certificates, app.platform, 0
    if held:
        equal = _plainly_equal(held, same, platform)
        if equal is not None:
            known = SAME_CERTIFICATE
        # Only a verified certificate binds, so that behind a claimed one there may be another that does.
        if equal is not None and equal.provenance is _VERIFIED:
            known |= BY_CERTIFICATE
        else:
            known |= _compared(held, own, same, platform)
    for entry in same or own:
        if entry.public_key is not None:
            return known
    return known | (KEY_NOT_IN_SOURCE if REGISTERED_NOTATION[platform] else FORM_WITHOUT_KEY)


_VERIFIED: Final = Provenance.VERIFIED


def _compared(
    held: tuple[SigningCertificate, ...],
    own: tuple[RegisteredPlatform, ...],
    same: tuple[RegisteredPlatform, ...],
    platform: Platform,
) -> int:
    """
    The facts about certificates that do not stand there as they are.

    Only a verified certificate that is a registered one binds; a claimed one binds nothing.
    """
    registered = stated([entry.signing_certificate for entry in same or own])
    if registered and len(held) == len(registered) == 1:
        result = compare_certificates(held, registered[0], platform).result
        if result is MatchResult.MATCH and held[0].provenance is _VERIFIED:
            return BY_CERTIFICATE
        return OTHER_CERTIFICATE if result is MatchResult.DIFFERENT else 0
    verified = _verified(held)
    if _plainly_equal(verified, same, platform) is not None:
        return BY_CERTIFICATE
    if not registered:
        return 0
    known = OTHER_CERTIFICATE if _best(held, registered, platform).result is MatchResult.DIFFERENT else 0
    if verified and _best(verified, registered, platform).result is MatchResult.MATCH:
        known |= BY_CERTIFICATE
    return known
