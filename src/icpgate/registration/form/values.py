"""
What a form says once it was read: values in their normal forms.

In a complete form None and empty stand only where the form may be silent; in another one also where nothing readable
is stated. No `repr` shows what may be about a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from icpgate.app import PackageFacts, PreApproval
    from icpgate.document import DocumentType
    from icpgate.number import RegistrationNumber, ServiceKind
    from icpgate.registration.form.words import Nature
    from icpgate.signing import Platform, PublicKey, SigningCertificate

__all__ = ["Form", "FormApp", "FormOperator", "FormPlatform", "Person", "Sdk"]


@dataclass(frozen=True, slots=True)
class FormOperator:
    """The operator. `document_number` is in the normal form of its type, `region` six digits of GB/T 2260."""

    nature: Nature | None = None
    name: str | None = field(default=None, repr=False)
    document_type: DocumentType | None = None
    document_number: str | None = field(default=None, repr=False)
    region: str | None = None
    address: str | None = field(default=None, repr=False)
    licence_number: RegistrationNumber | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """A person responsible; `valid_until` is None for a document without an end, or when it cannot be read."""

    name: str | None = None
    document_type: DocumentType | None = None
    document_number: str | None = None
    valid_until: date | None = None
    mobile: str | None = None
    emergency_phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class FormPlatform:
    """One platform. `key_as_stated` is the public key's text, without blanks around it."""

    platform: Platform
    package: str | None = None
    signing_certificate: SigningCertificate | None = None
    public_key: PublicKey | None = None
    key_as_stated: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sdk:
    """One SDK in the app."""

    name: str
    vendor: str
    purpose: str


@dataclass(frozen=True, slots=True)
class FormApp:
    """
    The app. `domains` are A-labels; an empty tuple is the statement that there are none. `endpoints` are addresses.

    Either is None where the form is silent, as it may be for mini programs and quick apps.
    """

    name: str | None = None
    kind: ServiceKind | None = None
    service_content: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    domains: tuple[str, ...] | None = None
    endpoints: tuple[str, ...] | None = None
    access_providers: tuple[str, ...] = ()
    platforms: tuple[FormPlatform, ...] = ()
    sdks: tuple[Sdk, ...] | None = None
    host_platform: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A registration form. `persons` has those that were stated, under `entity` and `app`."""

    operator: FormOperator
    app: FormApp
    pre_approvals: tuple[PreApproval, ...] = ()
    signed_on: date | None = None
    persons: Mapping[str, Person] = field(default_factory=dict, repr=False)

    @staticmethod
    def from_facts(facts: PackageFacts, **known: object) -> dict[str, object]:
        """The beginning of a form out of a package file: see `form_from_facts`."""
        from icpgate.registration.form.facts import form_from_facts  # noqa: PLC0415 -- it needs these values

        return form_from_facts(facts, **known)
