"""
Asks one registry through a cache, blocking, and guarantees what registries only promise.

- `look_up` never raises for what a registry did: that is `Unavailable`, with a why.
- A caller waits to its own deadline. The load goes on without it, and what it brings is kept.
- A quick registry, such as a local file, is asked in place, without cache and threads.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Self, cast

from icpgate.answer import Observation, Why
from icpgate.lookup.about import Client
from icpgate.lookup.asking import Asking
from icpgate.lookup.believing import problem_of
from icpgate.lookup.drivers import World, run
from icpgate.lookup.interface import shut
from icpgate.lookup.loaders import Loaders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from types import TracebackType

    from icpgate.answer import Query
    from icpgate.lives import Lives
    from icpgate.lookup.cache.cache import Cache
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.drivers import Http
    from icpgate.lookup.interface import Registry
    from icpgate.lookup.limits import Limits
    from icpgate.lookup.wanted import Wanted

__all__ = ["LookupClient", "opened"]


class LookupClient(Client):
    """
    A registry as a gate asks it. Public in its own right, also without a gate.

    It may be shared by threads and used after a fork, as far as its registry may.
    """

    def __init__(
        self,
        registry: Registry | str,
        *,
        cache: Cache | str | None = None,
        lives: Lives | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
        http: Callable[[], Http] | None = None,
    ) -> None:
        """
        Take a registry, or the URL of one; raises `ConfigurationError` when it is none.

        `cache` is one to share with other clients, or the URL of a second level; without it the
        client has its own, in the process. `lives` say how long answers are used, `limits` how
        much the registry is asked. `http` makes another HTTP client than icpgate's.
        """
        super().__init__(Asking(opened(registry), cache, lives, limits, clock))
        self._loaders = Loaders()
        level = self._asking.cache.level
        made = {} if http is None else {"http": http}
        self._world = World(self._asking.clock, level=level, loaders=self._loaders, **made)
        self._own_cache = None if cache is not None and not isinstance(cache, str) else self._asking.cache

    def __enter__(self) -> Self:
        """Nothing to open: it works from its construction on."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the registry."""
        self.close()

    def close(self) -> None:
        """Let go of connections, of the registry's files, and of a cache of its own; may be called twice."""
        self._world.close()
        self._loaders.close()
        shut(self._asking.registry)
        if self._own_cache is not None:
            self._own_cache.close()

    def invalidate(
        self, *, number: str | None = None, entity: str | None = None, before: datetime | None = None
    ) -> int:
        """Forget what is kept; see `Cache.invalidate`."""
        return self._asking.cache.invalidate(number=number, entity=entity, before=before)

    def look_up(self, query: Query, *, deadline: float | None = None) -> Observation:
        """
        What the registry says about one query, within `deadline` seconds; raises nothing for what it did.

        Without a deadline it waits as long as one load may take (`Limits.seconds`).
        """
        asking = self._asking
        if type(query) not in asking.askable:
            return asking.unasked(query)
        if asking.quick:
            return self._in_place(query)
        answer = asking.hit(query)
        if type(answer) is Observation:
            return answer
        want = cast("Wanted", answer)  # the other of the two
        until, patience = self._begin([want], deadline)
        return asking.at_once(want) or self._landed(want, until, patience)

    def look_up_many(self, queries: Sequence[Query], *, deadline: float | None = None) -> tuple[Observation, ...]:
        """
        What the registry says about each, in order; what is not known yet is asked at once.

        The deadline is for all. Without a way to ask about many in one request, `ahead` says how many
        are worth asking at once.
        """
        asking = self._asking
        if asking.quick:
            return tuple(self.look_up(query) for query in queries)
        answers, wanted = asking.sorted_out(queries)
        if wanted:
            until, patience = self._begin(list(wanted.values()), deadline)
            for query, want in wanted.items():
                answers[query] = asking.at_once(want) or self._landed(want, until, patience)
        return tuple(answers[query] for query in queries)

    def _in_place(self, query: Query) -> Observation:
        """Ask a quick registry in the caller's own thread."""
        asking = self._asking
        try:
            observations = run(asking.registry.ask((query,)), self._world)
            if len(observations) != 1:
                return asking.nobody(query, Why.MALFORMED, f"{len(observations)} answers to 1 query")
            problem = problem_of(asking.registry, query, observations[0])
        except Exception as error:  # noqa: BLE001 -- whatever a registry raises, nobody could say
            return asking.nobody(query, Why.INTERNAL, type(error).__name__)
        return observations[0] if problem is None else asking.nobody(query, *problem)

    def _begin(self, wanted: list[Wanted], deadline: float | None) -> tuple[float, float]:
        """Begin or join the loads; until when the caller waits by the clock, and how long that is."""
        asking = self._asking
        patience = self._patience(deadline)
        until = asking.clock.monotonic() + patience
        ours, ends = asking.begin(wanted)
        if ours:
            try:
                self._loaders.start(partial(self._load, ours, ends))
            except RuntimeError:  # no thread can be had
                asking.end(ours, Why.OVERLOADED, "no thread left")
        return until, patience

    def _landed(self, want: Wanted, until: float, patience: float) -> Observation:
        flight, clock = want.flight, self._asking.clock
        while flight is not None and not flight.landed and flight.resumes < until:
            told = flight.told
            if not flight.wait(until - clock.monotonic(), told):
                break
        return self._asking.result(want, patience)

    def _load(self, ours: list[Wanted], ends: float) -> None:
        """Perform a load, on a thread of its own; whatever happens, everybody is told."""
        asking = self._asking
        try:
            run(asking.load(ours, ends), self._world, ends)
        except Exception as error:  # noqa: BLE001 -- a load that fails leaves everybody undecided
            asking.end(ours, detail=type(error).__name__)
        else:
            asking.end(ours)


def opened(registry: Registry | str) -> Registry:
    """The registry, or the one that a URL names."""
    if not isinstance(registry, str):
        return registry
    from icpgate.lookup.registry import registry_from_url  # noqa: PLC0415 -- the makers need the interface

    return registry_from_url(registry)
