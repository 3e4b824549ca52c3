"""
Reads a text as a registration number.

- A clean number is matched as it stands; only what fails is normalised and tried again.
- Repaired, and listed: blanks, dashes, width, traditional characters, case, a bureau's alias.
- Everything else is refused with its code, its place and a hint. No digit is ever guessed.
- At most 256 characters are looked at, before and after normalising; no pattern can backtrack.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from icpgate.errors import InvalidNumber
from icpgate.number.data import ALIASES, DASHES, PLACEHOLDERS, PROVINCES, TRADITIONAL
from icpgate.number.model import RegistrationNumber, ServiceKind

__all__ = [
    "MAX_CHARACTERS",
    "attempt",
    "clean",
    "compact",
    "format",
    "is_valid",
    "parse",
    "province_of",
    "read_clean",
    "repaired",
    "validate",
]

MAX_CHARACTERS: Final = 256
"""Ten times the longest number; a longer text is a page, not a number."""

_ISSUED: Final = "".join(PROVINCES)
_TEMPLATE: Final = "|".join(sorted(PLACEHOLDERS.digits))
_NUMBER: Final = re.compile(
    rf"(?:[{_ISSUED}]ICP(?:备(?!(?:{_TEMPLATE})号)[0-9]{{2}}(?:[0-9]{{2}})?(?!000000)[0-9]{{6}}"
    rf"|证[0-9]{{2}}(?:[0-9]{{2}})?(?!0000)[0-9]{{4}})号"
    rf"|(?:合字|[{_ISSUED}])?(?:A[12]\.|B1\.)*B[12]-(?!(?:{_TEMPLATE})(?![0-9]))[0-9]{{4}}(?!0000)[0-9]{{4,5}})"
    r"(?:-([1-9][0-9]{0,4})([AXK])?)?"
)
"""Serials of zeros and the digits of templates are not in the grammar: they cannot have been issued."""

_match: Final = _NUMBER.fullmatch
_KINDS: Final = {
    None: ServiceKind.WEBSITE,
    "A": ServiceKind.APP,
    "X": ServiceKind.MINI_PROGRAM,
    "K": ServiceKind.QUICK_APP,
}


def parse(text: object) -> RegistrationNumber:
    """
    Read one registration number of any family, with or without its service part.

    Raises `InvalidNumber` and nothing else. Whether the number was issued, or to whom, is not
    checked.

    >>> parse("豫 ICP 备 2026011707 号 -1A").canonical
    '豫ICP备2026011707号-1A'
    >>> parse("粤B2-20090059-1626X").service_kind
    <ServiceKind.MINI_PROGRAM: 'mini_program'>
    """
    if isinstance(text, str) and len(text) <= MAX_CHARACTERS:
        number = attempt(text if type(text) is str else str.__str__(text))
        if number is not None:
            return number
    raise _refused(text)


@lru_cache(maxsize=16_384)
def attempt(text: str) -> RegistrationNumber | None:
    """The number of a text of at most 256 characters, after its safe repairs; None when it is none."""
    number = read_clean(text)
    if number is not None:
        return number
    cleaned, repairs = clean(text)
    return read_clean(cleaned, repairs) if cleaned is not None else None


def _refused(text: object) -> InvalidNumber:
    from icpgate.number.diagnosis import diagnose  # noqa: PLC0415 -- needed only once something is wrong

    return diagnose(text)


def read_clean(text: str, repairs: tuple[str, ...] = ()) -> RegistrationNumber | None:
    """The number that `text` is without any repair; None when it is none or cannot have been issued."""
    match = _match(text)
    if match is None:
        return None
    sequence, suffix = match.groups()
    return RegistrationNumber(text, _KINDS[suffix] if sequence else None, repairs)


_BLANKS: Final = " \t\u00a0\u3000"
_PLAIN: Final = frozenset("ICPAXKB0123456789-.备证号合字" + _ISSUED)
_SAFE: Final = (
    dict.fromkeys(_BLANKS, ("blanks", ""))
    | dict.fromkeys(DASHES, ("dash", "-"))
    | {other: ("traditional", plain) for other, plain in TRADITIONAL.items()}
    | {letter: ("case", letter.upper()) for letter in "icpaxkb"}
    | {chr(ord(plain) + 0xFEE0): ("width", plain) for plain in "ICPAXKB0123456789."}
    | {chr(ord(letter) + 0xFEE0): ("width", letter.upper()) for letter in "icpaxkb"}
)
_strange: Final = re.compile(f"[^{re.escape(''.join(_PLAIN))}]").findall
_REPAIRS: Final = ("blanks", "width", "dash", "traditional", "case", "province")
_BIT: Final = {repair: 1 << position for position, repair in enumerate(_REPAIRS)} | {"": 0}
_NAMED: Final = [tuple(r for r in _REPAIRS if bits & _BIT[r]) for bits in range(1 << len(_REPAIRS))]


def clean(text: str) -> tuple[str | None, tuple[str, ...]]:
    """
    The text with every safe repair made, and the repairs by name; None where one is not safe.

    A character that is neither of a number nor one of those repaired is left as it is, so that the
    grammar refuses it.
    """
    cleaned = text.strip()
    made = 0
    for character in set(_strange(cleaned)):
        repair, plain = _SAFE.get(character) or _repaired(character)
        if plain is None:
            return None, ()
        cleaned = cleaned.replace(character, plain)
        made |= _BIT[repair]
    if cleaned[:1] in ALIASES:
        cleaned = ALIASES[cleaned[0]] + cleaned[1:]
        made |= _BIT["province"]
    return cleaned, _NAMED[made]


def repaired(character: str) -> str:
    """One character with its safe repair made, or as it is."""
    if character in _PLAIN:
        return character
    _, plain = _SAFE.get(character) or _repaired(character)
    return character if plain is None else plain


def _repaired(character: str) -> tuple[str, str | None]:
    """What a character that NFKC changes is repaired to, and how the repair is called; None where it is not safe."""
    if character.isascii():
        return "", character
    if unicodedata.category(character)[0] == "N":
        return "", None
    folded = unicodedata.normalize("NFKC", character)
    if folded == character:
        return "", character
    if len(folded) > 1:
        return "", None
    repair, plain = _SAFE.get(folded, ("", folded))
    return ("blanks" if repair == "blanks" else "width"), plain


def compact(text: str) -> str:
    """
    The text with every safe repair made, judged by nobody; doing it twice changes nothing more.

    Raises `InvalidNumber` for what is no text or too long.

    >>> compact("京ICP备12019458号－10")
    '京ICP备12019458号-10'
    """
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise _refused(text)
    cleaned, _ = clean(text)
    return text.strip() if cleaned is None else cleaned


def validate(text: object) -> str:
    """The canonical text of a registration number; raises `InvalidNumber`."""
    return parse(text).canonical


def is_valid(text: object) -> bool:
    """
    Whether `parse` would read it; not whether it is registered.

    >>> is_valid("京公网安备11010802022657号")
    False
    """
    try:
        parse(text)
    except InvalidNumber:
        return False
    return True


def format(text: object) -> str:  # noqa: A001 -- the verb that readers of python-stdnum expect
    """The number as an app shows it, which is its canonical text; raises `InvalidNumber`."""
    return parse(text).canonical


def province_of(text: str) -> str | None:
    """
    The abbreviation that a bureau issues for this one, or for its name; None when it is none.

    >>> province_of("川")
    '蜀'
    """
    stripped = text.strip()
    stripped = TRADITIONAL.get(stripped, stripped)
    stripped = ALIASES.get(stripped, stripped)
    if stripped in PROVINCES:
        return stripped
    named = [short for short, names in PROVINCES.items() if stripped and stripped in names.values()]
    return named[0] if named else None
