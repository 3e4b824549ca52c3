"""What holds for every app, registry and policy: never a wrong allow, and one decision for one case."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import event, find, given, settings
from hypothesis import strategies as st

from icpgate.answer import Found
from icpgate.decision import Basis, Decision, Effect, Verdict, decide
from icpgate.policy import Exemption, FailOpen, Level, Mode, Policy, Unchecked
from icpgate.policy.model import OPENABLE, BoundRule
from icpgate.rules import Action, Case, Finding, Occasion, Outcome
from icpgate.rules.display import unstated_numbers
from icpgate.rules.reasons import reason_texts
from icpgate.signing import Provenance
from tests.cases import NOW
from tests.strategies import as_ofs, cases, loosest, policies

if TYPE_CHECKING:
    from icpgate.app import App
    from icpgate.record import RegistrationRecord

MANY = settings(max_examples=4 * settings().max_examples)
KEYS = [(action, occasion) for action in Action for occasion in Occasion]
LIVE = {"registered", "changing", "cancelling", "shell"}
DAY = timedelta(days=1)


def _decide(case: Case, policy: Policy, **options: Any) -> Decision:
    return decide(case, policy, **{"decision_id": "x"} | options)


def _again(case: Case, **changes: object) -> Case:
    """The same case anew, with nothing kept from an earlier decision."""
    names = ("app", "number", "number_problem", "observation", "by_document", "host", "action", "occasion", "as_of",
             "now", "allow_simulated")  # fmt: skip
    return Case(**{name: getattr(case, name) for name in names} | changes)


# --- an oracle that shares no code with the judge ------------------------------------------------


def _plain(text: str | None) -> str | None:
    return text.replace("（", "(").replace("）", ")") if text else None


def _agree(app: App, record: RegistrationRecord) -> dict[str, bool | None]:
    """Which facts agree; None where one side does not have it."""
    operator = app.operator
    here = [p for p in record.platforms or () if p.platform in {None, app.platform}]
    packages = [p.package for p in here if p.package]
    verified = {c.digest for c in app.signing_certificates if c.provenance is Provenance.VERIFIED}
    number = operator.document_number if operator is not None else None
    return {
        "name": None if record.service_name is None else app.name == record.service_name,
        "operator": None
        if operator is None or record.operator is None
        else _plain(operator.name) == _plain(record.operator),
        "document": None if number is None or record.document_number is None else number == record.document_number,
        "package": None
        if record.platforms is None or (here and not packages)
        else app.package in packages,
        "certificate": bool(verified & {p.signing_certificate for p in here}),
    }  # fmt: skip


def _rests_on_a_registration(case: Case, max_age: timedelta) -> bool:
    """Whether there is a found, fresh, live, real record of an app's own number, of this very app."""
    observation = case.observation
    if observation is None or not isinstance(observation.answer, Found):
        return False
    record = observation.answer.record
    age = NOW - min(observation.observed_at, record.observed_at)
    agree = _agree(case.app, record)
    ours = (
        agree["document"]
        or agree["package"]
        or agree["certificate"]
        or (agree["operator"] and agree["name"])
    )  # fmt: skip
    another_operator = (
        not (agree["operator"] or agree["document"])
        and False in (agree["operator"], agree["document"])
        and not agree["certificate"]
    )
    another_app = agree["name"] is False and agree["package"] is False
    return bool(
        str(record.registration_number) == str(case.number)
        and str(case.number).endswith("A")
        and record.status.value in LIVE
        and record.blacklisted is not True
        and (record.origin.value == "bureau" or case.allow_simulated)
        and -timedelta(minutes=5) <= age <= max_age
        and ours
        and not another_operator
        and not another_app
    )


# --- never a wrong allow -------------------------------------------------------------------------


@MANY
@given(cases(), policies())
def test_no_switch_allows_without_a_registration(case: Case, policy: Policy) -> None:
    """Whatever is off, an allow rests on a found, fresh, live, real and bound record of an app's own number."""
    decision = _decide(case, policy)
    event(f"{decision.verdict} {decision.basis}")
    assert decision.basis is not Basis.EXEMPTED
    if decision.allowed:
        assert decision.basis is Basis.EVALUATED
        assert decision.bound_by
        assert _rests_on_a_registration(case, policy.plans[case.action, case.occasion].max_age)


@MANY
@given(cases())
def test_the_loosest_policy_allows_what_rests_on_a_registration(case: Case) -> None:
    """And nothing else stands in the way: the last line demands what it says, and no more."""
    decision = _decide(case, loosest())
    assert decision.allowed is _rests_on_a_registration(case, 30 * DAY)


@MANY
@given(cases(grounds=True), policies())
def test_what_stands_in_for_a_registration_is_named(case: Case, policy: Policy) -> None:
    """Without one an allow has a ground, which lifts only what it is there for."""
    decision = _decide(case, policy)
    if not decision.allowed or decision.basis is Basis.EVALUATED:
        return
    by_effect = {effect: {r.code for r in decision.raised if r.effect is effect} for effect in Effect}
    assert by_effect[Effect.GRANTS] <= {"transition_period", "exempt_standalone"}
    declared = {"number_missing", "display_missing", "display_link_missing"}
    lifted = {r.found if r.code == "not_checkable" else r.code for r in decision.raised if r.effect is Effect.LIFTED}
    assert lifted <= (
        (policy.transition.forgives if "transition_period" in by_effect[Effect.GRANTS] else set())
        | (declared if "exempt_standalone" in by_effect[Effect.GRANTS] else set())
    )
    assert lifted & {"number_missing", "not_registered", "registration_pending", "registration_returned"} or (
        _rests_on_a_registration(case, policy.plans[case.action, case.occasion].max_age)
    )


@given(cases(), policies(), st.sets(st.sampled_from(sorted(reason_texts())), min_size=1))
def test_an_exemption_lifts_only_what_it_names(case: Case, policy: Policy, codes: set[str]) -> None:
    """
    It takes named denials away and leaves all others; they stay visible as lifted.

    A number that the app shows and does not state is not lifted by anything.
    """
    before = _decide(case, policy)
    exemption = Exemption(name="e", approver="a", reason="r", until=NOW + DAY, codes=frozenset(codes))
    after = _decide(_again(case), replace(policy, exemptions=(exemption,)))
    stays = {"number_missing"} if unstated_numbers(case.app) else set()
    named = {r for r in before.raised if r.effect is Effect.DENIES and _rule(r) in codes - stays}
    unnamed = {r for r in before.raised if r.effect is Effect.DENIES} - named
    assert {r for r in after.raised if r.effect is Effect.DENIES} == unnamed
    assert {r._replace(effect=Effect.DENIES) for r in after.raised if r.effect is Effect.LIFTED} == named
    assert (after.exemption == "e") is bool(named)
    assert after.allowed is not bool(unnamed)


def _rule(raised: Any) -> str:
    return str(raised.found if raised.code == "not_checkable" else raised.code)


@given(cases(), policies())
def test_fail_open_lets_through_only_what_nobody_could_say(case: Case, policy: Policy) -> None:
    """Nothing else may deny, and each decision it touches says so."""
    before = _decide(case, policy)
    setting = FailOpen(name="f", approver="a", reason="r", until=NOW + DAY, codes=OPENABLE,
                       actions=frozenset(Action), occasions=frozenset(Occasion))  # fmt: skip
    after = _decide(_again(case), replace(policy, fail_open=(setting,)))
    opened = bool(before.codes) and set(before.codes) <= OPENABLE
    assert after.allowed is (before.allowed or opened)
    assert (after.basis is Basis.UNDECIDED and after.allowed) is opened
    assert ("fail_open_used" in {r.code for r in after.raised}) is opened
    assert (after.exemption == "f") is opened
    if opened:
        assert after.expires_at is not None
        assert after.expires_at <= setting.until


# --- rules of one's own --------------------------------------------------------------------------


class Own:
    """A rule that does what it is told."""

    code: ClassVar[str] = "x_own"

    def __init__(self, does: object) -> None:
        """Be told."""
        self.does = does

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        if isinstance(self.does, type) and issubclass(self.does, BaseException):
            raise self.does
        if self.does == "meddle":
            case.allow_simulated, case.observation, case.record = True, None, None
            return Finding(self.code, Outcome.PASS)
        return self.does  # type: ignore[return-value]  # the mistake in question


def _bound(does: object, level: Level, unchecked: Unchecked) -> BoundRule:
    return BoundRule(
        "x_own", dict.fromkeys(Action, Own(does)), dict.fromkeys(KEYS, level), dict.fromkeys(KEYS, unchecked)
    )


def _own_rules() -> st.SearchStrategy[BoundRule]:
    texts = dict.fromkeys(("detail", "found", "expected"), st.text(max_size=3))
    findings = st.builds(Finding, st.sampled_from(["x_own", "number_missing"]), st.sampled_from(Outcome), **texts)
    raising = st.sampled_from([ValueError, RecursionError, MemoryError, StopIteration, AssertionError])
    values: list[object] = [None, True, "allow", "pass", Outcome.PASS, Verdict.ALLOW, {}, 7, "meddle"]
    wrong: st.SearchStrategy[Any] = st.sampled_from(values)
    return st.builds(
        _bound,
        findings | raising | wrong,
        st.sampled_from(Level),
        st.sampled_from(Unchecked),
    )


@MANY
@given(cases(grounds=True), policies(), _own_rules(), st.integers(0, 40))
def test_adding_a_rule_never_allows(case: Case, policy: Policy, rule: BoundRule, place: int) -> None:
    """Whatever the rule does or returns, a deny stays a deny, and no objection disappears."""
    before = _decide(case, policy)
    rules = (*policy.rules[:place], rule, *policy.rules[place:])
    after = _decide(_again(case), replace(policy, rules=rules))
    assert not (after.allowed and not before.allowed)
    assert set(before.codes) <= set(after.codes)
    assert {r for r in before.raised if r.effect is Effect.DENIES} <= set(after.raised)
    assert after.written()
    assert after.explain("zh-CN")


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_process_gives_no_decision(end: type[BaseException]) -> None:
    """It propagates; there is nothing that could be taken for an allow."""
    case = find(cases(), lambda case: _decide(case, Policy.default()).allowed)
    rule = _bound(end, Level.WARN, Unchecked.NOTE)
    with pytest.raises(end):
        _decide(_again(case), replace(Policy.default(), rules=(*Policy.default().rules, rule)))


# --- one decision for one case -------------------------------------------------------------------


@given(cases(grounds=True), policies())
def test_the_same_case_gives_the_same_bytes(case: Case, policy: Policy) -> None:
    """But for the id."""
    first = _decide(case, policy, decision_id="a").to_json()
    second = _decide(_again(case), policy, decision_id="b").to_json()
    assert first.replace('"id":"a"', '"id":"b"') == second


@given(cases(grounds=True), policies())
def test_the_mode_changes_no_verdict(case: Case, policy: Policy) -> None:
    """Only `mode` and `enforced` differ, and only what is asked for is enforced."""
    decisions = [_decide(_again(case), policy, mode=mode) for mode in Mode]
    assert len({replace(d, mode=Mode.WARN) for d in decisions}) == 1
    assert [d.mode for d in decisions] == list(Mode)
    waits = decisions[0].undecided and case.occasion is Occasion.STANDING
    assert [d.enforced for d in decisions] == [not waits, False, False]


@given(cases(grounds=True), policies())
def test_a_decision_agrees_with_itself(case: Case, policy: Policy) -> None:
    """One predicate holds, a denial has a reason, and only the right effects have the right codes."""
    decision = _decide(case, policy)
    assert [decision.allowed, decision.denied, decision.undecided].count(True) == 1
    assert bool(decision) is decision.allowed
    assert bool(decision.codes) is not decision.allowed
    effects = [r.effect for r in decision.raised]
    assert effects == sorted(effects, key=list(Effect).index)
    assert (Effect.GRANTS in effects) is (Effect.LIFTED in effects)
    denying = [r for r in decision.reasons if r.effect is Effect.DENIES]
    assert decision.only_objection == (denying[0] if len(denying) == 1 else None)
    assert decision.mask.bit_count() == len(decision.codes)
    assert len(decision.findings) == len(policy.plans[case.action, case.occasion].entries)


@given(cases(), st.lists(as_ofs(), min_size=2, max_size=2, unique=True))
def test_as_of_changes_no_age(case: Case, moments: list[datetime]) -> None:
    """Whatever day is asked about, what is stale today is stale, and what is not is not."""
    decisions = [_decide(_again(case, as_of=moment), Policy.default()) for moment in moments]
    stale = [{r for r in d.raised if r.code == "record_stale"} for d in decisions]
    assert {r._replace(effect=Effect.DENIES) for r in stale[0]} == {r._replace(effect=Effect.DENIES) for r in stale[1]}
    assert decisions[0].observations == decisions[1].observations
    assert [d.retrospective for d in decisions] == [moment < NOW for moment in moments]


@given(cases(grounds=True), policies(), st.integers(1, 40), st.sampled_from(["number_missing", "registration_pending"]))
def test_an_allow_ends_with_what_it_rests_on(case: Case, policy: Policy, days: int, code: str) -> None:
    """With the record's age, the exemption, the stage: whichever comes first; a denial has no end."""
    exemption = Exemption(name="e", approver="a", reason="r", until=NOW + days * DAY, codes=frozenset({code}))
    decision = _decide(case, replace(policy, exemptions=(exemption,)))
    if not decision.allowed:
        assert decision.expires_at is None
        return
    max_age = policy.plans[case.action, case.occasion].max_age
    ends = []
    if decision.exemption is not None:
        ends.append(exemption.until)
    if any(r.code == "transition_period" for r in decision.raised):
        ends.append(policy.transition.end(case.app, case.as_of))
    if case.record is not None and case.observation is not None:
        ends.append(min(case.record.observed_at, case.observation.observed_at) + max_age)
    assert decision.expires_at == min(ends, default=None)
    assert case.now <= decision.recheck_at <= case.now + policy.recheck["allowed"]
    if decision.expires_at is not None and decision.expires_at >= NOW:
        assert decision.recheck_at <= decision.expires_at
