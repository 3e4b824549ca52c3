"""F28 to F36: charsets that lie, and bodies that are no JSON, or JSON of another shape."""

from __future__ import annotations

import codecs
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.edge.answers import answer, encoded, envelope, record, whole
from tests.edge.fault import ALLOW, Fault, of, plays, says

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.edge.fault import Behaviour

__all__ = ["TEXTS", "written"]


def written(makes: Callable[[str], bytes], kind: bytes = b"application/json") -> Behaviour:
    """What is made of the number, as a whole answer."""
    return plays(lambda talk: answer(makes(talk.number), kind=kind), keep=True)


def _changed(old: bytes, new: bytes) -> Behaviour:
    return written(lambda number: whole(number).replace(old, new))


def _gbk(number: str) -> bytes:
    return whole(number).decode().encode("gb18030")


def _charset(name: bytes, makes: Callable[[str], bytes] = whole) -> Behaviour:
    return written(makes, b"application/json; charset=" + name)


_CHARSETS: Final = [
    *of(
        "F28",
        "malformed",
        once=True,
        charset_lie_utf8=_charset(b"utf-8", _gbk),
        charset_lie_gbk=_charset(b"gbk"),
        charset_bogus=_charset(b"bogus"),
        charset_codec=_charset(b"unicode_escape"),
        charset_rot13=_charset(b"rot13"),
        charset_utf7=_charset(b"utf-7"),
        charset_utf16=_charset(b"utf-16", lambda number: whole(number).decode().encode("utf-16")),
        charset_utf16_bom=written(lambda number: codecs.BOM_UTF16_LE + whole(number).decode().encode("utf-16-le")),
        charset_latin1=_charset(b"iso-8859-1"),
        charset_twice=_charset(b"utf-8; charset=gbk"),
        charset_bad_bytes=_changed("挖".encode(), b"\xff\xfe"),
        charset_overlong=_changed(b'"active"', b'"\xc1\xa1ctive"'),
        charset_gbk_unsaid=written(_gbk),
        charset_gbk_bad=_charset(b"gbk", lambda number: _gbk(number).replace("挖".encode("gbk"), b"\x81\xff")),
    ),
    *of(
        "F29",
        says(ALLOW),
        ok_gbk=_charset(b"GBK", _gbk),
        ok_gb2312=_charset(b'"gb2312"', _gbk),
        ok_gb18030=_charset(b"gb18030", _gbk),
        ok_ascii=_charset(b"gbk", lambda number: whole(number).decode().encode("ascii", "backslashreplace")),
    ),
]

_BROKEN: Final = [
    *of(
        "F30",
        "malformed",
        once=True,
        json_invalid=_changed(b'"code":', b'"code"='),
        json_single_quotes=_changed(b'"', b"'"),
        json_bare_keys=_changed(b'"code"', b"code"),
        json_two=written(lambda number: whole(number) * 2),
        json_lines=written(lambda number: whole(number) + b"\n" + whole(number) + b"\n"),
        json_trailing=written(lambda number: whole(number) + b" trailing"),
        json_comma=written(lambda number: whole(number)[:-1] + b",}"),
        json_comment=written(lambda number: b"/* ok */" + whole(number)),
        json_jsonp=written(lambda number: b"callback(" + whole(number) + b");"),
        json_prefix=written(lambda number: b")]}',\n" + whole(number)),
        json_event=written(lambda number: b"data: " + whole(number) + b"\n\n"),
        json_control=_changed("挖".encode(), "挖\n".encode()),
        json_nul_between=written(lambda number: whole(number) + b"\0"),
        json_python=_changed(b'"package":"com.sig.wameiji"', b'"package":None'),
    ),
    *of(
        "F30",
        "truncated",
        json_cut=written(lambda number: whole(number)[:-9]),
        json_empty=written(lambda number: whole(number)[:0]),
        json_blank=written(lambda number: b" \r\n" if number else b""),
        json_half=written(lambda number: whole(number)[: len(whole(number)) // 2]),
    ),
]

_SHAPES: Final = of(
    "F31",
    "schema",
    once=True,
    json_null=written(lambda _: b"null"),
    json_true=written(lambda _: b"true"),
    json_zero=written(lambda _: b"0"),
    json_string=written(encoded),
    json_wrapped=written(lambda number: encoded(whole(number).decode())),
    json_array=written(lambda number: encoded([envelope(number)])),
    json_pair=written(lambda number: encoded(["active", number])),
    empty_object=written(lambda _: b"{}"),
    empty_success=written(lambda number: whole(number, data=...)),
    data_null=written(lambda number: whole(number, data=None)),
    data_empty=written(lambda number: whole(number, data={})),
    data_text=written(lambda number: whole(number, data="active")),
    data_wrapped=written(lambda number: whole(number, data=encoded(record(number)).decode())),
    data_deeper=written(lambda number: whole(number, data={"data": record(number)})),
    bare_record=written(lambda number: encoded(record(number))),
    status_missing=written(lambda number: whole(number, data=record(number, status=...))),
    status_null=written(lambda number: whole(number, data=record(number, status=None))),
    status_empty=written(lambda number: whole(number, data=record(number, status=""))),
    status_capital=written(lambda number: whole(number, data=record(number, status="Active"))),
    status_blank=written(lambda number: whole(number, data=record(number, status=" active"))),
    status_unknown=written(lambda number: whole(number, data=record(number, status="unknown"))),
    status_list=written(lambda number: whole(number, data=record(number, status=["active"]))),
    number_null=written(lambda number: whole(number, data=record(number, number=None))),
    number_missing=written(lambda number: whole(number, data=record(number, number=...))),
    code_missing=written(lambda number: whole(number, code=...)),
    code_null=written(lambda number: whole(number, code=None)),
    message_missing=written(lambda number: whole(number, message=...)),
)


def _numbered(old: bytes, makes: Callable[[], bytes]) -> Behaviour:
    """With something else in place of one value; made when it is asked for."""
    return written(lambda number: whole(number, extra=0).replace(old, b'"extra":' + makes()))


def _nested(number: str, levels: int, *, closed: bool) -> bytes:
    inner = b"[" * levels + (b"]" * levels if closed else b"")
    return whole(number, extra=0).replace(b'"extra":0', b'"extra":' + inner)


_VALUES: Final = [
    *of(
        "F32",
        "malformed",
        once=True,
        json_nan=_numbered(b'"extra":0', lambda: b"NaN"),
        json_infinity=_numbered(b'"extra":0', lambda: b"-Infinity"),
        json_overflow=_numbered(b'"extra":0', lambda: b"1e999"),
        json_bignum=_numbered(b'"extra":0', lambda: b"9" * 100_000),
        json_deep=written(lambda number: _nested(number, 100_000, closed=True)),
        json_deep_open=written(lambda number: _nested(number, 100_000, closed=False)),
        json_deep_code=written(lambda number: whole(number).replace(b'"code":0', b'"code":' + b"[" * 100_000)),
    ),
    *of(
        "F33",
        "malformed",
        once=True,
        json_dup_keys=_changed(b'"status":"active"', b'"status":"revoked","status":"active"'),
        json_dup_keys_rev=_changed(b'"status":"active"', b'"status":"active","status":"revoked"'),
        json_dup_escaped=_changed(b'"status":"active"', b'"st\\u0061tus":"revoked","status":"active"'),
        json_dup_data=_changed(b'"message"', b'"data":{},"message"'),
        json_dup_code=_changed(b'"code":0', b'"code":1,"code":0'),
    ),
    *of("F33", "schema", once=True, json_case_keys=_changed(b'"code"', b'"Code"')),
    *of("F33", "schema", once=True, json_case_status=_changed(b'"status"', b'"Status"')),
    *of(
        "F34",
        "schema",
        once=True,
        json_types=_changed(b'"code":0', b'"code":"0"'),
        json_types_false=_changed(b'"code":0', b'"code":false'),
        json_types_float=_changed(b'"code":0', b'"code":0.0'),
        json_types_exponent=_changed(b'"code":0', b'"code":0e0'),
        json_types_list=_changed(b'"code":0', b'"code":[]'),
        json_types_number=written(lambda number: whole(number, data=record(number, number=20210146941))),
        json_types_true=written(lambda number: whole(number, data=record(number, status=True))),
        json_types_all=written(lambda number: encoded({"code": [0], "message": {}, "data": [[number, 1]]})),
        json_types_names=written(lambda number: whole(number, data=record(number, name=7, company=[], package={}))),
        json_types_name=written(lambda number: whole(number, data=record(number, name=["挖煤姬"]))),
    ),
]

_PROTO: Final = {"__class__": "x", "__proto__": {"status": "active"}, "constructor": {"prototype": {}}, "__init__": {}}


def _hostile(text: str) -> Behaviour:
    return written(lambda number: whole(number, extra=text, data=record(number, note=text, **{text: text})))


HOSTILE: Final = "<script>alert(1)</script>\u202e\u2066=cmd|' /C calc'!A0\x1b[31m\r\n\x7f\u2028{0}%s${x}"

_ODD: Final = [
    *[
        replace(fault, bounded=True, floods=True)
        for fault in of(
            "F35",
            "too_large",
            json_many_keys=written(lambda number: whole(number, **{f"k{n}": n for n in range(100_000)})),
            json_many_values=written(lambda number: whole(number, extra=[{}] * 200_000)),
            json_many_rows=written(lambda number: whole(number, data=[{"number": "x"}] * 9_000)),
            json_long_string=written(lambda number: whole(number, extra="x" * (32 * 1024 * 1024))),
        )
    ],
    *[
        replace(fault, bounded=True, floods=True)
        for fault in of(
            "F35",
            "schema",
            json_long_name=written(lambda number: whole(number, data=record(number, name="名" * 300_000))),
        )
    ],
    *of("F35", says(ALLOW), json_proto=written(lambda number: whole(number, **_PROTO, data=record(number, **_PROTO)))),
    *of(
        "F36",
        "malformed",
        once=True,
        json_surrogate=_changed("挖煤姬".encode(), b"\\ud800"),
        json_surrogate_low=_changed("挖煤姬".encode(), b"\\udc00\\ud800"),
        json_surrogate_raw=_changed("挖煤姬".encode(), b"\xed\xa0\x80"),
        json_surrogate_key=_changed(b'"package"', b'"\\udfff"'),
    ),
    *of("F36", says("name_mismatch"), json_nul=_changed("挖煤姬".encode(), b"\\u0000")),
    *of("F36", says(ALLOW), json_hostile_text=_hostile(HOSTILE)),
    *of(
        "F36",
        says("name_mismatch"),
        json_hostile_name=written(lambda number: whole(number, data=record(number, name=HOSTILE, company=HOSTILE))),
    ),
]

TEXTS: Final[list[Fault]] = [*_CHARSETS, *_BROKEN, *_SHAPES, *_VALUES, *_ODD]
