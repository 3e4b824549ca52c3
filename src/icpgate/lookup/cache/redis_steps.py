"""
The steps of a level as commands to Redis or Valkey, and what their replies mean. Pure; a link performs it.

- A value carries its own key: a reply that belongs to another command is a miss, and ends its link.
- Whatever is not of the type that was asked for is no answer.
- What takes long is cut into rounds, so that nobody else waits for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from icpgate.lookup.cache.encoding import MAX_BLOB
from icpgate.lookup.cache.redis_scripts import DROP, LOCK, PUT, TAKE, UNLOCK
from icpgate.lookup.steps import Drop, GetMany, Lock, PutMany, Take, Unlock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from icpgate.lookup.steps import LevelStep, StoredEntry

__all__ = ["Command", "Conversation", "Refused", "Round", "Space", "conversation"]

T = TypeVar("T")

Command: TypeAlias = "tuple[bytes | str | int, ...]"

KEYS_A_ROUND: Final = 100
SCANNED_A_ROUND: Final = 1_000
MAX_SCANS: Final = 100_000
"""A hundred million keys; a server that goes on after that goes round in circles."""

_MAGIC: Final = b"i1"
_HEAD: Final = 23
"""The length of a value's first line."""

_MAX_HEAD: Final = 4_096
"""For the lines before the blob: key, number, entity."""

LATEST: Final = 86_400
"""Seconds. A moment further ahead of our clock than any wrong clock is nonsense that must not fence."""

LONGEST_KEPT: Final = 400 * 86_400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An error in place of a reply; `code` is a word of our own list."""

    code: str


@dataclass(frozen=True, slots=True)
class Round:
    """
    Commands that are sent together; their replies come back in order.

    `fits` says whether a reply can be the one to the command at that position. `proven` replies
    prove themselves, so that one that does not fit says nothing about the others.
    """

    commands: tuple[Command, ...]
    fits: Callable[[int, object], bool]
    writes: bool = True
    proven: bool = False

    def fit(self, replies: Sequence[object]) -> bool:
        """Whether all replies can be those to the commands; an error can be one to any."""
        return all(type(reply) is Refused or self.fits(place, reply) for place, reply in enumerate(replies))


Conversation: TypeAlias = Generator[Round, Sequence[object], object]


class Space:
    """The part of the server's keys that is ours."""

    def __init__(self, prefix: str) -> None:
        """`prefix` begins every key; whoever shares it shares everything."""
        own = prefix.encode("utf-8", "surrogatepass")
        self.entries = own + b"e:"
        self._locks = own + b"l:"
        self._limits = own + b"t:"
        self.pattern = _literal(self.entries) + b"*"

    def entry(self, key: str) -> bytes:
        """Where an entry is."""
        return self.entries + _bytes(key)

    def lock(self, key: str) -> bytes:
        """Where the lock of a key is."""
        return self._locks + _bytes(key)

    def limit(self, name: str, what: str) -> bytes:
        """Where a limit is; those of one name are on one server of a cluster."""
        return self._limits + b"{" + _bytes(name) + b"}:" + _bytes(what)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _literal(pattern: bytes) -> bytes:
    """Bytes as a pattern that matches them alone."""
    return b"".join(b"\\" + bytes([byte]) if byte in b"*?[]\\" else bytes([byte]) for byte in pattern)


def _chunks(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    remaining = iter(items)
    while chunk := tuple(islice(remaining, size)):
        yield chunk


def conversation(step: LevelStep, space: Space, now: float) -> Conversation:
    """What is to be said for a step; `now` is the wall clock in seconds. Returns the step's value."""
    if isinstance(step, GetMany):
        return _get(step, space)
    if isinstance(step, PutMany):
        return _put(step, space, now)
    if isinstance(step, Lock):
        return _lock(step, space)
    if isinstance(step, Unlock):
        return _unlock(step, space)
    if isinstance(step, Take):
        return _take(step, space)
    return _drop(step, space) if isinstance(step, Drop) else _count(space)


def _get(step: GetMany, space: Space) -> Conversation:
    values: list[bytes | None] = []
    for keys in _chunks(step.keys, KEYS_A_ROUND):
        heads = [_bytes(key) + b"\n" for key in keys]
        commands = tuple(("GETRANGE", space.entry(key), 0, _MAX_HEAD + MAX_BLOB) for key in keys)

        def fits(position: int, reply: object, heads: Sequence[bytes] = heads) -> bool:
            return reply is None or (type(reply) is bytes and not _is_of_another(reply, heads[position]))

        replies = yield Round(commands, fits, writes=False, proven=True)
        values += map(_blob, heads, replies)
    return tuple(values)


def _is_of_another(value: bytes, head: bytes) -> bool:
    return value.startswith(_MAGIC) and value[_HEAD - 1 : _HEAD] == b"\n" and not value.startswith(head, _HEAD)


def _blob(head: bytes, value: object) -> bytes | None:
    """What was kept under this key."""
    if type(value) is not bytes or not value.startswith(_MAGIC) or not value.startswith(head, _HEAD):
        return None
    parts = value[_HEAD + len(head) :].split(b"\n", 2)
    return parts[2] if len(parts) == 3 and len(parts[2]) <= MAX_BLOB else None  # noqa: PLR2004 -- number, entity, blob


def _moment(observed: int) -> bytes:
    return b"%020d" % max(0, observed)


def _value(entry: StoredEntry) -> bytes:
    lines = (_MAGIC + _moment(entry.observed), _bytes(entry.key), _bytes(entry.number), _bytes(entry.entity))
    return b"\n".join((*lines, entry.blob))


def _fits_writing(_position: int, reply: object) -> bool:
    return type(reply) is int


def _put(step: PutMany, space: Space, now: float) -> Conversation:
    latest = _moment(int((now + LATEST) * 1_000_000))
    fitting = (entry for entry in step.entries if len(entry.blob) <= MAX_BLOB and entry.seconds > 0)
    for entries in _chunks(fitting, KEYS_A_ROUND):
        yield Round(tuple(_put_one(entry, space, latest) for entry in entries), _fits_writing)
    return None


def _put_one(entry: StoredEntry, space: Space, latest: bytes) -> Command:
    kept = _milliseconds(entry.seconds)
    return ("EVAL", PUT, 1, space.entry(entry.key), _value(entry), _moment(entry.observed), latest, kept)


def _milliseconds(seconds: float) -> int:
    return max(1, int(min(seconds, LONGEST_KEPT) * 1_000))


def _lock(step: Lock, space: Space) -> Conversation:
    token = secrets.token_hex(8)
    command = ("EVAL", LOCK, 1, space.lock(step.key), token, _milliseconds(step.seconds))
    [reply] = yield Round((command,), _fits_writing)
    if reply == 1:
        return token
    return None if reply == 0 else ""


def _unlock(step: Unlock, space: Space) -> Conversation:
    yield Round((("EVAL", UNLOCK, 1, space.lock(step.key), step.token),), _fits_writing)
    return None


def _microseconds(seconds: float) -> int:
    return int(min(seconds, LONGEST_KEPT) * 1_000_000)


def _take(step: Take, space: Space) -> Conversation:
    keys = space.limit(step.name, "rate"), space.limit(step.name, f"day:{step.day}")
    interval = max(1, _microseconds(step.interval)) if step.interval > 0 else 0
    limits = interval, max(1, step.burst), _microseconds(max(0.0, step.longest)), step.per_day
    # An hour more, for those whose clocks are late: they still count for the day that has ended.
    kept = _milliseconds(step.resets + 3_600)
    [reply] = yield Round((("EVAL", TAKE, 2, *keys, *limits, kept),), lambda _, reply: _taken(reply) is not None)
    return _taken(reply)


def _taken(reply: object) -> tuple[float, int] | None:
    if type(reply) is not list or len(reply) != 2 or not all(type(part) is int for part in reply):  # noqa: PLR2004 -- wait, left
        return None
    wait, left = reply
    return (wait / 1_000_000 if wait >= 0 else -1.0), left


Keys: TypeAlias = tuple[bytes, ...]
Look: TypeAlias = "Callable[[Keys], Generator[Round, Sequence[object], int | None]]"


def _drop(step: Drop, space: Space) -> Conversation:
    before = b"" if step.before is None else _moment(step.before)
    agreeing = (step.number, step.entity, before, len(space.entries))

    def drop(keys: Keys) -> Generator[Round, Sequence[object], int | None]:
        [reply] = yield Round((("EVAL", DROP, len(keys), *keys, *agreeing),), _fits_writing)
        return reply if type(reply) is int else None

    return (yield from drop((space.entry(step.key),)) if step.key else _look_through(space, drop))


def _count(space: Space) -> Conversation:
    """A server that grows or shrinks meanwhile may show an entry twice."""

    def count(keys: Keys) -> Generator[Round, Sequence[object], int | None]:
        yield from ()
        return len(keys)

    return (yield from _look_through(space, count))


def _look_through(space: Space, look: Look) -> Generator[Round, Sequence[object], int | None]:
    """All entries, some at a time; the sum of what each look at some of them brings."""
    total, cursor = 0, b"0"
    for _ in range(MAX_SCANS):
        scan: Command = ("SCAN", cursor, "MATCH", space.pattern, "COUNT", SCANNED_A_ROUND)
        [reply] = yield Round((scan,), lambda _, reply: _scanned(reply) is not None, writes=False)
        scanned = _scanned(reply)
        if scanned is None:
            return None
        cursor, keys = scanned
        looked = (yield from look(keys)) if keys else 0
        if looked is None:
            return None
        total += looked
        if cursor == b"0":
            return total
    return None


def _scanned(reply: object) -> tuple[bytes, Keys] | None:
    if type(reply) is not list or len(reply) != 2 or type(reply[0]) is not bytes or type(reply[1]) is not list:  # noqa: PLR2004 -- cursor, keys
        return None
    return reply[0], tuple(key for key in reply[1] if type(key) is bytes)
