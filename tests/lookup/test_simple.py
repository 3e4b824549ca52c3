"""The registry that is made of two pure methods."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByNumber, Found, NotRegistered, Unavailable, Why
from icpgate.errors import ConfigurationError, InvalidNumber
from icpgate.jsontext import loads
from icpgate.lookup.interface import Registry
from icpgate.lookup.simple import SimpleRegistry, at_once
from icpgate.lookup.steps import Now, Reply, Request, Response, Send, Together, Unanswered
from icpgate.number import parse
from icpgate.record import RegistrationRecord
from tests.cases import NUMBER, registered
from tests.lookup.files import OTHER, by
from tests.lookup.mapping.local import NOW, LocalServer, Received, Sent, asked, sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.answer import Answer, Query
    from icpgate.lookup.steps import Flow, Step

RECORD = RegistrationRecord.read(registered())


class Mine(SimpleRegistry):
    """A registry of a store's own: its address and what its body means."""

    id = "mine"

    def __init__(self, url: str = "http://127.0.0.1:1", read: Callable[[Response], Any] | None = None) -> None:
        """Read bodies by the function, by default as records."""
        self.url = url
        self._read = read

    def request(self, query: Query) -> Request:
        """See `SimpleRegistry.request`."""
        assert isinstance(query, ByNumber)
        return Request("GET", f"{self.url}/{query.number.entity_number.encode().hex()}")

    def read(self, response: Response) -> Answer:
        """See `SimpleRegistry.read`."""
        if self._read is not None:
            return self._read(response)  # type: ignore[no-any-return]  # mistakes are the point
        return Found((RegistrationRecord.read(loads(response.body)),))  # type: ignore[arg-type]  # it reads an object


def performed(registry: SimpleRegistry, query: Query, reply: Reply) -> Any:
    """What comes of one query when its request is answered like this."""
    flow = registry.ask([query])
    step = next(flow)
    assert isinstance(step, Send)
    with pytest.raises(StopIteration) as ended:
        flow.send(reply)
    [observation] = ended.value.value
    return observation


def reading(body: bytes = b"", read: Callable[[Response], Any] | None = None, status: int = 200) -> Any:
    """What is observed when a response is read."""
    return performed(Mine(read=read), by(NUMBER), Reply(NOW, 0.0, Response(status, {}, body)))


def _same(answer: Answer, _: Response) -> Answer:
    return answer


def raising(error: BaseException) -> Callable[[Response], Any]:
    """A reader that raises."""

    def read(_: Response) -> Any:
        raise error

    return read


def test_it_is_a_registry() -> None:
    """Of the kind that every client takes."""
    assert isinstance(Mine(), Registry)
    assert Mine().capabilities.by_number
    assert not Mine().capabilities.authoritative


def test_one_query_over_a_real_server() -> None:
    """The record keeps its own moment and source."""
    with LocalServer(lambda _: sent(registered())) as server:
        [observation] = asked(Mine(server.url), by(NUMBER))
    assert observation.answer == Found((RECORD,))
    assert (observation.observed_at, observation.source, observation.registry) == (RECORD.observed_at, "test", "mine")


def test_several_queries_over_a_real_server() -> None:
    """In order, each with its own answer."""
    numbers = [f"京ICP备2026{serial:06}号-1A" for serial in range(10_001, 10_031)]

    def answer(request: Received) -> Sent:
        entity = bytes.fromhex(request.path[1:]).decode()
        return sent(registered(registration_number=f"{entity}-1A"))

    with LocalServer(answer) as server:
        observations = asked(Mine(server.url), *map(by, numbers))
    found = [observation.answer.record.registration_number.canonical for observation in observations]  # type: ignore[union-attr]  # all are found
    assert found == numbers
    assert len(server.received) == 30


def test_no_server_is_unavailable() -> None:
    """What the driver could not send is told with its why."""
    [observation] = asked(Mine(), by(NUMBER))
    assert isinstance(observation.answer, Unavailable)
    assert observation.answer.why is Why.CONNECTION
    assert (observation.observed_at, observation.source) == (NOW, "mine")


def test_other_answers_are_of_the_moment_they_came() -> None:
    """And of the registry."""
    answers: list[Answer] = [NotRegistered("all"), Unavailable(Why.MAINTENANCE, "tonight")]
    for answer in answers:
        observation = reading(read=partial(_same, answer))
        assert (observation.answer, observation.observed_at, observation.source) == (answer, NOW, "mine")


def test_several_records_are_as_old_as_the_oldest() -> None:
    """By number there is one; other keys may have several."""
    older = RegistrationRecord.read(registered(observed_at=(NOW - timedelta(days=9)).isoformat()))
    assert reading(read=lambda _: Found((RECORD, older))).observed_at == older.observed_at


def test_a_record_of_something_else_is_malformed() -> None:
    """Also here, because a registry may stand behind another one."""
    answer = reading(json.dumps(registered(registration_number=OTHER)).encode()).answer
    assert answer == Unavailable(Why.MALFORMED, "a record that does not echo the query")


@pytest.mark.parametrize("status", [0, 102, 204, 302, 401, 403, 404, 429, 500, 503])
def test_other_statuses_never_reach_the_reader(status: int) -> None:
    """An allowing body under an error code is not looked at."""
    answer = reading(json.dumps(registered()).encode(), status=status).answer
    assert isinstance(answer, Unavailable)
    assert answer.detail == f"http {status}"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Unanswered(Why.BLOCKED, "captcha", retry_after=5.0), Why.BLOCKED),
        (KeyError("secret"), Why.MALFORMED),
        (TypeError("secret"), Why.MALFORMED),
        (AttributeError("secret"), Why.MALFORMED),
        (UnicodeDecodeError("utf-8", b"secret", 0, 1, "secret"), Why.MALFORMED),
        (InvalidNumber("secret", code="number.format", reason="number_malformed"), Why.MALFORMED),
        (ConfigurationError("secret"), Why.CONFIGURATION),
        (ZeroDivisionError("secret"), Why.INTERNAL),
        (RecursionError("secret"), Why.INTERNAL),
        (StopIteration("secret"), Why.INTERNAL),
    ],
)
def test_what_a_reader_raises(error: Exception, why: Why) -> None:
    """A body of another shape is malformed, a mistake of the reader internal; the text is not told."""
    answer = reading(read=raising(error)).answer
    assert answer.why is why
    assert "secret" not in answer.detail
    assert answer.retry_after == getattr(error, "retry_after", None)


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"{", Why.MALFORMED), (b"{}", Why.SCHEMA), (b"[]", Why.SCHEMA), (b'{"a":1,"a":2}', Why.MALFORMED)],
)
def test_what_reading_a_record_raises(body: bytes, why: Why) -> None:
    """No JSON is malformed, JSON that is no record of another schema."""
    assert reading(body).answer.why is why


@pytest.mark.parametrize("answer", [None, True, "registered", {"status": "registered"}])
def test_what_is_no_answer(answer: object) -> None:
    """It is a mistake of the reader."""
    expected = Unavailable(Why.INTERNAL, f"{type(answer).__name__} for an answer")
    assert reading(read=lambda _: answer).answer == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            Reply(NOW, 0.0, None, Unanswered(Why.TIMEOUT, "no byte", retry_after=9.0)),
            Unavailable(Why.TIMEOUT, "no byte"),
        ),
        (Reply(NOW, 0.0, None, OSError("secret")), Unavailable(Why.INTERNAL, "OSError")),
        (Reply(NOW, 0.0, None), Unavailable(Why.INTERNAL, "NoneType for a response")),
    ],
)
def test_what_a_driver_may_reply(reply: Reply, expected: Unavailable) -> None:
    """An unanswered request keeps its why, its detail and its wait; anything else is a mistake of the driver."""
    answer = performed(Mine(), by(NUMBER), reply).answer
    assert answer == expected
    assert answer.retry_after == getattr(reply.error, "retry_after", None)


def test_what_request_raises() -> None:
    """Nothing is sent, and nobody could say."""

    class Unasking(Mine):
        def request(self, query: Query) -> Request:
            raise LookupError(query)

    class Refusing(Mine):
        def request(self, query: Query) -> Request:
            raise Unanswered(Why.NOT_COVERED, f"not ours: {type(query).__name__}")

    for registry, expected in (
        (Unasking(), Unavailable(Why.INTERNAL, "LookupError")),
        (Refusing(), Unavailable(Why.NOT_COVERED, "not ours: ByNumber")),
        (SimpleRegistry(), Unavailable(Why.INTERNAL, "NotImplementedError")),
    ):
        flow = registry.ask([by(NUMBER)])
        assert next(flow) == Now()
        with pytest.raises(StopIteration) as ended:
            flow.send(Reply(NOW, 0.0))
        assert ended.value.value[0].answer == expected


def test_a_registry_without_a_reader() -> None:
    """It says so, internally."""

    class Mute(SimpleRegistry):
        id = "mute"

        def request(self, query: Query) -> Request:
            return Mine().request(query)

    answer = performed(Mute(), by(NUMBER), Reply(NOW, 0.0, Response(200, {}, b""))).answer
    assert answer == Unavailable(Why.INTERNAL, "NotImplementedError")


def returning(value: int) -> Flow[int]:
    """A flow of one step."""
    yield Now()
    return value


def lanes_of(step: Step) -> int:
    """How many flows run at once."""
    assert isinstance(step, Together)
    return len(step.flows)


def finished(flow: Flow[Any], value: object) -> Any:
    """What a flow returns that is told this by its last step."""
    with pytest.raises(StopIteration) as ended:
        flow.send(Reply(NOW, 0.0, value))
    return ended.value.value


@pytest.mark.parametrize(("count", "lanes"), [(2, 2), (8, 8), (9, 8), (1_000, 8)])
def test_a_batch_is_bounded(count: int, lanes: int) -> None:
    """However many queries, so many requests are under way."""
    assert lanes_of(next(at_once([returning(n) for n in range(count)], 8))) == lanes


def test_results_come_in_the_order_of_the_flows() -> None:
    """Whatever lane they ran in."""
    flow = at_once([returning(n) for n in range(7)], 3)
    assert lanes_of(next(flow)) == 3
    assert finished(flow, ([0, 3, 6], [1, 4], [2, 5])) == list(range(7))


@pytest.mark.parametrize("value", [None, (), "abc", ([0],), ([0, 2], [1, 3], [9])])
def test_a_lane_that_is_lost(value: object) -> None:
    """What a driver did not bring is an error for those who were in that lane, and for nobody else."""
    flow = at_once([returning(n) for n in range(4)], 2)
    next(flow)
    results = finished(flow, value)
    assert len(results) == 4
    whole = value == ([0, 2], [1, 3], [9])
    assert [isinstance(result, RuntimeError) for result in results] == [not whole] * 4


def test_a_lane_that_raised_is_internal() -> None:
    """Its queries are unavailable, the others are answered."""
    registry = Mine()
    queries = [ByNumber(parse(f"京ICP备2026{serial:06}号")) for serial in range(10_001, 10_004)]
    flow = registry.ask(queries)
    assert lanes_of(next(flow)) == 3
    known = registry.observed(queries[0], NotRegistered("all"), NOW)
    step = flow.send(Reply(NOW, 0.0, ([known], ZeroDivisionError(), [known])))
    assert step == Now()
    observations = finished(flow, None)
    assert [type(o.answer).__name__ for o in observations] == ["NotRegistered", "Unavailable", "NotRegistered"]
    assert observations[1].answer == Unavailable(Why.INTERNAL, "ZeroDivisionError")
    assert observations[1].query == queries[1]
