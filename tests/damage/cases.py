"""Every way in which bytes are damaged: cut at each place, and each single bit fallen over."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Cut", "chosen", "damaged", "every"]

Cut = tuple[int, int]
"""A place, and the bit that falls over there; bit 8 is a cut before that place."""

_CUT = 8


def every(size: int) -> Iterator[Cut]:
    """Every damage of so many bytes: nine for each."""
    return ((place, bit) for place in range(size) for bit in range(_CUT + 1))


def chosen(size: int, count: int, name: str) -> list[Cut]:
    """Some of them, the same at every run: a few of each neighbourhood, and the last cut."""
    draw = random.Random(name)  # noqa: S311 -- a repeatable choice
    return [(place * size // count, draw.randrange(_CUT + 1)) for place in range(count)] + [(size - 1, _CUT)]


def damaged(content: bytes, cut: Cut) -> bytes:
    """The bytes with one damage."""
    place, bit = cut
    if bit == _CUT:
        return content[:place]
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]
