"""The two text encodings of bytes that signing data comes in, read strictly."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

__all__ = ["exact_base64"]


def exact_base64(text: str) -> bytes | None:
    """
    The bytes of `text`, or None when it is not base64 exactly as an encoder writes it.

    Padding must be there and unused bits must be zero, so that no two texts give the same bytes.
    """
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if b64encode(data).decode("ascii") == text else None
