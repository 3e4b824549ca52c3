"""From a name to addresses: without waiting longer than there is time, and without harming others."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import Why
from icpgate.lookup.http import AsyncHttp
from icpgate.lookup.steps import Unanswered
from icpgate.lookup.wire.resolving import MAX_THREADS, Resolver, literal
from tests.lookup.wire.callers import AsyncCaller, BlockingCaller, get, outcome
from tests.lookup.wire.server import FaultServer, answer, plays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lookup.wire.callers import Caller


@pytest.fixture(params=[BlockingCaller, AsyncCaller], ids=["blocking", "async"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """Both clients, one after the other."""
    made: Caller = request.param()
    yield made
    made.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], list[tuple[str, int]]]], None]:
    """Has names of the tests resolved by a function: no resolver can be told to hang."""
    real = socket.getaddrinfo

    def install(found: Callable[[], list[tuple[str, int]]]) -> None:
        def getaddrinfo(host: str, port: int, *rest: Any, **more: Any) -> Any:
            if not host.endswith(".example"):
                return real(host, port, *rest, **more)
            kind = socket.SOCK_STREAM
            return [(socket.AF_INET6 if ":" in ip else socket.AF_INET, kind, 6, "", (ip, at)) for ip, at in found()]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return install


def refused(came: object) -> tuple[Why, str]:
    """Why there was no response."""
    assert isinstance(came, Unanswered), came
    return came.why, came.detail


def test_addresses_need_no_resolver() -> None:
    """Of either version; a name is none."""
    assert literal("127.0.0.1", 80) == ((socket.AF_INET, ("127.0.0.1", 80)),)
    assert literal("::1", 80) == ((socket.AF_INET6, ("::1", 80)),)
    assert literal("localhost", 80) == ()
    assert literal("a\0b", 80) == ()


def test_a_name_is_resolved(caller: Caller) -> None:
    """As the system does it."""
    with FaultServer(plays(answer(b"{}"))) as server:
        assert caller.send(get(server.url.replace("127.0.0.1", "localhost"))).body == b"{}"


def test_an_address_of_version_six(caller: Caller, refusing: int) -> None:
    """It stands in brackets in the address, and without them elsewhere."""
    assert refused(outcome(caller, f"http://[::1]:{refusing}/")) == (Why.CONNECTION, "no connection")


def test_the_next_address_is_tried(
    caller: Caller, names: Callable[[Callable[[], list[tuple[str, int]]]], None], refusing: int
) -> None:
    """One that refuses is passed over."""
    with FaultServer(plays(answer(b"{}"))) as server:
        names(lambda: [("127.0.0.1", refusing), ("127.0.0.1", server.port)])
        assert caller.send(get("http://two.example")).body == b"{}"


def test_an_address_that_hangs_leaves_time_for_the_next(
    caller: Caller, names: Callable[[Callable[[], list[tuple[str, int]]]], None]
) -> None:
    """Each address has its share of the budget: a full backlog takes no connection and refuses none."""
    with FaultServer(plays(answer(b"{}"))) as server, hanging() as port:
        names(lambda: [("127.0.0.1", port), ("127.0.0.1", server.port)])
        assert caller.send(get("http://two.example"), 0.6).body == b"{}"
        names(lambda: [("127.0.0.1", port)])
        begun = time.monotonic()
        assert refused(outcome(caller, "http://one.example", 0.15))[0] is Why.TIMEOUT
        assert time.monotonic() - begun < 0.65
        taken, idle = caller.places()
        assert taken == idle


@contextmanager
def hanging() -> Iterator[int]:
    """A port that neither takes a connection nor refuses it: its backlog is full."""
    with ExitStack() as opened:
        listening = opened.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            sock = opened.enter_context(socket.socket())
            sock.settimeout(0)
            sock.connect_ex(listening.getsockname())
        port: int = listening.getsockname()[1]
        yield port


def test_a_name_without_an_address(
    caller: Caller, names: Callable[[Callable[[], list[tuple[str, int]]]], None]
) -> None:
    """No connection, whatever the resolver says of it."""

    def unknown() -> list[tuple[str, int]]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    def defect() -> list[tuple[str, int]]:
        raise ZeroDivisionError

    for found, detail in ((unknown, "name"), (list, "name"), (defect, "resolver")):
        names(found)
        assert refused(outcome(caller, "http://none.example")) == (Why.CONNECTION, detail)
        assert caller.places() == (0, 0)


def test_a_resolver_that_hangs(caller: Caller, names: Callable[[Callable[[], list[tuple[str, int]]]], None]) -> None:
    """It is left behind at the deadline; whoever asks for the same name meanwhile waits with it, not again."""
    go, asked = threading.Event(), []

    def hangs() -> list[tuple[str, int]]:
        asked.append(1)
        go.wait(5)
        return [("127.0.0.1", 1)]

    names(hangs)
    begun = time.monotonic()
    for _ in range(2):
        assert refused(outcome(caller, "http://slow.example", 0.1)) == (Why.TIMEOUT, "name")
    assert time.monotonic() - begun < 0.7
    assert len(asked) == 1
    assert caller.places() == (0, 0)
    go.set()


def test_a_late_address_finds_a_closed_loop(names: Callable[[Callable[[], list[tuple[str, int]]]], None]) -> None:
    """Nobody is there to be told, and nobody complains."""
    go = threading.Event()

    def hangs() -> list[tuple[str, int]]:
        go.wait(5)
        return [("127.0.0.1", 1)]

    names(hangs)

    async def run() -> None:
        with pytest.raises(Unanswered):
            await AsyncHttp().send(get("http://slow.example"), 0.05)

    asyncio.run(run())
    go.set()
    for thread in threading.enumerate():
        if thread.name == "icpgate-resolver":
            thread.join(5)


def test_a_name_that_no_resolver_can_be_asked(caller: Caller) -> None:
    """Its first part is too long."""
    assert refused(outcome(caller, "http://" + "a" * 64 + ".example/")) == (Why.CONNECTION, "name")


def test_no_thread_can_be_started(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system is out of threads: no connection, and the next request asks again."""

    def exhausted(_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", exhausted)
        assert refused(outcome(caller, "http://localhost:1")) == (Why.CONNECTION, "resolver")
    assert refused(outcome(caller, "http://localhost:1")) == (Why.CONNECTION, "no connection")


def test_two_ask_for_one_name(names: Callable[[Callable[[], list[tuple[str, int]]]], None]) -> None:
    """They share one look-up; the next one is made anew."""
    go, asked = threading.Event(), []

    def found() -> list[tuple[str, int]]:
        asked.append(1)
        go.wait(5)
        return [("127.0.0.1", 1)]

    names(found)
    resolver = Resolver()
    first, second = resolver.resolve("a.example", 1), resolver.resolve("a.example", 1)
    assert first is second
    go.set()
    assert first.result(5) == ((socket.AF_INET, ("127.0.0.1", 1)),)
    assert resolver.resolve("a.example", 1).result(5) == first.result()
    assert len(asked) == 2


def test_names_beyond_the_fourth_wait_their_turn(names: Callable[[Callable[[], list[tuple[str, int]]]], None]) -> None:
    """Four threads at most; who waits is not running, and is served once one of the four is done."""
    go = threading.Event()

    def found() -> list[tuple[str, int]]:
        go.wait(5)
        return [("127.0.0.1", 1)]

    names(found)
    resolver = Resolver()
    futures = [resolver.resolve(f"host{n}.example", 1) for n in range(MAX_THREADS + 2)]
    assert len([thread for thread in threading.enumerate() if thread.name == "icpgate-resolver"]) <= MAX_THREADS
    assert not futures[-1].running()
    go.set()
    assert [future.result(5) for future in futures] == [((socket.AF_INET, ("127.0.0.1", 1)),)] * (MAX_THREADS + 2)


def test_who_waits_in_vain_is_told_so(
    caller: Caller, names: Callable[[Callable[[], list[tuple[str, int]]]], None]
) -> None:
    """It is our own threads that are busy: nothing is known about the registry."""
    go = threading.Event()

    def found() -> list[tuple[str, int]]:
        go.wait(5)
        return [("127.0.0.1", 1)]

    names(found)
    resolver = Resolver()
    futures = [resolver.resolve(f"busy{n}.example", 1) for n in range(MAX_THREADS)]
    assert refused(outcome(caller, "http://late.example", 0.05)) == (Why.OVERLOADED, "resolver")
    go.set()
    for future in futures:
        future.result(5)


@pytest.mark.parametrize(
    ("addresses", "usable"),
    [
        (["169.254.169.254"], []),
        (["169.254.169.254", "127.0.0.1"], ["127.0.0.1"]),
        (["fe80::1", "ff02::1", "::", "0.0.0.0", "::ffff:169.254.169.254"], []),  # noqa: S104 -- left out
        (["10.0.0.1", "::1", "::ffff:10.0.0.1", "fd00::1"], ["10.0.0.1", "::1", "::ffff:10.0.0.1", "fd00::1"]),
    ],
)
def test_addresses_at_which_no_registry_stands(
    addresses: list[str], usable: list[str], names: Callable[[Callable[[], list[tuple[str, int]]]], None]
) -> None:
    """They are left out of what a name leads to; private ones are not: gateways stand there."""
    names(lambda: [(address, 80) for address in addresses])
    found = Resolver().resolve("some.example", 80).result(5)
    assert [address[0] for _, address in found] == usable


@pytest.mark.parametrize(("number", "why"), [(errno.EMFILE, Why.OVERLOADED), (errno.EAFNOSUPPORT, Why.CONNECTION)])
def test_no_socket_can_be_had(number: int, why: Why, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of files says nothing about the registry; a family that this machine does not have is passed over."""
    real = socket.socket

    def none(family: int = -1, kind: int = -1, *rest: Any, **more: Any) -> socket.socket:
        if family in {socket.AF_INET, socket.AF_INET6} and kind == socket.SOCK_STREAM and not rest and not more:
            raise OSError(number, "none")
        return real(family, kind, *rest, **more)

    assert refused(outcome(caller, "http://127.0.0.1:1"))[0] is Why.CONNECTION
    with monkeypatch.context() as patched:
        patched.setattr(socket, "socket", none)
        assert refused(outcome(caller, "http://127.0.0.1:1"))[0] is why
    assert caller.places() == (0, 0)
