"""A policy file as a whole: what loads, and every defect with its place and the nearest right word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from icpgate.errors import Defect, PolicyError
from icpgate.policy import Mode, Policy
from icpgate.policy.load import default_text
from icpgate.rules import RULES

EXTENDS = 'extends = "default"\n'
HOURS = "hours, from a second to 366 days"
ZONED = "a date and time with its zone, such as 2024-04-01T00:00:00+08:00"
OFFSET = "write it without quotes, with its offset"
FORGIVABLE = (
    "some of display_link_missing, display_mismatch, display_missing, entity_number_only, not_registered, "
    "number_missing, pre_approval_missing, registration_pending, registration_returned"
)


def _defects(text: str) -> tuple[Defect, ...]:
    with pytest.raises(PolicyError) as caught:
        Policy.loads(text)
    return caught.value.defects


def test_the_shipped_policy() -> None:
    """It loads, names itself, enforces, and has every rule in the order of a check."""
    policy = Policy.default()
    assert (policy.name, policy.version, policy.mode) == ("miit-2023-105", "2026-11-24", Mode.ENFORCE)
    assert [rule.code for rule in policy.rules] == [rule.code for rule in RULES]
    assert policy.exemptions == ()
    assert policy.fail_open == ()
    assert policy.recheck == {
        "allowed": timedelta(days=1),
        "denied": timedelta(days=1),
        "undecided": timedelta(minutes=15),
    }


def test_the_shipped_policy_is_read_once() -> None:
    """Gates share it; with rules of one's own it is read anew."""
    assert Policy.default() is Policy.default()
    again = Policy.default(list(RULES))
    assert again is not Policy.default()
    assert again.revision == Policy.default().revision


def test_the_shipped_stages() -> None:
    """The notice's dates, in UTC."""
    transition = Policy.default().transition
    assert transition.new_apps_from == datetime(2023, 8, 31, 16, tzinfo=UTC)
    assert transition.existing_before == datetime(2023, 8, 31, 16, tzinfo=UTC)
    assert transition.existing_apps_end == datetime(2024, 3, 31, 16, tzinfo=UTC)
    assert transition.inspection_end == datetime(2024, 6, 30, 16, tzinfo=UTC)
    assert "registration_cancelled" not in transition.forgives
    assert {"number_missing", "not_registered", "registration_pending"} < transition.forgives


def test_a_file_that_extends_the_default() -> None:
    """It states only what it changes, and leaves the default as it is."""
    policy = Policy.loads(EXTENDS + '[policy]\nmode = "dry_run"\n[recheck]\ndenied = 0.5\n')
    assert policy.mode is Mode.DRY_RUN
    assert policy.name == "miit-2023-105"
    assert policy.recheck["denied"] == timedelta(minutes=30)
    assert policy.recheck["allowed"] == timedelta(days=1)
    assert Policy.default().mode is Mode.ENFORCE
    assert Policy.loads(EXTENDS).revision == Policy.default().revision


def test_a_file_that_states_everything() -> None:
    """Without `extends` the file stands alone."""
    policy = Policy.loads(default_text().replace('name = "miit-2023-105"', 'name = " own "'))
    assert policy.name == "own"
    assert policy.revision == Policy.default().revision


def test_mode_is_enforce_unless_stated() -> None:
    """A file that does not say is enforced."""
    assert Policy.loads(default_text().replace('mode = "enforce"\n', "")).mode is Mode.ENFORCE


def test_an_empty_file() -> None:
    """Nothing empty is valid; everything that is missing is named at once."""
    floor = [
        Defect("config.floor", f"rules.{code}", "missing", "enforce: it belongs to the floor")
        for code in (
            "blacklisted",
            "identity_unproven",
            "not_registered",
            "number_malformed",
            "number_missing",
            "record_stale",
            "registration_cancelled",
            "registry_unavailable",
        )
    ]
    moments = ("new_apps_from", "existing_before", "existing_apps_end", "inspection_end")
    hint = 'state them all, or begin with extends = "default"'
    assert _defects("# nothing\n") == (
        Defect("config.value", "policy.name", "missing", "a text that is not empty"),
        Defect("config.value", "policy.version", "missing", "a text that is not empty"),
        Defect("rules.empty", "rules", "no rule", "", hint),
        *floor,
        *(Defect("config.time", f"transition.{n}", "missing", "a date and time with its zone") for n in moments),
        *(Defect("config.value", f"recheck.{name}", "missing", HOURS) for name in ("allowed", "denied", "undecided")),
    )


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        ("[polcy]", Defect("config.unknown", "polcy", "unknown key 'polcy'", "", "did you mean policy?")),
        ("[exemtion]", Defect("config.unknown", "exemtion", "unknown key 'exemtion'", "", "did you mean exemption?")),
        (
            "zzz = 1",
            Defect("config.unknown", "zzz", "unknown key 'zzz'", "",
                   "known: extends, policy, transition, recheck, cache, rules, exemption, fail_open"),
        ),
        ('"a\\nb" = 1', Defect("config.unknown", "a\\nb", "unknown key 'a\\nb'", "",
                              "known: extends, policy, transition, recheck, cache, rules, exemption, fail_open")),
        (
            f"{'z' * 61} = 1",
            Defect("config.unknown", f"{'z' * 60}…", f"unknown key '{'z' * 60}…'", "",
                   "known: extends, policy, transition, recheck, cache, rules, exemption, fail_open"),
        ),
        ("[policy]\nnmae = 1", Defect("config.unknown", "policy.nmae", "unknown key 'nmae'", "", "did you mean name?")),
        ("[policy]\nname = ' '", Defect("config.value", "policy.name", "' ' given", "a text that is not empty")),
        ("[policy]\nname = 7", Defect("config.value", "policy.name", "'7' given", "a text that is not empty")),
        ("[policy.name]\na = 1", Defect("config.value", "policy.name", "'{'a': 1}' given", "a text that is not empty")),
        (
            '[policy]\nversion = "a\\nb"',
            Defect("config.value", "policy.version", "'a\\nb' given", "one line of visible characters"),
        ),
        (
            '[policy]\nversion = "a\\u202eb"',
            Defect("config.value", "policy.version", "'a\\u202eb' given", "one line of visible characters"),
        ),
        (
            '[policy]\nmode = "enforced"',
            Defect("config.value", "policy.mode", "'enforced' given", "one of enforce, warn, dry_run",
                   "did you mean enforce?"),
        ),
        ("[policy]\nmode = true",
         Defect("config.value", "policy.mode", "'True' given", "one of enforce, warn, dry_run")),
        ("[[policy]]", Defect("config.value", "policy", "list given", "a table")),
        ("rules = []", Defect("config.value", "rules", "list given", "a table")),
        ("[[transition]]", Defect("config.value", "transition", "list given", "a table")),
        ("[transition]\ninspection_ends = 1",
         Defect("config.unknown", "transition.inspection_ends", "unknown key 'inspection_ends'", "",
                "did you mean inspection_end?")),
        ("recheck = 24", Defect("config.value", "recheck", "int given", "a table")),
        ("[recheck]\nalowed = 1", Defect("config.unknown", "recheck.alowed", "unknown key 'alowed'", "",
                                        "did you mean allowed?")),
    ],
)  # fmt: skip
def test_defects(text: str, defect: Defect) -> None:
    """Each with its code, its place, and what was meant or expected."""
    assert defect in _defects(text if "extends" in text else f"{EXTENDS}{text}")


def test_another_file_than_the_default_cannot_be_extended() -> None:
    """There is one policy to extend."""
    assert _defects('extends = "other"') == (Defect("config.value", "extends", "'other' given", '"default"'),)
    assert _defects("extends = ['default']")[0].message == "'['default']' given"


def test_every_defect_at_once() -> None:
    """One error names what is wrong in every part of the file, each once, in the order of the file."""
    text = """
    extends = "defualt"
    [polcy]
    [policy]
    mode = "off"
    [rules.name_mismatch]
    list = "warm"
    [rules.nam_mismatch]
    [transition]
    new_apps_from = 2023-09-01
    [recheck]
    allowed = 0
    [[exemption]]
    [[fail_open]]
    """
    places = [defect.place for defect in _defects(text)]
    assert places[:7] == [
        "polcy",
        "extends",
        "policy.mode",
        "rules.nam_mismatch",
        "rules.name_mismatch.list",
        "transition.new_apps_from",
        "exemption[0]",
    ]
    assert {"exemption[0].until", "fail_open[0].since", "recheck.allowed"} <= set(places)
    assert len(places) == len(set(_defects(text)))


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("2023-09-01", "2023-09-01 has no zone", OFFSET),
        ("2023-09-01T00:00:00", "2023-09-01T00:00:00 has no zone", "add the offset +08:00"),
        ("07:32:00", "07:32:00 has no zone", OFFSET),
        ('"2023-09-01T00:00:00+08:00"', "'2023-09-01T00:00:00+08:00' given", OFFSET),
        ("20230901", "'20230901' given", OFFSET),
    ],
)
def test_a_date_needs_a_zone(value: str, message: str, hint: str) -> None:
    """Local dates and times, texts and numbers are no moments."""
    defects = _defects(f"{EXTENDS}[transition]\nnew_apps_from = {value}")
    assert defects == (Defect("config.time", "transition.new_apps_from", message, ZONED, hint),)


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01"])
def test_a_moment_outside_the_calendar(value: str) -> None:
    """A moment that has no UTC is a defect, not an OverflowError."""
    wanted = "a moment of the years 1 to 9999 in UTC"
    defects = _defects(f"{EXTENDS}[transition]\nnew_apps_from = {value}")
    assert defects == (Defect("config.time", "transition.new_apps_from", f"{value} given", wanted),)


def test_a_missing_stage() -> None:
    """A table that is stated alone needs all its dates."""
    text = default_text().replace("inspection_end = 2024-07-01T00:00:00+08:00\n", "")
    assert _defects(text) == (
        Defect("config.time", "transition.inspection_end", "missing", "a date and time with its zone"),
    )


@pytest.mark.parametrize(
    "stages",
    [
        "existing_apps_end = 2023-08-31T23:59:59+08:00",
        "inspection_end = 2024-03-31T23:59:59+08:00",
        "inspection_end = 2023-01-01T00:00:00+08:00",
    ],
)
def test_stages_out_of_order(stages: str) -> None:
    """Each stage ends after the one before."""
    hint = "each ends after the one before"
    expected = Defect("config.conflict", "transition", "the stages are not in order", "", hint)
    assert _defects(f"{EXTENDS}[transition]\n{stages}") == (expected,)


@pytest.mark.parametrize(
    ("name", "latest"),
    [
        ("new_apps_from", "2023-09-01T00:00:00+08:00"),
        ("existing_before", "2023-09-01T00:00:00+08:00"),
        ("existing_apps_end", "2024-04-01T00:00:00+08:00"),
        ("inspection_end", "2024-07-01T00:00:00+08:00"),
    ],
)
def test_no_stage_is_later_than_the_notice_s(name: str, latest: str) -> None:
    """A date moved later would lift the floor for every app, with neither name nor approver."""
    moment = datetime.fromisoformat(latest)
    later = moment + timedelta(seconds=1)
    expected = Defect(
        "config.floor",
        f"transition.{name}",
        f"{later.astimezone(UTC).isoformat()} is later than the notice's date",
        f"at the latest {moment.astimezone(UTC).isoformat()}",
        "an exemption lets single apps pass",
    )
    assert expected in _defects(f"{EXTENDS}[transition]\n{name} = {later.isoformat()}")
    same = Policy.loads(f"{EXTENDS}[transition]\n{name} = {latest}")
    assert same.transition == Policy.default().transition


def test_a_stage_may_be_earlier() -> None:
    """A gatekeeper may be stricter than the notice, and equal stages are in order."""
    text = "existing_apps_end = 2023-09-01T00:00:00+08:00\ninspection_end = 2023-09-01T00:00:00+08:00"
    policy = Policy.loads(f"{EXTENDS}[transition]\n{text}")
    assert policy.transition.existing_apps_end == policy.transition.inspection_end == policy.transition.new_apps_from


@pytest.mark.parametrize(
    ("forgives", "defect"),
    [
        ('["blacklisted"]', Defect("config.floor", "transition.forgives",
                                   "blacklisted is not the want of a registration", FORGIVABLE)),
        ('["name_mismatch"]', Defect("config.floor", "transition.forgives",
                                     "name_mismatch is not the want of a registration", FORGIVABLE)),
        ('["number_mising"]', Defect("config.unknown", "transition.forgives.number_mising",
                                     "unknown code 'number_mising'", "", "did you mean number_missing?")),
        ('"number_missing"', Defect("config.value", "transition.forgives", "'number_missing' given",
                                    "a list of texts")),
        ("[1]", Defect("config.value", "transition.forgives", "'[1]' given", "a list of texts")),
        ('[" "]', Defect("config.value", "transition.forgives", "'[' ']' given", "a list of texts")),
        ("[]", Defect("config.value", "transition.forgives", "an empty list selects nothing", "",
                      "name what it covers, or remove it")),
    ],
)  # fmt: skip
def test_what_a_date_cannot_forgive(forgives: str, defect: Defect) -> None:
    """Only the want of a registration is lifted by a date, and each code is named."""
    assert _defects(f"{EXTENDS}[transition]\nforgives = {forgives}") == (defect,)


def test_what_a_date_can_forgive() -> None:
    """Every code on the list loads."""
    codes = FORGIVABLE.removeprefix("some of ").split(", ")
    policy = Policy.loads(f"{EXTENDS}[transition]\nforgives = {codes}")
    assert policy.transition.forgives == set(codes)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("-1", "-1"),
        ("-0.5", "-0.5"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("-inf", "-inf"),
        ("true", "True"),
        ("false", "False"),
        ('"24"', "24"),
        ("8784.001", "8784.001"),
        ("1e300", "1e+300"),
        ("1e-9", "1e-09"),
        ("[24]", "[24]"),
    ],
)
def test_recheck_out_of_range(value: str, shown: str) -> None:
    """A time to look again is a number of hours that somebody can have meant."""
    expected = Defect("config.value", "recheck.denied", f"'{shown}' given", HOURS)
    assert _defects(f"{EXTENDS}[recheck]\ndenied = {value}") == (expected,)


@pytest.mark.parametrize(
    ("value", "period"),
    [("8784", timedelta(days=366)), ("1", timedelta(hours=1)), ("0.0002777777777777778", timedelta(seconds=1))],
)
def test_recheck_within_range(value: str, period: timedelta) -> None:
    """Both ends of the range load, whole hours and parts of one."""
    assert Policy.loads(f"{EXTENDS}[recheck]\nundecided = {value}").recheck["undecided"] == period


def test_a_table_of_exceptions_is_an_array() -> None:
    """`[exemption]` for `[[exemption]]` is refused, not read as none."""
    wanted = Defect("config.value", "exemption", "not an array of tables", "[[exemption]]")
    assert _defects(f"{EXTENDS}[exemption]\nname = 'x'") == (wanted,)
    assert _defects(f"{EXTENDS}exemption = [1]") == (wanted,)
    assert _defects(f"{EXTENDS}fail_open = 1")[0].expected == "[[fail_open]]"
