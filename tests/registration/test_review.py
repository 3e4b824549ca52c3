"""What a reader who came last found: ways past a confirmation, steps that were lost, and what nobody could see."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import put_record
from icpgate.number import parse
from icpgate.record import RegistrationStatus
from icpgate.registration.application import Actor
from icpgate.registration.persons import Vault
from icpgate.registration.recording import record_of
from icpgate.registration.refusals import NotAllowed, NumberRefused, RegistrationError, UnknownApplication
from icpgate.registration.states import Purpose, Role, State
from icpgate.registration.system import RegistrationSystem
from icpgate.testing import FixedClock
from tests.registration.scenes import (
    ACCESS_PROVIDER,
    BUREAU,
    NOW,
    OPERATOR,
    PLATFORM,
    a_form,
    approved,
    confirmed,
    uscc,
)
from tests.server.registration import scenes as pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CLOUDS = [ACCESS_PROVIDER.name, "another-cloud.example.cn"]
OTHER_CLOUD = Actor(Role.ACCESS_PROVIDER, CLOUDS[1])
STRANGERS = [Actor(Role.ACCESS_PROVIDER, "stranger.example.cn"), Actor(Role.PLATFORM, "stranger.example.cn")]


@pytest.fixture
def clock() -> FixedClock:
    """It stands until it is moved."""
    return FixedClock(NOW)


@pytest.fixture
def system(tmp_path: Path, clock: FixedClock) -> Iterator[RegistrationSystem]:
    """A simulated system of one's own."""
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    with RegistrationSystem.create(url, simulated=True, vault=Vault(Vault.new_key()), clock=clock) as made:
        yield made


def _ordinary(folder: Path) -> RegistrationSystem:
    """A system that records what a bureau gave."""
    url = f"sqlite:///{folder / 'registry.db'}"
    return RegistrationSystem.create(url, authoritative=True, vault=Vault(Vault.new_key()), clock=FixedClock(NOW))


def _connected(system: RegistrationSystem) -> str:
    """The number of an app that two access providers connect."""
    return str(approved(system, a_form(access_providers=CLOUDS)).number)


# --- the end of an access ----------------------------------------------------------------------------


@pytest.mark.parametrize("stranger", STRANGERS, ids=["access provider", "platform"])
def test_a_stranger_goes_on_with_a_cancellation_that_nobody_confirmed(
    system: RegistrationSystem, clock: FixedClock, stranger: Actor
) -> None:
    """What its operator let lapse is not a stranger's to hand in, to end, or to see."""
    number = _connected(system)
    for purpose, provider in ((Purpose.CANCEL_ACCESS, CLOUDS[0]), (Purpose.CANCEL_SERVICE, "")):
        asked = system.cancel(number, actor=OPERATOR, purpose=purpose, access_provider=provider)
        system.submit(asked.id, actor=OPERATOR)
        clock.advance(timedelta(hours=25).total_seconds())
        for attempt in (system.submit, system.withdraw, system.application):
            with pytest.raises(UnknownApplication):
                attempt(asked.id, actor=stranger)
        assert asked.id not in [each.id for each in system.applications(actor=stranger)]
        assert system.application(asked.id, actor=OPERATOR).state is State.LAPSED
        system.withdraw(asked.id, actor=OPERATOR)


def test_a_platform_of_the_same_name_does_not_begin_it_for_an_access_provider(system: RegistrationSystem) -> None:
    """The end of another provider's access waits for the operator, whatever else the account may be."""
    number = _connected(system)
    both = "both.example.cn"
    asked = system.cancel(
        number, actor=Actor(Role.PLATFORM, both), purpose=Purpose.CANCEL_ACCESS, access_provider=CLOUDS[0]
    )
    with pytest.raises(NotAllowed):
        system.submit(asked.id, actor=Actor(Role.ACCESS_PROVIDER, both))
    assert system.submit(asked.id, actor=Actor(Role.PLATFORM, both)).state is State.AWAITING_SMS


def test_two_providers_end_their_access_at_once(system: RegistrationSystem) -> None:
    """The approval of one leaves the other's where it was; with both ended the registration is a shell."""
    number = _connected(system)
    asked = [
        system.cancel(number, actor=each, purpose=Purpose.CANCEL_ACCESS) for each in (ACCESS_PROVIDER, OTHER_CLOUD)
    ]
    for application, actor in zip(asked, (ACCESS_PROVIDER, OTHER_CLOUD), strict=True):
        system.submit(application.id, actor=actor)
    states = [system.approve(application.id, actor=BUREAU).state for application in asked]
    assert states == [State.APPROVED, State.APPROVED]
    assert system.registration(number, actor=OPERATOR).record.status is RegistrationStatus.SHELL


def test_a_bureau_that_ends_an_access_closes_the_providers_own_end_of_it(system: RegistrationSystem) -> None:
    """The same access does not end twice."""
    number = _connected(system)
    own = system.cancel(number, actor=ACCESS_PROVIDER, purpose=Purpose.CANCEL_ACCESS)
    others = system.cancel(number, actor=OTHER_CLOUD, purpose=Purpose.CANCEL_ACCESS)
    system.cancel(number, actor=BUREAU, purpose=Purpose.CANCEL_ACCESS, access_provider=CLOUDS[0])
    assert system.application(own.id, actor=ACCESS_PROVIDER).state is State.WITHDRAWN
    assert system.application(others.id, actor=OTHER_CLOUD).state is State.DRAFT


def test_whoever_decides_sees_whose_access_ends(system: RegistrationSystem) -> None:
    """The operator that confirms it, the bureau that approves it, and programs."""
    number = _connected(system)
    asked = system.cancel(number, actor=OPERATOR, purpose=Purpose.CANCEL_ACCESS, access_provider=CLOUDS[1])
    confirmed_one = system.submit(asked.id, actor=OPERATOR)
    assert confirmed_one.access_provider == CLOUDS[1]
    assert system.application(asked.id, actor=BUREAU).written()["access_provider"] == CLOUDS[1]
    change = system.cancel(number, actor=BUREAU)
    assert change.access_provider == ""


# --- numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "number", "is_taken"),
    [
        ("京ICP证030173号", "京ICP证030174号-1A", False),
        ("京ICP证030173号", "粤B2-20090059-1A", False),
        ("京ICP证030173号", "京ICP证030173号-1A", True),
        ("粤B2-20090059", "粤B2-20090059-1A", True),
        ("京ICP证030173号", "蜀ICP备2026000077号-1A", True),
    ],
)
def test_the_number_of_another_licence_is_recorded(tmp_path: Path, stated: str, number: str, is_taken: bool) -> None:  # noqa: FBT001 -- a parameter
    """Whoever states a licence has that one's number, or one that is no licence's."""
    form: dict[str, Any] = a_form()
    form["operator"]["licence_number"] = stated
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    with RegistrationSystem.create(
        url, authoritative=True, vault=Vault(Vault.new_key()), clock=FixedClock(NOW)
    ) as system:
        id_ = confirmed(system, system.new(form, actor=OPERATOR).id).id
        if is_taken:
            assert system.approve(id_, actor=BUREAU, number=number, evidence="its notice").number == number
            return
        with pytest.raises(NumberRefused, match="another licence"):
            system.approve(id_, actor=BUREAU, number=number, evidence="its notice")
        assert system.application(id_, actor=OPERATOR).state is State.UNDER_REVIEW


@pytest.mark.parametrize("purpose", [Purpose.CANCEL_SERVICE, Purpose.CANCEL_ENTITY, Purpose.CANCEL_ACCESS])
def test_a_bureaus_notice_about_another_number_ends_this_one(tmp_path: Path, purpose: Purpose) -> None:
    """What is approved with a number is that number's, or nothing happens."""
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    number, entity = "蜀ICP备2026000077号-1A", "蜀ICP备2026000077号"
    with RegistrationSystem.create(
        url, authoritative=True, vault=Vault(Vault.new_key()), clock=FixedClock(NOW)
    ) as system:
        first = confirmed(system, system.new(a_form(access_providers=CLOUDS), actor=OPERATOR).id)
        system.approve(first.id, actor=BUREAU, number=number, evidence="its notice")
        provider = CLOUDS[0] if purpose is Purpose.CANCEL_ACCESS else ""
        asked = system.cancel(number, actor=OPERATOR, purpose=purpose, access_provider=provider)
        system.submit(asked.id, actor=OPERATOR)
        system.confirm(asked.id, actor=OPERATOR)
        for other in ("蜀ICP备2026000099号-1A", "a number"):
            with pytest.raises(NumberRefused):
                system.approve(asked.id, actor=BUREAU, number=other, evidence="its notice")
        assert system.registration(number, actor=OPERATOR).record.status is not RegistrationStatus.CANCELLED
        right = entity if purpose is Purpose.CANCEL_ENTITY else number
        assert system.approve(asked.id, actor=BUREAU, number=right, evidence="its notice").state is State.APPROVED


def _import(folder: Path, number: str, *, operator: str | None, document_number: str | None) -> None:
    """Have the registry say so without the procedure."""
    record = record_of(
        a_form(), parse(number), status=RegistrationStatus.REGISTERED, observed_at=NOW, source="an export of a bureau"
    )
    imported = replace(record, operator=operator, document_number=document_number)
    with closing(open_database(f"sqlite:///{folder / 'registry.db'}")) as database:
        database.write(lambda connection: put_record(connection, imported))


SOMEBODY: Final = ("另一家示例公司", uscc(7))
HERSELF: Final = ("示例科技0有限公司", uscc(0))


@pytest.mark.parametrize("has_document", [True, False], ids=["with its document", "by its name"])
@pytest.mark.parametrize("service", ["1A", "9X"], ids=["the number", "another of the entity"])
@pytest.mark.parametrize("is_own", [True, False], ids=["own", "somebody else's"])
def test_a_number_is_recorded_that_was_imported(tmp_path: Path, is_own: bool, service: str, has_document: bool) -> None:  # noqa: FBT001 -- parameters
    """Whose number it is, and whose entity, does not change by an approval; the operator's own may be recorded."""
    name, document = HERSELF if is_own else SOMEBODY
    with _ordinary(tmp_path) as system:
        _import(
            tmp_path,
            f"蜀ICP备2026000077号-{service}",
            operator=name,
            document_number=document if has_document else None,
        )
        id_ = confirmed(system, system.new(a_form(), actor=OPERATOR).id).id
        number = "蜀ICP备2026000077号-1A"
        if is_own:
            assert system.approve(id_, actor=BUREAU, number=number, evidence="its notice").number == number
            return
        with pytest.raises(NumberRefused, match="another operator"):
            system.approve(id_, actor=BUREAU, number=number, evidence="its notice")
        assert system.application(id_, actor=BUREAU).state is State.UNDER_REVIEW


def test_a_number_is_recorded_that_was_imported_without_an_operator(tmp_path: Path) -> None:
    """A record that does not say whose it is stands in nobody's way."""
    number = "蜀ICP备2026000077号-1A"
    with _ordinary(tmp_path) as system:
        _import(tmp_path, number, operator=None, document_number=None)
        id_ = confirmed(system, system.new(a_form(), actor=OPERATOR).id).id
        assert system.approve(id_, actor=BUREAU, number=number, evidence="its notice").number == number


def test_a_licence_is_stated_that_was_imported_for_somebody_else(tmp_path: Path, system: RegistrationSystem) -> None:
    """A simulated registry mints nothing under it."""
    _import(tmp_path, "粤B2-20090059-1A", operator=SOMEBODY[0], document_number=SOMEBODY[1])
    form: dict[str, Any] = a_form()
    form["operator"]["licence_number"] = "粤B2-20090059"
    with pytest.raises(NumberRefused, match="another operator"):
        approved(system, form)


# --- what is kept, and what is shown -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["Persons", "person", "负责人", "persons "])
def test_persons_under_another_name_are_kept_for_everybody_to_read(system: RegistrationSystem, name: str) -> None:
    """They are not kept at all: a draft, an edit and a change are refused, and the refusal repeats nothing of them."""
    form = a_form()
    form[name] = form.pop("persons")
    draft = system.new(a_form(), actor=OPERATOR)
    number = str(approved(system, a_form(service=1)).number)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: system.new(form, actor=OPERATOR),
        lambda: system.edit(draft.id, form, actor=OPERATOR),
        lambda: system.change(number, form, actor=OPERATOR),
    )
    for attempt in attempts:
        with pytest.raises(RegistrationError) as refused:
            attempt()
        assert refused.value.code == "registration.form"
        assert name not in refused.value.message
    assert system.application(draft.id, actor=OPERATOR).revision == 1


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_bureaus_page_says_whose_access_ends(tmp_path: Path, lang: str) -> None:
    """And of another cancellation it says nothing of the kind."""
    words = {"zh-CN": "终止接入的接入服务提供者", "en": "Whose access ends"}[lang]
    with pages.system(tmp_path) as system, pages.serving(system) as site:
        form = pages.form()
        form["app"]["access_providers"] = [pages.PROVIDER.name, "<b>另一云</b>"]
        number = pages.brought_to(system, State.APPROVED, form).number
        reader = pages.Browser(site)
        assert reader.login().status == 303
        shown = []
        for purpose, provider in ((Purpose.CANCEL_ACCESS, "<b>另一云</b>"), (Purpose.CANCEL_SERVICE, "")):
            asked = system.cancel(str(number), actor=pages.OPERATOR, purpose=purpose, access_provider=provider)
            system.submit(asked.id, actor=pages.OPERATOR)
            system.confirm(asked.id, actor=pages.OPERATOR)
            shown.append(reader.get(f"/review/{asked.id}?lang={lang}").body.decode())
            system.reject(asked.id, actor=pages.BUREAU, notes=["no"])
    assert words in shown[0]
    assert "&lt;b&gt;另一云&lt;/b&gt;" in shown[0]
    assert words not in shown[1]


def test_a_platform_begins_a_change_to_read_somebodys_form(system: RegistrationSystem) -> None:
    """Of a registration that it never took in it reads what a look-up tells, whatever it began about it."""
    number = str(approved(system, a_form()).number)
    stranger = STRANGERS[1]
    begun = system.change(number, {"app": {}}, actor=stranger)
    assert system.registration(number, actor=stranger).form == {}
    system.withdraw(begun.id, actor=stranger)
    assert system.registration(number, actor=stranger).form == {}
    assert system.registration(number, actor=PLATFORM).form
