"""What the upstream of these tests says: its record, its envelope, and an HTTP answer around it."""

from __future__ import annotations

import json
from typing import Final

__all__ = ["HEAD", "answer", "cancelled", "encoded", "envelope", "number_like", "record", "whole"]

HEAD: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
"""A head that is not at its end."""


def record(number: str, /, **changes: object) -> dict[str, object]:
    """The record that allows; a change to `...` leaves the member out."""
    fields: dict[str, object] = {
        "number": number,
        "status": "active",
        "name": "挖煤姬",
        "company": "示例科技（成都）有限公司",
        "package": "com.sig.wameiji",
    }
    return {name: value for name, value in (fields | changes).items() if value is not ...}


def envelope(number: str, /, **changes: object) -> dict[str, object]:
    """The whole answer around a record; a change to `...` leaves the member out."""
    fields: dict[str, object] = {"code": 0, "message": "ok", "data": record(number)}
    return {name: value for name, value in (fields | changes).items() if value is not ...}


def encoded(value: object) -> bytes:
    """JSON as the upstream writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def whole(number: str, /, **changes: object) -> bytes:
    """The bytes of the body that allows, with these changes to its envelope."""
    return encoded(envelope(number, **changes))


def cancelled(number: str) -> bytes:
    """The bytes of the body that says *revoked*."""
    return whole(number, data=record(number, status="revoked"))


def number_like(number: str, *, serial: int = 0, sequence: int = 0) -> str:
    """Another number of the same form, so much further on."""
    head, _, tail = number.partition("备")
    digits, _, service = tail.partition("号-")
    place = service.rstrip("A")
    return f"{head}备{int(digits) + serial:0{len(digits)}d}号-{int(place) + sequence}A"


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK", kind: bytes = b"application/json") -> bytes:
    """A whole answer, with its length."""
    lines = [b"HTTP/1.1 " + status, *headers, b"content-length: %d" % len(body)]
    if kind:
        lines.insert(1, b"content-type: " + kind)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
