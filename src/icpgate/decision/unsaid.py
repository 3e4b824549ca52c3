"""
The words of a decision's findings and reasons, found when somebody asks for them.

That two names differ decides; how they differ is for people. So a demand that the facts of a case
show to be failed is judged at once, and its rule is asked for its words by whoever reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.policy.contained import broken
from icpgate.policy.plan import in_order
from icpgate.rules import RULES
from icpgate.rules.rule import UNSAID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpgate.policy.plan import Raised
    from icpgate.rules import Case, Finding

__all__ = ["Unsaid"]

_RULES: Final = {rule.code: rule() for rule in RULES}
"""The rules as they are without parameters; only these are left without words."""


class Unsaid:
    """What a decision found and raised, some of it without words, and the case to find them in."""

    __slots__ = ("_case", "_findings", "_raised")

    def __init__(self, case: Case, findings: Sequence[Finding], raised: Sequence[Raised]) -> None:
        """Keep the case; nothing in it changes."""
        self._case = case
        self._findings = findings
        self._raised = raised

    @property
    def raised(self) -> tuple[Raised, ...]:
        """All that was raised, in order, some of it without words."""
        return in_order(self._raised)

    def said(self) -> tuple[tuple[Finding, ...], tuple[Raised, ...]]:
        """All findings and all that was raised, in order and in words."""
        words = {said.code: _words(said.code, self._case) for said in self._findings if _is_unsaid(said)}
        for reason in self._raised:  # a guard's may be of a rule that is off
            if _is_unsaid(reason) and reason.code not in words:
                words[reason.code] = _words(reason.code, self._case)
        findings = tuple(words[finding.code] if _is_unsaid(finding) else finding for finding in self._findings)
        return findings, in_order([_worded(reason, words) for reason in self._raised])


def _is_unsaid(said: Finding | Raised) -> bool:
    return said.detail == UNSAID and said.code in _RULES


def _words(code: str, case: Case) -> Finding:
    try:
        return _RULES[code].check(case)
    except Exception as error:  # noqa: BLE001 -- a rule's failure is a finding, never a traceback
        return broken(code, type(error).__name__)


def _worded(raised: Raised, words: Mapping[str, Finding]) -> Raised:
    if not _is_unsaid(raised):
        return raised
    finding = words[raised.code]
    return raised._replace(detail=finding.detail, found=finding.found, expected=finding.expected)
