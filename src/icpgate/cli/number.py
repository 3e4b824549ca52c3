"""`icpgate number`: read numbers, one text an argument or a line."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING

import click

from icpgate.cli.output import cell, format_option, lang_option, line, lines_of, to_json
from icpgate.errors import InvalidNumber, quote
from icpgate.number import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["command", "described"]

FIELDS = (
    "input", "valid", "canonical", "family", "service_kind", "is_entity", "entity_number",
    "repairs", "reason", "detail", "message", "hint", "span",
)  # fmt: skip


def described(text: str, lang: str) -> dict[str, object]:
    """One text and what it came out as; the fields are always the same."""
    row: dict[str, object] = dict.fromkeys(FIELDS)
    row |= {"input": text, "valid": False, "repairs": []}
    try:
        number = parse(text)
    except InvalidNumber as error:
        row |= {
            "reason": error.reason,
            "detail": error.code,
            "message": error.text(lang),
            "hint": error.hint_text(lang),
            "span": list(error.span),
        }
        return row
    return (
        row
        | _noted(number.warnings, lang)
        | {
            "valid": True,
            "canonical": number.canonical,
            "family": number.family.value,
            "service_kind": number.service_kind.value if number.service_kind is not None else None,
            "is_entity": number.is_entity,
            "entity_number": number.entity_number,
            "repairs": list(number.repairs),
        }
    )


_WARNINGS = {
    "number.year": ("the year in it is none of the register's", "其中的年份不在备案系统的范围内"),
    "number.suspicious": ("its digits are those of templates", "数字与模板示例相同"),
    "number.province_alias": ("the registration system writes the bureau otherwise", "备案系统使用另一个省级简称"),
}


def _noted(warnings: tuple[str, ...], lang: str) -> dict[str, object]:
    """A number that is read may still be worth a look."""
    if not warnings:
        return {}
    texts = [_WARNINGS[warning][lang == "zh-CN"] for warning in warnings]
    return {"detail": warnings[0], "message": "; ".join(texts)}


def _texts(given: tuple[str, ...]) -> Iterable[str]:
    for text in given:
        if text == "-":
            yield from lines_of("-")
        else:
            yield text


def _text_line(row: dict[str, object], lang: str) -> str:
    if row["valid"]:
        kind = row["service_kind"] or ("主体" if lang == "zh-CN" else "entity")
        repairs = row["repairs"]
        noted = f"  ({', '.join(map(str, repairs))})" if isinstance(repairs, list) and repairs else ""
        warned = f"  ! {row['message']}" if row["message"] else ""
        return f"✓ {row['canonical']}  {row['family']}  {kind}{noted}{warned}"
    hint = f" — {row['hint']}" if row["hint"] else ""
    return f"✗ {quote(row['input'])}  {row['reason']} ({row['detail']}): {row['message']}{hint}"


@click.command("number")
@click.argument("texts", nargs=-1, required=True)
@format_option("text", "json", "jsonl", "csv")
@lang_option
def command(texts: tuple[str, ...], form: str, lang: str) -> int:
    """
    Read TEXTS as registration numbers; `-` reads a text per line from standard input.

    Exits with 0 when all are registration numbers, else with 1. That a number can be read does
    not mean that it is registered.
    """
    rows = (described(text, lang) for text in _texts(texts))
    valid = True
    writer = csv.DictWriter(sys.stdout, FIELDS, lineterminator="\n") if form == "csv" else None
    if writer is not None:
        writer.writeheader()
    kept = []
    for row in rows:
        valid = valid and row["valid"] is True
        if form == "jsonl":
            line(to_json(row))
        elif form == "text":
            line(_text_line(row, lang))
        elif writer is not None:
            writer.writerow({name: cell(value) for name, value in row.items()})
        else:
            kept.append(row)
    if form == "json":
        line(to_json(kept, indent=2))
    return 0 if valid else 1
