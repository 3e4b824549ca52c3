"""Registries that do not do what they should, for the tests of the server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from icpgate.answer import NotRegistered, Observation, Unavailable, Why
from icpgate.lookup.interface import Capabilities
from icpgate.lookup.steps import Now, ReadLocally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Query
    from icpgate.lookup.steps import Flow


class Held:
    """Answers once it is let go; counts what it is asked."""

    id = "held"
    capabilities = Capabilities(authoritative=True, batches=True)

    def __init__(self) -> None:
        """Not let go yet."""
        self.go = threading.Event()
        self.asked = 0
        self.batches: list[int] = []

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        self.asked += len(queries)
        self.batches.append(len(queries))
        reply = yield ReadLocally(lambda: self.go.wait(20))
        return [Observation(query, NotRegistered("all"), reply.now, "held", self.id) for query in queries]


class Failing:
    """Answers whatever it is told to."""

    id = "failing"

    def __init__(self, why: Why | None, *, by_number: bool = True) -> None:
        """Without a why it says no."""
        self.why = why
        self.asked = 0
        self.broken = False
        self._capabilities = Capabilities(by_number=by_number, by_domain=True, authoritative=True)

    @property
    def capabilities(self) -> Capabilities:
        """See `Registry.capabilities`; raises once it is broken."""
        if self.broken:
            message = "110101199003074578"
            raise RuntimeError(message)
        return self._capabilities

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        self.asked += len(queries)
        now = (yield Now()).now
        answer = NotRegistered("all") if self.why is None else Unavailable(self.why, "told to")
        return [Observation(query, answer, now, "failing", self.id) for query in queries]
