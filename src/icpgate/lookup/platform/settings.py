"""
Which mini programs are asked about at which platform: `platform:platform.toml`, or the same in code.

    [[program]]
    platform = "wechat"
    number = "粤B2-20090059-1626X"
    package = "wx0123456789abcdef"
    token = "file:/run/secrets/wechat-token"
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, InvalidNumber, nearest, quote
from icpgate.identifiers import package_defect
from icpgate.lookup.mapping.credentials import Credentials, anchored_secret, folder_of, secret_defect
from icpgate.lookup.mapping.tables import TableReader
from icpgate.lookup.platform import douyin, wechat
from icpgate.lookup.tomlfile import tables_of
from icpgate.number import ServiceKind, parse
from icpgate.signing import Platform

if TYPE_CHECKING:
    import os

    from icpgate.lookup.mapping.tables import Table

__all__ = ["ADDRESSES", "PlatformSettings", "Program", "load"]

ADDRESSES: Final = {Platform.WECHAT: wechat.ADDRESS, Platform.DOUYIN: douyin.ADDRESS}
"""The platforms whose interface is public, and where it is."""

_KEYS: Final = ("id", "authoritative", "scope", "insecure_http", "program")
_OF_PROGRAM: Final = ("platform", "number", "package", "token", "url", "not_registered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """
    One mini program of which a platform is asked, with the access token for it.

    `token` is a text, `env:NAME` or `file:PATH`; the last two are read anew for every query, because a platform's
    tokens live for two hours. `package` is its AppID: an answer about another is none. `url` replaces the platform's
    address. `not_registered` are the statuses of Douyin that mean that. Raises `ConfigurationError`.
    """

    platform: Platform | str
    number: str
    token: str = field(repr=False)
    package: str = ""
    url: str = ""
    not_registered: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        known = [platform.value for platform in ADDRESSES]
        if self.platform not in known:
            suggestion = nearest(self.platform, known) if isinstance(self.platform, str) else None
            hint = f"did you mean {suggestion}?" if suggestion else "no other platform's interface is public"
            message = f"program.platform: {quote(self.platform)} cannot be asked"
            raise ConfigurationError(message, hint=hint, code="config.platform")
        problem = _number_defect(self.number) or _package_defect(self.platform, self.package)
        if problem is not None:
            raise ConfigurationError(f"program.{problem}", code="config.platform")
        defect = secret_defect(self.token)
        if defect is not None:
            message = f"program.token: {defect}"
            raise ConfigurationError(message, code="config.secret")
        if any(type(status) is not int for status in self.not_registered):
            message = "program.not_registered: not a list of numbers"
            raise ConfigurationError(message, code="config.platform")

    def credentials(self) -> Credentials:
        """The token as it is now; raises `ConfigurationError`."""
        return Credentials({"token": self.token})


def _number_defect(number: object) -> str | None:
    try:
        kind = parse(number).service_kind if isinstance(number, str) else None
    except InvalidNumber:
        kind = None
    return None if kind is ServiceKind.MINI_PROGRAM else "number: not the number of a mini program, which ends in X"


def _package_defect(platform: Platform | str, package: object) -> str | None:
    if not package:
        return None
    if isinstance(package, str) and package_defect(Platform(platform), package)[1] is None:
        return None
    return "package: not an AppID of this platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSettings:
    """
    The mini programs of one registry.

    `authoritative`: the platforms count as complete for these programs, so that *not registered* is a no.
    """

    programs: tuple[Program, ...]
    id: str = "platform"
    authoritative: bool = False
    scope: str = "kinds:mini_program"
    insecure_http: bool = False

    def __post_init__(self) -> None:
        """Refuse what would be misread later; raises `ConfigurationError`."""
        for name in ("authoritative", "insecure_http"):
            if type(getattr(self, name)) is not bool:
                message = f"{name}: {type(getattr(self, name)).__name__} given, true or false is expected"
                raise ConfigurationError(message, code="config.platform")
        numbers = [parse(program.number) for program in self.programs]
        if not numbers:
            message = "program: there is none"
            raise ConfigurationError(message, hint="a [[program]] for each mini program", code="config.platform")
        if len(set(numbers)) < len(numbers):
            message = "program: two have one number"
            raise ConfigurationError(message, code="config.platform")


def load(path: str | os.PathLike[str]) -> PlatformSettings:
    """The settings of a TOML file; raises `ConfigurationError` with what is wrong and its place."""
    data = tables_of(path)
    reader = TableReader()
    reader.unknown("", data, _KEYS)
    texts = {key: reader.text(data, key) for key in ("id", "scope") if key in data}
    tables = reader.tables(data, "program")
    for position, table in enumerate(tables):
        _refuse_unknown(reader, table, f"program[{position}]")
    reader.settle(Path(path).name)
    flags = {key: data[key] for key in ("authoritative", "insecure_http") if key in data}
    folder = folder_of(path)
    programs = tuple(_anchored(_program(table), folder) for table in tables)
    return PlatformSettings(programs=programs, **texts, **flags)  # type: ignore[arg-type]  # each is checked at once


def _anchored(program: Program, folder: str) -> Program:
    return replace(program, token=anchored_secret(program.token, folder))


def _refuse_unknown(reader: TableReader, table: Table, place: str) -> None:
    reader.unknown(place, table, _OF_PROGRAM)
    for key in ("platform", "number", "token"):
        if key not in table:
            reader.refuse(f"{place}.{key}", "missing", expected="a text")
    for key in ("package", "url"):
        reader.text(table, key, place)
    if not isinstance(table.get("not_registered", []), list):
        reader.refuse(f"{place}.not_registered", "not a list of numbers", expected="such as [0]")


def _program(table: Table) -> Program:
    listed = table.get("not_registered", [])
    given = table | {"not_registered": tuple(listed) if isinstance(listed, list) else ()}
    return Program(**given)  # type: ignore[arg-type]  # each is checked at once
