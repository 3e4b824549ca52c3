"""
What is seen of a case at a glance, and which rules that settles without asking them.

- A fact is a bit; `icpgate.rules.glance` finds all facts of a case in one look.
- `check` alone says what a rule demands. Above it stands which facts settle it: where one of them
  holds, `check` would return the finding that is named there. A test compares the two.
- Whoever replaces `check`, in a subclass for example, has a rule that is always asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.rules.rule import Finding

__all__ = [
    "ACCESS_OPEN",
    "BY_CERTIFICATE",
    "BY_NAMES",
    "DOCUMENT_NOT_GIVEN",
    "FORM_WITHOUT_KEY",
    "KEY_NOT_IN_SOURCE",
    "KIND_AGREES",
    "LINKED",
    "NOTHING_BINDS",
    "NOTHING_SHOWN",
    "NOTHING_TO_CONNECT",
    "NOT_BLACKLISTED",
    "NOT_LOOKED_AT",
    "NOT_STALE",
    "NO_DECLARATION",
    "NO_HOST",
    "NO_LINK",
    "NO_NUMBER",
    "NO_RECORD",
    "NO_SECTORS",
    "OTHER_CERTIFICATE",
    "OTHER_NAME",
    "OTHER_OPERATOR",
    "OTHER_PACKAGE",
    "READ",
    "REAL",
    "RECORD",
    "REGISTERED",
    "SAME_CERTIFICATE",
    "SAME_DOCUMENT",
    "SAME_NAME",
    "SAME_OPERATOR",
    "SAME_PACKAGE",
    "SHOWN",
    "STATED",
    "YOUNG",
    "settled_by",
    "settling",
]

# Plain numbers: an operation on members of a Flag costs more than the check that it would spare.
# The number: there is a text, it was read, it is a service's of the app's kind and the record's.
STATED: Final = 1 << 0
READ: Final = 1 << 1
NO_NUMBER: Final = 1 << 2
KIND_AGREES: Final = 1 << 3

# The record: it may be believed, and nothing in it speaks against the app.
RECORD: Final = 1 << 4
NO_RECORD: Final = 1 << 5
REGISTERED: Final = 1 << 6
NOT_BLACKLISTED: Final = 1 << 7
ACCESS_OPEN: Final = 1 << 8
REAL: Final = 1 << 9
YOUNG: Final = 1 << 10
NOT_STALE: Final = 1 << 11

# What app and record have in common. Of the certificate and the names also whether they bind.
SAME_NAME: Final = 1 << 12
SAME_OPERATOR: Final = 1 << 13
SAME_DOCUMENT: Final = 1 << 14
SAME_PACKAGE: Final = 1 << 15
SAME_CERTIFICATE: Final = 1 << 16
BY_CERTIFICATE: Final = 1 << 17
BY_NAMES: Final = 1 << 18
KEY_NOT_IN_SOURCE: Final = 1 << 19
FORM_WITHOUT_KEY: Final = 1 << 20

# The app: it shows number and link as they are, and nothing else is demanded of it.
SHOWN: Final = 1 << 21
LINKED: Final = 1 << 22
NO_SECTORS: Final = 1 << 23
NO_DECLARATION: Final = 1 << 24
NOTHING_TO_CONNECT: Final = 1 << 25
NO_HOST: Final = 1 << 26

# What is amiss; behind all others, because numbers of more than 30 bits are slower.
NOT_LOOKED_AT: Final = 1 << 27
NOTHING_BINDS: Final = 1 << 28
DOCUMENT_NOT_GIVEN: Final = 1 << 29
NOTHING_SHOWN: Final = 1 << 30
NO_LINK: Final = 1 << 31
OTHER_NAME: Final = 1 << 32
OTHER_OPERATOR: Final = 1 << 33
OTHER_PACKAGE: Final = 1 << 34
OTHER_CERTIFICATE: Final = 1 << 35

_Check = TypeVar("_Check", bound="Callable[..., Finding]")


@dataclass(frozen=True, slots=True)
class _Settling:
    """Findings that a rule keeps ready, by name, each with the facts of which any one leads to it."""

    findings: tuple[tuple[str, int], ...]
    where: Callable[[Any], bool] | None
    idle: Callable[[Any], bool] | None


_BY_CHECK: Final[dict[object, _Settling]] = {}
"""By the function itself, so that one that stands in its place settles nothing."""


def settled_by(
    *, where: Callable[[Any], bool] | None = None, idle: Callable[[Any], bool] | None = None, **findings: int
) -> Callable[[_Check], _Check]:
    """
    Say above a rule's `check` by which facts it is settled.

    Each keyword names a finding that the rule has ready, such as `passed`, and has the facts of which
    any one is enough. `where` tells with which parameters that is so; with others it is asked. `idle` tells
    with which it demands nothing of anybody: then it is never applicable.
    """

    def keep(check: _Check) -> _Check:
        _BY_CHECK[check] = _Settling(tuple(findings.items()), where, idle)
        return check

    return keep


def settling(rule: object) -> tuple[tuple[int, Finding], ...]:
    """The facts that settle a rule with these parameters, and the finding to which they lead."""
    known = _BY_CHECK.get(getattr(type(rule), "check", None))
    if known is None or (known.where is not None and not known.where(rule)):
        return ()
    if known.idle is not None and known.idle(rule):
        return ((RECORD | NO_RECORD, rule.not_applicable),)  # type: ignore[attr-defined]  # a demand has it
    return tuple((facts, getattr(rule, name)) for name, facts in known.findings)
