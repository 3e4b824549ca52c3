"""
The registration system as an ASGI application.

    {base}/v1/…                    the JSON interface; `{base}/v1/openapi.json` describes it
    {base}/                        the public look-up of a number
    {base}/login, {base}/review    the bureau's queue, and the decision
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from icpgate.server.app import MAX_INFLIGHT, RegistryEndpoints, demand_base, unrouted
from icpgate.server.asking import Asking
from icpgate.server.guard import Guard
from icpgate.server.registration.interface import Interface
from icpgate.server.registration.pages import Pages
from icpgate.server.registration.work import Work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from icpgate.answer import Observation, Query
    from icpgate.lookup.steps import Flow
    from icpgate.registration.system import RegistrationSystem
    from icpgate.server.registration.tokens import Tokens

__all__ = ["registration_app"]

DEADLINE_SECONDS = 10.0
"""For one look-up in the registry; later the answer is *unavailable*."""


def registration_app(system: RegistrationSystem, *, tokens: Tokens, base: str = "") -> Starlette:
    """
    The application, for any ASGI server on asyncio; `icpgate.server.serving.serve` is ours.

    `base` begins every path. Sessions of the pages live in this process: serve it by one. The connection of its
    own to the registry is closed when the application ends, and opened again when it is served again; closing the
    system is left to the caller. Raises `ConfigurationError`, also when the extra `report` is missing, and
    `RegistryStoreError`.
    """
    base = demand_base(base)
    registry = _Served(system)
    asking = Asking(registry, max_inflight=MAX_INFLIGHT, deadline=DEADLINE_SECONDS)
    work = Work()
    interface = Interface(system, tokens, work, RegistryEndpoints(asking))
    pages = Pages(system, tokens, work, asking, base)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await work.close()
        await asking.close()
        registry.close()

    async def nowhere(request: Request, error: Exception) -> Response:
        if request.scope["path"].startswith((f"{base}/v1/", f"{base}/healthz", f"{base}/readyz")):
            await unrouted(request, error)
        return pages.nowhere(request, error)

    app = Starlette(
        routes=[*interface.routes(base), *pages.routes(base)],
        middleware=[Middleware(Guard)],
        exception_handlers={HTTPException: nowhere},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # as in the registry protocol
    app.state.is_ending = False
    return app


class _Served:
    """The system's registry, which can be asked again after it was closed."""

    def __init__(self, system: RegistrationSystem) -> None:
        self._system = system
        self._registry = system.registry()
        self._is_open = True
        self.id = self._registry.id
        self.capabilities = self._registry.capabilities

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        if not self._is_open:
            self._registry, self._is_open = self._system.registry(), True
        return self._registry.ask(queries)

    def close(self) -> None:
        self._is_open = False
        self._registry.close()
