"""Paired measurements: each thing beside its yardstick in the same run, so that only the ratio counts."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Ratio:
    """One measured ratio with its budget."""

    name: str
    ratio: float
    budget: float
    unit: str
    value: float
    yardstick: str

    def __str__(self) -> str:
        """One line of the report."""
        mark = "ok  " if self.ratio <= self.budget else "OVER"
        budget = f"(budget {self.budget:g} ×; {self.value:,.2f} {self.unit})"
        return f"{mark}  {self.name:<36} {self.ratio:6.2f} × {self.yardstick:<30} {budget}"


def seconds(work: Callable[[], object], count: int) -> float:
    """Seconds a call takes."""
    begun = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - begun) / count


def paired(
    name: str,
    work: Callable[[], object],
    yardstick: Callable[[], object],
    *,
    budget: float,
    words: str,
    count: int = 5_000,
) -> Ratio:
    """The median over rounds in which both are measured, one after the other."""
    pairs = [(seconds(work, count), seconds(yardstick, count)) for _ in range(ROUNDS)]
    ratio = statistics.median(own / other for own, other in pairs)
    return Ratio(name, ratio, budget, "µs", statistics.median(own for own, _ in pairs) * 1e6, words)


def processes(
    name: str, code: list[str], yardstick: list[str], *, budget: float, words: str, less: bool = True
) -> Ratio:
    """As `paired`, for whole processes; `less` takes a bare interpreter's time off both."""

    def spent(arguments: list[str]) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - begun

    bare = ["-c", "pass"]
    rows = [(spent(code), spent(yardstick), spent(bare) if less else 0.0) for _ in range(ROUNDS)]
    own, other, nothing = (statistics.median(column) for column in zip(*rows, strict=True))
    return Ratio(name, (own - nothing) / max(other - nothing, 1e-6), budget, "ms", (own - nothing) * 1e3, words)
