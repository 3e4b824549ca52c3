"""Nobody holds a connection for ever by sending little, or by taking nothing."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from icpgate.server import connection as module
from icpgate.server.serving import MAX_HEAD
from icpgate.testing.serving import RegistryServer
from tests.cases import NUMBER, registered
from tests.server.told import Client, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = f"GET /v1/registrations/{quote(NUMBER)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[RegistryServer]:
    """A server that waits a quarter of a second."""
    monkeypatch.setattr(module, "HEAD_SECONDS", 0.25)
    monkeypatch.setattr(module, "TAKE_SECONDS", 0.25)
    large = [f"{number}.{'a' * 60}.cn" for number in range(5_000)]
    with RegistryServer(memory(registered(domains=large))) as running:
        yield running


def until_closed(raw: socket.socket) -> bytes:
    """Everything that comes until the other side ends the connection."""
    try:
        return b"".join(iter(lambda: raw.recv(65_536), b""))
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTTP/1.1\r\n", REQUEST[:-1]])
def test_a_head_that_does_not_come_is_not_waited_for(hasty: RegistryServer, begun: bytes) -> None:
    """Nor one that is never finished."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=20) as raw:
        raw.sendall(begun)
        assert until_closed(raw) == b""


def test_a_head_that_comes_drop_by_drop_is_not_waited_for(hasty: RegistryServer) -> None:
    """A byte now and then keeps no connection alive."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=20) as raw, pytest.raises(OSError):  # noqa: PT011, PT012 -- reset or broken; the loop is the point
        raw.sendall(b"GET /healthz HTTP/1.1\r\n")
        for _ in range(400):
            raw.sendall(b"a: b\r\n")
            time.sleep(0.05)


def test_the_head_of_a_second_request_neither(hasty: RegistryServer) -> None:
    """After a first one that was answered."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=20) as raw:
        raw.sendall(REQUEST)
        answer = b""
        while b"live" not in answer:
            answer += raw.recv(65_536)
        raw.sendall(REQUEST[:-1])
        assert until_closed(raw) == b""


def test_an_idle_connection_is_kept_longer(hasty: RegistryServer) -> None:
    """Between two requests nothing is owed."""
    with Client(hasty.port) as client:
        assert client.get("/healthz").status == 200
        time.sleep(0.4)
        assert client.connection.sock is not None
        client.connection.auto_open = 0
        assert client.get("/healthz").status == 200


def test_an_answer_that_is_not_taken_is_dropped(hasty: RegistryServer) -> None:
    """With the connection; what was taken until then is all there is."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.settimeout(20)
        raw.connect(("127.0.0.1", hasty.port))
        raw.sendall(LARGE * 12)
        hasty.wait_for_requests(2)
        time.sleep(0.6)
        received = until_closed(raw)
    assert received.count(b"HTTP/1.1 200") < 12


def test_an_answer_that_is_taken_slowly_is_whole(hasty: RegistryServer) -> None:
    """A client may take its time, as long as it takes something."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.settimeout(20)
        raw.connect(("127.0.0.1", hasty.port))
        last = LARGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        raw.sendall(LARGE * 11 + last)
        hasty.wait_for_requests(2)
        time.sleep(0.05)
        assert until_closed(raw).count(b"HTTP/1.1 200") == 12


def test_requests_in_a_row_are_answered_in_order(hasty: RegistryServer) -> None:
    """Several of them may be sent before the first answer."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=20) as raw:
        raw.sendall(
            REQUEST
            + REQUEST.replace(b"healthz", b"readyz")
            + REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        )
        answer = until_closed(raw)
    assert [answer.count(word) for word in (b"200 OK", b"live", b"ready")] == [3, 2, 1]


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: " + b"b" * MAX_HEAD,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["words", "host", "length", "lengths", "large", "tls"],
)
def test_what_is_not_http_ends_its_connection(hasty: RegistryServer, request_: bytes) -> None:
    """With a 400 if anything, and the server goes on."""
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=20) as raw:
        raw.sendall(request_)
        answer = until_closed(raw)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    with Client(hasty.port) as client:
        assert client.get("/healthz").status == 200


def test_more_connections_than_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In plain text, from below the application; those that were there before go on."""
    monkeypatch.setattr("icpgate.server.serving.MAX_CONNECTIONS", 3)
    with RegistryServer(memory()) as server, Client(server.port) as one, Client(server.port) as two:
        assert [client.get("/healthz").status for client in (one, two)] == [200, 200]
        with Client(server.port) as three:
            assert three.get("/healthz").status == 503
        assert one.get("/healthz").status == 200
