"""
What an HTTP response is worth before its body is read: only a 200 is worth reading.

- A status is never an answer about a registration: 404 is the address's absence, not the record's.
- `Retry-After` counts only where it was promised to mean something, in ASCII digits or as a date of
  HTTP, and never beyond an hour.
- A response that waited in somebody's cache was observed when it was made, not when it came.
"""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from icpgate.answer import Unavailable, Why

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.lookup.steps import Response

__all__ = ["LONGEST_WAIT", "made_at", "refusal", "retry_after"]

LONGEST_WAIT: Final = 3_600.0
"""Seconds. A service may ask for an hour of peace; a longer one could stop us for ever."""

_OK: Final = 200
_WHYS: Final = {
    401: Why.UNAUTHORISED,
    403: Why.BLOCKED,
    # Only a proxy may ask for this, and none was asked for.
    407: Why.PROTOCOL,
    408: Why.TIMEOUT,
    425: Why.RATE_LIMITED,
    429: Why.RATE_LIMITED,
    504: Why.TIMEOUT,
}
_ERRORS: Final = range(400, 600)
_ASK_AGAIN: Final = frozenset({425, 429, 503})
_PASSING: Final = frozenset({500, 502, 503})
"""What a server says that has just fallen over or is just coming back: asking again right away makes sense."""


def refusal(response: Response, now: datetime) -> Unavailable | None:
    """
    Why a response says nothing, whatever its body says; None for a 200.

    `now` is when it came, for a `Retry-After` that is a date.
    """
    status = response.status
    if status == _OK:
        return None
    why = _WHYS.get(status, Why.UPSTREAM_ERROR if status in _ERRORS else Why.PROTOCOL)
    wait = retry_after(response.headers.get("retry-after", ""), now) if status in _ASK_AGAIN else None
    if wait is None and status in _PASSING:
        wait = 0.0
    return Unavailable(why, f"http {status}", wait)


_SECONDS: Final = re.compile(r"[0-9]+")
_MORE_DIGITS: Final = 6
_DATE: Final = re.compile(
    r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
    r"|[A-Z][a-z]{5,8}, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}"
)
"""The three notations of RFC 9110, section 5.6.7."""


def retry_after(text: str, now: datetime) -> float | None:
    """
    The seconds that a `Retry-After` asks for, at most an hour; None for garbage and for the past.

    >>> from datetime import UTC, datetime
    >>> retry_after("Tue, 24 Nov 2026 00:00:30 GMT", datetime(2026, 11, 24, tzinfo=UTC))
    30.0
    """
    given = text.strip(" \t")
    if _SECONDS.fullmatch(given):
        return LONGEST_WAIT if len(given.lstrip("0")) > _MORE_DIGITS else min(float(given), LONGEST_WAIT)
    if not _DATE.fullmatch(given):
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- few services send a date, and it loads sockets

    try:
        moment = parsedate_to_datetime(given)
    except ValueError:  # a day that no calendar has
        return None
    wait = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return min(wait, LONGEST_WAIT) if wait >= 0 else None


_OLDEST: Final = 315_360_000
"""Seconds: ten years, beyond which nothing is older. What lies before the register would be no moment at all."""

_AGE_DIGITS: Final = 9


def made_at(response: Response, now: datetime) -> datetime:
    """When the response was made: now, or earlier when a cache on the way says that it kept it (`Age`)."""
    ages = [part.strip(" \t") for part in response.headers.get("age", "").split(",")]
    if ages == [""]:
        return now
    # Of several caches the oldest counts. What is no age may stand for any: then nothing is fresh.
    seconds = [int(age) if _SECONDS.fullmatch(age) and len(age) <= _AGE_DIGITS else _OLDEST for age in ages]
    return now - timedelta(seconds=min(max(seconds), _OLDEST))
