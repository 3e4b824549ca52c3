"""
A public key out of DER: SubjectPublicKeyInfo, RSAPublicKey, or the key of an X.509 certificate.

Strict: definite, shortest lengths, shortest positive integers, nothing before or behind. Only the
way to the key is read; a certificate's signature, dates and names are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from icpgate.errors import InvalidPublicKey
from icpgate.signing.curves import CURVES
from icpgate.signing.material import COPY_AGAIN, ec_key, rsa_key

if TYPE_CHECKING:
    from icpgate.signing.curves import Curve
    from icpgate.signing.material import EcKey, RsaKey

__all__ = ["PRIVATE_KEY_HINT", "Element", "Tag", "elements", "key_from_der"]

PRIVATE_KEY_HINT: Final = "state the public key only, and replace this key: it is no longer secret"


class Tag(IntEnum):
    """The tags on the way to a key."""

    INTEGER = 0x02
    BIT_STRING = 0x03
    NULL = 0x05
    OBJECT_IDENTIFIER = 0x06
    SEQUENCE = 0x30
    VERSION = 0xA0


@dataclass(frozen=True, slots=True)
class Element:
    """A tag and its content."""

    tag: int
    content: bytes


def _refused(message: str) -> InvalidPublicKey:
    return InvalidPublicKey(message, hint=COPY_AGAIN)


def elements(data: bytes) -> list[Element]:
    """The elements that `data` consists of, without their own elements; raises `InvalidPublicKey`."""
    found = []
    position = 0
    while position < len(data):
        start, end = _content(data, position)
        found.append(Element(data[position], data[start:end]))
        position = end
    return found


LONG_FORM: Final = 0x80
HIGH_TAG: Final = 0x1F
"""All these bits set: the tag goes on in the next byte. No element on the way to a key has such a tag."""


def _content(data: bytes, position: int) -> tuple[int, int]:
    """Where the content of the element at `position` begins and ends."""
    if data[position] & HIGH_TAG == HIGH_TAG:
        raise _refused("DER with a tag that no public key has")
    first = data[position + 1] if position + 1 < len(data) else 0
    start, length = position + 2, first
    if first >= LONG_FORM:
        start += first - LONG_FORM
        length = int.from_bytes(data[position + 2 : start], "big")
        shortest = (length.bit_length() + 7) // 8
        # Also refuses the indefinite length, 0x80, which DER does not have.
        if length < LONG_FORM or first - LONG_FORM != shortest:
            raise _refused("a length that is not in DER")
    if start + length > len(data):
        raise _refused("DER that ends too early")
    return start, start + length


def key_from_der(data: bytes) -> RsaKey | EcKey:
    """The public key that `data` is or, for a certificate, holds; raises `InvalidPublicKey`."""
    match elements(data):
        case [Element(Tag.SEQUENCE, content)]:
            parts = elements(content)
        case _:
            raise _refused("DER that is not one sequence")
    match parts:
        case [Element(Tag.SEQUENCE, algorithm), Element(Tag.BIT_STRING, bits)]:
            return _subject_public_key(algorithm, bits)
        case [Element(Tag.INTEGER), Element(Tag.INTEGER)]:
            return _rsa_public_key(data)
        case [Element(Tag.SEQUENCE, signed), Element(Tag.SEQUENCE), Element(Tag.BIT_STRING)]:
            return _certified_key(signed)
        case [Element(Tag.INTEGER), *_]:
            raise InvalidPublicKey("a private key", hint=PRIVATE_KEY_HINT)
        case _:
            raise _refused("DER that is neither a public key nor a certificate")


def _certified_key(signed: bytes) -> RsaKey | EcKey:
    """The subject's key of a TBSCertificate (RFC 5280, 4.1)."""
    parts = elements(signed)
    if parts and parts[0].tag == Tag.VERSION:
        parts = parts[1:]
    # Serial number, signature, issuer, validity, subject, key. A request has fewer sequences.
    if [part.tag for part in parts[:6]] != [Tag.INTEGER, *[Tag.SEQUENCE] * 5]:
        raise InvalidPublicKey("neither a public key nor a certificate", hint="state the public key or the certificate")
    match elements(parts[5].content):
        case [Element(Tag.SEQUENCE, algorithm), Element(Tag.BIT_STRING, bits)]:
            return _subject_public_key(algorithm, bits)
        case _:
            raise _refused("a certificate without a public key")


_RSA: Final = bytes.fromhex("2a864886f70d010101")
_EC: Final = bytes.fromhex("2a8648ce3d0201")
_NULL: Final = Element(Tag.NULL, b"")
_CURVE_BY_OID: Final = {curve.oid: curve for curve in CURVES}
_NOT_READ: Final = {
    bytes.fromhex("2a8648ce380401"): "a DSA key",
    bytes.fromhex("2a864886f70d01010a"): "an RSASSA-PSS key",
    bytes.fromhex("2b6570"): "an Ed25519 key",
    bytes.fromhex("2b6571"): "an Ed448 key",
}


def _subject_public_key(algorithm: bytes, bits: bytes) -> RsaKey | EcKey:
    """The key of a SubjectPublicKeyInfo (RFC 3279, 2.3; RFC 5480)."""
    if bits[:1] != b"\0":
        raise _refused("a bit string that is not of whole bytes")
    match elements(algorithm):
        case [Element(Tag.OBJECT_IDENTIFIER, oid), *parameters]:
            pass
        case _:
            raise _refused("DER without the algorithm of its key")
    # RFC 3279 wants NULL there; some writers leave it out, which changes nothing about the key.
    if oid == _RSA and parameters in ([], [_NULL]):
        return _rsa_public_key(bits[1:])
    if oid == _EC:
        return ec_key(bits[1:], _curve(parameters))
    raise InvalidPublicKey(_NOT_READ.get(oid, "a key of an unknown algorithm"), hint="RSA and EC keys are read")


def _curve(parameters: list[Element]) -> Curve:
    """The named curve; one that is spelt out in numbers is not read."""
    match parameters:
        case [Element(Tag.OBJECT_IDENTIFIER, name)] if name in _CURVE_BY_OID:
            return _CURVE_BY_OID[name]
        case _:
            titles = ", ".join(curve.title for curve in CURVES)
            raise InvalidPublicKey("a key on a curve that is not read", hint=f"these are: {titles}")


def _rsa_public_key(data: bytes) -> RsaKey:
    match elements(data):
        case [Element(Tag.SEQUENCE, content)]:
            numbers = elements(content)
        case _:
            raise _refused("an RSA key that is not one sequence")
    match numbers:
        case [Element(Tag.INTEGER, modulus), Element(Tag.INTEGER, exponent)]:
            return rsa_key(_positive(modulus), _positive(exponent))
        case _:
            raise _refused("an RSA key without modulus and exponent")


def _positive(content: bytes) -> int:
    value = int.from_bytes(content, "big", signed=True)
    shortest = value.bit_length() // 8 + 1
    if value <= 0 or len(content) != shortest:
        raise _refused("a number that is not a positive one in DER")
    return value
