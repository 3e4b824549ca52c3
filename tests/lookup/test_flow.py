"""One load with a second level: when it is used, who asks, and what is true when it is gone, wrong or late."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Unavailable, Why
from icpgate.lives import Lives
from icpgate.lookup import Cache, Capabilities, Limits, LookupClient
from icpgate.lookup.cache.cache import SHARE_EVERY
from icpgate.lookup.cache.encoding import stored
from icpgate.lookup.cache.entry import Entry, key_of
from icpgate.lookup.cache.outage import nothing
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.steps import GetMany, Lock, PutMany, Unlock
from icpgate.record import RegistrationRecord, RegistrationStatus
from icpgate.testing import FixedClock
from tests.awaited import CLIENTS
from tests.cases import DOCUMENT, NUMBER, registered
from tests.lookup.files import MISSING, OTHER, by
from tests.lookup.told import DOWN, EXACT, HOUR, START, Told, ago, read, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from icpgate.answer import Observation
    from icpgate.lookup.steps import LevelStep

LIFE = 24 * HOUR
QUERY = by(NUMBER)
WAITING = Lives(jitter=0, renewing=timedelta(0))
KEY = key_of("told", QUERY, b"")
SECRET = "of sixteen bytes or more"  # noqa: S105 -- a test's


class Watched:
    """A second level in a file that writes down what it did, can be taken away, and can be interfered with."""

    def __init__(self, path: Path) -> None:
        """Open it. Nobody is in a hurry here."""
        self._inner = SqliteLevel(path, timeout=10.0)
        self.name = self._inner.name
        self.steps: list[type[LevelStep]] = []
        self.is_gone = False
        self.before: Callable[[LevelStep], None] = lambda _: None
        """Called before each step."""

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        self.before(step)
        self.steps.append(type(step))
        return nothing(step) if self.is_gone else self._inner.perform(step)

    def for_loop(self) -> None:
        """See `Level.for_loop`."""

    def close(self) -> None:
        """See `Level.close`."""
        self._inner.close()


class Machine:
    """A process: its clock, its registry, its cache above the shared level, its client."""

    def __init__(self, kind: type[LookupClient], path: Path, clock: FixedClock | None = None) -> None:
        """Start it with nothing in its own memory."""
        self.kind, self.path = kind, path
        self.clock = clock or FixedClock(START)
        self.registry = Told(self.clock)
        self.level = Watched(path)
        self.cache = Cache(level=self.level)
        self.client = kind(self.registry, cache=self.cache, lives=WAITING, clock=self.clock)

    def another(self) -> Machine:
        """Another one with the same clock and the same level."""
        return Machine(self.kind, self.path, self.clock)

    def look_up(self) -> str:
        """Look the number up, and wait for everything that follows."""
        word = read(self.client.look_up(QUERY))
        settle(self.client)
        return word

    @property
    def asked(self) -> int:
        """How often its registry was asked."""
        return len(self.registry.asked)

    def close(self) -> None:
        """End it."""
        self.registry.release()
        settle(self.client)
        self.client.close()
        self.cache.close()


@pytest.fixture(params=CLIENTS, ids=["blocking", "asynchronous"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Machine]]:
    """Starts machines that share a level; each test runs with both clients."""
    started: list[Machine] = []

    def another() -> Machine:
        started.append(started[0].another() if started else Machine(request.param, tmp_path / "cache.db"))
        return started[-1]

    yield another
    for machine in started:
        machine.close()


def spoil(path: Path, blob: bytes) -> None:
    """Write this in place of every entry."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE entry SET blob = ?", (blob,))


def put(machine: Machine, observation: Observation, *, asked_ago: float = 0.0) -> None:
    """Put an entry into the level, as another process would."""
    entry = Entry(observation, ago(machine.clock, asked_ago))
    machine.level._inner.perform(PutMany((stored(entry, KEY, 10 * LIFE, None),)))


@contextmanager
def looking(machine: Machine) -> Iterator[Callable[[], str]]:
    """A look-up on another thread; what is yielded waits for it."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(machine.look_up).result


# What others kept


def test_what_another_process_kept_is_used(start: Callable[[], Machine]) -> None:
    """It is a miss of the process, but nobody is asked; from then on it is a hit."""
    first, second = start(), start()
    first.look_up()
    observation = second.client.look_up(QUERY)
    assert second.client.look_up(QUERY) is observation
    assert second.asked == 0
    assert (second.cache.statistics.hits, second.cache.statistics.misses) == (1, 1)


def test_its_age_counts_through_all_levels(start: Callable[[], Machine]) -> None:
    """It lives no longer for having changed hands."""
    first, second = start(), start()
    first.look_up()
    first.clock.advance(LIFE - HOUR)
    second.look_up()
    first.clock.advance(HOUR)
    second.look_up()
    assert second.asked == 1


def test_what_another_process_kept_is_renewed_a_little_sooner(start: Callable[[], Machine]) -> None:
    """By the whole jitter, so that many processes do not wait for the last moment together."""
    first, second = start(), start()
    client = second.kind(second.registry, cache=second.cache, lives=Lives(), clock=second.clock)
    first.look_up()
    first.clock.advance(0.9 * LIFE - 1)
    client.look_up(QUERY)
    assert second.asked == 0
    second.cache.memory.drop()
    first.clock.advance(1)
    client.look_up(QUERY)
    assert second.asked == 1


def test_a_no_is_shared(start: Callable[[], Machine]) -> None:
    """As any answer that may be kept."""
    first, second = start(), start()
    first.registry.says = NotRegistered("all")
    first.look_up()
    assert second.look_up() == "no"
    assert second.asked == 0


def test_what_is_too_old_stands_in_when_the_registry_fails(start: Callable[[], Machine]) -> None:
    """Also in a process that never had it."""
    first, second = start(), start()
    first.look_up()
    second.registry.says = DOWN
    first.clock.advance(LIFE + 12 * HOUR)
    assert second.look_up() == "registered, upstream_error"
    first.clock.advance(12 * HOUR)
    assert second.look_up() == "upstream_error"


def test_batches_use_what_is_there(start: Callable[[], Machine]) -> None:
    """Only the rest is asked, at once, and kept for others."""
    first, second, third = start(), start(), start()
    first.client.look_up(QUERY)
    queries = [by(OTHER), QUERY, by(MISSING)]
    observations = second.client.look_up_many(queries)
    assert [o.query for o in observations] == queries
    assert second.registry.asked == [(by(OTHER), by(MISSING))]
    third.client.look_up_many(queries)
    assert third.asked == 0


def test_what_is_too_old_stands_in_for_a_batch(start: Callable[[], Machine]) -> None:
    """Each for itself."""
    first, second = start(), start()
    first.client.look_up(QUERY)
    first.clock.advance(LIFE + HOUR)
    second.registry.says = DOWN
    observations = second.client.look_up_many([QUERY, by(OTHER)])
    assert [read(o) for o in observations] == ["registered, upstream_error", "upstream_error"]


def test_one_of_a_batch_is_missing(start: Callable[[], Machine]) -> None:
    """It is asked for alone, behind its lock."""
    first, second = start(), start()
    first.client.look_up(QUERY)
    second.client.look_up_many([QUERY, by(OTHER)])
    assert second.registry.asked == [(by(OTHER),)]
    assert Lock in second.level.steps


def test_answers_about_documents_are_shared_by_those_who_share_a_secret(
    start: Callable[[], Machine], tmp_path: Path
) -> None:
    """And by nobody else."""
    machine = start()
    query = ByDocument(DOCUMENT, "com.sig.wameiji")
    path = f"sqlite:{tmp_path / 'documents.db'}"
    for secret, asked in ((None, 1), (None, 2), (SECRET, 3), (SECRET.encode(), 3), (SECRET + "!", 4)):
        with Cache(level=path, secret=secret) as cache:
            machine.kind(machine.registry, cache=cache, clock=machine.clock).look_up(query)
        assert machine.asked == asked


# A fresh entry of one's own, and the level


def test_after_a_while_the_level_is_looked_at_again(start: Callable[[], Machine]) -> None:
    """Another process may know better; who knows nothing better goes on without asking."""
    first, second = start(), start()
    first.look_up()
    second.look_up()
    first.clock.advance(SHARE_EVERY - 1)
    first.look_up()
    looks = first.level.steps.count(GetMany)
    first.clock.advance(1)
    first.look_up()
    assert first.level.steps.count(GetMany) == looks + 1
    first.look_up()
    assert first.level.steps.count(GetMany) == looks + 1
    assert first.asked == 1


def test_what_another_process_learned_is_noticed_within_a_minute(start: Callable[[], Machine]) -> None:
    """Although one's own entry would be good for a day."""
    first, second = start(), start()
    first.look_up()
    first.clock.advance(1)
    second.registry.says = {"status": "cancelled"}
    second.client.invalidate(number=NUMBER)
    second.look_up()
    first.clock.advance(SHARE_EVERY)
    assert first.look_up() == "cancelled"
    assert first.asked == 1


def test_what_another_process_dropped_is_asked_again(start: Callable[[], Machine]) -> None:
    """A level that is there and has no entry may have been told to forget it."""
    first, second = start(), start()
    first.look_up()
    second.client.invalidate(number=NUMBER)
    first.clock.advance(SHARE_EVERY)
    first.registry.says = {"status": "cancelled"}
    assert first.look_up() == "cancelled"
    assert first.asked == 2


def test_while_the_level_is_gone_ones_own_entry_is_good(start: Callable[[], Machine]) -> None:
    """No outage of the cache becomes a storm on the registry; when the entry ends it is asked, without a lock."""
    machine = start()
    machine.look_up()
    machine.level.is_gone = True
    for _ in range(3):
        machine.clock.advance(SHARE_EVERY)
        assert machine.look_up() == "registered"
    assert machine.asked == 1
    machine.clock.advance(LIFE)
    machine.look_up()
    assert machine.asked == 2
    assert Unlock not in machine.level.steps[machine.level.steps.index(Unlock) + 1 :]


def test_a_process_that_slept_takes_nothing_back_from_the_level(start: Callable[[], Machine]) -> None:
    """The level knows the wall clock alone; what the other one has ended is ended."""
    machine = start()
    machine.look_up()
    machine.clock.advance(LIFE)
    machine.clock.jump(-LIFE + 60)
    machine.look_up()
    assert machine.asked == 2


# What the level has wrong


@pytest.mark.parametrize("blob", [b"", b"garbage", b"\x00" * 1_000])
def test_garbage_in_the_level(start: Callable[[], Machine], blob: bytes) -> None:
    """It is nothing: the registry is asked, and what it says is kept."""
    first, second, third = start(), start(), start()
    first.look_up()
    spoil(first.path, blob)
    assert second.look_up() == "registered"
    assert second.asked == 1
    assert third.look_up() == "registered"


def test_an_entry_of_the_future(start: Callable[[], Machine]) -> None:
    """Of a machine whose clock is ahead: it is not believed, nor does it stand in."""
    machine = start()
    ahead = FixedClock(START + timedelta(hours=1))
    put(machine, LookupClient(Told(ahead), clock=ahead).look_up(QUERY), asked_ago=-HOUR)
    machine.registry.says = DOWN
    assert machine.look_up() == "upstream_error"


def test_a_denial_is_not_fenced_by_an_entry_of_the_future(start: Callable[[], Machine]) -> None:
    """Once the moment of that entry has come it would be young, and allow what was taken back."""
    first, second = start(), start()
    put(first, _of_the_future(first, {}), asked_ago=-20 * HOUR)
    first.registry.says = {"status": "cancelled"}
    assert first.look_up() == "cancelled"
    first.clock.advance(21 * HOUR)
    assert second.look_up() == "cancelled"
    assert second.asked == 0


def test_the_same_is_not_fenced_by_an_entry_of_the_future(start: Callable[[], Machine]) -> None:
    """What says the same takes its place: others need not ask."""
    first, second = start(), start()
    put(first, _of_the_future(first, {}), asked_ago=-20 * HOUR)
    assert first.look_up() == "registered"
    assert second.look_up() == "registered"
    assert second.asked == 0


def test_a_denial_of_the_future_stays(start: Callable[[], Machine]) -> None:
    """Our own clock may be late: nothing that could allow takes the place of a denial that may be newer."""
    first, second = start(), start()
    put(first, _of_the_future(first, {"status": "cancelled"}), asked_ago=-20 * HOUR)
    assert first.look_up() == "registered"
    first.clock.advance(21 * HOUR)
    assert second.look_up() == "cancelled"
    assert second.asked == 0


def _of_the_future(machine: Machine, says: dict[str, object]) -> Observation:
    """What a machine was told whose clock is ahead."""
    clock = FixedClock(machine.clock.now() + timedelta(hours=20))
    registry = Told(clock)
    registry.says = says
    with LookupClient(registry, clock=clock) as client:
        return client.look_up(QUERY)


def test_what_is_not_shared_takes_back_what_was(start: Callable[[], Machine]) -> None:
    """A record too large for the level came in place of what stands there: nobody is told that any more."""
    first, second = start(), start()
    first.look_up()
    first.clock.advance(LIFE)
    first.registry.says = {"status": "cancelled", "domains": [f"d{n}.example.cn" for n in range(5_000)]}
    assert first.look_up() == "cancelled"
    second.registry.says = DOWN
    assert second.look_up() == "upstream_error"


def test_several_records_take_back_the_one(start: Callable[[], Machine]) -> None:
    """They are not shared, and what was shared before is not what they say."""
    first, second, domain = start(), start(), ByDomain("api.example.cn")

    def look_up(machine: Machine) -> str:
        word = read(machine.client.look_up(domain))
        settle(machine.client)
        return word

    one: dict[str, object] = {"domains": [domain.domain]}
    first.registry.says = one
    look_up(first)
    first.clock.advance(LIFE)
    rows = (registered() | one, registered(registration_number=OTHER) | one)
    several = [RegistrationRecord.read(row | {"observed_at": first.clock.now().isoformat()}) for row in rows]
    first.registry.says = Found(tuple(replace(record, status=RegistrationStatus.CANCELLED) for record in several))
    assert look_up(first) == "cancelled"
    second.registry.says = DOWN
    assert look_up(second) == "upstream_error"


def test_an_entry_that_may_not_be_believed_any_more(start: Callable[[], Machine]) -> None:
    """A registry that is no longer authoritative says no no more, nor do its old answers."""
    first, second = start(), start()
    first.registry.says = NotRegistered("all")
    first.look_up()
    second.registry.capabilities = Capabilities(authoritative=False)
    assert second.look_up() == "registered"
    assert second.asked == 1


@pytest.mark.parametrize("value", [(), "text", (None, None)])
def test_a_level_that_breaks_its_promise(start: Callable[[], Machine], value: object) -> None:
    """It is as good as gone."""
    machine = start()

    class Broken:
        name = "broken"

        def perform(self, step: LevelStep) -> object:
            return value if isinstance(step, GetMany) else nothing(step)

        def for_loop(self) -> None:
            return None

        def close(self) -> None:
            pass

    client = machine.kind(machine.registry, cache=Cache(level=Broken()), clock=machine.clock)
    assert read(client.look_up(QUERY)) == "registered"
    assert client.look_up(QUERY) is client.look_up(QUERY)


# Who asks


def test_who_finds_it_locked_takes_the_others_answer(start: Callable[[], Machine]) -> None:
    """One asks; the other looks again until the answer is there."""
    first, second = start(), start()
    first.registry.hold()
    with looking(first) as firsts:
        first.registry.wait()

        def release(_: LevelStep) -> None:
            if second.level.steps.count(Lock) == 2:
                first.registry.release()
                assert firsts() == "registered"

        second.level.before = release
        assert second.look_up() == "registered"
    assert (first.asked, second.asked) == (1, 0)
    assert second.level.steps.count(Lock) >= 2


def test_an_answer_that_comes_while_it_is_locked(start: Callable[[], Machine]) -> None:
    """It is used as soon as it is there, though the lock is still another's."""
    first, second = start(), start()
    second.level.perform(Lock(KEY, 600.0))

    def answer(_: LevelStep) -> None:
        if second.level.steps.count(GetMany) == 3 and not first.asked:
            put(first, first.kind(first.registry, clock=first.clock).look_up(QUERY))

    second.level.before = answer
    assert second.look_up() == "registered"
    assert (first.asked, second.asked) == (1, 0)
    assert second.level.steps[-1] is GetMany


def test_who_had_the_lock_died(start: Callable[[], Machine]) -> None:
    """Before a gate's usual deadline the other one asks itself: the lock has run out, or it goes without."""
    machine = start()
    assert machine.level.perform(Lock(KEY, 600.0))
    assert machine.look_up() == "registered"
    assert machine.asked == 1
    assert 1.5 <= machine.clock.monotonic() <= 2.1
    assert Unlock not in machine.level.steps


def test_there_is_time_left_to_ask(start: Callable[[], Machine]) -> None:
    """Whoever waits for another's answer waits at most half of what it has."""
    machine = start()
    client = machine.kind(machine.registry, cache=machine.cache, clock=machine.clock, limits=Limits(seconds=2))
    machine.level.perform(Lock(KEY, 600.0))
    assert read(client.look_up(QUERY)) == "registered"
    assert 0.9 <= machine.clock.monotonic() <= 1.1


def test_an_answer_that_came_between_look_and_lock(start: Callable[[], Machine]) -> None:
    """It is used, and the lock given back."""
    first, second = start(), start()

    def answer(step: LevelStep) -> None:
        if isinstance(step, Lock) and not first.asked:
            first.look_up()

    second.level.before = answer
    assert second.look_up() == "registered"
    assert (first.asked, second.asked) == (1, 0)
    assert second.level.steps == [GetMany, Lock, GetMany, Unlock]


def test_who_comes_late_tells_the_newer_answer(start: Callable[[], Machine]) -> None:
    """After its lock ran out somebody else asked, and knows better."""
    first, second = start(), start()
    first.registry.seen = ago(first.clock, HOUR)
    first.registry.hold()
    with looking(first) as firsts:
        first.registry.wait()
        first.clock.advance(4)
        first.level.perform(Unlock(KEY, ""))
        second.registry.says = {"status": "cancelled"}
        put(second, second.kind(second.registry, clock=second.clock).look_up(QUERY))
        first.registry.release()
        assert firsts() == "cancelled"
    assert first.look_up() == "cancelled"
    assert first.asked == 1


def test_who_comes_late_and_knows_best(start: Callable[[], Machine]) -> None:
    """Its own answer counts when nobody knows anything newer."""
    machine = start()
    machine.registry.hold()
    with looking(machine) as word:
        machine.registry.wait()
        machine.clock.advance(4)
        machine.registry.release()
        assert word() == "registered"
    assert machine.level.steps[-1] is GetMany


def test_an_old_answer_stands_in_for_who_waited(start: Callable[[], Machine]) -> None:
    """What the level had is not forgotten while one waits for the lock."""
    first, second = start(), start()
    first.look_up()
    first.clock.advance(LIFE + HOUR)
    second.registry.says = DOWN
    second.level.perform(Lock(KEY, 600.0))
    assert second.look_up() == "registered, upstream_error"


# What takes back


def test_a_batch_that_takes_back(start: Callable[[], Machine]) -> None:
    """Everything that it takes back is dropped from the level."""
    first, second = start(), start()
    first.client.look_up_many([QUERY, by(OTHER)])
    first.clock.advance(LIFE)
    second.registry.says = Unavailable(Why.NOT_LISTED)
    second.client.look_up_many([QUERY, by(OTHER)])
    settle(second.client)
    third = start()
    third.registry.says = DOWN
    assert [read(o) for o in third.client.look_up_many([QUERY, by(OTHER)])] == ["upstream_error"] * 2


def test_forgetting_while_a_batch_is_loaded(start: Callable[[], Machine]) -> None:
    """What was asked before is kept in no level."""
    first, second = start(), start()
    first.registry.hold()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(first.client.look_up_many, [QUERY, by(OTHER)])
        first.registry.wait()
        first.client.invalidate(entity=NUMBER)
        first.registry.release()
        assert [read(o) for o in waiting.result()] == ["registered", "registered"]
    settle(first.client)
    second.client.look_up_many([QUERY, by(OTHER)])
    assert second.registry.asked == [(QUERY, by(OTHER))]


def test_what_nobody_could_say_is_never_kept(start: Callable[[], Machine]) -> None:
    """Neither for a moment nor for others."""
    first, second = start(), start()
    first.registry.says = DOWN
    first.look_up()
    assert PutMany not in first.level.steps
    assert second.look_up() == "registered"


def test_lives_without_a_level_put_nothing_anywhere() -> None:
    """A cache in the process alone takes no lock and looks at nothing."""
    clock = FixedClock(START)
    client = LookupClient(Told(clock), lives=EXACT, clock=clock)
    assert not client._asking.loading.has_level
    assert read(client.look_up(QUERY)) == "registered"
