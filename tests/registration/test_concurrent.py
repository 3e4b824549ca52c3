"""Several processes approve at once: every number is given once, each entity's sequence has no gap, none is lost."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByNumber, Found
from icpgate.lookup import LookupClient
from icpgate.number import parse
from icpgate.registration.application import Application
from icpgate.registration.refusals import RegistrationError
from icpgate.registration.states import IllegalStep, Purpose
from tests.registration.crowd import Worker
from tests.registration.crowding import Crowded
from tests.registration.scenes import BUREAU, a_form, account, approved, confirmed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROCESSES, COUNT, SHARED = 4, 60, 6


@pytest.fixture
def crowded(live_url: str) -> Crowded:
    """A new registry, in a file or in a database server."""
    return Crowded(live_url)


def test_several_processes_approve_at_once(crowded: Crowded) -> None:
    """Some of the applications every process tries; each is approved once, and every process is told the truth."""
    ids = crowded.prepared(COUNT)
    said = crowded.approved_by(PROCESSES, ids, SHARED)
    given = [str(line["number"]) for lines in said for line in lines if "refused" not in line]
    assert len(given) == len(set(given)) == COUNT
    refused = [line for lines in said for line in lines if "refused" in line]
    assert len(refused) == (PROCESSES - 1) * SHARED
    assert {line["refused"] for line in refused} <= {"registration.illegal_step"}
    assert sorted(crowded.approved()) == sorted(given)
    for lines in said:
        crowded.has(lines)


def test_a_process_is_killed_in_the_middle(tmp_path: Path) -> None:
    """What it was told is so; what it was not told is so wholly or not at all; and the file is whole."""
    crowded = Crowded(f"sqlite:///{tmp_path / 'registry.db'}")
    with Worker("live", crowded.url, crowded.key, "1") as worker:
        worker.begin()
        time.sleep(0.3)
        worker.kill()
        said = worker.said(killed=True)
    crowded.approved()
    crowded.has(said)
    with closing(sqlite3.connect(tmp_path / "registry.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _at_once(calls: list[Callable[[], object]]) -> list[object]:
    """What each call returned or raised, all begun at the same moment."""
    barrier = threading.Barrier(len(calls))

    def called(call: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 -- the test looks at it
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        return [each.result() for each in [threads.submit(called, call) for call in calls]]


@pytest.mark.parametrize("licence", ["", "蜀ICP证030173号"], ids=["filing", "licence"])
def test_the_first_registrations_of_an_operator_are_approved_at_once(crowded: Crowded, licence: str) -> None:
    """It gets one entity, and the sequence begins once, also where the entity's number is a licence's."""
    operator = a_form()["operator"]
    assert isinstance(operator, dict)
    top = {"operator": operator | ({"licence_number": licence} if licence else {})}
    with crowded.open() as system:
        ids = [
            confirmed(system, system.new(a_form(service=service, top=top), actor=account(0)).id).id
            for service in range(6)
        ]
        calls: list[Callable[[], object]] = [partial(system.approve, id_, actor=BUREAU) for id_ in ids]
        said = _at_once(calls)
        assert [error for error in said if isinstance(error, Exception)] == []
        numbers = [parse(each.number) for each in said if isinstance(each, Application)]
    assert len({number.entity_number for number in numbers}) == 1
    assert sorted(number.sequence or 0 for number in numbers) == [1, 2, 3, 4, 5, 6]


def test_approvals_cancellations_and_blacklistings_meet(crowded: Crowded) -> None:
    """Whoever comes first: nobody waits for ever, and the registry ends with what the procedure says."""
    with crowded.open() as system:
        numbers = [str(approved(system, a_form(service=service)).number) for service in range(4)]
        entity = parse(numbers[0]).entity_number
        changes = [
            confirmed(system, system.change(number, a_form(service=50 + place), actor=account(0)).id).id
            for place, number in enumerate(numbers)
        ]
        calls: list[Callable[[], object]] = [partial(system.approve, id_, actor=BUREAU) for id_ in changes]
        calls += [partial(system.cancel, number, actor=BUREAU) for number in numbers]
        calls += [partial(system.blacklist, number, actor=BUREAU, reason="a reason") for number in numbers]
        calls += [partial(system.blacklist, entity, actor=BUREAU, reason="a reason")]
        calls += [partial(system.cancel, entity, actor=BUREAU, purpose=Purpose.CANCEL_ENTITY)]
        said = _at_once(calls)
        assert {type(each) for each in said if isinstance(each, Exception)} <= {IllegalStep, RegistrationError}
        with LookupClient(system.registry()) as client:
            for number in numbers:
                record = system.registration(number, actor=BUREAU).record
                assert (record.status.value, record.blacklisted) == ("cancelled", True)
                answer = client.look_up(ByNumber(parse(number))).answer
                assert isinstance(answer, Found)
                assert (answer.record.status.value, answer.record.blacklisted) == ("cancelled", True)
        for id_ in changes:
            assert system.application(id_, actor=BUREAU).state.is_final
