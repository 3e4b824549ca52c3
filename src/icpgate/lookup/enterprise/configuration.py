"""
From a TOML file to a `Configuration`, or every defect with its dotted place; the keys are in docs/enterprise.md.

Nothing is guessed: the namespace and the endpoints come from the bureau, and the password from the environment
or a file of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.document import DocumentType
from icpgate.errors import ConfigurationError, quote, shown
from icpgate.lookup.enterprise.bureaus import ALL, Bureau
from icpgate.lookup.enterprise.hours import Window
from icpgate.lookup.enterprise.password import can_be_hashed
from icpgate.lookup.mapping.address import Address, encoded_path
from icpgate.lookup.mapping.credentials import anchored_secret, folder_of
from icpgate.lookup.mapping.tables import TableReader, parsed
from icpgate.lookup.scope import Scope
from icpgate.lookup.textfile import text_of
from icpgate.number import province_of

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from icpgate.lookup.mapping.tables import Table

__all__ = ["PATH", "Configuration", "Parameters", "load_file", "load_text"]

PATH: Final = "/BeianStatusWebService/queryBeianStatus"
"""Where the service is at a bureau's host, as public clients call it."""

CHARSETS: Final = {"gbk": "GBK", "utf-8": "UTF-8"}
_KEYS: Final = (
    "id", "namespace", "isp_id", "user_name", "path", "home", "charset", "authoritative", "scope", "cacheable",
    "insecure_http", "observed_app_query", "maintenance", "bureaus", "secrets", "conditions", "parameters",
)  # fmt: skip
_OF_BUREAU: Final = ("url", "isp_id", "user_name", "password")
_MAX_BYTES: Final = 1_048_576
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ISP: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_CONDITIONS: Final = range(1, 100)


@dataclass(frozen=True, slots=True)
class Parameters:
    """
    The names of two parameters of a call that are not the same everywhere.

    `isp_id` is what a client that works writes; the text of the specification says `ispId`. That of the
    `second_condition` was seen nowhere.
    """

    isp_id: str = "ispID"
    second_condition: str = "queryCondition2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One access to the interface. `secrets` are `env:NAME` or `file:PATH`, by the name that a bureau gives."""

    namespace: str
    bureaus: Mapping[str, Bureau]
    secrets: Mapping[str, str] = field(repr=False)
    id: str = "enterprise"
    home: str = ""
    charset: str = "GBK"
    authoritative: bool = False
    scope: Scope = field(default_factory=lambda: Scope.parse("all"))
    cacheable: bool = True
    observed_app_query: bool = False
    conditions: Mapping[DocumentType, int] = field(default_factory=dict)
    maintenance: tuple[Window, ...] = ()
    parameters: Parameters = Parameters()


def load_file(path: str | os.PathLike[str]) -> Configuration:
    """Read a configuration's file; raises `ConfigurationError`."""
    configuration, folder = load_text(text_of(path), name=Path(path).name), folder_of(path)
    secrets = {name: anchored_secret(value, folder) for name, value in configuration.secrets.items()}
    return replace(configuration, secrets=secrets)


def load_text(text: str, *, name: str = "enterprise") -> Configuration:
    """Read a configuration; `name` stands in the error. Raises `ConfigurationError` with every defect."""
    data = parsed(text, name)
    reader = TableReader()
    reader.unknown("", data, _KEYS)
    bureaus = _bureaus(reader, data)
    authoritative = reader.flag(data, "authoritative")
    if authoritative and "scope" not in data:
        reader.refuse("scope", "missing", expected="what the bureau is complete for", hint='scope = "all"')
    configuration = Configuration(
        namespace=_namespace(reader, data),
        bureaus=bureaus,
        secrets=_secrets(reader, data, bureaus),
        id=reader.text(data, "id", default="enterprise"),
        home=_home(reader, data, bureaus),
        charset=_charset(reader, data),
        authoritative=authoritative,
        scope=_scope(reader, data),
        cacheable=reader.flag(data, "cacheable", default=True),
        observed_app_query=reader.flag(data, "observed_app_query"),
        conditions=_conditions(reader, data),
        maintenance=_maintenance(reader, data),
        parameters=_parameters(reader, data),
    )
    reader.settle(name)
    return configuration


def _needed(reader: TableReader, data: Table, key: str, expected: str, place: str = "") -> str:
    if key not in data:
        reader.refuse(f"{place}.{key}" if place else key, "missing", expected=expected)
    return reader.text(data, key, place)


def _namespace(reader: TableReader, data: Table) -> str:
    namespace = _needed(reader, data, "namespace", "the targetNamespace of the bureau's WSDL")
    if not namespace.isascii() or " " in namespace:
        reader.refuse("namespace", "not a name of ASCII without blanks")
    return namespace


def _charset(reader: TableReader, data: Table) -> str:
    return reader.word(reader.text(data, "charset", default="gbk").lower(), "charset", CHARSETS) or "GBK"


def _scope(reader: TableReader, data: Table) -> Scope:
    try:
        return Scope.parse(reader.text(data, "scope", default="all"))
    except ConfigurationError as error:
        reader.refuse("scope", error.message, hint=error.hint)
        return Scope.parse("all")


def _bureaus(reader: TableReader, data: Table) -> dict[str, Bureau]:
    usual = Bureau("", "", reader.text(data, "isp_id"), reader.text(data, "user_name"), "password")
    path = _path(reader, reader.text(data, "path", default=PATH))
    insecure = reader.flag(data, "insecure_http")
    bureaus: dict[str, Bureau] = {}
    for key, value in reader.table(data, "bureaus").items():
        place = ALL if key == ALL else province_of(key) or ""
        where = f"bureaus.{shown(key)}"
        if not place:
            reader.refuse(where, "not a province", expected="an abbreviation such as 蜀, or all")
        elif place in bureaus:
            reader.refuse(where, f"a second endpoint of {place}")
        else:
            bureaus[place] = _bureau(reader, value, where, replace(usual, place=place), path, insecure=insecure)
    if not bureaus:
        reader.refuse("bureaus", "missing", expected='an endpoint, such as "蜀" = "https://…"')
    return bureaus


def _bureau(reader: TableReader, value: object, where: str, usual: Bureau, path: str, *, insecure: bool) -> Bureau:
    own: Table = {"url": value} if isinstance(value, str) else value if isinstance(value, dict) else {}
    reader.unknown(where, own, _OF_BUREAU)
    given = _needed(reader, own, "url", "where the bureau is, such as https://…", where)
    bureau = replace(
        usual,
        isp_id=reader.text(own, "isp_id", where, usual.isp_id),
        user_name=reader.text(own, "user_name", where, usual.user_name),
        password=reader.text(own, "password", where, usual.password),
    )
    if not _ISP.fullmatch(bureau.isp_id):
        reader.refuse(f"{where}.isp_id", "missing, or not of letters and digits", expected="the id of the provider")
    if not bureau.user_name or not can_be_hashed(bureau.user_name):
        message = "missing, or with a character that GBK does not have"
        reader.refuse(f"{where}.user_name", message, expected="the user that the bureau gave the provider")
    try:
        return replace(bureau, url=Address.parse(given, insecure_http=insecure).text + path)
    except ConfigurationError as error:
        if given:
            reader.refuse(f"{where}.url", error.message.removeprefix("url: "), hint=error.hint)
        return bureau


def _path(reader: TableReader, path: str) -> str:
    try:
        if path.startswith("/") and "?" not in path and "#" not in path:
            return encoded_path(path)
    except ConfigurationError:
        pass
    reader.refuse("path", "not a path", expected=f"such as {PATH}")
    return PATH


def _home(reader: TableReader, data: Table, bureaus: Mapping[str, Bureau]) -> str:
    """Who is asked what names no province: the only bureau there is, or the one that is stated."""
    stated = reader.text(data, "home")
    if not stated:
        return next(iter(bureaus)) if len(bureaus) == 1 else ""
    home = province_of(stated) or ""
    if home not in bureaus:
        reader.refuse("home", f"{quote(stated)} is no bureau of this configuration", expected=" or ".join(bureaus))
    return home


def _secrets(reader: TableReader, data: Table, bureaus: Mapping[str, Bureau]) -> dict[str, str]:
    table = reader.table(data, "secrets")
    needed = dict.fromkeys(bureau.password for bureau in bureaus.values())
    reader.unknown("secrets", table, tuple(needed), what="secret: no bureau has a use for it")
    for name, value in table.items():
        if not isinstance(value, str) or not value.startswith(("env:", "file:")):
            reader.refuse(f"secrets.{shown(name)}", "not env:NAME or file:PATH", hint="a password is not kept here")
    return {name: value for name, value in table.items() if isinstance(value, str)}


def _conditions(reader: TableReader, data: Table) -> dict[DocumentType, int]:
    conditions = {}
    for name, value in reader.table(data, "conditions").items():
        kind = reader.word(name, f"conditions.{shown(name)}", {kind.value: kind for kind in DocumentType})
        if type(value) is not int or value not in _CONDITIONS:
            reader.refuse(f"conditions.{shown(name)}", f"{quote(value)} given", expected="1 to 99")
        elif kind is not None:
            conditions[kind] = value
    return conditions


def _maintenance(reader: TableReader, data: Table) -> tuple[Window, ...]:
    value = data.get("maintenance", [])
    if not isinstance(value, list):
        reader.refuse("maintenance", f"{type(value).__name__} given", expected='such as ["23:30-06:00"]')
        return ()
    windows = []
    for position, text in enumerate(value):
        try:
            windows.append(Window.parse(text))
        except (TypeError, ValueError):
            reader.refuse(f"maintenance[{position}]", f"{quote(text)} given", expected="such as 23:30-06:00")
    return tuple(windows)


def _parameters(reader: TableReader, data: Table) -> Parameters:
    table = reader.table(data, "parameters")
    usual = Parameters()
    reader.unknown("parameters", table, ("isp_id", "second_condition"))
    names = {
        name: reader.text(table, name, "parameters", getattr(usual, name)) for name in ("isp_id", "second_condition")
    }
    for name, text in names.items():
        if not _NAME.fullmatch(text):
            reader.refuse(f"parameters.{name}", "not the name of a parameter")
    return Parameters(**names)
