"""
The gate: one app in, one decision out.

It reads the number, asks the registry, and has the rules judge. `check` never raises for what an
app or a registry did; a wrong setting raises `ConfigurationError` when the gate is made.
"""

from __future__ import annotations

import itertools
import logging
import os
import secrets
import tomllib
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from icpgate.answer import ByDocument, ByNumber, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.decision import Decision, decide
from icpgate.decision.judge import undecided
from icpgate.errors import ConfigurationError, IcpGateError, InvalidApp, InvalidNumber, nearest, quote
from icpgate.log import logger
from icpgate.lookup.client import LookupClient
from icpgate.lookup.drivers import SystemClock
from icpgate.lookup.registry import registry_from_url
from icpgate.number import RegistrationNumber, parse
from icpgate.policy import Mode, Policy
from icpgate.rules import Action, Case, Occasion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from icpgate.answer import Query
    from icpgate.decision import Recorder
    from icpgate.lookup.drivers import Clock
    from icpgate.lookup.registry import Registry

__all__ = ["Checked", "Gate", "GateSettings"]


class _Ids:
    """Ids of decisions: a random prefix for each process, then a count; unique without a clock."""

    def __init__(self) -> None:
        self.renew()
        os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        self.prefix = secrets.token_hex(8)
        self.count = itertools.count(1)

    def next(self) -> str:
        return f"{self.prefix}-{next(self.count):x}"


_IDS = _Ids()
_LOG = logging.getLogger("icpgate.gate")


@dataclass(frozen=True, slots=True)
class Checked:
    """One item of `Gate.check_many`: a decision, or why its row could not be read."""

    position: int
    app: App | None
    decision: Decision | None
    error: IcpGateError | None


class Gate:
    """
    A gatekeeper's gate. Make one with `for_listing`, `for_connecting` or `for_preinstalling`.

    It may be shared by threads and used after a fork. Use it as a context manager, or `close` it.
    """

    def __init__(  # noqa: PLR0913 -- the options of one object, all by name
        self,
        action: Action,
        registry: Registry | str,
        *,
        policy: Policy | str | Path | None = None,
        mode: Mode | str | None = None,
        lookup: LookupClient | None = None,
        deadline: float = 2.0,
        recorder: Recorder | None = None,
        clock: Clock | None = None,
        allow_simulated: bool = False,
    ) -> None:
        """
        Prepare the gate; prefer the constructor named after the job.

        `registry` is an object or a URL such as `snapshot:registry.icpdb`. `deadline` is in
        seconds for the whole decision: an answer that comes later counts as a timeout.
        `allow_simulated` believes simulated registries; development only.
        """
        self.action = Action(action)
        self.policy = (
            policy if isinstance(policy, Policy) else Policy.default() if policy is None else Policy.load(policy)
        )
        self.mode = _mode(mode)
        self.deadline = _deadline(deadline)
        self._clock = clock if clock is not None else SystemClock()
        self._recorder = recorder
        self._allow_simulated = allow_simulated
        source = registry_from_url(registry) if isinstance(registry, str) else registry
        self._lookup = lookup if lookup is not None else LookupClient(source, clock=self._clock)
        self._by_document = source.capabilities.by_document

    @classmethod
    def for_listing(cls, registry: Registry | str, **options: object) -> Self:
        """A store's gate: may this app be listed? Options as in `Gate`."""
        return cls(Action.LIST, registry, **options)  # type: ignore[arg-type]  # checked by `Gate` itself

    @classmethod
    def for_connecting(cls, registry: Registry | str, **options: object) -> Self:
        """An access provider's gate: may this app be connected? Options as in `Gate`."""
        return cls(Action.CONNECT, registry, **options)  # type: ignore[arg-type]  # checked by `Gate` itself

    @classmethod
    def for_preinstalling(cls, registry: Registry | str, **options: object) -> Self:
        """A device maker's gate: may this app be pre-installed? Options as in `Gate`."""
        return cls(Action.PREINSTALL, registry, **options)  # type: ignore[arg-type]  # checked by `Gate` itself

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

    def check(self, app: App, *, occasion: Occasion | str = Occasion.FIRST, as_of: datetime | None = None) -> Decision:
        """
        Decide on one app.

        `as_of` chooses the policy's phase, never the age of an observation; it needs a zone.
        Raises `ConfigurationError` for a wrong call, nothing for what the app or a registry did.
        """
        if not isinstance(app, App):
            message = f"check takes an App, not {type(app).__name__}"
            raise ConfigurationError(message, hint="App.parse(mapping) makes one", code="app.type")
        moment = _occasion(occasion)
        started = self._clock.monotonic()
        number, problem = _number(app)
        observation, by_document = self._ask(app, number, started)
        now = self._clock.now()
        case = Case(
            app=app,
            number=number,
            number_problem=problem,
            observation=observation,
            by_document=by_document,
            action=self.action,
            occasion=moment,
            as_of=now if as_of is None else _as_of(as_of),
            now=now,
            allow_simulated=self._allow_simulated,
        )
        decision = decide(case, self.policy, decision_id=_IDS.next(), mode=self.mode)
        if self._recorder is not None:
            decision = self._recorded(decision, self._recorder)
        if _LOG.isEnabledFor(logging.INFO):
            _log(decision, self._clock.monotonic() - started)
        return decision

    def check_many(
        self,
        apps: Iterable[App | Mapping[str, object]],
        *,
        occasion: Occasion | str = Occasion.FIRST,
        as_of: datetime | None = None,
    ) -> Iterator[Checked]:
        """Decide on many, lazily and in order; a row that cannot be read is an item with an error."""
        chosen = _occasion(occasion)
        for position, given in enumerate(apps):
            try:
                app = given if isinstance(given, App) else App.parse(given)
            except InvalidApp as error:
                yield Checked(position, None, None, error)
            else:
                yield Checked(position, app, self.check(app, occasion=chosen, as_of=as_of), None)

    def _ask(
        self, app: App, number: RegistrationNumber | None, started: float
    ) -> tuple[Observation | None, Observation | None]:
        """What the registry says about the number; without one, what it knows of document and package."""
        if number is not None:
            return self._in_time(ByNumber(number), started), None
        operator = app.operator
        if self._by_document and operator is not None and operator.document_number is not None:
            return None, self._in_time(ByDocument(operator.document_number, app.package), started)
        return None, None

    def _in_time(self, query: Query, started: float) -> Observation:
        observation = self._lookup.look_up(query)
        if self._clock.monotonic() - started <= self.deadline:
            return observation
        late = Unavailable(Why.TIMEOUT, f"answered after the deadline of {self.deadline:g} s")
        return Observation(query, late, self._clock.now(), observation.source, observation.registry)

    def _recorded(self, decision: Decision, recorder: Recorder) -> Decision:
        """A decision nobody can prove is not an allow."""
        try:
            recorder.record(decision)
        except Exception as error:  # noqa: BLE001 -- whatever a recorder raises, the decision is unrecorded
            return undecided(
                decision,
                "audit_unavailable",
                detail=f"recorder.{type(error).__name__}",
                found="the decision could not be recorded",
                expected="a recorded decision",
            )
        return decision


def _log(decision: Decision, seconds: float) -> None:
    logger(_LOG.name).info(
        "decision",
        id=decision.id,
        action=decision.action.value,
        occasion=decision.occasion.value,
        verdict=decision.verdict.value,
        basis=decision.basis.value,
        enforced=decision.enforced,
        codes=list(decision.codes),
        number=decision.number.canonical if decision.number is not None else None,
        package=decision.app.package,
        exemption=decision.exemption,
        policy_revision=decision.policy_revision,
        seconds=round(seconds, 6),
    )


def _number(app: App) -> tuple[RegistrationNumber | None, InvalidNumber | None]:
    text = app.registration_number
    if text is None:
        return None, None
    try:
        return parse(text), None
    except InvalidNumber as problem:
        return None, problem


def _mode(mode: Mode | str | None) -> Mode | None:
    if mode is None or isinstance(mode, Mode):
        return mode
    return Mode(_word(mode, [m.value for m in Mode], "mode"))


def _occasion(occasion: Occasion | str) -> Occasion:
    if type(occasion) is Occasion:
        return occasion
    return Occasion(_word(occasion, [o.value for o in Occasion], "occasion"))


def _word(given: object, known: list[str], what: str) -> str:
    if isinstance(given, str) and given in known:
        return given
    suggestion = nearest(str(given), known)
    hint = f"did you mean {suggestion}?" if suggestion else ""
    message = f"{quote(given)} is no {what}: one of {', '.join(known)}"
    raise ConfigurationError(message, hint=hint)


LONGEST_DEADLINE = 3_600.0


def _deadline(seconds: float) -> float:
    valid = isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds <= LONGEST_DEADLINE
    if not valid:
        message = f"deadline is {quote(seconds)}: seconds, above 0 and at most {LONGEST_DEADLINE:g}"
        raise ConfigurationError(message)
    return float(seconds)


def _as_of(moment: datetime) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        message = f"as_of is {quote(moment)}: it needs a date and time with a zone"
        raise ConfigurationError(message, hint="2024-04-01T00:00:00+08:00", code="config.time")
    return moment


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """
    What a gate is made of, as plain values: frozen, picklable, readable from TOML.

    `gate()` makes the same gate in another process.
    """

    action: Action
    registry: str
    policy: str | None = None
    mode: Mode | None = None
    deadline: float = 2.0
    allow_simulated: bool = False

    @classmethod
    def load(cls, path: str | Path) -> GateSettings:
        """Read the `[gate]` table of a TOML file; raises `ConfigurationError`."""
        try:
            table = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("gate", {})
        except (OSError, ValueError, RecursionError) as error:
            message = f"{path}: {error}"
            raise ConfigurationError(message, code="config.syntax") from None
        return cls.read(table)

    @classmethod
    def read(cls, table: Mapping[str, object]) -> GateSettings:
        """Read settings from a mapping; an unknown or missing one is an error."""
        known = [field.name for field in fields(cls)]
        for name in table:
            _word(name, known, "setting")
        for name in ("action", "registry"):
            if not isinstance(table.get(name), str):
                message = f"the setting {name} is missing or not a text"
                raise ConfigurationError(message)
        policy = table.get("policy")
        if policy is not None and not isinstance(policy, str):
            message = "the setting policy is not a path"
            raise ConfigurationError(message)
        simulated = table.get("allow_simulated", False)
        if not isinstance(simulated, bool):
            message = "the setting allow_simulated is neither true nor false"
            raise ConfigurationError(message)
        mode = table.get("mode")
        return cls(
            action=Action(_word(table["action"], [a.value for a in Action], "action")),
            registry=str(table["registry"]),
            policy=policy,
            mode=None if mode is None else Mode(_word(mode, [m.value for m in Mode], "mode")),
            deadline=_deadline(table.get("deadline", 2.0)),  # type: ignore[arg-type]  # checked there
            allow_simulated=simulated,
        )

    def gate(self) -> Gate:
        """The gate of these settings."""
        return Gate(
            self.action,
            self.registry,
            policy=self.policy,
            mode=self.mode,
            deadline=self.deadline,
            allow_simulated=self.allow_simulated,
        )
