"""The contracts see it when a registry or a level breaks a promise, and say which one."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.lookup import Capabilities
from icpgate.lookup.cache.sqlite import SqliteLevel
from icpgate.lookup.simple import SimpleRegistry
from icpgate.lookup.steps import Drop, GetMany, Lock, Now, PutMany, ReadLocally, Request, Sleep, Take
from icpgate.record import RegistrationRecord
from icpgate.testing import CacheLevelContract, RegistryContract, RegistrySimulator, Wrong
from icpgate.testing.contracts.answers import AnswersContract
from icpgate.testing.contracts.hooks import CANARY
from tests.cases import NUMBER, registered
from tests.lookup.files import MISSING, by
from tests.lookup.mapping.local import LocalServer, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from icpgate.answer import Answer, Query
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.steps import Flow, LevelStep, Response

RECORD = RegistrationRecord.read(registered())


class Honest:
    """A registry with one record, of which each kind below breaks one promise."""

    id: Any = "honest"
    capabilities: Any = Capabilities()

    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        """See `Registry.ask`."""
        now = (yield Now()).now
        return [self.answered(query, now) for query in queries]

    def answered(self, query: Query, now: Any) -> Any:
        """One answer."""
        return Observation(query, self.said(query), now, "source", self.id)

    def said(self, query: Query) -> Answer:
        """What it says."""
        found = isinstance(query, ByNumber) and query.number.canonical == NUMBER
        return Found((RECORD,)) if found else Unavailable(Why.NOT_LISTED)


class _Nameless(Honest):
    id = ""


class _Typeless(Honest):
    capabilities: Any = ("by_number", True)


class _Half(Honest):
    capabilities = Capabilities(authoritative=1)  # type: ignore[arg-type]  # the mistake in question


class _Deaf(Honest):
    capabilities = Capabilities(by_number=False)


class _Unknowing(Honest):
    capabilities = Capabilities(contains=frozenset({"colour"}))


class _Changing(Honest):
    @property
    def id(self) -> str:
        return f"changing {random.random()}"  # noqa: S311 -- no secret


class _Forgetful(Honest):
    def said(self, _query: Query) -> Answer:
        return Unavailable(Why.NOT_LISTED)


class _Credulous(Honest):
    def said(self, query: Query) -> Answer:
        assert isinstance(query, ByNumber)
        return Found((replace(RECORD, registration_number=query.number),))


class _Presumptuous(Honest):
    def said(self, query: Query) -> Answer:
        answer = super().said(query)
        return answer if isinstance(answer, Found) else NotRegistered("all")


class _Missing(Honest):
    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        return (yield from super().ask(tuple(dict.fromkeys(queries))))


class _Backwards(Honest):
    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        return (yield from super().ask(queries))[::-1]


class _Anonymous(Honest):
    def answered(self, query: Query, now: Any) -> Any:
        return replace(super().answered(query, now), source="")


class _Disguised(Honest):
    def answered(self, query: Query, now: Any) -> Any:
        return replace(super().answered(query, now), registry="another")


class _Ahead(Honest):
    def answered(self, query: Query, now: Any) -> Any:
        return replace(super().answered(query, now), observed_at=now.replace(year=2099))


class _Clocked(Honest):
    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        yield Now(draw=random.random() > 0.5)  # noqa: S311 -- no secret
        yield Now(draw=time.monotonic_ns() % 2 == 0)
        return (yield from super().ask(queries)) if random.random() < 0.5 else []  # noqa: S311 -- no secret


class _Stepping(Honest):
    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        yield "a step"  # type: ignore[misc]  # the mistake in question
        return (yield from super().ask(queries))


class _Raising(Honest):
    def ask(self, _queries: Sequence[Query]) -> Flow[Any]:
        yield Now()
        raise LookupError(CANARY)


class _Endless(Honest):
    def ask(self, _queries: Sequence[Query]) -> Flow[Any]:
        while True:
            yield Now()


class _Sticky(Honest):
    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        try:
            return (yield from super().ask(queries))
        except GeneratorExit:
            yield Now()
            raise


class _Waiting(Honest):
    capabilities = Capabilities(quick=True)

    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        yield Sleep(0.001)
        return (yield from super().ask(queries))


class _Talkative(Honest):
    def __repr__(self) -> str:
        return "Talkative(token='a-secret')"


class _Denying(Honest):
    capabilities = Capabilities(authoritative=True)

    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        reply = yield ReadLocally(lambda: 1)
        if reply.error is not None:
            return [Observation(query, NotRegistered("all"), reply.now, "source", self.id) for query in queries]
        return (yield from super().ask(queries))


class _OfOneThread(Honest):
    def __init__(self) -> None:
        self.thread = threading.get_ident()

    def said(self, query: Query) -> Answer:
        there = threading.get_ident() == self.thread
        return super().said(query) if there else Unavailable(Why.INTERNAL)


class _Shut(Honest):
    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def ask(self, queries: Sequence[Query]) -> Flow[Any]:
        if self.closed:
            message = "closed"
            raise RuntimeError(message)
        return (yield from super().ask(queries))


def contract(make: Callable[[], Any], **changes: Any) -> RegistryContract:
    """The contract of one that is made like this."""

    class Held(RegistryContract):
        secrets = ("a-secret",)
        many = 20

        def registry(self) -> Registry:
            made: Registry = make()
            return made

        def known(self) -> tuple[Query, RegistrationRecord]:
            return by(NUMBER), RECORD

        def unknown(self) -> Query:
            return by(MISSING)

    held = Held()
    for name, value in changes.items():
        setattr(held, name, value)
    return held


def promises(held: object) -> list[str]:
    """All that a contract looks at."""
    return sorted(name for name in dir(held) if name.startswith("test_"))


def broken(held: object) -> dict[str, str]:
    """The promises that are broken, each with what is said about it."""
    told = {}
    for name in promises(held):
        try:
            getattr(held, name)()
        except AssertionError as error:
            told[name.removeprefix("test_")] = str(error)
        except Exception as error:  # noqa: BLE001 -- what is no registry is refused by the clients
            told[name.removeprefix("test_")] = repr(error)
    return told


def test_an_honest_one_breaks_none() -> None:
    """Nor does the simulator."""
    assert broken(contract(Honest)) == {}
    assert broken(contract(partial(RegistrySimulator, [RECORD]))) == {}


@pytest.mark.parametrize(
    ("kind", "promise", "said"),
    [
        (_Nameless, "it_is_a_registry", "an id is a text"),
        (_Typeless, "it_is_a_registry", "capabilities are tuple"),
        (_Half, "it_is_a_registry", "capabilities.authoritative is no yes or no"),
        (_Deaf, "it_is_a_registry", "it cannot be asked anything"),
        (_Unknowing, "it_is_a_registry", "contains names unknown fields"),
        (_Changing, "its_id_and_what_it_can_do_stay", "changed"),
        (_Forgetful, "what_is_known_is_found", "is known, and unavailable (not_listed: ) is answered"),
        (_Credulous, "what_is_unknown_is_never_found", "is unknown, and was found"),
        (_Credulous, "odd_queries", "with an odd text was found"),
        (_Presumptuous, "what_is_unknown_is_never_found", "a no from a registry that may not say no"),
        (_Missing, "every_query_of_a_batch_is_answered", "answers to"),
        (_Backwards, "every_query_of_a_batch_is_answered", "an answer to another query"),
        (_Anonymous, "what_is_known_is_found", "an answer without a source"),
        (_Disguised, "what_is_known_is_found", "'another'"),
        (_Ahead, "what_is_known_is_found", "observed in the future"),
        (_Clocked, "told_the_same_it_says_the_same", ""),
        (_Stepping, "told_the_same_it_says_the_same", "a flow yields str, which is no step"),
        (_Raising, "what_is_known_is_found", "ask raises LookupError"),
        (_Endless, "what_is_known_is_found", "a flow of more than"),
        (_Sticky, "it_may_be_left_anywhere", "ignored GeneratorExit"),
        (_Waiting, "a_quick_one_waits_for_nobody", "and yields ['Sleep']"),
        (_Talkative, "nothing_secret_is_told", "its name tells a secret"),
        (_Denying, "what_it_cannot_read_here_finds_nothing", "became a no"),
        (_OfOneThread, "eight_threads_share_one", "in a thread"),
        (_Shut, "it_may_be_closed_twice", "ask raises RuntimeError"),
    ],
    ids=lambda value: value.__name__.strip("_") if isinstance(value, type) else None,
)
def test_a_broken_promise(kind: type[Honest], promise: str, said: str) -> None:
    """Is told, in words."""
    told = broken(contract(kind))
    assert promise in told
    assert said in told[promise]


@pytest.mark.parametrize("how", Wrong)
def test_what_the_simulator_does_wrong(how: Wrong) -> None:
    """Each of it is seen."""

    def make() -> RegistrySimulator:
        simulator = RegistrySimulator([RECORD])
        simulator.wrong(how)
        return simulator

    assert "what_is_known_is_found" in broken(contract(make))


class Trusting(SimpleRegistry):
    """Believes whatever it is sent, and says it to everybody."""

    id = "trusting"
    capabilities = Capabilities(authoritative=True)

    def __init__(self, url: str) -> None:
        """Take the address."""
        self.url = url

    def request(self, query: Query) -> Request:
        """See `SimpleRegistry.request`."""
        assert isinstance(query, ByNumber)
        return Request("GET", f"{self.url}/{query.number.canonical.encode().hex()}")

    def read(self, response: Response) -> Answer:
        """See `SimpleRegistry.read`."""
        if b"registered" in response.body:
            return Found((RECORD,))
        return NotRegistered("all")


def test_a_registry_that_believes_everything() -> None:
    """It denies out of nothing, and what was cut, and what somebody else was answered."""

    def answer(request: Any) -> Any:
        return sent(registered() if bytes.fromhex(request.path[1:]).decode() == NUMBER else {})

    with LocalServer(answer) as server:
        told = broken(contract(partial(Trusting, server.url)))
    assert set(told) == {
        "what_is_answered_badly_is_unavailable",
        "what_is_cut_is_unavailable",
        "an_answer_to_somebody_else_is_not_believed",
    }


@pytest.mark.parametrize("unknown", [ByDocument("91110108MA00000000", "cn.nobody"), ByDomain("nobody.example")])
def test_what_is_asked_by_other_keys(unknown: Query) -> None:
    """The large batch is of the kind that is unknown."""
    held = contract(partial(RegistrySimulator, [RECORD]), unknown=lambda: unknown)
    assert broken(held) == {}


def test_where_nothing_forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is promised about forks."""
    contract(Honest, is_forkable=False).test_a_forked_child_asks_too()
    monkeypatch.delattr("os.fork", raising=False)
    contract(Honest).test_a_forked_child_asks_too()


def test_the_hooks_must_be_said() -> None:
    """Without them there is nothing to test."""
    for hook in ("registry", "known", "unknown"):
        with pytest.raises(NotImplementedError):
            getattr(RegistryContract(), hook)()
    with pytest.raises(NotImplementedError):
        CacheLevelContract().level()
    assert AnswersContract().others() == ()


class Odd(SqliteLevel):
    """A level that forgets one thing."""

    breaks: str = ""

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        if self.breaks == "fence" and isinstance(step, PutMany):
            step = PutMany(tuple(replace(entry, observed=int(time.time() * 1e6)) for entry in step.entries))
        if self.breaks == "lock" and isinstance(step, Lock):
            return "everybody"
        if self.breaks == "take" and isinstance(step, Take):
            return 0.0, 9
        if self.breaks == "drop" and isinstance(step, Drop):
            return 0
        if self.breaks == "mix" and isinstance(step, GetMany):
            return (b"another's",) * len(step.keys)
        if self.breaks == "get" and isinstance(step, GetMany):
            return [None] * len(step.keys)
        return super().perform(step)


@pytest.mark.parametrize(
    ("breaks", "promise"),
    [
        ("", ""),
        ("fence", "an_older_observation_never_replaces_a_newer"),
        ("lock", "a_lock_is_given_once"),
        ("take", "a_day_has_its_count"),
        ("drop", "what_agrees_is_dropped"),
        ("get", "what_was_put_is_got"),
        ("mix", "very_many_threads"),
    ],
)
def test_a_level_that_breaks_a_promise(breaks: str, promise: str, tmp_path: Path) -> None:
    """Is told, in words."""

    class Held(CacheLevelContract):
        place = tmp_path / "cache.db"

        def level(self) -> Any:
            level = Odd(self.place, timeout=5.0)
            level.breaks = breaks
            return level

    told = {}
    for number, name in enumerate(promises(Held())):
        Held.place = tmp_path / f"{number}.db"
        try:
            getattr(Held(), name)()
        except AssertionError as error:
            told[name.removeprefix("test_")] = str(error)
        except TypeError as error:  # what nobody would get out of a level
            told[name.removeprefix("test_")] = repr(error)
    assert (promise in told) if promise else told == {}


def test_a_level_that_has_nothing_for_loops(tmp_path: Path) -> None:
    """Cannot be used on one."""

    class Held(CacheLevelContract):
        on_loop = True

        def level(self) -> Any:
            return SqliteLevel(tmp_path / "cache.db")

    with pytest.raises(AssertionError, match="has nothing for an event loop"):
        Held().test_nothing_at_all()
