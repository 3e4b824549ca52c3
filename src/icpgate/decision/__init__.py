"""
A decision, and how it is reached: pure, from a case and a policy.

- An allow on the merits needs a found, fresh, bound record. `decide` makes sure of it after all
  rules have spoken, whatever the policy switched off.
- Every objection is reported, not only the first.
- *Don't know* is a denial whose basis is `UNDECIDED`: neither yes nor no.
"""

from __future__ import annotations

from icpgate.decision.judge import decide
from icpgate.decision.model import (
    Basis,
    Decision,
    Effect,
    Evidence,
    Raised,
    Reason,
    Recorder,
    RequiredDisplay,
    Verdict,
)
from icpgate.rules.reasons import Audience

__all__ = [
    "Audience",
    "Basis",
    "Decision",
    "Effect",
    "Evidence",
    "Raised",
    "Reason",
    "Recorder",
    "RequiredDisplay",
    "Verdict",
    "decide",
]
