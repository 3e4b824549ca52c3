"""The stages of the notice, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from icpgate.app import App
from icpgate.policy import Policy
from icpgate.record import BEIJING
from icpgate.rules import Action
from icpgate.rules.transition import Phase, Transition
from tests.cases import Scene, described

SECOND = timedelta(seconds=1)
OPENED = datetime(2023, 9, 1, tzinfo=BEIJING)
EXISTING_END = datetime(2024, 4, 1, tzinfo=BEIJING)
INSPECTED = datetime(2024, 7, 1, tzinfo=BEIJING)
TRANSITION = Transition(OPENED, OPENED, EXISTING_END, INSPECTED, frozenset({"number_missing"}))


def app(first_listed_on: str | None = None) -> App:
    """An app that was first listed on that day, or is new."""
    return App.parse(described(first_listed_on=first_listed_on))


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        (datetime(2005, 1, 1, tzinfo=UTC), Phase.PREPARATION),
        (OPENED - SECOND, Phase.PREPARATION),
        (OPENED, Phase.EXISTING_APPS),
        (EXISTING_END - SECOND, Phase.EXISTING_APPS),
        (EXISTING_END, Phase.INSPECTION),
        (INSPECTED - SECOND, Phase.INSPECTION),
        (INSPECTED, Phase.PERMANENT),
        (datetime(2026, 11, 24, tzinfo=UTC), Phase.PERMANENT),
    ],
)
def test_a_boundary_belongs_to_the_later_stage(moment: datetime, phase: Phase) -> None:
    """Each stage begins with its first second, in Asia/Shanghai."""
    assert TRANSITION.phase(moment) is phase
    assert TRANSITION.phase(moment.astimezone(UTC)) is phase
    assert TRANSITION.phase(moment.astimezone(timezone(timedelta(hours=-11)))) is phase


@pytest.mark.parametrize(
    ("first", "moment", "covered"),
    [
        (None, OPENED - SECOND, True),
        (None, OPENED, False),
        ("2023-08-31", OPENED, True),
        ("2023-08-31", EXISTING_END - SECOND, True),
        ("2023-08-31", EXISTING_END, False),
        ("2023-09-01", OPENED - SECOND, True),
        ("2023-09-01", OPENED, False),
        ("2023-09-01", EXISTING_END - SECOND, False),
        ("2021-05-01", EXISTING_END - SECOND, True),
        ("2021-05-01", INSPECTED, False),
    ],
)
def test_whom_the_transition_covers(first: str | None, moment: datetime, covered: bool) -> None:  # noqa: FBT001 -- a column
    """New apps until registration opened, existing ones until their time was over."""
    assert TRANSITION.covers(app(first), moment) is covered


@pytest.mark.parametrize(
    ("first", "moment", "existing"),
    [
        (None, OPENED, False),
        ("2023-08-31", OPENED, True),
        ("2023-09-01", OPENED + timedelta(days=1), False),
        ("2023-08-31", datetime(2023, 8, 31, tzinfo=BEIJING), True),
        ("2023-08-31", datetime(2023, 8, 31, tzinfo=BEIJING) - SECOND, False),
        ("2023-08-31", datetime(2023, 8, 30, 15, 59, 59, tzinfo=UTC), False),
        ("2023-08-31", datetime(2023, 8, 30, 16, 0, 0, tzinfo=UTC), True),
    ],
)
def test_an_app_of_the_future_is_not_an_existing_one(
    first: str | None,
    moment: datetime,
    existing: bool,  # noqa: FBT001 -- a column of a table
) -> None:
    """A day begins at midnight in Asia/Shanghai; who is listed later was not in business before."""
    assert TRANSITION.is_existing(app(first), moment) is existing


def test_when_a_period_ends() -> None:
    """For existing apps when their time is over, for new ones when registration opens."""
    before = OPENED - SECOND
    assert TRANSITION.end(app("2021-05-01"), before) == EXISTING_END
    assert TRANSITION.end(app("2021-05-01"), OPENED) == EXISTING_END
    assert TRANSITION.end(app(), before) == OPENED
    assert TRANSITION.end(app("2023-09-05"), before) == OPENED


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(
    ("first", "moment", "allowed"),
    [
        ("2021-05-01", EXISTING_END - SECOND, True),
        ("2021-05-01", EXISTING_END, False),
        (None, OPENED - SECOND, True),
        (None, OPENED, False),
    ],
)
def test_the_shipped_policy_keeps_the_dates_for_every_action(
    action: Action,
    first: str | None,
    moment: datetime,
    allowed: bool,  # noqa: FBT001 -- a column of a table
) -> None:
    """An app without a number is let through to the last second of its period, for each gatekeeper."""
    unnumbered = described(registration_number=None, display=None, first_listed_on=first, domains=["api.example.cn"])
    decision = Scene(action=action).check(unnumbered, as_of=moment)
    assert decision.allowed is allowed
    assert ("transition_period" in {reason.code for reason in decision.reasons}) is allowed


def test_the_shipped_policy_has_the_notices_dates() -> None:
    """The dates are data; these are the notice's."""
    transition = Policy.default().transition
    moments = (
        transition.new_apps_from,
        transition.existing_before,
        transition.existing_apps_end,
        transition.inspection_end,
    )
    assert moments == (OPENED, OPENED, EXISTING_END, INSPECTED)
