"""What is JSON is read, and what is not is unavailable with the right why: as a body, and inside a right answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Found, Unavailable
from icpgate.lookup.mapping.body import read_body
from icpgate.lookup.steps import Response, Unanswered
from tests.conformance.json_cases import CUT, FREE, IS_JSON, NO_JSON, PAGES
from tests.damage.answers import CASES
from tests.damage.wire import sized

if TYPE_CHECKING:
    from icpgate.answer import Answer
    from tests.damage.answers import Case

JSON = {"content-type": "application/json"}
ACTIVE = next(case for case in CASES if case.name == "active")
SHAPES = [
    case for case in CASES if case.name in {"active", "protocol", "batch", "miit", "uapis", "enterprise", "chinaz-app"}
]


def outcome(body: bytes) -> str:
    """What the strict reader makes of a body: `read`, or why not."""
    try:
        read_body(Response(200, JSON, body))
    except Unanswered as unanswered:
        return unanswered.why.value
    return "read"


def answer(case: Case, body: bytes) -> Answer:
    """What a registry makes of a body that came over the wire."""
    return case.observed(0, sized(body, case.content_type)).answer


def inside(text: bytes) -> bytes:
    """A right answer with this text as the value of a member that nobody reads."""
    return b'{"extra":' + text + b"," + ACTIVE.body[1:]


def test_the_counts() -> None:
    """At least as many as the public suite has, each another one."""
    for cases, least in ((NO_JSON, 188), (IS_JSON, 95), (FREE, 35)):
        assert len(set(cases.values())) == len(cases) >= least


@pytest.mark.parametrize("name", NO_JSON)
def test_what_is_no_json(name: str) -> None:
    """Cut, a page for people, or malformed; no registry finds anything in it."""
    text = NO_JSON[name]
    why = "truncated" if name in CUT else "blocked" if name in PAGES else "malformed"
    assert outcome(text) == why
    for case in SHAPES:
        said = answer(case, text)
        assert isinstance(said, Unavailable)
        assert said.why.value == why


@pytest.mark.parametrize("name", NO_JSON)
def test_what_is_no_json_spoils_a_right_answer(name: str) -> None:
    """Also where nobody reads it: a text is JSON from its first to its last character, or it is not."""
    said = answer(ACTIVE, inside(NO_JSON[name]))
    assert isinstance(said, Unavailable)
    assert said.why.value in {"malformed", "truncated"}


@pytest.mark.parametrize("name", IS_JSON)
def test_what_is_json(name: str) -> None:
    """It is read as it was meant, and is no answer of any registry; inside a right answer it disturbs nobody."""
    text = IS_JSON[name]
    assert repr(read_body(Response(200, JSON, text))) == repr(json.loads(text))
    for case in SHAPES:
        said = answer(case, text)
        assert isinstance(said, Unavailable)
        assert said.why.value not in {"internal", "truncated"}
    if name != f"structure {15}":  # with the answer around it, it is deeper than 64
        assert isinstance(answer(ACTIVE, inside(text)), Found)


@pytest.mark.parametrize("name", FREE)
def test_where_a_reader_is_free(name: str) -> None:
    """It is as the table says, and never a record that another reader would not see."""
    text, expected = FREE[name]
    assert outcome(text) == expected
    said = answer(ACTIVE, text)
    assert isinstance(said, Unavailable)
    if expected != "read":
        assert isinstance(answer(ACTIVE, inside(text)), Unavailable)
