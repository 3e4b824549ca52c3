"""The pages for people: the public look-up, the login, and the way to the bureau's queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from icpgate.answer import ByNumber, Found, NotRegistered
from icpgate.errors import IcpGateError, InvalidNumber, quote
from icpgate.number import parse
from icpgate.record import BEIJING, Origin
from icpgate.registration.display import display_of
from icpgate.registration.states import Role
from icpgate.server.body import read_body
from icpgate.server.refusal import Refused
from icpgate.server.registration.refusing import refused
from icpgate.server.registration.rendering import Looks, language_of, moment_of, style
from icpgate.server.registration.review import Review, Visit
from icpgate.server.registration.sessions import WHOLE_SECONDS, Sessions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from icpgate.answer import Observation
    from icpgate.registration.application import Actor
    from icpgate.registration.system import RegistrationSystem
    from icpgate.server.asking import Asking
    from icpgate.server.registration.tokens import Tokens
    from icpgate.server.registration.work import Work

__all__ = ["Pages"]

MAX_FORM: Final = 65_536
"""Bytes: fifty notes of a thousand characters are the most that a page of ours sends."""

MAX_FIELDS: Final = 20
SESSION: Final = "icpgate_session"
FORM: Final = "icpgate_form"
"""The two cookies: of who is logged in, and of who looks at the login."""

_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_SEE_OTHER: Final = 303


class Pages:
    """The endpoints of the pages."""

    def __init__(self, system: RegistrationSystem, tokens: Tokens, work: Work, asking: Asking, base: str) -> None:
        """Raises `ConfigurationError` without the extra `report`."""
        self._tokens = tokens
        self._asking = asking
        self._base = base
        self._looks = Looks(base, simulated=system.simulated)
        self._sessions = Sessions()
        self._review = Review(system, work, self._looks)

    def routes(self, base: str) -> list[Route]:
        """A route for every page."""
        get = [
            ("/", self._look_up),
            ("/style.css", self._style),
            ("/login", self._login),
            ("/review", self._queue),
            ("/review/{id}", self._application),
        ]
        post = [
            ("/login", self._log_in),
            ("/logout", self._log_out),
            ("/review/{id}/decision", self._decide),
        ]
        return [
            *(Route(base + path, self._told(endpoint), methods=["GET"]) for path, endpoint in get),
            *(Route(base + path, self._told(endpoint), methods=["POST"]) for path, endpoint in post),
        ]

    def nowhere(self, request: Request, error: Exception) -> Response:
        """The page for an address that does not exist, or not for this method."""
        assert isinstance(error, HTTPException)  # noqa: S101 -- registered for nothing else
        page = self._error(request, error.status_code, "")
        allowed = (error.headers or {}).get("Allow", "")
        if allowed:
            page.headers["allow"] = ", ".join(sorted(allowed.replace(" ", "").split(",")))
        return page

    def _told(self, endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint, whose errors are pages too."""

        async def page(request: Request) -> Response:
            try:
                return await endpoint(request)
            except IcpGateError as error:
                told = refused(error)
                response = self._error(request, told.status, f"{told.message} ({told.code})")
                response.headers.update(dict(told.headers))
                return response

        return page

    def _error(self, request: Request, status: int, detail: str) -> Response:
        values = {"status": status, "detail": detail, **self._session(request)}
        return self._looks.page("error", request, values, status=status)

    async def _style(self, request: Request) -> Response:  # noqa: ARG002 -- as Starlette calls it
        return Response(style(), headers={"content-type": "text/css; charset=utf-8"})

    # --- the public look-up --------------------------------------------------------------------------

    async def _look_up(self, request: Request) -> Response:
        typed = request.query_params.get("number", "").strip()
        values: dict[str, object] = {"typed": typed[:200], "result": "", **self._session(request)}
        if typed:
            values |= await self._result(typed, language_of(request))
        return self._looks.page("lookup", request, values)

    async def _result(self, typed: str, lang: str) -> dict[str, object]:
        """What is to be said of what somebody typed; every answer is a page like the others."""
        try:
            number = parse(typed)
        except InvalidNumber as error:
            place = quote(typed[slice(*error.span)]) if error.span[1] > error.span[0] else ""
            return {"result": "malformed", "why": error.text(lang), "hint": error.hint_text(lang), "place": place}
        told: dict[str, object] = {"number": number.canonical}
        if number.is_entity:
            return told | {"result": "entity"}
        [observation] = await self._asking.observations((ByNumber(number),))
        return told | _answered(observation)

    # --- login and logout ------------------------------------------------------------------------------

    def _actor(self, request: Request) -> Actor | None:
        return self._sessions.actor(request.cookies.get(SESSION, ""))

    def _session(self, request: Request) -> dict[str, object]:
        """What every page shows of who is logged in."""
        actor = self._actor(request)
        if actor is None:
            return {"account": None, "proof": ""}
        return {"account": actor.name, "proof": self._sessions.proof(request.cookies[SESSION])}

    async def _login(self, request: Request) -> Response:
        return self._login_page(request)

    def _login_page(self, request: Request, problem: str = "", status: int = 200) -> Response:
        key = request.cookies.get(FORM) or self._sessions.new_key()
        values = {**self._session(request), "problem": problem, "form_proof": self._sessions.proof(key)}
        response = self._looks.page("login", request, values, status=status)
        self._set(response, request, FORM, key)
        return response

    async def _log_in(self, request: Request) -> Response:
        fields = await self._fields(request, FORM)
        actor = self._tokens.actor_of(fields.get("token", ""))
        if actor is None:
            return self._login_page(request, "login_wrong", 401)
        if actor.role is not Role.BUREAU:
            return self._login_page(request, "login_no_bureau", 403)
        self._sessions.end(request.cookies.get(SESSION, ""))
        response = RedirectResponse(self._looks.url("/review", request), _SEE_OTHER)
        self._set(response, request, SESSION, self._sessions.begin(actor), seconds=int(WHOLE_SECONDS))
        return response

    async def _log_out(self, request: Request) -> Response:
        await self._fields(request, SESSION)
        self._sessions.end(request.cookies.get(SESSION, ""))
        response = RedirectResponse(self._looks.url("/", request), _SEE_OTHER)
        response.delete_cookie(SESSION, path=self._base or "/")
        return response

    def _set(self, response: Response, request: Request, name: str, value: str, *, seconds: int | None = None) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=self._base or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )

    async def _fields(self, request: Request, cookie: str) -> dict[str, str]:
        """The fields of a form that a page of ours sent; raises `Refused` for any other."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
            raise Refused(415, "a form of a page is expected", code="request.content_type", hint=_FORM_TYPE)
        body = await read_body(request, MAX_FORM, hint="fewer words")
        try:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
        except ValueError:
            raise Refused(400, "the form cannot be read", code="request.form", hint="send it from the page") from None
        fields = dict(pairs)
        if not self._sessions.is_proof(request.cookies.get(cookie, ""), fields.get("proof", "")):
            hint = "open the page anew, and send it from there"
            raise Refused(403, "the form did not come from a page of this session", code="request.proof", hint=hint)
        return fields

    # --- the bureau's pages ----------------------------------------------------------------------------

    def _visit(self, request: Request) -> Visit | None:
        actor = self._actor(request)
        return None if actor is None else Visit(request, actor, self._session(request))

    async def _queue(self, request: Request) -> Response:
        visit = self._visit(request)
        return self._to_login(request) if visit is None else await self._review.queue(visit)

    async def _application(self, request: Request) -> Response:
        visit = self._visit(request)
        return self._to_login(request) if visit is None else await self._review.application(visit)

    async def _decide(self, request: Request) -> Response:
        visit = self._visit(request)
        if visit is None:
            return self._to_login(request)
        return await self._review.decide(visit, await self._fields(request, SESSION))

    def _to_login(self, request: Request) -> Response:
        return RedirectResponse(self._looks.url("/login", request), _SEE_OTHER)


def _answered(observation: Observation) -> dict[str, object]:
    """What the page says of an answer; document numbers are not among it."""
    answer = observation.answer
    told: dict[str, object] = {
        "source": observation.source,
        "observed_at": moment_of(observation.observed_at),
    }
    if isinstance(answer, Found):
        record = answer.record
        approved = record.approved_at
        return told | {
            "result": "found",
            "record": record,
            "is_simulated": record.origin is Origin.SIMULATED,
            "approved": None if approved is None else approved.astimezone(BEIJING).date().isoformat(),
            "display": display_of(record.registration_number),
        }
    if isinstance(answer, NotRegistered):
        return told | {"result": "not_registered"}
    return told | {"result": "unavailable", "why": answer.why.value}
