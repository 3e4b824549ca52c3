"""The app: package, signing certificate, public key and name as the package file has them, against the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from icpgate.errors import ConfigurationError, quote
from icpgate.registration.application import Subject
from icpgate.registration.verification.interface import Seen, read_parts, same_name
from icpgate.signing import MatchResult, Provenance, compare_certificates, same_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.app import PackageFacts
    from icpgate.registration.application import Verification
    from icpgate.registration.form.values import FormApp, FormPlatform

__all__ = ["PackageCheck"]


class PackageCheck:
    """
    Every platform of the form has a package file that agrees with it in package, certificate, key and name.

    Give the facts of all platforms to one check: a platform without any is undecided, and so is a certificate that
    is only claimed. Facts of a package that the form does not have are an objection. A mini program or quick app
    whose form states no certificate is compared by package and name.
    """

    subject: ClassVar[Subject] = Subject.APP
    method: Final = "package file"

    def __init__(self, facts: PackageFacts, *more: PackageFacts) -> None:
        """One for each package file; raises `ConfigurationError` when two are of one package."""
        self._facts = {(each.platform, each.package): each for each in (facts, *more)}
        if len(self._facts) != 1 + len(more):
            raise ConfigurationError("two package files of one package", hint="give the one that is to be listed")

    def check(self, form: Mapping[str, object]) -> Verification:
        """See `Check.check`."""
        seen = Seen(self.subject, self.method)
        read, defects = read_parts(form, "/app")
        app = read.app
        if defects or not app.platforms:
            seen.objection(f"the form has defects: {', '.join(defects) or '/app/platforms'}")
            return seen.verification()
        stated = {(row.platform, row.package) for row in app.platforms}
        for platform, package in self._facts:
            if (platform, package) not in stated:
                seen.objection(f"the form does not have {quote(package)} on {platform.value}")
        for row in app.platforms:
            facts = self._facts.get((row.platform, row.package or ""))
            if facts is None:
                seen.open(f"no file of {quote(row.package)} on {row.platform.value} was looked at")
            else:
                _compare(seen, app, row, facts)
        return seen.verification()


def _compare(seen: Seen, app: FormApp, row: FormPlatform, facts: PackageFacts) -> None:
    place = f"{row.platform.value} {facts.package}"
    seen.fact(f"{place}: the package is the form's")
    if facts.name is None:
        seen.open(f"{place}: the file has no name")
    elif same_name(facts.name, app.name):
        seen.fact(f"{place}: the name is the form's")
    else:
        seen.objection(f"{place}: the file's name is {quote(facts.name)}")
    _compare_certificate(seen, row, facts, place)
    _compare_key(seen, row, facts, place)


def _compare_certificate(seen: Seen, row: FormPlatform, facts: PackageFacts, place: str) -> None:
    if row.signing_certificate is None:
        return
    verified = tuple(each for each in facts.signing_certificates if each.provenance is Provenance.VERIFIED)
    if facts.signing_certificates and not verified:
        seen.open(f"{place}: the certificate is claimed, and nobody checked the signature")
        return
    comparison = compare_certificates(verified, row.signing_certificate.digest, row.platform)
    match comparison.result:
        case MatchResult.MATCH if not comparison.weak:
            algorithm = row.signing_certificate.algorithm.value
            seen.fact(f"{place}: the certificate has the form's {algorithm} {row.signing_certificate.digest}")
        case MatchResult.DIFFERENT:
            seen.objection(f"{place}: the file is signed by another certificate")
        case _:
            seen.open(f"{place}: the certificates cannot be compared")


def _compare_key(seen: Seen, row: FormPlatform, facts: PackageFacts, place: str) -> None:
    if row.public_key is None:
        return
    if facts.public_key is None:
        seen.open(f"{place}: the file's public key is not known")
    elif not same_key(facts.public_key, row.public_key):
        seen.objection(f"{place}: the public key is {facts.public_key.short}")
    elif not any(each.provenance is Provenance.VERIFIED for each in facts.signing_certificates):
        seen.open(f"{place}: the public key is claimed, and nobody checked the signature")
    else:
        seen.fact(f"{place}: the public key is the form's, {row.public_key.short}")
