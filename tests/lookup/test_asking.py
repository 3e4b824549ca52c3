"""What both clients do as time passes: whom they ask, what they keep, what they tell, and to which end."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Unavailable, Why
from icpgate.errors import ConfigurationError, IcpGateError
from icpgate.lives import Lives
from icpgate.lookup import AsyncLookupClient, Cache, Limits, LookupClient
from icpgate.lookup.cache.entry import key_of
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.loaders import Loaders
from icpgate.lookup.scope import Scope
from icpgate.lookup.simple import SimpleRegistry
from icpgate.lookup.steps import Drop, Request
from icpgate.lookup.wanted import Wanted
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock
from icpgate.testing.serving import RegistryServer
from tests.awaited import CLIENTS
from tests.cases import DOCUMENT, NOW, NUMBER, memory, registered
from tests.lookup.files import MISSING, OTHER, by
from tests.lookup.told import DOWN, EXACT, HOUR, START, Told, ago, read, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from icpgate.answer import Observation, Query
    from icpgate.lookup.steps import Flow, LevelStep, Response

LIFE = 24 * HOUR
DAY = 24 * HOUR
QUERY = by(NUMBER)
WAITING = Lives(jitter=0, renewing=timedelta(0))
"""Nothing is returned while it is renewed: whoever comes after its life waits."""

EVERY_KIND: tuple[Query, ...] = (QUERY, ByDocument(DOCUMENT, "com.sig.wameiji"), ByDomain("api.example.cn"))


@pytest.fixture(params=CLIENTS, ids=["blocking", "asynchronous"])
def kind(request: pytest.FixtureRequest) -> type[LookupClient]:
    """Every test here runs twice."""
    client: type[LookupClient] = request.param
    return client


@pytest.fixture
def clock() -> FixedClock:
    """Both clocks."""
    return FixedClock(START)


@pytest.fixture
def registry(clock: FixedClock) -> Iterator[Told]:
    """A registry that holds nothing back after a test."""
    told = Told(clock)
    yield told
    told.release()


@pytest.fixture(params=["process", "process and file"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cache]:
    """A cache with one level, and one with two."""
    with Cache(level=f"sqlite:{tmp_path / 'cache.db'}" if "file" in request.param else None) as made:
        yield made


@pytest.fixture
def client(kind: type[LookupClient], registry: Told, clock: FixedClock) -> Iterator[LookupClient]:
    """A client with a cache of its own and exact lives."""
    with kind(registry, lives=EXACT, clock=clock) as made:
        yield made
        registry.release()
        settle(made)


@contextmanager
def asking(*calls: Callable[[], Observation]) -> Iterator[list[Future[Observation]]]:
    """Each call on a thread of its own."""
    with ThreadPoolExecutor(len(calls)) as pool:
        yield [pool.submit(call) for call in calls]


# A hit and its end


def test_a_hit_asks_nobody(client: LookupClient, registry: Told) -> None:
    """The second answer is the very same."""
    first = client.look_up(QUERY)
    assert client.look_up(QUERY) is first
    assert len(registry.asked) == 1


@pytest.mark.parametrize("query", EVERY_KIND, ids=["number", "document", "domain"])
def test_every_kind_of_query_is_kept(client: LookupClient, registry: Told, query: Query) -> None:
    """By its own key."""
    assert client.look_up(query) is client.look_up(query)
    assert registry.asked == [(query,)]


def test_after_its_life_it_is_asked_again(kind: type[LookupClient], registry: Told, clock: FixedClock) -> None:
    """To the second."""
    with kind(registry, lives=WAITING, clock=clock) as client:
        client.look_up(QUERY)
        clock.advance(LIFE - 1)
        client.look_up(QUERY)
        assert len(registry.asked) == 1
        clock.advance(1)
        assert client.look_up(QUERY).observed_at == clock.now()
        assert len(registry.asked) == 2


@pytest.mark.parametrize(
    ("says", "life"),
    [({"status": "pending"}, HOUR), ({"access_restricted": True}, 6 * HOUR), (NotRegistered("all"), HOUR)],
)
def test_each_answer_has_its_own_life(
    kind: type[LookupClient], registry: Told, clock: FixedClock, says: dict[str, object] | NotRegistered, life: float
) -> None:
    """What is likely to change is asked again sooner."""
    registry.says = says
    with kind(registry, lives=WAITING, clock=clock) as client:
        client.look_up(QUERY)
        clock.advance(life - 1)
        client.look_up(QUERY)
        clock.advance(1)
        client.look_up(QUERY)
    assert len(registry.asked) == 2


def test_what_was_observed_long_ago_is_asked_again_after_a_while(
    kind: type[LookupClient], registry: Told, clock: FixedClock
) -> None:
    """A source that is a week old is not asked at every look."""
    registry.seen = ago(clock, 7 * 24 * HOUR)
    with kind(registry, lives=WAITING, clock=clock) as client:
        client.look_up(QUERY)
        clock.advance(299)
        client.look_up(QUERY)
        assert len(registry.asked) == 1
        clock.advance(1)
        client.look_up(QUERY)
        assert len(registry.asked) == 2


def test_jitter_only_shortens_a_life(kind: type[LookupClient], registry: Told, clock: FixedClock) -> None:
    """What came together does not end together, and nothing lives longer than its life."""
    queries = [by(f"蜀ICP备2021014694号-{service}A") for service in range(1, 41)]
    with kind(registry, lives=Lives(renewing=timedelta(0)), clock=clock) as client:
        client.look_up_many(queries)
        clock.advance(0.9 * LIFE - 1)
        client.look_up_many(queries)
        assert len(registry.asked) == 1
        clock.advance(0.05 * LIFE)
        client.look_up_many(queries)
        assert 0 < len(registry.asked[1]) < 40
        clock.advance(0.05 * LIFE + 1)
        client.look_up_many(queries)
        assert sorted(map(str, registry.asked[1] + registry.asked[2])) == sorted(map(str, queries))


# While it is renewed


def test_it_is_returned_at_once_and_renewed_behind(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """Whoever comes meanwhile gets it too; there is one load."""
    client.look_up(QUERY)
    clock.advance(LIFE)
    registry.hold()
    registry.says = {"status": "cancelled"}
    assert [read(client.look_up(QUERY)) for _ in range(3)] == ["registered, renewing"] * 3
    registry.wait(2)
    assert client.status.loading == 1
    assert client.cache.statistics.stale == 3
    registry.release()
    settle(client)
    assert read(client.look_up(QUERY)) == "cancelled"
    assert len(registry.asked) == 2


def test_the_window_for_that_has_an_end(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """After it the caller waits for the new answer."""
    client.look_up(QUERY)
    clock.advance(LIFE + HOUR)
    registry.says = {"status": "cancelled"}
    assert read(client.look_up(QUERY)) == "cancelled"


def test_a_batch_is_renewed_behind_in_one_question(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """What is missing is waited for, what is renewed is not; both are asked for at once."""
    client.look_up_many([QUERY, by(OTHER)])
    clock.advance(LIFE)
    observations = client.look_up_many([QUERY, by(MISSING), by(OTHER)])
    assert [read(o) for o in observations] == ["registered, renewing", "registered", "registered, renewing"]
    assert registry.asked[1] == (QUERY, by(MISSING), by(OTHER))


# When the registry fails


def test_what_is_not_too_old_stands_in(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """Marked with the why, with the moment that it has, and to a hard end."""
    first = client.look_up(QUERY)
    registry.says = DOWN
    clock.advance(LIFE + HOUR)
    standing_in = client.look_up(QUERY)
    assert read(standing_in) == "registered, upstream_error"
    assert (standing_in.answer, standing_in.observed_at) == (first.answer, first.observed_at)
    clock.advance(23 * HOUR - 1)
    assert read(client.look_up(QUERY)) == "registered, upstream_error"
    clock.advance(1)
    assert read(client.look_up(QUERY)) == "upstream_error"


@pytest.mark.parametrize(
    ("says", "life"),
    [({"status": "cancelled"}, LIFE), ({"blacklisted": True}, LIFE), (NotRegistered("all"), HOUR)],
)
def test_what_denies_stands_in_for_longer(
    client: LookupClient, registry: Told, clock: FixedClock, says: dict[str, object] | NotRegistered, life: float
) -> None:
    """Seven days, and not a second more."""
    registry.says = says
    word = read(client.look_up(QUERY))
    registry.says = DOWN
    clock.advance(life + 168 * HOUR - 1)
    assert read(client.look_up(QUERY)) == f"{word}, upstream_error"
    clock.advance(1)
    assert read(client.look_up(QUERY)) == "upstream_error"


@pytest.mark.parametrize("why", [Why.MALFORMED, Why.SCHEMA])
@pytest.mark.parametrize(
    ("status", "word"), [("registered", ""), ("shell", ""), ("cancelled", "cancelled, "), ("pending", "pending, ")]
)
def test_what_cannot_be_understood_may_have_been_a_no(
    client: LookupClient, registry: Told, clock: FixedClock, status: str, word: str, why: Why
) -> None:
    """Then nothing stands in for it that could allow; what denies does."""
    registry.says = {"status": status}
    client.look_up(QUERY)
    registry.says = Unavailable(why)
    clock.advance(LIFE + HOUR)
    assert read(client.look_up(QUERY)) == word + why.value


def test_several_records_stay_in_the_process(
    kind: type[LookupClient], registry: Told, clock: FixedClock, tmp_path: Path
) -> None:
    """A second level finds what it is to forget by one number: what has several is not given to it."""
    records = tuple(
        RegistrationRecord.read(registered(registration_number=number, observed_at=clock.now().isoformat()))
        for number in (NUMBER, OTHER)
    )
    registry.says = Found(records)
    for _ in range(2):
        with (
            Cache(level=f"sqlite:{tmp_path / 'cache.db'}") as cache,
            kind(registry, cache=cache, clock=clock) as client,
        ):
            first = client.look_up(ByDomain("api.example.cn"))
            assert first.answer == Found(records)
            assert client.look_up(ByDomain("api.example.cn")) is first
    assert len(registry.asked) == 2


def test_nothing_known_stands_in_for_nothing(client: LookupClient, registry: Told) -> None:
    """And what nobody could say is asked again at once."""
    registry.says = DOWN
    assert [read(client.look_up(QUERY)) for _ in range(2)] == ["upstream_error"] * 2
    assert len(registry.asked) == 2
    assert client.cache.statistics.entries == 0


def test_it_recovers(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """The first answer after an outage is told without a mark."""
    client.look_up(QUERY)
    registry.says = DOWN
    clock.advance(LIFE + 2 * HOUR)
    client.look_up(QUERY)
    registry.says = {"status": "changing"}
    assert read(client.look_up(QUERY)) == "changing"


# What takes back


TAKING_BACK = [Why.NOT_LISTED, Why.NOT_COVERED, Why.REGISTRIES_DISAGREE, Why.WRONG_PROVINCE]


@pytest.mark.parametrize("why", TAKING_BACK)
def test_what_takes_back_drops_what_was_kept(
    kind: type[LookupClient], registry: Told, clock: FixedClock, cache: Cache, why: Why
) -> None:
    """Nothing older stands in for it, nor for a timeout that follows; in no level, and for no other client."""
    with kind(registry, cache=cache, lives=EXACT, clock=clock) as client:
        client.look_up(QUERY)
        clock.advance(LIFE + HOUR)
        registry.says = Unavailable(why, "no more")
        assert read(client.look_up(QUERY)) == why.value
        registry.says = Unavailable(Why.TIMEOUT)
        assert read(client.look_up(QUERY)) == "timeout"
        assert cache.statistics.entries == 0
        with Cache(level=cache.level) as other, kind(registry, cache=other, lives=EXACT, clock=clock) as another:
            assert read(another.look_up(QUERY)) == "timeout"


def test_what_takes_back_while_it_is_renewed(
    kind: type[LookupClient], registry: Told, clock: FixedClock, cache: Cache
) -> None:
    """The one that triggered it still has the old answer, marked; nobody after it has."""
    with kind(registry, cache=cache, lives=EXACT, clock=clock) as client:
        client.look_up(QUERY)
        clock.advance(LIFE)
        registry.hold()
        registry.says = Unavailable(Why.NOT_LISTED)
        assert read(client.look_up(QUERY)) == "registered, renewing"
        registry.wait(2)
        registry.says = Unavailable(Why.TIMEOUT)
        registry.release()
        settle(client)
        assert read(client.look_up(QUERY)) == "timeout"


def test_who_waits_while_it_is_taken_back(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """Gets no older answer either, although it was there when the waiting began."""
    client.look_up(QUERY)
    clock.advance(LIFE + HOUR)
    registry.says = Unavailable(Why.NOT_LISTED)
    registry.hold()
    with asking(*[lambda: client.look_up(QUERY)] * 4) as waiting:
        registry.wait(2)
        registry.release()
        assert {read(each.result()) for each in waiting} == {"not_listed"}


def test_one_of_a_batch_is_taken_back(kind: type[LookupClient], clock: FixedClock, cache: Cache) -> None:
    """The others stay."""

    class Partly(Told):
        def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
            observations = yield from super().ask(queries)
            return [
                o if o.query != by(MISSING) else type(o)(o.query, Unavailable(Why.NOT_LISTED), o.observed_at, "s", "t")
                for o in observations
            ]

    with kind(Partly(clock), cache=cache, lives=EXACT, clock=clock) as client:
        assert [read(o) for o in client.look_up_many([QUERY, by(MISSING)])] == ["registered", "not_listed"]
        assert cache.statistics.entries == 1


# Older and newer


def test_a_newer_observation_replaces_an_older(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """As it should."""
    client.look_up(QUERY)
    clock.advance(LIFE + HOUR)
    registry.says = {"status": "cancelled"}
    client.look_up(QUERY)
    assert read(client.look_up(QUERY)) == "cancelled"
    assert client.cache.statistics.refused == 0


@pytest.mark.parametrize("says", [{}, {"status": "cancelled"}], ids=["allowing", "denying"])
def test_an_older_observation_never_replaces_a_newer(
    client: LookupClient, registry: Told, clock: FixedClock, says: dict[str, object]
) -> None:
    """A registry that falls back behind itself, and says the same, changes nothing; it is asked again later."""
    registry.says = says
    newer = client.look_up(QUERY)
    registry.seen = ago(clock, HOUR)
    clock.advance(LIFE + HOUR)
    assert client.look_up(QUERY) == newer
    assert client.cache.statistics.refused == 1
    clock.advance(299)
    assert client.look_up(QUERY) == newer
    assert len(registry.asked) == 2
    clock.advance(1)
    assert client.look_up(QUERY).observed_at == newer.observed_at
    settle(client)
    assert len(registry.asked) == 3


def test_a_no_that_is_older_lengthens_no_allow(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """What could allow stands in, marked, to its own end; then nobody can say."""
    client.look_up(QUERY)
    registry.seen, registry.says = ago(clock, HOUR), {"status": "cancelled"}
    clock.advance(LIFE + HOUR)
    assert read(client.look_up(QUERY)) == "registered, stale"
    clock.advance(23 * HOUR)
    assert read(client.look_up(QUERY)) == "stale"


def test_an_allow_that_is_older_undoes_no_denial(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """A cancelled registration stays cancelled until something newer says otherwise."""
    registry.says = {"status": "cancelled"}
    client.look_up(QUERY)
    registry.seen, registry.says = ago(clock, HOUR), {}
    for _ in range(5):
        clock.advance(LIFE + HOUR)
        assert read(client.look_up(QUERY)).startswith("cancelled")


def test_a_newer_one_that_is_still_fresh_is_told(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """A load that comes with something older tells what came meanwhile."""
    registry.hold()
    with asking(lambda: client.look_up(QUERY)) as (waiting,):
        registry.wait()
        key = key_of("told", QUERY, client.cache.key_secret)
        with type(client)(Told(clock), lives=EXACT, clock=clock) as other:
            newer = other.look_up(QUERY)
            kept = other.cache.memory.get(key)
            assert kept is not None
            client.cache.memory.put(key, kept, client.cache.memory.epoch)
        clock.jump(-1)  # the answer is observed when it is released
        registry.release()
        assert waiting.result() is newer
    assert client.cache.statistics.refused == 1


# Clocks


@pytest.mark.parametrize("jump", [LIFE + HOUR, -301], ids=["ahead", "back"])
def test_a_wall_clock_that_is_set(client: LookupClient, registry: Told, clock: FixedClock, jump: float) -> None:
    """An entry that the wall clock does not vouch for is no hit."""
    client.look_up(QUERY)
    clock.jump(jump)
    client.look_up(QUERY)
    assert len(registry.asked) == 2


def test_a_machine_that_slept(kind: type[LookupClient], registry: Told, clock: FixedClock, cache: Cache) -> None:
    """The other clock goes on meanwhile: it ends a life although the wall clock stands still; in both levels."""
    with kind(registry, cache=cache, lives=WAITING, clock=clock) as client:
        client.look_up(QUERY)
        clock.advance(LIFE)
        clock.jump(-LIFE)
        client.look_up(QUERY)
    assert len(registry.asked) == 2


def test_clocks_that_differ_a_little(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """A correction of seconds makes nobody ask."""
    client.look_up(QUERY)
    clock.jump(-299)
    client.look_up(QUERY)
    assert len(registry.asked) == 1


@pytest.mark.parametrize(("ahead", "asked"), [(300, 1), (301, 2)])
def test_an_observation_of_the_future_is_no_hit(
    client: LookupClient, registry: Told, clock: FixedClock, ahead: float, asked: int
) -> None:
    """Beyond what clocks differ by; it is told, and asked for again."""
    registry.seen = ago(clock, -ahead)
    assert read(client.look_up(QUERY)) == "registered"
    client.look_up(QUERY)
    assert len(registry.asked) == asked


@pytest.mark.parametrize(
    ("ahead", "told"),
    [(600, "cancelled"), (DAY, "cancelled"), (DAY + 1, "registered")],
    ids=["near", "a day", "beyond"],
)
def test_a_denial_of_the_future_stands(
    client: LookupClient, registry: Told, clock: FixedClock, ahead: float, told: str
) -> None:
    """Our own clock may be late, so nothing older comes after it; further ahead than any clock it is nonsense."""
    registry.seen, registry.says = ago(clock, -ahead), {"status": "cancelled"}
    assert read(client.look_up(QUERY)) == "cancelled"
    registry.seen, registry.says = None, {}
    clock.advance(LIFE + HOUR)
    clock.jump(-LIFE - HOUR)
    assert read(client.look_up(QUERY)) == told


@pytest.mark.parametrize(
    ("there", "comes", "told"),
    [
        ({}, {"status": "cancelled"}, "cancelled"),
        ({}, {}, "registered"),
        ({"status": "cancelled"}, {}, "cancelled"),
        ({"status": "cancelled"}, {"status": "cancelled"}, "cancelled"),
    ],
    ids=["a denial", "the same", "an allow", "the same denial"],
)
def test_what_came_while_the_clock_was_ahead(
    client: LookupClient,
    registry: Told,
    clock: FixedClock,
    there: dict[str, object],
    comes: dict[str, object],
    told: str,
) -> None:
    """Once the clock is set back, what could allow no more than it takes its place; an allow waits."""
    registry.says = there
    client.look_up(QUERY)
    clock.jump(-HOUR)
    registry.says = comes
    observation = client.look_up(QUERY)
    assert read(observation) == told
    is_replaced = told == "registered" or "status" in comes
    assert (observation.observed_at <= clock.now()) is is_replaced
    assert read(client.look_up(QUERY)) == told


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1),
    st.lists(st.tuples(st.sampled_from(["both", "wall", "slept"]), st.floats(-30 * HOUR, 30 * HOUR)), max_size=12),
)
def test_no_hit_beyond_the_life_by_any_clock(which: int, moves: list[tuple[str, float]]) -> None:
    """Whatever happens to the clocks: who is not asked is young by both of them."""
    clock = FixedClock(NOW)
    registry = Told(clock)
    with CLIENTS[which](registry, lives=WAITING, clock=clock) as client:
        client.look_up(QUERY)
        wall, elapsed = clock.now(), clock.monotonic()
        for what, seconds in moves:
            if what == "wall":
                clock.jump(seconds)
            else:
                clock.advance(abs(seconds))
                clock.jump(-abs(seconds) if what == "slept" else 0)
            before = len(registry.asked)
            client.look_up(QUERY)
            if len(registry.asked) == before:
                assert clock.monotonic() - elapsed < LIFE
                assert timedelta(minutes=-5) <= clock.now() - wall < timedelta(hours=24)
            else:  # it was asked just now, and said the same or something newer
                wall, elapsed = clock.now(), clock.monotonic()


# One cache of two clients


def test_each_client_goes_by_its_own_lives(kind: type[LookupClient], registry: Told, clock: FixedClock) -> None:
    """Of two that share a cache one may ask again where the other does not."""
    cache = Cache()
    short = Lives(jitter=0, registered=timedelta(hours=1), renewing=timedelta(0))
    patient = kind(registry, cache=cache, lives=WAITING, clock=clock)
    hasty = kind(registry, cache=cache, lives=short, clock=clock)
    patient.look_up(QUERY)
    clock.advance(HOUR - 1)
    hasty.look_up(QUERY)
    assert len(registry.asked) == 1
    clock.advance(1)
    patient.look_up(QUERY)
    assert len(registry.asked) == 1
    hasty.look_up(QUERY)
    assert len(registry.asked) == 2
    clock.advance(HOUR)
    patient.look_up(QUERY)
    assert len(registry.asked) == 2


def test_what_stands_in_goes_by_ones_own_lives(kind: type[LookupClient], registry: Told, clock: FixedClock) -> None:
    """Also its hard end."""
    cache = Cache()
    none = Lives(jitter=0, renewing=timedelta(0), stale_allow=timedelta(0))
    kind(registry, cache=cache, lives=EXACT, clock=clock).look_up(QUERY)
    registry.says = DOWN
    clock.advance(LIFE + 2 * HOUR)
    assert read(kind(registry, cache=cache, lives=none, clock=clock).look_up(QUERY)) == "upstream_error"
    assert read(kind(registry, cache=cache, lives=EXACT, clock=clock).look_up(QUERY)) == "registered, upstream_error"


def test_equal_lives_are_the_same(kind: type[LookupClient], registry: Told, clock: FixedClock) -> None:
    """Two clients of one policy share what they keep without reckoning anew."""
    one, other = (kind(registry, lives=Lives(), clock=clock) for _ in range(2))
    assert one._asking.lives is other._asking.lives


def test_registries_share_no_entries(kind: type[LookupClient], clock: FixedClock) -> None:
    """A cache is keyed by the registry."""
    cache = Cache()
    registries = [Told(clock, id="one"), Told(clock, id="other")]
    for registry in registries:
        kind(registry, cache=cache, clock=clock).look_up(QUERY)
    assert [len(registry.asked) for registry in registries] == [1, 1]
    assert cache.statistics.entries == 2


# Forgetting


@pytest.mark.parametrize(
    ("what", "forgotten"),
    [
        ({}, 3),
        ({"number": "蜀ICP备2021014694号-10A"}, 2),
        ({"number": "蜀ICP备2021014694号-11A"}, 0),
        ({"entity": "蜀ICP备2021014694号"}, 2),
        ({"entity": NUMBER}, 2),
        ({"before": START}, 0),
        ({"before": START + timedelta(seconds=1)}, 3),
        ({"number": OTHER, "before": START}, 0),
        ({"number": OTHER, "before": START + timedelta(seconds=1)}, 1),
        ({"number": OTHER, "entity": NUMBER}, 0),
    ],
)
def test_what_agrees_is_forgotten(
    client: LookupClient, registry: Told, what: dict[str, object], forgotten: int
) -> None:
    """And asked for again; the rest is not."""
    queries: list[Query] = [QUERY, by(OTHER), ByDocument(DOCUMENT, "com.sig.wameiji")]
    client.look_up_many(queries)
    assert client.invalidate(**what) == forgotten  # type: ignore[arg-type]  # by name
    client.look_up_many(queries)
    assert sum(map(len, registry.asked)) == 3 + forgotten


def test_what_is_known_of_a_missing_number_is_forgotten_by_number(client: LookupClient, registry: Told) -> None:
    """A *no* has no record; its query has the number."""
    registry.says = NotRegistered("all")
    client.look_up(QUERY)
    assert client.invalidate(entity=NUMBER) == 1


def test_both_levels_are_counted(kind: type[LookupClient], registry: Told, clock: FixedClock, cache: Cache) -> None:
    """What is forgotten in both counts twice."""
    with kind(registry, cache=cache, clock=clock) as client:
        client.look_up(QUERY)
        assert client.invalidate() == (1 if cache.level is None else 2)
        client.look_up(QUERY)
        assert len(registry.asked) == 2


def test_a_load_under_way_keeps_nothing(
    kind: type[LookupClient], registry: Told, clock: FixedClock, cache: Cache
) -> None:
    """What was asked before somebody said to forget is told to who waits, and to nobody else; in both levels."""
    with kind(registry, cache=cache, lives=EXACT, clock=clock) as client:
        registry.hold()
        with asking(lambda: client.look_up(QUERY)) as (waiting,):
            registry.wait()
            client.invalidate(number=NUMBER)
            registry.release()
            assert read(waiting.result()) == "registered"
        settle(client)
        registry.says = {"status": "cancelled"}
        assert read(client.look_up(QUERY)) == "cancelled"
        assert len(registry.asked) == 2


def test_what_is_read_from_the_second_level_while_it_forgets(
    kind: type[LookupClient], registry: Told, clock: FixedClock, tmp_path: Path
) -> None:
    """A load between the two levels' forgetting brings nothing back into the first."""

    class Slow(SqliteLevel):
        def perform(self, step: LevelStep) -> object:
            if isinstance(step, Drop):
                assert read(other.look_up(QUERY)) == "registered"
            return super().perform(step)

    with Cache(level=Slow(tmp_path / "cache.db")) as cache, kind(registry, cache=cache, clock=clock) as client:
        other = LookupClient(registry, cache=cache, clock=clock)
        client.look_up(QUERY)
        assert client.invalidate(number=NUMBER) == 3
        registry.says = {"status": "cancelled"}
        assert read(client.look_up(QUERY)) == "cancelled"
        assert len(registry.asked) == 2


# How it fares


def test_statistics(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """Hits, misses, what was used beyond its life, what is there."""
    client.look_up_many([QUERY, by(OTHER), QUERY])
    client.look_up(QUERY)
    clock.advance(LIFE + HOUR)
    registry.says = DOWN
    client.look_up(QUERY)
    statistics = client.cache.statistics
    assert (statistics.hits, statistics.misses, statistics.stale) == (1, 3, 1)
    assert (statistics.entries, statistics.loading, statistics.level) == (2, 0, "")
    assert 2_000 < statistics.bytes < 20_000


def test_status(client: LookupClient, registry: Told) -> None:
    """Its name, its breaker, what is under way."""
    registry.hold()
    with asking(lambda: client.look_up(QUERY)) as (waiting,):
        registry.wait()
        status = client.status
        assert (status.registry, status.breaker, status.left_today, status.loading) == ("told", "closed", None, 1)
        registry.release()
        waiting.result()
    settle(client)
    registry.says = Unavailable(Why.BLOCKED)
    client.look_up(by(OTHER))
    assert client.status.breaker == "open"
    assert client.ahead(2.0) > 1
    assert client.can_ask(ByNumber)


# Registries that may not be kept


def test_what_may_not_be_kept(kind: type[LookupClient], clock: FixedClock, cache: Cache) -> None:
    """It is asked at every look, though once by all who ask at the same time, and nothing stands in for it."""
    registry = Told(clock, cacheable=False)
    with kind(registry, cache=cache, lives=EXACT, clock=clock) as client:
        registry.hold()
        with asking(*[lambda: client.look_up(QUERY)] * 4) as waiting:
            registry.wait()
            _until(lambda: _waiting(client) == 4)
            registry.release()
            assert {read(each.result()) for each in waiting} == {"registered"}
        settle(client)
        assert len(registry.asked) == 1
        client.look_up(QUERY)
        assert len(registry.asked) == 2
        registry.says = DOWN
        assert read(client.look_up(QUERY)) == "upstream_error"
        assert cache.statistics.entries == 0


def _waiting(client: LookupClient) -> int:
    """How many wait for the load of the number."""
    flight = client.cache.flights._flights.get(key_of("told", QUERY, client.cache.key_secret))
    return 0 if flight is None else len(flight._wakers)


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.0005)


# Limits and deadlines


def test_overloaded_at_once(kind: type[LookupClient], registry: Told, clock: FixedClock) -> None:
    """One load too many is refused, and asks nobody; who wants what is under way waits with the others."""
    with kind(registry, lives=EXACT, clock=clock, limits=Limits(at_once=1)) as client:
        client.look_up(by(OTHER))
        clock.advance(LIFE + HOUR)
        registry.hold()
        with asking(lambda: client.look_up(QUERY)) as (waiting,):
            registry.wait(2)
            assert read(client.look_up(by(MISSING))) == "overloaded"
            assert read(client.look_up(by(OTHER))) == "registered, overloaded"
            assert read(client.look_up(QUERY, deadline=0.05)) == "timeout"
            registry.release()
            assert read(waiting.result()) == "registered"
        settle(client)
        assert read(client.look_up(by(MISSING))) == "registered"


def test_who_has_no_time_leaves_and_the_answer_is_kept(client: LookupClient, registry: Told) -> None:
    """The load goes on without the caller."""
    registry.hold()
    assert read(client.look_up(QUERY, deadline=0.02)) == "timeout"
    assert [read(o) for o in client.look_up_many([QUERY], deadline=0.02)] == ["timeout"]
    registry.release()
    settle(client)
    assert read(client.look_up(QUERY, deadline=0)) == "registered"
    assert len(registry.asked) == 1


def test_a_timeout_has_a_stand_in(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """As any other failure."""
    client.look_up(QUERY)
    clock.advance(LIFE + HOUR)
    registry.hold()
    assert read(client.look_up(QUERY, deadline=0.02)) == "registered, timeout"


def test_a_load_beyond_its_own_limit_counts_no_more(
    kind: type[LookupClient], registry: Told, clock: FixedClock
) -> None:
    """The next caller starts another; the late answer of the first is told to nobody who did not wait for it."""
    with kind(registry, lives=EXACT, clock=clock, limits=Limits(seconds=1)) as client:
        registry.hold()
        assert read(client.look_up(QUERY, deadline=0.02)) == "timeout"
        clock.advance(1)
        registry.says = {"status": "cancelled"}
        with asking(lambda: client.look_up(QUERY)) as (waiting,):
            registry.wait(2)
            registry.release()
            waiting.result()
        settle(client)
        assert len(registry.asked) == 2


def test_a_record_taken_back_stays_taken_back(kind: type[LookupClient], registry: Told, clock: FixedClock) -> None:
    """A load that began before, and lands after, brings nothing back."""
    with kind(registry, lives=EXACT, clock=clock, limits=Limits(seconds=1)) as client:
        registry.seen = clock.now()
        registry.hold()
        assert read(client.look_up(QUERY, deadline=0.02)) == "timeout"
        registry.wait()
        clock.advance(1)
        late, registry._open = registry._open, threading.Event()
        registry.release()
        registry.says = Unavailable(Why.NOT_LISTED)
        assert read(client.look_up(QUERY)) == "not_listed"
        registry.says = DOWN
        late.set()
        settle(client)
        assert read(client.look_up(QUERY)) == "upstream_error"


def test_what_lands_while_one_too_many_looks_at_it(client: LookupClient, registry: Told) -> None:
    """It is loaded again, and counted: what is under way never comes to less than nothing."""
    asking_of, flights = client._asking, client.cache.flights
    first = asking_of.hit(QUERY)
    assert isinstance(first, Wanted)
    asking_of.limits = Limits(at_once=1)
    ours, _ = asking_of.begin([first])

    def look(key: str, now: float) -> bool:
        was = type(flights).under_way(flights, key, now)
        asking_of.end(ours)
        asking_of._take_place()  # by somebody else
        return was

    flights.under_way = look  # type: ignore[method-assign]  # between looking and joining
    second = asking_of.hit(QUERY)
    assert isinstance(second, Wanted)
    assert asking_of.begin([second])[0] == [second]
    assert client.status.loading == 2
    asking_of.end([second])
    asking_of._give_place()
    assert client.status.loading == 0
    assert registry.asked == []


@pytest.mark.parametrize("deadline", [float("inf"), 1e12, -1.0, float("-inf")])
def test_any_deadline_is_one(client: LookupClient, registry: Told, deadline: float) -> None:
    """As long as it takes, or not at all."""
    registry.hold()
    with asking(lambda: client.look_up(QUERY, deadline=deadline)) as (waiting,):
        registry.wait()
        if deadline > 0:
            registry.release()
        assert read(waiting.result()) == ("registered" if deadline > 0 else "timeout")


# Failures are shared


class _Nonsense(Told):
    """A registry whose flow asks for what is no step."""

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Hold, then ask for nonsense."""
        yield from super().ask(queries)
        yield "nonsense"  # type: ignore[misc]  # the mistake
        return []


def test_a_load_that_breaks_is_shared(kind: type[LookupClient], clock: FixedClock) -> None:
    """Everybody who waits is told the same, and the next one asks again."""
    registry = _Nonsense(clock)
    with kind(registry, clock=clock) as client:
        registry.hold()
        with asking(*[lambda: client.look_up(QUERY)] * 4) as waiting:
            registry.wait()
            _until(lambda: _waiting(client) == 4)
            registry.release()
            observations = [each.result() for each in waiting]
        assert {read(o) for o in observations} == {"internal"}
        settle(client)
        client.look_up(QUERY)
        assert len(registry.asked) == 2


def test_a_failure_is_asked_once(client: LookupClient, registry: Told) -> None:
    """Also what nobody could say is the answer of all who waited for it."""
    registry.says = DOWN
    registry.hold()
    with asking(*[lambda: client.look_up(QUERY)] * 4) as waiting:
        registry.wait()
        _until(lambda: _waiting(client) == 4)
        registry.release()
        assert {read(each.result()) for each in waiting} == {"upstream_error"}
    assert len(registry.asked) == 1


def test_a_record_that_cannot_be_kept_hurts_nobody(kind: type[LookupClient], clock: FixedClock) -> None:
    """A registry of one's own may make records of anything: who waits is told, and nothing stays under way."""

    class Careless(Told):
        def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
            observations = yield from super().ask(queries)
            for observation in observations:
                object.__setattr__(observation.answer.record, "domains", 5)  # type: ignore[union-attr]  # the mistake
            return observations

    with kind(Careless(clock), clock=clock) as client:
        assert read(client.look_up(QUERY)) == "internal"
        assert client.status.loading == 0


def test_no_thread_left(client: LookupClient, registry: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Overloaded; later it works again. An event loop needs none."""

    def start(_pool: Loaders, _work: Callable[[], None]) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(Loaders, "start", start)
        expected = "overloaded" if type(client) is LookupClient else "registered"
        assert read(client.look_up(QUERY)) == expected
    settle(client)
    assert read(client.look_up(QUERY)) == "registered"
    assert len(registry.asked) == 1


# Batches


def test_a_batch_is_one_question(client: LookupClient, registry: Told) -> None:
    """About what is missing, each once, of whatever kind; answers come in order."""
    client.look_up(by(OTHER))
    queries = [QUERY, by(OTHER), *EVERY_KIND, QUERY, by(MISSING)]
    observations = client.look_up_many(queries)
    assert [o.query for o in observations] == queries
    assert registry.asked[1:] == [(*EVERY_KIND, by(MISSING))]
    assert client.look_up_many([]) == ()


def test_a_batch_joins_what_is_under_way(client: LookupClient, registry: Told) -> None:
    """Only the rest of it is asked."""
    registry.hold()
    with asking(lambda: client.look_up(QUERY)) as (single,):
        registry.wait()
        with asking(lambda: client.look_up_many([by(OTHER), QUERY])[1]) as (batch,):
            registry.wait()
            registry.release()
            assert batch.result() is single.result()
    assert registry.asked == [(QUERY,), (by(OTHER),)]


def test_what_came_between_looking_and_joining(client: LookupClient, registry: Told) -> None:
    """Is told without another question."""
    asking_of = client._asking
    want = asking_of.hit(QUERY)
    first = client.look_up(QUERY)
    settle(client)
    assert isinstance(want, Wanted)
    ours, _ = asking_of.begin([want])
    assert ours == []
    assert want.flight is not None
    assert want.flight.value is not None
    assert want.flight.value.observation is first
    assert client.status.loading == 0
    assert len(registry.asked) == 1


def test_what_came_between_and_is_of_no_use(client: LookupClient, registry: Told, clock: FixedClock) -> None:
    """Too old already: it is asked for."""
    asking_of = client._asking
    want = asking_of.hit(QUERY)
    client.look_up(QUERY)
    clock.advance(LIFE)
    client.look_up(by(OTHER))
    assert isinstance(want, Wanted)
    ours, _ = asking_of.begin([want])
    assert ours == [want]
    asking_of.end(ours)
    assert len(registry.asked) == 2


WITHOUT_A_NUMBER = ByNumber(NUMBER)  # type: ignore[arg-type]  # the mistake
WITHOUT_A_DOCUMENT = ByDocument(None, "a.b")  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("query", [NUMBER, None, [], WITHOUT_A_NUMBER, WITHOUT_A_DOCUMENT], ids=repr)
def test_what_is_no_query_is_the_callers_mistake(client: LookupClient, registry: Told, query: Query) -> None:
    """Also one that has a text where a number belongs; alone and in a batch."""
    with pytest.raises(ConfigurationError):
        client.look_up(query)
    with pytest.raises(ConfigurationError):
        client.look_up_many([QUERY, query])
    assert registry.asked == []


# Closing


def test_a_closed_client(kind: type[LookupClient]) -> None:
    """Still tells what it has; what it would have to ask over a network it cannot."""
    clock = FixedClock(NOW)
    with RegistryServer(memory(id="served")) as server:
        client = kind(server.url, lives=EXACT, clock=clock)
        first = client.look_up(QUERY)
        client.close()
        client.close()
        assert client.look_up(QUERY) is first
        answer = client.look_up(by(OTHER)).answer
    assert isinstance(answer, Unavailable)
    assert answer.why is Why.CONFIGURATION


def test_a_cache_of_others_stays_open(kind: type[LookupClient], registry: Told, clock: FixedClock) -> None:
    """A client closes the cache that it made, and no other."""

    class Level:
        name = "level"
        closed = 0

        def perform(self, _: object) -> object:
            return None

        def for_loop(self) -> None:
            return None

        def close(self) -> None:
            self.closed += 1

    level = Level()
    cache = Cache(level=level)
    kind(registry, cache=cache, clock=clock).close()
    assert (level.closed, registry.closed) == (0, 1)
    cache.close()
    assert level.closed == 1


NO_RIGHT: list[dict[str, Any]] = [{"authoritative": False}, {"scope": Scope.parse("kinds:website")}]


@pytest.mark.parametrize("able", NO_RIGHT, ids=["not complete", "another scope"])
def test_a_no_of_another_client_counts_only_for_whom_may_say_it(
    kind: type[LookupClient], cache: Cache, clock: FixedClock, able: dict[str, Any]
) -> None:
    """Fresh, being renewed, or while its registry is down: two registries of one id share what is in the cache."""
    complete, other = Told(clock), Told(clock, **able)
    complete.says = NotRegistered("all")
    other.says = DOWN
    with kind(complete, cache=cache, clock=clock) as first, kind(other, cache=cache, clock=clock) as second:
        assert read(first.look_up(QUERY)) == "no"
        assert read(second.look_up(QUERY)) == "upstream_error"
        assert read(first.look_up(QUERY)) == "no"
        clock.advance(HOUR)
        assert read(second.look_up(QUERY)) == "upstream_error"
        settle(second)
        other.says = {}
        clock.advance(60)
        assert read(second.look_up(QUERY)) == "registered"
        settle(second)


@pytest.mark.parametrize("able", NO_RIGHT, ids=["not complete", "another scope"])
def test_a_no_that_another_client_loads(kind: type[LookupClient], clock: FixedClock, able: dict[str, Any]) -> None:
    """Whoever joins its load is told no more than its own registry may say."""
    complete, cache = Told(clock), Cache()
    complete.says = NotRegistered("all")
    complete.hold()
    with (
        kind(complete, cache=cache, clock=clock) as first,
        kind(Told(clock, **able), cache=cache, clock=clock) as second,
        asking(lambda: first.look_up(QUERY), lambda: _after(complete, second)) as (ours, theirs),
    ):
        assert read(ours.result()) == "no"
        assert type(theirs.result().answer) is not NotRegistered


def _after(held: Told, client: LookupClient) -> Observation:
    """Join a load that is under way, and let it end."""
    held.wait()
    with ThreadPoolExecutor(1) as pool:
        joined = pool.submit(client.look_up, QUERY)
        time.sleep(0.05)
        held.release()
        return joined.result()


def test_a_cache_of_its_own_is_closed(kind: type[LookupClient], registry: Told, tmp_path: Path) -> None:
    """One that was made from a URL."""
    client = kind(registry, cache=f"sqlite:{tmp_path / 'cache.db'}")
    client.look_up(QUERY)
    client.close()
    assert client.cache.statistics.level == "sqlite:cache.db"
    with pytest.raises(IcpGateError, match="does not answer: what it holds is not forgotten"):
        client.cache.invalidate(number=OTHER)


@pytest.mark.parametrize("wrong", [{"lives": 5}, {"limits": "many"}, {"cache": 5}, {"cache": "cache.db"}], ids=str)
def test_what_makes_no_client(kind: type[LookupClient], registry: Told, wrong: dict[str, object]) -> None:
    """Refused at construction."""
    with pytest.raises(ConfigurationError):
        kind(registry, **wrong)  # type: ignore[arg-type]  # the mistake


def test_with(registry: Told) -> None:
    """Both are closed at the end of a block."""

    async def use() -> str:
        async with AsyncLookupClient(registry) as client:
            return read(await client.look_up(QUERY))

    assert asyncio.run(use()) == "registered"
    assert registry.closed == 1


# Threads and event loops


def test_a_thread_and_a_loop_share_one_load(registry: Told, clock: FixedClock) -> None:
    """Through one cache; whoever comes first loads for both."""
    for first, second in (CLIENTS, CLIENTS[::-1]):
        cache = Cache()
        clients = [kind(registry, cache=cache, lives=EXACT, clock=clock) for kind in (first, second)]
        before = len(registry.asked)
        registry.hold()
        with asking(lambda: clients[0].look_up(QUERY), lambda: clients[1].look_up(QUERY)) as waiting:  # noqa: B023 -- they end inside
            _until(lambda: _waiting(clients[0]) == 2)  # noqa: B023 -- it ends inside
            registry.release()
            assert waiting[0].result() is waiting[1].result()
        settle(clients[0])
        assert len(registry.asked) == before + 1


def test_a_loop_that_ends_leaves_nobody_hanging(registry: Told, clock: FixedClock) -> None:
    """A thread that waits for its load is told so."""
    cache = Cache()
    blocking = LookupClient(registry, cache=cache, clock=clock)
    awaited = AsyncLookupClient(registry, cache=cache, clock=clock)
    registry.hold()

    def wait() -> Observation:
        observation = blocking.look_up(QUERY)
        registry.release()  # the loop waits for its threads, though for no load
        return observation

    async def begin(pool: ThreadPoolExecutor) -> Future[Observation]:
        await awaited.look_up(QUERY, deadline=0.01)
        waiting = pool.submit(wait)
        await asyncio.to_thread(_until, lambda: _waiting(blocking) == 2)  # the one that left counts
        return waiting

    with ThreadPoolExecutor(1) as pool:
        answer = asyncio.run(begin(pool)).result(timeout=30).answer
    assert answer == Unavailable(Why.INTERNAL, "the loop that loaded it ended")
    assert awaited.status.loading == 0


def test_closing_on_a_loop_ends_its_loads(registry: Told, clock: FixedClock) -> None:
    """Who waits for them is told, at once."""

    async def use() -> str:
        client = AsyncLookupClient(registry, clock=clock)
        waiting = asyncio.create_task(client.look_up(QUERY))
        await asyncio.to_thread(registry.wait)
        await client.close()
        observation = await waiting
        registry.release()
        return read(observation)

    registry.hold()
    assert asyncio.run(use()) == "internal"


def test_a_load_that_is_cancelled_before_it_begins(registry: Told, clock: FixedClock) -> None:
    """It keeps nobody waiting, and takes nobody's place."""

    async def use() -> str:
        client = AsyncLookupClient(registry, clock=clock)
        waiting = asyncio.create_task(client.look_up(QUERY))
        await asyncio.sleep(0)  # the caller has made the task that loads, and that has not begun
        await client.close()
        observation = await waiting
        assert client.status.loading == len(client.cache.flights) == 0
        return read(observation)

    assert asyncio.run(use()) == "internal"
    assert registry.asked == []


class _Silence:
    """What sends requests that are never answered."""

    async def send(self, _request: Request, _seconds: float) -> Response:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        """Hold nothing."""


class _Remote(SimpleRegistry):
    """A registry that is asked by requests."""

    id = "remote"

    def request(self, _query: Query) -> Request:
        """Somewhere."""
        return Request("GET", "http://127.0.0.1:9/")


def test_a_loop_that_is_closed_over_its_loads(clock: FixedClock) -> None:
    """Nothing of it is held once another loop begins, whoever waited is told, and the next one asks anew."""
    client = AsyncLookupClient(_Remote(), clock=clock, http=_Silence)
    for _ in range(3):
        loop = asyncio.new_event_loop()
        assert read(loop.run_until_complete(client.look_up(QUERY, deadline=0.01))) == "timeout"
        loop.close()
        assert client.status.loading == len(client._worlds) == len(client._loads) == 1
    [flight] = client.cache.flights._flights.values()

    async def use() -> None:
        await client.look_up(by(OTHER), deadline=0)
        assert flight.landed
        assert client.status.loading == len(client._worlds) == 1
        await client.close()

    asyncio.run(use())
    assert client.status.loading == len(client._loads) == 0


def test_a_load_lands_after_the_loop_that_waited_is_closed(registry: Told, clock: FixedClock) -> None:
    """It is kept, and nobody minds."""
    cache = Cache()
    blocking = LookupClient(registry, cache=cache, lives=EXACT, clock=clock)
    awaited = AsyncLookupClient(registry, cache=cache, lives=EXACT, clock=clock)
    registry.hold()

    async def leave() -> None:
        waiting = asyncio.create_task(awaited.look_up(QUERY))
        await asyncio.to_thread(_until, lambda: _waiting(blocking) == 2)
        waiting.cancel()

    with asking(lambda: blocking.look_up(QUERY)) as (waiting,):
        registry.wait()
        asyncio.run(leave())
        registry.release()
        assert read(waiting.result()) == "registered"
    settle(blocking)
    assert cache.statistics.entries == 1


def test_a_caller_that_is_cancelled_harms_no_other(registry: Told, clock: FixedClock) -> None:
    """The load goes on for those who still wait."""

    async def use() -> tuple[str, bool]:
        client = AsyncLookupClient(registry, lives=EXACT, clock=clock)
        tasks = [asyncio.create_task(client.look_up(QUERY)) for _ in range(2)]
        await asyncio.to_thread(registry.wait)
        tasks[0].cancel()
        await asyncio.sleep(0)
        registry.release()
        observation = await tasks[1]
        await client.close()
        return read(observation), tasks[0].cancelled()

    registry.hold()
    assert asyncio.run(use()) == ("registered", True)
    assert len(registry.asked) == 1


def test_two_loops_share_one_client(registry: Told, clock: FixedClock) -> None:
    """Each in its thread, with a load in common."""
    client = AsyncLookupClient(registry, lives=EXACT, clock=clock)

    async def use() -> Observation:
        return await client.look_up(QUERY)

    registry.hold()
    with asking(*[lambda: asyncio.run(use())] * 2) as waiting:
        key = key_of("told", QUERY, client.cache.key_secret)
        _until(lambda: key in client.cache.flights._flights and len(client.cache.flights._flights[key]._wakers) == 2)
        registry.release()
        assert waiting[0].result() is waiting[1].result()
    assert len(registry.asked) == 1


def test_after_a_fork_nothing_is_under_way(client: LookupClient, registry: Told) -> None:
    """The parent's loads are the parent's; the child asks for itself."""
    registry.hold()
    with asking(lambda: client.look_up(QUERY)) as (waiting,):
        registry.wait()
        client._asking.renew_after_fork()
        assert client.status.loading == 0
        registry.release()
        assert read(waiting.result()) == "registered"
    _until(lambda: client.status.loading == -1)
    client._asking.renew_after_fork()
