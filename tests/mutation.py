"""
The mutation score of what decides, and of the look-up's flow and the cache on which a decision rests.

At least 90 of 100 mutants must be noticed. Takes more than an hour on two cores; `make test-all` runs it last.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PARTS = {
    "number": ("number/*.py",),
    "rules": ("rules/*.py",),
    "policy": ("policy/*.py",),
    "decision": ("decision/*.py",),
    "look-up": ("lookup/flow.py", "lookup/guard.py", "lookup/asking.py", "lookup/breaker.py"),
    "cache": ("lives.py", "lookup/cache/memory.py"),
}
WANTED = 0.9


def main() -> int:
    """Run every mutant, and print the score of each part; 1 when one is too low."""
    mutmut = [sys.executable, "-m", "mutmut"]
    subprocess.run([*mutmut, "run", "--max-children", "2"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    low = False
    for part, patterns in PARTS.items():
        killed, total = _counted(patterns)
        low = low or total == 0 or killed < WANTED * total
        sys.stdout.write(f"{part:<10} {killed:>5} of {total:>5} mutants noticed: {killed / max(total, 1):.1%}\n")
    return 1 if low else 0


def _counted(patterns: tuple[str, ...]) -> tuple[int, int]:
    """Noticed and all mutants of a part: what a test failed on, or what did not end."""
    codes = [
        code
        for pattern in patterns
        for path in (ROOT / "mutants" / "src" / "icpgate").glob(f"{pattern}.meta")
        for code in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].values()
        if code is not None
    ]
    return sum(code != 0 for code in codes), len(codes)


if __name__ == "__main__":
    sys.exit(main())
