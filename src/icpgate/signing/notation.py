"""
A public key out of a text, in any notation in which registration forms have keys.

- RSA modulus, decimal (as JadxGUI shows it) or hex, with or without 0x, colons, blanks, a leading 00;
- an uncompressed point in hex: it names its curve by being on it;
- SubjectPublicKeyInfo, RSAPublicKey or an X.509 certificate: DER in hex or base64, or PEM;
- the canonical notation: `rsa:<hex modulus>[:<exponent>]`, `ec:<curve>:<hex point>`.

A text that fits two readings is refused, never guessed. Error messages do not repeat the text: it
may be a private key.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from icpgate.errors import InvalidPublicKey
from icpgate.signing.curves import CURVES
from icpgate.signing.der import PRIVATE_KEY_HINT, Tag, key_from_der
from icpgate.signing.encoding import exact_base64
from icpgate.signing.material import COPY_AGAIN, UNCOMPRESSED, EcKey, ec_key, point_of_any_curve, rsa_key

if TYPE_CHECKING:
    from icpgate.signing.material import RsaKey

__all__ = ["canonical", "read_key"]

MAX_TEXT: Final = 16_384
"""Characters; the certificate of the largest key needs fewer. Decided before any work."""

NOTATIONS: Final = (
    "state an RSA modulus in decimal or hex, an EC point in hex, or the key in PEM or as DER in hex or base64"
)

_CURVE_BY_NAME: Final = {curve.name: curve for curve in CURVES}
_CANONICAL_RSA: Final = re.compile(r"rsa:([0-9a-f]{1,4096})(?::([0-9]{1,78}))?")
_CANONICAL_EC: Final = re.compile(rf"ec:({'|'.join(_CURVE_BY_NAME)}):((?:[0-9a-f]{{2}})+)")
_PEM: Final = re.compile(r"-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\s]*)-----END \1-----")
# As openssl ("Modulus=", "pub:") and JadxGUI ("模数（公钥）：") label them.
_LABEL: Final = re.compile(r"(?:modulus|pub|公钥|模数(?:\(公钥\))?)\s*[:=]", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"[0-9]+")
_HEX: Final = re.compile(r"(?:0[xX])?([0-9A-Fa-f]+)")

HEX_DIGITS_STEP: Final = 128
"""A hex modulus of a usual size (1,024, 1,536, 2,048 … bits) has a multiple of these digits."""

DECIMAL_CHUNK: Final = 512
"""Python may be told to convert as few as 640 digits at once (`sys.set_int_max_str_digits`)."""

HIGH_BIT: Final = 0x80


def canonical(key: RsaKey | EcKey) -> str:
    """The one text of this key that `read_key` gives back unchanged."""
    if isinstance(key, EcKey):
        return f"ec:{key.curve.name}:{key.point.hex()}"
    exponent = "" if key.exponent is None else f":{key.exponent}"
    return f"rsa:{key.modulus:x}{exponent}"


def read_key(text: str) -> RsaKey | EcKey:
    """The key of `text`; raises `InvalidPublicKey`."""
    if len(text) > MAX_TEXT:
        raise InvalidPublicKey(f"{len(text):,} characters; at most {MAX_TEXT:,} are read", hint=COPY_AGAIN)
    folded = unicodedata.normalize("NFKC", text).strip()
    named = _read_canonical(folded.lower())
    if named is not None:
        return named
    if "-----" in folded:
        return _read_pem(folded)
    label = _LABEL.match(folded)
    joined = "".join(folded[label.end() if label else 0 :].split())
    if _DECIMAL.fullmatch(joined):
        return _read_decimal(joined)
    hexadecimal = _HEX.fullmatch(joined.replace(":", ""))
    if hexadecimal is not None:
        return _read_hex(hexadecimal.group(1))
    return _read_base64(joined)


def _read_canonical(text: str) -> RsaKey | EcKey | None:
    rsa = _CANONICAL_RSA.fullmatch(text)
    if rsa is not None:
        modulus, exponent = rsa.groups()
        return rsa_key(int(modulus, 16), None if exponent is None else int(exponent))
    # No hex with colons looks like this: no name of a curve is hex.
    point = _CANONICAL_EC.fullmatch(text)
    return None if point is None else ec_key(bytes.fromhex(point.group(2)), _CURVE_BY_NAME[point.group(1)])


def _read_pem(text: str) -> RsaKey | EcKey:
    if "PRIVATE KEY" in text:
        raise InvalidPublicKey("a private key", hint=PRIVATE_KEY_HINT)
    if text.count("-----BEGIN ") > 1:
        raise InvalidPublicKey("several PEM blocks", hint="keep only the certificate that signs the app, the leaf")
    block = _PEM.fullmatch(text)
    if block is None:
        raise InvalidPublicKey("PEM of something else than a public key or a certificate", hint=COPY_AGAIN)
    der = exact_base64("".join(block.group(2).split()))
    if der is None:
        raise InvalidPublicKey("PEM whose content is not base64", hint=COPY_AGAIN)
    return key_from_der(der)


def _read_decimal(digits: str) -> RsaKey:
    """
    A modulus in decimal.

    The digits of a hex modulus are all below 10 once in 10^52 keys, so that in practice such a
    text is decimal. The lengths of usual hex moduli and a leading zero are refused all the same:
    no decimal modulus of a usual size has such a length, and none begins with zero.
    """
    if digits[0] == "0" or len(digits) % HEX_DIGITS_STEP == 0:
        message = f"{len(digits):,} digits that could be decimal or hex"
        raise InvalidPublicKey(message, hint="write 0x before a hex modulus; copy a decimal one again as a whole")
    value = 0
    for start in range(0, len(digits), DECIMAL_CHUNK):
        chunk = digits[start : start + DECIMAL_CHUNK]
        value = value * 10 ** len(chunk) + int(chunk)
    key = rsa_key(value)
    if value.bit_length() % 8:
        raise InvalidPublicKey(f"a bare RSA modulus of {value.bit_length():,} bits, not whole bytes", hint=COPY_AGAIN)
    return key


def _read_hex(digits: str) -> RsaKey | EcKey:
    if len(digits) % 2:
        raise InvalidPublicKey(f"{len(digits):,} hex digits, an odd number", hint=COPY_AGAIN)
    data = bytes.fromhex(digits)
    if data[0] == Tag.SEQUENCE:
        return key_from_der(data)
    point = point_of_any_curve(data)
    if point is not None:
        return point
    # Every tool that makes keys sets a modulus's first bit, and writes at most one 00 before it.
    # What begins otherwise is a cut text, a point of a curve that is not known, or other DER.
    modulus = data.removeprefix(b"\0")
    if modulus[:1] < bytes([HIGH_BIT]):
        message = f"{len(digits):,} hex digits that are no RSA modulus, EC point or DER"
        raise InvalidPublicKey(message, hint=_hint_for(data[0]))
    return rsa_key(int.from_bytes(modulus, "big"))


def _hint_for(first: int) -> str:
    points = (2, 3, UNCOMPRESSED)
    return "state the key in PEM, which names the curve" if first in points else COPY_AGAIN


def _read_base64(joined: str) -> RsaKey | EcKey:
    """DER in base64. It begins with M, which is no hex digit, so that no text is both."""
    der = exact_base64(joined)
    if der is None or der[:1] != bytes([Tag.SEQUENCE]):
        raise InvalidPublicKey("a text that is not a public key", hint=NOTATIONS)
    return key_from_der(der)
