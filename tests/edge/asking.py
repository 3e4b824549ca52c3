"""How the edge is asked: a gate over a json_api registry that is mapped by configuration alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from icpgate.answer import Found, Unavailable
from icpgate.app import App
from icpgate.gate import Gate
from icpgate.lookup import Limits, LookupClient
from icpgate.lookup.mapping import load_text
from icpgate.lookup.registries.json_api import JsonApi
from icpgate.rules import Action
from tests.awaited import AwaitedClient, AwaitedGate
from tests.cases import LINK, NUMBER, described
from tests.edge.shared import SharedAsyncHttp, SharedHttp

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpgate.decision import Decision
    from icpgate.lookup.clocks import Clock
    from icpgate.lookup.mapping import ApiMapping

__all__ = ["APP", "KEY", "TOKEN", "WAYS", "Way", "app_of", "mapping", "outcome", "registry_at"]

TOKEN: Final = "CANARY-token-5f1d"  # noqa: S105 -- it must turn up nowhere
KEY: Final = "CANARY-key-81c2"

_PAGE: Final = Path(__file__).parents[2] / "docs" / "json-api.md"


def mapping() -> ApiMapping:
    """The mapping of docs/json-api.md for a service that answers everything alike."""
    section = _PAGE.read_text(encoding="utf-8").partition("## A service that answers everything alike")[2]
    return load_text(section.partition("```toml\n")[2].partition("```")[0], name="upstream.toml")


_MAPPING: Final = mapping()


def registry_at(url: str, *, insecure_http: bool = False) -> JsonApi:
    """The upstream at an address, with the canaries for its secrets."""
    return JsonApi(_MAPPING, url=url, secrets={"token": TOKEN, "key": KEY}, insecure_http=insecure_http)


@dataclass(frozen=True)
class Way:
    """Blocking or asynchronous."""

    name: str
    gate: type[Gate]
    client: type[LookupClient]

    def __str__(self) -> str:
        """As a test is named."""
        return self.name

    def opened(
        self,
        url: str,
        *,
        deadline: float = 2.0,
        limits: Limits | None = None,
        clock: Clock | None = None,
        http: Callable[[], object] | None = None,
        insecure_http: bool = False,
    ) -> Gate:
        """A gate over the upstream at an address. A load takes no longer than the gate waits, unless told otherwise."""
        registry = registry_at(url, insecure_http=insecure_http)
        lookup = self.client(
            registry,
            limits=limits or Limits(seconds=deadline),
            clock=clock,
            http=http,  # type: ignore[arg-type]  # of the kind that this client takes
        )
        return self.gate(Action.LIST, registry, lookup=lookup, deadline=deadline, clock=clock)

    def shared(self) -> SharedHttp | SharedAsyncHttp:
        """A client of HTTP for several gates; `end` it."""
        return SharedHttp() if self.gate is Gate else SharedAsyncHttp()

    def asked(self, url: str, *, deadline: float = 2.0) -> Decision:
        """What a new gate decides about the app with everything right."""
        with self.opened(url, deadline=deadline) as gate:
            return gate.check(APP)


def app_of(number: str) -> App:
    """The app with everything right, under this number."""
    return App.parse(described(registration_number=number, display={"number": number, "link": LINK}))


APP: Final = App.parse(described())
WAYS: Final = (Way("blocking", Gate, LookupClient), Way("async", AwaitedGate, AwaitedClient))


def outcome(decision: Decision, number: str = NUMBER) -> str:
    """
    The decision in a word: "allow", why nobody could say, or the first reason.

    An allow that does not rest on a record of the number that was asked is told as what it is.
    """
    answers = [observation.answer for observation in decision.observations]
    if decision.allowed:
        records = [record for answer in answers if isinstance(answer, Found) for record in answer.records]
        right = [record.registration_number.canonical for record in records] == [number]
        return "allow" if right else "WRONG ALLOW"
    for answer in answers:
        if isinstance(answer, Unavailable):
            return answer.why.value
    return decision.reasons[0].code
