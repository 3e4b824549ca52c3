"""
Every cut and every single bit of one right answer per kind of registry; prints a table for docs/evidence.md.

`allowed` is what a gate allows out of a damaged answer: it must be what the right one says, to the number, the
status and the names. `wrong` must be nothing.
"""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from tests.damage.answers import CASES
from tests.damage.cases import damaged, every
from tests.damage.served import served_cases
from tests.damage.stored import ENTRIES, RegistryOnDisk
from tests.damage.wire import chunked, closed, sized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.damage.verdict import Judge

_ANEW = 7
"""Of a file whose digest is made anew, every seventh damage: each is a file that passes and is opened."""


def responses() -> Iterator[tuple[str, Judge]]:
    """Each kind of response, in each framing."""
    for case in [*CASES, *served_cases()]:
        judge = case.judge()
        for place, body in enumerate(case.bodies):
            for frame in (sized, chunked, closed):
                raw = frame(body, case.content_type)
                for cut in every(len(raw)):
                    judge.look_at(case.observed(place, damaged(raw, cut)), (frame.__name__, place, cut))
        yield f"response: {case.name}", judge


def stored() -> Iterator[tuple[str, Judge]]:
    """Each kind of entry, and a file with its own digest and with one that fits the damage."""
    for entry in ENTRIES:
        judge = entry.judge()
        for cut in every(len(entry.blob)):
            judge.look_at(entry.observed(damaged(entry.blob, cut)), cut)
        yield f"entry of a cache: {entry.name}", judge
    with tempfile.TemporaryDirectory() as folder:
        there = RegistryOnDisk(Path(folder))
        judge = there.judge()
        for cut in every(len(there.content)):
            judge.look_at(there.observed(damaged(there.content, cut)), cut)
        yield "registry file", judge
        judge = there.judge()
        for cut in islice(every(len(there.database)), 0, None, _ANEW):
            judge.look_at(there.closed_anew(damaged(there.database, cut)), cut)
        yield "registry file, digest made anew", judge


def main() -> int:
    """Run them all; 1 when anything was wrong."""
    day, begun = datetime.now(UTC).date().isoformat(), time.monotonic()
    total: Counter[str] = Counter()
    wrong: list[str] = []
    columns = ("cases", "unavailable", "not registered", "found", "allowed")
    sys.stdout.write(f"| damaged | {' | '.join(columns)} | wrong |\n|{'---|' * 7}\n")
    for name, judge in chain(responses(), stored()):
        told = " | ".join(f"{judge.count[column]:,}" for column in columns)
        sys.stdout.write(f"| {name} | {told} | {len(judge.wrong)} |\n")
        sys.stdout.flush()
        total.update(judge.count)
        wrong += [f"{name}: {each}" for each in judge.wrong]
    told = " | ".join(f"{total[column]:,}" for column in columns)
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    sys.stdout.write(f"| all | {told} | {len(wrong)} |\n\n{day}, {machine}, {time.monotonic() - begun:.0f} s\n")
    sys.stderr.write("".join(f"{each}\n" for each in wrong[:50]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
