"""`icpgate registration show`, `list`, `history` and `display`: what changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from icpgate.cli.output import line, say, table, to_json
from icpgate.cli.registration.applying import told
from icpgate.cli.registration.desk import at_desk
from icpgate.cli.registration.words import SIMULATED, label, labelled, word
from icpgate.cli.registration.written import day_of, moment, registration_json, registration_lines
from icpgate.errors import InvalidNumber, shown
from icpgate.number import parse
from icpgate.registration import State, UnknownApplication
from icpgate.registration.display import display_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.cli.registration.desk import Desk
    from icpgate.jsontext import Json
    from icpgate.registration import Application, HistoryEntry, Registration

__all__ = ["display_command", "history_command", "list_command", "registration_told", "show_command"]

_LONG: Final = frozenset({"form", "verifications"})
"""What a list leaves out."""

_WIDTH: Final = 120


def registration_told(desk: Desk, registration: Registration) -> int:
    """The registration as it is now."""
    desk.write(
        registration_json(registration),
        lambda: registration_lines(registration, desk.lang, simulated=desk.system.simulated),
    )
    return 0


def _is_entity(number: str) -> bool:
    try:
        return parse(number).is_entity
    except InvalidNumber:
        return False


def _registrations_told(desk: Desk, number: str) -> int:
    """One registration, or by its number an entity's, one after another."""
    try:
        return registration_told(desk, desk.system.registration(number, actor=desk.actor))
    except UnknownApplication:
        if not _is_entity(number):
            raise
        found = desk.system.registrations(number, actor=desk.actor)

    def lines() -> Iterator[str]:
        for each in found:
            yield from registration_lines(each, desk.lang, simulated=desk.system.simulated)

    desk.write_all("registrations", [registration_json(each) for each in found], lines)
    return 0


@click.command("show")
@click.argument("name", metavar="ID|NUMBER")
@click.option("--form", "is_form", is_flag=True, help="Write the application's form alone, as `edit` takes it.")
@at_desk
def show_command(desk: Desk, name: str, *, is_form: bool) -> int:
    """
    Show an application by its id, or a registration by its number; by an entity's number, all of its services.

    Of an application: its state and deadlines, what it lacks, and who can take which step next.

    A natural person's document number is masked, but not in --form, which is to be edited. The persons
    responsible are never shown.
    """
    try:
        application = desk.system.application(name, actor=desk.actor)
    except UnknownApplication:
        if is_form or name.isascii():  # every number begins with a province
            raise
        return _registrations_told(desk, name)
    if not is_form:
        return told(desk, application)
    line(to_json(application.form, indent=2))
    if application.simulated:
        say(SIMULATED[desk.lang])
    return 0


@click.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([each.value for each in State]), help="In these states alone."
)
@click.option("--after", default="", help="Beyond this application's id.")
@click.option("--limit", default=50, type=click.IntRange(1, 500), help="How many at most; 50.")
@at_desk
def list_command(desk: Desk, states: tuple[str, ...], after: str, limit: int) -> int:
    """List the applications that are this account's business, oldest first."""
    wanted = tuple(map(State, states))
    found = desk.system.applications(actor=desk.actor, states=wanted, after=after, limit=limit)
    rows: list[dict[str, Json]] = [
        {name: value for name, value in each.written().items() if name not in _LONG} for each in found
    ]
    desk.write_all("applications", rows, lambda: _list_lines(found, desk))
    if len(found) == limit:
        say(f"icpgate: there may be more: --after {found[-1].id}")
    return 0


def _list_lines(applications: tuple[Application, ...], desk: Desk) -> Iterator[str]:
    yield from desk.notice()
    names = ("id", "purpose", "state", "operator", "app", "number", "time")
    rows = [_row(each, desk.lang) for each in applications]
    yield from table([label(name, desk.lang) for name in names], rows, width=_WIDTH)


def _row(application: Application, lang: str) -> tuple[str, ...]:
    until = "" if application.review_until is None else day_of(application.review_until, datetime.now(UTC), lang)
    return (
        application.id,
        word("purpose", application.purpose.value, lang),
        word("state", application.state.value, lang),
        shown(application.operator_account),
        _app(application),
        application.number or "",
        until if application.sms_until is None else moment(application.sms_until),
    )


def _app(application: Application) -> str:
    app = application.form.get("app")
    return shown(app["name"]) if isinstance(app, dict) and isinstance(app.get("name"), str) else ""


@click.command("history")
@click.argument("name", metavar="ID|NUMBER")
@at_desk
def history_command(desk: Desk, name: str) -> int:
    """List every step of an application, by its id, or all that happened to a registration, by its number."""
    entries = desk.system.history(name, actor=desk.actor)
    desk.write_all("entries", [entry.written() for entry in entries], lambda: _history_lines(entries, desk))
    return 0


def _history_lines(entries: tuple[HistoryEntry, ...], desk: Desk) -> Iterator[str]:
    yield from desk.notice()
    names = ("at", "id", "who", "step", "after", "note")
    yield from table(
        [label(name, desk.lang) for name in names], [_step(each, desk.lang) for each in entries], width=_WIDTH
    )


def _step(entry: HistoryEntry, lang: str) -> tuple[str, ...]:
    who = f"{word('role', entry.role, lang)} {shown(entry.name)}".strip()
    step = word("step", entry.step.value, lang)
    return (
        moment(entry.at),
        entry.application,
        who,
        step,
        word("state", entry.after, lang),
        shown(entry.note, at_most=500),
    )


@click.command("display")
@click.argument("number")
@at_desk
def display_command(desk: Desk, number: str) -> int:
    """Say what the app registered as NUMBER has to show: the number, its link, and where both stand."""
    registered = desk.system.registration(number, actor=desk.actor).record.registration_number
    texts = display_of(registered)
    value: dict[str, Json] = {
        "number": texts.number, "link": texts.link, "placement": texts.placement, "placement_zh": texts.placement_zh,
    }  # fmt: skip

    def lines() -> Iterator[str]:
        yield from desk.notice()
        yield labelled("number", desk.lang, texts.number)
        yield labelled("link", desk.lang, texts.link)
        yield labelled("placement", desk.lang, texts.text(desk.lang))

    desk.write(value, lines)
    return 0
