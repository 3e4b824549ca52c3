"""What a registry's answers must be: found, not registered or unavailable, each only where it is true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_type_hints

from icpgate.answer import ByDocument, ByDomain, ByNumber, Found, NotRegistered, Unavailable, Why
from icpgate.lookup.interface import Capabilities, Registry
from icpgate.lookup.scope import Scope
from icpgate.lookup.steps import Send
from icpgate.number import parse
from icpgate.record import RegistrationRecord
from icpgate.testing.contracts.hooks import ODD, RegistryHooks
from icpgate.testing.contracts.performing import performed
from icpgate.testing.contracts.promises import promised

if TYPE_CHECKING:
    from icpgate.answer import Query

__all__ = ["AnswersContract"]

_FIELDS: Final = frozenset(RegistrationRecord.__dataclass_fields__)
_EXAMPLES: Final[dict[type[Query], Query]] = {
    ByNumber: ByNumber(parse("京ICP备2026999999号-9A")),
    ByDocument: ByDocument("91110108MA00000000", "cn.example.reader"),
    ByDomain: ByDomain("api.example.cn"),
}


class AnswersContract(RegistryHooks):
    """See `RegistryContract`."""

    def test_it_is_a_registry(self) -> None:
        """It has an id, says what it can do, and can be asked."""
        with self._asked_world() as (registry, _):
            promised(isinstance(registry, Registry), f"{type(registry).__name__} lacks id, capabilities or ask")
            promised(type(registry.id) is str and registry.id.strip() == registry.id != "", "an id is a text")
            able = registry.capabilities
            promised(type(able) is Capabilities, f"capabilities are {type(able).__name__}")
            for name, kind in get_type_hints(Capabilities, localns={"Scope": Scope}).items():
                promised(kind is not bool or type(getattr(able, name)) is bool, f"capabilities.{name} is no yes or no")
            promised(type(able.scope) is Scope, "capabilities.scope is no Scope")
            promised(able.queries, "it cannot be asked anything")
            promised(
                able.contains is None or able.contains <= _FIELDS | {"entity_number"}, "contains names unknown fields"
            )

    def test_its_id_and_what_it_can_do_stay(self) -> None:
        """Asking changes neither, and another one of the same kind has the same."""
        with self._asked_world() as (registry, world), self._asked_world() as (other, _):
            before = registry.id, registry.capabilities
            performed(registry.ask(tuple(self._askable())), world)
            promised(
                (registry.id, registry.capabilities) == before, "its id or capabilities changed while it was asked"
            )
            promised(other.id == registry.id, "two of them have different ids: a cache would never find its entries")

    def test_what_is_known_is_found(self) -> None:
        """By each of its keys, blocking and asynchronously, with every field of the record."""
        for query, record in self._finds():
            with self._asked_world() as (registry, world):
                promised(type(query) in registry.capabilities.queries, f"{query}: it says that it cannot be asked that")
                self._is_right(query, self._ask(registry, world, query)[0].answer, record)
            for observations in self._both_ways([query]).values():
                self._is_right(query, observations[0].answer, record)

    def test_what_is_unknown_is_never_found(self) -> None:
        """It is *not registered* only where the registry may say so, and otherwise unavailable."""
        for query in self._missing():
            with self._asked_world() as (registry, world):
                answers = [self._ask(registry, world, query)[0].answer]
                may_say_no = registry.capabilities.authoritative
            answers += [observations[0].answer for observations in self._both_ways([query]).values()]
            for answer in answers:
                promised(not isinstance(answer, Found), f"{query} is unknown, and was found")
                promised(may_say_no or not isinstance(answer, NotRegistered), f"{query}: a no without the right to it")

    def test_outside_its_scope_it_says_no_to_nobody(self) -> None:
        """There it has not looked."""
        query = self.uncovered()
        if query is None:
            return
        with self._asked_world() as (registry, world):
            answer = self._ask(registry, world, query)[0].answer
            promised(isinstance(answer, Unavailable), f"{query}: outside its scope nobody can say")

    def test_what_it_cannot_be_asked_it_is_not_asked(self) -> None:
        """The clients answer *configuration*, and send nothing."""
        with self._asked_world() as (registry, _):
            unable = [query for kind, query in _EXAMPLES.items() if kind not in registry.capabilities.queries]
        for query in unable:
            for observations in self._both_ways([query]).values():
                answer = observations[0].answer
                promised(
                    isinstance(answer, Unavailable) and answer.why is Why.CONFIGURATION,
                    f"{query}: it cannot be asked that, and answers all the same",
                )

    def test_every_query_of_a_batch_is_answered(self) -> None:
        """In order, once, and as if it had been asked alone; the same twice where it is asked twice."""
        queries = self._askable()
        batch = [*queries, *reversed(queries), queries[0]]
        with self._asked_world() as (registry, world):
            alone = {query: type(self._ask(registry, world, query)[0].answer) for query in queries}
            together = self._ask(registry, world, *batch)
        for observations in [together, *self._both_ways(batch).values()]:
            promised([each.query for each in observations] == batch, "answers in another order than the queries")
            for each in observations:
                promised(type(each.answer) is alone[each.query], f"{each.query} is answered otherwise in a batch")

    def test_a_batch_of_nothing(self) -> None:
        """Nothing is answered, and nobody is asked for it."""
        with self._asked_world() as (registry, world):
            script = performed(registry.ask(()), world)
            self._observations(registry, (), script)
            promised(not any(type(step) is Send for step in script.all_steps()), "something is sent for no query")
        for observations in self._both_ways([]).values():
            promised(observations == [], "an answer to no query")

    def test_a_large_batch(self) -> None:
        """What is known is found at its place among very many that are not."""
        query, record = self.known()
        kind = type(self.unknown())
        filling: list[Query] = [_numbered(kind, serial) for serial in range(self.many - 3)]
        half = len(filling) // 2
        batch = [query, *filling[:half], query, *filling[half:], query]
        places = {0, half + 1, len(batch) - 1}
        with self._asked_world() as (registry, world):
            ways = [self._ask(registry, world, *batch), *self._both_ways(batch).values()]
        for observations in ways:
            for place, observation in enumerate(observations):
                if place in places:
                    self._is_right(query, observation.answer, record)
                else:
                    promised(
                        not isinstance(observation.answer, Found), f"{observation.query} is unknown, and was found"
                    )

    def test_odd_queries(self) -> None:
        """Whatever is asked, it is answered, and nothing is found that nobody has."""
        with self._asked_world() as (registry, world):
            askable = [query for query in ODD if type(query) in registry.capabilities.queries]
            ways = [self._ask(registry, world, *askable)]
            ways += [[self._ask(registry, world, query)[0] for query in askable], *self._both_ways(askable).values()]
        for observations in ways:
            for each in observations:
                promised(not isinstance(each.answer, Found), f"{type(each.query).__name__} with an odd text was found")

    def test_nothing_secret_is_told(self) -> None:
        """Neither by its name, nor by what prints it, nor by a step that is logged."""
        with self._asked_world() as (registry, world):
            self._tells_nothing(f"{registry.id} {registry!r} {registry} {registry.capabilities!r}", "its name")
            script = performed(registry.ask(tuple(self._askable())), world)
            for step, reply in script.all_replies():
                self._tells_nothing(f"{step!r} {reply!r}", f"the repr of {type(step).__name__}")


def _numbered(kind: type[Query], serial: int) -> Query:
    """One of very many queries of a kind that nobody has a record for."""
    if kind is ByNumber:
        return ByNumber(parse(f"京ICP备2025{serial + 100_001:06}号-1A"))
    return (
        ByDocument("91110108MA00000000", f"cn.nobody{serial}") if kind is ByDocument else ByDomain(f"n{serial}.example")
    )
