"""
The same app through a file and through a server, blocking and asynchronous: the same decision.

Four gates decide on every app of the examples, and on apps whose numbers the registry does not have.
What may differ is the decision's id and the registry's. The clock stands still, and nothing is asked a
second time, so that all times are equal too.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from icpgate.app import App
from icpgate.cli.demo import EXAMPLE_DAY, OBSERVED, SCOPE
from icpgate.gate import Gate
from icpgate.lookup import Limits
from icpgate.lookup.registries.snapshot import SnapshotRegistry
from icpgate.lookup.snapshotfile import import_records
from icpgate.policy import Policy
from icpgate.rules import Action, Occasion
from icpgate.testing import FixedClock
from icpgate.testing.serving import RegistryServer
from tests.awaited import AwaitedGate
from tests.cases import described

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from icpgate.decision import Decision

EXAMPLES = Path(__file__).parents[2] / "examples"
POLICY = Policy.load(EXAMPLES / "policy.toml")
LATER = timedelta(days=40)
"""Beyond the age at which the policy believes anything."""

ONE_ATTEMPT = Limits(attempts=1)


@dataclass(frozen=True)
class Row:
    """One app and what is asked about it."""

    action: Action
    occasion: Occasion
    as_of: datetime | None
    app: App


def _catalogue() -> list[Row]:
    rows = []
    for text in (EXAMPLES / "catalogue.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        as_of = None if "as_of" not in row else datetime.fromisoformat(row["as_of"])
        rows.append(Row(Action(row["for"]), Occasion(row["occasion"]), as_of, App.parse(row["app"])))
    return rows


CATALOGUE = _catalogue()


def _stating(number: str | None) -> dict[str, object]:
    return described(registration_number=number, display=None)


OTHERS = {
    "absent inside the scope": _stating("京ICP备2026999901号-999A"),
    "an entity without services": _stating("京ICP备2026777777号"),
    "an absent service of another entity": _stating("京ICP备2026777777号-1A"),
    "not covered": _stating("沪ICP备2026000001号-1A"),
    "a national licence": _stating("B2-20090059-5A"),
    "by a document that nothing has": _stating(None),
    "by a document that a record has": json.loads(
        (EXAMPLES / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()[0]
    )["app"]
    | {"registration_number": None, "display": None},
    "no document to ask by": described(registration_number=None, display=None, operator={"name": "无名"}),
}
"""Apps about which the registry says no, or cannot say."""

ROWS = [
    *CATALOGUE,
    *(Row(action, Occasion.FIRST, None, App.parse(app)) for app in OTHERS.values() for action in Action),
]


@dataclass
class Place:
    """The same registry twice; `whys` is what it has to say of numbers that it does not have."""

    file: str
    server: RegistryServer
    whys: set[str]

    def read(self, decision: Decision) -> str:
        """The decision as JSON; the server's address stands as the name of its file, the id is left out."""
        text = json.dumps(decision.written() | {"id": ""}, ensure_ascii=False)
        return text.replace(self.server.url, "snapshot:registry.icpdb")


@pytest.fixture(scope="module", params=["of the demo", "of one province"])
def place(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Place]:
    """The registry of `icpgate demo`, or the complete part of it alone, and a server that answers from it."""
    path = tmp_path_factory.mktemp("parity") / "registry.icpdb"
    bring = partial(import_records, path, observed_at=OBSERVED, clock=FixedClock(EXAMPLE_DAY))
    bring(EXAMPLES / "registry-invented.jsonl", source="invented", authoritative=True, scope=SCOPE)
    whys = {"not_covered", "not_listed"}
    if request.param == "of the demo":
        bring(EXAMPLES / "registry.jsonl", source="real")
        whys = {"not_listed"}
    registry = SnapshotRegistry(path)
    with RegistryServer(registry) as server:
        yield Place(f"snapshot:{path}", server, whys)
    registry.close()


@contextmanager
def gates(kind: type[Gate], url: str, clock: FixedClock, **options: object) -> Iterator[Mapping[Action, Gate]]:
    """A gate for each action."""
    with ExitStack() as stack:
        yield {
            action: stack.enter_context(kind(action, url, policy=POLICY, clock=clock, **options))  # type: ignore[arg-type]  # by name
            for action in Action
        }


def decided(made: Mapping[Action, Gate], place: Place) -> list[str]:
    """What the gates decide on every row."""
    return [place.read(made[row.action].check(row.app, occasion=row.occasion, as_of=row.as_of)) for row in ROWS]


def four_ways(place: Place, now: datetime) -> list[list[str]]:
    """The decisions through the file and through the server, blocking and asynchronous."""
    ways = []
    for url in (place.file, place.server.url):
        for kind in (Gate, AwaitedGate):
            with gates(kind, url, FixedClock(now)) as made:
                ways.append(decided(made, place))
    return ways


@pytest.mark.parametrize("later", [timedelta(0), LATER], ids=["today", "when every record is stale"])
def test_one_decision_four_ways(place: Place, later: timedelta) -> None:
    """Whether the registry is a file or a server, and whoever waits how: the same to the last character."""
    first, *others = four_ways(place, EXAMPLE_DAY + later)
    for other in others:
        assert other == first


def test_the_rows_have_something_of_everything(place: Place) -> None:
    """They allow, refuse and leave undecided; with records, with a no, and with each why."""
    with gates(Gate, place.server.url, FixedClock(EXAMPLE_DAY)) as made:
        decisions = [json.loads(text) for text in decided(made, place)]
    assert {(d["allowed"], d["denied"], d["undecided"]) for d in decisions} == {
        (True, False, False),
        (False, True, False),
        (False, False, True),
    }
    answers = {evidence["answer"] for d in decisions for evidence in d["evidence"]}
    assert answers == {"found", "not_registered", *(f"unavailable: {why}" for why in place.whys)}
    with gates(Gate, place.server.url, FixedClock(EXAMPLE_DAY + LATER)) as made:
        stale = [json.loads(text) for text in decided(made, place)]
    seen = [d for d in stale if {e["answer"] for e in d["evidence"]} & {"found", "not_registered"} and d["number"]]
    assert seen
    assert all("record_stale" in d["codes"] for d in seen if not d["exemption"])


@pytest.mark.parametrize("action", Action, ids=str)
def test_many_at_once_are_decided_as_each_alone(place: Place, action: Action) -> None:
    """A batch of all apps of the examples, for every action: the same items four ways, and as single checks."""
    apps = [row.app for row in ROWS]
    with gates(Gate, place.file, FixedClock(EXAMPLE_DAY)) as made:
        alone = [place.read(made[action].check(app)) for app in apps]
    for url in (place.file, place.server.url):
        for kind in (Gate, AwaitedGate):
            with gates(kind, url, FixedClock(EXAMPLE_DAY)) as made:
                items = list(made[action].check_many(apps))
            assert [item.position for item in items] == list(range(len(apps)))
            assert [place.read(item.decision) for item in items if item.decision is not None] == alone


@pytest.mark.parametrize("kind", [Gate, AwaitedGate], ids=["blocking", "asynchronous"])
def test_out_of_the_cache_comes_the_same_decision(place: Place, kind: type[Gate]) -> None:
    """A second check asks nobody about what a registry said, and decides the same."""
    with gates(kind, place.server.url, FixedClock(EXAMPLE_DAY)) as made:
        first = decided(made, place)
        before = place.server.by_number.copy()
        assert decided(made, place) == first
    again = set((place.server.by_number - before).elements())
    unsaid = {
        evidence["query"].removeprefix("number ")
        for text in first
        for evidence in json.loads(text)["evidence"]
        if evidence["answer"].startswith("unavailable")
    }
    assert again <= unsaid


@pytest.mark.parametrize("later", [timedelta(0), LATER], ids=["today", "when every record is stale"])
def test_while_the_server_is_down(place: Place, later: timedelta) -> None:
    """Nobody can say: nothing is allowed that needs a registration, and both gates say so in the same words."""
    place.server.stop()
    try:
        ways = []
        for kind in (Gate, AwaitedGate):
            with gates(kind, place.server.url, FixedClock(EXAMPLE_DAY + later), limits=ONE_ATTEMPT) as made:
                ways.append(decided(made, place))
    finally:
        place.server.start()
    assert ways[0] == ways[1]
    asked = [d for d in map(json.loads, ways[0]) if d["number"]]
    assert asked
    for decision in asked:
        assert "registry_unavailable" in str(decision["reasons"])
        assert not decision["allowed"] or decision["exemption"]


def test_what_was_known_before_the_server_went_down(place: Place) -> None:
    """It is used on for its time, marked, and both gates decide the same; then nobody can say."""
    ways = []
    for kind in (Gate, AwaitedGate):
        clock = FixedClock(EXAMPLE_DAY)
        with gates(kind, place.server.url, clock, limits=ONE_ATTEMPT) as made:
            decided(made, place)
            place.server.stop()
            try:
                clock.advance(3 * 3600)
                stale = decided(made, place)
                clock.advance(LATER.total_seconds())
                ended = decided(made, place)
            finally:
                place.server.start()
        ways.append((stale, ended))
    assert ways[0] == ways[1]
    stale, ended = ways[0]
    allowed = [d for d in map(json.loads, stale) if d["allowed"] and d["number"] and not d["exemption"]]
    assert allowed
    assert all("stale_used" in str(d["reasons"]) for d in allowed)
    assert [d for d in map(json.loads, ended) if d["allowed"] and d["number"] and not d["exemption"]] == []
