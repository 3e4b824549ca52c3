"""`icpgate registration serve`: a registration system over HTTP, until a signal ends it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Unpack

import click

from icpgate.cli.output import lang_option, say
from icpgate.cli.registration.desk import persons_option, system_of
from icpgate.cli.registration.words import SIMULATED
from icpgate.cli.serving import Address, address_options, run_at, served

if TYPE_CHECKING:
    from icpgate.registration import RegistrationSystem

__all__ = ["serve_command"]


@click.command("serve")
@click.argument("url", envvar="ICPGATE_REGISTRY", required=True)
@click.option(
    "--tokens", required=True, help="A TOML file with the accounts and their tokens: docs/registration-http.md."
)
@persons_option
@address_options
@lang_option
def serve_command(url: str, tokens: str, persons_key_file: str | None, lang: str, **address: Unpack[Address]) -> int:
    """
    Serve the registration system at URL over HTTP, until a signal ends it: docs/registration-http.md.

    A JSON interface for programs, and pages for people: the look-up of a number, and the bureau's queue. Everything
    but the look-up demands a token. SIGTERM answers what is under way and exits with 0, Ctrl-C exits with 130.
    """
    with served(), system_of(url, persons_key_file) as system:
        if system.simulated:
            say(f"icpgate: {SIMULATED[lang]}")
        return _serve(system, tokens, address)


def _serve(system: RegistrationSystem, tokens: str, address: Address) -> int:
    from icpgate.server.registration import Tokens, registration_app  # noqa: PLC0415 -- the extra may be missing

    app = registration_app(system, tokens=Tokens.load(tokens), base=address["base"])
    with closing(system.registry()) as registry:
        name = registry.id
    return run_at(address, app, name)
