"""
What a registry is to a lookup: an id, what it can do, and a flow that answers a batch of queries.

A registry says *not registered* only where it is authoritative and inside its scope. Whatever
else happens is `Unavailable` with its why. `LookupClient` holds it to that.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from icpgate.answer import ByDocument, ByDomain, ByNumber
from icpgate.lookup.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Observation, Query
    from icpgate.lookup.steps import Flow

__all__ = ["Capabilities", "Registry", "shut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """
    What a registry can be asked by, and what its answers are worth.

    `authoritative`: it may say *not registered*, about numbers inside `scope`. `contains` names
    the fields of a record that it has at all; None means that it does not say. `quick`: it answers
    from this machine in microseconds, so it is asked in place and never through a cache. `batches`: many
    queries are one request to it, so they are asked together; otherwise each is asked for itself, and
    its answer is there when it comes.
    """

    by_number: bool = True
    by_document: bool = False
    by_domain: bool = False
    authoritative: bool = False
    scope: Scope = field(default_factory=lambda: Scope.parse("all"))
    cacheable: bool = True
    contains: frozenset[str] | None = None
    quick: bool = False
    batches: bool = False

    @property
    def queries(self) -> tuple[type[Query], ...]:
        """The kinds of query that it can be asked."""
        able = ((self.by_number, ByNumber), (self.by_document, ByDocument), (self.by_domain, ByDomain))
        return tuple(kind for can, kind in able if can)


@runtime_checkable
class Registry(Protocol):
    """
    Any place that can be asked about registrations.

    A registry that holds files or connections also has `close()`, which may be called twice.
    """

    @property
    def id(self) -> str:
        """Its name in evidence, such as `snapshot:registry.icpdb`; no secrets, no folders."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; may change when its content does."""
        ...

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Answer every query, in order. Should not raise; what it raises becomes *unavailable*."""
        ...


def shut(registry: Registry) -> None:
    """Let a registry go of what it holds."""
    with suppress(Exception):  # what a registry fails to close cannot be helped here
        close = getattr(registry, "close", None)
        if close is not None:
            close()
