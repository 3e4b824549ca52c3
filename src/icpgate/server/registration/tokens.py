"""
Who is who: the tokens of the accounts that may use a registration system.

    [[token]]
    role = "bureau"                # operator, platform, access_provider or bureau
    name = "四川局 张示例"          # the account; an operator sees its own applications alone
    province = "蜀"                # a bureau's; without one it decides for every province
    token_file = "bureau.token"    # or sha256 = "…", the digest of the token in hexadecimal

- Only digests are kept; a file of digests gives nobody a token.
- Every digest is compared, whichever is the right one: how long it takes tells nothing.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, quote, shown
from icpgate.lookup.mapping.tables import parsed
from icpgate.lookup.textfile import text_of
from icpgate.number import PROVINCES
from icpgate.registration.application import Actor
from icpgate.registration.states import Role
from icpgate.server.bearer import demand_token

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

__all__ = ["Tokens"]

_KEYS: Final = frozenset({"role", "name", "province", "sha256", "token_file"})
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")
_MOST_CHARACTERS: Final = 64
"""Of an account's name."""


class Tokens:
    """The accounts by the digests of their tokens; made by `load` or `of`."""

    def __init__(self, accounts: Sequence[tuple[bytes, Actor]]) -> None:
        """Take digests (SHA-256) with their accounts. Raises `ConfigurationError` for none, or for one twice."""
        if not accounts:
            raise _refused("no token at all: nobody could come in", hint="add a [[token]]")
        digests = [digest for digest, _ in accounts]
        if len(set(digests)) != len(digests):
            raise _refused("one token stands for two accounts", hint="make each its own: openssl rand -hex 32")
        self._accounts = tuple(accounts)

    def __repr__(self) -> str:
        """How many there are."""
        return f"<Tokens: {len(self._accounts)}>"

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Tokens:
        """Read a TOML file as above; a `token_file` stands beside it. Raises `ConfigurationError` with the place."""
        tables = parsed(text_of(path), Path(path).name)
        rows = tables.get("token")
        if set(tables) != {"token"} or not isinstance(rows, list):
            raise _refused(f"{shown(str(path), at_most=4_096)}: [[token]] is expected, and nothing else")
        folder = Path(path).parent
        return cls([_account(row, f"token {position}", folder) for position, row in enumerate(rows, start=1)])

    @classmethod
    def of(cls, accounts: Mapping[str, Actor]) -> Tokens:
        """Take the tokens themselves, each with its account; raises `ConfigurationError`."""
        return cls([(demand_token(token), actor) for token, actor in accounts.items()])

    def actor(self, digest: bytes | None) -> Actor | None:
        """The account whose token has this digest (SHA-256, raw), or None."""
        found = None
        for known, actor in self._accounts:
            if hmac.compare_digest(known, digest or b""):
                found = actor
        return found

    def actor_of(self, token: str) -> Actor | None:
        """The account of a token as somebody typed it, or None."""
        return self.actor(sha256(token.strip().encode("utf-8", "replace")).digest())


def _refused(message: str, *, hint: str = "see docs/registration-http.md") -> ConfigurationError:
    return ConfigurationError(message, hint=hint, code="config.token")


def _account(row: object, place: str, folder: Path) -> tuple[bytes, Actor]:
    if not isinstance(row, dict) or not set(row) <= _KEYS:
        raise _refused(f"{place}: a table of {', '.join(sorted(_KEYS))} is expected")
    if not all(isinstance(value, str) for value in row.values()):
        raise _refused(f"{place}: every value is a text")
    role = row.get("role", "")
    if role not in set(Role):
        raise _refused(f"{place}: the role is {quote(role)}; one of {', '.join(Role)} is expected")
    name, province = row.get("name", "").strip(), row.get("province", "")
    if not 0 < len(name) <= _MOST_CHARACTERS or not name.isprintable():
        raise _refused(f"{place}: a name of 1 to {_MOST_CHARACTERS} visible characters is expected")
    if province and (role != Role.BUREAU or province not in PROVINCES):
        raise _refused(f"{place}: the province is {quote(province)}; a bureau's abbreviation such as 蜀 is expected")
    return _digest(row, place, folder), Actor(Role(role), name, province)


def _digest(row: dict[str, str], place: str, folder: Path) -> bytes:
    if ("sha256" in row) == ("token_file" in row):
        raise _refused(f"{place}: either sha256 or token_file is expected")
    if "token_file" in row:
        return demand_token(text_of(folder / row["token_file"]).strip())
    if not _DIGEST.fullmatch(row["sha256"]):
        raise _refused(f"{place}: sha256 has 64 hexadecimal digits", hint="printf %s TOKEN | sha256sum")
    return bytes.fromhex(row["sha256"])
