"""Runs the command line inside the test's own process, with its own standard streams."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from typing import Any

from icpgate.cli import main

__all__ = ["Ran", "run"]


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def jsonl(self) -> list[Any]:
        """Standard output as one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class _Terminal(io.BytesIO):
    """Standard input that somebody types into."""

    def isatty(self) -> bool:
        return True


def _written(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def run(*arguments: str, stdin: bytes = b"", terminal: bool = False) -> Ran:
    """Run `icpgate` with these arguments; never raises what the command line should have caught."""
    kept = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(_Terminal(stdin) if terminal else io.BytesIO(stdin), encoding="utf-8")
    sys.stdout = out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    sys.stderr = err = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    try:
        main(list(arguments))
    except SystemExit as left:
        code = left.code
    finally:
        out.flush()
        err.flush()
        sys.stdin, sys.stdout, sys.stderr = kept
    assert isinstance(code, int)
    return Ran(code, _written(out), _written(err))
