"""Returning an application, the bureau's decision, and what is done to a registration without an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from icpgate.cli.registration.applying import told
from icpgate.cli.registration.desk import at_desk, revision_option
from icpgate.cli.registration.looking import registration_told

if TYPE_CHECKING:
    from icpgate.cli.registration.desk import Desk

__all__ = ["blacklist_command", "lapse_command", "observe_command", "return_command", "review_command"]


@click.command("return")
@click.argument("application", metavar="ID")
@click.option("--note", "notes", multiple=True, required=True, help="What to put right; may be given several times.")
@revision_option
@at_desk
def return_command(desk: Desk, application: str, notes: tuple[str, ...], revision: int | None) -> int:
    """Return the application ID to its operator, with what has to be put right."""
    return told(desk, desk.system.send_back(application, actor=desk.actor, notes=notes, revision=revision))


@click.command("review")
@click.argument("application", metavar="ID")
@click.argument("decision", type=click.Choice(["approve", "return", "reject"]))
@click.option("--number", help="The number that the bureau gave; a simulated registry mints one.")
@click.option("--evidence", default="", help="Where it says so: the bureau's notice, message, or public record.")
@click.option("--note", "notes", multiple=True, help="Why it is returned or rejected; may be given several times.")
@revision_option
@at_desk
def review_command(desk: Desk, application: str, decision: str, **given: object) -> int:
    """
    Decide on the application ID as the bureau, or record its decision: approve, return or reject.

    An approval takes --number and --evidence where the registry is not simulated; the others take --note.
    """
    notes, number, evidence = given["notes"], given["number"], given["evidence"]
    if decision == "approve" and notes:
        raise click.UsageError("--note goes with return and reject.")
    if decision != "approve" and (number or evidence):
        raise click.UsageError("--number and --evidence go with approve.")
    how = {"actor": desk.actor, "revision": given["revision"]}
    if decision == "approve":
        return told(desk, desk.system.approve(application, number=number, evidence=evidence, **how))  # type: ignore[arg-type]  # click made them
    act = desk.system.send_back if decision == "return" else desk.system.reject
    return told(desk, act(application, notes=notes, **how))  # type: ignore[arg-type]  # as above


@click.command("blacklist")
@click.argument("number")
@click.option("--reason", required=True, help="Why.")
@click.option("--end", "is_end", is_flag=True, help="End the blacklisting.")
@at_desk
def blacklist_command(desk: Desk, number: str, reason: str, *, is_end: bool) -> int:
    """Blacklist the registration NUMBER as the bureau; an entity's number means all its services."""
    act = desk.system.end_blacklisting if is_end else desk.system.blacklist
    return registration_told(desk, act(number, actor=desk.actor, reason=reason))


@click.command("observe")
@click.argument("number")
@click.option("--evidence", required=True, help="Where somebody looked, and when.")
@at_desk
def observe_command(desk: Desk, number: str, evidence: str) -> int:
    """Say that the bureau's record of NUMBER was looked at again and is as it is here: it is fresh from now on."""
    return registration_told(desk, desk.system.observe(number, actor=desk.actor, evidence=evidence))


@click.command("lapse")
@at_desk
def lapse_command(desk: Desk) -> int:
    """
    Write down every confirmation that was not given within 24 hours; for a timer.

    An application shows that it has lapsed without it. The registry says that a change is over once it is written
    down, here or by the application's next step.
    """
    lapsed = desk.system.lapse_due()
    desk.write_all("lapsed", [{"id": each} for each in lapsed], lambda: iter(lapsed))
    return 0
