"""Queries that are requests of their own, and waits that are told: nobody waits for another, or for nothing."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByNumber, Unavailable, Why
from icpgate.errors import ConfigurationError
from icpgate.lookup import Cache, Combined, Limits, LookupClient
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.clocks import SystemClock
from icpgate.lookup.simple import SimpleRegistry
from icpgate.lookup.steps import ReadLocally, Request
from icpgate.testing.serving import RegistryServer
from tests.awaited import CLIENTS, GATES
from tests.cases import described, memory, registered
from tests.lookup.files import by
from tests.lookup.told import DOWN, Told, read, settle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from icpgate.answer import Answer, Observation, Query
    from icpgate.gate import Gate
    from icpgate.lookup.steps import Flow, Response

NUMBERS = tuple(f"京ICP备2026{position:06d}号-1A" for position in range(900_101, 900_121))
QUERIES = tuple(map(by, NUMBERS))
SLOW = QUERIES[3]
SOON = 20.0
"""Seconds within which something must have happened that takes a moment; nobody waits for so long."""


class SomeSlow(Told):
    """Each query is a request of its own; those for one number do not come back until they may."""

    def __init__(self) -> None:
        """Nothing is held back yet."""
        super().__init__(SystemClock(), batches=False)
        self.may_answer = threading.Event()

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Answer, some late."""
        if SLOW in queries:
            yield ReadLocally(lambda: self.may_answer.wait(SOON))
        return (yield from super().ask(queries))


@pytest.fixture(params=CLIENTS, ids=["blocking", "asynchronous"])
def kind(request: pytest.FixtureRequest) -> type[LookupClient]:
    """Every test here runs twice."""
    client: type[LookupClient] = request.param
    return client


@pytest.fixture(params=["alone", "shared"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cache]:
    """In the process alone, and with a second level."""
    level = SqliteLevel(tmp_path / "cache.db") if request.param == "shared" else None
    with Cache(level=level) as made:
        yield made


@pytest.fixture
def registry() -> Iterator[SomeSlow]:
    """One that lets go of everything at the end."""
    made = SomeSlow()
    yield made
    made.may_answer.set()


@pytest.fixture
def client(kind: type[LookupClient], registry: SomeSlow, cache: Cache) -> Iterator[LookupClient]:
    """A client whose loads have ended when the test does."""
    made = kind(registry, cache=cache)
    yield made
    registry.may_answer.set()
    settle(made)
    made.close()


def words(observations: Sequence[Observation]) -> list[str]:
    """What each says."""
    return [read(observation) for observation in observations]


def test_a_slow_answer_makes_no_other_one_late(client: LookupClient, registry: SomeSlow) -> None:
    """Of a batch all are answered but the one that does not come; nothing is asked twice."""
    expected = ["timeout" if query == SLOW else "registered" for query in QUERIES]
    assert words(client.look_up_many(QUERIES, deadline=1.0)) == expected
    asked = [query for queries in registry.asked for query in queries]
    assert sorted(query.number.canonical for query in asked if isinstance(query, ByNumber)) == sorted(
        query.number.canonical for query in QUERIES if query != SLOW
    )
    registry.may_answer.set()
    assert read(client.look_up(SLOW)) == "registered"


def test_who_waits_for_one_number_of_a_batch_has_it_when_it_comes(client: LookupClient, registry: SomeSlow) -> None:
    """Not when the whole batch is through."""
    with ThreadPoolExecutor(2) as pool:
        batch = pool.submit(client.look_up_many, QUERIES, deadline=SOON)
        registry.wait(1)
        single = pool.submit(client.look_up, QUERIES[-1], deadline=SOON)
        assert read(single.result(SOON / 2)) == "registered"
        assert not batch.done()
        registry.may_answer.set()
        assert set(words(batch.result(SOON))) == {"registered"}


class Mixed(Told):
    """Raises about one number, and cannot say about another."""

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Answer each as it comes."""
        if SLOW in queries:
            raise LookupError
        self.says = DOWN if QUERIES[5] in queries else {}
        return (yield from super().ask(queries))


def test_one_that_fails_fails_alone(kind: type[LookupClient], cache: Cache) -> None:
    """Whatever becomes of the others, each has its own answer."""
    client = kind(Mixed(SystemClock(), batches=False), cache=cache)
    said = dict(enumerate(words(client.look_up_many(QUERIES))))
    client.close()
    assert (said.pop(3), said.pop(5)) == ("internal", "upstream_error")
    assert set(said.values()) == {"registered"}


@pytest.mark.parametrize(
    ("able", "limits", "seconds", "ahead"),
    [
        ({"batches": True}, Limits(), 2.0, 100),
        ({}, Limits(), 2.0, 8),
        ({}, Limits(per_second=4), 2.0, 4),
        ({}, Limits(per_second=4), 0.2, 1),
        ({}, Limits(per_second=0.01), 2.0, 1),
        ({}, Limits(per_second=1_000), 2.0, 8),
        ({"quick": True}, Limits(), 2.0, 1),
    ],
)
def test_how_many_are_worth_asking_at_once(able: dict[str, Any], limits: Limits, seconds: float, ahead: int) -> None:
    """As many as go into one request; or as are under way side by side, and as the rate allows in time."""
    registry = Told(SystemClock(), **{"batches": False, **able})
    with LookupClient(registry, limits=limits) as client:
        assert client.ahead(seconds) == ahead


@pytest.mark.parametrize("gate", GATES, ids=["blocking", "asynchronous"])
def test_a_catalogue_under_a_rate_is_decided_row_for_row(gate: type[Gate]) -> None:
    """No row is undecided because others were asked about before it."""
    registry = Told(SystemClock(), batches=False)
    apps = [described(registration_number=number) for number in NUMBERS]
    with gate.for_listing(registry, limits=Limits(per_second=20), deadline=0.5) as made:
        decided = list(made.check_many(apps))
    whys = {item.decision.observations[0].answer for item in decided if item.decision is not None}
    assert not any(isinstance(answer, Unavailable) for answer in whys)
    assert len(decided) == len(NUMBERS)


class Busy(SimpleRegistry):
    """Asks a server for one number at a time."""

    id = "busy"

    def __init__(self, url: str) -> None:
        """At its address."""
        self.url = url

    def request(self, query: Query) -> Request:  # noqa: ARG002 -- it never comes to the number
        """Ask for anything."""
        return Request("GET", f"{self.url}/v1/registrations/x")

    def read(self, response: Response) -> Answer:
        """It never answers with a 200 here."""
        raise NotImplementedError


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    """A real one."""
    with RegistryServer(memory(registered())) as served:
        yield served


@pytest.mark.parametrize(("seconds", "requests"), [(6, 1), (1, 2)])
def test_who_cannot_wait_for_a_retry_is_told_why_at_once(
    kind: type[LookupClient], server: RegistryServer, seconds: float, requests: int
) -> None:
    """A registry that asks to be left alone for longer than the caller has: `rate_limited`, and no `timeout`."""
    server.fail(429, retry_after=seconds)
    client = kind(Busy(server.url), limits=Limits(attempts=2, seconds=15))
    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        several = [pool.submit(client.look_up, QUERIES[0], deadline=4.0) for _ in range(4)]
        assert {read(each.result(SOON)) for each in several} == {"rate_limited"}
    assert time.monotonic() - begun < 3.5  # of the 4 s that each would have waited
    assert server.requests <= requests
    client.close()


def test_who_comes_while_a_load_waits_is_told_too(kind: type[LookupClient], server: RegistryServer) -> None:
    """Later callers of the same number learn at once what the load learned."""
    server.fail(429, retry_after=6)
    client = kind(Busy(server.url), limits=Limits(attempts=2, seconds=15))
    for _ in range(3):
        begun = time.monotonic()
        assert read(client.look_up(QUERIES[0], deadline=4.0)) == "rate_limited"
        assert time.monotonic() - begun < 3.5
    assert server.requests == 1
    client.close()


def test_our_own_rate_is_told_as_well(kind: type[LookupClient], server: RegistryServer) -> None:
    """Who would have to wait for our own limit longer than it can, hears that."""
    client = kind(Busy(server.url), limits=Limits(per_second=0.2, seconds=15))
    server.fail(503)
    assert read(client.look_up(QUERIES[0], deadline=4.0)) == "upstream_error"
    begun = time.monotonic()
    observation = client.look_up(QUERIES[1], deadline=4.0)
    assert observation.answer == Unavailable(Why.RATE_LIMITED, "our own rate limit")
    assert time.monotonic() - begun < 3.5
    client.close()


def test_clients_that_share_a_cache_share_a_registrys_breaker(kind: type[LookupClient]) -> None:
    """What one of them found out the other need not: the breaker is the registry's. So are rate and quota."""
    clock = SystemClock()
    cache, down, other = Cache(), Told(clock, id="r"), Told(clock, id="another")
    down.says = Unavailable(Why.BLOCKED)
    clients = [
        kind(registry, cache=cache, limits=Limits(per_day=10)) for registry in (down, Told(clock, id="r"), other)
    ]
    assert read(clients[0].look_up(QUERIES[0])) == "blocked"
    assert clients[1].look_up(QUERIES[1]).answer == Unavailable(Why.BLOCKED, "breaker open")
    assert read(clients[2].look_up(QUERIES[1])) == "registered"
    assert [client.status.breaker for client in clients] == ["open", "open", "closed"]
    alone = kind(Told(clock, id="r"))
    assert read(alone.look_up(QUERIES[1])) == "registered"
    for client in (*clients, alone):
        client.close()


def test_limits_over_several_registries_are_refused(kind: type[LookupClient]) -> None:
    """They would hold for none of them. What is said about whole loads holds."""
    clock = SystemClock()
    combined = Combined([Told(clock, id="one"), Told(clock, id="two")], limits=[Limits(per_day=5), None])
    for limits in (Limits(per_second=1), Limits(per_day=5), Limits(attempts=1), Limits(burst=2)):
        with pytest.raises(ConfigurationError, match="its members have their own") as caught:
            kind(combined, limits=limits)
        assert caught.value.code == "config.limits"
    with pytest.raises(ConfigurationError, match="its members have their own"):
        Combined([combined, Told(clock, id="three")], limits=[Limits(per_day=5), None])
    client = kind(combined, limits=Limits(seconds=3, at_once=2))
    assert read(client.look_up(QUERIES[0])) == "registered"
    status = client.status
    client.close()
    assert [(each.registry, each.breaker, each.left_today) for each in status.members] == [
        ("one", "closed", None),  # it sent no request: there is nothing to count
        ("two", "closed", None),
    ]
    assert status.loading == 0


def test_opening_and_closing_are_logged(kind: type[LookupClient], caplog: pytest.LogCaptureFixture) -> None:
    """One event each, with the registry's id and why; nothing while nothing changes."""
    caplog.set_level(logging.INFO, logger="icpgate.lookup")
    registry = Told(SystemClock(), id="r")
    client = kind(registry)
    client.look_up(QUERIES[0])
    assert caplog.records == []
    registry.says = Unavailable(Why.BLOCKED)
    client.look_up(QUERIES[1])
    client.look_up(QUERIES[2])
    (opened,) = caplog.records
    assert (opened.message, opened.levelname) == ("breaker_opened", "WARNING")
    assert (vars(opened)["registry"], vars(opened)["why"]) == ("r", "blocked")
    assert 30 <= vars(opened)["seconds"] <= 36
    registry.says = {}
    client._asking.guard.breaker._closed_until = 0.0  # the pause is over
    assert read(client.look_up(QUERIES[3])) == "registered"
    assert [record.message for record in caplog.records] == ["breaker_opened", "breaker_closed"]
    client.close()


@pytest.mark.parametrize("deadline", ["2", float("nan"), True, [1]], ids=repr)
def test_a_deadline_is_a_number_of_seconds(kind: type[LookupClient], deadline: Any) -> None:
    """Anything else is the caller's mistake, and begins nothing."""
    registry = Told(SystemClock())
    client = kind(registry)
    with pytest.raises(ConfigurationError, match="a number of seconds is expected") as caught:
        client.look_up(QUERIES[0], deadline=deadline)
    assert caught.value.code == "config.deadline"
    assert registry.asked == []
    client.close()


def test_a_reader_that_fails_closes_no_breaker(kind: type[LookupClient]) -> None:
    """What our own side did says nothing about the registry: the probe is another's."""
    registry = Told(SystemClock())
    client = kind(registry)
    breaker = client._asking.guard.breaker
    registry.says = Unavailable(Why.BLOCKED)
    client.look_up(QUERIES[0])
    breaker._closed_until = 0.0  # the pause is over
    registry.says = Unavailable(Why.INTERNAL)
    assert read(client.look_up(QUERIES[1])) == "internal"
    assert client.status.breaker == "half_open"
    registry.says = {}
    assert read(client.look_up(QUERIES[1])) == "registered"
    assert client.status.breaker == "closed"
    client.close()
