"""When a level that failed is tried again."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest

from icpgate.lookup.cache.outage import Outage, nothing
from icpgate.lookup.steps import Count, Drop, GetMany, Lock, PutMany, Take, Unlock

if TYPE_CHECKING:
    from icpgate.lookup.steps import LevelStep


class Watch:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def watch() -> Watch:
    """At zero."""
    return Watch()


@pytest.fixture
def outage(watch: Watch) -> Outage:
    """None yet."""
    return Outage("redis:cache:6379/0", "all", clock=watch)


def test_everybody_is_admitted_while_all_is_well(outage: Outage) -> None:
    """Many at once, and what they report changes nothing."""
    tickets = [outage.admits(), outage.admits()]
    assert all(tickets)
    outage.ended(tickets[0])
    assert outage.admits()
    assert not outage.lasts


def test_one_failure_is_enough(outage: Outage, watch: Watch) -> None:
    """Nobody is admitted for a second."""
    outage.failed(outage.admits(), "timeout")
    watch.now = 0.99
    assert outage.lasts
    assert not outage.admits()


def test_exactly_one_tries_after_the_pause(outage: Outage, watch: Watch) -> None:
    """While it is away the others are refused; when it comes back well, all may."""
    outage.failed(outage.admits(), "timeout")
    watch.now = 1.0
    assert not outage.lasts
    admitted = [outage.admits() for _ in range(500)]
    assert sum(map(bool, admitted)) == 1
    outage.ended(admitted[0])
    assert outage.admits()


def test_one_tries_of_many_threads(outage: Outage, watch: Watch) -> None:
    """Also when they come at the same moment."""
    outage.failed(outage.admits(), "timeout")
    watch.now = 1.0
    tickets: list[int] = []
    together = threading.Barrier(16)

    def come() -> None:
        together.wait()
        tickets.append(outage.admits())

    threads = [threading.Thread(target=come) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(bool, tickets)) == 1


def test_the_pause_doubles_up_to_half_a_minute(outage: Outage, watch: Watch) -> None:
    """1, 2, 4, 8, 16, 30, 30 seconds; and 1 again once it has worked."""
    pauses = []
    for _ in range(7):
        begin = watch.now
        outage.failed(outage.admits(), "timeout")
        while outage.lasts:
            watch.now += 0.5
        pauses.append(watch.now - begin)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    outage.ended(outage.admits())
    outage.failed(outage.admits(), "timeout")
    watch.now += 1
    assert outage.admits()


def test_one_that_tried_and_was_lost_does_not_end_it_for_ever(outage: Outage, watch: Watch) -> None:
    """After another pause the next one tries."""
    outage.failed(outage.admits(), "timeout")
    watch.now = 1.0
    assert outage.admits()
    watch.now = 2.0
    assert outage.admits()


def test_many_that_fail_together_count_as_one(outage: Outage, watch: Watch) -> None:
    """Thirty-two threads on a frozen server are one failure, not a pause of half a minute."""
    tickets = [outage.admits() for _ in range(32)]
    for ticket in tickets:
        outage.failed(ticket, "timeout")
    assert outage.failures == 32
    watch.now = 1.0
    assert outage.admits()


def test_who_was_admitted_before_ends_nothing(outage: Outage) -> None:
    """A reply that was on its way when the server froze does not say that it is back."""
    early, late = outage.admits(), outage.admits()
    outage.failed(early, "timeout")
    assert not outage.is_current(late)
    outage.ended(late)
    assert outage.lasts


def test_one_warning_a_minute(outage: Outage, watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    """With the level and a cause, and nothing else."""
    with caplog.at_level(logging.WARNING):
        for second in range(119):
            watch.now = float(second)
            outage.failed(outage.admits(), "timeout")
    assert [record.msg for record in caplog.records] == ["cache_level_off"] * 2
    assert {name: getattr(caplog.records[0], name) for name in ("cache", "part", "cause")} == {
        "cache": "redis:cache:6379/0",
        "part": "all",
        "cause": "timeout",
    }


def test_a_level_that_is_gone(outage: Outage) -> None:
    """What its steps bring: a lock that nobody has to wait for, and otherwise nothing."""
    steps: list[LevelStep] = [
        GetMany(("a",)),
        PutMany(()),
        Unlock("a", "b"),
        Take("a", 1, 1, "d", 0, 1, 1),
        Drop(),
        Count(),
    ]
    assert {nothing(step) for step in steps} == {None}
    assert nothing(Lock("a", 1.0)) == ""
    assert outage.failures == 0
