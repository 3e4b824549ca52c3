"""
Texts that are JSON, that are not, and about which RFC 8259 leaves a reader free; by what is odd about them.

The public JSON test suite has 188 of the first kind, 95 of the second and 35 of the third; here are at least as
many. The texts are our own.
A name says what is odd; where one kind of oddness has many texts, they are numbered.
"""

from __future__ import annotations

import codecs
import gzip
from typing import Final

__all__ = ["CUT", "FREE", "IS_JSON", "NO_JSON", "PAGES"]


def _numbered(what: str, *texts: str | bytes) -> dict[str, bytes]:
    return {
        f"{what} {number}": text if isinstance(text, bytes) else text.encode("utf-8")
        for number, text in enumerate(texts, 1)
    }


_STRUCTURE_CUT = _numbered(
    "cut structure",
    "", " ", "\n\t", "[", "{", "[1", "[1,", "[[1]", '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":[1', '["a"',
    "[{}", "[{},",
)  # fmt: skip
_STRUCTURE = _numbered(
    "structure",
    "]", "}", "[]]", "{}}", "[{]}", "{[}]", "[}", "{]", "[] x", "{}x", "1 2", "1,", "null,", "[1][2]", "{}{}", "[1];",
    "(1)", "*", "@", "# x\n1", "// x\n1", "/* x */ 1", "[1] // x", "[1] /* x */", "\\u005b1]", "callback([1])",
    ")]}',\n[1]", "\0", "[1]\0", "\f[1]", "\v1", "\u00a0[1]", "\u3000[1]", "[1]\u2028", "[" * 100_000,
    '[{"a":' * 30_000,
)  # fmt: skip
_PAGES = _numbered("page", "<a>1</a>", "<", "<?xml version='1.0'?><a/>", " <!-- x -->[1]")
_NUMBER_CUT = _numbered("cut number", "-", "1e", "1e+", "1.", "-1.0e", "0e-")
_NUMBER = _numbered(
    "number",
    "01", "-01", "00", "-1.x", ".5", "-.5", "+1", "--1", "+-1", "1.e1", "0.1.2", "1e1.5", "1e2e3", "1 000", "1_000",
    "0x10", "0b1", "0o7", "1f", "1L", "1n", "NaN", "-NaN", "Infinity", "-Infinity", "inf", "１", "1２", "٣",
    "- 1", "-a",
    "1-", "1+1", "1/2", "1%", "½", "²",
)  # fmt: skip
_STRING_CUT = _numbered("cut string", '"', '"a', '"\\', '"a\\"', '"\\u12')
_STRING = _numbered(
    "string",
    "'a'", "a", 'a"', '"\\x41"', '"\\a"', '"\\v"', '"\\0"', "\"\\'\"", '"\\U0041"', '"\\u"', '"\\u123"', '"\\u00G1"',
    '"\\u{41}"', '"\\ "', '"\\\n"', '"a\nb"', '"a\tb"', '"\0"', '"\x1f"', '"\r"', "“a”", "`a`", '"a" "b"', '"a"b',
    '"""a"""', '\\"a\\"', "「a」", "''", '"\\é"', '"\\101"',
)  # fmt: skip
_OBJECT = _numbered(
    "object",
    "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{[]:1}", '{"a" 1}', '{"a"=1}', '{"a"::1}', '{"a":}', "{:1}", '{"a"}',
    "{,}", '{"a":1,}', '{,"a":1}', '{"a":1,,"b":2}', '{"a":1 "b":2}', '{"a":1;"b":2}', '{"a":1:2}', '{"a",1}',
    '{"a":1]', '{"a":[1}', '{"a":undefined}', '{/*c*/"a":1}', '{"a"：1}', '{"a":1，"b":2}', '｛"a":1｝',
    '{"a":1,"b"}', '{"a":01}',
)  # fmt: skip
_ARRAY = _numbered(
    "array",
    "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1:2]", '["a":1]', "[1 true]", "[a]", "[undefined]",
    "[1,2}", "[*]",
    "[...]", "[1\n2]", '[""\n""]', "[1，2]",
)  # fmt: skip
_LITERAL_CUT = _numbered("cut literal", "t", "tru", "fals", "nul")
_LITERAL = _numbered("literal", "True", "FALSE", "None", "Null", "nil", "yes", "nulll", "truefalse", "[nul]", "[True]")
_ENCODING = _numbered(
    "encoding",
    "[1]".encode("utf-16"), "[1]".encode("utf-16-le"), "[1]".encode("utf-16-be"), "[1]".encode("utf-32"), b'"\xe9"',
    b'"\x80"', b'"\xff"', b'"\xc0\xaf"', b'"\xe0\x80\xaf"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"',
    b'"\xf8\x88\x80\x80\x80"',
    b'"\xe4\xb8"', b"\xff[1]", b"[1]\xff", b"[\xff]", '"北京"'.encode("gb18030"), codecs.BOM_UTF8 * 2 + b"[1]",
    codecs.BOM_UTF8 + b"{a}", gzip.compress(b"[1]", mtime=0),
)  # fmt: skip

CUT: Final = frozenset({**_STRUCTURE_CUT, **_NUMBER_CUT, **_STRING_CUT, **_LITERAL_CUT})
"""Those that could have become JSON had they gone on: they end as `truncated`."""

PAGES: Final = frozenset(_PAGES)
"""Those that begin as a page for people does: they end as `blocked`."""

NO_JSON: Final = (
    _STRUCTURE_CUT | _STRUCTURE | _PAGES | _NUMBER_CUT | _NUMBER | _STRING_CUT | _STRING | _OBJECT | _ARRAY
    | _LITERAL_CUT | _LITERAL | _ENCODING
)  # fmt: skip

IS_JSON: Final = (
    _numbered(
        "structure",
        "null", "true", "false", "0", '""', "[]", "{}", " [] ", "\t\n\r {}\r\n", "[\n]", "{\t}", "[[[[[]]]]]", "[{}]",
        '{"a":{}}', "[" * 64 + "]" * 64, '{"a":' * 63 + "1" + "}" * 63,
    )
    | _numbered(
        "number",
        "-0", "1", "-1", "10", "1234567890", "0.5", "-0.5", "1.0", "1e1", "1E1", "1e+1", "1e-1", "1E+1", "1E-1",
        "0e0", "0e+1",
        "1.5e300", "0.1e-300", "123.456e78", "-123.456E-78", "9007199254740992", "-9007199254740993",
        "1" + "0" * 39, "0.00000000000000000000000000000000000001", "1e-400",
    )
    | _numbered(
        "string",
        '"a"', '" "', '"\\""', '"\\\\"', '"\\/"', '"/"', '"\\b\\f\\n\\r\\t"', '"\\u0041"', '"\\u00e9"',
        '"\\u00E9"', '"\\u4e2d"',
        '"\\uD834\\uDD1E"', '"\\u0000"', '"\\u001f"', '"\\u007f"', '"\x7f"', '"é"', '"中文"', '"𠮷"',
        '"\u2028\u2029"', '"\ufeff"',
        '"\uffff"', '"\\uFFFE"', '"\U0010ffff"', '"\u0080"', '"\u200b\u202e"', '"//"', '"/*a*/"', '"[{,:"',
        '"\'"', '"\\\\u0041"',
        '"\\\\n"',
    )
    | _numbered(
        "object",
        '{"a":1}', '{"":1}', '{"a":1,"b":2}', '{ "a" : 1 , "b" : 2 }', '{"a":{"a":{"a":1}}}', '{"\\u0061":1}',
        '{"中":"文"}',
        '{"a":1,"A":2}', '{"a b":1}', '{"a":[]}', '{"a\\u0000b":1}', '{"__proto__":{}}', '{"null":null}',
    )
    | _numbered(
        "array",
        "[1,2,3]", "[1,null,true]", "[[],[]]", '["",""]', "[ 1 , 2 ]", "[-1]", "[1\n,\n2]", "[null,null,null]",
        '[{"a":1},{"a":2}]',
    )
)  # fmt: skip

FREE: Final[dict[str, tuple[bytes, str]]] = {
    # name: (text, what comes of it: "read", or the why)
    "a byte order mark": (codecs.BOM_UTF8 + b"[1]", "read"),
    "a byte order mark alone": (codecs.BOM_UTF8, "truncated"),
    "a key twice": (b'{"a":1,"a":2}', "malformed"),
    "a key twice with the same value": (b'{"a":1,"a":1}', "malformed"),
    "a key twice in other spellings": (b'{"a":1,"\\u0061":2}', "malformed"),
    "a key twice far inside": (b'[[{"a":{"b":1,"b":1}}]]', "malformed"),
    "64 levels and one more": (b"[" * 65 + b"]" * 65, "malformed"),
    "500 levels": (b"[" * 500 + b"]" * 500, "malformed"),
    "500 objects": (b'{"a":' * 500 + b"1" + b"}" * 500, "malformed"),
    "a number of 41 digits": (b"1" * 41, "malformed"),
    "a negative number of 41 digits": (b"-" + b"1" * 41, "malformed"),
    "a number of 10,000 digits": (b"1" * 10_000, "malformed"),
    "a fraction of 10,000 digits": (b"0." + b"1" * 10_000, "read"),
    "beyond every range": (b"1e400", "malformed"),
    "beyond every range, negative": (b"-1e400", "malformed"),
    "beyond every exponent": (b"1e" + b"9" * 100, "malformed"),
    "below every exponent": (b"1e-" + b"9" * 100, "read"),
    "the largest number of 64 bits and one": (b"18446744073709551616", "read"),
    "half a character, the first": (b'"\\ud834"', "malformed"),
    "half a character, the second": (b'"\\udd1e"', "malformed"),
    "halves in the wrong order": (b'"\\udd1e\\ud834"', "malformed"),
    "half a character and a letter": (b'"\\ud834a"', "malformed"),
    "half a character and an escape": (b'"\\ud834\\n"', "malformed"),
    "two first halves": (b'"\\ud834\\ud834"', "malformed"),
    "half a character, and a whole one": (b'"\\ud834\\ud834\\udd1e"', "malformed"),
    "half a character in a key": (b'{"\\ud834":1}', "malformed"),
    "a half that was cut": (b'"\\ud834\\u"', "malformed"),
    "half a character in upper case": (b'"\\uD800"', "malformed"),
    "no character at the end of its plane": (b'"\\uDBFF\\uDFFE"', "read"),
    "no character": ('"\ufdd0"'.encode(), "read"),
    "a private character": ('"\ue000"'.encode(), "read"),
    "UTF-16 with its mark": (codecs.BOM_UTF16_LE + "[]".encode("utf-16-le"), "malformed"),
    "UTF-16 with its mark, the other way": (codecs.BOM_UTF16_BE + "[]".encode("utf-16-be"), "malformed"),
    "a text of a megabyte": (b'"' + b"a" * 1_048_574 + b'"', "read"),
    "a text of a byte more": (b'"' + b"a" * 1_048_575 + b'"', "too_large"),
}
"""Where RFC 8259 leaves a reader free, and what this one does: what two could read differently, it does not read."""
