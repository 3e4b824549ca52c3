"""JSON from outside, read strictly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.jsontext import MAX_DEPTH, InvalidJson, loads

SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def refused(text: str | bytes) -> InvalidJson:
    """The error of a text."""
    with pytest.raises(InvalidJson) as caught:
        loads(text)
    return caught.value


@given(VALUES)
def test_what_was_written_is_read(value: object) -> None:
    """Whatever is JSON comes back as it was, as text and as bytes, escaped or not."""
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        assert loads(text) == value
        assert loads(text.encode()) == value


def error_of(text: str | bytes) -> InvalidJson | None:
    """The error of a text, if it has one."""
    try:
        loads(text)
    except InvalidJson as error:
        return error
    return None


@given(st.text() | st.binary())
def test_nothing_else_is_raised(text: str | bytes) -> None:
    """Any text is a value or `InvalidJson`, with a code, a place and a message."""
    error = error_of(text)
    assert error is None or (error.code.startswith("json.") and error.place and error.message)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1, "a": 1}', "/a"),
        ('[{"b": {}}, {"b": {"c~/d": 1, "c~/d": 2}}]', "/1/b/c~0~1d"),
        ('{"x": [0, {"k": 1, "l": 2, "k": 3}], "x": 0}', "/x/1/k"),
        ('[{"k": 1, "k": 2}, NaN]', "/0/k"),
        ('{"x": [1, [2]], "x": 3}', "/x"),
        ('{"\\u202e": 1, "\\u202e": 2}', "/\\u202e"),
        ('{"a": 1, "\\u0061": 2}', "/a"),
    ],
)
def test_duplicate_keys(text: str, place: str) -> None:
    """Two readers keep two different values of one key: it is named by its pointer."""
    error = refused(text)
    assert (error.code, error.place) == ("json.duplicate_key", place)
    assert error.hint == "keep one of the two"
    assert error.message.startswith("the key '")
    assert error.message.endswith(f"{error.place[-1]}' stands twice in one object")


def test_a_key_in_two_objects_is_no_duplicate() -> None:
    """Each object has its own keys."""
    assert loads('[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


def test_what_is_no_json_behind_a_duplicate_key() -> None:
    """A text that is no JSON at all is that first."""
    assert refused('{"a": 1, "a": 2} x').code == "json.syntax"


def test_a_duplicate_among_very_many_keys_takes_no_time() -> None:
    """Looking for it is linear."""
    members = ",".join(f'"k{n}":0' for n in range(60_000))
    assert refused(f'{{{members},"k1":1}}').place == "/k1"


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}'])
def test_constants_that_are_not_json(text: str) -> None:
    """Only some readers take them."""
    error = refused(text)
    assert error.code == "json.constant"
    assert error.place in text
    assert error.message == f"{error.place} is not a JSON value"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "line 1, column 1", "Expecting value"),
        ("[1, 2", "line 1, column 6", "Expecting ',' delimiter"),
        ('{"a"\n: 1} []', "line 2, column 6", "Extra data"),
        ('"a\tb"', "line 1, column 3", "Invalid control character at"),
        ("{'a': 1}", "line 1, column 2", "Expecting property name enclosed in double quotes"),
        ("[1 2]", "line 1, column 4", "Expecting ',' delimiter"),
        ("01", "line 1, column 2", "Extra data"),
        ("\u00a01", "line 1, column 1", "Expecting value"),
    ],
)
def test_syntax(text: str, place: str, message: str) -> None:
    """The place is where it went wrong."""
    error = refused(text)
    assert (error.code, error.place) == ("json.syntax", place)
    assert error.message == f"not JSON: {message}"
    assert error.hint == "check quotes and commas there"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth(opening: str, closing: str) -> None:
    """Sixty-four levels are read, one more is not, nor are a hundred thousand."""
    deepest = opening * MAX_DEPTH + "1" + closing * MAX_DEPTH
    loads(deepest)
    error = refused(f"[{deepest}]")
    assert error.code == "json.too_deep"
    assert error.message == "nested deeper than 64 levels"
    assert refused(opening * 100_000).code == "json.too_deep"


def test_depth_is_where_it_begins_to_be_too_deep() -> None:
    """Brackets that were closed, and those inside texts, do not count."""
    assert refused("[[]," + "[" * 64).place == "character 67"
    assert refused("[[[{}]]," + "[" * 64).place == "character 71"
    assert refused("[[[{}]," + "[" * 64).place == "character 69"
    assert loads(json.dumps(["[" * 100, '\\"[[' * 50, [[]] * 100])) is not None
    assert refused('"' + "[" * 100).code == "json.syntax"


@pytest.mark.parametrize(
    ("text", "value"), [("1" * 40, int("1" * 40)), ("-" + "1" * 39, -int("1" * 39)), ("1e308", 1e308)]
)
def test_long_numbers(text: str, value: float) -> None:
    """Forty digits are more than any field needs."""
    assert loads(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1" * 41, "a number of 41 digits; at most 40 are read"),
        ("[" + "1" * 100_000 + "]", "a number of 100,000 digits; at most 40 are read"),
        ("1e309", "a number beyond every range"),
        ("-1e999", "a number beyond every range"),
    ],
)
def test_numbers_that_are_too_long_or_too_large(text: str, message: str) -> None:
    """Converting a hundred thousand digits costs seconds; an infinity is no number."""
    error = refused(text)
    assert (error.code, error.message) == ("json.number", message)
    assert error.place.startswith(("'1", "'-1"))


@pytest.mark.parametrize("data", [b"\xff", b'"\xc3"', '"中"'.encode("gb18030"), '"a"'.encode("utf-16")])
def test_bytes_that_are_not_utf8(data: bytes) -> None:
    """A text in another encoding is refused, not guessed at."""
    error = refused(data)
    assert error.code == "json.encoding"
    assert error.place == error.message.partition(" is")[0]
    assert error.place.startswith("byte ")
    assert error.hint == "save it as UTF-8, or name its encoding"


@pytest.mark.parametrize("text", ["\ufeff[1]", "\ufeff[1]".encode()])
def test_a_byte_order_mark(text: str | bytes) -> None:
    """One at the beginning is left out."""
    assert loads(text) == [1]
    assert refused("\ufeff\ufeff1").code == "json.syntax"


@pytest.mark.parametrize("text", ['"\\ud800"', '{"a\\uDFFF": 1}', '["\ud800"]', '"\\udc00\\ud800"'])
def test_halves_of_characters(text: str) -> None:
    """What cannot be written again is not read."""
    error = refused(text)
    assert error.code == "json.unicode"
    assert error.place in {"U+D800", "U+DFFF", "U+DC00"}
    assert error.message == f"{error.place} is half a character"
    assert error.hint == "write the whole character"


def test_whole_characters() -> None:
    """A pair of halves is a character, and the text of an escape is no escape."""
    assert loads('"\\ud83d\\ude00"') == "😀"
    assert loads('"\\\\ud800"') == "\\ud800"


def test_size() -> None:
    """The limit holds before anything is parsed; the limit itself is read."""
    assert loads("[1]", max_characters=3) == [1]
    with pytest.raises(InvalidJson) as caught:
        loads("[1] ", max_characters=3)
    assert caught.value.code == "json.too_large"
    assert caught.value.place == "line 1"
    assert caught.value.message == "4 characters; at most 3 are read"
    with pytest.raises(InvalidJson, match=r"1,048,577 characters; at most 1,048,576 are read"):
        loads(b" " * 1_048_577)
