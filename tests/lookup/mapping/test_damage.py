"""
Right answers, damaged in every single place: nothing else comes of them than what they said.

A damaged answer may still be found, but only with its own number and status, and never is it a *no*
that was none. What was not asked by may get lost, or be another where the damage lies in that very
text: the operator, and the number when it was asked by another key. That shows when it is compared
with the app.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Query, Unavailable
from icpgate.lookup.mapping import load_text
from icpgate.lookup.registries.json_api import JsonApi
from icpgate.lookup.steps import Reply, Response, Send
from icpgate.record import RegistrationRecord
from tests.cases import NUMBER as PROTOCOL_NUMBER
from tests.cases import registered
from tests.lookup.files import by
from tests.lookup.mapping.local import NOW
from tests.lookup.mapping.mappings import NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.answer import Answer

PAYLOADS = Path(__file__).parents[2] / "data" / "payloads"
DOCS = Path(__file__).parents[3] / "docs"


def documented() -> str:
    """The worked example of the page."""
    page = (DOCS / "json-api.md").read_text(encoding="utf-8")
    return page.partition("```toml\n")[2].partition("```")[0].replace("env:EXAMPLE_TOKEN", "t0ken")


@dataclass(frozen=True)
class Case:
    """A registry, a query, and a right answer."""

    name: str
    query: Query
    value: Any
    shape: str = "documented"

    @property
    def registry(self) -> JsonApi:
        """The registry of its shape."""
        return registry_of(self.shape)

    @property
    def body(self) -> bytes:
        """The answer as it is sent."""
        return json.dumps(self.value, ensure_ascii=False, separators=(",", ":")).encode()

    def observed(self, body: bytes) -> Observation:
        """What the registry makes of a body."""
        flow = self.registry.ask([self.query])
        assert type(next(flow)) is Send
        reply = Reply(NOW, 0.0, Response(200, {"content-type": "application/json"}, body))
        with pytest.raises(StopIteration) as ended:
            flow.send(reply)
        [observation] = ended.value.value
        assert isinstance(observation, Observation)
        return observation

    @property
    def right(self) -> Answer:
        """What the undamaged answer says."""
        return said(self.name)

    def check(self, body: bytes, *, is_hit: bool = False) -> None:
        """Nothing else comes of a damaged body; `is_hit`: the damage lies in a text that was not asked by."""
        answer = self.observed(body).answer
        if isinstance(answer, NotRegistered):
            assert answer == self.right, body
        elif isinstance(answer, Found):
            assert isinstance(self.right, Found), body
            [original] = self.right.records
            [record] = answer.records
            assert record.status is original.status, body
            is_free = is_hit and type(self.query) is not ByNumber
            assert is_free or record.registration_number == original.registration_number, body
            assert is_hit or record.operator in {original.operator, None, ""}, body
        else:
            assert type(answer) is Unavailable, body


@cache
def registry_of(shape: str) -> JsonApi:
    """The registry of a shape."""
    if shape == "documented":
        return JsonApi(load_text(documented()))
    return JsonApi.ready(shape, url="https://registry.example.cn")


def hidden(status: str) -> dict[str, Any]:
    """The answer of the worked example."""
    data = {
        "number": NUMBER,
        "status": status,
        "name": "示例阅读",
        "company": "示例网络（北京）有限公司",
        "package": "cn.example.reader",
        "looked_up_at": "2026-11-23 20:00:00",
    }
    return {"code": 0, "message": "ok", "data": data}


def told(status: str, **members: object) -> dict[str, Any]:
    """An answer of the registry protocol."""
    keys = {} if "domain" in members else {"number": PROTOCOL_NUMBER}
    return {"status": status, **keys, **members, "observed_at": "2026-11-23T00:00:00Z", "source": "register"}


def kept(name: str) -> Any:
    """A kept answer."""
    return json.loads((PAYLOADS / name).read_text(encoding="utf-8"))


def not_registered(value: Any) -> Any:
    """The same with the state of a no."""
    changed = copy.deepcopy(value)
    changed["data"]["bazt"] = 1
    return changed


WRITTEN = RegistrationRecord.read(registered()).written()
CANCELLED = RegistrationRecord.read(registered(status="cancelled")).written()
ENTERPRISE = kept("store_alibaba_queryAppIcpInfo_response.json")
BY_DOCUMENT = ByDocument("91510108MA6632C60R", "com.sig.wameiji")
CASES = [
    Case("active", by(NUMBER), hidden("active")),
    Case("revoked", by(NUMBER), hidden("revoked")),
    Case("absent", by(NUMBER), hidden("absent")),
    Case("protocol", by(PROTOCOL_NUMBER), told("registered", record=WRITTEN), "icpgate"),
    Case("cancelled", by(PROTOCOL_NUMBER), told("cancelled", record=CANCELLED), "icpgate"),
    Case("no", by(PROTOCOL_NUMBER), told("not_registered", authoritative=True, scope="all"), "icpgate"),
    Case("nobody", by(PROTOCOL_NUMBER), told("unavailable", why="blocked", detail="captcha"), "icpgate"),
    Case(
        "batch",
        ByDomain("api.example.cn"),
        {"answers": [told("registered", domain="api.example.cn", records=[WRITTEN])]},
        "icpgate",
    ),
    Case("miit", by("粤B2-20090059-5"), kept("miit_web_list_response.json"), "miit"),
    Case("icp-mcp", by("京ICP证030173号-155"), kept("miit_web_records_baidu_icpmcp.json"), "icp-mcp"),
    Case("fghwett", ByDomain("mi.cn"), kept("gateway_fghwett_found.json"), "fghwett"),
    Case("enterprise", BY_DOCUMENT, ENTERPRISE, "enterprise-json"),
    Case("enterprise-no", BY_DOCUMENT, not_registered(ENTERPRISE), "enterprise-json"),
]


@cache
def said(name: str) -> Answer:
    """What each right answer says."""
    [case] = [case for case in CASES if case.name == name]
    return case.observed(case.body).answer


each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)

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


@each_case
def test_the_right_answers_are_answers(case: Case) -> None:
    """Else their damage would show nothing."""
    kinds = {"absent": NotRegistered, "no": NotRegistered, "enterprise-no": NotRegistered, "nobody": Unavailable}
    assert type(case.right) is kinds.get(case.name, Found)


@each_case
def test_every_value_of_another_type(case: Case) -> None:
    """One at a time, containers and the whole included."""
    for path in leaves(case.value):
        for other in OTHERS:
            text = json.dumps(replaced(case.value, path, other), ensure_ascii=False)
            body = text.replace(json.dumps(OVERFLOW), "1e999").encode()
            if case.name == "enterprise" and path[-1:] == ("bazt",) and other == 1 and other is not True:
                continue  # this is what a no looks like
            if case.name == "enterprise-no" and path[-1:] == ("bazt",) and other == 0 and other is not False:
                continue  # and this a record
            case.check(body, is_hit=path[-1:] in {("operator",), ("unitName",), ("company",)})


@each_case
def test_every_member_left_out(case: Case) -> None:
    """One at a time."""
    for path in leaves(case.value):
        if path:
            case.check(json.dumps(without(case.value, path), ensure_ascii=False).encode())


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
            case.check(json.dumps(renamed, ensure_ascii=False).encode())


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
            answer = case.observed(doubled.encode()).answer
            assert isinstance(answer, Unavailable)
            assert answer.why.value == "malformed"


@each_case
def test_every_prefix(case: Case) -> None:
    """A complete record in a cut body is not used."""
    body = case.body
    for end in range(len(body)):
        assert isinstance(case.observed(body[:end]).answer, Unavailable)


@each_case
def test_every_suffix_behind(case: Case) -> None:
    """Text after the answer makes it two things."""
    for more in (b"x", b"{}", case.body, b"]", b"\0", b"// fine"):
        assert isinstance(case.observed(case.body + more).answer, Unavailable)


def spans(body: bytes, *texts: str) -> set[int]:
    """The positions of the bytes of some texts."""
    found: set[int] = set()
    for text in texts:
        start = body.find(text.encode())
        while start >= 0:
            found.update(range(start, start + len(text.encode())))
            start = body.find(text.encode(), start + 1)
    return found


@each_case
def test_every_flipped_bit(case: Case) -> None:
    """One at a time; the state of the ministry's query is a single digit, whose flips are its own words."""
    body = case.body
    records = case.right.records if isinstance(case.right, Found) else ()
    hit = spans(body, *(text for r in records for text in (r.operator, r.registration_number.canonical) if text))
    digit = spans(body, '"bazt":0', '"bazt":1')
    for position in range(len(body)):
        for bit in range(8):
            if position in digit and body[position] in b"01":
                continue
            damaged = bytearray(body)
            damaged[position] ^= 1 << bit
            case.check(bytes(damaged), is_hit=position in hit)


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
    case.check(json.dumps(value).encode())


@given(st.sampled_from(CASES), st.binary(max_size=64))
def test_any_bytes_are_no_answer(case: Case, body: bytes) -> None:
    """Nor anything found."""
    assert isinstance(case.observed(body).answer, Unavailable)
