"""Who the operator is: never proved by the form itself, and never by a register that did not answer."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest

from icpgate.errors import ConfigurationError
from icpgate.registration.verification import (
    BusinessRegisterCheck,
    DocumentCheck,
    PersonsCheck,
    RegisterEntry,
    is_undecided,
)
from tests.registration.forms import TODAY, good_form, id_card, spoilt, uscc, without
from tests.registration.verification.checks import Register, checked, kept, private_of

NAME = "成都示例科技有限公司"


def _register(**changes: object) -> BusinessRegisterCheck:
    return BusinessRegisterCheck(Register.of(good_form(), **changes))


# --- the document -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("nature", ["enterprise", "institution", "natural_person"])
def test_a_number_whose_check_character_fits(nature: str) -> None:
    """Passes the check of the document, and says of which type it is."""
    form = good_form(nature=nature)
    result = checked(DocumentCheck(), form)
    assert result.passed
    assert form["operator"]["document_type"] in result.evidence


def test_a_document_without_a_check_character_is_said_to_have_none() -> None:
    """Such as an institution's certificate of the old kind, or a passport."""
    form = good_form(nature="natural_person")
    form["operator"] |= {"document_type": "passport", "document_number": "E12345678"}
    result = checked(DocumentCheck(), form)
    assert result.passed
    assert "no check character" in result.evidence


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/operator/document_number", uscc("91510107MA6EXAM9C")[:-1] + "0"),
        ("/operator/document_type", "id_card"),
        ("/operator/document_type", "no such type"),
        ("/operator/document_number", 7),
        ("/operator/name", "\u3164\u3164"),
        ("/operator", None),
    ],
)
def test_an_operator_with_a_defect_passes_nothing(pointer: str, value: object) -> None:
    """Neither the check of the document nor the register, which is not asked."""
    form = spoilt(good_form(), pointer, value)
    register = Register.of(good_form())
    for check in (DocumentCheck(), BusinessRegisterCheck(register)):
        result = check.check(kept(form))
        assert result is not None
        assert not result.passed
        assert not is_undecided(result)
        assert "/operator" in result.note
    assert register.asked == []


def test_a_form_without_an_operator_passes_nothing() -> None:
    """As if it were wrong."""
    form = without(kept(), "/operator")
    for check in (DocumentCheck(), BusinessRegisterCheck(Register())):
        result = check.check(form)
        assert result is not None
        assert not result.passed


# --- the business register --------------------------------------------------------------------------------


def test_an_operator_who_is_in_the_register() -> None:
    """Under its number, by its name, and in business."""
    result = checked(_register())
    assert result.passed
    assert result.note == ""
    assert "存续" in result.evidence


@pytest.mark.parametrize(
    "status", ["在业", "开业", "active", "Active", "存续（在营、开业、在册）", "在营（开业）企业", " 正常 "]
)
def test_in_business(status: str) -> None:
    """Whatever the register calls it."""
    assert checked(_register(status=status)).passed


@pytest.mark.parametrize(
    "status",
    [
        "注销",
        "吊销",
        "吊销，未注销",
        "经营异常",
        "迁出",
        "撤销",
        "停业",
        "清算",
        "cancelled",
        "Revoked",
        "inactive",
        "存续，经营异常",
    ],
)
def test_out_of_business(status: str) -> None:
    """An objection, with the register's word."""
    result = checked(_register(status=status))
    assert not result.passed
    assert not is_undecided(result)
    assert status in result.note


@pytest.mark.parametrize("status", ["", "拟存续", "activ", "неактивен", None, 7, "存续\u202e"])
def test_a_status_that_nobody_knows(status: object) -> None:
    """Is undecided: it is not taken for the nearest."""
    result = checked(_register(status=status))
    assert not result.passed
    assert is_undecided(result)


@pytest.mark.parametrize("abnormal", [True, None, "no", 0])
def test_an_abnormal_operator_does_not_pass(abnormal: object) -> None:
    """Nor one of whom the register says anything but that it is not."""
    result = checked(_register(abnormal=abnormal))
    assert not result.passed
    assert "abnormal" in result.note


@pytest.mark.parametrize(
    "name",
    [
        "成都示例科技有限责任公司",
        "成都示例科技有限公司武侯分公司",
        "成都示例科技",
        "成都示例科技有眼公司",
        "成都示例科技有限公司\u200b",
        "成都示例科抜有限公司",
        "",
        "　",
        None,
        b"name",
    ],
)
def test_another_name_is_an_objection(name: object) -> None:
    """Also one that is near, contained, or looks alike."""
    result = checked(_register(name=name))
    assert not result.passed
    assert not is_undecided(result)
    assert "another name" in result.note


def test_a_look_alike_letter_makes_another_name() -> None:
    """A Cyrillic А is no A, in the form or in the register."""
    form = spoilt(good_form(), "/operator/name", "ABC示例有限公司")
    latin, cyrillic = "ABC示例有限公司", "АВС示例有限公司"
    assert checked(BusinessRegisterCheck(Register.of(form, name=latin)), form).passed
    assert not checked(BusinessRegisterCheck(Register.of(form, name=cyrillic)), form).passed


def test_one_name_in_two_ways_of_writing_is_one_name() -> None:
    """Brackets of another width, traditional characters."""
    form = spoilt(good_form(), "/operator/name", "示例软件（成都）有限公司")
    for name in ("示例软件(成都)有限公司", "示例軟件（成都）有限公司", "示例软件 （成都） 有限公司"):
        assert checked(BusinessRegisterCheck(Register.of(form, name=name)), form).passed


def test_nothing_found_is_not_passed() -> None:
    """A register that looked and has no such entry objects."""
    result = checked(BusinessRegisterCheck(Register()))
    assert not result.passed
    assert not is_undecided(result)
    assert "no entry" in result.note


@pytest.mark.parametrize("error", [ConnectionError(NAME), TimeoutError(), ValueError(NAME), SystemExit(NAME)])
def test_a_register_that_fails_is_undecided(error: BaseException) -> None:
    """Its error is named by its type alone, because its words may name somebody."""
    result = checked(BusinessRegisterCheck(Register(fails=error)))
    assert not result.passed
    assert is_undecided(result)


def test_a_register_that_hangs_is_undecided() -> None:
    """Once the time is over, whatever the register does afterwards."""
    over = threading.Event()

    class Hanging:
        def entry(self, document_number: str) -> RegisterEntry:
            over.wait(10)
            return RegisterEntry(NAME, document_number, "存续")

    result = checked(BusinessRegisterCheck(Hanging(), seconds=0.05))
    over.set()
    assert is_undecided(result)
    assert "TimeoutError" in result.note


@pytest.mark.parametrize("answer", ["yes", True, {"name": NAME}, RegisterEntry(NAME, None, "存续")])  # type: ignore[arg-type]  # what a plug-in may give
def test_an_answer_of_another_shape_is_undecided(answer: Any) -> None:
    """It is not read as if it said yes."""
    number = good_form()["operator"]["document_number"]
    assert is_undecided(checked(BusinessRegisterCheck(Register({number: answer}))))


def test_an_entry_about_another_number_is_undecided() -> None:
    """A register that found something else than was asked has not answered."""
    result = checked(_register(document_number=uscc("91510107MA6EXAM9D")))
    assert is_undecided(result)
    assert "another number" in result.note


def test_the_register_is_asked_with_the_number_s_normal_form() -> None:
    """Whatever blanks and small letters the form has; and it may answer so itself."""
    form = good_form()
    number = form["operator"]["document_number"]
    form["operator"]["document_number"] = f"{number[:8].lower()} {number[8:]}"
    register = Register({number: RegisterEntry(NAME, f" {number.lower()}", "存续")})
    assert checked(BusinessRegisterCheck(register), form).passed
    assert register.asked == [number]


def test_a_natural_person_is_in_no_register_of_businesses() -> None:
    """There is nothing to look at, and nobody is asked for it."""
    register = Register()
    assert BusinessRegisterCheck(register).check(kept(good_form(nature="natural_person"))) is None
    assert register.asked == []


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "5", None, True])
def test_a_time_without_an_end_is_no_time(seconds: Any) -> None:
    """Refused when the check is made."""
    with pytest.raises(ConfigurationError):
        BusinessRegisterCheck(Register(), seconds=seconds)


def test_an_entry_hides_whom_it_names() -> None:
    """A natural person's business bears its own name."""
    assert repr(RegisterEntry("张示例", "92510107MA6EXAM9C", "存续")) == "RegisterEntry(status='存续', abnormal=False)"


# --- the persons ------------------------------------------------------------------------------------------


def _persons(form: dict[str, Any]) -> Any:
    result = PersonsCheck(TODAY).check(form)
    if result is not None:
        assert [word for word in private_of(form) if word in f"{result.evidence} {result.note}"] == []
    return result


def test_persons_who_go_together() -> None:
    """Pass, and are counted, not named."""
    for nature in ("enterprise", "natural_person"):
        result = _persons(good_form(nature=nature))
        assert result.passed, result.note
        assert "2 persons" in result.evidence


def test_what_is_wrong_elsewhere_is_for_other_checks() -> None:
    """A missing name of the app says nothing about the persons."""
    assert _persons(without(good_form(), "/app/name")).passed


def test_without_persons_there_is_nothing_to_look_at() -> None:
    """The registration system keeps them apart."""
    assert PersonsCheck(TODAY).check(kept()) is None


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/persons/entity/document_number", id_card("51010719900101003")[:-1] + "a"),
        ("/persons/entity/valid_until", "2026-11-23"),
        ("/persons/app/mobile", "110"),
        ("/persons/app", None),
        ("/persons", "张示例"),
        ("/persons", {}),
    ],
)
def test_persons_with_a_defect_do_not_pass(pointer: str, value: object) -> None:
    """Whatever it is; the place and the code say which."""
    result = _persons_note(spoilt(good_form(), pointer, value))
    assert "form." in result


def _persons_note(form: dict[str, Any]) -> str:
    result = PersonsCheck(TODAY).check(form)
    assert result is not None
    assert not result.passed
    assert "张示例" not in result.note
    return result.note


def test_a_document_is_valid_on_the_day_of_the_check() -> None:
    """What was valid on one day is not on another."""
    form = spoilt(good_form(), "/persons/app/valid_until", "2026-12-31")
    assert PersonsCheck(date(2026, 12, 31)).check(form).passed  # type: ignore[union-attr]  # there are persons
    assert not PersonsCheck(date(2027, 1, 1)).check(form).passed  # type: ignore[union-attr]  # as above


def test_one_person_with_two_mobiles_does_not_pass() -> None:
    """The examination only warns of it; here it is an objection."""
    form = good_form()
    form["persons"]["app"] = form["persons"]["entity"] | {"mobile": "13800000009"}
    assert "form.persons_contradict" in _persons_note(form)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "李示例"), ("document_number", id_card("51010719900101003")), ("document_type", "passport")],
)
def test_a_natural_person_answers_for_itself(field: str, value: str) -> None:
    """The person responsible for the entity is the operator, in every part."""
    form = good_form(nature="natural_person")
    form["persons"]["entity"][field] = value
    if field == "document_type":
        form["persons"]["entity"]["document_number"] = "E12345678"
    assert "is not the operator" in _persons_note(form)
