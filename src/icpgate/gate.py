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
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, Unpack

from icpgate.answer import ByDocument, ByNumber, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.decision import Decision, decide
from icpgate.decision.judge import undecided
from icpgate.errors import ConfigurationError, IcpGateError, InvalidApp, InvalidNumber
from icpgate.log import logger
from icpgate.number import RegistrationNumber, parse
from icpgate.options import (
    GateOptions,
    able,
    clock_of,
    deadline_of,
    flag,
    lookup_of,
    mode_of,
    moment_of,
    occasion_of,
    policy_of,
    word,
)
from icpgate.rules import Action, Case, Occasion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from icpgate.answer import Query
    from icpgate.decision import Recorder
    from icpgate.lookup.client import LookupClient
    from icpgate.lookup.drivers import Clock
    from icpgate.lookup.registry import Registry
    from icpgate.policy import Mode, Policy

__all__ = ["Checked", "Gate"]


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
        self.action = action if type(action) is Action else Action(word(action, [a.value for a in Action], "action"))
        self.policy = policy_of(policy)
        self.mode = mode_of(mode)
        self.deadline = deadline_of(deadline)
        self._clock = clock_of(clock)
        self._recorder = able(recorder, ("record",), "recorder")
        self._allow_simulated = flag(allow_simulated, "allow_simulated")
        self._lookup = lookup_of(registry, lookup, self._clock)

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

    def check(self, app: App, *, occasion: Occasion | str = Occasion.FIRST, as_of: datetime | None = None) -> Decision:
        """
        Decide on one app.

        `as_of` chooses the policy's phase, never the age of an observation; it needs a zone.
        Raises `ConfigurationError` for a wrong call, nothing for what the app or a registry did.
        """
        if not isinstance(app, App):
            message = f"check takes an App, not {type(app).__name__}"
            raise ConfigurationError(message, hint="App.parse(mapping) makes one", code="app.type")
        moment = occasion_of(occasion)
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
            as_of=now if as_of is None else moment_of(as_of),
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
        chosen = occasion_of(occasion)
        if isinstance(apps, (str, bytes, Mapping, App)) or not hasattr(apps, "__iter__"):
            message = f"check_many takes apps, not {type(apps).__name__}"
            raise ConfigurationError(message, hint="a list of them, or check for one", code="app.type")
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
        if operator is not None and operator.document_number is not None and self._lookup.can_ask(ByDocument):
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
                self.policy,
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
