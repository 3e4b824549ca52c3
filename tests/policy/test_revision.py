"""The revision of a policy: it changes with what a verdict depends on, and with nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from icpgate.policy import Policy
from icpgate.policy.load import default_text
from icpgate.policy.revision import _data_versions
from icpgate.rules import RULES, Case, Demand, Finding

EXTENDS = 'extends = "default"\n'
EXEMPTION = """
[[exemption]]
name = "a"
approver = "b"
reason = "c"
until = 2027-05-01T00:00:00+08:00
codes = ["number_missing", "display_missing"]
packages = ["cn.example.a", "cn.example.b"]
"""
FAIL_OPEN = """
[[fail_open]]
name = "a"
approver = "b"
reason = "c"
since = 2026-11-20T00:00:00+08:00
until = 2026-11-30T00:00:00+08:00
codes = ["registry_unavailable"]
actions = ["list"]
occasions = ["first"]
"""


def _revision(text: str) -> str:
    return Policy.loads(EXTENDS + text).revision


def test_what_it_looks_like() -> None:
    """Sixteen hexadecimal digits, the same in every process."""
    revision = Policy.default().revision
    assert len(revision) == 16
    assert int(revision, 16)
    assert _revision("") == revision


@pytest.mark.parametrize(
    "text",
    [
        "# a comment",
        '[policy]\nname = "other"\nversion = "2"',
        '[policy]\nmode = "dry_run"',
        '[rules.name_mismatch]\nlist = { first = "enforce", update = "enforce", standing = "enforce" }',
        '[rules.number_missing]\nnot_checkable = "deny"',
        "[rules.record_stale.parameters]\nmax_age_days = 30.0",
        "[rules.record_stale.parameters_for.connect]\nmax_age_days = 30",
        "[transition]\nexisting_apps_end = 2024-03-31T16:00:00Z",
        "[recheck]\nallowed = 24.0",
    ],
)
def test_another_way_to_put_the_same(text: str) -> None:
    """Comments, names, the mode, defaults spelt out and other zones change no verdict."""
    assert _revision(text) == Policy.default().revision


@pytest.mark.parametrize(
    "text",
    [
        '[rules.name_mismatch]\nlist = "warn"',
        '[rules.name_mismatch]\nlist = "off"',
        '[rules.name_mismatch]\nconnect = "warn"',
        '[rules.name_mismatch]\nlist = { standing = "warn" }',
        '[rules.name_mismatch]\nlist = { update = "warn" }',
        '[rules.name_mismatch]\nnot_checkable = "deny"',
        '[rules.name_mismatch]\nnot_checkable = { preinstall = "deny" }',
        '[rules.name_mismatch.parameters]\nlevel = "exact"',
        '[rules.name_mismatch.parameters_for.list]\nlevel = "exact"',
        "[rules.record_stale.parameters]\nmax_age_days = 29",
        '[rules.pre_approval_missing.parameters]\nlists = ["notice", "wider"]',
        '[rules.pre_approval_expired.parameters]\nlists = ["notice", "wider"]',
        "[rules.domain_not_covered.parameters]\nsubdomains = true",
        '[rules.access_restricted.parameters]\naccess_provider = "x"',
        "[transition]\nexisting_apps_end = 2024-03-31T23:59:59+08:00",
        "[transition]\nnew_apps_from = 2023-08-31T23:59:59+08:00",
        "[transition]\nexisting_before = 2023-08-31T23:59:59+08:00",
        "[transition]\ninspection_end = 2024-06-30T23:59:59+08:00",
        '[transition]\nforgives = ["number_missing"]',
        "[recheck]\nallowed = 23",
        EXEMPTION,
        FAIL_OPEN,
    ],
)
def test_what_changes_a_decision(text: str) -> None:
    """Each has a revision of its own."""
    assert _revision(text) != Policy.default().revision


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ('reason = "c"', 'reason = "another"', True),
        ('name = "a"', 'name = "z"', False),
        ("2026-11-30T00:00:00+08:00", "2026-11-30T00:00:01+08:00", False),
        ('["registry_unavailable"]', '["record_stale"]', False),
        ('["list"]', '["list", "connect"]', False),
        ('["first"]', '["update"]', False),
    ],
)
def test_fail_open_in_the_revision(before: str, after: str, same: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """As with an exemption."""
    assert (_revision(FAIL_OPEN.replace(before, after)) == _revision(FAIL_OPEN)) is same


def test_revisions_differ_among_each_other() -> None:
    """No two of the changes are taken for one."""
    mark = next(m for m in test_what_changes_a_decision.pytestmark if m.name == "parametrize")  # type: ignore[attr-defined]  # pytest's own
    revisions = [_revision(text) for text in mark.args[1]]
    assert len(set(revisions)) == len(revisions)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ('reason = "c"', 'reason = "another"', True),
        ('reason = "c"', 'reason = "c"\nticket = "EX-1"', True),
        ('["number_missing", "display_missing"]', '["display_missing", "number_missing"]', True),
        ('["cn.example.a", "cn.example.b"]', '["cn.example.b", "cn.example.a"]', True),
        ("2027-05-01T00:00:00+08:00", "2027-04-30T16:00:00Z", True),
        ('reason = "c"', 'reason = "c"\nactions = ["list", "connect", "preinstall"]', True),
        ('name = "a"', 'name = "z"', False),
        ('approver = "b"', 'approver = "z"', False),
        ("2027-05-01T00:00:00+08:00", "2027-05-01T00:00:01+08:00", False),
        ('["number_missing", "display_missing"]', '["number_missing"]', False),
        ('["cn.example.a", "cn.example.b"]', '["cn.example.a"]', False),
        ('reason = "c"', 'reason = "c"\nsince = 2026-01-01T00:00:00Z', False),
        ('reason = "c"', 'reason = "c"\nactions = ["list"]', False),
        ('reason = "c"', 'reason = "c"\noccasions = ["first"]', False),
        ('reason = "c"', 'reason = "c"\noperators = ["x"]', False),
        ('reason = "c"', 'reason = "c"\nnumbers = ["京ICP备13004658号-1A"]', False),
        ('reason = "c"', 'reason = "c"\nkinds = ["app"]', False),
        ('reason = "c"', 'reason = "c"\nplatforms = ["android"]', False),
    ],
)
def test_an_exemption_in_the_revision(before: str, after: str, same: bool) -> None:  # noqa: FBT001 -- a test's parameter
    """What stands in a decision or selects an app counts; what was noted for people does not."""
    assert (_revision(EXEMPTION.replace(before, after)) == _revision(EXEMPTION)) is same


def test_the_order_of_the_file_does_not_count() -> None:
    """Rules turned round mean the same."""
    head, *rules = default_text().split("[rules.")
    turned = head + "".join(f"[rules.{rule}\n" for rule in reversed(rules))
    assert Policy.loads(turned).revision == Policy.default().revision


def test_the_data_files_count() -> None:
    """Every data file of the parts that decide has its digest in it."""
    names = set(_data_versions())
    assert {
        "icpgate.rules//sectors.toml",
        "icpgate.rules//reasons.toml",
        "icpgate.number/data/provinces.toml",
        "icpgate/data/traditional.toml",
        "icpgate/data/punctuation.toml",
    } <= names
    assert all(len(digest) == 64 for digest in _data_versions().values())


@dataclass(frozen=True, slots=True)
class One(Demand):
    """A rule of one's own."""

    code: ClassVar[str] = "x_one"
    word: str = "a"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        return self.passed if case.app.domains else self.not_applicable


class Another(One):
    """Another class of the same code."""

    code: ClassVar[str] = "x_one"


class Bare:
    """A rule without parameters."""

    code: ClassVar[str] = "x_one"

    def check(self, case: Case) -> Finding:
        """See `Rule.check`."""
        return One().check(case)


def test_rules_of_one_s_own_count() -> None:
    """By their class and their parameters."""
    stated = '[rules.x_one]\nlist = "enforce"\nconnect = "enforce"\npreinstall = "enforce"\n'
    texts = [stated, stated + "parameters = { word = 'b' }"]
    revisions = [Policy.loads(EXTENDS + text, rules=[*RULES, One]).revision for text in texts]
    revisions += [Policy.loads(EXTENDS + stated, rules=[*RULES, kind]).revision for kind in (Another, Bare)]
    assert len({*revisions, Policy.default().revision}) == 5
