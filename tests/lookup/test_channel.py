"""How a registry is reached: options that are refused, authorities, our own certificate, the mark of `insecure_tls`."""

from __future__ import annotations

import logging
import pickle
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from icpgate.answer import ByNumber, Found, Observation, Unavailable, Why
from icpgate.errors import ConfigurationError
from icpgate.lookup import JsonApi, LookupClient, SimpleRegistry, registry_from_url
from icpgate.lookup.channel import Channel, carried, marked, open_channel
from icpgate.lookup.http import BlockingHttp
from icpgate.lookup.steps import Later, Now, Reply, Request, Send, Together, Unanswered
from icpgate.lookup.transport import Transport
from icpgate.number import parse
from tests.lookup.wire.certificates import Authority
from tests.lookup.wire.server import FaultServer, answer, plays

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from icpgate.answer import Answer, Query
    from icpgate.lookup.steps import Flow, Response

CANARY = "canary-p4ssw0rd"
NUMBER = ByNumber(parse("京ICP备2026999901号-1A"))


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine speaks."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificates of the tests."""
    return Authority(tmp_path_factory.mktemp("channel"))


def refusal(**options: object) -> ConfigurationError:
    """What is said when a channel is opened with these options."""
    with pytest.raises(ConfigurationError) as caught:
        Channel(Transport(**options))  # type: ignore[arg-type]  # options that are none
    assert CANARY not in str(caught.value) + repr(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ca_file": ""}, "ca_file is nothing"),
        ({"ca_file": 1}, "ca_file is int"),
        ({"proxy": [CANARY]}, "proxy is list"),
        ({"client_key_password": b"canary-p4ssw0rd"}, "client_key_password is bytes"),
        ({"insecure_tls": 1}, "insecure_tls is '1'"),
        ({"insecure_http": "yes"}, "insecure_http is 'yes'"),
        ({"trust_env": None}, "trust_env is 'None'"),
        ({"connections": 0}, "from 1 to 1,000"),
        ({"connections": True}, "from 1 to 1,000"),
        ({"insecure_tls": True, "ca_file": "x.pem"}, "nobody would be verified"),
        ({"client_key": "x.pem"}, "client_key without client_certificate"),
        ({"client_key_password": CANARY}, "client_key without client_certificate"),
    ],
)
def test_options_that_are_none(options: dict[str, object], words: str) -> None:
    """Each is refused by its name, and a secret is not repeated."""
    error = refusal(**options)
    assert error.code == "config.transport"
    assert words in error.message


def test_options_from_a_table() -> None:
    """An unknown one is told with what was meant."""
    assert Transport.read({"connections": 3, "trust_env": True}) == Transport(connections=3, trust_env=True)
    with pytest.raises(ConfigurationError, match="did you mean ca_file"):
        Transport.read({"cafile": "x"})
    with pytest.raises(ConfigurationError, match="known: ca_file"):
        Transport.read({"verify": False})


def test_a_transport_is_a_value() -> None:
    """It is picklable and equal, and shows no secret."""
    transport = Transport(proxy=f"http://u:{CANARY}@h:1", client_certificate="c.pem", client_key_password=CANARY)
    assert pickle.loads(pickle.dumps(transport)) == transport  # noqa: S301 -- made in the line itself
    assert CANARY not in repr(transport) + str(transport)
    assert transport != Transport()


def test_a_registry_of_the_usual_kind_has_no_channel() -> None:
    """Nothing is made where nothing is unusual; what is no transport is refused."""
    assert open_channel(None, "x") is None
    assert open_channel(Transport(), "x") is None
    assert open_channel(Transport(insecure_http=True), "x") is None
    with pytest.raises(ConfigurationError, match="a Transport is expected"):
        open_channel("http://proxy", "x")  # type: ignore[arg-type]  # which is none


def _der(authority: Authority) -> bytes:
    return ssl.PEM_cert_to_DER_cert(authority.path.read_text())


def test_an_authority_s_file_that_is_none(authority: Authority, tmp_path: Path) -> None:
    """Missing, a folder, empty, DER, with a key, cut, something else: told with its path and what belongs there."""
    pem = authority.path.read_bytes()
    _, key = authority.issued("of-nobody")
    files = {
        "empty": (b"\n \n", "empty"),
        "der": (_der(authority), "it is DER"),
        "key": (key.read_bytes(), "there is a private key in it"),
        "both": (pem + key.read_bytes(), "there is a private key in it"),
        "text": (b"hello", "no certificate"),
        "damaged": (pem.replace(pem[100:140], b"A" * 40), "a certificate in it is damaged"),
        "cut": (pem[:-40], "no certificate"),
        "second-cut": (pem + pem[:-40], "something in it is no certificate"),
        "request": (pem + b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "something in it is no certificate"),
        "large": (b"#" * (8 * 1024 * 1024 + 1), "too large"),
    }
    for name, (content, words) in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        error = refusal(ca_file=path)
        assert (error.code, str(path) in error.message, words in error.message) == ("config.ca", True, True), name
        assert "a PEM file with the certificates" in error.hint
    others: list[tuple[object, str]] = [
        (tmp_path / "none.pem", "No such file"),
        (tmp_path, "Is a directory"),
        ("a\0b", "not a path"),
    ]
    for place, words in others:
        error = refusal(ca_file=place)
        assert error.code == "config.ca"
        assert words in error.message


def test_an_authority_s_file_may_have_comments(authority: Authority, tmp_path: Path) -> None:
    """In any script, and more than one certificate."""
    other = Authority(tmp_path)
    file = tmp_path / "both.pem"
    comment = "# 示例机构\r\n".encode()
    file.write_bytes(comment + authority.path.read_bytes() + comment + other.path.read_bytes())
    assert Channel(Transport(ca_file=str(file))).context().cert_store_stats()["x509_ca"] == 2


def test_our_certificate_that_is_none(authority: Authority, tmp_path: Path) -> None:
    """Each way in which it does not fit is told with the path, and the password is not."""
    certificate, key = authority.issued("ours")
    _, other = authority.issued("others")
    _, sealed = authority.issued("sealed", CANARY)
    junk = tmp_path / "junk.pem"
    junk.write_bytes(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    text = tmp_path / "text.pem"
    text.write_text("hello")
    cases: list[tuple[dict[str, object], str, Path]] = [
        ({"client_certificate": tmp_path / "none.pem"}, "No such file", tmp_path / "none.pem"),
        ({"client_certificate": text}, "no certificate in it", text),
        ({"client_certificate": certificate}, "no private key in it", certificate),
        ({"client_certificate": certificate, "client_key": text}, "no private key in it", text),
        (
            {"client_certificate": certificate, "client_key": tmp_path / "none.key"},
            "No such file",
            tmp_path / "none.key",
        ),
        ({"client_certificate": certificate, "client_key": other}, "not the key of the certificate", other),
        ({"client_certificate": certificate, "client_key": sealed}, "its key is encrypted", sealed),
        ({"client_certificate": certificate, "client_key": junk}, "damaged", junk),
        (
            {"client_certificate": certificate, "client_key": sealed, "client_key_password": "wrong"},
            "cannot be read with this password",
            sealed,
        ),
        (
            {"client_certificate": certificate, "client_key": sealed, "client_key_password": CANARY * 200},
            "cannot be used",
            sealed,
        ),
    ]
    for options, words, path in cases:
        error = refusal(**options)
        assert error.code == "config.client_certificate"
        assert words in error.message, words
        assert str(path) in error.message
    Channel(Transport(client_certificate=str(certificate), client_key=str(key)))


@pytest.mark.parametrize("form", ["apart", "sealed", "together"])
def test_who_asks_for_our_certificate_gets_it(
    form: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key and certificate in two files or one; the key may be encrypted, its password in the environment."""
    certificate, key = authority.issued(f"client-{form}", CANARY if form == "sealed" else "")
    monkeypatch.setenv("KEY_PASSWORD", CANARY)
    both = tmp_path / "both.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    given: dict[str, str] = {
        "apart": {"client_certificate": str(certificate), "client_key": str(key)},
        "together": {"client_certificate": str(both)},
        "sealed": {
            "client_certificate": str(certificate),
            "client_key": str(key),
            "client_key_password": "env:KEY_PASSWORD",
        },
    }[form]
    demanding = authority.serving()
    demanding.load_verify_locations(authority.path)
    demanding.verify_mode = ssl.CERT_REQUIRED
    http = BlockingHttp()
    with FaultServer(plays(answer()), ssl_context=demanding) as server:
        known = Channel(Transport(ca_file=str(authority.path), **given))  # type: ignore[arg-type]  # texts
        assert http.send(Request("GET", server.url, channel=known), 5.0).status == 200
        unknown = Channel(Transport(ca_file=str(authority.path)))
        with pytest.raises(Unanswered) as caught:
            http.send(Request("GET", server.url, channel=unknown), 5.0)
        assert caught.value.why in {Why.PROTOCOL, Why.CONNECTION}
    http.close()


def test_authorities_of_the_environment(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only with `trust_env`; what they name must be there."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    assert Channel(Transport(trust_env=True)).context().cert_store_stats()["x509_ca"] == 1
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    Channel(Transport(connections=2)).context()
    with pytest.raises(ConfigurationError, match=r"none\.pem: cannot be read"):
        Channel(Transport(trust_env=True))
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match="no such folder"):
        Channel(Transport(trust_env=True))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert Channel(Transport(trust_env=True)).context().verify_mode is ssl.CERT_REQUIRED


def test_no_context_writes_keys_into_a_file(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSLKEYLOGFILE is for debugging a program, not for a library that reads personal data."""
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    certificate, key = authority.issued("logged")
    for transport in (
        Transport(ca_file=str(authority.path)),
        Transport(insecure_tls=True),
        Transport(client_certificate=str(certificate), client_key=str(key)),
        Transport(trust_env=True),
    ):
        context = Channel(transport).context()
        assert context.keylog_filename is None
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert not log.exists()


class Row(SimpleRegistry):
    """Everything is registered, as its server says."""

    id = "row"

    def __init__(self, url: str, transport: Transport) -> None:
        """At an address."""
        self.url = url
        self.channel = open_channel(transport, self.id)

    def request(self, query: Query) -> Request:  # noqa: ARG002 -- it asks for everything alike
        """See `SimpleRegistry.request`."""
        return Request("GET", self.url)

    def read(self, response: Response) -> Answer:  # noqa: ARG002 -- nobody looks
        """See `SimpleRegistry.read`."""
        return Unavailable(Why.NOT_LISTED)


def test_insecure_tls_warns_once_and_marks_what_came(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a registry says over such a connection; the warning names the registry alone."""
    with (
        caplog.at_level(logging.WARNING, "icpgate"),
        FaultServer(plays(answer()), ssl_context=authority.serving()) as s,
    ):
        registry = Row(s.url, Transport(insecure_tls=True))
        with LookupClient(registry) as client:
            for _ in range(2):
                observation = client.look_up(NUMBER)
                assert observation.insecure_tls
                assert observation.answer == Unavailable(Why.NOT_LISTED)
    assert [record.getMessage() for record in caplog.records if record.name == "icpgate.lookup.channel"] == [
        "insecure_tls"
    ]
    with FaultServer(plays(answer()), ssl_context=authority.serving()) as server:
        careful = Row(server.url, Transport(ca_file=str(authority.path)))
        with LookupClient(careful) as client:
            assert not client.look_up(NUMBER).insecure_tls


def test_what_is_no_observation_is_left_to_who_judges_it() -> None:
    """The mark is put on observations alone, once."""
    assert marked("nothing") == "nothing"  # type: ignore[arg-type,comparison-overlap]  # as a registry may return it


def test_http_beyond_this_machine_is_asked_for_by_name() -> None:
    """By each way in which a registry is stated; what only looks like this machine is another."""
    for url in ("http://registry.example", "http://0.0.0.0", "http://0x7f000001", "http://localhost.example"):
        for made in (
            registry_from_url,
            lambda at: registry_from_url(at, transport=Transport(connections=2)),
            lambda at: JsonApi.ready("icpgate", url=at),
        ):
            with pytest.raises(ConfigurationError, match="beyond this machine") as caught:
                made(url)
            assert "insecure_http = true" in caught.value.hint
        for made in (
            lambda at: registry_from_url(at, insecure_http=True),
            lambda at: registry_from_url(at, transport=Transport(insecure_http=True)),
            lambda at: JsonApi.ready("icpgate", url=at, transport=Transport(insecure_http=True)),
        ):
            assert made(url).id == url
    for url in ("http://2130706433", "http://127.1", "http://0177.0.0.1"):
        with pytest.raises(ConfigurationError, match="a host that is none"):
            registry_from_url(url, insecure_http=True)
    for url in ("http://localhost:1", "http://127.9.9.9", "http://[::1]:8080"):
        assert registry_from_url(url).id == url


def test_found_stays_found(authority: Authority) -> None:
    """The mark changes nothing about the answer itself: an answer of a mapped API over unverified TLS."""
    body = (
        '{"status":"registered","number":"京ICP备2026999901号-1A","observed_at":"2026-01-01T00:00:00Z","source":"s",'
        '"record":{"registration_number":"京ICP备2026999901号-1A","status":"registered",'
        '"observed_at":"2026-01-01T00:00:00Z","source":"s"}}'
    ).encode()
    with FaultServer(plays(answer(body), again=True), ssl_context=authority.serving()) as server:
        registry = registry_from_url(server.url, transport=Transport(insecure_tls=True))
        with LookupClient(registry) as client:
            observation = client.look_up(NUMBER)
            assert type(observation.answer) is Found
            assert observation.insecure_tls
            assert client.look_up(NUMBER).insecure_tls


def _performed(flow: Flow[object], sent: list[Channel | None]) -> object:
    """What a flow returns when nothing answers; the channels of its requests."""
    value: object = None
    try:
        step = next(flow)
        while True:
            if isinstance(step, Send):
                assert step.seconds == 1.0
                sent.append(step.request.channel)
            flows = step.flows if isinstance(step, Together) else [step.flow] if isinstance(step, Later) else []
            value = tuple(_performed(each, sent) for each in flows)
            step = flow.send(Reply(datetime.now(UTC), 0.0, value))
    except StopIteration as end:
        return end.value


def test_every_request_of_a_flow_travels_through(authority: Authority) -> None:
    """Those of several queries at once, and those that nobody waits for: by its registry's channel and no other."""
    careless, careful = Channel(Transport(insecure_tls=True)), Channel(Transport(ca_file=str(authority.path)))

    def asked() -> Flow[Sequence[Observation]]:
        yield Together((one(Request("GET", "https://a.cn")), one(Request("GET", "https://b.cn", channel=careless))))
        yield Later(one(Request("GET", "https://c.cn")))
        reply = yield Now()
        return [Observation(NUMBER, Unavailable(Why.NOT_LISTED), reply.now, "s", "r")]

    def one(request: Request) -> Flow[object]:
        return (yield Send(request, 1.0))

    for channel in (careless, careful):
        sent: list[Channel | None] = []
        flow = cast("Flow[object]", carried(asked(), channel))
        (observation,) = cast("list[Observation]", _performed(flow, sent))
        assert observation.insecure_tls is channel.insecure_tls
        assert sent == [channel] * 3
