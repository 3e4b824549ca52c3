"""
Digests of signing certificates: read in every usual notation, compared in the registered one.

- The number of digits decides the algorithm; an algorithm that is stated must agree.
- Digests of different algorithms say nothing about each other: not comparable, never different.
- Whether a digest belongs to the app's certificate is not checked here; `Provenance` says who did.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from icpgate.errors import IcpGateError, quote
from icpgate.signing.encoding import exact_base64
from icpgate.signing.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "REGISTERED_NOTATION",
    "CertificateComparison",
    "DigestAlgorithm",
    "InvalidCertificateDigest",
    "MatchResult",
    "Provenance",
    "SigningCertificate",
    "compare_certificates",
]

MAX_TEXT: Final = 1_024
"""A SHA-256 digest with separators and label has about 120 characters; decided before any work."""

COPY_AGAIN: Final = "copy the digest of the certificate again as a whole"

CACHED_TEXTS: Final = 4_096
"""Registered texts kept read: one each for the records that a process checks again and again."""


class InvalidCertificateDigest(IcpGateError):
    """A text that is not the digest of a certificate."""

    code = "app.digest"


class Provenance(StrEnum):
    """Whether someone checked the certificate against the package, or the developer only says so."""

    CLAIMED = "claimed"
    VERIFIED = "verified"


class DigestAlgorithm(StrEnum):
    """The algorithm of a certificate's digest."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"


REGISTERED_NOTATION: Final[Mapping[Platform, tuple[DigestAlgorithm, ...]]] = {
    Platform.ANDROID: (DigestAlgorithm.MD5,),
    Platform.IOS: (DigestAlgorithm.SHA1,),
    Platform.HARMONYOS: (DigestAlgorithm.SHA1, DigestAlgorithm.MD5),
    Platform.QUICK_APP: (),
    Platform.WECHAT: (),
    Platform.QQ: (),
    Platform.ALIPAY: (),
    Platform.BAIDU: (),
    Platform.DOUYIN: (),
    Platform.KUAISHOU: (),
}
"""
In which algorithm the registration form has a platform's certificate, the usual one first.

The form calls the field 签名MD5值 whatever the platform. Source: the access providers' guides to
the form (docs/sources.md, signing certificates): MD5 for Android, SHA-1 for Apple, SHA-1 with most
providers or MD5 for HarmonyOS. For the other platforms no source was found; the form asks for no
certificate of a mini program.
"""

_ALGORITHM_BY_DIGITS: Final = {32: DigestAlgorithm.MD5, 40: DigestAlgorithm.SHA1, 64: DigestAlgorithm.SHA256}
_DIGITS: Final = {algorithm: digits for digits, algorithm in _ALGORITHM_BY_DIGITS.items()}
_DIGESTS_OF_NOTHING: Final = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)

# As keytool ("SHA1: 15:3E…"), openssl ("md5 Fingerprint=55:9F…") and apksigner ("MD5 digest: …") label them.
_LABEL: Final = re.compile(r"\s*(md5|sha-?1|sha-?256)(?:\s+(?:fingerprint|digest))?\s*[:=]", re.IGNORECASE)
_FOREIGN: Final = re.compile(r"[^0-9A-Fa-f:\s]")
_SEPARATORS: Final = re.compile(r"[:\s]+")


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """The digest of a signing certificate's DER, in lower-case hex."""

    digest: str
    algorithm: DigestAlgorithm
    provenance: Provenance = Provenance.CLAIMED

    @classmethod
    def read(
        cls,
        text: str,
        *,
        algorithm: DigestAlgorithm | str | None = None,
        provenance: Provenance = Provenance.CLAIMED,
    ) -> SigningCertificate:
        """
        Read a digest: hex in either case with or without colons and blanks, or padded base64.

        The label that keytool or openssl prints before it may stay. Raises
        `InvalidCertificateDigest`, also for digests that no certificate has: all zeros, and the
        digests of no bytes at all.

        >>> SigningCertificate.read("55:9F:F7:FA:4A:0E:11:22:33:E5:59:C9:9A:3A:08:8E").digest
        '559ff7fa4a0e112233e559c99a3a088e'
        """
        if len(text) > MAX_TEXT:
            raise _refused(f"{len(text):,} characters; at most {MAX_TEXT:,} are read")
        folded = unicodedata.normalize("NFKC", text)
        label = _LABEL.match(folded)
        digest = _digits(folded, label.end() if label else 0)
        found = _ALGORITHM_BY_DIGITS.get(len(digest))
        if found is None:
            raise _refused(f"{len(digest)} hex digits; 32, 40 or 64 are used")
        for stated in (label.group(1) if label else None, algorithm):
            _agree(stated, found)
        _possible(digest)
        return cls(digest, found, provenance)


def _refused(message: str, hint: str = COPY_AGAIN) -> InvalidCertificateDigest:
    return InvalidCertificateDigest(message, hint=hint)


def _digits(folded: str, start: int) -> str:
    """The digest as lower-case hex of whatever length."""
    foreign = _FOREIGN.search(folded, start)
    if foreign is None:
        return _SEPARATORS.sub("", folded[start:]).lower()
    # Padding keeps base64 of 16, 20 and 32 bytes apart from hex: "=" is no hex digit.
    data = exact_base64(folded[start:].strip())
    if data is None:
        place = f"{quote(foreign.group())} at character {foreign.start() + 1}"
        raise _refused(f"{place} is not a hex digit; 32, 40 or 64 hex digits are used")
    if 2 * len(data) not in _ALGORITHM_BY_DIGITS:
        raise _refused(f"base64 of {len(data)} bytes; 16, 20 or 32 are used")
    return data.hex()


def _agree(stated: object, found: DigestAlgorithm) -> None:
    """A stated algorithm must be the one that the number of digits gives."""
    if stated is None:
        return
    known = " or ".join(DigestAlgorithm)
    if not isinstance(stated, str):
        raise _refused(f"{type(stated).__name__} given as algorithm", f"state {known}, or nothing")
    name = stated.strip().casefold().replace("-", "")
    if name not in set(DigestAlgorithm):
        raise _refused(f"{quote(stated)} is not an algorithm of digests", f"state {known}, or nothing")
    if name != found:
        expected = _DIGITS[DigestAlgorithm(name)]
        hint = "correct the algorithm or leave it out, or copy the digest again"
        raise _refused(f"{_DIGITS[found]} hex digits; {name} has {expected}", hint)


def _possible(digest: str) -> None:
    """Nobody has a certificate of these digests; whoever states one has none at hand."""
    hint = "state the digest of the certificate that signs the app"
    if not digest.strip("0"):
        raise _refused("only zeros, which is a placeholder", hint)
    if digest in _DIGESTS_OF_NOTHING:
        raise _refused("the digest of no bytes, of an empty file for example", hint)


class MatchResult(StrEnum):
    """What a comparison of certificates says."""

    MATCH = "match"
    DIFFERENT = "different"
    NOT_COMPARABLE = "not_comparable"


@dataclass(frozen=True, slots=True)
class CertificateComparison:
    """
    The result, and whether a match is weak.

    A match is weak when it rests on MD5 where the registration form asks for something better.
    """

    result: MatchResult
    weak: bool = False


def compare_certificates(
    held: tuple[SigningCertificate, ...], registered: str, platform: Platform
) -> CertificateComparison:
    """
    Compare what an app is signed with to the text of a registration, in the text's algorithm.

    Any one of several held certificates may match, for a signing key may be rotated. Not comparable
    when nothing is held in that algorithm, or when the registered text is not a digest.
    """
    certificate = _registered(registered)
    if certificate is None:
        return _NOT_COMPARABLE
    digests = [c.digest for c in held if c.algorithm is certificate.algorithm]
    if not digests:
        return _NOT_COMPARABLE
    if certificate.digest not in digests:
        return _DIFFERENT
    md5 = DigestAlgorithm.MD5
    return _WEAK if certificate.algorithm is md5 and md5 not in REGISTERED_NOTATION[platform] else _MATCH


_NOT_COMPARABLE: Final = CertificateComparison(MatchResult.NOT_COMPARABLE)
_DIFFERENT: Final = CertificateComparison(MatchResult.DIFFERENT)
_MATCH: Final = CertificateComparison(MatchResult.MATCH)
_WEAK: Final = CertificateComparison(MatchResult.MATCH, weak=True)


@lru_cache(maxsize=CACHED_TEXTS)
def _registered(text: str) -> SigningCertificate | None:
    try:
        return SigningCertificate.read(text)
    except InvalidCertificateDigest:
        return None
