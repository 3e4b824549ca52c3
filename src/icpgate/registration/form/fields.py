"""Every field of the registration form as data (`fields.toml`): the reader, the schema and the page follow from it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FormField", "field_at", "form_fields", "root_field"]

ANY: Final = "*"
"""Stands for any position of a list."""


@dataclass(slots=True)
class FormField:
    """
    One field. `type` is object, list, text, date or sha256; `needed` is always, app, hosted or no.

    `most` bounds the characters of a text or the items of a list. Of a list that is needed, `least` 0 says that an
    empty one is the statement that there are none. What stands in a `private` field no message repeats.
    """

    pointer: str
    en: str
    zh: str
    type: str
    needed: str
    most: int = 64
    least: int = 1
    private: bool = False
    said: bool = False
    lines: bool = False
    example: str = ""
    source: str = ""
    children: dict[str, FormField] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the pointer."""
        return self.pointer.rpartition("/")[2]


@cache
def root_field() -> FormField:
    """The form itself."""
    root = FormField("", "the form", "登记表", "object", "always")
    rows = tomllib.loads(files("icpgate.registration").joinpath("fields.toml").read_text(encoding="utf-8"))
    for pointer, row in rows.items():
        parent = _walk(root, pointer.split("/")[1:-1])
        child = FormField(pointer, **{"private": parent.private} | row)
        parent.children[child.name] = child
    return root


def _walk(at: FormField, segments: list[str]) -> FormField:
    for segment in segments:
        at = at.children[segment]
    return at


def field_at(pointer: str) -> FormField:
    """The field that a pointer into a form names, or the nearest one around it."""
    at = root_field()
    for segment in pointer.split("/")[1:]:
        below = at.children.get(ANY if at.type == "list" else segment)
        if below is None:
            return at
        at = below
    return at


def form_fields() -> Iterator[FormField]:
    """Every field in the order of the form, without the form itself."""
    yield from _below(root_field())


def _below(at: FormField) -> Iterator[FormField]:
    for child in at.children.values():
        yield child
        yield from _below(child)
