"""
The big counts of the look-up: many callers at once, many numbers, many worlds in which everything fails.

`python -m tests.soak.lookup` prints a table for docs/evidence.md; `make soak` runs it after the others.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from icpgate.testing.serving import RegistryServer
from tests.cases import memory, registered
from tests.lookup.cache.servers import started
from tests.lookup.crowd import Crowd, Everything, numbered, pair_of
from tests.lookup.crowd_process import Process
from tests.lookup.million import run
from tests.soak.table import tabled

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.lookup.registries.memory import MemoryRegistry

ROOT = Path(__file__).parents[2]
COUNT = re.compile(r"(\d+) passed")

ROUNDS, TASKS, THREADS = 100, 2_000, 200
PROCESSES, KEYS, STOPS = 4, 50, 10
NUMBERS, ENTRIES, BYTES = 1_000_000, 100_000, 64 * 1024 * 1024
WORLDS = 2_000
STEPS = 40
MANY = 10**9
EARLIER = datetime.now(UTC) - timedelta(hours=2)
LATER = EARLIER + timedelta(hours=1)


def crowds() -> str:
    """Tasks and threads on one cold key, a third of them cancelled or leaving."""

    async def rounds() -> int:
        with RegistryServer(Everything()) as server:
            async with pair_of(server) as pair:
                for position in range(ROUNDS):
                    await Crowd(TASKS, THREADS, position).round(pair, server, numbered(position))
            return server.requests

    requests = asyncio.run(rounds())
    return f"{requests / ROUNDS:g} request a round, nothing left behind"


def _at(position: int, **changes: object) -> MemoryRegistry:
    number = numbered(position).number.canonical
    return memory(registered(registration_number=number, **changes))


def processes() -> str:
    """Several processes with one Valkey want the same, each time something else."""
    with ExitStack() as stack:
        server = stack.enter_context(RegistryServer(Everything()))
        valkey = stack.enter_context(started())
        asking = [stack.enter_context(Process(server.url, valkey.url)) for _ in range(PROCESSES)]
        server.delay(0.05)
        for position in range(KEYS):
            for process in asking:
                process.ask(numbered(position).number.canonical, tasks=20, threads=20)
            for process in asking:
                (callers,) = process.answers().values()
                assert callers == 40
        return f"{server.requests / KEYS:g} request a key"


def stops() -> str:
    """The one that has the lock is stopped past its end; the registration is cancelled meanwhile."""
    most = 0
    with ExitStack() as stack:
        server = stack.enter_context(RegistryServer(Everything()))
        valkey = stack.enter_context(started())
        first, *others = (stack.enter_context(Process(server.url, valkey.url)) for _ in range(PROCESSES))
        for position in range(STOPS):
            number, before = numbered(position).number.canonical, server.requests
            callers = {"tasks": 5 * (position % 2), "threads": 5 * (1 - position % 2)}
            newer = {f"cancelled {LATER.isoformat()}": 5}
            server.swap(_at(position, observed_at=EARLIER.isoformat()))
            server.pause()
            first.ask(number, **callers)
            server.wait_for_requests(before + 1)
            with first.stopped():
                server.swap(_at(position, observed_at=LATER.isoformat(), status="cancelled"))
                server.resume()
                for process in others:
                    process.ask(number, **callers)
                assert [process.answers() for process in others] == [newer] * len(others)
            assert first.answers() == newer
            most = max(most, server.requests - before)
    return f"at most {most} requests, and nobody is told the older answer"


def numbers(**bounds: int) -> Callable[[], str]:
    """A great many numbers through a cache with these bounds."""

    def bounded() -> str:
        limits = {"max_entries": MANY, "max_bytes": MANY} | bounds
        figures = run(numbers=NUMBERS, shape="whole", traced=False, **limits)
        assert figures.most_entries <= limits["max_entries"]
        assert figures.most_bytes <= limits["max_bytes"]
        assert figures.evictions == NUMBERS - figures.entries
        taken, grown = figures.full - figures.before, figures.end - figures.full
        assert taken + grown < 2 * figures.most_bytes + 20_000_000
        return (
            f"{figures.entries:,} entries of {figures.most_bytes / 1e6:.0f} MB as the cache counts; the process took"
            f" {taken / 1e6:.0f} MB until it was full and {grown / 1e6:.0f} MB after that; a hit {figures.hit:.1f} µs"
        )

    return bounded


def entries() -> str:
    """What an observation takes, as it is and packed, and what the cache believes that it takes."""
    shown = []
    for shape in ("whole", "few", "no"):
        for count, how in ((4_000, "as it is"), (50_000, "mostly packed")):
            figures = run(numbers=count, max_entries=MANY, max_bytes=MANY, shape=shape, traced=True)
            assert figures.a_weight > 0.8 * figures.an_entry
            shown.append(f"{shape}, {how}: {figures.an_entry:,.0f} ({figures.a_weight:,.0f})")
    return "; ".join(shown)


def worlds(kind: str) -> Callable[[], str]:
    """The stateful test over this kind of store."""

    def all_of_them() -> str:
        test = f"tests/lookup/test_never_a_wrong_allow.py::test_never_a_wrong_allow[{kind}]"
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "--hypothesis-profile=soak", "--timeout=7200", test],
            cwd=ROOT,
            env=os.environ | {"SOAK_EXAMPLES": str(WORLDS)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-4_000:]
        assert COUNT.search(ran.stdout)
        return "no wrong allow, nothing undone, nothing unmarked"

    return all_of_them


RUNS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    (f"{TASKS:,} tasks and {THREADS} threads on one cold key, with cancellations", f"{ROUNDS} rounds", crowds),
    (f"{PROCESSES} processes with Valkey on one cold key", f"{KEYS} keys", processes),
    ("the process that has the lock stopped past its end", f"{STOPS} times", stops),
    (f"different numbers, at most {ENTRIES:,} entries", f"{NUMBERS:,}", numbers(max_entries=ENTRIES)),
    (f"different numbers, at most {BYTES / 1e6:.0f} MB", f"{NUMBERS:,}", numbers(max_bytes=BYTES)),
    ("bytes of an observation as Python counts (as the cache believes)", "6 runs", entries),
    *(
        (f"failing worlds, {kind}", f"{WORLDS:,} of {STEPS} steps", worlds(kind))
        for kind in ("none", "sqlite", "valkey")
    ),
)


if __name__ == "__main__":
    sys.exit(tabled(RUNS, *sys.argv[1:]))
