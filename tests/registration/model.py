"""
The procedure once more, small and on its own: written from the notice and the route, not from the code's tables.

A model takes the same calls as the system. It says which are refused, how every application and registration
stands, what stands in the history, and what a gate has to say of each number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from icpgate.registration.application import Actor  # noqa: TC001 -- read by the dataclasses
from icpgate.registration.states import Role
from tests.registration.scenes import account

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CANCELLING", "ROLES", "WAY", "Asked", "Entity", "Granted", "Model", "way"]

_LETTERS: Final = {"app": "A", "mini_program": "X", "quick_app": "K"}
PROVINCES: Final = ("蜀", "京", "粤")
SUBJECTS: Final = ("identity", "network", "app")
CANCELLING: Final = ("cancel_service", "cancel_entity", "cancel_access")
FINAL: Final = ("approved", "rejected", "withdrawn")
DAY: Final = timedelta(hours=24)

ROLES: Final = {"O": Role.OPERATOR, "P": Role.PLATFORM, "A": Role.ACCESS_PROVIDER, "B": Role.BUREAU}


def _table(text: str) -> dict[tuple[str, str], tuple[str, str]]:
    rows = (line.split() for line in text.strip().splitlines())
    return {(before, step): (who, after) for before, step, who, after in rows}


WAY: Final = _table(
    """
    draft         edit      OPA  draft
    draft         submit    OPA  submitted
    draft         withdraw  OPA  withdrawn
    submitted     verify    PA   verifying
    submitted     return    PA   returned
    submitted     withdraw  O    withdrawn
    verifying     verify    PA   verifying
    verifying     submit    PA   awaiting_sms
    verifying     return    PA   returned
    verifying     withdraw  O    withdrawn
    awaiting_sms  confirm   O    under_review
    awaiting_sms  withdraw  O    withdrawn
    lapsed        edit      OPA  returned
    lapsed        submit    OPA  submitted
    lapsed        withdraw  OPA  withdrawn
    returned      edit      OPA  returned
    returned      submit    OPA  submitted
    returned      withdraw  OPA  withdrawn
    under_review  approve   B    approved
    under_review  return    B    returned
    under_review  reject    B    rejected
    """
)
"""State, step, by whom (operator, platform, access provider, bureau), state. Of what has a form."""

_CANCELLATION: Final = _table(
    """
    draft         submit    OPA  awaiting_sms
    draft         withdraw  OPA  withdrawn
    awaiting_sms  confirm   O    under_review
    awaiting_sms  withdraw  O    withdrawn
    lapsed        submit    OPA  awaiting_sms
    lapsed        withdraw  OPA  withdrawn
    returned      submit    OPA  awaiting_sms
    returned      withdraw  OPA  withdrawn
    under_review  approve   B    approved
    under_review  return    B    returned
    under_review  reject    B    rejected
    """
)


@dataclass
class Asked:
    """An application as the model has it. `state` is what is written down: time may have gone over it."""

    id: str
    purpose: str
    operator: str
    taker: str
    province: str
    form: dict[str, Any] | None = None
    number: str | None = None
    entity: str | None = None
    provider: str = ""
    following: str = ""
    complete: bool = True
    fits: bool = True
    state: str = "draft"
    revision: int = 1
    until: datetime | None = None
    passed: dict[str, bool] = field(default_factory=dict)
    steps: list[tuple[str, str, str, str]] = field(default_factory=list)

    def now(self, at: datetime) -> str:
        """Where it stands at that moment: a confirmation that did not come within 24 hours comes no more."""
        late = self.state == "awaiting_sms" and self.until is not None and at >= self.until
        return "lapsed" if late else self.state

    def seen_by(self, actor: Actor) -> bool:
        """Whether it is this account's business."""
        if actor.role is Role.OPERATOR:
            return actor.name == self.operator
        if actor.role is Role.BUREAU:
            return self.state != "draft" and actor.province in ("", self.province)
        is_to_take = not self.taker and self.state != "draft" and self.purpose not in CANCELLING
        return self.taker == actor.name or is_to_take

    def is_about(self, number: str, entity: str) -> bool:
        """Whether it is under way, and about this registration."""
        about = self.number == number or (self.purpose == "cancel_entity" and self.entity == entity)
        return about and self.state not in FINAL

    def moved(self, step: str, after: str, role: str) -> None:
        """Write a step down."""
        self.steps.append((step, self.state, after, role))
        self.state = after
        self.revision += 1


def way(asked: Asked, state: str, step: str, role: Role) -> str | None:
    """Where a step of this role leads from a state, if the procedure has it."""
    table = _CANCELLATION if asked.purpose in CANCELLING else WAY
    who, after = table.get((state, step), ("", ""))
    if role not in [ROLES[letter] for letter in who]:
        return None
    if asked.purpose == "cancel_access" and step == "submit" and role is Role.ACCESS_PROVIDER:
        return "under_review"  # it is the provider's own to end, and nobody else confirms that
    return after


@dataclass
class Entity:
    """An operator's entity, by the position of its document."""

    number: str
    position: int
    last: int = 0
    active: bool = True
    blacklisted: bool = False


@dataclass
class Granted:
    """A registration with its number, and the form that was approved."""

    number: str
    entity: str
    operator: str
    form: dict[str, Any]
    standing: str = "registered"
    blacklisted: bool = False

    @property
    def providers(self) -> list[str]:
        """Who connects it."""
        return list(self.form["app"]["access_providers"])


class Model:
    """All of it."""

    def __init__(self) -> None:
        """Nothing was asked for yet."""
        self.asked: dict[str, Asked] = {}
        self.granted: dict[str, Granted] = {}
        self.entities: dict[str, Entity] = {}

    # --- what is refused ------------------------------------------------------------------------------

    def is_refused(self, asked: Asked, step: str, actor: Actor, at: datetime, revision: int | None = None) -> bool:
        """Whether a step of an application is refused."""
        state = asked.now(at)
        if not asked.seen_by(actor) or way(asked, state, step, actor.role) is None:
            return True
        if asked.purpose == "cancel_access" and (step, actor.role) == ("submit", Role.ACCESS_PROVIDER):
            return actor.name != asked.provider or revision not in (None, asked.revision)
        if revision is not None and revision != asked.revision:
            return True
        if step == "submit" and asked.purpose not in CANCELLING:
            verified = all(asked.passed.get(subject) for subject in SUBJECTS)
            return not (asked.complete and asked.fits) or (state == "verifying" and not verified)
        if step == "approve" and asked.purpose in ("new", "change_operator"):
            return self._is_shut_out(asked)
        return False

    def _is_shut_out(self, asked: Asked) -> bool:
        """Nothing is registered for an operator that is blacklisted, and nothing that is goes to another."""
        if asked.purpose == "change_operator" and self.is_blacklisted(self.granted[asked.number or ""]):
            return True
        position = self.position_of(asked)
        return any(entity.blacklisted for entity in self.entities.values() if entity.position == position)

    def begins(self, number: str, actor: Actor, ending: str = "") -> Granted | None:
        """
        The registration about which this actor may begin something; None where that is refused.

        Only one thing is under way at a time; but who ends an access need not wait for anything but the same.
        """
        granted = self.granted.get(number)
        if granted is None or actor.role is Role.BUREAU or granted.standing == "cancelled":
            return None
        if actor.role is Role.OPERATOR and granted.operator != actor.name:
            return None
        in_the_way = [asked for asked in self.open_about(granted) if not ending or asked.provider == ending]
        return None if in_the_way else granted

    def open_about(self, granted: Granted) -> list[Asked]:
        """What is under way about a registration."""
        return [asked for asked in self.asked.values() if asked.is_about(granted.number, granted.entity)]

    # --- what is done ----------------------------------------------------------------------------------

    def begun(self, asked: Asked, actor: Actor) -> Asked:
        """An application that was made."""
        self.asked[asked.id] = asked
        asked.steps.append(("create", "", "draft", actor.role.value))
        return asked

    def taken(self, asked: Asked, step: str, actor: Actor, at: datetime) -> Asked:
        """A step that was not refused; what an approval gives is told by `approved`."""
        if asked.now(at) != asked.state:
            asked.moved("lapse", "lapsed", "")
        if actor.role in (Role.PLATFORM, Role.ACCESS_PROVIDER) and not asked.taker:
            asked.taker = actor.name
        after = way(asked, asked.state, step, actor.role)
        assert after is not None
        asked.moved(step, after, actor.role.value)
        asked.until = at + DAY if after == "awaiting_sms" else None
        return asked

    def approved(self, asked: Asked, number: str | None) -> None:
        """What an approval does; `number` is the one that the system says it gave."""
        if asked.purpose == "new":
            self._give(asked, number, asked.operator)
        elif asked.purpose == "change_operator":
            self.end_service(self.granted[asked.number or ""], asked)
            self._give(asked, number, asked.following)
        elif asked.purpose == "cancel_entity":
            self.end_entity(asked.entity or "", asked)
        else:
            granted = self.granted[asked.number or ""]
            if asked.purpose == "cancel_service":
                self.end_service(granted, asked)
            elif asked.purpose == "cancel_access":
                self.end_access(granted, asked)
            else:
                assert asked.form is not None
                granted.form = asked.form
                granted.standing = "registered" if granted.providers else granted.standing
        if asked.purpose != "cancel_entity":
            assert number is not None
            asked.number = number

    def end_service(self, granted: Granted, asked: Asked) -> None:
        """It is cancelled, and what was under way about it alone is closed."""
        self.close(granted, asked, entity=False)
        granted.standing = "cancelled"

    def end_access(self, granted: Granted, asked: Asked) -> None:
        """One access provider less; with none left it is a shell. What was under way would undo it."""
        others = [each for each in self.open_about(granted) if each.purpose == "cancel_access"]
        self.close(granted, asked, entity=False, but_these=[e for e in others if e.provider != asked.provider])
        left = [each for each in granted.providers if each != asked.provider]
        granted.form = granted.form | {"app": granted.form["app"] | {"access_providers": left}}
        granted.standing = granted.standing if left else "shell"

    def end_entity(self, entity: str, but: Asked | None = None) -> None:
        """Everything of an entity ends, and what was under way about it."""
        self.entities[entity].active = False
        for granted in self.granted.values():
            if granted.entity == entity and granted.standing != "cancelled":
                self.close(granted, but)
                granted.standing = "cancelled"

    def close(
        self, granted: Granted, but: Asked | None = None, *, entity: bool = True, but_these: Sequence[Asked] = ()
    ) -> None:
        """What was under way about a registration has nothing left to be about."""
        for asked in self.open_about(granted):
            if asked is not but and asked not in but_these and (entity or asked.purpose != "cancel_entity"):
                asked.moved("close", "withdrawn", "")

    def _give(self, asked: Asked, number: str | None, operator: str) -> None:
        """The number is the next of the operator's entity, or the first of a new one, and no number was it before."""
        assert number is not None
        assert asked.form is not None
        assert number not in self.granted
        position = self.position_of(asked)
        living = [each for each in self.entities.values() if each.position == position and each.active]
        text, _, service = number.rpartition("-")
        if not living:
            assert text not in self.entities
            assert text[: len("蜀ICP备2026")] == f"{PROVINCES[position % len(PROVINCES)]}ICP备2026"
            living = [self.entities.setdefault(text, Entity(text, position))]
        (entity,) = living
        entity.last += 1
        assert (text, service) == (entity.number, f"{entity.last}{_LETTERS[asked.form['app']['kind']]}")
        self.granted[number] = Granted(number, text, operator, asked.form)

    @staticmethod
    def position_of(asked: Asked) -> int:
        """Which operator the form names."""
        assert asked.form is not None
        document = asked.form["operator"]["document_number"]
        return next(p for p in range(100) if document[10:17] == f"{p:07d}")

    # --- what has to be said of it ----------------------------------------------------------------------

    def status(self, granted: Granted) -> str:
        """What a registry says of a registration."""
        if granted.standing != "registered":
            return granted.standing
        for asked in self.open_about(granted):
            if asked.purpose in ("cancel_service", "cancel_entity") and asked.state == "under_review":
                return "cancelling"
            with_somebody = asked.state in ("submitted", "verifying", "awaiting_sms", "under_review")
            if asked.purpose not in CANCELLING and with_somebody:
                return "changing"
        return "registered"

    def is_blacklisted(self, granted: Granted) -> bool:
        """By itself, or with its entity."""
        return granted.blacklisted or self.entities[granted.entity].blacklisted

    def objection(self, granted: Granted, *, standing: bool) -> str | None:
        """Why a store may not list its app, or, with `standing`, keep it; None where it may."""
        if self.is_blacklisted(granted):
            return "blacklisted"
        status = self.status(granted)
        if status in ("registered", "changing") or (standing and status in ("cancelling", "shell")):
            return None
        return f"registration_{status}"

    def accounts(self) -> list[Actor]:
        """The operators that there are."""
        return [account(position) for position in range(3)]
