"""By way of a proxy: which one, what it is told, and that it cannot speak as the peer; blocking and async."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Why
from icpgate.errors import ConfigurationError
from icpgate.lookup.channel import Channel
from icpgate.lookup.steps import Request, Response, Unanswered
from icpgate.lookup.transport import Transport
from icpgate.lookup.wire.budgets import MAX_HEAD
from icpgate.lookup.wire.message import Origin
from icpgate.lookup.wire.proxy import Proxies, Proxy, Tunnel, is_loopback
from tests.lookup.wire.callers import AsyncCaller, BlockingCaller
from tests.lookup.wire.proxying import ForwardProxy
from tests.lookup.wire.server import ALLOWING, FaultServer, Peer, answer, plays

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from tests.lookup.wire.callers import Caller
    from tests.lookup.wire.certificates import Authority

ECHO = plays(answer(), again=True)
CANARY = "canary-p4ssw0rd"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine speaks."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(params=[BlockingCaller, AsyncCaller], ids=["blocking", "async"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """Both clients, one after the other."""
    made: Caller = request.param()
    yield made
    made.close()


def sent(
    caller: Caller, url: str, transport: Transport | Channel, *, body: bytes = b"", seconds: float = 5.0
) -> Response | Unanswered:
    """What a request comes to that travels so."""
    channel = Channel(transport) if isinstance(transport, Transport) else transport
    request = Request("POST" if body else "GET", url, (), body, channel)
    try:
        return caller.send(request, seconds)
    except Unanswered as unanswered:
        return unanswered


def refused(came: Response | Unanswered) -> tuple[Why, str]:
    """Why there was no response."""
    assert isinstance(came, Unanswered), came
    return came.why, came.detail


def allowed(came: Response | Unanswered) -> bool:
    """Whether the server's own answer came."""
    return isinstance(came, Response) and came.body == ALLOWING


def test_a_tunnel_leads_to_https(caller: Caller, authority: Authority) -> None:
    """The proxy sees a host and a port; who answers is verified through it; its connection is kept."""
    with (
        FaultServer(ECHO, ssl_context=authority.serving("registry.example")) as server,
        ForwardProxy(hosts={"registry.example": server.port}) as proxy,
    ):
        channel = Channel(Transport(ca_file=str(authority.path), proxy=f"http://{proxy.address}"))
        for _ in range(3):
            assert allowed(sent(caller, "https://registry.example/secret-path?token=1", channel, body=b"{}"))
        assert [head.split(b"\r\n")[0] for head in proxy.heads] == [b"CONNECT registry.example:443 HTTP/1.1"]
        assert b"proxy-authorization" not in b"".join(proxy.heads + server.requests)
        assert server.connections == 1


def test_a_proxy_is_told_who_asks_and_the_registry_is_not(caller: Caller, authority: Authority) -> None:
    """Credentials go to the proxy alone; without them it answers 407."""
    user = f"us%C3%A9r:{CANARY}%40"
    with (
        FaultServer(ECHO, ssl_context=authority.serving("registry.example")) as server,
        ForwardProxy(hosts={"registry.example": server.port}, user=f"usér:{CANARY}@") as proxy,
    ):
        knowing = Transport(ca_file=str(authority.path), proxy=f"http://{user}@{proxy.address}/")
        assert allowed(sent(caller, "https://registry.example/", knowing))
        assert b"proxy-authorization: Basic " in proxy.heads[0]
        assert b"authorization" not in b"".join(server.requests)
        for without in (f"http://{proxy.address}", f"http://user:wrong@{proxy.address}"):
            came = sent(caller, "https://registry.example/", Transport(ca_file=str(authority.path), proxy=without))
            assert refused(came) == (Why.UNAUTHORISED, "proxy")
        assert len(server.requests) == 1


def test_the_whole_address_is_handed_to_a_proxy_for_http(caller: Caller) -> None:
    """Host, port and query stand in the request line; connections are kept; 407 is told as it is."""
    with (
        FaultServer(ECHO) as server,
        ForwardProxy(hosts={"registry.example": server.port}, user=f"user:{CANARY}") as proxy,
    ):
        channel = Channel(Transport(proxy=f"http://user:{CANARY}@{proxy.address}"))
        assert allowed(sent(caller, "http://registry.example:8080/v1?x=1", channel, body=b"[]"))
        assert allowed(sent(caller, "http://registry.example:8080/v1", channel))
        assert proxy.heads[0].startswith(
            b"POST http://registry.example:8080/v1?x=1 HTTP/1.1\r\nhost: registry.example:"
        )
        assert server.connections == 1
        bare = Transport(proxy=f"http://{proxy.address}")
        assert refused(sent(caller, "http://registry.example/", bare)) == (Why.UNAUTHORISED, "proxy")


def test_an_address_without_a_name_goes_through_too(caller: Caller, authority: Authority) -> None:
    """An IPv4 address, as it stands."""
    with FaultServer(ECHO, ssl_context=authority.serving()) as server, ForwardProxy() as proxy:
        through = Transport(ca_file=str(authority.path), proxy=f"http://{proxy.address}")
        assert allowed(sent(caller, server.url, through))
        assert proxy.heads[0].startswith(b"CONNECT 127.0.0.1:%d HTTP/1.1" % server.port)


def test_a_proxy_that_is_not_there_is_no_way_round(caller: Caller, refusing: int) -> None:
    """Nothing is sent directly instead."""
    with FaultServer(ECHO) as server:
        for url in (server.url, server.url.replace("http:", "https:")):
            came = sent(caller, url, Transport(proxy=f"http://127.0.0.1:{refusing}"))
            assert refused(came) == (Why.CONNECTION, "no connection")
        assert server.connections == 0


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n", Why.UNAUTHORISED),
        (b"HTTP/1.1 403 No\r\n\r\n", Why.REFUSED),
        (b"HTTP/1.1 429 Later\r\n\r\n", Why.RATE_LIMITED),
        (b"HTTP/1.1 502 No way\r\n\r\n", Why.CONNECTION),
        (b"HTTP/1.1 503 No way\r\n\r\n", Why.CONNECTION),
        (b"HTTP/1.1 504 No end\r\n\r\n", Why.TIMEOUT),
        (b"HTTP/1.1 301 There\r\nlocation: http://elsewhere.example/\r\n\r\n", Why.PROTOCOL),
        (b"HTTP/1.1 500 Oh\r\n\r\n" + ALLOWING, Why.PROTOCOL),
        (b"HTTP/2.0 200 OK\r\n\r\n", Why.PROTOCOL),
        (b"HTTP/1.1 2000 OK\r\n\r\n", Why.PROTOCOL),
        (b"SSH-2.0-x\r\n", Why.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\n\r\n" + answer(), Why.PROTOCOL),
        (b"HTTP/1.1 200 OK\r\n", Why.CONNECTION),
        (b"", Why.CONNECTION),
        (b"HTTP/1.1 200 OK\r\nx: " + b"x" * MAX_HEAD, Why.TOO_LARGE),
        (b"HTTP/1.1 100 Wait\r\n\r\n" * 10_000, Why.TOO_LARGE),
    ],
    ids=lambda value: repr(value[:28]) if isinstance(value, bytes) else str(value),
)
def test_what_a_proxy_says_in_place_of_a_tunnel(said: bytes, why: Why, caller: Caller) -> None:
    """Is never an answer of the registry, and says why in one word."""
    with FaultServer(plays(said)) as proxy:
        came = sent(caller, "https://registry.example/", Transport(proxy=proxy.url.rstrip("/")))
        assert refused(came)[0] is why
        assert refused(came)[1] in {"proxy", "tls"}


def test_a_proxy_that_resets(caller: Caller) -> None:
    """A connection that broke."""
    with FaultServer(plays(Peer.reset)) as proxy:
        came = sent(caller, "https://registry.example/", Transport(proxy=proxy.url.rstrip("/")))
        assert refused(came) == (Why.CONNECTION, "proxy")


def test_informational_heads_come_before_a_tunnel() -> None:
    """They are passed over, in whatever pieces they come."""
    tunnel = Tunnel(Origin(secure=True, host="::1", port=8443), Proxy("p", 1))
    assert tunnel.outgoing.startswith(b"CONNECT [::1]:8443 HTTP/1.1\r\nhost: [::1]:8443\r\n")
    whole = b"HTTP/1.1 100 Wait\r\n\r\nHTTP/1.1 200 Go\r\nx: y\r\n\r\n"
    came = [tunnel.receive(whole[i : i + 1]) for i in range(len(whole))]
    assert came == [False] * (len(whole) - 1) + [True]


@pytest.mark.parametrize("every", [0.02, 60.0], ids=["drip", "silence"])
def test_a_proxy_that_takes_its_time(every: float, caller: Caller) -> None:
    """Asking for the tunnel is part of the budget, however slowly it answers."""

    def slowly(peer: Peer) -> None:
        peer.request()
        peer.drip(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1_000, every)

    with FaultServer(slowly) as proxy:
        channel = Channel(Transport(proxy=proxy.url.rstrip("/")))
        begun = time.monotonic()
        assert refused(sent(caller, "https://registry.example/", channel, seconds=0.2)) == (Why.TIMEOUT, "proxy")
        assert time.monotonic() - begun < 0.7


def test_who_answers_at_the_end_of_a_tunnel_is_verified(caller: Caller, authority: Authority) -> None:
    """A proxy that leads to somebody else gets no request."""
    with (
        FaultServer(ECHO, ssl_context=authority.serving("other.example")) as server,
        ForwardProxy(hosts={"registry.example": server.port}) as proxy,
    ):
        through = Transport(ca_file=str(authority.path), proxy=f"http://{proxy.address}")
        assert refused(sent(caller, "https://registry.example/", through)) == (Why.PROTOCOL, "tls certificate")
        assert server.requests == []


def test_the_environment_is_not_looked_at(
    caller: Caller, authority: Authority, monkeypatch: pytest.MonkeyPatch, refusing: int
) -> None:
    """Neither its proxies, nor its authorities, unless it was asked for."""
    sink = f"http://127.0.0.1:{refusing}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, sink)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path.parent / "none.pem"))
    trusting = Transport(ca_file=str(authority.path))
    with FaultServer(ECHO, ssl_context=authority.serving()) as server, FaultServer(ECHO) as clear:
        assert allowed(sent(caller, server.url, trusting))
        assert allowed(caller.send(Request("GET", clear.url)))


def test_the_environment_is_obeyed_where_it_was_asked_for(
    caller: Caller, authority: Authority, monkeypatch: pytest.MonkeyPatch, refusing: int
) -> None:
    """Its proxies and its authorities; NO_PROXY and this machine are reached directly."""
    with (
        FaultServer(ECHO, ssl_context=authority.serving("registry.example")) as server,
        FaultServer(ECHO) as here,
        ForwardProxy(hosts={"registry.example": server.port}, user=f"user:{CANARY}") as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"user:{CANARY}@{proxy.address}")
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{refusing}")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
        channel = Channel(Transport(trust_env=True))
        assert allowed(sent(caller, "https://registry.example/", channel))
        assert allowed(sent(caller, here.url, channel))
        assert len(proxy.heads) == 1


PROXY = "http://p.example:3128"
P = Proxy("p.example", 3128)
Q = Proxy("q.example", 80)


@pytest.mark.parametrize(
    ("variables", "secure", "clear"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": PROXY}, P, None),
        ({"http_proxy": PROXY}, None, P),
        ({"ALL_PROXY": PROXY}, P, P),
        ({"all_proxy": PROXY, "https_proxy": "http://q.example"}, Q, P),
        ({"HTTPS_PROXY": PROXY, "https_proxy": ""}, None, None),
        ({"HTTPS_PROXY": "p.example:3128"}, P, None),
        ({"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, None, None),
        ({"http_proxy": PROXY, "REQUEST_METHOD": "GET"}, None, P),
    ],
)
def test_the_variables_that_name_a_proxy(variables: dict[str, str], secure: Proxy | None, clear: Proxy | None) -> None:
    """The lower case before the upper, the special before the general; a header of CGI is no setting."""
    proxies = Proxies.of_environment(variables)
    assert proxies.of(Origin(secure=True, host="r.example", port=443)) == secure
    assert proxies.of(Origin(secure=False, host="r.example", port=80)) == clear


@pytest.mark.parametrize(
    ("without", "host", "port", "is_direct"),
    [
        ("", "r.example", 443, False),
        ("*", "r.example", 443, True),
        ("r.example", "r.example", 443, True),
        ("R.EXAMPLE", "r.example", 443, True),
        ("example", "r.example", 443, True),
        (".example", "r.example", 443, True),
        ("*.example", "r.example", 443, True),
        ("ample", "r.example", 443, False),
        ("a.example, r.example:8443", "r.example", 443, False),
        ("a.example, r.example:8443", "r.example", 8443, True),
        ("r.example", "r.example.", 443, True),
        ("10.0.0.0/8", "10.2.3.4", 443, True),
        ("10.0.0.0/8", "11.2.3.4", 443, False),
        ("10.0.0.0/99", "10.2.3.4", 443, False),
        ("10.2.3.4", "10.2.3.4", 443, True),
        ("3.4", "10.2.3.4", 443, False),
        ("2001:db8::/32", "2001:db8::1", 443, True),
        ("[2001:db8::1]:443", "2001:db8::1", 443, True),
        ("", "localhost", 80, True),
        ("", "127.5.5.5", 80, True),
        ("", "::1", 80, True),
        (",", "0.0.0.0", 80, False),  # noqa: S104 -- which is not listened at
    ],
)
def test_what_no_proxy_spares(without: str, host: str, port: int, *, is_direct: bool) -> None:
    """A host, a domain with what is below it, a network, a port, everything; and this machine anyway."""
    proxies = Proxies.of_environment({"ALL_PROXY": PROXY, "NO_PROXY": without})
    assert (proxies.of(Origin(secure=True, host=host, port=port)) is None) is is_direct
    assert Proxies.stated(PROXY).of(Origin(secure=True, host=host, port=port)) == P


def test_what_is_for_this_machine_is_not_handed_to_a_proxy_on_another() -> None:
    """In the clear it would leave the machine, which nobody asked for."""
    here = Origin(secure=False, host="127.0.0.1", port=80)
    assert Proxies.stated(PROXY).of(here) is None
    assert Proxies.stated("http://127.0.0.1:3128").of(here) == Proxy("127.0.0.1", 3128)
    assert Proxies.stated(PROXY).of(Origin(secure=False, host="r.example", port=80)) == P


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{CANARY}@p.example:3128",
        f"socks5://user:{CANARY}@p.example",
        f"user:{CANARY}@p.example:3128",
        f"http://user:{CANARY}@p.example:0",
        f"http://user:{CANARY}@p.example:99999",
        f"http://user:{CANARY}@p.example/path",
        f"http://user:{CANARY}@p.example?x",
        f"http://user:{CANARY}@p.example#x",
        f"http://user:{CANARY}@:3128",
        f"http://user:{CANARY}%FF@p.example",
        f"http://user:{CANARY}@{'p' * 64}.example",
        f"http://user:{CANARY}@[::1",
    ],
)
def test_a_proxy_that_is_none_is_refused_without_its_address(url: str) -> None:
    """Its address may have a password in it."""
    with pytest.raises(ConfigurationError) as caught:
        Channel(Transport(proxy=url))
    assert caught.value.code == "config.proxy"
    assert "such as http://proxy.example.cn:3128" in caught.value.hint
    assert CANARY not in repr(caught.value) + str(caught.value)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY"):
        Proxies.of_environment({"HTTPS_PROXY": url if "://" in url else f"ftp://{CANARY}"})


def test_a_proxy_may_be_named_by_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A variable or a file has its whole address; nothing shows it."""
    file = tmp_path_factory.mktemp("secrets") / "proxy"
    file.write_text(f"http://user:{CANARY}@p.example:3128\n")
    monkeypatch.setenv("OUR_PROXY", file.read_text().strip())
    for given in ("env:OUR_PROXY", f"file:{file}"):
        transport = Transport(proxy=given)
        channel = Channel(transport)
        assert channel.proxies.secure is not None
        assert channel.proxies.secure.host == "p.example"
        assert CANARY not in repr(transport) + repr(channel) + repr(channel.proxies) + str(channel.proxies.secure)
    with pytest.raises(ConfigurationError, match="NO_SUCH_PROXY is not set"):
        Channel(Transport(proxy="env:NO_SUCH_PROXY"))


def test_what_this_machine_is() -> None:
    """Its names and its addresses, and none that only look like it."""
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("0.0.0.0", "2130706433", "127.1", "0x7f000001", "localhost.example", "::")))  # noqa: S104 -- as above


def test_two_channels_share_no_connection(caller: Caller, serving: ssl.SSLContext, authority: Authority) -> None:
    """Of one client: each has its own, and what one may not do is not done over the other's."""
    with FaultServer(ECHO, ssl_context=serving) as server:
        careless, careful = Channel(Transport(insecure_tls=True)), Channel(Transport(ca_file=str(authority.path)))
        assert allowed(sent(caller, server.url, careless))
        assert allowed(sent(caller, server.url, careful))
        assert allowed(sent(caller, server.url, careless))
        assert server.connections == 2
        assert refused(sent(caller, server.url, Channel(Transport(connections=5)))) == (Why.PROTOCOL, "tls certificate")
        with pytest.raises(Unanswered):
            caller.send(Request("GET", server.url))


def test_nothing_goes_through_a_channel_of_a_closed_client(serving: ssl.SSLContext) -> None:
    """Neither one that was used, nor a new one; both clients."""
    with FaultServer(ECHO, ssl_context=serving) as server:
        blocking, used = BlockingCaller(), Channel(Transport(insecure_tls=True))
        assert allowed(sent(blocking, server.url, used))
        blocking.close()
        for channel in (used, Channel(Transport(insecure_tls=True))):
            assert refused(sent(blocking, server.url, channel)) == (Why.CONFIGURATION, "closed")
        on_loop = AsyncCaller()
        assert allowed(sent(on_loop, server.url, used))
        on_loop.runner.run(on_loop.http.close())
        for channel in (used, Channel(Transport(insecure_tls=True))):
            assert refused(sent(on_loop, server.url, channel)) == (Why.CONFIGURATION, "closed")
        on_loop.close()
