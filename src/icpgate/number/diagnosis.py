"""
Says why a text is not a registration number: what is wrong, where, what was expected, what to do.

The codes are those of docs/number.md. The first reason in the order of this module is reported:
what the text is, then its characters, then its shape.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from icpgate.errors import InvalidNumber, quote
from icpgate.number.data import ALIASES, LOOKALIKES, MARKS, REGISTERS
from icpgate.number.occurrences import find_all, has_markup
from icpgate.number.reading import MAX_CHARACTERS, read_clean, repaired
from icpgate.number.shape import Problem, shape_problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.number.model import RegistrationNumber

__all__ = ["diagnose"]

_MALFORMED: Final = "number_malformed"
_OTHER: Final = "number_of_other_register"
_REASONS: Final = {
    "number.empty": "number_missing",
    "number.police": _OTHER,
    "number.other_register": _OTHER,
    "number.placeholder": "number_placeholder",
}


def diagnose(given: object) -> InvalidNumber:
    """The error of a text that `parse` cannot read; made only once something is wrong."""
    if not isinstance(given, str):
        kind = type(given).__name__
        problem = Problem(
            "number.type", f"a registration number must be text, not {kind}", f"备案号应为文本，而不是 {kind}"
        )
        return _error(problem, (0, 0))
    text = str.__str__(given)
    if len(text) > MAX_CHARACTERS:
        return _error(_too_long(len(text)), (MAX_CHARACTERS, len(text)))
    found = next((found for check in _CHECKS if (found := check(text)) is not None), None)
    if found is None:
        return _shape(text)
    return _error(found, found.span if found.span is not None else _stripped(text))


def _error(problem: Problem, span: tuple[int, int]) -> InvalidNumber:
    return InvalidNumber(
        problem.en,
        code=problem.code,
        reason=_REASONS.get(problem.code, _MALFORMED),
        hint=problem.hint_en,
        span=span,
        message_zh=problem.zh,
        hint_zh=problem.hint_zh,
    )


def _too_long(length: int) -> Problem:
    return Problem(
        "number.too_long",
        f"{length:,} characters; at most {MAX_CHARACTERS} are read",
        f"共 {length:,} 个字符，最多读取 {MAX_CHARACTERS} 个",
        "give the number alone",
        "只填写备案号本身",
    )


def _stripped(text: str) -> tuple[int, int]:
    if not text.strip():
        return 0, len(text)
    return len(text) - len(text.lstrip()), len(text.rstrip())


def _empty(text: str) -> Problem | None:
    if text.strip():
        return None
    return Problem("number.empty", "no number given", "未填写备案号", "state the number as issued", "填写核发的备案号")


_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _hidden(text: str) -> Problem | None:
    """Surrogates, direction marks and invisible characters: what is read is not what is seen."""
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if category not in {"Cs", "Cf", "Cc", "Co", "Cn"} or character in "\t\r\n":
            continue
        named = f"U+{ord(character):04X}"
        code, en, zh = {
            "Cs": ("number.unicode", f"{named} is half a character", f"{named} 是不完整的字符"),
            "Cc": ("number.format", f"{named} is a control character", f"{named} 是控制字符"),
        }.get(category, ("number.invisible", f"{named} cannot be seen", f"{named} 是不可见字符"))
        if character in _BIDI:
            code, en, zh = "number.bidi", f"{named} changes the direction of the text", f"{named} 会改变文字方向"
        return Problem(code, en, zh, "type the number anew", "重新手工输入备案号", (position, position + 1))
    return None


_URL: Final = re.compile(r"\s*(?:[a-z][a-z0-9+.-]{1,15}://|www\.|beian\.miit\.gov\.cn)", re.IGNORECASE)


def _url(text: str) -> Problem | None:
    if _URL.match(text) is None:
        return None
    hint_en, hint_zh = "give the number that the page shows, not its address", "填写页面上显示的备案号，而不是网址"
    return Problem("number.is_url", "an address, not a number", "这是网址，不是备案号", hint_en, hint_zh)


def _markup(text: str) -> Problem | None:
    if not has_markup(text):
        return None
    numbers = [str(found.number) for found in find_all(text)]
    hint_en, hint_zh = _did_you_mean(numbers) if numbers else ("give the text as it is shown", "填写页面显示的文字")
    return Problem(
        "number.markup", "markup or escapes, not plain text", "含有标记或转义字符，不是纯文本", hint_en, hint_zh
    )


def _did_you_mean(numbers: list[str]) -> tuple[str, str]:
    return f"did you mean {' or '.join(numbers)}?", f"是否为 {' 或 '.join(numbers)}？"


def _normalised_length(text: str) -> Problem | None:
    length = len(unicodedata.normalize("NFKC", text))
    return _too_long(length) if length > MAX_CHARACTERS else None


def _several(text: str) -> Problem | None:
    numbers = [str(occurrence.number) for occurrence in find_all(text)]
    others = [register for register in REGISTERS if register.pattern.search(_squeezed(text))]
    lines = [line for line in text.strip().split("\n") if line.strip()]
    more_lines = len(lines) > 1 and "\r" not in text.strip()
    if not numbers or (len(numbers) + len(others) == 1 and not more_lines):
        return None
    listed_en = ", ".join([*numbers, *(register.en for register in others)])
    listed_zh = "、".join([*numbers, *(register.zh for register in others)])
    en, zh = f"more than one number: {listed_en}", f"含有多个号码：{listed_zh}"
    if len(numbers) + len(others) == 1:
        en, zh = (
            f"more than the number {listed_en}: {len(lines)} lines",
            f"除 {listed_zh} 外还有内容：共 {len(lines)} 行",
        )
    return Problem("number.several", en, zh, "give one of them", "只填写其中一个")


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _other_register(text: str) -> Problem | None:
    squeezed = unicodedata.normalize("NFKC", _squeezed(text))
    for register in REGISTERS:
        if register.pattern.search(squeezed):
            hint_en = "give the ministry's number, such as 蜀ICP备2021014694号-10A"
            hint_zh = "填写工业和信息化部备案系统核发的备案号，例如 蜀ICP备2021014694号-10A"
            return Problem(
                register.code,
                f"{register.en}; the ministry's number is needed",
                f"这是{register.zh}，需要工业和信息化部核发的备案号",
                hint_en,
                hint_zh,
            )
    return None


def _confusable(text: str) -> Problem | None:
    """Letters of other scripts, marks and digits that only look right; refused, not repaired."""
    for position, character in enumerate(text):
        if character.isascii():
            continue
        problem = _foreign(character)
        if problem is not None:
            return Problem(
                problem.code, problem.en, problem.zh, problem.hint_en, problem.hint_zh, (position, position + 1)
            )
    return None


def _foreign(character: str) -> Problem | None:
    named = f"{character} (U+{ord(character):04X})"
    taken_for = LOOKALIKES.get(character)
    if taken_for is not None:
        return _looks_like(named, taken_for)
    category = unicodedata.category(character)
    if category[0] == "N" and not "\uff10" <= character <= "\uff19":
        hint_en, hint_zh = "type the digits 0-9", "使用数字 0-9"
        return Problem(
            "number.digits", f"digits must be 0-9, not {named}", f"数字只能是 0-9，不能是 {named}", hint_en, hint_zh
        )
    if character in MARKS and category[0] != "L":
        return _looks_like(named, MARKS[character])
    if category[0] == "M" or _is_ideograph_apart(character):
        name = unicodedata.name(character, "a character")
        hint_en, hint_zh = "type the number anew", "重新手工输入备案号"
        return Problem("number.confusable", f"{named} is {name}", f"{named} 不是备案号使用的字符", hint_en, hint_zh)
    return None


def _looks_like(named: str, taken_for: str) -> Problem:
    return Problem(
        "number.confusable",
        f"{named} looks like {taken_for}",
        f"{named} 看起来像 {taken_for}",
        f"type {taken_for} itself",
        f"改为 {taken_for}",
    )


def _is_ideograph_apart(character: str) -> bool:
    """A compatibility ideograph or radical that NFKC leaves alone; those that it maps are repaired."""
    apart = (
        "\u2e80" <= character <= "\u2fdf"
        or "\uf900" <= character <= "\ufaff"
        or "\U0002f800" <= character <= "\U0002fa1f"
    )
    return apart and unicodedata.normalize("NFKC", character) == character


def _ascii_in_place_of_icp(text: str) -> Problem | None:
    """`lCP` and `1CP`: plain characters that are taken for the I."""
    match = re.search(r"[l1|!][Cc][Pp](?=\s{0,8}[备備证證証])", text)
    if match is None:
        return None
    problem = _looks_like(f"{text[match.start()]} (U+{ord(text[match.start()]):04X})", "I")
    return Problem(
        problem.code, problem.en, problem.zh, problem.hint_en, problem.hint_zh, (match.start(), match.start() + 1)
    )


_CHECKS: Final[tuple[Callable[[str], Problem | None], ...]] = (
    _hidden,
    _empty,
    _url,
    _markup,
    _normalised_length,
    _several,
    _other_register,
    _confusable,
    _ascii_in_place_of_icp,
)


@dataclass(frozen=True, slots=True)
class _Mapped:
    """The text with its repairs made, and where each character of it stands in the text as given."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of the repaired text in the text as given."""
        last = len(self.places)
        first = self.places[start] if start < last else self.places[-1] + 1
        end = min(end, last)
        return first, (self.places[end - 1] + 1 if end > start else first)


def _mapped(given: str) -> _Mapped:
    pieces: list[str] = []
    places: list[int] = []
    for position in range(*_stripped(given)):
        piece = repaired(given[position])
        pieces.append(piece)
        places += [position] * len(piece)
    text = "".join(pieces)
    return _Mapped(ALIASES.get(text[:1], text[:1]) + text[1:], tuple(places))


def _shape(given: str) -> InvalidNumber:
    mapped = _mapped(given)
    problem = shape_problem(mapped.text)
    hints = problem.hint_en, problem.hint_zh
    guess = _guess(given, mapped.text)
    if guess is not None and problem.code != "number.confusable":
        hints = _did_you_mean([str(guess)])
    start, end = problem.span if problem.span is not None else (0, len(mapped.text))
    stated = Problem(
        problem.code, problem.en.replace("{given}", quote(given)), problem.zh.replace("{given}", quote(given)), *hints
    )
    return _error(stated, mapped.span(start, end))


_IN_THE_MIDDLE: Final = re.compile(
    r"^(.ICP[备证])案?(?:[（(\[【][^）)\]】]{0,64}[）)\]】])?([0-9]{6,10})(?:(-[0-9]{1,5}[AXK]?)号?|号?(-?[0-9]{1,5}[AXK]?)?)$"
)


def _guess(given: str, cleaned: str) -> RegistrationNumber | None:
    """
    The number that was probably meant, for the hint alone; no digit of it is guessed.

    The one number inside a longer text, or the text with its 号, dash or 备 put right.
    """
    found = find_all(given)
    if len(found) == 1:
        return found[0].number
    match = _IN_THE_MIDDLE.match(cleaned)
    if match is None:
        return None
    entity, digits, before, after = match.groups()
    service = before or after or ""
    if service and not service.startswith("-"):
        service = f"-{service}"
    return read_clean(f"{entity}{digits}号{service}")
