"""The example runs as a user would run it, and says what its transcript has: states, numbers, verdicts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_example_tells_what_its_transcript_has() -> None:
    """A change of any state, number or verdict on the way from a draft to a denial shows here."""
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", str(EXAMPLES / "registration.py")], capture_output=True, check=False
    )
    assert ran.stderr.decode() == ""
    assert ran.stdout.decode() == (EXAMPLES / "registration.transcript.txt").read_text(encoding="utf-8")
