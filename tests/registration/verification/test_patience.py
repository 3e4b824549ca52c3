"""A question to somebody else, with an end to the waiting."""

from __future__ import annotations

import threading
from time import monotonic

import pytest

from icpgate.registration.verification.patience import MAX_THREADS, within


def test_an_answer_in_time_is_returned() -> None:
    """And so is what was raised."""
    assert within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)


def test_an_exit_ends_the_thread_alone() -> None:
    """Not the process of whoever asked."""

    def leaves() -> None:
        raise SystemExit

    with pytest.raises(RuntimeError, match="SystemExit"):
        within(5, leaves)


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_is_no_question(seconds: float) -> None:
    """Nobody is asked once the time is over."""
    asked: list[int] = []
    with pytest.raises(TimeoutError):
        within(seconds, lambda: asked.append(1))
    assert asked == []


def test_at_most_so_many_threads_hang() -> None:
    """Who comes later waits within its own time; once they are free the next is answered."""
    over = threading.Event()
    for _ in range(MAX_THREADS):
        with pytest.raises(TimeoutError):
            within(0.01, lambda: over.wait(20))
    began = monotonic()
    with pytest.raises(TimeoutError):
        within(0.05, lambda: 7)
    assert monotonic() - began < 5
    over.set()
    assert within(5, lambda: 7) == 7


def test_a_thread_that_cannot_start_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """And takes nobody's place: more of them than there are places, and the next one is answered."""

    def refuses(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuses)
        for _ in range(2 * MAX_THREADS):
            with pytest.raises(TimeoutError):
                within(5, lambda: 7)
    assert within(5, lambda: 7) == 7
