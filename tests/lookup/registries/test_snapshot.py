"""The registry in one file, as a gate asks it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import shutil
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import ByDocument, ByDomain, Found, NotRegistered, Observation, Unavailable, Why
from icpgate.app import App
from icpgate.errors import RegistryFileError
from icpgate.gate import Gate
from icpgate.lookup import LookupClient
from icpgate.lookup.registries.snapshot import SnapshotRegistry
from icpgate.lookup.snapshotfile import init_registry
from icpgate.testing import FixedClock
from tests.cases import DOCUMENT, NOW, NUMBER, described
from tests.lookup.files import CLOCK, MISSING, OTHER, YESTERDAY, by, close_anew, imported, row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A registry of one record, complete for Sichuan and Beijing."""
    path = tmp_path / "registry.icpdb"
    imported(path, row(), scope="provinces:蜀,京")
    return path


@pytest.fixture
def registry(path: Path) -> Iterator[SnapshotRegistry]:
    """That registry, open."""
    registry = SnapshotRegistry(path)
    yield registry
    registry.close()


def ask(registry: SnapshotRegistry, number: str = NUMBER) -> Observation:
    """What the registry says about a number."""
    return LookupClient(registry, clock=CLOCK).look_up(by(number))


def status(registry: SnapshotRegistry) -> str | None:
    """The status on record, or None when there is no record."""
    answer = ask(registry).answer
    return answer.record.status.value if isinstance(answer, Found) else None


def why(observation: Observation) -> Why:
    """Why nobody could say."""
    assert isinstance(observation.answer, Unavailable)
    return observation.answer.why


def swap(path: Path, content: bytes) -> None:
    """Put a file in the registry's place at once, as a deployment does."""
    beside = path.with_name("incoming")
    beside.write_bytes(content)
    beside.replace(path)


def test_found_with_its_own_moment_and_source(registry: SnapshotRegistry) -> None:
    """Not when the file was read, and not where it stands."""
    observation = ask(registry)
    assert isinstance(observation.answer, Found)
    assert observation.observed_at == YESTERDAY
    assert observation.source == "test export"
    assert observation.registry == registry.id == "snapshot:registry.icpdb"


def test_found_by_the_other_keys(registry: SnapshotRegistry) -> None:
    """By document and package, and by domain."""
    client = LookupClient(registry, clock=CLOCK)
    for query in (ByDocument(DOCUMENT, "com.sig.wameiji"), ByDomain("api.example.cn")):
        assert isinstance(client.look_up(query).answer, Found)
    for missing in (ByDocument(DOCUMENT, "com.sig.Wameiji"), ByDomain("example.cn")):
        assert why(client.look_up(missing)) is Why.NOT_LISTED


def test_several_records_are_as_old_as_the_oldest(path: Path) -> None:
    """One of them alone would be younger than what was seen together."""
    imported(path, row(OTHER, observed_at="2026-11-01T00:00:00Z"), row(), observed_at=NOW, scope="provinces:蜀,京")
    registry = SnapshotRegistry(path)
    observation = LookupClient(registry, clock=CLOCK).look_up(ByDocument(DOCUMENT, "com.sig.wameiji"))
    assert isinstance(observation.answer, Found)
    assert len(observation.answer.records) == 2
    assert observation.observed_at.isoformat() == "2026-11-01T00:00:00+00:00"
    registry.close()


def test_a_shared_key_is_no_answer(path: Path, registry: SnapshotRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two domains may share a key of 48 bits; only the one that was asked is found."""
    monkeypatch.setattr("icpgate.lookup.snapshot.rows._key", lambda _: 1)
    imported(path, row(), row(OTHER, domains=["other.example.cn"], platforms=[]), observed_at=NOW)
    answer = LookupClient(registry, clock=CLOCK).look_up(ByDomain("other.example.cn")).answer
    assert isinstance(answer, Found)
    assert [record.registration_number.canonical for record in answer.records] == [OTHER]


def test_no_and_not_covered_and_not_listed(path: Path, registry: SnapshotRegistry) -> None:
    """A no inside the scope, as of the export; outside nobody can say; nor about an entity with services."""
    no = ask(registry, MISSING)
    assert no.answer == NotRegistered("provinces:京,蜀")
    assert (no.observed_at, no.source) == (YESTERDAY, "test export")
    outside = ask(registry, "沪ICP备2021014694号-10A")
    assert why(outside) is Why.NOT_COVERED
    assert outside.observed_at == NOW
    assert why(ask(registry, "蜀ICP备2021014694号")) is Why.NOT_LISTED
    imported(path, row(OTHER), authoritative=False, observed_at=NOW)
    assert why(ask(registry, "沪ICP备2021014694号-10A")) is Why.NOT_LISTED


def test_an_empty_registry_covers_nothing(tmp_path: Path) -> None:
    """No snapshot is no reason to allow, and none to deny."""
    init_registry(tmp_path / "registry.icpdb")
    registry = SnapshotRegistry(tmp_path / "registry.icpdb")
    assert why(ask(registry)) is Why.NOT_COVERED
    assert not registry.capabilities.authoritative
    assert str(registry.capabilities.scope) == "none"
    registry.close()


def test_capabilities_follow_the_file(path: Path, registry: SnapshotRegistry) -> None:
    """Another file may say no about other numbers."""
    assert str(registry.capabilities.scope) == "provinces:京,蜀"
    imported(path, row(), observed_at=NOW)
    ask(registry)
    assert registry.capabilities.authoritative
    assert registry.capabilities.scope.is_all
    assert registry.capabilities.contains is not None
    assert "operator" in registry.capabilities.contains


def test_a_simulated_registry_is_believed_by_nobody(tmp_path: Path) -> None:
    """Its records say so, and an ordinary gate refuses them."""
    path = tmp_path / "registry.icpdb"
    init_registry(path, simulated=True)
    imported(path, row())
    with Gate.for_listing(f"snapshot:{path}", clock=CLOCK) as gate:
        decision = gate.check(App.parse(described()))
    assert decision.simulated
    assert decision.codes == ("record_simulated",)


def test_a_year_old_import_allows_nothing(path: Path) -> None:
    """Reading an old file today does not make it fresh, neither its records nor its no."""
    with Gate.for_listing(f"snapshot:{path}", clock=FixedClock(NOW + timedelta(days=365))) as gate:
        for number in (NUMBER, MISSING):
            decision = gate.check(App.parse(described(registration_number=number, display=None)))
            assert decision.undecided
            assert "record_stale" in decision.codes


def test_a_new_file_is_used_at_once(path: Path, registry: SnapshotRegistry) -> None:
    """The next look-up after a swap reads the new file."""
    assert status(registry) == "registered"
    imported(path, row(status="cancelled"), observed_at=NOW)
    assert status(registry) == "cancelled"
    assert registry.problem is None


@pytest.mark.parametrize("content", [b"", b"half a file", b"SQLite format 3\0" + bytes(4_080)])
def test_a_bad_file_is_not_used_and_the_old_one_serves_on(
    path: Path, registry: SnapshotRegistry, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    """It is reported, in the log and in `problem`, and a good one after it is used."""
    with caplog.at_level(logging.INFO, logger="icpgate"):
        swap(path, content)
        assert status(registry) == "registered"
        assert status(registry) == "registered"
    assert [record.getMessage() for record in caplog.records] == ["registry_file_refused"]
    assert str(path.parent) not in str(vars(caplog.records[0]).get("registry"))
    assert isinstance(registry.problem, RegistryFileError)
    path.unlink()
    imported(path, row(status="cancelled"), observed_at=NOW)
    with caplog.at_level(logging.INFO, logger="icpgate"):
        assert status(registry) == "cancelled"
    assert caplog.records[-1].getMessage() == "registry_file_adopted"
    assert registry.problem is None


def test_a_vanished_file_serves_on(path: Path, registry: SnapshotRegistry) -> None:
    """What is open can be read; that it is gone is reported."""
    path.unlink()
    assert status(registry) == "registered"
    assert ask(registry, MISSING).answer == NotRegistered("provinces:京,蜀")
    assert registry.problem is not None
    assert registry.problem.code == "snapshot.open"


def test_the_same_file_back_in_its_place(path: Path, registry: SnapshotRegistry) -> None:
    """Moved away and back: there is no problem any more."""
    path.rename(path.with_name("away"))
    ask(registry)
    assert registry.problem is not None
    path.with_name("away").rename(path)
    assert status(registry) == "registered"
    assert registry.problem is None


def test_a_file_cut_in_place_answers_nothing(path: Path, registry: SnapshotRegistry) -> None:
    """It is neither the old nor a new one; a good one in its place ends that."""
    whole = path.read_bytes()
    os.truncate(path, 5_000)
    assert why(ask(registry)) is Why.MALFORMED
    assert why(ask(registry, MISSING)) is Why.MALFORMED
    swap(path, whole)
    assert status(registry) == "registered"


def test_a_file_written_in_place_is_used_when_it_is_whole(
    path: Path, registry: SnapshotRegistry, tmp_path: Path
) -> None:
    """As some copying programs do it."""
    other = tmp_path / "other.icpdb"
    imported(other, row(status="cancelled"))
    with path.open("r+b") as file:
        file.truncate()
        file.write(other.read_bytes())
    os.utime(path, ns=(1, 1))
    assert status(registry) == "cancelled"


def test_a_no_is_not_said_out_of_a_file_that_was_just_changed(
    path: Path, registry: SnapshotRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the read somebody overwrote a page: the row may only be hidden."""
    monkeypatch.setattr(registry, "_current", lambda: registry._file)
    assert ask(registry, MISSING).answer == NotRegistered("provinces:京,蜀")
    os.utime(path, ns=(1, 1))
    assert why(ask(registry, MISSING)) is Why.MALFORMED
    assert status(registry) == "registered"


def test_no_flipped_bit_ever_gives_another_record(path: Path, tmp_path: Path) -> None:
    """Five hundred of them, each closed anew with a right digest: the same record, or nobody can say."""
    whole = path.read_bytes()[:-112]
    registry = SnapshotRegistry(path)
    right = ask(registry).answer
    registry.close()
    chosen = random.Random(12)  # noqa: S311 -- a repeatable choice
    answers = {"same": 0, "refused": 0, "unavailable": 0, "no": 0}
    flipped = tmp_path / "flipped.icpdb"
    for _ in range(500):
        damaged = bytearray(whole)
        damaged[chosen.randrange(len(damaged))] ^= 1 << chosen.randrange(8)
        close_anew(flipped, bytes(damaged))
        try:
            registry = SnapshotRegistry(flipped)
        except RegistryFileError:
            answers["refused"] += 1
            continue
        answer = ask(registry).answer
        registry.close()
        assert answer == right or not isinstance(answer, Found)
        kinds = {Found: "same", Unavailable: "unavailable", NotRegistered: "no"}
        answers[kinds[type(answer)]] += 1
    assert answers["same"]
    assert answers["refused"]


def test_a_swap_under_readers(path: Path, tmp_path: Path) -> None:
    """Eight threads read while the file is swapped: each answer is of the old or the new file, and soon of the new."""
    other = tmp_path / "other.icpdb"
    imported(other, row(status="cancelled"))
    contents = [path.read_bytes(), other.read_bytes()]
    registry = SnapshotRegistry(path)
    seen: list[str | None] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(status(registry))

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    patience = 0
    for turn in range(20):
        swap(path, contents[turn % 2])
        expected, position = ("registered", "cancelled")[turn % 2], len(seen)
        while expected not in seen[position:] and patience < 2_000:
            patience += 1
            threading.Event().wait(0.005)
    done.set()
    for reader in readers:
        reader.join()
    registry.close()
    assert patience < 2_000
    assert set(seen) == {"registered", "cancelled"}


def test_half_a_copy_under_readers(path: Path, tmp_path: Path) -> None:
    """While a file is overwritten in place, byte by byte, no answer is ever a mixture."""
    other = tmp_path / "other.icpdb"
    imported(other, row(status="cancelled", operator="x"), row(OTHER))
    content = other.read_bytes()
    registry = SnapshotRegistry(path)
    seen = set()
    with path.open("r+b", buffering=0) as file:
        for position in range(0, len(content), 1_024):
            file.write(content[position : position + 1_024])
            answer = ask(registry).answer
            seen.add(answer.record.operator if isinstance(answer, Found) else type(answer).__name__)
        file.truncate()
    assert seen <= {"示例科技(成都)有限公司", "x", "Unavailable"}
    assert status(registry) == "cancelled"
    registry.close()


def test_a_file_that_is_closed_under_a_reader(
    path: Path, registry: SnapshotRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that took the old file just before it was replaced reads the new one."""
    old = registry._file
    imported(path, row(status="cancelled"), observed_at=NOW)
    assert status(registry) == "cancelled"
    monkeypatch.setattr(registry, "_current", lambda: old)
    assert status(registry) == "cancelled"


def test_while_one_thread_looks_the_others_go_on(path: Path, registry: SnapshotRegistry) -> None:
    """Verifying a large file takes a second, which only one look-up pays."""
    imported(path, row(status="cancelled"), observed_at=NOW)
    with registry._looking:
        assert status(registry) == "registered"
    assert status(registry) == "cancelled"


def test_a_lock_held_at_the_fork_is_not_waited_for(
    path: Path, registry: SnapshotRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever held it is not in this process."""
    imported(path, row(status="cancelled"), observed_at=NOW)
    with registry._looking:
        monkeypatch.setattr(registry, "_process", -1)
        assert status(registry) == "cancelled"


def test_a_silent_log_is_not_written(path: Path, registry: SnapshotRegistry, caplog: pytest.LogCaptureFixture) -> None:
    """Events below the level that the host asked for are not made."""
    with caplog.at_level(logging.CRITICAL, logger="icpgate"):
        swap(path, b"")
        assert status(registry) == "registered"
    assert registry.problem is not None
    assert caplog.records == []


def _in_child(registry: SnapshotRegistry, results: multiprocessing.Queue[str | None]) -> None:
    results.put(status(registry))
    results.put(str(len(registry._file._inherited)))
    registry.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_opens_its_own(path: Path, registry: SnapshotRegistry) -> None:
    """Also when the lock was held at the moment of the fork, and the file was swapped since."""
    assert status(registry) == "registered"
    fork = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[str | None] = fork.Queue()
    imported(path, row(status="cancelled"), observed_at=NOW)
    with registry._looking:
        child = fork.Process(target=_in_child, args=(registry, results))
        child.start()
    assert results.get(timeout=20) == "cancelled"
    assert results.get(timeout=20) == "0"
    child.join()
    assert child.exitcode == 0
    assert status(registry) == "cancelled"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_keeps_its_parent_s_connections_untouched(registry: SnapshotRegistry) -> None:
    """It neither uses nor closes them."""
    assert status(registry) == "registered"
    fork = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[str | None] = fork.Queue()
    child = fork.Process(target=_in_child, args=(registry, results))
    child.start()
    assert results.get(timeout=20) == "registered"
    assert results.get(timeout=20) == "1"
    child.join()
    assert status(registry) == "registered"


def test_a_closed_registry_says_so(path: Path, tmp_path: Path) -> None:
    """Twice closed is closed; whoever asks is told that nobody can say."""
    shutil.copy(path, tmp_path / "copy.icpdb")
    registry = SnapshotRegistry(tmp_path / "copy.icpdb")
    registry.close()
    registry.close()
    observation = ask(registry)
    assert why(observation) is Why.CONFIGURATION
    assert str(tmp_path) not in str(observation)


def test_an_internal_mistake_is_told_to_the_client(registry: SnapshotRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw comes out as internal, and not as an answer."""
    monkeypatch.setattr(registry, "_current", lambda: 1 // 0)
    assert why(ask(registry)) is Why.INTERNAL
