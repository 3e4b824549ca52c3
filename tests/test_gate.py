"""The gate as its three users call it."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import Observation, Query, Unavailable, Why
from icpgate.app import App
from icpgate.decision import Basis, Decision, Verdict
from icpgate.errors import ConfigurationError, Denied, IcpGateError, InvalidApp
from icpgate.gate import AsyncGate, Checked, Gate
from icpgate.lookup import Cache, Capabilities, Limits, LookupClient
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.lookup.steps import Now
from icpgate.policy import Mode
from icpgate.record import RegistrationRecord
from icpgate.rules import Action, Binding, Occasion
from icpgate.settings import GateSettings
from icpgate.testing import FixedClock
from tests import cases
from tests.awaited import CLIENTS, GATES
from tests.cases import NOW, NUMBER, Scene, check, described, registered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from icpgate.lookup.steps import Flow


@pytest.fixture(autouse=True, params=zip(GATES, CLIENTS, strict=True), ids=["blocking", "asynchronous"])
def _both_gates(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here runs twice: with `Gate` and with `AsyncGate`."""
    gate, client = request.param
    monkeypatch.setattr(sys.modules[__name__], "Gate", gate)
    monkeypatch.setattr(sys.modules[__name__], "LookupClient", client)
    monkeypatch.setattr(cases, "Gate", gate)


def test_an_app_with_everything_right_is_allowed_with_what_bound_it() -> None:
    """An allow says on what it rests."""
    decision = check()
    assert decision.allowed
    assert decision
    assert decision.basis is Basis.EVALUATED
    assert decision.codes == ()
    assert set(decision.bound_by) == set(Binding)
    assert decision.expires_at == NOW - timedelta(days=1) + timedelta(days=30)
    assert decision.display is not None
    assert decision.display.number == NUMBER


@pytest.mark.parametrize(
    ("app", "record", "binding"),
    [
        ({"operator": None, "signing_certificates": None}, {}, Binding.PACKAGE),
        ({"signing_certificates": None}, {"platforms": None, "operator": None}, Binding.DOCUMENT_NUMBER),
        ({"signing_certificates": None}, {"platforms": None, "document_number": None}, Binding.OPERATOR_AND_NAME),
        (
            {"operator": None},
            {"platforms": [{"platform": "android", "signing_certificate": "0123456789abcdef0123456789abcdef"}]},
            Binding.SIGNING_CERTIFICATE,
        ),
    ],
)
def test_each_binding_alone_is_enough(app: dict[str, object], record: dict[str, object], binding: Binding) -> None:
    """One binding comparison suffices, and the decision names it."""
    decision = check(described(**app), registered(**record))
    assert decision.allowed
    assert decision.bound_by == (binding,)


def test_a_claimed_certificate_binds_nothing() -> None:
    """What a developer claims about a certificate ties the app to nothing."""
    app = described(operator=None, signing_certificates=["0123456789abcdef0123456789abcdef"])
    platforms = [{"platform": "android", "signing_certificate": "0123456789abcdef0123456789abcdef"}]
    decision = check(app, registered(platforms=platforms))
    assert decision.undecided
    assert decision.codes == ("identity_unproven",)


def test_empty_texts_never_bind() -> None:
    """A registry whose fields are empty proves nothing."""
    decision = check(record=registered(operator="", service_name="", document_number="", platforms=[]))
    assert not decision.allowed
    assert decision.bound_by == ()


def test_a_year_old_import_allows_nothing() -> None:
    """An old observation says neither yes nor no."""
    decision = check(record=registered(observed_at=(NOW - timedelta(days=365)).isoformat()))
    assert decision.undecided
    assert decision.codes == ("record_stale",)


@pytest.mark.parametrize(("age", "allowed"), [(timedelta(days=30), True), (timedelta(days=30, seconds=1), False)])
def test_age_boundary(age: timedelta, allowed: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """Thirty days are young enough, a second more is not."""
    assert check(record=registered(observed_at=(NOW - age).isoformat())).allowed is allowed


@pytest.mark.parametrize(("ahead", "allowed"), [(timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)])
def test_an_observation_from_the_future_is_not_young(ahead: timedelta, allowed: bool) -> None:  # noqa: FBT001 -- as above
    """A source whose clock is ahead by more than five minutes is not believed."""
    record = registered(observed_at=(NOW + ahead).isoformat())
    registry = MemoryRegistry(
        [RegistrationRecord.read(record)], id="m", authoritative=True, observed_at=NOW + ahead, source="t"
    )
    decision = Gate.for_listing(registry, clock=FixedClock(NOW)).check(App.parse(described()))
    assert decision.allowed is allowed


def test_what_a_stale_record_says_is_not_an_evaluated_no() -> None:
    """A year ago it was cancelled: nobody knows today."""
    decision = check(record=registered(status="cancelled", observed_at=(NOW - timedelta(days=365)).isoformat()))
    assert decision.undecided
    assert "registration_cancelled" in decision.codes


def test_a_stale_record_does_not_hide_a_no_of_the_app_itself() -> None:
    """A website's number is none of an app's, whatever the registry knows."""
    record = registered(
        registration_number="蜀ICP备2021014694号-10",
        kind="website",
        observed_at=(NOW - timedelta(days=365)).isoformat(),
    )
    decision = check(described(registration_number="蜀ICP备2021014694号-10"), record)
    assert decision.denied


def test_simulated_records_only_where_asked_for() -> None:
    """A simulated record is refused unless the gate was built for them, and always says so."""
    refused = check(record=registered(origin="simulated"))
    believed = Scene(records=[registered(origin="simulated")], options={"allow_simulated": True}).check()
    assert refused.undecided
    assert believed.allowed
    assert refused.simulated
    assert believed.simulated
    assert "SIMULATED" in believed.explain("en")


def test_undecided_about_what_runs_asks_nobody_to_act() -> None:
    """*Don't know* about a listed app is no order to take it down."""
    scene = Scene(scope="provinces:京", records=[])
    standing = scene.check(occasion=Occasion.STANDING)
    first = scene.check(occasion=Occasion.FIRST)
    assert standing.undecided
    assert not standing.enforced
    assert first.enforced


@pytest.mark.parametrize("mode", list(Mode))
def test_modes_change_no_verdict(mode: Mode) -> None:
    """Only `enforced` differs between modes."""
    decision = Scene(options={"mode": mode}).check(described(registration_number=None))
    assert decision.denied
    assert decision.enforced is (mode is Mode.ENFORCE)


def test_as_of_chooses_the_phase_but_no_age() -> None:
    """A decision as of last year still judges ages by today's clock, and says that it looks back."""
    decision = check(as_of=datetime(2025, 6, 1, tzinfo=UTC))
    assert decision.allowed
    assert decision.retrospective
    assert not check().retrospective


class _Raising:
    """A registry that breaks its promise not to raise."""

    id = "raising"
    capabilities = MemoryRegistry([], id="m", authoritative=False, observed_at=NOW, source="t").capabilities

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        raise ZeroDivisionError(len(queries))
        yield Now()  # makes it a generator


def test_a_raising_registry_is_an_undecided_denial() -> None:
    """Whatever a registry does, the gate answers."""
    decision = Gate.for_listing(_Raising(), clock=FixedClock(NOW)).check(App.parse(described()))
    assert decision.undecided
    assert decision.codes == ("registry_unavailable",)
    assert decision.reasons[0].detail == "why.internal"


class _Slow(FixedClock):
    """A clock on which everything takes three seconds."""

    def monotonic(self) -> float:
        self.advance(3)
        return super().monotonic()


def test_an_answer_after_the_deadline_is_a_timeout() -> None:
    """A late answer is not used, even when it would allow."""
    registry = MemoryRegistry(
        [RegistrationRecord.read(registered())], id="m", authoritative=True, observed_at=NOW, source="t"
    )
    decision = Gate.for_listing(registry, clock=_Slow(NOW)).check(App.parse(described()))
    assert decision.undecided
    answer = decision.observations[0].answer
    assert isinstance(answer, Unavailable)
    assert answer.why is Why.TIMEOUT


def test_raise_if_denied() -> None:
    """An allow passes, everything else raises with its decision."""
    check().raise_if_denied()
    with pytest.raises(Denied) as caught:
        check(described(registration_number=None)).raise_if_denied()
    assert isinstance(caught.value.decision, Decision)
    assert "number_missing" in str(caught.value)


def test_missing_number_names_the_registered_one() -> None:
    """Without a number, the registry's record of document and package says which one to state."""
    decision = check(described(registration_number=None))
    reason = next(reason for reason in decision.reasons if reason.code == "number_missing")
    assert reason.expected == NUMBER


def test_check_many_goes_on_after_a_bad_row() -> None:
    """One row that cannot be read stops no other."""
    rows: list[App | dict[str, object]] = [described(), {"name": "x"}, described(registration_number=None)]
    items = list(Scene().gate().check_many(rows))
    assert [item.position for item in items] == [0, 1, 2]
    assert isinstance(items[1].error, InvalidApp)
    assert [item.decision.verdict for item in items if item.decision is not None] == [Verdict.ALLOW, Verdict.DENY]


def test_check_many_is_lazy() -> None:
    """Nothing is read ahead of what is asked for."""
    seen = []

    def rows() -> object:
        for position in range(3):
            seen.append(position)
            yield described()

    items = Scene().gate().check_many(rows())  # type: ignore[arg-type]  # a generator of rows
    next(items)
    assert seen == [0]


class _Naive:
    """A clock without a zone."""

    def now(self) -> datetime:
        """Nobody knows where."""
        return datetime(2026, 11, 24)  # noqa: DTZ001 -- the mistake in question

    def monotonic(self) -> float:
        """The other clock."""
        return 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"deadline": 0},
        {"deadline": -1},
        {"deadline": float("nan")},
        {"deadline": "2"},
        {"deadline": True},
        {"deadline": 1e9},
        {"mode": "enforced"},
        {"policy": "no-such-file.toml"},
        {"policy": 7},
        {"lookup": object()},
        {"recorder": object()},
        {"clock": object()},
        {"clock": _Naive()},
        {"allow_simulated": "yes"},
    ],
)
def test_wrong_settings_are_refused_at_construction(wrong: dict[str, object]) -> None:
    """What the caller did wrong is an error before the first app."""
    with pytest.raises(ConfigurationError):
        Scene(options=wrong).gate()


def test_an_action_that_is_none_is_refused() -> None:
    """With the nearest one."""
    registry = MemoryRegistry([], id="m", authoritative=False, observed_at=NOW, source="t")
    with pytest.raises(ConfigurationError, match="did you mean list"):
        Gate("lst", registry)  # type: ignore[arg-type]  # the mistake in question
    assert Gate("list", registry).action is Action.LIST  # type: ignore[arg-type]  # a word is understood


def test_a_lookup_of_ones_own_is_used() -> None:
    """The client that is handed in is the one that is asked."""
    client = LookupClient(MemoryRegistry([], id="mine", authoritative=False, observed_at=NOW, source="t"))
    gate = Gate.for_listing(MemoryRegistry([], id="m", authoritative=False, observed_at=NOW, source="t"), lookup=client)
    assert gate.check(App.parse(described())).evidence[0].registry == "mine"


@pytest.mark.parametrize("apps", [described(), "x", None, App.parse(described())])
def test_check_many_takes_many(apps: object) -> None:
    """One app is not a list of them."""
    with pytest.raises(ConfigurationError, match="check_many takes apps"):
        next(iter(Scene().gate().check_many(apps)))  # type: ignore[arg-type]  # the mistake in question


class _NoZone(tzinfo):
    """A zone that does not know its offset."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """Nobody knows."""
        del moment
        return None

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Nor this."""
        return self.utcoffset(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        """Nor its name."""
        del moment
        return None


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-8))),
        datetime(2026, 1, 1, tzinfo=_NoZone()),
    ],
)
def test_as_of_at_the_ends_of_the_calendar(moment: datetime) -> None:
    """A moment that the register can have nothing to do with is the caller's mistake."""
    with pytest.raises(ConfigurationError, match="from 1990 to 2199"):
        Scene().gate().check(App.parse(described()), as_of=moment)


def test_wrong_calls_are_refused() -> None:
    """A mapping for an app, an unknown occasion, a time without a zone."""
    gate = Scene().gate()
    app = App.parse(described())
    with pytest.raises(ConfigurationError, match=r"App\.parse"):
        gate.check(described())  # type: ignore[arg-type]  # the mistake in question
    with pytest.raises(ConfigurationError, match="did you mean standing"):
        gate.check(app, occasion="standin")
    with pytest.raises(ConfigurationError, match="zone"):
        gate.check(app, as_of=datetime(2026, 1, 1))  # noqa: DTZ001 -- the mistake in question


def test_same_case_gives_the_same_bytes() -> None:
    """Same app, observations, policy and moment: the same decision but for its id."""
    first, second = (check().written() for _ in range(2))
    assert first.pop("id") != second.pop("id")
    assert first == second


def test_ids_are_unique_over_threads_and_forks() -> None:
    """No two decisions share an id, also not of a parent and its forked child."""
    gate = Scene().gate()
    app = App.parse(described())
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: gate.check(app).id, range(400)))
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(gate.check(app).id))
    child.start()
    ids.append(receiver.recv())
    child.join()
    ids.append(gate.check(app).id)
    assert len(set(ids)) == len(ids)


def test_settings_make_the_same_gate_elsewhere(tmp_path: Path) -> None:
    """Settings are read from TOML, survive pickling, and refuse what they do not know."""
    path = tmp_path / "icpgate.toml"
    path.write_text('[gate]\naction = "connect"\nregistry = "snapshot:r.icpdb"\ndeadline = 1.5\n', encoding="utf-8")
    settings = pickle.loads(pickle.dumps(GateSettings.load(path)))  # noqa: S301 -- our own bytes
    registry = f"snapshot:{tmp_path / 'r.icpdb'}"
    assert settings == GateSettings(action=Action.CONNECT, registry=registry, deadline=1.5)
    with pytest.raises(ConfigurationError, match="did you mean registry"):
        GateSettings.read({"action": "list", "registery": "x"})


def test_settings_of_a_registry_over_a_network(tmp_path: Path) -> None:
    """Cache, limits and the file of a token are plain values too, and make both gates."""
    (tmp_path / "token").write_text("of-the-tests\n")
    path = tmp_path / "icpgate.toml"
    path.write_text(
        f"""
        [gate]
        action = "list"
        registry = "https://registry.example.cn"
        cache = "sqlite:{tmp_path / "cache.db"}"
        token_file = "{tmp_path / "token"}"
        [gate.limits]
        per_second = 5
        per_day = 2000
        """,
        encoding="utf-8",
    )
    settings = pickle.loads(pickle.dumps(GateSettings.load(path)))  # noqa: S301 -- our own bytes
    assert settings.limits == Limits(per_second=5, per_day=2000)
    assert "of-the-tests" not in repr(settings)
    with settings.gate() as gate:
        assert gate.lookup.status.registry == "https://registry.example.cn"
        assert gate.lookup.cache.level is not None
    settings.async_gate().lookup.cache.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"limits": {"per_hour": 3}}, "unknown limit 'per_hour'"),
        ({"limits": {"per_second": 0}}, "per_second is '0'"),
        ({"limits": 3}, "limits is not a table"),
        ({"cache": 3}, "cache is not the URL of a second level"),
        ({"token_file": 3}, "token_file is not a path"),
        ({"policy": 3}, "policy is not a path"),
    ],
)
def test_settings_that_are_none(wrong: dict[str, object], said: str) -> None:
    """Refused when they are read."""
    with pytest.raises(ConfigurationError, match=said):
        GateSettings.read({"action": "list", "registry": "https://registry.example.cn"} | wrong)


def test_a_token_that_cannot_be_had(tmp_path: Path) -> None:
    """A missing file, and one without a token."""
    (tmp_path / "empty").write_text("\n")
    for name, said in (("none", "cannot be read"), ("empty", "there is no token")):
        settings = GateSettings(
            action=Action.LIST, registry="https://registry.example.cn", token_file=str(tmp_path / name)
        )
        with pytest.raises(ConfigurationError, match=said):
            settings.gate()


class _Counting:
    """A registry over no network that is not quick, and counts how it is asked."""

    id = "counting"
    capabilities = Capabilities(by_document=True, authoritative=True, batches=True)

    def __init__(self) -> None:
        self.batches: list[int] = []
        self._memory = cases.memory()

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        self.batches.append(len(queries))
        return (yield from self._memory.ask(queries))


def test_many_are_asked_about_at_once_and_each_number_once() -> None:
    """Up to a hundred are read ahead; what is known already is not asked again."""
    registry = _Counting()
    gate = Gate.for_listing(registry, clock=FixedClock(NOW))
    read: list[int] = []

    def rows() -> Iterator[dict[str, object]]:
        for position in range(250):
            read.append(position)
            yield described(registration_number=f"蜀ICP备2021014694号-{10 + position % 3}A")

    checked = gate.check_many(rows())
    assert next(checked).position == 0
    assert len(read) == 100
    assert [item.position for item in checked] == list(range(1, 250))
    assert registry.batches == [3]


def test_what_the_rows_raise_comes_after_the_rows_before_it() -> None:
    """Nothing that was read is lost."""

    def rows() -> Iterator[dict[str, object]]:
        yield described()
        yield described()
        raise OSError("the disk is gone")

    checked = Gate.for_listing(_Counting(), clock=FixedClock(NOW)).check_many(rows())
    assert [next(checked).position, next(checked).position] == [0, 1]
    with pytest.raises(OSError, match="the disk is gone"):
        next(checked)


def test_a_slow_reader_of_decisions_makes_none_of_them_late() -> None:
    """The deadline is for asking, not for what the caller does between two items."""
    clock = FixedClock(NOW)
    verdicts = []
    for item in Gate.for_listing(_Counting(), clock=clock).check_many([described()] * 5):
        assert item.decision is not None
        verdicts.append(item.decision.allowed)
        clock.advance(60)
    assert verdicts == [True] * 5


def test_an_error_may_stand_for_a_row() -> None:
    """A reader that could not read a row hands its error over; it comes out in its place."""
    broken = IcpGateError("line 2 is not JSON", code="json.syntax")
    items = list(Gate.for_listing(cases.memory(), clock=FixedClock(NOW)).check_many([described(), broken, described()]))
    assert [item.error for item in items] == [None, broken, None]
    assert items[2].decision is not None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cache": 3}, "cache is '3'"),
        ({"limits": 3}, "limits is '3'"),
        ({"cach": None}, "did you mean cache"),
        ({"lookup": object()}, "lookup is"),
    ],
)
def test_wrong_options_of_the_look_up(wrong: dict[str, Any], said: str) -> None:
    """Said when the gate is made."""
    with pytest.raises(ConfigurationError, match=said):
        Gate.for_listing(_Counting(), **wrong)


def test_a_client_of_ones_own_has_its_own_cache() -> None:
    """Two caches for one gate would be one too many."""
    client = LookupClient(_Counting())
    with pytest.raises(ConfigurationError, match="cache is given beside lookup"):
        Gate.for_listing(_Counting(), lookup=client, cache=Cache())


def test_a_recorder_may_be_a_coroutine_on_a_loop() -> None:
    """An asynchronous gate awaits it, also when it fails."""
    kept: list[Decision] = []

    class Recorder:
        async def record(self, decision: Decision) -> None:
            await asyncio.sleep(0)
            if kept:
                raise OSError
            kept.append(decision)

    async def main() -> tuple[Decision, Decision]:
        async with AsyncGate.for_listing(cases.memory(), clock=FixedClock(NOW), recorder=Recorder()) as gate:
            app = App.parse(described())
            return await gate.check(app), await gate.check(app)

    first, second = asyncio.run(main())
    assert kept == [first]
    assert first.allowed
    assert second.codes == ("audit_unavailable",)


def test_rows_may_come_asynchronously() -> None:
    """From a stream or a queue; what it raises comes after what it gave."""

    async def rows() -> AsyncIterator[dict[str, object]]:
        for _ in range(101):
            await asyncio.sleep(0)
            yield described()
        raise OSError("the stream broke")

    kept: list[Checked] = []

    async def keep(given: AsyncIterator[dict[str, object]]) -> None:
        async with AsyncGate.for_listing(_Counting(), clock=FixedClock(NOW)) as gate:
            async for item in gate.check_many(given):
                kept.append(item)  # noqa: PERF401 -- what came before an error counts

    async def whole() -> AsyncIterator[dict[str, object]]:
        yield described()

    with pytest.raises(OSError, match="the stream broke"):
        asyncio.run(keep(rows()))
    asyncio.run(keep(whole()))
    assert [bool(item.decision) for item in kept] == [True] * 102


class _Keeping:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.kept: list[Decision] = []

    def record(self, decision: Decision) -> None:
        self.kept.append(decision)


def test_a_recorder_sees_the_decision_before_the_caller() -> None:
    """What is returned was recorded."""
    recorder = _Keeping()
    decision = Scene(options={"recorder": recorder}).check()
    assert recorder.kept == [decision]


class _Broken:
    """A recorder whose disk is full."""

    def record(self, decision: Decision) -> None:
        raise OSError(28, "No space left on device", decision.id)


def test_an_unrecorded_denial_stays_evaluated() -> None:
    """A failing recorder takes an allow away, but no denial's basis."""
    scene = Scene(options={"recorder": _Broken()})
    allowed_but = scene.check()
    denied = scene.check(described(registration_number=None))
    assert allowed_but.undecided
    assert allowed_but.expires_at is None
    assert denied.denied
    assert denied.codes == ("number_missing", "audit_unavailable")
