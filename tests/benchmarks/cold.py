"""
The cold lookup: ours beside bare httpx, httpx2, aiohttp and pyreqwest, against a real server in a process of its own.

Each contender is a factory: an asynchronous context manager (or a blocking one) that is given the
server's address and gives a function that fetches the record of a number. A client that is not
installed is left out, with a line that says so. Further contenders are added to `CONTENDERS`.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from icpgate.answer import ByNumber, Found
from icpgate.app import App
from icpgate.gate import AsyncGate
from icpgate.lookup import AsyncLookupClient
from icpgate.lookup.http import AsyncHttp, BlockingHttp
from icpgate.lookup.steps import Request
from icpgate.number import parse
from icpgate.testing import FixedClock
from tests.benchmarks.measure import Ratio
from tests.cases import LINK, NOW, described, registered

if TYPE_CHECKING:
    from types import ModuleType

Fetch = Callable[[int], Awaitable[bytes]]
Factory = Callable[[str], AbstractAsyncContextManager[Fetch]]
BlockingFetch = Callable[[int], bytes]
BlockingFactory = Callable[[str], AbstractContextManager[BlockingFetch]]

AT_ONCE = 64
ROUNDS = 7
DELAY = 0.005
DIGITS = 13_004_658
"""The first number; each has as many digits, so that each answer is as long."""


def _record(digits: str) -> bytes:
    """The answer of icpgate's protocol about a number, about 700 bytes of it."""
    number = f"京ICP备{digits}号-1A"
    record = registered(registration_number=number, kind="app", observed_at="2026-11-23T00:00:00Z")
    answer = {"status": "registered", "number": number, "record": record, "source": "bench"}
    return json.dumps(answer | {"observed_at": "2026-11-23T00:00:00Z"}, ensure_ascii=False).encode()


RECORD = _record("DIGITSXX")


class _Answering(asyncio.Protocol):
    """Answers every request with the same record, as cheaply as Python can."""

    delay = 0.0
    asked = re.compile(rb"%A4%87([0-9]{8})%E5")
    answer = (
        b"HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 00:00:00 GMT\r\nserver: bench\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(RECORD), RECORD)
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for digits in self.asked.findall(data):
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.send, digits)
            else:
                self.send(digits)

    def send(self, digits: bytes) -> None:
        self.transport.write(self.answer.replace(b"DIGITSXX", digits))  # type: ignore[attr-defined]  # a stream's transport


async def _serve(delay: float) -> None:
    _Answering.delay = delay
    server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def served(delay: float) -> Iterator[str]:
    """A server that answers after so many seconds; its address."""
    program = [sys.executable, "-m", "tests.benchmarks.cold", "--serve", str(delay)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def path(position: int) -> str:
    """The address of a record: no two requests of a round are for the same."""
    return f"/v1/registrations/%E4%BA%ACICP%E5%A4%87{DIGITS + position}%E5%8F%B7-1A"


@asynccontextmanager
async def lookups(base: str) -> AsyncIterator[Fetch]:
    """`AsyncLookupClient`: cache, breaker, one load for a key, the record read and held to its query."""
    async with AsyncLookupClient(base, clock=FixedClock(NOW)) as client:

        async def fetch(position: int) -> bytes:
            observation = await client.look_up(ByNumber(parse(f"京ICP备{DIGITS + position}号-1A")))
            assert isinstance(observation.answer, Found), observation
            return RECORD

        yield fetch


def _app(position: int) -> App:
    number = f"京ICP备{DIGITS + position}号-1A"
    return App.parse(described(registration_number=number, display={"number": number, "link": LINK}))


@asynccontextmanager
async def ours(base: str) -> AsyncIterator[Fetch]:
    """`AsyncHttp`, as a registry uses it."""
    http = AsyncHttp()

    async def fetch(position: int) -> bytes:
        request = Request("GET", base + path(position), (("accept", "application/json"),))
        return (await http.send(request, 5.0)).body

    yield fetch
    await http.close()


def stock(name: str) -> Factory:
    """Stock httpx or httpx2, as they come, with connections enough."""

    @asynccontextmanager
    async def factory(base: str) -> AsyncIterator[Fetch]:
        module = import_module(name)
        limits = module.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        async with module.AsyncClient(limits=limits) as client:

            async def fetch(position: int) -> bytes:
                content: bytes = (await client.get(base + path(position))).content
                return content

            yield fetch

    return factory


@asynccontextmanager
async def aiohttp(base: str) -> AsyncIterator[Fetch]:
    """Stock aiohttp, as it comes."""
    async with import_module("aiohttp").ClientSession() as session:

        async def fetch(position: int) -> bytes:
            async with session.get(_unquoted(base + path(position))) as response:
                content: bytes = await response.read()
                return content

        yield fetch


def _unquoted(url: str) -> Any:
    return import_module("yarl").URL(url, encoded=True)


@asynccontextmanager
async def pyreqwest(base: str) -> AsyncIterator[Fetch]:
    """Stock pyreqwest, as it comes."""
    async with import_module("pyreqwest.client").ClientBuilder().build() as client:

        async def fetch(position: int) -> bytes:
            response = await client.get(base + path(position)).build().send()
            return bytes(await response.bytes())

        yield fetch


@dataclass(frozen=True, slots=True)
class Contender:
    """A client for the comparison. `count` is how many requests a round has: fewer for the slow ones."""

    name: str
    factory: Factory
    module: str
    count: int
    budget: float
    """Ours may take so many times its time for a request."""


OURS = Contender("ours", ours, "icpgate", 3_200, 1.0)
LOOKUPS = Contender("look_up", lookups, "icpgate", 3_200, 1.0)
CONTENDERS = [
    Contender("httpx", stock("httpx"), "httpx", 256, 0.1),
    Contender("httpx2", stock("httpx2"), "httpx2", 512, 1.0),
    Contender("aiohttp", aiohttp, "aiohttp", 2_560, 2.0),
    Contender("pyreqwest", pyreqwest, "pyreqwest", 3_200, 2.0),
]
"""Of httpx2 and aiohttp nothing was promised; they stand here to be compared with."""


def at_once(base: str, factory: Factory, count: int, tasks: int) -> float:
    """Seconds a request takes with so many tasks at once, after each has made its connection."""

    async def measured() -> float:
        async with factory(base) as fetch:

            async def some(first: int, number: int) -> None:
                for position in range(first, first + number):
                    assert len(await fetch(position)) == len(RECORD)

            await asyncio.gather(*[some(task, 1) for task in range(tasks)])
            share = count // tasks
            begun = time.perf_counter()
            await asyncio.gather(*[some(tasks + task * share, share) for task in range(tasks)])
            return (time.perf_counter() - begun) / (share * tasks)

    return asyncio.run(measured())


def compared(own: Contender, others: list[Contender], *, delay: float, tasks: int) -> Iterator[Ratio]:
    """Ours beside each of the others: every round measures all of them, one after the other."""
    present = [other for other in others if _installed(other.module)]
    with served(delay) as base:
        rounds = [
            [at_once(base, each.factory, max(each.count * tasks // AT_ONCE, 200), tasks) for each in [own, *present]]
            for _ in range(ROUNDS)
        ]
    mine = statistics.median(row[0] for row in rounds)
    for position, other in enumerate(present, 1):
        ratio = statistics.median(row[0] / row[position] for row in rounds)
        theirs = statistics.median(row[position] for row in rounds)
        words = f"{other.name} ({1 / theirs:,.0f}/s), {tasks} at once"
        yield Ratio(f"cold, async, {own.name}", ratio, other.budget, "requests/s", 1 / mine, words)


def _installed(module: str) -> bool:
    if find_spec(module) is not None:
        return True
    sys.stdout.write(f"----  {module} is not installed: not compared\n")
    return False


@contextmanager
def ours_blocking(base: str) -> Iterator[BlockingFetch]:
    """`BlockingHttp`, as a registry uses it."""
    http = BlockingHttp()
    yield lambda position: http.send(Request("GET", base + path(position), (("accept", "application/json"),)), 5.0).body
    http.close()


@contextmanager
def stock_blocking(base: str) -> Iterator[BlockingFetch]:
    """Stock httpx, as it comes."""
    module: ModuleType = import_module("httpx")
    with module.Client() as client:
        yield lambda position: client.get(base + path(position)).content


def one_at_a_time(count: int = 500) -> Iterator[Ratio]:
    """Ours beside stock httpx, a request after the other, answered at once: blocking and async."""

    def each(base: str, factory: BlockingFactory) -> float:
        with factory(base) as fetch:
            fetch(0)
            begun = time.perf_counter()
            for position in range(1, count + 1):
                assert len(fetch(position)) == len(RECORD)
            return (time.perf_counter() - begun) / count

    with served(0.0) as base:
        rows = [(each(base, ours_blocking), each(base, stock_blocking)) for _ in range(ROUNDS)]
    ratio = statistics.median(own / other for own, other in rows)
    mine, theirs = (statistics.median(column) for column in zip(*rows, strict=True))
    words = f"httpx ({1 / theirs:,.0f}/s), 1 at once"
    yield Ratio("cold, blocking, ours", ratio, 1.0, "requests/s", 1 / mine, words)
    yield from compared(OURS, [Contender("httpx", stock("httpx"), "httpx", 256, 1.0)], delay=0.0, tasks=1)


def added_by_a_check(count: int = 2_000) -> Iterator[Ratio]:
    """What a cold check takes of the processor beyond its look-up; the apps have been read before."""
    apps = [_app(position) for position in range(count)]
    queries = [ByNumber(parse(app.registration_number)) for app in apps]

    async def looked_up(base: str) -> float:
        async with AsyncLookupClient(base, clock=FixedClock(NOW)) as client:
            begun = time.process_time()
            for query in queries:
                await client.look_up(query)
            return (time.process_time() - begun) / count

    async def checked(base: str) -> float:
        async with AsyncGate.for_listing(base, clock=FixedClock(NOW)) as gate:
            begun = time.process_time()
            for app in apps:
                assert (await gate.check(app)).allowed
            return (time.process_time() - begun) / count

    with served(0.0) as base:
        rows = [(asyncio.run(checked(base)), asyncio.run(looked_up(base))) for _ in range(ROUNDS)]
    ratio = statistics.median(check / look_up for check, look_up in rows)
    mine = statistics.median(check for check, _ in rows)
    yield Ratio("cold check, processor", ratio, 1.15, "µs", mine * 1e6, "its look-up")


def cold() -> Iterator[Ratio]:
    """Every figure of the cold lookup's exchange."""
    yield from compared(OURS, CONTENDERS, delay=DELAY, tasks=AT_ONCE)
    yield from compared(LOOKUPS, [CONTENDERS[0], CONTENDERS[-1]], delay=DELAY, tasks=AT_ONCE)
    yield from one_at_a_time()
    yield from added_by_a_check()


if __name__ == "__main__":
    if "--serve" in sys.argv:
        asyncio.run(_serve(float(sys.argv[-1])))
    else:
        for found in cold():
            sys.stdout.write(f"{found}\n")
            sys.stdout.flush()
