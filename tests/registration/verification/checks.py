"""Registers, resolvers and package facts that stand for real ones, and what a form says about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from icpgate.registration.application import Subject, Verification
from icpgate.registration.verification import (
    BusinessRegisterCheck,
    DocumentCheck,
    DomainRegistrantCheck,
    PackageCheck,
    ProviderAddressCheck,
    ProviderNetworks,
    RegisterEntry,
    ResolutionCheck,
    facts_from,
)
from tests.registration.forms import good_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.app import PackageFacts
    from icpgate.registration.verification import Check

__all__ = ["NETWORKS", "Domains", "Register", "Resolves", "checked", "every_check", "facts_of", "kept", "private_of"]

NETWORKS = ProviderNetworks({"示例云": ["203.0.113.0/24", "2001:db8::/32"], "另一示例云": ["198.51.100.0/24"]})


@dataclass
class Register:
    """A business register with entries by number; `fails` is raised instead of an answer."""

    entries: dict[str, Any] = field(default_factory=dict)
    fails: BaseException | None = None
    asked: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, form: Mapping[str, Any], **changes: object) -> Register:
        """One that has the form's operator, in business; `changes` are to its entry."""
        operator = form["operator"]
        number = operator["document_number"]
        fields: dict[str, Any] = {"name": operator["name"], "document_number": number, "status": "存续"} | changes
        return cls({number: RegisterEntry(**fields)})

    def entry(self, document_number: str) -> RegisterEntry | None:
        """See `BusinessRegister.entry`."""
        self.asked.append(document_number)
        if self.fails is not None:
            raise self.fails
        entry: RegisterEntry | None = self.entries.get(document_number)
        return entry


@dataclass
class Domains:
    """A domain register; a name for every domain unless `of` has another."""

    registered_by: Any = "成都示例科技有限公司"
    of: dict[str, Any] = field(default_factory=dict)
    fails: BaseException | None = None

    def registrant(self, domain: str) -> Any:
        """See `DomainRegister.registrant`."""
        if self.fails is not None:
            raise self.fails
        return self.of.get(domain, self.registered_by)


class Resolves:
    """A resolver with these addresses for every domain, or an error."""

    def __init__(self, *addresses: Any, fails: BaseException | None = None) -> None:
        """What it answers."""
        self.addresses, self.fails = addresses, fails
        self.asked: list[str] = []

    def __call__(self, domain: str, /) -> tuple[Any, ...]:
        """See `Resolver`."""
        self.asked.append(domain)
        if self.fails is not None:
            raise self.fails
        return self.addresses


def facts_of(row: Mapping[str, Any], **changes: object) -> PackageFacts:
    """The facts of a package that agrees with a platform of the form, its signature checked."""
    certificate = row.get("signing_certificate")
    facts: dict[str, object] = {
        "platform": row["platform"],
        "package": row["package"],
        "name": "示例随手记",
        "signing_certificates": None if certificate is None else [{"digest": certificate, "provenance": "verified"}],
        "public_key": row.get("public_key"),
    }
    return facts_from({name: value for name, value in (facts | changes).items() if value is not None})


def every_check(form: Mapping[str, Any]) -> list[Check]:
    """All that can be looked at, every one of them right for this form."""
    return [
        DocumentCheck(),
        BusinessRegisterCheck(Register.of(form)),
        DomainRegistrantCheck(Domains(form["operator"]["name"])),
        ResolutionCheck(Resolves("203.0.113.7"), NETWORKS),
        ProviderAddressCheck(NETWORKS),
        PackageCheck(*map(facts_of, form["app"]["platforms"])),
    ]


def kept(form: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The form as the registration system keeps it: without the persons."""
    return {name: part for name, part in (form or good_form()).items() if name != "persons"}


def private_of(form: Mapping[str, Any]) -> list[str]:
    """Every text of the form that is about the operator or a person, and may stand in no verification."""
    persons = form.get("persons", {}).values()
    operator = [form["operator"][name] for name in ("name", "document_number", "address")]
    return [*operator, *(str(value) for person in persons for value in person.values() if str(value) != "id_card")]


def checked(check: Check, form: Mapping[str, Any] | None = None) -> Verification:
    """What a check says of a form, which says nothing personal and is what the registration system keeps."""
    given = good_form() if form is None else form
    result = check.check(kept(given))
    assert result is not None
    assert result.subject in set(Subject)
    texts = (result.method, result.evidence, result.note)
    assert [word for word in private_of(given) if any(word in text for text in texts)] == []
    assert all(text.isprintable() and len(text) <= 2_000 for text in texts)
    return result
