"""What makes two public keys the same: an RSA modulus and exponent, or a point on a named curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from icpgate.errors import InvalidPublicKey
from icpgate.signing.curves import CURVES, Curve

__all__ = ["COPY_AGAIN", "EcKey", "RsaKey", "ec_key", "point_of_any_curve", "rsa_key"]

COPY_AGAIN: Final = "copy the public key again as a whole"

SMALLEST_MODULUS: Final = 1_024
"""Bits. Smaller keys sign no app that a store accepts; a smaller number is a cut text or something else."""

LARGEST_MODULUS: Final = 16_384
"""Bits. The most that Android and OpenSSL take."""

LARGEST_EXPONENT: Final = 2**256
"""FIPS 186-4 B.3.1 allows no larger one."""

UNCOMPRESSED: Final = 4
COMPRESSED: Final = (2, 3)


@dataclass(frozen=True, slots=True, repr=False)
class RsaKey:
    """An RSA key. The exponent is None when the notation has only the modulus."""

    modulus: int
    exponent: int | None = None

    def __repr__(self) -> str:
        """In hex, because Python refuses to write very long integers in decimal."""
        return f"RsaKey(modulus={self.modulus:#x}, exponent={self.exponent})"


@dataclass(frozen=True, slots=True)
class EcKey:
    """A point on its curve."""

    curve: Curve
    x: int
    y: int

    @property
    def point(self) -> bytes:
        """The uncompressed point."""
        size = self.curve.size
        return bytes([UNCOMPRESSED]) + self.x.to_bytes(size, "big") + self.y.to_bytes(size, "big")


def rsa_key(modulus: int, exponent: int | None = None) -> RsaKey:
    """An RSA key of plausible numbers; raises `InvalidPublicKey`. Nothing is factored."""
    bits = modulus.bit_length()
    if not SMALLEST_MODULUS <= bits <= LARGEST_MODULUS:
        message = f"an RSA modulus of {bits:,} bits; {SMALLEST_MODULUS:,} to {LARGEST_MODULUS:,} are read"
        raise InvalidPublicKey(message, hint=COPY_AGAIN)
    if modulus % 2 == 0:
        raise InvalidPublicKey("an even number, which no RSA modulus is", hint=COPY_AGAIN)
    if exponent is not None and not (exponent % 2 == 1 and 1 < exponent < LARGEST_EXPONENT):
        raise InvalidPublicKey("an exponent that no RSA key has", hint=COPY_AGAIN)
    return RsaKey(modulus, exponent)


def ec_key(point: bytes, curve: Curve) -> EcKey:
    """The key of an encoded point, uncompressed or compressed; raises `InvalidPublicKey`."""
    form, size = point[0] if point else 0, curve.size
    x = int.from_bytes(point[1 : 1 + size], "big")
    if form == UNCOMPRESSED and len(point) == 1 + 2 * size:
        y = int.from_bytes(point[1 + size :], "big")
    elif form in COMPRESSED and len(point) == 1 + size:
        y = curve.lift(x, odd=form % 2 == 1)
    else:
        raise InvalidPublicKey(f"{len(point)} bytes that are not a point of {curve.title}", hint=COPY_AGAIN)
    if not curve.has(x, y):
        raise InvalidPublicKey(f"a point that is not on {curve.title}", hint=COPY_AGAIN)
    return EcKey(curve, x, y)


def point_of_any_curve(point: bytes) -> EcKey | None:
    """
    The key of an uncompressed point whose curve is not named; None when it is on no known curve.

    The curve equation tells which it is. Of a compressed point it does not: half of all numbers
    are the x of a point of any curve, so none is read here.
    """
    size = len(point) // 2
    x, y = int.from_bytes(point[1 : 1 + size], "big"), int.from_bytes(point[1 + size :], "big")
    if len(point) % 2 == 0 or point[0] != UNCOMPRESSED:
        return None
    return next((EcKey(curve, x, y) for curve in CURVES if curve.size == size and curve.has(x, y)), None)
