"""A real-looking app with everything right, its record, and ways to spoil one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.answer import ByNumber, Found, Observation
from icpgate.app import App
from icpgate.errors import InvalidApp, InvalidNumber
from icpgate.gate import Gate
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.number import parse
from icpgate.record import RegistrationRecord
from icpgate.rules import Action, Case, Demand, Finding, Occasion, Outcome
from icpgate.testing import FixedClock

if TYPE_CHECKING:
    from icpgate.answer import Answer
    from icpgate.decision import Decision
    from icpgate.errors import Defect
    from icpgate.policy import Policy

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
NUMBER = "蜀ICP备2021014694号-10A"
DOCUMENT = "91510108MA6632C60R"
LINK = "https://beian.miit.gov.cn/"
MD5 = "0123456789abcdef0123456789abcdef"


def described(**changes: object) -> dict[str, object]:
    """The app as a gatekeeper's form has it; a change to None leaves the field out."""
    fields: dict[str, object] = {
        "name": "挖煤姬",
        "kind": "app",
        "platform": "android",
        "package": "com.sig.wameiji",
        "registration_number": NUMBER,
        "operator": {"name": "示例科技（成都）有限公司", "document_type": "uscc", "document_number": DOCUMENT},
        "signing_certificates": [{"digest": MD5, "provenance": "verified"}],
        "display": {"number": NUMBER, "link": LINK},
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def registered(**changes: object) -> dict[str, object]:
    """The record of that app; a change to None makes the field absent in this source."""
    fields: dict[str, object] = {
        "registration_number": NUMBER,
        "service_name": "挖煤姬",
        "kind": "app",
        "operator": "示例科技(成都)有限公司",
        "document_type": "uscc",
        "document_number": DOCUMENT,
        "platforms": [{"platform": "android", "package": "com.sig.wameiji", "signing_certificate": MD5}],
        "domains": ["api.example.cn"],
        "endpoints": ["203.0.113.7"],
        "access_providers": ["示例云"],
        "pre_approvals": [],
        "access_restricted": False,
        "blacklisted": False,
        "status": "registered",
        "observed_at": (NOW - timedelta(days=1)).isoformat(),
        "source": "test",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def memory(*records: dict[str, object], now: datetime = NOW, **stated: Any) -> MemoryRegistry:
    """A registry of these records, by default of the right one; authoritative for everything."""
    read = [RegistrationRecord.read(record) for record in (records or (registered(),))]
    said: dict[str, Any] = {"id": "memory", "authoritative": True, "source": "test"} | stated
    return MemoryRegistry(read, observed_at=now - timedelta(days=1), **said)


@dataclass
class Scene:
    """A gate with its registry, and what is asked of it."""

    records: list[dict[str, object]] = field(default_factory=lambda: [registered()])
    action: Action = Action.LIST
    policy: Policy | None = None
    now: datetime = NOW
    authoritative: bool = True
    scope: str = "all"
    options: dict[str, Any] = field(default_factory=dict)

    def gate(self) -> Gate:
        """The gate of this scene."""
        registry = MemoryRegistry(
            [RegistrationRecord.read(record) for record in self.records],
            id="memory",
            authoritative=self.authoritative,
            scope=self.scope,
            observed_at=self.now - timedelta(days=1),
            source="test",
        )
        options: dict[str, Any] = {"policy": self.policy, "clock": FixedClock(self.now)} | self.options
        return Gate(self.action, registry, **options)

    def check(self, app: dict[str, object] | None = None, **asked: Any) -> Decision:
        """Decide on the app, by default the one with everything right."""
        return self.gate().check(App.parse(described() if app is None else app), **asked)


def check(app: dict[str, object] | None = None, record: dict[str, object] | None = None, **asked: Any) -> Decision:
    """Decide with one record, by default the right one."""
    return Scene(records=[registered() if record is None else record]).check(app, **asked)


def found(*records: dict[str, object], seen: datetime | None = None) -> Observation:
    """What a registry says that has these records; `seen` is when it looked, by default with the first."""
    read = tuple(RegistrationRecord.read(record) for record in records)
    moment = seen if seen is not None else read[0].observed_at
    return Observation(ByNumber(read[0].registration_number), Found(read), moment, "test", "memory")


def said(answer: Answer, *, seen: datetime = NOW) -> Observation:
    """Another answer of a registry about the number."""
    return Observation(ByNumber(parse(NUMBER)), answer, seen, "test", "memory")


def case_of(
    app: dict[str, object] | None = None,
    record: dict[str, object] | None = None,
    *,
    observation: Observation | None = None,
    asked: bool = True,
    **other: Any,
) -> Case:
    """A case as a gate makes it, by default the one with everything right; not `asked` has no observation."""
    described_app = App.parse(described() if app is None else app)
    number, problem = None, None
    try:
        number = None if described_app.registration_number is None else parse(described_app.registration_number)
    except InvalidNumber as error:
        problem = error
    if observation is None and asked:
        observation = found(registered() if record is None else record)
    fields: dict[str, Any] = {"action": Action.LIST, "occasion": Occasion.FIRST, "as_of": NOW, "now": NOW} | other
    return Case(app=described_app, number=number, number_problem=problem, observation=observation, **fields)


def passed(rule: type[Demand]) -> Finding:
    """The finding of a demand that is met."""
    return Finding(rule.code, Outcome.PASS)


def not_applicable(rule: type[Demand]) -> Finding:
    """The finding of a demand that is none here."""
    return Finding(rule.code, Outcome.NOT_APPLICABLE)


def not_checkable(rule: type[Demand], detail: str, expected: str) -> Finding:
    """The finding of a demand that cannot be judged for want of something."""
    return Finding(rule.code, Outcome.NOT_CHECKABLE, detail, "", expected)


def failed(rule: type[Demand], detail: str, found: str, expected: str) -> Finding:
    """The finding of a demand that is not met."""
    return Finding(rule.code, Outcome.FAIL, detail, found, expected)


def warned(rule: type[Demand], detail: str, found: str, expected: str) -> Finding:
    """The finding of a demand that is met with something that people should see."""
    return Finding(rule.code, Outcome.WARN, detail, found, expected)


def refused(**changes: object) -> list[Defect]:
    """The defects of the right app with these changes."""
    with pytest.raises(InvalidApp) as caught:
        App.parse(described(**changes))
    return list(caught.value.defects)


def only(**changes: object) -> Defect:
    """The one defect of the right app with these changes."""
    (defect,) = refused(**changes)
    return defect
