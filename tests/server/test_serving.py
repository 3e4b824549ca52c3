"""Where the server listens, with which certificate, and how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from icpgate.errors import ConfigurationError
from icpgate.server.serving import certified, is_loopback, listen
from tests.cases import NUMBER
from tests.server.told import Client, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent

SLOW = """
import sys
from icpgate.answer import NotRegistered, Observation
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.steps import ReadLocally
from icpgate.server import registry_app
from icpgate.server.serving import listen, serve
import time

class Slow:
    id = "slow"
    capabilities = Capabilities(authoritative=True)
    def ask(self, queries):
        reply = yield ReadLocally(lambda: time.sleep(SECONDS))
        return [Observation(query, NotRegistered("all"), reply.now, "slow", "slow") for query in queries]

listener = listen("127.0.0.1", 0)
port = listener.getsockname()[1]
app = registry_app(Slow())
ended = serve(app, listener, tls=None, listening=lambda: print(port, flush=True))
print("ended", ended, app.state.is_ending)
"""


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server in a process of its own, whose registry takes a while; and its port."""
    seconds = getattr(request, "param", 0.7)
    program = [sys.executable, "-W", "error", "-c", SLOW.replace("SECONDS", str(seconds))]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
        process.kill()


def asked(port: int) -> Said:
    """One question on a connection of its own."""
    with Client(port) as client:
        return client.number(NUMBER)


def rest(stream: IO[str] | None) -> str:
    """What else a program wrote."""
    assert stream is not None
    return stream.read()


def test_sigterm_answers_what_is_under_way(slow: tuple[subprocess.Popen[str], int]) -> None:
    """And what still comes while everybody learns of the end; each is its connection's last."""
    process, port = slow
    with ThreadPoolExecutor(8) as threads, Client(port) as client:
        client.get("/readyz")
        waiting = [threads.submit(asked, port) for _ in range(6)]
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.15)
        ready = client.get("/readyz")
        assert (ready.status, ready.headers["connection"]) == (503, "close")
        late = threads.submit(asked, port)
        answers = [future.result() for future in [*waiting, late]]
    assert {said.json["status"] for said in answers} == {"not_registered"}
    assert answers[-1].headers["connection"] == "close"
    assert process.wait(20) == 0
    assert rest(process.stdout).split() == ["ended", str(signal.SIGTERM.value), "True"]
    assert rest(process.stderr) == ""


def test_an_interrupt_ends_without_a_moment_s_wait(slow: tuple[subprocess.Popen[str], int]) -> None:
    """What is under way is answered all the same."""
    process, port = slow
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(asked, port)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert waiting.result().status == 200
    assert process.wait(20) == 0
    assert rest(process.stdout).split()[1] == str(signal.SIGINT.value)


@pytest.mark.parametrize("slow", [4], indirect=True)
def test_a_second_signal_ends_at_once(slow: tuple[subprocess.Popen[str], int]) -> None:
    """Whoever asks twice means it."""
    process, port = slow
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(asked, port)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        with pytest.raises(OSError):  # noqa: PT011 -- reset or closed, as the kernel has it
            waiting.result()
    assert process.wait(2) == -signal.SIGTERM


def test_a_free_port_is_found_and_a_used_one_refused() -> None:
    """With what to do about it."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port
        with pytest.raises(ConfigurationError, match=f"port {port}") as caught:
            listen("127.0.0.1", port)
    assert caught.value.code == "serve.address"
    assert "--port" in caught.value.hint


@pytest.mark.parametrize("host", ["256.0.0.1", "no such host", "", "x" * 300, "203.0.113.1"])
def test_an_address_that_is_none_of_ours_is_refused(host: str) -> None:
    """Whether it cannot be read, found, or bound."""
    with pytest.raises(ConfigurationError) as caught:
        listen(host, 0)
    assert caught.value.code == "serve.address"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("127.9.9.9", True), ("0.0.0.0", False)],  # noqa: S104 -- for a moment
)
def test_what_only_this_machine_reaches(host: str, loopback: bool) -> None:  # noqa: FBT001 -- a parameter
    """By the address, not by its name."""
    with listen(host, 0) as listener:
        assert is_loopback(listener) is loopback


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_the_other_loopback() -> None:
    """IPv6 has one too."""
    try:
        listener = listen("::1", 0)
    except ConfigurationError:
        return  # the machine has no such address
    with listener:
        assert is_loopback(listener)


def written(folder: Path, *, passphrase: bytes | None = None) -> tuple[str, str]:
    """A certificate for this machine and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    sealed: serialization.KeySerializationEncryption = (
        serialization.NoEncryption() if passphrase is None else serialization.BestAvailableEncryption(passphrase)
    )
    form = serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, sealed))
    return str(folder / "cert.pem"), str(folder / "key.pem")


def test_a_certificate_is_tried_out(tmp_path: Path) -> None:
    """With its key beside it, or in the same file."""
    certificate, key = written(tmp_path)
    assert certified(certificate, key) == {"ssl_certfile": certificate, "ssl_keyfile": key}
    both = tmp_path / "both.pem"
    both.write_bytes(Path(certificate).read_bytes() + Path(key).read_bytes())
    assert certified(str(both), None) == {"ssl_certfile": str(both)}


@pytest.mark.parametrize("wrong", ["missing", "words", "alone", "sealed", "another"])
def test_a_certificate_that_cannot_be_used_is_refused(tmp_path: Path, wrong: str) -> None:
    """Before anything listens, and nobody is asked for a passphrase."""
    (tmp_path / "other").mkdir()
    certificate, key = written(tmp_path, passphrase=b"secret" if wrong == "sealed" else None)
    other = written(tmp_path / "other")
    files = {
        "missing": (str(tmp_path / "none.pem"), key),
        "words": (__file__, key),
        "alone": (certificate, None),
        "sealed": (certificate, key),
        "another": (certificate, other[1]),
    }
    with pytest.raises(ConfigurationError) as caught:
        certified(*files[wrong])
    assert caught.value.code == "serve.tls"
    assert "secret" not in str(caught.value)
