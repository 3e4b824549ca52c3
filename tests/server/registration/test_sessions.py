"""Sessions begin, go on, and end; a form is proved to come from a page of ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from icpgate.registration.application import Actor
from icpgate.registration.states import Role
from icpgate.server.registration import sessions as module
from icpgate.server.registration.sessions import IDLE_SECONDS, WHOLE_SECONDS, Sessions
from icpgate.testing import FixedClock

BUREAU = Actor(Role.BUREAU, "张示例", "蜀")


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands still."""
    return FixedClock(datetime(2026, 11, 25, tzinfo=UTC))


def test_a_session_is_its_account_s(clock: FixedClock) -> None:
    """As long as somebody comes by; its id is another every time."""
    sessions = Sessions(clock.monotonic)
    first, second = sessions.begin(BUREAU), sessions.begin(BUREAU)
    assert first != second
    for _ in range(10):
        clock.advance(IDLE_SECONDS - 1)
        assert sessions.actor(first) == BUREAU
    assert sessions.actor(second) is None
    assert sessions.actor("") is None


def test_it_ends_with_the_working_day(clock: FixedClock) -> None:
    """However busy it was."""
    sessions = Sessions(clock.monotonic)
    session_id = sessions.begin(BUREAU)
    for _ in range(int(WHOLE_SECONDS // 600) - 1):
        clock.advance(600)
        assert sessions.actor(session_id) == BUREAU
    clock.advance(600)
    assert sessions.actor(session_id) is None


def test_it_ends_when_it_is_ended(clock: FixedClock) -> None:
    """And once more does no harm."""
    sessions = Sessions(clock.monotonic)
    session_id = sessions.begin(BUREAU)
    sessions.end(session_id)
    sessions.end(session_id)
    assert sessions.actor(session_id) is None


def test_there_is_an_end_to_their_number(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes."""
    monkeypatch.setattr(module, "MOST", 3)
    sessions = Sessions(clock.monotonic)
    ids = [sessions.begin(BUREAU) for _ in range(4)]
    assert [sessions.actor(session_id) is not None for session_id in ids] == [False, True, True, True]


def test_a_proof_is_of_its_cookie_and_process(clock: FixedClock) -> None:
    """Another cookie's, another process's and none are no proof."""
    sessions, other = Sessions(clock.monotonic), Sessions(clock.monotonic)
    assert sessions.is_proof("key", sessions.proof("key"))
    for key, given in [
        ("key", sessions.proof("other")),
        ("key", other.proof("key")),
        ("key", ""),
        ("key", "ü\ud800"),
        ("", sessions.proof("")),
    ]:
        assert not sessions.is_proof(key, given)
