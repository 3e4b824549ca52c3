"""The `icpgate` command: its subcommands, each imported when it is called."""

from __future__ import annotations

import os
from typing import Final

import click

from icpgate import __version__
from icpgate.cli.lazy import Lazily, LazyGroup

__all__ = ["COMMANDS", "root"]

COMMANDS: Final = {
    "number": "Read registration numbers and say what is wrong with them.",
    "check": "Decide whether apps may be listed, connected or pre-installed.",
    "explain": "Say what a reason code means, on which basis, and what to do.",
    "policy": "Show, check and test a policy.",
    "registry": "Make, fill, read, export and serve a registry.",
    "registration": "Take a registration from the form to the number, and through what comes after.",
    "cache": "Look into a second level of the cache, and have it forget.",
    "demo": "Build a registry from the examples and gate a small catalogue.",
}
_HOMES: Final = {name: Lazily(f"icpgate.cli.{name}:command", text) for name, text in COMMANDS.items()}


@click.group(cls=LazyGroup, lazily=_HOMES, context_settings={"help_option_names": ["-h", "--help"]})
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
