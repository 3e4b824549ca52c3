"""
Stands around the application: who may ask, what every response carries, what an error becomes.

- Whoever is not admitted is answered before the application is asked.
- Whatever goes wrong inside is a 500 without a detail, never a 200.
- A request whose body was left unread ends its connection, so that nobody can hold it by sending on.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect

from icpgate.log import logger
from icpgate.server.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["JSON", "Guard"]

JSON: Final = "application/json; charset=utf-8"

_COMMON: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_CLOSE: Final = (b"connection", b"close")
_LOG: Final = logging.getLogger("icpgate.server")

UNREAD_BYTES: Final = 8 * 1_048_576
"""How much of an unwanted body is read away, so that its sender comes to read why."""

UNREAD_SECONDS: Final = 1.0


class Guard:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, *, admit: Callable[[Scope], None] | None = None) -> None:
        """`admit` raises `Refused` for a request that may not come in; None admits everybody."""
        self._app = app
        self._admit = admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        try:
            if self._admit is not None:
                self._admit(scope)
            await self._app(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            return
        except Refused as refused:
            await exchange.refuse(refused)
        except Exception as error:
            if _LOG.isEnabledFor(logging.ERROR):
                logger(_LOG.name).error("request_failed", error=type(error).__name__)
            if exchange.is_answered:
                raise
            await exchange.refuse(Refused(500, "internal error", code="server.internal"))


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        headers = dict(scope["headers"])
        has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        self._unread = has_body
        self._asks_first = b"expect" in headers
        self.is_answered = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._asks_first = False
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._unread = False
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._read_away()
            self.is_answered = True
            headers = [*message["headers"], *_COMMON]
            if self._unread or self._scope["app"].state.is_ending:
                headers.append(_CLOSE)
            message = {**message, "headers": headers}
        await self._send(message)

    async def refuse(self, refused: Refused) -> None:
        body = refused.body
        headers = [("Content-Type", JSON), ("Content-Length", str(len(body))), *refused.headers]
        encoded = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
        await self.send({"type": "http.response.start", "status": refused.status, "headers": encoded})
        await self.send({"type": "http.response.body", "body": body})

    async def _read_away(self) -> None:
        """Take what is left of the body; a sender that asked first whether it may sends none."""
        left = UNREAD_BYTES
        try:
            async with asyncio.timeout(UNREAD_SECONDS):
                while self._unread and not self._asks_first and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return
