"""What the operations take: one class a body. What a form says is examined by the registration system itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, WithJsonSchema

from icpgate.given import Given, TextReader, defect, listed
from icpgate.registration.application import Subject
from icpgate.registration.states import CANCELLATIONS, CHANGES, Purpose

__all__ = [
    "ApproveBody",
    "CancelBody",
    "ChangeBody",
    "EditBody",
    "EvidenceBody",
    "FormBody",
    "NewBody",
    "NotesBody",
    "ReasonBody",
    "StepBody",
    "VerificationBody",
]

MOST_NOTES: Final = 50
LONGEST_NOTE: Final = 1_000
"""Characters: a note is a sentence or two about one thing; more of them are more notes."""

_MOST_STEPS: Final = 2**31


def _revision(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MOST_STEPS:
        raise defect("request.value", "no revision", expected="a whole number from an application that was read")
    return value


def _form(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise defect("request.type", f"{type(value).__name__} given", expected="a form: an object")
    return value


def _notes(value: object) -> tuple[object, ...]:
    notes = listed(value)
    if len(notes) > MOST_NOTES:
        raise defect("request.value", f"{len(notes)} notes", expected=f"at most {MOST_NOTES}")
    return notes


def _some_notes(value: object) -> tuple[object, ...]:
    notes = _notes(value)
    if not notes:
        raise defect("request.value", "no note", expected="what to put right, a note for each thing")
    return notes


def _is_true(value: object) -> bool:
    if not isinstance(value, bool):
        raise defect("request.type", f"{type(value).__name__} given", expected="true or false")
    return value


def _one_of(*words: str) -> BeforeValidator:
    def read(value: object) -> str:
        if value not in words:
            raise defect("request.value", "an unknown word", expected=f"one of {', '.join(words)}")
        return str(value)

    return BeforeValidator(read)


def _line(longest: int) -> BeforeValidator:
    return BeforeValidator(TextReader("request.value", longest))


_Revision = Annotated[
    int | None,
    BeforeValidator(_revision),
    Field(description="The revision that was looked at; a step of somebody else in between is then refused with 409."),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": _MOST_STEPS - 1}),
]
_Form = Annotated[
    Mapping[str, object],
    BeforeValidator(_form),
    WithJsonSchema({"type": "object"}),
]
_Note = Annotated[str, _line(LONGEST_NOTE), Field(min_length=1, max_length=LONGEST_NOTE)]
_NOTE: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST_NOTE}
_Notes = Annotated[
    tuple[_Note, ...],
    BeforeValidator(_notes),
    WithJsonSchema({"type": "array", "items": _NOTE, "maxItems": MOST_NOTES}),
]
_SomeNotes = Annotated[
    tuple[_Note, ...],
    BeforeValidator(_some_notes),
    WithJsonSchema({"type": "array", "items": _NOTE, "minItems": 1, "maxItems": MOST_NOTES}),
]
_Word = Annotated[str, _line(64), Field(min_length=1, max_length=64)]
_Name = Annotated[str, _line(256), Field(min_length=1, max_length=256)]


class FormBody(Given):
    """A form, to be examined."""

    form: _Form


class NewBody(FormBody):
    """A form, and whose it is when a platform or an access provider hands it in."""

    operator_account: _Word | None = None


class StepBody(Given):
    """A step that needs no word."""

    revision: _Revision = None


class EditBody(StepBody):
    """The form that takes the old one's place, the persons responsible included."""

    form: _Form


class VerificationBody(StepBody):
    """What was verified, how, on which evidence, with which result. The evidence holds no personal data."""

    subject: Annotated[str, _one_of(*Subject), WithJsonSchema({"type": "string", "enum": [*Subject]})]
    method: _Name
    passed: Annotated[bool, BeforeValidator(_is_true)]
    evidence: _Note
    note: _Note | None = None


class NotesBody(StepBody):
    """Why, a note for each thing."""

    notes: _SomeNotes


class ApproveBody(StepBody):
    """The bureau's number and where it was read; neither in a simulated registry, which mints the number."""

    number: _Word | None = None
    evidence: _Note | None = None


class ChangeBody(FormBody):
    """What is to be registered from then on."""

    purpose: Annotated[str, _one_of(*sorted(CHANGES)), WithJsonSchema({"type": "string", "enum": sorted(CHANGES)})] = (
        Purpose.CHANGE.value
    )


class CancelBody(Given):
    """What is to be cancelled: the service, the entity with all its services, or one provider's access."""

    purpose: Annotated[
        str, _one_of(*sorted(CANCELLATIONS)), WithJsonSchema({"type": "string", "enum": sorted(CANCELLATIONS)})
    ] = Purpose.CANCEL_SERVICE.value
    access_provider: _Name | None = None
    notes: _Notes = ()


class ReasonBody(Given):
    """Why."""

    reason: _Note


class EvidenceBody(Given):
    """Where somebody looked."""

    evidence: _Note
