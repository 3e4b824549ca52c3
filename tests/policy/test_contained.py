"""A rule that is not icpgate's own: it cannot harm the check it takes part in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from icpgate.app import App
from icpgate.policy.contained import ContainedRule, broken
from icpgate.rules import Action, Case, Finding, Occasion, Outcome
from tests.cases import NOW, described

if TYPE_CHECKING:
    from collections.abc import Callable


class _Rule:
    """A rule that does what it is told."""

    code: ClassVar[str] = "x_rule"

    def __init__(self, does: Callable[[Case], object]) -> None:
        self.does = does

    def check(self, case: Case) -> Finding:
        return self.does(case)  # type: ignore[return-value]  # the mistake in question


def _case() -> Case:
    return Case(
        app=App.parse(described()),
        number=None,
        number_problem=None,
        observation=None,
        action=Action.LIST,
        occasion=Occasion.FIRST,
        as_of=NOW,
        now=NOW,
    )


def _check(does: Callable[[Case], object], case: Case | None = None) -> Finding:
    return ContainedRule(_Rule(does), "x_rule").check(case if case is not None else _case())


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_finding_passes_through(outcome: Outcome) -> None:
    """What is a finding comes back as it is."""
    finding = Finding("x_rule", outcome, "a", "b", "c")
    assert _check(lambda _: finding) is finding


def test_a_rule_that_raises() -> None:
    """The name of what it raised is the detail; nothing of its message is repeated."""

    def fails(_: Case) -> Finding:
        message = "a secret"
        raise ZeroDivisionError(message)

    assert _check(fails) == Finding(
        "x_rule", Outcome.NOT_CHECKABLE, "rule.failed.ZeroDivisionError", "", "a finding of the rule"
    )


class _Duck:
    """Looks like a finding that passes."""

    code = "x_rule"
    outcome = Outcome.PASS
    detail = found = expected = ""


class _SubFinding(Finding):
    """A finding that could behave in its own way."""


@pytest.mark.parametrize(
    ("returned", "why"),
    [
        (None, "NoneType"),
        (1, "int"),
        ("allow", "str"),
        (Outcome.PASS, "Outcome"),
        ({"outcome": "pass"}, "dict"),
        (_Duck(), "_Duck"),
        (_SubFinding("x_rule", Outcome.PASS), "_SubFinding"),
        (Finding("x_rule", "pass"), "outcome"),  # type: ignore[arg-type]  # the mistake in question
        (Finding("x_rule", "fail"), "outcome"),  # type: ignore[arg-type]  # as above
        (Finding("x_rule", 0), "outcome"),  # type: ignore[arg-type]  # as above
        (Finding("number_missing", Outcome.PASS), "finding"),
        (Finding("x_rule", Outcome.FAIL, None), "finding"),  # type: ignore[arg-type]  # as above
        (Finding("x_rule", Outcome.FAIL, "", 5), "finding"),  # type: ignore[arg-type]  # as above
        (Finding("x_rule", Outcome.FAIL, "", "", b""), "finding"),  # type: ignore[arg-type]  # as above
    ],
)
def test_what_is_no_finding(returned: object, why: str) -> None:
    """Not even what looks like one: the detail says what came."""
    assert _check(lambda _: returned) == broken("x_rule", why)


def test_a_rule_sees_a_copy() -> None:
    """What it changes there changes nothing."""

    def meddles(case: Case) -> Finding:
        case.allow_simulated = True
        case.bound = ()
        return Finding(case.__class__.__name__ and "x_rule", Outcome.PASS)

    case = _case()
    assert _check(meddles, case).outcome is Outcome.PASS
    assert case.allow_simulated is False
    assert case.bound is None


def test_a_rule_sees_the_case() -> None:
    """The copy has everything the case has."""
    case = _case()
    seen: list[Case] = []
    _check(seen.append, case)
    assert all(getattr(seen[0], name) is getattr(case, name) for name in Case.__slots__)


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_a_process_is_let_through(end: type[BaseException]) -> None:
    """There is no decision then, and so no allow."""

    def ends(_: Case) -> Finding:
        raise end

    with pytest.raises(end):
        _check(ends)
