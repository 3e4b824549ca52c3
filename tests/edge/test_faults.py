"""
Whatever the upstream does, a gate says what the row of that fault says, and never allows on it.

Blocking and async, through `Gate` and `AsyncGate`, over a registry that is mapped by configuration alone.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest

from icpgate.decision import Decision
from icpgate.lookup import Limits
from tests.cases import NUMBER
from tests.edge.answers import number_like
from tests.edge.asking import APP, KEY, TOKEN, app_of, outcome
from tests.edge.catalogue import FAULTS
from tests.edge.fault import ALLOW

if TYPE_CHECKING:
    from tests.edge.asking import Way
    from tests.edge.fault import Fault
    from tests.edge.server import EdgeServer

HANGING = 0.15
"""Seconds for a fault that only the deadline ends; the soak test has longer ones."""

ENOUGH = 2.0
NUMBERS = [number_like(NUMBER, serial=n) for n in range(3)]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault(fault: Fault, way: Way, edge: EdgeServer, caplog: pytest.LogCaptureFixture) -> None:
    """The right verdict and why, in time; nothing secret written; nobody else asked; no hammering."""
    deadline = HANGING if fault.hangs else ENOUGH
    url = edge.url(fault.name)
    # The waits between attempts are the guard's business; here they count where they must not happen, or must help.
    limits = Limits(seconds=deadline, attempts=3 if fault.once or ALLOW in fault.says else 1)
    with caplog.at_level(logging.DEBUG), way.opened(url, deadline=deadline, limits=limits) as gate:
        begun = time.monotonic()
        decision = gate.check(APP)
        took = time.monotonic() - begun
        written = f"{caplog.text}{decision!r}{decision.to_json()}{gate!r}{gate.lookup!r}{decision.explain()}"
    assert type(decision) is Decision
    assert outcome(decision) in fault.says
    assert decision.allowed == (outcome(decision) == ALLOW)
    assert took < deadline + 0.75
    assert TOKEN not in written
    assert KEY not in written
    asked = edge.asked(url)
    assert len(asked) == 1 if fault.once or fault.hangs else 1 <= len(asked) <= 3
    assert edge.sink == []


def test_the_secrets_are_sent_and_no_cookie_is(way: Way, edge: EdgeServer) -> None:
    """To the upstream alone; what it sets is not sent back."""
    url = edge.url("many-cookies")
    with way.opened(url) as gate:
        for number in NUMBERS:
            assert gate.check(app_of(number)).allowed
    asked = edge.asked(url)
    assert [request.number for request in asked] == NUMBERS
    for request in asked:
        assert f"Bearer {TOKEN}".encode() in request.head
        assert f"key={KEY}".encode() in request.head
        assert b"\r\ncookie:" not in request.head.lower()


def test_names_are_given_once() -> None:
    """A fault is known by its name."""
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
