"""The bearer token of a request: where it stands, what one looks like, and the refusal of a wrong one."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError
from icpgate.server.refusal import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.types import Scope

__all__ = ["demand_token", "given_token", "single_token", "wrong_token"]

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{16,512}")


def demand_token(token: str) -> bytes:
    """The digest of a token of ours; raises `ConfigurationError` when it is none, without repeating it."""
    if not _TOKEN.fullmatch(token):
        message = "a token needs 16 to 512 letters, digits or -._~+/="
        raise ConfigurationError(message, hint="openssl rand -hex 32 makes one", code="config.token")
    return sha256(token.encode()).digest()


def given_token(scope: Scope) -> bytes | None:
    """The digest of the token that came with a request; None without one, or with two."""
    given = _given(scope)
    scheme, _, token = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    return sha256(token.strip()).digest() if scheme.lower() == b"bearer" else None


def wrong_token(scope: Scope) -> Refused:
    """The refusal of a request whose token is missing or wrong."""
    challenge = 'Bearer realm="icpgate"' + (', error="invalid_token"' if _given(scope) else "")
    message = "the token is missing or not the right one"
    headers = [("WWW-Authenticate", challenge)]
    return Refused(401, message, code="server.token", hint="Authorization: Bearer TOKEN", headers=headers)


def _given(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == b"authorization"]


def single_token(token: str | None, open_to_all: Iterable[str]) -> Callable[[Scope], None]:
    """
    Admits whoever has the token, and everybody to the paths of `open_to_all`; None admits everybody.

    Raises `ConfigurationError`.
    """
    digest = None if token is None else demand_token(token)
    paths = frozenset(open_to_all)

    def admit(scope: Scope) -> None:
        if digest is None or scope["path"] in paths:
            return
        given = given_token(scope)
        if given is None or not hmac.compare_digest(given, digest):
            raise wrong_token(scope)

    return admit
