"""
How a gateway is asked: `gateway:gateway.toml`, or the same by name in code.

    url = "http://127.0.0.1:16181"
    blacklist = true
    page_size = 26
    most_pages = 4

    [secrets]
    token = "env:GATEWAY_TOKEN"
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, shown
from icpgate.lookup.mapping.credentials import anchored_secret, folder_of, secret_defect
from icpgate.lookup.mapping.tables import TableReader
from icpgate.lookup.tomlfile import tables_of

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from icpgate.lookup.mapping.tables import Table

__all__ = ["GatewaySettings", "load"]

_KEYS: Final = ("url", "id", "source", "blacklist", "page_size", "most_pages", "insecure_http", "secrets")
_LARGEST_PAGE: Final = 100
_MOST_PAGES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """
    How one gateway is asked. The secret `token`, if there is one, goes along as the bearer token.

    `blacklist`: ask about what was found whether it is held for illegal. The registration system gives at most
    26 rows a page, whatever `page_size` says. Raises `ConfigurationError`.
    """

    url: str
    id: str = ""
    source: str = ""
    blacklist: bool = True
    page_size: int = 26
    most_pages: int = 4
    insecure_http: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Refuse what would be misread later."""
        for name in ("blacklist", "insecure_http"):
            if type(getattr(self, name)) is not bool:
                raise _refused(name, f"{type(getattr(self, name)).__name__} given", "true or false")
        for name, most in (("page_size", _LARGEST_PAGE), ("most_pages", _MOST_PAGES)):
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= most:
                raise _refused(name, "not a number that can be asked for", f"1 to {most}")
        for name in self.secrets:
            if name != "token":
                raise _refused(f"secrets.{shown(name)}", "nothing has a place for it", "token")


def _refused(place: str, message: str, expected: str) -> ConfigurationError:
    return ConfigurationError(f"{place}: {message}", hint=f"expected {expected}", code="config.gateway")


def load(path: str | os.PathLike[str]) -> GatewaySettings:
    """The settings of a TOML file; raises `ConfigurationError` with what is wrong and its place."""
    data = tables_of(path)
    reader = TableReader()
    reader.unknown("", data, _KEYS)
    texts = {key: reader.text(data, key) for key in ("url", "id", "source")}
    if not texts["url"]:
        reader.refuse("url", "missing", expected="such as http://127.0.0.1:16181")
    stated, folder = _secrets(reader, reader.table(data, "secrets")), folder_of(path)
    reader.settle(Path(path).name)
    secrets = {name: anchored_secret(value, folder) for name, value in stated.items()}
    others = {key: data[key] for key in ("blacklist", "page_size", "most_pages", "insecure_http") if key in data}
    return GatewaySettings(**texts, **others, secrets=secrets)  # type: ignore[arg-type]  # each is checked at once


def _secrets(reader: TableReader, table: Table) -> dict[str, str]:
    for name, value in table.items():
        defect = secret_defect(value)
        if defect is not None:
            reader.refuse(f"secrets.{shown(name)}", defect)
    return {name: value for name, value in table.items() if isinstance(value, str)}
