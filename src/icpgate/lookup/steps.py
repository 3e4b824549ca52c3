"""
What a lookup may ask of the world, as data.

A registry is a generator that yields steps and is sent replies; a driver performs them, blocking
or asynchronous. So the logic of a lookup is written once and knows neither clock nor socket.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from icpgate.answer import Why
    from icpgate.lookup.channel import Channel

__all__ = [
    "Count",
    "Drop",
    "Flow",
    "GetMany",
    "Later",
    "LevelStep",
    "Lock",
    "Now",
    "PutMany",
    "ReadLocally",
    "Reply",
    "Request",
    "Response",
    "Send",
    "Sleep",
    "Step",
    "StoredEntry",
    "Take",
    "Together",
    "Unanswered",
    "Unlock",
]

T = TypeVar("T")


class Unanswered(Exception):
    """
    A request that brought no usable response; the error of a reply, never raised to callers.

    `detail` repeats nothing of what was sent or received. `retry_after` is in seconds;
    0 says that it may be asked again at once, as after a body that was cut.
    """

    def __init__(self, why: Why, detail: str = "", *, retry_after: float | None = None) -> None:
        """Keep why nobody could say."""
        super().__init__(why, detail)
        self.why = why
        self.detail = detail
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Request:
    """
    One HTTP request. `url` is absolute, ASCII and percent-encoded.

    Address, headers and body may hold credentials or a person's document: `repr` leaves them out. `channel`
    is how it travels, where that is not as usual; the registry that sends it has one.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    channel: Channel | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole HTTP response: its status, headers in lower case, and the decoded body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Send:
    """
    Send a request. The reply's value is a `Response` of any status, its error an `Unanswered`.

    `seconds` is how long it may take, where that is less than the lookup has left.
    """

    request: Request
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ReadLocally(Generic[T]):
    """
    Do blocking work of this machine, such as reading a file; its result is the reply's value.

    `quick` work takes microseconds and is done in place; other work keeps no event loop waiting.
    """

    work: Callable[[], T]
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Now:
    """Only tell what time it is; with `draw` also a random number from 0 to below 1."""

    draw: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for so many seconds, but no longer than the lookup has left."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """
    One observation as a second level keeps it.

    `observed` is in microseconds since 1970 and fences: an older one never replaces a newer.
    `seconds` is how long the level may keep it; whether it is young enough is judged by its reader.
    """

    key: str
    blob: bytes = field(repr=False)
    observed: int
    seconds: float
    entity: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class GetMany:
    """Ask the second level; the value is a tuple with one `bytes | None` for each key, or None while it is gone."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PutMany:
    """Hand entries to the second level; without effect while it is gone."""

    entries: tuple[StoredEntry, ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """
    Ask for the lock of a key, an economy between processes and never a guarantee.

    The value is a token when it was granted, None when somebody else has it, and "" while the
    level is gone or knows no locks: go on without.
    """

    key: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Unlock:
    """Give a lock back, if it is still ours."""

    key: str
    token: str


@dataclass(frozen=True, slots=True)
class Take:
    """
    Take one request from limits that processes share: a rate (GCRA) and a count of the day.

    `interval` is in seconds a request, 0 for no rate; `burst` may come at once. `day` names the
    day in Asia/Shanghai, `per_day` is 0 for no quota; `resets` is in how many seconds it ends. The
    value is `(wait, left)`: the seconds to wait before sending, or -1 when nothing is left of the
    day (nothing was taken), and what is left of the day (-1 without a quota); None while the
    level is gone.
    """

    name: str
    interval: float
    burst: int
    day: str
    per_day: int
    resets: float
    longest: float
    """The longest wait, in seconds, with which anything is taken at all."""


@dataclass(frozen=True, slots=True)
class Drop:
    """
    Forget entries: of one number, of one entity's services, observed before a moment, or all that agree.

    `before` is in microseconds since 1970. `key` names one entry, at the cost of a single look; the
    others may make the level look through everything it has. The value is how many were dropped;
    None while the level is gone.
    """

    number: str = ""
    entity: str = ""
    before: int | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """Ask how many entries the level holds; the value is None while it is gone."""


@dataclass(frozen=True, slots=True)
class Together:
    """Run several flows at once; the value is what each returned, or the exception it ended with."""

    flows: tuple[Flow[object], ...]


@dataclass(frozen=True, slots=True)
class Later:
    """Run a flow some time after this one; nobody waits for it."""

    flow: Flow[object]


LevelStep: TypeAlias = GetMany | PutMany | Lock | Unlock | Take | Drop | Count
Step: TypeAlias = "Send | ReadLocally[object] | Now | Sleep | LevelStep | Together | Later"


class Reply(NamedTuple):  # a tuple: one is made for every step, at half of what a frozen dataclass takes
    """
    What came of a step.

    `now` is the wall clock in UTC, `elapsed` the seconds of the monotonic clock since an
    arbitrary start. `value` is the step's result; `error` is what the work raised instead. `draw`
    is a random number when `Now` asked for one.
    """

    now: datetime
    elapsed: float
    value: object = None
    error: Exception | None = None
    draw: float = 0.0


Flow: TypeAlias = Generator[Step, Reply, T]
