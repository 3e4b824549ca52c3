"""JSON pointers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.lookup.mapping.pointer import MISSING, Pointer

if TYPE_CHECKING:
    from icpgate.jsontext import Json

RFC: dict[str, Json] = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
    "nothing": None,
}
"""The example of RFC 6901, section 5, and a null."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", RFC),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/nothing", None),
    ],
)
def test_it_finds(text: str, value: Json) -> None:
    """As the standard has it; null is something."""
    assert Pointer.parse(text).resolve(RFC) == value


@pytest.mark.parametrize(
    "text",
    [
        "/Foo",
        "/foo/2",
        "/foo/-",
        "/foo/00",
        "/foo/01",
        "/foo/+1",
        "/foo/１",
        "/foo/bar",
        "/foo/0/x",
        "//x",
        "/nothing/x",
        f"/foo/{'9' * 5_000}",
    ],
    ids=lambda text: text[:12],
)
def test_it_leads_nowhere(text: str) -> None:
    """Another case, an index that is none, a step into a text: nothing is there, and nothing is raised."""
    assert Pointer.parse(text).resolve(RFC) is MISSING


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data", "begins with /"),
        ("#/data", "begins with /"),
        (" /data", "begins with /"),
        ("/a~", "~ stands for"),
        ("/a~2", "~ stands for"),
        ("/x" * 65, "65 steps"),
    ],
)
def test_what_is_no_pointer(text: str, said: str) -> None:
    """Said when a mapping is read, not when an answer is."""
    with pytest.raises(ValueError, match=said):
        Pointer.parse(text)


@given(st.lists(st.text(), max_size=5))
def test_every_key_can_be_pointed_at(keys: list[str]) -> None:
    """Whatever is in it."""
    value: Json = "here"
    for key in reversed(keys):
        value = {key: value}
    text = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
    assert Pointer.parse(text).resolve(value) == "here"


def test_how_it_is_named() -> None:
    """The empty one by what it means."""
    assert str(Pointer.parse("")) == "the whole answer"
    assert str(Pointer.parse("/a")) == "/a"
