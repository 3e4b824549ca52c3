"""
The command line: the only part of icpgate that prints.

Exit codes: 0 all allowed · 1 an evaluated denial · 2 wrong use, configuration or unreadable input ·
3 something undecided and no denial · 4 our own output failed · 70 internal · 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import Final, NoReturn

__all__ = ["main"]

USAGE: Final = 2
OUTPUT: Final = 4
INTERNAL: Final = 70
INTERRUPTED: Final = 130
READER_GONE: Final = 141
"""As a shell reports a program that SIGPIPE ended."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; never a traceback."""
    if sys.stdout is None:  # closed by whoever started us
        sys.exit(OUTPUT)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        import click  # noqa: F401, PLC0415 -- the extra may be missing, and that must be said well
    except ModuleNotFoundError as error:
        sys.exit(_failed(error))
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    import click  # noqa: PLC0415 -- after its presence is known

    from icpgate.cli.root import root  # noqa: PLC0415 -- as above

    try:
        status = root.main(args=arguments, prog_name="icpgate", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as left:
        return left.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return USAGE
    except SystemExit:  # click's own way out when nobody reads us any more
        _forget_stdout()
        return READER_GONE
    except Exception as error:  # noqa: BLE001 -- the last seam: one line instead of a traceback
        return _failed(error)
    return status if isinstance(status, int) else 0


def _failed(error: Exception) -> int:
    """What is said about a failure, and the exit code."""
    from icpgate.errors import IcpGateError, OutputError  # noqa: PLC0415 -- only once something failed

    match error:
        case OutputError():
            _say(f"icpgate: {error.code}: {error}")
            return OUTPUT
        case IcpGateError():
            _say(f"icpgate: {error.code}: {error}")
            return USAGE
        case ModuleNotFoundError(name=str(name)) if name.partition(".")[0] in {"click", "rich"}:
            _say(f"icpgate: the command line needs {name.partition('.')[0]}: pip install 'icpgate[cli]'")
            return USAGE
        case BrokenPipeError():
            _forget_stdout()
            return READER_GONE
        case OSError():
            _forget_stdout()
            _say(f"icpgate: cli.write: {error.strerror or type(error).__name__}")
            return OUTPUT
        case _:
            _say(f"icpgate: internal: {type(error).__name__}; please report it with the command you ran")
            return INTERNAL


def _forget_stdout() -> None:
    """Whoever read us is gone: let the interpreter's own flush at exit find nothing to do."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
