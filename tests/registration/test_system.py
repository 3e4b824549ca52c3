"""The registration system: every step of the procedure, and what it refuses, on both databases."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import put_record, record_by_number
from icpgate.number import parse
from icpgate.record import Origin, RegistrationStatus
from icpgate.registration import (
    Actor,
    IllegalStep,
    IncompleteForm,
    NotAllowed,
    NumberRefused,
    OutOfDate,
    PersonsRefused,
    Purpose,
    RegistrationError,
    RegistrationSystem,
    Role,
    State,
    Step,
    Subject,
    UnknownApplication,
    Unverified,
    Vault,
    Verification,
)
from icpgate.testing import FixedClock
from tests.registration.scenes import (
    ACCESS_PROVIDER,
    BUREAU,
    NOW,
    OPERATOR,
    PLATFORM,
    a_form,
    account,
    approved,
    cancelled,
    carried,
    changed,
    confirmed,
    handed_in,
    submitted,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VAULT = Vault(Vault.new_key())


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands still until it is told."""
    return FixedClock(NOW)


@pytest.fixture
def system(live_url: str, clock: FixedClock) -> Iterator[RegistrationSystem]:
    """A simulated registration system."""
    with RegistrationSystem.create(live_url, simulated=True, vault=VAULT, clock=clock) as system:
        yield system


@pytest.fixture
def real(live_url: str, clock: FixedClock) -> Iterator[RegistrationSystem]:
    """A registration system that records the numbers that bureaus give."""
    with RegistrationSystem.create(live_url, vault=VAULT, clock=clock) as system:
        yield system


def number_of(system: RegistrationSystem, form: dict[str, object] | None = None, actor: Actor = OPERATOR) -> str:
    """A registered app's number."""
    number = approved(system, form or a_form(), actor).number
    assert number is not None
    return number


def status(system: RegistrationSystem, number: str) -> RegistrationStatus:
    """What the registry says of it."""
    return system.registration(number, actor=PLATFORM).record.status


# --- from the form to the number ---------------------------------------------------------------------


def test_from_the_form_to_the_number(system: RegistrationSystem) -> None:
    """Each step with its state, and the whole of it in the history."""
    draft = system.new(a_form(), actor=OPERATOR)
    assert (draft.state, draft.purpose, draft.simulated) == (State.DRAFT, Purpose.NEW, True)
    assert draft.persons_kept == ("entity", "app")
    assert "persons" not in draft.form
    assert draft.province == "蜀"
    assert system.submit(draft.id, actor=OPERATOR).state is State.SUBMITTED
    assert verified(system, draft.id).state is State.VERIFYING
    waiting = system.submit(draft.id, actor=PLATFORM)
    assert waiting.state is State.AWAITING_SMS
    assert waiting.taken_in_by == PLATFORM.name
    reviewed = system.confirm(draft.id, actor=OPERATOR)
    assert reviewed.state is State.UNDER_REVIEW
    assert reviewed.review_until is not None
    done = system.approve(draft.id, actor=BUREAU)
    assert (done.state, done.number) == (State.APPROVED, "蜀ICP备2026000001号-1A")
    steps = [entry.step for entry in system.history(draft.id, actor=OPERATOR)]
    assert steps == [
        Step.CREATE, Step.SUBMIT, Step.VERIFY, Step.VERIFY, Step.VERIFY, Step.SUBMIT, Step.CONFIRM, Step.APPROVE,
    ]  # fmt: skip
    registration = system.registration(str(done.number), actor=OPERATOR)
    assert registration.record.status is RegistrationStatus.REGISTERED
    assert registration.record.origin is Origin.SIMULATED
    assert registration.record.operator == "示例科技0有限公司"


def test_the_numbers_of_an_entity_are_one_sequence(system: RegistrationSystem) -> None:
    """Whatever the kinds; another operator's entity has a serial of its own, in its own province."""
    numbers = [
        number_of(system, a_form(0, service, kind)) for service, kind in enumerate(["app", "mini_program", "quick_app"])
    ]
    assert numbers == ["蜀ICP备2026000001号-1A", "蜀ICP备2026000001号-2X", "蜀ICP备2026000001号-3K"]
    assert number_of(system, a_form(1), account(1)) == "京ICP备2026000001号-1A"
    assert number_of(system, a_form(3), account(3)) == "蜀ICP备2026000002号-1A"


def test_the_holder_of_a_licence_carries_its_number(system: RegistrationSystem) -> None:
    """And no second operator does; after a cancellation the same one goes on with its sequence."""
    form: dict[str, Any] = a_form(1)
    form["operator"]["licence_number"] = "京ICP证030173号"
    assert number_of(system, form, account(1)) == "京ICP证030173号-1A"
    other: dict[str, Any] = a_form(4)
    other["operator"]["licence_number"] = "京ICP证030173号"
    waiting = confirmed(system, system.new(other, actor=account(4)).id, account(4))
    with pytest.raises(NumberRefused, match="another operator"):
        system.approve(waiting.id, actor=BUREAU)
    cancelled(system, "京ICP证030173号-1A", Purpose.CANCEL_ENTITY, account(1))
    assert number_of(system, form, account(1)) == "京ICP证030173号-2A"


def test_a_cancelled_entity_does_not_give_its_number_again(system: RegistrationSystem) -> None:
    """The operator that comes back gets another."""
    first = number_of(system)
    cancelled(system, first, Purpose.CANCEL_ENTITY)
    assert number_of(system) == "蜀ICP备2026000002号-1A"


def test_an_incomplete_draft_is_kept_and_not_handed_in(system: RegistrationSystem) -> None:
    """A draft may be anything; handing it in reports every defect."""
    draft = system.new({"operator": {"name": "示例"}}, actor=OPERATOR)
    with pytest.raises(IncompleteForm) as refused:
        system.submit(draft.id, actor=OPERATOR)
    assert len(refused.value.examination.defects) > 3
    assert system.application(draft.id, actor=OPERATOR) == draft
    edited = system.edit(draft.id, a_form(), actor=OPERATOR)
    assert edited.revision == draft.revision + 1
    assert system.submit(draft.id, actor=OPERATOR).state is State.SUBMITTED


def test_it_is_submitted_to_the_bureau_only_once_all_three_are_verified(system: RegistrationSystem) -> None:
    """And says which are missing; a failed one counts as missing, until one of them passes."""
    application = handed_in(system, a_form())
    verified(system, application.id, subjects=[Subject.IDENTITY])
    failed = Verification(Subject.APP, "package", passed=False, evidence="another certificate")
    system.verify(application.id, failed, actor=PLATFORM)
    with pytest.raises(Unverified) as refused:
        system.submit(application.id, actor=PLATFORM)
    assert refused.value.missing == (Subject.NETWORK, Subject.APP)
    verified(system, application.id, subjects=[Subject.NETWORK])
    system.verify(application.id, replace(failed, passed=True), actor=PLATFORM)
    assert system.submit(application.id, actor=PLATFORM).state is State.AWAITING_SMS


def test_an_edited_form_is_verified_anew(system: RegistrationSystem) -> None:
    """A verification is about the form that it saw."""
    application = handed_in(system, a_form())
    old = verified(system, application.id).form_digest
    system.send_back(application.id, actor=PLATFORM, notes=["the icon is missing"])
    returned = system.application(application.id, actor=OPERATOR)
    assert (returned.state, returned.notes) == (State.RETURNED, ("the icon is missing",))
    system.edit(application.id, a_form(0, 7), actor=OPERATOR)
    system.submit(application.id, actor=OPERATOR)
    stale = Verification(Subject.APP, "package", passed=True, evidence="seen", form_digest=old)
    with pytest.raises(OutOfDate, match="another form"):
        system.verify(application.id, stale, actor=PLATFORM)
    system.verify(application.id, replace(stale, form_digest=""), actor=PLATFORM)
    with pytest.raises(Unverified) as refused:
        system.submit(application.id, actor=PLATFORM)
    assert refused.value.missing == (Subject.IDENTITY, Subject.NETWORK)


def test_a_confirmation_lapses_after_24_hours(system: RegistrationSystem, clock: FixedClock) -> None:
    """To the second; it is handed in again."""
    application = handed_in(system, a_form())
    submitted(system, application.id)
    clock.advance(24 * 3600 - 1)
    assert system.application(application.id, actor=OPERATOR).state is State.AWAITING_SMS
    clock.advance(1)
    assert system.application(application.id, actor=OPERATOR).state is State.LAPSED
    assert [each.id for each in system.applications(actor=OPERATOR, states={State.LAPSED})] == [application.id]
    assert system.applications(actor=OPERATOR, states={State.AWAITING_SMS}) == ()
    with pytest.raises(IllegalStep, match="lapsed"):
        system.confirm(application.id, actor=OPERATOR)
    assert carried(system, application.id).state is State.APPROVED
    entries = system.history(application.id, actor=OPERATOR)
    [lapse] = [entry for entry in entries if entry.step is Step.LAPSE]
    assert (lapse.role, lapse.before, lapse.after) == ("", "awaiting_sms", "lapsed")


def test_lapses_can_be_written_down(system: RegistrationSystem, clock: FixedClock) -> None:
    """By whoever looks after the system; twice changes nothing."""
    application = handed_in(system, a_form())
    submitted(system, application.id)
    assert system.lapse_due() == ()
    clock.advance(90_000)
    assert system.lapse_due() == (application.id,)
    assert system.lapse_due() == ()
    assert system.application(application.id, actor=OPERATOR).state is State.LAPSED


def test_a_rejection_or_withdrawal_ends_it(system: RegistrationSystem) -> None:
    """Nothing follows, and nothing is registered."""
    rejected = confirmed(system, system.new(a_form(), actor=OPERATOR).id)
    with pytest.raises(RegistrationError, match="reasons"):
        system.reject(rejected.id, actor=BUREAU, notes=[])
    ended = system.reject(rejected.id, actor=BUREAU, notes=["not an operator of this province"])
    withdrawn = system.withdraw(system.new(a_form(), actor=OPERATOR).id, actor=OPERATOR)
    for each in (ended, withdrawn):
        assert (each.state.is_final, each.number, each.legal()) == (True, None, ())
        with pytest.raises(IllegalStep, match="nothing can follow"):
            system.submit(each.id, actor=OPERATOR)


def test_a_bureau_may_return_it(system: RegistrationSystem) -> None:
    """It goes the whole way again."""
    application = confirmed(system, system.new(a_form(), actor=OPERATOR).id)
    assert system.send_back(application.id, actor=BUREAU, notes=["address"]).state is State.RETURNED
    assert carried(system, application.id).state is State.APPROVED


# --- who may ------------------------------------------------------------------------------------------


def test_an_application_is_its_operators_and_its_takers_business(system: RegistrationSystem) -> None:
    """For everybody else there is none."""
    application = system.new(a_form(), actor=OPERATOR)
    other_store = Actor(Role.PLATFORM, "other.example.cn")
    for stranger in (account(1), PLATFORM, ACCESS_PROVIDER, BUREAU):
        with pytest.raises(UnknownApplication):
            system.application(application.id, actor=stranger)
        assert system.applications(actor=stranger) == ()
    system.submit(application.id, actor=OPERATOR)
    assert system.application(application.id, actor=other_store).taken_in_by == ""
    verified(system, application.id)
    for stranger in (other_store, account(1), Actor(Role.BUREAU, "bureau", "京")):
        with pytest.raises(UnknownApplication):
            system.application(application.id, actor=stranger)
    assert system.application(application.id, actor=Actor(Role.BUREAU, "bureau", "蜀")).id == application.id


def test_a_role_has_its_own_steps(system: RegistrationSystem) -> None:
    """The others are refused whatever the state."""
    application = confirmed(system, system.new(a_form(), actor=OPERATOR).id)
    passed = Verification(Subject.APP, "package", passed=True, evidence="seen")
    refused: list[Callable[[], object]] = [
        lambda: system.approve(application.id, actor=OPERATOR),
        lambda: system.approve(application.id, actor=PLATFORM),
        lambda: system.reject(application.id, actor=ACCESS_PROVIDER, notes=["no"]),
        lambda: system.verify(application.id, passed, actor=OPERATOR),
        lambda: system.confirm(application.id, actor=PLATFORM),
        lambda: system.new(a_form(), actor=BUREAU),
        lambda: system.new(a_form(), actor=OPERATOR, operator_account="somebody"),
        lambda: system.new(a_form(), actor="operator"),  # type: ignore[arg-type]  # what a caller might hand in
    ]
    for call in refused:
        with pytest.raises(NotAllowed):
            call()
    assert system.application(application.id, actor=BUREAU) == application


def test_a_platform_hands_in_for_an_operator(system: RegistrationSystem) -> None:
    """Whose account is the name in the form unless it is stated; the operator confirms."""
    by_name = system.new(a_form(), actor=PLATFORM)
    assert (by_name.operator_account, by_name.taken_in_by) == ("示例科技0有限公司", PLATFORM.name)
    stated = system.new(a_form(), actor=PLATFORM, operator_account=OPERATOR.name)
    system.submit(stated.id, actor=PLATFORM)
    submitted(system, stated.id)
    assert system.confirm(stated.id, actor=OPERATOR).state is State.UNDER_REVIEW
    with pytest.raises(RegistrationError, match="names no operator"):
        system.new({}, actor=PLATFORM)


def test_a_step_on_what_somebody_else_changed_is_refused(system: RegistrationSystem) -> None:
    """By the revision that was looked at."""
    application = system.new(a_form(), actor=OPERATOR)
    system.edit(application.id, a_form(0, 1), actor=OPERATOR, revision=application.revision)
    with pytest.raises(OutOfDate, match="revision 2, not 1"):
        system.submit(application.id, actor=OPERATOR, revision=application.revision)


def test_lists_go_on_where_they_ended(system: RegistrationSystem) -> None:
    """Oldest first, by pages."""
    made = [system.new(a_form(0, service), actor=OPERATOR).id for service in range(5)]
    first = system.applications(actor=OPERATOR, limit=3)
    rest = system.applications(actor=OPERATOR, after=first[-1].id)
    assert [each.id for each in (*first, *rest)] == made


# --- the form and the persons --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [[], "form", {"a": {1, 2}}, {"a": float("nan")}, {"a": "\ud800"}, {"a": "x" * 300_000}, {"persons": ["张"]}],
    ids=["list", "text", "set", "nan", "half", "large", "persons"],
)
def test_what_is_no_form_is_refused(system: RegistrationSystem, form: Any) -> None:
    """With an error of ours, and nothing is stored."""
    with pytest.raises(RegistrationError):
        system.new(form, actor=OPERATOR)
    assert system.applications(actor=OPERATOR) == ()


@pytest.mark.parametrize(
    ("form", "place"),
    [
        ({"负责人": {"name": "张示例"}}, "the form itself"),
        ({"operator": {"legal_person": {"mobile": "13800000000"}}}, "/operator"),
        ({"app": {"platforms": [{"platform": "android"}, {"contact": "张示例"}]}}, "/app/platforms/1"),
        ({"app": {"name": {"张示例": 1}}}, "/app/name"),
        ({"app": {"languages": ["zh", {"张示例": 1}]}}, "/app/languages/1"),
        ({"operator": [{"name": "张示例"}]}, "/operator/0"),
    ],
    ids=["part", "in a part", "in a list", "in a text", "in a list of texts", "a list for a part"],
)
def test_a_field_that_no_form_has_is_not_kept(system: RegistrationSystem, form: dict[str, object], place: str) -> None:
    """It could be about a person, and would be kept in clear. What it is called is not repeated."""
    with pytest.raises(RegistrationError, match="no form has") as refused:
        system.new(form | {"commitment_letter": {}}, actor=PLATFORM, operator_account="somebody")
    assert refused.value.message.endswith(f" in {place}")
    assert "示例" not in str(refused.value)
    draft = system.new({"operator": "?", "app": {"platforms": "?"}}, actor=OPERATOR)
    with pytest.raises(RegistrationError):
        system.edit(draft.id, form, actor=OPERATOR)
    assert system.application(draft.id, actor=OPERATOR) == draft


def test_persons_are_kept_encrypted(live_url: str) -> None:
    """Without a key none are taken; with one only `persons` gives them out, and that is written down."""
    with (
        RegistrationSystem.create(live_url, simulated=True) as keyless,
        pytest.raises(PersonsRefused, match="no key"),
    ):
        keyless.new(a_form(), actor=OPERATOR)
    with RegistrationSystem.open(live_url, vault=VAULT) as system:
        application = system.new(a_form(), actor=OPERATOR)
        assert "张示例" not in repr(application) + str(application.written())
        persons: Any = system.persons(application.id, actor=OPERATOR)
        assert persons["entity"]["name"] == "张示例"
        entries = system.history(application.id, actor=OPERATOR)
        assert [entry.step for entry in entries] == [Step.CREATE, Step.READ_PERSONS]
        bare = system.new({}, actor=OPERATOR)
        with pytest.raises(PersonsRefused, match="has no persons"):
            system.persons(bare.id, actor=OPERATOR)
    with (
        RegistrationSystem.open(live_url, vault=Vault(Vault.new_key())) as stranger,
        pytest.raises(PersonsRefused),
    ):
        stranger.persons(application.id, actor=OPERATOR)


def test_an_edit_without_persons_keeps_them(system: RegistrationSystem) -> None:
    """And so does a change: nobody has to hand them in again."""
    form = a_form()
    draft = system.new(form, actor=OPERATOR)
    without = {name: part for name, part in form.items() if name != "persons"}
    assert system.edit(draft.id, without, actor=OPERATOR).persons_kept == ("entity", "app")
    number = str(carried(system, draft.id).number)
    change = system.change(number, without, actor=OPERATOR)
    assert change.persons_kept == ("entity", "app")
    assert system.persons(change.id, actor=OPERATOR) == form["persons"]
    assert carried(system, change.id).state is State.APPROVED


# --- changes ------------------------------------------------------------------------------------------


def test_a_change_keeps_the_number(system: RegistrationSystem) -> None:
    """Registered with the old data and *changing* meanwhile, with the new data afterwards."""
    number = number_of(system)
    application = system.change(number, a_form(domains=["new.example.cn"]), actor=OPERATOR)
    assert status(system, number) is RegistrationStatus.REGISTERED
    confirmed(system, application.id)
    record = system.registration(number, actor=PLATFORM).record
    assert (record.status, record.domains) == (RegistrationStatus.CHANGING, ("s0.o0.example.cn",))
    assert system.approve(application.id, actor=BUREAU).number == number
    record = system.registration(number, actor=PLATFORM).record
    assert (record.status, record.domains) == (RegistrationStatus.REGISTERED, ("new.example.cn",))


@pytest.mark.parametrize("end", ["withdraw", "return", "reject", "lapse"])
def test_a_change_that_comes_to_nothing_leaves_it_as_it_was(
    system: RegistrationSystem, clock: FixedClock, end: str
) -> None:
    """Registered, with the old data."""
    number = number_of(system)
    application = system.change(number, a_form(domains=["new.example.cn"]), actor=OPERATOR)
    system.submit(application.id, actor=OPERATOR)
    submitted(system, application.id)
    assert status(system, number) is RegistrationStatus.CHANGING
    if end == "withdraw":
        system.withdraw(application.id, actor=OPERATOR)
    elif end == "lapse":
        clock.advance(90_000)
        system.lapse_due()
    else:
        system.confirm(application.id, actor=OPERATOR)
        (system.send_back if end == "return" else system.reject)(application.id, actor=BUREAU, notes=["no"])
    record = system.registration(number, actor=PLATFORM).record
    assert (record.status, record.domains) == (RegistrationStatus.REGISTERED, ("s0.o0.example.cn",))


def test_one_application_about_a_registration_at_a_time(system: RegistrationSystem) -> None:
    """The second one is told of the first."""
    number = number_of(system)
    first = system.change(number, a_form(), actor=OPERATOR)
    calls: list[Callable[[], object]] = [
        lambda: system.change(number, a_form(), actor=OPERATOR),
        lambda: system.cancel(number, actor=OPERATOR),
        lambda: system.cancel(number, actor=OPERATOR, purpose=Purpose.CANCEL_ENTITY),
    ]
    for call in calls:
        with pytest.raises(RegistrationError, match=first.id) as refused:
            call()
        assert refused.value.code == "registration.open"
    system.withdraw(first.id, actor=OPERATOR)
    assert system.cancel(number, actor=OPERATOR).state is State.DRAFT


def _another_operator(form: dict[str, Any]) -> None:
    form["operator"] = a_form(3)["operator"]


def _another_kind(form: dict[str, Any]) -> None:
    form["app"] = a_form(0, 0, "mini_program")["app"]


def _another_province(form: dict[str, Any]) -> None:
    form["operator"]["region"] = "110105"


@pytest.mark.parametrize("alter", [_another_operator, _another_kind, _another_province])
def test_what_is_another_registration_is_no_change(
    system: RegistrationSystem, alter: Callable[[dict[str, Any]], None]
) -> None:
    """It is said when the form is handed in."""
    number = number_of(system)
    form: dict[str, Any] = a_form()
    alter(form)
    application = system.change(number, form, actor=OPERATOR)
    with pytest.raises(RegistrationError) as refused:
        system.submit(application.id, actor=OPERATOR)
    assert refused.value.code == "registration.change"


def test_a_platform_is_added(system: RegistrationSystem) -> None:
    """To those there are, which stay as they were."""
    number = number_of(system)
    form: dict[str, Any] = a_form()
    ios = {**form["app"]["platforms"][0], "platform": "ios", "signing_certificate": "ab" * 20}
    swapped = a_form(platforms=[{**form["app"]["platforms"][0], "package": "cn.example.evil"}, ios])
    for wrong in (a_form(), swapped, a_form(name="另一个名称", platforms=[form["app"]["platforms"][0], ios])):
        application = system.change(number, wrong, actor=OPERATOR, purpose=Purpose.ADD_PLATFORM)
        with pytest.raises(RegistrationError) as refused:
            system.submit(application.id, actor=OPERATOR)
        assert refused.value.code == "registration.change"
        system.withdraw(application.id, actor=OPERATOR)
    both = a_form(platforms=[form["app"]["platforms"][0], ios])
    assert changed(system, number, both, Purpose.ADD_PLATFORM).number == number
    record = system.registration(number, actor=PLATFORM).record
    assert [str(each.platform) for each in record.platforms or ()] == ["android", "ios"]


def test_a_change_of_operator_gives_a_new_number(system: RegistrationSystem) -> None:
    """The new operator's own; the former operator's ends."""
    number = number_of(system)
    same = system.change(
        number, a_form(), actor=OPERATOR, purpose=Purpose.CHANGE_OPERATOR, operator_account="operator-3"
    )
    with pytest.raises(RegistrationError, match="the operator is the same"):
        system.submit(same.id, actor=OPERATOR)
    system.withdraw(same.id, actor=OPERATOR)
    form = a_form(app=None) | {"app": a_form()["app"], "operator": a_form(3)["operator"]}
    application = system.change(
        number, form, actor=OPERATOR, purpose=Purpose.CHANGE_OPERATOR, operator_account="operator-3"
    )
    done = carried(system, application.id)
    assert done.number == "蜀ICP备2026000002号-1A"
    assert status(system, number) is RegistrationStatus.CANCELLED
    assert system.registration(str(done.number), actor=account(3)).record.operator == "示例科技3有限公司"
    assert [entry.note for entry in system.history(number, actor=PLATFORM)][-1].startswith("the operator changed")


def test_the_account_follows_the_operator_of_the_form(system: RegistrationSystem) -> None:
    """An edit to a third operator does not hand the number to the second one's account."""
    number = number_of(system)
    second = a_form() | {"operator": a_form(3)["operator"]}
    application = system.change(
        number, second, actor=OPERATOR, purpose=Purpose.CHANGE_OPERATOR, operator_account="operator-3"
    )
    third = a_form() | {"operator": a_form(6)["operator"]}
    system.edit(application.id, third, actor=OPERATOR)
    done = carried(system, application.id)
    assert system.registration(str(done.number), actor=PLATFORM).operator_account == "示例科技6有限公司"


def test_only_changes_change_and_only_cancellations_cancel(system: RegistrationSystem) -> None:
    """A purpose of the other sort is refused."""
    number = number_of(system)
    with pytest.raises(RegistrationError, match="no change"):
        system.change(number, a_form(), actor=OPERATOR, purpose=Purpose.CANCEL_SERVICE)
    with pytest.raises(RegistrationError, match="no cancellation"):
        system.cancel(number, actor=OPERATOR, purpose=Purpose.NEW)


# --- cancellations and blacklists ----------------------------------------------------------------------


def test_a_service_is_cancelled(system: RegistrationSystem) -> None:
    """Registered until the operator confirmed it, cancelling while the bureau has it, then cancelled for good."""
    number, other = number_of(system), number_of(system, a_form(0, 1))
    application = system.cancel(number, actor=OPERATOR, notes=["the service ends"])
    assert application.notes == ("the service ends",)
    system.submit(application.id, actor=OPERATOR)
    assert status(system, number) is RegistrationStatus.REGISTERED
    system.confirm(application.id, actor=OPERATOR)
    assert status(system, number) is RegistrationStatus.CANCELLING
    system.approve(application.id, actor=BUREAU)
    assert (status(system, number), status(system, other)) == (
        RegistrationStatus.CANCELLED,
        RegistrationStatus.REGISTERED,
    )
    calls: list[Callable[[], object]] = [
        lambda: system.cancel(number, actor=OPERATOR),
        lambda: system.change(number, a_form(), actor=OPERATOR),
    ]
    for call in calls:
        with pytest.raises(RegistrationError) as refused:
            call()
        assert refused.value.code == "registration.ended"


def test_an_entity_is_cancelled_with_all_its_services(system: RegistrationSystem) -> None:
    """By its own number or by one of its services'."""
    numbers = [number_of(system, a_form(0, service)) for service in range(2)]
    application = system.cancel("蜀ICP备2026000001号", actor=OPERATOR, purpose=Purpose.CANCEL_ENTITY)
    confirmed(system, application.id)
    assert {status(system, number) for number in numbers} == {RegistrationStatus.CANCELLING}
    with pytest.raises(RegistrationError, match=application.id):
        system.change(numbers[0], a_form(), actor=OPERATOR)
    system.approve(application.id, actor=BUREAU)
    assert {status(system, number) for number in numbers} == {RegistrationStatus.CANCELLED}
    with pytest.raises(RegistrationError) as refused:
        system.cancel(numbers[0], actor=BUREAU, purpose=Purpose.CANCEL_ENTITY)
    assert refused.value.code == "registration.ended"


def test_a_registration_without_access_is_a_shell(system: RegistrationSystem) -> None:
    """Each provider ends its own access; a change that names one opens it again."""
    number = number_of(system, a_form(access_providers=["cloud.example.cn", "示例云"]))
    with pytest.raises(NotAllowed):
        system.cancel(number, actor=ACCESS_PROVIDER, purpose=Purpose.CANCEL_ACCESS, access_provider="示例云")
    with pytest.raises(RegistrationError, match="not connected"):
        system.cancel(number, actor=OPERATOR, purpose=Purpose.CANCEL_ACCESS, access_provider="别的云")
    own = system.cancel(number, actor=ACCESS_PROVIDER, purpose=Purpose.CANCEL_ACCESS)
    assert system.submit(own.id, actor=ACCESS_PROVIDER).state is State.UNDER_REVIEW
    system.approve(own.id, actor=BUREAU)
    assert status(system, number) is RegistrationStatus.REGISTERED
    last = system.cancel(number, actor=OPERATOR, purpose=Purpose.CANCEL_ACCESS, access_provider="示例云")
    assert carried(system, last.id).state is State.APPROVED
    assert status(system, number) is RegistrationStatus.SHELL
    change = system.change(number, a_form(), actor=OPERATOR)
    confirmed(system, change.id)
    assert status(system, number) is RegistrationStatus.SHELL
    system.approve(change.id, actor=BUREAU)
    assert status(system, number) is RegistrationStatus.REGISTERED


def test_an_open_change_does_not_undo_the_end_of_an_access(system: RegistrationSystem) -> None:
    """It is closed: what it asks for is no longer so."""
    number = number_of(system, a_form(access_providers=["cloud.example.cn"]))
    change = confirmed(system, system.change(number, a_form(access_providers=["cloud.example.cn"]), actor=OPERATOR).id)
    own = system.cancel(number, actor=ACCESS_PROVIDER, purpose=Purpose.CANCEL_ACCESS)
    system.submit(own.id, actor=ACCESS_PROVIDER)
    assert status(system, number) is RegistrationStatus.CHANGING
    system.approve(own.id, actor=BUREAU)
    assert status(system, number) is RegistrationStatus.SHELL
    assert system.application(change.id, actor=OPERATOR).state is State.WITHDRAWN
    with pytest.raises(IllegalStep):
        system.approve(change.id, actor=BUREAU)


@pytest.mark.parametrize("purpose", [Purpose.CANCEL_SERVICE, Purpose.CANCEL_ENTITY])
def test_a_bureau_cancels_at_once(system: RegistrationSystem, purpose: Purpose) -> None:
    """Whatever is open about the registration is closed."""
    number = number_of(system)
    change = system.change(number, a_form(), actor=OPERATOR)
    done = system.cancel(number, actor=BUREAU, purpose=purpose, notes=["false data"])
    assert (done.state, done.notes) == (State.APPROVED, ("false data",))
    assert status(system, number) is RegistrationStatus.CANCELLED
    assert system.application(change.id, actor=OPERATOR).state is State.WITHDRAWN


def test_a_blacklisting_and_its_end(system: RegistrationSystem, clock: FixedClock) -> None:
    """Of a service, and of an entity with what it would register next."""
    number = number_of(system)
    assert system.blacklist(number, actor=BUREAU, reason="fraud").record.blacklisted is True
    assert system.end_blacklisting(number, actor=BUREAU, reason="appeal").record.blacklisted is False
    entity = "蜀ICP备2026000001号"
    clock.advance(3_600)
    listed = system.blacklist(entity, actor=BUREAU, reason="fraud").record
    assert (listed.blacklisted, listed.observed_at) == (True, clock.now())
    waiting = confirmed(system, system.new(a_form(0, 1), actor=OPERATOR).id)
    with pytest.raises(RegistrationError) as refused:
        system.approve(waiting.id, actor=BUREAU)
    assert refused.value.code == "registration.blacklisted"
    system.end_blacklisting(entity, actor=BUREAU, reason="appeal")
    assert system.approve(waiting.id, actor=BUREAU).number == "蜀ICP备2026000001号-2A"
    with pytest.raises(NotAllowed):
        system.blacklist(number, actor=PLATFORM, reason="a rival")
    with pytest.raises(UnknownApplication):
        system.blacklist("京ICP备2026000009号-1A", actor=BUREAU, reason="fraud")
    with pytest.raises(UnknownApplication):
        system.blacklist(number, actor=Actor(Role.BUREAU, "bureau", "京"), reason="not theirs")


# --- numbers that bureaus gave -------------------------------------------------------------------------


def test_a_bureaus_number_is_recorded_with_its_evidence(real: RegistrationSystem) -> None:
    """As the bureau wrote it; nothing is minted."""
    waiting = confirmed(real, real.new(a_form(), actor=OPERATOR).id)
    with pytest.raises(RegistrationError):
        real.approve(waiting.id, actor=BUREAU, number="蜀ICP备2021014694号-10A")
    with pytest.raises(NumberRefused, match="only a bureau"):
        real.approve(waiting.id, actor=BUREAU, evidence="notice 7")
    done = real.approve(waiting.id, actor=BUREAU, number="蜀ICP备2021014694号-10A", evidence="notice 7")
    assert done.number == "蜀ICP备2021014694号-10A"
    registration = real.registration("蜀ICP备2021014694号-10A", actor=PLATFORM)
    assert (registration.evidence, registration.record.origin) == ("notice 7", Origin.BUREAU)
    assert "notice 7" in registration.record.source


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("蜀ICP备2021014694号-1A", "recorded for another"),
        ("蜀ICP备2021014694号-2X", "the number of a mini_program"),
        ("蜀ICP备2021014694号", "an entity's number"),
        ("京ICP备2021014694号-2A", "another province"),
        ("蜀ICP备2021099999号-1A", "this operator's entity is"),
        ("备案中", "has not the form"),
        ("蜀ICP备2027014694号-2A", "2027, which has not come"),
    ],
)
def test_a_number_that_cannot_be_this_registrations_is_refused(real: RegistrationSystem, number: str, why: str) -> None:
    """With the reason; the application is as it was."""
    approved(real, a_form(), number="蜀ICP备2021014694号-1A", evidence="notice 1")
    waiting = confirmed(real, real.new(a_form(0, 1), actor=OPERATOR).id)
    with pytest.raises(NumberRefused, match=why) as refused:
        real.approve(waiting.id, actor=BUREAU, number=number, evidence="notice 2")
    assert refused.value.code == "registration.number"
    assert real.application(waiting.id, actor=BUREAU) == waiting


def test_an_entitys_number_is_nobody_elses(real: RegistrationSystem) -> None:
    """A service number of it is refused to another operator."""
    approved(real, a_form(), number="蜀ICP备2021014694号-1A", evidence="notice 1")
    waiting = confirmed(real, real.new(a_form(3), actor=account(3)).id, account(3))
    with pytest.raises(NumberRefused, match="another operator"):
        real.approve(waiting.id, actor=BUREAU, number="蜀ICP备2021014694号-2A", evidence="notice 2")


def test_a_change_of_a_recorded_number_keeps_it(real: RegistrationSystem) -> None:
    """Another number with it is refused; the evidence is needed."""
    number = "蜀ICP备2021014694号-1A"
    approved(real, a_form(), number=number, evidence="notice 1")
    change = confirmed(real, real.change(number, a_form(), actor=OPERATOR).id)
    with pytest.raises(NumberRefused, match="keeps its number"):
        real.approve(change.id, actor=BUREAU, number="蜀ICP备2021014694号-2A", evidence="notice 2")
    assert real.approve(change.id, actor=BUREAU, number=number, evidence="notice 2").number == number


def test_a_recorded_number_is_as_fresh_as_the_last_look(real: RegistrationSystem, clock: FixedClock) -> None:
    """Reading it makes nothing fresh; looking at the bureau's record again does."""
    number = "蜀ICP备2021014694号-1A"
    approved(real, a_form(), number=number, evidence="notice 1")
    clock.advance(86_400)
    assert real.registration(number, actor=PLATFORM).record.observed_at == NOW
    observed = real.observe(number, actor=PLATFORM, evidence="looked at the public record")
    assert observed.record.observed_at == clock.now()
    with pytest.raises(NotAllowed):
        real.observe(number, actor=OPERATOR, evidence="my own word")


def test_a_minted_number_is_none_that_was_imported(live_url: str) -> None:
    """Neither an entity's nor a service's."""
    with RegistrationSystem.create(live_url, simulated=True, vault=VAULT, clock=FixedClock(NOW)) as system:
        first = number_of(system)
        with closing(open_database(live_url)) as database:
            record = database.read(lambda connection: record_by_number(connection, first))
            assert record is not None
            for taken in ("蜀ICP备2026000001号-2X", "蜀ICP备2026000001号-3A", "蜀ICP备2026000002号-1A"):
                database.write(partial(put_record, record=replace(record, registration_number=parse(taken))))
        assert number_of(system, a_form(0, 1)) == "蜀ICP备2026000001号-4A"
        assert number_of(system, a_form(3), account(3)) == "蜀ICP备2026000003号-1A"


def test_a_simulated_registry_takes_no_number(system: RegistrationSystem) -> None:
    """It mints."""
    waiting = confirmed(system, system.new(a_form(), actor=OPERATOR).id)
    with pytest.raises(NumberRefused, match="mints"):
        system.approve(waiting.id, actor=BUREAU, number="蜀ICP备2021014694号-1A", evidence="notice")


def test_a_registrations_history_begins_with_its_draft(system: RegistrationSystem) -> None:
    """For those whose business the application was; for others with what happened to the number."""
    number = number_of(system)
    system.blacklist(number, actor=BUREAU, reason="fraud")
    own = [entry.step for entry in system.history(number, actor=OPERATOR)]
    assert (own[0], own[-1]) == (Step.CREATE, Step.BLACKLIST)
    stranger = [entry.step for entry in system.history(number, actor=Actor(Role.PLATFORM, "other.example.cn"))]
    assert stranger == [Step.APPROVE, Step.BLACKLIST]


def test_a_form_is_for_those_whom_it_concerns(system: RegistrationSystem) -> None:
    """Anybody may look a number up; the operator's address is not part of that."""
    number = number_of(system)
    for actor, may in ((OPERATOR, True), (PLATFORM, True), (BUREAU, True), (ACCESS_PROVIDER, False)):
        assert bool(system.registration(number, actor=actor).form) is may


def test_an_entitys_registrations_are_seen_together(system: RegistrationSystem) -> None:
    """In the order of its sequence, as far as they are the account's."""
    numbers = [number_of(system, a_form(0, service)) for service in range(2)]
    entity = "蜀ICP备2026000001号"
    seen = system.registrations(entity, actor=PLATFORM)
    assert [str(each.record.registration_number) for each in seen] == numbers
    for actor, name in ((account(1), entity), (PLATFORM, numbers[0]), (PLATFORM, "none")):
        with pytest.raises(UnknownApplication):
            system.registrations(name, actor=actor)


# --- texts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "x" * 2_001, "a\u202eb", "a\x00b", 7], ids=["empty", "long", "bidi", "nul", "number"]
)
def test_a_text_of_a_person_is_bounded_and_visible(system: RegistrationSystem, text: Any) -> None:
    """Notes, reasons, evidence and names."""
    application = handed_in(system, a_form())
    with pytest.raises(RegistrationError):
        system.send_back(application.id, actor=PLATFORM, notes=[text])
    with pytest.raises(RegistrationError):
        system.application(application.id, actor=Actor(Role.PLATFORM, text))


def test_a_verification_is_one(system: RegistrationSystem) -> None:
    """Anything else is refused."""
    application = handed_in(system, a_form())
    for wrong in ("passed", Verification("app", "m", True, "e"), Verification(Subject.APP, "m", 1, "e")):  # type: ignore[arg-type]  # noqa: FBT003 -- what a caller might hand in
        with pytest.raises(RegistrationError):
            system.verify(application.id, wrong, actor=PLATFORM)  # type: ignore[arg-type]  # as above


def test_what_there_is_not_cannot_be_seen(system: RegistrationSystem) -> None:
    """Ids and numbers that are none, and another operator's registration."""
    number = number_of(system)
    for name in ("A99999999", "", "蜀ICP备2026000001号-9A", "no number"):
        with pytest.raises(UnknownApplication):
            system.history(name, actor=BUREAU)
        with pytest.raises(UnknownApplication):
            system.application(name, actor=BUREAU)
        with pytest.raises(UnknownApplication):
            system.registration(name, actor=BUREAU)
    with pytest.raises(UnknownApplication):
        system.registration(number, actor=account(1))
    with pytest.raises(UnknownApplication):
        system.registration(number, actor=Actor(Role.BUREAU, "bureau", "京"))
    assert system.registration(number, actor=Actor(Role.BUREAU, "bureau", "蜀")).open_application is None
