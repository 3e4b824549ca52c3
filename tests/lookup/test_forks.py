"""What a forked child makes anew, without keeping it alive."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref

import pytest

from icpgate.lookup import forks


class Held:
    """Something with something to make anew."""

    def __init__(self) -> None:
        """Begin as it is."""
        self.renewed = 0

    def renew_after_fork(self) -> None:
        """Count."""
        self.renewed += 1


def test_what_is_remembered_is_renewed_once() -> None:
    """However often it was remembered."""
    held = Held()
    forks.remember(held)
    forks.remember(held)
    forks._in_child()
    assert held.renewed == 1


def test_nothing_is_kept_alive() -> None:
    """What nobody else holds is gone."""
    held = Held()
    forks.remember(held)
    reference = weakref.ref(held)
    del held
    gc.collect()
    assert reference() is None
    forks._in_child()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_is_renewed_and_its_parent_is_not() -> None:
    """In a process of its own: a fork of this one would copy its threads' locks."""
    program = """
import os, threading
from icpgate.lookup.breaker import Breaker
from icpgate.lookup.limits import LocalLimiter, RetryBudget
from icpgate.lookup.singleflight import Flights
held = [Breaker(), LocalLimiter(), RetryBudget(), Flights()]
locks = [each._lock for each in held]
for lock in locks:
    lock.acquire()
child = os.fork()
if child == 0:
    os._exit(sum(each._lock.locked() for each in held))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert all(each._lock is lock for each, lock in zip(held, locks))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
