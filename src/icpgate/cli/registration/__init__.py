"""`icpgate registration`: the registration procedure, one file for the commands that belong together."""

from __future__ import annotations

from typing import Final

import click

from icpgate.cli.lazy import Lazily, LazyGroup

__all__ = ["COMMANDS", "command"]

COMMANDS: Final = {
    "schema": ("forms", "Write the JSON Schema of the registration form."),
    "check": ("forms", "Say everything that is missing or wrong in a form."),
    "key": ("forms", "Make a key that keeps the persons responsible."),
    "new": ("applying", "Begin an application for a new registration."),
    "edit": ("applying", "Put another form in the place of a draft's."),
    "submit": ("applying", "Hand an application in; once it is verified, submit it to the bureau."),
    "verify": ("verifying", "Verify identity, network resources or app, or write down that somebody did."),
    "return": ("deciding", "Return an application with what has to be put right."),
    "confirm": ("applying", "The operator's confirmation, within 24 hours."),
    "review": ("deciding", "The bureau's decision: approve, return or reject."),
    "withdraw": ("applying", "End an application without a decision."),
    "change": ("applying", "Begin an application for a change, a platform more, or another operator."),
    "cancel": ("applying", "Begin a cancellation: of a service, of an entity, of one access."),
    "blacklist": ("deciding", "The bureau blacklists a registration, or ends that."),
    "observe": ("deciding", "Say that the bureau's record was looked at again."),
    "show": ("looking", "Show an application by its id, or a registration by its number."),
    "list": ("looking", "List the applications that are one's business, oldest first."),
    "history": ("looking", "List every step of an application or of a registration."),
    "display": ("looking", "Say what an app with this number has to show."),
    "lapse": ("deciding", "Write down the confirmations that were not given in time."),
    "serve": ("serving", "Serve the registration system over HTTP."),
}
"""Each with the module that has it, and its line in the list."""

_HOMES: Final = {name: Lazily(f"{__name__}.{home}:{name}_command", text) for name, (home, text) in COMMANDS.items()}


@click.group("registration", cls=LazyGroup, lazily=_HOMES)
def command() -> None:
    """
    Take a registration from the form to the number, and through what comes after: docs/registration.md.

    check, schema and key need no registry. The others work on a live registry that `icpgate registry init` made.
    Who can open it can act as anybody: `--as` and `--name` say who acts, and are not proved.
    """
