"""Every fault of an upstream comes to what its row says, blocking and async, and within the budget."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from icpgate.lookup.steps import Response, Unanswered
from tests.lookup.wire.callers import AsyncCaller, BlockingCaller, outcome
from tests.lookup.wire.faults import FAULTS, Fault
from tests.lookup.wire.server import FaultServer, answer, in_turn, plays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lookup.wire.callers import Caller


@pytest.fixture(params=[BlockingCaller, AsyncCaller], ids=["blocking", "async"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    """Both clients, one after the other."""
    made: Caller = request.param()
    yield made
    made.close()


def test_names_are_given_once() -> None:
    """A fault is known by its name."""
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{fault.row}-{fault.name}" for fault in FAULTS])
def test_fault(fault: Fault, caller: Caller) -> None:
    """The right why and no response, or the response as it is; in time; and nothing is left open."""
    with FaultServer(fault.behave) as server:
        begun = time.monotonic()
        came = outcome(caller, f"{server.url}/v1/registrations/N", fault.seconds)
        assert time.monotonic() - begun < fault.seconds + 0.5
        if fault.status:
            assert isinstance(came, Response), came
            assert (came.status, came.body) == (fault.status, fault.body)
        else:
            assert isinstance(came, Unanswered), came
            assert came.why in fault.whys, came
            assert caller.places() == (0, 0)
        assert len(server.requests) <= 1


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{fault.row}-{fault.name}" for fault in FAULTS])
def test_after_a_fault_the_next_answer_is_the_servers_own(fault: Fault, caller: Caller) -> None:
    """Whatever came before, nothing of it is read as the answer to the next request."""
    right = b'{"right":true}'
    with FaultServer(in_turn(fault.behave, plays(answer(right), again=True))) as server:
        outcome(caller, server.url, min(fault.seconds, 0.5))
        second = outcome(caller, f"{server.url}/second")
        assert isinstance(second, Response), second
        assert second.body == right
