"""
A second level in Redis or Valkey as one event loop uses it.

- Callers hand their rounds to a few workers, each with a connection; what has gathered meanwhile is sent
  together. A thousand callers cost a few exchanges.
- A caller that is cancelled takes nothing with it: the exchange goes on without, so no reply is ever
  left behind for somebody else. A worker that is cancelled ends its connection.
- A loop that was busy for longer than an exchange may take has not waited for the server.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, Self

from icpgate.lookup.cache.outage import nothing
from icpgate.lookup.cache.redis_steps import Refused, conversation
from icpgate.lookup.cache.redis_target import refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

    from icpgate.lookup.cache.redis import Judgement
    from icpgate.lookup.cache.redis_steps import Command, Round, Space
    from icpgate.lookup.cache.redis_target import Target
    from icpgate.lookup.steps import LevelStep

__all__ = ["AsyncRedisLevel", "Patience"]

WORKERS: Final = 4
COMMANDS_AT_ONCE: Final = 200


class _Connection(Protocol):
    """What we use of an asynchronous connection of redis-py."""

    @property
    def is_connected(self) -> bool: ...
    async def connect(self) -> None: ...
    async def can_read_destructive(self) -> bool: ...
    def pack_commands(self, commands: Sequence[Command]) -> list[bytes]: ...
    async def send_packed_command(self, command: list[bytes], *, check_health: bool) -> None: ...
    async def read_response(self, *, disable_decoding: bool) -> object: ...
    async def disconnect(self, *, nowait: bool) -> None: ...


@functools.cache
def _kind(scheme: str) -> Callable[..., _Connection]:
    from redis.asyncio import connection  # noqa: PLC0415 -- the extra may be missing

    kinds: dict[str, Callable[..., _Connection]] = {
        "redis": connection.Connection,
        "rediss": connection.SSLConnection,
        "unix": connection.UnixDomainSocketConnection,
    }
    return kinds[scheme]


def _connection_to(target: Target) -> _Connection:
    """A connection that is not connected yet. It has no time limits: `Patience` has."""
    from redis.asyncio.retry import Retry  # noqa: PLC0415 -- the extra may be missing
    from redis.backoff import NoBackoff  # noqa: PLC0415 -- as above

    limits = {"socket_timeout": None, "socket_connect_timeout": None, "retry": Retry(NoBackoff(), 0)}
    return _kind(target.scheme)(**target.arguments(), **limits)


class Patience:
    """
    As `asyncio.timeout`, but time in which the loop itself was busy does not count for ever.

    When the timer comes late, what has arrived meanwhile is still on its way to the task: it gets
    a little more, a few times.
    """

    def __init__(self, seconds: float) -> None:
        """Enter it in the task that is to wait so long at most."""
        self._seconds = seconds
        self._more = 4
        self._scope = asyncio.timeout(None)

    async def __aenter__(self) -> Self:
        """Begin to wait."""
        await self._scope.__aenter__()
        self._loop = asyncio.get_running_loop()
        self._set(self._seconds)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raises `TimeoutError` when it took too long."""
        self._timer.cancel()
        await self._scope.__aexit__(kind, error, trace)

    def _set(self, seconds: float) -> None:
        self._due = self._loop.time() + seconds
        self._timer = self._loop.call_at(self._due, self._look)

    def _look(self) -> None:
        some = self._seconds / 4
        if self._more and self._loop.time() - self._due > some / 2:
            self._more -= 1
            self._set(some)
        else:
            self._scope.reschedule(self._loop.time())


class _Waiting:
    """A round, and who waits for its replies."""

    __slots__ = ("replies", "round")

    def __init__(self, round_: Round, replies: asyncio.Future[Sequence[object] | None]) -> None:
        self.round = round_
        self.replies = replies

    def give(self, replies: Sequence[object] | None) -> None:
        """The replies, to one who still waits."""
        if not self.replies.done():
            self.replies.set_result(replies)


class AsyncRedisLevel:
    """See `AsyncLevel`; made by `RedisLevel.for_loop`, whose outages it shares."""

    def __init__(self, target: Target, space: Space, judgement: Judgement, timeout: float) -> None:
        """Connects when it is first used."""
        self._target = target
        self._space = space
        self._judgement = judgement
        self._timeout = timeout
        self._queue: deque[_Waiting] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._idle: list[_Connection] = []
        self._is_closed = False

    async def perform(self, step: LevelStep) -> object:
        """See `AsyncLevel.perform`."""
        talk = conversation(step, self._space, time.time())
        try:
            round_ = next(talk)
            while (replies := await self._exchange(round_)) is not None:
                round_ = talk.send(replies)
        except StopIteration as end:
            return end.value
        talk.close()
        return nothing(step)

    async def _exchange(self, round_: Round) -> Sequence[object] | None:
        if self._is_closed or self._judgement.refuses(round_):
            return None
        loop = asyncio.get_running_loop()
        waiting = _Waiting(round_, loop.create_future())
        self._queue.append(waiting)
        if len(self._workers) < WORKERS:
            worker = loop.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await waiting.replies

    async def _work(self) -> None:
        """Perform what is waiting, until nothing is."""
        while self._queue:
            batch = self._next_batch()
            if not batch:
                continue
            ticket = self._judgement.admits()
            try:
                if ticket:  # pragma: no branch -- a thread may have been faster
                    await self._perform(batch, ticket)
            finally:
                for waiting in batch:
                    waiting.give(None)

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        commands = 0
        while self._queue and commands < COMMANDS_AT_ONCE:
            waiting = self._queue.popleft()
            if waiting.replies.done():
                continue
            if self._judgement.refuses(waiting.round):
                waiting.give(None)
                continue
            batch.append(waiting)
            commands += len(waiting.round.commands)
        return batch

    async def _perform(self, batch: Sequence[_Waiting], ticket: int) -> None:
        connection = self._idle.pop() if self._idle else _connection_to(self._target)
        is_kept = False
        try:
            async with Patience(self._timeout):
                await _readied(connection)
                came = await _exchanged(connection, [command for each in batch for command in each.round.commands])
            is_kept = self._hand_out(batch, came, ticket) and not self._is_closed
        except Exception as error:  # noqa: BLE001 -- a level never fails, whatever its server or redis-py does
            self._judgement.failed(ticket, error)
        finally:
            if is_kept:
                self._idle.append(connection)
            else:
                await _ended(connection)

    def _hand_out(self, batch: Sequence[_Waiting], came: Sequence[object], ticket: int) -> bool:
        """Everybody's replies; whether all of them fitted."""
        begin, all_fit = 0, True
        for waiting in batch:
            end = begin + len(waiting.round.commands)
            replies = came[begin:end]
            all_fit = all_fit and waiting.round.fit(replies)
            judged = self._judgement.replied(ticket, waiting.round, replies)
            waiting.give(judged if all_fit or waiting.round.proven else None)
            begin = end
        return all_fit

    async def close(self) -> None:
        """See `AsyncLevel.close`. Who still waits gets nothing."""
        self._is_closed = True
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        while self._queue:
            self._queue.popleft().give(None)
        while self._idle:
            await _ended(self._idle.pop())
        await asyncio.sleep(0)  # a transport is closed in the loop's next turn


async def _exchanged(connection: _Connection, commands: Sequence[Command]) -> list[object]:
    """Every command's reply, an error as `Refused`."""
    from redis.exceptions import ResponseError  # noqa: PLC0415 -- the extra may be missing

    await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
    replies: list[object] = []
    for _ in commands:
        try:
            replies.append(await connection.read_response(disable_decoding=True))
        except ResponseError as error:
            replies.append(Refused(refusal(error)))
    return replies


async def _readied(connection: _Connection) -> None:
    """Connect it, unless it is connected and nothing has arrived in it since its last exchange."""
    if connection.is_connected:
        with suppress(Exception):  # one that cannot even say that is not ready
            if not await _has_arrived(connection):
                return
        await connection.disconnect(nowait=True)
    await connection.connect()


async def _has_arrived(connection: _Connection) -> bool:
    can_read: Callable[[], Awaitable[bool]] | None = getattr(connection, "can_read", None)
    if can_read is not None:
        return await can_read()
    # Releases before 8 have another name for it, and with it see only that the server has hung up.
    reader: object = getattr(connection, "_reader", None)  # pragma: no cover -- not of the release that is tested
    return await connection.can_read_destructive() or bool(
        getattr(reader, "_buffer", b"")
    )  # pragma: no cover -- as above


async def _ended(connection: _Connection) -> None:
    with suppress(Exception):
        await connection.disconnect(nowait=True)
