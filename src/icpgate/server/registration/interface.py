"""The JSON interface: reads a request by the table of operations, has it done, and writes the answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote as percent_encoded

from starlette.responses import Response
from starlette.routing import Route

from icpgate.errors import IcpGateError
from icpgate.jsontext import InvalidJson, loads
from icpgate.registration.refusals import NotAllowed, UnknownApplication
from icpgate.registration.states import State
from icpgate.server.bearer import given_token, wrong_token
from icpgate.server.body import demand_json, read_body
from icpgate.server.guard import JSON
from icpgate.server.reading import read_number
from icpgate.server.refusal import Refused
from icpgate.server.registration.handlers import Call, Page
from icpgate.server.registration.openapi import MOST_LISTED, openapi_document
from icpgate.server.registration.operations import OPERATIONS
from icpgate.server.registration.refusing import refused
from icpgate.server.registration.schemas import APPLICATION_ID

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from icpgate.given import Given
    from icpgate.registration.application import Actor
    from icpgate.registration.system import RegistrationSystem
    from icpgate.server.app import RegistryEndpoints
    from icpgate.server.registration.operations import Operation
    from icpgate.server.registration.tokens import Tokens
    from icpgate.server.registration.work import Work

__all__ = ["Interface", "application_id"]

MAX_BODY: Final = 1_048_576
"""Bytes: four times the longest form."""

_ID: Final = re.compile(APPLICATION_ID)
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,2}")
_CREATED: Final = 201


class Interface:
    """The endpoints of every operation."""

    def __init__(self, system: RegistrationSystem, tokens: Tokens, work: Work, registry: RegistryEndpoints) -> None:
        """`registry` answers the operations of the registry protocol."""
        self._system = system
        self._tokens = tokens
        self._work = work
        self._own: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "askNumber": registry.one,
            "lookUp": registry.batch,
            "capabilities": registry.capabilities,
            "live": registry.live,
            "ready": registry.ready,
            "openapi": self._document,
        }

    def routes(self, base: str) -> list[Route]:
        """A route for every operation."""
        return [self._route(base, operation) for operation in OPERATIONS]

    def _route(self, base: str, operation: Operation) -> Route:
        path = operation.path
        if path.endswith("{number}"):
            path = path.replace("{number}", "{number:path}")  # what is no number is told so, whatever is in it
        if operation.handler is None:
            endpoint = self._opened(operation, self._own[operation.id])
        else:
            endpoint = self._handled(operation, operation.handler, base)
        return Route(base + path, endpoint, methods=[operation.method], name=operation.id)

    def _actor(self, request: Request, operation: Operation) -> Actor:
        actor = self._tokens.actor(given_token(request.scope))
        if actor is None:
            raise wrong_token(request.scope)
        assert operation.roles is not None  # noqa: S101 -- an operation for everybody asks for nobody
        if actor.role not in operation.roles:
            hint = f"it is for {', '.join(sorted(operation.roles))}"
            raise refused(NotAllowed(f"{operation.id} is not for the role {actor.role}", hint=hint))
        return actor

    def _opened(
        self, operation: Operation, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint of the registry protocol, for the roles of the operation."""

        async def endpoint(request: Request) -> Response:
            if operation.roles is not None:
                self._actor(request, operation)
            return await answer(request)

        return endpoint

    def _handled(
        self, operation: Operation, handler: Callable[[Call], Mapping[str, object]], base: str
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            actor = self._actor(request, operation)
            key, page = _key(request), _page(request, operation)
            sent = await _sent(request, operation)

            def work() -> Mapping[str, object]:
                body = None if operation.takes is None else _body(sent, operation.takes)
                return handler(Call(self._system, actor, key, body, page))

            try:
                told = await self._work.done(work)
            except IcpGateError as error:
                raise refused(error) from None
            return _answer(told, operation.status, base)

        return endpoint

    async def _document(self, request: Request) -> Response:  # noqa: ARG002 -- as Starlette calls it
        return _answer(openapi_document(), 200, "")


def _answer(told: Mapping[str, object], status: int, base: str) -> Response:
    body = json.dumps(dict(told), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"content-type": JSON}
    if status == _CREATED:
        headers["location"] = f"{base}/v1/applications/{percent_encoded(str(told['id']))}"
    return Response(body, status, headers)


def _key(request: Request) -> str:
    """The id or the number of the path."""
    given = request.path_params
    if "number" in given:
        return read_number(given["number"]).number.canonical
    return application_id(given["id"]) if "id" in given else ""


def application_id(text: str) -> str:
    """The id of a path; raises `Refused` for what can be nobody's."""
    if not _ID.fullmatch(text):
        raise refused(UnknownApplication("no such application", hint="an id as the interface gave it"))
    return text


def _page(request: Request, operation: Operation) -> Page:
    if operation.id != "listApplications":
        return Page()
    query = request.query_params
    words, after, limit = query.getlist("state"), query.get("after"), query.get("limit")
    if not set(query) <= {"state", "after", "limit"}:
        raise _bad_parameter("an unknown parameter", "state, after and limit are known")
    if not set(words) <= set(State):
        raise _bad_parameter("state: an unknown word", f"one of {', '.join(State)}")
    if after is not None and not _ID.fullmatch(after):
        raise _bad_parameter("after: no id", "the `after` of the last page")
    if limit is not None and not (_LIMIT.fullmatch(limit) and int(limit) <= MOST_LISTED):
        raise _bad_parameter("limit: no such number", f"1 to {MOST_LISTED}")
    states = tuple(State(word) for word in dict.fromkeys(words))
    return Page(states, after or "", Page().limit if limit is None else int(limit))


def _bad_parameter(message: str, hint: str) -> Refused:
    return Refused(400, message, code="request.parameter", hint=hint)


async def _sent(request: Request, operation: Operation) -> bytes:
    """The body as it came; a step that needs no word may come without one."""
    if operation.takes is None:
        return b""
    content_type = request.headers.get("content-type")
    if content_type is None and not operation.needs_body:
        sent = await read_body(request, MAX_BODY, hint="")
        if not sent:
            return sent
    demand_json(content_type or "")
    return await read_body(request, MAX_BODY, hint="a form has a tenth of it")


def _body(sent: bytes, kind: type[Given]) -> Given:
    if not sent:
        return kind.parse({}) if not any(each.is_required() for each in kind.model_fields.values()) else _no_body()
    try:
        value = loads(sent, max_characters=len(sent))
    except InvalidJson as error:
        is_counted = error.place.startswith(("line ", "character ", "byte "))
        hint = f"look at {error.place}" if is_counted else error.hint
        message = "the body is not JSON, or two readers could read it differently"
        raise Refused(400, message, code=error.code, hint=hint) from None
    return kind.parse(value)  # type: ignore[arg-type]  # it refuses what is no mapping


def _no_body() -> Given:
    raise Refused(400, "a body is expected", code="request.body", hint="see /v1/openapi.json")
