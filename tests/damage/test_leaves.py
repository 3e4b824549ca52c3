"""
Right answers, damaged in every single value and key: nothing else comes of them than what they said.

A damaged answer may still be found, but only with its own number and status, and never is it a *no*
that was none. What was not asked by may get lost, or be another where the damage lies in that very
text: that shows when it is compared with the app.
"""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable
from icpgate.lookup.steps import Reply, Response, Send
from tests.cases import NUMBER as PROTOCOL_NUMBER
from tests.damage.answers import CASES
from tests.lookup.mapping.local import NOW
from tests.lookup.mapping.mappings import NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.answer import Answer
    from tests.damage.answers import Case

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def observed(case: Case, body: bytes) -> Observation:
    """What the registry makes of a body; without a wire, of which a million would be too many."""
    flow = case.make().ask([case.query])
    assert type(next(flow)) is Send
    reply = Reply(NOW, 0.0, Response(200, {"content-type": "application/json"}, body))
    with pytest.raises(StopIteration) as ended:
        flow.send(reply)
    [observation] = ended.value.value
    assert isinstance(observation, Observation)
    return observation


@cache
def said(name: str) -> Answer:
    """What each right answer says."""
    [case] = [case for case in CASES if case.name == name]
    return observed(case, case.body).answer


def check(case: Case, body: bytes, *, is_hit: bool = False) -> None:
    """Nothing else comes of a damaged body; `is_hit`: the damage lies in a text that was not asked by."""
    answer, right = observed(case, body).answer, said(case.name)
    if isinstance(answer, NotRegistered):
        assert answer == right, body
    elif isinstance(answer, Found):
        assert isinstance(right, Found), body
        [original] = right.records
        [record] = answer.records
        assert record.status is original.status, body
        is_free = is_hit and type(case.query) is not ByNumber
        assert is_free or record.registration_number == original.registration_number, body
        assert is_hit or record.operator in {original.operator, None, ""}, body
    else:
        assert type(answer) is Unavailable, body


Place = tuple["str | int", ...]


def leaves(value: Any, path: Place = ()) -> Iterator[Place]:
    """The path of everything in a value, containers included."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, member in members:
        yield from leaves(member, (*path, step))


def without(value: Any, path: Place) -> Any:
    """A copy without what stands at a path."""
    changed = copy.deepcopy(value)
    parent = changed
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    return changed


def replaced(value: Any, path: Place, new: Any) -> Any:
    """A copy with something else at a path."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    parent = changed
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = new
    return changed


OVERFLOW = "a number beyond every range"
OTHERS: list[Any] = [None, [], {}, 0, 1, -1, "", "0", "1", True, False, 0.5, OVERFLOW, ["x"], {"x": "y"}, "registered"]
NAMES = {("operator",), ("unitName",), ("company",), ("unit",), ("CompanyName",), ("Orgnization",), ("UnitName",)}


def is_own_word(case: Case, path: Place, other: object) -> bool:
    """Whether this is another word of the service's own: the state of the ministry's query is a digit."""
    word = {"enterprise": 1, "enterprise-no": 0}.get(case.name)
    return path[-1:] == ("bazt",) and type(other) is int and other == word


@each_case
def test_every_value_of_another_type(case: Case) -> None:
    """One at a time, containers and the whole included."""
    for path in leaves(case.value):
        for other in OTHERS:
            text = json.dumps(replaced(case.value, path, other), ensure_ascii=False)
            body = text.replace(json.dumps(OVERFLOW), "1e999").encode()
            if not is_own_word(case, path, other):
                check(case, body, is_hit=path[-1:] in NAMES)


def test_a_value_of_megabytes() -> None:
    """Where any value stands: the answer is too large, whatever else it says."""
    for case in CASES:
        for path in leaves(case.value):
            if path and isinstance(path[-1], str):
                body = json.dumps(replaced(case.value, path, "x" * 5_000_000)).encode()
                answer = observed(case, body).answer
                assert isinstance(answer, Unavailable)
                assert answer.why.value == "too_large"
                break


@each_case
def test_every_member_left_out(case: Case) -> None:
    """One at a time."""
    for path in leaves(case.value):
        if path:
            check(case, json.dumps(without(case.value, path), ensure_ascii=False).encode())


@each_case
def test_every_key_in_another_case(case: Case) -> None:
    """A key is a key."""
    for path in leaves(case.value):
        if path and isinstance(path[-1], str):
            *parent, key = (*path[:-1], str(path[-1]))
            value = case.value
            for step in path:
                value = value[step]
            renamed = replaced(without(case.value, path), (*parent, str(key).swapcase()), value)
            check(case, json.dumps(renamed, ensure_ascii=False).encode())


@each_case
def test_every_key_twice(case: Case) -> None:
    """With the same value or another, before or behind: it is malformed."""
    text = case.body.decode()
    for path in leaves(case.value):
        if not path or not isinstance(path[-1], str):
            continue
        key = f"{json.dumps(path[-1], ensure_ascii=False)}:"
        for extra in ("null", '"active"'):
            start = text.index(key)
            doubled = f"{text[:start]}{key}{extra},{text[start:]}"
            answer = observed(case, doubled.encode()).answer
            assert isinstance(answer, Unavailable)
            assert answer.why.value == "malformed"


@each_case
def test_every_suffix_behind(case: Case) -> None:
    """Text after the answer makes it two things."""
    for more in (b"x", b"{}", case.body, b"]", b"\0", b"// fine"):
        assert isinstance(observed(case, case.body + more).answer, Unavailable)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([NUMBER, PROTOCOL_NUMBER, "active", "registered", "all"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "data", "status", "number", "record", "scope", "answers"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(CASES), JSON)
def test_any_json_is_some_answer(case: Case, value: object) -> None:
    """Nothing is raised, whatever comes."""
    check(case, json.dumps(value).encode())


@given(st.sampled_from(CASES), st.binary(max_size=64))
def test_any_bytes_are_no_answer(case: Case, body: bytes) -> None:
    """Nor anything found."""
    assert isinstance(observed(case, body).answer, Unavailable)
