"""
Working days of the mainland: weekends, public holidays, and the weekend days that are worked instead.

- The calendar is announced year by year; the library `chinesecalendar` (extra `calendar`) has those that are known.
- A year that it does not know is said to be unknown: a guess would be a wrong deadline.
- So are the last days of the year before it. That year's announcement may still move them: in 2018 the 29th of
  December, a Saturday, was worked and the 31st, a Monday, was not.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from icpgate.record import BEIJING
from icpgate.registration.application import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["deadline", "is_overdue"]

_DECEMBER: Final = 12
_UNSETTLED_FROM: Final = 29
"""The first day of December that a later announcement ever moved (2007 and 2018; days of 2006 and 2011 after it)."""


def deadline(start: datetime, days: int) -> Deadline:
    """
    The last of so many working days; the first one counted is the working day after `start`, in Asia/Shanghai.

    `start` has a time zone. Never raises: without a calendar of all those days the deadline is unknown, and says why.

    >>> from datetime import UTC
    >>> deadline(datetime(2026, 9, 24, 2, 0, tzinfo=UTC), 3).last_day
    datetime.date(2026, 9, 30)
    """
    is_workday = _calendar()
    if is_workday is None:
        return Deadline(None, "no calendar is installed: pip install 'icpgate[calendar]'")
    if start.tzinfo is None:
        return Deadline(None, "the start has no time zone")
    day, left = start.astimezone(BEIJING).date(), days
    unknown = _unknown_year(day, is_workday)
    while left > 0 and unknown is None:
        day += timedelta(days=1)
        unknown = _unknown_year(day, is_workday)
        left -= unknown is None and is_workday(day)
    return Deadline(day) if unknown is None else Deadline(None, f"the calendar of {unknown} is not known")


def _unknown_year(day: date, is_workday: Callable[[date], bool]) -> int | None:
    """The year whose announcement is needed to say whether this is a working day, and is not known."""
    unsettled = day.month == _DECEMBER and day.day >= _UNSETTLED_FROM
    for year in (day.year, day.year + unsettled):
        try:
            is_workday(date(year, 1, 1))
        except NotImplementedError:
            return year
    return None


def is_overdue(due: Deadline, now: datetime) -> bool:
    """Whether the last day is over in Asia/Shanghai; an unknown deadline is never over. `now` has a time zone."""
    return due.last_day is not None and now.astimezone(BEIJING).date() > due.last_day


def _calendar() -> Callable[[date], bool] | None:
    try:
        from chinese_calendar import is_workday  # noqa: PLC0415 -- the extra may be missing
    except ImportError:
        return None
    return is_workday  # type: ignore[no-any-return]  # it has no types
