"""F37 to F44: whole answers that say something else: pages, errors, other numbers, other times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.edge.answers import answer, encoded, envelope, number_like, record, whole
from tests.edge.fault import ALLOW, Fault, of, plays, says
from tests.edge.heads import beside
from tests.edge.texts import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.edge.fault import Behaviour

__all__ = ["WORDS"]

HTML: Final = b"text/html; charset=utf-8"
CAPTCHA: Final = (
    "<!DOCTYPE html><html><head><title>安全验证</title></head><body>请完成验证"
    '<form action="/captcha"><input name="code"></form></body></html>'
).encode()
LOGIN: Final = b'\n<html><body><form action="/login"><input type="password"></form></body></html>'


def _page(page: bytes, kind: bytes = HTML) -> Behaviour:
    return plays(lambda talk: answer(page + b"<!--" + talk.body + b"-->", kind=kind))


def _said(**changes: object) -> Behaviour:
    """An envelope that says something else around the record that allows."""
    return written(lambda number: whole(number, **changes))


def _of(number: Callable[[str], str], **changes: object) -> Behaviour:
    """A perfect record of another number."""
    return written(lambda asked: whole(asked, data=record(number(asked), **changes)))


_PAGES: Final = of(
    "F37",
    "blocked",
    once=True,
    captcha=_page(CAPTCHA),
    captcha_as_json=_page(CAPTCHA, b"application/json"),
    captcha_untyped=_page(CAPTCHA, b""),
    captcha_bom=_page(b"\xef\xbb\xbf" + CAPTCHA, b"application/json"),
    captcha_gbk=_page(CAPTCHA.decode().encode("gbk"), b"text/html; charset=gbk"),
    login_page=_page(LOGIN),
    json_as_html=written(whole, HTML),
    xml_for_json=_page(b'<?xml version="1.0"?><data><status>active</status></data>', b"application/json"),
    captcha_code=_said(code=403, message="forbidden"),
    captcha_message=_said(message="请完成滑块验证后重试"),
    captcha_required=_said(code=1, message="captcha required"),
    waf_message=_said(code=500, message="当前访问已被创宇盾拦截"),
)

_ERRORS: Final = [
    *of(
        "F38",
        "upstream_error",
        error_body=_said(code=500, message="internal error"),
        error_body_only=_said(code=500, message="internal error", data=...),
        error_negative=_said(code=-1, message="系统异常"),
        error_message=_said(message="failed"),
        error_unknown=_said(code=77_777),
        error_null_data=_said(code=404, message="not found", data=None),
    ),
    *of("F38", "unauthorised", once=True, error_token=_said(code=401, message="token expired")),
    *of("F38", "maintenance", error_maintenance=_said(code=503, message="系统维护中")),
    *of(
        "F39",
        "rate_limited",
        once=True,
        fake_200=_said(message="您目前访问频次过高[访问ip：192.0.2.1], 请稍后再试。"),
        fake_200_often=_said(message="查询过于频繁"),
        fake_200_data=_said(message="请求过于频繁，请稍后再试", data=None),
        fake_200_code=_said(code=429, message="too many requests"),
    ),
    *of(
        "F39",
        "upstream_error",
        sentinel=_of(lambda _: "查询失败"),
        sentinel_company=written(lambda number: whole(number, data=record(number, company="查询失败"))),
        sentinel_all=written(
            lambda number: whole(number, data=dict.fromkeys(record(number), "查询失败") | {"status": "active"})
        ),
        sentinel_message=_said(message="查询失败"),
        sentinel_none=_said(code=400, message="查询失败或没有备案。"),
    ),
]


def _wide(number: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isalnum() else c for c in number).replace("-", "－")


_NUMBERS: Final = [
    *of(
        "F40",
        "malformed",
        once=True,
        wrong_number=_of(lambda _: "京ICP备2026999901号-1A"),
        near_number=_of(lambda number: number_like(number, serial=1)),
        near_sequence=_of(lambda number: number_like(number, sequence=1)),
        near_province=_of(lambda number: "京" + number[1:]),
        near_kind=_of(lambda number: number[:-1] + "X"),
        near_website=_of(lambda number: number[:-1]),
        near_licence=_of(lambda number: number.replace("备", "证")),
        main_number=_of(lambda number: number.partition("-")[0]),
        shorter_number=_of(lambda number: number[:-3] + "A"),
        longer_number=_of(lambda number: number[:-1] + "0A"),
        two_numbers=_of(lambda number: f"{number},京ICP备2026999901号-1A"),
        number_in_text=_of(lambda number: f"备案号：{number_like(number, serial=1)}"),
        number_empty=_of(lambda number: number[:0]),
        number_garbage=_of(lambda _: "暂无"),
        wrong_absent=_of(lambda number: number_like(number, serial=1), status="absent"),
    ),
    *of("F40", says(ALLOW), wide_number=_of(_wide), spaced_number=_of(lambda number: f" {number} ")),
]


def _rows(makes: Callable[[str], list[dict[str, object]]], **changes: object) -> Behaviour:
    return written(lambda number: whole(number, data=makes(number), **changes))


def _near(number: str) -> list[dict[str, object]]:
    """What a fuzzy search finds besides."""
    return [record(number_like(number, serial=n)) for n in range(1, 5)]


_LISTS: Final = [
    *of("F41", says(ALLOW), fuzzy_hits=_rows(lambda number: [_near(number)[0], record(number), *_near(number)[1:]])),
    *of("F41", says(ALLOW), list_of_one=_rows(lambda number: [record(number)])),
    *of("F41", says("not_listed"), fuzzy_miss=_rows(_near)),
    *of("F41", says("not_listed"), empty_list=_rows(lambda _: [])),
    *of("F41", says("not_listed"), short_page=_rows(_near, total=400, page=1, pages=40)),
    *of("F41", says("schema"), list_of_texts=_rows(lambda number: [number])),  # type: ignore[list-item]  # what is not as it should be
    *of(
        "F42",
        "malformed",
        once=True,
        conflict=_rows(lambda number: [record(number), record(number, status="revoked")]),
        conflict_rev=_rows(lambda number: [record(number, status="revoked"), record(number)]),
        conflict_absent=_rows(lambda number: [record(number), record(number, status="absent")]),
        conflict_names=_rows(lambda number: [record(number), record(number, company="另一家公司")]),
    ),
]


_TIMES: Final = [
    *of(
        "F44",
        says("record_stale"),
        stale_age=beside(b"age: 31536000"),
        stale_age_twice=beside(b"age: 5", b"age: 31536000"),
        stale_age_garbage=beside(b"age: long ago"),
        stale_age_huge=beside(b"age: " + b"9" * 4_000),
    ),
    *of(
        "F44",
        says(ALLOW),
        future_date=beside(b"date: Sat, 01 Jan 2095 00:00:00 GMT"),
        past_date=beside(b"date: Thu, 01 Jan 1970 00:00:00 GMT"),
        garbage_date=beside(b"date: yesterday"),
        fresh_age=beside(b"age: 5"),
    ),
]

_STATES: Final = [
    *of(
        "F38",
        says("registration_cancelled"),
        revoked=written(lambda number: whole(number, data=record(number, status="revoked"))),
        revoked_in_list=_rows(lambda number: [*_near(number), record(number, status="revoked")]),
    ),
    *of(
        "F38",
        says("not_registered"),
        absent=written(lambda number: whole(number, data={"number": number, "status": "absent"})),
        absent_with_names=written(lambda number: whole(number, data=record(number, status="absent"))),
    ),
    *of(
        "F38",
        says("malformed"),
        absent_bare=written(lambda number: encoded(envelope(number, data={"status": "absent"}))),
    ),
    *of(
        "F38",
        says(ALLOW),
        other_order=written(lambda number: encoded(dict(reversed(envelope(number).items())))),
        more_fields=written(lambda number: whole(number, trace="x", data=record(number, city="成都", tags=[1, {}]))),
        pretty=written(lambda number: b"\n\t " + whole(number).replace(b",", b" ,\r\n") + b"\n"),
        escaped=written(lambda number: whole(number).decode().encode("ascii", "backslashreplace")),
    ),
    *of(
        "F38",
        says("identity_unproven"),
        no_names=written(lambda number: whole(number, data=record(number, name=..., company=..., package=...))),
    ),
]

WORDS: Final[list[Fault]] = [*_PAGES, *_ERRORS, *_NUMBERS, *_LISTS, *_TIMES, *_STATES]
