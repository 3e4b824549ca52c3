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
from icpgate.server.guard import JSON, Guard
from icpgate.server.reading import read_batch, read_number
from icpgate.server.refusal import Refused
from icpgate.server.writing import write_answer, write_answers, write_capabilities

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from icpgate.lookup.interface import Registry

__all__ = ["MAX_BODY", "MAX_INFLIGHT", "registry_app"]

MAX_BODY: Final = 1_048_576
"""Bytes of a request's body: a thousand queries by document and package fill a fifth of it."""

MAX_INFLIGHT: Final = 64
"""Lookups at once, of which each may be a batch and wait for a disk or another service."""

BODY_SECONDS: Final = 10.0
"""How long a body may take to arrive; a megabyte in that time is a slow line of 1990."""

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
    if token is not None and not _TOKEN.fullmatch(token):
        message = "a token needs 16 to 512 letters, digits or -._~+/="
        raise ConfigurationError(message, hint="openssl rand -hex 32 makes one", code="config.token")
    base = base.rstrip("/")
    if not _BASE.fullmatch(base):
        message = f"base is {quote(base)}: the beginning of every path is expected, such as /registry"
        raise ConfigurationError(message)
    asking = Asking(registry, max_inflight=max_inflight, deadline=deadline)
    endpoints = _Endpoints(asking, max_body)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await asking.close()

    health = {f"{base}/healthz": endpoints.live, f"{base}/readyz": endpoints.ready}
    app = Starlette(
        routes=[
            Route(f"{base}/v1/registrations/{{number:path}}", endpoints.one, methods=["GET"]),
            Route(f"{base}/v1/lookup", endpoints.batch, methods=["POST"]),
            Route(f"{base}/v1/capabilities", endpoints.capabilities, methods=["GET"]),
            *(Route(path, endpoint, methods=["GET"]) for path, endpoint in health.items()),
        ],
        middleware=[Middleware(Guard, token=token, open_to_all=health)],
        exception_handlers={HTTPException: _unrouted},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # an address is right or wrong; nobody is sent elsewhere
    app.state.is_ending = False
    return app


_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")
_BASE: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


class _Endpoints:
    """What stands at each address."""

    def __init__(self, asking: Asking, max_body: int) -> None:
        self._asking = asking
        self._max_body = max_body

    async def one(self, request: Request) -> Response:
        query = read_number(request.path_params["number"])
        [observation] = await self._asking.observations((query,))
        return _json(write_answer(observation))

    async def batch(self, request: Request) -> Response:
        _demand_json(request.headers.get("content-type", ""))
        body = await _body(request, self._max_body)
        if len(body) <= QUICK_BODY:
            return _json(write_answers(await self._asking.observations(read_batch(body))))
        queries = await asyncio.to_thread(read_batch, body)
        observations = await self._asking.observations(queries)
        return _json(await asyncio.to_thread(write_answers, observations))

    async def capabilities(self, request: Request) -> Response:  # noqa: ARG002 -- as Starlette calls it
        return _json(write_capabilities(self._asking.id, self._asking.registry.capabilities))

    async def live(self, request: Request) -> Response:  # noqa: ARG002 -- as above
        return _json(b'{"status":"live"}')

    async def ready(self, request: Request) -> Response:
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


def _demand_json(content_type: str) -> None:
    media, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        message = "a body of application/json in UTF-8 is expected"
        raise Refused(415, message, code="request.content_type", hint="Content-Type: application/json")


async def _body(request: Request, at_most: int) -> bytes:
    """The whole body; too much or too slow is refused as soon as it shows."""
    length = request.headers.get("content-length", "0")
    size = int(length) if length.isdecimal() and len(length) < 16 else 0  # noqa: PLR2004 -- an int of any size is slow
    parts = []
    try:
        async with asyncio.timeout(BODY_SECONDS):
            if size <= at_most:
                size = 0
                async for part in request.stream():
                    parts.append(part)
                    size += len(part)
                    if size > at_most:
                        break
    except TimeoutError:
        raise Refused(408, "the body did not arrive in time", code="request.timeout") from None
    if size > at_most:
        message = f"the body has more than {at_most:,} bytes"
        raise Refused(413, message, code="request.too_large", hint="send several batches")
    return b"".join(parts)


async def _unrouted(request: Request, error: Exception) -> NoReturn:  # noqa: ARG001 -- as Starlette calls it
    """An address that does not exist, or not for this method."""
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for nothing else
    allow = (error.headers or {}).get("Allow", "")
    if error.status_code == 405:  # noqa: PLR2004 -- as HTTP counts
        methods = ", ".join(sorted(allow.replace(" ", "").split(",")))
        raise Refused(405, "not with this method", code="request.method", hint=methods, headers=[("Allow", methods)])
    raise Refused(404, "nothing stands at this address", code="request.not_found", hint="see docs/protocol.md")
