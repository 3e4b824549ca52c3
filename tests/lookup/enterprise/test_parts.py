"""The parts of the enterprise registry: hash, codes, conditions, bureaus, hours, XML."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, Unavailable, Why
from icpgate.document import DocumentType
from icpgate.lookup.enterprise.bureaus import Bureau, bureau_name, chosen, province_named
from icpgate.lookup.enterprise.codes import meanings, refusal_of
from icpgate.lookup.enterprise.conditions import condition_of
from icpgate.lookup.enterprise.hours import Window, seconds_left
from icpgate.lookup.enterprise.password import can_be_hashed, password_hash, random_text
from icpgate.lookup.enterprise.soap import returned
from icpgate.lookup.enterprise.statusinfo import Asked, registered
from icpgate.lookup.enterprise.xmltree import MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, read_text, read_tree
from icpgate.lookup.steps import Response, Unanswered
from icpgate.number import PROVINCES
from icpgate.testing.enterprise import NAMESPACE, enveloped, returning
from tests.cases import DOCUMENT
from tests.edge.soap import RIGHT

_OF_REPORTS = (
    1001, 1002, 1003, 1004, 1005, 1014, 1016, 1017, 1019, 1020, 1026, 1033, 1034, 1035, 1037, 1042, 1043, 1046, 1047,
    1048, 1049, 1050, 1053, 1054, 1058, 1059, 1064, 1065, 1067, 1068, 1999,
)  # fmt: skip
CODES: dict[str, str] = {
    **dict.fromkeys(("1", "2", "3"), "malformed"),
    **dict.fromkeys(("4", "5", "12", "16", "19", "22", "5009", "5011"), "unauthorised"),
    **dict.fromkeys(("13", "1045"), "wrong_province"),
    **dict.fromkeys(("10", "5001", "5002", "5003", "5004", "5008"), "configuration"),
    "15": "rate_limited",
    **dict.fromkeys(("20", "901", "902"), "maintenance"),
    **dict.fromkeys(["6", "7", "8", "9", "11", "14", "17", "18", "21", "999"], "upstream_error"),
    **dict.fromkeys(map(str, (*_OF_REPORTS, 5010, 5999)), "upstream_error"),
}
"""Every code of the table of the specification that was kept, and what it must come to."""


class TestPassword:
    """The hash of the specification."""

    @given(st.text(st.characters(codec="gbk", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20))
    def test_password_then_random_text_as_gbk(self, password: str) -> None:
        """Hashed raw, then base64: never hex, never the other way round."""
        random = random_text()
        raw = hashlib.md5(password.encode("gbk") + random.encode("ascii")).digest()  # noqa: S324 -- the interface's
        assert base64.b64decode(password_hash(password, random)) == raw

    def test_as_another_program_computes_it(self) -> None:
        """OpenSSL, where there is one."""
        try:
            ran = subprocess.run(
                ["openssl", "dgst", "-md5", "-binary"],  # noqa: S607 -- as on the path
                input="密码abcdefghijABCDEFGHIJ".encode("gbk"),
                capture_output=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):  # pragma: no cover -- a machine without it, or without MD5
            return
        assert password_hash("密码", "abcdefghijABCDEFGHIJ") == base64.b64encode(ran.stdout).decode()

    def test_random_texts(self) -> None:
        """Twenty characters, never the same, of all 62 kinds."""
        texts = [random_text() for _ in range(500)]
        assert len(set(texts)) == 500
        assert {len(text) for text in texts} == {20}
        assert len(set("".join(texts))) == 62

    @pytest.mark.parametrize(("password", "can"), [("密码", True), ("𠮷", False), ("䶮", False), ("a", True)])
    def test_what_gbk_has(self, password: str, can: bool) -> None:  # noqa: FBT001 -- the expectation
        """Others cannot be hashed as the interface does it."""
        assert can_be_hashed(password) is can


class TestCodes:
    """What each code means."""

    @pytest.mark.parametrize(("code", "why"), CODES.items(), ids=list(CODES))
    def test_code(self, code: str, why: str) -> None:
        """Each says why nobody could say, with its number and a label of ours."""
        refusal = refusal_of(code)
        assert refusal is not None
        assert refusal.why.value == why
        assert refusal.detail.startswith(f"msg_code {code}: ")
        assert refusal.detail.isascii()

    def test_the_table_has_no_other(self) -> None:
        """So that a code that is added is looked at here."""
        assert set(meanings()) == set(CODES)

    def test_success(self) -> None:
        """Exactly this text."""
        assert refusal_of("0") is None

    @pytest.mark.parametrize("code", ["777", "65535", "2001"])
    def test_an_unknown_code(self, code: str) -> None:
        """Is an error of the upstream's, and is not repeated."""
        assert refusal_of(code) == Unavailable(Why.UPSTREAM_ERROR, "a msg_code that is not in the table")

    @pytest.mark.parametrize("code", ["", " 0", "0 ", "+0", "-1", "０", "x", "0x0", "123456", "0\n"])
    def test_no_code(self, code: str) -> None:
        """Is malformed; nothing but 0 is success."""
        assert refusal_of(code) == Unavailable(Why.MALFORMED, "no msg_code")

    def test_zeros(self) -> None:
        """Are no success either."""
        assert refusal_of("00") is not None

    def test_what_asking_again_makes_worse(self) -> None:
        """Is left alone for longer than any look-up lasts."""
        for refusal in meanings().values():
            if refusal.why in {Why.UNAUTHORISED, Why.MAINTENANCE, Why.RATE_LIMITED}:
                assert refusal.retry_after is not None
                assert refusal.retry_after >= 60
            else:
                assert refusal.retry_after is None


class TestConditions:
    """Which condition asks by which document."""

    @pytest.mark.parametrize(
        ("number", "condition"), [(DOCUMENT, 1), ("92510108MA6632C60R", 1), ("12100000400000000X", 4), ("51xx", 6)]
    )
    def test_a_unified_code(self, number: str, condition: int) -> None:
        """Stands on the document that its register issues."""
        assert condition_of(DocumentType.USCC, number) == condition

    @pytest.mark.parametrize(
        ("document_type", "number"),
        [
            (None, DOCUMENT),
            (DocumentType.USCC, "11510000008000001X"),
            (DocumentType.ORGANISATION_CODE, "110000000"),
            (DocumentType.FOREIGN_REGISTRATION, "X1"),
            (DocumentType.PERMANENT_RESIDENT_CARD, "X1"),
            (DocumentType.HMT_RESIDENCE_PERMIT, "810000199408230021"),
        ],
    )
    def test_no_guess(self, document_type: DocumentType | None, number: str) -> None:
        """What has no condition, or several, is not asked."""
        with pytest.raises(Unanswered) as caught:
            condition_of(document_type, number)
        assert caught.value.why is Why.CONFIGURATION
        assert number not in caught.value.detail

    def test_a_configuration_goes_first(self) -> None:
        """For what it names."""
        own = {DocumentType.ORGANISATION_CODE: 3, DocumentType.USCC: 12}
        assert condition_of(DocumentType.ORGANISATION_CODE, "110000000", own) == 3
        assert condition_of(DocumentType.USCC, DOCUMENT, own) == 12
        assert condition_of(DocumentType.PASSPORT, "E0", own) == 7


class TestBureaus:
    """Whom to ask."""

    def test_every_province_has_one(self) -> None:
        """With its name."""
        assert all(bureau_name(place).endswith("通信管理局") for place in PROVINCES)
        assert len({bureau_name(place) for place in PROVINCES}) == 31
        assert bureau_name("all") == "all"

    @pytest.mark.parametrize(
        ("number", "place"),
        [
            (DOCUMENT, "蜀"),
            ("91110000600037341L", "京"),
            ("92440300MA5EUT2X0A", "粤"),
            ("91100000100003962T", ""),
            ("12510000450000000X", ""),
            ("441203199001010010", ""),
            ("11010519491231002X", ""),
            ("E00000000", ""),
            ("", ""),
        ],
    )
    def test_what_a_number_names(self, number: str, place: str) -> None:
        """Only a business's code names a province; an identity card's place is where somebody was born."""
        assert province_named(ByDocument(number, "cn.example")) == place
        assert province_named(ByDomain("example.cn")) == ""

    def test_who_is_chosen(self) -> None:
        """The province's own, home, all, nobody."""
        own, home, every = (Bureau(place, "", "", "", "") for place in ("蜀", "京", "all"))
        query = ByDocument(DOCUMENT)
        assert chosen({"蜀": own, "京": home, "all": every}, "京", query) is own
        assert chosen({"京": home, "all": every}, "京", query) is home
        assert chosen({"京": home, "all": every}, "", query) is every
        assert chosen({"京": home}, "", query) is None


def _at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 24, hour, minute, tzinfo=timezone(timedelta(hours=8)))


class TestHours:
    """Daily windows in Asia/Shanghai."""

    @pytest.mark.parametrize(
        ("windows", "now", "left"),
        [
            ([], _at(0), 0),
            (["23:30-06:00"], _at(23, 29), 0),
            (["23:30-06:00"], _at(23, 30), 6.5 * 3_600),
            (["23:30-06:00"], _at(5, 59), 60),
            (["23:30-06:00"], _at(6), 0),
            (["20:00-24:00", "00:00-06:00"], _at(23), 7 * 3_600),
            (["12:00-13:00"], datetime(2026, 11, 24, 4, 30, tzinfo=UTC), 1_800),
            (["00:00-12:00", "12:00-24:00"], _at(1), 23 * 3_600),
            (["00:00-24:00"], _at(1), 23 * 3_600),
            (["00:00-23:00", "22:00-21:00"], _at(0), 86_400),
        ],
    )
    def test_seconds_left(self, windows: list[str], now: datetime, left: float) -> None:
        """Until no window is open; two that touch are one, and there is an end."""
        assert seconds_left([Window.parse(text) for text in windows], now) == left

    @pytest.mark.parametrize("text", ["", "23:30", "23:30-23:30", "24:00-01:00", "1:00-2:00", "23:60-01:00", "a-b"])
    def test_no_window(self, text: str) -> None:
        """Is refused."""
        with pytest.raises(ValueError, match="window"):
            Window.parse(text)

    @given(st.integers(0, 1_439), st.integers(0, 1_439), st.integers(0, 1_439))
    def test_by_counting_minutes(self, begin: int, end: int, now: int) -> None:
        """The same as one finds minute by minute."""
        if begin == end:
            return
        window = Window(begin * 60, end * 60)
        minutes = 0
        if (now - begin) % 1_440 < (end - begin) % 1_440:
            while (now + minutes) % 1_440 != end:
                minutes += 1
        assert window.left(now * 60) == minutes * 60


def _response(body: bytes, content_type: str = "text/xml; charset=GBK") -> Response:
    return Response(200, {"content-type": content_type} if content_type else {}, body)


def _why(body: bytes, content_type: str = "") -> Why:
    with pytest.raises(Unanswered) as caught:
        read_tree(read_text(_response(body, content_type)))
    return caught.value.why


class TestXml:
    """A small tree, or why there is none."""

    @pytest.mark.parametrize(
        "declaration",
        [
            '<?xml version="1.0" encoding="GBK"?>',
            "<?xml version='1.0' encoding='gb2312' standalone='yes'?>",
            '<?xml version="1.0" encoding="GB18030" standalone="no" ?>\r\n\t',
            "",
        ],
    )
    def test_declarations(self, declaration: str) -> None:
        """Of every charset that has Chinese; without one, the header's."""
        text = read_text(_response(f"{declaration}<a>挖</a>".encode("gbk")))
        assert read_tree(text).text == "挖"

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (b"", "truncated"),
            (b"\xef\xbb\xbf  \n", "truncated"),
            (b"<a", "truncated"),
            (b"<a><b/>", "truncated"),
            (b"<a><![CDATA[x", "truncated"),
            (b"text", "malformed"),
            (b"<a/><b/>", "malformed"),
            (b"<p:a/>", "malformed"),
            (b"<a b='1' b='1'/>", "malformed"),
            (b"<a>&x;</a>", "malformed"),
            (b"<a>&#0;</a>", "malformed"),
            (b"<a>&#xFFFE;</a>", "malformed"),
            (b"<a>\xef\xbf\xbe</a>", "malformed"),
            (b"<a>\x00</a>", "malformed"),
            (b"<a>\xff</a>", "malformed"),
            (b"<a><b/>text</a>", "malformed"),
            (b"<a><b/><![CDATA[ ]]></a>", "malformed"),
            (b"<a><!-- x --></a>", "malformed"),
            (b"<a/><!-- x -->", "malformed"),
            (b"<?x y?><a/>", "malformed"),
            (b"<!DOCTYPE a><a/>", "malformed"),
            (b'<?xml version="1.0"?><?xml version="1.0"?><a/>', "malformed"),
            (b'<?xml version="1.1"?><a/>', "malformed"),
            (b'<?xml version="1.0" standalone="maybe"?><a/>', "malformed"),
            (b'<?xml version="1.0" encoding="big5"?><a/>', "malformed"),
            (b'<?xml version="1.0" encoding="utf-7"?><a/>', "malformed"),
            (b'<?xml version="1.0" encoding="utf-16"?><a/>', "malformed"),
            (b'<?xml version="1.0" encoding="cp037"?><a/>', "malformed"),
            ("<a/>".encode("utf-16"), "malformed"),
            ("<?xml version='1.0'?><a/>".encode("cp037"), "malformed"),
            (b"<a>" * (MAX_DEPTH + 1), "malformed"),
            (b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>", "malformed"),
            (b"<a " + b" ".join(b"b%d='1'" % n for n in range(MAX_ATTRIBUTES + 1)) + b"/>", "malformed"),
            (b"<a " + b" ".join(b"b%d=''" % n for n in range(100_000)) + b"/>", "malformed"),
            (b"<a b='" + b"x" * 900_000 + b"'>", "truncated"),
            (b"<a>" + b"x" * MAX_BYTES + b"</a>", "too_large"),
            ('<?xml version="1.0" encoding="GBK"?><a>挖煤</a>'.encode(), "malformed"),
            ('<?xml version="1.0" encoding="GBK"?><a>挖煤姬</a>'.encode(), "malformed"),
            (b"<!doctype html><html></html>", "blocked"),
            (b"\n <HTML>", "blocked"),
            (b"{}", "malformed"),
        ],
        ids=lambda value: repr(value[:40]),
    )
    def test_what_is_none(self, body: bytes, expected: str) -> None:
        """Or is too much, or is cut."""
        assert _why(body).value == expected

    def test_an_inner_charset_that_is_unknown(self) -> None:
        """It is not used, but somebody who names it means something else."""
        with pytest.raises(Unanswered) as caught:
            read_tree('<?xml version="1.0" encoding="ebcdic"?><a/>')
        assert caught.value.why is Why.MALFORMED

    def test_more_attributes_than_are_parsed(self) -> None:
        """They are counted before the parser, which tells of an element only once it has read them all."""
        with pytest.raises(Unanswered, match="more than 4,096 attributes"):
            read_tree("<a " + " ".join(f"b{n}=''" for n in range(5_000)) + "/>")

    @given(st.binary(max_size=200), st.sampled_from(["", "text/xml; charset=GBK", "text/xml; charset=utf-8"]))
    def test_any_bytes(self, body: bytes, content_type: str) -> None:
        """Nothing but `Unanswered` is raised, and nothing is found."""
        with pytest.raises(Unanswered):
            returned(_response(body, content_type), NAMESPACE)

    @given(st.text(st.sampled_from("<>/&;ab=\"' ![]CDATA-?xml\u6316"), max_size=60))
    def test_any_text(self, text: str) -> None:
        """The same of what looks like XML."""
        with suppress(Unanswered):
            read_tree(text)


class TestEnvelope:
    """What surrounds an answer."""

    def _inner(self, text: str) -> str:
        element = returned(_response(text.encode("gb18030")), NAMESPACE)
        return registered_name(element)

    def test_a_header_and_types_are_passed_over(self) -> None:
        """Older servers write them, and they say nothing."""
        inner = returning("0", {"Cxtjlx": "0", "Cxtj": "a.cn"} | RIGHT)
        text = enveloped(inner, form="elements").decode("gb18030")
        xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xsd:string"'
        text = text.replace("<soapenv:Body>", "<soapenv:Header><x>1</x></soapenv:Header><soapenv:Body>")
        text = text.replace("<return>", f"<return {xsi}>").replace("<Bazt>", f"<Bazt {xsi}>")
        assert self._inner(text) == "挖煤姬"

    def test_a_return_in_the_service_s_namespace(self) -> None:
        """As servers with qualified elements write it."""
        inner = returning("0", {"Cxtjlx": "0", "Cxtj": "a.cn"} | RIGHT)
        text = enveloped(inner, form="elements").decode("gb18030")
        assert self._inner(text.replace("<return>", f'<return xmlns="{NAMESPACE}">')) == "挖煤姬"

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("<return>", '<return nil="true">'),
            ("<soapenv:Body>", '<soapenv:Body id="1">'),
            ("<soapenv:Body>", "<soapenv:Body/><soapenv:Body>"),
            ("<soapenv:Body>", "<soapenv:Other/><soapenv:Body>"),
            ("isp_querybeianstatusResponse", "isp_downloadResponse"),
            ("<msg_code>", '<msg_code x="1">'),
        ],
    )
    def test_what_is_refused(self, before: str, after: str) -> None:
        """Anything beside the answer, and any attribute that might mean something."""
        inner = returning("0", {"Cxtjlx": "0", "Cxtj": "a.cn"} | RIGHT)
        for form in ("elements", "text"):
            text = enveloped(inner, form=form).decode("gb18030")
            escaped = before.replace("<", "&lt;").replace(">", "&gt;")
            changed = text.replace(before, after) if before in text else text.replace(escaped, after)
            with pytest.raises(Unanswered):
                self._inner(changed)

    def test_a_text_for_the_status(self) -> None:
        """Is no status."""
        inner = "<return><msg_code>0</msg_code><StatusInfo>0</StatusInfo></return>"
        with pytest.raises(Unanswered, match="a text where elements belong"):
            self._inner(enveloped(inner).decode("gb18030"))

    def test_an_attribute_within(self) -> None:
        """The text that an envelope holds has none at all."""
        with pytest.raises(Unanswered, match="attribute"):
            self._inner(enveloped('<return x="1"/>').decode("gb18030"))

    def test_another_field_is_passed_over(self) -> None:
        """A bureau may say more than was specified, but not in a namespace of its own, nor by another case."""
        fields = {"Cxtjlx": "0", "Cxtj": "a.cn"} | RIGHT
        assert self._inner(enveloped(returning("0", fields | {"Bgsj": "2026-11-24"})).decode("gb18030")) == "挖煤姬"
        for name in ("BAZT", "wzbah"):
            with pytest.raises(Unanswered, match="a field twice"):
                self._inner(enveloped(returning("0", fields | {name: "1"})).decode("gb18030"))


def registered_name(element: object) -> str:
    """The name under the condition that these tests ask."""
    said = registered(element, Asked(0, ("a.cn",)))  # type: ignore[arg-type]  # an element
    assert said is not None
    return said.service_name or ""
