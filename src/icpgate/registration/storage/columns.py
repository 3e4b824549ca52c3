"""Values as columns hold them, the same in both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from icpgate.lookup.snapshot.layout import microseconds, moment_of

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["blob", "micro", "moment", "written"]


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
