"""Whatever is handed in, a report comes back, and soon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpgate.registration.form import examine
from icpgate.registration.form.fields import form_fields
from tests.registration.forms import TODAY, good_form, spoilt

if TYPE_CHECKING:
    from collections.abc import Iterator

MILLION: Final = 1_000_000


class _Raises(Mapping[str, object]):
    """A mapping that cannot be read."""

    def __getitem__(self, key: str) -> object:
        raise LookupError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("name", "kind"))

    def __len__(self) -> int:
        return 2


class _Endless(_Raises):
    """A mapping that never ends."""

    def __iter__(self) -> Iterator[str]:
        while True:
            yield "name"


class _Liar:
    """An object that raises when it is looked at."""

    @property  # type: ignore[misc]  # that is what makes it hostile
    def __class__(self) -> type:
        raise RuntimeError


class _Text(str):
    """A text with ways of its own."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError

    def strip(self, *_: object) -> str:
        raise RuntimeError


def _deep() -> dict[str, object]:
    whole: dict[str, object] = {}
    part = whole
    for _ in range(500):
        part["operator"] = part = {}
    return whole


_MANY: Final = object()
"""Stands for an object with a million fields, which is made when it is needed."""

HOSTILE: Final[dict[str, tuple[Any, str, str]]] = {
    "nothing": (None, "", "form.type"),
    "a list": ([], "", "form.type"),
    "NaN": (float("nan"), "", "form.type"),
    "a set": ({1}, "", "form.type"),
    "unreadable": (_Raises(), "", "form.unreadable"),
    "endless": (_Endless(), "", "form.too_many"),
    "a liar inside": (spoilt(good_form(), "/app", _Liar()), "", "form.unreadable"),
    "an unreadable part": (spoilt(good_form(), "/operator", _Raises()), "/operator", "form.unreadable"),
    "a million fields": (_MANY, "", "form.too_many"),
    "a million domains": (spoilt(good_form(), "/app/domains", ["x"] * MILLION), "/app/domains", "form.too_many"),
    "a long name": (spoilt(good_form(), "/app/name", "x" * MILLION), "/app/name", "form.too_long"),
    "a long kind": (spoilt(good_form(), "/app/kind", "x" * MILLION), "/app/kind", "form.too_long"),
    "half a character": (spoilt(good_form(), "/app/name", "示例\ud800"), "/app/name", "form.invisible"),
    "NaN for a text": (spoilt(good_form(), "/operator/region", float("nan")), "/operator/region", "form.type"),
    "bytes for a text": (spoilt(good_form(), "/operator/region", b"510107"), "/operator/region", "form.type"),
    "a long key": (
        spoilt(good_form(), "/app/platforms/0/public_key", "9" * 4_096),
        "/app/platforms/0/public_key",
        "form.key",
    ),
    "a nested name": (spoilt(good_form(), "/app/name", _deep()), "/app/name", "form.type"),
    "a name that is no text": (good_form() | {3: 4}, "/<3>", "form.unknown_field"),
    "a name of half a character": (good_form() | {"\ud800": 1}, "/\\ud800", "form.unknown_field"),
    "a name with a slash": (good_form() | {"a/b~": 1}, "/a~1b~0", "form.unknown_field"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_a_report(name: str) -> None:
    """One defect at its place, with texts that can be written down."""
    form, pointer, code = HOSTILE[name]
    examination = examine({str(n): n for n in range(MILLION)} if form is _MANY else form, today=TODAY)
    assert [(each.pointer, each.code) for each in examination.defects] == [(pointer, code)]
    assert all(text.encode() for each in examination.defects for text in each.written().values() if text)


def test_a_text_with_ways_of_its_own_is_read_as_it_is_written() -> None:
    """Its own code is never called."""
    assert examine(spoilt(good_form(), "/app/name", _Text("示例随手记")), today=TODAY).complete


def test_the_most_that_a_form_may_have_is_examined_soon() -> None:
    """A thousand bad domains are a thousand defects."""
    form = spoilt(good_form(), "/app/domains", ["-"] * 1_000)
    assert len(examine(form, today=TODAY).defects) == 1_000


_POINTERS: Final = tuple(
    field.pointer.replace("*", "0") for field in form_fields() if "pre_approvals/" not in field.pointer
)
_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(_POINTERS), _JSON), max_size=4), st.sampled_from(["app", "mini_program"]))
def test_any_values_anywhere_are_a_report(changes: list[tuple[str, object]], kind: str) -> None:
    """Pointers lead to the form's fields, each code and place stands once, and nothing is raised."""
    form = good_form(kind)
    for pointer, value in sorted(changes, key=lambda each: each[0], reverse=True):
        try:
            form = spoilt(form, pointer, value)
        except (KeyError, TypeError, IndexError):
            continue
    examination = examine(form, today=TODAY)
    places = [(each.pointer, each.code) for each in examination.defects if each.code != "form.unknown_field"]
    assert len(places) == len(set(places))
    assert (examination.form is None) is bool(examination.defects)
