"""The table that a soak prints for docs/evidence.md: what, how many, how it ended, how long it took."""

from __future__ import annotations

import os
import platform
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["tabled"]


def tabled(runs: Iterable[tuple[str, str, Callable[[], str]]], only: str = "") -> int:
    """Run them all, or those whose name has the text in it, and print a row for each; 1 when one failed."""
    day = datetime.now(UTC).date().isoformat()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    sys.stdout.write("| what | count | result | took | when, where |\n|---|---|---|---|---|\n")
    failed = False
    for what, count, work in runs:
        if only not in what:
            continue
        begun = time.monotonic()
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 -- a run that fails is a row of the table
            failed, result = True, "FAILED"
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        took = time.monotonic() - begun
        sys.stdout.write(f"| {what} | {count} | {result} | {took:.0f} s | {day}, {machine} |\n")
        sys.stdout.flush()
    return 1 if failed else 0
