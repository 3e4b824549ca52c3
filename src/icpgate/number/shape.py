"""
Where the shape of a number breaks: province, family, digits, 号, sequence, suffix, in that order.

Works on a text whose characters are already known to be harmless and whose safe repairs are made.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from icpgate.number.data import MARKS, PLACEHOLDERS, PROVINCES

__all__ = ["Problem", "shape_problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a text: its code, message and hint in both languages, its place if it has one."""

    code: str
    en: str
    zh: str
    hint_en: str = ""
    hint_zh: str = ""
    span: tuple[int, int] | None = None


_MODEL_EN: Final = "a number looks like 蜀ICP备2021014694号-10A"
_MODEL_ZH: Final = "备案号形如 蜀ICP备2021014694号-10A"
_UNKNOWN: Final = Problem(
    "number.format", "{given} has not the form of a number", "{given} 不符合备案号格式", _MODEL_EN, _MODEL_ZH
)
_TELECOM: Final = re.compile(
    r"(?P<before>[^-]{0,20}?)(?:[AB][12]\.)*[AB][12]-(?P<digits>[0-9]*)(?P<rest>.*)", re.DOTALL
)
_FILED: Final = re.compile(r"(?P<before>.*?)ICP(?P<family>[备证])(?P<rest>.*)", re.DOTALL)


def shape_problem(text: str) -> Problem:
    """What is wrong with a text that the grammar refuses; there always is something."""
    filed = _FILED.match(text)
    if filed is not None:
        return _filed(filed)
    telecom = _TELECOM.match(text)
    if telecom is not None:
        return _telecom(telecom)
    if re.match(r".{0,4}ICP", text):
        start = text.index("ICP") + 3
        hint = "write 备 or 证 after ICP", "ICP 之后应为“备”或“证”"
        return Problem(
            "number.format", "neither 备 nor 证 follows ICP", "ICP 之后既不是“备”也不是“证”", *hint, (start, start + 1)
        )
    return _UNKNOWN


def _filed(match: re.Match[str]) -> Problem:
    before = match["before"]
    if before not in PROVINCES:
        return _province(before)
    start = match.start("rest")
    body, dot, service = match["rest"].partition("号")
    return (
        _placeholder(body, match["family"], start)
        or _body(body, match["family"], start, closed=bool(dot))
        or _service(service, start + len(body) + 1)
    )


def _province(before: str) -> Problem:
    if not before:
        hint = "begin with the bureau's abbreviation, such as 京 or 蜀", "以省级简称开头，例如 京、蜀"
        return Problem("number.province", "no province stands before ICP", "ICP 之前缺少省级简称", *hint, (0, 0))
    if len(before) > 1:
        hint = "give the number alone", "只填写备案号本身"
        return Problem(
            "number.format", "something stands before the number", "备案号之前有多余内容", *hint, (0, len(before))
        )
    hint = f"one of {''.join(PROVINCES)}", f"应为 {''.join(PROVINCES)} 之一"
    return Problem(
        "number.province",
        f"{before} is no province of the register",
        f"“{before}”不是备案系统使用的省级简称",
        *hint,
        (0, 1),
    )


_LETTERS: Final = frozenset(PLACEHOLDERS.letters)


def _placeholder(body: str, family: str, start: int) -> Problem | None:
    lengths = _LENGTHS[family]
    marked = sum(character in _LETTERS for character in body)
    masked = marked > 1 and all(character in _LETTERS or character.isdigit() for character in body)
    zero = len(body) in lengths and not body[-6 if family == "备" else -4 :].strip("0")
    if not (masked or zero or (len(body) in lengths and body in PLACEHOLDERS.digits)):
        return None
    hint = "give the number that the bureau issued", "填写通信管理局核发的备案号"
    en, zh = f"{body} stands in templates and cannot have been issued", f"“{body}”是模板占位内容，不可能是已核发的号码"
    return Problem("number.placeholder", en, zh, *hint, (start, start + len(body)))


_LENGTHS: Final = {"备": (8, 10), "证": (6, 8)}


def _body(body: str, family: str, start: int, *, closed: bool) -> Problem | None:
    digits = re.match(r"[0-9]*", body)
    count = len(digits.group()) if digits is not None else 0
    span = (start, start + len(body))
    wanted = " or ".join(map(str, _LENGTHS[family]))
    wanted_zh = " 或 ".join(map(str, _LENGTHS[family]))
    if count < len(body):
        return _no_digit(body, start + count, count)
    if count not in _LENGTHS[family]:
        hint = "compare with the number as issued; no digit is guessed", "请与核发的备案号核对，系统不会猜测数字"
        return Problem(
            "number.digits",
            f"{count} digits; {wanted} are used",
            f"共 {count} 位数字，应为 {wanted_zh} 位",
            *hint,
            span,
        )
    if closed:
        return None
    end = (span[1], span[1])
    return Problem(
        "number.format",
        "号 is missing after the digits",
        "数字之后缺少“号”",
        "write 号 after the digits",
        "在数字之后补上“号”",
        end,
    )


def _no_digit(body: str, place: int, count: int) -> Problem:
    character = body[count]
    span = (place, place + 1)
    if body.startswith("案"):
        return Problem(
            "number.format",
            "案 does not belong there",
            "“备”之后不应有“案”",
            "write 备, not 备案",
            "只写“备”，不写“备案”",
            span,
        )
    plain = MARKS.get(character, "")
    if plain.isdigit():
        en, zh = f"digits must be 0-9: {character} looks like {plain}", f"数字只能是 0-9：{character} 看起来像 {plain}"
        return Problem("number.digits", en, zh, f"type {plain} itself", f"改为 {plain}", span)
    if unicodedata.numeric(character, None) is not None or (character.isalpha() and count):
        en, zh = f"{character} stands among the digits", f"数字中含有“{character}”"
        return Problem("number.digits", en, zh, "type the digits 0-9", "使用数字 0-9", span)
    en, zh = f"{character!r} stands where digits are expected", f"应为数字的位置出现“{character}”"
    return Problem("number.format", en, zh, _MODEL_EN, _MODEL_ZH, span)


_SEQUENCE: Final = re.compile(r"(?P<dash>-?)(?P<sequence>[0-9]*)(?P<suffix>.*)", re.DOTALL)


def _service(service: str, start: int) -> Problem:
    if not service:
        return _UNKNOWN
    dash, sequence, suffix = _SEQUENCE.findall(service)[0]
    span = (start, start + len(service))
    if MARKS.get(service[0]) == "-":
        en, zh = (
            f"{service[0]} (U+{ord(service[0]):04X}) looks like -",
            f"{service[0]} (U+{ord(service[0]):04X}) 看起来像 -",
        )
        return Problem("number.confusable", en, zh, "type - itself", "改为 -", (start, start + 1))
    if not dash and not sequence and not re.fullmatch(r"[AXK]", suffix):
        return Problem(
            "number.format",
            "something stands after the number",
            "备案号之后有多余内容",
            "give the number alone",
            "只填写备案号本身",
            span,
        )
    if sequence and not dash:
        return Problem(
            "number.format",
            "the dash is missing before the sequence",
            "序号之前缺少“-”",
            "write 号-1A",
            "写成 号-1A",
            span,
        )
    return _sequence(sequence, suffix, start + len(dash)) or _suffix(suffix, start + len(dash) + len(sequence))


MAX_SEQUENCE_DIGITS: Final = 5


def _sequence(sequence: str, suffix: str, start: int) -> Problem | None:
    span = (start, start + len(sequence))
    if not sequence and suffix[:1] != "-" and re.fullmatch(r"[A-Z]?", suffix):
        hint = "write the sequence between - and the letter, such as -1A", "在“-”与字母之间写序号，例如 -1A"
        code = "number.sequence" if suffix else "number.format"
        return Problem(code, "the sequence is missing", "缺少序号", *hint, span)
    if sequence.startswith("0") or len(sequence) > MAX_SEQUENCE_DIGITS:
        hint = "compare with the number as issued", "请与核发的备案号核对"
        en, zh = f"the sequence {sequence} is not 1 to 99999", f"序号 {sequence} 不在 1 至 99999 之间"
        return Problem("number.sequence", en, zh, *hint, span)
    return None


def _suffix(suffix: str, start: int) -> Problem:
    span = (start, start + len(suffix))
    hint = "A app, X mini program, K quick app, none website", "A 表示 APP，X 表示小程序，K 表示快应用，无字母表示网站"
    if re.fullmatch(r"[A-Za-z]{1,3}", suffix):
        return Problem("number.suffix", f"{suffix} is no suffix", f"“{suffix}”不是有效后缀", *hint, span)
    return Problem(
        "number.format", "something stands after the sequence", "序号之后有多余内容", _MODEL_EN, _MODEL_ZH, span
    )


def _telecom(match: re.Match[str]) -> Problem:
    before, digits = match["before"], match["digits"]
    start = match.start("digits")
    span = (start, match.end("digits"))
    if before not in PROVINCES and before not in {"", "合字"}:
        return Problem(
            "number.format",
            "something stands before the number",
            "号码之前有多余内容",
            "give the number alone",
            "只填写号码本身",
            (0, len(before)),
        )
    marked = re.match(rf"[0-9]*[{re.escape(PLACEHOLDERS.letters)}]{{2,}}", match.group()[start:])
    if marked is not None or digits in PLACEHOLDERS.digits or (len(digits) in {8, 9} and not digits[4:].strip("0")):
        hint = "give the number that the bureau issued", "填写核发的号码"
        return Problem(
            "number.placeholder",
            "it stands in templates and cannot have been issued",
            "模板占位内容，不可能是已核发的号码",
            *hint,
            span,
        )
    if len(digits) not in {8, 9}:
        hint = "compare with the licence; no digit is guessed", "请与许可证核对，系统不会猜测数字"
        return Problem(
            "number.digits",
            f"{len(digits)} digits; 8 or 9 are used",
            f"共 {len(digits)} 位数字，应为 8 或 9 位",
            *hint,
            span,
        )
    return _service(match["rest"], match.start("rest"))
