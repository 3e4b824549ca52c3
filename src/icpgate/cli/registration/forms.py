"""`icpgate registration schema`, `check` and `key`: what needs no registry."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from icpgate.cli.output import format_option, lang_option, line, say, to_json
from icpgate.cli.registration.formfile import form_of
from icpgate.cli.registration.written import examination_lines
from icpgate.errors import IcpGateError
from icpgate.record import BEIJING
from icpgate.registration import Vault, examine
from icpgate.registration.form import form_schema

__all__ = ["check_command", "key_command", "schema_command"]


@click.command("schema")
@lang_option
def schema_command(lang: str) -> int:  # noqa: ARG001 -- the option is common to all commands
    """Write the JSON Schema of the registration form. A form that fits it may still have defects."""
    line(to_json(form_schema(), indent=2))
    return 0


@click.command("check")
@click.argument("file", metavar="FORM")
@format_option("text", "json")
@lang_option
def check_command(file: str, form: str, lang: str) -> int:
    """
    Say everything that is missing or wrong in FORM, a JSON file (`-` is standard input): where, what, and the fix.

    Warnings are what bureaus commonly return. Exits with 0 when it is complete, 1 when it has
    defects, 2 when it cannot be read. Nothing is stored.
    """
    examination = examine(form_of(file), today=datetime.now(UTC).astimezone(BEIJING).date())
    if form == "json":
        line(to_json(examination.written(), indent=2))
    else:
        for text in examination_lines(examination, lang):
            line(text)
    return 0 if examination.complete else 1


@click.command("key")
@click.argument("file")
@lang_option
def key_command(file: str, lang: str) -> int:  # noqa: ARG001 -- as above
    """
    Make a key that keeps the persons responsible, in a new file that only its user may read.

    What stands at FILE is not touched. To replace a key, put the new one on the first line and older ones below.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as made:  # noqa: PTH123 -- the descriptor has the mode
            made.write(f"{Vault.new_key()}\n")
            made.flush()
            os.fsync(made.fileno())
    except FileExistsError:
        raise IcpGateError(f"{file} exists", hint="a key is never overwritten", code="cli.exists") from None
    except OSError as error:
        raise IcpGateError(f"{file} cannot be made: {error.strerror}", code="cli.open") from None
    say(f"{file}: a new key; whoever loses it loses the persons. ICPGATE_PERSONS_KEY_FILE={file} has it used")
    return 0
