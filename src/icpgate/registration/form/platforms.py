"""
The platforms of a form: package, signing certificate and public key, each in its platform's form.

Certificate and key are read as the registration form has them (docs/sources.md, signing-certificates): the digest in
the platform's algorithm, in hex alone; the key in any notation, because it has no single one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from icpgate.appfields import RUNS_ON
from icpgate.errors import InvalidPublicKey, quote
from icpgate.identifiers import package_defect
from icpgate.registration.form.report import Report, same
from icpgate.registration.form.texts import Said
from icpgate.registration.form.values import FormPlatform
from icpgate.registration.form.words import chosen
from icpgate.signing import (
    REGISTERED_NOTATION,
    DigestAlgorithm,
    InvalidCertificateDigest,
    Platform,
    PublicKey,
    SigningCertificate,
)

if TYPE_CHECKING:
    from icpgate.number import ServiceKind
    from icpgate.registration.form.shape import Part

__all__ = ["ALGORITHM_NAMES", "host_of", "platforms_of"]

ALGORITHM_NAMES: Final = {
    DigestAlgorithm.MD5: "MD5",
    DigestAlgorithm.SHA1: "SHA-1",
    DigestAlgorithm.SHA256: "SHA-256",
}
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")


def platforms_of(app: Part, report: Report, kind: ServiceKind | None) -> tuple[FormPlatform, ...]:
    """The platforms that could be read, with every defect reported."""
    platforms: list[FormPlatform] = []
    seen: dict[tuple[Platform, str], str] = {}
    for part in app.parts("platforms"):
        one = _platform(part, report, kind)
        if one is None:
            continue
        platforms.append(one)
        if one.package is None:
            continue
        first = seen.setdefault((one.platform, one.package), part.pointer)
        if first != part.pointer:
            report.add("form.duplicate", part.pointer, found=same(first))
    return tuple(platforms)


def _platform(part: Part, report: Report, kind: ServiceKind | None) -> FormPlatform | None:
    words = tuple(Platform) if kind is None else RUNS_ON[kind]
    platform = chosen(part, "platform", report, Platform.read, words)
    if platform is not None and platform not in words:
        expected = same(", ".join(words))
        report.add("form.platform_of_kind", part.at("platform"), found=same(platform.value), expected=expected)
        platform = None
    key, certificate = _key(part, report), _certificate(part, report, platform)
    if platform is None:
        return None
    return FormPlatform(
        platform=platform,
        package=_package(part, report, platform),
        signing_certificate=certificate,
        public_key=key,
        key_as_stated=None if key is None else part.text("public_key"),
    )


def _package(part: Part, report: Report, platform: Platform) -> str | None:
    text = part.text("package")
    if text is None:
        return None
    normal, problem = package_defect(platform, text)
    if problem is None:
        return normal
    found = Said(problem.message, quote(text))
    report.add("form.package", part.at("package"), found=found, expected=same(problem.expected))
    return None


def _certificate(part: Part, report: Report, platform: Platform | None) -> SigningCertificate | None:
    """The certificate; which algorithm its digest is to be in depends on the platform, if that is known."""
    text, pointer = part.text("signing_certificate"), part.at("signing_certificate")
    if text is None:
        return None
    asked = () if platform is None else REGISTERED_NOTATION[platform]
    usual = same(ALGORITHM_NAMES[asked[0]]) if asked else Said("digest", "摘要")
    try:
        certificate = SigningCertificate.read(text)
    except InvalidCertificateDigest as error:
        report.add("form.certificate", pointer, found=same(error.message), expected=usual)
        return None
    stated = same(ALGORITHM_NAMES[certificate.algorithm])
    if asked and certificate.algorithm not in asked:
        report.add("form.certificate_algorithm", pointer, found=stated, expected=usual)
        return None
    if not _HEX.fullmatch(text):
        report.add("form.certificate_notation", pointer, expected=same(certificate.digest))
    elif asked and certificate.algorithm is not asked[0]:
        report.add("form.certificate_unusual", pointer, found=stated, expected=usual)
    return certificate


def _key(part: Part, report: Report) -> PublicKey | None:
    text = part.text("public_key")
    if text is None:
        return None
    try:
        return PublicKey.parse(text)
    except InvalidPublicKey as error:
        report.add("form.key", part.at("public_key"), found=same(error.message))
        return None


def host_of(app: Part, report: Report, kind: ServiceKind | None, platforms: tuple[FormPlatform, ...]) -> str | None:
    """The host platform of a mini program or quick app; where it names a platform it is one of the form's."""
    text, pointer = app.text("host_platform"), app.at("host_platform")
    if text is None or kind is None:
        return text
    if Platform.ANDROID in RUNS_ON[kind]:
        report.add("form.host_platform_of_app", pointer)
        return text
    host = Platform.read(text)
    stated = tuple(dict.fromkeys(one.platform for one in platforms))
    if host is not None and stated and host not in stated and not report.has("/app/platforms"):
        expected = same(", ".join(stated))
        report.add("form.host_platform_other", pointer, found=same(quote(text)), expected=expected)
    return text
