"""
Runs a rule that is not icpgate's own, and guarantees what its author only promises.

- It sees a copy of the case: what it changes there changes no decision.
- What it raises, and what is not a finding of its own code, is *not checkable* and denies.
- What ends a process (`SystemExit`, `KeyboardInterrupt`) is let through: there is no decision then.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from icpgate.rules import Finding, Outcome

if TYPE_CHECKING:
    from icpgate.rules import Case, Rule

__all__ = ["RULE_FAILED", "ContainedRule", "broken"]

RULE_FAILED: Final = "rule.failed."
"""How the detail of a broken rule's finding begins."""


def broken(code: str, why: str) -> Finding:
    """What stands for the finding of a rule that gave none."""
    return Finding(code, Outcome.NOT_CHECKABLE, RULE_FAILED + why, "", "a finding of the rule")


@dataclass(frozen=True, slots=True)
class ContainedRule:
    """A rule that cannot harm the check it takes part in."""

    rule: Rule
    code: str

    def check(self, case: Case) -> Finding:
        """See `Rule.check`; raises no `Exception`."""
        try:
            finding = self.rule.check(copy(case))
        except Exception as error:  # noqa: BLE001 -- a rule's failure is a finding, never a traceback
            return broken(self.code, type(error).__name__)
        problem = self._problem(finding)
        return finding if problem is None else broken(self.code, problem)

    def _problem(self, finding: object) -> str | None:
        if type(finding) is not Finding:
            return type(finding).__name__
        if type(finding.outcome) is not Outcome:
            return "outcome"
        texts = (finding.detail, finding.found, finding.expected)
        if finding.code != self.code or not all(type(text) is str for text in texts):
            return "finding"
        return None
