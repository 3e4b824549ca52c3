"""What an import does to the records that are already there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from icpgate.answer import Answer, Found, NotRegistered, Unavailable, Why
from icpgate.errors import RegistryImportError
from icpgate.lookup import LookupClient
from icpgate.lookup.registries.snapshot import SnapshotRegistry
from icpgate.lookup.snapshotfile import import_records, stats
from tests.cases import NUMBER
from tests.lookup.files import CLOCK, MISSING, OTHER, by, day, imported, row, rows_at

if TYPE_CHECKING:
    from pathlib import Path

    from icpgate.answer import Observation


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a registry may be made."""
    return tmp_path / "registry.icpdb"


def ask(path: Path, number: str) -> Observation:
    """What the registry says now."""
    with LookupClient(SnapshotRegistry(path), clock=CLOCK) as client:
        return client.look_up(by(number))


def status(path: Path, number: str) -> str:
    """The status on record."""
    answer = ask(path, number).answer
    assert isinstance(answer, Found)
    return answer.record.status.value


def some(path: Path, on: int, *rows: dict[str, object], **options: object) -> object:
    """An import that claims no completeness, of a day of November."""
    return imported(path, *rows, observed_at=day(on), authoritative=False, **options)


def whole(path: Path, on: int, *rows: dict[str, object], scope: str = "all") -> object:
    """A complete export, of a day of November."""
    return imported(path, *rows, observed_at=day(on), scope=scope)


def is_unlisted(answer: Answer) -> bool:
    """Whether nobody could say, because it was not found."""
    return isinstance(answer, Unavailable) and answer.why is Why.NOT_LISTED


def test_a_newer_observation_replaces_an_older_one(path: Path) -> None:
    """In every field, and under every key."""
    some(path, 1, row(), row(OTHER))
    report = some(path, 2, row(status="cancelled"))
    assert "0 added, 1 replaced" in str(report)
    assert status(path, NUMBER) == "cancelled"
    assert status(path, OTHER) == "registered"


def test_an_older_observation_never_replaces_a_newer_one(path: Path) -> None:
    """Whatever the order of the imports."""
    some(path, 2, row(status="cancelled"))
    report = some(path, 1, row())
    assert "1 older not taken" in str(report)
    assert status(path, NUMBER) == "cancelled"


def test_two_contents_of_one_moment_are_a_contradiction(path: Path) -> None:
    """Which one is right is not guessed."""
    some(path, 1, row())
    with pytest.raises(RegistryImportError, match="other content of the same moment") as caught:
        some(path, 1, row(OTHER), row(status="cancelled"))
    assert "rows.jsonl:2: " in str(caught.value)
    assert status(path, NUMBER) == "registered"
    assert is_unlisted(ask(path, OTHER).answer)


def test_another_source_of_the_same_content_changes_nothing(path: Path) -> None:
    """The first to say it stays its source."""
    some(path, 1, row(), source="first")
    assert "1 unchanged" in str(some(path, 1, row(), source="second"))
    assert ask(path, NUMBER).source == "first"


def test_replace_begins_anew(path: Path) -> None:
    """Newer records, other imports and their no are forgotten."""
    whole(path, 5, row(), row(OTHER))
    some(path, 1, row(status="pending"), replace=True)
    assert status(path, NUMBER) == "pending"
    assert is_unlisted(ask(path, OTHER).answer)
    imports = stats(path)["imports"]
    assert isinstance(imports, list)
    assert len(imports) == 1


def test_an_authoritative_export_removes_what_it_lacks(path: Path) -> None:
    """The newer no stands: a number that a complete export lacks is not registered any more."""
    whole(path, 1, row(), row(OTHER))
    report = whole(path, 3, row())
    assert "1 removed; 1 records" in str(report)
    observation = ask(path, OTHER)
    assert observation.answer == NotRegistered("all")
    assert observation.observed_at == day(3)
    assert observation.source == "test export"


def test_an_ordinary_import_removes_nothing(path: Path) -> None:
    """What is not complete says nothing about what it lacks."""
    whole(path, 1, row(), row(OTHER))
    some(path, 3, row())
    assert status(path, OTHER) == "registered"


def test_records_that_are_newer_than_the_export_stay(path: Path) -> None:
    """Somebody looked after the export was made."""
    some(path, 5, row(OTHER))
    whole(path, 3, row())
    assert status(path, OTHER) == "registered"
    assert ask(path, MISSING).answer == NotRegistered("all")


def test_records_outside_the_scope_of_the_export_stay(path: Path) -> None:
    """An export of one province says nothing about another's numbers."""
    whole(path, 1, row(), row(OTHER))
    whole(path, 3, row(), scope="provinces:蜀")
    assert status(path, OTHER) == "registered"
    assert ask(path, MISSING).observed_at == day(1)
    assert ask(path, "蜀ICP备2021014694号-99A").observed_at == day(3)


def test_a_record_of_the_very_moment_is_a_contradiction(path: Path) -> None:
    """Two complete exports of one moment that differ: neither is believed more."""
    whole(path, 3, row(), row(OTHER))
    with pytest.raises(RegistryImportError, match=f"lacks {OTHER}, which the registry has of the same moment"):
        whole(path, 3, row())
    assert status(path, OTHER) == "registered"


def test_a_row_that_is_older_than_the_no_is_not_taken(path: Path) -> None:
    """A complete export of the third has no such number: what was seen on the first is over."""
    whole(path, 3, row())
    report = some(path, 1, row(OTHER), row("京ICP备2026999901号-2A", observed_at=day(4).isoformat()))
    assert "1 added" in str(report)
    assert "1 older not taken" in str(report)
    assert ask(path, OTHER).answer == NotRegistered("all")
    assert status(path, "京ICP备2026999901号-2A") == "registered"


def test_a_newer_export_brings_back_what_an_older_one_lacked(path: Path) -> None:
    """Its yes is as of its own moment, though its row carries an older one."""
    whole(path, 3, row())
    report = whole(path, 5, row(), row(OTHER, observed_at=day(1).isoformat()))
    assert "1 added" in str(report)
    assert ask(path, OTHER).observed_at == day(1)


def test_a_row_of_the_very_moment_of_the_no_is_a_contradiction(path: Path) -> None:
    """The export says no, the row yes, and nobody knows better."""
    whole(path, 3, row())
    with pytest.raises(RegistryImportError, match="an authoritative file of the same moment has no"):
        some(path, 3, row(OTHER))


def test_a_no_about_other_numbers_does_not_count(path: Path) -> None:
    """An older row of another province is taken."""
    whole(path, 3, row(), scope="provinces:蜀")
    some(path, 1, row(OTHER))
    assert status(path, OTHER) == "registered"


def test_an_older_export_removes_nothing_of_a_newer_one(path: Path) -> None:
    """What the newer export still has may carry an old moment of its own; its yes is newer all the same."""
    whole(path, 5, row(), row(OTHER, observed_at=day(1).isoformat()))
    whole(path, 3, row())
    assert status(path, OTHER) == "registered"


def test_rows_of_an_export_may_be_older_than_the_export(path: Path) -> None:
    """The export is as of its own moment; its rows were observed when they say."""
    whole(path, 5, row(observed_at=day(1).isoformat()))
    assert ask(path, NUMBER).observed_at == day(1)
    assert ask(path, MISSING).observed_at == day(5)


@pytest.mark.parametrize("moment", [None, day(1).isoformat()])
def test_two_complete_exports_of_one_moment_must_agree(path: Path, moment: str | None) -> None:
    """Also where their rows carry older moments: each says no to the other's."""
    whole(path, 3, row(observed_at=moment))
    with pytest.raises(RegistryImportError) as caught:
        whole(path, 3, row(OTHER, observed_at=moment))
    assert f"an authoritative file of the same moment has no {OTHER}" in str(caught.value)
    assert f"lacks {NUMBER}, which the registry has of the same moment" in str(caught.value)


def test_the_second_part_of_an_export_must_come_with_the_first(path: Path) -> None:
    """Imported apart, each part would say no to the other."""
    parts = [rows_at(path.with_name("a.jsonl"), row()), rows_at(path.with_name("b.jsonl"), row(OTHER))]
    import_records(path, parts[0], source="t", observed_at=day(3), authoritative=True, clock=CLOCK)
    with pytest.raises(RegistryImportError, match="import all parts of one export together"):
        import_records(path, parts[1], source="t", observed_at=day(3), authoritative=True, clock=CLOCK)


def test_removed_and_replaced_records_lose_their_keys(path: Path) -> None:
    """Nobody finds by a domain what is not there any more."""
    whole(path, 1, row(domains=["old.example.cn"]), row(OTHER, domains=["gone.example.cn"]))
    whole(path, 2, row(domains=["new.example.cn"]))
    registry = SnapshotRegistry(path)
    file = registry._file
    found = {domain: len(file.by_domain(f"{domain}.example.cn")) for domain in ("old", "gone", "new")}
    assert found == {"old": 0, "gone": 0, "new": 1}
    assert file._rows("SELECT count(*) FROM finder")[0][0] == 2
    registry.close()


def test_many_imports_of_one_scope_are_one_statement(path: Path) -> None:
    """Only the newest no of a scope counts, in whatever order they came."""
    for on in (3, 5, 4):
        whole(path, on, row(), row(OTHER, observed_at=(day(on) + timedelta(hours=1)).isoformat()))
    registry = SnapshotRegistry(path)
    assert [statement.observed_at for statement in registry._file.statements] == [day(5)]
    assert len(registry._file.imports) == 3
    registry.close()
