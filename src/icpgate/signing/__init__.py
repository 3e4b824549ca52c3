"""
What signs an app and on which platform it runs: platforms, certificate digests, public keys.

- A digest is compared in the algorithm of the registration, never across algorithms.
- A key is compared as a key, never as a text.
- A text that fits no notation, or two, is not read.
"""

from __future__ import annotations

from icpgate.signing.certificate import (
    REGISTERED_NOTATION,
    CertificateComparison,
    DigestAlgorithm,
    InvalidCertificateDigest,
    MatchResult,
    Provenance,
    SigningCertificate,
    compare_certificates,
)
from icpgate.signing.platform import Platform
from icpgate.signing.public_key import PublicKey, same_key

__all__ = [
    "REGISTERED_NOTATION",
    "CertificateComparison",
    "DigestAlgorithm",
    "InvalidCertificateDigest",
    "MatchResult",
    "Platform",
    "Provenance",
    "PublicKey",
    "SigningCertificate",
    "compare_certificates",
    "same_key",
]
