"""
A decision while it is being reached: its fields can still be set.

A frozen dataclass sets each of its fields through a call, which for a decision takes longer than all
rules together. A draft has the same slots, set as they stand; then it is made a decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpgate.decision.model import Decision, Unworded

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.answer import Observation
    from icpgate.app import App
    from icpgate.decision.model import Basis, Verdict
    from icpgate.number import RegistrationNumber
    from icpgate.policy.model import Mode
    from icpgate.policy.plan import Raised
    from icpgate.rules import Action, Binding, Finding, Occasion

__all__ = ["Draft", "frozen"]


class Draft(Unworded):
    """The fields of `Decision`; a test holds the two together. Either `unsaid` is set, or what it stands for."""

    __slots__ = (
        "action",
        "app",
        "as_of",
        "basis",
        "bound_by",
        "decided_at",
        "exemption",
        "expires_at",
        "findings",
        "id",
        "mode",
        "number",
        "observations",
        "occasion",
        "policy_name",
        "policy_revision",
        "raised",
        "recheck_at",
        "verdict",
    )

    id: str
    decided_at: datetime
    verdict: Verdict
    basis: Basis
    action: Action
    occasion: Occasion
    as_of: datetime
    mode: Mode
    app: App
    number: RegistrationNumber | None
    raised: tuple[Raised, ...]
    findings: tuple[Finding, ...]
    observations: tuple[Observation, ...]
    bound_by: tuple[Binding, ...]
    exemption: str | None
    expires_at: datetime | None
    recheck_at: datetime
    policy_name: str
    policy_revision: str


def frozen(draft: Draft) -> Decision:
    """The decision that the draft becomes, itself and no copy: whoever holds the draft can no longer change it."""
    draft.__class__ = Decision  # type: ignore[assignment]  # Python allows it between classes of the same slots
    return draft  # type: ignore[return-value]  # it is one now
