"""Every broken answer of the interface, F54 to F62, to both clients and both gates: never a wrong allow."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from icpgate.app import App
from icpgate.lookup import Limits
from icpgate.rules import Action
from icpgate.testing.enterprise import EnterpriseServer
from tests.awaited import CLIENTS, GATES
from tests.cases import described
from tests.edge.soap import FOUND, SOAP_FAULTS, SoapFault
from tests.lookup.enterprise.bureau import BY_APP, COMPLETE, PASSWORD, RECORD, registry_of
from tests.lookup.mapping.local import LocalServer, Sent, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpgate.gate import Gate
    from icpgate.lookup import LookupClient

WAYS = pytest.mark.parametrize(("client", "gate"), list(zip(CLIENTS, GATES, strict=True)), ids=["blocking", "async"])
APP = App.parse(described())


@pytest.fixture(scope="module")
def server() -> Iterator[EnterpriseServer]:
    """A bureau."""
    with EnterpriseServer([RECORD]) as bureau:
        yield bureau


@pytest.fixture(scope="module")
def sink() -> Iterator[LocalServer]:
    """What a document type names, and nobody may ask."""
    with LocalServer(lambda _: Sent(b"0")) as listening:
        yield listening


@WAYS
@pytest.mark.parametrize("fault", SOAP_FAULTS, ids=str)
def test_fault(
    fault: SoapFault,
    client: type[LookupClient],
    gate: type[Gate],
    server: EnterpriseServer,
    sink: LocalServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The right why, an allow only of what was served whole, one call where another is no use, nothing elsewhere."""
    server.alter = lambda call, _: fault.make(call, sink.url)
    server.calls.clear()
    registry = registry_of(server, **COMPLETE)
    lookup = client(registry, limits=Limits(seconds=5.0, attempts=2))
    with gate(Action.LIST, registry, lookup=lookup, deadline=5.0) as made:
        began = time.perf_counter()
        answer = lookup.look_up(BY_APP, deadline=5.0).answer
        took = time.perf_counter() - began
        assert outcome(answer) in fault.says, answer
        assert len(server.calls) == 1 if fault.once else 1 <= len(server.calls) <= 2
        decision = made.check(APP)
    assert decision.allowed == (fault.says == {FOUND})
    assert fault.says == {FOUND} or decision.undecided
    assert sink.received == []
    assert took < 2.5, "the reader must not take part in a bomb"
    random = [call.parameters["randVal"] for call in server.calls]
    for shown in (repr(answer), repr(registry), caplog.text, repr(decision.reasons)):
        assert not any(secret in shown for secret in (PASSWORD, BY_APP.document_number, *random))


def test_names_and_rows_are_in_order() -> None:
    """Each behaviour has a name of its own."""
    names = [fault.name for fault in SOAP_FAULTS]
    assert len(set(names)) == len(names)
    assert sorted({fault.row for fault in SOAP_FAULTS}) == [f"F{n}" for n in range(54, 63)]


def test_depth_takes_no_stack(server: EnterpriseServer, sink: LocalServer) -> None:
    """A hundred thousand elements within each other are met by a counter, not by the interpreter's limit."""
    [deep] = [fault for fault in SOAP_FAULTS if fault.name == "soap-deep"]
    server.alter = lambda call, _: deep.make(call, sink.url)
    limit = sys.getrecursionlimit()
    lookup = CLIENTS[0](registry_of(server), limits=Limits(seconds=5.0))
    assert outcome(lookup.look_up(BY_APP, deadline=5.0).answer) in deep.says
    assert sys.getrecursionlimit() == limit
    lookup.close()
