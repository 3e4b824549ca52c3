"""What the commands that serve have in common: where they listen, how they end, what is said meanwhile."""

from __future__ import annotations

import logging
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar

import click

from icpgate.cli.output import say
from icpgate.errors import IcpGateError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from starlette.applications import Starlette

    from icpgate.server.serving import Tls

__all__ = ["Address", "address_options", "run_at", "served", "url_of", "warnings_told"]

F = TypeVar("F")

INTERRUPTED: Final = 130


class Address(TypedDict):
    """What `address_options` takes."""

    host: str
    port: int
    base: str
    tls_cert: str | None
    tls_key: str | None


def address_options(command: Callable[..., F]) -> Callable[..., F]:
    """Where a server listens, and with which certificate."""
    port = click.IntRange(0, 65535)
    for option in reversed(
        (
            click.option(
                "--host", default="127.0.0.1", help="The address to listen at; 127.0.0.1, this machine alone."
            ),
            click.option("--port", default=8750, type=port, help="The port; 8750. 0 takes a free one."),
            click.option("--base", default="", help="What every path begins with, such as /registry."),
            click.option("--tls-cert", help="A PEM file with the certificate and its chain: serve HTTPS."),
            click.option("--tls-key", help="A PEM file with its key, when it is not in the same file."),
        )
    ):
        command = option(command)
    return command


@contextmanager
def served() -> Iterator[None]:
    """Around making an application and running it: warnings are told, and so is an extra that is missing."""
    try:
        with warnings_told():
            yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"anyio", "h11", "starlette", "uvicorn"}:
            raise
        message = f"serving needs {error.name}"
        raise IcpGateError(message, hint="pip install 'icpgate[server]'", code="cli.extra") from None


def run_at(address: Address, app: Starlette, what: str, admit: Callable[[socket.socket], None] | None = None) -> int:
    """
    Serve the application until a signal ends it; the exit code.

    `admit` looks at the listener before anybody is answered, and raises what is wrong with it.
    """
    from icpgate.server.serving import certified, listen, serve  # noqa: PLC0415 -- the extra may be missing

    certificate = address["tls_cert"]
    if certificate is None and address["tls_key"] is not None:
        raise click.UsageError("--tls-key needs --tls-cert.")
    tls: Tls | None = None if certificate is None else certified(certificate, address["tls_key"])
    with listen(address["host"], address["port"]) as listener:
        if admit is not None:
            admit(listener)
        where = url_of(listener, is_secure=tls is not None) + address["base"].rstrip("/")
        ended_by = serve(app, listener, tls=tls, listening=lambda: say(f"icpgate: serving {what} at {where}"))
    return INTERRUPTED if ended_by == signal.SIGINT else 0


def url_of(listener: socket.socket, *, is_secure: bool) -> str:
    """The address of a listener as a client types it."""
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
def warnings_told() -> Iterator[None]:
    """What icpgate logs as a warning is said meanwhile."""
    lines = _Lines(logging.WARNING)
    logging.getLogger("icpgate").addHandler(lines)
    try:
        yield
    finally:
        logging.getLogger("icpgate").removeHandler(lines)
