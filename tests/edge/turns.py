"""F19 to F21, F43, F50 to F52: behaviours that differ from one request to the next."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from tests.edge.answers import answer, cancelled, whole
from tests.edge.fault import ALLOW, Act, Fault, says
from tests.edge.slow import right

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.edge.fault import Behaviour
    from tests.edge.talk import Talk

__all__ = ["TURNS", "roulette"]


def _of(talk: Talk, name: str) -> str:
    """A number that the address states, for what is said of another one."""
    return talk.asked.options.get(name, talk.number)


async def _glued(talk: Talk) -> bool:
    """Revoked; and in the same segment an answer that nobody asked for, which allows what is asked next."""
    if talk.position:
        await talk.send(answer(cancelled(talk.number)))
        return True
    await talk.send(answer(cancelled(talk.number)) + answer(whole(_of(talk, "next"))))
    return True


async def _late(talk: Talk) -> bool:
    """The same, 50 milliseconds later."""
    await talk.send(answer(cancelled(talk.number)))
    if not talk.position:
        await talk.perform(0.05)
        await talk.send(answer(whole(_of(talk, "next"))))
    return True


async def _close_idle(talk: Talk) -> bool:
    """The connection is closed right behind the answer, without a word about it."""
    await talk.send(right(talk))
    return False


async def _reset_second(talk: Talk) -> bool:
    """The second request of a connection is answered by a reset."""
    if talk.position:
        await talk.perform(Act.RESET)
    await talk.send(right(talk))
    return True


async def _flip_flop(talk: Talk) -> bool:
    """Active and revoked by turns."""
    await talk.send(answer(cancelled(talk.number)) if talk.turn % 2 else right(talk))
    return True


async def _revoked_later(talk: Talk) -> bool:
    """Active once, then revoked for ever."""
    await talk.send(answer(cancelled(talk.number)) if talk.turn >= talk.option("n", 1) else right(talk))
    return True


def _failed(talk: Talk) -> bytes:
    return answer(talk.body, status=b"500 Internal Server Error")


async def _fail_then_ok(talk: Talk) -> bool:
    """So many failures, then right."""
    await talk.send(_failed(talk) if talk.turn < talk.option("n", 2) else right(talk))
    return True


async def _ok_then_fail(talk: Talk) -> bool:
    """Right for so many requests, then failures for ever."""
    await talk.send(right(talk) if talk.turn < talk.option("n", 1) else _failed(talk))
    return True


async def _slowly_right(talk: Talk) -> bool:
    """Right, after a while."""
    await talk.perform(talk.option("ms", 50) / 1_000)
    await talk.send(right(talk))
    return True


async def _slow_line(talk: Talk) -> bool:
    """A kibibyte a second: the answer needs a fifth of one."""
    data = right(talk)
    for at in range(0, len(data), 16):
        await talk.send(data[at : at + 16])
        await talk.perform(16 / 1_024)
    return True


TURNS: Final[list[Fault]] = [
    Fault("F19", "desync-glued", _glued, says("registration_cancelled"), drawn=False),
    Fault("F20", "desync-late", _late, says("registration_cancelled"), drawn=False),
    Fault("F21", "close-idle", _close_idle, says(ALLOW)),
    Fault("F21", "reset-second", _reset_second, says(ALLOW), drawn=False),
    Fault("F43", "flip-flop", _flip_flop, says(ALLOW), drawn=False),
    Fault("F50", "fail-then-ok", _fail_then_ok, says(ALLOW), drawn=False),
    Fault("F51", "ok-then-fail", _ok_then_fail, says(ALLOW), drawn=False),
    Fault("F52", "active-then-revoked", _revoked_later, says(ALLOW), drawn=False),
    Fault("F21", "ok-slow", _slowly_right, says(ALLOW)),
    Fault("F73", "slow-line", _slow_line, says(ALLOW, "timeout"), drawn=False),
]


def roulette(faults: Sequence[Fault], tell: Callable[[Fault], None]) -> Behaviour:
    """
    F53: each request is answered by a fault drawn by `seed` and turn; `tell` is told which.

    What hangs is drawn seldom, by one request in fifty.
    """
    quick = [fault for fault in faults if fault.drawn and not fault.hangs and not fault.bounded]
    slow = [fault for fault in faults if fault.drawn and (fault.hangs or fault.bounded)]

    async def behave(talk: Talk) -> bool:
        chance = random.Random(f"{talk.option('seed', 7)}/{talk.turn}")  # noqa: S311 -- a test's
        fault = chance.choice(slow if chance.random() < 1 / 50 else quick)
        tell(fault)
        return await fault.behave(talk)

    return behave
