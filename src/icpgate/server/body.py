"""Reads a request's body, with an end to its size and to the wait for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from icpgate.server.refusal import Refused

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["BODY_SECONDS", "demand_json", "read_body"]

BODY_SECONDS: Final = 10.0
"""How long a body may take to arrive; a megabyte in that time is a slow line of 1990."""


def demand_json(content_type: str) -> None:
    """Refuse another type than JSON in UTF-8: a browser's form can send none of ours. Raises `Refused`."""
    media, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        message = "a body of application/json in UTF-8 is expected"
        raise Refused(415, message, code="request.content_type", hint="Content-Type: application/json")


async def read_body(request: Request, at_most: int, *, hint: str = "send several batches") -> bytes:
    """
    The whole body, of at most so many bytes; raises `Refused` as soon as it is too much or too slow.

    `hint` says what to do about too much.
    """
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
        raise Refused(413, message, code="request.too_large", hint=hint)
    return b"".join(parts)
