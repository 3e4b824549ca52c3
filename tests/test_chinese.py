"""Names compared as Chinese text: labelled pairs, the table against its oracle, and hostile texts."""

from __future__ import annotations

import json
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from icpgate import chinese
from icpgate.chinese import Likeness, compare, fold

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "name_pairs.jsonl").read_text(encoding="utf-8").splitlines()
]

marks = st.sampled_from("-—–―()（）【】「」·•・“”’ \u3000\t\u200b\u202e\ufe0f\u3164\u0301\u0308゛´ſßİΣς")
letters = st.sampled_from("抖音騰腾訊讯後后雲云鍾钟昇升AaＡаKk\u212aⅧ²①0０٣Oo〇ﷺ")
names = st.text(st.one_of(marks, letters, st.characters()), max_size=12)


@cache
def data(name: str) -> dict[str, Any]:
    """One of the data files of the package."""
    return tomllib.loads(files("icpgate").joinpath("data", name).read_text(encoding="utf-8"))


@cache
def table() -> dict[str, str]:
    """The traditional characters with their simplified forms."""
    return {pair[0]: pair[1] for pair in data("traditional.toml")["pairs"].split()}


def encoded(character: str, codec: str) -> bytes:
    """The character's bytes in an older character set, or none."""
    return character.encode(codec, "ignore")


def test_there_are_enough_pairs() -> None:
    """The labelled pairs cover every level, and none stands twice."""
    assert len(PAIRS) >= 100
    assert {pair["likeness"] for pair in PAIRS} == {likeness.value for likeness in Likeness}
    assert len({frozenset((pair["a"], pair["b"])) for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["why"])
def test_labelled_pairs(pair: dict[str, str]) -> None:
    """Each pair is as alike as its label says, in both directions."""
    assert compare(pair["a"], pair["b"]).value == pair["likeness"]
    assert compare(pair["b"], pair["a"]).value == pair["likeness"]


@given(names)
def test_folding_is_idempotent(text: str) -> None:
    """A folded text folds to itself."""
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("plane", range(17))
def test_folding_every_character_is_idempotent(plane: int) -> None:
    """So does every single character, alone and where it can combine."""
    for code in range(plane * 0x10000, (plane + 1) * 0x10000):
        folded = chinese._folded.__wrapped__(f"か{chr(code)} \u0301")
        assert chinese._folded_once(folded) == folded, hex(code)


@given(names, names)
def test_comparing_is_symmetric(one: str, other: str) -> None:
    """Which name is the registered one does not matter, and no text raises."""
    assert compare(one, other) is compare(other, one)


@given(names, names)
def test_exact_is_equality(one: str, other: str) -> None:
    """EXACT is said of equal texts only, and of every equal text that names something."""
    assert (compare(one, other) is Likeness.EXACT) == (one == other and chinese._names_something(one))


@given(names, names)
def test_normalised_is_equality_of_the_folded(one: str, other: str) -> None:
    """NORMALISED is said of different texts with one folded form, and only if they name something."""
    expected = one != other and fold(one) == fold(other) and chinese._names_something(fold(one))
    assert (compare(one, other) is Likeness.NORMALISED) == expected


@given(names, names)
def test_nothing_visible_or_invisible_is_deleted_but_blanks(one: str, other: str) -> None:
    """A character put into a name makes it another name, unless it is a blank or doubles a dash."""
    blanks = data("punctuation.toml")["blanks"]
    for character in "\u200b\u200d\u202e\u2066\ufeff\u00ad\u034f\ufe0f\u3164\u2800.。,":
        assert character not in blanks
        with_it = f"{one}x{character}x{other}"
        assert compare(with_it, f"{one}xx{other}") not in {Likeness.EXACT, Likeness.NORMALISED}


@given(names)
def test_different_letters_and_digits_never_match(text: str) -> None:
    """Names that differ in one digit or letter of any script are not the same name."""
    for one, other in pairwise("0123456789abcxyzаοоlI1|一二三百白"):
        assert compare(text + one, text + other) not in {Likeness.EXACT, Likeness.NORMALISED}


@pytest.mark.parametrize(
    "text", ["", " ", "\u3000", "-", "……", "（）", "🎮", "\u200b", "\u3164", "\u115f\uffa0", "\ud800"]
)
def test_a_text_without_letters_matches_nothing(text: str) -> None:
    """A registry's empty or made-up name is like no name, not even the same one."""
    assert compare(text, text) is Likeness.DIFFERENT
    assert compare(text, "抖音") is Likeness.DIFFERENT


def test_a_lone_surrogate_is_compared() -> None:
    """A text that no encoding can write neither raises nor matches."""
    assert compare("抖音\ud800", "抖音") is Likeness.NEAR
    assert compare("抖音\ud800", "抖音\ud801") is Likeness.NEAR


@pytest.mark.parametrize("character", ["音", "騰", "ﷺ", "A", "\U0001d400"])
def test_long_texts_are_compared_as_they_are(character: str) -> None:
    """A text beyond the limit, before or after folding, is like its copy only."""
    text = character * 257
    assert fold(text) == text
    assert compare(text, text) is Likeness.EXACT
    assert compare(text, text + " ") is Likeness.DIFFERENT


def test_a_text_at_the_limit_is_folded() -> None:
    """256 characters are as long as an app's name may be."""
    assert compare("騰" * 256, "腾" * 256) is Likeness.NORMALISED


def test_a_text_that_grows_beyond_the_limit_is_left() -> None:
    """U+FDFA is 18 characters after NFKC."""
    text = "ﷺ" * 100
    assert fold(text) == text
    assert len(fold("ﷺ" * 10)) > 100


def test_the_cache_is_bounded() -> None:
    """Folding remembers a limited number of texts of a limited length."""
    assert chinese._folded.cache_info().maxsize == 4_096
    before = chinese._folded.cache_info().currsize
    fold("音" * 10_000_000)
    assert chinese._folded.cache_info().currsize == before


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_the_edit_distance_against_rapidfuzz(one: str, other: str) -> None:
    """The distance is the one that rapidfuzz has."""
    assert chinese._edits(one, other) == Levenshtein.distance(one, other)


def test_long_names_are_not_measured() -> None:
    """Above 64 letters one slip is no longer looked for; a suffix still is."""
    text = "示例科技贸易" * 11
    assert compare(text, text[:-1] + "甲") is Likeness.DIFFERENT
    assert compare(text[:60], text[:59] + "甲") is Likeness.NEAR
    assert compare(text, text + "官方版") is Likeness.NEAR


def test_the_table_agrees_with_opencc() -> None:
    """Every pair is what OpenCC makes of the traditional character on its own."""
    converter = opencc.OpenCC("t2s")
    assert {traditional: converter.convert(traditional) for traditional in table()} == table()


def test_the_table_has_every_frequent_character() -> None:
    """Of Big5's frequent characters, all that OpenCC simplifies stand in it, but those of a known reason."""
    converter = opencc.OpenCC("t2s")
    frequent = [c for c in map(chr, range(0x4E00, 0xA000)) if b"" < encoded(c, "big5") <= b"\xc6\x7e"]
    missing = {c for c in frequent if converter.convert(c) != c and c not in table()}
    ambiguous = set(data("traditional.toml")["ambiguous"])
    in_use = {c for c in missing if encoded(c, "gb2312")} | set("剋勣昇氾祕脩苧蒐薹谿釐陞")
    rare = set("儸欐篠綞縯繈藷訏訑譆軏鈇鈽鉋鏍鑪頫騵鴃")
    assert len(frequent) > 5_000
    assert missing <= ambiguous | in_use | rare


def test_the_table_is_a_function_on_characters_in_use() -> None:
    """No character stands twice, none is on both sides, and simplified text has none of the first."""
    pairs = data("traditional.toml")["pairs"].split()
    traditional, simplified = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    assert all(len(pair) == 2 for pair in pairs)
    assert len(traditional) == len(pairs) <= 2_600
    assert not traditional & simplified
    assert [c for c in traditional if encoded(c, "gb2312")] == ["後"]
    assert all(encoded(c, "big5") or encoded(c, "gbk") for c in traditional)


def test_ambiguous_characters_stay() -> None:
    """A character with two simplified forms, or with a use of its own, is left alone."""
    for character in data("traditional.toml")["ambiguous"] + "昇乾著於徵摺夥藉陞喆堃":
        assert fold(character) == character


def test_settled_characters_are_in_the_table() -> None:
    """The few that were decided by hand stand in the table as decided."""
    for pair in data("traditional.toml")["settled"].split():
        assert table()[pair[0]] == pair[1]


def test_marks_are_marks() -> None:
    """Only punctuation, symbols and blanks are unified; one mark is never written as two others."""
    marks = data("punctuation.toml")["marks"]
    written = [character for mark in marks for character in mark["of"]]
    assert len(written) == len(set(written))
    assert not {mark["as"] for mark in marks} & set(written)
    assert all(unicodedata.category(character)[0] in "PS" for character in written)


@pytest.mark.parametrize("name", ["traditional.toml", "punctuation.toml"])
def test_data_have_source_and_date(name: str) -> None:
    """What a verdict depends on says where it is from and of which day it is."""
    assert data(name)["source"]
    assert data(name)["version"] >= "2026-11-24"
