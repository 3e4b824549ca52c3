"""
Speak to a registry by configuration: what to ask, and what its JSON answers mean.

    TOML → loading → ApiMapping        once, with every defect and its place
    query → asking → Request           templates, filled in for their place
    Response → body → extraction → Answer, or `Unanswered` with a why

A mapping has JSON pointers and closed tables of literals, no expressions. What it does not name is
*unavailable*, never found and never a no.
"""

from __future__ import annotations

from icpgate.lookup.mapping.loading import load_file, load_ready, load_text, ready_shapes
from icpgate.lookup.mapping.model import ApiMapping

__all__ = ["ApiMapping", "load_file", "load_ready", "load_text", "ready_shapes"]
