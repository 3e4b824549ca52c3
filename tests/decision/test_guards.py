"""The last line before an allow: what no switch of a policy can do without."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from icpgate.answer import ByDocument, ByNumber, Found, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.decision import Effect, Raised, decide
from icpgate.decision.guards import objections, stands
from icpgate.number import ServiceKind, parse
from icpgate.policy import Policy
from icpgate.record import RegistrationRecord
from icpgate.rules import Action, Binding, Case, Occasion
from tests.cases import MD5, NOW, NUMBER, Scene, described, registered
from tests.strategies import loosest

MONTH = timedelta(days=30)
SECOND = timedelta(seconds=1)
OTHER = {"name": "冒名科技有限公司", "document_type": "uscc", "document_number": "91110000MAEXAMPL2M"}
WEBSITE = "蜀ICP备2021014694号-10"
ENTITY = "蜀ICP备2021014694号"


def _codes(app: dict[str, Any], record: dict[str, Any]) -> tuple[str, ...]:
    """What denies although everything is off that can be."""
    return Scene(records=[record], policy=loosest()).check(app).codes


def _case(app: dict[str, Any] | None = None, record: RegistrationRecord | None = None, **changes: Any) -> Case:
    record = record or RegistrationRecord.read(registered())
    number = record.registration_number
    fields: dict[str, Any] = {
        "app": App.parse(app or described()),
        "number": number,
        "number_problem": None,
        "observation": Observation(ByNumber(number), Found((record,)), NOW, "test", "test"),
        "action": Action.LIST,
        "occasion": Occasion.FIRST,
        "as_of": NOW,
        "now": NOW,
    }
    return Case(**fields | changes)


def test_everything_right_stands() -> None:
    """With every switch off an app with everything right is allowed."""
    assert _codes(described(), registered()) == ()
    assert stands(_case(), MONTH)


@pytest.mark.parametrize(
    ("app", "record", "codes"),
    [
        ({"registration_number": None}, {}, ("number_missing",)),
        ({"registration_number": "京ICP备1号"}, {}, ("number_malformed",)),
        ({"registration_number": "京公网安备11010802022657号"}, {}, ("number_of_other_register",)),
        ({"registration_number": "京ICP备12345678号-1A"}, {}, ("number_placeholder",)),
        ({"registration_number": "蜀ICP备2021014694号-11A"}, {}, ("not_registered",)),
        (
            {"registration_number": WEBSITE},
            {"registration_number": WEBSITE, "kind": "website"},
            ("service_kind_mismatch",),
        ),
        ({"registration_number": WEBSITE}, {"registration_number": WEBSITE, "kind": None}, ("service_kind_mismatch",)),
        ({"registration_number": ENTITY}, {"registration_number": ENTITY, "kind": None}, ("entity_number_only",)),
        ({}, {"status": "pending"}, ("registration_pending",)),
        ({}, {"status": "returned"}, ("registration_returned",)),
        ({}, {"status": "cancelled"}, ("registration_cancelled",)),
        ({}, {"status": "changing"}, ()),
        ({}, {"status": "cancelling"}, ()),
        ({}, {"status": "shell"}, ()),
        ({}, {"blacklisted": True}, ("blacklisted",)),
        ({}, {"blacklisted": None}, ()),
        ({}, {"access_restricted": True}, ()),
        ({}, {"origin": "simulated"}, ("record_simulated",)),
        ({}, {"observed_at": (NOW - MONTH).isoformat()}, ()),
        ({}, {"observed_at": (NOW - MONTH - SECOND).isoformat()}, ("record_stale",)),
        ({"operator": None, "signing_certificates": None}, {"platforms": None}, ("identity_unproven",)),
    ],
)
def test_what_an_allow_needs(app: dict[str, Any], record: dict[str, Any], codes: tuple[str, ...]) -> None:
    """Each is asked again, and denies by its own code."""
    assert _codes(described(**app), registered(**record)) == codes


def test_every_missing_thing_is_named() -> None:
    """Several guards object together."""
    app = described(registration_number=WEBSITE, operator=None, signing_certificates=None)
    old = (NOW - 2 * MONTH).isoformat()
    record = registered(registration_number=WEBSITE, kind="website", platforms=None, observed_at=old,
                        status="pending", blacklisted=True, origin="simulated")  # fmt: skip
    assert _codes(app, record) == (
        "service_kind_mismatch",
        "registration_pending",
        "blacklisted",
        "identity_unproven",
        "record_stale",
        "record_simulated",
    )


# --- somebody else's registration ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "record", "codes"),
    [
        # Only the package agrees: somebody else's app uploaded again.
        ({"name": "冒名阅读", "operator": OTHER, "signing_certificates": None}, {},
         ("operator_mismatch", "document_number_mismatch")),
        # Package and name agree, the operator does not.
        ({"operator": OTHER, "signing_certificates": None}, {}, ("operator_mismatch", "document_number_mismatch")),
        ({"operator": {"name": OTHER["name"]}, "signing_certificates": None}, {}, ("operator_mismatch",)),
        ({"operator": OTHER, "signing_certificates": None}, {"operator": None}, ("document_number_mismatch",)),
        ({"operator": OTHER, "signing_certificates": None}, {"document_number": None}, ("operator_mismatch",)),
        # Near is not alike.
        ({"operator": {"name": "示例科技成都有限公司"}, "signing_certificates": None}, {}, ("operator_mismatch",)),
        # A claimed certificate outweighs nothing, a verified one outweighs another operator's name.
        ({"operator": OTHER, "signing_certificates": [MD5]}, {}, ("operator_mismatch", "document_number_mismatch")),
        ({"operator": OTHER}, {}, ()),
        # The operator changed its name, or its document: one of the two agrees.
        ({"operator": OTHER | {"document_number": "91510108MA6632C60R"}, "signing_certificates": None}, {}, ()),
        ({"operator": {"name": "示例科技（成都）有限公司"} | {"document_number": "510108000000000"},
          "signing_certificates": None}, {}, ()),
        # Nobody knows the operator: the package is all there is.
        ({"operator": None, "signing_certificates": None}, {}, ()),
        ({"operator": OTHER, "signing_certificates": None}, {"operator": None, "document_number": None}, ()),
        # Another app of the same operator: an operator signs all its apps alike.
        ({"name": "示例阅读", "package": "cn.example.reader"}, {}, ("name_mismatch", "package_mismatch")),
        ({"name": "示例阅读", "package": "cn.example.reader", "signing_certificates": None}, {},
         ("name_mismatch", "package_mismatch")),
        # Renamed, or built anew under another package: one of the two agrees, or cannot be compared.
        ({"name": "示例阅读"}, {}, ()),
        ({"package": "cn.example.reader"}, {}, ()),
        ({"name": "示例阅读"}, {"platforms": None}, ()),
        ({"package": "cn.example.reader", "name": "示例阅读"}, {"service_name": None}, ()),
        # Another operator's, and another app.
        ({"name": "示例阅读", "package": "cn.example.reader", "operator": OTHER}, {},
         ("name_mismatch", "package_mismatch")),
    ],
)  # fmt: skip
def test_a_record_that_is_somebody_else_s(app: dict[str, Any], record: dict[str, Any], codes: tuple[str, ...]) -> None:
    """What contradicts a binding denies although the rule that says so is off."""
    assert _codes(described(**app), registered(**record)) == codes


def test_a_warning_becomes_the_denial() -> None:
    """What was lowered to a warning and denies all the same is said once."""
    text = "".join(
        f'[rules.{code}]\nlist = "warn"\n'
        for code in ("operator_mismatch", "document_number_mismatch", "name_mismatch")
    )
    policy = Policy.loads(f'extends = "default"\n{text}')
    app = described(name="挖煤姬极速版", operator=OTHER, signing_certificates=None)
    decision = Scene(policy=policy).check(app)
    assert [(r.effect, r.code) for r in decision.raised if r.code.endswith("mismatch")] == [
        (Effect.DENIES, "operator_mismatch"),
        (Effect.DENIES, "document_number_mismatch"),
        (Effect.WARNS, "name_mismatch"),
    ]
    assert decision.bound_by == (Binding.PACKAGE,)


# --- a number that was left out ------------------------------------------------------------------


DROPPED = described(registration_number=None, display=None)
SECOND_NUMBER = "蜀ICP备2021014694号-12A"


@pytest.mark.parametrize(
    ("records", "codes"),
    [
        ([{}], {"number_missing"}),
        ([{"status": "shell"}], {"number_missing"}),
        ([{"blacklisted": True}], {"number_missing", "blacklisted"}),
        ([{"status": "cancelled"}], {"number_missing", "registration_cancelled"}),
        ([{"status": "cancelled"}, {"registration_number": SECOND_NUMBER}], {"number_missing"}),
        ([{"status": "cancelled"}, {"registration_number": SECOND_NUMBER, "status": "cancelled"}],
         {"number_missing", "registration_cancelled"}),
        ([{}, {"registration_number": SECOND_NUMBER, "blacklisted": True}], {"number_missing", "blacklisted"}),
        ([{"blacklisted": True, "origin": "simulated"}], {"number_missing"}),
        ([{"blacklisted": True, "observed_at": (NOW - 2 * MONTH).isoformat()}],
         {"number_missing", "blacklisted", "record_stale"}),
        ([{"observed_at": (NOW - 2 * MONTH).isoformat()}], {"number_missing"}),
    ],
)  # fmt: skip
def test_leaving_the_number_out_hides_nothing(records: list[dict[str, Any]], codes: set[str]) -> None:
    """What the registry knows by document and package still counts against the app."""
    scene = Scene(records=[registered(**record) for record in records])
    assert set(scene.check(DROPPED).codes) == codes


def test_an_exemption_for_want_of_a_number_lifts_no_blacklist() -> None:
    """The exemption names one code; the blacklist is another."""
    text = """
    extends = "default"
    [[exemption]]
    name = "a"
    approver = "b"
    reason = "c"
    until = 2027-01-01T00:00:00Z
    codes = ["number_missing"]
    packages = ["com.sig.wameiji"]
    """
    policy = Policy.loads(text)
    assert Scene(records=[], policy=policy).check(DROPPED).allowed
    decision = Scene(records=[registered(blacklisted=True)], policy=policy).check(DROPPED)
    assert decision.denied
    assert decision.codes == ("blacklisted",)
    old = registered(blacklisted=True, observed_at=(NOW - 2 * MONTH).isoformat())
    assert Scene(records=[old], policy=policy).check(DROPPED).undecided


def test_the_blacklisted_number_is_named() -> None:
    """The reason says which registration it is, as if the app had stated it."""
    decision = Scene(records=[registered(blacklisted=True)]).check(DROPPED)
    reason = next(r for r in decision.reasons if r.code == "blacklisted")
    assert NUMBER in reason.found


def test_simulated_records_count_where_they_are_believed() -> None:
    """A gate for development sees the simulated blacklist."""
    record = registered(blacklisted=True, origin="simulated")
    decision = Scene(records=[record], options={"allow_simulated": True}).check(DROPPED)
    assert "blacklisted" in decision.codes


@pytest.mark.parametrize("known", [None, Unavailable(Why.NOT_LISTED)])
def test_a_registry_that_knows_nothing_adds_nothing(known: Unavailable | None) -> None:
    """Without a record there is nothing to hold against the app."""
    query = ByDocument("91510108MA6632C60R", "com.sig.wameiji")
    by_document = None if known is None else Observation(query, known, NOW, "test", "test")
    case = _case(DROPPED, number=None, observation=None, by_document=by_document)
    assert [r.code for r in objections(case, MONTH, [], [])[0]] == ["number_missing"]


# --- the pieces ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "read", "older"),
    [(NOW, NOW - SECOND, NOW - SECOND), (NOW - SECOND, NOW, NOW - SECOND), (NOW, NOW, NOW)],
)
def test_what_was_seen_is_as_old_as_its_older_part(asked: Any, read: Any, older: Any) -> None:
    """A record that was read today may have been observed long ago, and the other way round."""
    record = RegistrationRecord.read(registered(observed_at=read.isoformat()))
    observation = Observation(ByNumber(record.registration_number), Found((record,)), asked, "test", "test")
    assert _case(record=record, observation=observation).seen == older


def test_what_nobody_was_asked_is_not_old() -> None:
    """Without an observation, or a record of the number, there is nothing older."""
    assert _case(observation=None).seen == NOW
    unavailable = Observation(ByNumber(parse(NUMBER)), Unavailable(Why.TIMEOUT), NOW - SECOND, "test", "test")
    assert _case(observation=unavailable).seen == NOW - SECOND


@pytest.mark.parametrize(
    ("moment", "stood"),
    [
        (NOW - MONTH, True),
        (NOW - MONTH - SECOND, False),
        (NOW + timedelta(minutes=5), True),
        (NOW + timedelta(minutes=5, seconds=1), False),
    ],
)
def test_the_age_of_what_stands(moment: Any, stood: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """Neither too old nor from the future."""
    record = RegistrationRecord.read(registered(observed_at=moment.isoformat()))
    observation = Observation(ByNumber(record.registration_number), Found((record,)), moment, "test", "test")
    case = _case(record=record, observation=observation)
    assert stands(case, MONTH) is stood
    assert (objections(case, MONTH, [], [])[0][0].code == "record_stale") is not stood


def test_a_record_of_another_kind() -> None:
    """A record whose kind is not its number's is nobody's, even where its reader let it through."""
    fields = {name: getattr(RegistrationRecord.read(registered()), name) for name in RegistrationRecord.__slots__}
    record = RegistrationRecord(**fields | {"kind": ServiceKind.WEBSITE})
    case = _case(record=record)
    assert not stands(case, MONTH)
    assert [r.code for r in objections(case, MONTH, [], [])[0]] == ["service_kind_mismatch"]


def test_a_record_of_another_number() -> None:
    """An answer about something else is none."""
    case = _case(number=parse("蜀ICP备2021014694号-11A"))
    assert not stands(case, MONTH)
    assert [(r.code, r.detail) for r in objections(case, MONTH, [], [])[0]] == [
        ("registry_unavailable", "why.malformed")
    ]


def test_no_answer_at_all() -> None:
    """A number that nobody was asked about is undecided."""
    decision = decide(_case(observation=None), loosest(), decision_id="x")
    assert decision.undecided
    assert [(r.code, r.detail) for r in decision.raised] == [("registry_unavailable", "why.internal")]


def test_objections_add_to_what_was_raised() -> None:
    """A denial that is known is not repeated; notes and other warnings stay."""
    case = _case(described(), RegistrationRecord.read(registered(status="pending", blacklisted=True)))
    known = Raised(Effect.DENIES, "blacklisted", "d", "f", "e")
    lowered = Raised(Effect.WARNS, "registration_pending", "d", "f", "e")
    warning = Raised(Effect.WARNS, "name_mismatch", "d", "f", "e")
    note = Raised(Effect.NOTES, "not_checkable", "d", "f", "e")
    pending = Raised(Effect.DENIES, "registration_pending", "status.pending", "pending", "registered")
    assert objections(case, MONTH, [known], [lowered, warning, note]) == ([known, pending], [warning, note])


def test_there_is_always_an_objection() -> None:
    """Should no guard know why an allow does not stand, nobody can say."""
    internal = Raised(Effect.DENIES, "registry_unavailable", "why.internal", "no record", "a record of the number")
    warned = Raised(Effect.WARNS, "name_mismatch", "", "", "")
    denied = Raised(Effect.DENIES, "name_mismatch", "", "", "")
    assert objections(_case(), MONTH, [], [warned]) == ([internal], [warned])
    assert objections(_case(), MONTH, [denied], []) == ([denied, internal], [])
