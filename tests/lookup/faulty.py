"""
A small world in which everything fails: registrations that change, registries that lie low, clocks that are set.

There is one true time. Each machine has a wall clock that may be wrong and a clock that nobody can set. A
registry tells what was true a while ago, and everything that it ever told is written down: by that it is
judged what a machine makes of it.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import redis

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.errors import IcpGateError
from icpgate.lives import denies, observed_of, same_apart_from_moments
from icpgate.lookup import Cache
from icpgate.lookup.cache.outage import nothing
from icpgate.lookup.cache.redis import RedisLevel
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.steps import Now, Sleep
from icpgate.policy import Policy
from icpgate.record import RegistrationRecord
from icpgate.rules import Action
from tests.awaited import GATES
from tests.cases import LINK, described, registered
from tests.lookup.files import by

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from icpgate.answer import Answer, Query
    from icpgate.decision import Decision
    from icpgate.gate import Gate
    from icpgate.lookup.cache.level import AsyncLevel, Level
    from icpgate.lookup.steps import Flow, LevelStep
    from tests.lookup.cache.servers import Valkey

__all__ = ["FAILING", "HOUR", "NUMBERS", "STATES", "Gone", "Machine", "SqliteStore", "Store", "ValkeyStore", "World"]

START = datetime(2026, 9, 1, tzinfo=UTC)
"""Before any day on which the tests run: a second level reads the true clock of this machine besides."""

HOUR = 3600.0
A_DAY = 24 * HOUR
PATIENCE = 8.0
"""Seconds for a decision. Threads wait by this machine's own clock, and it may be busy."""

A_MOMENT = 0.25
"""How long a registry takes to answer: so no two observations are of the same moment."""

LONGEST = 1_200 * HOUR
"""After which a world stands still, so that it never comes to the present."""

POLICY = Policy.default()
LIVES = POLICY.lives
BOUND = POLICY.revocation_bound(Action.LIST)
NUMBERS = ("蜀ICP备2021014694号-10A", "蜀ICP备2021014694号-11A")
APPS = {
    number: App.parse(described(registration_number=number, display={"number": number, "link": LINK}))
    for number in NUMBERS
}

STATES: dict[str, dict[str, Any] | None] = {
    "registered": {},
    "changing": {"status": "changing"},
    "pending": {"status": "pending"},
    "returned": {"status": "returned"},
    "cancelling": {"status": "cancelling"},
    "cancelled": {"status": "cancelled"},
    "shell": {"status": "shell"},
    "blacklisted": {"blacklisted": True},
    "restricted": {"access_restricted": True},
    "absent": None,
}

SAYING_NOTHING = {
    "connection": Why.CONNECTION,
    "timeout": Why.TIMEOUT,
    "garbage": Why.MALFORMED,
    "error": Why.UPSTREAM_ERROR,
    "blocked": Why.BLOCKED,
    "not_listed": Why.NOT_LISTED,
    "not_covered": Why.NOT_COVERED,
}
FAILING = (*SAYING_NOTHING, "raising", "miscounting", "foreign", "late", "suspended")
"""Ways in which a registry fails; the last two answer, but too late, or to a machine that fell asleep meanwhile."""


@dataclass(frozen=True)
class Said:
    """What a registry said: when by the true time, and how wrong the asking machine's wall clock was then."""

    by: Machine
    at: float
    observation: Observation
    offset: float


class World:
    """The true time, the true state of each registration, and how the registry fares."""

    def __init__(self) -> None:
        """Everything is registered, and everything works."""
        self.true = 0.0
        self.mode = "up"
        self.lag = 0.0
        self.said: dict[str, list[Said]] = {number: [] for number in NUMBERS}
        self._states = {number: [(float("-inf"), "registered")] for number in NUMBERS}
        self._errors = [(float("-inf"), 0.0)]

    def pass_by(self, seconds: float) -> None:
        """Let time pass, for everybody."""
        self.true += seconds

    def become(self, number: str, state: str) -> None:
        """Change a registration."""
        self._states[number].append((self.true, state))

    def state(self, number: str, at: float) -> str:
        """What was true of it at a moment."""
        return next(state for since, state in reversed(self._states[number]) if since <= at)

    def clocks_are_wrong_by(self, seconds: float) -> None:
        """The most by which any wall clock differs from the true time from now on."""
        self._errors.append((self.true, seconds))

    def error_between(self, begin: float, end: float) -> float:
        """The most by which any wall clock differed between two moments."""
        before = [error for since, error in self._errors if since <= begin][-1]
        return max(before, *(error for since, error in self._errors if begin < since <= end), 0.0)


class MachineClock:
    """See `Clock`. The wall clock is off by `offset` seconds; the other goes on while the machine sleeps."""

    def __init__(self, world: World, began: float) -> None:
        """`began` is what the other one told at the beginning of the world."""
        self._world = world
        self._began = began
        self.offset = 0.0
        self.worst = 0.0
        """The most by which it ever was late, as a negative number."""

    def be_wrong_by(self, seconds: float) -> None:
        """Set the wall clock."""
        self.offset = seconds
        self.worst = min(self.worst, seconds)

    def now(self) -> datetime:
        """See `Clock.now`."""
        return START + timedelta(seconds=self._world.true + self.offset)

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return self._began + self._world.true

    def sleep(self, seconds: float) -> None:
        """Waiting takes true time."""
        self._world.pass_by(seconds)


class _Told:
    """The registry as one machine asks it."""

    id = "told"
    capabilities = Capabilities(authoritative=True)

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._world = machine.world

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        reply = yield Now()
        self._world.pass_by(A_MOMENT)
        mode = self._world.mode
        if mode == "raising":
            raise OSError
        if mode in SAYING_NOTHING:
            return [self._silent(query, SAYING_NOTHING[mode], reply.now) for query in queries]
        observations = [self._seen(_number(query)) for query in queries]
        if mode == "miscounting":
            return [*observations, *observations]
        if mode == "foreign":
            return [self._foreign(query, reply.now) for query in queries]
        if mode == "late":
            yield Sleep(PATIENCE + 1)
        if mode == "suspended":
            self._world.mode = "up"
            self._world.pass_by(30 * HOUR)
        return observations

    def _silent(self, query: Query, why: Why, now: datetime) -> Observation:
        if why in {Why.NOT_LISTED, Why.NOT_COVERED}:
            self._machine.must_forget([_number(query)])
        return Observation(query, Unavailable(why, "told to"), now, self.id, self.id)

    def _foreign(self, query: Query, now: datetime) -> Observation:
        """The record of the other number, which is registered, whatever this one is."""
        other = NUMBERS[_number(query) == NUMBERS[0]]
        return Observation(query, _answer(other, "registered", now), now, "told", self.id)

    def _seen(self, number: str) -> Observation:
        """What it says of a number, written down if it is going to arrive as an answer."""
        observation = self._observed(number)
        if self._world.mode in {"up", "late", "suspended"}:
            said = Said(self._machine, self._world.true, observation, self._machine.clock.offset)
            self._world.said[number].append(said)
        return observation

    def _observed(self, number: str) -> Observation:
        seen = self._world.true - self._world.lag
        moment = START + timedelta(seconds=seen)
        return Observation(
            by(number), _answer(number, self._world.state(number, seen), moment), moment, "told", self.id
        )


def _number(query: Query) -> str:
    assert isinstance(query, ByNumber)
    return query.number.canonical


def _answer(number: str, state: str, moment: datetime) -> Answer:
    changes = STATES[state]
    if changes is None:
        return NotRegistered("all")
    row = registered(registration_number=number, **changes) | {"observed_at": moment.isoformat()}
    return Found((RegistrationRecord.read(row),))


def _is_the_same(said: Observation, told: Observation) -> bool:
    return said.answer == told.answer and said.observed_at == told.observed_at


def _confirms(said: Said, told: Observation) -> bool:
    older = said.observation.observed_at <= told.observed_at
    return older and (denies(told.answer) or same_apart_from_moments(said.observation.answer, told.answer))


@dataclass(frozen=True)
class _Asked:
    """When somebody asked, what was forbidden by then, and whether anything might have gone wrong."""

    at: float
    floor: dict[str, float]
    may_fail: bool


class Machine:
    """A process on a machine of its own: a wall clock, a cache, a blocking and an asynchronous gate that share it."""

    def __init__(self, world: World, store: Store, began: float) -> None:
        """Start it, with nothing in its own memory."""
        self.world = world
        self.clock = MachineClock(world, began)
        self._store = store
        self._level = store.level()
        self.cache = Cache(level=self._level, secret=store.secret)
        self.gates: list[Gate] = [
            kind.for_listing(_Told(self), cache=self.cache, clock=self.clock, policy=POLICY, deadline=PATIENCE)
            for kind in GATES
        ]
        self._newest: dict[str, Observation] = {}
        self._learned: dict[tuple[str, float], float] = {}
        self.floor: dict[str, float] = {}
        """Since when by the true time nothing older may be told of a number: it was forgotten then."""

    def close(self) -> None:
        """End it."""
        for gate in self.gates:
            gate.close()
        self.cache.close()

    def check(self, way: int, number: str) -> Decision:
        """Decide on the app with this number, and judge the decision."""
        gate = self.gates[way]
        asked = self._asked(gate)
        decision = gate.check(APPS[number])
        self.settle()
        self._judge(number, decision, asked)
        return decision

    def check_many(self, way: int) -> None:
        """Decide on all apps at once."""
        gate = self.gates[way]
        asked = self._asked(gate)
        items = list(gate.check_many(APPS.values()))
        self.settle()
        for number, item in zip(NUMBERS, items, strict=True):
            assert item.decision is not None
            self._judge(number, item.decision, asked)

    def invalidate(self, numbers: Sequence[str], **what: Any) -> None:
        """Forget what is kept about these numbers."""
        try:
            self.cache.invalidate(**what)
        except IcpGateError as error:
            assert error.code == "cache.gone"  # noqa: PT017 -- it may be raised or not
            assert self._store.is_gone
        self.must_forget(numbers)

    def must_forget(self, numbers: Sequence[str]) -> None:
        """What is known of these numbers may not be told any more, unless a store that is gone has it still."""
        for number in numbers:
            self._newest.pop(number, None)
            self._learned = {known: since for known, since in self._learned.items() if known[0] != number}
            if not self._store.is_gone:
                self.floor[number] = self.world.true

    def settle(self) -> None:
        """Wait until nothing is under way behind anybody's back."""
        until = time.monotonic() + 30
        while len(self.cache.flights) or any(gate.lookup.status.loading for gate in self.gates):
            assert time.monotonic() < until
            time.sleep(0.0005)

    def _asked(self, gate: Gate) -> _Asked:
        may_fail = self.world.mode != "up" or gate.lookup.status.breaker != "closed"
        return _Asked(self.world.true, dict(self.floor), may_fail)

    def _judge(self, number: str, decision: Decision, asked: _Asked) -> None:
        """Hold a decision against everything that was ever said."""
        (observation,) = decision.observations
        if isinstance(observation.answer, Unavailable):
            assert not decision.allowed
            assert asked.may_fail or observation.answer.why is Why.STALE, f"nobody failed, and yet {observation.answer}"
            return
        said = self._source_of(number, observation)
        if observed_of(observation) < observed_of(self._newest.get(number, observation)):
            self._learned.pop((number, said.at), None)  # it had something newer, and has this from the store
        learned = self._learned.setdefault((number, said.at), self.world.true)
        error = max(0.0, -said.offset)
        if self._store.is_shared:  # the clock of the one that asked may be ahead, and that of the one that reads late
            error = abs(said.offset) + self.world.error_between(said.at, learned)
        self._judge_age(observation, said, asked.at, error)
        if decision.allowed:
            assert not denies(observation.answer)
            assert asked.at - said.at <= BOUND.silent.total_seconds() + error
        if observation.stale:
            assert "stale_used" in {raised.code for raised in decision.raised}
            assert observation.stale not in {"not_listed", "not_covered"}, "what was taken back is used"
            assert not (decision.allowed and observation.stale == "malformed"), "what was not understood may be a no"
        self._judge_order(number, observation, allowed=decision.allowed)
        assert said.at >= asked.floor.get(number, 0.0), "what was invalidated or taken back is told again"

    def _judge_order(self, number: str, observation: Observation, *, allowed: bool) -> None:
        """
        What was observed later is not undone by what was observed earlier.

        A machine whose clock was set back does not believe what it observed before. It may have an
        older answer instead; but never an allow in place of a denial, unless its clock was a day late.
        """
        newest = self._newest.get(number, observation)
        is_older = observed_of(observation) < observed_of(newest)
        is_excused = self.clock.worst < 0 and not (allowed and denies(newest.answer) and self.clock.worst > -A_DAY)
        assert not is_older or is_excused, "what was known is undone by something older"
        self._newest[number] = observation

    def _source_of(self, number: str, observation: Observation) -> Said:
        """
        When a registry last said exactly this: nothing else is ever told, least of all what nobody said.

        Or when it last told this machine something older that says the same, or stands behind a denial.
        """
        told = [said for said in self.world.said[number] if said.by is self or self._store.is_shared]
        same = [said for said in told if _is_the_same(said.observation, observation)]
        assert same, "nobody ever said this"
        later = [said for said in told if said.by is self and said.at > same[-1].at and _confirms(said, observation)]
        return [*same, *later][-1]

    def _judge_age(self, observation: Observation, said: Said, at: float, error: float) -> None:
        life = LIVES.of(observation.answer)
        observed = (observed_of(observation) - START).total_seconds()
        fresh = max(observed + life.total_seconds(), said.at + min(life, LIVES.again).total_seconds()) + error
        window = LIVES.stale_deny if denies(observation.answer) else LIVES.stale_allow
        assert at <= fresh + window.total_seconds(), f"{observation} is too old"
        assert at <= fresh or observation.stale, f"{observation} is beyond its life, and not marked"


class Gone:
    """See `Level`. A real one that can be taken away."""

    def __init__(self, store: Store, inner: Level) -> None:
        """It is gone while its store is."""
        self._store = store
        self._inner = inner

    @property
    def name(self) -> str:
        """See `Level.name`."""
        return self._inner.name

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        return nothing(step) if self._store.is_gone else self._inner.perform(step)

    def for_loop(self) -> AsyncLevel | None:
        """See `Level.for_loop`."""
        inner = self._inner.for_loop()
        return None if inner is None else _GoneFromLoop(self._store, inner)

    def close(self) -> None:
        """See `Level.close`."""
        self._inner.close()


class _GoneFromLoop:
    def __init__(self, store: Store, inner: AsyncLevel) -> None:
        self._store = store
        self._inner = inner

    async def perform(self, step: LevelStep) -> object:
        return nothing(step) if self._store.is_gone else await self._inner.perform(step)

    async def close(self) -> None:
        await self._inner.close()


class Store:
    """What machines share: here nothing."""

    is_shared = False

    def __init__(self, secret: str | None) -> None:
        """With a secret, what is in it is sealed."""
        self.secret = secret
        self.is_gone = False

    def level(self) -> Level | None:
        """A way to it for one machine."""
        return None

    def entries(self) -> dict[bytes, bytes]:
        """What is in it, as it stands there."""
        return {}

    def put(self, entries: dict[bytes, bytes]) -> None:
        """Write something into it, as anybody could who can write to it."""

    def flush(self) -> None:
        """Empty it."""

    def close(self) -> None:
        """End it."""


class SqliteStore(Store):
    """A file."""

    is_shared = True

    def __init__(self, secret: str | None, path: Path) -> None:
        """Made by the first machine."""
        super().__init__(secret)
        self._path = path

    def level(self) -> Level:
        """See `Store.level`. Nobody is in a hurry here."""
        return Gone(self, SqliteLevel(self._path, timeout=10.0, pause=0.001))

    def _execute(self, statement: str, rows: Sequence[tuple[bytes, ...]] = ((),)) -> list[tuple[bytes, bytes]]:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            return [row for values in rows for row in connection.execute(statement, values).fetchall()]

    def entries(self) -> dict[bytes, bytes]:
        """See `Store.entries`."""
        return dict(self._execute("SELECT key, blob FROM entry"))

    def put(self, entries: dict[bytes, bytes]) -> None:
        """See `Store.put`."""
        self._execute("UPDATE entry SET blob = ? WHERE key = ?", [(blob, key) for key, blob in entries.items()])

    def flush(self) -> None:
        """See `Store.flush`."""
        self._execute("DELETE FROM entry")


class ValkeyStore(Store):
    """A server."""

    is_shared = True

    def __init__(self, secret: str | None, server: Valkey) -> None:
        """It is emptied."""
        super().__init__(secret)
        self._url = server.url
        self._client = redis.Redis(port=server.port)
        self.flush()

    def level(self) -> Level:
        """See `Store.level`. Nobody is in a hurry here."""
        return Gone(self, RedisLevel(self._url, timeout=10.0, pause=0.001))

    def entries(self) -> dict[bytes, bytes]:
        """See `Store.entries`."""
        keys = [key for key in sorted(self._client.keys("icpgate:e:*")) if isinstance(key, bytes)]
        return {key: value for key in keys if isinstance(value := self._client.get(key), bytes)}

    def put(self, entries: dict[bytes, bytes]) -> None:
        """See `Store.put`."""
        for key, value in entries.items():
            self._client.set(key, value, px=10**9)

    def flush(self) -> None:
        """See `Store.flush`."""
        self._client.flushall()

    def close(self) -> None:
        """See `Store.close`."""
        self._client.close()
