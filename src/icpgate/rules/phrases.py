"""
What a finding says, in the reader's language.

Rules word what they found and expected in English. Values in it (numbers, names, packages) are
the same in every language; the phrases around them are looked up in `phrases.toml`. A phrase that
is not there stays as it is.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["in_language"]

_JOINTS: Final = (("; ", "；"), (", ", "、"), (" and ", "和"), (" or ", "或"))


def in_language(phrase: str, lang: str) -> str:
    """The phrase for a reader of `lang`; anything that begins with zh is zh-CN, all else English."""
    return _chinese(phrase) if lang.lower().startswith("zh") else phrase


def _chinese(phrase: str) -> str:
    known = _phrases().get(phrase) or _templated(phrase)
    if known is not None:
        return known
    for joint, chinese in _JOINTS:
        parts = phrase.split(joint)
        if len(parts) > 1 and any(map(_is_known, parts)) and all(_is_known(p) or " " not in p for p in parts):
            return chinese.join(map(_chinese, parts))
    return phrase


def _is_known(part: str) -> bool:
    return part in _phrases() or _templated(part) is not None


def _templated(phrase: str) -> str | None:
    for pattern, chinese, only_phrases in _templates():
        match = pattern.fullmatch(phrase)
        if match is not None and (not only_phrases or all(_is_known(value) for value in match.groups())):
            return chinese.format(*map(_chinese, match.groups()))
    return None


@cache
def _phrases() -> Mapping[str, str]:
    """Every phrase without a value; the sectors' documents and authorities are phrases too."""
    whole = {english: chinese for english, chinese in _table("phrases")["phrases"].items() if "{" not in english}
    for sector in _table("sectors")["sector"]:
        for named in (sector["document"], sector["authority"]):
            whole[named["en"]] = named["zh"]
    return whole


_OF: Final = "{} of {}"
"""Hardly a phrase: it counts only where its values are phrases themselves."""


@cache
def _templates() -> tuple[tuple[re.Pattern[str], str, bool], ...]:
    """Phrases with values, the wordiest first."""
    rows = [row for row in _table("phrases")["phrases"].items() if "{" in row[0]]
    rows.sort(key=lambda row: -len(row[0].replace("{}", "")))
    return tuple((_pattern(english), chinese, english == _OF) for english, chinese in rows)


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.{1,300}?)".join(map(re.escape, english.split("{}"))), re.DOTALL)


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("icpgate.rules").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
