"""
What proves who asks: the user's password, hashed together with a random text that is used once.

The specification has it: twenty letters and digits, drawn anew for each call, stand behind the password;
both are encoded as GBK, hashed as MD5, and the sixteen bytes written as base64. MD5 is its choice, and it
protects little: whoever hears a call can repeat it, so calls belong on https://.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import string
from typing import Final

__all__ = ["HASH_ALGORITHM", "RANDOM_LENGTH", "can_be_hashed", "password_hash", "random_text"]

RANDOM_LENGTH: Final = 20
"""Characters. The interface refuses fewer (code 16); of 62 kinds each, they have 119 bits."""

HASH_ALGORITHM: Final = "0"
"""What the interface calls MD5. It names no other."""

_LETTERS: Final = string.ascii_letters + string.digits


def random_text() -> str:
    """
    Twenty letters and digits from the operating system's generator, for one call.

    The draw of a step has 53 bits of a generator that can be predicted: it is for jitter, not for this.
    """
    return "".join(secrets.choice(_LETTERS) for _ in range(RANDOM_LENGTH))


def can_be_hashed(password: str) -> bool:
    """Whether GBK has every character of it. GB 18030 has more, but the specification says GBK."""
    try:
        password.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def password_hash(password: str, random: str) -> str:
    """
    The value of `pwdHash`; `password` is one that `can_be_hashed`.

    >>> password_hash("1234567890", "abcdefghijABCDEFGHIJ")
    'mbDZD5Py+VplWLGDZZIo2Q=='
    """
    digest = hashlib.md5((password + random).encode("gbk"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")
