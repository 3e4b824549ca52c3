"""A loaded policy: what an exemption or fail-open setting covers, to the second, and what has run out."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from icpgate.app import App
from icpgate.number import parse
from icpgate.policy import FLOOR, Exemption, FailOpen, Level, Policy
from icpgate.policy.contained import ContainedRule
from icpgate.policy.model import OPENABLE
from icpgate.rules import RULES, Action, Case, Occasion
from icpgate.rules.reasons import reason_texts
from tests.cases import NOW, NUMBER, described

SECOND = timedelta(seconds=1)


def _case(*, now: datetime = NOW, number: str | None = NUMBER, action: Action = Action.LIST,
          occasion: Occasion = Occasion.FIRST, **changes: object) -> Case:  # fmt: skip
    return Case(
        app=App.parse(described(**changes)),
        number=None if number is None else parse(number),
        number_problem=None,
        observation=None,
        action=action,
        occasion=occasion,
        as_of=NOW,
        now=now,
    )


def _exemption(**changes: object) -> Exemption:
    fields: dict[str, object] = {
        "name": "x",
        "approver": "y",
        "reason": "z",
        "until": NOW + SECOND,
        "codes": frozenset({"number_missing"}),
    }
    return Exemption(**fields | changes)  # type: ignore[arg-type]  # fields by their names


def test_the_floor() -> None:
    """The codes that no policy lowers, and those that fail-open may let through."""
    assert {
        "number_missing",
        "number_malformed",
        "not_registered",
        "registration_cancelled",
        "blacklisted",
        "registry_unavailable",
        "record_stale",
        "identity_unproven",
    } == FLOOR
    assert {"registry_unavailable", "record_stale"} == OPENABLE


@pytest.mark.parametrize(
    ("moment", "covered"),
    [(NOW - SECOND, False), (NOW, True), (NOW + SECOND, True), (NOW + 2 * SECOND, False), (NOW + 3 * SECOND, False)],
)
def test_a_period_to_the_second(moment: datetime, covered: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """It begins with `since` and has ended at `until`, for both kinds of exception."""
    exemption = _exemption(since=NOW, until=NOW + 2 * SECOND)
    setting = FailOpen(name="x", approver="y", reason="z", since=NOW, until=NOW + 2 * SECOND, codes=OPENABLE,
                       actions=frozenset(Action), occasions=frozenset(Occasion))  # fmt: skip
    assert exemption.covers(_case(now=moment)) is covered
    assert setting.covers(_case(now=moment)) is covered


def test_without_a_beginning() -> None:
    """It has always begun."""
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    assert _exemption().covers(_case(now=long_ago))
    setting = FailOpen(name="x", approver="y", reason="z", until=NOW, codes=OPENABLE, actions=frozenset(Action),
                       occasions=frozenset(Occasion))  # fmt: skip
    assert setting.covers(_case(now=long_ago))


def test_fail_open_covers_nothing_that_it_does_not_name() -> None:
    """Actions and occasions are named, or there are none."""
    bare = FailOpen(name="x", approver="y", reason="z", until=NOW + SECOND, codes=OPENABLE)
    assert not bare.covers(_case())
    named = replace(bare, actions=frozenset({Action.LIST}), occasions=frozenset({Occasion.FIRST}))
    assert named.covers(_case())
    assert not named.covers(_case(action=Action.CONNECT))
    assert not named.covers(_case(occasion=Occasion.UPDATE))


def test_as_of_moves_no_exemption() -> None:
    """An approval holds while it holds, whatever day is asked about."""
    case = _case(now=NOW + SECOND)
    case.as_of = NOW - timedelta(days=1)
    assert not _exemption().covers(case)


@pytest.mark.parametrize(
    ("selectors", "covered"),
    [
        ({}, True),
        ({"packages": ("com.sig.wameiji",)}, True),
        ({"packages": ("com.sig.other", "com.sig.wameiji")}, True),
        ({"packages": ("com.sig.Wameiji",)}, False),
        ({"packages": ("com.sig",)}, False),
        ({"packages": ("com.sig.*",)}, True),
        ({"packages": ("com.sig.w*",)}, False),
        ({"packages": ("*",)}, False),
        ({"packages": ("com.sig.wameiji.*",)}, False),
        ({"numbers": (NUMBER,)}, True),
        ({"numbers": ("京ICP备13004658号-1A",)}, False),
        ({"numbers": ("蜀ICP备2021014694号",)}, False),
        ({"operators": ("示例科技(成都)有限公司",)}, True),
        ({"operators": ("示例科技（成都）有限公司",)}, False),
        ({"operators": ("示例科技",)}, False),
        ({"kinds": ("app",)}, True),
        ({"kinds": ("mini_program",)}, False),
        ({"platforms": ("android",)}, True),
        ({"platforms": ("ios", "harmonyos")}, False),
        ({"actions": frozenset({Action.LIST})}, True),
        ({"actions": frozenset({Action.CONNECT, Action.PREINSTALL})}, False),
        ({"occasions": frozenset({Occasion.FIRST})}, True),
        ({"occasions": frozenset({Occasion.UPDATE, Occasion.STANDING})}, False),
        ({"packages": ("com.sig.wameiji",), "numbers": (NUMBER,), "kinds": ("app",)}, True),
        ({"packages": ("com.sig.other",), "numbers": (NUMBER,)}, False),
        ({"packages": ("com.sig.wameiji",), "numbers": ("京ICP备13004658号-1A",)}, False),
        ({"packages": ("com.sig.wameiji",), "operators": ("another",)}, False),
        ({"packages": ("com.sig.wameiji",), "kinds": ("quick_app",)}, False),
        ({"packages": ("com.sig.wameiji",), "platforms": ("ios",)}, False),
    ],
)
def test_selectors(selectors: dict[str, object], covered: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """Each selector alone, and all of them together; one that is empty selects everything."""
    assert _exemption(**selectors).covers(_case()) is covered


@pytest.mark.parametrize(
    "package", ["com.example.evilapp", "com.example.evil", "com.example.evi.l", "xcom.example.evil.a"]
)
def test_a_prefix_ends_at_its_dot(package: str) -> None:
    """`com.example.evil.*` is not `com.example.evilapp`, nor its parent."""
    assert not _exemption(packages=("com.example.evil.*",)).covers(_case(package=package))
    assert _exemption(packages=("com.example.evil.*",)).covers(_case(package="com.example.evil.a.b"))


def test_the_app_s_operator_is_folded() -> None:
    """Width and brackets make no other operator; without an operator none is selected."""
    exemption = _exemption(operators=("abc(示例)公司",))
    operator = {"name": "ＡＢＣ（示例）公司"}
    assert exemption.covers(_case(operator=operator))
    assert not exemption.covers(_case(operator={"name": "ABCD（示例）公司"}))
    assert not exemption.covers(_case(operator=None))


def test_an_app_without_a_number_is_selected_by_none() -> None:
    """A selector of numbers needs one."""
    assert not _exemption(numbers=(NUMBER,)).covers(_case(number=None, registration_number=None))


def test_what_has_run_out() -> None:
    """Exceptions whose end has come, in the order of the file."""
    over, running = _exemption(name="over", until=NOW), _exemption(name="running", until=NOW + SECOND)
    setting = FailOpen(name="open", approver="y", reason="z", until=NOW - SECOND, codes=OPENABLE)
    policy = replace(Policy.default(), exemptions=(over, running), fail_open=(setting,))
    assert [entry.name for entry in policy.expired(NOW)] == ["over", "open"]
    assert [entry.name for entry in policy.expired(NOW - SECOND)] == ["open"]
    assert policy.expired(NOW - 2 * SECOND) == ()


def test_a_plan_has_what_is_not_off() -> None:
    """Each action and occasion has its own, in the order of a check."""
    policy = Policy.loads('extends = "default"\n[rules.name_mismatch]\nlist = { standing = "off" }')
    codes = {key: [entry.code for entry in plan.entries] for key, plan in policy.plans.items()}
    assert len(codes) == 9
    assert "name_mismatch" not in codes.pop((Action.LIST, Occasion.STANDING))
    assert all(found == [rule.code for rule in RULES] for found in codes.values())


def test_a_plan_says_what_each_rule_does() -> None:
    """Levels and what not checkable does are those of its action and occasion."""
    policy = Policy.default()
    entry = next(e for e in policy.plans[Action.LIST, Occasion.STANDING].entries if e.code == "registration_shell")
    assert entry.level is Level.WARN
    domains = {
        action: next(e for e in policy.plans[action, Occasion.FIRST].entries if e.code == "domain_not_covered")
        for action in Action
    }
    assert [e.unchecked.value for e in domains.values()] == ["note", "deny", "note"]


def test_icpgate_s_own_rules_run_bare() -> None:
    """Only a foreign rule costs a wrapper."""
    plans = Policy.loads('extends = "default"').plans.values()
    checks = [entry.check for plan in plans for entry in plan.entries]
    assert not any(isinstance(check.__self__, ContainedRule) for check in checks)  # type: ignore[attr-defined]  # bound methods


def test_the_texts_of_a_code() -> None:
    """A published code has its own, another one what its rule finds."""
    policy = Policy.default()
    assert policy.reason_text("blacklisted") is reason_texts()["blacklisted"]
    assert policy.reason_text("x_own").code == "x_own"


def test_a_policy_travels() -> None:
    """It can be pickled to another process and means the same there."""
    policy = pickle.loads(pickle.dumps(Policy.default()))  # noqa: S301 -- our own bytes
    assert policy.revision == Policy.default().revision
    assert policy.plans.keys() == Policy.default().plans.keys()
