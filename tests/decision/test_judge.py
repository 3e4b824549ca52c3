"""How a decision is reached: findings become reasons, reasons a verdict and a basis."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from icpgate.decision import Basis, Decision, Effect, Raised, Verdict, decide
from icpgate.decision.judge import undecided
from icpgate.policy import Level, Mode, Policy, Unchecked
from icpgate.policy.model import BoundRule
from icpgate.rules import Action, Case, Finding, Occasion, Outcome
from icpgate.rules.identity import NameMatches
from tests.cases import NOW, NUMBER, Scene, check, described, registered
from tests.strategies import loosest

if TYPE_CHECKING:
    from icpgate.rules import Rule

KEYS = [(action, occasion) for action in Action for occasion in Occasion]


def _policy(text: str) -> Policy:
    return Policy.loads(f'extends = "default"\n{text}')


def _with(rule: Rule, level: Level = Level.ENFORCE, unchecked: Unchecked = Unchecked.NOTE) -> Policy:
    """The loosest policy and one rule more."""
    bound = BoundRule(
        rule.code, dict.fromkeys(Action, rule), dict.fromkeys(KEYS, level), dict.fromkeys(KEYS, unchecked)
    )
    return replace(loosest(), rules=(*loosest().rules, bound))


class Saying:
    """A rule that finds what it is told."""

    code: ClassVar[str] = "x_own"

    def __init__(self, outcome: Outcome, detail: str = "d") -> None:
        """Be told."""
        self.outcome, self.detail = outcome, detail

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        return Finding(self.code, self.outcome, self.detail, f"found {case.app.package}", "expected")


class Raising:
    """A rule with a defect."""

    code: ClassVar[str] = "x_own"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        raise LookupError(case.app.name)


# --- what a finding does -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "level", "unchecked", "effect"),
    [
        (Outcome.PASS, Level.ENFORCE, Unchecked.DENY, None),
        (Outcome.NOT_APPLICABLE, Level.ENFORCE, Unchecked.DENY, None),
        (Outcome.FAIL, Level.ENFORCE, Unchecked.NOTE, Effect.DENIES),
        (Outcome.FAIL, Level.WARN, Unchecked.DENY, Effect.WARNS),
        (Outcome.FAIL, Level.OFF, Unchecked.DENY, None),
        (Outcome.WARN, Level.ENFORCE, Unchecked.DENY, Effect.WARNS),
        (Outcome.WARN, Level.WARN, Unchecked.DENY, Effect.WARNS),
        (Outcome.NOT_CHECKABLE, Level.ENFORCE, Unchecked.DENY, Effect.DENIES),
        (Outcome.NOT_CHECKABLE, Level.ENFORCE, Unchecked.NOTE, Effect.NOTES),
        (Outcome.NOT_CHECKABLE, Level.WARN, Unchecked.DENY, Effect.NOTES),
        (Outcome.NOT_CHECKABLE, Level.OFF, Unchecked.DENY, None),
    ],
)
def test_what_a_finding_does(outcome: Outcome, level: Level, unchecked: Unchecked, effect: Effect | None) -> None:
    """The level says what a failed demand does, and whether one that cannot be checked may deny."""
    decision = Scene(policy=_with(Saying(outcome), level, unchecked)).check()
    if outcome is Outcome.NOT_CHECKABLE:
        expected = Raised(effect or Effect.NOTES, "not_checkable", "d", "x_own", "expected")
    else:
        expected = Raised(effect or Effect.NOTES, "x_own", "d", "found com.sig.wameiji", "expected")
    assert decision.raised == (() if effect is None else (expected,))
    assert decision.allowed is (effect is not Effect.DENIES)
    assert [f.outcome for f in decision.findings if f.code == "x_own"] == ([] if level is Level.OFF else [outcome])


@pytest.mark.parametrize("level", [Level.ENFORCE, Level.WARN])
@pytest.mark.parametrize("unchecked", list(Unchecked))
def test_a_rule_that_breaks_denies(level: Level, unchecked: Unchecked) -> None:
    """Whatever the policy says of what cannot be checked; it is neither yes nor no."""
    decision = Scene(policy=_with(Raising(), level, unchecked)).check()
    detail = "rule.failed.LookupError"
    assert decision.undecided
    assert decision.raised == (Raised(Effect.DENIES, "not_checkable", detail, "x_own", "a finding of the rule"),)
    assert Finding("x_own", Outcome.NOT_CHECKABLE, detail, "", "a finding of the rule") in decision.findings


def test_a_rule_of_icpgate_s_own_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own defects deny like anybody else's, and every other rule is still asked."""

    def breaks(_: NameMatches, case: Case) -> Finding:
        raise ZeroDivisionError(case)

    monkeypatch.setattr(NameMatches, "check", breaks)
    policy = Policy.loads('extends = "default"')
    decision = Scene(policy=policy, records=[registered(status="shell")]).check()
    assert decision.codes == ("registration_shell", "not_checkable")
    assert len(decision.findings) == len(policy.rules)
    broken = next(f for f in decision.findings if f.code == "name_mismatch")
    assert broken.detail == "rule.failed.ZeroDivisionError"
    assert [f.code for f in decision.findings] == [rule.code for rule in policy.rules]


def test_every_objection_is_reported_in_order() -> None:
    """What denies first, by its bit, codes of one's own last; then warnings, then notes."""
    app = described(display={"number": NUMBER}, name="另一个名字", sectors=["news"], public_key="c" * 255 + "1")
    decision = Scene(records=[registered(status="changing", access_restricted=True)]).check(app)
    assert [(r.effect.value, r.code) for r in decision.reasons] == [
        ("denies", "access_restricted"),
        ("denies", "name_mismatch"),
        ("denies", "pre_approval_missing"),
        ("denies", "display_link_missing"),
        ("warns", "registration_changing"),
        ("notes", "not_checkable"),
    ]


def test_codes_of_one_s_own_come_last() -> None:
    """They have no bit; among equals the code and what was found decide."""
    bound = [
        BoundRule(code, dict.fromkeys(Action, type(code, (Saying,), {"code": code})(Outcome.FAIL)),
                  dict.fromkeys(KEYS, Level.ENFORCE), dict.fromkeys(KEYS, Unchecked.NOTE))
        for code in ("x_b", "x_a")
    ]  # fmt: skip
    policy = replace(loosest(), rules=(*bound, *loosest().rules))
    decision = Scene(policy=policy).check(described(registration_number=None))
    assert decision.codes == ("number_missing", "x_a", "x_b")


def test_two_reasons_are_in_order_too() -> None:
    """A denial that was found later may come first."""
    policy = replace(_with(Saying(Outcome.FAIL)), rules=tuple(reversed(_with(Saying(Outcome.FAIL)).rules)))
    assert Scene(policy=policy, records=[registered(blacklisted=True)]).check().codes == ("blacklisted", "x_own")


def test_notes_are_in_the_order_of_their_rules() -> None:
    """The code is the same for all, so what was found decides."""
    decision = check(described(display=None), registered(service_name=None, operator=None))
    notes = [r.found for r in decision.reasons if r.effect is Effect.NOTES]
    assert notes == sorted(notes)
    assert {"name_mismatch", "operator_mismatch", "display_missing"} <= set(notes)


# --- the basis -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "record", "codes", "basis"),
    [
        ({}, {"status": "cancelled"}, {"registration_cancelled"}, Basis.EVALUATED),
        ({"name": "另一个名字"}, {}, {"name_mismatch"}, Basis.EVALUATED),
        ({"display": {"number": NUMBER}}, {}, {"display_link_missing"}, Basis.EVALUATED),
        # What an old or simulated record says is neither yes nor no.
        ({}, {"status": "cancelled", "observed_at": "2025-11-24T00:00:00Z"},
         {"registration_cancelled", "record_stale"}, Basis.UNDECIDED),
        ({}, {"status": "cancelled", "origin": "simulated"}, {"registration_cancelled", "record_simulated"},
         Basis.UNDECIDED),
        ({"name": "另一个名字"}, {"observed_at": "2025-11-24T00:00:00Z"}, {"name_mismatch", "record_stale"},
         Basis.UNDECIDED),
        # What the app itself lacks does not rest on it.
        ({"display": {"number": NUMBER}}, {"observed_at": "2025-11-24T00:00:00Z"},
         {"display_link_missing", "record_stale"}, Basis.EVALUATED),
    ],
)  # fmt: skip
def test_the_basis_of_a_denial(app: dict[str, Any], record: dict[str, Any], codes: set[str], basis: Basis) -> None:
    """Evaluated when one denial is a *no* that stands by itself or on a record that may be believed."""
    decision = check(described(**app), registered(**record))
    assert set(decision.codes) == codes
    assert (decision.verdict, decision.basis) == (Verdict.DENY, basis)
    assert (decision.denied, decision.undecided) == (basis is Basis.EVALUATED, basis is Basis.UNDECIDED)


@pytest.mark.parametrize(
    ("record", "code"),
    [({"observed_at": "2025-11-24T00:00:00Z"}, "record_stale"), ({"origin": "simulated"}, "record_simulated")],
)
def test_an_exemption_makes_no_record_believable(record: dict[str, Any], code: str) -> None:
    """Where its age is exempted, an old record may allow; it is still no ground for a take-down."""
    exemption = f"""
    [[exemption]]
    name = "e"
    approver = "a"
    reason = "r"
    until = 2027-01-01T00:00:00Z
    codes = ["{code}"]
    packages = ["com.sig.wameiji"]
    """
    scene = Scene(records=[registered(status="cancelled", **record)], policy=_policy(exemption))
    decision = scene.check()
    assert decision.codes == ("registration_cancelled",)
    assert decision.undecided
    allowed = Scene(records=[registered(**record)], policy=_policy(exemption)).check()
    assert allowed.allowed


def test_the_basis_of_a_rule_of_one_s_own() -> None:
    """A *no* by itself, unless the record that it may have looked at is not to be believed."""
    policy = _with(Saying(Outcome.FAIL))
    assert Scene(policy=policy).check().denied
    old = Scene(policy=policy, records=[registered(observed_at="2025-11-24T00:00:00Z")]).check()
    assert old.codes == ("record_stale", "x_own")
    assert old.undecided


def test_an_allow_with_warnings_is_evaluated() -> None:
    """Nothing was lifted, nothing granted."""
    decision = check(record=registered(status="changing"))
    assert (decision.verdict, decision.basis, decision.exemption) == (Verdict.ALLOW, Basis.EVALUATED, None)


# --- what else a decision says -------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("occasion", list(Occasion))
@pytest.mark.parametrize("state", ["allowed", "denied", "undecided"])
def test_whom_a_decision_asks_to_act(mode: Mode, occasion: Occasion, state: str) -> None:
    """In enforce mode everybody, except about what runs while nobody can say."""
    records = [] if state == "undecided" else [registered()]
    app = described(registration_number=None) if state == "denied" else described()
    scene = Scene(records=records, authoritative=False, policy=replace(Policy.default(), mode=mode))
    decision = scene.check(app, occasion=occasion)
    assert getattr(decision, state)
    waits = state == "undecided" and occasion is Occasion.STANDING
    assert decision.enforced is (mode is Mode.ENFORCE and not waits)
    assert decision.mode is mode


def test_the_gate_s_mode_comes_before_the_policy_s() -> None:
    """A gate may be told to dry-run an enforced policy."""
    decision = Scene(options={"mode": Mode.DRY_RUN}).check()
    assert (decision.mode, decision.enforced) == (Mode.DRY_RUN, False)


@pytest.mark.parametrize(
    ("scene", "app", "after"),
    [
        (Scene(), described(), timedelta(hours=3)),
        (Scene(), described(registration_number=None), timedelta(hours=5)),
        (Scene(records=[], authoritative=False), described(), timedelta(hours=7)),
    ],
)
def test_when_to_look_again(scene: Scene, app: dict[str, Any], after: timedelta) -> None:
    """Each kind of decision has its own time."""
    policy = _policy("[recheck]\nallowed = 3\ndenied = 5\nundecided = 7")
    assert replace(scene, policy=policy).check(app).recheck_at == NOW + after


def test_a_record_about_to_be_too_old() -> None:
    """The allow ends with it, and the next look is then."""
    record = registered(observed_at=(NOW - timedelta(days=30) + timedelta(minutes=1)).isoformat())
    decision = check(record=record)
    assert decision.expires_at == decision.recheck_at == NOW + timedelta(minutes=1)
    just = check(record=registered(observed_at=(NOW - timedelta(days=30)).isoformat()))
    assert just.expires_at == just.recheck_at == NOW


def test_a_denial_has_no_end() -> None:
    """Only an allow expires."""
    assert check(record=registered(status="cancelled")).expires_at is None


def test_a_decision_cites_its_circumstances() -> None:
    """Who was asked what, when, by which policy."""
    scene = Scene(action=Action.PREINSTALL)
    decision = scene.check(occasion=Occasion.UPDATE, as_of=NOW)
    assert (decision.action, decision.occasion, decision.as_of) == (Action.PREINSTALL, Occasion.UPDATE, NOW)
    assert decision.decided_at == NOW
    assert not decision.retrospective
    assert (decision.policy_name, decision.policy_revision) == ("miit-2023-105", Policy.default().revision)
    assert str(decision.number) == NUMBER
    assert [o.source for o in decision.observations] == ["test"]
    assert scene.check(as_of=NOW - timedelta(microseconds=1)).retrospective
    assert not scene.check(as_of=NOW + timedelta(days=1)).retrospective


def test_both_observations_are_kept() -> None:
    """What was asked by number, and what was asked by document and package."""
    by_number, by_document = check(), check(described(registration_number=None))
    assert [str(e.query) for e in by_number.evidence] == [f"number {NUMBER}"]
    assert [str(e.query) for e in by_document.evidence] == ["document and package com.sig.wameiji"]


def test_a_case_with_both_observations_keeps_both() -> None:
    """In the order in which they are asked; without any there is none."""
    by_number, by_document = check(), check(described(registration_number=None))
    case = Case(
        app=by_number.app,
        number=by_number.number,
        number_problem=None,
        observation=by_number.observations[0],
        by_document=by_document.observations[0],
        action=Action.LIST,
        occasion=Occasion.FIRST,
        as_of=NOW,
        now=NOW,
    )
    decision = decide(case, Policy.default(), decision_id="x")
    assert decision.observations == (by_number.observations[0], by_document.observations[0])
    assert Scene().check(described(registration_number=None, operator=None)).observations == ()


def test_the_id_is_the_caller_s() -> None:
    """The judge makes none."""
    case = Case(app=check().app, number=None, number_problem=None, observation=None, action=Action.LIST,
                occasion=Occasion.FIRST, as_of=NOW, now=NOW)  # fmt: skip
    assert decide(case, Policy.default(), decision_id="mine").id == "mine"


# --- when something around it fails --------------------------------------------------------------


def _failed(decision: Decision) -> Decision:
    return undecided(decision, Policy.default(), "audit_unavailable", detail="d", found="f", expected="e")


def test_an_allow_that_cannot_be_kept_becomes_undecided() -> None:
    """It loses its end and its enforcement says what an undecided one's does."""
    decision = _failed(check())
    assert (decision.verdict, decision.basis, decision.expires_at) == (Verdict.DENY, Basis.UNDECIDED, None)
    assert decision.enforced
    assert decision.raised[0] == Raised(Effect.DENIES, "audit_unavailable", "d", "f", "e")
    assert not _failed(Scene().check(occasion=Occasion.STANDING)).enforced
    assert not _failed(Scene(options={"mode": Mode.WARN}).check()).enforced


def test_a_denial_stays_evaluated() -> None:
    """What was judged and refused was so before the failure; its reasons are in order."""
    decision = _failed(Scene().check(described(registration_number=None), occasion=Occasion.STANDING))
    assert decision.denied
    assert decision.enforced
    assert decision.codes == ("number_missing", "audit_unavailable")


def test_an_undecided_one_stays_so() -> None:
    """Nobody could say, and nobody could note it."""
    decision = _failed(Scene(records=[], authoritative=False).check(occasion=Occasion.STANDING))
    assert decision.undecided
    assert not decision.enforced
