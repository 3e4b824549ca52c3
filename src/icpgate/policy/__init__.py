"""
The reviewed core of the product: what is demanded of whom, when, and what may be let through.

`default.toml` is the notice as dated data; `docs/policy.md` shows it as a table.
"""

from __future__ import annotations

from icpgate.policy.model import FLOOR, Exemption, FailOpen, Level, Mode, Policy, Unchecked

__all__ = ["FLOOR", "Exemption", "FailOpen", "Level", "Mode", "Policy", "Unchecked"]
