"""
Sectors whose competent authority must approve before registration.

Which sectors, whose approval and since when are dated data (`sectors.toml`). An approval is
checked for presence and dates; that the document is genuine is not checked. An approval without
dates has no end.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field

from icpgate.chinese import fold
from icpgate.errors import quote
from icpgate.record import BEIJING
from icpgate.rules.facts import NO_SECTORS, settled_by
from icpgate.rules.placeholders import says_nothing
from icpgate.rules.rule import Case, Demand, Finding, legible, listed

if TYPE_CHECKING:
    from icpgate.app import PreApproval

__all__ = ["PreApprovalPresent", "PreApprovalValid", "Sector", "SectorList", "sectors", "sectors_version"]


class SectorList(StrEnum):
    """Which list a sector stands on: the notice's own, or the wider ones that providers ask for."""

    NOTICE = "notice"
    WIDER = "wider"


@dataclass(frozen=True, slots=True)
class Sector:
    """One sector with its authority and document, and the time for which it is demanded."""

    id: str
    names: frozenset[str]
    authority: str
    document: str
    list: SectorList
    since: datetime | None
    until: datetime | None

    def demanded(self, lists: tuple[SectorList, ...], as_of: datetime) -> bool:
        """Whether the policy's lists demand an approval on that day; `until` is exclusive."""
        started = self.since is None or self.since <= as_of
        return self.list in lists and started and (self.until is None or as_of < self.until)


@cache
def _data() -> dict[str, object]:
    return tomllib.loads(files("icpgate.rules").joinpath("sectors.toml").read_text(encoding="utf-8"))


def sectors_version() -> str:
    """The version of the sector data, as it stands in the policy's revision."""
    return str(_data()["version"])


@cache
def sectors() -> tuple[Sector, ...]:
    """Every sector that icpgate knows."""
    rows = _data()["sector"]
    return tuple(_sector(row) for row in rows) if isinstance(rows, list) else ()


def _sector(row: dict[str, object]) -> Sector:
    words = [row["id"], *_words(row, "zh"), *_words(row, "en")]
    return Sector(
        id=str(row["id"]),
        names=frozenset(fold(str(word).replace("_", " ")) for word in words),
        authority=_text(row["authority"]),
        document=_text(row["document"]),
        list=SectorList(str(row["list"])),
        since=_moment(row.get("since")),
        until=_moment(row.get("until")),
    )


def _words(row: dict[str, object], lang: str) -> list[object]:
    names = row["names"]
    words = names.get(lang, []) if isinstance(names, dict) else []
    return list(words)


def _text(value: object) -> str:
    return str(value["en"]) if isinstance(value, dict) else str(value)


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


@cache
def _by_name() -> dict[str, Sector]:
    return {name: sector for sector in sectors() for name in sector.names}


def _sector_of(word: str) -> Sector | None:
    return _by_name().get(fold(word.replace("_", " ")))


def _demanded(case: Case, lists: tuple[SectorList, ...]) -> list[Sector]:
    named = [_sector_of(word) for word in _words_of(case)]
    return [sector for sector in dict.fromkeys(named) if sector is not None and sector.demanded(lists, case.as_of)]


def _words_of(case: Case) -> list[str]:
    """The app's sectors; one cell of a form may name several."""
    return [word for entry in case.app.sectors for word in _BETWEEN_WORDS.split(entry)]


def _held(case: Case, sector: Sector) -> list[PreApproval]:
    return [
        a
        for a in case.app.pre_approvals
        if _sector_of(a.sector) is sector and a.document_number is not None and not says_nothing(a.document_number)
    ]


_BETWEEN_WORDS: Final = re.compile("[、，,；;|]")


def _in_record(case: Case, sector: Sector) -> bool:
    """The registration system lists its approvals as words, joined by 、 and repeated."""
    entries = case.record.pre_approvals if case.record is not None else None
    words = (word for entry in entries or () for word in _BETWEEN_WORDS.split(entry))
    return any(_sector_of(word) is sector for word in words)


def _valid(approval: PreApproval, day: date) -> bool:
    started = approval.valid_from is None or approval.valid_from <= day
    return started and (approval.valid_until is None or day <= approval.valid_until)


_Lists = Annotated[tuple[SectorList, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class PreApprovalPresent(Demand):
    """Every sector that needs the competent authority's approval has one (notice, pre-approval clause)."""

    code: ClassVar[str] = "pre_approval_missing"

    lists: _Lists = (SectorList.NOTICE,)

    @settled_by(not_applicable=NO_SECTORS)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if not case.app.sectors:
            return self.not_applicable
        missing = [s for s in _demanded(case, self.lists) if not _held(case, s) and not _in_record(case, s)]
        if missing:
            expected = "; ".join(f"{s.document} of {s.authority}" for s in missing)
            return self.failed(f"sector.{missing[0].id}", found=", ".join(s.id for s in missing), expected=expected)
        unknown = [word for word in _words_of(case) if _sector_of(word) is None]
        if unknown:
            return self.not_checkable("sector.unknown", expected=f"a known sector instead of {quote(unknown[0])}")
        return self.passed


@dataclass(frozen=True, slots=True)
class PreApprovalValid(Demand):
    """An approval that the app names is valid on the day of the decision, in Asia/Shanghai."""

    code: ClassVar[str] = "pre_approval_expired"

    lists: _Lists = (SectorList.NOTICE,)

    @settled_by(not_applicable=NO_SECTORS)
    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if not case.app.sectors:
            return self.not_applicable
        day = case.as_of.astimezone(BEIJING).date()
        held = [(sector, _held(case, sector)) for sector in _demanded(case, self.lists)]
        invalid = [
            (s, approvals[0]) for s, approvals in held if approvals and not any(_valid(a, day) for a in approvals)
        ]
        if not invalid:
            return self.passed
        found = [f"{sector.id}: {legible(str(a.document_number))} {_dates(a)}" for sector, a in invalid]
        return self.failed(f"sector.{invalid[0][0].id}", found=listed(found), expected=f"an approval valid on {day}")

    def ends(self, case: Case) -> datetime | None:
        """When the first of the demanded approvals runs out that nothing else stands for; None when none does."""
        lasts = [_last_day(case, sector) for sector in _demanded(case, self.lists)]
        days = [day for day in lasts if day is not None]
        return datetime.combine(min(days) + timedelta(days=1), time(), BEIJING) if days else None


def _last_day(case: Case, sector: Sector) -> date | None:
    """The last day of the approval that is valid longest; None for one without end, or where the record has one."""
    held = _held(case, sector)
    if not held or _in_record(case, sector):
        return None
    last = max(approval.valid_until or date.max for approval in held)
    return last if last < date.max else None


def _dates(approval: PreApproval) -> str:
    return f"valid {approval.valid_from or ''}..{approval.valid_until or ''}"
