"""Public keys out of DER."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from icpgate.errors import InvalidPublicKey
from icpgate.signing.der import Element, elements, key_from_der
from icpgate.signing.material import EcKey, RsaKey

MODULUS = 2**2047 + 2023
NULL = bytes.fromhex("0500")
RSA_OID = bytes.fromhex("06092a864886f70d010101")
EC_OID = bytes.fromhex("06072a8648ce3d0201")


def tlv(tag: int, *contents: bytes) -> bytes:
    """An element in DER."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 + size]) + length.to_bytes(size, "big") + content


def sequence(*contents: bytes) -> bytes:
    """A sequence in DER."""
    return tlv(0x30, *contents)


def integer(value: int) -> bytes:
    """An integer in DER."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bits(content: bytes, unused: int = 0) -> bytes:
    """A bit string in DER."""
    return tlv(0x03, bytes([unused]), content)


NUMBERS = sequence(integer(MODULUS), integer(65537))
SPKI = sequence(sequence(RSA_OID, NULL), bits(NUMBERS))


@pytest.mark.parametrize(
    "der",
    [NUMBERS, SPKI, sequence(sequence(RSA_OID), bits(NUMBERS))],
    ids=["RSAPublicKey", "SubjectPublicKeyInfo", "without NULL"],
)
def test_rsa_keys_are_read(der: bytes) -> None:
    """Modulus and exponent come out of either structure."""
    assert key_from_der(der) == RsaKey(MODULUS, 65537)


def certificate(*signed: bytes) -> bytes:
    """A certificate with this content; its signature is not looked at."""
    return sequence(sequence(*signed), sequence(RSA_OID), bits(b"signature"))


EMPTY = sequence()
VERSION = tlv(0xA0, integer(2))


@pytest.mark.parametrize(
    "signed",
    [
        (VERSION, integer(1), EMPTY, EMPTY, EMPTY, EMPTY, SPKI),
        (integer(1), EMPTY, EMPTY, EMPTY, EMPTY, SPKI),
        (VERSION, integer(1), EMPTY, EMPTY, EMPTY, EMPTY, SPKI, tlv(0xA3, EMPTY)),
    ],
    ids=["version 3", "version 1", "extensions"],
)
def test_the_subjects_key_is_read_from_a_certificate(signed: tuple[bytes, ...]) -> None:
    """The sixth field behind the optional version."""
    assert key_from_der(certificate(*signed)) == RsaKey(MODULUS, 65537)


@pytest.mark.parametrize(
    ("der", "message"),
    [
        (b"", "not one sequence"),
        (SPKI + NULL, "not one sequence"),
        (integer(5), "not one sequence"),
        (SPKI[:-1], "ends too early"),
        (b"\x30", "ends too early"),
        (b"\x30\x80" + NUMBERS + b"\0\0", "a length that is not in DER"),
        (b"\x30\x81\x05" + integer(5) + NULL, "a length that is not in DER"),
        (b"\x30\x83\x00" + SPKI[2:], "a length that is not in DER"),
        (sequence(b"\x1f\x81\x01\x00"), "a tag that no public key has"),
        (sequence(), "neither a public key nor a certificate"),
        (sequence(SPKI), "neither a public key nor a certificate"),
        (sequence(EMPTY, bits(NUMBERS)), "without the algorithm"),
        (sequence(sequence(RSA_OID, NULL), bits(NUMBERS, unused=1)), "not of whole bytes"),
        (sequence(sequence(RSA_OID, NULL), tlv(0x03)), "not of whole bytes"),
        (sequence(sequence(RSA_OID, integer(1)), bits(NUMBERS)), "unknown algorithm"),
        (sequence(sequence(RSA_OID, NULL), bits(integer(MODULUS))), "not one sequence"),
        (sequence(sequence(RSA_OID, NULL), bits(sequence(integer(MODULUS)))), "without modulus and exponent"),
        (sequence(tlv(0x02, MODULUS.to_bytes(256, "big")), integer(65537)), "not a positive one in DER"),
        (sequence(tlv(0x02, b"\0\0" + MODULUS.to_bytes(256, "big")), integer(65537)), "not a positive one in DER"),
        (sequence(tlv(0x02), integer(65537)), "not a positive one in DER"),
        (sequence(integer(MODULUS), integer(4)), "an exponent that no RSA key has"),
        (sequence(integer(MODULUS), integer(1)), "an exponent that no RSA key has"),
        (sequence(integer(MODULUS), integer(2**256 + 1)), "an exponent that no RSA key has"),
        (sequence(integer(MODULUS + 1), integer(65537)), "an even number"),
        (sequence(integer(2**1022 + 1), integer(65537)), "an RSA modulus of 1,023 bits"),
        (sequence(integer(2**16384 + 1), integer(65537)), "an RSA modulus of 16,385 bits"),
        (sequence(sequence(EC_OID, sequence()), bits(b"\x04" * 65)), "a curve that is not read"),
        (certificate(integer(1), EMPTY, EMPTY, tlv(0xA0)), "neither a public key nor a certificate"),
        (certificate(), "neither a public key nor a certificate"),
        (certificate(integer(1), EMPTY, EMPTY, EMPTY, EMPTY, EMPTY), "a certificate without a public key"),
    ],
)
def test_other_der_is_refused(der: bytes, message: str) -> None:
    """Anything that is not exactly a key or a certificate, with what is wrong."""
    with pytest.raises(InvalidPublicKey, match=message) as caught:
        key_from_der(der)
    assert caught.value.hint


@pytest.mark.parametrize(
    "der",
    [
        sequence(integer(0), sequence(RSA_OID, NULL), tlv(0x04)),
        sequence(integer(0), integer(MODULUS), integer(65537), integer(3)),
        sequence(integer(1), tlv(0x04, b"secret")),
    ],
    ids=["PKCS#8", "RSA", "EC"],
)
def test_a_private_key_is_refused_with_a_warning(der: bytes) -> None:
    """Whoever sends a private key must replace it."""
    with pytest.raises(InvalidPublicKey, match="a private key") as caught:
        key_from_der(der)
    assert "no longer secret" in caught.value.hint


def spki(key: dsa.DSAPublicKey | ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey) -> bytes:
    """The key as others write it."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("der", "message"),
    [
        (spki(dsa.DSAPublicNumbers(3, dsa.DSAParameterNumbers(2**1023 + 1, 2**159 + 1, 2)).public_key()), "a DSA key"),
        (spki(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()), "an Ed25519 key"),
        (spki(ec.derive_private_key(2023, ec.SECP256K1()).public_key()), "a curve that is not read"),
    ],
    ids=["DSA", "Ed25519", "secp256k1"],
)
def test_other_algorithms_are_refused_by_name(der: bytes, message: str) -> None:
    """A key that cannot be compared is not read."""
    with pytest.raises(InvalidPublicKey, match=message):
        key_from_der(der)


@given(st.integers(2**1023, 2**4096).map(lambda n: n | 1), st.integers(1, 2**255 - 1).map(lambda e: 2 * e + 1))
def test_any_plausible_numbers_round_trip(modulus: int, exponent: int) -> None:
    """What is encoded is read back."""
    assert key_from_der(sequence(integer(modulus), integer(exponent))) == RsaKey(modulus, exponent)


@given(st.binary(max_size=300) | st.integers(0, 8 * len(SPKI) - 1).map(lambda bit: _flipped(SPKI, bit)))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    """Reading gives a key or `InvalidPublicKey`; a flipped bit never gives the same key."""
    try:
        key = key_from_der(data)
    except InvalidPublicKey:
        return
    assert isinstance(key, RsaKey | EcKey)
    assert key != RsaKey(MODULUS, 65537)


def _flipped(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ (1 << bit)).to_bytes(len(data), "big")


@given(st.lists(st.tuples(st.sampled_from([2, 3, 4, 5, 6, 0x30, 0xA0]), st.binary(max_size=300)), max_size=4))
def test_elements_are_what_was_joined(parts: list[tuple[int, bytes]]) -> None:
    """Any tags and contents come back, in order."""
    assert elements(b"".join(tlv(*part) for part in parts)) == [Element(*part) for part in parts]
