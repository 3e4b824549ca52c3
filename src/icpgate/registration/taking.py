"""
One step of one application, inside one transaction: who may, from which state, and what is written down.

Nothing is changed unless everything is: a refused step leaves state, revision and history as they were.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icpgate.registration import storage
from icpgate.registration.refusals import NotAllowed, OutOfDate, UnknownApplication
from icpgate.registration.states import CANCELLATIONS, Purpose, Role, State, Step, may_ever, transition
from icpgate.registration.storage import History

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.lookup.live.database import Connection
    from icpgate.registration.application import Actor
    from icpgate.registration.storage import Kept

__all__ = ["REVIEW_DAYS", "SMS_HOURS", "as_of", "begin", "finish", "lapse", "may_see", "opened", "refuse_role"]

SMS_HOURS: Final = 24
"""How long the bureau's system waits for the operator's confirmation (docs/sources.md, SMS confirmation)."""

REVIEW_DAYS: Final = 20
"""Working days that a bureau has for complete material (docs/sources.md, notice-time-limit)."""


def as_of(kept: Kept, now: datetime) -> Kept:
    """The application as it is at that moment: a confirmation that nobody gave in time has lapsed."""
    if kept.state is State.AWAITING_SMS and kept.sms_until is not None and now >= kept.sms_until:
        return replace(kept, state=State.LAPSED)
    return kept


def may_see(kept: Kept, actor: Actor) -> bool:
    """
    Whether the application is this actor's business.

    An operator's are its own. A platform or access provider sees what it took in, and what nobody has taken in
    yet; a cancellation is verified by nobody, so nobody takes it in. A bureau sees what was handed in, of its province.
    """
    if actor.role is Role.OPERATOR:
        return actor.name == kept.operator_account
    if actor.role is Role.BUREAU:
        return kept.state is not State.DRAFT and actor.province in {"", kept.province}
    is_to_take = not kept.taken_in_by and kept.state is not State.DRAFT and kept.purpose not in CANCELLATIONS
    return kept.taken_in_by == actor.name or is_to_take


def opened(connection: Connection, application: str, actor: Actor, *, lock: bool = False) -> Kept:
    """The application; raises `UnknownApplication` where there is none that this actor may see."""
    kept = storage.application_row(connection, application, lock=lock) if isinstance(application, str) else None
    if kept is None or not may_see(kept, actor):
        message = "no such application, or none that this account may see"
        raise UnknownApplication(message, hint="icpgate registration list shows those there are")
    return kept


def refuse_role(step: Step, actor: Actor) -> None:
    """Raises `NotAllowed` when the procedure never has the step for this role."""
    if not may_ever(step, actor.role):
        raise NotAllowed(
            f"{step.value} is never a step of the role {actor.role.value}", hint="see docs/registration.md"
        )


def begin(connection: Connection, kept: Kept, actor: Actor, now: datetime, *, revision: int | None) -> Kept:
    """The application with what time did to it; raises `OutOfDate` when somebody took a step since `revision`."""
    if revision is not None and revision != kept.revision:
        message = f"{kept.id} is at revision {kept.revision}, not {revision}"
        raise OutOfDate(message, hint="somebody took a step in between: look at it again")
    lapsed = lapse(connection, kept, now)
    if actor.role in {Role.PLATFORM, Role.ACCESS_PROVIDER} and not lapsed.taken_in_by:
        return replace(lapsed, taken_in_by=actor.name)
    return lapsed


def lapse(connection: Connection, kept: Kept, now: datetime) -> Kept:
    """The application after its confirmation lapsed, if it did; written down."""
    if as_of(kept, now).state is kept.state:
        return kept
    assert kept.sms_until is not None  # noqa: S101 -- `as_of` has seen it
    return finish(connection, kept, Step.LAPSE, None, kept.sms_until, note="not confirmed in time")


def _refuse_another_access(kept: Kept, step: Step, actor: Actor | None) -> None:
    """An access provider needs nobody's confirmation to end its own access; any other's needs the operator's."""
    if kept.purpose is not Purpose.CANCEL_ACCESS or step is not Step.SUBMIT or actor is None:
        return
    if actor.role is Role.ACCESS_PROVIDER and actor.name != kept.access_provider:
        raise NotAllowed("an access provider ends its own access alone", hint="let the operator hand it in")


def finish(
    connection: Connection, kept: Kept, step: Step, actor: Actor | None, now: datetime, *, note: str = ""
) -> Kept:
    """The application after the step, written down with its history; raises `IllegalStep`."""
    row = transition(kept.state, kept.purpose, step, None if actor is None else actor.role)
    _refuse_another_access(kept, step, actor)
    after = replace(kept, state=row.after, revision=kept.revision + 1, updated_at=now)
    if row.after is State.AWAITING_SMS:
        after = replace(after, sms_until=now + timedelta(hours=SMS_HOURS))
    elif row.after is State.UNDER_REVIEW:
        after = replace(after, review_from=now, sms_until=None)
    elif row.after is not kept.state:
        after = replace(after, review_from=None, sms_until=None)
    storage.save_application(connection, after)
    role, name = ("", "") if actor is None else (actor.role.value, actor.name)
    before, done = kept.state.value, after.state.value
    storage.add_history(connection, History(now, role, name, step, before, done, kept.id, after.number or "", note))
    return after
