"""
A process that works in a registration system beside others, and says of each step when it is done.

Run as a program: `python -m tests.registration.crowd approve URL KEY < ids`, or `… live URL KEY SEED`. What it has
done is written to its standard output, a line a step, each in one call after the step returned, so that a reader has
all that was acknowledged before the process was killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from icpgate.registration.application import SUBJECTS, Verification
from icpgate.registration.persons import Vault
from icpgate.registration.refusals import RegistrationError
from icpgate.registration.system import RegistrationSystem
from tests.registration.scenes import BUREAU, KINDS, PLATFORM, a_form, account

if TYPE_CHECKING:
    from icpgate.registration.application import Application

__all__ = ["ENTITIES", "Acknowledged", "Worker"]

ROOT: Final = Path(__file__).parents[2]
ENTITIES: Final = 6
"""So many operators share what all the processes do, so that they meet."""


class Acknowledged(dict[str, object]):
    """One step that a process was told had been taken: `step`, `id`, `revision`, `state`, `number`, or `refused`."""


class Worker:
    """Such a process. It works until it has done what it was told, or is killed."""

    def __init__(self, *arguments: str, ids: list[str] | None = None) -> None:
        """Start it; `ids` are the applications that it is to approve."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.registration.crowd", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._ids = "\n".join(ids or []).encode()

    def __enter__(self) -> Self:
        """Return when it is ready to begin."""
        self.ready()
        return self

    def __exit__(self, *_: object) -> None:
        """See `end`."""
        self.end()

    def ready(self) -> None:
        """Return when it is ready to begin."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def end(self) -> None:
        """End it, if it has not ended."""
        if self._process.poll() is None:
            self.kill()
        if self._process.stdout is not None and not self._process.stdout.closed:
            self._process.communicate()

    def begin(self) -> None:
        """Have it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write(self._ids + b"\n")
        self._process.stdin.close()
        self._process.stdin = None

    def kill(self) -> None:
        """As the machine would end it when it runs out of memory: between any two instructions."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)

    def said(self, *, killed: bool = False) -> list[Acknowledged]:
        """What it acknowledged, when it has ended; the last line of a killed one may be cut short."""
        lines, _ = self._process.communicate(timeout=600)
        assert killed or self._process.returncode == 0
        whole = lines.splitlines(keepends=True)
        return [Acknowledged(json.loads(line)) for line in whole if line.endswith(b"\n")]


def _say(line: dict[str, object]) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")


def _done(step: str, application: Application) -> Application:
    _say(
        {
            "step": step,
            "id": application.id,
            "revision": application.revision,
            "state": application.state.value,
            "number": application.number,
        }
    )
    return application


def _approve(system: RegistrationSystem, ids: list[str]) -> None:
    """Approve each; another process may have done so."""
    for id_ in ids:
        try:
            _done("approve", system.approve(id_, actor=BUREAU))
        except RegistrationError as refused:
            _say({"step": "approve", "id": id_, "refused": refused.code})


def _live(system: RegistrationSystem, chance: random.Random) -> None:
    """Take applications of shared operators from draft to number, one after the other, for ever."""
    while True:
        position, service = chance.randrange(ENTITIES), chance.randrange(10**6)
        operator = account(position)
        form = a_form(position, service, chance.choice(KINDS))
        id_ = _done("create", system.new(form, actor=operator)).id
        application = _done("submit", system.submit(id_, actor=operator))
        for subject in SUBJECTS:
            seen = Verification(subject, "test", passed=True, evidence="seen", form_digest=application.form_digest)
            _done("verify", system.verify(id_, seen, actor=PLATFORM))
        _done("submit", system.submit(id_, actor=PLATFORM))
        _done("confirm", system.confirm(id_, actor=operator))
        _done("approve", system.approve(id_, actor=BUREAU))


def _main(what: str, url: str, key: str, seed: str = "0") -> None:
    with RegistrationSystem.open(url, vault=Vault(key)) as system:
        os.write(1, b"ready\n")
        ids = sys.stdin.read().split()
        if what == "approve":
            _approve(system, ids)
        else:
            _live(system, random.Random(int(seed)))  # noqa: S311 -- no secret


if __name__ == "__main__":
    _main(*sys.argv[1:])
