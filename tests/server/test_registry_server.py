"""The server that tests hold in their hand: `icpgate.testing.serving`."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from icpgate.testing.serving import RegistryServer
from tests.cases import NUMBER, registered
from tests.server.told import Client, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER = "蜀ICP备2021014694号-11A"


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    """A running server of the usual registration."""
    with RegistryServer(memory()) as running:
        yield running


def status(server: RegistryServer, number: str = NUMBER) -> str:
    """What a new connection is told about a number."""
    with Client(server.port) as client:
        told = client.number(number).json["status"]
        assert isinstance(told, str)
        return told


def test_it_counts(server: RegistryServer) -> None:
    """Requests as they come, numbers as they are asked, alone or in a batch."""
    with Client(server.port) as client:
        client.number(NUMBER)
        client.batch({"number": NUMBER}, {"number": OTHER}, {"domain": "a.cn"})
        client.get("/nowhere")
    assert server.requests == 3
    assert server.by_number == {NUMBER: 2, OTHER: 1}


def test_answers_are_held_back(server: RegistryServer) -> None:
    """The registry is asked meanwhile, and its answer of then is sent."""
    server.pause()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(status, server)
        server.wait_for_requests(1)
        while not server.by_number[NUMBER]:
            time.sleep(0.001)
        server.swap(memory(registered(status="cancelled")))
        assert not waiting.done()
        server.resume()
        assert waiting.result() == "registered"
    assert status(server) == "cancelled"


def test_it_fails_as_it_is_told(server: RegistryServer) -> None:
    """Without asking the registry, in the protocol's shape of an error."""
    server.fail(429, retry_after=7)
    with Client(server.port) as client:
        said = client.number(NUMBER)
        assert (said.status, said.code, said.headers["retry-after"]) == (429, "server.failing", "7")
        server.fail(500)
        assert client.number(NUMBER).status == 500
        server.fail(None)
        assert client.number(NUMBER).status == 200
    assert server.by_number == {NUMBER: 1}


def test_it_delays(server: RegistryServer) -> None:
    """Every answer, until it is told otherwise."""
    server.delay(0.1)
    began = time.monotonic()
    assert status(server) == "registered"
    assert time.monotonic() - began >= 0.1
    server.delay(0)
    assert status(server) == "registered"


def test_it_stops_and_starts_on_its_port(server: RegistryServer) -> None:
    """A stopped one refuses connections; a started one answers as before."""
    port = server.port
    for _ in range(3):
        server.stop()
        server.stop()
        with Client(port) as client, pytest.raises(ConnectionRefusedError):
            client.get("/healthz")
        server.start()
        server.start()
        assert server.port == port
        assert status(server) == "registered"


def test_a_stop_breaks_what_is_held_or_delayed(server: RegistryServer) -> None:
    """As a server that dies does; what was paused stays paused after a start."""
    server.delay(20)

    def broken() -> bool:
        with Client(server.port) as client, pytest.raises((ConnectionError, OSError)):
            client.number(NUMBER)
        return True

    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(broken)]
        server.wait_for_requests(1)
        server.pause()
        waiting.append(threads.submit(broken))
        server.wait_for_requests(2)
        began = time.monotonic()
        server.stop()
        assert all(future.result(5) for future in waiting)
        assert time.monotonic() - began < 5
        server.delay(0)
        server.start()
        held = threads.submit(status, server)
        server.wait_for_requests(3)
        assert not held.done()
        server.resume()
        assert held.result() == "registered"


def test_controls_work_before_the_start_and_after_the_stop() -> None:
    """A test may set the scene first."""
    server = RegistryServer(memory())
    assert server.port == 0
    server.pause()
    server.fail(503)
    server.resume()
    with server, Client(server.port) as client:
        assert client.number(NUMBER).status == 503
    server.pause()
    server.resume()
    server.stop()


def test_requests_are_waited_for_in_vain(server: RegistryServer) -> None:
    """With what came instead."""
    with pytest.raises(TimeoutError, match="0 of 1 requests"):
        server.wait_for_requests(1, timeout=0.01)


def test_nothing_is_left_of_it() -> None:
    """No thread outlives its server."""
    before = {thread.name for thread in threading.enumerate()}
    with RegistryServer(memory()) as server:
        assert status(server) == "registered"
        assert "RegistryServer" in {thread.name for thread in threading.enumerate()}
    assert {thread.name for thread in threading.enumerate()} <= before
