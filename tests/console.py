"""
Runs the ```console blocks of a page as a reader would type them, and compares what comes out.

    $ icpgate registration check form.json  # exit 1
    ✗ /app/icon  …
    2 defects

Lines below a command are its standard output: `…` alone stands for any lines, within a line for anything. Commands
are icpgate's, `export`, `echo TEXT | icpgate …`, and `sed 's/a/b/' FILE > FILE`.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from icpgate.record import BEIJING
from tests.commandline import Ran, run

if TYPE_CHECKING:
    import pytest

__all__ = ["Command", "commands_of", "perform"]

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """One command of a page, and what the page says of it."""

    text: str
    code: int
    expected: tuple[str, ...]


def commands_of(page: Path) -> list[Command]:
    """The commands of a page, in its order. Numbers that are minted bear the year of the day."""
    text = page.read_text(encoding="utf-8").replace("ICP备2026", f"ICP备{datetime.now(BEIJING).year}")
    commands = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *expected = part.splitlines()
            typed, _, comment = line.partition("  # exit ")
            commands.append(Command(typed, int(comment or 0), tuple(expected)))
    return commands


def perform(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run it; asserts the exit code and the output."""
    words = shlex.split(command.text)
    if words[0] == "export":
        for word in words[1:]:
            monkeypatch.setenv(*word.split("=", 1))
        return
    if words[0] == "sed":
        _, before, after, _ = words[1].split("/")
        changed = Path(words[2]).read_text(encoding="utf-8").replace(before, after)
        Path(words[4]).write_text(changed, encoding="utf-8")
        return
    stdin = b""
    if words[0] == "echo":
        stdin, words = words[1].encode(), words[3:]
    assert words[0] == "icpgate"
    ran = run(*words[1:], stdin=stdin)
    assert ran.code == command.code, f"{command.text}: exit {ran.code}\n{ran.out}{ran.err}"
    _compare(command, ran)


def _compare(command: Command, ran: Ran) -> None:
    if not command.expected:
        return
    parts = [
        r"(?:[^\n]*\n)*?" if line == "…" else f"{'.*'.join(map(re.escape, line.split('…')))}\n"
        for line in command.expected
    ]
    assert re.fullmatch("".join(parts), ran.out), f"{command.text}\n{ran.out}{ran.err}"
