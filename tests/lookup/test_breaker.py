"""When a registry is no longer asked, for how long, and who finds out that it answers again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import Unavailable, Why
from icpgate.lookup.breaker import (
    FAILURES,
    LONGEST_ASKED_FOR,
    LONGEST_PAUSE,
    OF_THE_SERVICE,
    PAUSE,
    PROBE_SECONDS,
    Breaker,
)

DOWN = Unavailable(Why.CONNECTION)
AT_ONCE = (Why.BLOCKED, Why.RATE_LIMITED, Why.UNAUTHORISED)


def opened(at: float = 0.0) -> Breaker:
    """A breaker that opened at this moment, for its first pause."""
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(DOWN, at, 0.0)
    return breaker


def probing(pauses: int = 1) -> tuple[Breaker, float]:
    """A breaker whose probe is under way after so many pauses, and since when."""
    breaker, now = opened(), PAUSE
    assert breaker.refuses(now) is None
    for _ in range(pauses - 1):
        breaker.failed(DOWN, now, 0.0)
        now += breaker.opens_in(now)
        assert breaker.refuses(now) is None
    return breaker, now


def test_it_begins_closed() -> None:
    """Nobody is refused."""
    breaker = Breaker()
    assert breaker.refuses(0.0) is None
    assert breaker.opens_in(0.0) == 0
    assert breaker.state(0.0) == "closed"


@pytest.mark.parametrize("why", sorted(OF_THE_SERVICE - set(AT_ONCE)))
def test_it_opens_after_five_failures_in_a_row(why: Why) -> None:
    """Not after four; then nobody is asked for half a minute."""
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(Unavailable(why), 10.0, 0.0)
        assert breaker.refuses(10.0) is None
    breaker.failed(Unavailable(why), 10.0, 0.0)
    assert breaker.refuses(10.0) == breaker.opens_in(10.0) == 30
    assert breaker.refuses(39.0) == breaker.opens_in(39.0) == 1
    assert breaker.why is why


def test_a_success_breaks_the_row() -> None:
    """Four failures, an answer, four failures: closed."""
    breaker = Breaker()
    for _ in range(3):
        for _ in range(4):
            breaker.failed(DOWN, 0.0, 0.0)
        breaker.succeeded()
    assert breaker.state(0.0) == "closed"
    breaker.failed(DOWN, 0.0, 0.0)
    assert breaker.state(0.0) == "closed"


@pytest.mark.parametrize("why", AT_ONCE)
def test_it_opens_at_once_where_asking_again_makes_it_worse(why: Why) -> None:
    """One answer of this kind is enough."""
    breaker = Breaker()
    breaker.failed(Unavailable(why), 0.0, 0.0)
    assert breaker.refuses(0.0) == PAUSE
    assert breaker.why is why


@pytest.mark.parametrize(
    ("asked", "pause"), [(1.0, 1.0), (7.5, 7.5), (600.0, 600.0), (3_600.0, 3_600.0), (1e9, 3_600.0)]
)
def test_it_leaves_a_registry_alone_for_as_long_as_it_asks(asked: float, pause: float) -> None:
    """At once, exactly so long whatever the draw, but never longer than an hour."""
    breaker = Breaker()
    breaker.failed(Unavailable(Why.MAINTENANCE, retry_after=asked), 0.0, 0.9)
    assert breaker.opens_in(0.0) == pause
    assert LONGEST_ASKED_FOR == 3_600


@pytest.mark.parametrize("asked", [None, 0.0, 0.9, -5.0, float("nan")])
def test_less_than_a_second_is_nothing_asked(asked: float | None) -> None:
    """It counts as any failure, and as long."""
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.state(0.0) == "closed"
        breaker.failed(Unavailable(Why.MAINTENANCE, retry_after=asked), 0.0, 0.0)
    assert breaker.opens_in(0.0) == PAUSE


def test_its_numbers_may_be_others() -> None:
    """For a level of a cache: fewer failures, a shorter pause."""
    breaker = Breaker(failures=1, pause=2.0)
    breaker.failed(DOWN, 0.0, 0.5)
    assert breaker.opens_in(0.0) == pytest.approx(2.2)


def test_state_is_told_to_people() -> None:
    """Closed, open, half open."""
    breaker = opened()
    assert [breaker.state(now) for now in (0.0, 29.9, 30.0, 1e6)] == ["open", "open", "half_open", "half_open"]
    assert breaker.opens_in(1e6) == 0
    breaker.succeeded()
    assert breaker.state(30.0) == "closed"


def test_exactly_one_of_many_threads_is_the_probe() -> None:
    """Fifty at the same moment: one is let through, the others are told when to come back."""
    breaker, together = opened(), threading.Barrier(50)

    def ask(_: int) -> float | None:
        together.wait()
        return breaker.refuses(PAUSE)

    with ThreadPoolExecutor(50) as threads:
        refused = list(threads.map(ask, range(50)))
    assert refused.count(None) == 1
    assert refused.count(PROBE_SECONDS) == 49


def test_a_success_while_somebody_asks_lets_it_through() -> None:
    """It saw the breaker open; by the time it had the lock another thread had closed it: it is no probe."""
    breaker, waiting = opened(), threading.Event()
    lock = breaker._lock

    class Contended:
        def __enter__(self) -> None:
            breaker._lock = lock
            waiting.set()
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()

    breaker._lock = Contended()  # type: ignore[assignment]  # it tells when somebody waits for it
    with ThreadPoolExecutor(1) as threads:
        with lock:
            refused = threads.submit(breaker.refuses, 1.0)
            assert waiting.wait(30)
            breaker._failed = 0
            breaker._closed_until = None
        assert refused.result() is None
    assert breaker.state(1.0) == "closed"


def test_while_the_probe_is_under_way_others_are_refused() -> None:
    """For a minute at most: a probe that never comes back lets another be it, once."""
    breaker, since = probing()
    assert breaker.refuses(since + 59) == 1
    assert breaker.refuses(since + 60) is None
    assert breaker.refuses(since + 60) == 60


def test_a_probe_that_gave_up_lets_another_be_it() -> None:
    """It asked nobody, so nothing was learnt."""
    breaker, since = probing()
    breaker.gave_up(since)
    assert breaker.state(since) == "half_open"
    assert breaker.refuses(since + 1) is None


def test_who_is_not_the_probe_gives_up_nothing() -> None:
    """A caller from before, or a probe that was lost since."""
    breaker, since = probing()
    breaker.gave_up(0.0)
    assert breaker.refuses(since + 1) is not None
    assert breaker.refuses(since + 60) is None
    breaker.gave_up(since)
    assert breaker.refuses(since + 61) is not None
    fresh = Breaker()
    fresh.gave_up(0.0)
    assert fresh.state(0.0) == "closed"


def test_a_probe_that_succeeds_closes_it() -> None:
    """And the next pause is the first again."""
    breaker, since = probing(pauses=3)
    breaker.succeeded()
    assert breaker.refuses(since) is None
    for _ in range(FAILURES - 1):
        breaker.failed(DOWN, since, 0.0)
    assert breaker.state(since) == "closed"
    breaker.failed(DOWN, since, 0.0)
    assert breaker.opens_in(since) == PAUSE


def test_each_probe_that_fails_makes_the_pause_longer() -> None:
    """By half a minute each, to five minutes."""
    breaker, now = opened(), 0.0
    pauses = []
    for _ in range(14):
        pauses.append(breaker.opens_in(now))
        now += pauses[-1]
        assert breaker.refuses(now) is None
        breaker.failed(DOWN, now, 0.0)
    assert pauses == [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300, 300, 300]


def test_a_probe_that_is_told_when_to_come_back() -> None:
    """That is the pause, though it be shorter than the last."""
    breaker, now = probing(pauses=5)
    breaker.failed(Unavailable(Why.RATE_LIMITED, retry_after=2.0), now, 0.0)
    assert breaker.opens_in(now) == 2


def test_many_that_fail_together_make_one_pause() -> None:
    """A hundred loads under way when a registry goes away are one failure, not ninety-six pauses."""
    breaker = Breaker()
    for _ in range(100):
        breaker.failed(Unavailable(Why.TIMEOUT), 10.0, 0.0)
    assert breaker.opens_in(10.0) == PAUSE
    assert breaker.refuses(10.0 + PAUSE) is None
    breaker.failed(DOWN, 10.0 + PAUSE, 0.0)
    assert breaker.opens_in(10.0 + PAUSE) == 2 * PAUSE


def test_a_late_failure_never_shortens_what_a_registry_asked_for() -> None:
    """Loads that were under way fail after it said to come back in ten minutes."""
    breaker = Breaker()
    breaker.failed(Unavailable(Why.RATE_LIMITED, retry_after=600.0), 0.0, 0.0)
    for _ in range(FAILURES):
        breaker.failed(Unavailable(Why.TIMEOUT), 5.0, 0.0)
    breaker.failed(Unavailable(Why.RATE_LIMITED, retry_after=60.0), 5.0, 0.0)
    assert breaker.opens_in(5.0) == 595
    breaker.failed(Unavailable(Why.RATE_LIMITED, retry_after=1_200.0), 5.0, 0.0)
    assert breaker.opens_in(5.0) == 1_200


@given(
    draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=30),
    whys=st.lists(st.sampled_from(sorted(OF_THE_SERVICE)), min_size=30, max_size=30),
    asked=st.lists(st.none() | st.floats(), min_size=30, max_size=30),
)
def test_it_always_opens_again(draws: list[float], whys: list[Why], asked: list[float | None]) -> None:
    """Whatever failed however often, somebody may probe within an hour, and a pause is spread by a fifth at most."""
    breaker = Breaker()
    now = 1_000.0
    for draw, why, retry_after in zip(draws, whys, asked, strict=False):
        breaker.failed(Unavailable(why, retry_after=retry_after), now, draw)
        wait = breaker.opens_in(now)
        is_asked = retry_after is not None and retry_after >= 1
        assert wait <= (LONGEST_ASKED_FOR if is_asked else LONGEST_PAUSE * 1.2) + 1e-6
        now += wait
        assert breaker.refuses(now + 1e-6) is None


def test_a_forked_child_does_not_wait_for_its_parents_threads() -> None:
    """The lock is made anew; what is known of the registry stays."""
    breaker = opened()
    with breaker._lock:
        breaker.renew_after_fork()
        assert breaker.refuses(0.0) == PAUSE


def test_a_forked_child_probes_for_itself() -> None:
    """Its parent's probe, under way at that moment, never tells it anything."""
    breaker, since = probing()
    breaker.renew_after_fork()
    assert breaker.refuses(since) is None
    assert breaker.refuses(since) == PROBE_SECONDS
