"""Tables of expected decisions: the shipped one passes, a changed policy fails it, a bad row says where."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import NotRegistered, Unavailable, Why
from icpgate.errors import ConfigurationError, Defect, PolicyError
from icpgate.policy import FLOOR, Policy
from icpgate.rules import RULES, Action, Occasion
from icpgate.rules.reasons import reason_texts
from icpgate.testing.policy_table import RowResult, read_rows, read_table, run, shipped_rows
from tests import commandline
from tests.cases import NOW, NUMBER, described, registered

if TYPE_CHECKING:
    from pathlib import Path

EXTENDS = 'extends = "default"\n'
ZONED = "a time with its zone, such as 2026-11-24T08:00:00+08:00"
TEXT = files("icpgate.policy").joinpath("default_decisions.jsonl").read_text(encoding="utf-8")
ROWS = [json.loads(line) for line in TEXT.splitlines()]
BY_POLICY_ALONE = {"exempted", "fail_open_used", "host_platform_unregistered"}
BY_THE_GATE_ALONE = {"audit_unavailable"}
RESERVED = {"record_ambiguous"}


def _row(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "name": "a row",
        "app": described(),
        "records": [registered()],
        "expect": {"verdict": "allow"},
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def _defects(*rows: object) -> tuple[Defect, ...]:
    with pytest.raises(PolicyError) as caught:
        read_rows(list(rows), "t.jsonl")
    return caught.value.defects


def _run(**changes: object) -> tuple[str, ...]:
    (result,) = run(Policy.default(), read_rows([_row(**changes)], "t.jsonl"))
    return result.differences


# --- the shipped table --------------------------------------------------------------------------


def test_the_shipped_table_passes() -> None:
    """The default policy decides every row as expected."""
    results = run(Policy.default(), shipped_rows())
    assert len(results) == len(ROWS) >= 60
    assert [result for result in results if result.differences] == []


def test_the_shipped_table_reaches_every_code() -> None:
    """Each code that an app and a registry can bring about comes out of some row."""
    names = ("codes", "lifted", "grants", "warns", "notes")
    reached = {code for row in ROWS for name in names for code in row["expect"].get(name, ())}
    assert reached == set(reason_texts()) - BY_POLICY_ALONE - BY_THE_GATE_ALONE - RESERVED


def test_the_shipped_table_reaches_every_action_and_occasion() -> None:
    """Allowed and denied for each action, and everything right on each occasion."""
    allowed = {
        (row["action"], row["occasion"]) for row in ROWS if row["expect"]["verdict"] == "allow" and "occasion" in row
    }
    assert allowed == {(action, occasion) for action in Action for occasion in Occasion}
    denied = Counter(row.get("action", "list") for row in ROWS if row["expect"]["verdict"] == "deny")
    assert min(denied[action] for action in Action) > 5


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize(
    "moment",
    [
        "2023-08-31T23:59:59+08:00",
        "2023-09-01T00:00:00+08:00",
        "2024-03-31T23:59:59+08:00",
        "2024-04-01T00:00:00+08:00",
        "2024-06-30T23:59:59+08:00",
        "2024-07-01T00:00:00+08:00",
    ],
)
def test_the_shipped_table_has_every_boundary(action: str, moment: str) -> None:
    """Each last and first second of a stage, for new and for existing apps."""
    rows = [row for row in ROWS if row.get("action") == action and row.get("as_of") == moment]
    assert {"first_listed_on" in row["app"] for row in rows} == {True, False}


@pytest.mark.parametrize("code", [rule.code for rule in RULES if rule.code not in FLOOR])
def test_a_rule_that_is_off_fails_the_shipped_table(code: str) -> None:
    """No rule outside the floor can be switched off unnoticed, except where an allow needs it all the same."""
    policy = Policy.loads(f'{EXTENDS}[rules.{code}]\nlist = "off"\nconnect = "off"\npreinstall = "off"')
    differing = [result for result in run(policy, shipped_rows()) if result.differences]
    needed_all_the_same = {
        "number_of_other_register",
        "number_placeholder",
        "service_kind_mismatch",
        "entity_number_only",
        "registration_pending",
        "registration_returned",
        "record_simulated",
        "registries_disagree",
    }
    demands_nothing_yet = {"host_platform_unregistered"}  # before a policy names hosts
    assert bool(differing) is (code not in needed_all_the_same | demands_nothing_yet)


@pytest.mark.parametrize(
    "text",
    [
        "[rules.record_stale.parameters]\nmax_age_days = 31",
        "[rules.record_stale.parameters]\nmax_age_days = 29",
        "[rules.record_stale.parameters_for.preinstall]\nmax_age_days = 31",
        "[rules.record_stale.parameters_for.connect]\nmax_age_days = 29",
        '[rules.name_mismatch.parameters]\nlevel = "exact"',
        "[rules.signing_certificate_mismatch.parameters]\nverified_only = true",
        "[transition]\nnew_apps_from = 2023-08-31T23:59:59+08:00",
        "[transition]\nexisting_before = 2023-08-31T00:00:00+08:00",
        "[transition]\nexisting_apps_end = 2024-03-31T23:59:59+08:00",
        '[transition]\nforgives = ["number_missing"]',
        '[rules.domain_not_covered]\nnot_checkable = "note"',
    ],
)
def test_a_changed_policy_fails_the_shipped_table(text: str) -> None:
    """The table notices a second, a day, and a word."""
    results = run(Policy.loads(EXTENDS + text), shipped_rows())
    assert any(result.differences for result in results)


def test_the_command_runs_the_shipped_table(tmp_path: Path) -> None:
    """`icpgate policy test` says how many rows passed, and fails for a policy that differs."""
    ran = commandline.run("policy", "test")
    assert (ran.code, ran.out) == (0, f"{len(ROWS)} passed, 0 failed\n")
    changed = tmp_path / "p.toml"
    changed.write_text(f'{EXTENDS}[rules.name_mismatch]\nlist = "warn"\n', encoding="utf-8")
    ran = commandline.run("policy", "test", "--policy", str(changed))
    assert ran.code == 1
    assert "codes none instead of name_mismatch" in ran.out


# --- reading ------------------------------------------------------------------------------------


def test_a_row_and_its_defaults() -> None:
    """What is not said is the first listing of an app today, with an authoritative registry."""
    (row,) = read_rows([_row(name=None)], "t.jsonl")
    assert row.name == "t.jsonl:1"
    assert (row.action, row.occasion, row.as_of) == (Action.LIST, Occasion.FIRST, None)
    assert row.now == row.observed_at == NOW
    assert (row.authoritative, row.allow_simulated, row.answer) == (True, False, None)
    assert row.app.package == "com.sig.wameiji"
    assert [str(record.registration_number) for record in row.records] == [NUMBER]
    assert row.expected == {"verdict": "allow", "basis": "evaluated", "codes": []}


def test_a_row_with_everything() -> None:
    """Each field is read, and each list of expectations sorted."""
    expect = {
        "verdict": "deny",
        "basis": "undecided",
        "codes": ["record_stale", "blacklisted", "x_own"],
        "lifted": [],
        "grants": ["exempted"],
        "warns": ["registration_shell", "registration_changing"],
        "notes": ["not_checkable"],
        "bound_by": ["package", "document_number"],
    }
    (row,) = read_rows(
        [
            _row(
                action="connect",
                occasion="standing",
                as_of="2024-04-01T00:00:00+08:00",
                now="2024-05-01T00:00:00Z",
                observed_at="2024-04-30T00:00:00Z",
                authoritative=False,
                allow_simulated=True,
                expect=expect,
            )
        ],
        "t.jsonl",
    )
    assert (row.action, row.occasion) == (Action.CONNECT, Occasion.STANDING)
    assert row.as_of == datetime(2024, 3, 31, 16, tzinfo=UTC)
    assert row.now == datetime(2024, 5, 1, tzinfo=UTC)
    assert row.observed_at == datetime(2024, 4, 30, tzinfo=UTC)
    assert (row.authoritative, row.allow_simulated) == (False, True)
    assert row.expected == {
        "verdict": "deny",
        "basis": "undecided",
        "codes": ["blacklisted", "record_stale", "x_own"],
        "lifted": [],
        "grants": ["exempted"],
        "warns": ["registration_changing", "registration_shell"],
        "notes": ["not_checkable"],
        "bound_by": ["document_number", "package"],
    }


def test_a_record_was_observed_with_the_registry() -> None:
    """A record that does not say when is as old as the registry's own look; one that says has its own age."""
    bare = registered(observed_at=None, source=None)
    (row,) = read_rows([_row(records=[bare, registered(registration_number="京ICP备13004658号-1A")],
                             observed_at="2026-11-01T00:00:00Z")], "t")  # fmt: skip
    assert [record.observed_at.day for record in row.records] == [1, 23]
    assert row.records[0].source == "table"


def test_what_the_registry_answers() -> None:
    """An explicit no, or nobody could say, with every why."""
    (row,) = read_rows([_row(records=None, answer="not_registered")], "t")
    assert row.answer == NotRegistered("all")
    rows = [_row(name=why, records=None, answer=f"unavailable:{why}") for why in Why]
    assert [r.answer for r in read_rows(rows, "t")] == [Unavailable(why) for why in Why]


@pytest.mark.parametrize(
    ("changes", "defect"),
    [
        ({"actoin": "list"}, Defect("config.unknown", "t.jsonl:1", "unknown field 'actoin'", "",
                                    "did you mean action?")),
        ({"zzz": 1}, Defect("config.unknown", "t.jsonl:1", "unknown field 'zzz'", "",
                            "known: name, action, occasion, as_of, now, app, records, answer, stale, insecure_tls, "
                            "observed_at, authoritative, allow_simulated, expect")),
        ({"name": " "}, Defect("config.value", "t.jsonl:1: name", "' ' given", "a text that is not empty")),
        ({"name": 7}, Defect("config.value", "t.jsonl:1: name", "'7' given", "a text that is not empty")),
        ({"action": "listing"}, Defect("config.value", "t.jsonl:1: action", "'listing' given",
                                       "one of list, connect, preinstall", "did you mean list?")),
        ({"action": 7}, Defect("config.value", "t.jsonl:1: action", "'7' given", "one of list, connect, preinstall")),
        ({"occasion": "upgrade"}, Defect("config.value", "t.jsonl:1: occasion", "'upgrade' given",
                                         "one of first, update, standing", "did you mean update?")),
        ({"as_of": "2024-04-01"}, Defect("config.time", "t.jsonl:1: as_of", "'2024-04-01' given", ZONED)),
        ({"as_of": "yesterday"}, Defect("config.time", "t.jsonl:1: as_of", "'yesterday' given", ZONED)),
        ({"now": 20240401}, Defect("config.time", "t.jsonl:1: now", "'20240401' given", ZONED)),
        ({"now": "2026-02-30T00:00:00Z"}, Defect("config.time", "t.jsonl:1: now", "'2026-02-30T00:00:00Z' given",
                                                 ZONED)),
        ({"observed_at": "0001-01-01T00:00:00+08:00"}, Defect("config.time", "t.jsonl:1: observed_at",
                                                              "'0001-01-01T00:00:00+08:00' given", ZONED)),
        ({"authoritative": "yes"}, Defect("config.value", "t.jsonl:1: authoritative", "'yes' given", "true or false")),
        ({"allow_simulated": 1}, Defect("config.value", "t.jsonl:1: allow_simulated", "'1' given", "true or false")),
        ({"app": None}, Defect("config.value", "t.jsonl:1: app", "missing", "an object with the fields of an app")),
        ({"app": []}, Defect("config.value", "t.jsonl:1: app", "'[]' given", "an object with the fields of an app")),
        ({"records": {}}, Defect("config.value", "t.jsonl:1: records", "'{}' given", "a list of records")),
        ({"records": [7]}, Defect("config.value", "t.jsonl:1: records", "'[7]' given", "a list of records")),
        ({"records": [registered(), registered(status="cancelled")]},
         Defect("config.conflict", "t.jsonl:1: records[1]", f"a second record of {NUMBER}")),
        ({"answer": "not_registered"}, Defect("config.conflict", "t.jsonl:1: answer", "stands beside records",
                                              "one of the two")),
        ({"records": None, "answer": "unavailable:timeot"},
         Defect("config.value", "t.jsonl:1: answer", "'unavailable:timeot' given",
                "not_registered, or unavailable: and a why", "did you mean unavailable:timeout?")),
        ({"records": None, "answer": "unavailable"},
         Defect("config.value", "t.jsonl:1: answer", "'unavailable' given",
                "not_registered, or unavailable: and a why", f"whys: {', '.join(Why)}")),
        ({"records": None, "answer": "found:timeout"},
         Defect("config.value", "t.jsonl:1: answer", "'found:timeout' given",
                "not_registered, or unavailable: and a why", "did you mean unavailable:timeout?")),
        ({"records": None, "answer": None, "expect": None},
         Defect("config.value", "t.jsonl:1: expect", "missing", "an object with verdict, basis and codes")),
        ({"expect": "allow"}, Defect("config.value", "t.jsonl:1: expect", "'allow' given",
                                     "an object with verdict, basis and codes")),
        ({"expect": {"codes": []}}, Defect("config.value", "t.jsonl:1: expect", "'{'codes': []}' given",
                                           "an object with verdict, basis and codes")),
        ({"expect": {"verdict": "allowed"}}, Defect("config.value", "t.jsonl:1: expect: verdict", "'allowed' given",
                                                    "one of allow, deny", "did you mean allow?")),
        ({"expect": {"verdict": "allow", "basis": "exempt"}},
         Defect("config.value", "t.jsonl:1: expect: basis", "'exempt' given",
                "one of evaluated, exempted, undecided", "did you mean exempted?")),
        ({"expect": {"verdict": "allow", "code": []}}, Defect("config.unknown", "t.jsonl:1: expect",
                                                              "unknown field 'code'", "", "did you mean codes?")),
        ({"expect": {"verdict": "deny", "codes": ["number_mising"]}},
         Defect("config.unknown", "t.jsonl:1: expect.codes", "unknown word 'number_mising'", "",
                "did you mean number_missing?")),
        ({"expect": {"verdict": "deny", "codes": ["zzz"]}},
         Defect("config.unknown", "t.jsonl:1: expect.codes", "unknown word 'zzz'")),
        ({"expect": {"verdict": "deny", "codes": "number_missing"}},
         Defect("config.value", "t.jsonl:1: expect.codes", "'number_missing' given", "a list of texts")),
        ({"expect": {"verdict": "allow", "grants": [7]}},
         Defect("config.value", "t.jsonl:1: expect.grants", "'[7]' given", "a list of texts")),
        ({"expect": {"verdict": "allow", "bound_by": ["packages"]}},
         Defect("config.unknown", "t.jsonl:1: expect.bound_by", "unknown word 'packages'", "",
                "did you mean package?")),
        ({"expect": {"verdict": "deny"}}, Defect("config.value", "t.jsonl:1: expect", "a denial without a code",
                                                 "the codes that deny")),
    ],
)  # fmt: skip
def test_a_defect_of_a_row(changes: dict[str, object], defect: Defect) -> None:
    """It names the row, the field, and the nearest right word; never a bare ValueError."""
    assert defect in _defects(_row(**changes))


@pytest.mark.parametrize("row", [None, 7, [], "a row"])
def test_what_is_no_row(row: object) -> None:
    """A row is an object."""
    expected = Defect("config.value", "t.jsonl:2", f"{type(row).__name__} given", "an object")
    assert _defects(_row(), row) == (expected,)


def test_a_bad_app_names_row_and_field() -> None:
    """All defects of the app are the row's, each behind its place."""
    defects = _defects(_row(app=described(kind="ap", platform="beos")))
    assert {defect.place for defect in defects} >= {"t.jsonl:1: app/kind", "t.jsonl:1: app/platform"}
    assert all(defect.code.startswith("app.") for defect in defects)


def test_a_bad_record_names_row_and_field() -> None:
    """So it is with a record."""
    defects = _defects(_row(records=[registered(), registered(registration_number="x", status="fine")]))
    assert [defect.place for defect in defects] == [
        "t.jsonl:1: records[1]/registration_number",
        "t.jsonl:1: records[1]/status",
    ]


def test_every_defect_of_every_row_at_once() -> None:
    """One error for the table, which is the caller's."""
    rows = [_row(action="x", occasion="y", app=None), _row(name="b"), _row(name="c", now="z")]
    with pytest.raises(ConfigurationError) as caught:
        read_rows(rows, "t.jsonl")
    assert isinstance(caught.value, PolicyError)
    assert [defect.place for defect in caught.value.defects] == [
        "t.jsonl:1: app",
        "t.jsonl:1: action",
        "t.jsonl:1: occasion",
        "t.jsonl:3: now",
    ]
    assert str(caught.value).startswith("table: 4 defects")


def test_two_rows_of_one_name() -> None:
    """A result is found by its name."""
    expected = Defect("config.conflict", "t.jsonl:2: name", "'a row' is another row's name")
    assert _defects(_row(), _row()) == (expected,)


@pytest.mark.parametrize("text", ["", "\n  \n"])
def test_a_table_without_a_row(text: str) -> None:
    """Nothing empty is valid."""
    expected = Defect("config.value", "t", "no row", "at least one: a table without expectations tests nothing")
    with pytest.raises(PolicyError) as caught:
        read_table(text, "t")
    assert caught.value.defects == (expected,)
    assert _defects() == (Defect("config.value", "t.jsonl", expected.message, expected.expected),)


def test_lines_that_are_not_json() -> None:
    """Each is named by its line, blank ones counted; the others are still read."""
    good = json.dumps(_row())
    lines = [good, "", "{", '{"name": 1, "name": 2}', json.dumps(_row(name="b", now="x"))]
    with pytest.raises(PolicyError) as caught:
        read_table("\n".join(lines), "t")
    found = [(defect.place, defect.code, defect.expected) for defect in caught.value.defects]
    assert found == [
        ("t:3", "json.syntax", "an object in JSON"),
        ("t:4", "json.duplicate_key", "an object in JSON"),
        ("t:5: now", "config.time", ZONED),
    ]
    assert "line 1" in caught.value.defects[0].message


@pytest.mark.parametrize("raw", [b'{"name": "\xff"}', b"\xff\xfe"])
def test_bytes_that_are_not_utf_8(raw: bytes) -> None:
    """They are named by their line."""
    with pytest.raises(PolicyError) as caught:
        read_table(b"\n" + raw, "t")
    assert [(defect.place, defect.code) for defect in caught.value.defects] == [("t:2", "json.encoding")]


def test_a_table_from_text_and_bytes() -> None:
    """Both are read alike, whatever ends the lines; separators inside a text end none."""
    row = _row(name="a\u2028b")
    text = json.dumps(row, ensure_ascii=False) + "\r\n\r\n"
    assert [r.name for r in read_table(text, "t")] == [r.name for r in read_table(text.encode(), "t")] == ["a\u2028b"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(_row(answer="x", as_of="x", now="x", action="x"))), JSON, max_size=9))
def test_no_row_raises_anything_else(changes: dict[str, object]) -> None:
    """Whatever stands in a row, it is read or refused with its place."""
    try:
        read_rows([_row() | changes], "t")
    except PolicyError as error:
        places = [defect.place for defect in error.defects]
    else:
        places = ["t:1"]
    assert places
    assert all(place.startswith("t:1") for place in places)


# --- running ------------------------------------------------------------------------------------


def test_a_row_that_comes_out_as_expected() -> None:
    """No difference means that it passed."""
    (result,) = run(Policy.default(), read_rows([_row()], "t"))
    assert result == RowResult("a row", ())


def test_a_row_that_comes_out_otherwise() -> None:
    """Each difference names what came and what was wanted."""
    assert _run(expect={"verdict": "deny", "basis": "undecided", "codes": ["blacklisted", "not_registered"]}) == (
        "verdict allow instead of deny",
        "basis evaluated instead of undecided",
        "codes none instead of blacklisted, not_registered",
    )


@pytest.mark.parametrize(
    ("expect", "difference"),
    [
        ({"bound_by": ["package"]},
         "bound_by document_number, operator_and_name, package, signing_certificate instead of package"),
        ({"lifted": ["blacklisted"]}, "lifted none instead of blacklisted"),
        ({"grants": ["exempted"]}, "grants none instead of exempted"),
        ({"warns": []}, "warns registration_changing instead of none"),
        ({"notes": []}, "notes not_checkable instead of none"),
    ],
)  # fmt: skip
def test_what_is_stated_is_compared(expect: dict[str, object], difference: str) -> None:
    """Expectations beside the verdict count only where they stand."""
    records = [registered(status="changing")]
    assert _run(records=records, expect={"verdict": "allow"}) == ()
    assert _run(records=records, expect={"verdict": "allow"} | expect) == (difference,)


def test_a_row_is_asked_as_it_says() -> None:
    """Action, occasion, moment, authority and simulation reach the gate."""
    shell = [registered(status="shell")]
    assert _run(records=shell, occasion="standing", expect={"verdict": "allow"}) == ()
    denied = {"verdict": "deny", "codes": ["registration_shell"]}
    order = described(domains=["api.example.cn"])
    assert _run(app=order, records=shell, occasion="standing", action="connect", expect=denied) == ()
    simulated = [registered(origin="simulated")]
    assert _run(records=simulated, allow_simulated=True) == ()
    no = {"verdict": "deny", "codes": ["not_registered"]}
    unknown = {"verdict": "deny", "basis": "undecided", "codes": ["registry_unavailable"]}
    assert _run(records=[], expect=no) == ()
    assert _run(records=[], authoritative=False, expect=unknown) == ()
    assert _run(records=None, answer="unavailable:timeout", expect=unknown) == ()
    assert _run(records=None, answer="not_registered", expect=no) == ()
    old = {"verdict": "deny", "basis": "undecided", "codes": ["not_registered", "record_stale"]}
    assert _run(records=None, answer="not_registered", observed_at="2026-10-01T00:00:00Z", expect=old) == ()
    later = {"verdict": "deny", "basis": "undecided", "codes": ["record_stale"]}
    assert _run(now="2027-11-24T00:00:00Z", expect=later) == ()
    moved = described(registration_number=None, display=None)
    granted = {"verdict": "allow", "basis": "exempted", "grants": ["transition_period"]}
    assert _run(app=moved, records=[], as_of="2023-08-31T23:59:59+08:00", expect=granted) == ()
