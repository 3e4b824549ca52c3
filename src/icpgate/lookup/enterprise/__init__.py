"""What the enterprise-side interface of the registration system says, and how it is asked; see docs/enterprise.md."""

from __future__ import annotations

__all__: list[str] = []
