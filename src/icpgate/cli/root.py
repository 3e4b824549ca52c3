"""The `icpgate` command: its subcommands, each imported when it is called."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Final

import click

from icpgate import __version__

__all__ = ["COMMANDS", "root"]

COMMANDS: Final = {
    "number": "Read registration numbers and say what is wrong with them.",
    "check": "Decide whether apps may be listed, connected or pre-installed.",
    "explain": "Say what a reason code means, on which basis, and what to do.",
    "policy": "Show, check and test a policy.",
    "registry": "Make, fill, read, export and serve a registry in one file.",
    "cache": "Look into a second level of the cache, and have it forget.",
    "demo": "Build a registry from the examples and gate a small catalogue.",
}


class _Lazy(click.Group):
    """Lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"icpgate.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101 -- our own module
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from icpgate.errors import nearest  # noqa: PLC0415 -- only once a word is wrong

            suggestion = nearest(args[0], list(COMMANDS))
            hint = f" Did you mean {suggestion}?" if suggestion else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="icpgate")
@click.option("--config", envvar="ICPGATE_CONFIG", help="A file of settings; else ./icpgate.toml where there is one.")
@click.pass_context
def root(ctx: click.Context, config: str | None) -> None:
    """The compliance gate for apps, mini programs and quick apps in China."""
    if config is None and not os.path.isfile("icpgate.toml"):  # noqa: PTH113 -- pathlib costs more than the look
        return
    from icpgate.cli.config import DEFAULT_PATH, Config  # noqa: PLC0415 -- only where there is a file

    loaded = Config.load(config if config is not None else DEFAULT_PATH)
    ctx.default_map = loaded.defaults
    ctx.obj = loaded
