"""
A second level in Redis or Valkey, for threads and for event loops.

- One failure and nobody waits for it again until it is back: gone, frozen, slow, loading, without
  permission or no Redis at all. What it cost is one exchange, of at most a tenth of a second.
- A server that refuses to write, because it is full or a replica, is still read from.
- After a fork the child has connections of its own.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from icpgate.errors import ConfigurationError, quote
from icpgate.lookup.cache.outage import FIRST_PAUSE, Outage, nothing
from icpgate.lookup.cache.redis_link import Links, link_to
from icpgate.lookup.cache.redis_steps import Refused, Space, conversation
from icpgate.lookup.cache.redis_target import Target, cause_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.lookup.cache.level import AsyncLevel
    from icpgate.lookup.cache.redis_steps import Round
    from icpgate.lookup.steps import LevelStep

__all__ = ["Judgement", "RedisLevel"]

TIMEOUT: Final = 0.1
"""Seconds that an exchange takes at most, with all that it needs: a place, a name, a connection, replies."""

_NO_WRITING: Final = frozenset({"OOM", "READONLY", "MISCONF", "NOREPLICAS"})
"""A server that says this still reads."""

_OF_ONE_KEY: Final = "WRONGTYPE"


class Judgement:
    """Whether a level may be used, and what is made of what came; shared by its threads and loops."""

    def __init__(self, level: str, pause: float) -> None:
        """`pause` is the first of an outage, in seconds."""
        self._all = Outage(level, "all", pause=pause)
        self._writing = Outage(level, "writing", pause=pause)

    @property
    def failures(self) -> int:
        """How many exchanges were in vain."""
        return self._all.failures + self._writing.failures

    def refuses(self, round_: Round) -> bool:
        """Whether it is known already that this would be in vain."""
        return self._all.lasts or (round_.writes and self._writing.lasts)

    def admits(self) -> int:
        """A ticket for an exchange, or 0; hand it back."""
        return self._all.admits()

    def failed(self, ticket: int, error: Exception) -> None:
        """An exchange brought nothing."""
        self._all.failed(ticket, cause_of(error))

    def replied(self, ticket: int, round_: Round, replies: Sequence[object]) -> Sequence[object] | None:
        """The replies of a round that was performed, when its step can go on with them."""
        codes = {reply.code for reply in replies if type(reply) is Refused} - {_OF_ONE_KEY}
        other = codes - _NO_WRITING
        if other:
            self._all.failed(ticket, min(other))
            return None
        self._all.ended(ticket)
        if round_.writes:
            writing = self._writing.admits()
            if codes:
                self._writing.failed(writing, min(codes))
                return None
            self._writing.ended(writing)
        return replies if round_.proven or round_.fit(replies) else None


class RedisLevel:
    """
    See `Level`. One server, or what stands for one; no cluster.

    `url` is `redis://`, `rediss://`, `valkey://`, `valkeys://` or `unix://`. `prefix` begins every
    key: whoever shares it shares entries, locks and limits. `timeout` bounds an exchange and
    `pause` the first pause after a failure, both in seconds; a longer timeout than a tenth breaks
    what a level promises. Raises `ConfigurationError`; whether the server is there is not asked.
    """

    def __init__(
        self, url: str, *, prefix: str = "icpgate:", timeout: float = TIMEOUT, pause: float = FIRST_PAUSE
    ) -> None:
        """Connects when it is first used."""
        if not 0 < timeout <= 10 or not 0 < pause <= 30:  # noqa: PLR2004 -- said in the message
            message = "the timeout of a cache is from 0 to 10 seconds, its pause from 0 to 30"
            raise ConfigurationError(message, code="config.cache")
        if not isinstance(prefix, str) or not prefix:
            message = f"{quote(prefix)} cannot begin the keys of a cache"
            raise ConfigurationError(message, hint="such as icpgate:", code="config.cache")
        self._target = Target.read(url)
        self._space = Space(prefix)
        self._timeout = timeout
        self._judgement = Judgement(self.name, pause)
        _try_out(self._target, timeout)
        self._links = Links(lambda: link_to(self._target, timeout))

    def __repr__(self) -> str:
        """Without credentials."""
        return f"<RedisLevel {self.name}>"

    @property
    def name(self) -> str:
        """See `Level.name`."""
        return self._target.name

    @property
    def failures(self) -> int:
        """How many exchanges were in vain since it was made."""
        return self._judgement.failures

    def perform(self, step: LevelStep) -> object:
        """See `Level.perform`."""
        talk = conversation(step, self._space, time.time())
        try:
            round_ = next(talk)
            while (replies := self._exchange(round_)) is not None:
                round_ = talk.send(replies)
        except StopIteration as end:
            return end.value
        talk.close()
        return nothing(step)

    def _exchange(self, round_: Round) -> Sequence[object] | None:
        judgement = self._judgement
        ticket = 0 if judgement.refuses(round_) else judgement.admits()
        if not ticket:
            return None
        try:
            replies = self._links.exchange(round_.commands, self._timeout, round_.fit)
        except Exception as error:  # noqa: BLE001 -- a level never fails, whatever its server or redis-py does
            judgement.failed(ticket, error)
            return None
        return None if replies is None else judgement.replied(ticket, round_, replies)

    def for_loop(self) -> AsyncLevel:
        """See `Level.for_loop`; each call makes one with connections of its own."""
        from icpgate.lookup.cache.redis_async import AsyncRedisLevel  # noqa: PLC0415 -- threads need no asyncio

        return AsyncRedisLevel(self._target, self._space, self._judgement, self._timeout)

    def close(self) -> None:
        """See `Level.close`. Afterwards it is as if it were gone; its loops have closed their own."""
        self._links.close()


def _try_out(target: Target, timeout: float) -> None:
    """Let redis-py look at the address while somebody can still be told."""
    try:
        link_to(target, timeout).drop()
    except Exception:  # noqa: BLE001 -- redis-py raises of many types, with the address in some
        message = "the address of a cache cannot be used"
        raise ConfigurationError(message, hint="look at its options", code="config.cache") from None
