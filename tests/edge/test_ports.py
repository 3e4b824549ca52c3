"""Connections that do not come about: ports, names, TLS, proxies of the environment, files that run out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.errors import ConfigurationError
from icpgate.gate import Gate
from icpgate.lookup import Limits
from icpgate.lookup.http import AsyncHttp, BlockingHttp
from tests.cases import NUMBER
from tests.edge.answers import number_like
from tests.edge.asking import APP, KEY, TOKEN, app_of, outcome, registry_at
from tests.edge.ports import HANGING, PORTS, Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.edge.asking import Way
    from tests.edge.server import EdgeServer

ROOT = Path(__file__).parents[2]
ONCE = Limits(attempts=1)


@pytest.fixture(scope="session")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    """All of them, open."""
    with Ports(tmp_path_factory.mktemp("ports")) as opened:
        yield opened


def trusting(way: Way, ports: Ports) -> Callable[[], object]:
    """The HTTP client of a way, trusting the authority of the tests."""
    kind: type[BlockingHttp | AsyncHttp] = BlockingHttp if way.gate is Gate else AsyncHttp
    return lambda: kind(ssl_context=ports.trusting())


@pytest.mark.parametrize("name", PORTS)
def test_port(name: str, way: Way, ports: Ports) -> None:
    """The right why, in time; nothing is sent to whoever is not who it should be."""
    row, words = PORTS[name]
    deadline = 0.15 if name in HANGING else 2.0
    ports.requests.clear()
    with way.opened(ports.url(name), deadline=deadline, limits=Limits(attempts=1), http=trusting(way, ports)) as gate:
        begun = time.monotonic()
        decision = gate.check(APP)
        took = time.monotonic() - begun
    assert outcome(decision) in words, row
    assert took < deadline + 0.75
    assert TOKEN not in f"{decision!r}{decision.to_json()}"
    assert ports.requests == ([NUMBER] if decision.allowed else [])


def test_refused_at_once(way: Way, ports: Ports) -> None:
    """F63: it costs no wait."""
    with way.opened(ports.url("refused"), limits=ONCE) as gate:
        gate.check(APP)  # what is loaded once
        begun = time.monotonic()
        assert outcome(gate.check(APP)) == "connection"
        assert time.monotonic() - begun < 0.25


def test_by_default_nobody_of_ours_is_trusted(way: Way, ports: Ports) -> None:
    """F70: a private authority is trusted only where it is named."""
    with way.opened(ports.url("tls-ok"), limits=ONCE) as gate:
        decision = gate.check(APP)
    assert outcome(decision) == "protocol"
    assert [getattr(o.answer, "detail", "") for o in decision.observations] == ["tls certificate"]


def test_a_service_that_comes_and_goes(way: Way, ports: Ports) -> None:
    """F66: served while it is there; unavailable while it is not; and again served once the breaker lets it."""
    with way.opened(ports.url("flap"), limits=ONCE) as gate:
        for position in range(4):
            up = position % 2 == 0
            ports.flap(up=up)
            number = number_like(NUMBER, serial=position)
            assert outcome(gate.check(app_of(number)), number) == ("allow" if up else "connection")
    ports.flap(up=False)


@pytest.mark.parametrize("host", ["255.255.255.255", "[100::1]"])
def test_no_route(host: str, way: Way) -> None:
    """F67: no connection, or none in time."""
    with way.opened(f"http://{host}:9", deadline=0.2, limits=ONCE, insecure_http=True) as gate:
        assert outcome(gate.check(APP)) in {"connection", "timeout"}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], str]], None]:
    """Has names below .example resolved by a function: no resolver can be told to hang."""
    real = socket.getaddrinfo

    def install(found: Callable[[str], str]) -> None:
        def getaddrinfo(host: str, port: int, *rest: Any, **more: Any) -> Any:
            if not host.endswith(".example"):
                return real(host, port, *rest, **more)
            address = found(host)
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return install


def test_a_resolver_that_is_silent(way: Way, names: Callable[[Callable[[str], str]], None]) -> None:
    """F68: the deadline holds; four threads wait, whatever else is asked is told that all are busy."""
    go = threading.Event()

    def silent(_: str) -> str:
        go.wait(20)
        return "127.0.0.1"

    names(silent)
    words = []
    begun = time.monotonic()
    try:
        for position in range(6):
            url = f"http://silent{position}.example:9"
            with way.opened(url, deadline=0.1, limits=Limits(seconds=0.1, attempts=1), insecure_http=True) as gate:
                words.append(outcome(gate.check(APP)))
        waiting = [thread for thread in threading.enumerate() if thread.name == "icpgate-resolver"]
        assert len(waiting) <= 4
        assert time.monotonic() - begun < 3
    finally:
        go.set()
    assert set(words) <= {"timeout", "overloaded"}
    assert words[:4] == ["timeout"] * 4
    for thread in waiting:
        thread.join(5)


def test_who_waits_for_a_thread_gets_one(way: Way, edge: EdgeServer, names: Any) -> None:
    """F68: a name beyond the fourth is resolved as soon as another is done."""

    def slowly(_: str) -> str:
        time.sleep(0.05)
        return "127.0.0.1"

    names(slowly)
    found: list[str] = []

    def ask(position: int) -> None:
        url = edge.url("ok").replace("127.0.0.1", f"host{position}.example")
        with way.opened(url, insecure_http=True) as gate:
            found.append(outcome(gate.check(APP)))

    threads = [threading.Thread(target=ask, args=(position,)) for position in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == ["allow"] * 8


def test_names_that_change(way: Way, edge: EdgeServer, names: Any) -> None:
    """F69: no address, then a good one, then another: each connection goes where the name leads then."""
    told = iter(["", "127.0.0.1", "127.0.0.2"])
    asked: list[str] = []

    def changing(_: str) -> str:
        address = next(told)
        asked.append(address)
        if not address:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return address

    names(changing)
    url = edge.url("close-idle").replace("127.0.0.1", "changing.example")
    with way.opened(url, limits=ONCE, insecure_http=True) as gate:
        words = [
            outcome(gate.check(app_of(number)), number) for number in (number_like(NUMBER, serial=n) for n in range(3))
        ]
    assert words == ["connection", "allow", "connection"]  # nobody listens at the third
    assert asked == ["", "127.0.0.1", "127.0.0.2"]


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0", "224.0.0.1"])  # noqa: S104 -- refused
def test_a_name_that_leads_where_no_registry_stands(address: str, way: Way, names: Any) -> None:
    """F69: nothing is connected to, were it the metadata service of a cloud."""
    names(lambda _: address)
    begun = time.monotonic()
    with way.opened("http://rebound.example", limits=ONCE, insecure_http=True) as gate:
        decision = gate.check(APP)
    assert [getattr(o.answer, "detail", "") for o in decision.observations] == ["name"]
    assert time.monotonic() - begun < 1


def test_the_environment_leads_nowhere(
    way: Way, edge: EdgeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F72: neither its proxies nor its netrc; a file of roots that is not there breaks nothing over http."""
    sink = f"http://user:{TOKEN}@127.0.0.1:{edge.sink_port}"
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password secret\n", encoding="utf-8")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, sink)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    url = edge.url("ok")
    assert outcome(way.asked(url)) == "allow"
    [request] = edge.asked(url)
    assert b"basic" not in request.head.lower()
    assert edge.sink == []


FILES = """
import resource, sys
from tests.cases import NUMBER
from tests.edge.answers import number_like
from tests.edge.asking import WAYS, app_of, outcome
from icpgate.lookup import Limits
import os

way = next(way for way in WAYS if way.name == sys.argv[1])
with way.opened(sys.argv[2], limits=Limits(attempts=1)) as gate:
    first = outcome(gate.check(app_of(NUMBER)))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    held = []
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    words = set()
    for n in range(1, 100):
        number = number_like(NUMBER, serial=n)
        words.add(outcome(gate.check(app_of(number)), number))
    for each in held:
        os.close(each)
    before = len(os.listdir("/proc/self/fd"))
    numbers = [number_like(NUMBER, serial=n) for n in range(100, 200)]
    last = {outcome(gate.check(app_of(number)), number) for number in numbers}
    print(first, *sorted(words), *last, len(os.listdir("/proc/self/fd")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux tells them")
def test_files_run_out(way: Way, edge: EdgeServer) -> None:
    """F74: told as our own want, no breaker opens, and all is well once there are files again; none is lost."""
    ran = subprocess.run(
        [sys.executable, "-c", FILES, way.name, edge.url("http10")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
        env=dict(os.environ),
    )
    assert ran.stderr == ""
    assert ran.stdout.split() == ["allow", "overloaded", "allow", "0"]


def test_secrets_are_not_told_by_a_wrong_address() -> None:
    """Credentials in an address are refused, without being repeated."""
    for url in (f"https://user:{TOKEN}@upstream.example.cn", f"https://upstream.example.cn/?key={KEY}"):
        with pytest.raises(ConfigurationError) as caught:
            registry_at(url)
        assert TOKEN not in f"{caught.value!r}{caught.value}"
        assert KEY not in f"{caught.value!r}{caught.value}"
