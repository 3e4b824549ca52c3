"""One check of one subject, and how it says what it saw."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, Protocol

from icpgate.chinese import Likeness, compare
from icpgate.errors import shown
from icpgate.registration.application import Verification
from icpgate.registration.form.examining import examine, read_form
from icpgate.registration.keeping import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.registration.application import Subject
    from icpgate.registration.form.values import Form

__all__ = ["UNDECIDED", "Check", "Seen", "is_undecided", "joined", "named", "note_of", "read_parts", "same_name"]

UNDECIDED: Final = "undecided: "
"""Begins the note of a verification that did not pass because nobody could say."""

LONGEST: Final = 1_900
LONGEST_METHOD: Final = 190
"""Characters of evidence and note, and of a method; the registration system keeps 2,000 and 200."""

_ANY_DAY: Final = date(2026, 1, 1)
"""Nothing that operator and app state is right on one day and wrong on another."""


class Check(Protocol):
    """
    Looks at one thing of a form.

    A class attribute `form_only = True` says that it looks at nothing beyond the form: it may then fail its subject,
    but does not pass it alone, because the form was written by who is verified. `reads_persons = True` says that it
    needs the persons responsible: `verify_all` hands them to no other check. `looks_at = frozenset({"domains"})` says
    that of the network it looks at that alone (`domains`, `addresses`); without it a check speaks for its whole
    subject.
    """

    @property
    def subject(self) -> Subject:
        """What the check is about; its verifications are about the same."""
        ...

    def check(self, form: Mapping[str, object]) -> Verification | None:
        """
        What was looked at, and the result; None where the form has nothing of that kind to look at.

        What cannot be found out is not passed: `Seen.open` says so. `verify_all` takes whatever is raised for that.
        """
        ...


class Seen:
    """Collects what one check saw, what it objects to and what it could not find out."""

    def __init__(self, subject: Subject, method: str) -> None:
        """Nothing seen yet; `method` says in a few words how the check looks."""
        self._subject, self._method = subject, method
        self._facts: list[str] = []
        self._objections: list[str] = []
        self._open: list[str] = []

    def fact(self, text: str) -> None:
        """Something that was looked at and is as it should be. No personal data."""
        self._facts.append(text)

    def objection(self, text: str) -> None:
        """Something that is wrong. No personal data."""
        self._objections.append(text)

    def open(self, text: str) -> None:
        """Something that could not be found out. No personal data."""
        self._open.append(text)

    def verification(self) -> Verification:
        """Passed when something was seen, nothing is wrong, and nothing is open."""
        if not self._facts and not self._objections and not self._open:
            self._open.append("nothing was seen")
        return Verification(
            self._subject,
            named(self._method),
            passed=not self._objections and not self._open,
            evidence=joined(self._facts) or "nothing that speaks for it was seen",
            note=note_of(self._objections, self._open),
        )


def note_of(objections: list[str], still_open: list[str]) -> str:
    """What is wrong and what is not known, as one note; `is_undecided` when nothing is wrong."""
    if not still_open:
        return joined(objections)
    not_known = UNDECIDED + joined(still_open)
    return joined([*objections, not_known]) if objections else not_known


def joined(texts: list[str]) -> str:
    """Several texts as one that the registration system keeps: visible characters only, and not too many."""
    return _bounded("; ".join(dict.fromkeys(texts)), LONGEST)


def named(method: str) -> str:
    """A method as the registration system keeps it."""
    return _bounded(method, LONGEST_METHOD).strip() or "not named"


def _bounded(text: str, longest: int) -> str:
    """A hidden character is written as several visible ones, so the length is looked at twice."""
    visible = shown(text, at_most=longest)
    return visible if len(visible) <= longest + 1 else f"{visible[:longest]}…"


def is_undecided(verification: Verification) -> bool:
    """Whether it did not pass only because somebody could not say: looking again may help."""
    return not verification.passed and verification.note.startswith(UNDECIDED)


def read_parts(form: Mapping[str, object], *parts: str) -> tuple[Form, tuple[str, ...]]:
    """
    The form as it can be read, and the place and code of each defect in these parts, such as `/app`.

    What cannot be read is left out of the form, so no check may pass a part that has a defect. Raises
    `RegistrationError` for what is no JSON.
    """
    copied = plain(form)
    defects = [
        f"{defect.pointer or '/'} {defect.code}"
        for defect in examine(copied, today=_ANY_DAY).defects
        if not defect.pointer or any(f"{defect.pointer}/".startswith(f"{part}/") for part in parts)
    ]
    return read_form(copied), tuple(defects)


def same_name(one: object, other: object) -> bool:
    """Whether two names are one and the same, however they are written; a look-alike letter makes another name."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    return compare(one, other) in {Likeness.EXACT, Likeness.NORMALISED}
