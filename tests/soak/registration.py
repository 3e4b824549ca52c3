"""
The big counts of the registration procedure: many processes that approve at once, and processes killed at random.

`python -m tests.soak.registration` prints a table for docs/evidence.md; `make soak` runs it after the others.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from tests.registration.crowd import Worker
from tests.registration.crowding import Crowded
from tests.servers import postgresql_server
from tests.soak.table import tabled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.registration.crowd import Acknowledged

ROOT: Final = Path(__file__).parents[2]
COUNT: Final = re.compile(r"(\d+) passed")
APPROVALS, PROCESSES, SHARED = 1_000, 8, 100
ROUNDS, ALIVE, MOST_SECONDS = 25, 4, 1.5
EXAMPLES: Final = 10_000


def _url(kind: str, stack: ExitStack) -> str:
    """A place for a new registry."""
    if kind == "sqlite":
        return f"sqlite:///{Path(stack.enter_context(TemporaryDirectory())) / 'registry.db'}"
    return stack.enter_context(postgresql_server()).url()


def approvals(kind: str) -> Callable[[], str]:
    """Many processes share the approvals, and all of them try some."""

    def at_once() -> str:
        with ExitStack() as stack:
            crowded = Crowded(_url(kind, stack))
            ids = crowded.prepared(APPROVALS)
            begun = time.monotonic()
            said = crowded.approved_by(PROCESSES, ids, SHARED)
            took = time.monotonic() - begun
            given = [str(line["number"]) for lines in said for line in lines if "refused" not in line]
            refused = [line["refused"] for lines in said for line in lines if "refused" in line]
            assert len(given) == len(set(given)) == APPROVALS
            assert len(refused) == (PROCESSES - 1) * SHARED
            assert set(refused) == {"registration.illegal_step"}
            assert sorted(crowded.approved()) == sorted(given)
            return f"{len(given):,} numbers, no two alike, no gap; {APPROVALS / took:.0f} approvals a second"

    return at_once


def kills(kind: str) -> Callable[[], str]:
    """Processes that work are killed at any moment, and others go on where they were."""

    def at_random() -> str:
        chance = random.Random(20261125)  # noqa: S311 -- no secret
        steps = numbers = 0
        with ExitStack() as stack:
            crowded = Crowded(_url(kind, stack))
            for round_ in range(ROUNDS):
                said = _killed(crowded, round_, chance)
                numbers = len(crowded.approved())
                for lines in said:
                    steps += len(lines)
                    crowded.has(lines)
                if kind == "sqlite":
                    _sound(crowded.url.removeprefix("sqlite:///"))
        return f"{ROUNDS * ALIVE} processes killed; {steps:,} acknowledged steps all there, {numbers:,} numbers, no gap"

    return at_random


def _killed(crowded: Crowded, round_: int, chance: random.Random) -> list[list[Acknowledged]]:
    with ExitStack() as workers:
        alive = [
            workers.enter_context(Worker("live", crowded.url, crowded.key, f"{round_ * ALIVE + place}"))
            for place in range(ALIVE)
        ]
        for worker in alive:
            worker.begin()
        for worker in alive:
            time.sleep(chance.uniform(0, MOST_SECONDS / ALIVE * 2))
            worker.kill()
        return [worker.said(killed=True) for worker in alive]


def _sound(path: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def sequences(kind: str) -> Callable[[], str]:
    """The stateful test over this kind of database."""

    def all_of_them() -> str:
        test = f"tests/registration/test_model.py::test_any_sequence_of_calls_in_{kind}"
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "0", "--hypothesis-profile=soak", "--timeout=7200", test],
            cwd=ROOT,
            env=os.environ | {"SOAK_EXAMPLES": str(EXAMPLES)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-4_000:]
        assert COUNT.search(ran.stdout)
        return "system, registry and gate agree with the model after every call"

    return all_of_them


RUNS: tuple[tuple[str, str, Callable[[], str]], ...] = (
    *(
        (f"approvals at once by {PROCESSES} processes, {kind}", f"{APPROVALS:,}", approvals(kind))
        for kind in ("sqlite", "postgresql")
    ),
    *(
        (f"processes killed at random moments, {kind}", f"{ROUNDS} rounds of {ALIVE}", kills(kind))
        for kind in ("sqlite", "postgresql")
    ),
    *(
        (f"any sequence of calls, {kind}", f"{EXAMPLES // share:,} of {steps}", sequences(kind))
        for kind, share, steps in (("sqlite", 10, 25), ("postgresql", 50, 20))
    ),
)


if __name__ == "__main__":
    sys.exit(tabled(RUNS, *sys.argv[1:]))
