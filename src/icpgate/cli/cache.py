"""`icpgate cache`: what a second level of the cache holds, and what it is to forget."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

import click

from icpgate.cli.output import format_option, lang_option, line, moment_of, say, to_json
from icpgate.cli.stated import cache_of
from icpgate.errors import IcpGateError
from icpgate.lookup.cache.opening import file_of
from icpgate.lookup.steps import Count

if TYPE_CHECKING:
    from icpgate.lookup.cache import Cache

__all__ = ["command"]

_GONE = 3


@click.group("cache")
def command() -> None:
    """Look into a second level of the cache, and have it forget."""


def _opened(url: str | None) -> Cache:
    if url is None:
        raise click.UsageError("State which one: --cache sqlite:cache.db or --cache redis://host; or ICPGATE_CACHE.")
    path = file_of(url)
    if path and not path.startswith(":") and not os.path.exists(path):  # noqa: PTH110 -- a path as typed
        message = f"{path}: there is no such cache"  # opening it would make one
        raise IcpGateError(message, code="cache.missing", hint="a gate makes it when it is used first")
    cache = cache_of(url)
    assert cache is not None  # noqa: S101 -- it has a URL
    return cache


cache_option = click.option(
    "--cache", "url", envvar="ICPGATE_CACHE", help="The second level: sqlite:cache.db, redis://host."
)


@command.command("stats")
@cache_option
@format_option("text", "json")
@lang_option
def stats(url: str | None, form: str, lang: str) -> int:  # noqa: ARG001 -- the option is common to all commands
    """Say how many entries it holds; exits with 3 when it does not answer."""
    with _opened(url) as cache:
        level = cache.level
        assert level is not None  # noqa: S101 -- it was made with one
        entries = cast("int | None", level.perform(Count()))
        values = {"level": level.name, "answers": entries is not None, "entries": entries}
    if form == "json":
        line(to_json(values, indent=2))
    else:
        line(f"{values['level']}: {'does not answer' if entries is None else f'{entries:,} entries'}")
    return _GONE if entries is None else 0


@command.command("invalidate")
@cache_option
@click.option("--number", help="Of this registration number.")
@click.option("--entity", help="Of this entity and of all its services; any number of it will do.")
@click.option("--before", help="Observed before this moment, with its zone.")
@click.option("--all", "everything", is_flag=True, help="All of it.")
@lang_option
def invalidate(
    url: str | None,
    number: str | None,
    entity: str | None,
    before: str | None,
    everything: bool,  # noqa: FBT001 -- click's flag
    lang: str,  # noqa: ARG001 -- as above
) -> int:
    """
    Forget entries: what agrees with all that is given. Exits with 3 when the level does not answer.

    Running processes look at the second level once a minute: then they ask the registry again.
    """
    if everything == any(option is not None for option in (number, entity, before)):
        raise click.UsageError("State what to forget: --number, --entity or --before; or --all.")
    moment = moment_of("--before", before)
    with _opened(url) as cache:
        level = cache.level
        assert level is not None  # noqa: S101 -- it was made with one
        try:
            dropped = cache.invalidate(number=number, entity=entity, before=moment)
        except IcpGateError as error:
            if error.code != "cache.gone":
                raise click.UsageError(str(error)) from None
            say(str(error))
            return _GONE
        line(f"{level.name}: {dropped:,} forgotten")
    return 0
