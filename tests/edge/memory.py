"""
Asks for faults in a process of its own and prints how much memory each took, in KiB: `name way KiB`.

`python -m tests.edge.memory URL…`; the first address is asked to warm up. As Linux counts it: the peak of the
resident set above what it was before.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from icpgate.lookup import Limits
from tests.edge.asking import APP, WAYS

__all__ = ["main"]

_STATUS: Final = Path("/proc/self/status")
_RESET: Final = Path("/proc/self/clear_refs")


def _read(name: str) -> int:
    found = re.search(rf"^{name}:\s*(\d+) kB", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) if found is not None else 0


def main(urls: list[str]) -> None:
    """Ask each, both ways."""
    for way in WAYS:
        for _ in range(3):
            way.asked(urls[0])
        for url in urls[1:]:
            _RESET.write_text("5", encoding="ascii")  # the peak is what is held now
            before = _read("VmRSS")
            with way.opened(url, deadline=3.0, limits=Limits(seconds=3.0, attempts=1)) as gate:
                gate.check(APP)
            name = url.rpartition("/")[2].partition(";")[0]
            sys.stdout.write(f"{name} {way.name} {max(0, _read('VmHWM') - before)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
