"""Threads for loads: used again, ended when idle, never waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING

import pytest

from icpgate.lookup import loaders as module
from icpgate.lookup.loaders import Loaders

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = 30.0


def do(loaders: Loaders, work: Callable[[], object] = int) -> threading.Thread:
    """Have it done; the thread that did it."""
    done, threads = threading.Event(), list[threading.Thread]()

    def whole() -> None:
        work()
        threads.append(threading.current_thread())
        done.set()

    loaders.start(whole)
    assert done.wait(LONG)
    return threads[0]


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    ends = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.001)


def idle(loaders: Loaders, count: int = 1) -> None:
    """Wait until so many threads have nothing to do."""
    until(lambda: len(loaders._idle) == count)


def test_it_begins_with_no_thread() -> None:
    """A client that never loads has none."""
    assert len(Loaders()._idle) == 0


def test_work_is_done_on_a_daemon() -> None:
    """One that hangs keeps no program from ending."""
    thread = do(Loaders())
    assert thread is not threading.current_thread()
    assert (thread.daemon, thread.name) == (True, "icpgate-loader")


def test_an_idle_thread_is_used_again() -> None:
    """Ten loads one after the other need one."""
    loaders = Loaders()
    threads = set()
    for _ in range(10):
        threads.add(do(loaders))
        idle(loaders)
    assert len(threads) == 1


def test_nobody_waits_for_another() -> None:
    """Fifty at once run at once; then fifty are idle, and are used again."""
    loaders, together = Loaders(), threading.Barrier(51)

    def meet() -> None:
        together.wait(LONG)

    for _ in range(2):
        for _ in range(50):
            loaders.start(meet)
        together.wait(LONG)
        idle(loaders, 50)


def test_an_idle_thread_keeps_nothing_alive() -> None:
    """What it did may be large."""

    class Large:
        def work(self) -> None:
            """Do it."""

    loaders, large = Loaders(), Large()
    reference = weakref.ref(large)
    loaders.start(large.work)
    del large
    idle(loaders)
    until(lambda: reference() is None)


def test_a_thread_without_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next load has a new one."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.01)
    loaders = Loaders()
    thread = do(loaders)
    thread.join(LONG)
    assert not thread.is_alive()
    assert len(loaders._idle) == 0
    assert do(loaders) is not thread


def test_work_that_comes_at_the_last_moment_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread's time was up, but it had been chosen for it."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.01)
    loaders, chosen = Loaders(), threading.Event()
    dismiss = loaders.dismiss

    def slow(worker: module._Worker) -> bool:
        assert chosen.wait(LONG)
        return dismiss(worker)

    monkeypatch.setattr(loaders, "dismiss", slow)
    first = do(loaders)
    idle(loaders)
    done = threading.Event()
    with loaders._lock:
        worker = loaders._idle.pop()  # as `start` does, just before it hands over the work
    chosen.set()
    worker.give(done.set)
    assert done.wait(LONG)
    first.join(LONG)
    assert not first.is_alive()


def test_loads_while_threads_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds, with threads that end all the time: each is done once."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.0005)
    loaders, lock = Loaders(), threading.Lock()
    counts = [0] * 400

    def count(position: int) -> None:
        with lock:
            counts[position] += 1

    for position in range(len(counts)):
        loaders.start(lambda position=position: count(position))  # type: ignore[misc]  # bound now
        time.sleep(0.0005)
    until(lambda: all(counts))
    idle(loaders, 0)
    assert set(counts) == {1}


def test_in_another_process_it_begins_with_none() -> None:
    """Its parent's idle threads are not there: work given to them would never be done."""
    loaders = Loaders()
    thread = do(loaders)
    idle(loaders)
    loaders._process += 1  # as a forked child finds it
    assert do(loaders) is not thread


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_after_a_real_fork() -> None:
    """The child loads, though the fork came while its parent's threads were idle and a lock was held."""
    program = """
import os, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from icpgate.lookup.loaders import Loaders
loaders = Loaders()
def done():
    event = threading.Event()
    loaders.start(event.set)
    return event.wait(30)
assert done()
while not loaders._idle:
    time.sleep(0.001)
with loaders._lock:
    child = os.fork()
    if child == 0:
        os._exit(0 if done() else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert done()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_closed_pool_lets_its_idle_threads_end() -> None:
    """At once, and not when they have been idle for long; work can still be given."""
    loaders = Loaders()
    first = do(loaders)
    until(lambda: len(loaders._idle) == 1)
    loaders.close()
    loaders.close()
    first.join(LONG / 10)
    assert not first.is_alive()
    assert do(loaders) is not first
    loaders.close()
