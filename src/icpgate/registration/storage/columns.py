"""Values as columns hold them, the same in both databases."""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from icpgate.errors import RegistryStoreError
from icpgate.lookup.snapshot.layout import microseconds, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["as_written", "blob", "micro", "moment", "written"]

P = ParamSpec("P")
T = TypeVar("T")


def as_written(read: Callable[P, T]) -> Callable[P, T]:
    """A reader of rows that raises `RegistryStoreError` for one that was not written here."""

    @wraps(read)
    def reading(*given: P.args, **named: P.kwargs) -> T:
        try:
            return read(*given, **named)
        except (ValueError, TypeError, OverflowError):
            message = "a row is not as it was written"
            raise RegistryStoreError(message, hint="restore the database", code="store.corrupt") from None

    return reading


def written(value: object) -> str:
    """JSON in ASCII, so that no database minds any character."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def micro(value: datetime | None) -> int | None:
    """Microseconds since 1970."""
    return None if value is None else microseconds(value)


def moment(value: int | None) -> datetime | None:
    """The moment of `micro`."""
    return None if value is None else moment_of(value)


def blob(value: object) -> bytes | None:
    """Bytes, whatever the driver has for them."""
    return None if value is None else bytes(value)  # type: ignore[call-overload]  # a blob, or psycopg's memoryview
