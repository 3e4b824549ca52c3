"""A registration form in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.cli.output import read_bytes
from icpgate.errors import IcpGateError
from icpgate.jsontext import InvalidJson, loads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpgate.jsontext import Json

__all__ = ["form_of"]

MAX_FORM: Final = 1_048_576
"""Characters of a form's file; what the system keeps is bounded below that."""


def form_of(path: str) -> Mapping[str, Json]:
    """The form in a file, or on standard input for `-`; raises `IcpGateError` for what is no JSON object."""
    try:
        form = loads(read_bytes(path).removeprefix(b"\xef\xbb\xbf"), max_characters=MAX_FORM)
    except InvalidJson as error:
        raise IcpGateError(f"{path}, {error.place}: {error.message}", code=error.code, hint=error.hint) from None
    if not isinstance(form, dict):
        raise IcpGateError(f"{path}: a form is one JSON object", hint="see docs/form.md", code="cli.form")
    return form
