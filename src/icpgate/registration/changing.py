"""What a change may change: held against the registration that it is about, before anybody reviews it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.registration.form.examining import read_form
from icpgate.registration.keeping import domicile_of
from icpgate.registration.refusals import RegistrationError
from icpgate.registration.states import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.jsontext import Json
    from icpgate.registration.form.values import Form, FormPlatform

__all__ = ["refuse_other_purpose"]


def refuse_other_purpose(purpose: Purpose, old: Mapping[str, Json], new: Mapping[str, Json]) -> None:
    """
    Raises `RegistrationError` where a complete form is not what the purpose is for.

    A change keeps kind, operator (by its document) and province; an added platform leaves name and the platforms there
    are as they were; a change of operator has another operator.
    """
    before, after = read_form(old), read_form(new)
    if before.app.kind is not after.app.kind:
        raise _refused("/app/kind", "another kind", "it is another registration")
    is_same = before.operator.document_number == after.operator.document_number
    if purpose is Purpose.CHANGE_OPERATOR:
        if is_same:
            raise _refused("/operator/document_number", "the operator is the same", "purpose change")
        return
    if not is_same:
        raise _refused("/operator/document_number", "another operator", "purpose change_operator gives a new number")
    if domicile_of(old) != domicile_of(new):
        raise _refused("/operator/region", "another province", "there it is registered anew")
    if purpose is Purpose.ADD_PLATFORM:
        _refuse_other_addition(before, after)


def _refuse_other_addition(before: Form, after: Form) -> None:
    if before.app.name != after.app.name:
        raise _refused("/app/name", "not as registered", "purpose change")
    old, new = [*map(_identity, before.app.platforms)], [*map(_identity, after.app.platforms)]
    if not all(platform in new for platform in old):
        raise _refused("/app/platforms", "a platform that is registered was changed or left out", "purpose change")
    if len(new) <= len(old):
        raise _refused("/app/platforms", "no platform was added", "purpose change")


def _identity(platform: FormPlatform) -> tuple[object, ...]:
    return platform.platform, platform.package, platform.signing_certificate, platform.public_key


def _refused(pointer: str, message: str, hint: str) -> RegistrationError:
    return RegistrationError(f"{pointer}: {message}", hint=hint, code="registration.change")
