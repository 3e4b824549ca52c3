"""Answers of the registry protocol."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Observation, Query, Unavailable, Why
from icpgate.lookup.mapping import load_ready
from icpgate.lookup.mapping.protocolreading import ProtocolReader
from icpgate.lookup.steps import Unanswered
from icpgate.record import RegistrationRecord, write_time
from tests.cases import DOCUMENT, NUMBER, registered
from tests.lookup.files import OTHER, by
from tests.lookup.mapping.local import NOW

if TYPE_CHECKING:
    from icpgate.answer import Answer

READER = ProtocolReader(load_ready("icpgate"), "https://registry.example.cn")
SEEN = NOW - timedelta(days=1)
RECORD = RegistrationRecord.read(registered())
BY_DOCUMENT = ByDocument(DOCUMENT, "com.sig.wameiji")
BY_DOMAIN = ByDomain("api.example.cn")


def told(**changes: object) -> dict[str, Any]:
    """A right answer to the number; a change to `...` leaves the member out."""
    members: dict[str, object] = {
        "status": "registered",
        "number": NUMBER,
        "record": RECORD.written(),
        "observed_at": write_time(SEEN),
        "source": "the served registry",
    }
    return {name: value for name, value in (members | changes).items() if value is not ...}


def several(*rows: dict[str, object], **changes: object) -> dict[str, Any]:
    """A right answer to the domain."""
    return told(number=..., record=..., domain="api.example.cn", records=list(rows) or [RECORD.written()], **changes)


def denied(**changes: object) -> dict[str, Any]:
    """A right no."""
    return told(**{"status": "not_registered", "record": ..., "authoritative": True, "scope": "all"} | changes)


def nobody(**changes: object) -> dict[str, Any]:
    """A right *unavailable*."""
    return told(**{"status": "unavailable", "record": ..., "why": "maintenance", "detail": "tonight"} | changes)


def observed(value: Any, query: Query | None = None, reader: ProtocolReader = READER) -> Observation:
    """What an answer comes to; why it is none as *unavailable*."""
    asked = query or by(NUMBER)
    [observation] = reader.batch((asked,), {"answers": [value]}, NOW)
    assert observation.query == asked
    assert observation.registry == "https://registry.example.cn"
    return observation


def answer(value: object, query: Query | None = None, reader: ProtocolReader = READER) -> Answer:
    """Its answer alone."""
    return observed(value, query, reader).answer


def why(value: object, query: Query | None = None) -> Why:
    """Why it is none."""
    got = answer(value, query)
    assert isinstance(got, Unavailable)
    return got.why


def test_found() -> None:
    """As the served registry has it: record, moment, source."""
    observation = observed(told())
    assert observation.answer == Found((RECORD,))
    assert (observation.observed_at, observation.source) == (SEEN, "the served registry")


def test_found_by_other_keys() -> None:
    """All the records, the oldest moment of them."""
    older = registered(registration_number=OTHER, observed_at=(NOW - timedelta(days=9)).isoformat())
    observation = observed(several(RECORD.written(), older), BY_DOMAIN)
    assert observation.answer == Found((RECORD, RegistrationRecord.read(older)))
    assert observation.observed_at == NOW - timedelta(days=9)
    by_document = told(
        number=..., record=..., document_number=DOCUMENT, package="com.sig.wameiji", records=[registered()]
    )
    assert answer(by_document, BY_DOCUMENT) == Found((RECORD,))


@pytest.mark.parametrize(
    ("status", "of_record", "counts"),
    [
        ("registered", "registered", True),
        ("registered", "cancelled", True),
        ("cancelled", "cancelled", True),
        ("shell", "shell", True),
        ("cancelled", "registered", False),
        ("shell", "cancelled", False),
    ],
)
def test_the_status_of_an_answer(status: str, of_record: str, counts: bool) -> None:  # noqa: FBT001 -- a column of the table
    """Is that of its record, or says only that there is one: then the record counts."""
    rows = registered(status=of_record)
    for value, query in ((told(status=status, record=rows), by(NUMBER)), (several(rows, status=status), BY_DOMAIN)):
        got = answer(value, query)
        if counts:
            assert isinstance(got, Found)
            assert got.record.status.value == of_record
        else:
            assert got == Unavailable(Why.MALFORMED, "a status that its record contradicts")


def test_a_no() -> None:
    """With its moment, its source and its scope."""
    observation = observed(denied(scope="kinds:app"))
    assert observation.answer == NotRegistered("kinds:app")
    assert (observation.observed_at, observation.source) == (SEEN, "the served registry")
    assert answer(denied(number=..., domain="api.example.cn"), BY_DOMAIN) == NotRegistered("all")


@pytest.mark.parametrize(
    "changes",
    [{"authoritative": value} for value in (False, None, 1, "true", ...)]
    + [{"scope": value} for value in (None, "", "everything", 7, ["all"], "none", ...)]
    + [{"observed_at": value} for value in (None, "", "yesterday", 7, "2026-11-24T00:00:00", ...)]
    + [{"source": value} for value in (None, "", " ", 7, "x" * 4_097, ...)],
    ids=str,
)
def test_what_is_no_no(changes: dict[str, object]) -> None:
    """Without authority, scope, moment or source it says nothing."""
    assert why(denied(**changes)) is Why.SCHEMA


@pytest.mark.parametrize("name", ["record", "records"])
def test_a_no_with_a_record(name: str) -> None:
    """Contradicts itself: it is neither. An empty one says nothing more."""
    assert answer(denied(**{name: registered()})) == Unavailable(Why.MALFORMED, "a no with a record")
    assert answer(denied(**{name: None})) == answer(denied(**{name: []})) == NotRegistered("all")


@pytest.mark.parametrize("query", [by(NUMBER), BY_DOMAIN], ids=str)
def test_a_no_outside_its_scope(query: Query) -> None:
    """About another province, or about a domain from a register of one."""
    keys = {} if query == by(NUMBER) else {"number": ..., "domain": "api.example.cn"}
    observation = observed(denied(scope="provinces:京", **keys), query)
    assert observation.answer == Unavailable(Why.NOT_COVERED, "a no outside the scope provinces:京")
    assert observation.observed_at == NOW


def test_a_no_of_a_registry_that_shall_not_say_it() -> None:
    """Whoever configures it may take its word away."""
    reader = ProtocolReader(replace(load_ready("icpgate"), authoritative=False), "https://registry.example.cn")
    assert answer(denied(), reader=reader) == Unavailable(
        Why.NOT_LISTED, "a no, but the source does not count as complete"
    )


@pytest.mark.parametrize("word", list(Why), ids=str)
def test_every_why(word: Why) -> None:
    """Comes out as it was told; its moment is when we asked."""
    observation = observed(nobody(why=word.value))
    assert observation.answer == Unavailable(word, "tonight")
    assert (observation.observed_at, observation.source) == (NOW, "the served registry")


def test_an_unavailable_needs_no_moment() -> None:
    """Nobody could say: that is true whoever says it, and whenever."""
    observation = observed(nobody(observed_at=..., source=..., detail=...))
    assert observation.answer == Unavailable(Why.MAINTENANCE)
    assert observation.source == "https://registry.example.cn"


WORDS: list[object] = ["", "sick", None, 7, [], ...]


@pytest.mark.parametrize("changes", [*({"why": word} for word in WORDS), {"detail": 7}], ids=str)
def test_what_is_no_why(changes: dict[str, object]) -> None:
    """The list is closed."""
    assert why(nobody(**changes)) is Why.SCHEMA


def test_a_detail_is_cut_and_visible() -> None:
    """It comes from elsewhere."""
    got = answer(nobody(detail="a\nb\u202e" + "x" * 500))
    assert isinstance(got, Unavailable)
    assert got.detail.isprintable()
    assert got.detail.startswith(r"a\nb\u202exxx")
    assert len(got.detail) < 220


@pytest.mark.parametrize("number", [OTHER, NUMBER.lower(), f" {NUMBER}", None, 7, [NUMBER], ...], ids=str)
def test_an_answer_repeats_the_number(number: object) -> None:
    """Byte for byte; found, denied or neither."""
    for value in (told(number=number), denied(number=number), nobody(number=number)):
        assert answer(value) == Unavailable(Why.MALFORMED, "an answer to another query")


def test_an_answer_repeats_every_key() -> None:
    """Both of two."""
    right = told(number=..., record=..., document_number=DOCUMENT, package="com.sig.wameiji", records=[registered()])
    for key, other in (("document_number", "91510108MA6632C60X"), ("package", "com.sig.Wameiji")):
        assert why(right | {key: other}, BY_DOCUMENT) is Why.MALFORMED
        assert why({name: value for name, value in right.items() if name != key}, BY_DOCUMENT) is Why.MALFORMED
    assert why(several() | {"domain": "example.cn"}, BY_DOMAIN) is Why.MALFORMED


def test_a_record_of_something_else() -> None:
    """Under the right number."""
    foreign = registered(registration_number=OTHER)
    assert why(told(record=foreign)) is Why.MALFORMED
    assert why(several(registered(), registered(domains=["b.cn"])), BY_DOMAIN) is Why.MALFORMED
    assert why(several(registered(), registered(operator="x")), BY_DOMAIN) is Why.MALFORMED


def test_a_detail_names_our_fields_only() -> None:
    """A member that is none of ours is somebody's text."""
    assert answer(told(record=registered(status="filed"))) == Unavailable(Why.SCHEMA, "not a record: /status")
    assert answer(told(record=registered(s3cret="x"))) == Unavailable(Why.SCHEMA, "not a record: an unknown field")
    assert answer(told(record=registered(**{"a/status": 1}))) == Unavailable(
        Why.SCHEMA, "not a record: an unknown field"
    )


def test_the_same_record_twice_is_one() -> None:
    """No contradiction."""
    assert answer(several(registered(), registered()), BY_DOMAIN) == Found((RECORD,))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "registered",
        told(status=...),
        told(status=None),
        told(status=["registered"]),
        told(status="filed"),
        told(status="Registered"),
        told(status=True),
        told(record=...),
        told(record=None),
        told(record=[registered()]),
        told(record=..., records=[registered()]),
        told(record=registered(status="filed")),
        told(record=registered(observed_at=None)),
        told(record=registered(source=None)),
        told(record=registered(license="x")),
        told(observed_at=...),
        told(observed_at="2026-11-23"),
        told(source=""),
    ],
    ids=[f"{n}" for n in range(20)],
)
def test_what_is_no_answer(value: object) -> None:
    """Another status, another shape of record, no moment, no source."""
    assert why(value) in {Why.SCHEMA, Why.MALFORMED}
    if isinstance(value, dict):
        assert why(value) is Why.SCHEMA


@pytest.mark.parametrize("records", [None, [], {}, [None], [[]], registered(), ...], ids=str)
def test_what_is_no_list_of_records(records: object) -> None:
    """A status without a record is none."""
    assert why(several() | {"records": records}, BY_DOMAIN) is Why.SCHEMA


def test_the_moment_of_an_answer_is_never_younger_than_its_record() -> None:
    """Whatever stands beside it; and never younger than it says itself."""
    assert observed(told(observed_at=write_time(NOW))).observed_at == SEEN
    assert observed(told(observed_at=write_time(NOW - timedelta(days=3)))).observed_at == NOW - timedelta(days=3)


def test_one_bad_answer_spoils_itself_alone() -> None:
    """The others count."""
    queries = (by(NUMBER), by(OTHER), by(NUMBER))
    observations = READER.batch(queries, {"answers": [told(), told(), denied()]}, NOW)
    assert [type(o.answer).__name__ for o in observations] == ["Found", "Unavailable", "NotRegistered"]
    assert [o.query for o in observations] == list(queries)


@pytest.mark.parametrize("answers", [[], [told()], [told(), told(), told()]], ids=len)
def test_a_wrong_count_spoils_all(answers: list[Any]) -> None:
    """Which answer belongs to which query is not guessed."""
    with pytest.raises(Unanswered) as caught:
        READER.batch((by(NUMBER), by(NUMBER)), {"answers": answers}, NOW)
    assert (caught.value.why, caught.value.detail) == (Why.MALFORMED, f"{len(answers)} answers to 2 queries")


@pytest.mark.parametrize("value", [None, [], {}, {"answers": None}, {"answers": {}}, {"answers": "x"}], ids=str)
def test_what_is_no_batch(value: Any) -> None:
    """There must be a list."""
    with pytest.raises(Unanswered) as caught:
        READER.batch((by(NUMBER),), value, NOW)
    assert caught.value.why is Why.SCHEMA
