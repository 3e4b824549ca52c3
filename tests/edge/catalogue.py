"""Every behaviour of the upstream by HTTP, in the order of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.edge.cut import CUT
from tests.edge.fault import Fault, says
from tests.edge.framed import FRAMED
from tests.edge.heads import HEADS
from tests.edge.large import LARGE
from tests.edge.slow import SLOW
from tests.edge.statuses import STATUSES
from tests.edge.texts import TEXTS
from tests.edge.turns import TURNS, roulette
from tests.edge.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DRAWN", "EVERYTHING", "FAULTS", "everything"]

FAULTS: Final[tuple[Fault, ...]] = tuple(
    sorted(
        [*SLOW, *CUT, *FRAMED, *HEADS, *LARGE, *TEXTS, *WORDS, *STATUSES, *TURNS],
        key=lambda fault: (int(fault.row[1:]), fault.name),
    )
)
"""Each comes to what it says when it is asked once."""

DRAWN: Final[list[Fault]] = []
"""What the random mix of a server of this process has answered with, in turn."""


def everything(tell: Callable[[Fault], None] = DRAWN.append) -> tuple[Fault, ...]:
    """What a server is made of: all of them, and the random mix, which tells what it draws."""
    return (*FAULTS, Fault("F53", "roulette", roulette(FAULTS, tell), says()))


EVERYTHING: Final = everything()
