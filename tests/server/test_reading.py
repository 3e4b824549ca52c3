"""Requests are read strictly, and nothing of them is repeated."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, ByNumber
from icpgate.number import parse
from icpgate.server.reading import MAX_QUERIES, read_batch, read_number
from icpgate.server.refusal import Refused

NUMBER = "蜀ICP备2021014694号-10A"
SECRET = "110101199003074578"  # noqa: S105 -- what must not be repeated


def batch(*queries: object) -> bytes:
    """A body with these queries."""
    return json.dumps({"queries": queries}, ensure_ascii=False).encode()


def refused(body: bytes) -> Refused:
    """The error of a body that cannot be read."""
    with pytest.raises(Refused) as caught:
        read_batch(body)
    assert caught.value.status == 400
    return caught.value


def test_a_number_is_read_as_everywhere() -> None:
    """Safe repairs are made."""
    assert read_number("蜀ICP備2021014694号－10a") == ByNumber(parse(NUMBER))


@pytest.mark.parametrize("text", ["", SECRET, "蜀ICP备2021014694-10A", "x" * 10_000, "京公网安备11010802022657号"])
def test_what_is_no_number_is_refused_and_not_repeated(text: str) -> None:
    """With the code of docs/number.md."""
    with pytest.raises(Refused) as caught:
        read_number(text)
    assert caught.value.status == 400
    assert caught.value.code.startswith("number.")
    assert not text or text.encode() not in caught.value.body


def test_the_three_kinds_of_query() -> None:
    """In order, each in its normal form."""
    body = batch(
        {"number": NUMBER}, {"document_number": "91510108MA6632C60R", "package": "a.b"}, {"domain": "API.例子.中国"}
    )
    assert read_batch(body) == [
        ByNumber(parse(NUMBER)),
        ByDocument("91510108MA6632C60R", "a.b"),
        ByDomain("api.xn--fsqu00a.xn--fiqs8s"),
    ]


def test_a_batch_of_none_has_no_queries() -> None:
    """It asks nothing, which is not wrong."""
    assert read_batch(batch()) == []


@pytest.mark.parametrize(
    ("query", "place"),
    [
        (SECRET, ""),
        ({}, ""),
        ({"number": NUMBER, "domain": "a.cn"}, ""),
        ({"numbers": [NUMBER]}, ""),
        ({"number": NUMBER, "as_of": "2020-01-01"}, ""),
        ({"number": None}, "/number"),
        ({"number": 5}, "/number"),
        ({"number": SECRET}, "/number"),
        ({"document_number": SECRET}, ""),
        ({"document_number": SECRET, "package": ""}, "/package"),
        ({"document_number": SECRET, "package": " "}, "/package"),
        ({"document_number": ["x"], "package": "a"}, "/document_number"),
        ({"document_number": SECRET * 50, "package": "a"}, "/document_number"),
        ({"domain": f"{SECRET}.*"}, "/domain"),
        ({"domain": 5}, "/domain"),
    ],
)
def test_a_bad_query_is_named_by_its_place(query: object, place: str) -> None:
    """The batch is refused as a whole, and nothing of it is repeated."""
    error = refused(batch({"number": NUMBER}, query, {"domain": "a.cn"}))
    assert error.code == "request.query"
    assert [defect.place for defect in error.defects] == [f"/queries/1{place}"]
    assert SECRET.encode() not in error.body


def test_every_bad_query_is_named() -> None:
    """Not only the first."""
    error = refused(batch({"number": "x"}, {"number": NUMBER}, {"domain": ""}))
    assert [defect.place for defect in error.defects] == ["/queries/0/number", "/queries/2/domain"]
    told = json.loads(error.body)["error"]
    assert [defect["place"] for defect in told["defects"]] == ["/queries/0/number", "/queries/2/domain"]
    assert "2 of 3" in told["message"]


@pytest.mark.parametrize("body", [b"[]", b"{}", b"null", b'{"queries": {}}', b'{"queries": [], "x": 1}', b'"queries"'])
def test_a_body_of_another_shape_is_refused(body: bytes) -> None:
    """One key, a list."""
    assert refused(body).code == "request.shape"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "json.syntax"),
        (b'{"queries": [', "json.syntax"),
        (b'{"queries": [], "queries": []}', "json.duplicate_key"),
        (b'{"queries": [{"number": "x", "number": "y"}]}', "json.duplicate_key"),
        (b'{"queries": [NaN]}', "json.constant"),
        (b"\xff", "json.encoding"),
        (b"[" * 200, "json.too_deep"),
        (b'{"queries": ["\\ud800"]}', "json.unicode"),
        (b'{"110101199003074578": 1, "110101199003074578": 2}', "json.duplicate_key"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(body: bytes, code: str) -> None:
    """And a key that stands twice is not repeated."""
    error = refused(body)
    assert error.code == code
    assert SECRET.encode() not in error.body


def test_a_thousand_queries_are_the_most() -> None:
    """More are for another batch."""
    assert len(read_batch(batch(*[{"number": NUMBER}] * MAX_QUERIES))) == MAX_QUERIES
    assert refused(batch(*[{"number": NUMBER}] * (MAX_QUERIES + 1))).code == "request.too_many"


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps({"queries": [text]}).encode()))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    """Nothing else is raised."""
    try:
        read_batch(body)
    except Refused as error:
        json.loads(error.body)
