"""
What the commands on a registration system have in common: which system, who acts, how the outcome is written.

    @command("confirm")
    @at_desk                                      # --registry, --as, --name, …: `desk` is made of them
    def confirm_command(desk: Desk, …) -> int
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar, cast

import click

from icpgate.cli.config import config_of
from icpgate.cli.output import format_option, lang_option, line, to_json
from icpgate.cli.registration.words import SIMULATED
from icpgate.errors import ConfigurationError, IcpGateError, RegistryStoreError, quote
from icpgate.lookup.registrysettings import RegistrySettings
from icpgate.number import PROVINCES
from icpgate.registration import Actor, RegistrationSystem, Role
from icpgate.registration.persons import vault_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from icpgate.jsontext import Json

__all__ = ["Desk", "at_desk", "persons_option", "revision_option", "system_of"]

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Desk:
    """An open registration system, who acts, and how the outcome is written."""

    system: RegistrationSystem
    actor: Actor
    form: str
    lang: str

    def notice(self) -> Iterator[str]:
        """The line that a simulated system says first."""
        if self.system.simulated:
            yield SIMULATED[self.lang]

    def write(self, value: Mapping[str, Json], lines: Callable[[], Iterator[str]]) -> None:
        """One outcome: as JSON, else the lines. Either says whether it is simulated."""
        if self.form == "text":
            for text in lines():
                line(text)
        else:
            self._json({**value, "simulated": self.system.simulated})

    def write_all(self, name: str, values: Sequence[Mapping[str, Json]], lines: Callable[[], Iterator[str]]) -> None:
        """A list: as one JSON object with it under `name`, as an object a line, else as the lines."""
        if self.form == "jsonl":
            for value in values:
                self._json({**value, "simulated": self.system.simulated})
        else:
            self.write({name: [*map(dict, values)]}, lines)

    def _json(self, value: Mapping[str, Json]) -> None:
        line(to_json(value, indent=2 if self.form == "json" else None))


_Options = dict[str, object]
_PLACES: Final = "sqlite:///PATH or postgresql://…"
_ROLE: Final = "Who acts; else ICPGATE_ROLE."
_PROVINCE: Final = "A bureau's, such as 蜀; else ICPGATE_PROVINCE. Without one it acts for every province."


def _common(command: Callable[..., F]) -> Callable[..., F]:
    roles = click.Choice([role.value for role in Role])
    for option in reversed(
        (
            click.option("--registry", envvar="ICPGATE_REGISTRY", help=f"{_PLACES}; else ICPGATE_REGISTRY."),
            persons_option,
            click.option("--as", "role", type=roles, envvar="ICPGATE_ROLE", required=True, help=_ROLE),
            click.option(
                "--name", "account", envvar="ICPGATE_NAME", required=True, help="The account's; else ICPGATE_NAME."
            ),
            click.option("--province", envvar="ICPGATE_PROVINCE", default="", help=_PROVINCE),
        )
    ):
        command = option(command)
    return command


def persons_option(command: Callable[..., F]) -> Callable[..., F]:
    """`--persons-key-file`, else the variables of `vault_from`."""
    return click.option(
        "--persons-key-file",
        help="The key that keeps the persons responsible; else ICPGATE_PERSONS_KEY_FILE or ICPGATE_PERSONS_KEY.",
    )(command)


def revision_option(command: Callable[..., F]) -> Callable[..., F]:
    """`--revision`: what was looked at."""
    return click.option(
        "--revision", type=click.IntRange(0), help="The revision that was looked at: a later one is not touched."
    )(command)


def at_desk(work: Callable[..., int]) -> Callable[..., int]:
    """A command whose first argument is the `Desk` that its common options describe."""

    @functools.wraps(work)
    def command(**options: object) -> int:
        with _desk(options) as desk:
            return work(desk, **options)

    return _common(format_option("text", "json", "jsonl")(lang_option(command)))


@contextmanager
def _desk(options: _Options) -> Iterator[Desk]:
    """Takes the common options out of `options`."""
    role, account, province = (str(options.pop(key)) for key in ("role", "account", "province"))
    if role != Role.BUREAU:
        province = _none_of_others()
    elif province and province not in PROVINCES:
        raise click.UsageError(f"--province {quote(province)}: the abbreviation of a bureau, such as 蜀.")
    form, lang = str(options.pop("form")), str(options.pop("lang"))
    url, key_file = (cast("str | None", options.pop(key)) for key in ("registry", "persons_key_file"))
    with system_of(url, key_file) as system:
        yield Desk(system, Actor(Role(role), account, province), form, lang)


def _none_of_others() -> str:
    """A variable may be set for a bureau's commands; an option is meant."""
    if click.get_current_context().get_parameter_source("province") is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--province is a bureau's.")
    return ""


def system_of(url: str | None, key_file: str | None) -> RegistrationSystem:
    """The registration system at a URL, else at the settings file's registry; close it."""
    place = url or _configured()
    if not place.startswith(("sqlite:", "postgresql:")):
        message = "the registration procedure works on a live registry"
        hint = f"--registry {_PLACES}; icpgate registry init makes one"
        raise ConfigurationError(message, hint=hint, code="config.registry")
    try:
        return RegistrationSystem.open(place, vault=vault_from(key_file))
    except RegistryStoreError as error:
        if error.code not in {"store.open", "store.none"}:
            raise
        _refuse_missing(place, error)


def _refuse_missing(place: str, error: RegistryStoreError) -> NoReturn:
    shown = place if place.startswith("sqlite:") else "URL"  # the other may have a password in it
    hint = f"icpgate registry init {shown} makes one; for development: icpgate registry init {shown} --simulate"
    raise IcpGateError(error.message, hint=hint, code=error.code) from None


def _configured() -> str:
    stated = config_of(click.get_current_context().find_root().obj).gate.get("registry")
    url = stated.url if isinstance(stated, RegistrySettings) else stated
    if not url:
        raise click.UsageError(f"Missing option '--registry': {_PLACES}, or ICPGATE_REGISTRY.")
    return str(url)
