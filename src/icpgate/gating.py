"""
What `Gate` and `AsyncGate` have in common: everything but waiting.

It reads the number, says what is to be asked, and has the rules judge what was answered. It never
raises for what an app or a registry did; a wrong setting raises `ConfigurationError` when the
gate is made.
"""

from __future__ import annotations

import itertools
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from icpgate.answer import ByDocument, ByNumber, Found, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.decision import decide
from icpgate.decision.judge import undecided
from icpgate.errors import ConfigurationError, IcpGateError, InvalidApp, InvalidNumber
from icpgate.log import logger
from icpgate.lookup.forks import remember
from icpgate.number import parse
from icpgate.options import (
    able,
    clock_of,
    deadline_of,
    flag,
    known_options,
    mode_of,
    moment_of,
    occasion_of,
    policy_of,
    word,
)
from icpgate.policy import Level
from icpgate.rules import Action, Case, Occasion
from icpgate.rules.host import HostPlatformRegistered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpgate.answer import Query
    from icpgate.decision import Decision
    from icpgate.lookup.about import Client
    from icpgate.number import RegistrationNumber
    from icpgate.options import AsyncGateOptions, GateOptions
    from icpgate.policy import Mode, Policy

__all__ = ["Checked", "Gating", "Question", "Row", "Settled", "queries_of", "rows_of"]

Row: TypeAlias = "App | Mapping[str, object] | IcpGateError"
"""One of many: an app, its description, or why its reader could not read it."""


"""Whether a registry can be asked by a kind of query."""


class _Ids:
    """Ids of decisions: a random prefix for each process, then a count; unique without a clock."""

    def __init__(self) -> None:
        self.renew_after_fork()
        remember(self)

    def renew_after_fork(self) -> None:
        self.prefix = secrets.token_hex(8)
        self.count = itertools.count(1)

    def next(self) -> str:
        return f"{self.prefix}-{next(self.count):x}"


_IDS = _Ids()
_LOG = logging.getLogger("icpgate.gate")


@dataclass(frozen=True, slots=True)
class Checked:
    """One item of `check_many`: a decision, or why its row could not be read."""

    position: int
    app: App | None
    decision: Decision | None
    error: IcpGateError | None


class Question:
    """
    One app that is to be decided on, and what the registry is asked about it, if anything.

    `host` asks about the app of its host platform, where the policy names that.
    """

    __slots__ = ("app", "as_of", "host", "number", "occasion", "problem", "query", "started")

    def __init__(  # noqa: PLR0913, PLR0917 -- the parts of one value
        self,
        app: App,
        occasion: Occasion,
        as_of: datetime | None,
        number: RegistrationNumber | None,
        problem: InvalidNumber | None,
        query: Query | None,
        host: ByNumber | None,
        started: float,
    ) -> None:
        """Keep the parts; `started` is by the monotonic clock."""
        self.app = app
        self.occasion = occasion
        self.as_of = as_of
        self.number = number
        self.problem = problem
        self.query = query
        self.host = host
        self.started = started

    def found(self, answers: Mapping[Query, Observation]) -> tuple[Observation | None, Observation | None]:
        """What was answered to its query, and what about its host platform."""
        return None if self.query is None else answers[self.query], None if self.host is None else answers[self.host]


class Gating:
    """The settings of a gate, and all that it does without waiting."""

    def __init__(self, action: Action, options: GateOptions | AsyncGateOptions) -> None:
        """See `Gate`."""
        known_options(options)
        self.action = action if type(action) is Action else Action(word(action, [a.value for a in Action], "action"))
        self.policy = policy_of(options.get("policy"))
        self.mode = mode_of(options.get("mode"))
        self.deadline = deadline_of(options.get("deadline", 2.0))
        self.clock = clock_of(options.get("clock"))
        able(options.get("recorder"), ("record",), "recorder")
        self._allow_simulated = flag(options.get("allow_simulated", False), "allow_simulated")
        self._hosts = _hosts_of(self.policy, self.action)
        self._by_number, self._by_document = True, False

    def asks(self, lookup: Client) -> None:
        """Take what the registry can be asked by; it does not change in a client's life."""
        self._by_number, self._by_document = lookup.can_ask(ByNumber), lookup.can_ask(ByDocument)

    def question(self, app: App, occasion: Occasion | str, as_of: datetime | None) -> Question:
        """
        What is to be asked about an app; without a number, what is known of document and package.

        A registry that cannot be asked by number is asked by document and package in its place.

        Raises `ConfigurationError` for a wrong call.
        """
        if not isinstance(app, App):
            message = f"check takes an App, not {type(app).__name__}"
            raise ConfigurationError(message, hint="App.parse(mapping) makes one", code="app.type")
        moment = occasion_of(occasion)
        seen = None if as_of is None else moment_of(as_of)
        started = self.clock.monotonic()
        number, problem = _number(app)
        query: Query | None = None
        if number is None or not self._by_number:
            query = _by_document(app) if self._by_document else None
        if number is not None and query is None:
            query = ByNumber(number)
        hosts = self._hosts.get(moment)
        host = hosts.number_of(app) if hosts is not None else None
        about_host = ByNumber(host) if host is not None else None
        return Question(app, moment, seen, number, problem, query, about_host, started)

    def left(self, question: Question) -> float:
        """How many seconds of the deadline are left."""
        return max(0.0, self.deadline - (self.clock.monotonic() - question.started))

    def asked(self, row: Row, occasion: Occasion | str, as_of: datetime | None) -> Question | IcpGateError:
        """The question of one row of many, or everything that is wrong with the row."""
        if isinstance(row, IcpGateError):
            return row
        try:
            app = row if isinstance(row, App) else App.parse(row)
        except InvalidApp as error:
            return error
        return self.question(app, occasion, as_of)

    def decided(self, question: Question, observation: Observation | None, host: Observation | None) -> Decision:
        """Judge what was answered, about the app and about its host platform."""
        now = self.clock.now()
        number = question.number
        case = Case(
            app=question.app,
            number=number,
            number_problem=question.problem,
            observation=None if number is None else _of_number(number, observation),
            by_document=observation if number is None else None,
            host=host,
            action=self.action,
            occasion=question.occasion,
            as_of=now if question.as_of is None else question.as_of,
            now=now,
            allow_simulated=self._allow_simulated,
        )
        return decide(case, self.policy, decision_id=_IDS.next(), mode=self.mode)

    def in_time(self, started: float, observation: Observation) -> Observation:
        """The observation; one that came after the deadline is none, even if it would allow."""
        if self.clock.monotonic() - started <= self.deadline or type(observation.answer) is Unavailable:
            return observation
        late = Unavailable(Why.TIMEOUT, f"no answer within {self.deadline:g} s")
        return Observation(observation.query, late, self.clock.now(), observation.source, observation.registry)

    def unrecorded(self, decision: Decision, error: Exception) -> Decision:
        """A decision nobody can prove is not an allow."""
        return undecided(
            decision,
            self.policy,
            "audit_unavailable",
            detail=f"recorder.{type(error).__name__}",
            found="the decision could not be recorded",
            expected="a recorded decision",
        )

    def log(self, decision: Decision, question: Question) -> None:
        """Tell the host's log, if it listens."""
        if _LOG.isEnabledFor(logging.INFO):
            _log(decision, self.clock.monotonic() - question.started)


class Settled:
    """What both gates say about their settings."""

    def __init__(self, gating: Gating) -> None:
        """Take what they have in common."""
        self._gating = gating

    @property
    def action(self) -> Action:
        """What the gatekeeper is about to do."""
        return self._gating.action

    @property
    def policy(self) -> Policy:
        """What it decides by."""
        return self._gating.policy

    @property
    def mode(self) -> Mode | None:
        """Whether the gatekeeper is asked to act; None for the policy's own mode."""
        return self._gating.mode

    @property
    def deadline(self) -> float:
        """Seconds for the whole decision."""
        return self._gating.deadline


def rows_of(apps: object, attribute: str = "__iter__") -> None:
    """Refuse what is one app, or no collection of them."""
    if isinstance(apps, (str, bytes, Mapping, App)) or not hasattr(apps, attribute):
        message = f"check_many takes apps, not {type(apps).__name__}"
        raise ConfigurationError(message, hint="a list of them, or check for one", code="app.type")


def queries_of(questions: Sequence[Question | IcpGateError]) -> list[Query]:
    """What is to be asked about several; about a host platform of many apps once."""
    asked = [question for question in questions if isinstance(question, Question)]
    hosts = dict.fromkeys(question.host for question in asked if question.host is not None)
    return [*(question.query for question in asked if question.query is not None), *hosts]


def _hosts_of(policy: Policy, action: Action) -> dict[Occasion, HostPlatformRegistered]:
    """On which occasions the policy demands something of host platforms, and by which rule."""
    return {
        occasion: rule
        for bound in policy.rules
        for occasion in Occasion
        if bound.levels[action, occasion] is not Level.OFF
        and isinstance(rule := bound.rules[action], HostPlatformRegistered)
        and rule.hosts
    }


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


def _by_document(app: App) -> ByDocument | None:
    """What asks for the app by what its operator is known by; None where that is not known."""
    operator = app.operator
    if operator is None or operator.document_number is None:
        return None
    return ByDocument(operator.document_number, app.package, operator.document_type)


def _of_number(number: RegistrationNumber, observation: Observation | None) -> Observation | None:
    """
    What was said about the stated number, whatever was asked by.

    Of several registrations of one document and package it is the one of that number. Where none is, all stay:
    they are no record of the number, and the rules say so.
    """
    if observation is None or type(observation.query) is ByNumber or type(observation.answer) is not Found:
        return observation
    own = tuple(record for record in observation.answer.records if record.registration_number == number)
    return replace(observation, answer=Found(own)) if own else observation


def _number(app: App) -> tuple[RegistrationNumber | None, InvalidNumber | None]:
    text = app.registration_number
    if text is None:
        return None, None
    try:
        return parse(text), None
    except InvalidNumber as problem:
        return None, problem
