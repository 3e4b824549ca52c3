"""
What it means that a source does not have a number: *no*, or nothing.

A source's statement says for which numbers it is about (`scope`) and whether it is complete for
them (`authoritative`). A complete one that lacks a number inside its scope says *no*. One that is
not complete says nothing; outside every scope nobody has looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpgate.answer import NotRegistered, Unavailable, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from icpgate.answer import Answer
    from icpgate.lookup.scope import Scope
    from icpgate.number import RegistrationNumber

__all__ = ["Statement", "absence", "newest_no"]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source states about its own completeness, and when and who it was."""

    scope: Scope
    authoritative: bool
    observed_at: datetime | None = None
    source: str = ""


def newest_no(number: RegistrationNumber, statements: Iterable[Statement]) -> Statement | None:
    """The newest complete source whose scope covers the number: its silence means *no*."""
    covering = (s for s in statements if s.authoritative and s.observed_at is not None and s.scope.covers(number))
    return max(covering, key=_moment, default=None)


def _moment(statement: Statement) -> float:
    assert statement.observed_at is not None  # noqa: S101 -- `newest_no` passes no other
    return statement.observed_at.timestamp()


def absence(
    number: RegistrationNumber, statements: Sequence[Statement], *, has_services: bool
) -> tuple[Answer, Statement | None]:
    """
    What to answer about a number of which there is no record, and whose statement that rests on.

    `has_services`: the number is an entity's, and services of that entity are recorded. Then the
    entity is registered, although it has no record of its own: never a *no*.
    """
    if has_services:
        return Unavailable(Why.NOT_LISTED, "only services of this entity are listed"), None
    no = newest_no(number, statements)
    if no is not None:
        return NotRegistered(str(no.scope)), no
    if any(statement.scope.covers(number) for statement in statements):
        return Unavailable(Why.NOT_LISTED, "not found, and the source does not claim to be complete"), None
    scopes = " or ".join(dict.fromkeys(str(statement.scope) for statement in statements))
    return Unavailable(Why.NOT_COVERED, f"outside the scope {scopes}" if scopes else "the registry is empty"), None
