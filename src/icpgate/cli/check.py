"""`icpgate check`: apps in, decisions out."""

from __future__ import annotations

import csv
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

import click

from icpgate.cli.output import (
    cell,
    format_option,
    lang_option,
    line,
    moment_of,
    read_bytes,
    say,
    to_json,
)
from icpgate.cli.stated import cache_of, limits_of, registry_of, registry_option, transport_options
from icpgate.decision import Audience
from icpgate.errors import IcpGateError
from icpgate.gate import Checked, Gate
from icpgate.jsontext import InvalidJson, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.decision import Decision
    from icpgate.lookup.registrysettings import RegistrySettings

__all__ = ["command", "exit_code"]

MAX_INPUT = 256 * 1_048_576
"""A catalogue larger than this belongs to a sweep."""

_APP_OPTIONS = {
    "name": "The app's name as users see it.",
    "kind": "app, mini_program or quick_app.",
    "platform": "android, ios, harmonyos, wechat …",
    "package": "Package name, bundle identifier or AppID.",
    "number": "The registration number as the app states it.",
    "operator": "The operator's name.",
    "document_type": "Type of the operator's document.",
    "document_number": "Number of the operator's document.",
}


_LISTED = {
    "domain": ("domains", "A domain to connect; may be given several times."),
    "endpoint": ("endpoints", "An IP address to connect; may be given several times."),
}


def _app_options(command: click.Command) -> click.Command:
    for name, (_, text) in reversed(_LISTED.items()):
        command.params.append(click.Option([f"--{name}"], multiple=True, help=text))
    for name, text in reversed(_APP_OPTIONS.items()):
        command.params.append(click.Option([f"--{name.replace('_', '-')}"], help=text))
    return command


@click.command("check")
@click.argument("file", required=False)
@click.option("--for", "action", type=click.Choice(["list", "connect", "preinstall"]), required=True,
              help="What the gatekeeper is about to do.")  # fmt: skip
@registry_option
@transport_options
@click.option(
    "--occasion", type=click.Choice(["first", "update", "standing"]), default="first", help="When it is asked."
)
@click.option("--as-of", help="A moment with its zone: the policy's phase, never the age of a record.")
@click.option("--policy", envvar="ICPGATE_POLICY", help="A policy file instead of the shipped one.")
@click.option("--mode", type=click.Choice(["enforce", "warn", "dry_run"]), help="Whether the gatekeeper acts on it.")
@click.option("--deadline", type=float, default=2.0, help="Seconds for one decision.")
@click.option("--cache", envvar="ICPGATE_CACHE", help="A second level of the cache: sqlite:cache.db, redis://host.")
@click.option("--allow-simulated", is_flag=True, help="Believe simulated registries; development only.")
@click.option("--for-gatekeeper", is_flag=True, help="Word the reasons for the gatekeeper, not the developer.")
@format_option("text", "json", "jsonl", "csv")
@lang_option
def _command(file: str | None, form: str, lang: str, **options: object) -> int:
    """
    Decide on the apps of FILE (`-` is standard input), or on the one the options describe.

    FILE holds one App object, a JSON array of them, or one per line. Exits with 0 when all are
    allowed, 1 on an evaluated denial, 3 when something is undecided, 2 when a row cannot be read.
    """
    given = {name: options.pop(name) for name in _APP_OPTIONS}
    described: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    described |= {
        field: list(values) for option, (field, _) in _LISTED.items() if (values := _several(options, option))
    }
    if (file is None) == (not described):
        raise click.UsageError("Give FILE, or the app's fields as options, not both and not neither.")
    audience = Audience.GATEKEEPER if options.pop("for_gatekeeper") else Audience.DEVELOPER
    rows = _rows(file) if file is not None else iter([_from_options(described)])
    with ExitStack() as opened:
        gate = _gate(options, opened)
        as_of = moment_of("--as-of", options["as_of"])
        checked = gate.check_many(rows, occasion=str(options["occasion"]), as_of=as_of)  # type: ignore[arg-type]  # parse refuses what is no object
        return exit_code(_written(checked, form, lang, audience))


command = _app_options(_command)


def _several(options: dict[str, object], name: str) -> tuple[str, ...]:
    values = options.pop(name)
    return values if isinstance(values, tuple) else ()


def _gate(options: dict[str, object], opened: ExitStack) -> Gate:
    """The gate; it and its cache are closed with what else is open."""
    cache = cache_of(cast("str | None", options["cache"]))
    if cache is not None:
        opened.enter_context(cache)
    gate = Gate(
        options["action"],  # type: ignore[arg-type]  # click offers only the actions
        registry_of(cast("RegistrySettings", options["registry"]), options),
        policy=options["policy"],  # type: ignore[arg-type]  # a path or None
        mode=options["mode"],  # type: ignore[arg-type]  # click offers only the modes
        deadline=options["deadline"],  # type: ignore[arg-type]  # a float by click
        cache=cache,
        limits=limits_of(),
        allow_simulated=bool(options["allow_simulated"]),
    )
    return opened.enter_context(gate)


def _from_options(described: dict[str, object]) -> object:
    operator = {
        field: described.pop(option)
        for option, field in (
            ("operator", "name"),
            ("document_type", "document_type"),
            ("document_number", "document_number"),
        )
        if option in described
    }
    if "number" in described:
        described["registration_number"] = described.pop("number")
    return described | ({"operator": operator} if operator else {})


def _rows(path: str) -> Iterator[object]:
    """The apps of a file: one object, an array, or one per line; what is not JSON comes as its error."""
    raw = read_bytes(path)
    if not raw.strip():
        raise IcpGateError(f"{path} is empty: an App object, an array of them, or one per line", code="cli.empty")
    lines = [text for text in raw.removeprefix(b"\xef\xbb\xbf").splitlines() if text.strip()]
    if len(lines) > 1 and any(text.strip()[:1] == b"{" and text.strip()[-1:] == b"}" for text in lines[:2]):
        yield from map(_line, lines)
        return
    try:
        whole = loads(raw, max_characters=MAX_INPUT)
    except InvalidJson as error:
        raise IcpGateError(f"{path}, {error.place}: {error.message}", code=error.code, hint=error.hint) from None
    yield from whole if isinstance(whole, list) else [whole]


def _line(text: bytes) -> object:
    try:
        return loads(text)
    except InvalidJson as error:
        return error


def _written(items: Iterator[Checked], form: str, lang: str, audience: Audience) -> Iterator[Checked]:
    """Write each item in its form, and pass it on to be counted."""
    if form == "json":
        kept = list(items)
        line(to_json([_item(item) for item in kept], indent=2))
        yield from kept
        return
    writer = csv.writer(sys.stdout, lineterminator="\n") if form == "csv" else None
    if writer is not None:
        writer.writerow(["position", "package", "number", "verdict", "basis", "codes", "id"])
    for item in items:
        if form == "jsonl":
            line(to_json(_item(item)))
        elif writer is not None:
            writer.writerow([cell(value) for value in _csv_row(item)])
        elif item.decision is not None:
            line(item.decision.explain(lang, audience))
        if item.error is not None:
            say(f"icpgate: row {item.position + 1}: {item.error}")
        yield item


def _item(item: Checked) -> dict[str, object]:
    if item.decision is not None:
        return item.decision.written()
    error = item.error
    assert error is not None  # noqa: S101 -- an item has one of the two
    defects = getattr(error, "defects", ())
    return {
        "position": item.position,
        "error": error.code,
        "message": error.message,
        "hint": error.hint,
        "defects": [
            {"code": d.code, "place": d.place, "message": d.message, "expected": d.expected, "hint": d.hint}
            for d in defects
        ],
    }


def _csv_row(item: Checked) -> list[object]:
    decision: Decision | None = item.decision
    if decision is None:
        return [item.position, "", "", "error", "", item.error.code if item.error is not None else "", ""]
    number = decision.number.canonical if decision.number is not None else ""
    return [
        item.position, decision.app.package, number, decision.verdict.value, decision.basis.value,
        " ".join(decision.codes), decision.id,
    ]  # fmt: skip


def exit_code(items: Iterator[Checked]) -> int:
    """2 when a row could not be read, else 1 on a denial, 3 on something undecided, 0 when all are allowed."""
    unreadable = denied = undecided = False
    count = 0
    for count, item in enumerate(items, 1):  # noqa: B007 -- how many there were
        decision = item.decision
        unreadable = unreadable or decision is None
        denied = denied or (decision is not None and decision.denied)
        undecided = undecided or (decision is not None and decision.undecided)
    if count == 0:
        raise IcpGateError("there is no app in the input: nothing was checked", code="cli.empty")
    return 2 if unreadable else 1 if denied else 3 if undecided else 0
