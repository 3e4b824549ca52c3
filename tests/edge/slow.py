"""F1 to F8: peers that take their time, or for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.edge.answers import HEAD, answer
from tests.edge.fault import Act, Fault, of, plays, says

if TYPE_CHECKING:
    from tests.edge.fault import Behaviour, Makes
    from tests.edge.talk import Talk

__all__ = ["CHUNKED", "SLOW", "chunk", "endless", "right", "sized"]

CHUNKED: Final = HEAD + b"transfer-encoding: chunked\r\n\r\n"
HINT: Final = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"


def right(talk: Talk) -> bytes:
    """The whole answer that allows."""
    return answer(talk.body)


def chunk(talk: Talk) -> bytes:
    """The body that allows, as one chunk."""
    return b"%x\r\n%b\r\n" % (len(talk.body), talk.body)


def sized(more: int = 0) -> Makes:
    """A head whose length is so much more than that of the body that allows."""
    return lambda talk: HEAD + b"content-length: %d\r\n\r\n" % (len(talk.body) + more)


def endless(piece: bytes, before: bytes | Makes = b"", every: float = 0.0) -> Behaviour:
    """The same again and again, as fast as the client takes it or with a pause each time."""

    async def behave(talk: Talk) -> bool:
        await talk.perform(before)
        while True:
            await talk.perform(piece)
            if every:
                await talk.perform(every)

    return behave


def _dripping(makes: Makes, before: bytes | Makes = b"") -> Behaviour:
    async def behave(talk: Talk) -> bool:
        await talk.perform(before)
        await talk.drip(makes(talk))
        return False

    return behave


async def _hints(talk: Talk) -> bool:
    """So many informational answers at full speed, then the right one; 0 is without an end."""
    count = talk.option("count", 100_000)
    sent = 0
    while not count or sent < count:
        await talk.send(HINT * 500)
        sent += 500
    await talk.send(right(talk))
    return False


_HANGING: Final = [
    *of("F1", "timeout", slow_first_byte=plays(30.0, right)),
    *of("F2", "timeout", slow_headers=_dripping(right)),
    *of("F3", "timeout", slow_body=_dripping(lambda talk: talk.body, sized())),
    *of("F4", "timeout", slow_chunks=endless(b"1\r\n \r\n", CHUNKED, 0.02)),
    *of("F5", "timeout", trickle_1xx=endless(b"HTTP/1.1 102 Processing\r\n\r\n", b"", 0.02)),
    *of("F7", "timeout", never=plays(Act.SILENCE)),
    *of(
        "F8",
        "timeout",
        stall_mid_headers=plays(HEAD, Act.SILENCE),
        stall_mid_body=plays(sized(20), lambda talk: talk.body, Act.SILENCE),
        stall_before_end=plays(CHUNKED, chunk, Act.SILENCE),
        stall_close_delimited=plays(HEAD + b"\r\n", lambda talk: talk.body, Act.SILENCE),
    ),
]

_FLOODS: Final = [
    replace(fault, bounded=True, floods=True)
    for fault in of(
        "F6", says("protocol"), once=True, flood_1xx=_hints, flood_1xx_for_ever=endless(HINT * 500), burst_1xx=_hints
    )
]

SLOW: Final[list[Fault]] = [*_HANGING, *_FLOODS]
