"""What a registry's flow must be: pure, of known steps, and unshaken by whatever it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from icpgate.answer import Found, NotRegistered, Unavailable, Why
from icpgate.lives import same_apart_from_moments
from icpgate.lookup.steps import ReadLocally, Reply, Response, Send, Sleep, Step, Unanswered
from icpgate.testing.contracts.hooks import CANARY, RegistryHooks
from icpgate.testing.contracts.performing import abandoned, performed, replayed
from icpgate.testing.contracts.promises import promised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.answer import Answer, Query
    from icpgate.lookup.drivers import World
    from icpgate.lookup.interface import Registry
    from icpgate.testing.contracts.performing import Change

__all__ = ["FlowsContract"]

_JSON: Final = {"content-type": "application/json"}
_HTML: Final = {"content-type": "text/html"}
_BODIES: Final = (
    b"", b" ", b"null", b"true", b"0", b'""', b"[]", b"{}", b"[{}]", b'{"code":0}', b"\xff\xfe", b"\0", b"<html>",
    b"<?xml version='1.0'?><a/>", b"{" * 1_000, CANARY.encode(), f'{{"data":"{CANARY}"}}'.encode(),
)  # fmt: skip
_STATUSES: Final = (0, 100, 201, 204, 206, 301, 304, 400, 401, 403, 404, 418, 429, 451, 500, 502, 503, 504, 599, 999)


class FlowsContract(RegistryHooks):
    """See `RegistryContract`."""

    def test_told_the_same_it_says_the_same(self) -> None:
        """A flow has neither a clock nor a chance of its own, and asks for nothing but steps."""
        queries = tuple(self._askable())
        with self._asked_world() as (registry, world):
            script = performed(registry.ask(queries), world)
            self._observations(registry, queries, script)
            if self.is_pure:
                replayed(registry.ask(queries), script)

    def test_a_quick_one_waits_for_nobody(self) -> None:
        """It is asked in place, on an event loop too: it sends nothing and does not sleep."""
        with self._asked_world() as (registry, world):
            if registry.capabilities.quick:
                script = performed(registry.ask(tuple(self._askable())), world)
                waits = [type(step).__name__ for step in script.all_steps() if isinstance(step, (Send, Sleep))]
                promised(not waits, f"it says that it is quick, and yields {waits}")

    def test_it_may_be_left_anywhere(self) -> None:
        """Whoever waits for it may be gone after any step; it ends quietly, and answers the next."""
        query, record = self.known()
        with self._asked_world() as (registry, world):
            script = performed(registry.ask((query,)), world)
            for after in range(len(script.steps) + 1):
                abandoned(registry.ask((query,)), script, after)
            self._is_right(query, self._ask(registry, world, query)[0].answer, record)

    def test_what_cannot_be_sent_is_unavailable(self) -> None:
        """For whatever reason: the flow ends with an answer, and finds nothing that it was not sent."""
        errors = [*(Unanswered(why, "told") for why in Why), OSError(CANARY), KeyError(CANARY), RuntimeError(CANARY)]
        for error in errors:
            self._withstands(lambda _, reply, error=error: reply._replace(value=None, error=error))  # type: ignore[misc]  # bound at once

    def test_what_is_no_response_is_unavailable(self) -> None:
        """A driver of somebody's own may reply with anything."""
        for value in (None, CANARY, CANARY.encode(), 0, True, (), {}, object()):
            self._withstands(lambda _, reply, value=value: reply._replace(value=value))  # type: ignore[misc]  # as above

    def test_what_is_answered_badly_is_unavailable(self) -> None:
        """Bodies that say nothing, and right ones under a status that makes them wrong."""
        for response in _bad_responses():
            self._withstands(lambda _, reply, response=response: reply._replace(value=response))  # type: ignore[misc]  # as above
        for status in _STATUSES:
            self._withstands(
                lambda _, reply, status=status: reply._replace(value=_changed(reply.value, status=status))  # type: ignore[misc]  # as above
            )

    def test_what_is_cut_is_unavailable(self) -> None:
        """A right answer that ends too early, at each of some places."""
        for part in range(1, 17):
            self._withstands(
                lambda _, reply, part=part: reply._replace(value=_changed(reply.value, part=part / 17))  # type: ignore[misc]  # as above
            )

    def test_an_answer_to_somebody_else_is_not_believed(self) -> None:
        """With their responses exchanged, the unknown is not found and the known is not denied."""
        query, other = self.known()[0], self.unknown()
        with self._asked_world() as (registry, world):
            told = {asked: self._responses(registry, world, asked) for asked in (query, other)}
            if [len(each) for each in told.values()] != [1, 1]:
                return  # each is asked in another way: there is nothing to exchange
            answer = self._ask(registry, world, other, change=_instead(*told[query]))[0].answer
            promised(not isinstance(answer, Found), f"{other} was found in the answer to another query")
            answer = self._ask(registry, world, query, change=_instead(*told[other]))[0].answer
            promised(not isinstance(answer, NotRegistered), f"{query} was denied by the answer to another query")

    def _responses(self, registry: Registry, world: World, query: Query) -> list[Reply]:
        """What came of each request that was sent for a query."""
        script = performed(registry.ask((query,)), world)
        return [reply for step, reply in script.all_replies() if type(step) is Send]

    def test_what_it_cannot_read_here_finds_nothing(self) -> None:
        """A file or a database that fails: it may raise, which clients call *internal*, but it finds nothing."""

        def failing(step: Step, reply: Reply) -> Reply:
            return reply._replace(value=None, error=OSError(CANARY)) if type(step) is ReadLocally else reply

        query, record = self.known()
        with self._asked_world() as (registry, world):
            script = performed(registry.ask((query,)), world, failing)
            reads = any(type(step) is ReadLocally for step in script.all_steps())
            if script.error is None and reads:
                [observation] = self._observations(registry, (query,), script)
                promised(not isinstance(observation.answer, NotRegistered), "what could not be read became a no")
                if isinstance(observation.answer, Found):  # another part of it could read
                    self._is_right(query, observation.answer, record)

    def _withstands(self, change: Change) -> None:
        """With every response changed like this, nothing is found or denied that was not without it."""
        query = self.known()[0]
        with self._asked_world() as (registry, world):
            right, sends = self._rightly(registry, world)
            if not sends:
                return

            def changed(step: Step, reply: Reply) -> Reply:
                return change(step, reply) if type(step) is Send else reply

            answer = self._ask(registry, world, query, change=changed)[0].answer
            promised(
                isinstance(answer, Unavailable) or self._is_of_this_machine(registry, answer, right),
                f"{type(answer).__name__} out of a response that says nothing",
            )

    def _rightly(self, registry: Registry, world: World) -> tuple[Answer, bool]:
        """The right answer to the known query, and whether anything was sent for it."""
        query = self.known()[0]
        script = performed(registry.ask((query,)), world)
        return self._observations(registry, (query,), script)[0].answer, any(
            type(step) is Send for step in script.all_steps()
        )

    def _is_of_this_machine(self, registry: Registry, answer: Answer, right: Answer) -> bool:
        """Whether the right answer came all the same, from a member that sends nothing."""
        return bool(getattr(registry, "answered_by", ())) and same_apart_from_moments(answer, right)


def _instead(told: Reply) -> Change:
    def change(step: Step, reply: Reply) -> Reply:
        return reply._replace(value=told.value, error=told.error) if type(step) is Send else reply

    return change


def _bad_responses() -> Iterator[Response]:
    for body in _BODIES:
        yield Response(200, _JSON, body)
    for headers in ({}, _HTML, {"content-type": CANARY}, {"content-type": "application/json; charset=utf-7"}):
        yield Response(200, headers, f"<p>{CANARY}</p>".encode())


def _changed(value: object, *, status: int = 200, part: float = 1.0) -> object:
    """A response with another status, or the first part of its body alone."""
    if not isinstance(value, Response):
        return value
    return Response(status, value.headers, value.body[: int(len(value.body) * part)])
