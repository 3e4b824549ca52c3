"""Public keys as keys: however two texts are written, they name the same key or they do not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from icpgate.signing.material import EcKey, RsaKey
from icpgate.signing.notation import canonical, read_key

__all__ = ["PublicKey", "same_key"]

CACHED_TEXTS: Final = 1_024
"""Texts kept read: a registered key is read again at each check. At most 16 MB of text, usually one."""


@dataclass(frozen=True, slots=True, repr=False)
class PublicKey:
    """
    An RSA or elliptic curve public key.

    `==` compares all that the two notations say; whether they can be the same key, one perhaps
    without its exponent, is the question for `same_key`. `str()` is canonical: `parse` reads it
    back. It is long; `short` is for messages.
    """

    material: RsaKey | EcKey

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """
        Read a key in any notation of registration forms; raises `InvalidPublicKey`.

        The notations are those of `icpgate.signing.notation`. Whether the key belongs to the app,
        and whether it is a strong one, is not checked.
        """
        return cls(_material(text))

    @property
    def short(self) -> str:
        """
        The key for a message: algorithm, size and the first 16 digits of a SHA-256 digest.

        The digest is of the modulus's bytes or of the uncompressed point.
        """
        key = self.material
        if isinstance(key, EcKey):
            return f"EC {key.curve.title}, point sha256 {_digest(key.point)}"
        bits = key.modulus.bit_length()
        exponent = "" if key.exponent is None else f", exponent {key.exponent}"
        return f"RSA {bits} bits, modulus sha256 {_digest(key.modulus.to_bytes((bits + 7) // 8, 'big'))}{exponent}"

    def __str__(self) -> str:
        """`rsa:<hex modulus>[:<exponent>]` or `ec:<curve>:<hex point>`."""
        return canonical(self.material)

    def __repr__(self) -> str:
        """Short, for a log."""
        return f"<PublicKey {self.short}>"


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


@lru_cache(maxsize=CACHED_TEXTS)
def _material(text: str) -> RsaKey | EcKey:
    return read_key(text)


def same_key(one: PublicKey, other: PublicKey) -> bool:
    """
    Whether both are the same key.

    An exponent that a notation leaves out is not compared; two that are stated must be equal.
    """
    match one.material, other.material:
        case RsaKey(modulus, exponent), RsaKey(other_modulus, other_exponent):
            return modulus == other_modulus and (exponent == other_exponent or None in {exponent, other_exponent})
        case EcKey() as point, EcKey() as other_point:
            return point == other_point
        case _:
            return False
