"""From bytes to JSON."""

from __future__ import annotations

import codecs
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import Why
from icpgate.lookup.mapping.body import MAX_BYTES, read_body
from icpgate.lookup.steps import Response, Unanswered

RIGHT = {"code": 0, "data": {"number": "蜀ICP备2021014694号-10A", "list": [True, None, -1.5e-3, '\\"\u00e9😀']}}
TEXT = json.dumps(RIGHT, ensure_ascii=False)


def response(body: bytes, content_type: str | None = "application/json") -> Response:
    """A response of these bytes."""
    return Response(200, {} if content_type is None else {"content-type": content_type}, body)


def why(body: bytes, content_type: str | None = "application/json", **options: object) -> Why:
    """Why a body is none."""
    with pytest.raises(Unanswered) as caught:
        read_body(response(body, content_type), **options)  # type: ignore[arg-type]  # options by name
    assert len(caught.value.detail) < 60
    return caught.value.why


@pytest.mark.parametrize(
    ("codec", "content_type"),
    [
        ("utf-8", "application/json"),
        ("utf-8", "application/json; charset=utf-8"),
        ("utf-8", 'application/json;charset="UTF-8"'),
        ("utf-8", "application/json; charset=utf8; charset=UTF8"),
        ("utf-8", "text/plain"),
        ("utf-8", None),
        ("utf-8", ""),
        ("utf-8-sig", "application/json"),
        ("gb18030", "application/json; charset=GB18030"),
        ("gb18030", "application/json; charset=gbk"),
        ("gb18030", "text/json;charset=gb2312"),
    ],
)
def test_a_declared_charset_is_the_charset(codec: str, content_type: str | None) -> None:
    """GBK is read with all its characters; a byte order mark is passed over."""
    assert read_body(response(TEXT.encode(codec), content_type)) == RIGHT


def test_a_charset_that_is_not_declared() -> None:
    """The mapping may know it; what is declared goes before."""
    assert read_body(response(TEXT.encode("gb18030"), None), charset="gbk") == RIGHT
    assert read_body(response(TEXT.encode(), "application/json; charset=utf-8"), charset="gbk") == RIGHT


@pytest.mark.parametrize(
    ("codec", "content_type"),
    [
        ("gb18030", "application/json"),
        ("gb18030", "application/json; charset=utf-8"),
        ("utf-8", "application/json; charset=gbk"),
        ("utf-8-sig", "application/json; charset=gb18030"),
        ("utf-8", "application/json; charset=us-ascii"),
        ("utf-8", "application/json; charset=bogus"),
        ("utf-8", "application/json; charset=rot13"),
        ("utf-8", "application/json; charset=unicode_escape"),
        ("utf-8", "application/json; charset=latin-1"),
        ("utf-8", "application/json; charset="),
        ("utf-8", "application/json; charset=utf-8; charset=gbk"),
        ("utf-8", "application/json, application/json; charset=gbk"),
        ("utf-16", "application/json"),
        ("utf-16", "application/json; charset=utf-16"),
        ("utf-32", "application/json; charset=utf-32"),
    ],
)
def test_a_charset_that_is_a_lie(codec: str, content_type: str) -> None:
    """Nothing is read as other characters than were meant, and no codec is run that is none."""
    assert why(TEXT.encode(codec), content_type) is Why.MALFORMED


def test_bytes_that_are_good_in_both_charsets() -> None:
    """The same bytes are other names: nobody can say which."""
    body = '{"name": "示例"}'.encode()
    assert body.decode("gb18030") != body.decode()
    assert why(body, "application/json; charset=gbk") is Why.MALFORMED


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<!DOCTYPE html><title>\xe9\xaa\x8c\xe8\xaf\x81</title>", "text/html"),
        (b"<html>", "application/json"),
        (b"\n  <html>", None),
        (codecs.BOM_UTF8 + b" <?xml version='1.0'?>", "application/json"),
        (b'{"code": 0}', "text/html; charset=utf-8"),
        (b'{"code": 0}', "TEXT/HTML"),
        (b"please log in", "application/xhtml+xml"),
    ],
)
def test_a_page_for_people_is_a_block(body: bytes, content_type: str | None) -> None:
    """A captcha, a login, a firewall, whatever it calls itself."""
    assert why(body, content_type) is Why.BLOCKED


def test_json_that_calls_itself_html() -> None:
    """Some frameworks do that by themselves: the mapping says so. A page is a page still."""
    assert read_body(response(TEXT.encode(), "text/html"), json_as_html=True) == RIGHT
    assert why(b"<html>", "text/html", json_as_html=True) is Why.BLOCKED


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t", codecs.BOM_UTF8, codecs.BOM_UTF8 + b"\n"])
def test_no_body_is_a_cut_one(body: bytes) -> None:
    """It may come when it is asked for again."""
    assert why(body) is Why.TRUNCATED
    assert why(body, "text/html") is Why.TRUNCATED


@pytest.mark.parametrize("at", range(1, len(TEXT)))
def test_every_cut_is_seen(at: int) -> None:
    """Wherever a text ends too early."""
    assert why(TEXT[:at].encode()) is Why.TRUNCATED


LEAVES = st.none() | st.booleans() | st.integers(-99, 99) | st.floats(-9, 9) | st.text(max_size=5)


@given(st.recursive(LEAVES, st.lists))
def test_no_cut_of_any_value_is_taken_for_broken(value: object) -> None:
    """Escaped or not."""
    text = json.dumps({"k": value})
    for at in range(1, len(text)):
        assert why(text[:at].encode()) is Why.TRUNCATED


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 1_000 + b"}",
        b"[" * 65 + b"]" * 65,
        b"[" * 100_000,
        b'{"a": 1} {"a": 2}',
        b'{"a": 1}x',
        b'{"a": 1}]',
        b'{"a": 1} // note',
        b"callback({})",
        b")]}',\n{}",
        b"{'a': 1}",
        b'{"a": 01}',
        b'{"a": 1,}',
        b'{"a": "\x01"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\x41"}',
        b'{"a": tree}',
        b'{"a": \xff}',
        b"nul",
    ],
    ids=lambda body: ascii(body[:14]),
)
def test_what_two_readers_could_read_differently(body: bytes) -> None:
    """It is refused, quickly, whatever it says; a cut word may also be called a cut."""
    assert why(body) in {Why.MALFORMED, Why.TRUNCATED}
    if body != b"nul":
        assert why(body) is Why.MALFORMED


@pytest.mark.parametrize("value", [None, True, "text", 7, [], {}])
def test_any_json_value_is_json(value: object) -> None:
    """What it means is the mapping's business."""
    assert read_body(response(json.dumps(value).encode())) == value


def test_a_body_is_bounded() -> None:
    """Nothing larger is looked at."""
    assert why(b" " * (MAX_BYTES + 1)) is Why.TOO_LARGE
    assert read_body(response(b"7" + b" " * (MAX_BYTES - 1))) == 7
    assert why(b"[1, 2]", max_bytes=5) is Why.TOO_LARGE


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[" + b"0," * 20_001 + b"0]", Why.TOO_LARGE),
        (b"[" + b"{}," * 10_001 + b"0]", Why.TOO_LARGE),
        (b"[" + b"[[[]]]," * 5_001 + b"0]", Why.TOO_LARGE),
        (b"[" * 100_000, Why.MALFORMED),
        (b'{"a":' * 100_000, Why.MALFORMED),
    ],
    ids=["numbers", "objects", "lists", "brackets", "braces"],
)
def test_too_many_values_are_not_read(body: bytes, why: Why) -> None:
    """Reading them would keep an event loop from everything else."""
    with pytest.raises(Unanswered) as caught:
        read_body(Response(200, {}, body))
    assert caught.value.why is why


def test_as_many_values_as_a_large_batch_has_are_read() -> None:
    """Six hundred records of thirty fields."""
    assert len(read_body(Response(200, {}, b"[" + b"0," * 19_998 + b"0]"))) == 19_999  # type: ignore[arg-type]  # a list
