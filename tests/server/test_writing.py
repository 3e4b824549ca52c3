"""Whoever reads an answer has the registry's observation, whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Query, Unavailable, Why
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.scope import Scope
from icpgate.number import parse
from icpgate.record import RegistrationRecord, RegistrationStatus
from icpgate.server import writing
from icpgate.server.writing import write_answer, write_answers, write_capabilities
from tests.cases import DOCUMENT, NOW, NUMBER, registered
from tests.server.told import read_answer

BY_NUMBER = ByNumber(parse(NUMBER))
QUERIES: list[Query] = [BY_NUMBER, ByDocument(DOCUMENT, "com.sig.wameiji"), ByDomain("api.example.cn")]
RECORD = RegistrationRecord.read(registered())


def observed(query: Query, answer: Any, *, seen: datetime = NOW, source: str = "bureau") -> Observation:
    """An observation of the registry that is served."""
    return Observation(query, answer, seen, source, "served")


def again(observation: Observation) -> Observation:
    """The observation that a reader of its answer has."""
    return read_answer(observation.query, json.loads(write_answer(observation)), "served")


@pytest.mark.parametrize("query", QUERIES, ids=["number", "document", "domain"])
@pytest.mark.parametrize(
    "answer",
    [
        Found((RECORD,)),
        NotRegistered("provinces:蜀"),
        Unavailable(Why.NOT_LISTED, "it says nothing"),
        Unavailable(Why.STALE),
    ],
    ids=["found", "not_registered", "unavailable", "without_detail"],
)
def test_every_answer_is_read_as_it_was(query: Query, answer: Any) -> None:
    """To the microsecond, with source and detail."""
    observation = observed(query, answer, seen=datetime(2026, 11, 24, 1, 2, 3, 456_789, tzinfo=UTC), source="导出 2026")
    assert again(observation) == observation


@given(
    status=st.sampled_from(RegistrationStatus),
    seen=st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- hypothesis adds the zone
    name=st.text(st.characters(codec="utf-8"), max_size=40).map(str.strip),
    source=st.text(st.characters(codec="utf-8"), max_size=40),
    flags=st.tuples(st.none() | st.booleans(), st.none() | st.booleans()),
    domains=st.none() | st.just([]) | st.just(["a.cn", "b.cn"]),
)
def test_any_record_is_read_as_it_was(
    status: RegistrationStatus,
    seen: datetime,
    name: str,
    source: str,
    flags: tuple[bool | None, bool | None],
    domains: list[str] | None,
) -> None:
    """Absent stays absent, empty stays empty."""
    row = registered(
        status=status.value,
        service_name=name,
        domains=domains,
        blacklisted=flags[0],
        access_restricted=flags[1],
        observed_at=seen.isoformat(),
        approved_at="2023-09-03",
    )
    observation = observed(BY_NUMBER, Found((RegistrationRecord.read(row),)), seen=seen, source=source)
    assert again(observation) == observation
    assert again(observation).digest == observation.digest


def test_the_status_of_several_records() -> None:
    """Their word where they agree; what each of them is stands in the record."""
    records = [RegistrationRecord.read(registered(status=status)) for status in ("cancelled", "cancelled", "shell")]
    same = json.loads(write_answer(observed(QUERIES[2], Found(tuple(records[:2])))))
    other = json.loads(write_answer(observed(QUERIES[2], Found(tuple(records)))))
    assert same["status"] == "cancelled"
    assert other["status"] == "registered"
    assert [record["status"] for record in other["records"]] == ["cancelled", "cancelled", "shell"]


def test_half_characters_spoil_one_answer_alone() -> None:
    """Such an answer is unavailable, and so is one from a source with such a name."""
    half = Found((RegistrationRecord.read(registered(service_name="\ud800")),))
    body = write_answers(
        [observed(BY_NUMBER, half), observed(BY_NUMBER, Found((RECORD,))), observed(BY_NUMBER, half, source="\udc00")]
    )
    first, second, third = json.loads(body)["answers"]
    assert (first["status"], first["why"]) == ("unavailable", "malformed")
    assert second["status"] == "registered"
    assert third["status"] == "unavailable"


def test_answers_beyond_the_bound_are_to_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order and the number of answers stay."""
    one = len(write_answer(observed(BY_NUMBER, Found((RECORD,)))))
    monkeypatch.setattr(writing, "MAX_ANSWERS", one + 400)
    answers = json.loads(write_answers([observed(BY_NUMBER, Found((RECORD,)))] * 2))["answers"]
    assert [answer["status"] for answer in answers] == ["registered", "unavailable"]
    assert answers[1]["why"] == "too_large"
    assert answers[1]["number"] == NUMBER


def test_capabilities_are_told() -> None:
    """What can be asked, and what the answers are worth."""
    some = Capabilities(by_domain=True, authoritative=True, scope=Scope.parse("kinds:app"), contains=frozenset("ba"))
    assert json.loads(write_capabilities("snapshot:r", some)) == {
        "id": "snapshot:r",
        "by_number": True,
        "by_document": False,
        "by_domain": True,
        "authoritative": True,
        "scope": "kinds:app",
        "contains": ["a", "b"],
    }
    assert json.loads(write_capabilities("x", Capabilities()))["contains"] is None
