"""Errors and their texts."""

from __future__ import annotations

import pickle
import sys
from datetime import date, datetime
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

import icpgate.errors
from icpgate.errors import (
    ConfigurationError,
    Defect,
    Denied,
    IcpGateError,
    InvalidApp,
    InvalidNumber,
    OutputError,
    PolicyError,
    nearest,
    quote,
    shown,
)

ONE = Defect("app.missing", "/name", "missing", "a value", "add name")
TWO = Defect("app.type", "", "int given")


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("京ICP备1号", "'京ICP备1号'"),
        ("", "''"),
        ("a b", "'a b'"),
        ("a\u202eb", "'a\\u202eb'"),
        ("a\u200b\x00\n\ud800", "'a\\u200b\\x00\\n\\ud800'"),
        ("\u00a0\u3000\u2028", "'\\xa0\\u3000\\u2028'"),
        ("it's \\", "'it's \\'"),
        ("x" * 60, "'" + "x" * 60 + "'"),
        ("x" * 61, "'" + "x" * 60 + "…'"),
    ],
)
def test_quote(text: str, quoted: str) -> None:
    """A message repeats at most sixty characters, and shows what cannot be seen."""
    assert quote(text) == quoted


@given(st.text(), st.integers(0, 80))
def test_nothing_invisible_is_shown(text: str, at_most: int) -> None:
    """Whatever the text, what is shown is printable and bounded."""
    result = shown(text, at_most=at_most)
    assert result.isprintable()
    assert len(result) <= 10 * at_most + 1


class _Hostile:
    """An object that fails whoever looks at it."""

    def __repr__(self) -> NoReturn:
        raise ZeroDivisionError

    def __str__(self) -> NoReturn:
        raise ZeroDivisionError


class _Text(str):
    """A text whose methods lie."""

    __slots__ = ()

    def __str__(self) -> NoReturn:
        raise ZeroDivisionError

    def __getitem__(self, item: object) -> NoReturn:
        raise ZeroDivisionError


def _nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        (None, "None"),
        (True, "True"),
        (12.5, "12.5"),
        (7, "7"),
        (date(2024, 1, 2), "datetime.date(2024, 1, 2)"),
        ([1, "a"], "[1, 'a']"),
        ({"k": (1,)}, "{'k': (1,)}"),
        (_Hostile(), "<_Hostile>"),
        ([_Hostile()], "[<_Hostile>]"),
        (_Hostile, "<_Hostile>"),
        (10 ** (sys.get_int_max_str_digits() + 1), "<int>"),
        (_nested(5_000), "[[[[[[[...]]]]]]]"),
        (list(range(1_000)), "[0, 1, 2, 3, 4, 5, ...]"),
        (_Text("京"), "京"),
        (b"x", "<bytes>"),
    ],
    ids=range(15),
)
def test_other_objects_are_shown_without_being_asked(value: object, quoted: str) -> None:
    """No code of the object runs, however deep, long or hostile it is."""
    assert quote(value) == f"'{quoted}'"


def test_a_moment_is_shown() -> None:
    """As Python writes it, cut like any text."""
    assert shown(datetime(2024, 1, 2), at_most=10) == "datetime.d…"  # noqa: DTZ001 -- the mistake that is shown


@pytest.mark.parametrize(
    ("word", "known", "suggestion"),
    [
        ("icp_numer", ["icp_number", "name"], "icp_number"),
        ("nmae", {"name", "kind"}, "name"),
        ("kind", {"name": 1, "kin": 2}, "kin"),
        ("zzz", ("name",), None),
        ("name", frozenset(), None),
        ("name", "name", None),
        ("name", None, None),
        ("x" * 65, ["x" * 65], None),
        ("x" * 64, ["x" * 64], "x" * 64),
        ("", ["name"], None),
    ],
)
def test_nearest(word: str, known: object, suggestion: str | None) -> None:
    """The word that was meant, or none; an endless word is not compared."""
    assert nearest(word, known) == suggestion


def test_nearest_knows_no_order() -> None:
    """A set gives the same word in every process."""
    assert nearest("ab", {"abc", "abd", "abe"}) == nearest("ab", ["abe", "abd", "abc"])


def test_a_defect_in_one_line() -> None:
    """Place, message, expectation and hint; the whole input is /."""
    assert str(ONE) == "/name: missing; expected a value (add name)"
    assert str(TWO) == "/: int given"


def test_an_error_has_three_parts() -> None:
    """Nobody need parse a text."""
    error = IcpGateError("what", hint="do", code="x.y")
    assert (error.message, error.hint, error.code, str(error)) == ("what", "do", "x.y", "what (do)")
    plain = OutputError("what")
    assert (plain.hint, plain.code, str(plain)) == ("", "cli.write", "what")


def test_an_error_with_defects() -> None:
    """Every defect stands in the message; the first gives the code."""
    error = InvalidApp([ONE, TWO], what="App")
    assert str(error) == "App: 2 defects\n  /name: missing; expected a value (add name)\n  /: int given"
    assert error.code == "app.missing"
    assert error.defects == (ONE, TWO)
    assert str(InvalidApp([TWO], what="App")).startswith("App: 1 defect\n")
    assert InvalidApp([], what="App").code == "app.invalid"


def test_a_message_does_not_list_a_thousand_defects() -> None:
    """The first fifty, and how many more there are; `defects` has all of them."""
    error = InvalidApp([TWO] * 1_234, what="App")
    assert len(error.defects) == 1_234
    lines = str(error).split("\n")
    assert lines[0] == "App: 1,234 defects"
    assert lines[50:] == ["  /: int given", "  … and 1,184 more"]
    assert len(str(InvalidApp([TWO] * 50, what="App")).split("\n")) == 51


ERRORS = [
    IcpGateError("m", hint="h", code="c"),
    InvalidApp([ONE, TWO], what="App"),
    PolicyError([ONE], what="policy"),
    InvalidNumber("m", code="number.digits", reason="number_malformed", hint="h", span=(1, 2), message_zh="z"),
    Denied("m", decision="anything"),
    ConfigurationError("m"),
]


@pytest.mark.parametrize("error", ERRORS)
def test_errors_come_back_from_another_process(error: IcpGateError) -> None:
    """An error that cannot be unpickled hangs a pool of processes."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    assert type(copy) is type(error)
    assert copy.__dict__ == error.__dict__
    assert (str(copy), copy.args) == (str(error), error.args)


def test_an_invalid_number_speaks_two_languages() -> None:
    """Where there is no Chinese text the English one stands in."""
    both = InvalidNumber("m", code="c", reason="r", hint="h", message_zh="消息", hint_zh="提示")
    assert (both.text("zh-CN"), both.hint_text("zh-CN")) == ("消息", "提示")
    assert (both.text("en"), both.hint_text("en"), both.reason, both.span) == ("m", "h", "r", (0, 0))
    english = InvalidNumber("m", code="c", reason="r", hint="h")
    assert (english.text("zh-CN"), english.hint_text("zh-CN")) == ("m", "h")
    assert english.code == "c"
    assert InvalidNumber("m", code="c", reason="r").hint == ""


def test_denied_carries_its_decision() -> None:
    """The reasons need not be asked for again."""
    decision = object()
    assert Denied("m", decision=decision).decision is decision
    assert (Denied("m", decision=decision).code, str(Denied("m", decision=decision))) == ("denied", "m")


def test_the_tree_is_drawn() -> None:
    """Every public error of the module is one of ours and stands in the drawing at its top."""
    drawing = icpgate.errors.__doc__ or ""
    for name in icpgate.errors.__all__:
        value = getattr(icpgate.errors, name)
        if isinstance(value, type) and issubclass(value, Exception):
            assert issubclass(value, IcpGateError)
            assert name in drawing
            assert value.code
