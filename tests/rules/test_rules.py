"""The list of rules."""

from __future__ import annotations

import dataclasses

import pytest

from icpgate.rules import RULES, Outcome, Rule
from icpgate.rules.reasons import Says, reason_texts
from tests.cases import case_of


def test_every_rule_has_a_published_code_of_its_own() -> None:
    """Two rules of one code could not be told apart in a policy."""
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    assert set(codes) <= set(reason_texts())


def test_every_objection_has_its_rule() -> None:
    """A published objection that no rule makes would be a promise nobody keeps; some are the gate's own."""
    codes = {rule.code for rule in RULES}
    objections = {code for code, text in reason_texts().items() if text.says in {Says.NO, Says.UNKNOWN}}
    of_the_gate = {"not_checkable", "audit_unavailable", "record_ambiguous"}
    assert objections - codes == of_the_gate


def test_rules_come_in_the_order_of_their_bits() -> None:
    """The order of a check is the order of the report, but for what belongs to the declaration and the record."""
    bits = [reason_texts()[rule.code].bit for rule in RULES]
    assert bits == sorted(bits)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_needs_no_parameters(rule: type[Rule]) -> None:
    """Without a policy's word every rule has a sound one of its own."""
    instance = rule()
    assert isinstance(instance, Rule)
    assert instance.check(case_of()).outcome in set(Outcome)
    assert instance.check(case_of()).code == rule.code


@pytest.mark.parametrize("rule", [rule for rule in RULES if dataclasses.is_dataclass(rule)])
def test_a_rule_is_a_frozen_value(rule: type[Rule]) -> None:
    """Rules are compared and hashed by their parameters."""
    assert rule() == rule()
    assert hash(rule()) == hash(rule())
