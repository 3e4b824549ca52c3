"""The text of a policy file: read within bounds, every defect with its line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from icpgate.errors import Defect, PolicyError
from icpgate.policy import Policy
from icpgate.policy.source import MAX_BYTES, MAX_DEPTH, parsed, read_text

if TYPE_CHECKING:
    from pathlib import Path

EXTENDS = 'extends = "default"\n'


def _defect(text: str) -> Defect:
    with pytest.raises(PolicyError) as caught:
        parsed(text, "p.toml")
    (defect,) = caught.value.defects
    return defect


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = ", "p.toml:1:5"),
        ("a = 1\na = 2", "p.toml:2:6"),
        ("[a]\n[a]", "p.toml:2:3"),
        ("x = 1\nextends: default", "p.toml:2:8"),
        ('["a", "b"]', "p.toml:1:5"),
        ('a = """x', "p.toml:1:9"),
        ("a = 1\n\n\x00", "p.toml:3:1"),
        ("a = 2024-04-01T00:00:00 Asia/Shanghai", "p.toml:1:25"),
    ],
)
def test_syntax_has_its_place(text: str, place: str) -> None:
    """What is not TOML is refused with file, line and column: duplicate keys, YAML, lists, named zones."""
    defect = _defect(text)
    assert (defect.code, defect.place, defect.expected) == ("config.syntax", place, "TOML")
    assert defect.message
    assert "(at" not in defect.message


@pytest.mark.parametrize("day", ["2026-02-30", "2026-02-30T00:00:00Z", "2025-02-29T00:00:00+08:00"])
def test_a_day_that_no_calendar_has(day: str) -> None:
    """A date is checked against the calendar, and the place is its own."""
    expected = Defect("config.time", "p.toml:2:5", "not a date of the calendar", "a date and time with its zone")
    assert _defect(f"b = 1\na = {day}\n") == expected


def test_a_number_of_five_thousand_digits() -> None:
    """More digits than Python converts are a defect with its place, not a ValueError."""
    defect = _defect("b = 12\na = " + "9" * 5_000 + "\n\n")
    assert defect == Defect("config.syntax", "p.toml:2:5", "a number of 5,000 digits", "an integer of 64 bits")


@pytest.mark.parametrize(
    ("number", "bits"), [("0x" + "f" * 5_000, 20_000), (str(2**63), 64), (str(-(2**63) - 1), 64), ("9" * 4_000, 13_288)]
)
def test_an_integer_beyond_64_bits(number: str, bits: int) -> None:
    """An integer that TOML does not promise is refused where it stands, before anything shows it."""
    expected = Defect("config.syntax", "t.a[1].b", f"a number of {bits} bits", "an integer of 64 bits")
    assert _defect(f"[t]\na = [1, {{ b = {number} }}]") == expected


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_the_outermost_integers_load(number: int) -> None:
    """The ends of the 64 bits are inside."""
    assert parsed(f"a = {number}", "p.toml") == {"a": number}


def test_every_integer_that_is_too_large_is_named() -> None:
    """All of them at once, in tables and lists."""
    with pytest.raises(PolicyError) as caught:
        parsed(f"a = {2**70}\nb = {2**70}\nX = [{2**70}, [1], [{2**70}]]\nt.X = {2**70}\nu.v = 1", "p.toml")
    assert sorted(defect.place for defect in caught.value.defects) == ["X[0]", "X[2][0]", "a", "b", "t.X"]
    assert str(caught.value).startswith("p.toml: 5 defects")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = " + "[" * 5_000, "p.toml:1:21"),
        ("\n" + "[" * 20 + "\n\n", "p.toml:2:17"),
        ("b = 1\na = " + "{ a = " * 5_000, "p.toml:2:101"),
        ("a = '[[[' # ]]]\nc = " + "[" * 17, "p.toml:2:21"),
        ('a = """[\\"""[[[""" # "\nc = [' + "]\nd = " + "[" * 17, "p.toml:3:21"),
        ("a = '''['''\nb = \"[\\\"[\"\nd = " + "[" * 17, "p.toml:3:21"),
    ],
)
def test_deep_nesting_has_its_place(text: str, place: str) -> None:
    """Brackets nested too deeply are refused at the bracket; those in texts and comments do not count."""
    assert _defect(text) == Defect("config.syntax", place, "nested deeper than 16 levels", "TOML")


def test_as_deep_as_allowed() -> None:
    """The deepest nesting that is allowed loads, and brackets that are closed do not add up."""
    assert parsed("a = " + "[" * 15 + "]" * 15 + "\nb = [[], [], []]", "p")["b"] == [[], [], []]
    assert parsed("\n".join(f"k{n} = [[1]]" for n in range(40)), "p")["k39"] == [[1]]


def test_deep_keys() -> None:
    """A key of five thousand parts is refused before anything walks down it."""
    defect = _defect(".".join("a" * 5_000) + " = 1")
    place = ".".join("a" * (MAX_DEPTH + 1))
    assert defect == Defect("config.syntax", place, "nested deeper than 16 levels", "TOML")
    assert parsed(".".join("a" * MAX_DEPTH) + " = 1", "p")


def test_a_place_shows_no_invisible_key() -> None:
    """A key cannot break the line of the message that names it."""
    assert _defect(f'"a\\nb" = {2**70}').place == "a\\nb"


def test_a_byte_order_mark_is_passed_over() -> None:
    """What an editor of another system puts in front is no syntax error, but only in front."""
    assert parsed("\ufeffa = 1", "p") == {"a": 1}
    assert _defect("\ufeff\ufeffa = 1").place == "p.toml:1:1"


def test_what_is_no_text() -> None:
    """Bytes are not decoded by guessing."""
    with pytest.raises(PolicyError) as caught:
        Policy.loads(b"extends = 'default'")  # type: ignore[arg-type]  # the mistake in question
    assert caught.value.defects == (Defect("config.syntax", "policy", "bytes given", "a text"),)


def test_a_text_of_a_megabyte_and_more() -> None:
    """A text is bounded like a file."""
    defect = _defect("#" * (MAX_BYTES + 1))
    assert defect == Defect("config.too_large", "p.toml", "1,048,577 characters", "at most 1,048,576")
    assert parsed("#" * MAX_BYTES, "p.toml") == {}


def test_a_file_of_a_megabyte_and_more(tmp_path: Path) -> None:
    """No more than the bound is read; at the bound a file still loads."""
    path = tmp_path / "p.toml"
    path.write_bytes(EXTENDS.encode().ljust(MAX_BYTES, b"#"))
    assert Policy.load(path).revision == Policy.default().revision
    path.write_bytes(EXTENDS.encode().ljust(MAX_BYTES + 1, b"#"))
    with pytest.raises(PolicyError) as caught:
        Policy.load(path)
    expected = "a TOML file in UTF-8"
    assert caught.value.defects == (Defect("config.too_large", str(path), "larger than 1,048,576 bytes", expected),)


def test_a_device_that_never_ends() -> None:
    """Reading stops at the bound, whatever the size in the directory says."""
    with pytest.raises(PolicyError, match="larger than"):
        Policy.load("/dev/zero")


@pytest.mark.parametrize(
    ("raw", "byte"), [("extends".encode("utf-16"), 0), (b"a = 1\n# \xb1\xb8\xb0\xb8", 8), (b"\xff", 0)]
)
def test_bytes_that_are_not_utf_8(tmp_path: Path, raw: bytes, byte: int) -> None:
    """UTF-16 and GBK are named by their first wrong byte."""
    path = tmp_path / "p.toml"
    path.write_bytes(raw)
    with pytest.raises(PolicyError) as caught:
        Policy.load(path)
    (defect,) = caught.value.defects
    assert (defect.code, defect.place, defect.message) == ("config.syntax", str(path), f"byte {byte} is not UTF-8")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/no/such/policy.toml", "cannot be read: No such file or directory"),
        ("/", "cannot be read: Is a directory"),
        ("p" * 300, "cannot be read: File name too long"),
        (3, "is not a path: "),
        (b"p.toml", "is not a path: "),
    ],
)
def test_what_cannot_be_read(path: object, message: str) -> None:
    """A missing file, a directory and what is no path are refused alike."""
    with pytest.raises(PolicyError) as caught:
        read_text(path)  # type: ignore[arg-type]  # some of them are mistakes
    (defect,) = caught.value.defects
    assert (defect.code, defect.place, defect.expected) == ("config.open", str(path), "a TOML file in UTF-8")
    assert defect.message.startswith(message)
    assert str(caught.value).startswith("policy: 1 defect")


def test_a_path_with_a_nul() -> None:
    """What no system opens is refused, and shown escaped."""
    with pytest.raises(PolicyError) as caught:
        Policy.load("a\0b")
    assert caught.value.defects[0].place == "a\\x00b"


def test_a_file_names_itself_in_its_defects(tmp_path: Path) -> None:
    """The error begins with the path of the file."""
    path = tmp_path / "store.toml"
    path.write_text('extends = "other"\n', encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        Policy.load(str(path))
    assert str(caught.value) == f"{path}: 1 defect\n  extends: 'other' given; expected \"default\""


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
@example('a = """')
@example("a = 1979-05-27T07:32:00-99:99")
def test_no_text_raises_anything_else(text: str) -> None:
    """Whatever the text, what is no policy is a `PolicyError` with a place for every defect."""
    defects: tuple[Defect, ...] = ()
    try:
        Policy.loads(text)
    except PolicyError as error:
        defects = error.defects
    assert all(defect.place.isprintable() and defect.place and defect.message for defect in defects)
    assert defects
