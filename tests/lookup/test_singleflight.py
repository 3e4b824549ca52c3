"""One load for one key: who loads, who waits, and what becomes of a load that does not end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from icpgate.lookup.singleflight import Flight, Flights


def test_the_first_to_come_loads() -> None:
    """The others join it; another key is another load."""
    flights: Flights[str] = Flights()
    flight, is_ours = flights.join("a", now=0.0, ends=10.0)
    assert is_ours
    assert flights.join("a", now=9.9, ends=19.9) == (flight, False)
    assert flight.ends == 10.0
    other, is_ours = flights.join("b", now=0.0, ends=10.0)
    assert is_ours
    assert other is not flight
    assert len(flights) == 2


def test_one_of_many_threads_loads() -> None:
    """Fifty at once: one load, and everybody gets what it brought."""
    flights: Flights[str] = Flights()
    together = threading.Barrier(50)

    def ask(_: int) -> tuple[bool, str | None]:
        together.wait()
        flight, is_ours = flights.join("a", now=0.0, ends=10.0)
        if is_ours:
            time.sleep(0.05)  # everybody has joined
            flights.land("a", flight, "answer")
        assert flight.wait(60.0)
        return is_ours, flight.value

    with ThreadPoolExecutor(50) as threads:
        came = list(threads.map(ask, range(50)))
    assert {value for _, value in came} == {"answer"}
    assert sum(is_ours for is_ours, _ in came) == 1


def test_what_lands_first_counts() -> None:
    """And wakes everybody once."""
    flight: Flight[str] = Flight(10.0)
    woken: list[int] = []
    assert flight.call(lambda: woken.append(1))
    assert flight.call(lambda: woken.append(2))
    assert (flight.landed, flight.value, woken) == (False, None, [])
    flight.land("first")
    flight.land("second")
    assert (flight.landed, flight.value, woken) == (True, "first", [1, 2])


def test_who_comes_after_the_landing_is_not_called() -> None:
    """The result is there already."""
    flight: Flight[str] = Flight(10.0)
    flight.land("answer")
    assert not flight.call(lambda: pytest.fail("called"))
    assert flight.wait(0.0)


def test_a_waker_may_look_at_the_result() -> None:
    """It is there before anybody is woken, and no lock is held."""
    flight: Flight[str] = Flight(10.0)
    seen: list[object] = []
    assert flight.call(lambda: seen.append((flight.landed, flight.value, flight.call(list))))
    flight.land("answer")
    assert seen == [(True, "answer", False)]


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.02])
def test_who_waits_leaves_at_the_deadline(seconds: float) -> None:
    """The load goes on, and lands without harm; the next to wait has it."""
    flight: Flight[str] = Flight(10.0)
    assert not flight.wait(seconds)
    flight.land("answer")
    assert flight.wait(seconds)
    assert flight.value == "answer"


def test_a_thread_is_woken_by_another() -> None:
    """Long before its own deadline."""
    flight: Flight[str] = Flight(10.0)
    timer = threading.Timer(0.02, flight.land, ["answer"])
    timer.start()
    assert flight.wait(60.0)
    timer.join()


def test_who_comes_after_the_end_of_a_load_starts_another() -> None:
    """Nothing is kept of what landed."""
    flights: Flights[str] = Flights()
    flight, _ = flights.join("a", now=0.0, ends=10.0)
    flights.land("a", flight, "answer")
    assert len(flights) == 0
    another, is_ours = flights.join("a", now=0.0, ends=10.0)
    assert is_ours
    assert another is not flight


def test_a_flight_that_landed_by_itself_is_not_joined() -> None:
    """Though it still stands under its key."""
    flights: Flights[str] = Flights()
    flight, _ = flights.join("a", now=0.0, ends=10.0)
    flight.land("answer")
    assert not flights.under_way("a", 0.0)
    assert flights.join("a", now=0.0, ends=10.0)[1]


def test_a_load_past_its_end_no_longer_counts() -> None:
    """The next caller starts another; when the lost one lands after all, it harms nobody."""
    flights: Flights[str] = Flights()
    lost, _ = flights.join("a", now=0.0, ends=10.0)
    another, is_ours = flights.join("a", now=10.0, ends=20.0)
    assert is_ours
    assert (flights.is_last("a", lost), flights.is_last("a", another)) == (False, True)
    flights.land("a", lost, "late")
    assert (lost.value, another.landed) == ("late", False)
    assert flights.join("a", now=11.0, ends=21.0) == (another, False)
    flights.land("a", another, "answer")
    assert (another.value, len(flights)) == ("answer", 0)
    assert not flights.is_last("a", another)


def test_whether_somebody_is_loading() -> None:
    """From the first caller until it lands, or until its end."""
    flights: Flights[str] = Flights()
    assert not flights.under_way("a", 0.0)
    flight, _ = flights.join("a", now=0.0, ends=10.0)
    assert flights.under_way("a", 9.9)
    assert not flights.under_way("a", 10.0)
    assert not flights.under_way("b", 0.0)
    flights.land("a", flight, "answer")
    assert not flights.under_way("a", 0.0)


def test_a_forked_child_begins_with_none() -> None:
    """Its parent's loads never land there; nor does it wait for a lock that a thread held."""
    flights: Flights[str] = Flights()
    flights.join("a", now=0.0, ends=10.0)
    with flights._lock:
        flights.renew_after_fork()
        assert len(flights) == 0
        assert flights.join("a", now=0.0, ends=10.0)[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_after_a_real_fork() -> None:
    """The child loads for itself, and the parent's load stays under way; in a process without other threads."""
    program = """
import os
from icpgate.lookup.singleflight import Flights
flights = Flights()
flight, _ = flights.join("a", now=0.0, ends=10.0)
child = os.fork()
if child == 0:
    os._exit(0 if len(flights) == 0 and flights.join("a", now=0.0, ends=10.0)[1] else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert flights.join("a", now=0.0, ends=10.0) == (flight, False)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
