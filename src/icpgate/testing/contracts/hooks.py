"""What a contract needs to know about the registry under test: its hooks, and what it asks with them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, cast

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Observation, Unavailable
from icpgate.lookup.believing import problem_of
from icpgate.lookup.cache.entry import CLOCK_TOLERANCE
from icpgate.lookup.clocks import Clock, SystemClock
from icpgate.lookup.drivers import World
from icpgate.lookup.interface import Registry, shut
from icpgate.number import parse
from icpgate.testing.contracts.asking import both_ways
from icpgate.testing.contracts.performing import Script, performed
from icpgate.testing.contracts.promises import promised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpgate.answer import Answer, Query
    from icpgate.record import RegistrationRecord
    from icpgate.testing.contracts.performing import Change

__all__ = ["CANARY", "ODD", "RegistryHooks"]

CANARY: Final = "c4n4ry-Xq7"
"""Stands in what is received, and never in what is told."""

ODD: Final[tuple[Query, ...]] = (
    ByNumber(parse("京ICP备2026999999号")),
    ByNumber(parse("京ICP备2026999999号-9A")),
    ByNumber(parse("藏ICP备2026999998号-1X")),
    ByNumber(parse("B2-20260001-7A")),
    ByDocument("", ""),
    ByDocument("\ud800", "\udfff"),
    ByDocument("a\0b\r\nX: y", "../../?a=b&c=%00#d"),
    ByDocument("9" * 10_000, "{package}"),
    ByDomain(""),
    ByDomain("."),
    ByDomain("xn--"),
    ByDomain("Bücher.example"),
    ByDomain(f"{'a' * 300}.cn"),
    ByDomain("a.cn/../b?c#d\r\n"),
)
"""Queries that nobody has a record for, and some that no registry expects."""


class RegistryHooks:
    """
    What a subclass says about its registry. `registry`, `known` and `unknown` must be said.

    A subclass prepares files and servers as pytest tests do, for instance in an autouse fixture that sets
    attributes of `self`.
    """

    secrets: ClassVar[Sequence[str]] = ()
    """Texts that the registry knows and that nobody may be told, such as its token."""

    many: ClassVar[int] = 1_000
    """Queries of the large batch."""

    is_pure: ClassVar[bool] = True
    """Whether a flow that is told the same asks and says the same; only a registry that counts its requests differs."""

    is_forkable: ClassVar[bool] = True
    """Whether it may be used after a fork."""

    is_picklable: ClassVar[bool] = False
    """Whether it may be pickled and copied, and is then as before."""

    def registry(self) -> Registry:
        """The registry under test, a new one at each call; it is closed after use where it has `close`."""
        raise NotImplementedError

    def known(self) -> tuple[Query, RegistrationRecord]:
        """A query, and the record that it must find; when and by whom that was observed is not compared."""
        raise NotImplementedError

    def unknown(self) -> Query:
        """A query that finds nothing."""
        raise NotImplementedError

    def others(self) -> Sequence[tuple[Query, RegistrationRecord]]:
        """Further queries and what they must find, such as those by document and by domain."""
        return ()

    def uncovered(self) -> Query | None:
        """A query by a number that the registry may not say no about; None when there is none such."""
        return None

    def clock(self) -> Clock:
        """The clock of those who ask; a fixed one where the registry's answers are of a fixed day."""
        return SystemClock()

    @contextmanager
    def _asked_world(self) -> Iterator[tuple[Registry, World]]:
        """A new registry, and a world to ask it in; both closed afterwards."""
        registry, world = self.registry(), World(self.clock())
        try:
            yield registry, world
        finally:
            world.close()
            shut(registry)

    def _finds(self) -> list[tuple[Query, RegistrationRecord]]:
        return [self.known(), *self.others()]

    def _askable(self) -> list[Query]:
        """All its queries: those that find something, and those that do not."""
        return [query for query, _ in self._finds()] + self._missing()

    def _missing(self) -> list[Query]:
        return [query for query in (self.unknown(), self.uncovered()) if query is not None]

    def _both_ways(self, queries: Sequence[Query]) -> dict[str, list[Observation]]:
        return both_ways(self.registry, queries, self.clock)

    def _ask(
        self, registry: Registry, world: World, *queries: Query, change: Change | None = None
    ) -> list[Observation]:
        """What the registry's own flow returns, looked at; raises `AssertionError` for what may not be."""
        return self._observations(registry, queries, performed(registry.ask(queries), world, change))

    def _observations(self, registry: Registry, queries: Sequence[Query], script: Script) -> list[Observation]:
        error = script.error
        promised(error is None, f"ask raises {type(error).__name__}: what went wrong is an answer, not an error")
        promised(
            isinstance(script.result, (list, tuple)), f"ask returns {type(script.result).__name__}, not a sequence"
        )
        observations = list(cast("Sequence[Observation]", script.result))
        count = len(observations)
        promised(count == len(queries), f"{count} answers to {len(queries)} queries: every query gets one, in order")
        for query, observation in zip(queries, observations, strict=True):
            self._look_at(registry, query, observation)
        return observations

    def _look_at(self, registry: Registry, query: Query, observation: Observation) -> None:
        """Whether one answer may be believed, and has what an answer must have."""
        problem = problem_of(registry, query, observation)
        promised(problem is None, f"{query}: an answer that nobody may believe: {problem}")
        promised(observation.source, f"{query}: an answer without a source")
        ids = {registry.id, *getattr(registry, "answered_by", ())}
        promised(
            observation.registry in ids, f"{query}: the answer of {observation.registry!r}, asked was {registry.id!r}"
        )
        latest = self.clock().now() + CLOCK_TOLERANCE
        promised(observation.observed_at <= latest, f"{query}: observed in the future, {observation.observed_at}")
        if isinstance(observation.answer, Found):
            late = [record for record in observation.answer.records if record.observed_at > latest]
            promised(not late, f"{query}: a record that was observed in the future")
        self._tells_nothing(repr(observation), f"the answer to {query}")

    def _tells_nothing(self, text: str, where: str) -> None:
        for secret in (*self.secrets, CANARY):
            promised(secret not in text, f"{where} tells a secret")

    def _is_right(self, query: Query, answer: Answer, record: RegistrationRecord) -> None:
        """Whether an answer has this record, whenever it was observed."""
        promised(isinstance(answer, Found), f"{query} is known, and {_named(answer)} is answered")
        records = cast("Found", answer).records
        alike = [replace(each, observed_at=record.observed_at, source=record.source) == record for each in records]
        promised(any(alike), f"{query}: not the record that it must find")


def _named(answer: Answer) -> str:
    if isinstance(answer, Unavailable):
        return f"unavailable ({answer.why}: {answer.detail})"
    return "not registered" if isinstance(answer, NotRegistered) else type(answer).__name__
