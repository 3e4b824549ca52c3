"""
What the gatekeeper holds about an app. Untrusted: it was typed by a developer or read from a package.

`App(...)` and `App.parse(mapping)` raise `InvalidApp` with every defect of the description at once.
That a description can be read says nothing about whether it is true: the rules do that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from icpgate.appfields import (
    Certificate,
    Declaration,
    Declared,
    DocumentNumber,
    Domain,
    Endpoint,
    Key,
    Kind,
    Name,
    NumberAsTyped,
    OfDocument,
    OperatorName,
    Package,
    Region,
    RunsOn,
    Version,
    package_of_platform,
)
from icpgate.document import document_defect
from icpgate.given import Day, Given, Text, TextReader, defect, listed
from icpgate.number import ServiceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.signing import Platform, PublicKey, SigningCertificate

__all__ = [
    "App",
    "Declaration",
    "DeclarationStatement",
    "Display",
    "Operator",
    "PackageFacts",
    "PreApproval",
]


class Operator(Given):
    """
    The operator (主办者) as the gatekeeper knows it; it need not be the account's holder.

    With a document type the number is checked for being one, and kept in its normal form.
    """

    name: OperatorName
    document_type: OfDocument = None
    document_number: Annotated[DocumentNumber | None, Field(repr=False)] = None

    @field_validator("document_number")
    @classmethod
    def _document(cls, number: str | None, info: ValidationInfo) -> str | None:
        document_type = info.data.get("document_type")
        if number is None or document_type is None:
            return number
        normal, problem = document_defect(document_type, number)
        if problem is not None:
            raise defect(problem.code, problem.message, expected=problem.expected, hint=problem.hint)
        return normal


_Seen = BeforeValidator(TextReader("app.display", 2_048, as_typed=True))


class Display(Given):
    """
    What was seen in the app: the number as shown and the address its link opens.

    None in a field means that the gatekeeper looked and found nothing there. An `App` whose
    `display` is None was not looked at.
    """

    number: Annotated[str, _Seen] | None = None
    link: Annotated[str, _Seen] | None = None


class PreApproval(Given):
    """
    The competent authority's approval for one sector.

    `valid_from` and `valid_until` are its first and last day, in Asia/Shanghai; without them it
    has no beginning or no end.
    """

    sector: Text
    document_number: Text | None = None
    authority: Text | None = None
    document: Text | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None

    @field_validator("valid_until")
    @classmethod
    def _after_its_beginning(cls, until: Day | None, info: ValidationInfo) -> Day | None:
        first = info.data.get("valid_from")
        if until is not None and first is not None and until < first:
            raise defect("app.value", f"{until} is before {first}", expected="the last day of the approval")
        return until


class DeclarationStatement(Given):
    """
    What the operator declares, with its evidence.

    Stand-alone: the signed commitment letter, and that the package does not ask for the network.
    Offshore: where the operator is established and where every server stands (ISO 3166-1;
    CN is the mainland). None means that nothing is known, which proves nothing.
    """

    kind: Declared
    commitment_letter: Text | None = None
    uses_network: Annotated[bool, Field(strict=True)] | None = None
    operator_region: Region | None = None
    server_regions: Annotated[tuple[Region, ...], BeforeValidator(listed)] | None = None


def _statement(value: object) -> object:
    """A declaration may be one word: then it comes without any evidence."""
    return {"kind": value} if isinstance(value, str) else value


class App(Given):
    """
    An app, mini program or quick app as the gatekeeper describes it.

    `registration_number` is the text as typed, of at most 4,096 characters: whether it is a number
    is a question for the rules, because a bad number is a denial with a reason, not an unreadable
    description. `package` is the package name, bundle identifier or AppID of `platform`.
    `endpoints` are IP addresses. `first_listed_on` is the day on which this gatekeeper first
    listed the app, in Asia/Shanghai; None means that it is new.

    >>> app = App(name="示例", kind="小程序", platform="微信", package="wx0123456789abcdef")
    >>> app.kind, app.platform
    (<ServiceKind.MINI_PROGRAM: 'mini_program'>, <Platform.WECHAT: 'wechat'>)
    >>> App(name="示例", kind="app", platform="andriod", pakage="com.example.app")
    Traceback (most recent call last):
        ...
    icpgate.errors.InvalidApp: App: 3 defects
      /platform: 'andriod' is not a platform; expected one of android, ios, harmonyos, quick_app, \
wechat, qq, alipay, baidu, douyin, kuaishou (did you mean android?)
      /package: missing; expected a value (add package)
      /pakage: unknown field; expected one of declaration, display, domains, endpoints, \
first_listed_on, host_platform, kind, name, operator, package, platform, pre_approvals, public_key, \
registration_number, sectors, signing_certificates, version (did you mean package?)
    """

    name: Name
    kind: Kind
    platform: RunsOn
    package: Package
    registration_number: NumberAsTyped | None = None
    operator: Operator | None = None
    version: Version | None = None
    signing_certificates: Annotated[tuple[Certificate, ...], BeforeValidator(listed)] = ()
    public_key: Key | None = None
    domains: Annotated[tuple[Domain, ...], BeforeValidator(listed)] = ()
    endpoints: Annotated[tuple[Endpoint, ...], BeforeValidator(listed)] = ()
    host_platform: Text | None = None
    sectors: Annotated[tuple[Text, ...], BeforeValidator(listed)] = ()
    pre_approvals: Annotated[tuple[PreApproval, ...], BeforeValidator(listed)] = ()
    declaration: Annotated[DeclarationStatement | None, BeforeValidator(_statement)] = None
    first_listed_on: Day | None = None
    display: Display | None = None

    _of_its_platform = field_validator("package")(package_of_platform)

    @classmethod
    def from_facts(cls, facts: PackageFacts, **known: object) -> App:
        """
        An app from what its package file says and what the gatekeeper knows besides.

        `known` wins over the file, but for one thing: a package that asks for the network does so
        whatever is declared. Raises `InvalidApp` when the two together are not enough.
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
        app = cls.parse({name: value for name, value in read.items() if value is not None} | known)
        statement = app.declaration
        if statement is None or facts.uses_network is None:
            return app
        seen = statement.model_copy(update={"uses_network": facts.uses_network or bool(statement.uses_network)})
        return app.model_copy(update={"declaration": seen})


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
