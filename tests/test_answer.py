"""Questions and answers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from icpgate.answer import (
    ByDocument,
    ByDomain,
    ByNumber,
    Found,
    NotRegistered,
    Observation,
    Query,
    Unavailable,
    Why,
    echoes,
)
from icpgate.errors import Defect, InvalidRecord
from icpgate.number import parse
from icpgate.record import RegistrationRecord
from tests.cases import DOCUMENT, NOW, NUMBER, registered

RECORD = RegistrationRecord.read(registered())
BY_NUMBER = ByNumber(parse(NUMBER))
PACKAGE = "com.sig.wameiji"


@pytest.mark.parametrize(
    ("query", "echoed"),
    [
        (BY_NUMBER, True),
        (ByNumber(parse("蜀ICP备2021014694号-10")), False),
        (ByNumber(parse("蜀ICP备2021014694号")), False),
        (ByNumber(parse("蜀ICP备2021014694号-11A")), False),
        (ByDocument(DOCUMENT, PACKAGE), True),
        (ByDocument(DOCUMENT.lower(), PACKAGE), False),
        (ByDocument(DOCUMENT, "com.sig.Wameiji"), False),
        (ByDocument("91110000600037341L", PACKAGE), False),
        (ByDocument("", PACKAGE), False),
        (ByDomain("api.example.cn"), True),
        (ByDomain("example.cn"), False),
        (ByDomain("API.example.cn"), False),
    ],
)
def test_a_record_echoes_every_key_of_its_query(query: Query, echoed: bool) -> None:  # noqa: FBT001 -- a column of a table
    """Byte for byte: a record that is nearly about the question is about another."""
    assert echoes(query, RECORD) is echoed


def test_a_record_without_the_key_echoes_nothing() -> None:
    """A source that has no domains cannot be asked by one."""
    bare = RegistrationRecord.read(registered(platforms=None, domains=None, document_number=None))
    assert not echoes(ByDocument(DOCUMENT, PACKAGE), bare)
    assert not echoes(ByDomain("api.example.cn"), bare)
    assert not echoes(ByDocument(DOCUMENT, PACKAGE), RegistrationRecord.read(registered(platforms=[{}])))
    assert echoes(BY_NUMBER, bare)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (BY_NUMBER, f"number {NUMBER}"),
        (ByDocument(DOCUMENT, PACKAGE), f"document and package {PACKAGE}"),
        (ByDomain("example.cn"), "domain example.cn"),
    ],
)
def test_a_query_as_a_message_names_it(query: Query, text: str) -> None:
    """A document number may be personal, and is in neither text."""
    assert str(query) == text
    assert DOCUMENT not in repr(query)


def test_found_needs_a_record() -> None:
    """Nothing found is not a way of being found."""
    with pytest.raises(InvalidRecord) as caught:
        Found(())
    (defect,) = caught.value.defects
    hint = "answer NotRegistered or Unavailable"
    assert defect == Defect("answer.empty", "/records", "no record", "at least one", hint)
    assert str(caught.value).startswith("Found: 1 defect")


def test_the_record_of_an_answer() -> None:
    """The first of them; by number there is one."""
    other = replace(RECORD, source="other")
    assert Found((RECORD,)).record is RECORD
    assert Found((other, RECORD)).record is other


def observation(answer: Found | NotRegistered | Unavailable) -> Observation:
    """The answer as it was observed."""
    return Observation(BY_NUMBER, answer, NOW, "source", "registry")


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        (Found((RECORD,)), {"found": [RECORD.written()]}),
        (NotRegistered("all"), {"not_registered": "all"}),
        (Unavailable(Why.TIMEOUT, "2 s"), {"unavailable": "timeout", "detail": "2 s"}),
        (Unavailable(Why.STALE), {"unavailable": "stale", "detail": ""}),
        (Unavailable(Why.INTERNAL, "\ud800"), {"unavailable": "internal", "detail": "\ud800"}),
    ],
)
def test_a_digest_is_over_the_answer(answer: Found | NotRegistered | Unavailable, written: object) -> None:
    """SHA-256 over canonical JSON: sorted, without blanks, in UTF-8."""
    text = json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    assert observation(answer).digest == expected


def test_a_digest_tells_answers_apart() -> None:
    """The same answer has the same digest wherever it was observed; another has another."""
    same = replace(observation(Found((RECORD,))), source="elsewhere", registry="other")
    assert same.digest == observation(Found((RECORD,))).digest
    assert len({observation(a).digest for a in (Found((RECORD,)), NotRegistered("all"), NotRegistered("京"))}) == 3


def test_the_whys_are_a_closed_list() -> None:
    """Another word is a defect of whoever uses it."""
    assert [why.value for why in Why] == [
        "timeout", "connection", "refused", "blocked", "rate_limited", "unauthorised", "protocol", "malformed",
        "schema", "truncated", "too_large", "upstream_error", "maintenance", "wrong_province", "overloaded", "stale",
        "not_listed", "not_covered", "configuration", "internal", "registries_disagree",
    ]  # fmt: skip


def test_answers_are_values() -> None:
    """Equal by what they say, hashable."""
    assert (
        len({Found((RECORD,)), Found((RECORD,)), NotRegistered("all"), Unavailable(Why.STALE), Unavailable(Why.STALE)})
        == 3
    )
    assert observation(NotRegistered("all")) == observation(NotRegistered("all"))
