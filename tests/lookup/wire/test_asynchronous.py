"""The exchange for an event loop: many at once, cancelled anywhere, and loops that come and go."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Why
from icpgate.lookup.http import AsyncHttp
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire import Origin, Outgoing
from icpgate.lookup.wire.asynclink import Link, Outcome
from icpgate.lookup.wire.asyncpool import Pool
from icpgate.lookup.wire.conversation import Conversation
from icpgate.lookup.wire.tls import shared_context
from tests.lookup.wire.callers import get
from tests.lookup.wire.server import FaultServer, Peer, answer, plays

if TYPE_CHECKING:
    import ssl

ECHO = plays(answer(b"{}"), again=True)


def places(http: AsyncHttp) -> tuple[int, int]:
    """How many connections there are, and how many of them are idle."""
    lanes = [lane for home in http._wire._homes.values() for lane in home.pool._lanes.values()]
    return sum(lane.open for lane in lanes), sum(len(lane.idle) for lane in lanes)


def drop_idle(http: AsyncHttp) -> None:
    """Have the next request make a connection of its own."""
    for home in http._wire._homes.values():
        for lane in list(home.pool._lanes.values()):
            for link in list(lane.idle):
                link.left(link)


def test_many_at_once_over_few_connections() -> None:
    """Whoever finds no connection free waits for one; none is lost and none is too many."""

    async def run(url: str) -> tuple[int, tuple[int, int]]:
        http = AsyncHttp(connections=4)
        came = await asyncio.gather(*[http.send(get(url), 5.0) for _ in range(200)])
        now = places(http)
        await http.close()
        return len(came), now

    with FaultServer(ECHO) as server:
        assert asyncio.run(run(server.url)) == (200, (4, 4))
        assert server.connections == 4


def test_waiting_for_a_connection_ends_at_the_deadline() -> None:
    """With all places taken, the wait is part of the budget; who waited in vain leaves no trace."""

    async def run(url: str) -> None:
        http = AsyncHttp(connections=1)
        holding = asyncio.create_task(http.send(get(url), 1.0))
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        with pytest.raises(Unanswered) as caught:
            await http.send(get(url), 0.1)
        assert time.monotonic() - begun < 0.5
        assert (caught.value.why, caught.value.detail) == (Why.TIMEOUT, "no free connection")
        holding.cancel()
        await asyncio.wait([holding])
        assert places(http) == (0, 0)
        await http.close()

    with FaultServer(lambda peer: peer.pause(30)) as server:
        asyncio.run(run(server.url))


def test_a_place_that_comes_free_is_handed_on() -> None:
    """A connection that is of no use any more makes room for a new one."""

    async def run(url: str) -> int:
        http = AsyncHttp(connections=1)
        came = await asyncio.gather(*[http.send(get(url), 5.0) for _ in range(20)])
        assert places(http) == (0, 0)
        await http.close()
        return len(came)

    with FaultServer(plays(answer(b"{}", b"connection: close"))) as server:
        assert asyncio.run(run(server.url)) == 20
        assert server.connections == 20


def test_a_failed_connection_hands_its_place_on(refusing: int) -> None:
    """Those who wait are not left waiting for what will not come."""

    async def run() -> None:
        http = AsyncHttp(connections=1)
        came = await asyncio.gather(
            *[http.send(get(f"http://127.0.0.1:{refusing}"), 5.0) for _ in range(5)], return_exceptions=True
        )
        assert {(type(each), each.why) for each in came if isinstance(each, Unanswered)} == {
            (Unanswered, Why.CONNECTION)
        }
        assert places(http) == (0, 0)

    asyncio.run(run())


@pytest.mark.parametrize("over", ["plain", "name", "tls", "waiting", "kept"])
def test_cancelled_at_any_step_nothing_is_left(over: str, trusting: ssl.SSLContext, serving: ssl.SSLContext) -> None:
    """At each of the first hundred turns of the loop: no task, no place taken, and the next request works."""

    async def run(url: str) -> None:
        http = AsyncHttp(ssl_context=trusting, connections=1)
        for turns in range(100):
            if over == "kept":
                await http.send(get(url), 5.0)
            holding = [asyncio.create_task(http.send(get(url), 5.0))] if over == "waiting" else []
            task = asyncio.create_task(http.send(get(url), 5.0))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task, *holding])
            taken, idle = places(http)
            assert taken == idle <= 1
            assert asyncio.all_tasks() == {asyncio.current_task()}
            if over != "kept":
                drop_idle(http)
        assert (await http.send(get(url), 5.0)).status == 200
        await http.close()

    with FaultServer(ECHO, ssl_context=serving if over == "tls" else None) as server:
        asyncio.run(run(server.url.replace("127.0.0.1", "localhost") if over == "name" else server.url))
        assert server.waits_for(lambda: server.open == 0)


def test_a_client_of_several_loops() -> None:
    """Each loop has connections of its own; they end with it, and nobody need close anything."""
    http = AsyncHttp()
    with FaultServer(ECHO) as server:
        for _ in range(3):
            assert asyncio.run(http.send(get(server.url), 2.0)).status == 200
        assert server.connections == 3
        assert server.waits_for(lambda: server.open == 0)
        asyncio.run(http.close())


def test_loops_that_run_at_once() -> None:
    """Each in a thread of its own, with one client: neither disturbs the other."""
    http = AsyncHttp()
    both = threading.Barrier(2)

    async def run(url: str) -> int:
        came = 0
        for _ in range(50):
            both.wait(5)
            came += (await http.send(get(url), 5.0)).status == 200
        return came

    with FaultServer(ECHO) as server, ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda _: asyncio.run(run(server.url)), range(2))) == [50, 50]
        assert server.connections == 2
        asyncio.run(http.close())


def test_a_forgotten_client_closes_its_connections() -> None:
    """Its loop closes them once nobody holds it any more."""

    async def run(server: FaultServer) -> None:
        http = AsyncHttp()
        await http.send(get(server.url), 2.0)
        assert server.open == 1
        del http
        gc.collect()
        for _ in range(100):
            if server.open == 0:
                break
            await asyncio.sleep(0.01)
        assert server.open == 0

    with FaultServer(ECHO) as server:
        asyncio.run(run(server))


def test_idle_connections_are_swept() -> None:
    """Also when nobody sends anything any more."""

    async def run(server: FaultServer) -> None:
        http = AsyncHttp(idle_seconds=0.05)
        await asyncio.gather(*[http.send(get(server.url), 2.0) for _ in range(3)])
        await asyncio.sleep(0.04)
        await http.send(get(server.url), 2.0)
        for _ in range(100):
            if places(http) == (0, 0):
                break
            await asyncio.sleep(0.01)
        assert places(http) == (0, 0)
        await http.close()

    with FaultServer(ECHO) as server:
        asyncio.run(run(server))


def test_closing_ends_the_waiting() -> None:
    """Who waits for a connection of a client that is being closed is told so; who has one finishes."""

    async def run(url: str) -> None:
        http = AsyncHttp(connections=1)
        holding = asyncio.create_task(http.send(get(url), 5.0))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(http.send(get(url), 5.0))
        await asyncio.sleep(0.05)
        await http.close()
        assert (await holding).status == 200
        with pytest.raises(Unanswered, match="closed"):
            await waiting

    with FaultServer(plays(0.2, answer(b"{}"), again=True)) as server:
        asyncio.run(run(server.url))
        assert server.waits_for(lambda: server.open == 0)


def test_a_client_closed_meanwhile_makes_no_new_connection() -> None:
    """Not even in place of one that has failed."""
    go = threading.Event()

    def behave(peer: Peer) -> None:
        plays(answer(b"{}"))(peer)
        peer.request()
        go.wait(5)

    async def run(url: str) -> None:
        http = AsyncHttp()
        await http.send(get(url), 5.0)
        second = asyncio.create_task(http.send(get(url), 5.0))
        await asyncio.sleep(0.02)
        await http.close()
        go.set()
        with pytest.raises(Unanswered, match="closed"):
            await second

    with FaultServer(behave) as server:
        asyncio.run(run(server.url))
        assert server.connections == 1


@pytest.mark.parametrize("way", ["give", "discard", "close"])
def test_what_comes_just_when_its_receiver_is_cancelled_is_given_back(way: str) -> None:
    """A connection, a place, or the news that there is none."""

    async def run(port: int) -> None:
        origin = Origin(secure=False, host="127.0.0.1", port=port)
        pool = Pool(shared_context, 1, 15.0)
        deadline = asyncio.get_running_loop().time() + 5.0
        link = await pool.obtain(origin, deadline)
        waiting = asyncio.create_task(pool.obtain(origin, deadline))
        await asyncio.sleep(0)
        if way == "close":
            pool.close()
        else:
            getattr(pool, way)(link)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        pool.discard(link)
        assert not pool._lanes
        pool.close()
        await asyncio.sleep(0)

    with FaultServer(ECHO) as server:
        asyncio.run(run(server.port))


def test_a_full_house_of_idle_connections_makes_room() -> None:
    """A new connection displaces an idle one, and never waits for it."""

    async def run(port: int) -> None:
        origin = Origin(secure=False, host="127.0.0.1", port=port)
        pool = Pool(shared_context, 1, 15.0)
        deadline = asyncio.get_running_loop().time() + 5.0
        pool.give(await pool.obtain(origin, deadline))
        second = await pool.obtain(origin, deadline)
        assert pool._lanes[origin].open == 1
        pool.discard(second)
        pool.close()
        await asyncio.sleep(0)

    with FaultServer(ECHO) as server:
        asyncio.run(run(server.port))
        assert server.waits_for(lambda: server.connections == 2)


def test_a_connection_that_died_on_its_way_to_the_next() -> None:
    """It is as dead as one that was found so: the request is sent again over another."""

    async def run() -> Outcome:
        origin = Origin(secure=False, host="127.0.0.1", port=1)
        waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        Link(origin, print).begin(Conversation(Outgoing(origin, b"GET", b"/", [(b"host", b"x")])), waiter)
        return await waiter

    came = asyncio.run(run())
    assert isinstance(came, Unanswered)
    assert (came.why, came.detail) == (Why.CONNECTION, "closed without an answer")


FORKING = """
import asyncio, os, sys
from icpgate.lookup.http import AsyncHttp
from icpgate.lookup.steps import Request
from icpgate.lookup.wire import asyncpool
asyncpool.SPARE = 0  # each connection is used again at once
http = AsyncHttp()
request = Request("GET", sys.argv[1])
with asyncio.Runner() as runner:
    assert runner.run(http.send(request, 5.0)).status == 200
    child = os.fork()
    if not child:
        assert asyncio.new_event_loop().run_until_complete(http.send(request, 5.0)).status == 200
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert runner.run(http.send(request, 5.0)).status == 200
    runner.run(http.close())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_has_connections_of_its_own() -> None:
    """What its parent's loop watches goes on as if nothing had happened."""
    with FaultServer(ECHO) as server:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-X", "dev", "-c", FORKING, server.url],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert server.connections == 2


def test_after_a_fork_the_old_connections_are_left_alone() -> None:
    """They are kept, not closed: the loop that watches them is the parent's."""

    async def run(url: str) -> None:
        http = AsyncHttp()
        await http.send(get(url), 5.0)
        wire = http._wire
        old = wire._homes
        wire.renew_after_fork()
        assert (wire._homes, wire._inherited) == ({}, [old])
        wire._inherited.clear()
        await http.close()

    with FaultServer(ECHO) as server:
        asyncio.run(run(server.url))


def test_a_flood_keeps_nobody_waiting() -> None:
    """While a peer sends as fast as it can, the other tasks of the loop have their turn (F6, F16, F22)."""

    def flood(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            peer.send(b"1\r\nx\r\n" * 10_000)

    async def run(url: str) -> float:
        http = AsyncHttp()
        longest, last = 0.0, time.perf_counter()
        tasks = [asyncio.create_task(http.send(get(url), 2.0)) for _ in range(8)]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
        await asyncio.gather(*tasks, return_exceptions=True)
        await http.close()
        return longest

    with FaultServer(flood) as server:
        assert asyncio.run(run(server.url)) < 1.0


@pytest.mark.parametrize("method", ["receive", "__init__"])
def test_a_defect_of_ours_is_no_answer(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told to the one who asked, and the loop hears nothing of it."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Conversation, method, broken)

    async def run(url: str) -> None:
        http = AsyncHttp()
        with pytest.raises(Unanswered) as caught:
            await http.send(get(url), 2.0)
        assert (caught.value.why, places(http)) == (Why.INTERNAL, (0, 0))
        await http.close()

    with FaultServer(ECHO) as server:
        asyncio.run(run(server.url))
