"""
Attacks on the procedure: whoever wants an allow that nobody gave, and how far it gets.

Each test is an attacker's plan. It ends with a refusal, with what a gate says, or with both.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByNumber, Unavailable
from icpgate.errors import RegistryStoreError
from icpgate.gate import Gate
from icpgate.lookup import LookupClient
from icpgate.lookup.live.about import set_meta
from icpgate.lookup.live.database import open_database
from icpgate.number import parse
from icpgate.registration.application import Actor, Subject, Verification
from icpgate.registration.persons import Vault
from icpgate.registration.refusals import (
    IncompleteForm,
    NotAllowed,
    NumberRefused,
    OutOfDate,
    PersonsRefused,
    RegistrationError,
    UnknownApplication,
    Unverified,
)
from icpgate.registration.states import IllegalStep, Purpose, Role, State
from icpgate.registration.system import RegistrationSystem
from icpgate.testing import FixedClock
from tests.registration.scenes import (
    BUREAU,
    NOW,
    OPERATOR,
    PLATFORM,
    a_form,
    account,
    an_app,
    approved,
    cancelled,
    carried,
    confirmed,
    handed_in,
    persons,
    submitted,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from icpgate.decision import Decision
    from icpgate.registration.application import Application

OTHER = account(1)
OTHER_PLATFORM = Actor(Role.PLATFORM, "another.example.cn")
DAY = 24 * 3600.0


class Attacked:
    """A simulated registration system, its clock, its file and a gate that believes it."""

    def __init__(self, folder: Path) -> None:
        """Make it."""
        self.clock = FixedClock(NOW)
        self.path = folder / "registry.db"
        self.vault = Vault(Vault.new_key())
        url = f"sqlite:///{self.path}"
        self.system = RegistrationSystem.create(url, simulated=True, vault=self.vault, clock=self.clock)

    def judged(self, form: dict[str, Any], number: str | None) -> Decision:
        """What the gate says of the form's app with this number."""
        with Gate.for_listing(self.system.registry(), allow_simulated=True, clock=self.clock) as gate:
            return gate.check(an_app(form, number))

    def by_hand(self, sql: str, *values: object) -> None:
        """Change the file as somebody with a shell would."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute(sql, values)
            connection.commit()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the file as somebody with a shell would."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(sql, values).fetchall()


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[Attacked]:
    """A system of one's own."""
    made = Attacked(tmp_path)
    with made.system:
        yield made


@pytest.fixture
def system(attacked: Attacked) -> RegistrationSystem:
    """The system alone."""
    return attacked.system


# --- the form and its verification ---------------------------------------------------------------------


def test_a_form_is_edited_after_it_was_verified(system: RegistrationSystem) -> None:
    """While it is verified it cannot be edited; once it was returned and edited, nothing counts that was verified."""
    id_ = handed_in(system, a_form()).id
    verified(system, id_)
    with pytest.raises(IllegalStep):
        system.edit(id_, a_form(service=66), actor=OPERATOR)
    system.send_back(id_, actor=PLATFORM, notes=["a reason"])
    system.edit(id_, a_form(service=66), actor=OPERATOR)
    application = system.submit(id_, actor=OPERATOR)
    assert application.unverified == tuple(Subject)
    system.verify(id_, Verification(Subject.IDENTITY, "test", passed=True, evidence="seen"), actor=PLATFORM)
    with pytest.raises(Unverified) as refused:
        system.submit(id_, actor=PLATFORM)
    assert refused.value.missing == (Subject.NETWORK, Subject.APP)


def test_persons_are_swapped_after_the_form_was_verified(system: RegistrationSystem) -> None:
    """The persons responsible are part of what is verified, although they are kept apart."""
    id_ = handed_in(system, a_form()).id
    verified(system, id_)
    system.send_back(id_, actor=PLATFORM, notes=["a reason"])
    system.edit(id_, a_form(top={"persons": persons(7)}), actor=OPERATOR)
    assert system.submit(id_, actor=OPERATOR).unverified == tuple(Subject)


def test_a_verification_names_the_digest_of_an_older_form(system: RegistrationSystem) -> None:
    """It is refused: whoever verified looked at something else."""
    id_ = handed_in(system, a_form()).id
    stale = system.application(id_, actor=PLATFORM).form_digest
    system.send_back(id_, actor=PLATFORM, notes=["a reason"])
    system.edit(id_, a_form(service=66), actor=OPERATOR)
    system.submit(id_, actor=OPERATOR)
    seen = Verification(Subject.APP, "test", passed=True, evidence="seen", form_digest=stale)
    with pytest.raises(OutOfDate):
        system.verify(id_, seen, actor=PLATFORM)
    assert system.application(id_, actor=OPERATOR).state is State.SUBMITTED


def test_a_failed_verification_is_not_outvoted_by_an_older_one_that_passed(system: RegistrationSystem) -> None:
    """The newest of each subject counts."""
    id_ = handed_in(system, a_form()).id
    verified(system, id_)
    failed = Verification(Subject.IDENTITY, "business register", passed=False, evidence="no such company")
    system.verify(id_, failed, actor=PLATFORM)
    with pytest.raises(Unverified):
        system.submit(id_, actor=PLATFORM)


def test_an_operator_verifies_itself(system: RegistrationSystem) -> None:
    """Only a platform or an access provider verifies."""
    id_ = handed_in(system, a_form()).id
    seen = Verification(Subject.IDENTITY, "test", passed=True, evidence="seen")
    for actor in (OPERATOR, BUREAU):
        with pytest.raises(NotAllowed):
            system.verify(id_, seen, actor=actor)


def test_who_verified_is_written_by_the_system(system: RegistrationSystem) -> None:
    """A verification that names somebody else as its author is still its author's own."""
    id_ = handed_in(system, a_form()).id
    seen = Verification(Subject.APP, "test", passed=True, evidence="seen", by="the ministry", at=NOW)
    (entry,) = system.verify(id_, seen, actor=PLATFORM).verifications
    assert entry.by == PLATFORM.name


def test_an_incomplete_form_goes_nowhere(system: RegistrationSystem) -> None:
    """Not by handing it in, and not past that either."""
    id_ = system.new(a_form(top={"commitment_letter": None}), actor=OPERATOR).id
    with pytest.raises(IncompleteForm):
        system.submit(id_, actor=OPERATOR)
    for actor, step in ((PLATFORM, system.submit), (OPERATOR, system.confirm), (BUREAU, system.approve)):
        with pytest.raises(RegistrationError):
            step(id_, actor=actor)
    assert system.application(id_, actor=OPERATOR).state is State.DRAFT


# --- the confirmation ----------------------------------------------------------------------------------


def test_a_bureau_approves_before_the_confirmation(system: RegistrationSystem) -> None:
    """What the operator has not confirmed is not on the bureau's table."""
    id_ = submitted(system, handed_in(system, a_form()).id).id
    with pytest.raises(IllegalStep) as refused:
        system.approve(id_, actor=BUREAU)
    assert "confirm by operator" in str(refused.value.hint)


def test_the_confirmation_comes_late(attacked: Attacked) -> None:
    """At the last moment of 24 hours it lapses: there is no review, and the material is handed in anew."""
    id_ = submitted(attacked.system, handed_in(attacked.system, a_form()).id).id
    attacked.clock.advance(DAY)
    with pytest.raises(IllegalStep):
        attacked.system.confirm(id_, actor=OPERATOR)
    assert attacked.system.application(id_, actor=OPERATOR).state is State.LAPSED
    with pytest.raises(IllegalStep):
        attacked.system.approve(id_, actor=BUREAU)
    assert attacked.system.submit(id_, actor=OPERATOR).state is State.SUBMITTED


def test_the_clock_is_set_back_to_confirm(attacked: Attacked) -> None:
    """Once it was written down that it lapsed, no clock brings it back."""
    id_ = submitted(attacked.system, handed_in(attacked.system, a_form()).id).id
    attacked.clock.advance(DAY + 1)
    attacked.system.lapse_due()
    attacked.clock.jump(-2 * DAY)
    with pytest.raises(IllegalStep):
        attacked.system.confirm(id_, actor=OPERATOR)


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [(OTHER, UnknownApplication), (PLATFORM, NotAllowed), (BUREAU, NotAllowed)],
    ids=["another operator", "the platform", "the bureau"],
)
def test_somebody_else_confirms(system: RegistrationSystem, actor: Actor, refusal: type[RegistrationError]) -> None:
    """The confirmation is the operator's own."""
    id_ = submitted(system, handed_in(system, a_form()).id).id
    with pytest.raises(refusal):
        system.confirm(id_, actor=actor)
    assert system.application(id_, actor=OPERATOR).state is State.AWAITING_SMS


# --- other accounts' applications ----------------------------------------------------------------------


def _acts(system: RegistrationSystem, id_: str, actor: Actor) -> dict[str, Callable[[], object]]:
    seen = Verification(Subject.APP, "test", passed=True, evidence="seen")
    return {
        "look": lambda: system.application(id_, actor=actor),
        "history": lambda: system.history(id_, actor=actor),
        "persons": lambda: system.persons(id_, actor=actor),
        "edit": lambda: system.edit(id_, a_form(service=66), actor=actor),
        "submit": lambda: system.submit(id_, actor=actor),
        "verify": lambda: system.verify(id_, seen, actor=actor),
        "return": lambda: system.send_back(id_, actor=actor, notes=["a reason"]),
        "confirm": lambda: system.confirm(id_, actor=actor),
        "approve": lambda: system.approve(id_, actor=actor),
        "reject": lambda: system.reject(id_, actor=actor, notes=["a reason"]),
        "withdraw": lambda: system.withdraw(id_, actor=actor),
    }


@pytest.mark.parametrize(
    "actor",
    [OTHER, OTHER_PLATFORM, Actor(Role.ACCESS_PROVIDER, "elsewhere.example.cn"), Actor(Role.BUREAU, "京", "京")],
    ids=["operator", "platform", "access provider", "bureau of another province"],
)
def test_another_account_acts_on_an_application(system: RegistrationSystem, actor: Actor) -> None:
    """It is not told that there is one, and changes nothing, at any stage after it was taken in."""
    id_ = handed_in(system, a_form()).id
    stages: list[Callable[[], Application]] = [
        lambda: verified(system, id_),
        lambda: system.submit(id_, actor=PLATFORM),
        lambda: system.confirm(id_, actor=OPERATOR),
    ]
    for stage in stages:
        before = (stage(), system.history(id_, actor=OPERATOR))
        for act in _acts(system, id_, actor).values():
            with pytest.raises((UnknownApplication, NotAllowed)) as refused:
                act()
            assert OPERATOR.name not in str(refused.value)
        assert (system.application(id_, actor=OPERATOR), system.history(id_, actor=OPERATOR)) == before
    assert id_ not in {each.id for each in system.applications(actor=actor)}


def test_another_operator_changes_or_cancels_a_registration(system: RegistrationSystem) -> None:
    """A number that anybody can look up is still nobody else's to change."""
    number = str(approved(system, a_form()).number)
    for act in (
        lambda: system.change(number, a_form(), actor=OTHER),
        lambda: system.cancel(number, actor=OTHER),
        lambda: system.cancel(number, actor=OTHER, purpose=Purpose.CANCEL_ENTITY),
        lambda: system.blacklist(number, actor=OTHER, reason="a reason"),
        lambda: system.observe(number, actor=OTHER, evidence="seen"),
        lambda: system.registration(number, actor=OTHER),
        lambda: system.history(number, actor=OTHER),
    ):
        with pytest.raises((UnknownApplication, NotAllowed)):
            act()


def test_a_platform_reads_the_persons_of_a_registration_that_it_never_took_in(system: RegistrationSystem) -> None:
    """A draft of a change about somebody's number is no way to that somebody's persons."""
    number = str(approved(system, a_form()).number)
    form = {name: part for name, part in a_form().items() if name != "persons"}
    draft = system.change(number, form, actor=OTHER_PLATFORM)
    with pytest.raises((NotAllowed, PersonsRefused, UnknownApplication)):
        system.persons(draft.id, actor=OTHER_PLATFORM)


def test_an_actor_is_made_up(system: RegistrationSystem) -> None:
    """A text for a role, or nothing for an actor, is no actor."""
    for actor in (Actor("bureau", "x"), Actor(Role.BUREAU, ""), None, "bureau"):  # type: ignore[arg-type]  # what a caller might hand in
        with pytest.raises(RegistrationError):
            system.new(a_form(), actor=actor)  # type: ignore[arg-type]  # as above


# --- changes -------------------------------------------------------------------------------------------


def _drafted(system: RegistrationSystem, purpose: Purpose, **changes: Any) -> str:
    """A change of the registration of `a_form()`; the app's fields, or `top` for the form's."""
    number = str(approved(system, a_form()).number)
    return system.change(number, a_form(**changes), actor=OPERATOR, purpose=purpose).id


def test_a_change_slips_in_another_operators_document(system: RegistrationSystem) -> None:
    """Another operator gets another number; a change cannot hand one on."""
    id_ = _drafted(system, Purpose.CHANGE, top={"operator": a_form(1)["operator"]})
    with pytest.raises(RegistrationError, match="another operator"):
        system.submit(id_, actor=OPERATOR)


def test_a_change_slips_in_another_document_of_another_type(system: RegistrationSystem) -> None:
    """Nor by calling the document something else."""
    operator = a_form(1)["operator"]
    assert isinstance(operator, dict)
    id_ = _drafted(system, Purpose.CHANGE, top={"operator": operator | {"document_type": "business_licence"}})
    with pytest.raises(RegistrationError):
        system.submit(id_, actor=OPERATOR)


def test_an_added_platform_swaps_the_package_of_another(attacked: Attacked) -> None:
    """What is registered stays as it is; only something new stands beside it."""
    form: Any = a_form()
    (old,) = form["app"]["platforms"]
    swapped = old | {"package": "cn.copycat.app"}
    new = {"platform": "ios", "package": "cn.example.ios", "signing_certificate": "a" * 40, "public_key": "3" * 617}
    for platforms in ([swapped, new], [new], [old | {"signing_certificate": "f" * 32}, new], [old]):
        number = str(approved(attacked.system, a_form()).number)
        id_ = attacked.system.change(
            number, a_form(platforms=platforms), actor=OPERATOR, purpose=Purpose.ADD_PLATFORM
        ).id
        with pytest.raises(RegistrationError):
            attacked.system.submit(id_, actor=OPERATOR)
        assert attacked.judged(form, number).allowed


def test_a_change_is_edited_into_something_else_after_its_draft(system: RegistrationSystem) -> None:
    """What a purpose does not allow is refused whenever it is handed in."""
    id_ = _drafted(system, Purpose.CHANGE, name="示例改名")
    system.submit(id_, actor=OPERATOR)
    system.send_back(id_, actor=PLATFORM, notes=["a reason"])
    system.edit(id_, a_form(top={"operator": a_form(1)["operator"]}), actor=OPERATOR)
    with pytest.raises(RegistrationError):
        system.submit(id_, actor=OPERATOR)


def test_an_app_that_is_only_to_be_changed_is_not_yet_what_it_will_be(attacked: Attacked) -> None:
    """Until the approval the registry has the old package, and an app with the new one is another app."""
    number = str(approved(attacked.system, a_form()).number)
    new_form = a_form(service=66)
    draft = attacked.system.change(number, new_form, actor=OPERATOR)
    confirmed(attacked.system, draft.id)
    assert "package_mismatch" in attacked.judged(new_form, number).codes
    assert attacked.judged(a_form(), number).allowed


def test_a_shell_asks_to_be_connected_again(attacked: Attacked) -> None:
    """Asking opens nothing."""
    system = attacked.system
    number = str(approved(system, a_form()).number)
    ended = system.cancel(number, actor=OPERATOR, purpose=Purpose.CANCEL_ACCESS, access_provider="示例云")
    carried(system, ended.id)
    assert "registration_shell" in attacked.judged(a_form(), number).codes
    confirmed(system, system.change(number, a_form(), actor=OPERATOR).id)
    assert "registration_shell" in attacked.judged(a_form(), number).codes


def test_an_access_that_a_bureau_ended_comes_back_with_an_older_change(attacked: Attacked) -> None:
    """What was handed in before names what is ended since: it does not undo it."""
    system = attacked.system
    number = str(approved(system, a_form()).number)
    id_ = confirmed(system, system.change(number, a_form(name="示例改名"), actor=OPERATOR).id).id
    system.cancel(number, actor=BUREAU, purpose=Purpose.CANCEL_ACCESS, access_provider="示例云")
    with pytest.raises(RegistrationError):
        system.approve(id_, actor=BUREAU)
    assert not attacked.judged(a_form(name="示例改名"), number).allowed


# --- cancellations -------------------------------------------------------------------------------------


def test_a_cancelled_number_is_approved_again(attacked: Attacked) -> None:
    """Whoever wants to come back registers anew, and gets another number."""
    system = attacked.system
    first = approved(system, a_form())
    number = str(first.number)
    cancelled(system, number)
    with pytest.raises(IllegalStep):
        system.approve(first.id, actor=BUREAU)
    with pytest.raises(RegistrationError):
        system.change(number, a_form(), actor=OPERATOR)
    assert "registration_cancelled" in attacked.judged(a_form(), number).codes
    again = str(approved(system, a_form()).number)
    assert again != number
    assert "registration_cancelled" in attacked.judged(a_form(), number).codes


def test_an_entity_is_cancelled_while_a_change_is_open(attacked: Attacked) -> None:
    """The operator finishes one thing first; a bureau's decision closes what is open, and it cannot go on."""
    system = attacked.system
    number = str(approved(system, a_form()).number)
    id_ = confirmed(system, system.change(number, a_form(name="示例改名"), actor=OPERATOR).id).id
    with pytest.raises(RegistrationError):
        system.cancel(number, actor=OPERATOR, purpose=Purpose.CANCEL_ENTITY)
    system.cancel(number, actor=BUREAU, purpose=Purpose.CANCEL_ENTITY)
    assert system.application(id_, actor=OPERATOR).state is State.WITHDRAWN
    with pytest.raises(IllegalStep):
        system.approve(id_, actor=BUREAU)
    for name in ("示例改名", "示例应用0之0"):
        assert "registration_cancelled" in attacked.judged(a_form(name=name), number).codes


def test_a_service_is_begun_while_its_entity_is_cancelled(attacked: Attacked) -> None:
    """It does not revive the entity's number, which is never used again."""
    system = attacked.system
    number = str(approved(system, a_form()).number)
    late = confirmed(system, system.new(a_form(service=1), actor=OPERATOR).id).id
    cancelled(system, number, Purpose.CANCEL_ENTITY)
    after = str(system.approve(late, actor=BUREAU).number)
    assert parse(after).entity_number != parse(number).entity_number
    assert not attacked.judged(a_form(), number).allowed


def test_a_cancellation_of_one_service_leaves_the_others_as_they_are(attacked: Attacked) -> None:
    """Also where the operator had asked to cancel everything, and the bureau cancels one of them at once."""
    system = attacked.system
    numbers = [str(approved(system, a_form(service=service)).number) for service in range(2)]
    entity = confirmed(system, system.cancel(numbers[0], actor=OPERATOR, purpose=Purpose.CANCEL_ENTITY).id)
    system.cancel(numbers[0], actor=BUREAU)
    is_open = not system.application(entity.id, actor=OPERATOR).state.is_final
    assert ("registration_cancelling" in attacked.judged(a_form(service=1), numbers[1]).codes) is is_open


def test_a_provincial_bureau_decides_on_cancellations_of_its_province(system: RegistrationSystem) -> None:
    """And on no others."""
    number = str(approved(system, a_form()).number)
    id_ = confirmed(system, system.cancel(number, actor=OPERATOR).id).id
    with pytest.raises(UnknownApplication):
        system.approve(id_, actor=Actor(Role.BUREAU, "京", "京"))
    assert system.approve(id_, actor=Actor(Role.BUREAU, "蜀", "蜀")).state is State.APPROVED


def test_a_platform_cancels_with_the_help_of_one_account_what_another_has(system: RegistrationSystem) -> None:
    """An entity whose services are several accounts' is not one account's to end."""
    number = str(approved(system, a_form()).number)
    approved(system, a_form(service=1), actor=OTHER)
    with pytest.raises(RegistrationError):
        system.cancel(number, actor=PLATFORM, purpose=Purpose.CANCEL_ENTITY)


# --- blacklisting --------------------------------------------------------------------------------------


def test_a_blacklisted_operator_registers_anew(attacked: Attacked) -> None:
    """Nothing of it is approved, whatever the app and whoever asks."""
    system = attacked.system
    number = parse(approved(system, a_form()).number)
    system.blacklist(number.entity_number, actor=BUREAU, reason="a reason")
    for actor in (OPERATOR, OTHER):
        id_ = confirmed(system, system.new(a_form(service=66), actor=actor).id, actor).id
        with pytest.raises(RegistrationError):
            system.approve(id_, actor=BUREAU)


def test_a_blacklisted_operator_cancels_its_entity_and_registers_anew(attacked: Attacked) -> None:
    """A new entity of the same operator is as blacklisted as the old one."""
    system = attacked.system
    number = str(approved(system, a_form()).number)
    system.blacklist(parse(number).entity_number, actor=BUREAU, reason="a reason")
    cancelled(system, number, Purpose.CANCEL_ENTITY)
    id_ = confirmed(system, system.new(a_form(service=66), actor=OPERATOR).id).id
    with pytest.raises(RegistrationError):
        system.approve(id_, actor=BUREAU)


@pytest.mark.parametrize("entity", [False, True], ids=["service", "entity"])
def test_a_blacklisted_app_changes_its_operator(attacked: Attacked, entity: bool) -> None:  # noqa: FBT001 -- a parameter
    """A new number is no way out of the blacklist."""
    system = attacked.system
    number = str(approved(system, a_form()).number)
    named = parse(number).entity_number if entity else number
    form = a_form(top={"operator": a_form(1)["operator"]})
    draft = system.change(number, form, actor=OPERATOR, purpose=Purpose.CHANGE_OPERATOR, operator_account=OTHER.name)
    id_ = confirmed(system, draft.id).id
    system.blacklist(named, actor=BUREAU, reason="a reason")
    with pytest.raises(RegistrationError):
        system.approve(id_, actor=BUREAU)


def test_a_blacklisted_app_is_changed(attacked: Attacked) -> None:
    """Another name, the same blacklist."""
    system = attacked.system
    number = str(approved(system, a_form()).number)
    system.blacklist(number, actor=BUREAU, reason="a reason")
    form = a_form(name="示例改名")
    carried(system, system.change(number, form, actor=OPERATOR).id)
    assert "blacklisted" in attacked.judged(form, number).codes


def test_a_service_leaves_the_blacklist_and_its_entity_does_not(attacked: Attacked) -> None:
    """Only the entity's own end of it ends it for the service."""
    system = attacked.system
    number = str(approved(system, a_form()).number)
    system.blacklist(parse(number).entity_number, actor=BUREAU, reason="a reason")
    system.end_blacklisting(number, actor=BUREAU, reason="a reason")
    assert "blacklisted" in attacked.judged(a_form(), number).codes


# --- numbers -------------------------------------------------------------------------------------------


@pytest.fixture
def ordinary(tmp_path: Path) -> Iterator[RegistrationSystem]:
    """A system that records what bureaus give, and mints nothing."""
    url = f"sqlite:///{tmp_path / 'ordinary.db'}"
    with RegistrationSystem.create(
        url, authoritative=True, vault=Vault(Vault.new_key()), clock=FixedClock(NOW)
    ) as system:
        yield system


def _recorded(system: RegistrationSystem, number: str | None, **form: Any) -> str:
    evidence = {} if number is None else {"number": number}
    position = form.get("position", 0)
    return str(approved(system, a_form(**form), account(position), evidence="the bureau's notice", **evidence).number)


@pytest.mark.parametrize(
    "number",
    [
        "蜀ICP备2026000077号-1A",
        "蜀ICP备2026000078号-1X",
        "蜀ICP备2026000078号-1",
        "蜀ICP备2026000078号",
        "京ICP备2026000078号-1A",
        "蜀ICP备202600078号-1A",
        "蜀ICP备2026000000号-1A",
        "蜀ICP备12345678号-1A",
        "蜀公网安备51010702000001号",
        "蜀ICP备2026XXXXXX号-1A",
        "",
        None,
    ],
    ids=[
        "recorded for another", "of a mini program", "of a website", "of an entity", "of another province",
        "a digit short", "serial of zeros", "a placeholder", "of the police", "letters", "empty", "none",
    ],
)  # fmt: skip
def test_a_wrong_number_is_recorded(ordinary: RegistrationSystem, number: str | None) -> None:
    """It is refused with what is wrong, and the application waits for the right one."""
    _recorded(ordinary, "蜀ICP备2026000077号-1A", position=3)
    id_ = confirmed(ordinary, ordinary.new(a_form(), actor=OPERATOR).id).id
    with pytest.raises(NumberRefused):
        ordinary.approve(id_, actor=BUREAU, number=number, evidence="a notice")
    assert ordinary.application(id_, actor=OPERATOR).state is State.UNDER_REVIEW
    assert ordinary.approve(id_, actor=BUREAU, number="蜀ICP备2026000078号-1A", evidence="a notice").number


def test_a_number_of_another_entity_is_recorded(ordinary: RegistrationSystem) -> None:
    """One entity per operator, and one operator per entity."""
    _recorded(ordinary, "蜀ICP备2026000077号-1A", position=3)
    _recorded(ordinary, "蜀ICP备2026000078号-1A")
    id_ = confirmed(ordinary, ordinary.new(a_form(service=1), actor=OPERATOR).id).id
    for number in ("蜀ICP备2026000077号-2A", "蜀ICP备2026000079号-1A"):
        with pytest.raises(NumberRefused):
            ordinary.approve(id_, actor=BUREAU, number=number, evidence="a notice")


def test_a_number_is_recorded_without_evidence(ordinary: RegistrationSystem) -> None:
    """Somebody has seen the bureau's notice, or nobody has."""
    id_ = confirmed(ordinary, ordinary.new(a_form(), actor=OPERATOR).id).id
    with pytest.raises(RegistrationError):
        ordinary.approve(id_, actor=BUREAU, number="蜀ICP备2026000078号-1A")


@pytest.mark.parametrize("authoritative", [False, True])
def test_what_was_recorded_long_ago_lives_on(tmp_path: Path, authoritative: bool) -> None:  # noqa: FBT001 -- a parameter
    """Unless the registry is the source itself, somebody has to look again; an operator's word is not that."""
    clock, vault = FixedClock(NOW), Vault(Vault.new_key())
    url = f"sqlite:///{tmp_path / 'old.db'}"
    with RegistrationSystem.create(url, authoritative=authoritative, vault=vault, clock=clock) as system:
        number = _recorded(system, "蜀ICP备2026000078号-1A")
        clock.advance(31 * DAY)
        with Gate.for_listing(url, clock=clock) as gate:
            assert gate.check(an_app(a_form(), number)).allowed is authoritative
            with pytest.raises(NotAllowed):
                system.observe(number, actor=OPERATOR, evidence="it is still there")
            assert gate.check(an_app(a_form(), number)).allowed is authoritative
            system.observe(number, actor=PLATFORM, evidence="the public record")
            assert gate.check(an_app(a_form(), number)).allowed


def test_a_cancelled_number_is_recorded_again(ordinary: RegistrationSystem) -> None:
    """Numbers are never given twice, to whomever."""
    number = _recorded(ordinary, "蜀ICP备2026000078号-1A")
    carried(ordinary, ordinary.cancel(number, actor=OPERATOR).id, evidence="a notice")
    id_ = confirmed(ordinary, ordinary.new(a_form(), actor=OPERATOR).id).id
    with pytest.raises(NumberRefused):
        ordinary.approve(id_, actor=BUREAU, number=number, evidence="a notice")


def test_a_number_is_brought_into_a_simulated_registry(system: RegistrationSystem) -> None:
    """It mints its own; a real number is never a simulated one."""
    id_ = confirmed(system, system.new(a_form(), actor=OPERATOR).id).id
    with pytest.raises(NumberRefused):
        system.approve(id_, actor=BUREAU, number="蜀ICP备2026000078号-1A", evidence="a notice")


def test_an_operator_moves_to_another_province_by_a_new_app(system: RegistrationSystem) -> None:
    """A number is of the bureau of the operator's domicile, or there is none."""
    approved(system, a_form())
    operator = a_form()["operator"]
    assert isinstance(operator, dict)
    form = a_form(service=1, top={"operator": operator | {"region": "110105"}})
    id_ = confirmed(system, system.new(form, actor=OPERATOR).id).id
    try:
        number = parse(system.approve(id_, actor=BUREAU).number)
    except RegistrationError:
        return
    assert number.province == "京"


def test_two_approvals_at_once(attacked: Attacked) -> None:
    """One is; the other is refused, and there is one number."""
    system = attacked.system
    id_ = confirmed(system, system.new(a_form(), actor=OPERATOR).id).id
    gate, said = threading.Barrier(8), []

    def approve() -> None:
        gate.wait()
        try:
            said.append(system.approve(id_, actor=BUREAU).number)
        except IllegalStep:
            said.append(None)

    threads = [threading.Thread(target=approve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (number,) = [each for each in said if each is not None]
    assert attacked.rows("SELECT number FROM registration") == [(number,)]


# --- the file ------------------------------------------------------------------------------------------


def _swap(attacked: Attacked, columns: str) -> tuple[str, str]:
    one, other = (attacked.system.new(a_form(position), actor=account(position)).id for position in range(2))
    rows = {id_: row for id_, *row in attacked.rows(f"SELECT id, {columns} FROM application")}  # noqa: S608 -- ours
    for id_, donor in ((one, other), (other, one)):
        setting = ", ".join(f"{column} = ?" for column in columns.split(", "))
        attacked.by_hand(f"UPDATE application SET {setting} WHERE id = ?", *rows[donor], id_)  # noqa: S608 -- ours
    return one, other


@pytest.mark.parametrize("columns", ["persons", "persons, persons_of"])
def test_persons_are_swapped_in_the_database(attacked: Attacked, columns: str) -> None:
    """They are sealed for their own application: nobody reads them under another one's name."""
    one, _ = _swap(attacked, columns)
    with pytest.raises(PersonsRefused) as refused:
        attacked.system.persons(one, actor=OPERATOR)
    assert "示例" not in str(refused.value)


def test_persons_are_not_in_the_file(attacked: Attacked) -> None:
    """Not in any of its pages, nor in the log beside it."""
    attacked.system.new(a_form(), actor=OPERATOR)
    for file in attacked.path.parent.iterdir():
        content = file.read_bytes()
        assert b"13800000000" not in content
        assert "张示例".encode() not in content
        assert "张示例".encode("unicode_escape") not in content


def test_a_record_is_edited_by_hand(attacked: Attacked) -> None:
    """A body that does not fit its checksum says nothing: nobody knows, and nobody is allowed."""
    number = str(approved(attacked.system, a_form()).number)
    ((registered,),) = attacked.rows("SELECT body FROM record")
    cancelled(attacked.system, number)
    attacked.by_hand("UPDATE record SET body = ?", registered)
    decision = attacked.judged(a_form(), number)
    assert decision.undecided
    assert decision.codes == ("registry_unavailable",)
    with closing(LookupClient(attacked.system.registry(), clock=attacked.clock)) as client:
        assert isinstance(client.look_up(ByNumber(parse(number))).answer, Unavailable)


def test_a_record_is_brought_back_whole_by_hand(attacked: Attacked) -> None:
    """Who writes checksums too is believed by the registry alone: the next step of anybody puts it right."""
    number = str(approved(attacked.system, a_form()).number)
    ((*row,),) = attacked.rows("SELECT observed_at, source, body, checksum FROM record")
    cancelled(attacked.system, number)
    attacked.by_hand("UPDATE record SET observed_at = ?, source = ?, body = ?, checksum = ?", *row)
    attacked.system.observe(number, actor=BUREAU, evidence="the bureau's own list")
    assert "registration_cancelled" in attacked.judged(a_form(), number).codes


def test_the_row_of_a_record_is_deleted_by_hand(attacked: Attacked) -> None:
    """What is not there is not registered."""
    number = str(approved(attacked.system, a_form()).number)
    attacked.by_hand("DELETE FROM record")
    assert not attacked.judged(a_form(), number).allowed


def test_a_state_is_edited_by_hand(attacked: Attacked) -> None:
    """An application that is set under review still cannot skip to a number without being on the table of a bureau."""
    id_ = attacked.system.new(a_form(top={"commitment_letter": None}), actor=OPERATOR).id
    attacked.by_hand("UPDATE application SET state = 'approved', number = '蜀ICP备2026000001号-1A'")
    assert not attacked.judged(a_form(), "蜀ICP备2026000001号-1A").allowed
    attacked.by_hand("UPDATE application SET state = 'no such state'")
    with pytest.raises(Exception) as refused:  # noqa: PT011 -- which one is looked at below
        attacked.system.application(id_, actor=OPERATOR)
    assert type(refused.value).__module__.startswith("icpgate.")


@pytest.mark.parametrize("verify", [False, True], ids=["never verified", "another form"])
def test_an_application_is_put_on_the_bureaus_table_by_hand(attacked: Attacked, verify: bool) -> None:  # noqa: FBT001 -- a parameter
    """What is approved was verified, and was verified as it is: whatever the columns say."""
    id_ = handed_in(attacked.system, a_form()).id
    if verify:
        verified(attacked.system, id_)
        copycat = attacked.system.new(a_form(service=66), actor=OTHER).id
        ((form,),) = attacked.rows("SELECT form FROM application WHERE id = ?", copycat)
        attacked.by_hand("UPDATE application SET form = ? WHERE id = ?", form, id_)
    attacked.by_hand("UPDATE application SET state = 'under_review' WHERE id = ?", id_)
    with pytest.raises(Unverified):
        attacked.system.approve(id_, actor=BUREAU)


def test_a_registry_is_made_ordinary_by_hand(attacked: Attacked) -> None:
    """A simulated number that is called a bureau's is still no registration by the file's own word alone."""
    number = str(approved(attacked.system, a_form()).number)
    record = attacked.system.registration(number, actor=BUREAU).record
    assert replace(record).origin.value == "simulated"
    attacked.by_hand("UPDATE meta SET value = '0' WHERE name = 'simulated'")
    url = f"sqlite:///{attacked.path}"
    with pytest.raises(RegistryStoreError, match="not as it was written"):
        Gate.for_listing(url, clock=attacked.clock)
    with closing(open_database(url)) as database:  # by somebody who can make the seal, too
        database.write(lambda connection: set_meta(connection, "simulated", "0"))
    with Gate.for_listing(url, clock=attacked.clock) as gate:
        assert "record_simulated" in gate.check(an_app(a_form(), number)).codes
