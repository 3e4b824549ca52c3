"""
One process of several that want the same: `python -m tests.lookup.crowd_process REGISTRY CACHE`.

Each line on its standard input is a question, as JSON: a `number`, how many `tasks` and `threads` ask for it at
once, and for how many seconds the lock between processes is `locked`, if other than shipped. Each line on its standard
output has every different answer that they got, and how many got it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from icpgate.answer import Found, Unavailable
from icpgate.lookup import Cache, flow
from icpgate.lookup.cache.redis import RedisLevel
from tests.lookup.crowd import PATIENCE, Pair, settled
from tests.lookup.files import by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.answer import Observation

__all__ = ["A_BUSY_MACHINE", "Process"]

ROOT = Path(__file__).parents[2]

A_BUSY_MACHINE = 5.0
"""Seconds that an exchange with the cache may take here. Four processes on two cores may need more than a tenth."""


class Process:
    """A process that runs this module."""

    def __init__(self, registry: str, cache: str) -> None:
        """Start it; the addresses are of a registry and of a second level."""
        command = [sys.executable, "-m", "tests.lookup.crowd_process", registry, cache]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def __enter__(self) -> Self:
        """Return when it is ready."""
        assert self._line() == "ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.communicate(timeout=30)
        assert self._process.returncode == 0

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def ask(self, number: str, *, tasks: int = 0, threads: int = 0, locked: float | None = None) -> None:
        """Have it ask; its callers' answers are told by `answers`."""
        assert self._process.stdin is not None
        question = {"number": number, "tasks": tasks, "threads": threads, "locked": locked}
        self._process.stdin.write(json.dumps(question) + "\n")

    def answers(self) -> dict[str, int]:
        """How many callers got which answer."""
        return dict(json.loads(self._line()))

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It does nothing, as if the machine had forgotten it."""
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)


def _in_words(observation: Observation) -> str:
    answer = observation.answer
    if isinstance(answer, Found):
        return f"{answer.record.status.value} {answer.record.observed_at.isoformat()}"
    return answer.why.value if isinstance(answer, Unavailable) else "not_registered"


async def _asked(pair: Pair, question: dict[str, Any]) -> dict[str, int]:
    query = by(question["number"])
    if question["locked"] is not None:
        vars(flow)["_LOCKED"] = question["locked"]
    observations: list[Observation] = []
    threads = [
        threading.Thread(target=lambda: observations.append(pair.blocking.look_up(query, deadline=PATIENCE)))
        for _ in range(question["threads"])
    ]
    for thread in threads:
        thread.start()
    tasks = [pair.awaiting.look_up(query, deadline=PATIENCE) for _ in range(question["tasks"])]
    observations += await asyncio.gather(*tasks)
    for thread in threads:
        await asyncio.to_thread(thread.join)
    await settled(pair)
    return Counter(map(_in_words, observations))


def _main(registry: str, cache: str) -> None:
    pair = Pair(registry, Cache(level=RedisLevel(cache, timeout=A_BUSY_MACHINE)))
    with asyncio.Runner() as runner:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            sys.stdout.write(json.dumps(runner.run(_asked(pair, json.loads(line)))) + "\n")
            sys.stdout.flush()
        pair.blocking.close()
        runner.run(pair.awaiting.close())
        pair.cache.close()


if __name__ == "__main__":
    _main(*sys.argv[1:])
