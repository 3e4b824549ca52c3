"""
An asynchronous store backend: FastAPI, one gate for the life of the application, a registry over HTTP.

In production: uvicorn examples.store_fastapi:app, with REGISTRY in the environment.
Run it in a checkout: python -m examples.store_fastapi
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Body, FastAPI, HTTPException, Request

from icpgate import App, AsyncGate, InvalidApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REGISTRY = os.environ.get("REGISTRY", "https://registry.example.cn")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """One gate, with its connections and its cache, from the first request to the last."""
    async with AsyncGate.for_listing(REGISTRY, deadline=1.5) as gate:
        app.state.gate = gate
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/submissions")
async def submit(submission: Annotated[dict[str, Any], Body()], request: Request) -> dict[str, Any]:
    """List an app, refuse it with every reason, or keep it until somebody knows."""
    gate: AsyncGate = request.app.state.gate
    try:
        described = App.parse(submission)
    except InvalidApp as error:
        raise HTTPException(422, detail=[str(defect) for defect in error.defects]) from None
    decision = await gate.check(described)
    if decision.undecided:
        return {"state": "waiting", "again_at": decision.recheck_at.isoformat()}
    if decision.denied:
        return {"state": "refused", "codes": decision.codes, "text": decision.explain("zh-CN")}
    return {"state": "listed", "show": decision.display.text() if decision.display else None}


@app.get("/health")
async def health(request: Request) -> dict[str, Any]:
    """How the registry fares, and what the cache saves it."""
    lookup = request.app.state.gate.lookup
    return {"registry": lookup.status.breaker, "hits": lookup.cache.statistics.hits}


async def main() -> None:
    """Serve the examples' registrations on this machine, and submit three apps through the application."""
    import httpx  # noqa: PLC0415 -- the client of this demonstration, not of the gate

    from examples.local_registry import SUBMISSIONS, local_registry  # noqa: PLC0415 -- as above

    with local_registry() as url:
        globals()["REGISTRY"] = url
        async with (
            lifespan(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://store") as client,
        ):
            for submission in SUBMISSIONS:
                answer = await client.post("/submissions", json=submission)
                print(answer.status_code, answer.json())
            await asyncio.gather(*[client.post("/submissions", json=SUBMISSIONS[0]) for _ in range(50)])
            print((await client.get("/health")).json())


if __name__ == "__main__":
    asyncio.run(main())
