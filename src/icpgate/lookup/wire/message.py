"""What an exchange sends and what it brings, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Headers", "Incoming", "Origin", "Outgoing"]

Headers = list[tuple[bytes, bytes]]
"""Names in lower case, with their values, in the order of the wire."""


class Origin(NamedTuple):  # a tuple: its hash is taken for every exchange
    """Where a connection leads. `host` is a name in ASCII or an address, without brackets."""

    secure: bool
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """
    A request. `headers` has `host`, and `content-length` where there is a body; both are not checked.

    `target` is what stands in the request line: path and query, percent-encoded.
    """

    origin: Origin
    method: bytes
    target: bytes = field(repr=False)
    headers: Headers = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A whole answer. `body` is decoded; then `headers` has no content coding and no length any more."""

    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
