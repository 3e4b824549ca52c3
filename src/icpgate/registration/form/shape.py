"""
The shape of a form: which fields are there, of which type, how long. What has a wrong shape is reported and left out.

- A part that is missing or of a wrong type is one defect, and nothing is said of what would be in it.
- A misspelt name is one defect: the field that was meant is not missing besides.
- null, an empty text and blanks are nothing. Numbers are never taken for texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final

from icpgate.errors import nearest, shown
from icpgate.registration.form.report import NOTHING, Report, same
from icpgate.registration.form.texts import Said
from icpgate.rules.placeholders import says_nothing

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from icpgate.registration.form.fields import FormField

__all__ = ["Item", "Part", "day_of", "members_of", "shaped"]

MOST_MEMBERS: Final = 200
"""No object of the form has more fields; beyond it, names that are not the form's are counted and not listed."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")
_DIGEST_OF_NOTHING: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EXPECTED: Final = {
    "object": Said("an object with named fields", "带字段名的对象"),
    "list": Said("a list", "列表"),
    "text": Said("a text", "文本"),
    "date": Said("a text such as 2026-11-01", "2026-11-01格式的文本"),
    "sha256": Said("a text of 64 hex digits", "64位十六进制数字的文本"),
}
_AS_OTHERS_SAY: Final = {
    "bundle_id": "package", "package_name": "package", "appid": "package", "包名": "package", "os": "platform",
    "app_name": "name", "type": "kind", "app_kind": "kind", "md5": "signing_certificate", "phone": "mobile",
    "signature": "signing_certificate", "signature_key": "signing_certificate", "key": "public_key",
    "ips": "endpoints", "ip": "endpoints", "function": "purpose",
    "expires": "valid_until", "id_number": "document_number", "id_type": "document_type", "file": "document",
}  # fmt: skip
"""What stores and providers call our fields (docs/sources.md, store practice): for the hint alone."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list that has the right shape, and its place."""

    pointer: str
    value: str | Part


@dataclass(frozen=True, slots=True)
class Part:
    """One object of the form: what in it has the right shape. Texts have no blanks around them."""

    pointer: str
    private: bool = False
    values: dict[str, str | Part | tuple[Item, ...]] = field(default_factory=dict)

    def at(self, name: str) -> str:
        """The pointer of a field of this object."""
        return f"{self.pointer}/{name}"

    def text(self, name: str) -> str | None:
        """A text, or None where there is none of the right shape."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def part(self, name: str) -> Part | None:
        """An object, or None."""
        value = self.values.get(name)
        return value if isinstance(value, Part) else None

    def items(self, name: str) -> tuple[Item, ...] | None:
        """The items of a list that have the right shape, or None where there is no list."""
        value = self.values.get(name)
        return value if isinstance(value, tuple) else None

    def texts(self, name: str) -> tuple[tuple[str, str], ...]:
        """The texts of a list, each after its pointer."""
        return tuple((item.pointer, item.value) for item in self.items(name) or () if isinstance(item.value, str))

    def parts(self, name: str) -> tuple[Part, ...]:
        """The objects of a list."""
        return tuple(item.value for item in self.items(name) or () if isinstance(item.value, Part))


def shaped(form: object, at: FormField, report: Report, needs: AbstractSet[str]) -> Part:
    """What of a form has the right shape; `needs` are the kinds of need that this form has."""
    return _Reader(report, needs).object_at(at, "", form) or Part("")


def day_of(text: str) -> date | None:
    """The day that a text such as 2026-11-01 names, or None."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def members_of(value: object) -> tuple[dict[str, object], int] | None:
    """
    The members of an object by their names, and how many there are; at most some.

    None when it is no object or cannot be read. A name that is no text becomes one that no field has.
    """
    try:
        if not isinstance(value, Mapping):
            return None
        keys = list(islice(value, MOST_MEMBERS + 1))
        if len(keys) > MOST_MEMBERS:
            return {}, max(len(value), len(keys))
        return {str.__str__(key) if isinstance(key, str) else f"<{shown(key)}>": value[key] for key in keys}, len(keys)
    except Exception:  # noqa: BLE001 -- a mapping may raise anything when it is read
        return None


class _Reader:
    """Reads one form; what is needed depends on its kind."""

    def __init__(self, report: Report, needs: AbstractSet[str]) -> None:
        self._report = report
        self._needs = needs

    def _needed(self, at: FormField) -> bool:
        return at.needed in self._needs

    def value_at(self, at: FormField, pointer: str, value: object) -> str | Part | tuple[Item, ...] | None:
        """One value that is there."""
        if at.type == "object":
            return self.object_at(at, pointer, value)
        return self._list_at(at, pointer, value) if at.type == "list" else self._text_at(at, pointer, value)

    def object_at(self, at: FormField, pointer: str, value: object) -> Part | None:
        """One object with its members."""
        read = members_of(value)
        if read is None:
            self._no_object(pointer, value)
            return None
        members, count = read
        if count > MOST_MEMBERS:
            self._report.add("form.too_many", pointer, found=same(f"{count:,}"), expected=same(str(len(at.children))))
            return None
        excused = {self._unknown(at, pointer, name, members) for name in members if name not in at.children}
        part = Part(pointer, at.private)
        for name, child in at.children.items():
            self._member(child, part, members.get(name), excused=name in excused)
        return part

    def _no_object(self, pointer: str, value: object) -> None:
        kind = _kind(value)
        if kind is _OBJECT:
            found = Said("reading it fails", "读取时出错")
            self._report.add("form.unreadable", pointer, found=found)
        else:
            self._report.add("form.type", pointer, found=kind, expected=_EXPECTED["object"])

    def _member(self, child: FormField, part: Part, value: object, *, excused: bool) -> None:
        pointer = part.at(child.name)
        if _is_nothing(value) or (self._needed(child) and _lacks_items(child, value)):
            if self._needed(child) and not excused:
                self._missing(child, pointer)
            return
        read = self.value_at(child, pointer, value)
        if read is not None:
            part.values[child.name] = read

    def _missing(self, at: FormField, pointer: str) -> None:
        example = Said(f", such as {at.example}", f"，如{at.example}") if at.example else NOTHING
        self._report.add("form.missing", pointer, expected=example)

    def _unknown(self, at: FormField, pointer: str, name: str, members: Mapping[str, object]) -> str:
        """Report a name that the form does not have; the field that was meant, if it is not there as well."""
        if at.pointer == "/app/platforms/*" and name == "name":
            self._report.add("form.name_per_platform", f"{pointer}/{name}")
            return ""
        ours = {other: field for other, field in _AS_OTHERS_SAY.items() if field in at.children}
        meant = nearest(name.casefold(), [*at.children, *ours])
        meant = None if meant is None else ours.get(meant, meant)
        hint = Said("Remove it.", "删除该字段。")
        if meant is not None:
            hint = Said(f"Did you mean {meant}?", f"是否应为{meant}？")
        # What a key says may be about a person, as a value may.
        visible = shown(name)
        found = NOTHING if at.private else Said(f", {visible}", f"：{visible}")
        place = pointer if at.private else f"{pointer}/{visible.replace('~', '~0').replace('/', '~1')}"
        self._report.add("form.unknown_field", place, found=found, hint=hint)
        return meant if meant is not None and _is_nothing(members.get(meant)) else ""

    def _list_at(self, at: FormField, pointer: str, value: object) -> tuple[Item, ...] | None:
        if not isinstance(value, (list, tuple)):
            self._report.add("form.type", pointer, found=_kind(value), expected=_EXPECTED["list"])
            return None
        if len(value) > at.most:
            self._report.add("form.too_many", pointer, found=same(f"{len(value):,}"), expected=same(str(at.most)))
            return None
        items = []
        for position, entry in enumerate(value):
            place, item = f"{pointer}/{position}", at.children["*"]
            if _is_nothing(entry):
                self._missing(item, place)
                continue
            read = self.value_at(item, place, entry)
            if isinstance(read, (str, Part)):
                items.append(Item(place, read))
        return tuple(items)

    def _text_at(self, at: FormField, pointer: str, value: object) -> str | None:
        if not isinstance(value, str):
            self._report.add("form.type", pointer, found=_kind(value), expected=_EXPECTED[at.type])
            return None
        text = str.__str__(value).strip()
        if at.type == "sha256":
            return self._digest_at(pointer, text)
        if at.type == "date":
            return self._day_at(pointer, text)
        if len(text) > at.most:
            self._report.add("form.too_long", pointer, found=same(f"{len(text):,}"), expected=same(str(at.most)))
            return None
        unseen = _unseen("".join(text.splitlines()) if at.lines else text)
        if unseen is not None:
            position, code = unseen
            self._report.add("form.invisible", pointer, found=same(code), expected=same(str(position)))
            return None
        if at.said and says_nothing(text):
            self._report.add("form.says_nothing", pointer)
            return None
        return text

    def _digest_at(self, pointer: str, text: str) -> str | None:
        digest = text.lower()
        if _DIGEST.fullmatch(text) and digest.strip("0") and digest != _DIGEST_OF_NOTHING:
            return digest
        self._report.add("form.sha256", pointer)
        return None

    def _day_at(self, pointer: str, text: str) -> str | None:
        if day_of(text) is not None:
            return text
        self._report.add("form.date", pointer, expected=same("2026-11-01"))
        return None


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not str.__str__(value).strip())


def _lacks_items(at: FormField, value: object) -> bool:
    return at.type == "list" and at.least > 0 and isinstance(value, (list, tuple)) and not value


def _unseen(text: str) -> tuple[int, str] | None:
    """The first character that nobody can see: its place from 1 and its code point."""
    if text.isprintable():
        return None
    for position, character in enumerate(text, start=1):
        if unicodedata.category(character) in _UNSEEN:
            return position, f"U+{ord(character):04X}"
    return None


_OBJECT: Final = Said("an object", "对象")


def _kind(value: object) -> Said:
    """What JSON calls a value; never what the value says of itself."""
    if isinstance(value, bool):
        return Said("true or false", "布尔值")
    if isinstance(value, (int, float)):
        return Said("a number", "数字")
    if isinstance(value, str):
        return Said("a text", "文本")
    if isinstance(value, (list, tuple)):
        return Said("a list", "列表")
    if isinstance(value, Mapping):
        return _OBJECT
    return Said("nothing that JSON has", "JSON以外的值") if value is not None else Said("null", "空值")
