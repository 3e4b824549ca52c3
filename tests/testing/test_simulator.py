"""The registry that users test with: changed while it is asked, slow, down, stale, wrong; in place and over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Unavailable, Why
from icpgate.app import App
from icpgate.errors import ConfigurationError, InvalidRecord
from icpgate.lookup import Limits
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock, RegistrySimulator, Wrong
from icpgate.testing.serving import RegistryServer
from tests.awaited import CLIENTS, GATES
from tests.cases import DOCUMENT, NOW, NUMBER, described, registered
from tests.lookup.files import MISSING, by

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.answer import Observation, Query
    from icpgate.gate import Gate
    from icpgate.lookup import LookupClient

ONCE = Limits(attempts=1)


@pytest.fixture
def simulator() -> RegistrySimulator:
    """With the usual record."""
    return RegistrySimulator([registered()])


@pytest.fixture(params=CLIENTS, ids=["blocking", "asynchronous"])
def ask(request: pytest.FixtureRequest, simulator: RegistrySimulator) -> Callable[..., Observation]:
    """Asks it one query, by default for its record, through a new client."""

    def look_up(query: Query | None = None, clock: FixedClock | None = None, deadline: float = 10) -> Observation:
        kind: type[LookupClient] = request.param
        with kind(simulator, clock=clock or FixedClock(NOW), limits=ONCE) as client:
            return client.look_up(by(NUMBER) if query is None else query, deadline=deadline)

    return look_up


def why(observation: Observation) -> Why:
    """Why nobody could say."""
    assert isinstance(observation.answer, Unavailable), observation.answer
    return observation.answer.why


def test_it_finds_what_it_has(ask: Callable[..., Observation]) -> None:
    """By each key, as of the moment at which it is asked."""
    for query in (by(NUMBER), ByDocument(DOCUMENT, "com.sig.wameiji"), ByDomain("api.example.cn")):
        observation = ask(query)
        assert isinstance(observation.answer, Found)
        assert observation.answer.record.observed_at == observation.observed_at == NOW
        assert observation.answer.record.source == observation.source == "simulator"


def test_what_it_does_not_have(ask: Callable[..., Observation]) -> None:
    """A number is denied, an entity with services is not, and no other key says that there is nothing."""
    assert ask(by(MISSING)).answer == NotRegistered("all")
    assert why(ask(by("蜀ICP备2021014694号"))) is Why.NOT_LISTED
    assert why(ask(ByDomain("www.example.cn"))) is Why.NOT_LISTED


def test_scope_and_authority() -> None:
    """As it was told."""
    simulator = RegistrySimulator(id="of a province", scope="provinces:蜀", authoritative=False, cacheable=False)
    able = simulator.capabilities
    assert (str(able.scope), able.authoritative, able.cacheable, simulator.id) == (
        "provinces:蜀",
        False,
        False,
        "of a province",
    )
    assert repr(simulator) == "RegistrySimulator('of a province')"


def test_records_are_changed_while_it_is_asked(simulator: RegistrySimulator, ask: Callable[..., Observation]) -> None:
    """Changed, removed, and put again, by the number as anybody writes it."""
    simulator.change("蜀ICP备2021014694号-10a", status="cancelled", operator=None)
    answer = ask().answer
    assert isinstance(answer, Found)
    assert (answer.record.status.value, answer.record.operator) == ("cancelled", None)
    simulator.remove(NUMBER)
    assert ask().answer == NotRegistered("all")
    record = RegistrationRecord.read(registered())
    assert simulator.put(record) is record
    assert isinstance(ask().answer, Found)
    assert [len(batch) for batch in simulator.asked] == [1, 1, 1]


def test_a_row_without_a_moment() -> None:
    """Needs none: it is observed when it is asked for."""
    simulator = RegistrySimulator([{"registration_number": NUMBER, "status": "registered"}])
    assert simulator.change(NUMBER, service_name="新名字").service_name == "新名字"


def test_what_cannot_be_put_or_changed(simulator: RegistrySimulator) -> None:
    """A row that is none, and a number without a record."""
    with pytest.raises(InvalidRecord):
        simulator.put({"registration_number": NUMBER, "status": "filed"})
    for change in (lambda: simulator.change(MISSING, status="cancelled"), lambda: simulator.remove(MISSING)):
        with pytest.raises(ConfigurationError, match="has no record here"):
            change()


def test_down(simulator: RegistrySimulator, ask: Callable[..., Observation]) -> None:
    """With the why that is wanted, until it is honest again."""
    simulator.down(Why.MAINTENANCE, "tonight", retry_after=60)
    observation = ask()
    assert observation.answer == Unavailable(Why.MAINTENANCE, "tonight")
    assert simulator.honest() is simulator
    assert isinstance(ask().answer, Found)


def test_slow(simulator: RegistrySimulator, ask: Callable[..., Observation]) -> None:
    """Time passes on the clock of the test, and on no other."""
    clock = FixedClock(NOW)
    simulator.slow(7)
    assert isinstance(ask(clock=clock).answer, Found)
    assert clock.now() == NOW + timedelta(seconds=7)


def test_stale(simulator: RegistrySimulator, ask: Callable[..., Observation]) -> None:
    """An answer of so long ago, and one of a clock that is ahead."""
    simulator.stale(86_400)
    assert ask().observed_at == NOW - timedelta(days=1)
    simulator.stale(-86_400)
    assert ask().observed_at == NOW + timedelta(days=1)


@pytest.mark.parametrize("how", Wrong)
def test_wrong(how: Wrong, simulator: RegistrySimulator, ask: Callable[..., Observation]) -> None:
    """Nobody believes it: the client says that nobody can say."""
    simulator.wrong(how)
    assert why(ask()) in {Why.INTERNAL, Why.MALFORMED, Why.NOT_COVERED}
    simulator.remove(NUMBER)
    assert why(ask(by(MISSING))) in {Why.INTERNAL, Why.MALFORMED, Why.NOT_COVERED}


def test_held(simulator: RegistrySimulator, ask: Callable[..., Observation]) -> None:
    """Who waits is answered once it is released."""
    simulator.hold()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(ask)
        while not simulator.asked:
            assert not waiting.done()
        simulator.release()
        assert isinstance(waiting.result().answer, Found)


@pytest.mark.parametrize("kind", GATES, ids=["blocking", "asynchronous"])
def test_in_a_gate_and_over_http(kind: type[Gate], simulator: RegistrySimulator) -> None:
    """The same decisions, whichever way it is asked."""
    app = App.parse(described())
    with RegistryServer(simulator) as server:
        codes: list[list[tuple[str, ...]]] = []
        for registry in (simulator, server.url):
            simulator.honest().put(registered())
            with kind.for_listing(registry, limits=ONCE) as gate:
                said = [gate.check(app).codes]
                gate.lookup.cache.invalidate()
                simulator.change(NUMBER, status="cancelled")
                said.append(gate.check(app).codes)
                gate.lookup.cache.invalidate()
                simulator.down(Why.UPSTREAM_ERROR)
                said.append(gate.check(app).codes)
            codes.append(said)
    assert codes[0] == codes[1] == [(), ("registration_cancelled",), ("registry_unavailable",)]
