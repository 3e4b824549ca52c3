"""What operators, platforms and access providers do with an application, from the draft to the confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import click

from icpgate.cli.output import say
from icpgate.cli.registration.desk import at_desk, revision_option
from icpgate.cli.registration.formfile import form_of
from icpgate.cli.registration.written import application_json, application_lines, examination_lines, lacking
from icpgate.registration import IncompleteForm, Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.cli.registration.desk import Desk
    from icpgate.jsontext import Json
    from icpgate.registration import Application, Examination

__all__ = [
    "cancel_command",
    "change_command",
    "confirm_command",
    "edit_command",
    "new_command",
    "submit_command",
    "told",
    "withdraw_command",
]

_ACCOUNT: Final = "The operator's account, where it is not the operator's name in the form."
_SCOPES: Final = {
    "service": Purpose.CANCEL_SERVICE,
    "entity": Purpose.CANCEL_ENTITY,
    "access": Purpose.CANCEL_ACCESS,
}
_CHANGES: Final = (Purpose.CHANGE, Purpose.ADD_PLATFORM, Purpose.CHANGE_OPERATOR)


def told(desk: Desk, application: Application) -> int:
    """The application as it is now."""

    def lacks() -> tuple[str, ...]:
        return lacking(application, desk.system.check(application.form))

    desk.write(application_json(application), lambda: application_lines(application, desk.lang, lacks()))
    return 0


@click.command("new")
@click.argument("file", metavar="FORM")
@click.option("--operator-account", help=_ACCOUNT)
@at_desk
def new_command(desk: Desk, file: str, operator_account: str | None) -> int:
    """
    Begin an application with FORM, a JSON file that may be incomplete (`-` is standard input).

    The persons responsible in it are kept encrypted, by the key of --persons-key-file.
    """
    return told(desk, desk.system.new(form_of(file), actor=desk.actor, operator_account=operator_account))


@click.command("edit")
@click.argument("application", metavar="ID")
@click.argument("file", metavar="FORM")
@revision_option
@at_desk
def edit_command(desk: Desk, application: str, file: str, revision: int | None) -> int:
    """
    Put FORM in the place of the form of the draft, or of the returned or lapsed application, ID.

    A form without persons keeps those there are. Every verification has to be made again.
    """
    return told(desk, desk.system.edit(application, form_of(file), actor=desk.actor, revision=revision))


@click.command("submit")
@click.argument("application", metavar="ID")
@revision_option
@at_desk
def submit_command(desk: Desk, application: str, revision: int | None) -> int:
    """
    Hand the application ID in; or, by a platform or access provider that verified it, submit it to the bureau.

    Exits with 1 and every defect when the form is not complete.
    """
    try:
        submitted = desk.system.submit(application, actor=desk.actor, revision=revision)
    except IncompleteForm as error:
        say(f"icpgate: {error.code}: {error}")
        return _refused(desk, error.examination)
    return told(desk, submitted)


def _refused(desk: Desk, examination: Examination) -> int:
    def lines() -> Iterator[str]:
        yield from desk.notice()
        yield from examination_lines(examination, desk.lang)

    desk.write(cast("dict[str, Json]", examination.written()), lines)
    return 1


@click.command("confirm")
@click.argument("application", metavar="ID")
@revision_option
@at_desk
def confirm_command(desk: Desk, application: str, revision: int | None) -> int:
    """Confirm the application ID, as its operator does by the text message; the bureau's 20 working days begin."""
    return told(desk, desk.system.confirm(application, actor=desk.actor, revision=revision))


@click.command("withdraw")
@click.argument("application", metavar="ID")
@revision_option
@at_desk
def withdraw_command(desk: Desk, application: str, revision: int | None) -> int:
    """End the application ID without a decision."""
    return told(desk, desk.system.withdraw(application, actor=desk.actor, revision=revision))


@click.command("change")
@click.argument("number")
@click.argument("file", metavar="FORM")
@click.option("--purpose", type=click.Choice([each.value for each in _CHANGES]), default="change", help="What changes.")
@click.option("--operator-account", help="The new operator's account, where it is not its name in the form.")
@at_desk
def change_command(desk: Desk, number: str, file: str, purpose: str, operator_account: str | None) -> int:
    """
    Begin a change of the registration NUMBER to FORM, the whole form as it is to be.

    The number is kept, and the registration stands meanwhile; with --purpose change_operator it ends, and the new
    operator gets a number of its own.
    """
    form = form_of(file)
    return told(
        desk,
        desk.system.change(number, form, actor=desk.actor, purpose=Purpose(purpose), operator_account=operator_account),
    )


@click.command("cancel")
@click.argument("number")
@click.option("--scope", type=click.Choice(list(_SCOPES)), default="service", help="What ends.")
@click.option("--access-provider", default="", help="Whose access ends, with --scope access.")
@click.option("--note", "notes", multiple=True, help="Why; may be given several times.")
@at_desk
def cancel_command(desk: Desk, number: str, scope: str, access_provider: str, notes: tuple[str, ...]) -> int:
    """
    Begin to cancel the registration NUMBER; a bureau's cancellation takes effect at once.

    --scope entity ends the entity with all its services, and takes its number or any of theirs. --scope access
    ends one provider's access; a registration that has none left is a shell.
    """
    if access_provider and scope != "access":
        raise click.UsageError("--access-provider goes with --scope access.")
    cancelled = desk.system.cancel(
        number, actor=desk.actor, purpose=_SCOPES[scope], access_provider=access_provider, notes=notes
    )
    return told(desk, cancelled)
