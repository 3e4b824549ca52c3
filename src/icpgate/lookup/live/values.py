"""What both databases can hold: they must not differ in what they take."""

from __future__ import annotations

from icpgate.errors import RegistryStoreError

__all__ = ["checked"]


def checked(values: tuple[object, ...]) -> tuple[object, ...]:
    """The values of a statement; raises `RegistryStoreError` for a text with NUL or half a character in it."""
    for value in values:
        if isinstance(value, str) and ("\0" in value or not _is_whole(value)):
            message = "a text with NUL or half a character in it"
            raise RegistryStoreError(message, hint="it was read wrongly where it came from", code="store.text")
    return values


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
