"""
A great many different numbers through one cache: `python -m tests.lookup.million '{"numbers": 50000, …}'`.

Prints what came of it as JSON. A process of its own, so that its memory is that of the cache and nothing else.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
import tracemalloc
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpgate.answer import Found, NotRegistered, Observation
from icpgate.lookup import Cache, LookupClient
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.steps import Now
from icpgate.record import RegisteredPlatform, RegistrationRecord
from tests.cases import registered
from tests.lookup.crowd import numbered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpgate.answer import Query
    from icpgate.lookup.steps import Flow

__all__ = ["Figures", "run"]

ROOT = Path(__file__).parents[2]
BATCH = 500
PAGE = 4096


@dataclass(frozen=True)
class Figures:
    """
    What a run showed. Memory is in bytes; `full` is when the cache had put out once as many as it holds, `end` the end.

    `an_entry` is what one takes by Python's own count, `a_weight` what the cache believes; both only
    of a run that was traced. A `hit` is in microseconds.
    """

    entries: int
    most_entries: int
    most_bytes: int
    evictions: int
    before: int
    full: int
    end: int
    an_entry: float
    a_weight: float
    hit: float
    seconds: float


def run(**settings: Any) -> Figures:
    """
    Run it in a process of its own.

    `numbers`, `max_entries` and `max_bytes` say how much, `shape` of what (`whole`, `few`, `many`, `no`),
    `traced` whether memory is counted object by object.
    """
    command = [sys.executable, "-m", "tests.lookup.million", json.dumps(settings)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Figures(**json.loads(ran.stdout))


RECORD = RegistrationRecord.read(registered())


class Register:
    """A registry in memory, behind a cache as one at the other end of a network is; no two texts are one object."""

    id = "https://registry.example.cn/icp"
    capabilities = Capabilities(authoritative=True)

    def __init__(self, shape: str) -> None:
        """Of which shape its answers are."""
        self._shape = shape
        self._asked = 0

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Something of its own about each."""
        reply = yield Now()
        return [self._observed(query, reply.now - timedelta(minutes=5)) for query in queries]

    def _observed(self, query: Query, now: datetime) -> Observation:
        self._asked += 1
        seen = now + timedelta(microseconds=self._asked % 1_000_000)
        answer = NotRegistered("all") if self._shape == "no" else Found((self._record(query, seen),))
        return Observation(query, answer, seen, f"export {self._asked}", self.id)

    def _record(self, query: Query, seen: datetime) -> RegistrationRecord:
        n = self._asked
        record = replace(
            RECORD,
            registration_number=query.number,  # type: ignore[union-attr]  # it is asked by number
            observed_at=seen,
            source=f"export {n}",
            service_name=f"示例阅读{n}",
            operator=f"示例科技（成都）第{n}有限公司",
            document_number=f"915101{n:09d}60R",
        )
        if self._shape == "few":
            absent = ("platforms", "domains", "endpoints", "access_providers", "pre_approvals")
            return replace(record, **dict.fromkeys(absent))  # type: ignore[arg-type]  # each may be None
        platforms = [
            RegisteredPlatform(RECORD.platforms[0].platform, f"cn.example.app{n}.{i}", f"{n:031x}{i}", None)  # type: ignore[index]  # it has one
            for i in range(5 if self._shape == "many" else 1)
        ]
        many = 10 if self._shape == "many" else 1
        return replace(
            record,
            platforms=tuple(platforms),
            domains=tuple(f"a{i}.n{n}.example.cn" for i in range(many)),
            endpoints=tuple(f"203.0.{n % 256}.{i}" for i in range(many)),
            access_providers=(f"示例云{n}",),
            pre_approvals=(f"出版{n}",),
            approved_at=seen - timedelta(days=9),
        )


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def _main(numbers: int, max_entries: int, max_bytes: int, shape: str, *, traced: bool) -> Figures:
    begun = time.monotonic()
    _asked(LookupClient(Register(shape)), range(5_000_000, 5_000_500))  # what is made once and for all
    cache = Cache(max_entries=max_entries, max_bytes=max_bytes)
    client = LookupClient(Register(shape), cache=cache)
    gc.collect()
    before, full, most_entries, most_bytes, counted = _resident(), 0, 0, 0, 0.0
    if traced:
        tracemalloc.start(1)
    for first in range(0, numbers, BATCH):
        _asked(client, range(first, min(first + BATCH, numbers)))
        statistics = cache.statistics
        most_entries, most_bytes = max(most_entries, statistics.entries), max(most_bytes, statistics.bytes)
        if statistics.evictions >= statistics.entries and not full:
            full = _resident()
    if traced:
        gc.collect()
        counted = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    statistics = cache.statistics
    return Figures(
        entries=statistics.entries,
        most_entries=most_entries,
        most_bytes=most_bytes,
        evictions=statistics.evictions,
        before=before,
        full=full,
        end=_resident(),
        an_entry=counted / statistics.entries,
        a_weight=statistics.bytes / statistics.entries,
        hit=_hit(client, range(numbers - min(numbers, BATCH), numbers)),
        seconds=time.monotonic() - begun,
    )


def _asked(client: LookupClient, positions: range) -> None:
    for observation in client.look_up_many([numbered(position) for position in positions]):
        assert isinstance(observation.answer, (Found, NotRegistered)), observation.answer


def _hit(client: LookupClient, positions: range) -> float:
    """Microseconds of a hit."""
    queries = [numbered(position) for position in positions]
    best = float("inf")
    for _ in range(5):
        begun = time.perf_counter()
        for query in queries:
            client.look_up(query)
        best = min(best, time.perf_counter() - begun)
    return best / len(queries) * 1e6


if __name__ == "__main__":
    sys.stdout.write(json.dumps(vars(_main(**json.loads(sys.argv[1])))) + "\n")
