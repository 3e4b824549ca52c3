"""
Deadlines by the calendar that the State Council announced for each year, typed here from its announcements.

The tables are the oracle: the library that the code asks is not looked at.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import pytest

from icpgate.registration.application import Deadline
from icpgate.registration.workdays import deadline, is_overdue

if TYPE_CHECKING:
    from collections.abc import Iterator

BEIJING: Final = timezone(timedelta(hours=8))

OFF: Final = {
    2023: "0101-0102 0121-0127 0405-0405 0429-0503 0622-0624 0929-1006",
    2024: "0101-0101 0210-0217 0404-0406 0501-0505 0608-0610 0915-0917 1001-1007",
    2025: "0101-0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008",
    2026: "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007",
}
"""Holidays, first and last day, as announced."""

WORKED: Final = {
    2023: "0128 0129 0423 0506 0625 1007 1008",
    2024: "0204 0218 0407 0428 0511 0914 0929 1012",
    2025: "0126 0208 0427 0928 1011",
    2026: "0104 0214 0228 0509 0920 1010",
}
"""Saturdays and Sundays that are worked instead, as announced."""


def _day(year: int, text: str) -> date:
    return date(year, int(text[:2]), int(text[2:]))


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


HOLIDAYS: Final = {
    day
    for year, ranges in OFF.items()
    for one in ranges.split()
    for day in _days(_day(year, one[:4]), _day(year, one[5:]))
}
MAKE_UP: Final = {_day(year, one) for year, days in WORKED.items() for one in days.split()}


def _is_worked(day: date) -> bool:
    return day in MAKE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


ALL_WORKED: Final = [day for day in _days(date(2023, 1, 1), date(2026, 12, 28)) if _is_worked(day)]


def _last_of(first: date, days: int) -> date:
    """The naive way: of all days that are worked, the one so many after the start."""
    return ALL_WORKED[bisect_right(ALL_WORKED, first) + days - 1]


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        # An ordinary fortnight: Monday, and ten days on.
        ("2026-11-09", 10, "2026-11-23"),
        # Twenty days from today's Wednesday: no holiday stands in the way.
        ("2026-11-25", 20, "2026-12-23"),
        # Spring Festival 2026, 15 to 23 February, with Saturdays the 14th and 28th worked: 10, 11, 12, 13, 14, 24, 25,
        # 26, 27, 28 February; 2 to 6, 9 to 13 March.
        ("2026-02-09", 20, "2026-03-13"),
        ("2026-02-09", 10, "2026-02-28"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        # Spring Festival 2025, 28 January to 4 February, Sunday 26 January and Saturday 8 February worked.
        ("2025-01-24", 4, "2025-02-06"),
        ("2025-01-27", 4, "2025-02-08"),
        # Spring Festival 2024, 10 to 17 February, Sundays the 4th and 18th worked.
        ("2024-02-02", 8, "2024-02-19"),
        # National Day 2023, 29 September to 6 October, Saturday and Sunday the 7th and 8th worked.
        ("2023-09-28", 3, "2023-10-09"),
        # National Day 2026, 1 to 7 October after Mid-Autumn 25 to 27 September, Sunday the 20th and Saturday 10 October
        # worked: 20, 21, 22, 23, 24, 28, 29, 30 September; 8, 9, 10, 12 October.
        ("2026-09-18", 11, "2026-10-10"),
        ("2026-09-18", 12, "2026-10-12"),
        # Over a new year whose calendar is known.
        ("2025-12-30", 3, "2026-01-05"),
        # Beginning on a holiday, on a free Saturday, and on a worked one.
        ("2026-10-03", 1, "2026-10-08"),
        ("2026-11-21", 1, "2026-11-23"),
        ("2026-05-09", 1, "2026-05-11"),
        # No day at all is the day itself.
        ("2026-10-03", 0, "2026-10-03"),
    ],
)
def test_deadlines_counted_by_hand(start: str, days: int, last: str) -> None:
    """Holidays do not count, make-up days do, and neither does the day of the start."""
    assert deadline(_noon(date.fromisoformat(start)), days) == Deadline(date.fromisoformat(last))


@pytest.mark.parametrize("days", [1, 20])
def test_every_start_of_four_years(days: int) -> None:
    """The announced tables, counted day by day, give the same last day for each start."""
    starts = list(_days(date(2023, 1, 1), date(2026, 11, 25)))
    wrong = [day for day in starts if deadline(_noon(day), days) != Deadline(_last_of(day, days))]
    assert wrong == []


def test_the_day_of_the_start_is_beijing_s() -> None:
    """A minute before midnight in Beijing is that day, whatever day it is elsewhere."""
    late = datetime(2026, 11, 25, 23, 59, tzinfo=BEIJING)
    assert deadline(late, 1) == deadline(late.astimezone(UTC), 1) == Deadline(date(2026, 11, 26))
    after = late + timedelta(minutes=1)
    assert deadline(after, 1) == deadline(after.astimezone(UTC), 1) == Deadline(date(2026, 11, 27))
    honolulu = timezone(timedelta(hours=-10))
    assert deadline(after.astimezone(honolulu), 1) == Deadline(date(2026, 11, 27))


@pytest.mark.parametrize(
    ("start", "days", "year"),
    [
        ("2026-12-23", 20, 2027),
        ("2027-01-01", 1, 2027),
        ("2027-12-30", 1, 2027),
        ("2002-06-03", 1, 2002),
        ("9999-12-31", 1, 9999),
    ],
)
def test_an_unknown_year_is_said_to_be_unknown(start: str, days: int, year: int) -> None:
    """Nothing is guessed where the year's calendar has not been announced, or is older than the library's."""
    assert deadline(_noon(date.fromisoformat(start)), days) == Deadline(None, f"the calendar of {year} is not known")


def test_the_last_days_of_a_year_wait_for_the_next_year_s_calendar() -> None:
    """As in 2018, when the 29th of December was worked and the 31st was not; both are counted once they are known."""
    assert deadline(_noon(date(2026, 12, 25)), 1) == Deadline(date(2026, 12, 28))
    assert deadline(_noon(date(2026, 12, 25)), 2) == Deadline(None, "the calendar of 2027 is not known")
    assert deadline(_noon(date(2018, 12, 28)), 1) == Deadline(date(2018, 12, 29))
    assert deadline(_noon(date(2018, 12, 29)), 1) == Deadline(date(2019, 1, 2))


def test_a_missing_calendar_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra no deadline is known, and which extra it is."""
    monkeypatch.setitem(sys.modules, "chinese_calendar", None)
    due = deadline(_noon(date(2026, 11, 25)), 20)
    assert due.last_day is None
    assert "icpgate[calendar]" in due.unknown


def test_a_start_without_a_zone_is_no_start() -> None:
    """It could be a day earlier or later."""
    assert deadline(datetime(2026, 11, 25, 12), 1).last_day is None  # noqa: DTZ001 -- that is the case


def test_overdue_is_the_day_after_the_last_one_in_beijing() -> None:
    """The last day itself is still in time, to its last minute; an unknown deadline never passes."""
    due = Deadline(date(2026, 12, 23))
    assert not is_overdue(due, datetime(2026, 12, 23, 23, 59, 59, tzinfo=BEIJING))
    assert not is_overdue(due, datetime(2026, 12, 23, 15, 59, 59, tzinfo=UTC))
    assert is_overdue(due, datetime(2026, 12, 23, 16, 0, tzinfo=UTC))
    assert is_overdue(due, datetime(2026, 12, 24, 0, 0, tzinfo=BEIJING))
    assert not is_overdue(Deadline(None, "the calendar of 2027 is not known"), datetime(2030, 1, 1, tzinfo=UTC))


def test_a_deadline_is_written_with_what_is_not_known() -> None:
    """As JSON: the day, or why there is none."""
    assert Deadline(date(2026, 12, 23)).written() == {"last_day": "2026-12-23", "unknown": ""}
    assert Deadline(None, "no calendar").written() == {"last_day": None, "unknown": "no calendar"}
