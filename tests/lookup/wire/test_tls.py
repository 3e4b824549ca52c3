"""TLS: who answers is verified, a cut is a cut, and nothing hangs; blocking and async."""

from __future__ import annotations

import ssl
import time
import warnings
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Why
from icpgate.errors import ConfigurationError
from icpgate.lookup.http import AsyncHttp, BlockingHttp
from icpgate.lookup.steps import Response, Unanswered
from icpgate.lookup.wire.tls import checked, shared_context
from tests.lookup.wire.callers import AsyncCaller, BlockingCaller, get, outcome
from tests.lookup.wire.server import ALLOWING, FaultServer, Peer, answer, in_turn, plays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lookup.wire.callers import Caller
    from tests.lookup.wire.certificates import Authority

ECHO = plays(answer(), again=True)


@pytest.fixture(params=[BlockingCaller, AsyncCaller], ids=["blocking", "async"])
def caller(request: pytest.FixtureRequest, trusting: ssl.SSLContext) -> Iterator[Caller]:
    """Both clients, one after the other, trusting the authority of the tests."""
    made: Caller = request.param(ssl_context=trusting)
    yield made
    made.close()


def refused(came: Response | Unanswered) -> tuple[Why, str]:
    """Why there was no response."""
    assert isinstance(came, Unanswered), came
    return came.why, came.detail


def test_a_connection_is_kept_over_tls(caller: Caller, serving: ssl.SSLContext) -> None:
    """As over plain TCP."""
    with FaultServer(ECHO, ssl_context=serving) as server:
        for _ in range(3):
            assert caller.send(get(server.url)).body == ALLOWING
        assert server.connections == 1


def test_a_dead_connection_is_not_used_over_tls(caller: Caller, serving: ssl.SSLContext) -> None:
    """With and without a closing notice."""
    for end in (Peer.close, Peer.goodbye):
        with FaultServer(in_turn(plays(answer(), end), ECHO), ssl_context=serving) as server:
            caller.send(get(server.url))
            assert caller.send(get(server.url)).body == ALLOWING


def test_a_large_answer_right_before_the_end(caller: Caller, serving: ssl.SSLContext) -> None:
    """Nothing is lost when the peer closes right behind it."""
    body = bytes(range(256)) * 4_000
    large = answer(body, b"connection: close")
    with FaultServer(plays(large, Peer.goodbye), ssl_context=serving) as server:
        for _ in range(5):
            assert caller.send(get(server.url), 5.0).body == body


def test_a_body_that_ends_with_the_connection(caller: Caller, serving: ssl.SSLContext) -> None:
    """With TLS's closing notice it is whole; without, it may have been cut by anybody."""
    until_closed = answer(length=False)
    with FaultServer(plays(until_closed, Peer.goodbye), ssl_context=serving) as server:
        assert caller.send(get(server.url)).body == ALLOWING
    with FaultServer(plays(until_closed, Peer.close), ssl_context=serving) as server:
        assert refused(outcome(caller, server.url)) == (Why.TRUNCATED, "body")
        assert caller.places() == (0, 0)


@pytest.mark.parametrize("wrong", ["name", "ended", "authority"])
def test_a_certificate_that_is_not_theirs(
    wrong: str, caller: Caller, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Another's, one that has expired, one of somebody nobody trusts: nothing is sent."""
    if wrong == "authority":
        context = type(authority)(tmp_path_factory.mktemp("other")).serving()
    else:
        context = authority.serving("other.example" if wrong == "name" else "127.0.0.1", ended=wrong == "ended")
    with FaultServer(ECHO, ssl_context=context) as server:
        assert refused(outcome(caller, server.url)) == (Why.PROTOCOL, "tls certificate")
        assert server.requests == []
        assert caller.places() == (0, 0)


def test_old_versions_are_refused(caller: Caller, authority: Authority) -> None:
    """Nothing before TLS 1.2 is spoken."""
    context = authority.serving()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with FaultServer(ECHO, ssl_context=context) as server:
        assert refused(outcome(caller, server.url)) == (Why.PROTOCOL, "tls")


def test_a_server_that_speaks_no_tls(caller: Caller) -> None:
    """An answer in the clear is none."""
    with FaultServer(lambda peer: peer.send(answer())) as server:
        assert refused(outcome(caller, server.url.replace("http:", "https:")))[0] in {Why.PROTOCOL, Why.CONNECTION}
        assert caller.places() == (0, 0)


def hears_and_closes(peer: Peer) -> None:
    """Closes once the client has begun to shake hands."""
    peer.sock.recv(65_536)


def test_a_server_that_closes_while_shaking_hands(caller: Caller) -> None:
    """A connection that broke, not a peer that is wrong: it may be tried again."""
    for behave in (Peer.close, Peer.reset, hears_and_closes):
        with FaultServer(behave) as server:
            assert refused(outcome(caller, server.url.replace("http:", "https:")))[0] is Why.CONNECTION


def test_a_handshake_that_never_ends(caller: Caller) -> None:
    """It is part of the budget."""
    with FaultServer(lambda peer: peer.pause(30)) as server:
        begun = time.monotonic()
        came = outcome(caller, server.url.replace("http:", "https:"), 0.15)
        assert refused(came)[0] is Why.TIMEOUT
        assert time.monotonic() - begun < 0.65
        assert caller.places() == (0, 0)


def test_a_name_that_tls_cannot_carry(caller: Caller) -> None:
    """Its parts are too long, or one is missing: an address that is wrong, and no connection."""
    for host in ("a" * 64 + ".example", ".example", "a..example"):
        assert refused(outcome(caller, f"https://{host}/")) == (Why.CONFIGURATION, "address")


def test_noise_within_tls(caller: Caller, serving: ssl.SSLContext) -> None:
    """Bytes that break TLS after the handshake break the answer."""

    def noisy(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        import os  # noqa: PLC0415 -- of this one test

        os.write(peer.sock.fileno(), b"\x00" * 64)
        peer.silence()

    with FaultServer(noisy, ssl_context=serving) as server:
        assert refused(outcome(caller, server.url))[0] in {Why.PROTOCOL, Why.CONNECTION}
        assert caller.places() == (0, 0)


def test_plain_and_secured_are_not_mixed_up(caller: Caller, serving: ssl.SSLContext) -> None:
    """A client in the clear gets no answer from a server that speaks TLS."""
    with FaultServer(ECHO, ssl_context=serving) as server:
        came = outcome(caller, server.url.replace("https:", "http:"))
        assert refused(came)[0] in {Why.PROTOCOL, Why.CONNECTION}


def test_the_shared_context_verifies() -> None:
    """It is made once, for TLS 1.2 and later, and believes nobody without a certificate."""
    context = shared_context()
    assert context is shared_context()
    assert checked(context) is context
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("client", [BlockingHttp, AsyncHttp])
def test_a_context_that_believes_anybody_is_refused(client: type) -> None:
    """Verification is not switched off by handing in a context."""
    careless = ssl.create_default_context()
    careless.check_hostname = False
    with pytest.raises(ConfigurationError, match="does not verify"):
        client(ssl_context=careless)
    careless.verify_mode = ssl.CERT_NONE
    with pytest.raises(ConfigurationError, match="does not verify"):
        client(ssl_context=careless)
    old = ssl.create_default_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.raises(ConfigurationError, match=r"before 1\.2"):
        client(ssl_context=old)


def test_the_default_context_trusts_no_authority_of_ours(serving: ssl.SSLContext) -> None:
    """Without a context, the system's roots decide; both clients."""
    for made in (BlockingCaller(), AsyncCaller()):
        with FaultServer(ECHO, ssl_context=serving) as server:
            assert refused(outcome(made, server.url)) == (Why.PROTOCOL, "tls certificate")
        made.close()
