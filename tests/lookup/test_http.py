"""The HTTP clients: what they send, what they hand back, and the transports as httpx sees them."""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from icpgate.answer import Why
from icpgate.lookup.http import AsyncHttp, AsyncTransport, BlockingHttp, BlockingTransport
from icpgate.lookup.steps import Request, Response, Unanswered
from icpgate.lookup.wire import AsyncWire, BlockingWire
from tests.lookup.wire.callers import AsyncCaller, BlockingCaller, get, outcome
from tests.lookup.wire.server import FaultServer, Peer, answer, plays, unlistened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.lookup.wire.callers import Caller

ECHO = plays(answer(b"{}"), again=True)


@pytest.fixture(params=[BlockingCaller, AsyncCaller], ids=["blocking", "async"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """Both clients, one after the other."""
    made: Caller = request.param()
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers everything with an empty object."""
    with FaultServer(ECHO) as running:
        yield running


def test_what_is_sent(caller: Caller, server: FaultServer) -> None:
    """The address as it stands, the headers as given, and two of ours; no fragment, no cookie, nothing else."""
    caller.send(Request("GET", f"{server.url}/a%20b/c?d=%E4&e#fragment", (("Authorization", "Bearer secret"),)))
    caller.send(get(f"{server.url}?query"))
    caller.send(get(server.url))
    host = b"host: 127.0.0.1:%d\r\n" % server.port
    ours = b"accept-encoding: identity\r\nuser-agent: icpgate\r\n\r\n"
    assert server.requests == [
        b"GET /a%20b/c?d=%E4&e HTTP/1.1\r\n" + host + b"authorization: Bearer secret\r\n" + ours,
        b"GET /?query HTTP/1.1\r\n" + host + ours,
        b"GET / HTTP/1.1\r\n" + host + ours,
    ]


def test_a_body_is_sent_with_its_length(caller: Caller, server: FaultServer) -> None:
    """Of a POST also when it is empty; a coding that was asked for is left alone."""
    caller.send(Request("POST", server.url, (("Accept-Encoding", "gzip"), ("User-Agent", "x")), b"[1,2]"))
    caller.send(Request("POST", server.url))
    assert server.requests[0].endswith(b"accept-encoding: gzip\r\nuser-agent: x\r\ncontent-length: 5\r\n\r\n[1,2]")
    assert server.requests[1].endswith(b"content-length: 0\r\n\r\n")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registry.example/v1",
        "ftp://registry.example/",
        "file:///etc/passwd",
        "http:///v1",
        "http://user:secret@registry.example/",
        "http://user@registry.example",
        "http://a\\@registry.example/",
        "http://registry.example:port/",
        "http://[::1/",
        "http://注册.example:99999999/",
        "http://registry.example:0/",
        "http://127.0.0.1/备案",
    ],
)
def test_an_address_that_is_none(caller: Caller, url: str) -> None:
    """It is the configuration that is wrong; the detail does not repeat it, and nothing is connected to."""
    came = outcome(caller, url)
    assert isinstance(came, Unanswered)
    assert (came.why, came.detail) == (Why.CONFIGURATION, "address")


@pytest.mark.parametrize(
    "header", [("x-a", "b\r\nx-c: d"), ("x-a", "京"), ("备", "b"), ("x a", "b"), ("host", "other")]
)
def test_a_header_that_is_none(caller: Caller, server: FaultServer, header: tuple[str, str]) -> None:
    """Nobody slips a second one in."""
    with pytest.raises(Unanswered) as caught:
        caller.send(Request("GET", server.url, (header,)))
    assert caught.value.why is Why.CONFIGURATION
    assert server.requests == []


def test_what_comes_back(caller: Caller) -> None:
    """Names in lower case, values of one name together, the body decoded and without its coding's headers."""
    coded = gzip.compress(b"{}")
    told = answer(coded, b"Retry-After: 5", b"X-A: 1", b"x-a: 2", b"Content-Encoding: gzip", status=b"503 Busy")
    with FaultServer(plays(told)) as server:
        came = caller.send(get(server.url))
        headers = {"content-type": "application/json", "retry-after": "5", "x-a": "1, 2"}
        assert came == Response(503, headers, b"{}")


def test_no_cookie_is_ever_sent_back(caller: Caller) -> None:
    """Nor is it kept (F27)."""
    with FaultServer(plays(answer(b"{}", b"set-cookie: session=1; Path=/"), again=True)) as server:
        for _ in range(3):
            caller.send(get(server.url))
        assert not any(b"cookie" in request for request in server.requests)


def test_no_redirect_is_followed(caller: Caller, server: FaultServer) -> None:
    """The other host is not contacted; the status comes back as it is (F49)."""
    away = answer(b"{}", b"location: " + server.url.encode(), status=b"302 Found")
    with FaultServer(plays(away)) as first:
        assert caller.send(get(first.url)).status == 302
    assert server.connections == 0


def test_no_proxy_of_the_environment_is_used(
    caller: Caller, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request goes where its address says."""
    with FaultServer(ECHO) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        caller.send(get(server.url))
        assert proxy.connections == 0


def test_nothing_of_a_failure_shows_what_was_sent_or_received(caller: Caller) -> None:
    """Neither in the error's text nor in what it came from."""
    with FaultServer(plays(b"HTTP/1.1 200 OK\r\nsecret without a colon\r\n\r\n")) as server:
        came = outcome(caller, f"{server.url}/?token=secret")
        assert isinstance(came, Unanswered)
        seen, error = "", came
        while error is not None:
            seen += repr(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)  # type: ignore[assignment]  # any exception
        assert "secret" not in seen


LIGHT = """
import sys
{alias}
from icpgate.lookup.http import AsyncHttp, BlockingHttp
from icpgate.lookup.steps import Request
import asyncio
async def main():
    http = AsyncHttp()
    assert (await http.send(Request("GET", sys.argv[1]), 5.0)).status == 200
    await http.close()
asyncio.run(main())
http = BlockingHttp()
assert http.send(Request("POST", sys.argv[1], body=b"x"), 5.0).body == b"{{}}"
http.close()
import httpx
with httpx.Client(transport=__import__("icpgate.lookup.http", fromlist=["x"]).BlockingTransport(
    __import__("icpgate.lookup.wire", fromlist=["x"]).BlockingWire())) as client:
    assert client.get(sys.argv[1]).json() == {{}}
loaded = {{name.partition(".")[0] for name in sys.modules}}
print(httpx.__name__, sorted(loaded & {{"httpcore", "httpcore2", "httpx2"}}))
"""


@pytest.mark.parametrize(
    ("alias", "said"),
    [("", "httpx []"), ("import httpx2; sys.modules['httpx'] = httpx2", "httpx2 ['httpx2']")],
    ids=["httpx", "httpx2"],
)
def test_with_either_library_and_without_its_pool(alias: str, said: str, server: FaultServer) -> None:
    """httpx2 may stand in for httpx; the pool of neither is loaded."""
    code = LIGHT.format(alias=alias)
    command = [sys.executable, "-W", "error", "-c", code, server.url]
    # Whatever the suite itself runs with: the alias alone decides here.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (ran.stdout.strip(), ran.stderr) == (said, "")


def test_a_client_of_httpx_over_our_transport(server: FaultServer) -> None:
    """Also with a body that comes in pieces: it is sent with its length."""
    with httpx.Client(transport=BlockingTransport(BlockingWire())) as client:
        assert client.get(f"{server.url}/a?b=c").json() == {}
        assert client.post(server.url, content=iter([b"ab", b"cd"])).status_code == 200
    assert server.requests[0].startswith(b"GET /a?b=c HTTP/1.1\r\nhost: 127.0.0.1")
    assert server.requests[1].endswith(b"content-length: 4\r\n\r\nabcd")
    assert b"transfer-encoding" not in server.requests[1]


def test_an_async_client_of_httpx_over_our_transport(server: FaultServer) -> None:
    """As the blocking one."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"cd"

    async def run() -> None:
        async with httpx.AsyncClient(transport=AsyncTransport(AsyncWire())) as client:
            assert (await client.get(server.url)).json() == {}
            assert (await client.post(server.url, content=pieces())).status_code == 200

    asyncio.run(run())
    assert server.requests[1].endswith(b"content-length: 4\r\n\r\nabcd")


FAILURES = {
    "timeout": (plays(30.0), httpx.ReadTimeout),
    "closed": (plays(Peer.close), httpx.ConnectError),
    "noise": (plays(b"noise"), httpx.RemoteProtocolError),
    "cut": (plays(answer()[:-5]), httpx.RemoteProtocolError),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_client_of_httpx_is_told_in_its_own_words(name: str) -> None:
    """A failure of the exchange is one of httpx's errors there, and its timeout a limit to the whole."""
    behave, error = FAILURES[name]

    async def run(url: str) -> None:
        async with httpx.AsyncClient(transport=AsyncTransport(AsyncWire()), timeout=0.1) as client:
            await client.get(url)

    with FaultServer(behave) as server:
        with httpx.Client(transport=BlockingTransport(BlockingWire()), timeout=0.1) as client, pytest.raises(error):
            client.get(server.url)
        with pytest.raises(error):
            asyncio.run(run(server.url))


def test_other_schemes_are_not_ours() -> None:
    """Also when a client of httpx asks for them, and when it would wait for ever."""
    with httpx.Client(transport=BlockingTransport(BlockingWire()), timeout=None) as client:  # noqa: S113 -- it is the question
        with pytest.raises(httpx.UnsupportedProtocol):
            client.get("ftp://registry.example:80/")
        sock, port = unlistened()
        with pytest.raises(httpx.ConnectError):
            client.get(f"http://127.0.0.1:{port}/")
        sock.close()


def test_a_thousand_addresses_are_not_kept() -> None:
    """Only origins are remembered, and of those a few hundred."""
    from icpgate.lookup.http import _origin  # noqa: PLC0415 -- of this one test

    assert _origin.cache_parameters()["maxsize"] == 256


def test_making_a_client_connects_to_nobody() -> None:
    """Nor does it need a running loop, or a close."""
    BlockingHttp()
    AsyncHttp()
