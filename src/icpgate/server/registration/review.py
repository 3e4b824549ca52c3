"""The bureau's pages: the queue with its deadlines, one application, and the decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse

from icpgate.document import DocumentType, is_personal, mask
from icpgate.errors import IcpGateError
from icpgate.record import BEIJING
from icpgate.registration.states import Purpose, Role, State, Step
from icpgate.registration.workdays import is_overdue
from icpgate.server.refusal import Refused
from icpgate.server.registration.bodies import LONGEST_NOTE, MOST_NOTES
from icpgate.server.registration.interface import application_id
from icpgate.server.registration.refusing import refused
from icpgate.server.registration.rendering import moment_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from icpgate.jsontext import Json
    from icpgate.registration.application import Actor, Application, HistoryEntry
    from icpgate.registration.system import RegistrationSystem
    from icpgate.server.registration.rendering import Looks
    from icpgate.server.registration.work import Work

__all__ = ["Review", "Visit"]

TABS: Final = (State.UNDER_REVIEW, State.RETURNED, State.APPROVED, State.REJECTED)
"""What a bureau looks for; the first is its work."""

PAGE: Final = 50
_SEE_OTHER: Final = 303
_AGAIN: Final = frozenset({409, 422})
"""What the reviewer can put right, on the same page."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who looks at a page: the request, the account, and what every page shows of its session."""

    request: Request
    actor: Actor
    session: Mapping[str, object]

    @property
    def key(self) -> str:
        """The application of the address; raises `Refused` for what can be none."""
        return application_id(self.request.path_params["id"])


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A decision that was not taken: what was filled in, and why not."""

    fields: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    code: str = ""
    status: int = 200


class Review:
    """What a bureau sees and decides; who it is was found out before."""

    def __init__(self, system: RegistrationSystem, work: Work, looks: Looks) -> None:
        """The system's own clock says what day it is."""
        self._system = system
        self._work = work
        self._looks = looks

    async def queue(self, visit: Visit) -> Response:
        """The applications of one state, oldest first."""
        request, actor = visit.request, visit.actor
        word = request.query_params.get("state", "")
        state = State(word) if word in set(TABS) else TABS[0]
        given = request.query_params.get("after", "")
        after = application_id(given) if given else ""
        ask = partial(self._system.applications, actor=actor, states=(state,), after=after, limit=PAGE)
        applications = await self._work.done(ask)
        values = {
            **visit.session,
            "tabs": TABS,
            "state": state,
            "rows": [_row(each, self._system.now()) for each in applications],
            "after": applications[-1].id if len(applications) == PAGE else "",
            "province": actor.province,
        }
        return self._looks.page("queue", request, values)

    async def application(self, visit: Visit) -> Response:
        """One application with all that a decision needs."""
        return await self._page(visit, _Attempt())

    async def decide(self, visit: Visit, fields: Mapping[str, str]) -> Response:
        """Take the decision, and show the application as it is then; or show what is wrong with it."""
        key = visit.key
        try:
            await self._work.done(partial(self._decided, key, visit.actor, fields))
        except IcpGateError as error:
            told = refused(error)
            if told.status not in _AGAIN:
                raise
            return await self._page(visit, _Attempt(fields, str(told), told.code, told.status))
        return RedirectResponse(self._looks.url(f"/review/{key}", visit.request), _SEE_OTHER)

    def _decided(self, key: str, actor: Actor, fields: Mapping[str, str]) -> Application:
        digits = fields.get("revision", "")
        revision = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else -1  # noqa: PLR2004 -- fits a column
        notes = [line.strip() for line in fields.get("notes", "").splitlines() if line.strip()]
        decision = fields.get("decision", "")
        if decision == "approve":
            number = fields.get("number", "").strip() or None
            evidence = fields.get("evidence", "").strip()
            return self._system.approve(key, actor=actor, number=number, evidence=evidence, revision=revision)
        if decision == "reject":
            return self._system.reject(key, actor=actor, notes=notes, revision=revision)
        if decision == "return":
            return self._system.send_back(key, actor=actor, notes=notes, revision=revision)
        raise Refused(400, "the form cannot be read", code="request.form", hint="send it from the page")

    async def _page(self, visit: Visit, attempt: _Attempt) -> Response:
        application, history = await self._work.done(partial(self._seen, visit.key, visit.actor))
        legal = application.legal(Role.BUREAU)
        values = {
            **visit.session,
            **_row(application, self._system.now()),
            "history": history,
            "form": _form(application.form),
            "fields": attempt.fields,
            "problem": attempt.problem,
            "code": attempt.code,
            "may_decide": Step.APPROVE in legal and application.state is State.UNDER_REVIEW,
            "needs_number": not self._system.simulated,
            "gives_number": application.purpose in {Purpose.NEW, Purpose.CHANGE_OPERATOR},
            "longest_note": LONGEST_NOTE,
            "most_notes": MOST_NOTES,
        }
        return self._looks.page("review", visit.request, values, status=attempt.status)

    def _seen(self, key: str, actor: Actor) -> tuple[Application, tuple[HistoryEntry, ...]]:
        return self._system.application(key, actor=actor), self._system.history(key, actor=actor)


def _row(application: Application, now: datetime) -> dict[str, object]:
    """An application as a list shows it."""
    deadline = application.review_until
    last_day = None if deadline is None else deadline.last_day
    return {
        "application": application,
        "service": _at(application.form, "app", "name"),
        "operator": _at(application.form, "operator", "name"),
        "last_day": last_day,
        "unknown_deadline": "" if deadline is None else deadline.unknown,
        "is_overdue": deadline is not None and is_overdue(deadline, now),
        "submitted": application.created_at.astimezone(BEIJING).date(),
        "updated": moment_of(application.updated_at),
    }


def _at(form: Mapping[str, Json], part: str, name: str) -> str:
    table = form.get(part)
    value = table.get(name) if isinstance(table, dict) else None
    return value if isinstance(value, str) else ""


def _form(form: Mapping[str, Json]) -> dict[str, Json]:
    """The form as a page shows it: a person's document number but for a little."""
    operator = form.get("operator")
    if not isinstance(operator, dict) or not isinstance(operator.get("document_number"), str):
        return dict(form)
    kind = DocumentType.read(str(operator.get("document_type"))) or DocumentType.OTHER
    if not (is_personal(kind) or kind is DocumentType.OTHER):
        return dict(form)
    return {**form, "operator": {**operator, "document_number": mask(kind, str(operator["document_number"]))}}
