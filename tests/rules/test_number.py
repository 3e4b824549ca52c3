"""What the stated number must be."""

from __future__ import annotations

import pytest

from icpgate.answer import Unavailable, Why
from icpgate.rules import Finding, Outcome, Rule
from icpgate.rules.number import (
    KindAgrees,
    NumberIsNoPlaceholder,
    NumberNamesService,
    NumberOfThisRegister,
    NumberPresent,
    NumberWellFormed,
)
from tests.cases import NUMBER, case_of, described, failed, found, not_applicable, passed, registered, said

ENTITY = "蜀ICP备2021014694号"
SPELLINGS = (NumberWellFormed, NumberOfThisRegister, NumberIsNoPlaceholder)


@pytest.mark.parametrize("rule", [NumberPresent, *SPELLINGS, KindAgrees, NumberNamesService])
def test_a_right_number_meets_every_demand(rule: type[Rule]) -> None:
    """Nothing is said about a number that is right."""
    assert rule().check(case_of()) == Finding(rule.code, Outcome.PASS)


@pytest.mark.parametrize("text", [None, "", "   ", "\u3000\n"])
def test_no_number(text: str | None) -> None:
    """No text and a blank one are no number; only one demand objects to that."""
    case = case_of(described(registration_number=text) | {"registration_number": text}, asked=False)
    assert NumberPresent().check(case) == failed(NumberPresent, "number.empty", "no number", "a registration number")
    for rule in (*SPELLINGS, KindAgrees, NumberNamesService):
        assert rule().check(case) == not_applicable(rule)


def test_a_known_number_is_named() -> None:
    """Whoever knows the operator's document and package knows the number that was left out."""
    other = registered(registration_number="蜀ICP备2021014694号-11A")
    case = case_of(described(registration_number=None), asked=False, by_document=found(registered(), other))
    assert NumberPresent().check(case).expected == f"{NUMBER} or 蜀ICP备2021014694号-11A"


def test_nothing_known_of_the_document() -> None:
    """An answer that is no record names no number."""
    case = case_of(described(registration_number=None), asked=False, by_document=said(Unavailable(Why.TIMEOUT)))
    assert NumberPresent().check(case).expected == "a registration number"


@pytest.mark.parametrize(
    ("text", "rule", "detail", "expected"),
    [
        ("青ICP备案026000119号-2A", NumberWellFormed, "number.digits", None),
        ("京公网安备11010802022657号", NumberOfThisRegister, "number.police",
         "give the ministry's number, such as 蜀ICP备2021014694号-10A"),
        ("京ICP备12345678号-1A", NumberIsNoPlaceholder, "number.placeholder", None),
    ],
)  # fmt: skip
def test_a_text_that_is_no_number(text: str, rule: type[Rule], detail: str, expected: str | None) -> None:
    """Each way of being none is one demand's; the others say nothing, and the text is shown with the hint."""
    case = case_of(described(registration_number=text), asked=False)
    problem = case.number_problem
    assert problem is not None
    finding = rule().check(case)
    assert (finding.outcome, finding.code, finding.found) == (Outcome.FAIL, rule.code, f"'{text}'")
    assert finding.detail == problem.code
    assert finding.expected == (expected or problem.hint)
    assert NumberPresent().check(case) == passed(NumberPresent)
    for other in SPELLINGS:
        assert other is rule or other().check(case) == not_applicable(other)
    assert detail.startswith("number.")


def test_a_problem_without_a_hint_gets_a_model() -> None:
    """Where nothing better is known, the form of a number is shown."""
    case = case_of(described(registration_number="x"), asked=False)
    assert case.number_problem is not None
    case.number_problem.hint = ""
    assert NumberWellFormed().check(case).expected == "a number such as 蜀ICP备2021014694号-10A"


MINI = {"kind": "mini_program", "platform": "wechat", "package": "wx0123456789abcdef"}
QUICK = {"kind": "quick_app", "platform": "quick_app"}


@pytest.mark.parametrize(
    ("changes", "number", "kind", "expected"),
    [
        (MINI, NUMBER, "app", "a mini program's number, ending in X"),
        (QUICK, NUMBER, "app", "a quick app's number, ending in K"),
        ({}, f"{ENTITY}-10", "website", "an app's number, ending in A"),
        ({}, f"{ENTITY}-10X", "mini_program", "an app's number, ending in A"),
    ],
)
def test_a_number_of_another_kind(changes: dict[str, object], number: str, kind: str, expected: str) -> None:
    """The letter of the number says for what it was issued."""
    case = case_of(described(**changes, registration_number=number), asked=False)
    assert KindAgrees().check(case) == failed(KindAgrees, f"number.kind.{kind}", f"{number} ({kind})", expected)


def test_a_record_of_another_kind() -> None:
    """A record whose kind is not the app's contradicts it, also where the number says nothing."""
    app = described(registration_number=ENTITY)
    record = registered(registration_number=ENTITY, kind="website")
    assert KindAgrees().check(case_of(app, record)) == failed(KindAgrees, "record.kind", "website", "app")


@pytest.mark.parametrize(("kind", "outcome"), [(None, Outcome.NOT_APPLICABLE), ("app", Outcome.PASS)])
def test_a_number_without_a_kind_is_judged_by_its_record(kind: str | None, outcome: Outcome) -> None:
    """An entity's number has no kind of its own."""
    case = case_of(described(registration_number=ENTITY), registered(registration_number=ENTITY, kind=kind))
    assert KindAgrees().check(case).outcome is outcome


def test_a_record_without_a_kind_says_nothing_against_its_number() -> None:
    """Many sources leave the kind to the number."""
    assert KindAgrees().check(case_of(record=registered(kind=None))) == passed(KindAgrees)


@pytest.mark.parametrize("number", [ENTITY, "粤B2-20090059"])
def test_an_entity_number_alone(number: str) -> None:
    """A number that names only the operator's entity names no app."""
    case = case_of(described(registration_number=number), asked=False)
    expected = failed(NumberNamesService, "number.entity", number, "an app's number, ending in A")
    assert NumberNamesService().check(case) == expected
