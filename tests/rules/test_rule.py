"""What a rule gets and gives: cases, findings, and texts as people may see them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from typing import ClassVar

import pytest

from icpgate.rules import Case, Demand, Finding, Outcome, Rule
from icpgate.rules.rule import legible, listed
from tests.cases import NUMBER, case_of, described, found, registered


@dataclass(frozen=True, slots=True)
class Named(Demand):
    """A demand of somebody's own."""

    code: ClassVar[str] = "x_named"

    letter: str = "挖"

    def check(self, case: Case) -> Finding:
        """Whether the name begins with the letter."""
        if case.app.name.startswith(self.letter):
            return self.passed
        return self.failed("x.letter", found=case.app.name, expected=self.letter)


def test_a_demand_has_its_findings_ready() -> None:
    """Passing costs no new finding."""
    assert Named().check(case_of()) is Named.passed
    assert Named.passed == Finding("x_named", Outcome.PASS, "", "", "")
    assert Named.not_applicable == Finding("x_named", Outcome.NOT_APPLICABLE)


def test_the_findings_of_a_demand() -> None:
    """Each kind of finding carries the code and its parts."""
    rule = Named(letter="x")
    assert rule.check(case_of()) == Finding("x_named", Outcome.FAIL, "x.letter", "挖煤姬", "x")
    assert rule.warned("d", found="f", expected="e") == Finding("x_named", Outcome.WARN, "d", "f", "e")
    assert rule.not_checkable("d", expected="e") == Finding("x_named", Outcome.NOT_CHECKABLE, "d", "", "e")


def test_demands_do_not_share_findings() -> None:
    """The same words of two demands are two findings."""

    class Other(Named):
        __slots__ = ()
        code: ClassVar[str] = "x_other"

    assert Other.passed == Finding("x_other", Outcome.PASS)
    assert Other.not_applicable == Finding("x_other", Outcome.NOT_APPLICABLE)
    assert Other().not_checkable("d", expected="e").code == "x_other"
    assert Named().not_checkable("d", expected="e").code == "x_named"


def test_a_class_without_a_code_is_a_base() -> None:
    """Bases of several rules need no code of their own."""

    class Base(Demand):
        __slots__ = ()

    assert not hasattr(Base, "passed")
    assert not hasattr(Base, "not_applicable")


def test_a_demand_is_a_rule() -> None:
    """The protocol asks for a code and a check only."""
    assert isinstance(Named(), Rule)
    assert not isinstance(object(), Rule)


def test_a_rule_is_frozen() -> None:
    """What the policy filled in stays as it is."""
    with pytest.raises(FrozenInstanceError):
        Named().letter = "x"  # type: ignore[misc]  # the mistake in question


def test_the_record_of_a_case() -> None:
    """The one record of the stated number is the case's record."""
    case = case_of()
    assert case.record is not None
    assert case.record.registration_number.canonical == NUMBER
    assert (case.bound, case.entries, case.by_document, case.allow_simulated) == (None, None, None, False)


@pytest.mark.parametrize(
    "case",
    [
        case_of(asked=False),
        case_of(described(registration_number=None)),
        case_of(described(registration_number="x")),
        case_of(observation=found(registered(registration_number="京ICP备2024000001号-1A"))),
        case_of(observation=found(registered(), registered(status="cancelled"))),
    ],
)
def test_no_record_of_a_case(case: Case) -> None:
    """Nothing asked, no number, another number and more than one record are no record."""
    assert case.record is None


def test_a_case_has_what_it_was_given() -> None:
    """Nothing is looked up or made up."""
    observation = found(registered())
    by_document = found(registered(status="cancelled"))
    case = case_of(observation=observation, by_document=by_document, allow_simulated=True)
    assert case.observation is observation
    assert case.by_document is by_document
    assert case.allow_simulated
    assert case.number_problem is None
    assert case_of(described(registration_number="x")).number_problem is not None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("挖煤姬 1", "挖煤姬 1"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 100 + "…"),
        ("a\u202eb\n", "a\\u202eb\\n"),
        ("", ""),
    ],
)
def test_legible(text: str, shown: str) -> None:
    """A registry's text is bounded, and nothing in it is invisible."""
    assert legible(text) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, ""),
        (1, "0"),
        (2, "0, 1"),
        (10, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (11, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1 more"),
    ],
)
def test_listed(count: int, shown: str) -> None:
    """Ten are shown, the rest are counted."""
    assert listed([str(n) for n in range(count)]) == shown


def test_listed_with_another_word_between() -> None:
    """Every one of them is made legible."""
    assert listed(("a\n", "b"), " or ") == "a\\n or b"
    assert listed([str(n) for n in range(1_500)], "/").endswith("/9/1,490 more")
