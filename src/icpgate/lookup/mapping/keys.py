"""The keys that an answer or a row repeats, and whether they are those of a query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument, ByDomain, ByNumber, Why
from icpgate.document import DocumentType, normal_form
from icpgate.errors import InvalidNumber
from icpgate.identifiers import domain_defect
from icpgate.lookup.steps import Unanswered
from icpgate.number import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.answer import Query
    from icpgate.lookup.mapping.model import ApiMapping, Echo, Field
    from icpgate.lookup.mapping.row import Row
    from icpgate.number import RegistrationNumber

__all__ = ["Keys", "number_of"]

MAX_NUMBER: Final = 64
"""Characters of a text that may be a number: the longest has 23, and what is none costs more the longer it is."""


@dataclass(frozen=True, slots=True)
class Keys:
    """
    What is repeated; None and nothing for what is not said.

    `assumed` are fields of the record that the answer leaves out and that are believed to be as
    asked, because the mapping says so.
    """

    number: RegistrationNumber | None = None
    document_numbers: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    name: str = "number"
    assumed: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of_row(cls, mapping: ApiMapping, row: Row, query: Query) -> Keys:
        """The keys of a row, as far as the query needs them; raises `Unanswered` for what cannot be read."""
        if type(query) is ByNumber:
            return cls(number_of(row, mapping.fields["registration_number"]))
        if type(query) is ByDomain:
            domain = mapping.fields["domains"]
            domains = _domains(row.read(domain))
            if not domains and domain.unechoed:
                return cls(domains=frozenset({query.domain}), name="domain", assumed={"domains": [query.domain]})
            return cls(domains=domains, name="domain")
        platforms = row.platforms(mapping.platforms) if mapping.platforms is not None else None
        packages = frozenset(p for platform in platforms or () if isinstance(p := platform.get("package"), str) and p)
        documents = _documents(row.read(mapping.fields["document_number"]))
        return cls(document_numbers=documents, packages=packages, name="document or package")

    @classmethod
    def of_echo(cls, echo: Echo, row: Row) -> Keys:
        """The keys that the answer itself repeats."""
        packages = _read(row, echo.package)
        return cls(
            number=None if echo.number is None else number_of(row, echo.number),
            document_numbers=_documents(_read(row, echo.document_number)),
            packages=frozenset({packages} if isinstance(packages, str) else ()),
            domains=_domains(_read(row, echo.domain)),
        )

    def is_about(self, query: Query) -> bool | None:
        """Whether these are the query's keys; None when they do not say."""
        if type(query) is ByNumber:
            return None if self.number is None else self.number == query.number
        if type(query) is ByDomain:
            return query.domain in self.domains if self.domains else None
        assert type(query) is ByDocument  # noqa: S101 -- there are three kinds of query
        said = [
            key in keys
            for key, keys in ((query.document_number, self.document_numbers), (query.package, self.packages))
            if keys
        ]
        if not all(said):
            return False
        return True if len(said) == 2 else None  # noqa: PLR2004 -- both keys


def _read(row: Row, field: Field | None) -> object:
    return None if field is None else row.read(field)


def number_of(row: Row, field: Field) -> RegistrationNumber | None:
    """The number of a row, None when it has none; raises `Unanswered` for what is no number."""
    value = row.read(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unanswered(Why.SCHEMA, f"no text at {field.at}")
    if value in field.absent:
        raise Unanswered(Why.NOT_LISTED, f"{field.at} says that there is none")
    if len(value) > MAX_NUMBER:
        raise Unanswered(Why.MALFORMED, f"no registration number at {field.at}")
    try:
        return parse(value)
    except InvalidNumber:
        raise Unanswered(Why.MALFORMED, f"no registration number at {field.at}") from None


def _documents(value: object) -> frozenset[str]:
    """A document's number in the forms in which a record may have it; the record itself decides."""
    if not isinstance(value, str) or not value.strip():
        return frozenset()
    number = value.strip()
    return frozenset({number, normal_form(DocumentType.USCC, number), normal_form(DocumentType.OTHER, number)})


def _domains(value: object) -> frozenset[str]:
    domains = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(domain_defect(domain)[0] for domain in domains if isinstance(domain, str) and domain.strip())
