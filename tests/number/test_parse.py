"""`parse` on real strings, on every row of the bad-input list, and on any text."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate import number
from icpgate.errors import InvalidNumber
from icpgate.number import Family, RegistrationNumber, ServiceKind, compact, is_valid, parse, validate

CORPUS = [
    json.loads(line) for line in (Path(__file__).parents[1] / "data/numbers.jsonl").read_text("utf-8").splitlines()
]
PROVINCES = "京津沪渝冀豫辽黑湘皖鲁新苏浙赣鄂桂晋蒙陕吉闽粤青藏宁琼蜀黔滇陇"


@pytest.mark.parametrize("row", CORPUS, ids=[row["raw"][:40] for row in CORPUS])
def test_real_strings_come_out_as_expected(row: dict[str, Any]) -> None:
    """Every string met in the wild is read, or refused for the right reason."""
    expected = row["expect"]
    if not expected["accepted"]:
        with pytest.raises(InvalidNumber) as caught:
            parse(row["raw"])
        assert expected["reason"] in {None, caught.value.reason}
        return
    read = parse(row["raw"])
    assert read.canonical == expected["canonical"]
    assert read.family == expected["family"]
    assert read.service_kind == expected["service_kind"]
    assert read.is_entity is expected["is_entity"]


READ = {
    "京ICP备13004658号-1A\n": ("京ICP备13004658号-1A", ()),
    "  京ICP备13004658号-1A  ": ("京ICP备13004658号-1A", ()),
    "京ICP备１３００４６５８号－１Ａ": ("京ICP备13004658号-1A", ("width", "dash")),
    "京ＩＣＰ备13004658号": ("京ICP备13004658号", ("width",)),
    "京ICP备13004658號": ("京ICP备13004658号", ("traditional",)),
    "滬ICP備16027065號-2": ("沪ICP备16027065号-2", ("traditional",)),
    "京ICP备13004658号-1a": ("京ICP备13004658号-1A", ("case",)),
    "京icp备13004658号-1x": ("京ICP备13004658号-1X", ("case",)),
    "京 ICP 备 13004658 号 - 1 A": ("京ICP备13004658号-1A", ("blanks",)),
    "京ICP备\u200313004658号": ("京ICP备13004658号", ("blanks",)),
    "川ICP备13004658号": ("蜀ICP备13004658号", ("province",)),
    "贵 ICP備13004658號—1": ("黔ICP备13004658号-1", ("blanks", "dash", "traditional", "province")),
    "雲ICP备13004658号": ("滇ICP备13004658号", ("traditional", "province")),
    "京ICP\u2f1a13004658号".replace("\u2f1a", "备"): ("京ICP备13004658号", ()),
    "京ICP证030173号-209A": ("京ICP证030173号-209A", ()),
    "京ICP证20030173号": ("京ICP证20030173号", ()),
    "粤B2-20090059-1626X": ("粤B2-20090059-1626X", ()),
    "粤b2-20090059-1626x": ("粤B2-20090059-1626X", ("case",)),
    "合字B2-20090007": ("合字B2-20090007", ()),
    "A2.B1.B2-201306018": ("A2.B1.B2-201306018", ()),
    "京ICP备13004658号-99999K": ("京ICP备13004658号-99999K", ()),
    "京ICP备2026999901号-1A": ("京ICP备2026999901号-1A", ()),
} | {f"京ICP备13004658号{dash}1A": ("京ICP备13004658号-1A", ("dash",)) for dash in "‐‑‒–—―−﹣"}


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_what_is_safe_is_repaired_and_listed(text: str, expected: tuple[str, tuple[str, ...]]) -> None:
    """A repair is made only where nothing has to be guessed, and is named."""
    read = parse(text)
    assert (read.canonical, read.repairs) == expected


REFUSED: list[tuple[object, str, str, tuple[int, int] | None]] = [
    (None, "number.type", "not NoneType", (0, 0)),
    (123, "number.type", "not int", (0, 0)),
    (b"x", "number.type", "not bytes", (0, 0)),
    (["x"], "number.type", "not list", (0, 0)),
    ("", "number.empty", "no number given", (0, 0)),
    ("   ", "number.empty", "no number given", (0, 3)),
    ("\n", "number.empty", "no number given", (0, 1)),
    ("京" * 257, "number.too_long", "257 characters; at most 256", (256, 257)),
    ("\ufdfa" * 200, "number.too_long", "3,600 characters", None),
    ("京ICP备1234567号-1A", "number.digits", "7 digits; 8 or 10 are used", (5, 12)),
    ("京ICP备123456789号", "number.digits", "9 digits", (5, 14)),
    ("京ICP备12345678901号", "number.digits", "11 digits", (5, 16)),
    ("京ICP备 202300793号-10A", "number.digits", "9 digits", (6, 15)),
    ("京ICP证0301733号", "number.digits", "7 digits; 6 or 8", (5, 12)),
    ("京ICP备٣٤٥٦٧٨٩٠号", "number.digits", "must be 0-9", (5, 6)),
    ("京ICP备1300465²号", "number.digits", "must be 0-9", (12, 13)),
    ("京ICP备2O230079号", "number.digits", "O looks like 0", (6, 7)),
    ("京ICP备一二三四五六七八号", "number.digits", "一 stands among the digits", (5, 6)),
    ("吉ICP备07500273X号", "number.digits", "X stands among", (13, 14)),
    ("京ICP备1_234_567号", "number.format", "'_' stands where digits", (6, 7)),
    ("京ІСР备13004658号", "number.confusable", "І (U+0406) looks like I", (1, 2)),
    ("京lCP备13004658号", "number.confusable", "l (U+006C) looks like I", (1, 2)),
    ("京ICP备13004658号〜1A", "number.confusable", "looks like -", (14, 15)),
    ("A1-20090059", "number.format", "form of a number", (0, 11)),
    ("京ICP备13004658号-一", "number.format", "after the sequence", None),
    ("京ICP备13004658号一1A", "number.confusable", "looks like -", (14, 15)),
    ("京ICP备13004658号\ufe00", "number.confusable", "U+FE00", (14, 15)),
    ("京ICP备\ufa0e3004658号", "number.confusable", "U+FA0E", (5, 6)),
    ("京ⅠCP备13004658号", "number.confusable", "looks like I", (1, 2)),
    ("京ICP备①3004658号", "number.digits", "U+2460", (5, 6)),
    ("京\u200bICP备13004658号", "number.invisible", "U+200B", (1, 2)),
    ("\ufeff京ICP备13004658号", "number.invisible", "U+FEFF", (0, 1)),
    ("京IC\u00adP备13004658号", "number.invisible", "U+00AD", (3, 4)),
    ("京ICP备\u202e13004658\u202c号", "number.bidi", "U+202E", (5, 6)),
    ("京ICP备\ud8001号", "number.unicode", "U+D800", (5, 6)),
    ("京ICP备13004658号\x00", "number.format", "control character", (14, 15)),
    ("京ICP备13004658号--1A", "number.format", "after the sequence", None),
    ("京ICP备13004658号-", "number.format", "sequence is missing", None),
    ("京ICP备13004658号A", "number.sequence", "sequence is missing", None),
    ("京ICP备13004658号-A", "number.sequence", "sequence is missing", (15, 15)),
    ("京ICP备13004658号-0A", "number.sequence", "0 is not 1 to 99999", (15, 16)),
    ("京ICP备13004658号-01A", "number.sequence", "01 is not", (15, 17)),
    ("京ICP备13004658号-100000A", "number.sequence", "100000 is not", (15, 21)),
    ("京ICP备13004658号-1B", "number.suffix", "B is no suffix", (16, 17)),
    ("京ICP备13004658号-1AA", "number.suffix", "AA is no suffix", (16, 18)),
    ("京ICP备13004658号-1A.", "number.format", "after the sequence", None),
    ("京ICP备13004658号1A", "number.format", "dash is missing", (14, 16)),
    ("京ICP备13004658号!", "number.format", "after the number", (14, 15)),
    ("ICP备14003256号—1", "number.province", "no province", (0, 0)),
    ("XICP备13004658号", "number.province", "X is no province", (0, 1)),
    ("港ICP备13004658号", "number.province", "港 is no province", (0, 1)),
    ("京京ICP备13004658号", "number.format", "before the number", (0, 2)),
    ("青ICP备20000750", "number.format", "号 is missing", None),
    ("青ICP备案026000119号-2A", "number.format", "案 does not belong", (5, 6)),
    ("京ICP", "number.format", "neither 备 nor 证", (4, 4)),
    ("京ICP13004658号", "number.format", "neither 备 nor 证", (4, 5)),
    ("京公网安备 11000002000001号", "number.police", "police number", None),
    ("京公网安备110105007246", "number.police", "police number", None),
    ("网信算备330110507206401230035号", "number.other_register", "algorithm", None),
    ("软著登字第4317518号", "number.other_register", "copyright", None),
    ("2026SR0738647", "number.other_register", "copyright", None),
    ("京网文（2023）4872-140号", "number.other_register", "culture", None),
    ("Guizhou-DuoCaiHuangXiaoXiAI-20250724S0002", "number.other_register", "generative AI", None),
    ("京ICP备00000000号", "number.placeholder", "00000000", (5, 13)),
    ("京ICP备2026000000号", "number.placeholder", "cannot have been issued", (5, 15)),
    ("京ICP备12345678号", "number.placeholder", "12345678", (5, 13)),
    ("京ICP备XXXXXXXX号A", "number.placeholder", "XXXXXXXX", (5, 13)),
    ("黔ICP备2022xxxxxx号-1", "number.placeholder", "2022", (5, 15)),
    ("京ICP证030000号", "number.placeholder", "cannot have been issued", (5, 11)),
    ("粤B2-20090000", "number.placeholder", "templates", None),
    ("粤B2-12345678", "number.placeholder", "templates", None),
    ("B2-XXXXXXXX", "number.placeholder", "templates", None),
    ("粤B2-2009005", "number.digits", "7 digits; 8 or 9", (4, 11)),
    ("粤B2-20090059-", "number.format", "sequence is missing", None),
    ("粤B2-20090059号", "number.format", "after the number", None),
    ("文粤B2-20090059", "number.format", "before the number", (0, 2)),
    ("京ICP备13004658号-1A\n京ICP备13004659号-1A", "number.several", "京ICP备13004659号-1A", None),
    ("京ICP备13004658号-1A\nmore", "number.several", "2 lines", None),
    ("粤ICP备13003602号-2 合字B2-20170010 粤公网安备 44049102496009 号", "number.several", "合字B2-20170010", None),
    ("https://beian.miit.gov.cn/#/x?recordId=1", "number.is_url", "an address", None),
    ("beian.miit.gov.cn", "number.is_url", "an address", None),
    ("<a href=x>京ICP备13004658号</a>", "number.markup", "markup", None),
    ("京ICP备&nbsp;13004658号", "number.markup", "markup", None),
    ("\\u8c6bICP\\u59072024051549\\u53f7-1A", "number.markup", "escapes", None),
    ("'; DROP TABLE apps", "number.format", "form of a number", None),
    ("%s", "number.format", "form of a number", None),
    ("{0.__class__}", "number.format", "form of a number", None),
    ("京ICP备13004658号\r\nX: 1", "number.format", "after the number", None),
]


@pytest.mark.parametrize(("given_", "code", "words", "span"), REFUSED, ids=[repr(row[0])[:40] for row in REFUSED])
def test_what_is_refused_says_why_and_where(
    given_: object, code: str, words: str, span: tuple[int, int] | None
) -> None:
    """Each mistake has its own code, message, place and hint, in both languages."""
    with pytest.raises(InvalidNumber) as caught:
        parse(given_)
    error = caught.value
    assert error.code == code
    assert words in error.message
    assert span in {None, error.span}
    assert error.hint or code == "number.type"
    assert error.text("zh-CN") != error.text("en")
    assert error.hint_text("zh-CN") or code == "number.type"


HINTS = {
    "青ICP备20000750": "青ICP备20000750号",
    "青ICP备20000750-1A": "青ICP备20000750号-1A",
    "滇ICP备09010050-5号": "滇ICP备09010050号-5",
    "京ICP备案13004658号": "京ICP备13004658号",
    "贵ICP备(shou.org.cn)05052049号-13": "黔ICP备05052049号-13",
    "备案号：京ICP备13004658号-1A": "京ICP备13004658号-1A",
    "京ICP备13004658号1A": "京ICP备13004658号-1A",
    "<b>京ICP备13004658号-1A</b>": "京ICP备13004658号-1A",
}


@pytest.mark.parametrize(("text", "meant"), HINTS.items())
def test_the_guess_is_a_hint_and_never_the_number(text: str, meant: str) -> None:
    """What was probably meant is named, and refused all the same."""
    with pytest.raises(InvalidNumber) as caught:
        parse(text)
    assert caught.value.hint == f"did you mean {meant}?"
    assert meant in caught.value.hint_text("zh-CN")


@pytest.mark.parametrize(
    "text", ["京ICP备13004658号A", "京ICP备123456789号-1A", "京ICP备2O230079号-1A", "青ICP备案026000119号"]
)
def test_no_hint_shortens_a_number_or_guesses_a_digit(text: str) -> None:
    """A part of a number is another number, and no digit is guessed even in a hint."""
    with pytest.raises(InvalidNumber) as caught:
        parse(text)
    assert "did you mean" not in caught.value.hint


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("京ICP备2031004658号", ("number.year",)),
        ("京ICP备2019004658号", ("number.year",)),
        ("京ICP备21004658号", ("number.year",)),
        ("京ICP备04004658号", ("number.year",)),
        ("京ICP备20004658号", ()),
        ("京ICP备2020004658号", ()),
        ("京ICP证030173号", ()),
        ("贵ICP备66666666号", ("number.year", "number.suspicious", "number.province_alias")),
        ("京ICP备2024123456号", ("number.suspicious",)),
    ],
)
def test_the_suspicious_is_a_warning(text: str, warnings: tuple[str, ...]) -> None:
    """Odd years, template digits and aliases are noted and do not make a number unreadable."""
    assert parse(text).warnings == warnings


def test_a_number_says_what_it_is() -> None:
    """Family, province, digits, sequence and kind are read off the text."""
    app = parse("蜀ICP备2021014694号-10A")
    assert (app.family, app.province, app.digits) == (Family.FILING, "蜀", "2021014694")
    assert (app.sequence, app.service_kind, app.is_entity) == (10, ServiceKind.APP, False)
    assert app.entity_number == "蜀ICP备2021014694号"
    assert app.service_number == str(app) == "蜀ICP备2021014694号-10A"
    licence = parse("A2.B1.B2-20090001")
    assert (licence.family, licence.province, licence.digits) == (Family.TELECOM_LICENCE, "", "20090001")
    assert (licence.sequence, licence.service_kind, licence.service_number) == (None, None, None)
    assert parse("京ICP证030173号-209A").family is Family.ICP_LICENCE


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("", ServiceKind.WEBSITE), ("A", ServiceKind.APP), ("X", ServiceKind.MINI_PROGRAM), ("K", ServiceKind.QUICK_APP)],
)
def test_the_last_letter_is_the_kind(suffix: str, kind: ServiceKind) -> None:
    """A, X and K, and a website without a letter."""
    assert parse(f"京ICP备13004658号-1{suffix}").service_kind is kind


def test_two_spellings_are_one_number() -> None:
    """Equality, hash and pickle go by the canonical text, whatever was repaired."""
    clean, dirty = parse("京ICP备13004658号-1A"), parse("京 ICP備13004658號－1a")
    assert clean == dirty
    assert hash(clean) == hash(dirty)
    assert pickle.loads(pickle.dumps(dirty)) == clean  # noqa: S301 -- our own bytes
    assert clean != parse("京ICP备13004658号-1X")
    assert RegistrationNumber.parse("京ICP备13004658号-1A") == clean


def test_the_four_verbs() -> None:
    """compact, validate, is_valid and format, as in python-stdnum."""
    assert compact(" 京ICP備13004658號－1a ") == "京ICP备13004658号-1A"
    assert compact("京²") == "京²"
    assert validate("京ICP備13004658號") == number.format("京ICP備13004658號") == "京ICP备13004658号"
    assert is_valid("京ICP备13004658号")
    assert not is_valid("京ICP备1号")
    assert not is_valid(None)
    for wrong in ("京" * 257, None):
        with pytest.raises(InvalidNumber):
            compact(wrong)  # type: ignore[arg-type]  # the mistake in question


class _Text(str):
    """A text of a user's own class."""

    __slots__ = ()

    def __str__(self) -> str:
        return "京ICP备13004658号-1A"


def test_a_subclass_of_text_is_read_as_the_text_it_is() -> None:
    """What an object claims to be is not what it holds."""
    assert parse(_Text("京ICP备13004658号-2A")).canonical == "京ICP备13004658号-2A"
    assert not is_valid(_Text("nonsense"))


NUMBERS = st.builds(
    lambda province, body, service: f"{province}{body}{service}",
    st.sampled_from(PROVINCES),
    st.one_of(
        st.from_regex(r"ICP备(0[5-9]|1[0-9])[0-9]{5}[1-9]号", fullmatch=True),
        st.from_regex(r"ICP备202[0-6][0-9]{5}[1-9]号", fullmatch=True),
        st.from_regex(r"ICP证0[1-9][0-9]{3}[1-9]号", fullmatch=True),
        st.from_regex(r"(A2\.)?(B1\.)?B2-20[0-9]{5}[1-9]", fullmatch=True),
    ),
    st.one_of(st.just(""), st.from_regex(r"-[1-9][0-9]{0,4}[AXK]?", fullmatch=True)),
)


@given(NUMBERS)
def test_a_canonical_number_reads_as_itself(text: str) -> None:
    """Round trip without a repair."""
    read = parse(text)
    assert read.canonical == text
    assert read.repairs == ()


@given(NUMBERS, st.data())
def test_blanks_dashes_and_width_do_not_change_a_number(text: str, data: st.DataObject) -> None:
    """However it is typed, it is the same number."""
    typed = []
    for character in text:
        forms = [character]
        if character.isascii() and character.isalnum():
            forms += [chr(ord(character) + 0xFEE0), character.lower()]
        elif character == "-":
            forms += list("－—–")
        typed.append(data.draw(st.sampled_from(forms)))
        typed.append(data.draw(st.sampled_from(["", "", " ", "\u3000"])))
    assert parse("".join(typed)).canonical == text


@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from("京蜀川ICPicp备案證号號-—0123456789AXKB. \n<&\\")),
        max_size=300,
    )
)
def test_parse_raises_nothing_but_its_error(text: str) -> None:
    """Any text is a number or an error with a code, a reason and a span inside the text."""
    error = _error_of(text)
    if error is None:
        assert parse(parse(text).canonical) == parse(text)
        return
    assert error.code.startswith("number.")
    assert error.reason.startswith("number_")
    start, end = error.span
    assert 0 <= start <= end <= len(text)


FRAGMENTS = [
    *"京蜀川X港ICPicp备备案證号號号-—－0129AaXKB. \n",
    *("京ICP", "ICP备", "ICP证", "备案", "1300465", "20260117", "号-", "-1A", "B2-", "A2.", "合字", "20090059"),
    *("XXXX", "一", "〜", "²", "\u200b", "&nbsp;", "<b>", "\\u53f7", "公网安备", "2026SR"),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_nearly_a_number_is_a_number_or_an_error(text: str) -> None:
    """Pieces of numbers in any order: the same promise where the reader has most to do."""
    test_parse_raises_nothing_but_its_error.hypothesis.inner_test(text)  # type: ignore[attr-defined]  # Hypothesis keeps it there


def _error_of(text: str) -> InvalidNumber | None:
    try:
        parse(text)
    except InvalidNumber as error:
        return error
    return None


@given(st.text(alphabet="京川ICPicp备備号號-－—０１23456789AaＡ. ", max_size=40))
def test_normalising_is_idempotent(text: str) -> None:
    """Doing it twice changes nothing more."""
    once = compact(text)
    assert compact(once) == once
