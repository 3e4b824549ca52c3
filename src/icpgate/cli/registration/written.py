"""Applications, registrations and defects as lines of text, and as JSON that shows no person's document number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from icpgate.cli.registration.words import SIMULATED, joined, label, labelled, word
from icpgate.document import DocumentType, is_personal, mask
from icpgate.errors import shown
from icpgate.record import BEIJING
from icpgate.registration.states import CANCELLATIONS, Role, State
from icpgate.registration.workdays import is_overdue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from icpgate.jsontext import Json
    from icpgate.registration import Application, Examination, Registration, Verification
    from icpgate.registration.application import Deadline
    from icpgate.registration.form import FormDefect

__all__ = [
    "application_json",
    "application_lines",
    "day_of",
    "examination_lines",
    "lacking",
    "moment",
    "registration_json",
    "registration_lines",
]

_EDITABLE = frozenset({State.DRAFT, State.RETURNED, State.LAPSED})
_VERIFIABLE = frozenset({State.SUBMITTED, State.VERIFYING})
_LONGEST = 2_000
"""Characters of one text that somebody typed."""


def moment(at: datetime) -> str:
    """A moment in Asia/Shanghai, to the second."""
    return at.astimezone(BEIJING).isoformat(" ", "seconds")


def examination_lines(examination: Examination, lang: str) -> Iterator[str]:
    """Every defect with its place, what and fix; the warnings after them; how many there are."""
    for mark, found in (("✗", examination.defects), ("!", examination.warnings)):
        for defect in found:
            yield from _defect_lines(mark, defect, lang)
    count = len(examination.defects)
    if count:
        yield label("defect" if count == 1 else "defects", lang, count=count)
    else:
        yield label("complete", lang)


def _defect_lines(mark: str, defect: FormDefect, lang: str) -> Iterator[str]:
    yield f"{mark} {defect.pointer or '/'}  {defect.text(lang)}"
    yield f"  {labelled('fix', lang, defect.fix_text(lang))}"


def lacking(application: Application, examination: Examination) -> tuple[str, ...]:
    """What has to be there before the next submission: places of the form, or verifications."""
    if application.state in _EDITABLE and application.purpose not in CANCELLATIONS:
        defects = (defect.pointer or "/" for defect in examination.defects)
        # The persons that are kept were examined with the form, and are again when it is handed in.
        return tuple(p for p in defects if not (application.persons_kept and p.startswith("/persons")))
    if application.state in _VERIFIABLE:
        return tuple(subject.value for subject in application.unverified)
    return ()


# --- JSON ------------------------------------------------------------------------------------------------


def application_json(application: Application) -> dict[str, Json]:
    """As `Application.written`, with a natural person's document number masked."""
    return {**application.written(), "form": _masked_form(application.form)}


def registration_json(registration: Registration) -> dict[str, Json]:
    """As `Registration.written`, with a natural person's document number masked."""
    written = registration.written()
    return {**written, "record": _masked(cast("Mapping[str, Json]", written["record"]))}


def _masked_form(form: Mapping[str, Json]) -> dict[str, Json]:
    operator = form.get("operator")
    return {**form, "operator": _masked(operator)} if isinstance(operator, dict) else dict(form)


def _masked(table: Mapping[str, Json]) -> dict[str, Json]:
    number = table.get("document_number")
    if not isinstance(number, str):
        return dict(table)
    kind = DocumentType.read(str(table.get("document_type"))) or DocumentType.OTHER
    is_open = not (is_personal(kind) or kind is DocumentType.OTHER)
    return {**table, "document_number": number if is_open else mask(kind, number)}


# --- text ------------------------------------------------------------------------------------------------


class _Lines:
    """Lines of a label and a value; what is empty is left out, and what nobody sees is written out."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def of(self, name: str, *values: str) -> Iterator[str]:
        """One line."""
        stated = [shown(value, at_most=_LONGEST) for value in values if value]
        if stated:
            yield labelled(name, self.lang, "  ".join(stated))


def _head(name: str, lang: str, *, simulated: bool) -> str:
    return f"{name}  {SIMULATED[lang]}" if simulated else name


def application_lines(application: Application, lang: str, lacks: tuple[str, ...]) -> Iterator[str]:
    """An application: what it is for, where it stands, until when, what it lacks, and what can follow by whom."""
    lines = _Lines(lang)
    yield _head(application.id, lang, simulated=application.simulated)
    yield from lines.of("purpose", word("purpose", application.purpose.value, lang))
    yield from lines.of("state", word("state", application.state.value, lang))
    yield from lines.of("number", application.number or "")
    yield from lines.of("ends", application.access_provider)
    yield from _form_lines(application.form, lines)
    yield from lines.of("account", application.operator_account)
    yield from lines.of("taken_in_by", application.taken_in_by)
    yield from lines.of("province", application.province)
    yield from lines.of("persons", joined(lang, *(word("persons", part, lang) for part in application.persons_kept)))
    if application.sms_until is not None:
        yield from lines.of("confirm_until", moment(application.sms_until))
    if application.review_until is not None:
        yield from lines.of("decide_until", day_of(application.review_until, datetime.now(UTC), lang))
    for verification in application.verifications:
        yield from lines.of("verification", *_verification(verification, application, lang))
    for note in application.notes:
        yield from lines.of("note", note)
    yield from lines.of("lacks", joined(lang, *(word("subject", each, lang) for each in lacks)))
    yield from _step_lines(application, lines)
    yield from lines.of("revision", str(application.revision))


def day_of(deadline: Deadline, now: datetime, lang: str) -> str:
    """The last day, and whether it is over; or why it is not known."""
    if deadline.last_day is None:
        return deadline.unknown
    over = f" {label('over', lang)}" if is_overdue(deadline, now) else ""
    return f"{deadline.last_day.isoformat()}{over}"


def _verification(verification: Verification, application: Application, lang: str) -> tuple[str, ...]:
    result = label("passed" if verification.passed else "failed", lang)
    older = "" if verification.form_digest == application.form_digest else label("older_form", lang)
    return word("subject", verification.subject.value, lang), result, verification.method, verification.note, older


def _step_lines(application: Application, lines: _Lines) -> Iterator[str]:
    if application.state.is_final:
        yield from lines.of("steps", label("nothing", lines.lang))
        return
    for role in Role:
        steps = [word("step", step.value, lines.lang) for step in application.legal(role)]
        if steps:
            yield from lines.of("steps", word("role", role.value, lines.lang), joined(lines.lang, *steps))


def _form_lines(form: Mapping[str, Json], lines: _Lines) -> Iterator[str]:
    """The form's gist; a draft's may be anything."""
    operator, app = (_table(form, part) for part in ("operator", "app"))
    yield from lines.of("operator", _text(operator, "name"))
    yield from lines.of("document", *_document(operator, lines.lang))
    yield from lines.of("app", _text(app, "name"), word("kind", _text(app, "kind"), lines.lang))
    platforms = app.get("platforms")
    for platform in platforms if isinstance(platforms, list) else ():
        if isinstance(platform, dict):
            yield from lines.of("platform", _text(platform, "platform"), _text(platform, "package"))
    yield from lines.of("domains", _list(app, "domains", lines.lang))
    yield from lines.of("endpoints", _list(app, "endpoints", lines.lang))
    yield from lines.of("access_providers", _list(app, "access_providers", lines.lang))


def _table(form: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    part = form.get(name)
    return part if isinstance(part, dict) else {}


def _text(table: Mapping[str, Json], name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""


def _list(table: Mapping[str, Json], name: str, lang: str) -> str:
    values = table.get(name)
    return joined(lang, *(value for value in values if isinstance(value, str))) if isinstance(values, list) else ""


def _document(table: Mapping[str, Json], lang: str) -> tuple[str, str]:
    masked = _masked(table)
    return word("value", _text(masked, "document_type"), lang), _text(masked, "document_number")


def registration_lines(registration: Registration, lang: str, *, simulated: bool) -> Iterator[str]:
    """A registration: what the registry says of it, and what is under way."""
    record = registration.record
    lines = _Lines(lang)
    written = cast("Mapping[str, Json]", record.written())
    yield _head(record.registration_number.canonical, lang, simulated=simulated)
    yield from lines.of("status", word("status", record.status.value, lang))
    if record.blacklisted:
        yield from lines.of("blacklisted", label("yes", lang))
    yield from lines.of("operator", record.operator or "")
    yield from lines.of("document", *_document(written, lang))
    yield from lines.of("account", registration.operator_account)
    kind = "" if record.kind is None else word("kind", record.kind.value, lang)
    yield from lines.of("app", record.service_name or "", kind)
    for platform in record.platforms or ():
        named = "" if platform.platform is None else platform.platform.value
        yield from lines.of("platform", named, platform.package or "")
    for name in ("domains", "endpoints", "access_providers"):
        yield from lines.of(name, _list(written, name, lang))
    if record.approved_at is not None:
        yield from lines.of("approved", moment(record.approved_at))
    yield from lines.of("observed", moment(record.observed_at))
    yield from lines.of("evidence", registration.evidence)
    yield from lines.of("open", registration.open_application or "")
