"""A registration system and its model, side by side: whatever happens to the one happens to the other."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

import pytest

from icpgate.gate import Gate
from icpgate.number import parse
from icpgate.registration.application import Actor, Subject, Verification
from icpgate.registration.persons import Vault
from icpgate.registration.refusals import RegistrationError
from icpgate.registration.states import IllegalStep, Purpose, Role
from icpgate.registration.system import RegistrationSystem
from icpgate.testing import FixedClock
from tests.registration.model import CANCELLING, PROVINCES, ROLES, Asked, Granted, Model, way
from tests.registration.scenes import ACCESS_PROVIDER, NOW, PLATFORM, a_form, account, an_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.registration.application import Application

__all__ = ["ACTORS", "STEPS", "World"]

OPERATORS: Final = 3
ACTORS: Final = (
    *(account(position) for position in range(OPERATORS)),
    PLATFORM,
    Actor(Role.PLATFORM, "another.example.cn"),
    ACCESS_PROVIDER,
    Actor(Role.BUREAU, "ministry"),
    *(Actor(Role.BUREAU, f"bureau of {province}", province) for province in PROVINCES),
)
MINISTRY: Final = ACTORS[6]
STEPS: Final = ("edit", "submit", "verify", "fail", "return", "confirm", "approve", "reject", "withdraw")
TABLES: Final = ("application", "verification", "history", "entity", "registration", "serial", "record", "record_key")


class World:
    """The system under test, the model, the clock of both, and a gate over the system's registry."""

    def __init__(self, url: str) -> None:
        """Begin with an empty simulated registry."""
        self.clock = FixedClock(NOW)
        vault = Vault(Vault.new_key())
        self.system = RegistrationSystem.create(url, simulated=True, vault=vault, clock=self.clock)
        self.gate = Gate.for_listing(self.system.registry(), allow_simulated=True, clock=self.clock)
        self.model = Model()
        self.count = 0

    def close(self) -> None:
        """Let go of everything."""
        self.gate.close()
        self.system.close()

    # --- forms ------------------------------------------------------------------------------------------

    def form(self, position: int, kind: str, *, complete: bool = True, providers: int = 1) -> dict[str, Any]:
        """A form like no other."""
        self.count += 1
        names = ["示例云", ACCESS_PROVIDER.name][:providers]
        form = a_form(position, self.count, kind, access_providers=names)
        if not complete:
            form["commitment_letter"] = None
        return form

    def changed_form(self, granted: Granted, purpose: str, *, fits: bool) -> dict[str, Any]:
        """What a registration is to become; one that does not fit is not what its purpose is for."""
        self.count += 1
        form = deepcopy(granted.form)
        app, position = form["app"], self.model.entities[granted.entity].position
        if (purpose == "change_operator") is fits:
            form["operator"] = self.form((position + 1) % OPERATORS, app["kind"])["operator"]
        elif purpose == "add_platform":
            app["platforms"] = [*app["platforms"], app["platforms"][0] | {"package": f"cn.example.more{self.count}"}]
        elif purpose == "change":
            app["name"] = f"示例改名{self.count}"
        if not app["access_providers"]:
            app["access_providers"] = ["示例云"]
        return form

    # --- calls ------------------------------------------------------------------------------------------

    def everything(self) -> list[object]:
        """All that is written down, as it is."""
        read = self.system._database.read
        return read(lambda c: [sorted(map(repr, c.rows(f"SELECT * FROM {table}"))) for table in TABLES])  # noqa: S608 -- ours

    def called(self, call: Callable[[], Application], *, refused: bool) -> Application | None:
        """Make a call of which is known whether it is refused; a refused one has changed nothing at all."""
        if not refused:
            return call()
        before = self.everything()
        with pytest.raises(RegistrationError) as caught:
            call()
        assert self.everything() == before
        if isinstance(caught.value, IllegalStep):
            self._lists_what_is_legal(caught.value)
        return None

    def _lists_what_is_legal(self, error: IllegalStep) -> None:
        for row in error.legal:
            assert row.roles
            assert row.step.value in str(error.hint)

    def new(self, actor: Actor, position: int, kind: str, *, complete: bool, providers: int) -> Asked | None:
        """Begin an application for something new."""
        form = self.form(position, kind, complete=complete, providers=providers)
        given = None if actor.role is Role.OPERATOR else account(position).name
        application = self.called(
            lambda: self.system.new(form, actor=actor, operator_account=given), refused=actor.role is Role.BUREAU
        )
        if application is None:
            return None
        own = actor.name if actor.role is Role.OPERATOR else account(position).name
        return self.model.begun(
            Asked(
                application.id,
                "new",
                own,
                self._taker(actor),
                PROVINCES[position % len(PROVINCES)],
                form,
                complete=complete,
            ),
            actor,
        )

    @staticmethod
    def _taker(actor: Actor) -> str:
        return actor.name if actor.role in (Role.PLATFORM, Role.ACCESS_PROVIDER) else ""

    def change(self, granted: Granted, actor: Actor, purpose: str, *, fits: bool, complete: bool) -> Asked | None:
        """Begin a change."""
        form = self.changed_form(granted, purpose, fits=fits)
        if not complete:
            form["commitment_letter"] = None
        position = next(p for p in range(OPERATORS) if form["operator"]["name"] == f"示例科技{p}有限公司")
        following = account(position).name if purpose == "change_operator" else None
        application = self.called(
            lambda: self.system.change(
                granted.number, form, actor=actor, purpose=Purpose(purpose), operator_account=following
            ),
            refused=self.model.begins(granted.number, actor) is None,
        )
        if application is None:
            return None
        asked = self._about(application, granted, actor)
        asked.form, asked.province, asked.following = form, PROVINCES[position % len(PROVINCES)], following or ""
        asked.complete, asked.fits = complete, fits
        return self.model.begun(asked, actor)

    def _about(self, application: Application, granted: Granted, actor: Actor) -> Asked:
        return Asked(
            application.id,
            application.purpose.value,
            granted.operator,
            self._taker(actor),
            PROVINCES[self.model.entities[granted.entity].position % len(PROVINCES)],
            number=granted.number,
            entity=granted.entity,
        )

    def cancel(self, granted: Granted, actor: Actor, purpose: str) -> Asked | None:
        """Begin a cancellation; a bureau's is done at once."""
        provider = "" if purpose != "cancel_access" else self._provider(granted, actor)
        application = self.called(
            lambda: self.system.cancel(granted.number, actor=actor, purpose=Purpose(purpose), access_provider=provider),
            refused=self._cannot_cancel(granted, actor, purpose, provider),
        )
        if application is None:
            return None
        asked = self._about(application, granted, actor)
        asked.provider = provider
        if purpose == "cancel_entity":
            first = next(each.operator for each in self.model.granted.values() if each.entity == granted.entity)
            asked.number, asked.operator = None, min(self._living(granted) or {first})
            asked.operator = actor.name if actor.role is Role.OPERATOR else asked.operator
        self.model.begun(asked, actor)
        if actor.role is Role.BUREAU:
            self.model.approved(asked, granted.number)
            asked.moved("approve", "approved", "bureau")
        return asked

    def _provider(self, granted: Granted, actor: Actor) -> str:
        if actor.role is Role.ACCESS_PROVIDER:
            return actor.name
        return next(iter(granted.providers), "示例云")

    def _living(self, granted: Granted) -> set[str]:
        """The accounts of what an entity still has."""
        same = [each for each in self.model.granted.values() if each.entity == granted.entity]
        return {each.operator for each in same if each.standing != "cancelled"}

    def _cannot_cancel(self, granted: Granted, actor: Actor, purpose: str, provider: str) -> bool:
        model = self.model
        if actor.role is Role.BUREAU and actor.province not in ("", self._about_province(granted)):
            return True
        if purpose == "cancel_entity":
            same = [each for each in model.granted.values() if each.entity == granted.entity]
            if not model.entities[granted.entity].active:
                return True
            if actor.role is Role.OPERATOR and actor.name not in {each.operator for each in same}:
                return True
            others = self._living(granted) - {actor.name if actor.role is Role.OPERATOR else ""}
            if actor.role is not Role.BUREAU and len(others) > (actor.role is not Role.OPERATOR):
                return True
            return actor.role is not Role.BUREAU and any(model.open_about(each) for each in same)
        if granted.standing == "cancelled" or (provider and provider not in granted.providers):
            return True
        return actor.role is not Role.BUREAU and model.begins(granted.number, actor, provider) is None

    def _about_province(self, granted: Granted) -> str:
        return PROVINCES[self.model.entities[granted.entity].position % len(PROVINCES)]

    def blacklist(self, granted: Granted, actor: Actor, *, entity: bool, on: bool) -> None:
        """Blacklist a service or its entity, or end that."""
        method = self.system.blacklist if on else self.system.end_blacklisting
        number = granted.entity if entity else granted.number
        before = self.everything()
        is_theirs = actor.role is Role.BUREAU and actor.province in ("", self._about_province(granted))
        try:
            method(number, actor=actor, reason="a test")
        except RegistrationError:
            assert not is_theirs
            assert self.everything() == before
            return
        assert is_theirs
        if entity:
            self.model.entities[granted.entity].blacklisted = on
        else:
            granted.blacklisted = on

    def step(self, asked: Asked, step: str, actor: Actor, *, revision: int | None = None) -> bool:
        """One step of an application, right or wrong; whether it was taken."""
        form = None
        if step == "edit":
            form = self._edited(asked)
        name = "verify" if step == "fail" else step
        missing = next((s for s in Subject if not asked.passed.get(s.value)), Subject.APP)
        now = self.clock.now()
        application = self.called(
            lambda: self._call(asked.id, step, actor, revision, form, missing),
            refused=self.model.is_refused(asked, name, actor, now, revision),
        )
        if application is None:
            return False
        self.model.taken(asked, name, actor, now)
        if form is not None:
            asked.form, asked.passed, asked.complete, asked.fits = form, {}, True, True
            asked.province = PROVINCES[Model.position_of(asked) % len(PROVINCES)]
        elif name == "verify":
            asked.passed[missing.value] = step == "verify"
        elif step == "approve":
            # What follows from an approval is decided before the application is closed.
            self.model.approved(asked, application.number)
        return True

    def _edited(self, asked: Asked) -> dict[str, Any] | None:
        """A form that is complete and fits."""
        if asked.purpose in CANCELLING:
            return self.form(0, "app")
        if asked.purpose == "new":
            assert asked.form is not None
            return self.form(Model.position_of(asked), asked.form["app"]["kind"])
        return self.changed_form(self.model.granted[asked.number or ""], asked.purpose, fits=True)

    def _call(
        self,
        id_: str,
        step: str,
        actor: Actor,
        revision: int | None,
        form: dict[str, Any] | None,
        subject: Subject,
    ) -> Application:
        system = self.system
        if step == "edit":
            return system.edit(id_, form or {}, actor=actor, revision=revision)
        if step in ("verify", "fail"):
            seen = Verification(subject, "test", step == "verify", "seen")
            return system.verify(id_, seen, actor=actor, revision=revision)
        if step in ("return", "reject"):
            method = system.send_back if step == "return" else system.reject
            return method(id_, actor=actor, notes=["a reason"], revision=revision)
        simple = {
            "submit": system.submit, "confirm": system.confirm, "approve": system.approve, "withdraw": system.withdraw,
        }  # fmt: skip
        return simple[step](id_, actor=actor, revision=revision)

    def ahead(self, asked: Asked) -> bool:
        """The step that leads on towards the approval, by somebody who may take it."""
        state = asked.now(self.clock.now())
        if state in ("draft", "returned", "lapsed") and not (asked.complete and asked.fits):
            return self._by_whoever(asked, "edit")
        is_verified = all(asked.passed.get(subject.value) for subject in Subject)
        step = {
            "submitted": "verify",
            "verifying": "submit" if is_verified else "verify",
            "awaiting_sms": "confirm",
            "under_review": "approve",
        }.get(state, "submit")
        return self._by_whoever(asked, step)

    def _by_whoever(self, asked: Asked, step: str) -> bool:
        state = asked.now(self.clock.now())
        able = [a for a in ACTORS if asked.seen_by(a) and way(asked, state, step, a.role) is not None]
        return bool(able) and self.step(asked, step, able[0])

    def all_the_way(self, asked: Asked) -> None:
        """To the approval, or as far as it goes."""
        while self.ahead(asked):
            pass

    # --- what has to be so after every step -----------------------------------------------------------------

    def compare_applications(self) -> None:
        """Each application stands as the model has it, and its history is whole and in order."""
        now = self.clock.now()
        for asked in self.model.asked.values():
            owner = Actor(Role.OPERATOR, asked.operator)
            application = self.system.application(asked.id, actor=owner)
            assert (application.state.value, application.revision) == (asked.now(now), asked.revision)
            assert application.taken_in_by == asked.taker
            assert application.province == asked.province
            if asked.purpose not in CANCELLING:
                assert application.form == {
                    name: part for name, part in (asked.form or {}).items() if name != "persons"
                }
                assert {s.value for s in application.unverified} == {
                    s.value for s in Subject if not asked.passed.get(s.value)
                }
            history = self.system.history(asked.id, actor=owner)
            assert [(e.step.value, e.before, e.after, e.role) for e in history] == asked.steps
            assert [e.sequence for e in history] == sorted({e.sequence for e in history})
            assert [e.at for e in history] == sorted(e.at for e in history)
            assert all(e.at <= now and e.application == asked.id for e in history)
            # A bureau sees no drafts, whatever their table says of those that are its own.
            for letter in "OPAB" if asked.state != "draft" else "OPA":
                legal = {step.value for step in application.legal(ROLES[letter])}
                assert legal == {s for s in set(STEPS) - {"fail"} if way(asked, asked.now(now), s, ROLES[letter])}

    def compare_registrations(self) -> None:
        """Each number is there once, and system, registry and gate say of it what the model says."""
        (numbers,) = (self.system._database.read(lambda c: c.rows("SELECT number FROM record")),)
        assert sorted(number for (number,) in numbers) == sorted(self.model.granted)
        former = None
        for granted in self.model.granted.values():
            registration = self.system.registration(granted.number, actor=MINISTRY)
            assert registration.operator_account == granted.operator
            said = (registration.record.status.value, registration.record.blacklisted)
            assert said == (self.model.status(granted), self.model.is_blacklisted(granted))
            self._judge(granted, former)
            former = granted.form

    def _judge(self, granted: Granted, former: dict[str, Any] | None) -> None:
        app = an_app(granted.form, granted.number, platform=-1)
        for occasion in ("first", "standing"):
            decision = self.gate.check(app, occasion=occasion)
            objection = self.model.objection(granted, standing=occasion == "standing")
            assert decision.allowed is (objection is None), decision.explain()
            assert decision.denied is (objection is not None)
            assert objection is None or objection in decision.codes
            assert decision.simulated
        if former is not None:
            assert not self.gate.check(an_app(former, granted.number)).allowed

    def nothing_else_is_registered(self) -> None:
        """The number that an entity would get next is nobody's, and nothing without a number is allowed."""
        for entity in self.model.entities.values():
            form = self.form(entity.position, "app")
            following = parse(f"{entity.number}-{entity.last + 1}A").canonical
            decision = self.gate.check(an_app(form, following))
            assert "not_registered" in decision.codes
            assert decision.denied
            assert not self.gate.check(an_app(form, None)).allowed
