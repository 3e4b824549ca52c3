"""`icpgate registry serve`: the command in a process of its own, asked over sockets."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from icpgate.cli.serving import url_of, warnings_told
from icpgate.lookup.live.database import open_database
from icpgate.lookup.live.records import put_record
from icpgate.lookup.snapshotfile import init_registry
from tests.cases import NUMBER, registered
from tests.commandline import run
from tests.lookup.files import imported
from tests.lookup.live.made import RECORD, made
from tests.server.test_serving import written
from tests.server.told import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
TOKEN = "0123456789abcdef-token"  # noqa: S105 -- a test's


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A registry of the usual registration."""
    file = tmp_path / "registry.icpdb"
    imported(file, registered())
    return str(file)


class Served:
    """A running command."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Read what it says until it listens."""
        self.process = process
        self.said: list[str] = []
        for line in self._stream:
            self.said.append(line.rstrip("\n"))
            if " at http" in line:
                break
        else:
            message = f"exit {process.wait()}: {self.said}"
            raise AssertionError(message)
        self.url = self.said[-1].rpartition(" ")[2]
        self.port = int(re.findall(r":(\d+)", self.url)[0])

    @property
    def _stream(self) -> IO[str]:
        assert self.process.stderr is not None
        return self.process.stderr

    def end(self, name: int = signal.SIGTERM) -> tuple[int, str]:
        """Send the signal; its exit code, and what else it said."""
        self.process.send_signal(name)
        code = self.process.wait(20)
        return code, self._stream.read()


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[Served]:
    """The command on a free port, until the test has ended."""
    command = [sys.executable, "-W", "error", "-m", "icpgate", "registry", "serve", *arguments, "--port", "0"]
    settings = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=settings) as process:
        try:
            yield Served(process)
        finally:
            process.kill()


def test_it_serves_until_it_is_told_to_end(path: str) -> None:
    """One line with the address; SIGTERM is the ordinary end."""
    with serving(path) as served:
        assert served.said == [f"icpgate: serving snapshot:registry.icpdb at http://127.0.0.1:{served.port}"]
        with Client(served.port) as client:
            assert client.number(NUMBER).json["status"] == "registered"
        assert served.end() == (0, "")
        with Client(served.port) as client, pytest.raises(ConnectionRefusedError):
            client.get("/healthz")


def test_an_interrupt_is_told_by_the_exit_code(path: str) -> None:
    """As every command's."""
    with serving(f"snapshot:{path}") as served:
        assert served.end(signal.SIGINT) == (130, "")


def test_a_file_that_is_replaced_is_served_from_then_on(path: str) -> None:
    """A bad one is not, and the log says why, without its folder."""
    with serving(path) as served, Client(served.port) as client:
        assert client.number(NUMBER).json["status"] == "registered"
        imported(Path(path), registered(status="shell"), replace=True)
        assert client.number(NUMBER).json["status"] == "shell"
        bad = Path(path).with_name("bad")
        bad.write_bytes(b"no registry")
        bad.replace(path)
        assert client.number(NUMBER).json["status"] == "shell"
        _, said = served.end()
        assert said.startswith("icpgate: registry_file_refused registry=snapshot:registry.icpdb code=snapshot.")
        assert str(Path(path).parent) not in said


def test_a_simulated_registry_is_told(tmp_path: Path) -> None:
    """At the start."""
    path = tmp_path / "simulated.icpdb"
    init_registry(path, simulated=True)
    with serving(str(path)) as served:
        assert served.said[0] == "snapshot:simulated.icpdb: SIMULATED: no bureau issued its numbers"


def test_a_live_registry_is_served(tmp_path: Path) -> None:
    """A simulated one is told; each change is there for the next who asks."""
    url = made(f"sqlite:///{tmp_path / 'live.db'}", RECORD, simulated=True)
    with serving(url) as served, Client(served.port) as client:
        assert served.said[0] == "sqlite:live.db: SIMULATED: no bureau issued its numbers"
        assert client.number(NUMBER).json["record"]["origin"] == "simulated"
        with closing(open_database(url)) as database:
            database.write(lambda connection: put_record(connection, replace(RECORD, blacklisted=True)))
        assert client.number(NUMBER).json["record"]["blacklisted"] is True
        assert served.end(signal.SIGINT) == (130, "")


def test_a_base_begins_every_path(path: str) -> None:
    """And stands in the address that is told."""
    with serving(path, "--base", "/registry/") as served, Client(served.port) as client:
        assert served.url.endswith("/registry")
        assert client.get("/registry/healthz").status == 200
        assert client.get("/healthz").status == 404


@pytest.mark.parametrize("from_file", [True, False])
def test_a_token_comes_from_a_file_or_the_environment(path: str, tmp_path: Path, *, from_file: bool) -> None:
    """Never from the arguments, and it is never told."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    given = ("--token-file", str(file)) if from_file else ()
    with serving(path, "--host", "0.0.0.0", *given, ICPGATE_SERVE_TOKEN="x" * 20 if from_file else TOKEN) as served:  # noqa: S104 -- what needs a token
        with Client(served.port) as client:
            assert client.number(NUMBER).status == 401
            assert client.get("/v1/capabilities", Authorization=f"Bearer {TOKEN}").status == 200
        assert TOKEN not in "".join([*served.said, served.end()[1]])


def test_without_a_token_only_this_machine_is_answered(path: str) -> None:
    """Unless it is said loudly that everybody shall be."""
    ran = run("registry", "serve", path, "--host", "0.0.0.0", "--port", "0")  # noqa: S104 -- what needs a token
    assert ran.code == 2
    assert "serve.no_token" in ran.err
    assert "--token-file" in ran.err
    with serving(path, "--host", "0.0.0.0", "--insecure-no-token") as served:  # noqa: S104 -- as above
        assert "INSECURE" in served.said[0]
        with Client(served.port) as client:
            assert client.number(NUMBER).status == 200
        assert served.end(signal.SIGINT) == (130, "")


def test_https_with_a_certificate(path: str, tmp_path: Path) -> None:
    """Plain HTTP is not spoken there."""
    certificate, key = written(tmp_path)
    with serving(path, "--tls-cert", certificate, "--tls-key", key) as served:
        assert served.url.startswith("https://")
        context = ssl.create_default_context(cafile=certificate)
        with urllib.request.urlopen(f"https://localhost:{served.port}/healthz", context=context) as response:
            assert json.loads(response.read()) == {"status": "live"}
        with Client(served.port) as client, pytest.raises((HTTPException, OSError)):
            client.get("/healthz")
        assert served.end()[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tls-key", "key.pem"], "--tls-key needs --tls-cert"),
        (["--tls-cert", "none.pem"], "none.pem"),
        (["--token-file", "none"], "none cannot be read"),
        (["--token-file", os.devnull], "has no token"),
        (["--base", "registry"], "base is 'registry'"),
        (["--host", "no such host"], "no such host"),
        (["--port", "70000"], "70000"),
    ],
)
def test_what_is_wrong_is_said_before_anything_listens(path: str, arguments: list[str], words: str) -> None:
    """In one line, with exit code 2."""
    ran = run("registry", "serve", path, *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert ran.out == ""


def test_a_short_token_is_refused_and_not_told(path: str, tmp_path: Path) -> None:
    """A token that can be guessed is none."""
    file = tmp_path / "token"
    file.write_text("hunter2", encoding="utf-8")
    ran = run("registry", "serve", path, "--token-file", str(file))
    assert ran.code == 2
    assert "config.token" in ran.err
    assert "hunter2" not in ran.err


def test_a_port_in_use_is_said(path: str) -> None:
    """With what to do, and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        ran = run("registry", "serve", path, "--port", str(other.getsockname()[1]))
    assert ran.code == 2
    assert "cannot listen" in ran.err
    assert "--port" in ran.err


@pytest.mark.parametrize("registry", ["missing.icpdb", "snapshot:missing.icpdb", "gopher://x", "nothing:at-all"])
def test_a_registry_that_is_none_is_refused(registry: str) -> None:
    """As everywhere."""
    ran = run("registry", "serve", registry, "--port", "0")
    assert ran.code == 2
    assert ran.err.count("\n") == 1


def test_without_the_extra_it_says_which(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other commands need no server."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"starlette", "uvicorn"}]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.startswith("icpgate.server")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    ran = run("registry", "serve", path, "--port", "0")
    assert ran.code == 2
    assert "icpgate[server]" in ran.err


BATCH = json.dumps({"queries": [{"number": NUMBER}] * 200}).encode()


def _ask_on(port: int, answers: list[int], lost: list[str]) -> None:
    """Ask on ever new connections until none is accepted any more."""
    while True:
        with Client(port) as client:
            try:
                client.connection.connect()
            except OSError:
                return
            try:
                said = client.ask("POST", "/v1/lookup", BATCH, Content_Type="application/json")
            except (HTTPException, OSError) as error:
                lost.append(type(error).__name__)
            else:
                answers.append(len(said.json["answers"]))


def test_what_else_is_missing_is_a_defect_of_ours(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No extra would mend it."""
    monkeypatch.setitem(sys.modules, "icpgate.server.app", None)
    assert run("registry", "serve", path, "--port", "0").code == 70


def test_an_address_of_ipv6_is_told_as_urls_have_it() -> None:
    """In brackets, with its port."""

    class Listener:
        def getsockname(self) -> tuple[str, int, int, int]:
            return "::1", 8750, 0, 0

    assert url_of(Listener(), is_secure=True) == "https://[::1]:8750"  # type: ignore[arg-type]  # all that is asked of it


def test_warnings_that_nobody_reads_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever started the server may have closed its standard error."""

    def closed(_: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("icpgate.cli.serving.say", closed)
    with warnings_told():
        logging.getLogger("icpgate.lookup.snapshot").warning("registry_file_refused")


def test_an_end_under_load_loses_no_answer(path: str) -> None:
    """Every request is answered whole, or was never read: refused, or waiting to be accepted when all ended."""
    answers: list[int] = []
    lost: list[str] = []
    with serving(path) as served:
        threads = [threading.Thread(target=_ask_on, args=(served.port, answers, lost)) for _ in range(6)]
        for thread in threads:
            thread.start()
        while len(answers) < 20:
            time.sleep(0.01)
        assert served.end() == (0, "")
        for thread in threads:
            thread.join()
    assert set(answers) == {200}
    assert len(lost) <= len(threads)
