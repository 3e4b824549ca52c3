"""Who may use a registry: threads, forked children, copies, and those who come after it was closed."""

from __future__ import annotations

import copy
import os
import pickle
import time
import warnings
from typing import TYPE_CHECKING, Final, cast

from icpgate.answer import Found
from icpgate.lookup.drivers import World
from icpgate.lookup.interface import shut
from icpgate.testing.contracts.hooks import RegistryHooks
from icpgate.testing.contracts.performing import performed
from icpgate.testing.contracts.promises import in_threads, promised

if TYPE_CHECKING:
    from icpgate.answer import Observation
    from icpgate.lookup.interface import Registry

__all__ = ["SharingContract"]

_THREADS: Final = 8
_TURNS: Final = 5
_PATIENCE: Final = 30.0
"""Seconds in which a child must have its answer."""


class SharingContract(RegistryHooks):
    """See `RegistryContract`."""

    def test_eight_threads_share_one(self) -> None:
        """Each is told what it would be told alone."""
        queries = self._askable()
        with self._asked_world() as (registry, world):
            alone = [type(each.answer) for each in self._ask(registry, world, *queries)]

            def work(first: int) -> None:
                for turn in range(_TURNS):
                    place = (first + turn) % len(queries)
                    [observation] = self._ask(registry, world, queries[place])
                    is_same = type(observation.answer) is alone[place]
                    promised(is_same, f"{queries[place]} is answered otherwise in a thread")

            in_threads(_THREADS, work)

    def test_a_forked_child_asks_too(self) -> None:
        """It finds what its parent finds, which goes on as before."""
        if not self.is_forkable or not hasattr(os, "fork"):
            return
        query, record = self.known()
        with self._asked_world() as (registry, world):
            self._is_right(query, self._ask(registry, world, query)[0].answer, record)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of forks where there are threads
                child = os.fork()
            if not child:  # pragma: no cover -- another process, which ends without a word
                found = False
                try:
                    found = _finds(registry, World(self.clock()), self)
                finally:
                    os._exit(0 if found else 1)
            promised(_ended(child), "a forked child was told another thing, or nothing")
            self._is_right(query, self._ask(registry, world, query)[0].answer, record)

    def test_a_copy_is_one_more(self) -> None:
        """Where it may be copied and pickled at all."""
        if not self.is_picklable:
            return
        query, record = self.known()
        with self._asked_world() as (registry, world):
            for other in (copy.copy(registry), pickle.loads(pickle.dumps(registry))):  # noqa: S301 -- pickled in this line
                promised(other.id == registry.id, "a copy has another id")
                self._is_right(query, self._ask(other, world, query)[0].answer, record)
                shut(other)

    def test_it_may_be_closed_twice(self) -> None:
        """Afterwards it still answers: as before, or that nobody can say."""
        query = self.known()[0]
        with self._asked_world() as (registry, world):
            self._ask(registry, world, query)
            close = getattr(registry, "close", None)
            if close is not None:
                close()
                close()
            self._ask(registry, world, query)


def _finds(registry: Registry, world: World, hooks: RegistryHooks) -> bool:  # pragma: no cover -- in a child
    query, record = hooks.known()
    script = performed(registry.ask((query,)), world)
    answer = cast("list[Observation]", script.result)[0].answer
    return isinstance(answer, Found) and answer.record.registration_number == record.registration_number


def _ended(child: int) -> bool:
    """Wait for a child; whether it ended well."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.005)
    os.kill(child, 9)  # pragma: no cover -- one that hangs
    os.waitpid(child, 0)  # pragma: no cover -- as above
    return False  # pragma: no cover -- as above
