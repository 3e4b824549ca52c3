"""What the app must show: its number, and below it the link to the registration system."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

from icpgate.errors import InvalidNumber, quote
from icpgate.number import find_all, parse
from icpgate.rules.facts import LINKED, NO_LINK, NO_NUMBER, NOT_LOOKED_AT, NOTHING_SHOWN, SHOWN, settled_by
from icpgate.rules.rule import Case, Demand, Finding, Outcome, listed

if TYPE_CHECKING:
    from icpgate.app import App
    from icpgate.number import RegistrationNumber

__all__ = ["LINK", "DisplayAgrees", "DisplayLinked", "Displayed", "unstated_numbers"]

HOST: Final = "beian.miit.gov.cn"
LINK: Final = f"https://{HOST}/"


@dataclass(frozen=True, slots=True)
class Displayed(Demand):
    """The app shows a number in a prominent place (notice, display clause)."""

    code: ClassVar[str] = "display_missing"

    @settled_by(passed=SHOWN, unsaid=NOTHING_SHOWN)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        display = case.app.display
        if display is not None and display.number and not display.number.isspace():
            return self.passed
        expected = str(case.number) if case.number is not None else "the registration number"
        if display is None:
            return self.not_checkable("app.display", expected=expected)
        return self.failed("display.number", found="no number shown", expected=expected)


@dataclass(frozen=True, slots=True)
class DisplayAgrees(Demand):
    """
    The number that the app shows is the number it states.

    The text around it does not matter ("APP备案号：…"). Numbers of other kinds may stand beside it,
    such as a website's or a licence, because one line for all of them is common. A second number of
    the same kind may not: nobody could tell which one is the app's.
    """

    code: ClassVar[str] = "display_mismatch"

    @settled_by(passed=SHOWN, not_applicable=NO_NUMBER | NOTHING_SHOWN | NOT_LOOKED_AT)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        display, number = case.app.display, case.number
        if display is None or number is None or not display.number or display.number.isspace():
            return self.not_applicable
        text = display.number
        if text == number.canonical:
            return self.passed
        try:
            numbers = [parse(text)]
        except InvalidNumber as problem:
            numbers = _shown_numbers(text)
            if not numbers:
                return self.failed(problem.code, found=quote(text), expected=str(number))
        if number not in numbers:
            return self.failed("display.other_number", found=listed([*map(str, numbers)]), expected=str(number))
        if any(other.service_kind is number.service_kind and other != number for other in numbers):
            return self.failed(
                "display.several_numbers", found=listed([*map(str, numbers)]), expected=f"{number} alone"
            )
        return self.passed


_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})


def _shown_numbers(text: str) -> list[RegistrationNumber]:
    """Each number in a text once; none where what is seen may not be what is read."""
    if any(unicodedata.category(character) in _HIDDEN and character not in "\t\r\n" for character in text):
        return []
    return list(dict.fromkeys(found.number for found in find_all(text)))


def unstated_numbers(app: App) -> list[RegistrationNumber]:
    """The numbers that an app shows although it states none: leaving one out of the form does not hide it."""
    shown = app.display.number if app.display is not None else None
    return _shown_numbers(shown) if shown and not (app.registration_number or "").strip() else []


@dataclass(frozen=True, slots=True)
class DisplayLinked(Demand):
    """
    The shown number links to the registration system, over HTTP or HTTPS, to that host alone.

    Any page of that host will do, also an address without its scheme.
    """

    code: ClassVar[str] = "display_link_missing"
    no_link: ClassVar[Finding] = Finding(code, Outcome.FAIL, "display.link", "no link", LINK)
    not_looked_at: ClassVar[Finding] = Finding(code, Outcome.NOT_CHECKABLE, "app.display", "", LINK)

    @settled_by(passed=LINKED, no_link=NO_LINK, not_looked_at=NOT_LOOKED_AT)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        display = case.app.display
        if display is None:
            return self.not_looked_at
        link = display.link
        if not link or link.isspace():
            return self.no_link
        if not _leads_to_registration_system(link):
            return self.failed("display.link_elsewhere", found=quote(link), expected=LINK)
        return self.passed


# Neither a user part nor another port nor a longer name may stand in place of the host, and nothing
# that one reader takes for a part of the host and another does not.
_LEADS: Final = re.compile(
    rf"\s*(?:(?:http:)?//{re.escape(HOST)}(?::80)?|(?:(?:https:)?//)?{re.escape(HOST)}(?::443)?)(?:[/?#][!-?A-\[\]-~]*)?\s*",
    re.IGNORECASE | re.ASCII,
)


@lru_cache(maxsize=256)
def _leads_to_registration_system(link: str) -> bool:
    return _LEADS.fullmatch(link) is not None
