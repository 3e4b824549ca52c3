"""`icpgate registry serve`: a registry over HTTP, until a signal ends it."""

from __future__ import annotations

import logging
import os
import re
import signal
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack, cast

import click

from icpgate.cli.output import lang_option, read_bytes, say
from icpgate.cli.stated import registry_of, transport_options
from icpgate.errors import ConfigurationError, IcpGateError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from icpgate.lookup.interface import Registry
    from icpgate.server.serving import Tls

__all__ = ["serve"]

TOKEN_VARIABLE: Final = "ICPGATE_SERVE_TOKEN"  # noqa: S105 -- the name of one
INTERRUPTED: Final = 130


class _Options(TypedDict):
    """What the command takes."""

    host: str
    port: int
    base: str
    token_file: str | None
    insecure_no_token: bool
    tls_cert: str | None
    tls_key: str | None
    ca_file: str | None
    client_certificate: str | None
    client_key: str | None
    proxy: str | None
    trust_env: bool | None
    insecure_http: bool | None
    insecure_tls: bool | None


@click.command("serve")
@click.argument("registry", metavar="PATH|URL")
@click.option("--host", default="127.0.0.1", help="The address to listen at; 127.0.0.1, this machine alone.")
@click.option("--port", default=8750, type=click.IntRange(0, 65535), help="The port; 8750. 0 takes a free one.")
@click.option("--base", default="", help="What every path begins with, such as /registry.")
@click.option("--token-file", help=f"A file with the token that clients must send; else {TOKEN_VARIABLE}.")
@click.option("--insecure-no-token", is_flag=True, help="Answer whoever reaches the address, beyond this machine too.")
@click.option("--tls-cert", help="A PEM file with the certificate and its chain: serve HTTPS.")
@click.option("--tls-key", help="A PEM file with the certificate's key, when it is not in the same file.")
@transport_options
@lang_option
def serve(registry: str, lang: str, **options: Unpack[_Options]) -> int:  # noqa: ARG001 -- as in every command
    """
    Serve the registry at PATH|URL over HTTP, by the protocol of docs/protocol.md, until a signal ends it.

    Beyond this machine a token is demanded. SIGTERM answers what is under way and exits with 0,
    Ctrl-C exits with 130. A file that takes the place of the served one is used from then on.
    """
    if options["tls_key"] is not None and options["tls_cert"] is None:
        raise click.UsageError("--tls-key needs --tls-cert.")
    token = _token(options["token_file"])
    opened = _opened(registry, cast("dict[str, object]", options))
    try:
        with _warnings_told():
            return _serve(opened, token, options)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"anyio", "h11", "starlette", "uvicorn"}:
            raise
        message = f"serving needs {error.name}"
        raise IcpGateError(message, hint="pip install 'icpgate[server]'", code="cli.extra") from None
    finally:
        close = getattr(opened, "close", None)
        if close is not None:
            close()


def _serve(registry: Registry, token: str | None, options: _Options) -> int:
    from icpgate.server.app import registry_app  # noqa: PLC0415 -- the extra may be missing
    from icpgate.server.serving import certified, is_loopback, listen  # noqa: PLC0415 -- as above
    from icpgate.server.serving import serve as run  # noqa: PLC0415 -- as above

    app = registry_app(registry, token=token, base=options["base"])
    certificate = options["tls_cert"]
    tls: Tls | None = None if certificate is None else certified(certificate, options["tls_key"])
    listener = listen(options["host"], options["port"])
    with listener:
        if token is None and not is_loopback(listener):
            _demand_token(is_waived=options["insecure_no_token"])
        where = _url(listener, is_secure=tls is not None) + options["base"].rstrip("/")
        ended_by = run(app, listener, tls=tls, listening=lambda: say(f"icpgate: serving {registry.id} at {where}"))
    return INTERRUPTED if ended_by == signal.SIGINT else 0


def _opened(registry: str, options: dict[str, object]) -> Registry:
    """The registry of a URL, or of a file; a simulated one is told at once."""
    from icpgate.lookup.registries.snapshot import SnapshotRegistry  # noqa: PLC0415 -- only once it is served
    from icpgate.lookup.registrysettings import RegistrySettings  # noqa: PLC0415 -- as above
    from icpgate.lookup.snapshotfile import stats  # noqa: PLC0415 -- as above

    is_url = re.match(r"[a-z][a-z0-9+._-]+:", registry) is not None and not Path(registry).exists()
    opened = registry_of(RegistrySettings(url=registry if is_url else f"snapshot:{registry}"), options)
    if isinstance(opened, SnapshotRegistry) and stats(registry.removeprefix("snapshot:"))["simulated"]:
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


def _url(listener: socket.socket, *, is_secure: bool) -> str:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http{'s' if is_secure else ''}://{shown}:{port}"


class _Lines(logging.Handler):
    """icpgate's own warnings, one line each on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        told = [f" {name}={getattr(record, name)}" for name in ("registry", "code", "error") if hasattr(record, name)]
        with suppress(OSError, ValueError):  # nobody reads standard error any more; answering goes on
            say(f"icpgate: {record.getMessage()}{''.join(told)}")


@contextmanager
def _warnings_told() -> Iterator[None]:
    lines = _Lines(logging.WARNING)
    logging.getLogger("icpgate").addHandler(lines)
    try:
        yield
    finally:
        logging.getLogger("icpgate").removeHandler(lines)
