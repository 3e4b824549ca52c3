"""What a hostile upstream costs: memory, the breath of an event loop, time once it is known to be down."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from icpgate.gate import AsyncGate
from icpgate.lookup import AsyncLookupClient, Limits
from icpgate.rules import Action
from tests.cases import NUMBER
from tests.edge.answers import number_like
from tests.edge.asking import APP, app_of, outcome, registry_at
from tests.edge.catalogue import DRAWN, FAULTS
from tests.edge.fault import ALLOW
from tests.edge.process import EdgeProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.edge.asking import Way
    from tests.edge.fault import Fault
    from tests.edge.server import EdgeServer

ROOT = Path(__file__).parents[2]
MOST = 8 * 1024
"""KiB above what a process has when it is idle."""

FLOODS = [fault for fault in FAULTS if fault.floods]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured as Linux counts it")
def test_memory(edge: EdgeServer) -> None:
    """Whatever is sent: eight mebibytes at most, blocking and async."""
    bounded = [fault for fault in FAULTS if fault.bounded]
    urls = [edge.url(name) for name in ("ok", *(fault.name for fault in bounded))]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.edge.memory", *urls],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=100,
    )
    rows = [line.split() for line in ran.stdout.splitlines()]
    assert len(rows) == 2 * len(bounded)
    assert {name: (way, kib) for name, way, kib in rows if int(kib) > MOST} == {}


@pytest.fixture(scope="module")
def apart() -> Iterator[EdgeProcess]:
    """The upstream in a process of its own."""
    with EdgeProcess() as process:
        yield process


async def longest_gap(url: str, warm: str) -> float:
    """How long the loop was kept from its other tasks while a gate asked, in seconds; `warm` is asked before."""
    gaps: list[float] = []

    async def ticking() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    async with opened(warm) as first, opened(url) as gate:
        await first.check(APP)  # what is loaded once
        ticker = asyncio.create_task(ticking())
        await gate.check(APP)
        ticker.cancel()
    return max(gaps)


def opened(url: str) -> AsyncGate:
    """An asynchronous gate that asks once."""
    registry = registry_at(url)
    lookup = AsyncLookupClient(registry, limits=Limits(seconds=2.0, attempts=1))
    return AsyncGate(Action.LIST, registry, lookup=lookup, deadline=2.0)


@pytest.mark.parametrize("fault", FLOODS, ids=str)
def test_the_loop_breathes(fault: Fault, apart: EdgeProcess) -> None:
    """No flood keeps the other tasks waiting; the soak test has the strict bound, on a quiet machine."""
    assert asyncio.run(longest_gap(apart.url(fault.name), apart.url("ok"))) < 0.3


def test_what_is_known_to_be_down_costs_nothing(way: Way, edge: EdgeServer) -> None:
    """Once the breaker is open a decision takes no request, and next to no time."""
    url = edge.url("never")
    with way.opened(url, deadline=1.0, limits=Limits(seconds=0.05, attempts=1)) as gate:
        for position in range(6):
            gate.check(app_of(number_like(NUMBER, serial=position)))
        before = len(edge.asked(url))
        begun = time.monotonic()
        for position in range(20):
            number = number_like(NUMBER, serial=100 + position)
            assert outcome(gate.check(app_of(number)), number) == "timeout"
        took = (time.monotonic() - begun) / 20
    assert len(edge.asked(url)) == before == 5
    assert took < 0.05


def spin(way: Way, url: str, lookups: int, drawn: Callable[[], Fault]) -> dict[str, int]:
    """Ask a random mix at an address; returns how often each outcome came. Asserts that none was wrong."""
    chance = random.Random(7)  # noqa: S311 -- a test's
    http = way.shared()
    seen: dict[str, int] = {}
    for _ in range(lookups):
        number = number_like(NUMBER, serial=chance.randrange(50))
        with way.opened(url, deadline=0.2, limits=Limits(seconds=0.2, attempts=1), http=lambda: http) as gate:
            decision = gate.check(app_of(number))
        word = outcome(decision, number)
        fault = drawn()
        assert word in fault.says or word == "timeout", (fault, word)  # so short a deadline may be too short
        assert decision.allowed == (word == ALLOW)
        seen[word] = seen.get(word, 0) + 1
    http.end()
    return seen


def test_a_random_mix(way: Way, edge: EdgeServer) -> None:
    """F53: over the same connections, in any order: no wrong allow, nothing foreign raised."""
    seen = spin(way, edge.url("roulette"), 150, lambda: DRAWN[-1])
    assert seen[ALLOW] > 10
    assert edge.sink == []
