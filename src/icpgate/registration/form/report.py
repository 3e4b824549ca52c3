"""Collects what an examination finds, each thing at its place and in the order of the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.registration.form.fields import field_at, root_field
from icpgate.registration.form.texts import FormDefect, Said, Severity, defect_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NOTHING", "Report", "same"]

NOTHING: Final = Said("", "")
_LAST: Final = 1_000_000


def same(text: str) -> Said:
    """A text that is the same in both languages."""
    return Said(text, text)


class Report:
    """What was found so far."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._found: dict[Severity, list[FormDefect]] = {severity: [] for severity in Severity}
        self._places: set[str] = set()

    def add(
        self, code: str, pointer: str, *, found: Said = NOTHING, expected: Said = NOTHING, hint: Said = NOTHING
    ) -> None:
        """Say one thing; the field's name is filled in from the pointer."""
        text = defect_texts()[code]
        field = field_at(pointer)
        values = {"field": Said(field.en, field.zh), "found": found, "expected": expected, "hint": hint}
        self._found[text.severity].append(text.filled(pointer, values))
        if text.severity is Severity.DEFECT:
            self._places.add(pointer)

    def has(self, pointer: str) -> bool:
        """Whether a defect is there, or somewhere below."""
        return any(place == pointer or place.startswith(f"{pointer}/") for place in self._places)

    def listed(self, severity: Severity) -> tuple[FormDefect, ...]:
        """All of one severity, in the order of the form."""
        return tuple(sorted(self._found[severity], key=lambda each: tuple(_order(each.pointer))))


def _order(pointer: str) -> Iterator[int]:
    """Where a pointer stands in the form; what the form does not have comes last in its object."""
    at = root_field()
    for segment in pointer.split("/")[1:]:
        if at.type == "list":
            yield int(segment)
            at = at.children["*"]
            continue
        names = list(at.children)
        if segment not in at.children:
            yield _LAST
            return
        yield names.index(segment)
        at = at.children[segment]
