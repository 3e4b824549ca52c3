"""
The gate: one app in, one decision out; blocking as `Gate`, on an event loop as `AsyncGate`.

Both read the number, ask the registry, and have the rules judge. `check` never raises for what an
app or a registry did; a wrong setting raises `ConfigurationError` when the gate is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import TYPE_CHECKING, Self, Unpack

from icpgate.errors import IcpGateError
from icpgate.gating import Checked, Gating, Question, Settled, queries_of, rows_of
from icpgate.options import async_lookup_of, lookup_of
from icpgate.rules import Action, Occasion

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
    from datetime import datetime
    from types import TracebackType

    from icpgate.answer import Observation, Query
    from icpgate.app import App
    from icpgate.decision import Decision
    from icpgate.gating import Row
    from icpgate.lookup.asyncclient import AsyncLookupClient
    from icpgate.lookup.client import LookupClient
    from icpgate.lookup.registry import Registry
    from icpgate.options import AsyncGateOptions, GateOptions

__all__ = ["AsyncGate", "Checked", "Gate"]


class Gate(Settled):
    """
    A gatekeeper's gate. Make one with `for_listing`, `for_connecting` or `for_preinstalling`.

    It may be shared by threads and used after a fork. Use it as a context manager, or `close` it.
    """

    def __init__(self, action: Action, registry: Registry | str, **options: Unpack[GateOptions]) -> None:
        """
        Prepare the gate; prefer the constructor named after the job.

        `registry` is an object or a URL: `snapshot:registry.icpdb`, `https://…`. Options, all by
        name: `policy`, `mode`, `cache` (a `Cache` or the URL of a second level), `limits` of the
        registry, or a `lookup` client of your own; `deadline`, in seconds for the whole decision;
        `recorder`; `clock`; `allow_simulated`, which believes simulated registries: development only.
        """
        super().__init__(Gating(action, options))
        self._recorder = options.get("recorder")
        self._lookup: LookupClient = lookup_of(registry, options, self._gating.policy, self._gating.clock)
        self._gating.asks(self._lookup)

    @classmethod
    def for_listing(cls, registry: Registry | str, **options: Unpack[GateOptions]) -> Self:
        """A store's gate: may this app be listed? Options as in `Gate`."""
        return cls(Action.LIST, registry, **options)

    @classmethod
    def for_connecting(cls, registry: Registry | str, **options: Unpack[GateOptions]) -> Self:
        """An access provider's gate: may this app be connected? Options as in `Gate`."""
        return cls(Action.CONNECT, registry, **options)

    @classmethod
    def for_preinstalling(cls, registry: Registry | str, **options: Unpack[GateOptions]) -> Self:
        """A device maker's gate: may this app be pre-installed? Options as in `Gate`."""
        return cls(Action.PREINSTALL, registry, **options)

    def __enter__(self) -> Self:
        """Nothing to open: a gate works from its construction on."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the registry."""
        self.close()

    def close(self) -> None:
        """Let go of files and connections; may be called twice."""
        self._lookup.close()

    @property
    def lookup(self) -> LookupClient:
        """What it asks the registry with: its cache, and how the registry fares."""
        return self._lookup

    def check(self, app: App, *, occasion: Occasion | str = Occasion.FIRST, as_of: datetime | None = None) -> Decision:
        """
        Decide on one app.

        `as_of` chooses the policy's phase, never the age of an observation; it needs a zone.
        Raises `ConfigurationError` for a wrong call, nothing for what the app or a registry did.
        """
        gating, lookup = self._gating, self._lookup
        question = gating.question(app, occasion, as_of)
        query = question.query
        if question.host is not None:
            return self._decided(question, *question.found(self._answers([question])))
        if query is None:
            return self._decided(question, None)
        observation = lookup.look_up(query, deadline=gating.left(question))
        return self._decided(question, gating.in_time(question.started, observation))

    def check_many(
        self,
        apps: Iterable[Row],
        *,
        occasion: Occasion | str = Occasion.FIRST,
        as_of: datetime | None = None,
    ) -> Iterator[Checked]:
        """
        Decide on many, lazily and in order; a row that cannot be read is an item with an error.

        The error of a row that its reader could not read may stand in its place. A registry that takes
        many queries in one request is asked about up to 100 at once, any other over a network about up
        to 8 (see `LookupClient.ahead`): so many are read ahead, and the deadline is for so many together.
        """
        gating, lookup = self._gating, self._lookup
        rows_of(apps)
        position = 0
        for rows in _batches(apps, lookup.ahead(self.deadline)):
            questions = [gating.asked(row, occasion, as_of) for row in rows]
            answers = self._answers(questions)
            for question in questions:
                if isinstance(question, IcpGateError):
                    yield Checked(position, None, None, question)
                else:
                    decision = self._decided(question, *question.found(answers))
                    yield Checked(position, question.app, decision, None)
                position += 1

    def _answers(self, questions: Sequence[Question | IcpGateError]) -> dict[Query, Observation]:
        queries = queries_of(questions)
        started = self._gating.clock.monotonic()
        answers = self._lookup.look_up_many(queries, deadline=self.deadline)
        return {query: self._gating.in_time(started, answer) for query, answer in zip(queries, answers, strict=True)}

    def _decided(
        self, question: Question, observation: Observation | None, host: Observation | None = None
    ) -> Decision:
        gating = self._gating
        decision = gating.decided(question, observation, host)
        if self._recorder is not None:
            try:
                self._recorder.record(decision)
            except Exception as error:  # noqa: BLE001 -- whatever a recorder raises, the decision is unrecorded
                decision = gating.unrecorded(decision, error)
        gating.log(decision, question)
        return decision


class AsyncGate(Settled):
    """
    A gate for event loops: the methods of `Gate`, to be awaited, and the same decisions.

    It may be shared by the tasks of several loops. Use it with `async with`, or await `close`.
    """

    def __init__(self, action: Action, registry: Registry | str, **options: Unpack[AsyncGateOptions]) -> None:
        """
        Prepare the gate; prefer the constructor named after the job. Options as in `Gate`.

        `lookup` is an `AsyncLookupClient` here; the `record` of a recorder may be a coroutine.
        """
        super().__init__(Gating(action, options))
        self._recorder = options.get("recorder")
        self._lookup: AsyncLookupClient = async_lookup_of(registry, options, self._gating.policy, self._gating.clock)
        self._gating.asks(self._lookup)

    @classmethod
    def for_listing(cls, registry: Registry | str, **options: Unpack[AsyncGateOptions]) -> Self:
        """See `Gate.for_listing`."""
        return cls(Action.LIST, registry, **options)

    @classmethod
    def for_connecting(cls, registry: Registry | str, **options: Unpack[AsyncGateOptions]) -> Self:
        """See `Gate.for_connecting`."""
        return cls(Action.CONNECT, registry, **options)

    @classmethod
    def for_preinstalling(cls, registry: Registry | str, **options: Unpack[AsyncGateOptions]) -> Self:
        """See `Gate.for_preinstalling`."""
        return cls(Action.PREINSTALL, registry, **options)

    async def __aenter__(self) -> Self:
        """Nothing to open: a gate works from its construction on."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the registry."""
        await self.close()

    async def close(self) -> None:
        """Let go of files and of this loop's connections; may be called twice."""
        await self._lookup.close()

    @property
    def lookup(self) -> AsyncLookupClient:
        """See `Gate.lookup`."""
        return self._lookup

    async def check(
        self, app: App, *, occasion: Occasion | str = Occasion.FIRST, as_of: datetime | None = None
    ) -> Decision:
        """See `Gate.check`."""
        gating, lookup = self._gating, self._lookup
        question = gating.question(app, occasion, as_of)
        query = question.query
        if question.host is not None:
            return await self._decided(question, *question.found(await self._answers([question])))
        if query is None:
            return await self._decided(question, None)
        observation = await lookup.look_up(query, deadline=gating.left(question))
        return await self._decided(question, gating.in_time(question.started, observation))

    async def check_many(
        self,
        apps: Iterable[Row] | AsyncIterable[Row],
        *,
        occasion: Occasion | str = Occasion.FIRST,
        as_of: datetime | None = None,
    ) -> AsyncIterator[Checked]:
        """See `Gate.check_many`; `apps` may also be asynchronous."""
        gating, lookup = self._gating, self._lookup
        rows_of(apps, "__aiter__" if isinstance(apps, AsyncIterable) else "__iter__")
        position = 0
        async for rows in _async_batches(apps, lookup.ahead(self.deadline)):
            questions = [gating.asked(row, occasion, as_of) for row in rows]
            answers = await self._answers(questions)
            for question in questions:
                if isinstance(question, IcpGateError):
                    yield Checked(position, None, None, question)
                else:
                    decision = await self._decided(question, *question.found(answers))
                    yield Checked(position, question.app, decision, None)
                position += 1

    async def _answers(self, questions: Sequence[Question | IcpGateError]) -> dict[Query, Observation]:
        queries = queries_of(questions)
        started = self._gating.clock.monotonic()
        answers = await self._lookup.look_up_many(queries, deadline=self.deadline)
        return {query: self._gating.in_time(started, answer) for query, answer in zip(queries, answers, strict=True)}

    async def _decided(
        self, question: Question, observation: Observation | None, host: Observation | None = None
    ) -> Decision:
        gating = self._gating
        decision = gating.decided(question, observation, host)
        if self._recorder is not None:
            try:
                recorded: Awaitable[None] | None = self._recorder.record(decision)
                if recorded is not None:
                    await recorded
            except Exception as error:  # noqa: BLE001 -- whatever a recorder raises, the decision is unrecorded
                decision = gating.unrecorded(decision, error)
        gating.log(decision, question)
        return decision


def _batches(apps: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Rows by the batch. What the rows' source raises is raised after the rows that came before it."""
    rows: list[Row] = []
    try:
        for row in apps:
            rows.append(row)
            if len(rows) == size:
                yield rows
                rows = []
    except Exception:
        if rows:
            yield rows
        raise
    if rows:
        yield rows


async def _async_batches(apps: Iterable[Row] | AsyncIterable[Row], size: int) -> AsyncIterator[list[Row]]:
    """See `_batches`."""
    if not isinstance(apps, AsyncIterable):
        for rows in _batches(apps, size):
            yield rows
        return
    rows = []
    try:
        async for row in apps:
            rows.append(row)
            if len(rows) == size:
                yield rows
                rows = []
    except Exception:
        if rows:
            yield rows
        raise
    if rows:
        yield rows
