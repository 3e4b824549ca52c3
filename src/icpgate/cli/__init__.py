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


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        import click  # noqa: F401, PLC0415 -- the extra may be missing, and that must be said well
        import rich  # noqa: F401, PLC0415 -- as above
    except ImportError as error:
        _say(f"icpgate: the command line needs {error.name}: pip install 'icpgate[cli]'")
        sys.exit(USAGE)
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    import click  # noqa: PLC0415 -- after its presence is known

    from icpgate.cli.root import root  # noqa: PLC0415 -- after click's presence is known
    from icpgate.errors import IcpGateError, OutputError  # noqa: PLC0415 -- as above

    try:
        status = root.main(args=arguments, prog_name="icpgate", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OutputError as error:
        _say(f"icpgate: {error}")
        return OUTPUT
    except IcpGateError as error:
        _say(f"icpgate: {error.code}: {error}")
        return USAGE
    except BrokenPipeError:
        _forget_stdout()
        return OUTPUT
    except OSError as error:
        _forget_stdout()
        _say(f"icpgate: cli.write: {error.strerror or error}")
        return OUTPUT
    except Exception as error:  # noqa: BLE001 -- the last seam: one line instead of a traceback
        _say(f"icpgate: internal: {type(error).__name__}; please report it with the command you ran")
        return INTERNAL
    return status if isinstance(status, int) else 0


def _forget_stdout() -> None:
    """Whoever read us is gone: let the interpreter's own flush at exit find nothing to do."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
