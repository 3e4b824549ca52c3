"""The OpenAPI document describes the interface as it is: its routes, its bodies, its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import Route

from icpgate.server.registration import registration_app
from icpgate.server.registration.openapi import openapi_document
from icpgate.server.registration.operations import OPERATIONS
from tests.server.registration.calls import OPERATION, RIGHT
from tests.server.registration.scenes import TOKENS, system

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parents[3] / "docs" / "schema" / "registration-api.openapi.json"


def document() -> dict[str, Any]:
    """The document as a client reads it."""
    read: dict[str, Any] = json.loads(json.dumps(openapi_document()))
    return read


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of the document with its method and path."""
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_document_is_as_published() -> None:
    """A change of the interface is seen in a review: `make docs`."""
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == document()


def test_routes_and_document_are_the_same(tmp_path: Path) -> None:
    """Nothing is served that it does not have, and it has nothing that is not served; pages have no place in it."""
    with system(tmp_path) as made:
        routes = [route for route in registration_app(made, tokens=TOKENS).routes if isinstance(route, Route)]
    described = {(method, path) for method, path, _ in operations()}
    served = {
        (method, route.path.replace(":path}", "}"))
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if route.name in OPERATION
    }
    assert described == served
    pages = {route.path for route in routes if route.name not in OPERATION}
    assert pages == {"/", "/style.css", "/login", "/logout", "/review", "/review/{id}", "/review/{id}/decision"}


def test_every_operation_has_its_right_call() -> None:
    """Which the other tests make."""
    assert set(RIGHT) == set(OPERATION)
    assert len(OPERATION) == len(OPERATIONS)


def test_every_reference_leads_somewhere() -> None:
    """And every component is used."""
    text = json.dumps(document())
    components = document()["components"]["schemas"]
    named = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named == set(components)


def test_every_link_leads_to_an_operation() -> None:
    """With the parameter that its address has."""
    by_id = {operation["operationId"]: path for _, path, operation in operations()}
    links = [
        link
        for _, _, operation in operations()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert links
    for link in links:
        [name] = link["parameters"]
        assert f"{{{name}}}" in by_id[link["operationId"]]


def test_every_error_has_the_one_shape() -> None:
    """Whatever its status."""
    shapes = {
        response["content"]["application/json"]["schema"]["$ref"]
        for _, _, operation in operations()
        for status, response in operation["responses"].items()
        if int(status) >= 400
    }
    assert shapes == {"#/components/schemas/Error"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_who_may_call_it_is_said(operation: Any) -> None:
    """By its roles, and by whether it needs a token at all."""
    described = document()["paths"][operation.path][operation.method.lower()]
    assert bool(described["security"]) == (operation.roles is not None)
    assert described.get("x-roles") == (None if operation.roles is None else sorted(operation.roles))
