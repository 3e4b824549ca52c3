"""What a `msg_code` means: a closed table in `codes.toml`, with its sources and date in docs/enterprise.md."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from icpgate.answer import Unavailable, Why

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SUCCESS", "meanings", "refusal_of"]

SUCCESS: Final = "0"
"""The only code that goes with an answer; exactly this text."""

_CODE: Final = re.compile(r"[0-9]{1,5}")


def refusal_of(code: str) -> Unavailable | None:
    """Why nobody could say under this code; None for success. What is no code is *malformed*."""
    if code == SUCCESS:
        return None
    if not _CODE.fullmatch(code):
        return Unavailable(Why.MALFORMED, "no msg_code")
    return meanings().get(code) or Unavailable(Why.UPSTREAM_ERROR, "a msg_code that is not in the table")


@cache
def meanings() -> Mapping[str, Unavailable]:
    """The table, by the text of the code."""
    text = files(__package__).joinpath("codes.toml").read_text(encoding="utf-8")
    return {
        code: Unavailable(Why(row["why"]), f"msg_code {code}: {row['label']}", _seconds(row.get("retry_after")))
        for code, row in tomllib.loads(text)["codes"].items()
    }


def _seconds(value: int | None) -> float | None:
    return None if value is None else float(value)
