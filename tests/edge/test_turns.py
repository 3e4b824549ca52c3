"""What differs from one request to the next: glued answers, dead connections, failures that pass, revocations."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from icpgate.answer import Found
from icpgate.lookup import Limits
from icpgate.testing import FixedClock
from tests.cases import NOW, NUMBER
from tests.edge.answers import number_like
from tests.edge.asking import APP, app_of, outcome
from tests.edge.catalogue import FAULTS

if TYPE_CHECKING:
    from tests.edge.asking import Way
    from tests.edge.fault import Fault
    from tests.edge.server import EdgeServer

NEXT = number_like(NUMBER, serial=7)
LAST = number_like(NUMBER, serial=8)
ONCE = Limits(attempts=1)
HOUR = 3_600.0


@pytest.mark.parametrize("pause", [0.0, 0.12])
@pytest.mark.parametrize("name", ["desync-glued", "desync-late"])
def test_no_answer_is_handed_to_the_next_question(name: str, pause: float, way: Way, edge: EdgeServer) -> None:
    """F19, F20: the answer that nobody asked for, though it is about what is asked next, is never read."""
    url = edge.url(name, next=quote(NEXT))
    with way.opened(url) as gate:
        assert outcome(gate.check(APP)) == "registration_cancelled"
        time.sleep(pause)
        assert outcome(gate.check(app_of(NEXT)), NEXT) == "registration_cancelled"
    assert [request.number for request in edge.asked(url)] == [NUMBER, NEXT]


@pytest.mark.usefixtures("used_again_at_once")
def test_what_comes_after_the_next_question_is_held_to_it(way: Way, edge: EdgeServer) -> None:
    """F20, under load: nobody can tell that such an answer was not asked for; about another number, it is not read."""
    with way.opened(edge.url("desync-late")) as gate:
        assert outcome(gate.check(APP)) == "registration_cancelled"
        assert outcome(gate.check(app_of(NEXT)), NEXT) in {"malformed", "registration_cancelled"}
        time.sleep(0.12)
        assert outcome(gate.check(app_of(LAST)), LAST) == "registration_cancelled"


@pytest.mark.usefixtures("used_again_at_once")
def test_what_an_answer_leaves_behind_late_is_not_the_next(way: Way, edge: EdgeServer) -> None:
    """F12: it comes when the next question is under way, which is asked again over a new connection."""
    with way.opened(edge.url("trailing-late"), limits=ONCE) as gate:
        for number in (NUMBER, NEXT, LAST):
            assert outcome(gate.check(app_of(number)), number) == "allow"


@pytest.mark.usefixtures("used_again_at_once")
def test_a_connection_that_has_died_is_replaced(way: Way, edge: EdgeServer) -> None:
    """F21: closed while it was idle, or reset under the second request: served, and not asked in vain."""
    for name in ("close-idle", "reset-second"):
        url = edge.url(name)
        with way.opened(url, limits=Limits(attempts=1)) as gate:
            for number in (NUMBER, NEXT):
                assert outcome(gate.check(app_of(number)), number) == "allow", name
        assert len(edge.asked(url)) == (2 if name == "close-idle" else 3)


# What comes before the right answer must not be in it. What hangs, and what differs by turns, is told elsewhere.
BEFORE = [fault for fault in FAULTS if fault.drawn and not fault.hangs and not fault.bounded]


@pytest.mark.parametrize("start", range(8))
def test_after_any_fault_the_next_answer_is_the_servers_own(start: int, way: Way, edge: EdgeServer) -> None:
    """One client for all: nothing of what came before is read as the answer, and no connection is left open."""
    http = way.shared()
    for fault in BEFORE[start::8]:
        _asked_after(fault, http, way, edge)
    http.end()
    assert edge.sink == []
    assert edge.waits_for(lambda: edge.open == 0)


def _asked_after(fault: Fault, http: object, way: Way, edge: EdgeServer) -> None:
    with way.opened(edge.url(fault.name), limits=Limits(attempts=1), http=lambda: http) as gate:
        gate.check(APP)
    with way.opened(edge.url("ok"), limits=Limits(attempts=1), http=lambda: http) as gate:
        assert outcome(gate.check(app_of(NEXT)), NEXT) == "allow", fault
    with way.opened(edge.url("revoked"), limits=Limits(attempts=1), http=lambda: http) as gate:
        assert outcome(gate.check(APP)) == "registration_cancelled", fault


def test_each_verdict_follows_its_observation(way: Way, edge: EdgeServer) -> None:
    """F43: active and revoked by turns, as often as the cache lets it be asked."""
    clock = FixedClock(NOW)
    with way.opened(edge.url("flip-flop"), clock=clock, limits=Limits(attempts=1)) as gate:
        verdicts = []
        for _ in range(6):
            verdicts.append(outcome(gate.check(APP)))
            clock.advance(48 * HOUR)
    assert verdicts == ["allow", "registration_cancelled"] * 3


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_failures_that_pass(failures: int, way: Way, edge: EdgeServer) -> None:
    """F50: served with one request more for each."""
    url = edge.url("fail-then-ok", n=failures)
    assert outcome(way.asked(url)) == "allow"
    assert len(edge.asked(url)) == failures + 1


def test_failures_that_do_not_pass(way: Way, edge: EdgeServer) -> None:
    """F50: three attempts, then nobody can say."""
    url = edge.url("fail-then-ok", n=9)
    assert outcome(way.asked(url)) == "upstream_error"
    assert len(edge.asked(url)) == 3


def test_right_once_and_then_failing_for_ever(way: Way, edge: EdgeServer) -> None:
    """F51: fresh; then stale, marked, inside the window; then nobody can say."""
    clock = FixedClock(NOW)
    with way.opened(edge.url("ok-then-fail"), clock=clock, limits=Limits(attempts=1)) as gate:
        fresh = gate.check(APP)
        seen = [fresh]
        for _ in range(60):
            clock.advance(4 * HOUR)
            seen.append(gate.check(APP))
    words = [outcome(decision) for decision in seen]
    marks = [decision.observations[0].stale for decision in seen]
    assert words[0] == "allow"
    assert not marks[0]
    used = [position for position, mark in enumerate(marks) if mark]
    assert used
    assert used == list(range(used[0], used[-1] + 1))
    assert set(words[used[-1] + 1 :]) == {"upstream_error"}
    assert all(isinstance(seen[position].observations[0].answer, Found) for position in used)


def test_a_revocation_is_seen(way: Way, edge: EdgeServer) -> None:
    """F52: as soon as the answer's life is over, and never undone."""
    clock = FixedClock(NOW)
    with way.opened(edge.url("active-then-revoked"), clock=clock, limits=Limits(attempts=1)) as gate:
        words = []
        for _ in range(30):
            words.append(outcome(gate.check(APP)))
            clock.advance(2 * HOUR)
        life = gate.policy.lives.registered
    first = words.index("registration_cancelled")
    assert set(words[:first]) == {"allow"}
    assert set(words[first:]) == {"registration_cancelled"}
    assert timedelta(hours=2 * (first - 1)) <= life


def test_a_wait_that_does_not_fit_is_not_waited(way: Way, edge: EdgeServer) -> None:
    """F48: asked to wait for a second, with less than that left: one request, and an answer in time."""
    url = edge.url("503-wait")
    begun = time.monotonic()
    assert outcome(way.asked(url, deadline=0.5)) == "upstream_error"
    assert time.monotonic() - begun < 0.9
    assert len(edge.asked(url)) == 1


def test_a_service_that_is_left_alone(way: Way, edge: EdgeServer) -> None:
    """F37, F46, F47: after a captcha, a refused token or a limit nobody asks again at once, whatever is asked."""
    for name in ("captcha", "captcha-as-json", "401", "429-none", "429-huge", "fake-200", "error-token"):
        url = edge.url(name)
        with way.opened(url) as gate:
            words = {outcome(gate.check(app_of(number))) for number in (NUMBER, NEXT, NUMBER)}
        assert len(words) == 1, words
        assert words & {"blocked", "unauthorised", "rate_limited"}
        assert len(edge.asked(url)) == 1
