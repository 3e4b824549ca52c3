"""`icpgate registry`: a registry in one file, a live registry in a database, and any registry over HTTP."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from icpgate.cli.output import format_option, lang_option, line, moment_of, say, to_json
from icpgate.cli.serve import serve
from icpgate.lookup.live import is_live
from icpgate.lookup.snapshotfile import export_records, import_records, init_registry, show, stats
from icpgate.number import parse
from icpgate.record import Origin

if TYPE_CHECKING:
    from icpgate.record import RegistrationRecord

__all__ = ["command"]


@click.group("registry")
def command() -> None:
    """
    Make, fill, read, export and serve a registry.

    PATH is a registry in one file, which is swapped whole; sqlite:///PATH and postgresql://… are live ones, which show
    each change to the next call and are filled by `icpgate registration`.
    """


command.add_command(serve)


@command.command("init")
@click.argument("path")
@click.option("--simulate", is_flag=True, help="For development: its records are refused by every ordinary gate.")
@click.option("--authoritative", is_flag=True, help="Of a live registry: what it lacks in --scope is not registered.")
@click.option("--scope", default="all", help="all, or provinces:京,沪 and kinds:app,mini_program joined by ;.")
@click.option("--source", default="", help="Of a live registry: who keeps it.")
@lang_option
def init(path: str, lang: str, **options: object) -> int:  # noqa: ARG001 -- the option is common to all commands
    """Make an empty registry at PATH, or a live one at a URL; what stands there is not touched."""
    simulated, authoritative = bool(options["simulate"]), bool(options["authoritative"])
    scope, source = str(options["scope"]), str(options["source"])
    if is_live(path):
        from icpgate.lookup.live.content import init_live  # noqa: PLC0415 -- only for a live one

        path = init_live(path, simulated=simulated, authoritative=authoritative, scope=scope, source=source)
    elif authoritative or source or scope != "all":
        raise click.UsageError("--authoritative, --scope and --source are a live registry's; a file's imports say so.")
    else:
        init_registry(path, simulated=simulated)
    say(f"{path}: an empty registry{' (SIMULATED)' if simulated else ''}")
    return 0


@command.command("import")
@click.argument("path")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--observed-at", help="When the source looked, with its zone; rows may state their own.")
@click.option("--source", help="Who says so, such as a bureau's export and its date.")
@click.option(
    "--authoritative", is_flag=True, help="The files are complete for --scope: what they lack is not registered."
)
@click.option("--scope", help="all, or provinces:京,沪 and kinds:app,mini_program joined by ;.")
@click.option("--encoding", help="utf-8 or gb18030; found out when left out.")
@click.option("--input-format", type=click.Choice(["jsonl", "csv"]), help="Of FILE, when its name does not say.")
@click.option("--replace", is_flag=True, help="Begin anew instead of adding to what is there.")
@lang_option
def import_(path: str, files: tuple[str, ...], lang: str, **options: object) -> int:  # noqa: ARG001 -- as above
    """
    Import FILE... into the registry at PATH, which is made when missing; the parts of one export come together.

    All rows or none: a file with a bad row is refused with the first places, and the registry
    stays as it was. The new registry takes the old one's place at once.
    """
    if is_live(path):
        return _import_live(path, files, options)
    if options["authoritative"] and options["scope"] is None:
        raise click.UsageError("--authoritative says no about what the files lack: state for which --scope.")
    report = import_records(
        path,
        list(files),
        format=options["input_format"],  # type: ignore[arg-type]  # click offers only the two
        encoding=options["encoding"],  # type: ignore[arg-type]  # a text or None
        observed_at=moment_of("--observed-at", options["observed_at"]),
        source=options["source"],  # type: ignore[arg-type]  # a text or None
        authoritative=bool(options["authoritative"]),
        scope=str(options["scope"] or "all"),
        replace=bool(options["replace"]),
    )
    say(str(report))
    return 0


def _import_live(url: str, files: tuple[str, ...], options: dict[str, object]) -> int:
    from icpgate.lookup.live.importing import import_live  # noqa: PLC0415 -- only for a live one

    if options["authoritative"] or options["replace"] or options["scope"] is not None:
        raise click.UsageError(
            "--authoritative, --scope and --replace are a file's: a live registry is made with them."
        )
    report = import_live(
        url,
        files,
        form=options["input_format"],  # type: ignore[arg-type]  # click offers only the two
        encoding=options["encoding"],  # type: ignore[arg-type]  # a text or None
        observed_at=moment_of("--observed-at", options["observed_at"]),
        source=options["source"],  # type: ignore[arg-type]  # a text or None
    )
    say(str(report))
    return 0


@command.command("show")
@click.argument("path")
@click.argument("number")
@lang_option
def show_(path: str, number: str, lang: str) -> int:  # noqa: ARG001 -- as above
    """Show the record of NUMBER; exits with 3 when the registry does not have it."""
    name, record = _shown(path, number)
    if record is None:
        say(f"{number}: not in {name}, which alone does not mean that it is not registered")
        return 3
    line(to_json(record.written(), indent=2))
    if record.origin is Origin.SIMULATED:
        say(f"{record.registration_number}: SIMULATED: no bureau issued it")
    return 0


def _shown(path: str, number: str) -> tuple[str, RegistrationRecord | None]:
    """What the registry is called, which of a URL is less than the URL: a password may stand there."""
    if not is_live(path):
        return path, show(path, parse(number))
    from icpgate.lookup.live.content import show_live  # noqa: PLC0415 -- only for a live one

    return show_live(path, parse(number))


@command.command("stats")
@click.argument("path")
@format_option("text", "json")
@lang_option
def stats_(path: str, form: str, lang: str) -> int:  # noqa: ARG001 -- as above
    """Say what the registry holds, how old it is, and for what it may say no."""
    values = _stats(path)
    by_origin = values.get("by_origin", {})
    if values["simulated"] or (isinstance(by_origin, dict) and by_origin.get("simulated")):
        say(f"{values.get('registry', path)}: SIMULATED: no bureau issued its numbers")
    if form == "json":
        line(to_json(values, indent=2))
    else:
        for name, value in values.items():
            line(f"{name}: {to_json(value) if isinstance(value, (dict, list)) else value}")
    return 0


def _stats(path: str) -> dict[str, object]:
    if not is_live(path):
        return stats(path)
    from icpgate.lookup.live.content import stats_live  # noqa: PLC0415 -- only for a live one

    return stats_live(path)


@command.command("export")
@click.argument("path")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", help="Form of the output.")
@lang_option
def export(path: str, form: str, lang: str) -> int:  # noqa: ARG001 -- as above
    """Write every record, in the order of its number, to standard output."""
    if not is_live(path):
        export_records(path, sys.stdout, form)
        return 0
    from icpgate.lookup.live.content import export_live  # noqa: PLC0415 -- only for a live one

    name, is_simulated = export_live(path, sys.stdout, form)
    if is_simulated:
        say(f"{name}: SIMULATED: no bureau issued its numbers")
    return 0
