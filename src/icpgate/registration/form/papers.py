"""The papers of a form: commitment letter, authenticity sheet, and the approvals of competent authorities."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Final

from icpgate.app import PreApproval
from icpgate.chinese import fold
from icpgate.errors import nearest, quote
from icpgate.record import BEIJING
from icpgate.registration.form.persons import soon
from icpgate.registration.form.report import Report, same
from icpgate.registration.form.shape import day_of
from icpgate.registration.form.texts import Said
from icpgate.registration.form.words import did_you_mean
from icpgate.rules.approval import SectorList, sectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.registration.form.shape import Part
    from icpgate.rules.approval import Sector

__all__ = ["approvals_of", "compare_documents", "signing_day"]

_BETWEEN_WORDS: Final = re.compile("[、，,；;|]")
"""One cell may name several sectors, as the gate reads it too."""


def compare_documents(form: Part, report: Report) -> None:
    """No two documents of a form are the same file."""
    seen: dict[str, str] = {}
    app = form.part("app")
    icon = None if app is None else app.part("icon")
    for part in (icon, form.part("commitment_letter"), form.part("authenticity_sheet")):
        digest = None if part is None else part.text("sha256")
        if part is None or digest is None:
            continue
        first = seen.setdefault(digest, part.pointer)
        if first != part.pointer:
            report.add("form.same_document", part.at("sha256"), found=same(first))


def signing_day(form: Part, report: Report, today: date) -> date | None:
    """The day on which the commitment letter was signed."""
    part = form.part("commitment_letter")
    day = None if part is None else _day(part, "signed_on")
    if part is not None and day is not None and day > today:
        report.add("form.signed_in_future", part.at("signed_on"), found=same(day.isoformat()))
    return day


def _day(part: Part, name: str) -> date | None:
    text = part.text(name)
    return None if text is None else day_of(text)


@cache
def _by_name() -> dict[str, Sector]:
    return {name: sector for sector in sectors() for name in sector.names}


def _key(word: str) -> str:
    """What two words for one sector have in common, known or not."""
    folded = fold(word.replace("_", " "))
    sector = _by_name().get(folded)
    return folded if sector is None else sector.id


def _keys(text: str) -> list[str]:
    return [_key(word) for word in _BETWEEN_WORDS.split(text) if word.strip()]


def approvals_of(form: Part, report: Report, today: date) -> tuple[PreApproval, ...]:
    """The approvals that could be read; each sector that needs one is held against them."""
    parts = form.parts("pre_approvals")
    approvals = tuple(_approval(part, report, today) for part in parts)
    _once(parts, report)
    if not report.has("/app/sectors"):
        _unused(form, parts, report)
    if form.part("app") is not None:
        _demanded(form, parts, report, today)
    return tuple(approval for approval in approvals if approval is not None)


def _approval(part: Part, report: Report, today: date) -> PreApproval | None:
    first, last = _day(part, "valid_from"), _day(part, "valid_until")
    at = part.at("valid_until")
    if first is not None and last is not None and last < first:
        report.add("form.approval_dates", at, found=same(last.isoformat()), expected=same(first.isoformat()))
        return None
    if first is not None and first > today:
        report.add("form.approval_not_begun", part.at("valid_from"), found=same(first.isoformat()))
    if last is not None and last < today:
        report.add("form.approval_past", at, found=same(last.isoformat()))
    elif last is not None and last <= soon(today):
        report.add("form.approval_expiring", at, found=same(last.isoformat()))
    sector = part.text("sector")
    if sector is None:
        return None
    texts = {name: part.text(name) for name in ("document_number", "authority", "document")}
    return PreApproval.parse({"sector": sector, "valid_from": first, "valid_until": last, **texts})


def _once(parts: tuple[Part, ...], report: Report) -> None:
    seen: dict[tuple[str, str], str] = {}
    for part in parts:
        sector, number = part.text("sector"), part.text("document_number")
        if sector is None or number is None:
            continue
        first = seen.setdefault((_key(sector), fold(number)), part.pointer)
        if first != part.pointer:
            report.add("form.duplicate", part.pointer, found=same(first))


def _sectors(form: Part) -> Iterator[tuple[str, str, str]]:
    """Each sector that the app names: its place, its word, its key."""
    app = form.part("app")
    for pointer, text in () if app is None else app.texts("sectors"):
        for word in _BETWEEN_WORDS.split(text):
            if word.strip():
                yield pointer, word.strip(), _key(word)


def _unused(form: Part, parts: tuple[Part, ...], report: Report) -> None:
    named = {key for _, _, key in _sectors(form)}
    for part in parts:
        sector = part.text("sector")
        if sector is not None and named.isdisjoint(_keys(sector)):
            report.add("form.approval_unused", part.at("sector"), found=same(quote(sector)))


def _demanded(form: Part, parts: tuple[Part, ...], report: Report, today: date) -> None:
    """
    Each sector with what it needs.

    An approval that is there and wrong has been reported itself; one whose sector cannot be read may be for any.
    """
    held = {key for part in parts for key in _keys(part.text("sector") or "")}
    open_approvals = sum(part.text("sector") is None for part in parts)
    open_approvals += _MANY if report.has("/pre_approvals") and not parts else 0
    seen: dict[str, str] = {}
    for pointer, word, key in _sectors(form):
        if key in seen:
            if seen[key] != pointer:
                report.add("form.duplicate", pointer, found=same(seen[key]))
            continue
        seen[key] = pointer
        code = _code(key, today)
        if code is None or key in held:
            continue
        if code == "form.approval_missing" and open_approvals > 0:
            open_approvals -= 1
            continue
        _say(code, pointer, word, report)


_MANY: Final = 1_000


def _code(key: str, today: date) -> str | None:
    """What is to be said of a sector without an approval on this day."""
    sector = next((each for each in sectors() if each.id == key), None)
    if sector is None:
        return "form.sector_unknown"
    as_of = datetime.combine(today, time(), BEIJING)
    if sector.demanded((SectorList.NOTICE,), as_of):
        return "form.approval_missing"
    return "form.approval_wider" if sector.demanded((SectorList.WIDER,), as_of) else None


def _say(code: str, pointer: str, word: str, report: Report) -> None:
    sector = _by_name().get(fold(word.replace("_", " ")))
    if sector is None:
        hint = did_you_mean(nearest(fold(word), list(_by_name())))
        report.add(code, pointer, found=same(quote(word)), hint=hint)
        return
    expected = Said(f"{sector.document} of {sector.authority}", "")
    report.add(code, pointer, found=Said(quote(word), f"“{word}”"), expected=expected)
