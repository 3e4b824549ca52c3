"""A real-looking app with everything right, its record, and ways to spoil one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from icpgate.app import App
from icpgate.gate import Gate
from icpgate.lookup.registries.memory import MemoryRegistry
from icpgate.policy import Policy
from icpgate.record import RegistrationRecord
from icpgate.rules import Action
from icpgate.testing import FixedClock

if TYPE_CHECKING:
    from icpgate.decision import Decision

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


@dataclass
class Scene:
    """A gate with its registry, and what is asked of it."""

    records: list[dict[str, object]] = field(default_factory=lambda: [registered()])
    action: Action = Action.LIST
    policy: Policy | None = None
    now: datetime = NOW
    authoritative: bool = True
    scope: str = "all"
    options: dict[str, object] = field(default_factory=dict)

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
        options = {"policy": self.policy, "clock": FixedClock(self.now)} | self.options
        return Gate(self.action, registry, **options)

    def check(self, app: dict[str, object] | None = None, **asked: object) -> Decision:
        """Decide on the app, by default the one with everything right."""
        return self.gate().check(App.parse(described() if app is None else app), **asked)


def check(app: dict[str, object] | None = None, record: dict[str, object] | None = None, **asked: object) -> Decision:
    """Decide with one record, by default the right one."""
    return Scene(records=[registered() if record is None else record]).check(app, **asked)
