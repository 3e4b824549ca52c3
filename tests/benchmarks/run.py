"""
Prints every figure of the budgets as a ratio taken side by side in one run. Nothing here is a test.

make bench
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from cachetools import LRUCache

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from icpgate.answer import ByNumber, Found, Observation  # noqa: E402 -- after the path is set
from icpgate.app import App  # noqa: E402 -- as above
from icpgate.gate import AsyncGate, Gate  # noqa: E402 -- as above
from icpgate.lookup import Cache, Capabilities, LookupClient, registry_from_url  # noqa: E402 -- as above
from icpgate.lookup.registries.memory import MemoryRegistry  # noqa: E402 -- as above
from icpgate.lookup.snapshotfile import import_records  # noqa: E402 -- as above
from icpgate.lookup.steps import Now  # noqa: E402 -- as above
from icpgate.number import find_all, parse  # noqa: E402 -- as above
from icpgate.number.reading import attempt  # noqa: E402 -- as above
from icpgate.record import RegistrationRecord  # noqa: E402 -- as above
from tests.benchmarks.cold import cold  # noqa: E402 -- as above
from tests.benchmarks.handwritten import decide  # noqa: E402 -- as above
from tests.benchmarks.measure import ROUNDS, Ratio, paired, processes, seconds  # noqa: E402 -- as above
from tests.cases import NOW, described, registered  # noqa: E402 -- as above

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.steps import Flow

CLEAN = "蜀ICP备2021014694号-10A"
DIRTY = "豫 ICP 备 2026011707 号 -1A"
BARE = re.compile(
    r"([京津沪渝冀豫辽黑湘皖鲁新苏浙赣鄂桂晋蒙陕吉闽粤青藏宁琼蜀黔滇陇])ICP(备|证)([0-9]{6,10})号(?:-([1-9][0-9]{0,4})([AXK])?)?"
)
RECORDS = 200_000


class _Steady:
    """A clock that stands still and costs next to nothing."""

    def now(self) -> datetime:
        """The wall clock."""
        return NOW

    def monotonic(self) -> float:
        """The other one."""
        return 0.0


def numbers() -> list[Ratio]:
    """`parse`, clean, dirty and memoised."""
    uncached = attempt.__wrapped__

    def bare() -> object:
        match = BARE.fullmatch(CLEAN)
        return match.groups() if match is not None else None

    @lru_cache(maxsize=16_384)
    def memo(text: str) -> str:
        return text

    page = "<p>备案号：<a>京ICP备13004658号-1A</a></p> " * 25_000
    found = paired(
        "find_all in a marked-up megabyte",
        lambda: find_all(page),
        lambda: BARE.findall(page),
        budget=30,
        words="findall of the bare pattern",
        count=1,
    )
    return [
        paired("parse, clean", lambda: uncached(CLEAN), bare, budget=2.5, words="bare match with groups"),
        paired("parse, dirty", lambda: uncached(DIRTY), bare, budget=6, words="bare match with groups"),
        paired("parse, memoised", lambda: parse(CLEAN), lambda: memo(CLEAN), budget=3, words="lru_cache"),
        found,
    ]


def decisions() -> list[Ratio]:
    """The warm decision: the record at hand, every rule, evidence and reasons."""
    clock = _Steady()
    record = RegistrationRecord.read(registered())
    registry = MemoryRegistry([record], id="m", authoritative=True, observed_at=NOW - timedelta(days=1), source="bench")
    gate = Gate.for_listing(registry, clock=clock)
    # The yardstick compares texts as they stand: let them be equal.
    operator = {"name": record.operator, "document_type": "uscc", "document_number": record.document_number}
    app = App.parse(described(operator=operator))
    bad = App.parse(
        described(
            name="别的", package="com.other", operator={"name": "别的公司"}, display={}, signing_certificates=["f" * 32]
        )
    )
    number = parse(CLEAN)
    assert gate.check(app).allowed
    assert decide(app, number, record, NOW)[0] == "allow"
    assert len(gate.check(bad).codes) >= 5
    kept: list[object] = []

    class Kept:
        def record(self, decision: object) -> None:
            kept[:] = [decision]

    recording = Gate.for_listing(registry, clock=clock, recorder=Kept())
    cached = Gate.for_listing(Remote(registry), clock=clock)
    assert cached.check(app).allowed
    hit = ByNumber(number)
    return [
        paired("a hit", lambda: cached.lookup.look_up(hit), locked, budget=3, words="cachetools' LRUCache and a lock"),
        paired(
            "warm check through the cache",
            lambda: cached.check(app),
            lambda: decide(app, number, record, NOW),
            budget=6,
            words="the same demands by hand",
        ),
        awaited(registry, app),
        remembered(record),
        paired(
            "warm check, allowed",
            lambda: gate.check(app),
            lambda: decide(app, number, record, NOW),
            budget=6,
            words="the same demands by hand",
        ),
        paired(
            "a denial with five reasons", lambda: gate.check(bad), lambda: gate.check(app), budget=2, words="an allow"
        ),
        paired(
            "recorded, in memory", lambda: recording.check(app), lambda: gate.check(app), budget=3, words="unrecorded"
        ),
    ]


class Remote:
    """A registry that is asked through loads and the cache, as one over a network is."""

    id = "remote"
    capabilities = Capabilities(by_document=True, authoritative=True)

    def __init__(self, registry: MemoryRegistry) -> None:
        """Take what it knows."""
        self._registry = registry

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        return self._registry.ask(queries)


_LRU: LRUCache[str, str] = LRUCache(16_384)
_LRU[CLEAN] = CLEAN
_LOCK = threading.Lock()


def locked() -> str | None:
    """What the cache costs by itself: a look under its lock."""
    with _LOCK:
        return _LRU.get(CLEAN)


def awaited(registry: MemoryRegistry, app: App) -> Ratio:
    """The same warm check on an event loop, beside the blocking one."""
    blocking = Gate.for_listing(Remote(registry), clock=_Steady())

    async def main() -> list[tuple[float, float]]:
        gate = AsyncGate.for_listing(Remote(registry), clock=_Steady())
        rows = []
        await gate.check(app)
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            for _ in range(5_000):
                await gate.check(app)
            rows.append(((time.perf_counter() - begun) / 5_000, seconds(lambda: blocking.check(app), 5_000)))
        return rows

    rows = asyncio.run(main())
    ratio = statistics.median(own / other for own, other in rows)
    return Ratio("warm check, awaited", ratio, 1.3, "µs", statistics.median(own for own, _ in rows) * 1e6, "blocking")


def remembered(record: RegistrationRecord, count: int = 100_000) -> Ratio:
    """What a cached observation takes, its record, its key and its share of the tables included."""
    template = json.dumps(record.written(), ensure_ascii=False)
    cache = Cache(max_entries=count, max_bytes=1 << 40)
    client = LookupClient(Reading(template), cache=cache, clock=_Steady())
    client.look_up_many([_numbered(position) for position in range(1_000)])
    tracemalloc.start()
    for first in range(1_000, count, 1_000):
        client.look_up_many([_numbered(position) for position in range(first, first + 1_000)])
    size = tracemalloc.get_traced_memory()[0] / (count - 1_000)
    tracemalloc.stop()
    client.close()
    return Ratio("bytes a cached observation", size / 1_024, 1, "bytes", size, "1 KiB")


def _numbered(position: int) -> ByNumber:
    return ByNumber(parse(f"京ICP备{2_021_000_001 + position}号-1A"))


class Reading(Remote):
    """A registry whose every record is read anew, so that none shares its texts with another."""

    def __init__(self, template: str) -> None:
        """Take a record as JSON has it."""
        self._template = json.loads(template)

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        yield Now()
        return [self._observed(query) for query in queries]

    def _observed(self, query: Query) -> Observation:
        assert isinstance(query, ByNumber)
        text = query.number.canonical
        row = json.loads(json.dumps(self._template)) | {"registration_number": text}
        row["entity_number"] = query.number.entity_number
        row |= {"service_name": f"应用{text[6:]}", "operator": f"示例科技{text[6:]}有限公司"}
        record = RegistrationRecord.read(row)
        return Observation(query, Found((record,)), record.observed_at, record.source, self.id)


def local_registry() -> list[Ratio]:
    """A registry in one file of 200,000 records: size, import, point look-up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = folder / "rows.jsonl"
        with rows.open("w", encoding="utf-8") as file:
            for position in range(RECORDS):
                file.write(json.dumps(_row(position), ensure_ascii=False) + "\n")
        begun = time.perf_counter()
        observed = datetime.now(UTC) - timedelta(days=1)
        path = folder / "registry.icpdb"
        import_records(path, rows, observed_at=observed, source="bench", authoritative=True, scope="all")
        spent = time.perf_counter() - begun
        begun = time.perf_counter()
        for line in rows.open("rb"):
            json.loads(line)
        decoding = time.perf_counter() - begun
        size = path.stat().st_size / RECORDS
        return [
            Ratio("bytes a record on disk", size / 200, 1, "bytes", size, "200 bytes"),
            Ratio("import", spent / decoding, 10, "records/s", RECORDS / spent, "json.loads of the lines"),
            _point(folder, path),
        ]


def _point(folder: Path, path: Path) -> Ratio:
    plain = sqlite3.connect(folder / "plain.db")
    plain.execute("create table r (number text primary key, body text) without rowid")
    rows = map(_row, range(RECORDS))
    plain.executemany("insert into r values (?, ?)", ((row["registration_number"], json.dumps(row)) for row in rows))
    plain.commit()
    client = LookupClient(registry_from_url(f"snapshot:{path}"))
    queries = [ByNumber(parse(str(_row(p * 97 % RECORDS)["registration_number"]))) for p in range(2_000)]
    mine, other = cycle(queries), cycle([query.number.canonical for query in queries])

    def bare() -> object:
        found = plain.execute("select body from r where number = ?", (next(other),)).fetchone()
        return json.loads(found[0])

    words = "a bare SELECT and json.loads"
    ratio = paired(
        "point look-up, record read", lambda: client.look_up(next(mine)), bare, budget=3, words=words, count=1_000
    )
    client.close()
    plain.close()
    return ratio


def _ask(client: LookupClient, queries: Iterator[ByNumber]) -> object:
    return client.look_up(next(queries))


def _row(position: int) -> dict[str, object]:
    entity = position % 90_000
    return {
        "registration_number": f"京ICP备{2020 + position % 6}{entity + 10_000:06d}号-{position // 90_000 + 1}A",
        "service_name": f"应用{position}",
        "kind": "app",
        "operator": f"示例网络科技{entity}有限公司",
        "document_number": f"9111{entity:014d}",
        "platforms": [{"platform": "android", "package": f"cn.example.app{position}"}],
        "status": "registered",
    }


COLD = """
from datetime import datetime
from icpgate import App, Gate
gate = Gate.for_listing("snapshot:{path}")
gate.check(App.parse({app}))
"""


def start() -> list[Ratio]:
    """Import, first decision, help."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "registry.icpdb"
        import_records(path, ROOT / "examples/registry-invented.jsonl", observed_at=datetime.now(UTC), source="bench")
        cold = COLD.format(path=path, app=described())
        return [
            processes(
                "import icpgate",
                ["-c", "import icpgate"],
                ["-c", "import pydantic"],
                budget=1.2,
                words="import pydantic",
            ),
            processes(
                "first decision on a local registry",
                ["-c", cold],
                ["-c", "from icpgate import App, Gate; App, Gate"],
                budget=2.5,
                words="import of App and Gate",
            ),
            processes(
                "icpgate --help",
                ["-m", "icpgate", "--help"],
                ["-c", "pass"],
                budget=4,
                words="python -c pass",
                less=False,
            ),
        ]


def main() -> None:
    """Print all of them."""
    for part in (numbers, decisions, local_registry, start, cold):
        for ratio in part():
            sys.stdout.write(f"{ratio}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
