"""What it means that a number is missing."""

from __future__ import annotations

import pytest

from icpgate.answer import NotRegistered, Unavailable, Why
from icpgate.lookup import Scope
from icpgate.lookup.statement import Statement, absence, newest_no
from icpgate.number import parse
from tests.lookup.files import day

NUMBER = parse("蜀ICP备2021014694号-10A")


def stated(scope: str, on: int, *, authoritative: bool = True) -> Statement:
    """A statement of a day of November."""
    return Statement(Scope.parse(scope), authoritative, day(on), f"export {on}")


def test_the_newest_covering_no_counts() -> None:
    """Neither an older one, nor a newer one about other numbers."""
    statements = [stated("all", 3), stated("provinces:蜀", 5), stated("provinces:京", 9)]
    assert newest_no(NUMBER, statements) == statements[1]
    answer, no = absence(NUMBER, statements, has_services=False)
    assert answer == NotRegistered("provinces:蜀")
    assert no == statements[1]


@pytest.mark.parametrize(
    ("statements", "why", "said"),
    [
        ([], Why.NOT_COVERED, "empty"),
        ([stated("provinces:京", 1), stated("kinds:website", 1)], Why.NOT_COVERED, "provinces:京 or kinds:website"),
        ([stated("all", 1, authoritative=False)], Why.NOT_LISTED, "complete"),
        ([stated("provinces:京", 1), stated("all", 1, authoritative=False)], Why.NOT_LISTED, "complete"),
    ],
)
def test_silence_that_is_no_no(statements: list[Statement], why: Why, said: str) -> None:
    """Outside every scope nobody looked; an incomplete list that looked found nothing."""
    answer, no = absence(NUMBER, statements, has_services=False)
    assert isinstance(answer, Unavailable)
    assert answer.why is why
    assert said in answer.detail
    assert no is None


def test_an_entity_with_services_is_never_a_no() -> None:
    """A list of services proves that their entity is registered, though it has no record of it."""
    answer, no = absence(parse("蜀ICP备2021014694号"), [stated("all", 1)], has_services=True)
    assert isinstance(answer, Unavailable)
    assert answer.why is Why.NOT_LISTED
    assert no is None


def test_an_authoritative_statement_without_a_moment_says_no_no() -> None:
    """A no must say as of when."""
    assert newest_no(NUMBER, [Statement(Scope.parse("all"), authoritative=True)]) is None
