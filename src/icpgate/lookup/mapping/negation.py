"""Whether an explicit *no* counts: only from a complete source, about what it is complete for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.answer import ByNumber, NotRegistered, Unavailable, Why

if TYPE_CHECKING:
    from icpgate.answer import Query
    from icpgate.lookup.mapping.model import ApiMapping
    from icpgate.lookup.scope import Scope

__all__ = ["counted_no"]


def counted_no(mapping: ApiMapping, query: Query, stated: Scope) -> NotRegistered | Unavailable:
    """
    The *no* of a source that states this scope, or why it is none.

    A scope is about numbers: for anything else only a source that is complete for all counts.
    """
    if not mapping.authoritative:
        return Unavailable(Why.NOT_LISTED, "a no, but the source does not count as complete")
    scopes = (mapping.scope, stated)
    covered = (
        all(scope.covers(query.number) for scope in scopes)
        if type(query) is ByNumber
        else all(scope.is_all for scope in scopes)
    )
    return NotRegistered(str(stated)) if covered else Unavailable(Why.NOT_COVERED, f"a no outside the scope {stated}")
