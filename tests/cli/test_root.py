"""The command line as a whole: use, exit codes, streams, missing extras."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from icpgate.cli.root import COMMANDS
from tests.commandline import run


def test_without_a_command_it_says_how_to_use_it() -> None:
    """Usage goes to standard error, with the exit code of wrong use."""
    ran = run()
    assert ran.code == 2
    assert ran.out == ""
    assert all(name in ran.err for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["chek"], "Did you mean check?"),
        (["number", "--formt", "json", "x"], "--format"),
        (["check", "--for", "lst"], "list"),
        (["explain", "number_mising"], "Did you mean number_missing?"),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest(arguments: list[str], suggestion: str) -> None:
    """Nothing is abbreviated silently; the right word is suggested."""
    ran = run(*arguments)
    assert ran.code == 2
    assert suggestion in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    """`--help` is there for each, and exits with zero."""
    ran = run(name, "--help")
    assert ran.code == 0
    assert "Usage: icpgate" in ran.out


def test_version() -> None:
    """The version of the package."""
    assert run("--version").out.strip() == "icpgate, version 0.1.0"


def test_a_reader_that_leaves_is_no_error() -> None:
    """Piped into `head`: no traceback, and the exit code of a closed pipe."""
    read, write = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "icpgate", "number", *["京ICP备13004658号"] * 20_000],
        stdout=write,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(write)
        os.read(read, 10)
        os.close(read)
        _, err = process.communicate()
    assert err == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_our_own_failure() -> None:
    """Output that cannot be written is said in one line and has its own exit code."""
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "icpgate", "explain"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 4
    assert ran.stderr == "icpgate: cli.write: No space left on device\n"


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_it_says_which_one(missing: str) -> None:
    """A package of the extra that is not installed is named, with what to install."""
    code = f"import sys; sys.modules[{missing!r}] = None; from icpgate.cli import main; main(['explain'])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr == f"icpgate: the command line needs {missing}: pip install 'icpgate[cli]'\n"


def test_output_is_utf8_in_any_locale() -> None:
    """A C locale neither garbles Chinese nor raises."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    ran = subprocess.run(
        [sys.executable, "-m", "icpgate", "number", "京ICP备13004658号"],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=environment | {"LC_ALL": "C"},
    )
    assert ran.stdout.startswith("✓ 京ICP备13004658号")


def test_the_language_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """ICPGATE_LANG first, then the locale, else English."""
    for name in ("ICPGATE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert "digits" in run("number", "京ICP备1号").out
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "位数字" in run("number", "京ICP备1号").out
    monkeypatch.setenv("ICPGATE_LANG", "en")
    assert "digits" in run("number", "京ICP备1号").out


def test_a_defect_of_ours_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is reported without a traceback, as internal."""

    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("icpgate.cli.number.parse", broken)
    ran = run("number", "x")
    assert ran.code == 70
    assert ran.err.startswith("icpgate: internal: ZeroDivisionError")
    assert "Traceback" not in ran.err


def test_an_interrupt_is_said_by_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130."""

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("icpgate.cli.number.parse", interrupted)
    assert run("number", "x").code == 130
