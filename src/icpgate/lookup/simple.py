"""
The common registry: one request brings the answer to one query.

    class Mine(SimpleRegistry):
        id = "mine"
        def request(self, query): ...   what to send
        def read(self, response): ...   what its 200 says

Both are pure. Whatever else can happen is seen to here: statuses, what was not answered, what either
of the two raises, records that are about something else, several queries at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, TypeVar, cast

from icpgate.answer import Found, NotRegistered, Observation, Unavailable, Why, echoes
from icpgate.errors import ConfigurationError, IcpGateError, InvalidRecord
from icpgate.lookup.channel import carried
from icpgate.lookup.httpstatus import refusal
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.steps import Now, Response, Send, Together, Unanswered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpgate.answer import Answer, Query
    from icpgate.lookup.channel import Channel
    from icpgate.lookup.steps import Flow, Reply, Request

__all__ = ["SimpleRegistry", "at_once", "received", "unread"]

T = TypeVar("T")

_ANSWERS: Final = (Found, NotRegistered, Unavailable)
_OF_THE_BODY: Final = (LookupError, TypeError, ValueError, AttributeError)
"""What reading a body of another shape usually raises; anything else is a defect of the reader."""


class SimpleRegistry:
    """
    A registry made of `request` and `read`; the rest may stay as it is.

    `width` bounds how many requests of one batch are under way at once; `channel` is how they travel, where that
    is not as usual. `read` sees only a 200. It may
    raise `Unanswered` to say why nobody could say. Where it needs the query or the moment, override
    `observe` instead.
    """

    id: str = ""
    capabilities: Capabilities = Capabilities()
    width: ClassVar[int] = 8
    channel: Channel | None = None

    def request(self, query: Query) -> Request:
        """The request that asks this query."""
        raise NotImplementedError

    def read(self, response: Response) -> Answer:
        """What the response says."""
        raise NotImplementedError

    def observe(self, query: Query, response: Response, now: datetime) -> Observation:
        """What a response to this query says; `now` is when it came. By default by `read`."""
        return self.observed(query, self.read(response), now)

    def observed(self, query: Query, answer: Answer, now: datetime) -> Observation:
        """
        The observation of an answer that came at `now`.

        A record keeps its own moment and source, several the oldest. A record about anything else
        than what was asked makes it *malformed*.
        """
        if type(answer) is not Found:
            if not isinstance(answer, _ANSWERS):
                answer = Unavailable(Why.INTERNAL, f"{type(answer).__name__} for an answer")
            return Observation(query, answer, now, self.id, self.id)
        if not all(echoes(query, record) for record in answer.records):
            return self.observed(query, Unavailable(Why.MALFORMED, "a record that does not echo the query"), now)
        seen = min(record.observed_at for record in answer.records)
        return Observation(query, answer, seen, answer.record.source, self.id)

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`: a request for each query, several at once."""
        flow = self.ask_all(queries)
        return (yield from (flow if self.channel is None else carried(flow, self.channel)))

    def ask_all(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """A request for each query, several at once, before it is seen to how they travel."""
        observations = yield from at_once([self.ask_one(query) for query in queries], self.width)
        return (yield from self.settled(queries, observations))

    def ask_one(self, query: Query) -> Flow[Observation]:
        """Ask one query; raises nothing."""
        try:
            request = self.request(query)
        except Exception as error:  # noqa: BLE001 -- whatever a reader raises, nobody could say
            return self.observed(query, unread(error), (yield Now()).now)
        reply = yield Send(request)
        response = received(reply)
        if isinstance(response, Unavailable):
            return self.observed(query, response, reply.now)
        try:
            return self.observe(query, response, reply.now)
        except Exception as error:  # noqa: BLE001 -- as above
            return self.observed(query, unread(error, of_body=True), reply.now)

    def settled(self, queries: Sequence[Query], results: Sequence[Observation | Exception]) -> Flow[list[Observation]]:
        """The observations, with *unavailable* in place of what a flow ended with instead."""
        if not any(isinstance(result, Exception) for result in results):
            return list(cast("Sequence[Observation]", results))  # it was looked at in the line above
        now = (yield Now()).now
        return [
            self.observed(query, unread(result), now) if isinstance(result, Exception) else result
            for query, result in zip(queries, results, strict=True)
        ]


def received(reply: Reply) -> Response | Unavailable:
    """The response that may be read, or why there is none."""
    if reply.error is not None:
        return unread(reply.error)
    if type(reply.value) is not Response:
        return Unavailable(Why.INTERNAL, f"{type(reply.value).__name__} for a response")
    return refusal(reply.value, reply.now) or reply.value


def unread(error: Exception, *, of_body: bool = False) -> Unavailable:
    """
    Why nobody could say when this was raised; `of_body`: while a body was read.

    Its text is not told, except that of `Unanswered`: it may have the body in it.
    """
    if isinstance(error, Unanswered):
        return Unavailable(error.why, error.detail, error.retry_after)
    if isinstance(error, InvalidRecord):
        return Unavailable(Why.SCHEMA, type(error).__name__)
    if isinstance(error, ConfigurationError):
        return Unavailable(Why.CONFIGURATION, type(error).__name__)
    is_malformed = isinstance(error, IcpGateError) or (of_body and isinstance(error, _OF_THE_BODY))
    return Unavailable(Why.MALFORMED if is_malformed else Why.INTERNAL, type(error).__name__)


def at_once(flows: Sequence[Flow[T]], width: int) -> Flow[list[T | Exception]]:
    """
    What each flow returned, in order, or the exception that kept it from returning; `width` run at once.

    Each of so many lanes runs its flows in turn, so that a batch of thousands opens no thousand
    connections, and none waits for the slowest of a group.
    """
    if len(flows) == 1:
        return [(yield from flows[0])]
    lanes = [flows[first::width] for first in range(min(width, len(flows)))]
    results: list[T | Exception] = [RuntimeError()] * len(flows)
    if lanes:
        reply = yield Together(tuple(_in_turn(lane) for lane in lanes))
        ended = reply.value if isinstance(reply.value, (tuple, list)) else ()
        for first, (lane, result) in enumerate(zip(lanes, ended, strict=False)):
            is_whole = isinstance(result, list) and len(result) == len(lane)
            lost = result if isinstance(result, Exception) else RuntimeError()
            results[first::width] = result if is_whole else [lost] * len(lane)
    return results


def _in_turn(flows: Sequence[Flow[T]]) -> Flow[list[T]]:
    results = []
    for flow in flows:
        results.append((yield from flow))  # noqa: PERF401 -- a comprehension cannot yield
    return results
