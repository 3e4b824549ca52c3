"""
Working days of the mainland: weekends, public holidays, and the weekend days that are worked instead.

The calendar is announced year by year; the library `chinesecalendar` (extra `calendar`) has those that are known.
A year that it does not know is said to be unknown: a guess would be a wrong deadline.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from icpgate.record import BEIJING
from icpgate.registration.application import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["deadline", "is_overdue"]


def deadline(start: datetime, days: int) -> Deadline:
    """
    The last of so many working days; the first one counted is the working day after `start`, in Asia/Shanghai.

    Never raises for want of a calendar: the deadline then is unknown, and says why.
    """
    is_workday = _calendar()
    if is_workday is None:
        return Deadline(None, "no calendar is installed: pip install 'icpgate[calendar]'")
    day, left = start.astimezone(BEIJING).date(), days
    while left > 0:
        day += timedelta(days=1)
        try:
            left -= is_workday(day)
        except NotImplementedError:
            return Deadline(None, f"the calendar of {day.year} is not known")
    return Deadline(day)


def is_overdue(due: Deadline, now: datetime) -> bool:
    """Whether the last day is over in Asia/Shanghai; an unknown deadline is never over."""
    return due.last_day is not None and now.astimezone(BEIJING).date() > due.last_day


def _calendar() -> Callable[[date], bool] | None:
    try:
        from chinese_calendar import is_workday  # noqa: PLC0415 -- the extra may be missing
    except ImportError:
        return None
    return is_workday  # type: ignore[no-any-return]  # it has no types
