"""The host platform of a mini program: which one it is, what is asked about it, what that demands."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.errors import PolicyError
from icpgate.gate import Gate
from icpgate.lookup import Limits
from icpgate.number import parse
from icpgate.policy import Policy
from icpgate.record import RegistrationRecord
from icpgate.rules import Finding, Outcome
from icpgate.rules.facts import NO_RECORD, RECORD, settling
from icpgate.rules.host import Host, HostPlatformRegistered
from icpgate.testing import FixedClock
from tests.awaited import GATES
from tests.cases import LINK, NOW, case_of, described, failed, memory, not_applicable, not_checkable, passed, registered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Answer, Query
    from icpgate.decision import Decision
    from icpgate.gating import Row
    from icpgate.lookup.interface import Capabilities
    from icpgate.lookup.steps import Flow

HOST = "京ICP备2026999901号-1A"
NUMBER, APPID = "蜀ICP备2021014694号-10X", "wx0123456789abcdef"
RULE = HostPlatformRegistered((Host(("微信", "wechat"), HOST), Host(("示例平台",), "京ICP备2026999902号-1A")))
POLICY = """
extends = "default"
[rules.host_platform_unregistered]
list = {{ first = "enforce", update = "warn", standing = "off" }}
connect = "off"
not_checkable = "{unchecked}"
parameters = {{ hosts = [{{ names = ["微信", "wechat"], number = "{number}" }}] }}
"""
EXPECTED, REGISTRATION = f"a registration {HOST}", "the host platform's registration"


def mini(**changes: object) -> dict[str, object]:
    """A mini program with everything right."""
    fields: dict[str, object] = {
        "kind": "mini_program",
        "platform": "wechat",
        "package": APPID,
        "registration_number": NUMBER,
        "signing_certificates": None,
        "display": {"number": NUMBER, "link": LINK},
    }
    return described(**(fields | changes))


def own() -> dict[str, object]:
    """Its record."""
    return registered(registration_number=NUMBER, kind="mini_program", platforms=[{"package": APPID}])


def of_host(**changes: object) -> RegistrationRecord:
    """The record of the host's own app."""
    return RegistrationRecord.read(registered(registration_number=HOST, **changes))


def said(answer: Answer | RegistrationRecord, *, days: float = 1, number: str = HOST) -> Observation:
    """What a registry said about the host so many days ago."""
    found = Found((answer,)) if isinstance(answer, RegistrationRecord) else answer
    return Observation(ByNumber(parse(number)), found, NOW - timedelta(days=days), "test", "memory")


def judged(host: Observation | None, rule: HostPlatformRegistered = RULE, **app: object) -> Finding:
    """What the rule finds."""
    return rule.check(case_of(mini(**app), own(), host=host))


# --- which host ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        ({}, HOST),
        ({"host_platform": "微信"}, HOST),
        ({"host_platform": "ＷｅＣｈａｔ"}, HOST),
        ({"host_platform": "示例平台"}, "京ICP备2026999902号-1A"),
        ({"host_platform": "别的平台"}, None),
        ({"host_platform": HOST}, None),
        ({"platform": "alipay", "package": "2021000000000000"}, None),
        ({"kind": "quick_app", "platform": "quick_app", "package": "com.example.quick"}, None),
        ({"kind": "quick_app", "platform": "quick_app", "package": "com.example.quick", "host_platform": "示例平台"},
         "京ICP备2026999902号-1A"),
        ({"kind": "app", "platform": "android", "package": "com.example.app", "host_platform": "微信"}, None),
    ],
    ids=range(10),
)  # fmt: skip
def test_which_host_an_app_has(app: dict[str, object], expected: str | None) -> None:
    """By the name that it states, or else by its platform; a number that it states itself proves nothing."""
    number = RULE.number_of(App.parse(mini(**app)))
    assert (None if number is None else number.canonical) == expected


# --- what is demanded ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["registered", "changing", "cancelling", "shell"])
def test_a_registration_is_one_while_it_stands(status: str) -> None:
    """Also while it is changed or about to end."""
    assert judged(said(of_host(status=status))) == passed(HostPlatformRegistered)


@pytest.mark.parametrize("status", ["pending", "returned", "cancelled"])
def test_an_application_is_none(status: str) -> None:
    """Nor is what has been cancelled."""
    finding = judged(said(of_host(status=status)))
    assert finding == failed(HostPlatformRegistered, f"host.{status}", status, EXPECTED)


def test_a_registry_said_no() -> None:
    """Then the host is not registered."""
    finding = judged(said(NotRegistered("all")))
    assert finding == failed(HostPlatformRegistered, "host.no", f"no registration {HOST} in test", EXPECTED)


@pytest.mark.parametrize(
    ("host", "detail"),
    [
        (None, "host.not_asked"),
        (said(of_host(), number="京ICP备2026999902号-1A"), "host.not_asked"),
        (said(of_host(), days=31), "host.stale"),
        (said(NotRegistered("all"), days=31), "host.stale"),
        (said(of_host(), days=-0.01), "host.stale"),
        (said(Unavailable(Why.TIMEOUT)), "host.timeout"),
        (said(Unavailable(Why.NOT_LISTED)), "host.not_listed"),
        (said(of_host(origin="simulated")), "host.record"),
        (said(Found((of_host(), of_host()))), "host.record"),
        (said(RegistrationRecord.read(own())), "host.record"),
    ],
    ids=range(10),
)
def test_nobody_can_say(host: Observation | None, detail: str) -> None:
    """No answer, an old one, one about something else: not checkable, neither yes nor no."""
    assert judged(host) == not_checkable(HostPlatformRegistered, detail, REGISTRATION)


def test_limits_of_age() -> None:
    """To the day itself, and a few minutes ahead; a simulated record only where that is believed."""
    for days in (30, -4 / 1_440):
        assert judged(said(of_host(), days=days)) == passed(HostPlatformRegistered)
    younger = HostPlatformRegistered(RULE.hosts, max_age_days=0.5)
    assert judged(said(of_host()), younger).outcome is Outcome.NOT_CHECKABLE
    simulated = case_of(mini(), own(), host=said(of_host(origin="simulated")), allow_simulated=True)
    assert RULE.check(simulated) == passed(HostPlatformRegistered)


def test_a_host_that_nobody_named() -> None:
    """Cannot be checked."""
    finding = judged(None, host_platform="别的平台")
    assert finding == not_checkable(HostPlatformRegistered, "host.unknown", "a host platform of the policy")


def test_of_whom_nothing_is_demanded() -> None:
    """Apps and websites run on no host; without hosts the rule demands nothing, and costs nothing."""
    assert RULE.check(case_of()) == not_applicable(HostPlatformRegistered)
    assert judged(None, HostPlatformRegistered()) == not_applicable(HostPlatformRegistered)
    assert settling(HostPlatformRegistered()) == ((RECORD | NO_RECORD, HostPlatformRegistered.not_applicable),)
    assert len(settling(RULE)) == 1


# --- the policy ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hosts", "place", "expected"),
    [
        ('[{ names = ["a"], number = "京ICP备2026999901号" }]', "hosts.0.number", "which ends in A"),
        ('[{ names = ["a"], number = "?" }]', "hosts.0.number", "which ends in A"),
        ('[{ names = [], number = "京ICP备2026999901号-1A" }]', "hosts.0.names", "at least 1 item"),
        ('[{ names = [" "], number = "京ICP备2026999901号-1A" }]', "hosts.0.names.0", "pattern"),
        ('[{ names = ["a", "Ａ"], number = "京ICP备2026999901号-1A" }]', "parameters", "stands there twice"),
        ('[{ name = "a" }]', "hosts.0", ""),
        ('"微信"', "hosts", ""),
    ],
    ids=range(7),
)
def test_hosts_that_cannot_be_right(hosts: str, place: str, expected: str) -> None:
    """Told when the policy is loaded."""
    with pytest.raises(PolicyError) as caught:
        Policy.loads(f'extends = "default"\n[rules.host_platform_unregistered.parameters]\nhosts = {hosts}')
    assert place in caught.value.defects[0].place
    assert any(expected in str(defect) for defect in caught.value.defects)


def test_a_host_is_part_of_what_a_verdict_depends_on() -> None:
    """Another number or name is another revision; the table shows both."""
    texts = {number: POLICY.format(unchecked="note", number=number) for number in (HOST, "京ICP备2026999902号-1A")}
    assert len({Policy.loads(text).revision for text in texts.values()} | {Policy.default().revision}) == 3
    assert str(RULE.hosts[0]) == f"微信/wechat: {HOST}"


# --- the gate -----------------------------------------------------------------------------------


class Counting:
    """A registry that counts what it is asked, and says this about the host."""

    id = "counting"

    def __init__(self, answer: Answer | RegistrationRecord) -> None:
        """Take what is said about the host."""
        self._memory = memory(own(), registered())
        self._answer = answer
        self.asked: Counter[str] = Counter()

    @property
    def capabilities(self) -> Capabilities:
        """See `Registry.capabilities`."""
        return replace(self._memory.capabilities, quick=False)  # so that many are asked about at once

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        self.asked.update(str(query) for query in queries)
        observations = yield from self._memory.ask(queries)
        host = said(self._answer)
        return [host if query == host.query else seen for query, seen in zip(queries, observations, strict=True)]


@pytest.fixture(autouse=True, params=GATES, ids=["blocking", "asynchronous"])
def _both_gates(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here runs twice: with `Gate` and with `AsyncGate`."""
    monkeypatch.setattr(sys.modules[__name__], "Gate", request.param)


def gate(registry: Counting, unchecked: str = "note", **options: Any) -> Gate:
    """A store's gate that knows one host."""
    policy = Policy.loads(POLICY.format(unchecked=unchecked, number=HOST))
    return Gate.for_listing(registry, policy=policy, clock=FixedClock(NOW), limits=Limits(attempts=1), **options)


def warns(decision: Decision) -> list[str]:
    """The codes that warn."""
    return [reason.code for reason in decision.reasons if reason.effect == "warns"]


def test_the_host_is_asked_about_and_cited() -> None:
    """Both answers stand in the evidence; the host's no denies."""
    registry = Counting(of_host())
    with gate(registry) as listing:
        decision = listing.check(App.parse(mini()))
        assert decision.allowed
        assert [evidence.query for evidence in decision.evidence] == [f"number {NUMBER}", f"number {HOST}"]
        assert registry.asked == {f"number {NUMBER}": 1, f"number {HOST}": 1}
    with gate(Counting(NotRegistered("all"))) as listing:
        decision = listing.check(App.parse(mini()))
        assert (decision.denied, decision.codes) == (True, ("host_platform_unregistered",))
        assert HOST in decision.explain("zh-CN")
        assert decision.expires_at is None


def test_what_the_policy_says_decides() -> None:
    """At an update it warns, and about what already runs the host is not even asked."""
    registry = Counting(NotRegistered("all"))
    with gate(registry) as listing:
        assert warns(listing.check(App.parse(mini()), occasion="update")) == ["host_platform_unregistered"]
        registry.asked.clear()
        decision = listing.check(App.parse(mini(package="wx1111111111111111")), occasion="standing")
        assert "host_platform_unregistered" not in {finding.code for finding in decision.findings}
        assert f"number {HOST}" not in registry.asked


@pytest.mark.parametrize(("unchecked", "codes"), [("note", ()), ("deny", ("not_checkable",))])
def test_a_host_that_nobody_can_say_anything_about(unchecked: str, codes: tuple[str, ...]) -> None:
    """Is noted, or denies undecided, as the policy says."""
    with gate(Counting(Unavailable(Why.TIMEOUT)), unchecked) as listing:
        decision = listing.check(App.parse(mini()))
        assert (decision.allowed, decision.undecided, decision.codes) == (not codes, bool(codes), codes)


def test_apps_are_asked_about_alone() -> None:
    """Nothing hosts them: one query as ever."""
    registry = Counting(NotRegistered("all"))
    with gate(registry) as listing:
        assert listing.check(App.parse(described())).allowed
        assert [query for query in registry.asked if HOST in query] == []


def test_many_share_one_host() -> None:
    """It is asked about once, and every one of them is judged by it."""
    registry = Counting(NotRegistered("all"))
    rows: list[Row] = [mini(), mini(), described(), {"name": "?"}, mini(registration_number=None)]
    with gate(registry) as listing:
        checked = list(listing.check_many(rows))
    assert registry.asked[f"number {HOST}"] == 1
    codes = [None if item.decision is None else item.decision.codes for item in checked]
    assert codes[:4] == [("host_platform_unregistered",)] * 2 + [(), None]
    assert {"number_missing", "host_platform_unregistered"} <= set(codes[4] or ())
