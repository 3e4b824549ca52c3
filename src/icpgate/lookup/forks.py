"""
What a forked child must make anew: a lock may have been held by a thread that is not there any more.

Objects are remembered weakly; each has `renew_after_fork`, which is called in the child.
"""

from __future__ import annotations

import os
import weakref
from typing import Final, Protocol

__all__ = ["ForkSafe", "remember"]


class ForkSafe(Protocol):
    """What has something to make anew."""

    def renew_after_fork(self) -> None:
        """Make it anew; called in the child, before anything else runs there."""
        ...


_REMEMBERED: Final[weakref.WeakSet[ForkSafe]] = weakref.WeakSet()


def remember(held: ForkSafe) -> None:
    """Have an object renewed in every child."""
    _REMEMBERED.add(held)


def _in_child() -> None:
    for held in list(_REMEMBERED):
        held.renew_after_fork()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- Windows has no fork
    os.register_at_fork(after_in_child=_in_child)
