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

    @initialize(sealed=st.booleans(), seed=st.integers(0, 2**16))
    def begin(self, *, sealed: bool, seed: int) -> None:
        """The machines share a store, sealed or not. The seed says who asks when."""
        self.chance.seed(seed)
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
        settings=settings(max_examples=30 if examples == SHORT else examples, stateful_step_count=40),
    )
