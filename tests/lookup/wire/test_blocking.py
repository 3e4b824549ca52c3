"""The exchange over blocking sockets: shared by threads, and carried over a fork."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Why
from icpgate.lookup.http import BlockingHttp
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire import Origin
from icpgate.lookup.wire.blockinglink import Link
from icpgate.lookup.wire.blockingpool import Pool
from icpgate.lookup.wire.conversation import Conversation
from tests.lookup.wire.callers import BlockingCaller, get, outcome
from tests.lookup.wire.server import FaultServer, answer, plays

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from tests.lookup.wire.certificates import Authority

ECHO = plays(answer(b"{}"), again=True)


@pytest.fixture
def few() -> Iterator[BlockingCaller]:
    """A client with one connection."""
    caller = BlockingCaller(connections=1)
    yield caller
    caller.close()


def test_threads_share_few_connections() -> None:
    """Whoever finds no connection free waits for one; none is lost and none is too many."""
    caller = BlockingCaller(connections=3)
    with FaultServer(ECHO) as server, ThreadPoolExecutor(16) as threads:
        came = list(threads.map(lambda _: caller.send(get(server.url), 5.0).status, range(200)))
        assert came == [200] * 200
        assert server.connections <= 3
        taken, idle = caller.places()
        assert taken == idle <= 3
    caller.close()


def test_a_place_that_comes_free_is_handed_on(few: BlockingCaller) -> None:
    """A connection that is of no use any more makes room for a new one."""
    with FaultServer(plays(answer(b"{}", b"connection: close"))) as server, ThreadPoolExecutor(8) as threads:
        came = list(threads.map(lambda _: few.send(get(server.url), 5.0).status, range(20)))
        assert came == [200] * 20
        assert few.places() == (0, 0)


def test_waiting_for_a_connection_ends_at_the_deadline(few: BlockingCaller) -> None:
    """With all places taken, the wait is part of the budget."""
    with FaultServer(lambda peer: peer.pause(30)) as server:
        holding = threading.Thread(target=outcome, args=(few, server.url, 0.5))
        holding.start()
        assert server.waits_for(lambda: server.connections == 1)
        begun = time.monotonic()
        came = outcome(few, server.url, 0.1)
        assert time.monotonic() - begun < 0.4
        assert isinstance(came, Unanswered)
        assert (came.why, came.detail) == (Why.TIMEOUT, "no free connection")
        holding.join()
        assert few.places() == (0, 0)


def test_closing_ends_the_waiting(few: BlockingCaller) -> None:
    """Who waits for a connection of a client that is being closed is told so; who has one finishes."""
    with FaultServer(plays(0.3, answer(b"{}"), again=True)) as server, ThreadPoolExecutor(2) as threads:
        holding = threads.submit(outcome, few, server.url)
        assert server.waits_for(lambda: len(server.requests) == 1)
        waiting = threads.submit(outcome, few, server.url)
        time.sleep(0.05)
        few.close()
        assert not isinstance(holding.result(), Unanswered)
        came = waiting.result()
        assert isinstance(came, Unanswered)
        assert came.detail == "closed"
        assert server.waits_for(lambda: server.open == 0)


def test_old_connections_are_closed_when_others_come_back() -> None:
    """What has been idle for too long goes, without being asked for."""
    caller = BlockingCaller(idle_seconds=0.1)
    with FaultServer(plays(0.05, answer(b"{}"), again=True)) as server, ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda _: caller.send(get(server.url)), range(3)))
        assert server.open == 3
        time.sleep(0.06)
        caller.send(get(server.url))
        time.sleep(0.06)
        caller.send(get(server.url))
        assert server.waits_for(lambda: server.open == 1)
    caller.close()


def test_a_full_house_of_idle_connections_makes_room() -> None:
    """A new connection displaces an idle one, and never waits for it."""
    pool, origin = Pool(1, 15.0), Origin(secure=False, host="127.0.0.1", port=1)
    ours, theirs = socket.socketpair()
    assert pool.take(origin, 0.0) is None
    pool.give(Link(origin, ours))
    pool.reserve(origin, 0.0)
    assert theirs.recv(1) == b""
    theirs.close()
    pool.release(origin)
    assert not pool._lanes


def test_a_defect_of_ours_is_no_answer(few: BlockingCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes out as what it is, and leaves nothing open."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Conversation, "receive", broken)
    with FaultServer(ECHO) as server:
        came = outcome(few, server.url)
        assert isinstance(came, Unanswered)
        assert (came.why, came.detail) == (Why.INTERNAL, "http")
        assert few.places() == (0, 0)


def test_an_interrupt_leaves_nothing_open(few: BlockingCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C while waiting for an answer, or for a connection."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with FaultServer(ECHO) as server:
        with monkeypatch.context() as patched:
            patched.setattr(Conversation, "receive", interrupted)
            with pytest.raises(KeyboardInterrupt):
                few.send(get(server.url))
        with monkeypatch.context() as patched:
            patched.setattr("icpgate.lookup.wire.blockinglink.socket.socket.connect", interrupted)
            with pytest.raises(KeyboardInterrupt):
                few.send(get(server.url))
        assert few.places() == (0, 0)


FORKING = """
import os, ssl, sys
from icpgate.lookup.http import BlockingHttp
from icpgate.lookup.steps import Request
from icpgate.lookup.wire import blockingpool
blockingpool.SPARE = 0  # each connection is used again at once
url, certificates = sys.argv[1:]
http = BlockingHttp(ssl_context=ssl.create_default_context(cafile=certificates))
request = Request("GET", url)
assert http.send(request, 5.0).status == 200
child = os.fork()
if not child:
    assert http.send(request, 5.0).status == 200
    http.close()
    sys.exit(0)
_, status = os.waitpid(child, 0)
assert status == 0
assert http.send(request, 5.0).status == 200
child = os.fork()
if not child:
    sys.exit(0)  # without having sent anything
os.waitpid(child, 0)
assert http.send(request, 5.0).status == 200
http.close()
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="no fork on this system")
@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
def test_a_forked_child_has_connections_of_its_own(
    secured: bool,  # noqa: FBT001 -- a parameter of a test
    authority: Authority,
    serving: ssl.SSLContext,
) -> None:
    """The parent's go on as if nothing had happened, whether the child sends, closes or just ends."""
    with FaultServer(ECHO, ssl_context=serving if secured else None) as server:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-X", "dev", "-c", FORKING, server.url, str(authority.path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert server.connections == 2
        assert len(server.requests) == 4


def test_a_lock_held_at_the_fork_is_not_waited_for() -> None:
    """A thread of the parent may hold it; in the child there is no such thread."""
    http = BlockingHttp()
    old = http._wire._home
    with old.pool._lock:
        http._wire.renew_after_fork()
    assert http._wire._home is not old
    http.close()
