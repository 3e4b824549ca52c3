"""What the client guarantees, whatever a registry does."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.errors import ConfigurationError
from icpgate.lookup import Capabilities, LookupClient, Scope
from icpgate.lookup.steps import Now, ReadLocally
from icpgate.record import RegistrationRecord
from icpgate.testing import FixedClock
from tests.awaited import CLIENTS
from tests.cases import DOCUMENT, NOW, NUMBER, registered
from tests.lookup.files import MISSING, OTHER, by

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpgate.answer import Answer, Query
    from icpgate.lookup.steps import Flow

RECORD = RegistrationRecord.read(registered())
FOREIGN = RegistrationRecord.read(registered(registration_number=OTHER))


class Scripted:
    """A registry that answers as a function says."""

    id = "scripted"
    is_quick = False

    def __init__(self, answer: Callable[[Query], object], **capabilities: object) -> None:
        """Answer every query by the function."""
        self.answer = answer
        able: dict[str, object] = {
            "by_document": True,
            "by_domain": True,
            "authoritative": True,
            "quick": self.is_quick,
            "batches": True,
        }
        self.capabilities = Capabilities(**(able | capabilities))  # type: ignore[arg-type]  # fields by name
        self.closed = 0

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """Answer after a step."""
        yield Now()
        return [self.answer(query) for query in queries]  # type: ignore[misc]  # mistakes are the point

    def close(self) -> None:
        """Count, and fail as registries do."""
        self.closed += 1
        raise OSError


def observed(answer: object, **changes: object) -> Callable[[Query], Observation]:
    """A registry's observation with this answer, and perhaps a mistake."""

    def make(query: Query) -> Observation:
        right: dict[str, object] = {
            "query": query,
            "answer": answer,
            "observed_at": NOW,
            "source": "s",
            "registry": "scripted",
        }
        return Observation(**(right | changes))  # type: ignore[arg-type]  # mistakes are the point

    return make


@pytest.fixture(autouse=True, params=CLIENTS, ids=["blocking", "asynchronous"])
def _both_clients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test here runs twice: with `LookupClient` and with `AsyncLookupClient`."""
    monkeypatch.setattr(sys.modules[__name__], "LookupClient", request.param)


@pytest.fixture(autouse=True, params=[False, True], ids=["loaded", "in place"])
def _quick_or_not(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """And twice again: a registry that is asked in place, and one behind loads and a cache."""
    monkeypatch.setattr(Scripted, "is_quick", request.param)


def look_up(answer: Callable[[Query], object], query: Query | None = None, **capabilities: object) -> Answer:
    """What the client makes of it; a batch must come to the same."""
    asked = query or by(NUMBER)
    single, many = (LookupClient(Scripted(answer, **capabilities), clock=FixedClock(NOW)) for _ in range(2))
    observation = single.look_up(asked)
    assert many.look_up_many([asked]) == (observation,)
    assert observation.query == asked
    return observation.answer


def why(answer: Answer) -> Why:
    """Why nobody could say."""
    assert isinstance(answer, Unavailable)
    return answer.why


@pytest.mark.parametrize("answer", [Found((RECORD,)), NotRegistered("all"), Unavailable(Why.BLOCKED, "captcha")])
def test_a_right_answer_passes_as_it_is(answer: Answer) -> None:
    """The client adds nothing to what may be believed."""
    assert look_up(observed(answer)) is answer


@pytest.mark.parametrize(
    ("query", "record"),
    [
        (by(NUMBER), FOREIGN),
        (by("蜀ICP备2021014694号"), RECORD),
        (ByDocument("91510108MA6632C60X", "com.sig.wameiji"), RECORD),
        (ByDocument(DOCUMENT, "com.sig.Wameiji"), RECORD),
        (ByDomain("example.cn"), RECORD),
    ],
)
def test_a_record_that_does_not_echo_is_malformed(query: Query, record: RegistrationRecord) -> None:
    """Somebody else's record is no answer, however near it is."""
    assert why(look_up(observed(Found((record,))), query)) is Why.MALFORMED


def test_all_records_must_echo() -> None:
    """One right record does not carry another with it."""
    found = Found((RECORD, replace(FOREIGN, document_number="")))
    assert why(look_up(observed(found), ByDocument(DOCUMENT, "com.sig.wameiji"))) is Why.MALFORMED


@pytest.mark.parametrize(
    "records", [(RECORD, RECORD), [RECORD], (replace(RECORD, observed_at=datetime(1970, 1, 1, tzinfo=UTC)),)]
)
def test_records_that_cannot_be_believed(records: tuple[RegistrationRecord, ...]) -> None:
    """Two of one number, a list, a moment without a zone or of another century."""
    assert why(look_up(observed(Found(records)))) is Why.MALFORMED


def test_what_is_no_record() -> None:
    """A registry's own type is an internal mistake."""
    assert why(look_up(observed(Found(({"status": "registered"},))))) is Why.INTERNAL  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize(
    ("answer", "query", "capabilities", "expected"),
    [
        (NotRegistered("all"), by(NUMBER), {"authoritative": False}, Why.MALFORMED),
        (NotRegistered("all"), by(NUMBER), {"scope": Scope.parse("provinces:京")}, Why.NOT_COVERED),
        (NotRegistered("provinces:京"), by(NUMBER), {}, Why.NOT_COVERED),
        (NotRegistered("everything"), by(NUMBER), {}, Why.INTERNAL),
        (NotRegistered("provinces:京"), ByDomain("a.cn"), {}, Why.NOT_COVERED),
    ],
)
def test_a_no_that_may_not_be_said(
    answer: Answer, query: Query, capabilities: dict[str, object], expected: Why
) -> None:
    """Only an authoritative registry says no, and only inside its scope."""
    assert why(look_up(observed(answer), query, **capabilities)) is expected


def test_a_no_by_another_key_needs_the_whole_register() -> None:
    """A registry that is complete for everything may say that nothing has a domain."""
    assert look_up(observed(NotRegistered("all")), ByDomain("a.cn")) == NotRegistered("all")


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 24),  # noqa: DTZ001 -- the mistake in question
        datetime(1999, 12, 31, tzinfo=UTC),
        datetime(2100, 1, 1, tzinfo=UTC),
        "2026-11-24T00:00:00Z",
        None,
    ],
)
def test_moments_that_cannot_be_believed(moment: object) -> None:
    """Without a moment nobody can say how old an answer is."""
    assert why(look_up(observed(Found((RECORD,)), observed_at=moment))) is Why.MALFORMED


def test_a_moment_in_any_zone_counts() -> None:
    """A registry may tell its own time, as long as it says which."""
    beijing = NOW.astimezone(datetime.fromisoformat("2026-11-24T08:00:00+08:00").tzinfo)
    assert isinstance(look_up(observed(Found((RECORD,)), observed_at=beijing)), Found)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda _: Found((RECORD,)), Why.INTERNAL),
        (lambda _: None, Why.INTERNAL),
        (observed(None), Why.INTERNAL),
        (observed(True), Why.INTERNAL),  # noqa: FBT003 -- the mistake in question
        (observed(Unavailable("down")), Why.INTERNAL),  # type: ignore[arg-type]  # the mistake in question
        (observed(Unavailable(Why.BLOCKED, None)), Why.INTERNAL),  # type: ignore[arg-type]  # the mistake in question
        (observed(Found((RECORD,)), query=by(MISSING)), Why.MALFORMED),
        (observed(Found((RECORD,)), source=None), Why.MALFORMED),
        (observed(Found((RECORD,)), registry=3), Why.MALFORMED),
    ],
)  # fmt: skip
def test_what_is_no_observation(answer: Callable[[Query], object], expected: Why) -> None:
    """Another type, another query, an unknown why, no source."""
    assert why(look_up(answer)) is expected


@pytest.mark.parametrize(
    "error", [ZeroDivisionError, OSError("secret of http://user:pw@host"), RecursionError, KeyError]
)
def test_what_a_registry_raises_is_internal(error: Exception) -> None:
    """The detail has the error's type, and nothing of what it says."""

    def fail(_: Query) -> object:
        raise error

    answer = look_up(fail)
    assert why(answer) is Why.INTERNAL
    assert isinstance(answer, Unavailable)
    assert "secret" not in answer.detail
    assert answer.detail


@pytest.mark.parametrize("count", [0, 2])
def test_a_wrong_number_of_answers(count: int) -> None:
    """Which answer belongs to which query is not guessed."""

    class Miscounting(Scripted):
        def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
            yield ReadLocally(lambda: None)
            return [observed(Found((RECORD,)))(queries[0])] * count

    client = LookupClient(Miscounting(observed(None)), clock=FixedClock(NOW))
    assert why(client.look_up(by(NUMBER)).answer) is Why.MALFORMED
    assert [why(o.answer) for o in client.look_up_many([by(NUMBER)])] == [Why.MALFORMED]


def test_a_registry_whose_ask_is_no_flow() -> None:
    """A registry written as a plain function answers nothing."""

    class Plain(Scripted):
        def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
            return [observed(Found((RECORD,)))(query) for query in queries]  # type: ignore[return-value]  # the mistake

    assert why(LookupClient(Plain(observed(None))).look_up(by(NUMBER)).answer) is Why.INTERNAL


class _Hostile(Found):
    """An answer that raises when its records are looked at."""

    def __init__(self) -> None:
        """Without records."""


def test_an_answer_that_raises_when_looked_at() -> None:
    """Also looking at an answer is part of asking."""
    broken = object.__new__(Found)
    assert why(look_up(observed(broken))) is Why.INTERNAL
    assert why(look_up(observed(_Hostile()))) is Why.INTERNAL


def test_queries_that_the_registry_cannot_answer() -> None:
    """They are not asked; the others of the batch are."""
    client = LookupClient(Scripted(observed(Found((RECORD,))), by_domain=False), clock=FixedClock(NOW))
    observations = client.look_up_many([ByDomain("a.cn"), by(NUMBER), ByDomain("b.cn")])
    assert [type(o.answer).__name__ for o in observations] == ["Unavailable", "Found", "Unavailable"]
    assert why(client.look_up(ByDomain("a.cn")).answer) is Why.CONFIGURATION
    assert client.look_up_many([]) == ()


@pytest.mark.parametrize("query", [NUMBER, None, by(NUMBER).number])
def test_what_is_no_query_is_the_callers_mistake(query: object) -> None:
    """A number is not yet a question."""
    client = LookupClient(Scripted(observed(Found((RECORD,)))))
    with pytest.raises(ConfigurationError, match="is not a query"):
        client.look_up(query)  # type: ignore[arg-type]  # the mistake in question
    with pytest.raises(ConfigurationError, match="is not a query"):
        client.look_up_many([query])  # type: ignore[list-item]  # the mistake in question


def test_an_unavailable_has_the_time_of_asking() -> None:
    """By the client's clock, and in the registry's name."""
    clock = FixedClock(NOW)
    clock.advance(5)
    observation = LookupClient(Scripted(lambda _: None), clock=clock).look_up(by(NUMBER))
    assert observation.observed_at == NOW + timedelta(seconds=5)
    assert observation.source == observation.registry == "scripted"


def test_closing() -> None:
    """A registry is closed with its client; what it raises then is nobody's business, nor is a missing close."""
    registry = Scripted(observed(None))
    with LookupClient(registry) as client:
        pass
    client.close()
    assert registry.closed == 2

    class Endless:
        id = "endless"
        capabilities = Capabilities()
        ask = Scripted.ask

    LookupClient(Endless()).close()


class _Nameless(Scripted):
    id = ""


@pytest.mark.parametrize("registry", [None, object(), _Nameless(observed(None))])
def test_what_is_no_registry(registry: object) -> None:
    """Refused at construction."""
    with pytest.raises(ConfigurationError, match="is not a registry"):
        LookupClient(registry)  # type: ignore[arg-type]  # the mistake in question
