"""
The hours in which a bureau is not asked: daily windows in Asia/Shanghai, such as `23:30-06:00`.

A window may go over midnight. Its end is no part of it. Two that touch are one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.record import BEIJING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["Window", "seconds_left"]

_TEXT: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00))")
_DAY: Final = 24 * 3_600


@dataclass(frozen=True, slots=True)
class Window:
    """A daily window, in seconds since midnight; an `end` before its `begin` is on the next day."""

    begin: int
    end: int

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read `HH:MM-HH:MM`; raises `ValueError` for anything else, and for one of no length."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError("not a window such as 23:30-06:00")
        begin_hour, begin_minute, *ends = (int(part) for part in match.groups() if part is not None)
        begin, end = begin_hour * 3_600 + begin_minute * 60, ends[0] * 3_600 + ends[1] * 60
        if begin == end:
            raise ValueError("a window of no length")
        return cls(begin, end)

    def left(self, second: float) -> float:
        """The seconds until its end at this second of the day; 0 outside it."""
        length = (self.end - self.begin) % _DAY or _DAY
        since = (second - self.begin) % _DAY
        return length - since if since < length else 0.0


def seconds_left(windows: Sequence[Window], now: datetime) -> float:
    """The seconds until no window is open any more, at most a day; 0 when none is."""
    local = now.astimezone(BEIJING)
    second = (local - local.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(seconds=1)
    left = 0.0
    for _ in windows:
        longest = max(window.left(second + left) for window in windows)
        if not longest:
            break
        left += longest
    return min(left, float(_DAY))
