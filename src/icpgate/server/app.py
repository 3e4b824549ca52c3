"""
The registry protocol of docs/protocol.md as an ASGI application over any registry.

    GET  {base}/v1/registrations/{number}   one answer
    POST {base}/v1/lookup                   a batch, also by document and by domain
    GET  {base}/v1/capabilities             what can be asked
    GET  {base}/healthz, {base}/readyz      it runs; the registry answers
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from icpgate.errors import ConfigurationError, quote
from icpgate.server.asking import Asking
from icpgate.server.bearer import single_token
from icpgate.server.body import demand_json, read_body
from icpgate.server.guard import JSON, Guard
from icpgate.server.reading import read_batch, read_number
from icpgate.server.refusal import Refused
from icpgate.server.writing import write_answer, write_answers, write_capabilities

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from icpgate.lookup.interface import Registry

__all__ = ["MAX_BODY", "MAX_INFLIGHT", "RegistryEndpoints", "demand_base", "registry_app", "unrouted"]

MAX_BODY: Final = 1_048_576
"""Bytes of a request's body: a thousand queries by document and package fill a fifth of it."""

MAX_INFLIGHT: Final = 64
"""Lookups at once, of which each may be a batch and wait for a disk or another service."""

QUICK_BODY: Final = 16_384
"""A body up to this size is read in place, in less than a millisecond; a larger one off the event loop."""


def registry_app(
    registry: Registry,
    *,
    token: str | None = None,
    base: str = "",
    max_body: int = MAX_BODY,
    max_inflight: int = MAX_INFLIGHT,
    deadline: float = 10.0,
) -> Starlette:
    """
    The application, for any ASGI server on asyncio.

    `token` is what a client must send as its bearer token; None admits everybody. `max_body` is in
    bytes, `deadline` in seconds a lookup: later the answer is *unavailable*. Beyond `max_inflight`
    lookups the next one is refused at once with 503. Closing the registry is left to the caller.
    Raises `ConfigurationError`.
    """
    base = demand_base(base)
    asking = Asking(registry, max_inflight=max_inflight, deadline=deadline)
    endpoints = RegistryEndpoints(asking, max_body)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await asking.close()

    health = {f"{base}/healthz": endpoints.live, f"{base}/readyz": endpoints.ready}
    admit = single_token(token, health)
    app = Starlette(
        routes=[
            Route(f"{base}/v1/registrations/{{number:path}}", endpoints.one, methods=["GET"]),
            Route(f"{base}/v1/lookup", endpoints.batch, methods=["POST"]),
            Route(f"{base}/v1/capabilities", endpoints.capabilities, methods=["GET"]),
            *(Route(path, endpoint, methods=["GET"]) for path, endpoint in health.items()),
        ],
        middleware=[Middleware(Guard, admit=admit)],
        exception_handlers={HTTPException: unrouted},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # an address is right or wrong; nobody is sent elsewhere
    app.state.is_ending = False
    return app


_BASE: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


def demand_base(base: str) -> str:
    """What every path begins with, without a slash at its end; raises `ConfigurationError`."""
    base = base.rstrip("/")
    if not _BASE.fullmatch(base):
        message = f"base is {quote(base)}: the beginning of every path is expected, such as /registry"
        raise ConfigurationError(message)
    return base


class RegistryEndpoints:
    """What stands at each address of the protocol; a method is an endpoint as Starlette calls it."""

    def __init__(self, asking: Asking, max_body: int = MAX_BODY) -> None:
        """`max_body` is in bytes."""
        self._asking = asking
        self._max_body = max_body

    async def one(self, request: Request) -> Response:
        """One number."""
        query = read_number(request.path_params["number"])
        [observation] = await self._asking.observations((query,))
        return _json(write_answer(observation))

    async def batch(self, request: Request) -> Response:
        """A batch."""
        demand_json(request.headers.get("content-type", ""))
        body = await read_body(request, self._max_body)
        if len(body) <= QUICK_BODY:
            return _json(write_answers(await self._asking.observations(read_batch(body))))
        queries = await asyncio.to_thread(read_batch, body)
        observations = await self._asking.observations(queries)
        return _json(await asyncio.to_thread(write_answers, observations))

    async def capabilities(self, request: Request) -> Response:  # noqa: ARG002 -- as Starlette calls it
        """What can be asked."""
        return _json(write_capabilities(self._asking.id, self._asking.registry.capabilities))

    async def live(self, request: Request) -> Response:  # noqa: ARG002 -- as above
        """It runs."""
        return _json(b'{"status":"live"}')

    async def ready(self, request: Request) -> Response:
        """The registry answers, and the server is not ending; raises `Refused` else."""
        if request.app.state.is_ending:
            raise _not_ready("ending")
        problem = await self._asking.problem()
        if problem:
            raise _not_ready(problem)
        return _json(b'{"status":"ready"}')


def _json(body: bytes) -> Response:
    return Response(body, headers={"content-type": JSON})


def _not_ready(why: str) -> Refused:
    return Refused(503, f"not ready: {why}", code="server.not_ready", headers=[("Retry-After", "1")])


async def unrouted(request: Request, error: Exception) -> NoReturn:  # noqa: ARG001 -- as Starlette calls it
    """An address that does not exist, or not for this method."""
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for nothing else
    allow = (error.headers or {}).get("Allow", "")
    if error.status_code == 405:  # noqa: PLR2004 -- as HTTP counts
        methods = ", ".join(sorted(allow.replace(" ", "").split(",")))
        raise Refused(405, "not with this method", code="request.method", hint=methods, headers=[("Allow", methods)])
    raise Refused(404, "nothing stands at this address", code="request.not_found", hint="see docs/protocol.md")
