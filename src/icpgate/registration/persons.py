"""
The persons responsible, encrypted: AES-256 in GCM, by the library `cryptography` (extra `crypto`).

- What is sealed for one application does not open for another.
- Keys can be replaced: new ones seal, older ones still open.
- Nothing of what is sealed, nor a key, is in any message or `repr`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from icpgate.errors import shown
from icpgate.registration.refusals import PersonsRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["KEY_FILE_VARIABLE", "KEY_VARIABLE", "Vault", "vault_from"]

KEY_VARIABLE: Final = "ICPGATE_PERSONS_KEY"
KEY_FILE_VARIABLE: Final = "ICPGATE_PERSONS_KEY_FILE"

_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_FORM: Final = b"\x01"


class Vault:
    """Seals the persons of applications, and opens them again."""

    def __init__(self, key: str, older: Iterable[str] = ()) -> None:
        """`key` seals, `older` ones only open; each is a text as `new_key` makes. Raises `PersonsRefused`."""
        keys = [_key_bytes(each) for each in (key, *older)]
        self._ciphers = {_id_of(each): _cipher(each) for each in reversed(keys)}
        self._id = _id_of(keys[0])

    def __repr__(self) -> str:
        """How many keys it has, and none of them."""
        return f"Vault({len(self._ciphers)} keys)"

    @staticmethod
    def new_key() -> str:
        """A new key: 32 random bytes as 43 letters of base64url. Whoever loses it loses the persons."""
        return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode().rstrip("=")

    def seal(self, persons: Mapping[str, object], application: str) -> bytes:
        """The persons, encrypted for this application; raises `PersonsRefused` for what JSON cannot hold."""
        text = _json(persons)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORM + self._id + nonce + self._ciphers[self._id].encrypt(nonce, text, application.encode())

    def open(self, blob: bytes, application: str) -> Mapping[str, object]:
        """What was sealed for this application; raises `PersonsRefused` for anything else, and another key's."""
        start = len(_FORM)
        key_id, rest = blob[start : start + _ID_BYTES], blob[start + _ID_BYTES :]
        cipher = self._ciphers.get(key_id)
        if blob[:start] != _FORM or cipher is None:
            hint = "give the key that sealed them, or have it among the older ones"
            raise PersonsRefused("the persons responsible were sealed with another key", hint=hint)
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 -- the extra is there, or no cipher was made

        try:
            text = cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], application.encode())
        except (InvalidTag, ValueError):
            message = "the persons responsible are damaged, or another application's"
            raise PersonsRefused(message, hint="restore the database") from None
        persons: Mapping[str, object] = json.loads(text)
        return persons


def _json(persons: object) -> bytes:
    """What is sealed. The error that JSON raises would name what it could not write, so it goes no further."""
    try:
        if isinstance(persons, Mapping):
            text = json.dumps(dict(persons), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
            return text.encode()
    except (TypeError, ValueError, RecursionError):
        pass
    message = "the persons responsible are not what JSON can hold"
    raise PersonsRefused(message, hint="an object of texts and objects")


def _key_bytes(text: object) -> bytes:
    stripped = text.strip() if isinstance(text, str) else ""
    try:
        padded = (stripped + "=" * (-len(stripped) % 4)).encode("ascii")
        key = base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    # A key of one byte over and over was typed into an example, and made by nobody.
    if len(key) != _KEY_BYTES or len(set(key)) == 1:
        message = "a key for the persons responsible is 43 random letters of base64url"
        raise PersonsRefused(message, hint="icpgate registration key FILE makes one")
    return key


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"icpgate persons key" + key).digest()[:_ID_BYTES]


def _cipher(key: bytes) -> AESGCM:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 -- the extra may be missing
    except ImportError:
        message = "keeping the persons responsible needs cryptography"
        raise PersonsRefused(message, hint="pip install 'icpgate[crypto]'") from None
    return AESGCM(key)


def vault_from(path: str | None = None) -> Vault | None:
    """
    The vault of a key file, else of `ICPGATE_PERSONS_KEY_FILE` or `ICPGATE_PERSONS_KEY`; None where none is stated.

    A file has the key on its first line and older ones below, and so has the variable, with blanks between them. A
    file that others may read raises `PersonsRefused`; on Windows who may read it is not looked at.
    """
    file = path or os.environ.get(KEY_FILE_VARIABLE)
    text = _private(file) if file else os.environ.get(KEY_VARIABLE, "")
    keys = text.split()
    return Vault(keys[0], keys[1:]) if keys else None


def _private(path: str) -> str:
    name = shown(path, at_most=4_096)
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 -- a path as typed
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise PersonsRefused(f"{name}: others may read this key", hint=f"chmod 600 {name}")
            text = file.read(65_536)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a key"
        raise PersonsRefused(
            f"{name} cannot be read: {reason}", hint="icpgate registration key FILE makes one"
        ) from None
    if not text.split():
        raise PersonsRefused(f"{name} has no key", hint="icpgate registration key FILE makes one")
    return text
