"""A group of commands that are listed without being imported."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Lazily", "LazyGroup"]


class Lazily(NamedTuple):
    """Where a command is (`module:attribute`), and its line in the list."""

    home: str
    text: str


class LazyGroup(click.Group):
    """Lists its commands without importing them, and imports the one that is called."""

    def __init__(self, *, lazily: Mapping[str, Lazily], **attributes: object) -> None:
        """`lazily` has the commands by their names, in the order of the list."""
        super().__init__(**attributes)  # type: ignore[arg-type]  # click's own, as its decorator hands them on
        self._lazily = lazily

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """See `click.Group`."""
        return list(self._lazily)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        """See `click.Group`."""
        if cmd_name not in self._lazily:
            return None
        home, _, attribute = self._lazily[cmd_name].home.partition(":")
        command = getattr(import_module(home), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 -- our own module
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's signature
        """See `click.Group`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.text) for name, each in self._lazily.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group`; a wrong word is answered with the nearest."""
        if args and args[0] not in self._lazily and not args[0].startswith("-"):
            from icpgate.errors import nearest  # noqa: PLC0415 -- only once a word is wrong

            suggestion = nearest(args[0], list(self._lazily))
            hint = f" Did you mean {suggestion}?" if suggestion else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)
