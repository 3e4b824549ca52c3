"""
Any sequence of calls by anybody: system, registry and gate agree with a small model of the procedure.

After every single call: no illegal state, nothing changed by what was refused, no number lost, doubled or used
again, the history complete and in order, and the gate allows what the model says is registered, and nothing else.
"""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from icpgate.registration.states import Role, State
from tests.registration.machine import ACTORS, STEPS, World
from tests.registration.model import CANCELLING, FINAL, WAY
from tests.registration.scenes import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.registration.application import Actor
    from tests.registration.model import Asked, Granted
    from tests.servers import Postgresql

an_actor = st.sampled_from(ACTORS)
a_bureau = st.sampled_from([actor for actor in ACTORS if actor.role is Role.BUREAU])
one_of_many = st.integers(0, 999)
a_change = st.sampled_from(("change", "add_platform", "change_operator"))
mostly = st.sampled_from((True, True, True, False))
# No sum of these is exactly the 24 hours, whose last moment is a test of its own.
a_while = st.sampled_from((61.0, 3_601.0, 86_399.0, 86_401.0))


class Procedure(RuleBasedStateMachine):
    """One registration system, and all that people do with it."""

    made: ClassVar[Callable[[], str]]

    def __init__(self) -> None:
        """Nobody has asked for anything."""
        super().__init__()
        self.world = World(type(self).made())

    def teardown(self) -> None:
        """End it."""
        self.world.close()

    def _asked(self, which: int) -> Asked:
        """One of the newest applications."""
        asked = list(self.world.model.asked.values())[-4:]
        return asked[which % len(asked)]

    def _granted(self, which: int) -> Granted:
        granted = list(self.world.model.granted.values())
        return granted[which % len(granted)]

    @rule(
        actor=an_actor,
        position=st.integers(0, 2),
        kind=st.sampled_from(KINDS),
        complete=mostly,
        providers=st.integers(1, 2),
    )
    def somebody_asks(self, actor: Actor, position: int, kind: str, providers: int, *, complete: bool) -> None:
        """Somebody asks."""
        self.world.new(actor, position, kind, complete=complete, providers=providers)

    @precondition(lambda self: self.world.model.asked)
    @rule(which=one_of_many, step=st.sampled_from(STEPS), actor=an_actor, stale=st.sampled_from((None, None, 0, -1)))
    def somebody_takes_a_step(self, which: int, step: str, actor: Actor, stale: int | None) -> None:
        """Somebody takes a step."""
        asked = self._asked(which)
        self.world.step(asked, step, actor, revision=None if stale is None else asked.revision + stale)

    @precondition(lambda self: self.world.model.asked)
    @rule(which=one_of_many, until=st.sampled_from(("verifying", "awaiting_sms", "under_review", "approved")))
    def it_goes_on(self, which: int, until: str) -> None:
        """It goes on."""
        asked = self._asked(which)
        while asked.now(self.world.clock.now()) != until and self.world.ahead(asked):
            pass

    @precondition(lambda self: any(asked.state == "awaiting_sms" for asked in self.world.model.asked.values()))
    @rule()
    def nobody_confirms(self) -> None:
        """Not within 24 hours."""
        self.world.clock.advance(86_401)

    @rule(position=st.integers(0, 2), kind=st.sampled_from(KINDS), providers=st.integers(1, 2))
    def one_is_registered(self, position: int, kind: str, providers: int) -> None:
        """One is registered."""
        asked = self.world.new(ACTORS[position], position, kind, complete=True, providers=providers)
        assert asked is not None
        self.world.all_the_way(asked)

    @precondition(lambda self: self.world.model.granted)
    @rule(which=one_of_many, actor=an_actor, owner=mostly, purpose=a_change, fits=mostly, complete=mostly)
    def somebody_changes(
        self, which: int, actor: Actor, purpose: str, *, owner: bool, fits: bool, complete: bool
    ) -> None:
        """Somebody changes."""
        granted = self._granted(which)
        who = next((a for a in ACTORS if a.name == granted.operator), actor) if owner else actor
        self.world.change(granted, who, purpose, fits=fits, complete=complete)

    @precondition(lambda self: self.world.model.granted)
    @rule(which=one_of_many, actor=an_actor, owner=mostly, purpose=st.sampled_from(CANCELLING))
    def somebody_cancels(self, which: int, actor: Actor, purpose: str, *, owner: bool) -> None:
        """Somebody cancels."""
        granted = self._granted(which)
        who = next((a for a in ACTORS if a.name == granted.operator), actor) if owner else actor
        self.world.cancel(granted, who, purpose)

    @precondition(lambda self: self.world.model.granted)
    @rule(which=one_of_many, actor=an_actor | a_bureau, entity=st.booleans(), on=st.booleans())
    def somebody_blacklists(self, which: int, actor: Actor, *, entity: bool, on: bool) -> None:
        """Somebody blacklists."""
        self.world.blacklist(self._granted(which), actor, entity=entity, on=on)

    @precondition(lambda self: self.world.model.asked)
    @rule(seconds=a_while)
    def time_passes(self, seconds: float) -> None:
        """For everybody alike."""
        self.world.clock.advance(seconds)

    @invariant()
    def all_agree(self) -> None:
        """The system, the registry and the gate, with the model."""
        self.world.compare_applications()
        self.world.compare_registrations()
        self.world.nothing_else_is_registered()


def _played(made: Callable[[], str], examples: int, steps: int) -> None:
    machine = type("Procedure", (Procedure,), {"made": staticmethod(made)})
    run_state_machine_as_test(machine, settings=settings(max_examples=examples, stateful_step_count=steps))


def _examples(short: int) -> int:
    """Few in the short form; a share of what the profile asks for in the long ones."""
    profile = settings.default
    asked = 100 if profile is None else profile.max_examples
    return short if asked <= 100 else asked // 10


def test_any_sequence_of_calls_in_sqlite() -> None:
    """System, registry and gate agree with the model whatever is called, over a file."""
    with tempfile.TemporaryDirectory() as folder:
        count = itertools.count()
        _played(lambda: f"sqlite:///{Path(folder) / f'{next(count)}.db'}", _examples(16), 25)


def test_any_sequence_of_calls_in_postgresql(postgresql: Postgresql) -> None:
    """And over a database server, each time in a database of its own."""
    _played(postgresql.url, _examples(20) // 5, 20)


def test_the_model_knows_every_state() -> None:
    """A state that the code has and the model has not would never be compared."""
    mine = {state for state, _ in WAY} | {after for _, after in WAY.values()} | {*FINAL, "lapsed"}
    assert {state.value for state in State} == mine
