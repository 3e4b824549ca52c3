"""
No wrong allow while everything around it fails: caches, clocks, registries, and the truth itself changes.

What is held to after every single check, whatever came before, stands in `Machine` (`faulty.py`):

- An allow rests on what a registry said of this very number, and said within the bound that the policy
  promises. By the true time; where a wall clock was wrong, by no more than it was wrong.
- What is beyond its life is marked, and what is beyond its last end is not told at all.
- What was observed later is never undone by what was observed earlier.
- What nobody could say is never kept, and nothing is told that nobody said.

The short form has a few hundred worlds; `make soak` has as many as it is told.
"""

from __future__ import annotations

import itertools
import random
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.lookup.cache.servers import started
from tests.lookup.faulty import (
    FAILING,
    HOUR,
    LONGEST,
    NUMBERS,
    STATES,
    Machine,
    SqliteStore,
    Store,
    ValkeyStore,
    World,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from icpgate.decision import Decision

MACHINES = 2
SECRET = "what the machines have in common"  # noqa: S105 -- of a test

a_machine = st.integers(0, MACHINES - 1)
a_way = st.integers(0, 1)
a_number = st.sampled_from(NUMBERS)
a_state = st.sampled_from(sorted(STATES))
a_while = st.sampled_from([1.0, 59.0, 61.0, 301.0, 3_500.0, HOUR, 2 * HOUR, 5.5 * HOUR, 7 * HOUR, 22 * HOUR])
some_days = st.sampled_from([23.9 * HOUR, 25 * HOUR, 47 * HOUR, 49 * HOUR, 100 * HOUR, 200 * HOUR])
a_lag = st.sampled_from([0.0, 60.0, HOUR, 30 * HOUR, 80 * HOUR])
a_jump = st.sampled_from([-200, -50, -24, -10, -1, -0.05, 0.05, 1, 10, 24, 50, 200]).map(lambda hours: hours * HOUR)


class Worlds(RuleBasedStateMachine):
    """One world, its machines, and all that can happen to them."""

    made: ClassVar[Callable[[str | None], Store]]

    def __init__(self) -> None:
        """Begin with nothing known."""
        super().__init__()
        self.world = World()
        self.store = Store(None)
        self.machines: list[Machine] = []
        self.copies: list[dict[bytes, bytes]] = []
        self.began = itertools.count(1)
        self.chance = random.Random(0)  # noqa: S311 -- a simulation's

    @initialize(sealed=st.booleans(), seed=st.integers(0, 2**16), lag=a_lag, state=a_state)
    def begin(self, *, sealed: bool, seed: int, lag: float, state: str) -> None:
        """The machines share a store, sealed or not. The seed says who asks when."""
        self.chance.seed(seed)
        self.world.lag = lag
        self.world.become(NUMBERS[0], state)
        self.store = type(self).made(SECRET if sealed else None)
        self.machines = [self._machine() for _ in range(MACHINES)]

    def _machine(self) -> Machine:
        return Machine(self.world, self.store, next(self.began) * 1_000.0)

    def teardown(self) -> None:
        """End it all."""
        for machine in self.machines:
            machine.close()
        self.store.close()

    @invariant()
    def somebody_asks(self) -> None:
        """After whatever happened: nobody, or one or two, about one app or several."""
        for _ in range(self.chance.choice((0, 1, 1, 2)) if self.machines else 0):
            machine, way = self.chance.choice(self.machines), self.chance.randrange(2)
            if self.chance.random() < 0.1:
                machine.check_many(way)
            else:
                machine.check(way, self.chance.choice(NUMBERS))

    @rule()
    def everybody_asks(self) -> None:
        """Each machine, both ways, about everything."""
        for machine in self.machines:
            for way in range(len(machine.gates)):
                for number in NUMBERS:
                    machine.check(way, number)

    @precondition(lambda self: self.world.true < LONGEST)
    @rule(seconds=a_while, times=st.integers(1, 4))
    def everybody_asks_now_and_then(self, seconds: float, times: int) -> None:
        """As time passes."""
        for _ in range(times):
            self.world.pass_by(seconds)
            self.everybody_asks()

    @precondition(lambda self: self.world.true < LONGEST)
    @rule(seconds=st.one_of(a_while, some_days))
    def time_passes(self, seconds: float) -> None:
        """For everybody alike."""
        self.world.pass_by(seconds)

    @rule(number=a_number, state=a_state)
    def the_truth_changes(self, number: str, state: str) -> None:
        """A registration is made, changed, revoked."""
        self.world.become(number, state)

    @rule(mode=st.sampled_from(FAILING))
    def the_registry_fails(self, mode: str) -> None:
        """In one of many ways, until it recovers."""
        self.world.mode = mode

    @rule()
    def the_registry_recovers(self) -> None:
        """It answers again."""
        self.world.mode = "up"

    @rule(lag=a_lag)
    def the_registry_lags(self, lag: float) -> None:
        """What answers from now on knows of nothing later than a while ago."""
        self.world.lag = lag

    @rule(machine=a_machine, seconds=a_jump)
    def a_wall_clock_is_set(self, machine: int, seconds: float) -> None:
        """By somebody who means well, or not."""
        self._set(machine, self.machines[machine].clock.offset + seconds)

    @rule(machine=a_machine)
    def a_wall_clock_is_set_right(self, machine: int) -> None:
        """As time servers do."""
        self._set(machine, 0.0)

    def _set(self, machine: int, offset: float) -> None:
        self.machines[machine].clock.be_wrong_by(offset)
        self.world.clocks_are_wrong_by(max(abs(each.clock.offset) for each in self.machines))

    @precondition(lambda self: self.world.true < LONGEST)
    @rule(machine=a_machine, seconds=some_days)
    def a_machine_sleeps(self, machine: int, seconds: float) -> None:
        """Its wall clock stands still meanwhile; the other one does not."""
        self.world.pass_by(seconds)
        self._set(machine, self.machines[machine].clock.offset - seconds)

    @rule(machine=a_machine)
    def a_machine_starts_again(self, machine: int) -> None:
        """With nothing in its memory."""
        offset = self.machines[machine].clock.offset
        self.machines[machine].close()
        self.machines[machine] = self._machine()
        self.machines[machine].clock.be_wrong_by(offset)

    @rule(machine=a_machine, number=a_number, how=st.sampled_from(["number", "entity", "all"]))
    def something_is_invalidated(self, machine: int, number: str, how: str) -> None:
        """An operator of ours says: forget that."""
        if how == "number":
            self.machines[machine].invalidate([number], number=number)
        elif how == "entity":
            self.machines[machine].invalidate(NUMBERS, entity=number)
        else:
            self.machines[machine].invalidate(NUMBERS)

    @rule(gone=st.booleans())
    def the_store_goes_or_comes(self, *, gone: bool) -> None:
        """Nobody reaches it, or everybody does again."""
        self.store.is_gone = gone

    @rule()
    def the_store_is_flushed(self) -> None:
        """It was only a cache."""
        self.store.flush()

    @rule(how=st.sampled_from(["cut", "bit", "garbage", "nothing", "swapped"]), place=st.integers(0, 2_000))
    def the_store_is_damaged(self, how: str, place: int) -> None:
        """Bytes are lost, turned, or in the place of others."""
        entries = self.store.entries()
        blobs = list(entries.values())
        for position, (key, blob) in enumerate(entries.items()):
            turned = bytearray(blob or b"?")
            turned[place % len(turned)] ^= 1
            entries[key] = {
                "cut": blob[: place % len(turned)],
                "bit": bytes(turned),
                "garbage": b"\x00\xff" * (place % 50),
                "nothing": b"",
                "swapped": blobs[position - 1],
            }[how]
        self.store.put(entries)

    @rule()
    def the_store_is_copied(self) -> None:
        """A backup is made."""
        self.copies.append(self.store.entries())

    @precondition(lambda self: self.copies)
    @rule(back=st.integers(0, 5))
    def a_copy_comes_back(self, back: int) -> None:
        """A backup is played in: what was known since is unknown again."""
        self.store.put(self.copies[-1 - back % len(self.copies)])
        for machine in self.machines:
            machine.floor.clear()


@pytest.fixture
def none() -> Callable[[str | None], Store]:
    """Each machine has its own memory alone."""
    return Store


@pytest.fixture
def sqlite(tmp_path: Path) -> Callable[[str | None], Store]:
    """A new file for each world."""
    counted = itertools.count()
    return lambda secret: SqliteStore(secret, tmp_path / f"{next(counted)}.db")


@pytest.fixture
def valkey() -> Iterator[Callable[[str | None], Store]]:
    """A server that is emptied for each world."""
    with started() as server:
        yield lambda secret: ValkeyStore(secret, server)


SHORT = 100
"""What a property has where nothing else is said; a world costs more than one example of most."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["none", "sqlite", "valkey"])
def test_never_a_wrong_allow(kind: str, request: pytest.FixtureRequest) -> None:
    """With caches in the process alone, a shared file, and a shared server."""
    made = request.getfixturevalue(kind)
    worlds = type(f"Worlds_{kind}", (Worlds,), {"made": staticmethod(made)})
    assert settings.default is not None
    examples = settings.default.max_examples
    run_state_machine_as_test(
        worlds,
        settings=settings(max_examples=60 if examples == SHORT else examples, stateful_step_count=40),
    )


@dataclass
class Alone:
    """One machine, one number, and a store beside it: what many worlds brought to light once, each by itself."""

    world: World
    store: Store
    machine: Machine

    def check(self) -> Decision:
        """What the machine decides; it is judged as in every world."""
        return self.machine.check(0, NUMBERS[0])

    def become(self, state: str) -> None:
        """The registration changes, and some time passes."""
        self.world.become(NUMBERS[0], state)
        self.world.pass_by(HOUR)

    def late_by(self, seconds: float) -> None:
        """The machine's wall clock is set back."""
        self.machine.clock.be_wrong_by(-seconds)
        self.world.clocks_are_wrong_by(seconds)


@pytest.fixture
def alone(sqlite: Callable[[str | None], Store]) -> Iterator[Alone]:
    """A world in which nothing has happened yet."""
    world, store = World(), sqlite(None)
    machine = Machine(world, store, 0.0)
    yield Alone(world, store, machine)
    machine.close()


def test_an_older_no_lengthens_no_life(alone: Alone) -> None:
    """A registry that knows of a cancellation only, and not yet of the registration after it, confirms nothing."""
    alone.become("cancelled")
    alone.become("registered")
    assert alone.check().allowed
    alone.world.pass_by(25 * HOUR)
    alone.world.lag = 26.5 * HOUR
    decision = alone.check()
    assert decision.allowed
    assert [observation.stale for observation in decision.observations] == ["stale"]
    alone.world.pass_by(24 * HOUR)
    alone.world.lag += 24 * HOUR
    assert alone.check().undecided


def test_the_store_brings_nothing_back_that_a_sleep_has_ended(alone: Alone) -> None:
    """A machine sleeps for two days and its wall clock with it: what it knew is two days old, in the store too."""
    assert alone.check().allowed
    alone.become("cancelled")
    alone.world.pass_by(48 * HOUR)
    alone.late_by(49 * HOUR)
    alone.world.mode = "connection"
    assert alone.check().undecided


def test_what_came_from_the_store_ages_by_the_own_clock_from_then_on(alone: Alone) -> None:
    """A machine is given an old answer by the store, sleeps with its wall clock, and finds it older then."""
    with closing(Machine(alone.world, alone.store, 9.0)) as other:
        other.check(0, NUMBERS[0])
    alone.become("cancelled")
    alone.world.mode = "connection"
    alone.world.pass_by(29 * HOUR)
    assert alone.check().allowed
    alone.world.pass_by(20 * HOUR)
    alone.late_by(20 * HOUR)
    assert alone.check().undecided


def test_a_denial_from_the_future_is_undone_by_nothing_older(alone: Alone) -> None:
    """Who hears of a cancellation while its clock is late does not believe an older registration afterwards."""
    alone.become("cancelled")
    alone.late_by(10 * HOUR)
    assert not alone.check().allowed
    alone.world.lag = 15 * HOUR
    assert not alone.check().allowed
    alone.world.mode = "connection"
    assert not alone.check().allowed


def test_an_answer_from_the_future_leaves_nothing_older_to_stand_in(alone: Alone) -> None:
    """What a machine with a late clock hears and does not believe, it does not replace by what it knew before."""
    assert alone.check().allowed
    alone.become("restricted")
    alone.late_by(10 * HOUR)
    assert not alone.check().allowed
    alone.world.mode = "connection"
    assert alone.check().undecided
