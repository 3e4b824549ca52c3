"""
What a gatekeeper hands in, read into frozen values with every defect named at once.

The base of `App` and its parts. pydantic reads the structure; its own error never leaves.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from icpgate.errors import Defect, InvalidApp, nearest, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

__all__ = ["Given", "Text", "defect", "text_of"]


def defect(code: str, message: str, *, expected: str = "", hint: str = "") -> PydanticCustomError:
    """What a validator raises: the parts of a `Defect` without its place, which pydantic adds."""
    return PydanticCustomError("app", "{message}", {"code": code, "message": message, "expected": expected, "hint": hint})


def text_of(value: object, code: str) -> str:
    """`value` as text, or a defect: nothing is converted, and nothing invisible gets in."""
    if not isinstance(value, str):
        raise defect("app.type", f"{type(value).__name__} given", expected="text")
    return _visible(value, code)


def _visible(value: str, code: str = "app.value") -> str:
    for position, character in enumerate(value):
        if unicodedata.category(character) in {"Cc", "Cf", "Cs"}:
            message = f"U+{ord(character):04X} at character {position + 1} of {quote(value)}"
            raise defect(code, message, expected="visible characters only", hint="remove that character")
    return value


Text = Annotated[
    str,
    StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=256),
    AfterValidator(_visible),
]
"""A text as a gatekeeper's form has it: 1 to 256 visible characters."""


class Given(BaseModel):
    """
    A frozen value from outside.

    `X(...)` and `X.parse(mapping)` raise `InvalidApp` with every defect. Unknown fields are
    defects, because a misspelt field is a fact that silently would not be checked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)

    if not TYPE_CHECKING:

        def __init__(self, /, **data: object) -> None:
            try:
                self.__pydantic_validator__.validate_python(data, self_instance=self)
            except ValidationError as error:
                raise _invalid(type(self), error) from None

        # Nested values are then read by pydantic itself, so that all defects arrive together.
        __init__.__pydantic_base_init__ = True

    @classmethod
    def parse(cls, mapping: Mapping[str, object]) -> Self:
        """Read decoded JSON or any mapping; raises `InvalidApp` with every defect."""
        if not hasattr(mapping, "keys"):
            given = Defect("app.type", "", f"{type(mapping).__name__} given", "an object with named fields")
            raise InvalidApp([given], what=cls.__name__)
        try:
            return cls.model_validate(dict(mapping))
        except ValidationError as error:
            raise _invalid(cls, error) from None


_TYPE_NAMES: Final = {
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "date_type": "a date such as 2023-08-31",
    "date_parsing": "a date such as 2023-08-31",
    "date_from_datetime_parsing": "a date such as 2023-08-31",
    "tuple_type": "a list",
    "model_type": "an object with named fields",
    "model_attributes_type": "an object with named fields",
}


def _invalid(model: type[BaseModel], error: ValidationError) -> InvalidApp:
    details = error.errors(include_url=False, include_input=True)
    return InvalidApp([_defect(model, detail) for detail in details], what=model.__name__.lower())


def _defect(model: type[BaseModel], detail: ErrorDetails) -> Defect:
    place = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in detail["loc"])
    kind = detail["type"]
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "app":
        return Defect(context["code"], place, context["message"], context["expected"], context["hint"])
    if kind == "missing":
        return Defect("app.missing", place, "missing", "a value", f"add {place.rsplit('/', 1)[-1]}")
    if kind == "extra_forbidden":
        return _unknown(model, detail, place)
    if kind in _TYPE_NAMES:
        return Defect("app.type", place, f"{type(detail['input']).__name__} given", _TYPE_NAMES[kind])
    return Defect("app.value", place, f"{quote(detail['input'])} given", detail["msg"])


def _unknown(model: type[BaseModel], detail: ErrorDetails, place: str) -> Defect:
    """A misspelt field, with the field of that very object it is nearest to."""
    owner: type[BaseModel] | None = model
    for part in detail["loc"][:-1]:
        owner = _model_at(owner, part) if owner is not None else None
    known = sorted(owner.model_fields) if owner is not None else []
    suggestion = nearest(str(detail["loc"][-1]), known)
    hint = f"did you mean {suggestion}?" if suggestion else "remove it"
    return Defect("app.unknown_field", place, "unknown field", f"one of {', '.join(known)}", hint)


def _model_at(owner: type[BaseModel], part: int | str) -> type[BaseModel] | None:
    if isinstance(part, int):
        return owner
    field = owner.model_fields.get(part)
    return _model_in(field.annotation) if field is not None else None


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model that an annotation such as `tuple[PreApproval, ...] | None` holds, if any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
