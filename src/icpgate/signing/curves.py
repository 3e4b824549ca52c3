"""
The elliptic curves that app signing keys are on, with the arithmetic to read a point.

A point is always checked against its curve. Nothing here computes with secrets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["CURVES", "Curve"]


@dataclass(frozen=True, slots=True)
class Curve:
    """
    The curve y² = x³ - 3x + b modulo a prime that is 3 modulo 4.

    All four are of this form and of prime order, so that every point on them is a valid key.
    `oid` is the content of the DER object identifier.
    """

    name: str
    title: str
    oid: bytes
    prime: int
    b: int

    @property
    def size(self) -> int:
        """Bytes of one coordinate."""
        return (self.prime.bit_length() + 7) // 8

    def has(self, x: int, y: int) -> bool:
        """Whether (x, y), both below the prime, is on the curve."""
        return x < self.prime and y < self.prime and (y * y - self._cubic(x)) % self.prime == 0

    def lift(self, x: int, *, odd: bool) -> int:
        """The y of that parity above `x`; not on the curve when there is none: ask `has`."""
        y = pow(self._cubic(x), (self.prime + 1) // 4, self.prime)
        return y if y % 2 == odd else self.prime - y

    def _cubic(self, x: int) -> int:
        return (pow(x, 3, self.prime) - 3 * x + self.b) % self.prime


# FIPS 186-4 D.1.2 and GB/T 32918.5 (SM2).
CURVES: Final = (
    Curve(
        "p256",
        "P-256",
        bytes.fromhex("2a8648ce3d030107"),
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    Curve(
        "p384",
        "P-384",
        bytes.fromhex("2b81040022"),
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    ),
    Curve(
        "p521",
        "P-521",
        bytes.fromhex("2b81040023"),
        2**521 - 1,
        int(
            "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e1"
            "56193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
            16,
        ),
    ),
    Curve(
        "sm2",
        "SM2",
        bytes.fromhex("2a811ccf5501822d"),
        2**256 - 2**224 - 2**96 + 2**64 - 1,
        0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    ),
)
