"""
Every reason code with its texts, its basis in law and what to do: `reasons.toml`, read once.

The order of the file gives each code its bit. It only ever grows at its end.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LANGUAGES", "Audience", "ReasonText", "Says", "Texts", "custom_reason", "reason_texts"]

LANGUAGES: Final = ("zh-CN", "en")


class Says(StrEnum):
    """What a code says: an objection, that nobody could say, a ground that allows, or a note."""

    NO = "no"
    UNKNOWN = "unknown"
    GRANT = "grant"
    NOTE = "note"


class Audience(StrEnum):
    """Who reads a reason: the gatekeeper, or the developer who is refused."""

    GATEKEEPER = "gatekeeper"
    DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one code in one language; `{found}`, `{expected}` and `{detail}` are filled in."""

    title: str
    gatekeeper: str
    developer: str
    fix: str

    def cause(self, audience: Audience, *, found: str, expected: str, detail: str) -> str:
        """Why, for that reader."""
        text = self.developer if audience is Audience.DEVELOPER else self.gatekeeper
        for name, value in (("{found}", found), ("{expected}", expected), ("{detail}", detail)):
            text = text.replace(name, value.replace("{", "(").replace("}", ")"))
        return text


@dataclass(frozen=True, slots=True)
class ReasonText:
    """One reason code. `rests_on_record`: without a believable record it is not an evaluated no."""

    code: str
    bit: int
    says: Says
    rests_on_record: bool
    actor: str
    basis: tuple[str, ...]
    texts: Mapping[str, Texts]

    def in_language(self, lang: str) -> Texts:
        """The texts in `lang`; anything that begins with zh is zh-CN, all else English."""
        return self.texts["zh-CN" if lang.lower().startswith("zh") else "en"]


@cache
def reason_texts() -> Mapping[str, ReasonText]:
    """Every published code, in the order of its bit."""
    data = tomllib.loads(files("icpgate.rules").joinpath("reasons.toml").read_text(encoding="utf-8"))
    codes = [code for code, entry in data.items() if isinstance(entry, dict)]
    return {code: _read(code, 1 << position, data[code]) for position, code in enumerate(codes)}


def _read(code: str, bit: int, entry: dict[str, object]) -> ReasonText:
    basis = entry["basis"]
    return ReasonText(
        code=code,
        bit=bit,
        says=Says(str(entry["says"])),
        rests_on_record=entry["rests_on"] == "record",
        actor=str(entry["actor"]),
        basis=tuple(str(article) for article in basis) if isinstance(basis, list) else (),
        texts={lang: _texts(entry[lang]) for lang in LANGUAGES},
    )


def _texts(entry: object) -> Texts:
    assert isinstance(entry, dict)  # noqa: S101 -- our own file, checked by a test
    return Texts(**{name: str(entry[name]) for name in ("title", "gatekeeper", "developer", "fix")})


@cache
def custom_reason(code: str) -> ReasonText:
    """A rule of the caller's own has no published texts: its findings speak for it, without a bit."""
    english = Texts(
        code,
        "found {found}; expected {expected}",
        "found {found}; expected {expected}",
        "Ask the gatekeeper what it demands — the developer does this",
    )
    chinese = Texts(
        code, "实际为{found}；应为{expected}", "实际为{found}；应为{expected}", "向该平台询问其要求，由开发者办理"
    )
    return ReasonText(
        code, 0, Says.NO, rests_on_record=False, actor="developer", basis=(), texts={"en": english, "zh-CN": chinese}
    )
