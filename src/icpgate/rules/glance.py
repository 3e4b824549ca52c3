"""
All facts of a case in one look.

In nearly every case the texts are equal as they stand and nothing is amiss. That takes a few
comparisons here; whatever is not plain is left to the rules. Each function begins with what is usual
and takes away what is not so: to find nothing amiss costs no more than the questions.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.number import ServiceKind
from icpgate.record import Origin, RegistrationStatus
from icpgate.rules.display import LINK
from icpgate.rules.facts import (
    ACCESS_OPEN,
    KIND_AGREES,
    LINKED,
    NO_DECLARATION,
    NO_HOST,
    NO_LINK,
    NO_NUMBER,
    NO_RECORD,
    NO_SECTORS,
    NOT_BLACKLISTED,
    NOT_LOOKED_AT,
    NOT_STALE,
    NOTHING_SHOWN,
    NOTHING_TO_CONNECT,
    READ,
    REAL,
    RECORD,
    REGISTERED,
    SHOWN,
    STATED,
    YOUNG,
)
from icpgate.rules.identity import ties
from icpgate.rules.rule import Action

if TYPE_CHECKING:
    from icpgate.record import RegistrationRecord
    from icpgate.rules.rule import Case

__all__ = ["facts_of"]

_NOTHING: Final = timedelta()

# A name of the module is found quicker than a member of an enum.
_REGISTERED: Final = RegistrationStatus.REGISTERED
_BUREAU: Final = Origin.BUREAU
_CONNECT: Final = Action.CONNECT
_APP: Final = ServiceKind.APP
_WEBSITE: Final = ServiceKind.WEBSITE


def facts_of(case: Case, max_age: timedelta) -> int:
    """
    Every fact of the case; `YOUNG` means that an observation of that age at most is believed.

    May raise whatever a case does whose parts are not of their types.
    """
    record, observation = case.record, case.observation
    if record is None:
        return _of_number(case, None) | _of_app(case) | NO_RECORD
    known = _USUAL_RECORD
    if record.status is not _REGISTERED:
        known -= REGISTERED
    if record.blacklisted is not False:
        known -= NOT_BLACKLISTED
    if record.access_restricted is not False:
        known -= ACCESS_OPEN
    if record.origin is not _BUREAU and not case.allow_simulated:
        known -= REAL
    if not _NOTHING <= case.now - case.seen <= max_age:
        known -= YOUNG
    if observation is None or observation.stale or observation.insecure_tls or _others_are_insecure(case):
        known -= NOT_STALE
    return known | _of_number(case, record) | _of_app(case) | ties(case, record)


def _others_are_insecure(case: Case) -> bool:
    """Whether nobody verified who answered about the document, or about the host."""
    by_document, host = case.by_document, case.host
    return (by_document is not None and by_document.insecure_tls) or (host is not None and host.insecure_tls)


_USUAL_RECORD: Final = RECORD | REGISTERED | NOT_BLACKLISTED | ACCESS_OPEN | REAL | YOUNG | NOT_STALE


def _of_number(case: Case, record: RegistrationRecord | None) -> int:
    app, number, known = case.app, case.number, _USUAL_NUMBER
    text = app.registration_number
    if not text or text.isspace():
        known -= STATED
    if number is None:
        return known - READ - KIND_AGREES + NO_NUMBER
    if case.number_problem is not None:
        known -= READ
    kind, registered = number.service_kind, record.kind if record is not None else None
    if kind is not app.kind or kind is None or (registered is not kind and registered is not None):
        known -= KIND_AGREES
    return known


_USUAL_NUMBER: Final = STATED | READ | KIND_AGREES


def _of_app(case: Case) -> int:
    app, number, known = case.app, case.number, _USUAL_APP
    display = app.display
    if display is None:
        known += NOT_LOOKED_AT - SHOWN - LINKED
    else:
        if number is None or display.number != number.canonical:
            known -= SHOWN if display.number else SHOWN - NOTHING_SHOWN
        if display.link != LINK:
            known -= LINKED if display.link else LINKED - NO_LINK
    if app.sectors:
        known -= NO_SECTORS
    if app.declaration is not None:
        known -= NO_DECLARATION
    if app.domains or app.endpoints or case.action is _CONNECT:
        known -= NOTHING_TO_CONNECT
    if app.kind is not _APP and app.kind is not _WEBSITE:
        known -= NO_HOST
    return known


_USUAL_APP: Final = SHOWN | LINKED | NO_SECTORS | NO_DECLARATION | NOTHING_TO_CONNECT | NO_HOST
