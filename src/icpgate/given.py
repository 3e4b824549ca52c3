"""
What a gatekeeper hands in, read into frozen values with every defect named at once.

- The base of `App` and its parts: pydantic reads the structure, and its own error never leaves.
- Strict: nothing is converted, so that true is no text and 12.0 no whole number.
- Everything mutable is copied before it is looked at; what the caller does to it later changes nothing.
- No message repeats a text that may name a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from icpgate.errors import Defect, InvalidApp, nearest, shown
from icpgate.jsontext import loads

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema, ErrorDetails

__all__ = ["MAX_LISTED", "Day", "Given", "ReadAs", "Text", "TextReader", "defect", "listed"]

MAX_LISTED: Final = 1_000
"""More domains, addresses or certificates than any real app has; a longer list is a mistake."""

MAX_DEPTH: Final = 8
"""Twice as deep as an app is; below that nothing can be right, and nothing is copied."""

MAX_VALUES: Final = 100_000
"""Ten times what the largest app has, and a bound for what contains itself."""


def defect(code: str, message: str, *, expected: str = "", hint: str = "") -> PydanticCustomError:
    """What a validator raises: the parts of a `Defect` without its place, which pydantic adds."""
    parts = {"code": code, "message": message, "expected": expected, "hint": hint}
    return PydanticCustomError("app", "{message}", parts)


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class TextReader:
    """
    Reads one text of a form: no blanks around it, not empty, not too long, nothing invisible.

    `as_typed` keeps the text as it is and only bounds its length: judging it is for the rules.
    """

    code: str
    longest: int = 256
    as_typed: bool = False

    def __call__(self, value: object) -> str:
        """The text, or a defect; a blank that is not the usual one may stand inside."""
        if not isinstance(value, str):
            raise defect("app.type", f"{type(value).__name__} given", expected="text")
        text = str.__str__(value)
        if not self.as_typed:
            text = text.strip()
        if len(text) > self.longest:
            raise defect(self.code, f"{len(text):,} characters", expected=f"at most {self.longest:,}")
        if not self.as_typed:
            self._refuse_unseen(text)
        return text

    def _refuse_unseen(self, text: str) -> None:
        if not text:
            raise defect(self.code, "empty", expected=f"1 to {self.longest:,} characters")
        if text.isprintable():
            return
        for position, character in enumerate(text, start=1):
            if unicodedata.category(character) in _UNSEEN:
                message = f"U+{ord(character):04X} at character {position}"
                raise defect(self.code, message, expected="visible characters only", hint="remove that character")


Text = Annotated[str, BeforeValidator(TextReader("app.value"))]
"""A text as a gatekeeper's form has it: 1 to 256 visible characters."""


def listed(value: object) -> tuple[object, ...]:
    """The items of a list; nothing else is one, because only a list has an order and an end."""
    if not isinstance(value, (list, tuple)):
        raise defect("app.type", f"{type(value).__name__} given", expected="a list")
    if len(value) > MAX_LISTED:
        raise defect("app.value", f"{len(value):,} entries", expected=f"at most {MAX_LISTED:,}")
    return tuple(value)


_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: object) -> date:
    expected = "a day such as 2023-08-31"
    if type(value) is date:
        return value
    if not isinstance(value, str):
        raise defect("app.type", f"{type(value).__name__} given", expected=expected)
    try:
        return date.fromisoformat(value.strip() if _DAY.fullmatch(value.strip()) else "")
    except ValueError:
        raise defect("app.value", f"{shown(value)} is not a day", expected=expected) from None


Day = Annotated[date, BeforeValidator(_day)]
"""A day: not a moment, which would need a zone, and not a number."""


@dataclass(frozen=True, slots=True)
class ReadAs:
    """
    Marks a value that is no model itself but read as one, so that defects name its own fields.

    `before` makes other notations the model's mapping, `after` makes the value of the model.
    """

    model: type[BaseModel]
    before: Callable[[object], object]
    after: Callable[[Any], object]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The model's own schema between the two."""
        from pydantic_core import core_schema  # noqa: PLC0415 -- pydantic has loaded it by now

        inner = core_schema.no_info_before_validator_function(self.before, handler.generate_schema(self.model))
        return core_schema.no_info_after_validator_function(self.after, inner)


class Given(BaseModel):
    """
    A frozen value from outside.

    `X(...)`, `X.parse(mapping)` and the `model_validate` methods raise `InvalidApp` with every
    defect. Unknown fields are defects, because a misspelt field is a fact that silently would not
    be checked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)

    if not TYPE_CHECKING:  # pragma: no branch -- a type checker sees pydantic's own signatures

        def __init__(self, /, **data: object) -> None:
            """See the class."""
            try:
                self.__pydantic_validator__.validate_python(_plain(type(self), data), self_instance=self)
            except ValidationError as error:
                raise _invalid(type(self), error) from None

        # Nested values are then read by pydantic itself, so that all defects arrive together.
        __init__.__pydantic_base_init__ = True

        def __setattr__(self, name: str, value: object) -> NoReturn:
            """As every value of icpgate: frozen, with the standard library's error."""
            raise FrozenInstanceError(f"cannot assign to field {name!r}")

        def __delattr__(self, name: str) -> NoReturn:
            """As `__setattr__`."""
            raise FrozenInstanceError(f"cannot delete field {name!r}")

        @classmethod
        def model_validate(cls, obj: object, **_: object) -> Self:
            """As `parse`; pydantic's options change nothing."""
            return obj if isinstance(obj, cls) else cls.parse(obj)

        @classmethod
        def model_validate_strings(cls, obj: object, **_: object) -> Self:
            """As `parse`: a text is not converted here either."""
            return cls.parse(obj)

        @classmethod
        def model_validate_json(cls, json_data: str | bytes | bytearray, **_: object) -> Self:
            """As `parse` of what `icpgate.jsontext.loads` reads; raises `InvalidJson` as that does."""
            return cls.parse(loads(bytes(json_data) if isinstance(json_data, bytearray) else json_data))

    @classmethod
    def parse(cls, mapping: Mapping[str, object]) -> Self:
        """
        Read decoded JSON or any mapping; raises `InvalidApp` with every defect, and nothing else.

        From JSON text comes `icpgate.jsontext.loads` first, which refuses duplicate keys.
        """
        try:
            parsed: Self = cls.__pydantic_validator__.validate_python(_plain(cls, mapping))
        except ValidationError as error:
            raise _invalid(cls, error) from None
        return parsed


def _plain(model: type[BaseModel], mapping: object) -> dict[str, object]:
    """A copy of the mapping in plain dictionaries and lists; raises `InvalidApp` when it cannot be copied."""
    try:
        if hasattr(mapping, "keys"):
            return _Copier().fields(mapping)  # type: ignore[arg-type]  # what has keys, dict() takes or refuses
    except _TooLargeError:
        raise _unreadable(model, f"more than {MAX_VALUES:,} values") from None
    except Exception as error:  # noqa: BLE001 -- a mapping may raise anything when it is read
        raise _unreadable(model, f"{type(mapping).__name__} that raises {type(error).__name__}") from None
    raise _unreadable(model, f"{type(mapping).__name__} given")


def _unreadable(model: type[BaseModel], message: str) -> InvalidApp:
    return InvalidApp([Defect("app.type", "", message, "an object with named fields")], what=model.__name__)


class _TooLargeError(Exception):
    """More values than are copied."""


class _Copier:
    """Makes plain dictionaries and lists of whatever is like them, and counts."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_VALUES

    def fields(self, mapping: Mapping[object, object], depth: int = 1) -> dict[str, object]:
        """The members under names that are text; a name that is none names no field."""
        members = dict(mapping)
        return {_key(key): self.copied(member, depth) for key, member in members.items()}

    def copied(self, value: object, depth: int) -> object:
        """A copy of what is mutable, other values as they are."""
        self.left -= 1
        if self.left < 0:
            raise _TooLargeError
        if type(value) is str or value is None or depth > MAX_DEPTH:
            return value
        if isinstance(value, (dict, Mapping)):
            return self.fields(value, depth + 1)
        if isinstance(value, (list, tuple)) and len(value) <= MAX_LISTED:
            return [self.copied(item, depth + 1) for item in tuple(value)]
        return value


def _key(key: object) -> str:
    """A name that is no text names no field."""
    return str.__str__(key) if isinstance(key, str) else f"<{shown(key)}>"


_TYPES: Final = {
    "bool_type": "true or false",
    "model_type": "an object with named fields",
    "model_attributes_type": "an object with named fields",
}


def _invalid(model: type[BaseModel], error: ValidationError) -> InvalidApp:
    details = error.errors(include_url=False, include_input=True)
    return InvalidApp([_defect(model, detail) for detail in details], what=model.__name__)


def _defect(model: type[BaseModel], detail: ErrorDetails) -> Defect:
    place = "".join(f"/{shown(part).replace('~', '~0').replace('/', '~1')}" for part in detail["loc"])
    kind = detail["type"]
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "app":
        return Defect(context["code"], place, context["message"], context["expected"], context["hint"])
    if kind == "missing":
        return Defect("app.missing", place, "missing", "a value", f"add {place.rpartition('/')[2]}")
    if kind == "extra_forbidden":
        return _unknown(model, detail, place)
    return Defect("app.type", place, f"{type(detail['input']).__name__} given", _TYPES.get(kind, detail["msg"]))


_ELSEWHERE: Final = {
    "icp_number": "registration_number",
    "record_number": "registration_number",
    "number": "registration_number",
    "beian_number": "registration_number",
    "备案号": "registration_number",
    "bundle_id": "package",
    "package_name": "package",
    "包名": "package",
    "app_name": "name",
    "app_kind": "kind",
    "type": "kind",
    "os": "platform",
    "company": "operator",
    "主办单位": "operator",
    "certificates": "signing_certificates",
    "signature": "signing_certificates",
}
"""What stores and forms call our fields (docs/sources.md, store practice): for the hint alone."""


def _unknown(model: type[BaseModel], detail: ErrorDetails, place: str) -> Defect:
    """A misspelt field, with the field of that very object it is nearest to."""
    owner: type[BaseModel] | None = model
    for part in detail["loc"][:-1]:
        owner = _model_at(owner, part) if owner is not None else None
    known = sorted(owner.model_fields) if owner is not None else []
    word = str(detail["loc"][-1])
    elsewhere = {name: ours for name, ours in _ELSEWHERE.items() if ours in known}
    suggestion = nearest(word, [*known, *elsewhere])
    hint = f"did you mean {elsewhere.get(suggestion, suggestion)}?" if suggestion else "remove it"
    return Defect("app.unknown_field", place, "unknown field", f"one of {', '.join(known)}", hint)


def _model_at(owner: type[BaseModel], part: int | str) -> type[BaseModel] | None:
    if isinstance(part, int):
        return owner
    field = owner.model_fields.get(part)
    return _model_in(field.annotation, *field.metadata) if field is not None else None


def _model_in(annotation: object, *marks: object) -> type[BaseModel] | None:
    """The model that an annotation such as `tuple[PreApproval, ...] | None` holds, if any."""
    for mark in (*marks, *getattr(annotation, "__metadata__", ())):
        if isinstance(mark, ReadAs):
            return mark.model
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, getattr(annotation, "__args__", ()))), None)
