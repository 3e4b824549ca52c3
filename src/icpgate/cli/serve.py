"""`icpgate registry serve`: a registry over HTTP, until a signal ends it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack, cast

import click

from icpgate.cli.output import lang_option, read_bytes, say
from icpgate.cli.serving import Address, address_options, run_at, served
from icpgate.cli.stated import registry_of, transport_options
from icpgate.errors import ConfigurationError

if TYPE_CHECKING:
    import socket

    from icpgate.lookup.interface import Registry

__all__ = ["serve"]

TOKEN_VARIABLE: Final = "ICPGATE_SERVE_TOKEN"  # noqa: S105 -- the name of one


class _Options(Address):
    """What the command takes."""

    token_file: str | None
    insecure_no_token: bool
    ca_file: str | None
    client_certificate: str | None
    client_key: str | None
    proxy: str | None
    trust_env: bool | None
    insecure_http: bool | None
    insecure_tls: bool | None


@click.command("serve")
@click.argument("registry", metavar="PATH|URL")
@address_options
@click.option("--token-file", help=f"A file with the token that clients must send; else {TOKEN_VARIABLE}.")
@click.option("--insecure-no-token", is_flag=True, help="Answer whoever reaches the address, beyond this machine too.")
@transport_options
@lang_option
def serve(registry: str, lang: str, **options: Unpack[_Options]) -> int:  # noqa: ARG001 -- as in every command
    """
    Serve the registry at PATH|URL over HTTP, by the protocol of docs/protocol.md, until a signal ends it.

    Beyond this machine a token is demanded. SIGTERM answers what is under way and exits with 0,
    Ctrl-C exits with 130. A file that takes the place of the served one is used from then on.
    """
    token = _token(options["token_file"])
    opened = _opened(registry, cast("dict[str, object]", options))
    try:
        with served():
            return _serve(opened, token, options)
    finally:
        close = getattr(opened, "close", None)
        if close is not None:
            close()


def _serve(registry: Registry, token: str | None, options: _Options) -> int:
    from icpgate.server.app import registry_app  # noqa: PLC0415 -- the extra may be missing
    from icpgate.server.serving import is_loopback  # noqa: PLC0415 -- as above

    def admit(listener: socket.socket) -> None:
        if token is None and not is_loopback(listener):
            _demand_token(is_waived=options["insecure_no_token"])

    return run_at(options, registry_app(registry, token=token, base=options["base"]), registry.id, admit)


def _opened(registry: str, options: dict[str, object]) -> Registry:
    """The registry of a URL, or of a file; a simulated one is told at once."""
    from icpgate.lookup.registries.snapshot import SnapshotRegistry  # noqa: PLC0415 -- only once it is served
    from icpgate.lookup.registrysettings import RegistrySettings  # noqa: PLC0415 -- as above
    from icpgate.lookup.snapshotfile import stats  # noqa: PLC0415 -- as above

    is_url = re.match(r"[a-z][a-z0-9+._-]+:", registry) is not None and not Path(registry).exists()
    opened = registry_of(RegistrySettings(url=registry if is_url else f"snapshot:{registry}"), options)
    is_simulated = getattr(opened, "simulated", False)
    if isinstance(opened, SnapshotRegistry):
        is_simulated = stats(registry.removeprefix("snapshot:"))["simulated"]
    if is_simulated:
        say(f"{opened.id}: SIMULATED: no bureau issued its numbers")
    return opened


def _token(path: str | None) -> str | None:
    """The token of a file, else of the environment; never an argument, which every process list shows."""
    if path is not None:
        token = read_bytes(path).decode("utf-8", "replace").strip()
        if not token:
            raise ConfigurationError(f"{path} has no token", code="config.token")
        return token
    return os.environ.get(TOKEN_VARIABLE) or None


def _demand_token(*, is_waived: bool) -> None:
    if not is_waived:
        message = "other machines can reach this address, and everybody would be answered"
        hint = f"--token-file FILE, or {TOKEN_VARIABLE}"
        raise ConfigurationError(message, hint=hint, code="serve.no_token")
    say("icpgate: INSECURE: whoever reaches this address is told every record, people's documents too")
