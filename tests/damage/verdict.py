"""What a damaged answer may still come to: what the right one said, or that nobody can say."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from icpgate.answer import ByNumber, Found, NotRegistered, Observation, Unavailable
from icpgate.app import App
from icpgate.chinese import fold
from icpgate.gate import Gate
from icpgate.lookup.interface import Capabilities
from icpgate.number import ServiceKind
from icpgate.testing import FixedClock
from tests.cases import described

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpgate.answer import Query
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.steps import Flow
    from icpgate.record import RegistrationRecord

__all__ = ["Judge"]


class _Given:
    """
    A registry that says what it is handed, whatever it is asked.

    A gate asks by the number that an app states. What was found by another key is judged as if it had been found
    by that number, which it then has to echo.
    """

    id = "given"
    capabilities = Capabilities(authoritative=True, quick=True)

    def __init__(self, observation: Observation) -> None:
        self.observation = observation

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        """See `Registry.ask`."""
        return [replace(self.observation, query=query) for query in queries]
        yield


def _app(observation: Observation, record: RegistrationRecord) -> App:
    """The app that the right record is about."""
    number = record.registration_number.canonical
    package = next((p.package for p in record.platforms or () if p.package), None)
    changes: dict[str, Any] = {
        "name": record.service_name or "示例",
        "registration_number": number,
        "display": {"number": number, "link": "https://beian.miit.gov.cn/"},
        "package": getattr(observation.query, "package", None) or package or "cn.example.reader",
        "operator": {
            "name": record.operator or "示例",
            "document_type": "uscc",
            "document_number": record.document_number or "91510108MA6632C60R",
        },
    }
    if record.registration_number.service_kind is ServiceKind.MINI_PROGRAM:
        changes |= {"kind": "mini_program", "platform": "wechat", "signing_certificates": None}
    if record.domains:
        changes["domains"] = list(record.domains)
    return App.parse(described(**changes))


@dataclass
class Judge:
    """Knows what the right answer says, and counts what comes of damaged ones."""

    right: Observation
    clock: Clock
    words: tuple[str, ...] = ()
    """Other answers that one bit makes of it, because the service says them in a digit: `found`, `pending`."""

    count: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the gate once."""
        self._gate = None
        if isinstance(self.right.answer, Found):
            self._registry = _Given(self.right)
            self._gate = Gate.for_listing(self._registry, clock=FixedClock(self.clock.now()))
            self._app = _app(self.right, self.right.answer.record)
            self.allows = self._gate.check(self._app).allowed
        else:
            self.allows = False

    def look_at(self, observation: Observation, where: object) -> None:
        """Count one answer; what it may not say is kept in `wrong`."""
        answer = observation.answer
        self.count["cases"] += 1
        if isinstance(answer, Unavailable):
            self.count["unavailable"] += 1
        elif isinstance(answer, NotRegistered):
            self.count["not registered"] += 1
            if answer != self.right.answer and "not_registered" not in self.words:
                self.wrong.append(f"{where}: a no that nobody said")
        else:
            self.count["found"] += 1
            self._found(observation, answer, where)

    def _found(self, observation: Observation, answer: Found, where: object) -> None:
        right = self.right.answer
        if not isinstance(right, Found):
            if "found" not in self.words:
                self.wrong.append(f"{where}: found what nobody has")
            return
        [record], [original] = answer.records, right.records
        if record.status is not original.status and record.status.value not in self.words:
            self.wrong.append(f"{where}: {original.status} became {record.status}")
        if type(observation.query) is ByNumber and record.registration_number != original.registration_number:
            self.wrong.append(f"{where}: another number than was asked")
        if self._allows(observation):
            self.count["allowed"] += 1
            self.wrong += [f"{where}: {what}" for what in self._differs(record, original)]

    def _differs(self, record: RegistrationRecord, original: RegistrationRecord) -> Iterator[str]:
        """In what an allowed record is another one than that which was sent."""
        if not self.allows:
            yield "a denial became an allow"
        for name in ("registration_number", "service_name", "operator"):
            now, before = getattr(record, name), getattr(original, name)
            if now is not None and now != before and fold(str(now)) != fold(str(before)):
                yield f"allowed with another {name}"

    def _allows(self, observation: Observation) -> bool:
        assert self._gate is not None
        self._registry.observation = observation
        return self._gate.check(self._app).allowed
