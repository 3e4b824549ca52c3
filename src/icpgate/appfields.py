"""
The fields of an app's description, each read strictly into its value.

Words are read in Chinese or English whatever their case and width. What is close to a word is
refused with that word as the hint, never taken for it.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema, field_validator

from icpgate.chinese import Likeness, compare
from icpgate.document import DocumentType
from icpgate.errors import InvalidPublicKey, nearest, quote
from icpgate.given import Given, ReadAs, TextReader, defect
from icpgate.identifiers import REGIONS, domain_defect, endpoint_defect, package_defect
from icpgate.number import ServiceKind
from icpgate.signing import (
    DigestAlgorithm,
    InvalidCertificateDigest,
    Platform,
    Provenance,
    PublicKey,
    SigningCertificate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "RUNS_ON",
    "Certificate",
    "Declaration",
    "Declared",
    "DescribedCertificate",
    "DocumentNumber",
    "Domain",
    "Endpoint",
    "Key",
    "Kind",
    "Name",
    "NumberAsTyped",
    "OfDocument",
    "OperatorName",
    "Package",
    "Region",
    "RunsOn",
    "Version",
    "package_of_platform",
]

_T = TypeVar("_T")


class Declaration(StrEnum):
    """Why an operator says that its app needs no registration (`docs/sources.md`, exemptions)."""

    STANDALONE = "standalone"
    OFFSHORE = "offshore"


def _name(value: str) -> str:
    if compare(value, value) is not Likeness.EXACT:
        raise defect("app.name", "no letter and no digit", expected="a name that people can read")
    return value


_AS_TYPED: Final = 4_096
"""What a form may hand on; longer is no number that somebody typed, and would be kept with every decision."""

Name = Annotated[str, BeforeValidator(TextReader("app.name")), AfterValidator(_name)]
OperatorName = Annotated[str, BeforeValidator(TextReader("app.operator")), AfterValidator(_name)]
Version = Annotated[str, BeforeValidator(TextReader("app.version", 128))]
Package = Annotated[str, BeforeValidator(TextReader("app.package", 1_024))]
DocumentNumber = Annotated[str, BeforeValidator(TextReader("app.document_number"))]
NumberAsTyped = Annotated[str, BeforeValidator(TextReader("app.registration_number", _AS_TYPED, as_typed=True))]


LONGEST_WORD: Final = 64


def _word(text: str) -> str:
    """A word without what writing leaves open; an endless one stays as it is, and so unknown."""
    if len(text) > LONGEST_WORD:
        return text
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if not character.isspace() and character not in "-_")


def _chosen(value: object, read: Callable[[str], _T | None], words: Sequence[str], what: str) -> _T:
    """What a word means, or a defect with every word there is and the one that is close."""
    listed = f"one of {', '.join(words)}"
    if not isinstance(value, str):
        raise defect("app.type", f"{type(value).__name__} given", expected=listed)
    text = str.__str__(value)
    found = read(text)
    if found is None:
        suggestion = nearest(text.strip().casefold(), list(words))
        hint = f"did you mean {suggestion}?" if suggestion else ""
        raise defect("app.value", f"{quote(text)} is not {what}", expected=listed, hint=hint)
    return found


_KINDS: Final = {
    "app": ServiceKind.APP,
    "应用": ServiceKind.APP,
    "miniprogram": ServiceKind.MINI_PROGRAM,
    "小程序": ServiceKind.MINI_PROGRAM,
    "quickapp": ServiceKind.QUICK_APP,
    "快应用": ServiceKind.QUICK_APP,
    # HarmonyOS atomic services are registered as quick apps (docs/sources.md, later developments).
    "atomicservice": ServiceKind.QUICK_APP,
    "元服务": ServiceKind.QUICK_APP,
}
_DECLARATIONS: Final = {
    "standalone": Declaration.STANDALONE,
    "单机": Declaration.STANDALONE,
    "offshore": Declaration.OFFSHORE,
    "境外": Declaration.OFFSHORE,
}
_PROVENANCES: Final = {provenance.value: provenance for provenance in Provenance}
_ALGORITHMS: Final = {algorithm.value: algorithm for algorithm in DigestAlgorithm}

RUNS_ON: Final = {
    ServiceKind.APP: (Platform.ANDROID, Platform.IOS, Platform.HARMONYOS),
    ServiceKind.MINI_PROGRAM: (
        Platform.WECHAT,
        Platform.QQ,
        Platform.ALIPAY,
        Platform.BAIDU,
        Platform.DOUYIN,
        Platform.KUAISHOU,
    ),
    ServiceKind.QUICK_APP: (Platform.QUICK_APP, Platform.HARMONYOS),
}
"""Where each kind runs. An app's number must not get a mini program past the kind it is registered as."""


def _kind(value: object) -> ServiceKind:
    return _chosen(value, lambda text: _KINDS.get(_word(text)), tuple(RUNS_ON), "a kind of app")


def _platform(value: object) -> Platform:
    return _chosen(value, Platform.read, tuple(Platform), "a platform")


def _runs_on(platform: Platform, info: ValidationInfo) -> Platform:
    kind = info.data.get("kind")
    if kind is not None and platform not in RUNS_ON[kind]:
        message = f"{kind.value} does not run on {platform.value}"
        raise defect("app.value", message, expected=f"one of {', '.join(RUNS_ON[kind])}, or another kind")
    return platform


def _document_type(value: object) -> DocumentType | None:
    return None if value is None else _chosen(value, DocumentType.read, tuple(DocumentType), "a type of document")


def _declared(value: object) -> Declaration:
    return _chosen(value, lambda text: _DECLARATIONS.get(_word(text)), tuple(Declaration), "a declaration")


def _region(value: object) -> str:
    if not isinstance(value, str):
        raise defect("app.type", f"{type(value).__name__} given", expected="text")
    text = value.strip().upper()
    if text not in REGIONS:
        hint = "write GB for the United Kingdom" if text == "UK" else ""
        expected = "two letters of ISO 3166-1, such as SG"
        raise defect("app.value", f"{quote(value)} is not a region", expected=expected, hint=hint)
    return text


Kind = Annotated[ServiceKind, BeforeValidator(_kind)]
RunsOn = Annotated[Platform, AfterValidator(_runs_on), BeforeValidator(_platform)]
OfDocument = Annotated[DocumentType | None, BeforeValidator(_document_type)]
Declared = Annotated[Declaration, BeforeValidator(_declared)]
Region = Annotated[str, BeforeValidator(_region)]


def _domain(value: object) -> str:
    normal, problem = domain_defect(TextReader("app.domain", 2_048)(value))
    if problem is not None:
        raise defect(problem.code, problem.message, expected=problem.expected, hint=problem.hint)
    return normal


def _endpoint(value: object) -> str:
    normal, problem = endpoint_defect(TextReader("app.endpoint", 2_048)(value))
    if problem is not None:
        raise defect(problem.code, problem.message, expected=problem.expected, hint=problem.hint)
    return normal


def package_of_platform(package: str, info: ValidationInfo) -> str:
    """The package in the form that its platform has; for a model with the field `platform` before it."""
    platform = info.data.get("platform")
    if platform is None:
        return package
    normal, problem = package_defect(platform, package)
    if problem is not None:
        raise defect(problem.code, problem.message, expected=problem.expected, hint=problem.hint)
    return normal


Domain = Annotated[str, BeforeValidator(_domain)]
Endpoint = Annotated[str, BeforeValidator(_endpoint)]


def _algorithm(value: object) -> DigestAlgorithm | None:
    if value is None:
        return None
    return _chosen(value, lambda text: _ALGORITHMS.get(_word(text)), tuple(DigestAlgorithm), "an algorithm of digests")


def _provenance(value: object) -> Provenance:
    return _chosen(value, lambda text: _PROVENANCES.get(_word(text)), tuple(Provenance), "a provenance")


class DescribedCertificate(Given):
    """A signing certificate as it is described: a digest and what is known of it."""

    algorithm: Annotated[DigestAlgorithm | None, BeforeValidator(_algorithm)] = None
    provenance: Annotated[Provenance, BeforeValidator(_provenance)] = Provenance.CLAIMED
    digest: Annotated[str, BeforeValidator(TextReader("app.digest", 1_024, as_typed=True))]

    @field_validator("digest")
    @classmethod
    def _reads(cls, digest: str, info: ValidationInfo) -> str:
        try:
            SigningCertificate.read(digest, algorithm=info.data.get("algorithm"))
        except InvalidCertificateDigest as error:
            raise defect("app.digest", error.message, hint=error.hint) from None
        return digest


def _described(value: object) -> object:
    if isinstance(value, SigningCertificate):
        return {"digest": value.digest, "algorithm": value.algorithm, "provenance": value.provenance}
    return {"digest": value} if isinstance(value, str) else value


def _certificate(described: DescribedCertificate) -> SigningCertificate:
    return SigningCertificate.read(described.digest, provenance=described.provenance)


def _written_certificate(certificate: SigningCertificate) -> dict[str, str]:
    return {
        "digest": certificate.digest,
        "algorithm": certificate.algorithm.value,
        "provenance": certificate.provenance.value,
    }


def _public_key(value: object) -> PublicKey:
    if isinstance(value, PublicKey):
        return value
    if not isinstance(value, str):
        raise defect("app.type", f"{type(value).__name__} given", expected="text")
    try:
        return PublicKey.parse(str.__str__(value))
    except InvalidPublicKey as error:
        raise defect("app.public_key", error.message, hint=error.hint) from None


Certificate = Annotated[
    SigningCertificate,
    ReadAs(DescribedCertificate, before=_described, after=_certificate),
    PlainSerializer(_written_certificate),
]
Key = Annotated[
    PublicKey,
    BeforeValidator(_public_key),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string"}),
]
