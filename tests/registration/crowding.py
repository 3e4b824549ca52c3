"""A registration system for a crowd of processes, and what has to be so of it when they have ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from icpgate.answer import ByNumber, Found
from icpgate.lookup import LookupClient
from icpgate.number import parse
from icpgate.registration.persons import Vault
from icpgate.registration.system import RegistrationSystem
from tests.registration.crowd import ENTITIES, Worker
from tests.registration.scenes import BUREAU, KINDS, a_form, account, confirmed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpgate.registration.application import Actor, Application
    from tests.registration.crowd import Acknowledged

__all__ = ["Crowded"]


class Crowded:
    """A simulated registry at a URL, made anew, that several processes use."""

    def __init__(self, url: str) -> None:
        """Make it."""
        self.url, self.key = url, Vault.new_key()
        with RegistrationSystem.create(url, simulated=True, vault=Vault(self.key)):
            pass

    def open(self) -> RegistrationSystem:
        """Open it as any of the processes would."""
        return RegistrationSystem.open(self.url, vault=Vault(self.key))

    def prepared(self, count: int) -> list[str]:
        """So many applications of a few operators that wait for a bureau."""
        with self.open() as system:
            made = []
            for service in range(count):
                position = service % ENTITIES
                form = a_form(position, service, KINDS[service % len(KINDS)])
                made.append(confirmed(system, system.new(form, actor=account(position)).id, account(position)).id)
        return made

    def approved_by(self, processes: int, ids: Sequence[str], shared: int = 0) -> list[list[Acknowledged]]:
        """Have processes share the approvals; the last `shared` of them every process tries. What each was told."""
        own, common = ids[: len(ids) - shared], ids[len(ids) - shared :]
        workers = [
            Worker("approve", self.url, self.key, ids=[*common, *own[place::processes]]) for place in range(processes)
        ]
        try:
            for worker in workers:
                worker.ready()
            for worker in workers:
                worker.begin()
            return [worker.said() for worker in workers]
        finally:
            for worker in workers:
                worker.end()

    def approved(self) -> dict[str, Application]:
        """Every application that was approved, by its number, once it is shown that all is as it has to be."""
        with self.open() as system, LookupClient(system.registry()) as client:
            everything = _all(system)
            found = {str(each.number): each for each in everything if each.state.value == "approved"}
            assert len(found) == sum(each.state.value == "approved" for each in everything)
            rows = system._database.read(lambda c: c.rows("SELECT number FROM record"))
            assert sorted(number for (number,) in rows) == sorted(found)
            for number in found:
                answer = client.look_up(ByNumber(parse(number))).answer
                assert isinstance(answer, Found)
                assert answer.record.status.value == "registered"
            _gapless(list(found))
            for application in everything:
                _whole(system, application)
        return found

    def has(self, acknowledged: Sequence[Acknowledged]) -> None:
        """What a process was told is so: it stands in the history, and nothing was undone since."""
        with self.open() as system:
            for said in acknowledged:
                if "refused" in said:
                    continue
                id_ = str(said["id"])
                application = system.application(id_, actor=BUREAU) if said["step"] == "approve" else None
                entries = _entries(system, id_)
                assert entries[int(str(said["revision"])) - 1] == (said["step"], said["state"])
                if application is not None:
                    assert (application.state.value, application.number) == ("approved", said["number"])


def _entries(system: RegistrationSystem, id_: str) -> list[tuple[object, ...]]:
    sql = "SELECT step, after_state FROM history WHERE application = ? ORDER BY id"
    return system._database.read(lambda connection: connection.rows(sql, id_))


def _all(system: RegistrationSystem) -> list[Application]:
    """Every application, drafts included."""
    return [application for position in range(ENTITIES) for application in _of(system, account(position))]


def _of(system: RegistrationSystem, actor: Actor) -> list[Application]:
    found: list[Application] = []
    while True:
        after = found[-1].id if found else ""
        more = system.applications(actor=actor, after=after, limit=500)
        if not more:
            return found
        found += more


def _gapless(numbers: Sequence[str]) -> None:
    """In each entity the sequence is 1, 2, 3, …; each operator has one entity."""
    sequences = defaultdict(list)
    for number in map(parse, numbers):
        sequences[number.entity_number].append(number.sequence)
    assert len(sequences) <= ENTITIES
    for sequence in sequences.values():
        assert sorted(map(int, filter(None, sequence))) == list(range(1, len(sequence) + 1))


def _whole(system: RegistrationSystem, application: Application) -> None:
    """Its history has every step once, each where the one before it ended, and ends where it stands."""
    owner = account(int(application.operator_account.rpartition("-")[2]))
    history = system.history(application.id, actor=owner)
    assert len(history) == application.revision
    assert [entry.before for entry in history[1:]] == [entry.after for entry in history[:-1]]
    assert history[-1].after == application.state.value
    assert Counter(entry.step.value for entry in history)["approve"] == (application.state.value == "approved")
