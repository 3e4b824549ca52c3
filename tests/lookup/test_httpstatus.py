"""What a status says before a body is read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from icpgate.answer import Unavailable, Why
from icpgate.lookup.httpstatus import LONGEST_WAIT, made_at, refusal, retry_after
from icpgate.lookup.steps import Response
from tests.lookup.mapping.local import NOW


def answered(status: int, **headers: str) -> Response:
    """A response of this status with a body that would allow."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, b'{"status": "registered"}')


WHYS = {
    Why.UNAUTHORISED: [401],
    Why.BLOCKED: [403],
    Why.TIMEOUT: [408, 504],
    Why.RATE_LIMITED: [425, 429],
    Why.UPSTREAM_ERROR: [400, 402, 404, 405, 406, 409, 410, 413, 415, 418, 422, 451, 500, 501, 502, 503, 505, 521, 599],
    Why.PROTOCOL: [
        -1,
        0,
        99,
        100,
        102,
        199,
        201,
        202,
        203,
        204,
        206,
        299,
        300,
        302,
        304,
        308,
        399,
        407,
        600,
        999,
        2**63,
    ],
}


@pytest.mark.parametrize(
    ("status", "why"), [(status, why) for why, statuses in WHYS.items() for status in statuses], ids=str
)
def test_every_other_status_than_200_is_unavailable(status: int, why: Why) -> None:
    """Whatever the body says; the detail has the status and nothing else."""
    assert refusal(answered(status), NOW) == Unavailable(why, f"http {status}")


def test_200_is_read() -> None:
    """It alone says that there is something to read."""
    assert refusal(answered(200), NOW) is None


def test_a_wait_is_kept_only_where_it_means_something() -> None:
    """What is asked for counts with 425, 429 and 503; 500 and 502 may be asked again right away, nothing else."""
    refusals = {status: refusal(answered(status, retry_after="7"), NOW) for status in range(100, 600)}
    waits = {status: refused.retry_after for status, refused in refusals.items() if refused is not None}
    assert {status: wait for status, wait in waits.items() if wait is not None} == {
        425: 7.0, 429: 7.0, 500: 0.0, 502: 0.0, 503: 7.0,
    }  # fmt: skip
    assert waits[503] == 7.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("1", 1.0),
        (" 120\t", 120.0),
        ("0000000000000000120", 120.0),
        ("3600", LONGEST_WAIT),
        ("3601", LONGEST_WAIT),
        ("9" * 5_000, LONGEST_WAIT),
        ("Tue, 24 Nov 2026 00:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 00:01:30 GMT", 90.0),
        ("Tuesday, 24-Nov-26 00:01:30 GMT", 90.0),
        ("Tue Nov 24 00:01:30 2026", 90.0),
        ("Wed, 25 Nov 2026 00:00:00 GMT", LONGEST_WAIT),
    ],
)
def test_a_wait(text: str, seconds: float) -> None:
    """Seconds or a date of HTTP in any of its notations, never more than an hour."""
    assert retry_after(text, NOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "+1",
        "1.5",
        "1e3",
        "0x10",
        "1 2",
        "soon",
        "１２０",
        "①",
        "٣",
        "Mon, 23 Nov 2026 23:59:59 GMT",
        "Sun, 31 Feb 2027 00:00:00 GMT",
        "Tue, 24 Nov 2026 25:00:00 GMT",
        "Tue, 24 Xyz 2026 00:01:30 GMT",
        "Tue, 24 Nov 2026 00:01:30 +0800",
        "2026-11-24T00:01:30Z",
        "Tue, 24 Nov 0000 00:01:30 GMT",
    ],
)
def test_a_wait_that_is_none(text: str) -> None:
    """Garbage, other digits and the past ask for nothing, and break nothing."""
    assert retry_after(text, NOW) is None


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        ("0", 0),
        ("31536000", 31_536_000),
        (" 60 ", 60),
        ("5, 60", 60),
        *((text, 315_360_000) for text in ("-5", "old", "６０", "1.5", "999999999")),
    ],
)
def test_a_response_is_as_old_as_its_cache_says(age: str, seconds: int) -> None:
    """A cache on the way makes nothing fresh; what is no age may stand for any, and nothing is fresh then."""
    assert made_at(answered(200, age=age), NOW) == NOW - timedelta(seconds=seconds)
    assert made_at(answered(200), NOW) == NOW


def test_an_age_beyond_every_calendar() -> None:
    """It is as old as can be told, a moment all the same, and breaks nothing."""
    assert made_at(answered(200, age="9" * 5_000), NOW) == NOW - timedelta(seconds=315_360_000)
