"""Digests of signing certificates."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.errors import IcpGateError
from icpgate.signing import (
    REGISTERED_NOTATION,
    DigestAlgorithm,
    InvalidCertificateDigest,
    MatchResult,
    Platform,
    Provenance,
    SigningCertificate,
    compare_certificates,
)

MD5 = "0123456789abcdef0123456789abcdef"
SHA1 = "153ec89da70e0123456759df46f153af84c9bfd0"
SHA256 = hashlib.sha256(b"certificate").hexdigest()
SIZES = {16: DigestAlgorithm.MD5, 20: DigestAlgorithm.SHA1, 32: DigestAlgorithm.SHA256}


def read(text: str) -> SigningCertificate:
    """The certificate of a digest, claimed."""
    return SigningCertificate.read(text)


def pairs(digest: str, separator: str) -> str:
    """The digest with a separator between its bytes."""
    return separator.join(digest[i : i + 2] for i in range(0, len(digest), 2))


@pytest.mark.parametrize(
    "text",
    [
        MD5,
        MD5.upper(),
        f"  {MD5}\n",
        pairs(MD5, ":"),
        pairs(MD5.upper(), " "),
        pairs(MD5, "："),
        f"md5 Fingerprint={pairs(MD5.upper(), ':')}",
        f"\t MD5:  {pairs(MD5.upper(), ':')}",
        f"MD5 digest: {MD5}",
        b64encode(bytes.fromhex(MD5)).decode(),
        f" {b64encode(bytes.fromhex(MD5)).decode()}\n",
    ],
)
def test_every_notation_gives_the_same_digest(text: str) -> None:
    """Case, colons, blanks, width, label and base64 do not count."""
    assert read(text) == SigningCertificate(MD5, DigestAlgorithm.MD5, Provenance.CLAIMED)


@pytest.mark.parametrize(
    ("digest", "algorithm"),
    [(MD5, DigestAlgorithm.MD5), (SHA1, DigestAlgorithm.SHA1), (SHA256, DigestAlgorithm.SHA256)],
)
def test_the_number_of_digits_gives_the_algorithm(digest: str, algorithm: DigestAlgorithm) -> None:
    """32, 40 and 64 digits, in hex as in base64."""
    assert read(digest).algorithm is algorithm
    assert read(b64encode(bytes.fromhex(digest)).decode()).algorithm is algorithm


@given(st.sampled_from(sorted(SIZES)).flatmap(lambda size: st.binary(min_size=size, max_size=size).filter(any)))
def test_hex_and_base64_round_trip(digest: bytes) -> None:
    """Whatever the bytes, both notations give them back, and no text is read as the other one."""
    assert read(digest.hex()) == read(b64encode(digest).decode())
    assert read(digest.hex()).digest == digest.hex()
    assert read(digest.hex()).algorithm is SIZES[len(digest)]


def test_provenance_is_kept() -> None:
    """A digest is claimed unless the caller says that it was verified."""
    assert read(MD5).provenance is Provenance.CLAIMED
    assert SigningCertificate.read(MD5, provenance=Provenance.VERIFIED).provenance is Provenance.VERIFIED


@pytest.mark.parametrize("algorithm", [None, "sha1", "SHA-1", " Sha1 ", DigestAlgorithm.SHA1])
def test_a_stated_algorithm_may_agree(algorithm: str | None) -> None:
    """The usual spellings of the algorithm that the digits give."""
    assert SigningCertificate.read(SHA1, algorithm=algorithm).algorithm is DigestAlgorithm.SHA1


@pytest.mark.parametrize(
    ("text", "algorithm", "message"),
    [
        (SHA1, "md5", "40 hex digits; md5 has 32"),
        (f"MD5: {SHA1}", None, "40 hex digits; md5 has 32"),
        (f"SHA1: {SHA1}", "sha256", "40 hex digits; sha256 has 64"),
        (SHA1, "sha512", "'sha512' is not an algorithm of digests"),
        (SHA1, 1, "int given as algorithm"),
    ],
)
def test_a_stated_algorithm_may_not_contradict(text: str, algorithm: str | None, message: str) -> None:
    """Digits that are of another algorithm than stated were copied from the wrong line."""
    with pytest.raises(InvalidCertificateDigest) as caught:
        SigningCertificate.read(text, algorithm=algorithm)
    assert caught.value.message == message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a" * 39, "39 hex digits; 32, 40 or 64 are used"),
        ("a" * 128, "128 hex digits; 32, 40 or 64 are used"),
        ("", "0 hex digits; 32, 40 or 64 are used"),
        (" : ", "0 hex digits; 32, 40 or 64 are used"),
        ("55:9F:**:**", "'*' at character 7 is not a hex digit; 32, 40 or 64 hex digits are used"),
        ("0x" + MD5, "'x' at character 2 is not a hex digit; 32, 40 or 64 hex digits are used"),
        ("MD5: 5g", "'g' at character 7 is not a hex digit; 32, 40 or 64 hex digits are used"),
        (b64encode(b"g" * 24).decode(), "base64 of 24 bytes; 16, 20 or 32 are used"),
        ("a" * 1_025, "1,025 characters; at most 1,024 are read"),
    ],
)
def test_other_texts_are_refused_with_what_is_wrong(text: str, message: str) -> None:
    """The message says what was found and what is used."""
    with pytest.raises(InvalidCertificateDigest) as caught:
        read(text)
    assert caught.value.message == message
    assert caught.value.hint == "copy the digest of the certificate again as a whole"
    assert caught.value.code == "app.digest"


@pytest.mark.parametrize("digits", [32, 40, 64])
def test_zeros_are_refused(digits: int) -> None:
    """A placeholder would match every other app with the same placeholder."""
    with pytest.raises(InvalidCertificateDigest, match="placeholder"):
        read("0" * digits)


@pytest.mark.parametrize("algorithm", DigestAlgorithm)
def test_the_digest_of_nothing_is_refused(algorithm: DigestAlgorithm) -> None:
    """A tool that was given an empty file prints it; it is nobody's certificate."""
    empty = hashlib.new(algorithm.value, usedforsecurity=False).hexdigest()
    with pytest.raises(InvalidCertificateDigest, match="no bytes"):
        read(empty.upper())


@pytest.mark.parametrize(
    "text", ["MD5", "=" * 24, b64encode(bytes(15) + b"a").decode()[:-1], "hhhhhhhhhhhhhhhhhhhhhh=="]
)
def test_inexact_base64_is_refused(text: str) -> None:
    """Missing padding and unused bits that are set would give one digest two texts."""
    with pytest.raises(InvalidCertificateDigest):
        read(text)


@given(st.text() | st.text(alphabet="0123456789abcdefABCDEF:= +/\n", max_size=80))
def test_no_text_raises_anything_else(text: str) -> None:
    """Reading gives a certificate or `InvalidCertificateDigest`, whatever the text."""
    try:
        certificate = read(text)
    except InvalidCertificateDigest:
        return
    assert read(certificate.digest) == certificate


def test_the_error_is_of_the_one_tree() -> None:
    """A caller who catches `IcpGateError` catches it."""
    assert issubclass(InvalidCertificateDigest, IcpGateError)


def test_every_platform_has_its_notation() -> None:
    """The table covers all platforms."""
    assert set(REGISTERED_NOTATION) == set(Platform)


HELD = (read("f" * 32), read(MD5), read(SHA1))


@pytest.mark.parametrize(
    ("held", "registered", "result"),
    [
        (HELD, MD5, MatchResult.MATCH),
        (HELD, pairs(MD5.upper(), ":"), MatchResult.MATCH),
        (HELD, b64encode(bytes.fromhex(SHA1)).decode(), MatchResult.MATCH),
        (HELD, "e" * 32, MatchResult.DIFFERENT),
        (HELD, MD5[:-1] + "0", MatchResult.DIFFERENT),
        (HELD, SHA256, MatchResult.NOT_COMPARABLE),
        (HELD, "", MatchResult.NOT_COMPARABLE),
        (HELD, "0" * 32, MatchResult.NOT_COMPARABLE),
        (HELD, MD5[:31], MatchResult.NOT_COMPARABLE),
        ((), MD5, MatchResult.NOT_COMPARABLE),
        ((SigningCertificate("", DigestAlgorithm.MD5),), "", MatchResult.NOT_COMPARABLE),
    ],
)
def test_digests_compare_in_the_registered_algorithm(
    held: tuple[SigningCertificate, ...], registered: str, result: MatchResult
) -> None:
    """Any held certificate may match; without one of that algorithm nothing can be said."""
    assert compare_certificates(held, registered, Platform.ANDROID).result is result


@pytest.mark.parametrize(
    ("platform", "registered", "weak"),
    [
        (Platform.ANDROID, MD5, False),
        (Platform.HARMONYOS, MD5, False),
        (Platform.IOS, MD5, True),
        (Platform.QUICK_APP, MD5, True),
        (Platform.IOS, SHA1, False),
        (Platform.ANDROID, SHA1, False),
    ],
)
def test_a_match_in_md5_is_weak_where_the_form_asks_for_better(
    platform: Platform, registered: str, *, weak: bool
) -> None:
    """MD5 is Android's notation on the form; elsewhere a match in it is flagged."""
    comparison = compare_certificates(HELD, registered, platform)
    assert comparison.result is MatchResult.MATCH
    assert comparison.weak is weak


def test_only_a_match_is_weak() -> None:
    """A difference needs no flag."""
    assert not compare_certificates(HELD, "e" * 32, Platform.IOS).weak
