"""Which connections are used again, how many there are, and what becomes of them; blocking and async."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Why
from icpgate.lookup.steps import Request, Response, Unanswered
from icpgate.lookup.wire import asyncpool, blockingpool
from icpgate.lookup.wire.budgets import QUIET_SECONDS, SPARE
from tests.lookup.wire.callers import AsyncCaller, BlockingCaller, get, outcome
from tests.lookup.wire.server import FaultServer, Peer, answer, in_turn, plays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lookup.wire.callers import Caller

Make = "Callable[..., Caller]"


@pytest.fixture(params=[BlockingCaller, AsyncCaller], ids=["blocking", "async"])
def make(request: pytest.FixtureRequest) -> Iterator[Callable[..., Caller]]:
    """Makes either client, with limits."""
    made: list[Caller] = []

    def new(**limits: object) -> Caller:
        made.append(request.param(**limits))
        return made[-1]

    yield new
    for caller in made:
        caller.close()


def echo(peer: Peer) -> None:
    """Answers each request with its first line."""
    while (request := peer.request()) is not None:
        peer.send(answer(request.partition(b"\r\n")[0]))


def bodies(caller: Caller, server: FaultServer, count: int) -> list[bytes]:
    """What so many different requests, one after the other, bring."""
    return [caller.send(get(f"{server.url}/{position}")).body for position in range(count)]


def test_a_connection_is_kept(make: Callable[..., Caller]) -> None:
    """Requests that follow each other go over the same one."""
    caller = make()
    with FaultServer(echo) as server:
        assert bodies(caller, server, 3) == [b"GET /%d HTTP/1.1" % position for position in range(3)]
        assert server.connections == 1
        assert caller.places() == (1, 1)


def test_a_connection_that_was_just_used_rests(make: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch) -> None:
    """While there are few: something late may still come on it. One that has been quiet for a while is used first."""
    for pool in (asyncpool, blockingpool):
        monkeypatch.setattr(pool, "SPARE", SPARE)
    caller = make()
    with FaultServer(echo) as server:
        bodies(caller, server, SPARE)
        assert server.connections == SPARE
        bodies(caller, server, 2 * SPARE)
        assert server.connections == SPARE
        time.sleep(1.5 * QUIET_SECONDS)
        bodies(caller, server, 2)
        assert server.connections == SPARE
    alone = make(connections=1)
    with FaultServer(echo) as server:
        assert bodies(alone, server, 3) == [b"GET /%d HTTP/1.1" % position for position in range(3)]
        assert server.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        answer(b"{}", b"connection: close"),
        answer(b"{}", b"connection: keep-alive, Close"),
        answer(b"{}").replace(b"HTTP/1.1", b"HTTP/1.0"),
        answer(b"{}") + answer(b'{"glued":true}'),
        answer(b"{}") + b"\r\n",
        answer(b"", status=b"204 No Content") + b"{}",
    ],
    ids=["close", "close-in-a-list", "http10", "desync-glued", "blank-line", "204-body"],
)
def test_a_connection_is_not_kept(make: Callable[..., Caller], first: bytes) -> None:
    """When either side closes, when the peer is old, and when anything follows an answer (F19)."""
    caller = make()
    with FaultServer(in_turn(plays(first, Peer.silence), echo)) as server:
        assert caller.send(get(server.url)).status in {200, 204}
        assert caller.places() == (0, 0)
        assert caller.send(get(f"{server.url}/second")).body == b"GET /second HTTP/1.1"


def test_a_connection_that_was_asked_to_close_is_closed(make: Callable[..., Caller]) -> None:
    """Also when it is the request that says so."""
    caller = make()
    with FaultServer(echo) as server:
        caller.send(Request("GET", server.url, (("Connection", "close"),)))
        assert caller.places() == (0, 0)


def test_a_late_second_answer_is_not_the_next_one(make: Callable[..., Caller]) -> None:
    """What comes while nobody asks makes a connection useless (F20)."""
    caller = make()
    late = plays(answer(b"{}"), 0.05, answer(b'{"glued":true}'), Peer.silence)
    with FaultServer(in_turn(late, echo)) as server:
        caller.send(get(server.url))
        time.sleep(0.1)
        assert caller.send(get(f"{server.url}/second")).body == b"GET /second HTTP/1.1"


def test_a_late_second_answer_is_seen_by_a_running_loop() -> None:
    """The loop drops the connection as soon as something comes."""
    caller = AsyncCaller()
    late = plays(answer(b"{}"), 0.05, answer(b'{"glued":true}'), Peer.silence)
    with FaultServer(in_turn(late, echo)) as server:

        async def both() -> tuple[int, int]:
            import asyncio  # noqa: PLC0415 -- of this one test

            await caller.http.send(get(server.url), 2.0)
            for _ in range(100):
                if caller.places() == (0, 0):
                    break
                await asyncio.sleep(0.01)
            return caller.places()

        assert caller.runner.run(both()) == (0, 0)
    caller.close()


@pytest.mark.parametrize("end", [Peer.close, Peer.reset], ids=["close-idle", "reset-idle"])
def test_a_dead_connection_is_not_used(make: Callable[..., Caller], end: Callable[[Peer], None]) -> None:
    """The peer has closed what was kept: a new one is made without a word (F21)."""
    caller = make()
    with FaultServer(in_turn(plays(answer(), end), echo)) as server:
        caller.send(get(server.url))
        assert server.waits_for(lambda: server.open == 0)
        assert caller.send(get(f"{server.url}/second")).body == b"GET /second HTTP/1.1"


def fails_on_second(end: Callable[[Peer], None]) -> Callable[[Peer], None]:
    """Answers one request and ends the connection when the second has come."""

    def behave(peer: Peer) -> None:
        peer.request()
        peer.send(answer())
        peer.request()
        end(peer)

    return behave


@pytest.mark.parametrize("end", [Peer.close, Peer.reset], ids=["close-second", "reset-second"])
def test_a_kept_connection_that_fails_is_replaced_once(
    make: Callable[..., Caller], end: Callable[[Peer], None]
) -> None:
    """Before a byte of an answer has come, the request is sent again over a new one (F21)."""
    caller = make()
    with FaultServer(in_turn(fails_on_second(end), echo)) as server:
        caller.send(get(server.url))
        assert caller.send(get(f"{server.url}/second")).body == b"GET /second HTTP/1.1"
        assert len(server.requests) == 3
        assert caller.places() == (1, 1)


def test_a_kept_connection_is_replaced_only_once(make: Callable[..., Caller]) -> None:
    """A new one that fails as well is a failure."""
    caller = make()
    with FaultServer(in_turn(fails_on_second(Peer.close), plays(Peer.close))) as server:
        caller.send(get(server.url))
        with pytest.raises(Unanswered) as caught:
            caller.send(get(server.url))
        assert caught.value.why is Why.CONNECTION
        assert len(server.requests) == 3
        assert caller.places() == (0, 0)


def test_what_has_begun_to_come_is_not_asked_for_again(make: Callable[..., Caller]) -> None:
    """A kept connection that fails in the headers is a failure: the server has begun to answer."""
    caller = make()

    def behave(peer: Peer) -> None:
        plays(answer())(peer)
        plays(b"HTTP/1.1 200 OK\r\n")(peer)

    with FaultServer(behave) as server:
        caller.send(get(server.url))
        came = outcome(caller, server.url)
        assert isinstance(came, Unanswered)
        assert (came.why, came.detail) == (Why.CONNECTION, "closed in the headers")
        assert len(server.requests) == 2


@pytest.mark.parametrize("left", [b" trailing", b"\x00", b"0\r\n\r\n", b"}"])
def test_what_the_last_answer_left_behind_is_no_answer(left: bytes, make: Callable[..., Caller]) -> None:
    """Bytes of it that come only after the next request: the connection is replaced, once."""
    caller = make()

    def behave(peer: Peer) -> None:
        plays(answer())(peer)
        plays(left)(peer)

    with FaultServer(in_turn(behave, echo)) as server:
        caller.send(get(server.url))
        assert caller.send(get(f"{server.url}/second")).body == b"GET /second HTTP/1.1"
        assert len(server.requests) == 3
        assert caller.places() == (1, 1)


def test_noise_on_a_new_connection_is_not_asked_for_again(make: Callable[..., Caller]) -> None:
    """Nor is noise behind an informational answer: the server means it."""
    for first in (b"noise", b"HTTP/1.1 103 Early Hints\r\n\r\nnoise"):
        caller = make()
        with FaultServer(in_turn(plays(first), echo)) as server:
            came = outcome(caller, server.url)
            assert isinstance(came, Unanswered)
            assert (came.why, came.detail) == (Why.PROTOCOL, "no HTTP")
            assert len(server.requests) == 1


def test_a_timeout_is_not_tried_again(make: Callable[..., Caller]) -> None:
    """The budget is used up, over a kept connection as over a new one."""
    caller = make()
    with FaultServer(fails_on_second(Peer.silence)) as server:
        caller.send(get(server.url))
        came = outcome(caller, server.url, 0.1)
        assert isinstance(came, Unanswered)
        assert came.why is Why.TIMEOUT
        assert len(server.requests) == 2
        assert caller.places() == (0, 0)


def test_a_connection_is_not_kept_for_ever(make: Callable[..., Caller]) -> None:
    """After some seconds without use it is closed."""
    caller = make(idle_seconds=0.05)
    with FaultServer(echo) as server:
        caller.send(get(server.url))
        time.sleep(0.1)
        caller.send(get(server.url))
        assert server.connections == 2
        assert caller.places() == (1, 1)


def test_nobody_is_left_without_a_budget(make: Callable[..., Caller]) -> None:
    """A budget of nothing is used up at once; no connection is made."""
    caller = make()
    with FaultServer(echo) as server:
        for seconds in (0.0, -1.0):
            came = outcome(caller, server.url, seconds)
            assert isinstance(came, Unanswered)
            assert came.why is Why.TIMEOUT
        assert server.connections == 0


def test_a_port_that_refuses(make: Callable[..., Caller], refusing: int) -> None:
    """Nobody listens there."""
    caller = make()
    came = outcome(caller, f"http://127.0.0.1:{refusing}")
    assert isinstance(came, Unanswered)
    assert (came.why, came.detail) == (Why.CONNECTION, "no connection")
    assert caller.places() == (0, 0)


def test_a_peer_that_does_not_read(make: Callable[..., Caller]) -> None:
    """A request that cannot be got rid of is a timeout like any other."""
    caller = make()
    with FaultServer(lambda peer: peer.pause(30)) as server:
        begun = time.monotonic()
        with pytest.raises(Unanswered) as caught:
            caller.send(Request("POST", server.url, body=bytes(16 * 1024 * 1024)), 0.2)
        assert caught.value.why is Why.TIMEOUT
        assert time.monotonic() - begun < 1.0


def test_an_answer_before_the_request_is_read(make: Callable[..., Caller]) -> None:
    """A connection on which the request is not all sent is not used again, whatever it answered."""
    caller = make()
    early = lambda peer: (peer.send(answer(b"{}")), peer.pause(0.3))  # noqa: E731 -- a behaviour in a line
    with FaultServer(early) as server:  # type: ignore[arg-type]  # its result is nobody's
        came: Response | Unanswered
        try:
            came = caller.send(Request("POST", server.url, body=bytes(16 * 1024 * 1024)), 2.0)
        except Unanswered as unanswered:
            came = unanswered
        assert isinstance(came, (Response, Unanswered))
        assert caller.places() == (0, 0)


def test_a_closed_client_sends_nothing(make: Callable[..., Caller]) -> None:
    """Closing twice is closing once; idle connections go with it."""
    caller = make()
    with FaultServer(echo) as server:
        caller.send(get(server.url))
        for _ in range(2):
            if isinstance(caller, AsyncCaller):
                caller.runner.run(caller.http.close())
            else:
                caller.http.close()
        assert server.waits_for(lambda: server.open == 0)
        came = outcome(caller, server.url)
        assert isinstance(came, Unanswered)
        assert (came.why, came.detail) == (Why.CONFIGURATION, "closed")


def test_many_origins_leave_nothing_behind(make: Callable[..., Caller]) -> None:
    """An origin that nothing leads to any more is forgotten."""
    caller = make()
    for _ in range(5):
        with FaultServer(plays(answer(ALWAYS, b"connection: close"))) as server:
            caller.send(get(server.url))
    assert caller.lanes() == 0


ALWAYS = b"{}"


@pytest.mark.parametrize("close", [False, True])
def test_a_forgotten_client_closes_its_connections(close: bool) -> None:  # noqa: FBT001 -- a parameter of a test
    """Blocking, also when it was part of a cycle; no warning about an open socket is given."""
    with FaultServer(echo) as server:
        caller = BlockingCaller()
        caller.send(get(server.url))
        caller.http.itself = caller  # type: ignore[attr-defined]  # the cycle
        if close:
            caller.close()
        del caller
        gc.collect()
        assert server.waits_for(lambda: server.open == 0)
