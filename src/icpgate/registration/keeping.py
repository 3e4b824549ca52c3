"""
What the system keeps of a form: plain JSON without the persons responsible, who are sealed beside it.

A draft may be incomplete and wrong, but it is bounded, and it is JSON. Texts of people who take steps are bounded
too, and hold nothing invisible.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from icpgate.jsontext import InvalidJson, loads
from icpgate.registration.application import Actor
from icpgate.registration.form.fields import FormField, root_field
from icpgate.registration.provinces import province_of
from icpgate.registration.refusals import NotAllowed, PersonsRefused, RegistrationError
from icpgate.registration.states import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from icpgate.jsontext import Json
    from icpgate.registration.persons import Vault
    from icpgate.registration.storage import Kept

__all__ = ["Form", "acting", "digest_of", "domicile_of", "keep", "notes_of", "plain", "text_of", "whole"]

MAX_FORM: Final = 262_144
"""Characters of a form as JSON; a form with a thousand domains has a tenth."""

MAX_NOTE: Final = 2_000
MAX_NOTES: Final = 50

Form = dict[str, "Json"]
_PERSONS: Final = "persons"


def plain(form: object) -> Form:
    """A form as plain JSON, copied; raises `RegistrationError` when it is none. Whether it is complete is not asked."""
    try:
        text = json.dumps(form, allow_nan=False, ensure_ascii=False)
        value = loads(text, max_characters=MAX_FORM)
    except InvalidJson as error:
        raise RegistrationError(f"the form: {error.message}", hint=error.hint, code="registration.form") from None
    except (TypeError, ValueError, RecursionError, RuntimeError):
        message = "the form is not what JSON can hold"
        raise RegistrationError(
            message, hint="an object of texts, lists and objects", code="registration.form"
        ) from None
    if not isinstance(value, dict):
        message = f"the form is {type(form).__name__}"
        raise RegistrationError(message, hint="an object with named fields is expected", code="registration.form")
    return value


def keep(kept: Kept, form: Form, vault: Vault | None) -> Kept:
    """
    The application with this form; a form without persons leaves those that are kept.

    A field that no form has is refused, wherever it is: persons under a misspelt name would be there for everybody to
    read.
    """
    for place, known in _strangers(form, root_field(), ""):
        message = f"the form has a field that no form has, in {place or 'the form itself'}"
        hint = f"there are {', '.join(known)}" if known else "a value is expected there, not an object"
        raise RegistrationError(message, hint=hint, code="registration.form")
    open_form = {name: value for name, value in form.items() if name != _PERSONS}
    kept = replace(kept, form=open_form, province=domicile_of(open_form))
    persons = form.get(_PERSONS)
    if persons is not None:
        if not isinstance(persons, dict):
            message = "persons: an object with the parts entity and app is expected"
            raise RegistrationError(message, hint="see docs/form.md", code="registration.form")
        sealed = _vault(vault).seal(persons, kept.id)
        kept = replace(kept, persons=sealed, persons_of=kept.id, persons_kept=_parts(persons))
    return replace(kept, form_digest=digest_of(open_form, kept.persons))


def _strangers(value: Json, at: FormField, place: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each object that has a field too many: its place, and the fields that it may have. Persons are sealed as is."""
    if at.pointer == f"/{_PERSONS}":
        return
    if isinstance(value, list):
        below = at.children.get("*", _VALUE) if at.type == "list" else _VALUE
        for position, item in enumerate(value):
            yield from _strangers(item, below, f"{place}/{position}")
    elif isinstance(value, dict):
        known = at.children if at.type == "object" else {}
        if not value.keys() <= known.keys():
            yield place, tuple(known)
            return
        for name, member in value.items():
            yield from _strangers(member, known[name], f"{place}/{name}")


_VALUE: Final = FormField("", "", "", "text", "no")
"""Where no field is: nothing below it has a name."""


def _parts(persons: Mapping[str, Json]) -> tuple[str, ...]:
    """Which persons are kept; a name that is none of the form's could be a person's own."""
    return tuple(part for part in ("entity", "app") if part in persons)


def whole(kept: Kept, vault: Vault | None) -> Form:
    """The form with its persons, for an examination and for nothing else."""
    if kept.persons is None:
        return dict(kept.form)
    if kept.form_digest != digest_of(kept.form, kept.persons):
        message = f"{kept.id}: form and persons are not those that were handed in together"
        raise PersonsRefused(message, hint="restore the database")
    persons = _vault(vault).open(kept.persons, kept.persons_of)
    return {**kept.form, _PERSONS: cast("Json", dict(persons))}


def _vault(vault: Vault | None) -> Vault:
    if vault is None:
        message = "the persons responsible are kept encrypted only, and no key was given"
        hint = "icpgate registration key FILE makes one; then ICPGATE_PERSONS_KEY_FILE, or vault=Vault(key)"
        raise PersonsRefused(message, hint=hint)
    return vault


def digest_of(form: Mapping[str, Json], persons: bytes | None) -> str:
    """What a verification is about. Of persons the sealed bytes go in, from which nobody can guess them."""
    text = json.dumps(form, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode() + b"\0" + (persons or b"")).hexdigest()


def domicile_of(form: Mapping[str, Json]) -> str:
    """The abbreviation of the bureau of the operator's domicile; empty where the form does not tell."""
    operator = form.get("operator")
    region = operator.get("region") if isinstance(operator, dict) else None
    return (province_of(region) or "") if isinstance(region, str) else ""


def acting(actor: Actor) -> Actor:
    """The actor, checked for being one."""
    if not isinstance(actor, Actor) or not isinstance(actor.role, Role):
        raise NotAllowed("an actor has a role and a name", hint='Actor(Role.OPERATOR, "…")')
    return replace(actor, name=text_of(actor.name, "the actor's name", 256))


def notes_of(notes: Sequence[str]) -> tuple[str, ...]:
    """Why somebody returns or rejects: at least one text."""
    if isinstance(notes, str) or not 1 <= len(notes) <= MAX_NOTES:
        message = "a return or rejection needs its reasons"
        raise RegistrationError(message, hint=f"1 to {MAX_NOTES} notes", code="registration.notes")
    return tuple(text_of(note, "a note", MAX_NOTE) for note in notes)


_UNSEEN: Final = frozenset({"Cc", "Cs", "Cf", "Co"})


def text_of(text: object, what: str, longest: int, *, empty: bool = False) -> str:
    """A text that a person typed: bounded, not empty unless it may be, nothing invisible but line breaks."""
    if not isinstance(text, str):
        raise RegistrationError(
            f"{what}: {type(text).__name__} given", hint="a text is expected", code="registration.value"
        )
    stripped = str.__str__(text).strip()
    if not stripped and not empty:
        raise RegistrationError(f"{what} is missing", hint=f"1 to {longest:,} characters", code="registration.value")
    if len(stripped) > longest:
        message = f"{what}: {len(stripped):,} characters"
        raise RegistrationError(message, hint=f"{0 if empty else 1} to {longest:,}", code="registration.value")
    if any(unicodedata.category(character) in _UNSEEN and character not in "\n\t" for character in stripped):
        raise RegistrationError(f"{what}: an invisible character", hint="remove it", code="registration.value")
    return stripped
