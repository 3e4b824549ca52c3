"""
The big counts: each property with many more examples than `make test` gives it.

make soak prints a table for docs/evidence.md: what, how many, how it ended, how long it took; and others of the
look-up (`lookup.py`), of damaged answers (`damage.py`), of faults on the network (`edge.py`, `soap.py`), and of the
registration procedure (`registration.py`).
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
COUNT = re.compile(r"(\d+) passed")

# What is run, with how many examples of each property, and which tests they are.
RUNS = (
    ("any text is a number or its error", 200_000, ["tests/number/test_parse.py", "-k", "raises_nothing or nearly"]),
    ("normal forms and round trips of numbers", 50_000, ["tests/number", "-k", "idempotent or canonical or blanks"]),
    ("numbers in any text", 100_000, ["tests/number/test_find_all.py", "-k", "any_text"]),
    ("certificates and public keys", 10_000, ["tests/signing", "-k", "test_"]),
    ("names and documents", 20_000, ["tests/test_chinese.py", "tests/test_document.py"]),
    ("apps and records of any shape", 5_000, ["tests/test_app.py", "tests/test_record.py", "tests/test_jsontext.py"]),
    ("no policy switch yields a wrong allow", 2_000, ["tests/policy", "tests/decision"]),
    ("damaged registry files", 500, ["tests/lookup/snapshot", "tests/lookup/registries/test_snapshot.py"]),
)


def main() -> int:
    """Run them all; 1 when one failed."""
    day = datetime.now(UTC).date().isoformat()
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    sys.stdout.write("| what | examples of each | tests passed | took | when, where |\n|---|---|---|---|---|\n")
    failed = False
    for what, examples, tests in RUNS:
        begun = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "--hypothesis-profile=soak", "--timeout=3600", *tests],
            cwd=ROOT,
            env=os.environ | {"SOAK_EXAMPLES": str(examples)},
            capture_output=True,
            text=True,
            check=False,
        )
        passed = COUNT.search(ran.stdout)
        ended = passed.group(1) if ran.returncode == 0 and passed is not None else "FAILED"
        failed = failed or ended == "FAILED"
        sys.stdout.write(f"| {what} | {examples:,} | {ended} | {time.monotonic() - begun:.0f} s | {day}, {machine} |\n")
        sys.stdout.flush()
        if ended == "FAILED":
            sys.stderr.write(ran.stdout[-4_000:])
    for each in ("lookup", "damage", "edge", "soap", "registration"):
        sys.stdout.write("\n")
        sys.stdout.flush()
        ran_alone = subprocess.run([sys.executable, "-m", f"tests.soak.{each}"], cwd=ROOT, check=False)
        failed = failed or ran_alone.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
