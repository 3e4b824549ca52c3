"""
The public API as type checkers see it. Never run: mypy and pyright read it.

Every line is something a user writes; a change that breaks it breaks users.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, assert_type

from icpgate import (
    RULES,
    App,
    AsyncGate,
    AsyncLookupClient,
    Basis,
    Cache,
    ConfigurationError,
    Decision,
    Denied,
    Gate,
    GateSettings,
    InvalidApp,
    InvalidNumber,
    Limits,
    LookupClient,
    Mode,
    Occasion,
    Policy,
    Reason,
    RegistrationNumber,
    RegistrationRecord,
    ServiceKind,
    Verdict,
    find_all,
    parse,
)
from icpgate.answer import Answer, ByNumber, Observation, Query
from icpgate.gate import Checked
from icpgate.lookup import Combined, JsonApi, Registry, SimpleRegistry
from icpgate.lookup.steps import Request, Response
from icpgate.number import Occurrence
from icpgate.rules import Case, Finding, Rule


def number(text: str) -> None:
    """Reading numbers."""
    read = parse(text)
    assert_type(read, RegistrationNumber)
    assert_type(read.canonical, str)
    assert_type(read.service_kind, ServiceKind | None)
    assert_type(read.repairs, tuple[str, ...])
    assert_type(find_all(text), list[Occurrence])
    try:
        parse(None)
    except InvalidNumber as error:
        assert_type(error.span, tuple[int, int])
        assert_type(error.reason, str)


def store(registry: str, form: dict[str, object], rows: list[App | dict[str, object]]) -> None:
    """A gate and its decisions."""
    with Gate.for_listing(registry, mode=Mode.WARN, deadline=1.0) as gate:
        assert_type(gate, Gate)
        decision = gate.check(
            App.parse(form), occasion=Occasion.UPDATE, as_of=datetime.fromisoformat("2026-11-24T00:00:00Z")
        )
        assert_type(decision, Decision)
        assert_type(decision.verdict, Verdict)
        assert_type(decision.basis, Basis)
        assert_type(decision.reasons, tuple[Reason, ...])
        assert_type(decision.explain("zh-CN"), str)
        assert_type(decision.expires_at, datetime | None)
        assert_type(gate.check_many(rows), Iterator[Checked])
        try:
            decision.raise_if_denied()
        except (Denied, ConfigurationError, InvalidApp) as error:
            assert_type(error.hint, str)


def settings(path: str) -> None:
    """The same gate elsewhere."""
    assert_type(GateSettings.load(path).gate(), Gate)
    assert_type(Policy.load(path, rules=[*RULES]), Policy)


def look_up(client: LookupClient, text: str, row: dict[str, object]) -> None:
    """A client without a gate."""
    assert_type(client.look_up(ByNumber(parse(text))), Observation)
    assert_type(RegistrationRecord.read(row), RegistrationRecord)


async def on_a_loop(registry: str, form: dict[str, object], text: str) -> None:
    """The same, awaited."""
    async with AsyncGate.for_listing(registry, cache=Cache(max_entries=10), limits=Limits(per_day=5)) as gate:
        assert_type(gate, AsyncGate)
        assert_type(await gate.check(App.parse(form)), Decision)
        async for item in gate.check_many([form]):
            assert_type(item, Checked)
    async with AsyncLookupClient(registry) as client:
        assert_type(await client.look_up(ByNumber(parse(text)), deadline=1.0), Observation)
        assert_type(await client.look_up_many([ByNumber(parse(text))]), tuple[Observation, ...])
        assert_type(client.cache.statistics.hits, int)
        assert_type(client.status.left_today, int | None)


class Simple(SimpleRegistry):
    """A registry of two methods."""

    def request(self, query: Query) -> Request:
        """See `SimpleRegistry.request`."""
        raise NotImplementedError

    def read(self, response: Response) -> Answer:
        """See `SimpleRegistry.read`."""
        raise NotImplementedError


def registries() -> Registry:
    """Own, mapped and combined ones are registries."""
    return Combined([Simple(), JsonApi.ready("uapis", url="https://example.cn")], strategy="quorum", quorum=2)


class Mine:
    """A rule that follows the protocol and inherits nothing."""

    code: ClassVar[str] = "x_mine"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        raise NotImplementedError


def own_rule() -> Rule:
    """A structural match is enough."""
    return Mine()
