"""What an examination says: each code with its texts in both languages and its basis (`defects.toml`)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DefectText", "FormDefect", "Said", "Severity", "defect_texts"]


class Severity(StrEnum):
    """A defect keeps a form from being handed in; a warning says what is commonly returned."""

    DEFECT = "defect"
    WARNING = "warning"


class Said(NamedTuple):
    """A few words in both languages, to be filled into a text."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class FormDefect:
    """
    One thing that is missing or wrong, or a warning: where (a JSON pointer), what, and what to do, in both languages.

    No part repeats what was stated about the operator or a person.
    """

    pointer: str
    code: str
    message: str
    message_zh: str
    fix: str
    fix_zh: str

    def text(self, lang: str) -> str:
        """The message in `lang`: anything that begins with zh is Chinese, all else English."""
        return self.message_zh if lang.lower().startswith("zh") else self.message

    def fix_text(self, lang: str) -> str:
        """What to do, in `lang`."""
        return self.fix_zh if lang.lower().startswith("zh") else self.fix

    def written(self) -> dict[str, str]:
        """As JSON."""
        return {
            "pointer": self.pointer,
            "code": self.code,
            "message": self.message,
            "message_zh": self.message_zh,
            "fix": self.fix,
            "fix_zh": self.fix_zh,
        }


_PLACE: Final = re.compile(r"\{(field|found|expected|hint)\}")


@dataclass(frozen=True, slots=True)
class DefectText:
    """One code: whether it is a defect or a warning, its basis, its message and fix with places to fill in."""

    code: str
    severity: Severity
    source: tuple[str, ...]
    message: Said
    fix: Said

    def filled(self, pointer: str, values: Mapping[str, Said]) -> FormDefect:
        """The defect at a pointer; each place is filled in once, so that what is filled in stays as it is."""
        texts = [
            _PLACE.sub(lambda place, lang=lang: getattr(values[place[1]], lang), getattr(template, lang))  # type: ignore[misc]  # a place of a template
            for template in (self.message, self.fix)
            for lang in ("en", "zh")
        ]
        message, message_zh, fix, fix_zh = (text[:1].upper() + text[1:] for text in texts)
        return FormDefect(pointer, self.code, message, message_zh, fix, fix_zh)


@cache
def defect_texts() -> Mapping[str, DefectText]:
    """Every code, in the order of the file."""
    data = tomllib.loads(files("icpgate.registration").joinpath("defects.toml").read_text(encoding="utf-8"))
    return {code: _read(code, entry) for code, entry in data.items() if isinstance(entry, dict)}


def _read(code: str, entry: Mapping[str, object]) -> DefectText:
    en, zh, source = entry["en"], entry["zh"], entry["source"]
    assert isinstance(en, dict)  # noqa: S101 -- our own file, checked by a test
    assert isinstance(zh, dict)  # noqa: S101 -- as above
    assert isinstance(source, list)  # noqa: S101 -- as above
    severity = Severity(str(entry["severity"]))
    message, fix = (Said(str(en[part]), str(zh[part])) for part in ("message", "fix"))
    return DefectText(code, severity, tuple(map(str, source)), message, fix)
