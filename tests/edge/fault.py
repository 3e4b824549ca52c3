"""
One behaviour of a broken upstream, by its name and row, and what a gate may say of it.

    Fault("F9", "truncated", plays(PART), says("truncated"))

A behaviour is a coroutine that is given one request (`Talk`) and answers it as it likes. It returns
whether the connection goes on; else the server closes it. `plays` makes one of steps: bytes, a
function of the request that makes them, seconds to wait, or an `Act`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.edge.talk import Talk

__all__ = ["ALLOW", "Act", "Behaviour", "Fault", "Makes", "Step", "of", "plays", "says"]

ALLOW: Final = "allow"
"""What a row that says *serve* comes to: an allow, with the record of the number that was asked."""


class Act(Enum):
    """What a step may be beside bytes and waiting."""

    SILENCE = auto()
    """Nothing more, until the client goes."""
    RESET = auto()
    """The connection is reset."""


Behaviour: TypeAlias = "Callable[[Talk], Awaitable[bool]]"
Makes: TypeAlias = "Callable[[Talk], bytes]"
Step: TypeAlias = "bytes | float | Act | Makes"


@dataclass(frozen=True, slots=True)
class Fault:
    """
    A behaviour and what may come of it.

    `says`: "allow", a why, or the code of a reason; one of them must come. `once`: exactly one request.
    `hangs`: only the deadline ends it. `bounded`: its memory is measured; `floods`: the loop's breath is.
    `drawn`: it may be part of the random mix.
    """

    row: str
    name: str
    behave: Behaviour
    says: frozenset[str]
    once: bool = False
    hangs: bool = False
    bounded: bool = False
    floods: bool = False
    drawn: bool = True

    def __str__(self) -> str:
        """As a test is named."""
        return f"{self.row}-{self.name}"


def says(*words: str) -> frozenset[str]:
    """What a fault may come to."""
    return frozenset(words)


def of(row: str, words: str | frozenset[str], /, *, once: bool = False, **behaviours: Behaviour) -> list[Fault]:
    """Faults of one row that come to the same; a name is written with _ for -."""
    expected = says(words) if isinstance(words, str) else words
    return [
        Fault(row, name.replace("_", "-"), behave, expected, once=once, hangs=expected == {"timeout"})
        for name, behave in behaviours.items()
    ]


def plays(*steps: Step, keep: bool = False) -> Behaviour:
    """Do the steps in turn; then close, or with `keep` wait for the next request."""

    async def behave(talk: Talk) -> bool:
        for step in steps:
            await talk.perform(step)
        return keep

    return behave
