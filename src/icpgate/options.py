"""
The options of a gate, checked when it is made: what a caller did wrong is said before the first app.

Each reader takes what the caller gave and returns what the gate uses, or raises `ConfigurationError`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypedDict, TypeVar

from icpgate.errors import ConfigurationError, nearest, quote
from icpgate.lookup.client import LookupClient
from icpgate.lookup.clocks import SystemClock
from icpgate.policy import Mode, Policy
from icpgate.rules import Occasion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from icpgate.decision import Decision, Recorder
    from icpgate.lookup.asyncclient import AsyncLookupClient
    from icpgate.lookup.cache.cache import Cache
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.limits import Limits
    from icpgate.lookup.registry import Registry

__all__ = [
    "AsyncGateOptions",
    "AsyncRecorder",
    "CommonOptions",
    "GateOptions",
    "able",
    "async_lookup_of",
    "clock_of",
    "deadline_of",
    "flag",
    "known_options",
    "lookup_of",
    "mode_of",
    "moment_of",
    "occasion_of",
    "policy_of",
    "word",
]

T = TypeVar("T")


class CommonOptions(TypedDict, total=False):
    """What `Gate` and `AsyncGate` take by name."""

    policy: Policy | str | Path | None
    mode: Mode | str | None
    cache: Cache | str | None
    limits: Limits | None
    deadline: float
    clock: Clock | None
    allow_simulated: bool


class GateOptions(CommonOptions, total=False):
    """What `Gate` takes by name."""

    lookup: LookupClient | None
    recorder: Recorder | None


class AsyncRecorder(Protocol):
    """A recorder whose `record` is awaited."""

    def record(self, decision: Decision) -> Awaitable[None]:
        """Keep the decision; raise when that is not certain."""
        ...


class AsyncGateOptions(CommonOptions, total=False):
    """What `AsyncGate` takes by name."""

    lookup: AsyncLookupClient | None
    recorder: Recorder | AsyncRecorder | None


_KNOWN: Final = (*CommonOptions.__annotations__, "lookup", "recorder")


def known_options(options: Mapping[str, object]) -> None:
    """Refuse an option that is none, with the nearest that is."""
    for name in options:
        if name not in _KNOWN:
            suggestion = nearest(name, list(_KNOWN))
            hint = f"did you mean {suggestion}?" if suggestion else f"known: {', '.join(_KNOWN)}"
            message = f"{quote(name)} is no option of a gate"
            raise ConfigurationError(message, hint=hint, code="config.unknown")


def policy_of(policy: Policy | str | Path | None) -> Policy:
    """A policy, the shipped one, or the one of a file."""
    if isinstance(policy, Policy):
        return policy
    if policy is None:
        return Policy.default()
    if not isinstance(policy, (str, Path)):
        message = f"policy is {quote(policy)}: a Policy or the path of a policy file is expected"
        raise ConfigurationError(message)
    return Policy.load(policy)


def lookup_of(registry: Registry | str, options: GateOptions, policy: Policy, clock: Clock) -> LookupClient:
    """A client over the registry, or the caller's own."""
    lookup = options.get("lookup")
    if lookup is None:
        return LookupClient(
            registry, cache=options.get("cache"), lives=policy.lives, limits=options.get("limits"), clock=clock
        )
    _alone(options)
    if not isinstance(lookup, LookupClient):
        message = f"lookup is {quote(lookup)}: a LookupClient is expected"
        raise ConfigurationError(message)
    return lookup


def async_lookup_of(
    registry: Registry | str, options: AsyncGateOptions, policy: Policy, clock: Clock
) -> AsyncLookupClient:
    """A client over the registry, or the caller's own."""
    from icpgate.lookup.asyncclient import AsyncLookupClient  # noqa: PLC0415 -- who blocks needs no event loop

    lookup = options.get("lookup")
    if lookup is None:
        return AsyncLookupClient(
            registry, cache=options.get("cache"), lives=policy.lives, limits=options.get("limits"), clock=clock
        )
    _alone(options)
    if not isinstance(lookup, AsyncLookupClient):
        message = f"lookup is {quote(lookup)}: an AsyncLookupClient is expected"
        raise ConfigurationError(message)
    return lookup


def _alone(options: Mapping[str, object]) -> None:
    """A client of the caller's own has its cache and limits already."""
    for name in ("cache", "limits"):
        if options.get(name) is not None:
            message = f"{name} is given beside lookup: the client has its own"
            raise ConfigurationError(message, hint=f"give {name} to the LookupClient")


def clock_of(clock: Clock | None) -> Clock:
    """The caller's clock, or the machine's."""
    given = able(clock, ("now", "monotonic"), "clock")
    if given is None:
        return SystemClock()
    moment = given.now()
    if not isinstance(moment, datetime) or not _is_told(moment):
        message = f"clock tells {quote(moment)}: a moment with its zone is expected"
        raise ConfigurationError(message, code="config.time")
    return given


def able(given: T, methods: tuple[str, ...], what: str) -> T:
    """The object, if it has the methods that it is asked for; a missing one would be found only while deciding."""
    if given is not None and not all(callable(getattr(given, method, None)) for method in methods):
        message = f"{what} is {quote(given)}: an object with {' and '.join(methods)} is expected"
        raise ConfigurationError(message)
    return given


def flag(given: bool, what: str) -> bool:  # noqa: FBT001 -- a setting's value
    """True or false, and nothing that only looks like it."""
    if not isinstance(given, bool):
        message = f"{what} is {quote(given)}: true or false is expected"
        raise ConfigurationError(message)
    return given


def mode_of(mode: Mode | str | None) -> Mode | None:
    """A mode by its word."""
    if mode is None or isinstance(mode, Mode):
        return mode
    return Mode(word(mode, [m.value for m in Mode], "mode"))


def occasion_of(occasion: Occasion | str) -> Occasion:
    """An occasion by its word."""
    if type(occasion) is Occasion:
        return occasion
    return Occasion(word(occasion, [o.value for o in Occasion], "occasion"))


def word(given: object, known: list[str], what: str) -> str:
    """A word of a closed list; an unknown one is refused with the nearest."""
    if isinstance(given, str) and given in known:
        return given
    suggestion = nearest(str(given), known)
    hint = f"did you mean {suggestion}?" if suggestion else ""
    message = f"{quote(given)} is no {what}: one of {', '.join(known)}"
    raise ConfigurationError(message, hint=hint)


LONGEST_DEADLINE: Final = 3_600.0


def deadline_of(seconds: float) -> float:
    """Seconds above nothing."""
    valid = isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds <= LONGEST_DEADLINE
    if not valid:
        message = f"deadline is {quote(seconds)}: seconds, above 0 and at most {LONGEST_DEADLINE:g}"
        raise ConfigurationError(message)
    return float(seconds)


def moment_of(moment: datetime) -> datetime:
    """A moment with its zone."""
    if not isinstance(moment, datetime) or not _is_told(moment):
        message = f"as_of is {quote(moment)}: it needs a date and time with a zone, from 1990 to 2199"
        raise ConfigurationError(message, hint="2024-04-01T00:00:00+08:00", code="config.time")
    return moment.astimezone(UTC)


def _is_told(moment: datetime) -> bool:
    """Whether a moment has a zone that knows its offset, in years that the register can have to do with."""
    try:
        return moment.utcoffset() is not None and 1990 <= moment.astimezone(UTC).year < 2200  # noqa: PLR2004 -- as said
    except Exception:  # noqa: BLE001 -- a zone of the caller's own may raise anything
        return False
