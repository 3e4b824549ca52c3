"""An app that states a number, at a registry that can only be asked by document and package."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from icpgate.app import App
from icpgate.lookup.interface import Capabilities
from icpgate.rules import Action
from icpgate.testing import FixedClock
from tests import cases
from tests.awaited import GATES
from tests.cases import NOW, NUMBER, described, registered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.answer import Observation, Query
    from icpgate.decision import Decision
    from icpgate.gate import Gate
    from icpgate.lookup.steps import Flow

OTHER = "蜀ICP备2021014694号-11A"


class _ByDocument:
    """Records in memory that cannot be asked by number, and what was asked."""

    id = "documents"

    def __init__(self, *records: dict[str, object], **able: Any) -> None:
        self._memory = cases.memory(*records)
        self.capabilities = replace(self._memory.capabilities, **({"by_number": False} | able))
        self.asked: list[Query] = []

    def ask(self, queries: Sequence[Query]) -> Flow[Sequence[Observation]]:
        self.asked += queries
        return (yield from self._memory.ask(queries))


gates = pytest.mark.parametrize("gate", GATES, ids=["blocking", "async"])


def decided(gate: type[Gate], registry: _ByDocument, **changes: object) -> Decision:
    """What a gate over it decides."""
    with gate(Action.LIST, registry, clock=FixedClock(NOW)) as made:
        return made.check(App.parse(described(**changes)))


@gates
def test_the_record_of_the_number_that_is_stated(gate: type[Gate]) -> None:
    """Of several registrations of one document and package it alone counts, whatever the others are."""
    registry = _ByDocument(registered(registration_number=OTHER, status="cancelled"), registered())
    decision = decided(gate, registry)
    assert decision.allowed
    assert [str(query) for query in registry.asked] == ["document and package com.sig.wameiji"]
    cancelled = decided(gate, registry, registration_number=OTHER, display={"number": OTHER, "link": cases.LINK})
    assert cancelled.denied
    assert "registration_cancelled" in cancelled.codes


@gates
@pytest.mark.parametrize("others", [[OTHER], [OTHER, "京ICP备2026999901号-1A"]])
def test_no_record_of_the_number(gate: type[Gate], others: list[str]) -> None:
    """Another registration of the same document and package is none of the stated number."""
    decision = decided(gate, _ByDocument(*(registered(registration_number=other) for other in others)))
    assert not decision.allowed
    assert decision.undecided
    assert "registry_unavailable" in decision.codes


@gates
def test_without_a_document_nothing_can_be_asked(gate: type[Gate]) -> None:
    """And it is told why: the registry cannot be asked by number."""
    registry = _ByDocument()
    decision = decided(gate, registry, operator=None)
    assert decision.undecided
    [reason] = [raised for raised in decision.raised if raised.code == "registry_unavailable"]
    assert reason.detail == "why.configuration"
    assert registry.asked == []


@gates
def test_a_registry_of_numbers_is_asked_by_number(gate: type[Gate]) -> None:
    """Also where it could be asked by document."""
    registry = _ByDocument(by_number=True)
    assert decided(gate, registry).allowed
    assert [str(query) for query in registry.asked] == [f"number {NUMBER}"]


@gates
def test_a_registry_of_domains(gate: type[Gate]) -> None:
    """Has nothing that a gate asks."""
    registry = _ByDocument()
    registry.capabilities = Capabilities(by_number=False, by_domain=True)
    assert decided(gate, registry).undecided
    assert registry.asked == []
