"""
What a mapping says, once its file was read: a tree of frozen values. `docs/json-api.md` explains each.

Made by `loading`, which alone checks that the parts fit each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from icpgate.answer import ByDocument, ByDomain, ByNumber, Why
from icpgate.lookup.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timezone

    from icpgate.answer import Query
    from icpgate.lookup.mapping.literals import Literal, LiteralTable
    from icpgate.lookup.mapping.pointer import Pointer
    from icpgate.lookup.mapping.template import Template

__all__ = [
    "NOT_REGISTERED",
    "ApiMapping",
    "Ask",
    "Batch",
    "Body",
    "Check",
    "Echo",
    "Epoch",
    "Field",
    "Form",
    "Platforms",
    "Records",
]

NOT_REGISTERED: Final = "not_registered"
"""What a status may mean beside the words of `RegistrationStatus`."""


class Form(StrEnum):
    """Whose words the answers are in: the mapping's, or the registry protocol's."""

    MAPPED = "mapped"
    ICPGATE = "icpgate"


class Epoch(StrEnum):
    """A moment as a number: seconds or milliseconds since 1970."""

    SECONDS = "epoch"
    MILLISECONDS = "epoch_ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """
    One kind of request.

    `json` is a JSON value in which texts are templates. `kinds` is what the API calls each kind of
    service, for `{kind}`; the word `entity` is for a number without a service.
    """

    method: str
    path: Template
    query: tuple[tuple[str, Template], ...] = ()
    headers: tuple[tuple[str, Template], ...] = ()
    json: object = None
    form: tuple[tuple[str, Template], ...] = ()
    kinds: Mapping[str, Literal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """The address that takes several queries of the registry protocol at once, and how many."""

    ask: Ask
    at_most: int


@dataclass(frozen=True, slots=True)
class Body:
    """How a body is read: the charset when none is declared, and whether JSON may call itself HTML."""

    charset: str = "utf-8"
    json_as_html: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """
    A place that says whether the answer may be looked at; None means that it may.

    `other` is for a value that is not listed; with `accuses` such a value says nothing. A text that is
    not listed and has one of the `fragments` in it means what the first of them does: a why, never *ok*.
    """

    at: Pointer
    table: LiteralTable[Why | None]
    other: Why
    accuses: bool
    null: Why | None
    missing: Why | None
    fragments: tuple[tuple[str, Why], ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """
    Where the records are: one object, or a list with perhaps a place that says how many there are in all.

    `is_either`: a list, or one object in its place.
    """

    at: Pointer
    is_list: bool
    total: Pointer | None = None
    failures: frozenset[str] = frozenset()
    is_either: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """
    One field of a record: a constant, or what stands at a pointer after decoding.

    `of_answer`: the pointer starts at the answer, not at the row. `absent` are texts of a number field
    that mean *nothing here*. `unechoed`: where the answer does not repeat the domain that was asked,
    it is believed to be about it.
    """

    name: str
    at: Pointer | None = None
    of_answer: bool = False
    constant: Literal | None = None
    table: LiteralTable[Literal] | None = None
    other: Why = Why.SCHEMA
    is_base64: bool = False
    split: str = ""
    time: timezone | Epoch | None = None
    required: bool = False
    absent: frozenset[str] = frozenset()
    unechoed: bool = False


@dataclass(frozen=True, slots=True)
class Platforms:
    """The platforms of a record: one in the row itself, or one for each item of a list in it."""

    fields: tuple[Field, ...]
    rows: Pointer | None = None


@dataclass(frozen=True, slots=True)
class Echo:
    """Where the answer repeats what was asked; every field is read from the answer, not from a row."""

    number: Field | None = None
    document_number: Field | None = None
    package: Field | None = None
    domain: Field | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiMapping:
    """
    One API. Which queries it can be asked follows from `asks` and `batch`.

    `secrets` are as the file has them: a text, `env:NAME` or `file:PATH`; `repr` leaves them out, and the `url`,
    which is not looked at here and may have a password in it that does not belong there.
    `needs` are those that a request has a place for, and whether it can do without.
    """

    name: str
    form: Form = Form.MAPPED
    id: str = ""
    url: str = field(default="", repr=False)
    source: str = ""
    insecure_http: bool = False
    authoritative: bool = False
    scope: Scope = field(default_factory=lambda: Scope.parse("all"))
    cacheable: bool = True
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    needs: Mapping[str, bool] = field(default_factory=dict)
    asks: Mapping[type[Query], Ask] = field(default_factory=dict)
    batch: Batch | None = None
    body: Body = field(default_factory=Body)
    checks: tuple[Check, ...] = ()
    records: Records | None = None
    echo: Echo = field(default_factory=Echo)
    fields: Mapping[str, Field] = field(default_factory=dict)
    platforms: Platforms | None = None

    @property
    def kinds(self) -> frozenset[type[Query]]:
        """The kinds of query that it can be asked."""
        return frozenset({ByNumber, ByDocument, ByDomain} if self.batch is not None else self.asks)

    @property
    def says_no(self) -> bool:
        """Whether some literal of it means *not registered*."""
        status = self.fields.get("status")
        return status is not None and status.table is not None and NOT_REGISTERED in status.table.meanings.values()

    @property
    def contains(self) -> frozenset[str] | None:
        """The fields that its records have at all; None when the answers are in our own words."""
        if self.form is Form.ICPGATE:
            return None
        platforms = {"platforms"} if self.platforms is not None else set()
        return frozenset({*self.fields, *platforms, "observed_at", "source", "origin"})
