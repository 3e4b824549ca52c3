"""`insecure_tls`: whatever was told by somebody nobody verified says so, wherever it was kept meanwhile."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Found, NotRegistered, Observation
from icpgate.app import App
from icpgate.lookup import Cache, Combined, registry_from_url
from icpgate.lookup.cache.encoding import decode, encode
from icpgate.lookup.cache.entry import Entry
from icpgate.lookup.cache.packing import pack, unpack
from icpgate.lookup.channel import Channel
from icpgate.lookup.transport import Transport
from icpgate.policy import Policy
from icpgate.record import RegistrationRecord
from icpgate.rules import Action
from icpgate.server.writing import write_answer
from icpgate.testing import FixedClock
from tests.awaited import CLIENTS, GATES
from tests.cases import NOW, NUMBER, described, memory, registered
from tests.lookup.files import by
from tests.lookup.told import Told
from tests.lookup.wire.certificates import Authority
from tests.lookup.wire.server import FaultServer, answer, plays

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from icpgate.answer import Query
    from icpgate.decision import Decision
    from icpgate.gate import Gate
    from icpgate.lookup import LookupClient
    from icpgate.lookup.steps import Flow

QUERY = by(NUMBER)
CARELESS = Transport(insecure_tls=True)
MARK = "insecure_tls"


class _Marked(Told):
    """One over a connection that was not verified."""

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Told.ask`."""
        observations = yield from super().ask(queries)
        return [replace(each, insecure_tls=True) for each in observations]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Whom nobody trusts."""
    return Authority(tmp_path_factory.mktemp("insecure"))


@pytest.fixture
def server(authority: Authority) -> Iterator[FaultServer]:
    """A registry that speaks the protocol over TLS: the usual record, observed a moment ago."""
    seen = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    observation = Observation(QUERY, _found(observed_at=seen), datetime.fromisoformat(seen), "test", "served")
    body = write_answer(observation)
    with FaultServer(plays(answer(body), again=True), ssl_context=authority.serving()) as made:
        yield made


def _found(**changes: object) -> Found:
    return Found((RegistrationRecord.read(registered(**changes)),))


def _is_marked(decision: Decision) -> bool:
    warned = MARK in {raised.code for raised in decision.raised}
    assert warned == any(evidence.insecure_tls for evidence in decision.evidence)
    assert warned == any(each["insecure_tls"] for each in decision.written()["evidence"])  # type: ignore[attr-defined]  # a list
    return warned


@pytest.mark.parametrize("gate", GATES, ids=["blocking", "asynchronous"])
def test_every_decision_says_so(gate: type[Gate], server: FaultServer) -> None:
    """The first and those from the cache: allowed, with a warning that both audiences can read."""
    made = gate(Action.LIST, registry_from_url(server.url, transport=CARELESS))
    for _ in range(3):
        decision = made.check(App.parse(described()))
        assert decision.allowed
        assert _is_marked(decision)
    assert len(server.requests) == 1
    assert "not verified" in decision.explain("en")
    assert "未经验证" in decision.explain("zh-CN")
    made.close()


@pytest.mark.parametrize("gate", GATES, ids=["blocking", "asynchronous"])
def test_a_policy_may_deny_it(gate: type[Gate], server: FaultServer) -> None:
    """For an action that cannot be taken back."""
    policy = Policy.loads('extends = "default"\n[rules.insecure_tls]\nlist = "enforce"\n')
    made = gate(Action.LIST, registry_from_url(server.url, transport=CARELESS), policy=policy)
    decision = made.check(App.parse(described()))
    assert not decision.allowed
    assert decision.codes == (MARK,)
    made.close()


@pytest.mark.parametrize("gate", GATES, ids=["blocking", "asynchronous"])
def test_who_is_verified_is_not_marked(gate: type[Gate], server: FaultServer, authority: Authority) -> None:
    """By the registry's own authority: nothing is warned of."""
    made = gate(Action.LIST, registry_from_url(server.url, transport=Transport(ca_file=str(authority.path))))
    decision = made.check(App.parse(described()))
    assert decision.allowed
    assert not _is_marked(decision)
    made.close()


def test_the_mark_goes_with_an_entry_to_other_processes(
    server: FaultServer, authority: Authority, tmp_path: Path
) -> None:
    """One asked without verifying: who verifies, and finds its entry in the second level, is told."""
    client: type[LookupClient] = CLIENTS[0]
    url = f"sqlite:{tmp_path / 'cache.db'}"
    with client(registry_from_url(server.url, transport=CARELESS), cache=url) as careless:
        assert careless.look_up(QUERY).insecure_tls
    trusting = Transport(ca_file=str(authority.path))
    with client(registry_from_url(server.url, transport=trusting), cache=url) as careful:
        observation = careful.look_up(QUERY)
        assert observation.insecure_tls
        assert type(observation.answer) is Found
    assert len(server.requests) == 1


@pytest.mark.parametrize("secret", [None, b"a secret of thirty-two bytes ..."])
@pytest.mark.parametrize("said", ["found", "no"])
def test_the_mark_is_kept_as_it_is(said: str, secret: bytes | None) -> None:
    """In bytes of both kinds, with and without a secret; what is neither true nor false there is no entry."""
    answered = _found() if said == "found" else NotRegistered("all")
    moment = datetime.fromisoformat(str(registered()["observed_at"]))
    plain = Entry(Observation(QUERY, answered, moment, "s", "r"), moment)
    for entry in (plain, replace(plain, observation=replace(plain.observation, insecure_tls=True))):
        assert unpack(pack(entry)) == entry
        assert decode(encode(entry, secret), QUERY, "r", secret=secret) == entry
    assert encode(plain, secret) != encode(entry, secret)
    assert MARK.encode() not in encode(plain, secret)


def test_several_registries_of_which_one_was_not_verified() -> None:
    """Where its word counted for the answer, or for there being none; not where another was asked in its place."""
    client: type[LookupClient] = CLIENTS[0]
    clock = FixedClock(NOW)
    for strategy, marks in (("quorum", True), ("confirm", True), ("in_turn", False)):
        first, second = Told(clock, id="first"), _Marked(clock, id="second")
        with client(Combined([first, second], strategy=strategy), cache=Cache(), clock=clock) as asking:
            assert asking.look_up(QUERY).insecure_tls is marks
    cancelled = _Marked(clock, id="second")
    cancelled.says = {"status": "cancelled"}
    with client(Combined([Told(clock, id="first"), cancelled], strategy="quorum"), clock=clock) as asking:
        assert asking.look_up(QUERY).insecure_tls


@pytest.mark.parametrize("gate", GATES, ids=["blocking", "asynchronous"])
def test_a_server_passes_the_mark_on(gate: type[Gate], authority: Authority) -> None:
    """What a registry server had from such a connection is marked for those that ask it over a good one."""
    record = _found(observed_at=datetime.now(UTC).isoformat())
    for said in (record, NotRegistered("all")):
        told = Observation(QUERY, said, datetime.now(UTC), "test", "served", insecure_tls=True)
        for body in (write_answer(told), write_answer(told).replace(b"true}", b'"odd"}')):
            assert b'"insecure_tls":' in body
            with FaultServer(plays(answer(body)), ssl_context=authority.serving()) as server:
                made = gate(
                    Action.LIST, registry_from_url(server.url, transport=Transport(ca_file=str(authority.path)))
                )
                assert _is_marked(made.check(App.parse(described())))
                made.close()


def test_a_registry_of_this_machine_is_never_marked() -> None:
    """There is no connection."""
    made = GATES[0](Action.LIST, memory())
    assert not _is_marked(made.check(App.parse(described())))
    made.close()


def test_the_insecure_context_is_asked_for_by_name_alone() -> None:
    """It verifies nobody, speaks no TLS before 1.2, and no other channel has it."""
    context = Channel(CARELESS).context()
    assert context.verify_mode is ssl.CERT_NONE
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    for transport in (Transport(), Transport(connections=1), Transport(insecure_http=True), Transport(trust_env=True)):
        other = Channel(transport).context()
        assert other.verify_mode is ssl.CERT_REQUIRED
        assert other.check_hostname
