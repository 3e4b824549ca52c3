"""The cache of lookup clients: its two levels, the loads under way, what to forget, and how it fares."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from icpgate.errors import ConfigurationError, IcpGateError, quote
from icpgate.lookup.cache.level import Level
from icpgate.lookup.cache.memory import Memory
from icpgate.lookup.guard import Health
from icpgate.lookup.singleflight import Flights
from icpgate.lookup.steps import Drop
from icpgate.number import parse

if TYPE_CHECKING:
    from typing import Self

    from icpgate.lookup.cache.outcome import Outcome

__all__ = ["Cache", "CacheStatistics"]

MAX_ENTRIES: Final = 100_000
MAX_BYTES: Final = 128 * 1024 * 1024
"""Of a process; about what the 100,000 entries of one big store's day take."""

SHARE_EVERY: Final = 60.0
"""Seconds for which a process uses its own entry without a look at what other processes know."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class CacheStatistics:
    """
    What a cache holds now, and did since it was made.

    `hits` were answered from the process, `misses` were not; `stale` is how often an answer was used beyond
    its life, `refused` how often an older observation came after a newer one, `evictions` how
    many entries left for want of room.
    """

    entries: int
    bytes: int
    hits: int
    misses: int
    stale: int
    evictions: int
    refused: int
    loading: int
    level: str


class Cache:
    """
    Keeps observations for lookup clients, which may share one; with it they share each registry's breaker,
    rate and quota.

    It is bounded by `max_entries` and `max_bytes`. `level` is a second level that several
    processes share, or its URL: `sqlite:PATH`, `redis://…`. `secret` is what those processes
    have in common: it seals the entries there, and keys the hashes of document numbers. Without it,
    whoever can write to the second level is trusted, and answers about documents are not shared.
    """

    def __init__(
        self,
        *,
        max_entries: int = MAX_ENTRIES,
        max_bytes: int = MAX_BYTES,
        level: Level | str | None = None,
        secret: str | bytes | None = None,
    ) -> None:
        """Make an empty cache; raises `ConfigurationError` for bounds, a level or a secret that are none."""
        self.memory = Memory(_bound(max_entries, "max_entries"), _bound(max_bytes, "max_bytes"))
        self.secret = _secret(secret)
        self.level = _level(level)
        self.key_secret = self.secret or secrets.token_bytes(32)
        self.flights: Flights[Outcome] = Flights()
        self._health: dict[str, Health] = {}

    @classmethod
    def of(cls, given: Cache | str | None) -> Cache:
        """A cache, a new one with this second level, or a new one in the process alone."""
        if given is None or isinstance(given, str):
            return cls(level=given)
        if not isinstance(given, Cache):
            message = f"cache is {quote(given)}: a Cache or the URL of a second level is expected"
            raise ConfigurationError(message, hint="sqlite:cache.db or redis://localhost", code="config.cache")
        return given

    def health_of(self, registry: str) -> Health:
        """The breaker, rate and quota of the registry with this id: one for all clients that share the cache."""
        return self._health.setdefault(registry, Health())

    def __enter__(self) -> Self:
        """Nothing to open: it works from its construction on."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the second level."""
        self.close()

    def close(self) -> None:
        """Let go of the second level's files and connections; may be called twice."""
        if self.level is not None:
            self.level.close()

    def invalidate(
        self, *, number: str | None = None, entity: str | None = None, before: datetime | None = None
    ) -> int:
        """
        Forget what is kept about a number, about an entity and all its services, or was observed before a moment.

        What is given must all agree; nothing given forgets everything. Both levels are cleared, and
        loads under way keep nothing. Other processes notice within a minute. Returns how many entries
        were forgotten in this process and in the second level together. Raises
        `ConfigurationError` for a moment without a zone, `InvalidNumber` for what is no number, and
        `IcpGateError` (`cache.gone`) when the second level did not confirm it: what stands there stands.
        """
        if before is not None and (not isinstance(before, datetime) or before.utcoffset() is None):
            message = f"before is {quote(before)}: a moment with its zone is expected"
            raise ConfigurationError(message, code="config.time")
        of_number = "" if number is None else parse(number).canonical
        of_entity = "" if entity is None else parse(entity).entity_number
        dropped = self.memory.drop(number=of_number, entity=of_entity, before=before)
        if self.level is not None:
            moment = None if before is None else (before - _EPOCH) // timedelta(microseconds=1)
            there = cast("int | None", self.level.perform(Drop(of_number, of_entity, moment)))
            # What a load has read from the level meanwhile.
            dropped += self.memory.drop(number=of_number, entity=of_entity, before=before)
            if there is None:
                message = f"{self.level.name} does not answer: what it holds is not forgotten"
                raise IcpGateError(message, code="cache.gone", hint="repeat it when the level answers")
            dropped += there
        return dropped

    @property
    def statistics(self) -> CacheStatistics:
        """How it fares."""
        counts = self.memory.counts
        return CacheStatistics(
            entries=len(self.memory),
            bytes=self.memory.bytes,
            hits=counts.hits,
            misses=counts.misses,
            stale=counts.stale,
            evictions=counts.evictions,
            refused=counts.refused,
            loading=len(self.flights),
            level="" if self.level is None else self.level.name,
        )


def _bound(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        message = f"{name} is {quote(value)}: a number of at least 1 is expected"
        raise ConfigurationError(message, code="config.cache")
    return value


def _secret(given: str | bytes | None) -> bytes | None:
    if given is None:
        return None
    secret = given.encode() if isinstance(given, str) else given
    if not isinstance(secret, bytes) or len(secret) < 16:  # noqa: PLR2004 -- said in the message
        message = "the secret of a cache has at least 16 bytes"
        raise ConfigurationError(
            message, hint="python -c 'import secrets; print(secrets.token_hex())'", code="config.cache"
        )
    return secret


def _level(given: Level | str | None) -> Level | None:
    if isinstance(given, str):
        from icpgate.lookup.cache.opening import open_level  # noqa: PLC0415 -- only where a second level is used

        return open_level(given)
    if given is not None and not isinstance(given, Level):
        message = f"level is {quote(given)}: a second level or its URL is expected"
        raise ConfigurationError(message, hint="sqlite:cache.db or redis://localhost", code="config.cache")
    return given
