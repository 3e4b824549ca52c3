"""
The broken upstream in a process of its own, where its work does not count as ours.

`python -m tests.edge.process` prints its port, then the name of each fault that the random mix draws, before it
answers with it; and serves until its input ends.
"""

from __future__ import annotations

import itertools
import logging
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tests.edge.catalogue import FAULTS, everything
from tests.edge.server import EdgeServer

if TYPE_CHECKING:
    from tests.edge.fault import Fault

__all__ = ["EdgeProcess", "main"]

_BY_NAME: Final = {fault.name: fault for fault in FAULTS}
ROOT = Path(__file__).parents[2]


class EdgeProcess:
    """Serves every behaviour from another process. Use it in a `with`."""

    def __init__(self) -> None:
        """Nothing is started yet."""
        self.port = 0
        self._ids = itertools.count(1)

    def __enter__(self) -> Self:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.edge.process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self._told = self._drawn = ""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.communicate("", timeout=20)

    def url(self, name: str, **options: object) -> str:
        """Where a behaviour is."""
        told = "".join(f";{option}={value}" for option, value in options.items())
        return f"http://127.0.0.1:{self.port}/f/{name}{told};id={next(self._ids)}"

    def drawn(self) -> Fault:
        """What the random mix answered with last."""
        assert self._process.stdout is not None
        while select.select([self._process.stdout], [], [], 0 if self._drawn else 1)[0]:
            self._told += os.read(self._process.stdout.fileno(), 65_536).decode("ascii")
            *names, self._told = self._told.split("\n")
            self._drawn = names[-1] if names else self._drawn
        return _BY_NAME[self._drawn]


def main() -> None:
    """Serve until the input ends."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # that a client has gone is no news here

    def tell(fault: Fault) -> None:
        sys.stdout.write(f"{fault.name}\n")
        sys.stdout.flush()

    with EdgeServer(everything(tell)) as server:
        sys.stdout.write(f"{server.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
