"""Who may ask, what becomes of an error, and of a body that nobody wanted."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

import pytest

from icpgate.errors import ConfigurationError
from icpgate.server import registry_app
from icpgate.server.guard import Guard
from icpgate.testing.serving import RegistryServer
from tests.cases import NUMBER
from tests.server.registries import Failing
from tests.server.told import Client, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message, Receive, Scope, Send

TOKEN = "0123456789abcdef-token"  # noqa: S105 -- a test's


@pytest.fixture(scope="module")
def server() -> Iterator[RegistryServer]:
    """A server that demands a token."""
    with RegistryServer(memory(), token=TOKEN) as running:
        yield running


@pytest.fixture
def client(server: RegistryServer) -> Iterator[Client]:
    """A connection to it."""
    with Client(server.port) as connected:
        yield connected


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_right_token_is_let_in(client: Client, scheme: str) -> None:
    """However the scheme is written."""
    assert client.get("/v1/capabilities", Authorization=f"{scheme} {TOKEN}").status == 200


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer ü"],
)
@pytest.mark.parametrize("path", ["/v1/capabilities", "/v1/registrations/x", "/nowhere", "/HEALTHZ"])
def test_any_other_is_not(client: Client, given: str | None, path: str) -> None:
    """And is told nothing about what stands where."""
    headers = {} if given is None else {"Authorization": given}
    said = client.get(path, **headers)
    assert (said.status, said.code) == (401, "server.token")
    assert said.headers["www-authenticate"].startswith('Bearer realm="icpgate"')
    assert ("invalid_token" in said.headers["www-authenticate"]) == (given is not None)
    assert TOKEN not in said.body.decode()


def test_two_tokens_are_none(server: RegistryServer) -> None:
    """Which of them a proxy looked at cannot be known."""
    with Client(server.port) as client:
        client.connection.putrequest("GET", "/v1/capabilities")
        for token in (TOKEN, "other"):
            client.connection.putheader("Authorization", f"Bearer {token}")
        client.connection.endheaders()
        assert client.connection.getresponse().status == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_no_token(client: Client, path: str) -> None:
    """An orchestrator has none."""
    assert client.get(path).status == 200


@pytest.mark.parametrize("token", ["", "short", "x" * 513, "with blanks in the middle", "ünïcödé-token-1234"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    """When the application is made, and without repeating it."""
    with pytest.raises(ConfigurationError, match="a token needs") as caught:
        registry_app(memory(), token=token)
    assert not token or token not in str(caught.value)


def test_a_body_without_a_token_is_read_away(server: RegistryServer) -> None:
    """Its sender comes to read why; the connection goes on."""
    with Client(server.port) as client:
        said = client.ask("POST", "/v1/lookup", b" " * 500_000, Content_Type="application/json")
        assert said.status == 401
        assert "connection" not in said.headers
        assert client.get("/healthz").status == 200


def test_a_body_beyond_all_measure_ends_its_connection(server: RegistryServer) -> None:
    """After eight megabytes of it; nothing of it is kept."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        head = b"POST /v1/lookup HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
        raw.sendall(head)
        with pytest.raises(OSError):  # noqa: PT011, PT012 -- reset or broken; the loop is the point
            for _ in range(1_000):
                raw.sendall(b" " * 100_000)


def test_a_body_that_stops_is_not_waited_for(server: RegistryServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal is sent, and the connection ends."""
    monkeypatch.setattr("icpgate.server.guard.UNREAD_SECONDS", 0.05)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(b"POST /v1/lookup HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer


def test_a_sender_that_asks_first_sends_nothing(server: RegistryServer) -> None:
    """`Expect: 100-continue` gets the refusal at once, not the leave to send."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        head = b"POST /v1/lookup HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n"
        raw.sendall(head)
        answer = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 401 ")


def test_a_sender_that_asks_first_is_let_send() -> None:
    """Where its body is wanted."""
    with RegistryServer(memory()) as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        body = b'{"queries": []}'
        head = b"POST /v1/lookup HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        raw.sendall(head + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert raw.recv(100).startswith(b"HTTP/1.1 100 ")
        raw.sendall(body)
        assert b'{"answers":[]}' in b"".join(iter(lambda: raw.recv(65_536), b""))


def test_a_client_that_leaves_amid_its_body_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is logged, and the next one is answered."""
    with RegistryServer(memory()) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
            head = (
                b"POST /v1/lookup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
            )
            raw.sendall(head + b"abc")
        server.wait_for_requests(1)
        with Client(server.port) as client:
            assert client.number(NUMBER).status == 200
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_an_internal_error_is_logged_by_its_kind_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Its text may have a person's data in it."""
    registry = Failing(None)
    with caplog.at_level(logging.ERROR), RegistryServer(registry) as server, Client(server.port) as client:
        registry.broken = True
        assert client.get("/v1/capabilities").status == 500
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert (record.name, record.getMessage()) == ("icpgate.server", "request_failed")
    assert "110101199003074578" not in str(record.__dict__)


def _performed(guard: Guard, scope: Scope) -> list[Message]:
    """What a guard sends for a request without a body."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent


def test_an_error_amid_a_response_breaks_it_off() -> None:
    """What was begun as a 200 must not end as one."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 -- as ASGI has it
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError

    state = registry_app(memory())
    guard = Guard(application)
    with pytest.raises(LookupError):
        _performed(guard, {"type": "http", "path": "/", "headers": [], "app": state})


def test_a_web_socket_is_not_spoken() -> None:
    """It is refused as the protocol for them has it."""

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "websocket", "path": "/v1/lookup", "headers": [], "app": None}
    asyncio.run(registry_app(memory())(scope, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]
