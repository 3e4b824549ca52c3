"""How long a revocation can take to become visible: what the policy promises, and what 200 runs show."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Found, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.lookup import Capabilities
from icpgate.lookup.steps import Now
from icpgate.policy import Policy
from icpgate.record import RegistrationRecord, RegistrationStatus
from icpgate.rules import Action
from icpgate.testing import FixedClock
from tests.awaited import GATES
from tests.cases import NOW, described, registered
from tests.commandline import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Query
    from icpgate.gate import Gate
    from icpgate.lookup.steps import Flow

APP = App.parse(described())
RECORD = RegistrationRecord.read(registered())
RUNS = 200


class Changing:
    """A registry in which the registration is revoked at a moment, and that is down from another on."""

    id = "changing"
    capabilities = Capabilities(authoritative=True, by_document=True)

    def __init__(self, revoked_at: datetime, down_from: datetime) -> None:
        """Two moments."""
        self.revoked_at = revoked_at
        self.down_from = down_from

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """What it says now, observed now."""
        now = (yield Now()).now
        if now >= self.down_from:
            down = Unavailable(Why.CONNECTION, "down")
            return [Observation(query, down, now, self.id, self.id) for query in queries]
        status = RegistrationStatus.CANCELLED if now >= self.revoked_at else RegistrationStatus.REGISTERED
        answer = Found((replace(RECORD, status=status, observed_at=now),))
        return [Observation(query, answer, now, self.id, self.id) for query in queries]


def _visible_after(seed: int, policy: Policy, kind: type[Gate]) -> timedelta:
    """One life of an app: asked now and then, revoked, perhaps with an outage; when it was last allowed since."""
    drawn = random.Random(seed)  # noqa: S311 -- a simulation's
    revoked_at = NOW + timedelta(hours=drawn.uniform(0.01, 60))
    outage = drawn.random() < 0.6
    down_from = revoked_at - timedelta(hours=drawn.uniform(0, 0.3)) if outage else NOW + timedelta(days=365)
    clock = FixedClock(NOW)
    every = drawn.choice([0.5, 1.0, 3.0, 9.0])
    last = timedelta(0)
    with kind.for_listing(Changing(revoked_at, down_from), policy=policy, clock=clock) as gate:
        while clock.now() < revoked_at + timedelta(hours=60):
            decision = gate.check(APP)
            if decision.allowed and clock.now() > revoked_at:
                last = clock.now() - revoked_at
                assert clock.now() - decision.observations[0].observed_at <= timedelta(hours=48)
            clock.advance(max(1.0, drawn.expovariate(1 / every) * 3600))
    return last


@pytest.mark.parametrize("kind", GATES, ids=["blocking", "asynchronous"])
def test_no_revocation_stays_hidden_longer_than_the_policy_says(kind: type[Gate]) -> None:
    """In 200 runs with outages it never takes longer than the bound, and in one almost as long."""
    policy = Policy.default()
    bound = policy.revocation_bound(Action.LIST)
    longest = max(bound.answering, bound.silent)
    hidden = [_visible_after(seed, policy, kind) for seed in range(RUNS)]
    assert max(hidden) <= longest
    assert max(hidden) >= longest * 0.9


def test_the_bound_without_an_outage_is_shorter() -> None:
    """A registry that answers is asked again before an answer is two days old."""
    bound = Policy.default().revocation_bound(Action.LIST)
    assert bound.answering == timedelta(hours=25)
    assert bound.silent == timedelta(hours=48)


def test_the_age_that_a_policy_believes_bounds_it_too() -> None:
    """Where nothing older than a day is believed, nothing is allowed for longer than that."""
    policy = Policy.loads('extends = "default"\n[rules.record_stale]\nparameters = { max_age_days = 1 }')
    assert policy.revocation_bound(Action.LIST).silent == timedelta(days=1)


def test_the_command_prints_it() -> None:
    """A row for each action, with the longer of the two last."""
    ran = run("policy", "show", "--revocation-bound", "--lang", "en")
    assert ran.code == 0
    assert [
        line.split()[-2:] for line in ran.out.splitlines() if line.startswith(("list", "connect", "preinstall"))
    ] == [["48", "h"]] * 3
    ran = run("policy", "show", "--revocation-bound", "--format", "json")
    assert json.loads(ran.out)["list"] == {"answering": 90_000.0, "silent": 172_800.0}
