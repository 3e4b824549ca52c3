"""The JSON schemas of what the interface gives: the shapes of `written()`, as OpenAPI's components have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from icpgate.record import RegistrationStatus
from icpgate.registration.application import Subject
from icpgate.registration.form import form_schema
from icpgate.registration.states import Purpose, Role, State, Step

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from icpgate.jsontext import Json

__all__ = ["APPLICATION_ID", "ref", "schemas"]

Schema = dict[str, "Json"]

APPLICATION_ID: Final = "[A-Za-z0-9_-]{1,64}"
"""What an application's id looks like; whatever does not is nobody's."""

_TEXT: Final[Schema] = {"type": "string"}
_MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Final[Schema] = {"type": ["string", "null"], "format": "date-time"}
_TRUTH: Final[Schema] = {"type": "boolean"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_ANYTHING: Final[Schema] = {"type": "object"}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Schema, *, optional: Iterable[str] = (), is_open: bool = False) -> Schema:
    needed: list[Json] = [name for name in properties if name not in set(optional)]
    made: Schema = {"type": "object", "properties": properties, "required": needed}
    return made if is_open else made | {"additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _words(words: type[StrEnum]) -> Schema:
    return {"type": "string", "enum": [word.value for word in words]}


def _defect(*, is_of_form: bool) -> Schema:
    """A defect of an error; the examination of a form has a name of its own for the same parts."""
    if is_of_form:
        names = ("pointer", "code", "message", "message_zh", "fix", "fix_zh")
        return _object(dict.fromkeys(names, _TEXT))
    names = ("place", "code", "message", "hint", "message_zh", "hint_zh")
    return _object(dict.fromkeys(names, _TEXT), optional=("message_zh", "hint_zh"))


_LEGAL: Final = _object({"step": _words(Step), "roles": _list(_words(Role))})
_ERROR: Final = _object(
    {
        "error": _object(
            {
                "code": _TEXT,
                "message": _TEXT,
                "hint": _TEXT,
                "defects": _list(_defect(is_of_form=False)),
                "legal": _list(_LEGAL),
                "missing": _list(_words(Subject)),
            },
            optional=("defects", "legal", "missing"),
        )
    }
)
_VERIFICATION: Final = _object(
    {
        "subject": _words(Subject),
        "method": _TEXT,
        "passed": _TRUTH,
        "evidence": _TEXT,
        "note": _TEXT,
        "form_digest": _TEXT,
        "by": _TEXT,
        "at": _MAYBE_TIME,
    }
)
_DEADLINE: Final[Schema] = {
    **_object({"last_day": {"type": ["string", "null"], "format": "date"}, "unknown": _TEXT}),
    "type": ["object", "null"],
}
_SUMMARY: Final[Schema] = {
    "id": {"type": "string", "pattern": f"^{APPLICATION_ID}$"},
    "purpose": _words(Purpose),
    "state": _words(State),
    "number": _MAYBE_TEXT,
    "access_provider": _TEXT,
    "simulated": _TRUTH,
    "operator_account": _TEXT,
    "taken_in_by": _TEXT,
    "province": _TEXT,
    "revision": _COUNT,
    "created_at": _TIME,
    "updated_at": _TIME,
    "sms_until": _MAYBE_TIME,
    "review_until": _DEADLINE,
    "notes": _list(_TEXT),
    "unverified": _list(_words(Subject)),
    "persons_kept": _list(_TEXT),
    "legal": _object({role.value: _list(_words(Step)) for role in Role}),
    "form_digest": _TEXT,
}
_HISTORY_ENTRY: Final = _object(
    {
        "sequence": _COUNT,
        "at": _TIME,
        "role": _TEXT,
        "name": _TEXT,
        "step": _words(Step),
        "before": _TEXT,
        "after": _TEXT,
        "application": _TEXT,
        "number": _TEXT,
        "note": _TEXT,
    }
)
_ANSWER: Final = _object(
    {
        "status": {
            "type": "string",
            "enum": [*(word.value for word in RegistrationStatus), "not_registered", "unavailable"],
        },
        "observed_at": _TIME,
        "source": _TEXT,
    },
    is_open=True,
)
_CAPABILITIES: Final = _object(
    {
        "id": _TEXT,
        "by_number": _TRUTH,
        "by_document": _TRUTH,
        "by_domain": _TRUTH,
        "authoritative": _TRUTH,
        "scope": _TEXT,
        "contains": {"type": ["array", "null"], "items": _TEXT},
    }
)
_LOOK_UP: Final = _object(
    {
        "queries": {
            "type": "array",
            "maxItems": 1_000,
            "items": {
                "oneOf": [
                    _object({"number": _TEXT}),
                    _object({"document_number": _TEXT, "package": _TEXT}),
                    _object({"domain": _TEXT}),
                ]
            },
        }
    }
)


def schemas() -> Schema:
    """Every component by its name. `Form` is the form's own schema; a draft may fall short of it."""
    registration: Schema = {
        "record": _ANYTHING,
        "operator_account": _TEXT,
        "open_application": _MAYBE_TEXT,
        "evidence": _TEXT,
    }
    examination = {name: _list(_defect(is_of_form=True)) for name in ("defects", "warnings")}
    page = {"applications": _list(ref("ApplicationSummary")), "after": _MAYBE_TEXT}
    return {
        "Answer": _ANSWER,
        "Answers": _object({"answers": _list(ref("Answer"))}),
        "Application": _object({**_SUMMARY, "verifications": _list(ref("Verification")), "form": _ANYTHING}),
        "ApplicationPage": _object(dict(page)),
        "ApplicationSummary": _object(_SUMMARY),
        "Capabilities": _CAPABILITIES,
        "Display": _object(dict.fromkeys(("number", "link", "placement", "placement_zh"), _TEXT)),
        "Error": _ERROR,
        "Examination": _object({"complete": _TRUTH, **examination}),
        "Form": _form(),
        "Health": _object({"status": _TEXT}),
        "History": _object({"entries": _list(ref("HistoryEntry"))}),
        "HistoryEntry": _HISTORY_ENTRY,
        "JsonSchema": _ANYTHING,
        "LookUpBody": _LOOK_UP,
        "Registration": _object(registration),
        "Verification": _VERIFICATION,
    }


def _form() -> Schema:
    schema = cast("Schema", dict(form_schema()))
    schema.pop("$schema", None)
    schema.pop("$id", None)
    return schema
