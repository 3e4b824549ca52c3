"""
Examines a form: every missing or wrong thing at once, each exactly once.

- What a form has wrong in one place is one defect. What would follow from it elsewhere is not said.
- A kind that fits none of the platforms is one defect too, and the form is held to the kind that the rest of it fits.
- Whatever is handed in, a report comes back: nothing is raised.
- No message repeats what was stated about the operator or a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from icpgate.appfields import RUNS_ON
from icpgate.number import ServiceKind
from icpgate.record import BEIJING
from icpgate.registration.form.app import app_of_form, warn_of_name
from icpgate.registration.form.fields import root_field
from icpgate.registration.form.operator import operator_of
from icpgate.registration.form.papers import approvals_of, compare_documents, signing_day
from icpgate.registration.form.persons import compare_persons, persons_of
from icpgate.registration.form.report import Report
from icpgate.registration.form.shape import members_of, shaped
from icpgate.registration.form.texts import FormDefect, Said, Severity
from icpgate.registration.form.values import Form
from icpgate.registration.form.words import kind_of
from icpgate.signing import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Examination", "examine", "read_form"]


@dataclass(frozen=True, slots=True)
class Examination:
    """
    What an examination found, in the order of the form.

    `form` is the form as it was read, or None when it has a defect. Whether what it says is true is not examined.
    """

    defects: tuple[FormDefect, ...]
    warnings: tuple[FormDefect, ...]
    form: Form | None = None

    @property
    def complete(self) -> bool:
        """Whether the form may be handed in: it has no defect. Warnings do not count."""
        return not self.defects

    def written(self) -> dict[str, object]:
        """As JSON."""
        return {
            "complete": self.complete,
            "defects": [each.written() for each in self.defects],
            "warnings": [each.written() for each in self.warnings],
        }


def examine(form: Mapping[str, object], *, today: date) -> Examination:
    """
    Every defect and warning of a registration form, in the JSON names of docs/form.md.

    `today` is the day in Asia/Shanghai, or a moment, which is on a day there. Never raises. Not checked: whether
    documents, addresses and persons exist, whether a domain resolves, whether the app's package has this certificate;
    the three verifications do that.

    >>> from datetime import date
    >>> examination = examine({"operator": {}}, today=date(2026, 11, 24))
    >>> len(examination.defects), examination.defects[0].message
    (10, "The operator's nature is missing.")
    """
    day = today.astimezone(BEIJING).date() if isinstance(today, datetime) else today
    try:
        return min((_examined(form, day, kind) for kind in _kinds(form)), key=lambda each: len(each.defects))
    except Exception:  # noqa: BLE001 -- a value may raise anything when it is looked at, its type's name included
        report = Report()
        report.add("form.unreadable", "", found=Said("reading it fails", "读取时出错"))
        return Examination(report.listed(Severity.DEFECT), ())


def _examined(form: object, today: date, kind: ServiceKind | None) -> Examination:
    report = Report()
    read = _read(form, report, today, kind)
    defects, warnings = report.listed(Severity.DEFECT), report.listed(Severity.WARNING)
    return Examination(defects, warnings, None if defects else read)


_ANY_DAY: Final = date(2026, 1, 1)
"""What can be read depends on no day; what is said of it does."""


def read_form(form: Mapping[str, object]) -> Form:
    """What of a form can be read, complete or not: of one that was examined before and is kept without persons."""
    return _read(form, Report(), _ANY_DAY, _kinds(form)[0])


def _read(form: object, report: Report, today: date, kind: ServiceKind | None) -> Form:
    whole = shaped(form, root_field(), report, _NEEDS[kind])
    operator = operator_of(whole.part("operator"), report)
    persons = persons_of(whole.part("persons"), report, today)
    app = app_of_form(whole.part("app"), report, kind)
    compare_persons(persons, operator, report)
    warn_of_name(app, operator, report)
    compare_documents(whole, report)
    return Form(
        operator=operator,
        app=app,
        pre_approvals=approvals_of(whole, report, today),
        signed_on=signing_day(whole, report, today),
        persons=persons,
    )


_HOSTED: Final = frozenset({"always", "hosted"})
_NEEDS: Final = {
    ServiceKind.APP: frozenset({"always", "app"}),
    ServiceKind.MINI_PROGRAM: _HOSTED,
    ServiceKind.QUICK_APP: _HOSTED,
    None: frozenset({"always"}),
}
"""What a kind of app needs: mini programs and quick apps are spared some (docs/sources.md, network-resources)."""


def _kinds(form: object) -> tuple[ServiceKind | None, ...]:
    """
    The kinds that a form may be of: the one it states, and the only one that runs on all of its platforms.

    Where the two differ one of them was a slip, and the form is of the kind that leaves fewer defects.
    """
    app = _member(form, "app")
    word = _member(app, "kind")
    stated = kind_of(word.strip()) if isinstance(word, str) and len(word) <= _LONGEST_WORD else None
    shown = _shown(_member(app, "platforms"))
    return (shown,) if stated is None else (stated, shown) if shown not in {None, stated} else (stated,)


def _shown(rows: object) -> ServiceKind | None:
    """The only kind that runs on all of the platforms that are named."""
    names = [_member(row, "platform") for row in rows[:_ENOUGH]] if isinstance(rows, (list, tuple)) else []
    platforms = {Platform.read(name) for name in names if isinstance(name, str)} - {None}
    kinds = [kind for kind, runs_on in RUNS_ON.items() if platforms and platforms <= set(runs_on)]
    return kinds[0] if len(kinds) == 1 else None


_LONGEST_WORD: Final = 64
_ENOUGH: Final = 50


def _member(value: object, name: str) -> object:
    read = members_of(value)
    return None if read is None else read[0].get(name)
