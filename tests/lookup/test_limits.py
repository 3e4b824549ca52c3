"""How much a registry is asked: the limits' own bounds, the rate, the day's quota, and retries."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.errors import ConfigurationError
from icpgate.lookup.limits import SAVED, Limits, LocalLimiter, RetryBudget, day_of
from icpgate.lookup.steps import Take
from tests.cases import NOW

NOBODY_WAITS = 1e-6


def take(**changes: Any) -> Take:
    """One request of a registry that may be asked ten times a second; a change is a field."""
    usual: dict[str, Any] = {"name": "r", "interval": 0.1, "burst": 1, "day": "2026-11-24", "per_day": 0}
    return Take(**(usual | {"resets": 3_600.0, "longest": 10.0} | changes))


BOUNDS = [
    ("seconds", 0.01, 600, 0.009, 601),
    ("attempts", 1, 10, 0, 11),
    ("at_once", 1, 10_000, 0, 10_001),
    ("per_second", 0.001, 100_000, 0.0009, 100_001),
    ("burst", 1, 100_000, 0, 100_001),
    ("per_day", 1, 10**9, 0, 10**9 + 1),
]


@pytest.mark.parametrize(("name", "least", "most", "below", "above"), BOUNDS)
def test_each_limit_has_bounds(name: str, least: float, most: float, below: float, above: float) -> None:
    """Both ends are allowed, and nothing beyond."""
    for value in (least, most):
        assert getattr(Limits.read({name: value}), name) == value
    for value in (below, above, -1, float("nan"), float("inf")):
        with pytest.raises(ConfigurationError, match=f"^{name} is .*: from .* to .* is expected") as caught:
            Limits.read({name: value})
        assert (caught.value.code, caught.value.hint) == ("config.limits", "see docs/settings.md")


@pytest.mark.parametrize("name", ["seconds", "attempts", "at_once", "per_second", "burst", "per_day"])
@pytest.mark.parametrize("value", ["1", True, [1], timedelta(seconds=1)])
def test_a_limit_is_a_number(name: str, value: object) -> None:
    """Nothing is converted, and True is not 1."""
    with pytest.raises(ConfigurationError, match=f"^{name} is "):
        Limits.read({name: value})


@pytest.mark.parametrize("name", ["attempts", "at_once", "burst", "per_day"])
def test_a_count_is_whole(name: str) -> None:
    """There is no half request."""
    with pytest.raises(ConfigurationError, match=f"^{name} is '2.0'"):
        Limits.read({name: 2.0})


@pytest.mark.parametrize("name", ["seconds", "attempts", "at_once", "burst"])
def test_these_have_no_none(name: str) -> None:
    """A load without an end would hold a thread for ever."""
    with pytest.raises(ConfigurationError, match=f"^{name} is 'None'"):
        Limits.read({name: None})


def test_limits_from_a_mapping() -> None:
    """What is not stated is as `Limits` has it; an unknown name is an error with the known ones."""
    assert Limits.read({}) == Limits() == Limits.read({"per_second": None, "per_day": None})
    assert Limits.read({"attempts": 1, "per_day": 5}) == Limits(attempts=1, per_day=5)
    with pytest.raises(ConfigurationError, match="unknown limit 'per_minute'") as caught:
        Limits.read({"per_minute": 1})
    assert caught.value.code == "config.unknown"
    assert caught.value.hint == "known: at_once, attempts, burst, per_day, per_second, seconds"


def test_the_step_that_takes_a_request() -> None:
    """None without a limit; a rate is an interval, a quota a count of the day."""
    assert Limits().take("r", NOW, 1.0) is None
    assert Limits(per_second=4, burst=3).take("r", NOW, 1.0) == Take("r", 0.25, 3, "2026-11-24", 0, 57_600.0, 1.0)
    assert Limits(per_day=100).take("r", NOW, 2.0) == Take("r", 0.0, 1, "2026-11-24", 100, 57_600.0, 2.0)


@pytest.mark.parametrize(
    ("moment", "day", "resets"),
    [
        (datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC), "2026-11-24", 1.0),
        (datetime(2026, 11, 24, 15, 59, 59, 999_999, tzinfo=UTC), "2026-11-24", 1e-6),
        (datetime(2026, 11, 24, 16, 0, 0, tzinfo=UTC), "2026-11-25", 86_400.0),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), "2027-01-01", 86_400.0),
        (datetime(2028, 2, 28, 16, 0, 0, tzinfo=UTC), "2028-02-29", 86_400.0),
    ],
)
def test_a_day_ends_at_midnight_in_asia_shanghai(moment: datetime, day: str, resets: float) -> None:
    """Where every registry of this field lives: 16:00 in UTC."""
    assert day_of(moment) == (day, resets)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 -- hypothesis adds it
def test_a_day_always_ends(moment: datetime) -> None:
    """Within 24 hours, and the next one begins there."""
    day, resets = day_of(moment)
    assert 0 < resets <= 86_400
    assert day_of(moment + timedelta(seconds=resets))[0] > day


@pytest.mark.parametrize("begin", [0.0, 0.05, 1e6])
def test_a_burst_comes_at_once_then_the_rate_holds(begin: float) -> None:
    """Also on a machine that has just been started."""
    limiter = LocalLimiter()
    waits = [limiter.take(take(burst=3), begin)[0] for _ in range(6)]
    assert waits == pytest.approx([0, 0, 0, 0.1, 0.2, 0.3])


def test_what_would_wait_too_long_takes_nothing() -> None:
    """Not of the rate, nor of the day."""
    limiter = LocalLimiter()
    step = take(interval=1.0, longest=1.5, per_day=10)
    assert limiter.take(step, 100.0) == (0.0, 9)
    assert limiter.take(step, 100.0) == (1.0, 8)
    for _ in range(5):
        assert limiter.take(step, 100.0) == (2.0, 8)
    assert limiter.take(step, 101.0) == (1.0, 7)


@given(
    interval=st.floats(0.001, 10),
    burst=st.integers(1, 20),
    longest=st.sampled_from([0.0, 0.5, 100.0]),
    gaps=st.lists(st.one_of(st.just(0.0), st.floats(0, 0.01), st.floats(0, 30)), min_size=1, max_size=120),
    begin=st.sampled_from([0.0, 1.0, 1e5]),
)
def test_no_window_ever_holds_more_than_burst_and_rate(
    interval: float, burst: int, longest: float, gaps: list[float], begin: float
) -> None:
    """In any window of time, however the requests come: `burst` and the rate's share of it. Nobody waits needlessly."""
    limiter, now = LocalLimiter(), begin
    step = take(interval=interval, burst=burst, longest=longest)
    sent: list[float] = []
    for gap in gaps:
        now += gap
        wait, left = limiter.take(step, now)
        assert wait >= 0
        assert left == -1
        if wait <= longest:
            sent.append(now + wait)
        if len(sent) < burst:
            assert wait <= NOBODY_WAITS
    assert all(one <= other + NOBODY_WAITS for one, other in pairwise(sent))
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            window = sent[last] - sent[first]
            assert last - first + 1 <= burst + window / interval + 1e-3


def test_a_quota_without_a_rate() -> None:
    """Nobody waits; when the day's requests are used up nothing is taken."""
    limiter, step = LocalLimiter(), take(interval=0.0, per_day=3)
    assert [limiter.take(step, 0.0) for _ in range(5)] == [(0, 2), (0, 1), (0, 0), (-1, 0), (-1, 0)]


def test_the_next_day_has_a_quota_of_its_own() -> None:
    """And no more than that."""
    limiter = LocalLimiter()
    for day in ("2026-11-24", "2026-11-25", "2026-12-01"):
        step = take(interval=0.0, per_day=2, day=day)
        assert [limiter.take(step, 0.0)[0] for _ in range(3)] == [0, 0, -1]


def test_a_clock_that_is_set_back_gives_no_second_quota() -> None:
    """What was taken under the later day stays taken."""
    limiter = LocalLimiter()
    today, yesterday = (take(interval=0.0, per_day=2, day=day) for day in ("2026-11-24", "2026-11-23"))
    assert [limiter.take(step, 0.0)[0] for step in (today, yesterday, yesterday, today)] == [0, 0, -1, -1]


def test_a_clock_that_was_far_ahead_costs_a_day() -> None:
    """Set right again, what was taken in a day that is long to come counts for as long as a day has, not until then."""
    limiter = LocalLimiter()
    ahead, today, tomorrow = (
        take(interval=0.0, per_day=2, day=day) for day in ("2027-11-24", "2026-11-24", "2026-11-25")
    )
    assert [limiter.take(step, 100.0)[0] for step in (ahead, today, today)] == [0, 0, -1]
    assert limiter.take(tomorrow, 86_499.0)[0] == -1
    assert [limiter.take(tomorrow, 86_500.0)[0] for _ in range(3)] == [0, 0, -1]
    assert limiter.take(tomorrow, 186_500.0)[0] == -1


def test_many_threads_take_what_there_is() -> None:
    """Twenty threads, a hundred requests for a quota of forty: forty."""
    limiter, step, together = LocalLimiter(), take(interval=0.0, per_day=40), threading.Barrier(20)

    def work(_: int) -> list[float]:
        together.wait()
        return [limiter.take(step, 0.0)[0] for _ in range(5)]

    with ThreadPoolExecutor(20) as threads:
        waits = [wait for each in threads.map(work, range(20)) for wait in each]
    assert (waits.count(0.0), waits.count(-1.0)) == (40, 60)


@given(st.lists(st.booleans(), max_size=400))
def test_retries_add_no_more_than_a_tenth(asked: list[bool]) -> None:
    """Beyond the few that were saved up, in any order of requests and retries."""
    budget = RetryBudget()
    first = retries = 0
    for is_first in asked:
        if is_first:
            budget.earn()
            first += 1
        else:
            retries += budget.spend()
        assert retries <= SAVED + first / 10 + 1e-6


def test_few_retries_are_saved_up() -> None:
    """A quiet day does not allow a storm."""
    budget = RetryBudget()
    for _ in range(1_000):
        budget.earn()
    assert [budget.spend() for _ in range(7)] == [True] * 5 + [False] * 2


def test_a_forked_child_does_not_wait_for_its_parents_threads() -> None:
    """The locks are made anew; what was taken stays taken."""
    limiter, budget = LocalLimiter(), RetryBudget()
    step = take(interval=0.0, per_day=1)
    limiter.take(step, 0.0)
    with limiter._lock, budget._lock:
        limiter.renew_after_fork()
        budget.renew_after_fork()
        assert limiter.take(step, 0.0) == (-1.0, 0)
        assert budget.spend()
