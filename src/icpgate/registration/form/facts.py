"""The beginning of a form out of what a package file says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from icpgate.appfields import RUNS_ON
from icpgate.errors import InvalidPublicKey
from icpgate.signing import REGISTERED_NOTATION, Platform, PublicKey, same_key
from icpgate.signing.material import EcKey

if TYPE_CHECKING:
    from icpgate.app import PackageFacts
    from icpgate.number import ServiceKind

__all__ = ["form_from_facts", "key_as_registered"]

MOST_DECIMAL_BITS: Final = 8_192
"""Python writes no integer of more than 4,300 digits in decimal unless it is told to."""


def form_from_facts(facts: PackageFacts, **known: object) -> dict[str, object]:
    """
    A form as plain JSON: the app's name, kind, platform, package, signing certificate, public key, and `known`.

    `known` are parts of the form by their names, and win field by field; the platform's row is added to those that
    `known` has, and completes the one of the same platform. The digest is in the platform's algorithm, if the file's
    reader has it so (docs/sources.md, signing-certificates), the key in the platform's notation. Whatever is not
    known is left out: `examine` says what is missing.
    """
    read: dict[str, object] = {"kind": _kind(facts.platform).value}
    if facts.name is not None:
        read["name"] = facts.name
    stated = known.get("app")
    if stated is not None and not isinstance(stated, Mapping):
        return dict(known)
    app = read | dict(stated or {})
    app["platforms"] = _rows(app.get("platforms"), _row(facts))
    return {**known, "app": app}


def _kind(platform: Platform) -> ServiceKind:
    """An app where apps run there. On HarmonyOS quick apps run as well; whoever hands one in states the kind."""
    return next(kind for kind, runs_on in RUNS_ON.items() if platform in runs_on)


def _row(facts: PackageFacts) -> dict[str, object]:
    row: dict[str, object] = {"platform": facts.platform.value, "package": facts.package}
    by_algorithm = {certificate.algorithm: certificate for certificate in reversed(facts.signing_certificates)}
    digests = [by_algorithm[each].digest for each in REGISTERED_NOTATION[facts.platform] if each in by_algorithm]
    if digests:
        row["signing_certificate"] = digests[0]
    if facts.public_key is not None:
        row["public_key"] = key_as_registered(facts.platform, facts.public_key)
    return row


def _rows(stated: object, row: dict[str, object]) -> list[object]:
    rows = list(stated) if isinstance(stated, (list, tuple)) else []
    for position, one in enumerate(rows):
        if isinstance(one, Mapping) and Platform.read(str(one.get("platform"))) == row["platform"]:
            rows[position] = row | {name: value for name, value in one.items() if value is not None}
            return rows
    return [*rows, row]


def key_as_registered(platform: Platform, key: PublicKey) -> str:
    """
    A public key as the form has it: an RSA key's modulus, for Android in decimal, otherwise in hex; an EC key's point.

    JadxGUI shows an Android key's modulus in decimal, openssl an Apple key's in hex (docs/sources.md,
    signing-certificates). `PublicKey.parse` reads it back as the same key.
    """
    if isinstance(key.material, EcKey):
        return key.material.point.hex()
    modulus = key.material.modulus
    if platform is Platform.ANDROID and modulus.bit_length() <= MOST_DECIMAL_BITS:
        decimal = str(modulus)
        if _reads_as(decimal, key):
            return decimal
    hexadecimal = f"{modulus:x}"
    return hexadecimal if _reads_as(hexadecimal, key) else str(key)


def _reads_as(text: str, key: PublicKey) -> bool:
    """Some decimal numbers could be read as hex, and are not read at all."""
    try:
        return same_key(PublicKey.parse(text), key)
    except InvalidPublicKey:
        return False
