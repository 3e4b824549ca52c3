"""The JSON Schema of the registration form, for editors and clients: the shape, and what is needed of which kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.document import DocumentType
from icpgate.number import ServiceKind
from icpgate.registration.form.fields import root_field
from icpgate.registration.form.words import KIND_WORDS, Nature
from icpgate.signing import Platform

if TYPE_CHECKING:
    from icpgate.registration.form.fields import FormField

__all__ = ["form_schema"]

_WORDS: Final = {
    "/operator/nature": tuple(Nature),
    "/operator/document_type": tuple(DocumentType),
    "/persons/entity/document_type": tuple(DocumentType),
    "/persons/app/document_type": tuple(DocumentType),
    "/app/platforms/*/platform": tuple(Platform),
}


def form_schema() -> dict[str, object]:
    """
    The schema (draft 2020-12), whose golden copy is docs/schema/registration-form.schema.json.

    A form that fits it may still have defects: digits, dates and what belongs together are for `examine`. Words of
    other languages that `examine` takes for the listed ones fit it too.
    """
    root = root_field()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Registration form",
        "description": "The Internet Information Service Registration Form of an app, mini program or quick app.",
        **_of(root),
        "allOf": [
            {"if": _if(ServiceKind.APP), "then": _needed(root, "app"), "else": _needed(root, "hosted")},
        ],
    }


def _of(at: FormField) -> dict[str, object]:
    schema: dict[str, object] = {"title": at.en, "description": at.zh} if at.pointer else {}
    if at.type == "object":
        children = at.children.values()
        schema |= {
            "type": "object",
            "properties": {child.name: _of(child) for child in children},
            "required": [child.name for child in children if child.needed == "always"],
            "additionalProperties": False,
        }
    elif at.type == "list":
        least = at.least if at.needed == "always" else 0
        schema |= {"type": "array", "items": _of(at.children["*"]), "minItems": least, "maxItems": at.most}
    else:
        schema |= _text(at)
    return schema


def _text(at: FormField) -> dict[str, object]:
    if at.pointer == "/app/kind":
        return {"type": "string", "enum": [word for words in KIND_WORDS.values() for word in words]}
    if at.type == "date":
        return {"type": "string", "format": "date", "examples": [at.example]}
    if at.type == "sha256":
        return {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}
    schema: dict[str, object] = {"type": "string", "minLength": 1, "maxLength": at.most}
    examples = [word.value for word in _WORDS.get(at.pointer, ())] or ([at.example] if at.example else [])
    return schema | ({"examples": examples} if examples else {})


def _if(kind: ServiceKind) -> dict[str, object]:
    words = {"properties": {"kind": {"enum": list(KIND_WORDS[kind])}}, "required": ["kind"]}
    return {"properties": {"app": words}, "required": ["app"]}


def _needed(at: FormField, need: str) -> dict[str, object]:
    """What of an object a kind needs besides, as deep as there is something."""
    if at.type == "list":
        items = _needed(at.children["*"], need)
        return {"items": items} if items else {}
    below = {child.name: _needed(child, need) for child in at.children.values()}
    below = {name: schema for name, schema in below.items() if schema}
    for child in at.children.values():
        if child.needed == need and child.type == "list" and child.least:
            below[child.name] = {"minItems": child.least} | below.get(child.name, {})
    required = [child.name for child in at.children.values() if child.needed == need]
    schema: dict[str, object] = {"properties": below} if below else {}
    return schema | ({"required": required} if required else {})
