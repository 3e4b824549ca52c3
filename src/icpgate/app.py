"""
What the gatekeeper holds about an app. Untrusted: it was typed by a developer or read from a package.

`App(...)` and `App.parse(mapping)` raise `InvalidApp` with every defect of the description at once.
That a description can be read says nothing about whether it is true: the rules do that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, model_validator

from icpgate.document import DocumentType, document_defect
from icpgate.errors import IcpGateError, InvalidPublicKey, quote
from icpgate.given import Given, Text, defect, text_of
from icpgate.number import ServiceKind
from icpgate.identifiers import domain_defect, package_defect
from icpgate.signing import InvalidCertificateDigest, Platform, Provenance, PublicKey, SigningCertificate

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "App",
    "Declaration",
    "DeclarationStatement",
    "Display",
    "Operator",
    "PackageFacts",
    "PreApproval",
]

MAX_LISTED: Final = 1_000
"""More domains, endpoints or certificates than any real app has; a longer list is a mistake."""


class Declaration(StrEnum):
    """Why an operator says that its app needs no registration (`docs/sources.md`, exemptions)."""

    STANDALONE = "standalone"
    OFFSHORE = "offshore"


def _platform(value: object) -> Platform:
    if isinstance(value, Platform):
        return value
    platform = Platform.read(text_of(value, "app.value"))
    if platform is None:
        expected = f"one of {', '.join(Platform)}"
        raise defect("app.value", f"{quote(value)} is not a platform", expected=expected)
    return platform


def _kind(value: object) -> ServiceKind:
    text = text_of(value, "app.value").strip().casefold().replace("-", "_").replace(" ", "_")
    kind = _KINDS.get(text)
    if kind is None:
        expected = f"one of {', '.join(sorted({k.value for k in _KINDS.values()}))}"
        raise defect("app.value", f"{quote(value)} is not a kind of app", expected=expected)
    return kind


_KINDS: Final = {
    "app": ServiceKind.APP,
    "mini_program": ServiceKind.MINI_PROGRAM,
    "miniprogram": ServiceKind.MINI_PROGRAM,
    "小程序": ServiceKind.MINI_PROGRAM,
    "quick_app": ServiceKind.QUICK_APP,
    "quickapp": ServiceKind.QUICK_APP,
    "快应用": ServiceKind.QUICK_APP,
    # HarmonyOS atomic services are registered as quick apps (docs/sources.md, later developments).
    "atomic_service": ServiceKind.QUICK_APP,
    "元服务": ServiceKind.QUICK_APP,
}


def _document_type(value: object) -> DocumentType | None:
    if value is None or isinstance(value, DocumentType):
        return value
    document_type = DocumentType.read(text_of(value, "app.value"))
    if document_type is None:
        expected = f"one of {', '.join(DocumentType)}"
        raise defect("app.value", f"{quote(value)} is not a type of document", expected=expected)
    return document_type


def _name(value: str) -> str:
    if not any(character.isalnum() for character in value):
        raise defect("app.name", f"{quote(value)} has no letter or digit", expected="the name users see")
    return value


def _declaration(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


def _declared(value: object) -> Declaration:
    text = text_of(value, "app.value").strip().casefold().replace("-", "")
    kind = {"standalone": Declaration.STANDALONE, "单机": Declaration.STANDALONE,
            "offshore": Declaration.OFFSHORE, "境外": Declaration.OFFSHORE}.get(text)  # fmt: skip
    if kind is None:
        expected = f"one of {', '.join(Declaration)}"
        raise defect("app.value", f"{quote(value)} is not a declaration", expected=expected)
    return kind


def _region(value: object) -> str:
    text = text_of(value, "app.value").strip().upper()
    if len(text) != 2 or not (text.isascii() and text.isalpha()):  # noqa: PLR2004 -- ISO 3166-1 alpha-2
        raise defect("app.value", f"{quote(value)} is not a region", expected="two letters of ISO 3166-1, such as SG")
    return text


def _domain(value: object) -> str:
    normal, problem = domain_defect(text_of(value, "app.domain"))
    if problem is not None:
        raise defect("app.domain", problem.message, expected=problem.expected, hint=problem.hint)
    return normal


def _endpoint(value: object) -> str:
    text = text_of(value, "app.endpoint").strip()
    try:
        return str(ip_address(text))
    except ValueError:
        raise defect("app.endpoint", f"{quote(value)} is not an IP address",
                     expected="an address such as 203.0.113.7", hint="put host names into domains") from None  # fmt: skip


def _certificate(value: object) -> SigningCertificate:
    if isinstance(value, SigningCertificate):
        return value
    fields = {"digest": value} if isinstance(value, str) else value
    if not isinstance(fields, dict) or not isinstance(fields.get("digest"), str):
        raise defect("app.type", f"{type(value).__name__} given", expected="a digest, or an object with digest, algorithm, provenance")
    unknown = sorted(set(fields) - {"digest", "algorithm", "provenance"})
    if unknown:
        raise defect("app.unknown_field", f"unknown field {quote(unknown[0])}", expected="digest, algorithm, provenance")
    provenance = fields.get("provenance", Provenance.CLAIMED)
    if not isinstance(provenance, str) or provenance not in set(Provenance):
        raise defect("app.value", f"{quote(provenance)} is not a provenance", expected="claimed or verified")
    try:
        return SigningCertificate.read(
            fields["digest"], algorithm=fields.get("algorithm"), provenance=Provenance(provenance)
        )
    except InvalidCertificateDigest as error:
        raise defect("app.digest", error.message, hint=error.hint) from None


def _public_key(value: object) -> PublicKey | None:
    if value is None or isinstance(value, PublicKey):
        return value
    if not isinstance(value, str):
        raise defect("app.type", f"{type(value).__name__} given", expected="text")
    try:
        return PublicKey.parse(value)
    except InvalidPublicKey as error:
        raise defect("app.public_key", error.message, hint=error.hint) from None


def _written_certificate(certificate: SigningCertificate) -> dict[str, str]:
    return {
        "digest": certificate.digest,
        "algorithm": certificate.algorithm.value,
        "provenance": certificate.provenance.value,
    }


Domain = Annotated[str, BeforeValidator(_domain)]
Endpoint = Annotated[str, BeforeValidator(_endpoint)]
Region = Annotated[str, BeforeValidator(_region)]
Certificate = Annotated[SigningCertificate, BeforeValidator(_certificate), PlainSerializer(_written_certificate)]
Key = Annotated[PublicKey, PlainSerializer(str, return_type=str)]
Number = Annotated[str, StringConstraints(strict=True)]


class Operator(Given):
    """The operator (主办者) as the gatekeeper knows it; it need not be the account's holder."""

    name: Text
    document_type: Annotated[DocumentType | None, BeforeValidator(_document_type)] = None
    document_number: Text | None = None

    @model_validator(mode="after")
    def _document(self) -> Self:
        if self.document_number is not None and self.document_type is not None:
            normal, problem = document_defect(self.document_type, self.document_number)
            if problem is not None:
                raise defect(problem.code, problem.message, expected=problem.expected, hint=problem.hint)
            object.__setattr__(self, "document_number", normal)
        return self


class Display(Given):
    """
    What was seen in the app: the number as shown and the address its link opens.

    None in a field means that the gatekeeper looked and found nothing there. An `App` whose
    `display` is None was not looked at.
    """

    number: Annotated[str | None, Field(strict=True, max_length=1024)] = None
    link: Annotated[str | None, Field(strict=True, max_length=2048)] = None


class PreApproval(Given):
    """The competent authority's approval for one sector; `valid_until` is its last day."""

    sector: Text
    document_number: Text | None = None
    authority: Text | None = None
    document: Text | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class DeclarationStatement(Given):
    """
    What the operator declares, with its evidence.

    Stand-alone: the signed commitment letter, and that the package does not ask for the network.
    Offshore: where the operator is established and where every server stands (ISO 3166-1;
    CN is the mainland). None means that nothing is known, which proves nothing.
    """

    kind: Annotated[Declaration, BeforeValidator(_declared)]
    commitment_letter: Text | None = None
    uses_network: Annotated[bool | None, Field(strict=True)] = None
    operator_region: Region | None = None
    server_regions: Annotated[tuple[Region, ...] | None, Field(max_length=MAX_LISTED)] = None


class App(Given):
    """
    An app, mini program or quick app as the gatekeeper describes it.

    `registration_number` is the text as typed: whether it is a number is a question for the
    rules, because a bad number is a denial with a reason, not an unreadable description.
    `package` is the package name, bundle identifier or AppID of `platform`.
    `endpoints` are IP addresses. `first_listed_on` is the day on which this gatekeeper first
    listed the app, in Asia/Shanghai; None means that it is new.
    """

    name: Annotated[Text, AfterValidator(_name)]
    kind: Annotated[ServiceKind, BeforeValidator(_kind)]
    platform: Annotated[Platform, BeforeValidator(_platform)]
    package: Annotated[str, BeforeValidator(lambda value: text_of(value, "app.package"))]
    registration_number: Number | None = None
    operator: Operator | None = None
    version: Annotated[Text, Field(max_length=128)] | None = None
    signing_certificates: Annotated[tuple[Certificate, ...], Field(max_length=MAX_LISTED)] = ()
    public_key: Annotated[Key | None, BeforeValidator(_public_key)] = None
    domains: Annotated[tuple[Domain, ...], Field(max_length=MAX_LISTED)] = ()
    endpoints: Annotated[tuple[Endpoint, ...], Field(max_length=MAX_LISTED)] = ()
    host_platform: Text | None = None
    sectors: Annotated[tuple[Text, ...], Field(max_length=MAX_LISTED)] = ()
    pre_approvals: Annotated[tuple[PreApproval, ...], Field(max_length=MAX_LISTED)] = ()
    declaration: Annotated[DeclarationStatement | None, BeforeValidator(_declaration)] = None
    first_listed_on: date | None = None
    display: Display | None = None

    @model_validator(mode="after")
    def _package(self) -> Self:
        normal, problem = package_defect(self.platform, self.package)
        if problem is not None:
            raise defect(problem.code, problem.message, expected=problem.expected, hint=problem.hint)
        object.__setattr__(self, "package", normal)
        return self

    @classmethod
    def from_facts(cls, facts: PackageFacts, **known: object) -> App:
        """
        An app from what its package file says and what the gatekeeper knows besides.

        `known` wins over the file. Raises `InvalidApp` when the two together are not enough.
        """
        read: Mapping[str, object] = {
            "name": facts.name,
            "kind": ServiceKind.APP,
            "platform": facts.platform,
            "package": facts.package,
            "version": facts.version,
            "signing_certificates": facts.signing_certificates,
            "public_key": facts.public_key,
        }
        return cls.parse({name: value for name, value in read.items() if value is not None} | known)


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """
    What a package file says of itself: read, not believed.

    `labels` has the app's name per locale; `name` is the one for Simplified Chinese where there
    is one. Certificates are `verified` only when the reader checked the signature over the file.
    """

    platform: Platform
    package: str
    name: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    signing_certificates: tuple[SigningCertificate, ...] = ()
    public_key: PublicKey | None = None
    uses_network: bool | None = None
