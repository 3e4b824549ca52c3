"""What the app must show: its number, and below it the link to the registration system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlsplit

from icpgate.errors import InvalidNumber, quote
from icpgate.number import parse
from icpgate.rules.rule import Case, Demand, Finding

__all__ = ["LINK", "DisplayAgrees", "DisplayLinked", "Displayed"]

HOST: Final = "beian.miit.gov.cn"
LINK: Final = f"https://{HOST}/"


@dataclass(frozen=True, slots=True)
class Displayed(Demand):
    """The app shows a number in a prominent place (notice, display clause)."""

    code: ClassVar[str] = "display_missing"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        display = case.app.display
        expected = str(case.number) if case.number is not None else "the registration number"
        if display is None:
            return self.not_checkable("app.display", expected=expected)
        if not (display.number or "").strip():
            return self.failed("display.number", found="no number shown", expected=expected)
        return self.passed


@dataclass(frozen=True, slots=True)
class DisplayAgrees(Demand):
    """The number that the app shows is the number it states."""

    code: ClassVar[str] = "display_mismatch"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        display = case.app.display
        if display is None or case.number is None or not (display.number or "").strip():
            return self.not_applicable
        try:
            shown = parse(display.number)
        except InvalidNumber as problem:
            return self.failed(problem.code, found=quote(display.number), expected=str(case.number))
        if shown != case.number:
            return self.failed("display.other_number", found=str(shown), expected=str(case.number))
        return self.passed


@dataclass(frozen=True, slots=True)
class DisplayLinked(Demand):
    """The shown number links to the registration system, over HTTP or HTTPS, to that host alone."""

    code: ClassVar[str] = "display_link_missing"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        display = case.app.display
        if display is None:
            return self.not_checkable("app.display", expected=LINK)
        link = (display.link or "").strip()
        if not link:
            return self.failed("display.link", found="no link", expected=LINK)
        if not _leads_to_registration_system(link):
            return self.failed("display.link_elsewhere", found=quote(link), expected=LINK)
        return self.passed


def _leads_to_registration_system(link: str) -> bool:
    """Exactly that host: neither a user part nor a port nor a longer name may stand there instead."""
    if any(character in link for character in "\\\t\r\n") or not link.isascii():
        return False
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and parts.netloc.lower() in {HOST, f"{HOST}:443", f"{HOST}:80"}
