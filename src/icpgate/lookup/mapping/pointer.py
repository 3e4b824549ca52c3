"""JSON pointers (RFC 6901): where in an answer something stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from icpgate.jsontext import MAX_DEPTH

if TYPE_CHECKING:
    from icpgate.jsontext import Json

__all__ = ["MISSING", "Missing", "Pointer"]


class Missing(Enum):
    """That a pointer leads nowhere, which is not that it leads to null."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING

Resolved: TypeAlias = "Json | Missing"

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_WRONG_ESCAPE: Final = re.compile(r"~(?![01])")


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer; made by `parse`, which alone checks it. The empty one means the whole value."""

    text: str
    steps: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Pointer:
        """
        Read a pointer; raises `ValueError` with what is wrong.

        >>> Pointer.parse("/a~1b/0").steps
        ('a/b', '0')
        """
        if text and not text.startswith("/"):
            message = "a JSON pointer begins with /"
            raise ValueError(message)
        if _WRONG_ESCAPE.search(text):
            message = "~ stands for itself as ~0, and ~1 for /"
            raise ValueError(message)
        steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])
        if len(steps) > MAX_DEPTH:
            message = f"{len(steps)} steps; no answer is nested deeper than {MAX_DEPTH} levels"
            raise ValueError(message)
        return cls(text, steps)

    def resolve(self, value: Json) -> Resolved:
        """What stands there; `MISSING` when nothing does. The place after the last item is nothing."""
        for step in self.steps:
            if isinstance(value, dict):
                if step not in value:
                    return MISSING
                value = value[step]
            elif isinstance(value, list):
                if not _INDEX.fullmatch(step) or int(step) >= len(value):
                    return MISSING
                value = value[int(step)]
            else:
                return MISSING
        return value

    def __str__(self) -> str:
        """As it is written; the whole value by its name."""
        return self.text or "the whole answer"
