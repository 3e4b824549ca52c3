"""What makes a decision fast changes nothing of it: whatever is settled beforehand, `check` would say."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.decision import Decision, Effect, decide, judge
from icpgate.decision.draft import Draft
from icpgate.decision.unsaid import Unsaid
from icpgate.errors import InvalidNumber
from icpgate.number import ServiceKind, parse
from icpgate.policy import Level, Policy, Unchecked
from icpgate.policy.plan import MOST_SETTLED, Plan
from icpgate.record import RegistrationRecord, RegistrationStatus
from icpgate.rules import RULES, Action, Case, Finding, Occasion, Outcome
from icpgate.rules.approval import PreApprovalValid
from icpgate.rules.connection import DomainsCovered
from icpgate.rules.facts import settling
from icpgate.rules.glance import facts_of
from icpgate.rules.host import Host, HostPlatformRegistered
from icpgate.rules.identity import NameMatches, OperatorMatches, PackageMatches, RequiredLikeness, bindings, bound_by
from icpgate.rules.rule import UNSAID
from icpgate.rules.signature import SigningCertificateMatches
from icpgate.rules.standing import AccessUnrestricted, RecordFresh, max_age_of
from tests.cases import DOCUMENT, LINK, MD5, NOW, NUMBER, case_of, described
from tests.decision.test_decision_properties import KEYS, _again, _bound, _own_rules
from tests.strategies import cases, moments, policies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Answer
    from icpgate.policy.model import BoundRule
    from icpgate.rules import Rule

MANY = settings(max_examples=10 * settings().max_examples)
PACKAGES = {"android": "cn.example.app", "ios": "cn.example.app", "wechat": "wx0123456789abcdef"}
SHA1, KEY = "a" * 40, "c" * 255 + "1"
OTHER_APP = described(
    name="别的",
    package="com.other",
    operator={"name": "别的公司"},
    display={},
    signing_certificates=["f" * 32],
)


# --- cases that spoil much at once ----------------------------------------------------------------


def _some(choices: dict[str, Sequence[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A value of each field; None leaves it out."""
    drawn = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in choices.items()})
    return drawn.map(lambda found: {name: value for name, value in found.items() if value is not None})


_APPS = _some(
    {
        "name": ["挖煤姬", "挖煤姬HD", "无"],
        "platform": list(PACKAGES),
        "registration_number": [NUMBER, NUMBER, "蜀ICP备2021014694号", "蜀ICP备2021014694号-10X", "?", " ", None],
        "operator": [
            {"name": "示例科技（成都）有限公司", "document_type": "uscc", "document_number": DOCUMENT},
            {"name": "示例科技(成都)有限公司", "document_number": f"{DOCUMENT[:8]} {DOCUMENT[8:].lower()}"},
            {"name": "某某", "document_number": "00000"},
            {"name": "无"},
            None,
        ],
        "signing_certificates": [
            [{"digest": digest, "provenance": provenance} for digest, provenance in held]
            for held in (
                [(MD5, "verified")],
                [(MD5, "claimed")],
                [(MD5, "claimed"), (SHA1, "verified")],
                [(MD5, "claimed"), (MD5, "verified")],
                [("f" * 32, "claimed"), (MD5, "verified")],
                [("f" * 32, "verified"), ("e" * 40, "claimed")],
                [],
            )
        ],
        "public_key": [None, None, KEY],
        "domains": [None, ["api.example.cn"], ["evil.example.cn"]],
        "endpoints": [None, None, ["203.0.113.7"]],
        "sectors": [None, None, ["news"], ["?"]],
        "declaration": [None, None, "standalone"],
        "display": [
            {"number": NUMBER, "link": LINK},
            {"number": " ", "link": " "},
            {"number": f"备案号：{NUMBER}", "link": "beian.miit.gov.cn"},
            {"number": "京ICP备2020000001号-1A", "link": "https://example.cn/"},
            {"number": ""},
            {},
            None,
        ],
    }
)

_PLATFORMS: list[list[dict[str, str]] | None] = [
    [{"platform": platform, "package": package, **more} for platform, package in PACKAGES.items()]
    for more in (
        {"signing_certificate": MD5},
        {"signing_certificate": MD5.upper()},
        {"signing_certificate": SHA1, "public_key": KEY},
        {"signing_certificate": "", "public_key": ""},
        {"signing_certificate": "?", "public_key": "?"},
        {},
    )
]
_PLATFORMS += [
    [{"platform": "android", "package": "a.b", "signing_certificate": MD5}, {"package": "cn.example.app"}],
    [{"platform": "android", "package": "a.b"}, {"platform": "android"}],
    [{"platform": "android"}, {"platform": "android", "signing_certificate": SHA1}],
    [{"platform": "ios", "package": ""}],
    [{"package": "cn.example.app", "signing_certificate": MD5}, {"signing_certificate": SHA1}],
    [],
    None,
]


def _records(number: str) -> st.SearchStrategy[RegistrationRecord]:
    drawn = _some(
        {
            "service_name": ["挖煤姬", "挖煤姬", "无", "○○", "", None],
            "operator": ["示例科技(成都)有限公司", "示例科技(成都)有限公司", "某某", "无", "", None],
            "document_type": ["uscc", "统一社会信用代码", "?", None],
            "document_number": [DOCUMENT, f"{DOCUMENT[:4]} {DOCUMENT[4:]}", "00000", "", None],
            "platforms": _PLATFORMS,
            "domains": [["api.example.cn"], [], None],
            "endpoints": [["203.0.113.0/24"], None],
            "access_providers": [["示例云"], [], None],
            "status": ["registered", "registered", *RegistrationStatus],
            "blacklisted": [False, False, None, True],
            "access_restricted": [False, False, None, True],
            "origin": ["bureau", "bureau", "simulated"],
            "pre_approvals": [None, ["新闻"]],
        }
    )
    fields = {"registration_number": number, "source": "test", "observed_at": NOW.isoformat()}
    records = drawn.map(lambda row: RegistrationRecord.read(row | fields))
    # A reader would refuse a kind that is not the number's.
    return st.builds(lambda record, kind: replace(record, kind=kind), records, st.sampled_from([None, *ServiceKind]))


@st.composite
def _odd_cases(draw: st.DrawFn) -> Case:
    drawn = draw(_APPS)
    kind = "mini_program" if drawn["platform"] == "wechat" else "app"
    app = App.parse(drawn | {"kind": kind, "package": PACKAGES[drawn["platform"]]})
    number, problem = None, None
    try:
        number = parse(app.registration_number) if app.registration_number is not None else None
    except InvalidNumber as error:
        problem = error
    records = draw(st.lists(_records(number.canonical if number is not None else NUMBER), min_size=1, max_size=2))
    others: list[Answer] = [Found(tuple(records)), NotRegistered("all"), *map(Unavailable, Why)]
    answer = draw(st.sampled_from([Found((records[0],))] * 12 + others))
    stale, insecure = draw(st.sampled_from([("", False), ("", False), ("renewing", False), ("", True)]))
    observation = Observation(ByNumber(parse(NUMBER)), answer, draw(moments()), "test", "test", stale, insecure)
    return Case(
        app=app,
        number=number,
        number_problem=problem,
        observation=draw(st.sampled_from([observation] * 9 + [None])),
        by_document=draw(st.sampled_from([None, observation])) if number is None else None,
        host=draw(st.sampled_from([None, observation])),
        action=draw(st.sampled_from(Action)),
        occasion=draw(st.sampled_from(Occasion)),
        as_of=NOW,
        now=NOW,
        allow_simulated=draw(st.booleans()),
    )


def _all_cases() -> st.SearchStrategy[Case]:
    return cases(grounds=True) | _odd_cases()


# --- rule by rule ---------------------------------------------------------------------------------

_USUAL: list[Rule] = [rule() for rule in RULES]
_SET: list[Rule] = [
    *map(NameMatches, RequiredLikeness),
    *map(OperatorMatches, RequiredLikeness),
    PackageMatches(one_package_only=True),
    SigningCertificateMatches(verified_only=True),
    DomainsCovered(subdomains=True),
    AccessUnrestricted("示例云"),
    RecordFresh(0.5),
    RecordFresh(366.0),
    HostPlatformRegistered((Host(("wechat", "微信"), NUMBER),)),
]


@MANY
@given(_all_cases())
def test_what_facts_settle_is_what_the_rule_says(case: Case) -> None:
    """For every rule, with whatever parameters; where words are left for later, that it is failed."""
    for rule in (*_USUAL, *_SET):
        known = facts_of(case, max_age_of((rule,)))
        finding = next((finding for facts, finding in settling(rule) if known & facts), None)
        event(f"{rule.code} {'asked' if finding is None else finding.outcome.value}")
        if finding is not None and finding.detail == UNSAID:
            said = rule.check(_again(case))
            assert (said.code, said.outcome) == (finding.code, Outcome.FAIL)
        elif finding is not None:
            assert finding == rule.check(_again(case))


@given(_all_cases())
def test_the_bindings_are_the_facts(case: Case) -> None:
    """What binds is the same whether the facts were gathered first or not."""
    bound = bindings(_again(case))
    known = facts_of(case, max_age_of(()))
    assert bindings(case) == bound == bound_by(known)


def test_a_number_with_a_problem_is_not_read() -> None:
    """Whoever makes a case by hand may state both; then the rules are asked."""
    with pytest.raises(InvalidNumber) as caught:
        parse("京ICP备12345678号-1A")
    case = case_of(described(registration_number="京ICP备12345678号-1A"))
    both = _again(case, number=parse(NUMBER), number_problem=caught.value)
    decision = decide(both, Policy.default(), decision_id="x")
    assert "number_placeholder" in decision.codes
    assert _all(decision) == _asking_everything(both, Policy.default())


def test_who_replaces_a_check_is_asked() -> None:
    """A rule that only inherits what settles another one may say something else."""

    class Strict(NameMatches):
        def check(self, case: Case) -> Finding:
            return self.failed("strict", found=case.app.name, expected="another")

    assert settling(Strict()) == ()
    assert settling(object()) == ()
    assert settling(NameMatches()) != ()


# --- decision by decision -------------------------------------------------------------------------


def _all(decision: Decision) -> tuple[object, ...]:
    return decision, decision.to_json(), decision.codes, decision.mask, decision.explain("zh-CN")


def _asking_everything(case: Case, policy: Policy) -> tuple[object, ...]:
    """The decision of a case of which nothing is known beforehand, so that every rule and guard is asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "facts_of", lambda *_: 0)
        return _all(decide(_again(case), policy, decision_id="x"))


@MANY
@given(_all_cases(), policies(), st.none() | _own_rules(), st.integers(0, 40))
def test_no_decision_changes(case: Case, policy: Policy, own: BoundRule | None, place: int) -> None:
    """Whatever is switched off, and whatever rules of one's own do: the same bytes, reasons and codes."""
    rules = policy.rules if own is None else (*policy.rules[:place], own, *policy.rules[place:])
    policy = replace(policy, rules=rules)
    codes = decide(case, policy, decision_id="x").codes
    found = _all(decide(_again(case), policy, decision_id="x"))
    event(f"{found[0].verdict}")  # type: ignore[attr-defined]  # a decision
    assert found == _asking_everything(case, policy)
    assert codes == found[2]


@given(_all_cases(), policies())
def test_every_rule_is_heard_in_its_place(case: Case, policy: Policy) -> None:
    """For each action and occasion the findings are those of every rule, one by one."""
    for action, occasion in KEYS:
        asked = _again(case, action=action, occasion=occasion)
        entries = policy.plans[action, occasion].entries
        findings = tuple(entry.check(_again(asked)) for entry in entries)
        assert decide(asked, policy, decision_id="x").findings == findings


def _breaks(*_: object) -> Finding:
    raise ZeroDivisionError


_BREAKING: list[type[Any]] = [DomainsCovered, SigningCertificateMatches, PreApprovalValid, NameMatches]


@cache
def _with_broken(place: int) -> Policy:
    """The shipped policy, made while a rule of icpgate's own was broken."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_BREAKING[place], "check", _breaks)
        return Policy.loads('extends = "default"')


@given(_all_cases(), st.sampled_from(range(len(_BREAKING))))
def test_a_rule_that_breaks_is_heard_in_its_place(case: Case, place: int) -> None:
    """One of icpgate's own that raises denies, and all others say what they say."""
    policy, kind = _with_broken(place), _BREAKING[place]
    found = decide(case, policy, decision_id="x")
    assert "not_checkable" in {r.code for r in found.raised}
    entries = policy.plans[case.action, case.occasion].entries
    rest = [entry.check(_again(case)) for entry in entries if entry.code != kind.code]
    assert [finding for finding in found.findings if finding.code != kind.code] == rest
    assert len(found.findings) == len(entries)


# --- words found later ----------------------------------------------------------------------------


def _without_words() -> Decision:
    return decide(case_of(OTHER_APP), Policy.default(), decision_id="x")


def test_words_are_found_when_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict, its codes and its mask need none; then they are found once."""
    asked: list[Case] = []
    check = OperatorMatches.check

    def counts(self: OperatorMatches, case: Case) -> Finding:
        asked.append(case)
        return check(self, case)

    decision = _without_words()
    monkeypatch.setattr(OperatorMatches, "check", counts)
    assert decision.denied
    assert decision.mask
    assert decision.codes[:2] == ("name_mismatch", "operator_mismatch")
    assert asked == []
    reason = decision.reasons[1]
    assert (reason.code, reason.found) == ("operator_mismatch", "别的公司")
    assert reason.expected == "示例科技(成都)有限公司"
    assert decision.findings
    assert decision.raised
    assert len(asked) == 1
    assert decision.codes[:2] == ("name_mismatch", "operator_mismatch")


@pytest.mark.parametrize(
    "through",
    [
        copy.copy,
        copy.deepcopy,
        replace,
        lambda decision: pickle.loads(pickle.dumps(decision)),  # noqa: S301 -- our own bytes
    ],
)
def test_words_are_not_lost(through: Any) -> None:
    """However a decision is copied, the copy says the same."""
    copied = through(_without_words())
    assert copied == _without_words()
    assert copied.to_json() == _without_words().to_json()
    assert copied.codes == _without_words().codes
    assert UNSAID not in copied.to_json()


def test_a_decision_without_words_is_a_value() -> None:
    """It is equal to one that was read, and has no other fields."""
    decision = _without_words()
    assert hash(_without_words()) == hash(decision)
    assert repr(_without_words()) == repr(decision)
    with pytest.raises(AttributeError, match="'Decision' object has no attribute 'reasonz'"):
        _ = decision.reasonz  # type: ignore[attr-defined]  # the mistake in question
    with pytest.raises(FrozenInstanceError):
        decision.raised = ()  # type: ignore[misc]  # the mistake in question


def test_words_that_cannot_be_found_are_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of a rule that only shows when it is asked for its words takes nothing back."""
    decision = _without_words()
    monkeypatch.setattr(OperatorMatches, "check", _breaks)
    (reason,) = [r for r in decision.reasons if r.code == "operator_mismatch"]
    assert (reason.effect, reason.detail) == (Effect.DENIES, "rule.failed.ZeroDivisionError")
    assert decision.denied


def test_a_policy_that_travelled_words_alike() -> None:
    """What a plan keeps is the same in another process, and what stands for words is known there too."""
    policy = pickle.loads(pickle.dumps(Policy.default()))  # noqa: S301 -- our own bytes
    decision = decide(case_of(OTHER_APP), policy, decision_id="x")
    assert decision.to_json() == _without_words().to_json()
    again = pickle.loads(pickle.dumps(policy))  # noqa: S301 -- as above; now with what it has kept
    assert decide(case_of(OTHER_APP), again, decision_id="x").to_json() == decision.to_json()


def test_a_rule_of_one_s_own_may_say_what_stands_for_words() -> None:
    """It is taken at its word: only icpgate's own rules are asked again."""
    finding = Finding("x_own", Outcome.FAIL, UNSAID, "f", "e")
    policy = replace(Policy.default(), rules=(*Policy.default().rules, _bound(finding, Level.ENFORCE, Unchecked.DENY)))
    decision = decide(case_of(OTHER_APP), policy, decision_id="x")
    assert decision.findings[-1] == finding
    assert [r.found for r in decision.raised if r.code == "x_own"] == ["f"]
    assert "x_own" in decision.codes
    assert decision.mask.bit_count() == len(decision.codes) - 1  # a code that is not published has no bit


def test_what_guards_add_has_words_too() -> None:
    """A guard's objection whose rule is off is put in words by the rule all the same."""
    off = "".join(f'[rules.{code}]\nlist = "off"\n' for code in ("name_mismatch", "package_mismatch"))
    policy = Policy.loads(f'extends = "default"\n{off}')
    app = described(name="别的", package="com.other", signing_certificates=["f" * 32])
    decision = decide(case_of(app), policy, decision_id="x")
    found = {r.code: (r.detail, r.found) for r in decision.raised}
    assert found["name_mismatch"] == ("name.different", "别的")
    assert found["package_mismatch"] == ("package.different", "com.other")
    assert "name_mismatch" not in {f.code for f in decision.findings}


# --- what is kept ---------------------------------------------------------------------------------


def test_a_draft_has_the_fields_of_a_decision() -> None:
    """Otherwise one could not become the other."""
    names = {field.name: field.type for field in fields(Decision)}
    assert sorted(Draft.__slots__) == sorted(names)
    assert Draft.__annotations__ == names


def test_a_failed_demand_is_a_finding() -> None:
    """Although it is made without the constructor, it is equal to one that is made with it, and as frozen."""
    finding = NameMatches().failed("d", found="f", expected="e")
    assert finding == Finding("name_mismatch", Outcome.FAIL, "d", "f", "e")
    assert type(finding) is Finding
    with pytest.raises(FrozenInstanceError):
        finding.code = "x"  # type: ignore[misc]  # the mistake in question


def test_a_plan_keeps_a_bounded_number_of_combinations() -> None:
    """A stranger's apps cannot fill the memory; what is kept is found once."""
    plan = Policy.loads('extends = "default"').plans[Action.LIST, Occasion.FIRST]
    first = plan.settled(1)
    assert plan.settled(1) is first
    for facts in range(2, MOST_SETTLED + 2):
        plan.settled(facts)
    assert 0 < len(plan._kept) <= MOST_SETTLED
    assert plan.settled(1).findings == first.findings
    assert Plan((), plan.max_age).settled(0).heard is not None


def test_what_is_unsaid_is_kept_in_order() -> None:
    """Codes come in their fixed order before the words do."""
    decision = _without_words()
    unsaid = decision.unsaid
    assert isinstance(unsaid, Unsaid)
    assert [r.code for r in unsaid.raised] == [r.code for r in decision.raised]
    assert all(r.detail != UNSAID for r in decision.raised)
