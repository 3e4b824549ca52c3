"""`[cache]` of a policy: hours, every defect at once, and a revision that changes with them."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest

from icpgate.errors import Defect, PolicyError
from icpgate.lives import LONGEST_LIFE, Lives
from icpgate.policy import Policy
from icpgate.policy.load import default_text

EXTENDS = 'extends = "default"\n[cache]\n'
HOURS = [field.name for field in fields(Lives) if field.name != "jitter"]
EXPECTED = "hours, from 0 to 720"
HINT = "see docs/settings.md, [cache]"


def _defects(text: str) -> tuple[Defect, ...]:
    with pytest.raises(PolicyError) as caught:
        Policy.loads(EXTENDS + text)
    return caught.value.defects


def _without_cache() -> str:
    before, _, after = default_text().partition("[cache]\n")
    return before + after[after.index("[rules.") :]


def test_the_shipped_policy_has_what_lives_have() -> None:
    """The file spells out the defaults, to the microsecond."""
    assert Policy.default().lives == Lives()


def test_a_policy_that_says_nothing_has_the_same() -> None:
    """A file without `[cache]` lives and decides as the shipped one."""
    policy = Policy.loads(_without_cache())
    assert policy.lives == Lives()
    assert policy.revision == Policy.default().revision


@pytest.mark.parametrize("name", HOURS)
def test_each_life_is_stated_in_hours(name: str) -> None:
    """Only that one changes, and the revision with it."""
    hours = {"stale_allow": 30.5, "stale_deny": 30.5}.get(name, 0.5)
    policy = Policy.loads(EXTENDS + f"{name} = {hours}\n")
    assert {each for each in HOURS if getattr(policy.lives, each) != getattr(Lives(), each)} == {name}
    assert getattr(policy.lives, name) == timedelta(hours=hours)
    assert policy.revision != Policy.default().revision


def test_jitter_is_a_part() -> None:
    """It changes the revision too; another way to write the same does not."""
    policy = Policy.loads(EXTENDS + "jitter = 0.5\n")
    assert policy.lives == Lives(jitter=0.5)
    assert policy.revision != Policy.default().revision
    assert Policy.loads(EXTENDS + "jitter = 0.10\nregistered = 24.0\n").revision == Policy.default().revision


def test_the_ends_of_what_may_be_stated() -> None:
    """Nothing, and the age at which the shipped policy believes nothing."""
    policy = Policy.loads(EXTENDS + "registered = 720\npending = 0\njitter = 0\n")
    assert (policy.lives.registered, policy.lives.pending, policy.lives.jitter) == (LONGEST_LIFE, timedelta(0), 0)


@pytest.mark.parametrize("name", HOURS)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("-1", "'-1'"),
        ("720.5", "'720.5'"),
        ('"24"', "'24'"),
        ("true", "'True'"),
        ("nan", "'nan'"),
        ("inf", "'inf'"),
        ("[]", "'[]'"),
    ],
)
def test_what_is_no_number_of_hours(name: str, value: str, shown: str) -> None:
    """Nothing is converted."""
    assert _defects(f"{name} = {value}\n") == (Defect("config.value", f"cache.{name}", f"{shown} given", EXPECTED),)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("-0.1", "'-0.1'"), ("0.6", "'0.6'"), ('"0.1"', "'0.1'"), ("false", "'False'"), ("nan", "'nan'")],
)
def test_what_is_no_jitter(value: str, shown: str) -> None:
    """At most half of a life."""
    expected = Defect("config.value", "cache.jitter", f"{shown} given", "a part from 0 to 0.5")
    assert _defects(f"jitter = {value}\n") == (expected,)


def test_an_unknown_name_is_a_defect() -> None:
    """A misspelt life is a life that silently would not hold."""
    expected = Defect("config.unknown", "cache.regstered", "unknown key 'regstered'", "", "did you mean registered?")
    assert _defects("regstered = 1\n") == (expected,)


def test_cache_is_a_table() -> None:
    """Not a number for everything."""
    with pytest.raises(PolicyError) as caught:
        Policy.loads('extends = "default"\ncache = 24\n')
    assert [(defect.place, defect.expected) for defect in caught.value.defects] == [("cache", "a table")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stale_deny = 23\n", "stale_allow is longer than stale_deny: what could allow must end first"),
        ("stale_allow = 169\n", "stale_allow is longer than stale_deny: what could allow must end first"),
        ("renewing = 25\n", "renewing is longer than stale_allow: it is a part of it"),
        ("stale_allow = 0.5\n", "renewing is longer than stale_allow: it is a part of it"),
    ],
)
def test_lives_that_contradict_each_other(text: str, message: str) -> None:
    """Also where the file states only one of them."""
    assert _defects(text) == (Defect("config.conflict", "cache", message, "", HINT),)


def test_every_defect_at_once() -> None:
    """In the order of the lives, not of the file."""
    found = _defects('jitter = 1\nshell = "6"\nother = 1\nrenewing = 25\nregistered = -1\n')
    assert [(defect.code, defect.place) for defect in found] == [
        ("config.unknown", "cache.other"),
        ("config.value", "cache.registered"),
        ("config.value", "cache.shell"),
        ("config.value", "cache.jitter"),
        ("config.conflict", "cache"),
    ]
