"""What can stand in for a registration: each ground lifts what it names, says so, and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.decision import Basis, Decision, Effect, Raised
from icpgate.decision.grounds import Applied
from icpgate.policy import FailOpen, Policy
from icpgate.rules import Action, Occasion
from tests.cases import NOW, Scene, described, registered

if TYPE_CHECKING:
    from collections.abc import Iterable

BARE: dict[str, Any] = {"registration_number": None, "display": None}
STANDALONE = {"kind": "standalone", "commitment_letter": "CL-1", "uses_network": False}
OFFSHORE = {"kind": "offshore", "operator_region": "SG", "server_regions": ["SG", "US"]}
UNTIL = datetime(2027, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def _exempting(codes: Iterable[str], **fields: str) -> str:
    values = {
        "name": '"e"',
        "approver": '"compliance"',
        "reason": '"r"',
        "until": "2027-01-01T00:00:00Z",
        "packages": '["com.sig.wameiji"]',
    } | fields
    return "\n".join(["[[exemption]]", f"codes = {list(codes)}", *(f"{n} = {v}" for n, v in values.items())])


def _opening(*codes: str, **fields: str) -> str:
    values = {
        "name": '"f"',
        "approver": '"compliance"',
        "reason": '"r"',
        "since": "2026-11-20T00:00:00Z",
        "until": "2026-11-30T00:00:00Z",
        "actions": '["list"]',
        "occasions": '["first"]',
    } | fields
    return "\n".join(["[[fail_open]]", f"codes = {list(codes)}", *(f"{n} = {v}" for n, v in values.items())])


def _policy(*texts: str) -> Policy:
    return Policy.loads("\n".join(['extends = "default"', *texts]))


def _said(decision: Decision, effect: Effect) -> list[str]:
    return [reason.code for reason in decision.reasons if reason.effect is effect]


# --- the transition ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "as_of", "phase", "found", "end"),
    [
        (None, "2023-08-31T15:59:59+00:00", "preparation", "new", "2023-09-01T00:00:00+08:00"),
        ("2021-05-01", "2023-08-31T15:59:59+00:00", "preparation", "first listed on 2021-05-01",
         "2024-04-01T00:00:00+08:00"),
        ("2021-05-01", "2024-03-31T15:59:59+00:00", "existing_apps", "first listed on 2021-05-01",
         "2024-04-01T00:00:00+08:00"),
    ],
)  # fmt: skip
def test_the_transition(first: str | None, as_of: str, phase: str, found: str, end: str) -> None:
    """The grant names the stage, the app's age, and the day by which it had to be registered."""
    app = described(**BARE, first_listed_on=first)
    decision = Scene(records=[]).check(app, as_of=datetime.fromisoformat(as_of))
    assert (decision.allowed, decision.basis, decision.retrospective) == (True, Basis.EXEMPTED, True)
    assert (
        Raised(Effect.GRANTS, "transition_period", f"phase.{phase}", found, f"registered by {end}") in decision.raised
    )
    assert _said(decision, Effect.LIFTED) == ["number_missing"]
    assert decision.expires_at == datetime.fromisoformat(end)
    assert decision.exemption is None


def test_the_transition_is_silent_where_it_lifts_nothing() -> None:
    """An app with everything right needs no ground; one that is denied for more is still denied."""
    as_of = datetime(2023, 1, 1, tzinfo=UTC)
    right = Scene().check(as_of=as_of)
    assert (right.basis, _said(right, Effect.GRANTS)) == (Basis.EVALUATED, [])
    cancelled = Scene(records=[registered(status="cancelled")]).check(as_of=as_of)
    assert (cancelled.denied, _said(cancelled, Effect.GRANTS)) == (True, [])


def test_an_allow_that_ended_in_the_past_is_looked_at_again_as_any_other() -> None:
    """What would have been needs no check at once."""
    decision = Scene(records=[]).check(described(**BARE), as_of=datetime(2023, 1, 1, tzinfo=UTC))
    assert decision.expires_at is not None
    assert decision.expires_at < NOW
    assert decision.recheck_at == NOW + timedelta(days=1)


# --- declarations --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "grant"),
    [
        ({"declaration": STANDALONE},
         Raised(Effect.GRANTS, "exempt_standalone", "declaration.standalone", "commitment letter CL-1", "")),
        ({"declaration": OFFSHORE, "operator": {"name": "Sample Pte. Ltd."}},
         Raised(Effect.GRANTS, "exempt_offshore", "declaration.offshore", "operator in SG, servers in SG, US", "")),
    ],
)  # fmt: skip
def test_a_proven_declaration(app: dict[str, Any], grant: Raised) -> None:
    """The grant names the evidence; what it lifts are the number and its display, and it has no end."""
    decision = Scene(records=[]).check(described(**BARE | {"display": {}}, **app))
    assert (decision.allowed, decision.basis) == (True, Basis.EXEMPTED)
    assert [r for r in decision.raised if r.effect is Effect.GRANTS] == [grant]
    assert _said(decision, Effect.LIFTED) == ["number_missing", "display_missing", "display_link_missing"]
    assert decision.expires_at is None
    assert decision.recheck_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "declaration",
    [
        {"kind": "standalone", "uses_network": False},
        STANDALONE | {"uses_network": True},
        {"kind": "offshore", "operator_region": "SG"},
        OFFSHORE | {"server_regions": ["SG", "CN"]},
    ],
)
def test_a_declaration_that_does_not_hold(declaration: dict[str, Any]) -> None:
    """It lifts nothing, also where the rules that object to it are off."""
    off = "".join(f'[rules.declaration_{code}]\nlist = "off"\n' for code in ("unproven", "contradicted"))
    decision = Scene(records=[], policy=_policy(off)).check(described(**BARE, operator=None, declaration=declaration))
    assert decision.codes == ("number_missing",)
    assert _said(decision, Effect.GRANTS) == []


def test_a_declaration_lifts_nothing_of_a_number_that_is_stated() -> None:
    """Whoever states a number states the right one."""
    decision = Scene(records=[]).check(described(display=None, declaration=STANDALONE))
    assert decision.codes == ("not_registered",)


def test_what_cannot_be_checked_is_lifted_with_its_rule() -> None:
    """Where the policy denies a display that nobody looked at, the declaration lifts that too."""
    policy = _policy('[rules.display_missing]\nnot_checkable = "deny"')
    denied = Scene(policy=policy).check(described(display=None))
    assert denied.codes == ("not_checkable",)
    declared = Scene(records=[], policy=policy).check(described(**BARE, declaration=STANDALONE))
    assert declared.allowed
    assert ("not_checkable", "display_missing") in {
        (r.code, r.found) for r in declared.raised if r.effect is Effect.LIFTED
    }


# --- exemptions ----------------------------------------------------------------------------------


def test_an_exemption() -> None:
    """It lifts what it names, stays visible, names its approver, and ends the allow."""
    decision = Scene(records=[], policy=_policy(_exempting(["number_missing"]))).check(described(**BARE))
    assert (decision.allowed, decision.basis, decision.exemption) == (True, Basis.EXEMPTED, "e")
    grant = Raised(
        Effect.GRANTS, "exempted", "exemption", "e, approved by compliance", "until 2027-01-01T08:00:00+08:00"
    )
    assert grant in decision.raised
    assert _said(decision, Effect.LIFTED) == ["number_missing"]
    assert decision.expires_at == UNTIL
    assert decision.recheck_at == NOW + timedelta(days=1)
    finding = next(f for f in decision.findings if f.code == "number_missing")
    assert finding.outcome.value == "fail"


def test_an_exemption_near_its_end() -> None:
    """The next look is at its end, when that comes first."""
    policy = _policy(_exempting(["number_missing"], until="2026-11-24T00:00:01Z"))
    decision = Scene(records=[], policy=policy).check(described(**BARE))
    assert decision.expires_at == decision.recheck_at == NOW + SECOND
    over = _policy(_exempting(["number_missing"], until="2026-11-24T00:00:00Z"))
    assert Scene(records=[], policy=over).check(described(**BARE)).codes == ("number_missing",)


def test_an_exemption_of_too_little() -> None:
    """What it does not name denies, what it names is lifted, and both are said."""
    scene = Scene(records=[registered(status="cancelled")], policy=_policy(_exempting(["name_mismatch"])))
    decision = scene.check(described(name="另一个名字"))
    assert (decision.denied, decision.codes) == (True, ("registration_cancelled",))
    assert _said(decision, Effect.LIFTED) == ["name_mismatch"]
    assert (decision.exemption, decision.expires_at) == ("e", None)


@pytest.mark.parametrize("record", [{"blacklisted": True}, {"status": "cancelled"}, {"origin": "simulated"}])
def test_an_exemption_lets_nothing_by_that_it_does_not_name(record: dict[str, Any]) -> None:
    """Neither a blacklisted nor a cancelled nor a simulated registration comes in under another name."""
    codes = ["name_mismatch", "number_missing", "display_missing", "registration_pending", "identity_unproven"]
    scene = Scene(records=[registered(**record)], policy=_policy(_exempting(codes)))
    assert not scene.check(described(name="另一个名字")).allowed


def test_an_exemption_that_is_not_needed() -> None:
    """An app with everything right is allowed on its merits."""
    decision = Scene(policy=_policy(_exempting(["name_mismatch"]))).check()
    assert (decision.basis, decision.exemption) == (Basis.EVALUATED, None)
    assert decision.expires_at == NOW - timedelta(days=1) + timedelta(days=30)


def test_an_exemption_and_the_age_of_the_record() -> None:
    """The allow ends with whichever comes first."""
    app = described(name="另一个名字")
    longer = Scene(policy=_policy(_exempting(["name_mismatch"]))).check(app)
    shorter = Scene(policy=_policy(_exempting(["name_mismatch"], until="2026-11-25T00:00:00Z"))).check(app)
    assert longer.expires_at == NOW + timedelta(days=29)
    assert shorter.expires_at == NOW + timedelta(days=1)


def test_an_exemption_for_what_is_too_old() -> None:
    """Where the age itself is exempted, it is no end any more."""
    record = registered(observed_at=(NOW - timedelta(days=365)).isoformat())
    decision = Scene(records=[record], policy=_policy(_exempting(["record_stale"]))).check()
    assert (decision.allowed, decision.expires_at) == (True, UNTIL)


def test_two_exemptions() -> None:
    """Each lifts its own; both are named, and the first to end ends the allow."""
    policy = _policy(
        _exempting(["name_mismatch"]),
        _exempting(["display_missing", "display_link_missing"], name='"second"', until="2026-12-01T00:00:00Z"),
        _exempting(["name_mismatch"], name='"third"', until="2026-11-25T00:00:00Z"),
    )
    decision = Scene(policy=policy).check(described(name="另一个名字", display={}))
    assert (decision.allowed, decision.exemption) == (True, "e, second")
    assert _said(decision, Effect.LIFTED) == ["name_mismatch", "display_missing", "display_link_missing"]
    assert _said(decision, Effect.GRANTS) == ["exempted", "exempted"]
    assert decision.expires_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_an_exemption_for_another_app() -> None:
    """It touches no decision that it does not select."""
    policy = _policy(_exempting(["number_missing"], packages='["com.sig.other"]'))
    decision = Scene(records=[], policy=policy).check(described(**BARE))
    assert (decision.denied, decision.exemption) == (True, None)


# --- fail-open -----------------------------------------------------------------------------------


def _unanswered(policy: Policy, app: dict[str, Any] | None = None, **asked: Any) -> Decision:
    return Scene(records=[], scope="provinces:京", policy=policy).check(app or described(), **asked)


def test_fail_open() -> None:
    """It lets through while nobody can say, marks the decision, and ends it; the basis stays undecided."""
    decision = _unanswered(_policy(_opening("registry_unavailable")))
    assert (decision.allowed, decision.basis, decision.exemption) == (True, Basis.UNDECIDED, "f")
    assert not decision.undecided
    assert not decision.denied
    grant = Raised(
        Effect.GRANTS, "fail_open_used", "fail_open", "f, approved by compliance", "until 2026-11-30T08:00:00+08:00"
    )
    assert grant in decision.raised
    assert _said(decision, Effect.LIFTED) == ["registry_unavailable"]
    assert decision.expires_at == datetime(2026, 11, 30, tzinfo=UTC)
    assert decision.recheck_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, {"occasion": Occasion.UPDATE}),
        ({"actions": '["connect"]'}, {}),
        ({"until": "2026-11-24T00:00:00Z"}, {}),
        ({"since": "2026-11-24T00:00:01Z"}, {}),
    ],
)
def test_fail_open_outside_its_scope(fields: dict[str, str], asked: dict[str, Any]) -> None:
    """Another occasion, another action, or another time."""
    decision = _unanswered(_policy(_opening("registry_unavailable", **fields)), **asked)
    assert (decision.undecided, decision.exemption) == (True, None)


def test_fail_open_lets_no_other_objection_through() -> None:
    """As soon as something else denies it lifts nothing at all."""
    decision = _unanswered(_policy(_opening("registry_unavailable", "record_stale")), described(display={}))
    assert decision.denied
    assert decision.codes == ("display_missing", "display_link_missing", "registry_unavailable")
    assert _said(decision, Effect.GRANTS) == []


def test_fail_open_for_what_is_too_old() -> None:
    """Each code is named for itself."""
    record = registered(observed_at=(NOW - timedelta(days=365)).isoformat())
    named = Scene(records=[record], policy=_policy(_opening("record_stale"))).check()
    other = Scene(records=[record], policy=_policy(_opening("registry_unavailable"))).check()
    assert (named.allowed, other.allowed) == (True, False)
    assert named.expires_at == datetime(2026, 11, 30, tzinfo=UTC)


def test_fail_open_opens_nothing_for_a_rule_that_broke() -> None:
    """*Not checkable* is not among what it may let through, whatever the rule."""
    policy = _policy(_opening("registry_unavailable"), '[rules.name_mismatch]\nnot_checkable = "deny"')
    decision = Scene(records=[registered(service_name=None)], policy=policy).check()
    assert decision.codes == ("not_checkable",)


def test_fail_open_lifts_no_code_that_it_may_not() -> None:
    """Not even one that was made without the loader."""
    setting = FailOpen(name="f", approver="a", reason="r", until=UNTIL, codes=frozenset({"number_missing"}),
                       actions=frozenset(Action), occasions=frozenset(Occasion))  # fmt: skip
    default = Policy.default()
    policy = Policy(**{n: getattr(default, n) for n in ("name", "version", "mode", "rules", "transition", "recheck")},
                    fail_open=(setting,))  # fmt: skip
    assert Scene(records=[], policy=policy).check(described(**BARE)).denied


def test_fail_open_after_an_exemption() -> None:
    """What is left after the exemptions may be opened; both are named."""
    policy = _policy(_exempting(["display_missing", "display_link_missing"]), _opening("registry_unavailable"))
    decision = _unanswered(policy, described(display={}))
    assert (decision.allowed, decision.basis, decision.exemption) == (True, Basis.UNDECIDED, "e, f")
    assert decision.expires_at == datetime(2026, 11, 30, tzinfo=UTC)


def test_only_one_setting_opens() -> None:
    """A second one has nothing left to lift."""
    policy = _policy(_opening("registry_unavailable"), _opening("registry_unavailable", name='"g"'))
    decision = _unanswered(policy)
    assert decision.exemption == "f"
    assert _said(decision, Effect.GRANTS) == ["fail_open_used"]


# --- lifting -------------------------------------------------------------------------------------


def test_lifting() -> None:
    """Denials of the named codes change their effect, the others stay; nothing to lift grants nothing."""
    missing = Raised(Effect.DENIES, "number_missing", "d", "f", "e")
    unchecked = Raised(Effect.DENIES, "not_checkable", "d", "display_missing", "e")
    grant = Raised(Effect.GRANTS, "exempted", "", "", "")
    applied = Applied([missing, unchecked])
    assert applied.basis is Basis.EXEMPTED
    assert applied.lift({"name_mismatch", "not_checkable"}, grant, end=UNTIL) is False
    assert (applied.grants, applied.ends, applied.exemption) == ([], [], None)
    assert applied.lift({"display_missing"}, grant) is True
    assert applied.denials == [missing]
    assert applied.lifted == [unchecked._replace(effect=Effect.LIFTED)]
    assert (applied.grants, applied.ends) == ([grant], [])
    assert applied.lift({"number_missing"}, grant, end=UNTIL) is True
    assert (applied.denials, applied.grants, applied.ends) == ([], [grant, grant], [UNTIL])
