"""The OpenAPI 3.1 document, made from the table of operations."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, cast

from icpgate.registration.states import State
from icpgate.server.registration.operations import OPERATIONS
from icpgate.server.registration.schemas import APPLICATION_ID, ref, schemas

if TYPE_CHECKING:
    from icpgate.given import Given
    from icpgate.jsontext import Json
    from icpgate.server.registration.operations import Operation

__all__ = ["MOST_LISTED", "openapi_document"]

Schema = dict[str, "Json"]

MOST_LISTED: Final = 100
"""Applications of one page."""

_VERSION: Final = "1"
_REASONS: Final = {
    400: "The request cannot be read: its JSON, a parameter, or the number in its path.",
    401: "The token is missing or wrong.",
    403: "The role, or the account, may not do that.",
    404: "There is none, or none that this account may see.",
    408: "The body did not arrive in time.",
    409: "Not a legal step now (`legal` lists those), not verified (`missing`), or somebody took a step in between.",
    413: "The body is too large.",
    415: "The body is not JSON in UTF-8.",
    422: "The body, or the form, has defects: `defects` lists every one.",
    503: "The store is gone, or too much is under way. Ask again later.",
}
_PROTOCOL_BODIES: Final = {"lookUp": "LookUpBody"}
"""What the registry protocol reads itself."""

_NUMBER: Final = "The registration number, in UTF-8 and percent-encoded; safe repairs are made."


@cache
def openapi_document() -> Schema:
    """The document; do not change it, it is everybody's."""
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    bodies = {each.takes.__name__: _body(each.takes) for each in OPERATIONS if each.takes is not None}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "icpgate registration system",
            "version": _VERSION,
            "summary": "From the form to the number.",
        },
        "paths": cast("Json", paths),
        "components": {
            "schemas": {**schemas(), **bodies},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> Schema:
    written: Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "responses": {str(status): _response(operation, status) for status in operation.statuses},
        "security": [] if operation.roles is None else [{"token": []}],
    }
    if operation.roles is not None:
        written["x-roles"] = cast("Json", sorted(role.value for role in operation.roles))
    parameters = _parameters(operation)
    if parameters:
        written["parameters"] = parameters
    body = operation.takes.__name__ if operation.takes is not None else _PROTOCOL_BODIES.get(operation.id, "")
    if body:
        is_required = operation.needs_body or operation.takes is None
        written["requestBody"] = {"required": is_required, "content": _content(body)}
    return written


def _content(name: str) -> Schema:
    return {"application/json": {"schema": ref(name)}}


def _response(operation: Operation, status: int) -> Schema:
    if status != operation.status:
        return {"description": _REASONS[status], "content": _content("Error")}
    response: Schema = {"description": operation.summary, "content": _content(operation.gives)}
    links = _links(operation)
    if links:
        response["links"] = links
    return response


def _links(operation: Operation) -> Schema:
    """Where one goes from here: each operation on the application or on the number of the answer."""
    if operation.gives != "Application":
        return {}
    by_id, by_number = {"id": "$response.body#/id"}, {"number": "$response.body#/number"}
    numbered = operation.id == "approveApplication"
    links: Schema = {}
    for other in OPERATIONS:
        if "{id}" in other.path:
            links[other.id] = {"operationId": other.id, "parameters": cast("Json", by_id)}
        elif "{number}" in other.path and numbered:
            links[other.id] = {"operationId": other.id, "parameters": cast("Json", by_number)}
    return links


def _parameters(operation: Operation) -> list[Json]:
    found: list[Json] = []
    if "{id}" in operation.path:
        found.append(_parameter("id", "path", {"type": "string", "pattern": f"^{APPLICATION_ID}$"}, "The application."))
    if "{number}" in operation.path:
        number: Schema = {"type": "string", "minLength": 1, "examples": ["蜀ICP备2021014694号-10A"]}
        found.append(_parameter("number", "path", number, _NUMBER))
    if operation.id == "listApplications":
        after: Schema = {"type": "string", "pattern": f"^{APPLICATION_ID}$"}
        states: Schema = {"type": "array", "items": {"type": "string", "enum": [state.value for state in State]}}
        found += [
            _parameter("state", "query", states, "Repeatable; left out, every state."),
            _parameter("after", "query", after, "The last page's `after`."),
            _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": MOST_LISTED}, "Of one page; 50."),
        ]
    return found


def _parameter(name: str, place: str, schema: Schema, description: str) -> Schema:
    parameter: Schema = {"name": name, "in": place, "required": place == "path", "schema": schema}
    return parameter | {"description": description}


def _body(model: type[Given]) -> Schema:
    schema = model.model_json_schema()
    properties = cast("dict[str, Schema]", schema["properties"])
    for name, member in properties.items():
        member.pop("title", None)
        if member.get("default", "") is None:
            del member["default"]
        if name == "form":
            properties[name] = {"anyOf": [ref("Form"), {"type": "object"}], "description": "A draft may fall short."}
    del schema["title"]
    return schema
